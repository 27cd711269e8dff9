"""Strengths of events that are learned: how much one of each kind, value, platform and age in time says.

    strength_i = weight of its kind in the settings * max(0, 1 + sum over facets f of d[f, class_f(i)])

A facet cuts events into classes: by kind, by band of their value, by platform, by the time until the request (each
class four times as long as the one before). Each class has one number d, 0 by default, so that a purchase may be made
to say twice of what the settings give it, and an event from a telephone less. It reads nothing but the event itself
and the moment of the request, and a score stays a sum over events. What speaks against items (a dislike, a low
rating) keeps its strength, since a shopper who says no must be heard.

Shape letters: S slots end to end, K classes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import KINDS, Floats, Ints
from whyrec.data.batch import Batch
from whyrec.learn.latent import GAPS, gap_class, value_class

BANDS = (0.2, 0.4, 0.6, 0.8)
"""Quantiles that cut values into bands."""
PLATFORMS = 20
"""Platforms that have a class of their own: the most frequent ones."""


@dataclass(frozen=True, eq=False)
class Strengths:
    """Classes of events, and what each adds to the strength of 1."""

    edges: tuple[float, ...] = ()  # between the bands of values; none where events have no values
    platforms: tuple[str, ...] = ()
    timed: bool = False
    more: Mapping[str, Floats] = field(default_factory=dict)  # facet -> [K]; a facet that is left out adds nothing

    @staticmethod
    def of(log: Batch, timed: bool) -> Strengths:
        """Take the classes from a log."""
        values = log.value[np.isfinite(log.value)]
        edges = tuple(np.unique(np.quantile(values, BANDS)).tolist()) if len(values) else ()
        if log.platform is None:
            return Strengths(edges, timed=timed)
        names, often = np.unique([name for name in log.platform if name], return_counts=True)
        return Strengths(edges, tuple(names[np.argsort(-often, kind="stable")[:PLATFORMS]].tolist()), timed)

    def classes(self, batch: Batch) -> dict[str, Ints]:
        """Class of each slot in each facet, [S]; -1 where it has none, as what speaks against items."""
        found = {"kind": batch.kind.astype(np.int64)}
        if self.edges:
            found["value"] = np.where(np.isnan(batch.value), -1, value_class(batch.value, self.edges))
        if self.platforms and batch.platform is not None:
            place = {name: code for code, name in enumerate(self.platforms)}
            found["platform"] = np.array([place.get(name, -1) for name in batch.platform], np.int64)
        if self.timed:
            found["elapsed"] = gap_class(batch.asked[batch.query] - batch.at)
        return {facet: np.where(batch.weight > 0, classes, -1) for facet, classes in found.items()}

    def sizes(self) -> dict[str, int]:
        """Number of classes of each facet."""
        return {"kind": len(KINDS), "value": len(self.edges) + 2, "platform": len(self.platforms), "elapsed": GAPS}

    def apply(self, batch: Batch) -> Batch:
        """Return the batch with learned strengths."""
        if not self.more:
            return batch
        strength = np.ones(len(batch.item))
        for facet, classes in self.classes(batch).items():
            if facet in self.more:
                strength += np.append(self.more[facet], 0.0)[classes]  # the last is for slots without a class
        return replace(batch, weight=batch.weight * np.maximum(strength, 0.0))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return classes and strengths."""
        about = {"edges": self.edges, "platforms": self.platforms, "timed": self.timed}
        return {"about": np.frombuffer(json.dumps(about).encode("ascii"), np.uint8), **self.more}

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Strengths:
        """Make them again from what `arrays` gave."""
        about = json.loads(arrays["about"].tobytes())
        more = {facet: array for facet, array in arrays.items() if facet != "about"}
        return Strengths(tuple(about["edges"]), tuple(about["platforms"]), about["timed"], more)
