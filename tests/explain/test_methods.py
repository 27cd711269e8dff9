"""Shapley shares, contrasts, steps towards a goal: against values by hand and against trying everything."""

from itertools import combinations, pairwise, permutations

import numpy as np
import pytest

from additive import ITEMS, N_ITEMS, curved, purchases, sums
from whyrec.explain import shapley, steps
from whyrec.explain.contest import Contest
from whyrec.explain.contrast import contrast
from whyrec.explain.occlusion import events, nothing_known
from whyrec.explain.search import Budget


def exact_shares(score, query, item):
    """Shapley values by all orders, the tests' own."""
    n = len(query.history)
    value = {
        gone: float(score([query.without(gone)], [item])[0, 0])
        for size in range(n + 1)
        for gone in combinations(range(n), size)
    }
    shares = np.zeros(n)
    orders = list(permutations(range(n)))
    for one in orders:
        for k, slot in enumerate(one):
            shares[slot] += value[tuple(sorted(one[:k]))] - value[tuple(sorted(one[: k + 1]))]
    return shares / len(orders)


def test_shapley_shares_add_up_and_their_error_covers_the_truth():
    score = curved(sums(np.random.default_rng(1)))
    query = purchases([1, 4, 2, 4, 7])
    found = shapley.measure(score, query, ["i0", "i3"], np.random.default_rng(0), permutations=400)
    np.testing.assert_allclose(found.empty + found.weight.sum(axis=0), found.full, atol=1e-9)
    for column, item in enumerate(["i0", "i3"]):
        off = np.abs(found.weight[:, column] - exact_shares(score, query, item))
        assert (off <= 4 * found.error[:, column] + 1e-6).all() and off.max() < 0.05
    assert (found.error > 0).any()


def test_shapley_is_exact_on_sums_and_on_one_event_and_on_none():
    model, rng = sums(np.random.default_rng(2)), np.random.default_rng(0)
    found = shapley.measure(model.score, purchases([1, 2, 3]), ["i0"], rng, permutations=2)
    np.testing.assert_allclose(found.weight[:, 0], model.links[[1, 2, 3], 0], atol=1e-5)
    one = shapley.measure(model.score, purchases([5]), ["i0"], rng)
    assert one.weight[0, 0] == pytest.approx(model.links[5, 0], abs=1e-5)
    assert shapley.measure(model.score, purchases([]), ["i0"], rng).units == ()


@pytest.mark.parametrize("additive", [True, False])
def test_a_contrast_adds_up_to_the_difference(additive):
    model = sums(np.random.default_rng(3))
    score = model.score if additive else curved(model)
    query = purchases([1, 4, 2, 8, 7])
    found = contrast(score, query, "i0", "i3", contributions=model.contributions if additive else None)
    a, b = score([query], ["i0", "i3"])[0].astype(float)
    assert found.difference == pytest.approx(a - b, abs=1e-6)
    assert found.empty + sum(r.weight for r in found.reasons) == pytest.approx(a - b, abs=1e-5)
    assert found.method == ("exact" if additive else "shapley") and (found.error == 0) == additive
    if additive:
        assert {r.slots[0]: r.weight for r in found.reasons} == {
            slot: pytest.approx(model.links[code, 0] - model.links[code, 3])
            for slot, code in enumerate([1, 4, 2, 8, 7])
        }


def contest_of(score, query, item, n=2):
    full, empty = score([query, nothing_known(query)]).astype(float)
    units = events(query.history)
    return Contest(score, query, ITEMS, item, np.ones(N_ITEMS, bool), n, units, full, empty)


@pytest.mark.parametrize("goal", steps.GOALS)
def test_a_beam_finds_what_trying_everything_finds(goal):
    equal, greedy = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        contest = contest_of(curved(sums(rng)), purchases(rng.integers(0, N_ITEMS, 9)), int(rng.integers(N_ITEMS)))
        for size, one in enumerate(steps.best_sets(contest, goal, 4, Budget(10**6), width=10), start=1):
            options = list(combinations(range(9), size))
            chosen = np.array([[u in option for u in range(9)] for option in options])
            best = steps.values(contest, chosen, goal).max()
            own = steps.values(contest, np.array([[u in one for u in range(9)]]), goal)[0]
            equal.append(own >= best - 1e-9)
        nested = steps.best_sets(contest, goal, 4, Budget(10**6))
        greedy.append(all(set(a) < set(b) for a, b in pairwise(nested)))
    assert np.mean(equal) >= 0.95 and all(greedy)


def test_values_are_what_the_goals_say():
    model = sums(np.random.default_rng(6))
    query, item = purchases([1, 2, 3]), 0
    contest = contest_of(model.score, query, item)
    one = np.array([[True, False, False]])
    left = model.popular[0] + model.links[[2, 3], 0].sum()
    assert steps.values(contest, one, "less")[0] == pytest.approx(-left, abs=1e-5)
    assert steps.values(contest, one, "keep")[0] == pytest.approx(model.popular[0] + model.links[1, 0], abs=1e-5)
    row = model.popular + model.links[[2, 3]].sum(axis=0)
    expected = np.log(np.exp(row[0]) / np.exp(row).sum())
    assert steps.values(contest, one, "less", "probability")[0] == pytest.approx(-expected, abs=1e-5)
    rank = 1 + (row[1:] > row[0]).sum()
    assert round(steps.values(contest, one, "rank")[0] / steps.RANK) == rank


def test_steps_end_with_the_budget_and_orders_are_completed():
    contest = contest_of(curved(sums(np.random.default_rng(6))), purchases(range(8)), 0)
    assert [len(one) for one in steps.best_sets(contest, "less", 5, Budget(8 + 7))] == [1, 2]
    made = steps.order(contest, "less", 3, Budget(100), rest=range(8))
    assert sorted(made) == list(range(8)) and made[3:] == sorted(made[3:])


def test_a_seed_is_never_worse_than_what_is_found():
    for seed in range(8):
        rng = np.random.default_rng(seed)
        contest = contest_of(curved(sums(rng)), purchases(rng.integers(0, N_ITEMS, 9)), 3)
        order = rng.permutation(9).tolist()
        found = steps.best_sets(contest, "keep", 3, Budget(10**6), width=2, seeds=[order])
        for size, one in enumerate(found, start=1):
            rows = np.array([[u in chosen for u in range(9)] for chosen in (one, order[:size])])
            ours, theirs = steps.values(contest, rows, "keep")
            assert ours >= theirs
