"""How many people stand behind a statement, so that none is made that could point at one: `[privacy] min_people`.

A reason such as "because you bought X" says that people who had X took the item. Where only a few had both, it may tell
who knows one of them what that person took: it is left out of words. Where nobody had both (a model may see a likeness
without), it tells of nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from whyrec.core.types import Codes, Events, Explanation, Ints, Query, Reason


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
            few, many = sorted((self._of(pair[0]), self._of(pair[1])), key=len)
            place = np.minimum(np.searchsorted(many, few), max(0, len(many) - 1))
            self.known[pair] = int((many[place] == few).sum()) if len(many) else 0
        return self.known[pair]

    def _of(self, code: int) -> Codes:
        return self.people[self.bounds[code] : self.bounds[code + 1]]

    def spoken(self, explanation: Explanation, query: Query, fewest: int) -> Explanation:
        """Return the explanation without reasons behind which fewer people stand than `fewest`, but somebody."""
        if fewest <= 1:
            return explanation
        kept = tuple(one for one in explanation.reasons if not self._points(one, explanation.item_id, query, fewest))
        return explanation if len(kept) == len(explanation.reasons) else replace(explanation, reasons=kept)

    def _points(self, reason: Reason, item: str, query: Query, fewest: int) -> bool:
        causes = {query.history.item[slot] for slot in reason.slots} - {None, item}
        return any(0 < self.both(str(cause), item) < fewest for cause in causes)
