"""Sharpening: gains of lists by hand, steps that pay and steps that do not."""

import numpy as np
import pytest

from whyrec.learn import sharpen


def test_the_gain_counts_who_is_before_the_choice_and_whom_a_drawn_rival_stands_for():
    utility = np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 0.0], [1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 2.0]])
    offset = np.log([[1, 1, 1], [1, 3, 1], [1, 1, 1], [1, 1, 1], [1, 1, 10.0]])
    places = np.array([2, 4, 1.5, 1])
    expected = [*(1 / np.log2(1 + places)), 0.0]  # the last is at place 11
    assert sharpen.gain(utility, offset) == pytest.approx(expected)
    missing = np.array([[0.0, 0.0, -np.inf]])  # a catalogue with fewer rivals
    assert sharpen.gain(np.array([[1.0, 0.0, 9.0]]), missing) == pytest.approx([1.0])


def cases(rng, n=400, loud=8.0):
    """Two features: the first finds the choice, the second is noise that is too loud."""
    features = rng.normal(size=(n, 2, 40)).astype(np.float32)
    features[:, 0, 0] += 3.0
    features[:, 1] *= loud
    return features, np.zeros((n, 40), np.float32)


def test_what_drowns_the_rest_is_turned_down_and_what_is_held_stays():
    features, offset = cases(np.random.default_rng(0))
    start = np.ones(2)
    found = sharpen.sharpen([start], np.array([0, 1]), features, offset)
    assert found[0] / found[1] >= 8
    before, after = (sharpen.gain(np.einsum("f,nfr->nr", w, features), offset).mean() for w in (start, found))
    assert after > before + 0.1
    assert sharpen.sharpen([start], np.array([-1, -1]), features, offset).tolist() == [1.0, 1.0]


def test_later_weights_must_be_surely_better_than_the_first():
    features, offset = cases(np.random.default_rng(1), loud=1.0)
    held = np.array([-1, -1])
    right, wrong, nearly = np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([1.0, 1e-6])
    for starts, best in (((wrong, right), right), ((right, wrong), right), ((right, nearly), right)):
        assert sharpen.sharpen(starts, held, features, offset).tolist() == best.tolist()
    with pytest.raises(ValueError, match="got none"):
        sharpen.sharpen([], held, features, offset)
