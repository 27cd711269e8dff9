"""Parts to learn from and to be tested on: leave-one-out and a cut in time (the protocols of the design, section 4).

What comes after a target in its user's order is never known to the model that has to find it. `Query.at` is the time
of the last event that is known, since a shop that is tested on the past must not look at the answer's clock; only
with `[events] request_time` it is the time of the wanted event. Platform and locale are those of the last known event.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from whyrec.core.config import Settings
from whyrec.core.errors import UsageError
from whyrec.core.types import KIND_CODE, Bools, Events, Ints, Objects, Query, Users
from whyrec.data.batch import history_rows, is_low_rating
from whyrec.data.kinds import seen_items, seen_kinds, target_kinds


@dataclass(frozen=True, eq=False)
class Cases:
    """Queries and, for each, the ids of the items that were wanted next (one, or several distinct ones)."""

    queries: tuple[Query, ...]
    targets: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.queries)

    def take(self, places: Ints) -> Cases:
        """Return the cases at these places."""
        return Cases(tuple(self.queries[p] for p in places), tuple(self.targets[p] for p in places))

    def of_people(self, people: Users | None) -> Cases:
        """Return the cases with what the table of users says of each shopper."""
        if people is None:
            return self
        queries = tuple(replace(q, profile=people.profile(str(q.user))) for q in self.queries)
        return Cases(queries, self.targets)


@dataclass(frozen=True, eq=False)
class Split:
    """A log cut into parts. What is validated is fitted on `early`, what is tested on `train`."""

    train: Events
    early: Events  # the same as train for leave-one-out
    validation: Cases
    test: Cases
    left_out: int  # users that have events, but no test case

    def of_people(self, people: Users | None) -> Split:
        """Return the split with what the table of users says of each shopper."""
        return replace(self, validation=self.validation.of_people(people), test=self.test.of_people(people))


def is_target(events: Events, settings: Settings) -> Bools:
    """Say of each row whether it may be a target: of the right kind, with an item, and no low rating."""
    codes = [KIND_CODE[kind] for kind in target_kinds(events.kinds, settings)]
    low = is_low_rating(events.kind, events.value, settings.events.rating_threshold)
    return np.isin(events.kind, codes) & (events.item >= 0) & ~low


def loo(events: Events, settings: Settings) -> Split:
    """Leave one out: the last target event of each user is tested, the one before it is validation.

    Users with three target events or more: the training part ends before their validation event. Users with two:
    the last is tested and the training part ends before it, since one event is too little to validate on. Users with
    fewer stay in the training part whole and count as left out.
    """
    rows, bounds = history_rows(events)
    targets = _last_targets(events, settings, rows, bounds, 2)
    last, previous = targets[:, 0], targets[:, 1]
    n_targets = _per_user(is_target(events, settings)[rows], bounds)
    tested, validated = n_targets >= 2, n_targets >= 3
    end = np.where(validated, previous, np.where(tested, last, bounds[1:]))
    known = np.arange(len(rows)) < np.repeat(end, np.diff(bounds))
    train = events.take(np.sort(rows[known]))
    return Split(
        train=train,
        early=train,
        validation=_cases_at(events, settings, rows, bounds, previous, np.flatnonzero(validated)),
        test=_cases_at(events, settings, rows, bounds, last, np.flatnonzero(tested)),
        left_out=int(np.sum((np.diff(bounds) > 0) & ~tested)),
    )


def by_time(events: Events, settings: Settings, targets: str = "last", quantile: float = 0.9) -> Split:
    """Cut at a quantile of the event times: learn from what is before, predict what is after.

    `targets` "last": the last target event of each user after the cut, with all their earlier events as context,
    those after the cut too. "all": every item of their target events after the cut, with the context frozen at the
    cut. Validation is the last tenth before the cut, in the same way. Users with nothing before their target are
    cases too (they get the popular list); users without a target after the cut are left out. Raises UsageError for
    a log that has no times.
    """
    if not events.timed:
        raise UsageError(
            "Expected times for --protocol time, but the log has only an order of events. Use: --protocol loo"
        )
    cut = _cut(events, quantile)
    if cut == 0:
        raise UsageError(
            "Expected events at different times for --protocol time, but nearly all have the same one, so that nothing "
            "is left to learn from. Use: --protocol loo"
        )
    train = events.take(slice(0, cut))
    early_cut = _cut(train, quantile)
    test = _cases_after(events, settings, cut, targets)
    return Split(
        train=train,
        early=train.take(slice(0, early_cut)),
        validation=_cases_after(train, settings, early_cut, targets) if early_cut else Cases((), ()),
        test=test,
        left_out=len(np.unique(events.user)) - len(test),
    )


def _cut(events: Events, quantile: float) -> int:
    """First row at or after the quantile of the times, 0 for an empty log."""
    return int(np.searchsorted(events.at, np.quantile(events.at, quantile))) if len(events) else 0


def _per_user(flags: Bools, bounds: Ints) -> Ints:
    total = np.concatenate(([0], np.cumsum(flags)))
    return total[bounds[1:]] - total[bounds[:-1]]


def _last_targets(events: Events, settings: Settings, rows: Ints, bounds: Ints, n: int) -> Ints:
    """Places in `rows` of the last n target events of each user, newest first, [U, n]; -1 where there are fewer."""
    places = np.flatnonzero(is_target(events, settings)[rows])
    ends = np.searchsorted(places, bounds[1:])
    starts = np.searchsorted(places, bounds[:-1])
    wanted = ends[:, None] - 1 - np.arange(n)
    found = np.full(wanted.shape, -1, np.int64)
    there = wanted >= starts[:, None]
    found[there] = places[wanted[there]]
    return found


def _cases_at(
    events: Events, settings: Settings, rows: Ints, bounds: Ints, target: Ints, users: Ints, known_at: float = 0.0
) -> Cases:
    """One case per user: everything before the place of the target, and the target's item."""
    counts = seen_kinds(events.kinds, settings)
    asked = events.at[rows[target[users]]] if settings.events.request_time else [None] * len(users)
    queries = [
        _query(events, int(u), rows[bounds[u] : target[u]], counts, known_at, at)
        for u, at in zip(users, asked, strict=True)
    ]
    items = events.items.ids[events.item[rows[target[users]]]]
    return Cases(tuple(queries), tuple((str(item),) for item in items))


def _cases_after(events: Events, settings: Settings, cut: int, targets: str) -> Cases:
    """Cases of all users with a target event at or after row `cut`."""
    rows, bounds = history_rows(events)
    known_at = float(events.at[cut])
    if targets == "last":
        last = _last_targets(events, settings, rows, bounds, 1)[:, 0]
        users = np.flatnonzero(last >= 0)
        users = users[rows[last[users]] >= cut]
        return _cases_at(events, settings, rows, bounds, last, users, known_at)
    if targets != "all":
        raise UsageError(f"Expected targets to be one of last, all, got {targets!r}.")
    wanted = is_target(events, settings)[rows] & (rows >= cut)
    counts = seen_kinds(events.kinds, settings)
    queries, items = [], []
    for user in np.flatnonzero(_per_user(wanted, bounds)):
        own = slice(bounds[user], bounds[user + 1])
        asked = events.at[rows[own][wanted[own]][0]] if settings.events.request_time else None
        queries.append(_query(events, int(user), rows[own][rows[own] < cut], counts, known_at, asked))
        items.append(tuple(dict.fromkeys(events.items.ids[events.item[rows[own][wanted[own]]]])))
    return Cases(tuple(queries), tuple(items))


def _query(events: Events, user: int, rows: Ints, counts: Bools, known_at: float, asked: float | None = None) -> Query:
    """What is known of a user from these rows, at the moment `asked` or, without one, of the last event.

    Without events either, the time is `known_at`, the last moment that is known.

    `counts` says of each kind whether its item counts as seen.
    """
    history = events.history(rows)
    return Query(
        at=float(asked) if asked is not None else float(history.at[-1]) if len(rows) else known_at,
        locale=_newest(events.locale, rows) or "en",
        platform=_newest(events.platform, rows),
        user=str(events.users.ids[user]),
        history=history,
        seen=seen_items(history.item, history.kind, counts),
    )


def _newest(column: Objects | None, rows: Ints) -> str | None:
    return None if column is None or not len(rows) else column[rows[-1]]
