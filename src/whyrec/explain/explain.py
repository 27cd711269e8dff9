"""Why an item is on a list: reasons that add up to its score, and sets of events that were taken away to see.

Explainers take a `score(queries)` callable and know no model. Where a model is additive and says its parts
(`contributions`), the reasons are exact and free; everywhere else they are measured by leave-one-out, or shared out by
Shapley, with the gap stated, and their order is searched. Counterfactual sets are always run. The order of work:
weights, groups, order, necessary set, sufficient set; the budget of `settings` bounds all masked queries of one item,
and what the weights cost serves a whole page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from whyrec.core.config import ExplainSettings
from whyrec.core.errors import UsageError
from whyrec.core.types import Bools, Explanation, Floats, Ints, Query, Reason, Scorer, Vocabulary
from whyrec.explain import exact, groups, occlusion, search, shapley
from whyrec.explain.contest import Contest, Parts, parts_of, strongest
from whyrec.explain.exact import Contribute, Unit
from whyrec.explain.groups import Group
from whyrec.explain.search import Budget

Share: TypeAlias = Callable[[Query, Sequence[str]], Mapping[str, Floats]]
"""What a model made of others offers: what each of them gives to the score of each item asked for."""

WALKS = 32
"""Orders in which Shapley takes events away, where the budget is enough for them."""


@dataclass(frozen=True, eq=False)
class Page:
    """What the explanations of one page share; P items of the page."""

    score: Scorer
    query: Query
    items: Vocabulary
    allowed: Bools  # [I]
    n: int
    parts: Parts | None  # of an additive model
    losses: occlusion.Losses  # exact or measured
    causes: list[Reason]  # the units of the losses, named
    others: tuple[Floats, ...]  # [U, P] each, what other ways of weighing say, for a search
    groups: tuple[Group, ...]
    group_weight: Floats  # [G, P]
    settings: ExplainSettings
    left: int  # rows of the budget for the searches of one item
    shares: Mapping[str, Floats] = field(default_factory=dict)  # of each member, [P]
    rough: Scorer | None = None


def explain(
    score: Scorer,
    query: Query,
    item_id: str,
    *,
    items: Vocabulary,
    allowed: Bools,
    n: int,
    contributions: Contribute | None = None,
    without_each: occlusion.WithoutEach | None = None,
    rough: Scorer | None = None,
    shares: Share | None = None,
    units: Sequence[Unit] | None = None,
    groups: Sequence[Group] = (),
    settings: ExplainSettings | None = None,
    sets: bool = True,
) -> Explanation:
    """Explain one item of the vocabulary; see `explain_page`."""
    return explain_page(
        score, query, [item_id], items=items, allowed=allowed, n=n, contributions=contributions,
        without_each=without_each, rough=rough, shares=shares, units=units, groups=groups, settings=settings, sets=sets,
    )[0]  # fmt: skip


def explain_page(
    score: Scorer,
    query: Query,
    item_ids: Sequence[str],
    *,
    items: Vocabulary,
    allowed: Bools,
    n: int,
    contributions: Contribute | None = None,
    without_each: occlusion.WithoutEach | None = None,
    rough: Scorer | None = None,
    shares: Share | None = None,
    units: Sequence[Unit] | None = None,
    groups: Sequence[Group] = (),
    settings: ExplainSettings | None = None,
    sets: bool = True,
) -> tuple[Explanation, ...]:
    """Explain several items of one list.

    `items` is the vocabulary that `score` returns columns for, `allowed` [I] what may be on the list (only sets read
    it), `n` its length. `contributions` is the model's exact ability, if it has one, `without_each` its quick
    leave-one-out;
    `rough` are quicker scores for searches, whose finds are run by `score`; `shares` splits a score over the models
    that it is made of; `units` are the causes of leave-one-out (default: single events). `groups` come from
    `groups.find`. `sets=False` leaves out the necessary and the sufficient set, which cost most. Raises UsageError
    for an item that is not in the vocabulary.
    """
    unknown = [name for name in item_ids if name not in items.index]
    if unknown:
        raise UsageError(
            f"Expected an item that the model can score, got {unknown[0]!r}, which is not among its {len(items)} "
            "items. Items get a score once they have events that the model was trained on."
        )
    if not item_ids:
        return ()
    settings = settings or ExplainSettings()
    if occlusion.about_page(query):
        contributions, units, groups, sets = None, None, (), False
    ends: tuple[Floats, Floats] | None = None
    parts: Parts | None = None
    members: Mapping[str, Floats] | None = None
    others: tuple[Floats, ...] = ()
    left = settings.budget
    if contributions:
        ends = _ends(score, query) if sets else None
        codes = _columns(items.codes(item_ids).astype(np.int64), allowed, n, ends)
        parts = parts_of(contributions, query, items, codes)
        column = np.searchsorted(parts.codes, items.codes(item_ids))
        full = (score([query], item_ids)[0] if parts.score is None else parts.score[column]).astype(np.float64)
        losses = occlusion.Losses(parts.units, full, parts.empty[column], parts.weight[:, column])
        members = None if parts.shares is None else {name: row[column] for name, row in parts.shares.items()}
    else:
        every = items if sets else None
        losses = occlusion.measure(score, query, item_ids, units, left // 2, without_each, every, rough)
        left -= len(losses.units)
        ends = (losses.ends or _ends(score, query)) if sets else None
        if settings.method == "shapley" or (sets and settings.search == "beam"):
            losses, others, rows = _shared_out(score, query, item_ids, losses, settings)
            left -= rows
    if members is None:
        members = shares(query, item_ids) if shares else {}
    weights = _group_weights(score, query, item_ids, losses, groups, exact_parts=parts is not None)
    page = Page(
        score, query, items, allowed, n, parts, losses, exact.causes(query, losses.units), others, tuple(groups),
        weights, settings, left - len(groups), members, rough,
    )  # fmt: skip
    return tuple(_one(page, column, item_id, ends) for column, item_id in enumerate(item_ids))


def _shared_out(
    score: Scorer, query: Query, item_ids: Sequence[str], losses: occlusion.Losses, settings: ExplainSettings
) -> tuple[occlusion.Losses, tuple[Floats, ...], int]:
    """Shapley shares as weights, or beside the losses for a search: (losses, other weights, rows that it took)."""
    between = max(1, len(losses.units) - 1)
    wanted = min(WALKS, settings.budget // 4 // between)
    walks = max(2, wanted - wanted % 2)
    rng = np.random.default_rng(query.seed)
    found = shapley.measure(score, query, item_ids, rng, losses.units, walks, most=len(losses.units))
    if settings.method == "shapley":
        return replace(losses, weight=found.weight, error=found.error), (losses.weight,), walks * between
    return losses, (found.weight,), walks * between


def _ends(score: Scorer, query: Query) -> tuple[Floats, Floats]:
    """Scores of all items with the whole history and with none of it, [I] each."""
    full, empty = score([query, occlusion.nothing_known(query)]).astype(np.float64)
    return full, empty


def _columns(page: Ints, allowed: Bools, n: int, ends: tuple[Floats, Floats] | None) -> Ints:
    """Codes of the items whose parts are asked for: the page, and for sets also its strongest rivals."""
    rivals = [] if ends is None else [strongest(row, np.flatnonzero(allowed), n) for row in ends]
    return np.concatenate([page, *rivals])


def _group_weights(
    score: Scorer,
    query: Query,
    item_ids: Sequence[str],
    losses: occlusion.Losses,
    groups: Sequence[Group],
    exact_parts: bool,
) -> Floats:
    """What each item loses without each group, [G, P]: added up where the parts are exact, else measured at once.

    A model that uses sets keeps an item while one of its events is left, so where a group holds a part of a unit
    nothing can be added up and the group is measured.
    """
    weights = np.zeros((len(groups), len(item_ids)))
    if not groups:  # always so for a page, whose units are no slots
        return weights
    held = occlusion.members([group.slots for group in groups], len(query.history)).astype(np.float32)
    units = occlusion.members(losses.units, len(query.history)).astype(np.float32)
    common = held @ units.T  # [G, U] slots that a group and a unit share
    whole = (common == 0) | (common == units.sum(axis=1))
    added = whole.all(axis=1) if exact_parts else np.zeros(len(groups), bool)
    weights[added] = (common[added] > 0).astype(np.float64) @ losses.weight
    if not added.all():
        without = (query.without(group.slots) for group, known in zip(groups, added, strict=True) if not known)
        scores = np.concatenate(list(occlusion.scored(score, without, len(item_ids), item_ids)))
        weights[~added] = losses.full - scores
    return weights


def _one(page: Page, column: int, item_id: str, ends: tuple[Floats, Floats] | None) -> Explanation:
    losses = page.losses
    weights = losses.weight[:, column]
    full, empty, total = float(losses.full[column]), float(losses.empty[column]), float(weights.sum())
    necessary = sufficient = order = None
    if ends is not None:
        contest = Contest(
            page.score, page.query, page.items, page.items.index[item_id], page.allowed, page.n, losses.units,
            full=ends[0], empty=ends[1], parts=page.parts, without=losses.without, rough=page.rough,
        )  # fmt: skip
        ways = [weights, *(other[:, column] for other in page.others)]
        width = search.BEAM if page.settings.search == "beam" else 1
        budgets = [Budget(page.left // 3) for _ in search.GOALS]
        if page.parts is None:  # of a sum, the largest parts are those that take most
            order = search.order(contest, "less", ways, budgets[0], width=width)
        necessary = search.necessary(contest, ways, budgets[1], page.settings.largest_set, width)
        sufficient = search.sufficient(contest, ways, budgets[2], page.settings.largest_set, width)
    return Explanation(
        item_id=item_id,
        method=_method(page),
        score=full,
        empty_score=empty,
        gap=full - empty - total,
        reasons=exact.weighed(page.causes, weights, order, None if losses.error is None else losses.error[:, column]),
        groups=_groups(page, column),
        necessary=necessary,
        sufficient=sufficient,
        members={name: float(row[column]) for name, row in page.shares.items()}
        or {"events": total, "popularity": empty},
    )


def _method(page: Page) -> str:
    if page.parts is not None:
        return "exact"
    return "leave-one-out" if page.losses.error is None else "shapley"


def _groups(page: Page, column: int) -> tuple[Reason, ...]:
    """Groups with a weight other than zero, largest first."""
    weights = page.group_weight[:, column]
    found = [
        groups.as_reason(page.query, group, float(weight))
        for group, weight in zip(page.groups, weights, strict=True)
        if weight
    ]
    return tuple(sorted(found, key=lambda reason: -reason.weight))
