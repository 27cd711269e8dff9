"""How good a model is on validation while it learns: the measure that epochs are chosen by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from whyrec.core.config import Settings
from whyrec.core.types import Codes, Events, Floats32, Ints, Query
from whyrec.data.split import is_target
from whyrec.learn.run import Run
from whyrec.measure import ranking

CASES = 4000
CHUNK_BYTES = 32 << 20


@dataclass(frozen=True, eq=False)
class Judge:
    """Validation cases with what each may not be shown, and the wanted codes [R] with bounds [Q+1]."""

    queries: tuple[Query, ...]
    hidden: tuple[Codes, ...] | None
    wanted: Ints
    bounds: Ints
    n_items: int

    @staticmethod
    def of(run: Run, most: int = CASES) -> Judge | None:
        """Take at most so many of a run's cases, by chance; None where there is none to judge by.

        Seen items are hidden by the shop's rule; then a target that the shopper had already is not wanted.
        """
        if run.validation is None:
            return None
        hide = not repeats(run.events, run.settings)
        queries: list[Query] = []
        wanted: list[str] = []
        sizes: list[int] = []
        for place in run.rng.permutation(len(run.validation)):
            query, targets = run.validation.queries[place], run.validation.targets[place]
            new = [item for item in targets if not (hide and item in query.seen)]
            if new and len(queries) < most:
                queries.append(query)
                wanted.extend(new)
                sizes.append(len(new))
        if not queries:
            return None
        items = run.catalog.items
        codes = [items.codes(list(query.seen)) for query in queries]
        return Judge(
            queries=tuple(queries),
            hidden=tuple(code[code >= 0] for code in codes) if hide else None,
            wanted=items.codes(wanted).astype(np.int64),
            bounds=np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
            n_items=len(items),
        )

    def __call__(self, score: Callable[[Sequence[Query]], Floats32]) -> float:
        """Return the mean of NDCG@10 + HR@10 / 4 of the lists that a scorer [Q] -> [Q, I] makes."""
        return self.measure(lambda part: score(self.queries[part]))

    def measure(self, score: Callable[[slice], Floats32]) -> float:
        """Return the same where `score` takes a part of the judge's queries and gives their scores, new ones."""
        step = max(1, CHUNK_BYTES // (4 * self.n_items))
        lists = [self._lists(score, slice(a, a + step)) for a in range(0, len(self.queries), step)]
        found = ranking.ranks(np.concatenate(lists), self.wanted, self.bounds)
        return float(np.mean(ranking.ndcg(found, self.bounds) + ranking.hr(found, self.bounds) / 4))

    def _lists(self, score: Callable[[slice], Floats32], part: slice) -> Ints:
        scores = score(part)
        if self.hidden is not None:
            for row, codes in zip(scores, self.hidden[part], strict=True):
                row[codes] = -np.inf
        return ranking.best(scores)


def repeats(events: Events, settings: Settings) -> bool:
    """Say whether items that a shopper had may come again, by the shop's rule, on these events.

    With repeats = "auto" they may where at least `repeat_rate` of the target events repeat an item in the same kind.
    """
    if settings.events.repeats != "auto":
        return settings.events.repeats == "keep"
    rows = np.flatnonzero(is_target(events, settings))
    if not len(rows):
        return False
    distinct = len(np.unique(np.stack((events.user[rows], events.item[rows], events.kind[rows])), axis=1).T)
    return 1 - distinct / len(rows) >= settings.events.repeat_rate
