"""How faithful the explanations are that the service really gives, and a record that a stranger can check.

A sample of shoppers gets the list and the explanation of its first item, as a request would. Each part is judged by the
measure that it is meant for: the reasons in their order by what the score loses (DEL, area measures), the necessary
and the sufficient set by running them (rank, size). Beside them stand rivals on the same cases, one try each.

The record (app/audit_record) holds one case a line.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from whyrec.core.errors import MissingExtraError, TrainingError, UsageError
from whyrec.core.types import Counterfactual, Explanation, Query
from whyrec.explain import shapley
from whyrec.measure import fidelity, rivals
from whyrec.measure.fidelity import Case
from whyrec.rank import adapt, rules
from whyrec.store.records import query_to_json

if TYPE_CHECKING:
    from whyrec.app.folder import Live
    from whyrec.app.lxr import Learned
    from whyrec.app.shop import Shop

FORMAT = 1
LESSONS = 1000
"""Shoppers that LXR learns from at the most."""
FEWEST = 5
"""Live events that a shopper needs to be in the sample; with fewer there is little to tell apart."""
SHAPLEY_ROWS = 1600
"""Masked histories that a Shapley rival may score."""
SHOWN = ("DEL@1", "DEL@5", "INS@5", "CDCG@5", "DEL-P", "NDCG-P", "POS-P@20")


Orders: TypeAlias = Mapping[str, list[int]]
"""Orders of causes of one case, by the name of the rival that made them."""


@dataclass(frozen=True, eq=False)
class Audit:
    """Values of each case, per method, and the records; N cases."""

    records: tuple[dict[str, Any], ...]
    head: dict[str, Any]

    def means(self) -> dict[str, dict[str, fidelity.Mean]]:
        """Return method -> measure -> mean over the cases with its interval; "service" is the service's own order."""
        methods = list(self.records[0]["measures"]) if self.records else []
        rng = np.random.default_rng(self.head["seed"])
        return {
            method: {
                name: fidelity.mean(_numbers(self._values(method, name)), rng)
                for name in self.records[0]["measures"][method]
            }
            for method in methods
        }

    def against(self, method: str) -> dict[str, fidelity.Mean]:
        """Return by how much the service's order is better than a method's, paired, for each measure."""
        rng = np.random.default_rng(self.head["seed"])
        found = {}
        for name in SHOWN:
            ours, theirs = (_numbers(self._values(one, name)) for one in ("service", method))
            found[name] = fidelity.better(ours, theirs, name.startswith("INS"), rng)
        return found

    def _values(self, method: str, name: str) -> list[Any]:
        return [record["measures"].get(method, {}).get(name) for record in self.records]

    def as_dict(self) -> dict[str, Any]:
        """Return what `whyrec audit --json` prints: means with intervals, and how the sets did."""
        means = {
            method: {name: [mean.value, mean.low, mean.high, mean.n] for name, mean in row.items()}
            for method, row in self.means().items()
        }
        return {**self.head, "cases": len(self.records), "sets": self.sets(), "measures": plain(means)}

    def sets(self) -> dict[str, dict[str, float | None]]:
        """Return for each kind of set: share of cases with one, share of those that hold when run, and mean size."""
        found: dict[str, dict[str, float | None]] = {}
        for kind in ("necessary", "sufficient"):
            there = [record[kind] for record in self.records if record[kind] is not None]
            found[kind] = {
                "found": len(there) / max(1, len(self.records)),
                "true": float(np.mean([one["holds"] for one in there])) if there else None,
                "size": float(np.mean([one["size"] for one in there])) if there else None,
            }
        return found


def audit(
    shop: Shop, users: int, seed: int, progress: Callable[[float, str], None], learned: bool | None = False
) -> Audit:
    """Measure the first items of the lists of `users` shoppers, drawn by `seed` from those with enough events.

    `learned` asks for the rival LXR too, which learns first (app/lxr): True raises MissingExtraError or TrainingError
    where it cannot be had, None takes it where it can and says in the head why not.
    """
    live = shop.live
    head = {
        "format": FORMAT, "snapshot": live.meta.id, "checksum": live.meta.checksum, "model": live.meta.model,
        "catalog": shop.catalog.version, "seed": seed,
    }  # fmt: skip
    drawn = _sample(shop, seed)
    cases = list(islice(drawn, users))
    masks = None
    if learned is not False:
        try:
            masks, head["lxr"] = _masks(shop, live, list(islice(drawn, LESSONS)), seed, progress)
        except (MissingExtraError, TrainingError) as error:
            if learned:
                raise
            head["lxr"] = f"left out: {error}"
    records = []
    for done, (case_seed, query) in enumerate(cases):
        progress(done / users, f"{done} of {users} shoppers")
        item = _first(shop, live, query)
        if item is not None:
            records.append(record(shop, live, query, item, case_seed, masks))
    if not records:
        raise UsageError(f"Expected shoppers with at least {FEWEST} events, found none. There is nothing to audit.")
    return Audit(tuple(records), head)


def _masks(
    shop: Shop, live: Live, lessons: Sequence[tuple[int, Query]], seed: int, progress: Callable[[float, str], None]
) -> tuple[Learned, str]:
    """LXR, learned from shoppers that are no cases, and a line that says so."""
    from whyrec.app import lxr

    queries = [query for _, query in lessons]
    first = [_first(shop, live, query) for query in queries]
    kept = [(query, item) for query, item in zip(queries, first, strict=True) if item is not None]
    learned = lxr.learn(
        live.meta.model, live.model, [query for query, _ in kept], [item for _, item in kept], seed, progress
    )
    return learned, f"learned from {learned.lessons} shoppers that are no cases"


def _first(shop: Shop, live: Live, query: Query) -> str | None:
    """The first item of the list that the model knows."""
    known = live.model.items.index
    return next((place.item_id for place in shop.recommend_query(query).items if place.item_id in known), None)


def _sample(shop: Shop, seed: int) -> Iterator[tuple[int, Query]]:
    events = shop.tables.events
    enough = np.flatnonzero(np.bincount(events.user, minlength=len(events.users)) >= FEWEST)
    at, n = float(events.at.max(initial=0.0)), 0
    for code in np.random.default_rng(seed).permutation(enough):
        query = shop.query(str(events.users.ids[code]), at=at)
        if len(query.history.live()) >= FEWEST:
            n += 1
            yield seed + n, query


def record(
    shop: Shop, live: Live, query: Query, item: str, seed: int, learned: Learned | Orders | None = None
) -> dict[str, Any]:
    """Explain one item as the service does, run what it claims, and return every number as plain values.

    `learned` is LXR, or its order as a record has it: to learn it again would not give the same to the last digit.
    """
    explanation = shop.explain_items(query, [item], live=live)[0]
    case = case_of(shop, live, query, item, explanation)
    orders = {"service": order_of(case, explanation), **_rivals(shop, live, case, item, seed)}
    given: Orders = learned if isinstance(learned, Mapping) else {}
    if learned is not None and not isinstance(learned, Mapping):
        given = {"lxr": rivals.of_slots(case, learned.weights(query, item))}
    orders |= {name: order for name, order in given.items() if sorted(order) == list(range(len(case.units)))}
    reasons = []
    for reason in explanation.reasons:
        score, rank = _masked(case, reason.slots)
        reasons.append({**asdict(reason), "score_without": score, "rank_without": rank})
    made: dict[str, Any] = plain({
        "item": item, "seed": seed, "method": explanation.method, "scale": case.scale,
        "score": explanation.score, "empty_score": explanation.empty_score, "gap": explanation.gap,
        "rank": case.full[1], "members": dict(explanation.members), "reasons": reasons,
        "necessary": _run(case, explanation.necessary, keep=False),
        "sufficient": _run(case, explanation.sufficient, keep=True),
        "measures": {name: fidelity.of_order(case, order) for name, order in orders.items()},
        "query": json.loads(query_to_json(query)),
        **({"orders": dict(given)} if given else {}),
    })  # fmt: skip
    return made


def case_of(shop: Shop, live: Live, query: Query, item: str, explanation: Explanation) -> Case:
    """Return the case of one explanation: its causes are the reasons, and each other live event is one more."""
    held = {slot for reason in explanation.reasons for slot in reason.slots}
    rest = [(int(slot),) for slot in query.history.live() if slot not in held]
    units = sorted([*(reason.slots for reason in explanation.reasons if reason.slots), *rest], key=max)
    model = shop.scored(query, live)
    return Case(
        model.score, query, model.items.index[item], rules.allowed(query, model.items, shop.catalog, shop.repeats),
        tuple(units), "score" if explanation.method == "exact" else "probability",
    )  # fmt: skip


def order_of(case: Case, explanation: Explanation) -> list[int]:
    """Return the causes in the order of the reasons; what changes nothing stands before what speaks against."""
    place = {unit: u for u, unit in enumerate(case.units)}
    reasons = [(place[reason.slots], reason.weight) for reason in explanation.reasons if reason.slots in place]
    speaking_for = max((k for k, (_, weight) in enumerate(reasons, start=1) if weight > 0), default=0)
    named = [u for u, _ in reasons]
    nothing = [u for u in range(len(case.units)) if u not in named]
    return named[:speaking_for] + nothing + named[speaking_for:]


def _rivals(shop: Shop, live: Live, case: Case, item: str, seed: int) -> dict[str, list[int]]:
    rng, model, query = np.random.default_rng(seed), shop.scored(case.query, live), case.query
    events, items = shop.tables.events, query.history.item
    sold = np.bincount(events.item[events.item >= 0], minlength=len(events.items))
    codes = events.items.codes(items)
    found = {
        "random": rivals.random(case, rng),
        "recency": rivals.recency(case),
        "popularity": rivals.of_slots(case, np.where(codes >= 0, sold[codes], 0).astype(np.float64)),
        "leave-one-out": rivals.leave_one_out(case),
        "lime": rivals.lime(case, rng),
    }
    n = len(case.units)
    shares = shapley.measure(model.score, query, [item], rng, case.units, SHAPLEY_ROWS // n, most=n)
    found["shapley"] = rivals.by_weight(shares.weight[:, 0])
    if hasattr(live.model, "attention"):
        found["attention"] = rivals.of_slots(case, live.model.attention(query).mean(axis=0))
    return found


def attention(shop: Shop, live: Live, query: Query, explanation: Explanation) -> dict[str, Any] | None:
    """Return how much the model looks at each event, with what that order is worth as a reason; None for other models.

    A picture and no reason: the measures of the order by attention stand beside those of the reasons themselves.
    """
    model: Any = adapt.mixed(query, live.model)
    if not hasattr(model, "attention"):
        return None
    weight = model.attention(query).mean(axis=0)
    case = case_of(shop, live, query, explanation.item_id, explanation)
    orders = {"attention": rivals.of_slots(case, weight), "reasons": order_of(case, explanation)}
    found = {name: fidelity.of_order(case, order) for name, order in orders.items()}
    events = query.history.event_id
    made: dict[str, Any] = plain({
        "kind": "cross" if live.meta.model == "fusion" else "self",
        "scale": case.scale,
        "events": [{"event_id": str(events[slot]), "weight": float(weight[slot])} for slot in query.history.live()],
        "measures": {name: {one: row[one] for one in SHOWN} for name, row in found.items()},
    })  # fmt: skip
    return made


def _masked(case: Case, slots: Sequence[int]) -> tuple[float, int]:
    """Score and rank of the item without these slots."""
    scores = case.score([case.query.without(slots)])
    return float(scores[0, case.item]), int(fidelity.ranks_of(case, scores)[0])


def _run(case: Case, found: Counterfactual | None, keep: bool) -> dict[str, Any] | None:
    if found is None:
        return None
    score, rank = _masked(case, found.slots)
    return {
        "slots": list(found.slots), "remove": list(found.remove), "kept": list(found.kept),
        "size": len(found.kept if keep else found.remove), "rank_before": found.rank_before,
        "rank_after": found.rank_after, "score_when_run": score, "rank_when_run": rank,
        "holds": (rank <= case.query.n) == keep and rank == found.rank_after,
    }  # fmt: skip


def plain(value: Any) -> Any:
    """Return values as JSON has them: None for what is no number."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _numbers(values: Any) -> list[float]:
    return [float("nan") if value is None else float(value) for value in values]
