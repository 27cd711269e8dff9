"""Which members count how much for this shopper now, and how many places explore: a contextual bandit.

Discounted LinUCB (Li, Chu, Langford and Schapire, "A Contextual-Bandit Approach to Personalized News Article
Recommendation", WWW 2010; forgetting after Russac, Vernade and Cappe, "Weighted Linear Bandits for Non-Stationary
Environments", NeurIPS 2019). Each arm is a way to mix the members of a blend; what it earned is a linear function of
the context, learned by ridge regression in which older answers count `forget` times less with each newer one:

    A = forget A + x x' + (1 - forget) I     b = forget b + reward x     arm = max of x' A^-1 b + width sqrt(x' A^-1 x)

with x x' and reward x for the arm that was played; the others fade alone, so that doubt about them grows again.

A shopper begins with what all shoppers taught (`shared`), so that a newcomer is no blank page. The share of places that
explore is learned from the same answers: how often explored places are taken up, against the others.

Departures: one bandit for all and one a shopper, whose estimates are weighed by what the own one knows; rewards are
clicks divided by how likely the place is looked at (`measure/position`). Cost: arms x features^2 numbers a shopper.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from whyrec.core.types import Floats

WIDTH = 0.4
FORGET = 0.9
TRUST = 1.0
"""Answers after which a shopper's own arm counts as much as everybody's."""
LEAST, MOST = 0.05, 0.3
"""Share of places that explore: never none, or what nobody was shown would stay so for good."""


@dataclass(frozen=True)
class Arm:
    """What one way to mix earned, by context of width D."""

    a: Floats  # [D, D]
    b: Floats  # [D]

    @staticmethod
    def new(width: int) -> Arm:
        """An arm that knows nothing."""
        return Arm(np.eye(width), np.zeros(width))

    @property
    def n(self) -> float:
        """Answers, older ones discounted."""
        return float(np.trace(self.a)) / len(self.b) - 1.0

    def fade(self, forget: float) -> Arm:
        """Return the arm a little more in doubt, as it is after an answer to another one."""
        return Arm(forget * self.a + (1 - forget) * np.eye(len(self.b)), forget * self.b)

    def learn(self, context: Floats, reward: float) -> Arm:
        """Return the arm after one more answer."""
        return Arm(self.a + np.outer(context, context), self.b + reward * context)

    def bound(self, context: Floats, width: float) -> tuple[float, float]:
        """Return what the arm should earn in this context, and how far off that may be."""
        inverse = np.linalg.inv(self.a)
        return float(context @ inverse @ self.b), width * float(np.sqrt(context @ inverse @ context))


@dataclass(frozen=True)
class Bandit:
    """Arms of one shopper or of all; immutable, so that what made a list can be kept beside it."""

    arms: tuple[Arm, ...]
    explored: tuple[float, float] = (1.0, 10.0)  # taken up, shown: with a prior of one in ten
    exploited: tuple[float, float] = (1.0, 10.0)
    forget: float = FORGET

    @staticmethod
    def new(n_arms: int, width: int, forget: float = FORGET) -> Bandit:
        """A bandit that knows nothing."""
        return Bandit((Arm.new(width),) * n_arms, forget=forget)

    def learn(self, arm: int, context: Floats, reward: float) -> Bandit:
        """Return the bandit after the list of this arm earned this much."""
        arms = [one.fade(self.forget) for one in self.arms]  # all of them, so that a disused one is tried again
        arms[arm] = arms[arm].learn(context, reward)
        return replace(self, arms=tuple(arms))

    def saw(self, explored: bool, taken: int, shown: int) -> Bandit:
        """Return the bandit after so many of the places of one kind were taken up."""
        old, keep = self.explored if explored else self.exploited, self.forget
        counted = (keep * old[0] + taken + 0.1 * (1 - keep), keep * old[1] + shown + 1 - keep)
        return replace(self, explored=counted) if explored else replace(self, exploited=counted)

    def exploration(self) -> float:
        """Share of places that explore: as their clicks by place stand to those of the others, within bounds."""
        new, known = (taken / shown for taken, shown in (self.explored, self.exploited))
        return float(np.clip(MOST * new / (new + known), LEAST, MOST))


@dataclass
class Adaptive:
    """The bandits of a shop: everybody's, and one a shopper."""

    n_arms: int
    width: int
    shared: Bandit = field(init=False)
    own: dict[str, Bandit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shared = Bandit.new(self.n_arms, self.width, forget=0.999)

    def of(self, user: str) -> Bandit:
        """The shopper's own bandit."""
        return self.own.get(user) or Bandit.new(self.n_arms, self.width)

    def choose(self, user: str, context: Floats) -> int:
        """Return the arm for the next list; equal ones by order."""
        own = self.of(user)
        worth = []
        for mine, everybodys in zip(own.arms, self.shared.arms, strict=True):
            (value, off), (known, _) = mine.bound(context, WIDTH), everybodys.bound(context, 0.0)
            trust = mine.n / (mine.n + TRUST)
            worth.append(trust * value + (1 - trust) * known + off)
        return int(np.argmax(worth))

    def learn(self, user: str, arm: int, context: Floats, reward: float) -> None:
        """Take an answer in."""
        self.own[user] = self.of(user).learn(arm, context, reward)
        self.shared = self.shared.learn(arm, context, reward)
