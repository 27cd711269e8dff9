"""Shapley shares, contrasts, searches: against values by hand and against trying everything."""

from dataclasses import replace
from itertools import combinations, pairwise, permutations

import numpy as np
import pytest

from additive import ITEMS, N_ITEMS, curved, purchases, sums
from whyrec.core.config import ExplainSettings
from whyrec.explain import search, shapley, steps
from whyrec.explain.contest import Contest, parts_of
from whyrec.explain.contrast import contrast
from whyrec.explain.explain import explain
from whyrec.explain.occlusion import events, measure, nothing_known


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


def test_a_contrast_of_a_related_page_is_about_the_items_on_it():
    links = sums(np.random.default_rng(3)).links

    def score(queries, items=None):
        rows = [
            np.tanh(sum(links[ITEMS.index[name]] for name in q.context) + 0.1 * np.arange(N_ITEMS)) for q in queries
        ]
        return np.array(rows)[:, ITEMS.codes(items)].astype(np.float32)

    query = replace(purchases([5, 6]), scenario="related", context=("i1", "i2"))
    found = contrast(score, query, "i0", "i3")
    assert [(r.kind, r.reference) for r in sorted(found.reasons, key=lambda r: r.reference)] == [
        ("context", "i1"), ("context", "i2")
    ]  # fmt: skip
    assert found.empty + sum(r.weight for r in found.reasons) == pytest.approx(found.difference, abs=1e-6)


def contest_of(score, query, item, n=2, parts=None):
    full, empty = score([query, nothing_known(query)]).astype(float)
    units = events(query.history)
    return Contest(score, query, ITEMS, item, np.ones(N_ITEMS, bool), n, units, full, empty, parts)


def weights_of(contest):
    name = str(ITEMS.ids[contest.item])
    return [measure(contest.score, contest.query, [name]).weight[:, 0]]


def values(contest, goal, sets):
    """How near these sets of units come to a goal."""
    chosen = np.array([[u in one for u in range(len(contest.units))] for one in sets])
    return search.measured(contest, goal, search.Budget(10**6))(chosen)[1]


@pytest.mark.parametrize("goal", search.GOALS)
def test_a_beam_finds_what_trying_everything_finds(goal):
    equal, greedy = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        contest = contest_of(curved(sums(rng)), purchases(rng.integers(0, N_ITEMS, 9)), int(rng.integers(N_ITEMS)))
        ways = weights_of(contest)
        for size, one in enumerate(search.best_sets(contest, goal, ways, search.Budget(10**6), 4), start=1):
            best = values(contest, goal, list(combinations(range(9), size))).max()
            equal.append(values(contest, goal, [one])[0] >= best - 1e-6)
        nested = search.best_sets(contest, goal, ways, search.Budget(10**6), 4, width=1)
        greedy.append(all(set(a) < set(b) for a, b in pairwise(nested)))
    assert np.mean(equal) >= 0.95 and all(greedy)


def test_values_are_what_the_goals_say():
    model = sums(np.random.default_rng(6))
    query, item = purchases([1, 2, 3]), 0
    contest = contest_of(model.score, query, item)
    row = (model.popular + model.links[[2, 3]].sum(axis=0)).astype(np.float32).astype(float)
    share = np.log(np.exp(row[0]) / np.exp(row).sum())
    assert values(contest, "less", [[0]])[0] == pytest.approx(-share, abs=1e-5)
    alone = model.popular + model.links[1]
    assert values(contest, "stay", [[0]])[0] == pytest.approx(np.log(np.exp(alone[0]) / np.exp(alone).sum()), abs=1e-5)
    rank = 1 + (row[1:] > row[0]).sum()
    below = max((other - row[0] for other in row[1:] if other < row[0]), default=0.0)
    assert values(contest, "leave", [[0]])[0] == pytest.approx(search.RANK * rank + below, abs=1e-5)
    exact = contest_of(model.score, query, item, parts=parts_of(model.contributions, query, ITEMS, np.arange(N_ITEMS)))
    assert values(exact, "less", [[0]])[0] == pytest.approx(-row[0], abs=1e-5)


def test_no_set_is_scored_twice_and_a_search_ends_with_its_budget():
    rows = 0
    model = curved(sums(np.random.default_rng(6)))

    def score(queries, items=None):
        nonlocal rows
        rows += len(queries)
        return model(queries, items)

    contest = contest_of(score, purchases(range(8)), 0)
    ways = weights_of(contest)
    rows, budget = 0, search.Budget(8 + 7)
    assert [len(one) for one in search.best_sets(contest, "less", ways, budget, 5, width=1)] == [1, 2]
    assert rows == 15 and budget.left == 0
    trial = search.measured(contest, "stay", search.Budget(100))
    rows, chosen = 0, np.eye(8, dtype=bool)
    assert np.array_equal(trial(chosen)[1], trial(chosen)[1]) and rows == 8


def by_weight_of(weights):
    return [int(u) for u in np.argsort(-weights, kind="stable")]


@pytest.mark.parametrize("width", [1, search.BEAM])
def test_an_order_holds_all_causes_and_begins_with_those_that_do_most(width):
    rng = np.random.default_rng(2)
    contest = contest_of(curved(sums(rng)), purchases(rng.integers(0, N_ITEMS, 30)), 0)
    ways = weights_of(contest)
    made = search.order(contest, "less", ways, search.Budget(10**6), 3, width)
    assert sorted(made) == list(range(30))
    by_weight = by_weight_of(ways[0])
    first = values(contest, "less", [[*made[:3], u] for u in made[3:]])
    assert (first[:12] >= np.sort(first)[::-1][:12]).all(), "then those that do most beside the first"
    second = values(contest, "less", [[*made[:15], u] for u in made[15:]])
    assert (np.diff(second) <= 0).all(), "then those that do most beside the first half"
    ours, theirs = values(contest, "less", [made[:3], by_weight[:3]])
    assert ours >= theirs


def test_what_a_beam_finds_is_never_worse_than_what_it_begins_with():
    for seed in range(8):
        rng = np.random.default_rng(seed)
        contest = contest_of(curved(sums(rng)), purchases(rng.integers(0, N_ITEMS, 9)), 3)
        other = rng.normal(size=9)
        found = search.best_sets(contest, "stay", [other], search.Budget(10**6), 3, width=2)
        for size, one in enumerate(found, start=1):
            ours, theirs = values(contest, "stay", [one, np.argsort(-other)[:size].tolist()])
            assert ours >= theirs


def test_a_grown_set_is_the_best_of_its_size_on_sums_and_ends_where_it_is_enough():
    weight = np.array([3.0, -1.0, 2.0, 5.0])

    def trial(chosen):
        return chosen @ weight >= 7, chosen @ weight

    (one, enough), (two, reached) = steps.grow(trial, 4, 4)
    assert one.tolist() == [False, False, False, True] and not enough
    assert two.tolist() == [True, False, False, True] and reached
    assert len(steps.grow(trial, 4, 4, stop=False)) == 4
    worst = np.array([False, True, True, False])
    assert steps.exchange(trial, worst).tolist() == [True, False, False, True] and worst.tolist()[1]
    assert steps.prune(trial, np.array([True, False, True, True])).tolist() == [True, False, False, True]


def test_reasons_of_a_black_box_stand_in_the_order_that_takes_most():
    better = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        score = curved(sums(rng))
        query = purchases(rng.integers(0, N_ITEMS, 14))
        common = {"items": ITEMS, "allowed": np.ones(N_ITEMS, bool), "n": 3}
        for way in ("greedy", "beam"):
            found = explain(score, query, "i0", **common, settings=ExplainSettings(search=way))
            first = [contest.slots[0] for contest in found.reasons[:5]]
            largest = sorted(found.reasons, key=lambda reason: -reason.weight)[:5]
            contest = contest_of(score, query, 0)
            ours, theirs = values(contest, "less", [first, [reason.slots[0] for reason in largest]])
            better.append(ours - theirs)
    assert min(better) >= -1e-9 and max(better) > 0.01


def test_shapley_weights_on_request_add_up_and_say_how_sure_they_are():
    score, query = curved(sums(np.random.default_rng(4))), purchases([1, 4, 2, 4, 7, 3])
    common = {"items": ITEMS, "allowed": np.ones(N_ITEMS, bool), "n": 3}
    found = explain(score, query, "i0", **common, settings=ExplainSettings(method="shapley"))
    assert found.method == "shapley" and found.gap == pytest.approx(0, abs=1e-6)
    truth = exact_shares(score, query, "i0")
    for reason in found.reasons:
        assert abs(reason.weight - truth[reason.slots[0]]) <= 5 * reason.error + 1e-6
    plain = explain(score, query, "i0", **common)
    assert abs(plain.gap) > 1e-3 and all(reason.error is None for reason in plain.reasons)
