"""What comes to the sum of glass beside relations and latent parts: learned strengths, context, searches.

Their weights are one vector, of groups that are taken or left together (learn/weighing.extend): one number for each
class of events that there is, for each window and circumstance, and for each relation and age of searches.

Shape letters: Q queries, I items, C columns, S slots end to end, K classes of events that there are, F weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Bools, Events, Floats, Query, Users
from whyrec.data.batch import Batch
from whyrec.features.content import Content
from whyrec.learn.context import WINDOWS, Context
from whyrec.learn.searches import DEFAULT, Searches
from whyrec.learn.snapshot import member_arrays
from whyrec.learn.strengths import Strengths


@dataclass(frozen=True, eq=False)
class Extras:
    """The three of them; each has its own weights, of which all but those of searches begin at nothing."""

    strengths: Strengths
    context: Context
    searches: Searches

    @staticmethod
    def of(
        events: Events, strength: Floats, log: Batch, content: Content, shrink: float, users: Users | None,
        profile: Sequence[str],
    ) -> Extras:  # fmt: skip
        """Count what they need; `strength` [N] is that of each event, `profile` names usable attributes of users."""
        context = Context.of(events, strength, users, profile)
        return Extras(Strengths.of(log, events.timed), context, Searches.of(log, content, shrink))

    def with_weights_of(self, other: Extras) -> Extras:
        """Return these with the weights of others; of a circumstance that is not here any more there is none."""
        weight = {name: by for name, by in other.context.weight.items() if name in self.context.names}
        return Extras(
            other.strengths, replace(self.context, weight=weight), replace(self.searches, weight=other.searches.weight)
        )

    def quiet(self) -> Extras:
        """Return these with all weights at nothing."""
        searches = replace(self.searches, weight=np.zeros_like(DEFAULT))
        return Extras(replace(self.strengths, more={}), replace(self.context, weight={}), searches)

    def sums(self, queries: Sequence[Query], batch: Batch, codes: Any) -> Floats | float:
        """What context and searches give to the items of these codes, [Q, C]; a slice for all items."""
        return self.searches.sums(batch, codes) + sum(self.context.parts(queries, codes).values())

    def empty(self, query: Query, codes: Any) -> dict[str, Floats]:
        """What a query gives without any event: recent popularity and the rest of the context, [C] each."""
        found: dict[str, Floats] = {}
        for name, given in self.context.parts([query], codes).items():
            part = "recent" if name in WINDOWS else "context"
            found[part] = found.get(part, 0.0) + given[0]
        return found

    def terms(self, batch: Batch) -> Terms:
        """Return what may be weighed, where histories are like these."""
        classes: list[tuple[str, int]] = []
        for facet, of_slots in self.strengths.classes(batch).items():
            there = np.unique(of_slots[of_slots >= 0])
            classes += [(facet, int(code)) for code in there] if len(there) > 1 else []
        return Terms(self, tuple(classes))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all three."""
        parts = (("strengths", self.strengths), ("context", self.context), ("searches", self.searches))
        return {f"{name}/{key}": array for name, part in parts for key, array in part.arrays().items()}

    @staticmethod
    def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Extras:
        """Make them again from what `arrays` gave."""
        return Extras(
            Strengths.from_arrays(member_arrays(arrays, "strengths")),
            Context.from_arrays(member_arrays(arrays, "context")),
            Searches.from_arrays(member_arrays(arrays, "searches")),
        )


@dataclass(frozen=True, eq=False)
class Terms:
    """What may be weighed: classes of events, (facet, class) [K]; then all names of the context; then searches."""

    extras: Extras
    classes: tuple[tuple[str, int], ...]

    @property
    def groups(self) -> list[str]:
        """What each weight is taken or left with, [F]."""
        context = ["recent" if name in WINDOWS else name for name in self.extras.context.names]
        return [*(facet for facet, _ in self.classes), *context, *["search"] * DEFAULT.size]

    @property
    def default(self) -> Floats:
        """Weights to begin with, [F]."""
        return np.concatenate((np.zeros(len(self.groups) - DEFAULT.size), DEFAULT.ravel()))

    @property
    def least(self) -> Floats:
        """Lower bounds, [F]: no event is turned round, and what is wanted more here and now is worth no less for it."""
        return np.append(np.full(len(self.classes), -1.0), np.zeros(len(self.groups) - len(self.classes)))

    def features(
        self, queries: Sequence[Query], batch: Batch, of_slots: Callable[[Bools], Floats]
    ) -> Iterator[NDArray[Any]]:
        """Yield what each weight is multiplied with, [Q, I]; `of_slots` says what the events in these slots give."""
        found = self.extras.strengths.classes(batch)
        for facet, code in self.classes:
            yield of_slots(found[facet] == code if facet in found else np.zeros(len(batch.item), bool))
        for name in self.extras.context.names:
            yield self.extras.context.values_of(name, queries)
        yield from self.extras.searches.features(batch)

    def weighed(self, weight: Floats) -> Extras:
        """Return the extras with these weights [F]."""
        extras, n = self.extras, len(self.classes)
        more: dict[str, Floats] = {}
        for (facet, code), given in zip(self.classes, weight[:n], strict=True):
            more.setdefault(facet, np.zeros(extras.strengths.sizes()[facet]))[code] = given
        by = zip(extras.context.names, weight[n : -DEFAULT.size].tolist(), strict=True)
        return Extras(
            replace(extras.strengths, more={facet: row for facet, row in more.items() if row.any()}),
            replace(extras.context, weight={name: value for name, value in by if value}),
            replace(extras.searches, weight=weight[-DEFAULT.size :].reshape(DEFAULT.shape)),
        )
