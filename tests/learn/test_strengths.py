"""Learned strengths: each event is changed by its own classes and by nothing else."""

from dataclasses import replace

import numpy as np

from whyrec.core.types import KIND_CODE, KINDS, History, Query, Vocabulary, objects
from whyrec.data.batch import arrange
from whyrec.learn.strengths import Strengths

ITEMS = Vocabulary.of(["a", "b", "c"])
WEIGHTS = {"purchase": 1.0, "view": 0.3, "rating": 0.7, "dislike": -0.7}


def batch():
    """A purchase, a view, a dislike, a low rating, a good one, and a tombstone."""
    rows = [("a", kind, float(n)) for n, kind in enumerate(("purchase", "view", "dislike", "rating", "rating", "view"))]
    past = History.of(rows)
    value = np.array([np.nan, np.nan, np.nan, 1.0, 5.0, np.nan], np.float32)
    platform = objects(["web", "app", "web", "app", None, "app"])
    return arrange(
        [Query(at=9.0, history=replace(past, value=value, platform=platform).mask([5]))], ITEMS, WEIGHTS, 2.0
    )


def test_strengths_multiply_and_what_speaks_against_items_stays():
    log = batch()
    made = Strengths.of(log, False)
    assert made.platforms == ("web", "app") or made.platforms == ("app", "web")
    kind = np.zeros(len(KINDS))
    kind[[KIND_CODE["view"], KIND_CODE["dislike"]]] = 1.0, 5.0
    platform = np.array([{"web": -0.5, "app": 0.25}[name] for name in made.platforms])
    found = replace(made, more={"kind": kind, "platform": platform}).apply(log).weight
    np.testing.assert_allclose(found, [1.0 * 0.5, 0.3 * 2.25, -0.7, -0.7, 0.7, 0.0])
    assert made.apply(log) is log


def test_a_strength_never_turns_round():
    log = batch()
    found = replace(Strengths.of(log, False), more={"kind": np.full(len(KINDS), -3.0)}).apply(log).weight
    np.testing.assert_allclose(found, [0.0, 0.0, -0.7, -0.7, 0.0, 0.0])


def test_classes_are_those_of_the_log():
    log = batch()
    classes = Strengths.of(log, False).classes(log)
    assert classes["kind"].tolist() == [KIND_CODE["purchase"], KIND_CODE["view"], -1, -1, KIND_CODE["rating"], -1]
    assert (classes["value"] >= 0).tolist() == [False, False, False, False, True, False]
    assert (classes["platform"] >= 0).tolist() == [True, True, False, False, False, False]
    assert set(Strengths().classes(log)) == {"kind"}


def test_time_until_the_request_is_a_class_where_there_are_times():
    log = batch()
    assert "elapsed" not in Strengths.of(log, False).classes(log)
    made = Strengths.of(log, True)
    # The request is at second 9, events at 0 to 5; classes begin at 0, 1, 4, 16 seconds.
    assert made.classes(log)["elapsed"].tolist() == [2, 2, -1, -1, 2, -1]
    late = replace(log, asked=np.array([20.0]))
    assert made.classes(late)["elapsed"].tolist() == [3, 3, -1, -1, 3, -1]


def test_they_are_the_same_again_from_their_arrays():
    made = replace(Strengths.of(batch(), False), more={"value": np.array([0.0, 0.5, 1.0])})
    again = Strengths.from_arrays(made.arrays())
    assert (again.edges, again.platforms, again.timed) == (made.edges, made.platforms, made.timed)
    np.testing.assert_array_equal(again.more["value"], made.more["value"])
