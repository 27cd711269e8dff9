"""How many people stand behind a statement, so that none is made that could point at one: `[privacy] min_people`.

A reason such as "because you bought X" says that people who had X took the item. Where only a few had both, it may tell
who knows one of them what that person took: it is left out of words. Where nobody had both (a model may see a likeness
without), it tells of nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from whyrec.core.types import Codes, Events, Explanation, Ints, Query

MOST_KNOWN = 500_000
"""Pairs whose count is kept."""


@dataclass(eq=False)
class Crowd:
    """People of each item, of the imported log."""

    items: dict[str, int]
    people: Codes  # sorted inside an item, each person once
    bounds: Ints  # [I + 1]
    known: dict[tuple[int, int], int] = field(default_factory=dict)

    @staticmethod
    def of(events: Events) -> Crowd:
        """Count the people of a log."""
        have = events.item >= 0
        pairs = np.unique(np.stack((events.item[have], events.user[have])), axis=1)
        bounds = np.concatenate(([0], np.cumsum(np.bincount(pairs[0], minlength=len(events.items)))))
        return Crowd(events.items.index, pairs[1], bounds)

    def n(self, item: str) -> int:
        """How many people had an event with an item."""
        code = self.items.get(item)
        return 0 if code is None else int(self.bounds[code + 1] - self.bounds[code])

    def both(self, one: str, other: str) -> int:
        """How many people had events with both items."""
        codes = (self.items.get(one), self.items.get(other))
        if codes[0] is None or codes[1] is None:
            return 0
        pair = (min(codes[0], codes[1]), max(codes[0], codes[1]))
        if pair not in self.known:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            few, many = sorted((self._of(pair[0]), self._of(pair[1])), key=len)
            place = np.minimum(np.searchsorted(many, few), max(0, len(many) - 1))
            self.known[pair] = int((many[place] == few).sum()) if len(many) else 0
        return self.known[pair]

    def _of(self, code: int) -> Codes:
        return self.people[self.bounds[code] : self.bounds[code + 1]]

    def where(self, events: Events, name: str, value: str, item: str) -> int:
        """How many people had an item on a platform or in a language: `name` is a column of the log."""
        code, column = self.items.get(item), getattr(events, name, None)
        if code is None or column is None:
            return 0
        rows = np.flatnonzero(events.item == code)
        return len({int(events.user[row]) for row in rows if column[row] == value})

    def spoken(self, explanation: Explanation, query: Query, fewest: int, first: bool = False) -> Explanation:
        """Return the explanation without what fewer people stand behind than `fewest`, but somebody.

        Reasons, groups in which such a reason is, and sets of events with one. With `first`, which is for a line of
        words, only what comes before the first reason that may be said is looked at.
        """
        if fewest <= 1:
            return explanation
        item, reasons = explanation.item_id, explanation.reasons
        if first:
            said = next((n for n, one in enumerate(reasons) if not self._points(one.slots, item, query, fewest)), None)
            return explanation if said == 0 else replace(explanation, reasons=() if said is None else reasons[said:])
        slots = {slot for one in reasons for slot in one.slots}
        unsaid = {slot for slot in slots if self._points((slot,), item, query, fewest)}
        if not unsaid:
            return explanation
        necessary, sufficient = explanation.necessary, explanation.sufficient
        return replace(
            explanation,
            reasons=tuple(one for one in reasons if unsaid.isdisjoint(one.slots)),
            groups=tuple(one for one in explanation.groups if unsaid.isdisjoint(one.slots)),
            necessary=None if necessary is None or not unsaid.isdisjoint(necessary.slots) else necessary,
            sufficient=None if sufficient is None or not unsaid.isdisjoint(sufficient.kept_slots) else sufficient,
        )

    def _points(self, slots: Sequence[int], item: str, query: Query, fewest: int) -> bool:
        causes = {query.history.item[slot] for slot in slots} - {None, item}
        return any(0 < self.both(str(cause), item) < fewest for cause in causes)
