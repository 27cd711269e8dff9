"""When a new shopper asks: what is chosen more often at this part of the day and on this day of the week.

    sum[y] = sum over names m of weight_m * lift_m[class_m, y]        lift as in learn/context

Times are those of the shop's time zone. A name has a weight only where first choices of the newest shoppers are found
better with it: its lifts are counted before they came, on top of what is popular by then and of all other
circumstances, and the gain in NDCG@10 must be more than two standard errors. Shoppers drawn by chance instead would
show a gain nearly anywhere, since a Tuesday of the log is mostly that Tuesday (docs/log.md); so would
a log of one week.

Shape letters: I items, K classes, N cases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from whyrec.core.config import Settings
from whyrec.core.types import Events, Floats, Floats32, Ints, Query, Users
from whyrec.data.batch import slot_weights
from whyrec.data.split import is_target
from whyrec.learn.context import lift

CLASSES: Mapping[str, tuple[str, ...]] = {
    "daypart": ("night", "morning", "afternoon", "evening"),
    "weekday": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
}
"""Parts of the day begin at 0, 6, 12 and 18 o'clock."""
WEIGHTS = (0.25, 0.5, 1.0)
"""What a name may weigh."""
NEWEST = 0.2
"""Share of the shoppers, those that came last, whose first choices decide."""
CASES, NUMBERS = 1000, 3e7
"""First choices that are looked at, at most, and numbers that they may take all together."""
LEAST = 50
"""First choices without which nothing can be said."""
WEEKS = 3
"""A log shorter than so many weeks knows no weekdays, only days."""
SURE = 2.0
"""Standard errors that a gain must be above zero."""
DAY_S, WEEK_S = 86400.0, 604800.0
PLACES = 10

Others = Callable[[Events], Callable[[Query], Floats]]
"""Makes of a log what the other circumstances of a request give to all items."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Lifts by class of each name that weighs anything."""

    zone: str
    lifts: Mapping[str, Floats32]  # name -> [K, I]
    weight: Mapping[str, float]

    @staticmethod
    def of(events: Events, settings: Settings, users: Users | None, others: Others) -> Moments:
        """Count, and choose what weighs on first choices of the newest shoppers."""
        zone = settings.shop.time_zone
        weight = _weights(events, settings, users, others) if events.timed and len(events) else {}
        lifts = _lifts(events, settings, zone, tuple(weight)) if weight else {}
        return Moments(zone, lifts, weight)

    def values(self, at: float) -> Floats | float:
        """What this moment gives to all items, [I]; 0 where nothing weighs."""
        return sum((by * self.lifts[name][self.place(name, at)] for name, by in self.weight.items()), 0.0)

    def place(self, name: str, at: float) -> int:
        """Class of a moment (UTC seconds)."""
        return int(classes(name, np.array([at]), self.zone)[0])


def classes(name: str, at: Floats, zone: str) -> Ints:
    """Class of each moment (UTC seconds), [N]."""
    local = at + _offset(at, zone)
    found: Ints = (local % DAY_S // (DAY_S / 4)).astype(np.int64)
    return found if name == "daypart" else ((local // DAY_S).astype(np.int64) + 3) % 7


def has_hours(events: Events) -> bool:
    """Whether the log says at what time of the day anything happened, and not only on which day."""
    return events.timed and len(np.unique(events.at % DAY_S // 3600)) > 1


def _offset(at: Floats, zone: str) -> Floats:
    """Seconds to add for local time; looked up once an hour."""
    hours, place = np.unique(at // 3600, return_inverse=True)
    own = ZoneInfo(zone)
    ahead = [(datetime.fromtimestamp(3600 * hour, own).utcoffset()) for hour in hours.tolist()]
    return np.array([0.0 if one is None else one.total_seconds() for one in ahead])[place]


def _lifts(events: Events, settings: Settings, zone: str, names: tuple[str, ...]) -> dict[str, Floats32]:
    about = settings.events
    strength = slot_weights(events.kind, events.value, about.weights, about.rating_threshold)
    rows = np.flatnonzero((events.item >= 0) & (strength > 0))
    total = np.bincount(events.item[rows], strength[rows], minlength=len(events.items)).astype(np.float64)
    return {
        name: lift(classes(name, events.at[rows], zone), events.item[rows], strength[rows], len(CLASSES[name]), total)
        for name in names
    }


def _weights(events: Events, settings: Settings, users: Users | None, others: Others) -> dict[str, float]:
    """Names that gain, with their weights, the best first; each on top of those before it."""
    zone, rows = settings.shop.time_zone, first_choices(events, settings)
    if len(rows) < LEAST / NEWEST:
        return {}
    cut = np.quantile(events.at[rows], 1 - NEWEST)
    early, newest = events.take(events.at < cut), rows[events.at[rows] >= cut]
    names = [name for name in CLASSES if _may_tell(name, early, zone)]
    most = min(CASES, int(NUMBERS / max(1, len(events.items))))
    if not names or len(newest) < LEAST or most < LEAST or not len(early):
        return {}
    cases = np.sort(np.random.default_rng(0).permutation(newest)[:most])
    lifts = _lifts(early, settings, zone, tuple(names))
    counted = early.item[is_target(early, settings)]
    popular = np.log1p(np.bincount(counted, minlength=len(events.items)).astype(np.float64))
    told = others(early)
    before = np.stack([popular + told(_query(events, row, users)) for row in cases])
    wanted, found = events.item[cases], dict[str, float]()
    while len(found) < len(names):
        start, best = gains(before, wanted), (0.0, "", 0.0)
        for name in names:
            if name in found:
                continue
            mine = lifts[name][classes(name, events.at[cases], zone)]
            for weight in WEIGHTS:
                more = gains(before + weight * mine, wanted) - start
                sure = float(more.mean() - SURE * more.std(ddof=1) / np.sqrt(len(more)))
                best = max(best, (sure, name, weight))
        sure, name, weight = best
        if sure <= 0:
            break
        found[name] = weight
        before = before + weight * lifts[name][classes(name, events.at[cases], zone)]
    return found


def first_choices(events: Events, settings: Settings) -> Ints:
    """Row of the first target event of each shopper."""
    rows, _ = events.by_user
    rows = rows[(is_target(events, settings) & (events.item >= 0))[rows]]
    _, first = np.unique(events.user[rows], return_index=True)
    found: Ints = rows[first].astype(np.int64)
    return found


def gains(scores: Floats, wanted: Ints) -> Floats:
    """NDCG@10 of each case, [N]; of equal scores the wanted one comes last."""
    own = scores[np.arange(len(wanted)), wanted][:, None]
    rank = (scores >= own).sum(axis=1)
    return np.where(rank <= PLACES, 1.0 / np.log2(rank + 1.0), 0.0)


def _may_tell(name: str, events: Events, zone: str) -> bool:
    if not len(events):
        return False
    if name == "daypart":
        return has_hours(events)
    weeks = (events.at.max() - events.at.min()) / WEEK_S
    return bool(weeks >= WEEKS) and len(np.unique(classes(name, events.at, zone))) > 1


def _query(events: Events, row: int, users: Users | None) -> Query:
    user = str(events.users.ids[events.user[row]])
    said = {name: column[row] for name in ("platform", "locale") if (column := getattr(events, name)) is not None}
    profile = {} if users is None else users.profile(user)
    return Query(at=float(events.at[row]), profile=profile, **{name: v for name, v in said.items() if v is not None})
