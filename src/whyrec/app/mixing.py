"""The mix of a shopper's next list, chosen by what earlier lists earned: `[adapt] on`.

What is learned from is in the store: each list keeps its mix (`recommendations.mix`), and events answer lists. A
shopper's own part is read and learned anew with each request; everybody's is read again in the background once it is
older than REFRESH_S. A restart therefore loses nothing, and what is erased from the store is forgotten.

A reward is a click, corrected for the place it was on as in `app/stats`. Where the shop sends impressions, a list that
nobody saw teaches nothing.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from whyrec.app.stats import CLICKS
from whyrec.core.types import Floats, Mix, Query
from whyrec.measure.position import LARGEST_WEIGHT, looked_at
from whyrec.rank import adapt
from whyrec.rank.adapt import Answers, Bandit
from whyrec.store.records import LiveEvent

if TYPE_CHECKING:
    from whyrec.app.shop import Shop

OWN = 20
"""Lists of the shopper that are learned from; with `FORGET` an older one would count an eighth at the most."""
ALL = 2000
"""Lists of everybody's that are learned from, the newest ones."""
REFRESH_S = 60.0
MOST_PLACES = 100
SCENARIO = "personal"


@dataclass(frozen=True, eq=False)
class Everybody:
    """What the lists of all shoppers taught."""

    bandit: Bandit
    looks: Floats  # how likely each place is looked at
    mean: float  # reward of a list, before it is put into units
    impressions: bool  # whether the shop sends them


class Mixing:
    """Chooses mixes for one shop."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._known: tuple[tuple[Mix, ...], Everybody] | None = None
        self._read_at = 0.0
        self._reading = threading.Lock()

    def choose(self, query: Query, live: Sequence[LiveEvent]) -> Query:
        """Return the query with its mix, and the share of exploration; `live` are the shopper's events of the store.

        A query that may not depend on the shopper, or of another scenario, stays as it is.
        """
        if query.user is None or query.scenario != SCENARIO or not query.preferences.personalised:
            return query
        ways = adapt.arms(self._shop.live.model, self._shop.settings.adapt.newest)
        everybody = self._everybody(ways)
        context = np.array(adapt.context_of(query, self._shop.catalog))
        own = self._own(query.user, ways, live, everybody)
        mix = replace(ways[adapt.choose(own, everybody.bandit, context)], context=tuple(context.tolist()))
        rules = query.rules
        if rules is not None and rules.explore:
            rules = replace(rules, explore=adapt.exploration(own, everybody.bandit))
        return replace(query, mix=mix, rules=rules)

    def refresh(self) -> None:
        """Read anew what the lists of all shoppers taught."""
        with self._reading:
            ways = adapt.arms(self._shop.live.model, self._shop.settings.adapt.newest)
            self._known = ways, everybody(self._shop, ways)
            self._read_at = time.monotonic()

    def _everybody(self, ways: tuple[Mix, ...]) -> Everybody:
        old = time.monotonic() - self._read_at > REFRESH_S
        if self._known is None or self._known[0] != ways:
            self.refresh()
        elif old and not self._reading.locked():
            threading.Thread(target=self.refresh, name="whyrec-mixing", daemon=True).start()
        known = self._known
        return known[1] if known is not None else everybody(self._shop, ways)

    def _own(self, user: str, ways: Sequence[Mix], live: Sequence[LiveEvent], everybody: Everybody) -> Bandit:
        lists = self._shop.store.mixes(OWN, user)
        found = _answers(lists, live, ways, everybody.looks, everybody.mean, everybody.impressions)
        return Bandit.new(len(ways), adapt.WIDTH_OF_CONTEXT) if found is None else Bandit.of(found, len(ways))


def everybody(shop: Shop, ways: Sequence[Mix]) -> Everybody:
    """Learn from the newest lists of all shoppers."""
    lists = shop.store.mixes(ALL)
    events = shop.store.answers_since(lists[-1]["at"]) if lists else []
    impressions = any(event.kind == "impression" for event in events)
    place, item, clicked = _shown(lists, events)
    longest = int(place.max(initial=-1)) + 1
    looks = looked_at(place, item, clicked, longest) if len(place) else np.ones(1)
    raw = _answers(lists, events, ways, looks, 0.5, impressions)
    width = adapt.WIDTH_OF_CONTEXT
    if raw is None:
        return Everybody(Bandit.new(len(ways), width), looks, 0.5, impressions)
    mean = float(raw.reward.mean()) or 0.5
    found = replace(raw, reward=_scaled(raw.reward, mean))
    return Everybody(Bandit.of(found, len(ways), adapt.FORGET_ALL), looks, mean, impressions)


def _by_list(events: Iterable[LiveEvent]) -> dict[str, dict[str, set[str]]]:
    """Kinds of answer by list and item."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for event in events:
        if event.answers is not None and event.item_id is not None:
            found[event.answers][event.item_id].add(event.kind)
    return found


def _shown(lists: Sequence[Mapping[str, Any]], events: Iterable[LiveEvent]) -> tuple[Any, Any, Any]:
    """Place, item and click of everything on the lists, [N] each."""
    answered = _by_list(events)
    codes: dict[str, int] = defaultdict(lambda: len(codes))
    rows = [
        (place, codes[item], bool(answered[one["id"]][item] & CLICKS) if one["id"] in answered else False)
        for one in lists
        for place, item in enumerate(one["items"][:MOST_PLACES])
    ]
    columns = np.array(rows, np.int64).reshape(len(rows), 3)
    return columns[:, 0], columns[:, 1], columns[:, 2].astype(bool)


def _answers(
    lists: Sequence[Mapping[str, Any]],  # the newest first
    events: Iterable[LiveEvent],
    ways: Sequence[Mix],
    looks: Floats,
    mean: float,
    impressions: bool,
) -> Answers | None:
    """What became of each list; None where there is nothing to learn from."""
    answered, place_of = _by_list(events), {mix.name: arm for arm, mix in enumerate(ways)}
    weight = np.minimum(1.0 / np.maximum(looks, 1e-9), LARGEST_WEIGHT)
    rows: list[tuple[int, Any, float, tuple[float, int], tuple[float, int]]] = []
    for one in reversed(lists):
        kinds = answered.get(one["id"], {})
        chosen = one["mix"] in place_of and len(one["context"]) == adapt.WIDTH_OF_CONTEXT  # and not laid in by hand
        if not chosen or not one["items"] or (impressions and not kinds):
            continue
        drawn, taken = set(one["explored"]), {True: 0.0, False: 0.0}
        for place, item in enumerate(one["items"][:MOST_PLACES]):
            if item in kinds and kinds[item] & CLICKS:
                taken[place in drawn] += float(weight[min(place, len(weight) - 1)])
        n = min(len(one["items"]), MOST_PLACES)
        reward = (taken[True] + taken[False]) / n
        kinds_of_place = (taken[True], len(drawn)), (taken[False], n - len(drawn))
        rows.append((place_of[one["mix"]], one["context"], reward, *kinds_of_place))
    if not rows:
        return None
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return Answers(columns[0], columns[1], _scaled(columns[2], mean), columns[3], columns[4])


def _scaled(reward: Floats, mean: float) -> Floats:
    """Rewards in units of twice the mean, 1 at the most."""
    return np.minimum(reward / (2 * mean), 1.0)
