"""Splits of logs written by hand: what is learned from, validated on, tested on and left out; and no leaks."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyrec.core.config import EventSettings, Settings
from whyrec.core.errors import UsageError
from whyrec.core.types import HISTORY_KINDS, KIND_CODE, Events, Vocabulary, objects
from whyrec.data.kinds import seen_kinds
from whyrec.data.split import by_time, is_target, loo

SETTINGS = Settings()
ITEMS = Vocabulary.of(["tea", "cup", "pot", "jam", "bread", "film"])


def log(*rows):
    """Events of (user, item, kind) rows at 0, 1, 2 ...; a fourth field is the value, a fifth the time."""
    rows = [(*row, np.nan, None)[:5] if len(row) == 3 else (*row, None)[:5] for row in rows]
    users = Vocabulary.of(list(dict.fromkeys(row[0] for row in rows)))
    return Events(
        users=users,
        items=ITEMS,
        user=users.codes([row[0] for row in rows]),
        item=ITEMS.codes([row[1] for row in rows]),
        kind=np.array([KIND_CODE[row[2]] for row in rows], np.int8),
        at=np.array([n if row[4] is None else row[4] for n, row in enumerate(rows)], np.float64),
        value=np.array([row[3] for row in rows], np.float32),
        event_id=objects([f"e{n}" for n in range(len(rows))]),
    )


def told(cases):
    """Cases as {user: (event ids of the history, targets)}."""
    pairs = zip(cases.queries, cases.targets, strict=True)
    return {query.user: (list(query.history.event_id), targets) for query, targets in pairs}


# -- targets -------------------------------------------------------------------------------------------------


def test_low_ratings_and_events_without_an_item_are_no_targets():
    events = log(
        ("a", "tea", "rating", 2.0),
        ("a", "cup", "rating", 2.5),
        ("a", "pot", "rating"),
        ("a", None, "rating", 5.0),
        ("a", "jam", "view"),
    )
    assert is_target(events, Settings(events=EventSettings(rating_threshold=2.0))).tolist() == [0, 1, 1, 0, 0]
    assert is_target(events, SETTINGS).tolist() == [1, 1, 1, 0, 0]


# -- leave one out -------------------------------------------------------------------------------------------

LOO = log(
    ("three", "tea", "purchase"),  # 0
    ("two", "cup", "purchase"),  # 1
    ("three", "cup", "view"),  # 2
    ("one", "pot", "purchase"),  # 3
    ("three", "pot", "purchase"),  # 4 validation
    ("views", "jam", "view"),  # 5
    ("three", "jam", "view"),  # 6 between validation and test
    ("two", "tea", "view"),  # 7
    ("three", "bread", "purchase"),  # 8 test
    ("two", "jam", "purchase"),  # 9 test
    ("one", "tea", "view"),  # 10
    ("three", "film", "view"),  # 11 after the test
    ("two", "film", "view"),  # 12 after the test
    ("shown", "tea", "impression"),  # 13 takes no slot
)


def test_leave_one_out_tests_the_last_target_and_validates_the_one_before():
    split = loo(LOO, SETTINGS)
    assert told(split.test) == {
        "three": (["e0", "e2", "e4", "e6"], ("bread",)),
        "two": (["e1", "e7"], ("jam",)),
    }
    assert told(split.validation) == {"three": (["e0", "e2"], ("pot",))}


def test_leave_one_out_learns_from_what_is_before_validation_and_from_users_that_are_left_out():
    split = loo(LOO, SETTINGS)
    assert list(split.train.event_id) == ["e0", "e1", "e2", "e3", "e5", "e7", "e10"]
    assert split.early is split.train
    assert split.left_out == 2  # one and views; who was only shown things has no history


def test_kinds_that_are_no_target_are_not_learned_from_after_the_validation_event():
    learned = set(loo(LOO, SETTINGS).train.event_id)
    assert not learned & {"e6", "e11", "e12"}


def test_the_time_and_the_seen_items_of_a_query_are_those_of_its_history():
    (three, two) = loo(LOO, SETTINGS).test.queries
    assert (three.at, three.seen) == (6.0, {"tea", "pot"})
    assert (two.at, two.seen) == (7.0, {"cup"})


def test_where_models_may_use_the_time_of_the_request_it_is_that_of_the_wanted_event():
    settings = replace(SETTINGS, events=replace(SETTINGS.events, request_time=True))
    assert [query.at for query in loo(LOO, settings).test.queries] == [8.0, 9.0]
    assert [query.at for query in loo(LOO, settings).validation.queries] == [4.0]
    for targets in ("last", "all"):
        split = by_time(LOO, settings, targets, quantile=0.5)
        wanted = {query.user: query.at for query in split.test.queries}
        assert (wanted["three"], wanted["two"]) == (8.0, 9.0)


def test_leave_one_out_needs_only_an_order():
    assert told(loo(replace(LOO, timed=False), SETTINGS).test) == told(loo(LOO, SETTINGS).test)


def test_leave_one_out_of_no_events_is_empty():
    split = loo(log(), SETTINGS)
    assert (len(split.train), len(split.validation), len(split.test), split.left_out) == (0, 0, 0, 0)


# -- a cut in time -------------------------------------------------------------------------------------------

TIME = log(
    ("a", "tea", "purchase"),  # 0
    ("b", "cup", "purchase"),  # 1
    ("a", "cup", "view"),  # 2
    ("a", "pot", "purchase"),  # 3 first of the validation part
    ("c", "jam", "purchase"),  # 4
    ("b", "tea", "view"),  # 5
    ("a", "jam", "purchase"),  # 6 first after the cut
    ("a", "film", "view"),  # 7
    ("a", "tea", "purchase"),  # 8
    ("e", "bread", "purchase"),  # 9
    ("b", "film", "view"),  # 10
    ("f", "film", "purchase"),  # 11
    ("e", "bread", "purchase"),  # 12
)


def test_a_cut_in_time_learns_from_what_is_before_and_validates_on_its_last_part():
    split = by_time(TIME, SETTINGS, quantile=0.5)
    assert list(split.train.event_id) == [f"e{n}" for n in range(6)]
    assert list(split.early.event_id) == ["e0", "e1", "e2"]
    assert told(split.validation) == {"a": (["e0", "e2"], ("pot",)), "c": ([], ("jam",))}


def test_the_last_target_after_the_cut_is_wanted_and_all_before_it_is_context():
    split = by_time(TIME, SETTINGS, quantile=0.5)
    assert told(split.test) == {
        "a": (["e0", "e2", "e3", "e6", "e7"], ("tea",)),
        "e": (["e9"], ("bread",)),
        "f": ([], ("film",)),
    }
    assert [query.at for query in split.test.queries] == [7.0, 9.0, 6.0]  # a cold user is asked for at the cut
    assert split.left_out == 2  # b and c


def test_all_targets_after_the_cut_are_wanted_once_with_the_context_frozen_at_the_cut():
    split = by_time(TIME, SETTINGS, "all", quantile=0.5)
    assert told(split.test) == {
        "a": (["e0", "e2", "e3"], ("jam", "tea")),
        "e": ([], ("bread",)),
        "f": ([], ("film",)),
    }
    assert [query.at for query in split.test.queries] == [3.0, 6.0, 6.0]
    assert split.test.queries[0].seen == {"tea", "pot"}


def test_events_at_the_time_of_the_cut_are_all_after_it():
    rows = [("a", "tea", "purchase", np.nan, at) for at in (0, 1, 2, 3, 3, 3, 3, 4)]
    assert by_time(log(*rows), SETTINGS, quantile=0.5).train.at.tolist() == [0.0, 1.0, 2.0]


def test_a_log_without_times_is_refused_and_told_what_to_use():
    with pytest.raises(UsageError, match="--protocol loo"):
        by_time(replace(TIME, timed=False), SETTINGS)


def test_a_log_at_one_time_is_refused_and_told_what_to_use():
    with pytest.raises(UsageError, match="--protocol loo"):
        by_time(replace(TIME, at=np.full(len(TIME), 5.0)), SETTINGS)


def test_unknown_targets_are_refused():
    with pytest.raises(UsageError, match="last, all, got 'first'"):
        by_time(TIME, SETTINGS, "first")


# -- no leaks ------------------------------------------------------------------------------------------------

ROWS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from([*ITEMS.ids, None]),
        st.sampled_from(["purchase", "view", "search", "rating", "cancel", "impression"]),
        st.sampled_from([1.0, 5.0]),
    ),
    min_size=2,
    max_size=40,
)


def number(event_id):
    return int(event_id[1:])


def hold_that_nothing_leaks(events, cases, first_wanted):
    """The history of each case is all slots of the user before `first_wanted(query, targets)`, and only these."""
    slots = [KIND_CODE[kind] for kind in HISTORY_KINDS]
    for query, targets in zip(cases.queries, cases.targets, strict=True):
        end = first_wanted(query, targets)
        own = events.rows_of(events.users.index[query.user])
        expected = [row for row in own if row < end and events.kind[row] in slots]
        assert [number(name) for name in query.history.event_id] == expected
        counts = seen_kinds(events.kinds, SETTINGS)
        had = [row for row in expected if counts[events.kind[row]] and events.item[row] >= 0]
        assert query.seen == {events.items.ids[events.item[row]] for row in had}


def last_target(events, before):
    """The last row of a user that is a target before a row."""
    wanted = is_target(events, SETTINGS)
    return lambda query, _: max(
        row for row in events.rows_of(events.users.index[query.user]) if wanted[row] and row < before(query)
    )


@given(rows=ROWS)
def test_leave_one_out_leaks_nothing_of_the_target_or_after_it(rows):
    events = log(*rows)
    split = loo(events, SETTINGS)
    tested = last_target(events, lambda _: len(events))
    hold_that_nothing_leaks(events, split.test, tested)
    validated = last_target(events, lambda query: tested(query, ()))
    hold_that_nothing_leaks(events, split.validation, validated)
    ends = {query.user: tested(query, ()) for query in split.test.queries}
    ends |= {query.user: validated(query, ()) for query in split.validation.queries}
    for user, name in zip(split.train.users.ids[split.train.user], split.train.event_id, strict=True):
        assert number(name) < ends.get(user, len(events))


@given(rows=ROWS, quantile=st.sampled_from([0.5, 0.9]), targets=st.sampled_from(["last", "all"]))
def test_a_cut_in_time_leaks_nothing_of_the_target_or_after_it(rows, quantile, targets):
    events = log(*rows)
    split = by_time(events, SETTINGS, targets, quantile)
    cut = len(split.train)
    assert list(split.train.event_id) == [f"e{n}" for n in range(cut)]
    first = last_target(events, lambda _: len(events)) if targets == "last" else lambda query, wanted: cut
    hold_that_nothing_leaks(events, split.test, first)
    assert split.left_out == len(events.users) - len(split.test)
    assert all(number(name) < cut for query in split.validation.queries for name in query.history.event_id)
    assert len(split.early) < cut
