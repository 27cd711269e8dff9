"""Why an item is on a list: reasons that add up to its score, and sets of events that were taken away to see.

Explainers take a `score(queries)` callable and know no model. Where a model is additive and says its parts
(`contributions`), the reasons are exact and free; everywhere else they are measured by leave-one-out, with the gap
stated. Counterfactual sets are always run. The order of work: reasons, groups, necessary set, sufficient set; the
budget of `settings` bounds all masked queries of one item, and the leave-one-out pass serves a whole page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from whyrec.core.config import ExplainSettings
from whyrec.core.errors import UsageError
from whyrec.core.types import Bools, Explanation, Floats, Query, Reason, Scorer, Vocabulary
from whyrec.explain import exact, groups, occlusion, search
from whyrec.explain.exact import Contribute, Unit
from whyrec.explain.groups import Group
from whyrec.explain.search import Budget, Contest


@dataclass(frozen=True, eq=False)
class Page:
    """What the explanations of one page share; P items of the page."""

    score: Scorer
    query: Query
    items: Vocabulary
    allowed: Bools  # [I]
    n: int
    contributions: Contribute | None
    losses: occlusion.Losses  # exact or measured
    groups: tuple[Group, ...]
    group_weight: Floats  # [G, P]
    settings: ExplainSettings


def explain(
    score: Scorer,
    query: Query,
    item_id: str,
    *,
    items: Vocabulary,
    allowed: Bools,
    n: int,
    contributions: Contribute | None = None,
    units: Sequence[Unit] | None = None,
    groups: Sequence[Group] = (),
    settings: ExplainSettings | None = None,
    sets: bool = True,
) -> Explanation:
    """Explain one item of the vocabulary; see `explain_page`."""
    return explain_page(
        score, query, [item_id], items=items, allowed=allowed, n=n, contributions=contributions, units=units,
        groups=groups, settings=settings, sets=sets,
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
    units: Sequence[Unit] | None = None,
    groups: Sequence[Group] = (),
    settings: ExplainSettings | None = None,
    sets: bool = True,
) -> tuple[Explanation, ...]:
    """Explain several items of one list.

    `items` is the vocabulary that `score` returns columns for, `allowed` [I] what may be on the list, `n` its
    length. `contributions` is the model's exact ability, if it has one; `units` are the causes of leave-one-out
    (default: single events). `groups` come from `groups.find`. `sets=False` leaves out the necessary and the
    sufficient set, which cost most. Raises UsageError for an item that is not in the vocabulary.
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
    losses = _exact(score, query, item_ids, contributions) if contributions else None
    losses = losses or occlusion.measure(score, query, item_ids, units, settings.budget // 2)
    measured = _group_weights(score, query, item_ids, losses, groups, exact_parts=contributions is not None)
    page = Page(score, query, items, allowed, n, contributions, losses, tuple(groups), measured, settings)
    ends = _ends(page) if sets else None
    return tuple(_one(page, column, item_id, ends) for column, item_id in enumerate(item_ids))


def _exact(score: Scorer, query: Query, item_ids: Sequence[str], contributions: Contribute) -> occlusion.Losses:
    """The parts that the model names, and the score that it served."""
    parts = contributions(query, item_ids)
    full = score([query], item_ids)[0].astype(np.float64)
    return occlusion.Losses(parts.units, full, parts.empty, parts.weight)


def _group_weights(
    score: Scorer,
    query: Query,
    item_ids: Sequence[str],
    losses: occlusion.Losses,
    groups: Sequence[Group],
    exact_parts: bool,
) -> Floats:
    """What each item loses without each group, [G, P]: added up where the parts are exact, else measured at once."""
    weights = np.zeros((len(groups), len(item_ids)))
    live = {int(slot) for slot in query.history.live()}
    to_measure = []
    for row, group in enumerate(groups):
        slots = set(group.slots)
        touched = [u for u, unit in enumerate(losses.units) if slots.intersection(unit)]
        # A model that uses sets keeps an item while one of its events is left, so a part of a unit is no sum.
        if exact_parts and all(slots.issuperset(live.intersection(losses.units[u])) for u in touched):
            weights[row] = losses.weight[touched].sum(axis=0)
        else:
            to_measure.append(row)
    if to_measure:
        without = (query.without(groups[row].slots) for row in to_measure)
        scores = np.concatenate(list(occlusion.scored(score, without, len(item_ids), item_ids)))
        weights[to_measure] = losses.full - scores
    return weights


def _ends(page: Page) -> tuple[Floats, Floats]:
    """Scores of all items with the whole history and with none of it, [I] each."""
    everything = page.query.history.live()
    full, empty = page.score([page.query, page.query.without(everything)]).astype(np.float64)
    return full, empty


def _one(page: Page, column: int, item_id: str, ends: tuple[Floats, Floats] | None) -> Explanation:
    losses = page.losses
    weights = losses.weight[:, column]
    full, empty, total = float(losses.full[column]), float(losses.empty[column]), float(weights.sum())
    necessary = sufficient = None
    if ends is not None:
        contest = Contest(
            page.score, page.query, page.items, page.items.index[item_id], page.allowed, page.n, losses.units,
            full=ends[0], empty=ends[1], contribute=page.contributions,
        )  # fmt: skip
        left = page.settings.budget - len(losses.units) - len(page.groups)
        budgets = Budget(left // 2), Budget(left // 2)
        necessary = search.necessary(contest, weights, budgets[0], page.settings.largest_set)
        sufficient = search.sufficient(contest, weights, budgets[1], page.settings.largest_set)
    return Explanation(
        item_id=item_id,
        method="exact" if page.contributions else "leave-one-out",
        score=full,
        empty_score=empty,
        gap=full - empty - total,
        reasons=exact.named(page.query, losses.units, weights),
        groups=_groups(page, column),
        necessary=necessary,
        sufficient=sufficient,
        members={"events": total, "popularity": empty},
    )


def _groups(page: Page, column: int) -> tuple[Reason, ...]:
    """Groups with a weight other than zero, largest first."""
    weights = page.group_weight[:, column]
    found = [
        groups.as_reason(page.query, group, float(weight))
        for group, weight in zip(page.groups, weights, strict=True)
        if weight
    ]
    return tuple(sorted(found, key=lambda reason: -reason.weight))
