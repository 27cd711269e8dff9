"""Where new items belong: how much nearness of content weighs for them, and how long their vectors are beside others.

    score[y] = c (user . content[y] + g near[y])      for an item y without an event

The weight g is that which makes the new items that were wanted in validation likeliest among all new ones: a
conditional logit with two features, of which only the proportion counts. Where few were wanted, known items are taken
for new, as if they had lost their events; content has learned from those, so that nearness then gets less than it is
worth. The length c is that with which whole lists of validation are at their best, the new items there being those that
are new: a catalogue full of items that nobody ever wants does not fill lists with them.

Shape letters: Q cases, I items, D width, F main directions of content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from whyrec.core.types import Bools, Floats32
from whyrec.data.batch import arrange
from whyrec.learn import logit, sequences
from whyrec.learn.judge import Judge
from whyrec.learn.nearness import Nearness
from whyrec.learn.ops import NumpyOps
from whyrec.learn.run import Run
from whyrec.learn.sequences import NextItem
from whyrec.learn.weighing import LEAST_SPREAD

AS_NEW = 0.1
"""Share of the known items that are taken for new ones."""
FEW = 100
"""Wanted new items below which known ones take their place in finding g."""
RIVALS = 1000
"""New items that a wanted one is held against."""
NEAR, MOST_NEAR = 4.0, 32.0
"""The weight g where nothing can be chosen, and the highest one."""
LENGTHS = (1.0, 0.25, 0.5, 0.7, 0.85, 1.2, 1.5, 2.0, 3.0)
"""Values of c to choose from; the first where nothing can be chosen."""


def choose(
    run: Run,
    problem: NextItem,
    served: Mapping[str, Floats32],
    content: Floats32,
    nearness: Nearness,
    known: Bools,
) -> tuple[float, float]:
    """Return (g, c) by the validation cases of a problem.

    `served` are the weights to serve with, items as known ones; `content` [I, D] the vectors of items by their content
    alone; `known` [I] says which items have an event.
    """
    judge, events = problem.judge, run.settings.events
    if judge is None or problem.asked is None:
        return NEAR, LENGTHS[0]
    there = np.square(content).sum(axis=1) > 0
    hidden = (run.rng.random(len(known)) < AS_NEW) & known & there
    users = sequences.states(problem.encode, sequences.double(served), problem.asked, NumpyOps()).astype(np.float32)
    batch = arrange(judge.queries, run.catalog.items, events.weights, events.rating_threshold, run.config.history)
    asked = _Asked(judge, users, nearness.asked(batch).astype(np.float32), content, nearness.items)
    new = ~known & there
    near = asked.weigh(new if new[judge.wanted].sum() >= FEW else hidden, run.rng)
    return near, asked.length(new if new.any() else hidden, near, served["items"], problem.prior)


@dataclass(frozen=True, eq=False)
class _Asked:
    """What the cases of a judge ask with, and what content answers them with."""

    judge: Judge
    users: Floats32  # [Q, D]
    events: Floats32  # [Q, F] what the events are made of
    content: Floats32  # [I, D]
    main: Floats32  # [I, F]

    def weigh(self, pool: Bools, rng: np.random.Generator) -> float:
        """Return g by the wanted items in `pool` [I], held against others in it."""
        judge = self.judge
        asked = np.flatnonzero(pool[judge.wanted])
        if not len(asked) or not self.main.shape[1]:
            return NEAR
        case = np.repeat(np.arange(len(judge.queries)), np.diff(judge.bounds))[asked]
        wanted, rivals = judge.wanted[asked], rng.permutation(np.flatnonzero(pool))[:RIVALS]
        features = np.empty((len(case), 2, 1 + len(rivals)), np.float32)
        for row, (mine, items) in enumerate(((self.users, self.content), (self.events, self.main))):
            features[:, row, 0] = (mine[case] * items[wanted]).sum(axis=1)
            features[:, row, 1:] = mine[case] @ items[rivals].T
        offset = np.zeros((len(case), 1 + len(rivals)), np.float32)
        offset[:, 1:][wanted[:, None] == rivals] = -np.inf
        if judge.hidden is not None:
            for utility, one in zip(offset, case, strict=True):
                utility[1:][np.isin(rivals, judge.hidden[one])] = -np.inf
        spread = np.maximum(features.std(axis=(0, 2), dtype=np.float64), LEAST_SPREAD)
        by_users, by_near = logit.fit(features, offset, np.array([1.0, NEAR]), spread, 1 / len(case), np.zeros(2))
        return float(by_near / by_users) if by_near < MOST_NEAR * by_users else MOST_NEAR

    def length(self, new: Bools, near: float, items: Floats32, prior: Floats32 | float) -> float:
        """Return c with which the lists of all cases are best, where the items `new` [I] are scored as new ones.

        A vector that is made of content alone has another length than one with an id, and its items are no match for
        known ones, or too much of one. All cases count, so that new items gain a place only where they are worth it.
        """
        if not new.any():
            return LENGTHS[0]
        users = np.hstack((self.users, near * self.events))
        known, content = np.hstack((items, np.zeros_like(self.main))), np.hstack((self.content, self.main))
        found = []
        for length in LENGTHS:
            table = np.where(new[:, None], np.float32(length) * content, known).T
            found.append(self.judge.measure(lambda part, table=table: users[part] @ table + prior))  # type: ignore[misc]
        return LENGTHS[int(np.argmax(found))]
