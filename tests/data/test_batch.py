"""Arranging queries: masked slots keep their age, unknown items weigh nothing, one at a time equals together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from whyrec.core.config import Settings
from whyrec.core.types import History, Query, Vocabulary
from whyrec.data.batch import arrange

ITEMS = Vocabulary.of(["a", "b", "c"])
WEIGHTS = Settings().events.weights
ROWS = st.lists(
    st.none() | st.tuples(st.sampled_from("abcx"), st.sampled_from(["view", "purchase", "dislike"]), st.floats(0, 1e9)),
    max_size=8,
)


def batch(*histories, **options):
    return arrange([Query(at=0.0, history=History.of(rows)) for rows in histories], ITEMS, WEIGHTS, **options)


def test_tombstones_keep_the_age_of_others():
    rows = [("a", "purchase", 1.0), ("b", "view", 2.0), ("c", "dislike", 3.0)]
    whole, masked = batch(rows), batch([rows[0], None, rows[2]])
    assert whole.age.tolist() == masked.age.tolist() == [3, 2, 1]
    assert whole.item.tolist() == [0, 1, 2]
    assert masked.item.tolist() == [0, -1, 2]
    assert whole.weight.tolist() == [1.0, 0.3, -0.7]
    assert masked.weight.tolist() == [1.0, 0.0, -0.7]


def test_unknown_items_take_a_slot_but_weigh_nothing():
    made = batch([("x", "purchase", 1.0), ("a", "purchase", 2.0)])
    assert made.item.tolist() == [-1, 0]
    assert made.weight.tolist() == [0.0, 1.0]
    assert made.age.tolist() == [2, 1]


def test_history_keeps_the_newest_slots_and_counts_tombstones():
    made = batch([("a", "view", 1.0), None, ("b", "view", 2.0)], history=2)
    assert made.item.tolist() == [-1, 1]
    assert made.slot.tolist() == [1, 2]
    assert made.age.tolist() == [2, 1]


def test_low_ratings_pull_down():
    history = History.of([("a", "rating", 1.0), ("b", "rating", 2.0)])
    history.value[:] = [2.0, 4.0]
    made = arrange([Query(at=0.0, history=history)], ITEMS, WEIGHTS, rating_threshold=3.0)
    assert made.weight.tolist() == [-0.7, 0.7]


def test_context_takes_the_place_of_the_history_for_related_items():
    query = Query(at=5.0, history=History.of([("a", "view", 1.0)]), context=("c", "x"), scenario="related")
    made = arrange([query], ITEMS, WEIGHTS)
    assert made.item.tolist() == [2, -1]
    assert made.weight.tolist() == [1.0, 0.0]
    assert made.slot.tolist() == [-1, -1]


@given(st.lists(ROWS, max_size=4))
def test_together_equals_one_by_one(histories):
    together = batch(*histories)
    assert len(together) == len(histories)
    for q, rows in enumerate(histories):
        alone = batch(rows)
        inside = slice(together.bounds[q], together.bounds[q + 1])
        for name in ("item", "weight", "age", "at", "slot"):
            assert np.array_equal(getattr(together, name)[inside], getattr(alone, name))
    assert together.query.tolist() == [q for q, rows in enumerate(histories) for _ in rows]
