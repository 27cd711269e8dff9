"""A shop with one feature taken away, for ablation: what a model loses when it never saw it.

A feature is an attribute, a number or a medium of the catalogue by its name, or one of `titles`, `kinds` (every event
of a history is of the strongest kind that may be a target), `values` (ratings and the like) and `times` (only the order
of events is left). The cases that are tested, their targets and what they hide stay those of the whole shop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from whyrec.core.config import Settings
from whyrec.core.errors import UsageError, nearest
from whyrec.core.types import HISTORY_KINDS, KIND_CODE, KINDS, REMOVED, Catalog, Events, Floats, History
from whyrec.data.kinds import target_kinds
from whyrec.data.split import Cases, Split

if TYPE_CHECKING:
    from whyrec.data.tables import Tables

Log = TypeVar("Log", Events, History)


def features(tables: Tables) -> tuple[str, ...]:
    """Names of what can be taken away from a shop."""
    catalog, events = tables.catalog, tables.events
    found = [*catalog.categories, *(name for name in catalog.numbers if not name.endswith("_imputed")), *catalog.media]
    found += ["titles"] if catalog.titles else []
    found += ["kinds"] if len(events.kinds) > 1 else []
    found += ["values"] if bool(np.isfinite(events.value).any()) else []
    found += ["times"] if events.timed else []
    return tuple(found)


def check(tables: Tables, wanted: str) -> None:
    """Raise UsageError, with the nearest name, where a shop has no such feature."""
    known = features(tables)
    if wanted not in known:
        raise UsageError(f"Unknown feature {wanted!r}{nearest(wanted, known)}. Features: {', '.join(known)}.")


def take_away(feature: str, tables: Tables, split: Split, settings: Settings) -> tuple[Tables, Split]:
    """Return the shop and its parts without a feature; raises UsageError for one that it has not got."""
    check(tables, feature)
    if feature in ("kinds", "values", "times"):
        split = _of_events(feature, tables.events, split, settings)
        return tables, split
    return replace(tables, catalog=_of_catalog(feature, tables.catalog)), split


def _of_catalog(feature: str, catalog: Catalog) -> Catalog:
    def rest(columns: Mapping[str, Any]) -> dict[str, Any]:
        return {name: column for name, column in columns.items() if name not in (feature, f"{feature}_imputed")}

    if feature == "titles":
        return replace(catalog, titles={})
    # Media are read when they are asked for, so that their names are dropped and nothing is read.
    media = catalog.media if feature not in catalog.media else rest(catalog.media)
    return replace(catalog, categories=rest(catalog.categories), numbers=rest(catalog.numbers), media=media)


def _of_events(feature: str, events: Events, split: Split, settings: Settings) -> Split:
    if feature == "times":

        def at(times: NDArray[Any]) -> Floats:
            return np.searchsorted(events.at, times).astype(np.float64)

        def timeless(log: Log) -> Log:
            return replace(log, at=at(log.at))

        train = replace(timeless(split.train), timed=False)
        early = train if split.early is split.train else replace(timeless(split.early), timed=False)
        tested, validated = (_cases(cases, timeless, at) for cases in (split.test, split.validation))
        return replace(split, train=train, early=early, test=tested, validation=validated)
    change = _valueless if feature == "values" else _kindless(events, settings)
    train = change(split.train)
    early = train if split.early is split.train else change(split.early)
    tested, validated = (_cases(cases, change) for cases in (split.test, split.validation))
    return replace(split, train=train, early=early, test=tested, validation=validated)


def _cases(cases: Cases, change: Any, at: Callable[[NDArray[Any]], Floats] | None = None) -> Cases:
    queries = tuple(
        replace(query, history=change(query.history), at=query.at if at is None else float(at(np.array(query.at))))
        for query in cases.queries
    )
    return Cases(queries, cases.targets)


def _valueless(log: Log) -> Log:
    return replace(log, value=np.full(len(log), np.nan, np.float32))


def _kindless(events: Events, settings: Settings) -> Any:
    """Make the function that gives every event of a history, but a search, the strongest kind of target."""
    weight = settings.events.weights
    strongest = max(sorted(target_kinds(events.kinds, settings)), key=lambda kind: weight.get(kind, 0.0))
    table = np.array(
        [KIND_CODE[strongest] if kind in HISTORY_KINDS and kind != "search" else KIND_CODE[kind] for kind in KINDS]
        + [REMOVED],
        np.int8,
    )

    def change(log: Log) -> Log:
        return replace(log, kind=table[log.kind])

    return change
