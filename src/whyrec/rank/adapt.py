"""Which mix of a model's parts a shopper's next list is made with, and how many places explore: a contextual bandit.

Discounted LinUCB (Li, Chu, Langford and Schapire, "A Contextual-Bandit Approach to Personalized News Article
Recommendation", WWW 2010; forgetting after Russac, Vernade and Cappe, "Weighted Linear Bandits for Non-Stationary
Environments", NeurIPS 2019). Each arm is a Mix: parts that count more or not at all, and how many of the newest events
count. What an arm earned is a linear function of the context, learned by ridge regression in which an answer counts
`forget` times less with each newer one, of whatever arm, so that doubt about a disused arm grows again:

    A = I + sum of forget^age x x'     b = sum of forget^age reward x     arm = max of x' A^-1 b + width sqrt(x' A^-1 x)

A shopper begins with what all shoppers taught, and their own answers outweigh it as they come. The share of places that
explore is learned from the same answers: how often explored places are taken up, against the others.

A Mix is part of the Query, and `mixed` makes the model that it says: lists are made, explained and replayed with that.
Nothing is kept here; `app/mixing` reads the answers from the store.

Departures: one bandit for all and one a shopper, whose estimates are weighed by what the own one knows; rewards are
clicks divided by how likely the place is looked at (`measure/position`), in units of twice the shop's mean, so that the
width means the same in shops that are clicked often and seldom. Cost: a batch of answers is a few small products.

Shape letters: N answers, K arms, D numbers of a context.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import Catalog, Fitted, Floats, Floats32, Ints, Mix, Query, Vocabulary
from whyrec.rank.related import category

WIDTH = 0.4
FORGET = 0.9
FORGET_ALL = 0.999
"""The same of everybody's answers."""
TRUST = 1.0
"""Answers after which a shopper's own arm counts as much as everybody's."""
LEAST, MOST = 0.05, 0.3
"""Share of places that explore: never none, or what nobody was shown would stay so for good."""
PRIOR = (1.0, 10.0)
"""Taken up and shown, before anything is known of a kind of places."""
MOST_PARTS = 5
"""Parts that get an arm of their own, the first ones of the model."""
LEAN = 10.0
"""How many times more a part counts in its arm."""
RECENT = 6
WIDTH_OF_CONTEXT = 3
SESSION_S = 86400.0
PLAIN = "as trained"


# -- arms --------------------------------------------------------------------------------------------------------


def arms(model: Fitted, newest: int) -> tuple[Mix, ...]:
    """Return the ways to mix this model; the first one leaves it as it was trained."""
    found = [Mix(PLAIN), Mix(f"{newest} newest events", newest=newest)]
    parts: Sequence[str] = getattr(model, "parts", ())
    if len(parts) > 1:
        found += [Mix(f"more {part}", ((part, LEAN),)) for part in parts[:MOST_PARTS]]
    return tuple(found)


def context_of(query: Query, catalog: Catalog) -> tuple[float, ...]:
    """Return what the choice may depend on: 1; how alike the newest events are; how many are of this session."""
    live = query.history.live()[-RECENT:]
    sorts = [category(catalog, str(query.history.item[slot])) for slot in live[-3:]]
    alike = [bool(sort & sorts[-1]) for sort in sorts[:-1]]
    now = float((query.history.at[live] >= query.at - SESSION_S).sum()) / RECENT
    return 1.0, round(sum(alike) / 2, 4), round(now, 4)


# -- the model of a mix ------------------------------------------------------------------------------------------

_made: WeakKeyDictionary[Any, dict[tuple[tuple[str, float], ...], Fitted]] = WeakKeyDictionary()


def mixed(query: Query, model: Fitted) -> Fitted:
    """Return the model that a query's mix makes of this one; parts that it lacks are left out."""
    mix = query.mix
    if mix is None:
        return model
    reweigh: Callable[[Mapping[str, float]], Fitted] | None = getattr(model, "mixed", None)
    if mix.factors and reweigh is not None:
        kept = _made.setdefault(model, {})
        if mix.factors not in kept:
            kept[mix.factors] = reweigh(dict(mix.factors))
        model = kept[mix.factors]
    return model if mix.newest is None else Newest(model, mix.newest)


class Newest:
    """A fitted model that is given the newest slots of a history only; the others are masked, as if removed.

    Slots of removed events count, so that what is left stays the same when one of them is taken away.
    """

    def __init__(self, base: Fitted, newest: int) -> None:
        self.base, self.newest = base, max(0, newest)
        self.items: Vocabulary = base.items

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I] or [Q, C], NaN for an unknown item."""
        return self.base.score([self._cut(query) for query in queries], items)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the model's arrays."""
        return self.base.arrays()

    def __getattr__(self, name: str) -> Any:
        """Return an optional ability, of the newest events; what would have to know of the cut is not there."""
        if name in ("base", "without_each", "rough", "attention"):
            raise AttributeError(name)
        ability = getattr(self.base, name)  # AttributeError where the model has it not
        if name in ("contributions", "shares", "attributes", "attribute_means"):
            return None if ability is None else lambda query, *more: ability(self._cut(query), *more)
        return ability

    def _cut(self, query: Query) -> Query:
        older = range(max(0, len(query.history) - self.newest))
        return query.without(older) if older else query


# -- what was learned --------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Answers:
    """What became of lists, oldest first, [N] each; places of a list are those that explored and the others."""

    arm: Ints
    context: Floats  # [N, D]
    reward: Floats
    explored: Floats  # [N, 2] taken up, corrected for the place, and shown
    known: Floats  # [N, 2]


@dataclass(frozen=True, eq=False)
class Bandit:
    """What each arm earned, of one shopper or of all."""

    a: Floats  # [K, D, D]
    b: Floats  # [K, D]
    explored: tuple[float, float] = PRIOR  # taken up, shown
    known: tuple[float, float] = PRIOR

    @staticmethod
    def new(n_arms: int, width: int) -> Bandit:
        """A bandit that knows nothing."""
        return Bandit(np.tile(np.eye(width), (n_arms, 1, 1)), np.zeros((n_arms, width)))

    @staticmethod
    def of(answers: Answers, n_arms: int, forget: float = FORGET) -> Bandit:
        """Learn from answers; an older one counts less."""
        n, width = answers.context.shape
        weight = forget ** np.arange(n - 1, -1, -1.0)
        by_arm = np.zeros((n_arms, n))
        by_arm[answers.arm, np.arange(n)] = weight
        x = answers.context
        a = np.eye(width) + ((by_arm[:, :, None] * x).swapaxes(1, 2) @ x)
        b = (by_arm * answers.reward) @ x
        explored, known = (
            (PRIOR[0] + float(weight @ kind[:, 0]), PRIOR[1] + float(weight @ kind[:, 1]))
            for kind in (answers.explored, answers.known)
        )
        return Bandit(a, b, explored, known)

    @property
    def n(self) -> Floats:
        """Answers of each arm, older ones discounted, [K]."""
        found: Floats = np.trace(self.a, axis1=1, axis2=2) / self.a.shape[1] - 1.0
        return found

    def bound(self, context: Floats, width: float) -> tuple[Floats, Floats]:
        """Return what each arm should earn in this context, and how far off that may be, [K] each."""
        solved = np.linalg.solve(self.a, np.broadcast_to(context[:, None], (len(self.b), len(context), 1)))[..., 0]
        return (self.b * solved).sum(axis=1), width * np.sqrt(solved @ context)


def choose(own: Bandit, everybodys: Bandit, context: Floats, width: float = WIDTH) -> int:
    """Return the arm for a shopper's next list; equal ones by order."""
    (value, off), (known, _) = own.bound(context, width), everybodys.bound(context, 0.0)
    trust = own.n / (own.n + TRUST)
    return int(np.argmax(trust * value + (1 - trust) * known + off))


def exploration(own: Bandit, everybodys: Bandit) -> float:
    """Share of places that explore: as their clicks stand to those of the others, within bounds; to two digits."""
    new, known = (
        (mine[0] + all_[0] / all_[1] * PRIOR[1]) / (mine[1] + PRIOR[1])  # everybody's, as so many places
        for mine, all_ in ((own.explored, everybodys.explored), (own.known, everybodys.known))
    )
    return round(float(np.clip(MOST * new / (new + known), LEAST, MOST)), 2)
