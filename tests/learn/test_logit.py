"""Weights of features by conditional logit: what is recovered, and what rivals stand for."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from whyrec.learn import logit

SEED = 7


def choices(weight, n_cases=6000, n_rivals=8):
    """Choices made by a conditional logit with these weights; the choice is put first."""
    rng = np.random.default_rng(SEED)
    features = rng.normal(size=(n_cases, len(weight), n_rivals))
    chance = np.exp(np.einsum("f,nfr->nr", weight, features))
    chance /= chance.sum(axis=1, keepdims=True)
    chosen = (chance.cumsum(axis=1) > rng.random((n_cases, 1))).argmax(axis=1)
    rows = np.arange(n_cases)
    first, there = features[:, :, 0].copy(), features[rows, :, chosen]
    features[rows, :, chosen], features[:, :, 0] = first, there
    return features.astype(np.float32), np.zeros((n_cases, n_rivals), np.float32)


def test_the_loss_is_the_mean_negative_log_softmax_and_its_slope_the_true_one():
    features = np.array([[[1.0, 0.0], [0.0, 2.0]], [[0.0, 0.0], [1.0, 0.0]]])  # the choice first
    weight, offset = np.array([1.0, 0.5]), np.zeros((2, 2))
    value, slope = logit.loss(weight, features, offset)
    first, second = np.log(2.0), -0.5 + np.log(1 + np.exp(0.5))  # both rivals have 1; .5 against 0
    assert abs(value - (first + second) / 2) < 1e-12
    for n in range(2):
        step = 1e-6 * (np.arange(2) == n)
        up, down = (logit.loss(weight + sign * step, features, offset)[0] for sign in (1, -1))
        assert abs(slope[n] - (up - down) / 2e-6) < 1e-6


def test_weights_that_made_the_choices_are_found_again():
    weight = np.array([1.0, -0.5, 0.0])
    features, offset = choices(weight)
    found = logit.fit(features, offset, np.zeros(3), np.ones(3), 0.0)
    np.testing.assert_allclose(found, weight, atol=0.06)


def test_without_cases_and_under_a_great_penalty_the_defaults_stay():
    default = np.array([0.3, 2.0])
    none = np.zeros((0, 2, 5), np.float32)
    assert logit.fit(none, np.zeros((0, 5), np.float32), default, np.ones(2), 0.0) is default
    features, offset = choices(np.array([1.0, -0.5]), n_cases=200)
    np.testing.assert_allclose(logit.fit(features, offset, default, np.ones(2), 1e6), default, atol=1e-5)


def test_a_weight_does_not_fall_below_its_bound():
    features, offset = choices(np.array([1.0, -0.5]), n_cases=1000)
    found = logit.fit(features, offset, np.zeros(2), np.ones(2), 0.0, least=np.array([-np.inf, 0.0]))
    assert found[1] == 0.0
    assert found[0] > 0.5


def test_a_rival_that_is_not_there_says_nothing():
    features, offset = choices(np.array([1.0, -0.5]), n_cases=500)
    offset[:, -3:] = -np.inf
    spoiled = features.copy()
    spoiled[:, :, -3:] = 1e3
    clean = logit.fit(features[:, :, :-3], offset[:, :-3], np.zeros(2), np.ones(2), 1e-4)
    np.testing.assert_allclose(logit.fit(spoiled, offset, np.zeros(2), np.ones(2), 1e-4), clean, atol=1e-4)


@given(n_items=st.integers(2, 40), n=st.integers(1, 50), n_cases=st.integers(1, 4), seed=st.integers(0, 10**6))
def test_rivals_are_the_hardest_and_a_sample_that_stands_for_the_rest(n_items, n, n_cases, seed):
    rng = np.random.default_rng(seed)
    scores, wanted = rng.normal(size=(n_cases, n_items)), rng.integers(0, n_items, n_cases)
    codes, offset = logit.rivals(scores, wanted, n, rng)
    assert codes.shape == offset.shape
    n_hard = min(n, n_items - 1)
    for case in range(n_cases):
        assert codes[case, 0] == wanted[case]
        assert len(set(codes[case].tolist())) == codes.shape[1]
        others = [item for item in np.argsort(-scores[case]) if item != wanted[case]]
        assert set(codes[case, 1 : 1 + n_hard].tolist()) == set(others[:n_hard])
    # Each case is held against as many items as there are, drawn or stood for.
    np.testing.assert_allclose(np.exp(offset).sum(axis=1), n_items, rtol=1e-5)


def test_the_likelihood_of_a_sample_is_near_that_of_the_whole_catalogue():
    rng = np.random.default_rng(SEED)
    scores, wanted = rng.normal(size=(400, 1000)), rng.integers(0, 1000, 400)
    codes, offset = logit.rivals(scores, wanted, 100, rng)
    sampled = np.log(np.exp(np.take_along_axis(scores, codes, 1) + offset).sum(axis=1))
    whole = np.log(np.exp(scores).sum(axis=1))
    assert abs(float(np.mean(sampled - whole))) < 0.01
    assert float(np.std(sampled - whole)) < 0.1
