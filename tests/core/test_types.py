"""Histories, vocabularies and catalogues keep the semantics that everything else relies on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whyrec.core.types import (
    KIND_CODE,
    REMOVED,
    Catalog,
    Events,
    History,
    Query,
    Vocabulary,
    objects,
)

ROWS = st.lists(
    st.none()
    | st.tuples(st.sampled_from("abc/é"), st.sampled_from(["view", "purchase", "dislike"]), st.floats(0, 1e9)),
    max_size=12,
)


def test_vocabulary_codes():
    vocabulary = Vocabulary.of(["b", "a"])
    assert vocabulary.codes(["a", None, "x", "b"]).tolist() == [1, -1, -1, 0]
    assert len(vocabulary) == 2


def test_objects_keeps_tuples():
    column = objects([("a", "b"), ("c", "d")])
    assert column.shape == (2,)
    assert column[0] == ("a", "b")


@given(ROWS, st.data())
def test_masking_keeps_place_and_time(rows, data):
    history = History.of(rows)
    slots = data.draw(st.lists(st.integers(0, len(rows) - 1), unique=True)) if rows else []
    masked = history.mask(slots)
    assert len(masked) == len(history)
    assert np.array_equal(masked.at, history.at)
    for slot in range(len(rows)):
        if slot in slots:
            assert masked.item[slot] is None
            assert masked.kind[slot] == REMOVED
        else:
            assert masked.item[slot] == history.item[slot]
            assert masked.kind[slot] == history.kind[slot]
    assert history.live().tolist() == [i for i, row in enumerate(rows) if row is not None], "the original changed"


def test_a_removed_event_keeps_its_slot():
    history = History.of([("a", "view", 1.0), None, ("b", "purchase", 3.0)])
    assert history.kind.tolist() == [KIND_CODE["view"], REMOVED, KIND_CODE["purchase"]]
    assert history.at.tolist() == [1.0, 1.0, 3.0]


def test_without_still_counts_as_seen():
    query = Query(at=9.0, history=History.of([("a", "view", 1.0)]), seen=frozenset("a"))
    assert query.without([0]).seen == {"a"}
    assert query.without([0]).history.item[0] is None


@pytest.fixture
def events():
    return Events(
        users=Vocabulary.of(["u", "v", "w"]),
        items=Vocabulary.of(["a", "b"]),
        user=np.array([1, 0, 1], np.int32),
        item=np.array([0, -1, 1], np.int32),
        kind=np.array([KIND_CODE["view"], KIND_CODE["search"], KIND_CODE["purchase"]], np.int8),
        at=np.array([1.0, 2.0, 3.0]),
        value=np.full(3, np.nan, np.float32),
        event_id=objects(["e1", "e2", "e3"]),
        text=objects([None, "phone", None]),
    )


def test_rows_of_a_user_are_in_order(events):
    assert events.rows_of(1).tolist() == [0, 2]
    assert events.rows_of(0).tolist() == [1]
    assert events.rows_of(2).tolist() == []


def test_history_of_rows(events):
    history = events.history(events.rows_of(0))
    assert history.item.tolist() == [None]
    assert history.text.tolist() == ["phone"]
    assert events.history(events.rows_of(1)).item.tolist() == ["a", "b"]


def test_take(events):
    part = events.take(np.array([2]))
    assert part.event_id.tolist() == ["e3"]
    assert part.users is events.users


def test_titles_fall_back():
    catalog = Catalog(
        items=Vocabulary.of(["a", "b", "c"]),
        titles={"": objects(["A", "B", None]), "zh": objects(["甲", None, None])},
        categories={"brand": objects([("X", "Y"), ("unknown",), ("Z",)])},
    )
    assert catalog.title("a", "zh-CN") == "甲"
    assert catalog.title("b", "zh") == "B"
    assert catalog.title("c", "zh") == "c"
    assert catalog.title("nobody") == "nobody"
    assert catalog.values("a", "brand") == ("X", "Y")
    assert catalog.values("nobody", "brand") == ("unknown",)
    assert catalog.values("a", "no such") == ("unknown",)
