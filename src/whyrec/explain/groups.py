"""Groups: events that are also taken away together, because they share something.

All events of one item that occurs several times; all events whose items share a value of a category attribute (a
brand, a category), a band of prices or a modality (articles, videos); all events of one kind (all searches) or on one
platform; all events of a time window. Groups
overlap, so they are another view of the history beside the reasons and never added up with them. The weight of a group
is measured by masking all of its slots at once; for an additive model that is the sum of its parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from whyrec.core.config import ExplainSettings
from whyrec.core.errors import SettingsError, nearest
from whyrec.core.types import KINDS, REMOVED, UNKNOWN, Catalog, Objects, Query, Reason, objects
from whyrec.explain.exact import Unit, days

DAY_S = 86400.0
MOST_GROUPS = 100
"""Groups that are measured: those of the most events. A long history of groceries would have several hundred."""


@dataclass(frozen=True)
class Group:
    """Slots that share something; `kind` is item or group, `reference` an item id, "attribute=value" or "days=A..B"."""

    kind: str
    reference: str
    slots: Unit


def of_catalog(query: Query, catalog: Catalog, settings: ExplainSettings, timed: bool = True) -> tuple[Group, ...]:
    """Return the groups of a history by the catalogue's attributes and, where there are times, by time windows."""
    return find(query, values(query, catalog, settings.groups), settings.window_days if timed else 0)


def values(query: Query, catalog: Catalog, attributes: Sequence[str] = ()) -> dict[str, Objects]:
    """Return the values of each attribute for each slot of the history: attribute -> [T] tuples of str.

    `attributes` defaults to all category attributes of the catalogue, with "price", a quarter of the catalogue's
    prices ("low..high"), "kind", the kind of event, "platform", where it happened, and "modality", article or video (a
    product is what a shop has anyway, and no group). Raises SettingsError for one that there is not.
    """
    made = {"kind": _kinds(query), "platform": _platforms(query), "modality": _modalities(query, catalog)}
    made |= _price_bands(query, catalog)
    for name in attributes:
        if name not in catalog.categories and name not in made:
            raise SettingsError(
                f"whyrec.toml: [explain] groups names the attribute {name!r}, which the catalogue does not have"
                f"{nearest(name, catalog.categories)}. Its attributes: {', '.join(catalog.categories) or 'none'}."
            )
    item_ids = query.history.item
    return {
        name: made[name]
        if name not in catalog.categories
        else objects([() if item is None else catalog.values(item, name) for item in item_ids])
        for name in attributes or {**catalog.categories, **made}
    }


def _kinds(query: Query) -> Objects:
    kinds = query.history.kind
    return objects([() if code == REMOVED else (KINDS[code],) for code in kinds])


def _platforms(query: Query) -> Objects:
    platforms = query.history.platform
    return objects([()] * len(query.history) if platforms is None else [(str(p),) if p else () for p in platforms])


def _modalities(query: Query, catalog: Catalog) -> Objects:
    kinds, codes = catalog.kinds, catalog.items.codes(query.history.item)
    return objects(
        [
            () if kinds is None or code < 0 or kinds[code] in (None, "", "product") else (str(kinds[code]),)
            for code in codes
        ]
    )


def _price_bands(query: Query, catalog: Catalog) -> dict[str, Objects]:
    """Which quarter of the catalogue's prices each slot's item is in; nothing where there are no prices."""
    prices = catalog.numbers.get("price")
    if prices is None or np.isnan(prices).all():
        return {}
    edges = np.nanquantile(prices, [0, 0.25, 0.5, 0.75, 1])
    names = [(f"{low:g}..{high:g}",) for low, high in pairwise(edges)]
    price = [prices[code] if code >= 0 else np.nan for code in catalog.items.codes(query.history.item)]
    return {"price": objects([() if np.isnan(p) else names[int(np.searchsorted(edges[1:-1], p))] for p in price])}


def find(query: Query, values: Mapping[str, Objects] | None = None, window_days: int = 0) -> tuple[Group, ...]:
    """Return the groups of a history, those of the most events first.

    `values` maps an attribute to the values of each slot ([T] tuples, see `values`); `window_days` of 0 makes no
    time windows (as for a shop that has an order but no times). A group has at least two events; one that holds the
    whole history says nothing beside the empty score and is left out, unless it is an item; of several groups with
    the same events the first in the order item, attribute, window stays.
    """
    live = [int(slot) for slot in query.history.live()]
    by_reference: dict[tuple[str, str], list[int]] = {}
    for slot in live:
        if (item := query.history.item[slot]) is not None:
            by_reference.setdefault(("item", item), []).append(slot)
    for attribute, column in (values or {}).items():
        for slot in live:
            for value in dict.fromkeys(column[slot]):
                if value != UNKNOWN:
                    by_reference.setdefault(("group", f"{attribute}={value}"), []).append(slot)
    if window_days > 0:
        for slot in live:
            by_reference.setdefault(("group", _window(query, slot, window_days)), []).append(slot)
    groups: dict[Unit, Group] = {}
    for (kind, reference), slots in by_reference.items():
        if len(slots) > 1 and (kind == "item" or len(slots) < len(live)):
            groups.setdefault(tuple(slots), Group(kind, reference, tuple(slots)))
    return tuple(sorted(groups.values(), key=lambda group: -len(group.slots)))[:MOST_GROUPS]


def _window(query: Query, slot: int, window_days: int) -> str:
    """Windows of whole UTC days, counted back from the day of the request."""
    today = np.floor(query.at / DAY_S)
    back = (today - np.floor(query.history.at[slot] / DAY_S)) // window_days
    last = (today - back * window_days) * DAY_S
    return days(last - (window_days - 1) * DAY_S, last)


def as_reason(query: Query, group: Group, weight: float) -> Reason:
    """Return a group with its measured weight."""
    history = query.history
    event_ids = tuple(str(history.event_id[slot]) for slot in group.slots)
    at = float(history.at[list(group.slots)].max())
    return Reason(group.kind, group.reference, weight, group.slots, event_ids, at)
