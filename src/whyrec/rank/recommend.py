"""A list is a pure function of query, snapshot, catalogue and settings: filter, score, recall, order.

The order is by score, equal scores by the snapshot's order of items; nothing else moves an item. Each place says
which source recalled the item and what its score is made of, in the trace.
"""

from __future__ import annotations

from dataclasses import dataclass

from whyrec.core.types import Catalog, Fitted, Item, Query, Recommendation
from whyrec.rank import candidates, rules


@dataclass(frozen=True)
class Ids:
    """What a list depends on beside its query, by id, so that it can be made again."""

    snapshot: str
    catalog: str
    settings: str


def recommend(query: Query, model: Fitted, catalog: Catalog, *, repeats: bool, ids: Ids, id: str) -> Recommendation:
    """Return the list for a query; `repeats` says whether items that count as seen may come again."""
    may = rules.allowed(query, model.items, catalog, repeats)
    score, empty = model.score([query, candidates.without_shopper(query)])
    found = [(code, source) for source in candidates.recall(query, score, empty, may) for code in source.codes]
    found.sort(key=lambda pair: (-score[pair[0]], pair[0]))
    items = [
        Item(
            item_id=str(model.items.ids[code]),
            score=float(score[code]),
            sources=(source.name,),
            trace=(f"recalled by {source.name}: {source.why}", f"scored {score[code]:.6g}, {empty[code]:.6g} without"),
        )
        for code, source in found[: query.n]
    ]
    fresh = candidates.recall_new(query, model.items, catalog, repeats, room=query.n - len(items))
    items += [Item(name, 0.0, ("new",), ("recalled by new: the snapshot does not know it yet",)) for name in fresh]
    placed = tuple(
        Item(item.item_id, item.score, item.sources, (*item.trace, f"placed {place}"))
        for place, item in enumerate(items, start=1)
    )
    return Recommendation(id, query, placed, ids.snapshot, ids.catalog, ids.settings)
