"""A list is a pure function of query, snapshot, catalogue and settings: filter, score, recall, order.

The order is by score, equal scores by the snapshot's order of items; only the rules of the query (`rank/order`) move
an item. Each place says which source recalled the item, what its score is made of and what every rule did to it, in
the trace.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whyrec.core.types import Catalog, Fitted, Item, Query, Recommendation, Touch
from whyrec.rank import candidates, order, rules, scenarios
from whyrec.rank.means import Means
from whyrec.rank.scenarios import Asked


@dataclass(frozen=True)
class Ids:
    """What a list depends on beside its query, by id, so that it can be made again."""

    snapshot: str
    catalog: str
    settings: str


def recommend(
    query: Query, model: Fitted, catalog: Catalog, *, repeats: bool, ids: Ids, id: str, shop: Means | None = None
) -> Recommendation:
    """Return the list for a query; `repeats` says whether items that count as seen may come again.

    `shop` is what scenarios read beside the model; without it they only filter.
    """
    view, asked = looked(query, model, catalog, repeats, shop)
    listed = order.follow(view, lambda depth: recalled(view, asked, depth))
    known = {one.item for one in listed}
    fresh = candidates.recall_new(query, model.items, catalog, repeats, query.n - len(listed), shop)
    why = "recalled by new: the snapshot does not know it yet"
    listed += [order.Candidate(name, -1, 0.0, 0.0, ("new",), why) for name in fresh if name not in known]
    items = tuple(_item(one, place, asked) for place, one in enumerate(listed, start=1))
    return Recommendation(id, query, items, ids.snapshot, ids.catalog, ids.settings)


def looked(
    query: Query, model: Fitted, catalog: Catalog, repeats: bool, shop: Means | None
) -> tuple[order.View, Asked]:
    """Return what rules and sources look at: the scores of a query, and which items may be recommended."""
    may = rules.allowed(query, model.items, catalog, repeats)
    model = scenarios.scored(query, model, catalog, shop)
    score, empty = model.score([query, candidates.without_shopper(query)])
    view = order.look(query, model.items, catalog, may, score, repeats)
    return view, Asked(query, catalog, model, view.place, score, empty)


def recalled(view: order.View, asked: Asked, depth: int) -> list[order.Candidate]:
    """Return the best `depth` candidates of all sources, best first; equal totals by code."""
    total = view.total
    sources = candidates.recall(asked, view.may, total, depth)
    said = [((source.name,), f"recalled by {source.name}: {source.why}", (), None) for source in sources]
    codes = np.concatenate([source.codes for source in sources])
    of = np.repeat(np.arange(len(sources)), [len(source.codes) for source in sources])
    by_total = np.lexsort((codes, -total[codes]))
    codes, of = codes[by_total], of[by_total]
    columns = (
        view.items.ids[codes],
        codes,
        view.score[codes],
        np.zeros(len(codes)) if view.points is None else view.points[codes],
    )
    rows = zip(*(column.tolist() for column in columns), of.tolist(), strict=True)
    make = order.Candidate._make  # hundreds where a list is diversified; half the time of the constructor
    return [make((item, code, score, points, *said[source])) for item, code, score, points, source in rows]


def _item(one: order.Candidate, place: int, asked: Asked) -> Item:
    trace = [one.recalled] if one.recalled else []
    if one.code >= 0:
        trace.append(f"scored {asked.score[one.code]:.6g}, {asked.empty[one.code]:.6g} without")
    trace += [*(_told(touch) for touch in one.touches), f"placed {place}"]
    return Item(one.item, one.score, one.sources, tuple(trace), one.points, one.touches, one.label)


def _told(touch: Touch) -> str:
    """One line of a trace: the rule, what the shop calls it, and from where to where."""
    name = f" {touch.name}" if touch.name else ""
    gave = "" if touch.points is None else f" gave {np.format_float_positional(touch.points, 4, trim='-')}:"
    return f"moved by {touch.rule}{name}{gave} from {touch.before or 'outside'} to {touch.after or 'outside'}"
