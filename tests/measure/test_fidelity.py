"""Measures of faithfulness: values by hand on a tiny additive scorer, and those of an independent program."""

import sys

import numpy as np
import pytest

from whyrec.core.types import History, Query, Vocabulary
from whyrec.measure import fidelity
from whyrec.measure.fidelity import Case

ITEMS = Vocabulary.of(["a", "b", "c", "y", "z"])
GIVES = {"a": [0, 0, 0, 4, 0], "b": [0, 0, 0, 2, 1], "c": [0, 0, 0, -1, 3]}
EMPTY = np.array([0, 0, 0, 1, 2.5])
ALLOWED = np.array([False, False, False, True, True])


def score(queries, items=None):
    rows = [EMPTY + sum((np.array(GIVES[i]) for i in q.history.item if i is not None), np.zeros(5)) for q in queries]
    return np.array(rows, np.float32)


def case(**changes):
    query = Query(at=3.0, history=History.of([("a", "view", 1), ("b", "view", 2), ("c", "view", 3)]))
    given = {"score": score, "query": query, "item": 3, "allowed": ALLOWED, "units": ((0,), (1,), (2,)), **changes}
    return Case(**given)


def test_measures_of_an_order_by_hand():
    # f(y), f(z): whole 6, 6.5 (rank 2); without a 2, 6.5; without a, b 0, 5.5; nothing 1, 2.5.
    found = fidelity.of_order(case(allowed=np.ones(5, bool)), [0, 1, 2], sizes=(1, 2))
    assert case().full == (6.0, 2)
    assert found["DEL@1"] == pytest.approx(2 / 6) and found["DEL@2"] == pytest.approx(0)
    assert found["INS@1"] == pytest.approx(5 / 6) and found["INS@2"] == pytest.approx(7 / 6)
    assert found["CDCG@1"] == pytest.approx(1 / np.log2(3))
    # Without a and b, y has 0 like a, b and c, which come first: rank 5.
    assert found["CDCG@2"] == pytest.approx(1 / np.log2(6))
    assert (found["POS@1,1"], found["POS@5,1"], found["POS@5,2"]) == (0.0, 1.0, 1.0)


def test_area_measures_take_eleven_points():
    found = fidelity.of_order(case(), [0, 1, 2])
    # Three causes over ten steps: one goes at each of the first three, then nothing more.
    left = np.array([6, 2, 0] + [1] * 8)
    alone = np.array([1, 5, 7] + [6] * 8)
    ranks = np.array([2] * 11)
    assert found["DEL-P"] == pytest.approx(left.mean() / 6)
    assert found["INS-P"] == pytest.approx(alone.mean() / 6)
    assert found["NDCG-P"] == pytest.approx((1 / np.log2(1 + ranks)).mean())
    assert (found["POS-P@1"], found["POS-P@5"]) == (0.0, 1.0)


def test_probability_is_the_softmax_over_all_items():
    found = fidelity.of_order(case(scale="probability"), [0, 1, 2], sizes=(1,))

    def share(y, z):
        return np.exp(y) / (np.exp(y) + np.exp(z) + 3)

    assert found["DEL@1"] == pytest.approx(share(2, 6.5) / share(6, 6.5))
    assert found["INS@1"] == pytest.approx(share(5, 2.5) / share(6, 6.5))


def test_sets_flips_and_gaps_by_hand():
    found = fidelity.of_set(case(), [0, 1])
    assert (found["DEL"], found["INS"]) == (0.0, pytest.approx(7 / 6))
    assert (found["rank without"], found["rank alone"], found["size"]) == (2, 1, 2)
    first = case(item=4)  # z leads with 6.5; without c it has 3.5, then without b 2.5 to 5
    assert fidelity.flip_size(first, [0, 1, 2], n=1) is None  # without all, z leads again: 2.5 to 1
    assert fidelity.flip_size(first, [2, 1, 0], n=1) == 1
    assert fidelity.flip_size(first, [1, 2, 0], n=1, cap=1) is None
    assert fidelity.flip_size(first, [1, 2, 0], n=1) == 2
    assert fidelity.gap(6.0, 1.0, np.array([4.0, 2.0, -1.0])) == 0
    assert fidelity.gap(6.0, 1.0, np.array([4.0])) == pytest.approx(0.2)
    assert np.isnan(fidelity.gap(1.0, 1.0, np.array([])))


def test_ratios_need_a_positive_score():
    query = Query(at=3.0, history=History.of([("c", "view", 1), ("c", "view", 2)]))
    found = fidelity.of_order(case(query=query, units=((0,), (1,))), [0, 1])
    assert np.isnan(found["DEL@1"]) and np.isnan(found["INS-P"]) and found["POS@5,1"] == 1.0


def test_an_order_names_every_cause_once():
    with pytest.raises(ValueError, match="all 3 units"):
        fidelity.of_order(case(), [0, 1])


def test_stability_is_the_overlap_of_the_first_causes():
    assert fidelity.stability([[0, 1, 2], [0, 2, 1]], k=2) == pytest.approx(1 / 3)
    assert fidelity.stability([[0, 1, 2], [1, 0, 2], [0, 1, 2]], k=2) == 1.0
    assert np.isnan(fidelity.stability([[0]]))


def test_means_state_their_interval_and_how_many_had_a_value():
    rng = np.random.default_rng(0)
    found = fidelity.mean([1.0, 2.0, 3.0, np.nan], rng)
    assert (found.value, found.n) == (2.0, 3) and 1 <= found.low < 2 < found.high <= 3
    assert fidelity.mean([np.nan], rng).n == 0
    values = rng.normal(size=400)
    inside = fidelity.mean(values, rng)
    half = 1.96 * values.std() / np.sqrt(400)
    assert inside.high - inside.low == pytest.approx(2 * half, rel=0.1)
    assert fidelity.better([1.0, 2.0], [2.0, 3.0], high=False, rng=rng).value == 1.0
    assert fidelity.better([1.0, 2.0], [2.0, 3.0], high=True, rng=rng).value == -1.0
    assert fidelity.columns([{"x": 1.0}, {"x": 2.0}])["x"].tolist() == [1.0, 2.0]
    assert fidelity.columns([]) == {}


def test_an_independent_program_measures_the_same(shared):
    """Scores, ranks and areas of the program beside the repository, which deletes items of a set and knows no mask."""
    torch = pytest.importorskip("torch")
    folder = shared("ml1m").parents[1] / "peers"
    if not (folder / "fidelity.py").exists():
        pytest.skip("needs the independent program")
    sys.path.insert(0, str(folder))
    try:
        import fidelity as theirs
    finally:
        sys.path.remove(str(folder))
    rng = np.random.default_rng(5)
    size = 30
    weights = rng.normal(size=(size, size)).astype(np.float32)
    bias = torch.tensor(rng.normal(size=size).astype(np.float32))  # no ties where nothing is left: they count them last

    def model(x):
        return torch.softmax(torch.tanh(x @ torch.tensor(weights) + bias) * 3, -1)

    items = Vocabulary.of([f"i{k:02}" for k in range(size)])
    for _ in range(5):
        own = rng.choice(size, 13, replace=False)
        x = torch.zeros(size)
        x[own] = 1
        other = theirs.Case(model, x, x)
        held = other.h.tolist()
        history = History.of([(str(items.ids[k]), "view", t) for t, k in enumerate(held)])

        def score(queries, _=None):
            rows = np.zeros((len(queries), size), np.float32)
            for row, query in zip(rows, queries, strict=True):
                row[items.codes(query.history.item[query.history.live()])] = 1
            return np.log(model(torch.tensor(rows)).numpy())

        ours = Case(
            score, Query(at=9.0, history=history), other.y, x.numpy() == 0, tuple((s,) for s in range(len(held))),
            scale="probability",
        )  # fmt: skip
        order = rng.permutation(len(held)).tolist()
        expected, found = other.eval_order(order), fidelity.of_order(ours, order)
        common = set(expected) & set(found)
        assert len(common) == 5 * (3 + 4) + 5
        for name in common:
            assert found[name] == pytest.approx(expected[name], abs=1e-4), name
