"""Weighing: who is held against whom, and the highest scores of each part of a catalogue."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from whyrec.core.config import Settings
from whyrec.core.types import Catalog, Events, Query, Vocabulary, objects
from whyrec.data.split import Cases
from whyrec.learn import weighing

ITEMS = Vocabulary.of([f"i{code}" for code in range(12)])
KNOWN = np.arange(12) < 9
SCORES = np.arange(12, dtype=np.float32)
LOG = Events(
    users=Vocabulary.of(["u"]), items=ITEMS, user=np.zeros(2, np.int32), item=np.array([0, 1], np.int32),
    kind=np.zeros(2, np.int8), at=np.arange(2.0), value=np.full(2, np.nan, np.float32), event_id=objects(["a", "b"]),
)  # fmt: skip


@dataclass
class Given:
    """What weighing needs of a run."""

    validation: Cases
    rng: Any = field(default_factory=lambda: np.random.default_rng(0))
    catalog: Catalog = field(default_factory=lambda: Catalog(ITEMS))
    settings: Settings = field(default_factory=Settings)
    events: Any = None

    def progress(self, done, text):
        pass


def cases(*wanted, seen=()):
    return Cases(tuple(Query(at=0.0, seen=frozenset(seen)) for _ in wanted), tuple((item,) for item in wanted))


def score(queries, items=None):
    return np.tile(SCORES, (len(queries), 1))


def described(queries, codes):
    yield SCORES[codes]
    yield 2 * SCORES[codes]


def test_wanted_items_stand_in_front_and_all_are_known():
    found = weighing.candidates(Given(cases("i3", "i10", "stranger", "i5")), 100, 3, KNOWN, score, described)
    assert found.scores[:, 0].tolist() == [3.0, 5.0]  # i10 is new, the stranger in no table
    counts = np.isfinite(found.offset)
    assert (found.scores[counts] < 9).all()
    assert (counts[:, :4]).all()  # the wanted one and the three hardest; random ones may be new
    assert [sorted(row[1:4]) for row in found.scores.tolist()] == [[6, 7, 8]] * 2
    np.testing.assert_array_equal(found.features, np.stack((found.scores, 2 * found.scores), axis=1))


def test_without_cases_the_defaults_stay():
    found = weighing.candidates(Given(cases("stranger")), 100, 3, KNOWN, score, described)
    assert len(found) == 0
    default = np.array([1.0, 2.0])
    assert weighing.learn(found, default, ["a", "b"], (), np.zeros(2), 1.0) is default


def test_the_highest_scores_of_each_part_leave_out_what_is_hidden():
    known, new = weighing.best(Given(cases("i1"), events=LOG), cases("i1", seen=["i8"]), score, (KNOWN, ~KNOWN))
    assert sorted(known[0][np.isfinite(known[0])]) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert sorted(new[0][np.isfinite(new[0])]) == [9, 10, 11]


def test_gains_are_those_of_whole_lists():
    asked = cases("i8", "i5", "i10", "stranger", "i2")
    found = weighing.gains(Given(asked, events=LOG), asked, score, KNOWN)
    # Of the nine known ones i8 is first, i5 fourth, i2 seventh; i10 is new, the stranger in no table.
    np.testing.assert_allclose(found, [1.0, 1 / np.log2(5), 0.0, 0.0, 1 / np.log2(8)])
    seen = cases("i5", seen=("i8", "i7"))
    np.testing.assert_allclose(weighing.gains(Given(seen, events=LOG), seen, score, KNOWN), [1 / np.log2(3)])
    level = cases("i0")
    same = weighing.gains(Given(level, events=LOG), level, lambda queries: np.ones((1, 12), np.float32), KNOWN)
    np.testing.assert_allclose(same, [1 / np.log2(1 + 5)])  # in the middle of nine


def test_what_candidates_promise_is_kept_only_where_whole_lists_gain():
    """The second feature puts the wanted item before its rivals; whether it also lifts others, only lists can say."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(200, 2, 9)).astype(np.float32)
    features[:, 1, 0] += 3.0
    seen = weighing.Candidates(features, features[:, 0], np.zeros((200, 9), np.float32))
    default, least = np.array([1.0, 0.0]), np.array([0.1, 0.0])

    def extended(gain):
        return weighing.extend(seen, default, ["score", "more"], least, 1.0, gain)

    assert extended(lambda weight: np.full(200, 0.9 if weight[1] else 0.5) + rng.normal(size=200) * 0.01)[1] > 0
    assert extended(lambda weight: np.full(200, 0.2 if weight[1] else 0.5)).tolist() == default.tolist()
    assert extended(lambda weight: np.full(200, 0.5)).tolist() == default.tolist()
