"""Why a list is as it is, and why an item is not on it.

The list is made again step by step, on the snapshot that made it: what each filter took, which rules were followed,
and for one item the first thing that kept it off, its score and rank without rules, and what it would have needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whyrec.core.rules import RuleSettings
from whyrec.core.types import Catalog, Fitted, Item, Query, Touch
from whyrec.rank import order, rules
from whyrec.rank.means import Means
from whyrec.rank.recommend import looked, recalled
from whyrec.rank.rules import Taken
from whyrec.rank.scenarios import Asked


@dataclass(frozen=True)
class Off:
    """One item and the list: where it stands, or what kept it off.

    `rank` is its place by score alone among all that the filters leave, `rank_with_points` the one with boosts and
    freshness. `lacks` is what it needs to be level with the last item that neither shop nor sponsor placed; None where
    points alone do not decide.
    """

    item_id: str
    place: int | None
    fell_by: tuple[str, ...]  # every filter that takes it out, the first one first
    rule: Touch | None  # what a rule did to keep it off
    score: float | None
    points: float
    rank: int | None
    rank_with_points: int | None
    lacks: float | None
    verdict: str


@dataclass(frozen=True)
class Trace:
    """The way from all items of a snapshot to a list."""

    n_items: int
    filtered: tuple[Taken, ...]
    n_left: int
    rules: tuple[str, ...]  # those that were followed, in their order
    items: tuple[Item, ...]
    item: Off | None


def trace(
    query: Query,
    made: tuple[Item, ...],
    model: Fitted,
    catalog: Catalog,
    repeats: bool,
    item: str | None = None,
    shop: Means | None = None,
) -> Trace:
    """Trace a list, and why `item` stands on it or not; `shop` is what scenarios read beside the model."""
    may = rules.allowed(query, model.items, catalog, repeats)
    found = None if item is None else _off(*looked(query, model, catalog, repeats, shop), made, item)
    return Trace(
        len(model.items),
        rules.funnel(query, model.items, catalog, repeats),
        int(may.sum()),
        (*_mixed(query), *_followed(query.rules)),
        made,
        found,
    )


def _mixed(query: Query) -> tuple[str, ...]:
    """The mix of a query in words."""
    if query.mix is None:
        return ()
    share = f"; explores {query.rules.explore:.0%} of places" if query.rules and query.rules.explore else ""
    return (f"mix {query.mix.name}: chosen by what earlier lists of this shopper and of all earned{share}",)


def _followed(said: RuleSettings | None) -> tuple[str, ...]:
    """The rules of a query in words, in the order in which they are followed."""
    if said is None:
        return ()
    lines = [f"boost {one.name or one.where}: {one.points:+g} points" for one in said.boosts]
    lines += [f"freshness: {said.freshness:+g} points, half in {said.freshness_days:g} days"] if said.freshness else []
    by = ", ".join(said.diversity_by) or "every attribute"
    lines += [f"diversity {said.diversity:g} by {by}, from {said.pool} candidates"] if said.diversity else []
    lines += [f"cap {order.cap_name(one)}" for one in said.caps]
    lines += [f"pin {one.item} at {one.place}" + (f": {one.name}" if one.name else "") for one in said.pins]
    lines += [
        f"sponsored at {', '.join(map(str, one.places))}: {one.where or ', '.join(one.items)}" for one in said.sponsored
    ]
    return tuple(lines)


def _off(view: order.View, asked: Asked, made: tuple[Item, ...], item: str) -> Off:
    place = next((place for place, one in enumerate(made, start=1) if one.item_id == item), None)
    fell_by = rules.fallen_by_all(view.query, item, view.items, view.catalog, view.repeats)
    code = view.items.index.get(item)
    if code is None:
        return _unknown(view, item, place)
    score, total = float(view.score[code]), float(view.total[code])
    rank, with_points = (order.rank(view, code, by) for by in (view.score, view.total))
    rule = None if place or fell_by else _taken_by(view, asked, code, item, rank, with_points)
    lacks = None if place or rule else _lacks(view, made, total)
    if not np.isfinite(score):
        verdict = "the model has no score for it"
    elif place:
        verdict = f"on the list, at {place}"
    elif fell_by:
        also = f"; also: {', '.join(fell_by[1:])}" if fell_by[1:] else ""
        verdict = f"taken out by {fell_by[0]}{also}. Without that it would rank {with_points}"
    elif rule:
        verdict = f"kept off by {rule.rule}{f' {rule.name}' if rule.name else ''}: {rule.before} before it"
    else:
        need = "" if lacks is None else f"; it lacks {lacks:.6g} points"
        verdict = f"ranks {with_points}, below the {view.query.n} places{need}"
    known = score if np.isfinite(score) else None
    points = 0.0 if view.points is None else float(view.points[code])
    return Off(item, place, fell_by, rule, known, points, rank, with_points, lacks, verdict)


def _unknown(view: order.View, item: str, place: int | None) -> Off:
    """An item that the snapshot does not know: it stands where there is room, if the catalogue has it."""
    if item not in view.catalog.items.index:
        fell_by: tuple[str, ...] = ("not in the catalogue",)
    else:
        fell_by = rules.fallen_by_all(view.query, item, view.catalog.items, view.catalog, view.repeats)
    verdict = "newer than the snapshot: it stands where there is room, and after the next training by its score"
    verdict = f"on the list, at {place}" if place else f"taken out by {', '.join(fell_by)}" if fell_by else verdict
    return Off(item, place, fell_by, None, None, 0.0, None, None, None, verdict)


def _taken_by(view: order.View, asked: Asked, code: int, item: str, rank: int, with_points: int) -> Touch | None:
    """What the first rule did that moved an item off the list; None where its score did not bring it there."""
    n = view.query.n
    before = with_points
    if with_points > n:
        return Touch("boost", "of other items", rank, with_points) if rank <= n else None
    listed = recalled(view, asked, len(view.items))
    for name, rule in order.steps(view):
        listed = rule(listed)
        if item in view.taken:
            return view.taken[item]
        after = next((at for at, one in enumerate(listed, start=1) if one.item == item), None)
        if after is None or after > n:
            return Touch(name, "", before, after)
        before = after
    return None


def _lacks(view: order.View, made: tuple[Item, ...], total: float) -> float | None:
    """Points to the last item that its score brought to the list."""
    if view.query.rules is not None and view.query.rules.diversity:
        return None
    scored = [one.score + one.points for one in made if not {"pinned", "sponsored", "new"} & set(one.sources)]
    return max(0.0, scored[-1] - total) if scored else None
