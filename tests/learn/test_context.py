"""Context: what it says is what was counted, by day and by circumstance, and nothing of the future."""

import numpy as np
import pytest

from whyrec.core.types import Events, Query, Users, Vocabulary, objects
from whyrec.learn.context import SOFT, Context

DAY_S = 86400.0
USERS = Vocabulary.of(["ann", "bob"])
ITEMS = Vocabulary.of(["tea", "ice", "new"])


def log(*rows, timed=True):
    """Events of (user, item, time in days, platform)."""
    user, item, day, platform = zip(*rows, strict=True)
    n = len(rows)
    return Events(
        users=USERS, items=ITEMS, user=USERS.codes(user), item=ITEMS.codes(item), kind=np.zeros(n, np.int8),
        at=DAY_S * np.array(day, float), value=np.full(n, np.nan, np.float32),
        event_id=objects([f"e{k}" for k in range(n)]), timed=timed, platform=objects(platform),
    )  # fmt: skip


ROWS = [
    ("ann", "tea", 10.1, "web"),
    ("bob", "tea", 10.9, "app"),
    ("bob", "ice", 12.5, "app"),
    ("ann", None, 12.6, "web"),
]
PEOPLE = Users(USERS, {"town": objects(["here", "there"]), "age": objects(["1", "2"])})


def made(**changes):
    events = log(*ROWS, **changes)
    return Context.of(events, np.ones(len(events)), PEOPLE, ["town"])


def recent(context, days, at):
    return np.expm1(context.values_of(f"recent {days}", [Query(at=DAY_S * at)])[0])


def test_recent_popularity_counts_whole_days_before_the_request():
    context = made()
    np.testing.assert_allclose(recent(context, 1, 10.95), [0, 0, 0], atol=1e-12)  # its own day is not over
    np.testing.assert_allclose(recent(context, 1, 11.2), [2, 0, 0])
    np.testing.assert_allclose(recent(context, 1, 12.9), [0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(recent(context, 7, 12.9), [2, 0, 0])
    np.testing.assert_allclose(recent(context, 7, 13.0), [2, 1, 0])
    np.testing.assert_allclose(recent(context, 7, 99.0), [2, 1, 0])  # as on the newest day that is known
    np.testing.assert_allclose(recent(context, 90, 3.0), [0, 0, 0], atol=1e-12)


def test_many_requests_are_answered_as_each_alone():
    context, at = made(), [3.0, 11.2, 13.0, 11.5, 99.0]
    queries = [Query(at=DAY_S * day, platform=("app", None)[n % 2]) for n, day in enumerate(at)]
    for name in context.names:
        together = context.values_of(name, queries)
        np.testing.assert_array_equal(together, np.vstack([context.values_of(name, [query]) for query in queries]))


def test_a_lift_is_what_a_class_wanted_more_than_all():
    found = made().values_of("platform", [Query(at=0.0, platform=name) for name in ("app", "web", "post", None)])
    # Of 3 events 2 are of tea; of the two by app 1 is.
    assert found[0, 0] == pytest.approx(np.log((1 + SOFT) / (2 * 2 / 3 + SOFT)), rel=1e-6)
    assert found[1, 0] == pytest.approx(np.log((1 + SOFT) / (1 * 2 / 3 + SOFT)), rel=1e-6)
    assert not found[2:].any() and not found[:, 2].any()


def test_only_named_attributes_of_people_are_used():
    context = made()
    assert "profile.town" in context.names and "profile.age" not in context.names
    found = context.values_of("profile.town", [Query(at=0.0, profile={"town": "there"}), Query(at=0.0)])
    assert found[0, 1] > 0 and not found[1].any()


def test_without_times_nothing_is_said_of_them():
    assert set(made(timed=False).names) == {"platform", "profile.town"}
    assert not Context.of(log(*ROWS).take(slice(0)), np.ones(0), None, []).names


def test_hours_weekdays_and_months_are_those_of_utc():
    # 1970-01-01 was a Thursday.
    first = log(("ann", "tea", 0.0, None), ("ann", "ice", 31 + 1 / 24, None))
    assert {name: set(values) for name, values in Context.of(first, np.ones(2), None, []).values.items()} == {
        "hour": {"0", "1"}, "weekday": {"3", "6"}, "month": {"1", "2"},
    }  # fmt: skip


def test_it_is_the_same_again_from_its_arrays():
    context = made()
    context = Context(**{**vars(context), "weight": {"recent 7": 0.5, "platform": -1.0}})
    again = Context.from_arrays(context.arrays())
    queries = [Query(at=DAY_S * day, platform="app") for day in (11.0, 50.0)]
    parts, others = (one.parts(queries, slice(None)) for one in (context, again))
    assert set(parts) == {"recent 7", "platform"}
    for name, part in parts.items():
        np.testing.assert_array_equal(part, others[name])
