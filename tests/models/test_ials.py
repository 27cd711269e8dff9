"""iALS: what is served equals what the library solves, and the equations."""

import sys

import numpy as np
import pytest
from test_equations import fit, log, query

from whyrec.core.errors import MissingExtraError
from whyrec.core.types import History, Query
from whyrec.learn import sets
from whyrec.models import ials

pytest.importorskip("implicit")
LOG = log("abc", "abd", "bcd", "cda", "ab", "cd")
OPTIONS = {"width": 3, "penalty": 0.5, "confidence": 4.0, "fade": 0.0, "epochs": 30}


def by_hand(fitted, confidence, wanted):
    """The normal equations of one user: c [I] (1 where nothing is known), p [I]."""
    vectors = fitted.vectors
    matrix = vectors.T @ np.diag(confidence) @ vectors + fitted.config.penalty * np.eye(vectors.shape[1])
    return np.linalg.solve(matrix, vectors.T @ (np.asarray(confidence) * wanted))


@pytest.mark.parametrize("word", ["a", "ab", "abcd"])  # shorter and longer than the width: two ways to the same
def test_a_shopper_is_the_solution_of_the_normal_equations(word):
    fitted = fit("ials", LOG, **OPTIONS)
    had = np.array([letter in word for letter in "abcd"])
    expected = by_hand(fitted, np.where(had, 5.0, 1.0), had)
    np.testing.assert_allclose(fitted.embed([query(word)])[0], expected, rtol=1e-9)
    shown = fitted.score([query(word)])[0]
    np.testing.assert_allclose(shown, fitted.vectors @ expected + fitted.prior, rtol=1e-6)


def test_a_dislike_is_wanted_less_with_confidence():
    fitted = fit("ials", LOG, **OPTIONS)
    rows = [("a", "purchase", 0.0), ("b", "dislike", 0.0)]
    got = fitted.embed([Query(at=0.0, history=History.of(rows))])[0]
    np.testing.assert_allclose(got, by_hand(fitted, [5.0, 1 + 0.7 * 4, 1.0, 1.0], [1.0, 0.0, 0.0, 0.0]), rtol=1e-9)


def test_serving_agrees_with_the_library():
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy import sparse

    fitted = fit("ials", LOG, **OPTIONS)
    library = AlternatingLeastSquares(3, 0.5, num_threads=1)
    library.item_factors = fitted.vectors.astype(np.float32)
    library.user_factors = np.zeros((1, 3), np.float32)
    row = sparse.csr_matrix(np.array([[5.0, 0.0, 5.0, 0.0]], np.float32))
    np.testing.assert_allclose(fitted.embed([query("ac")]), library.recalculate_user([0], row), rtol=1e-3, atol=1e-4)


def test_fitting_reaches_a_fixed_point_of_both_sides():
    """Item vectors solve their own normal equations, given the users' vectors: 30 passes are enough here."""
    fitted = fit("ials", LOG, **{**OPTIONS, "epochs": 300})
    words = ["abc", "abd", "bcd", "cda", "ab", "cd"]
    users = fitted.embed([query(word) for word in words])
    for code, letter in enumerate("abcd"):
        had = np.array([letter in word for word in words])
        confidence = np.where(had, 5.0, 1.0)
        matrix = users.T @ np.diag(confidence) @ users + 0.5 * np.eye(3)
        expected = np.linalg.solve(matrix, users.T @ (confidence * had))
        np.testing.assert_allclose(fitted.vectors[code], expected, rtol=0.02, atol=2e-3)


def test_old_items_fade():
    near, far = fit("ials", LOG, **OPTIONS), fit("ials", LOG, **{**OPTIONS, "fade": 1.0})
    had = np.array([1.0, 1.0, 0.0, 0.0])
    confidence = np.array([1 + 4.0 / 3, 5.0, 1.0, 1.0])  # a is three slots old, the newest one is a tombstone
    np.testing.assert_allclose(far.embed([query("ab")])[0], by_hand(far, [3.0, 5.0, 1.0, 1.0], had), rtol=1e-9)
    got = Query(at=0.0, history=History.of([("b", "purchase", 0.0), None, ("a", "purchase", 0.0)]).mask([]))
    assert not np.allclose(near.embed([got]), far.embed([got]))
    confidence[:2] = [5.0, 1 + 4.0 / 3]
    np.testing.assert_allclose(far.embed([got])[0], by_hand(far, confidence, had), rtol=1e-9)


def test_parts_of_a_history_depend_on_each_other():
    """Why it says no contributions: what b adds is another number where a was taken away."""
    fitted = fit("ials", LOG, **OPTIONS)
    assert not hasattr(fitted, "contributions")
    score = {word: fitted.score([query(word)])[0].astype(float) for word in ("ab", "a-", "-b", "--")}
    assert np.abs((score["ab"] - score["a-"]) - (score["-b"] - score["--"])).max() > 0.01


def test_the_same_seed_gives_the_same_vectors():
    np.testing.assert_array_equal(fit("ials", LOG, **OPTIONS).vectors, fit("ials", LOG, **OPTIONS).vectors)


def test_a_missing_package_is_told_with_its_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "implicit.cpu.als", None)
    with pytest.raises(MissingExtraError, match=r"Fitting ials needs the package 'implicit'.*\[train\]"):
        fit("ials", LOG)


def test_a_log_without_interests_gives_the_popular_order():
    fitted = fit("ials", log(""))
    assert fitted.vectors.shape == (4, ials.Config().width)
    assert fitted.score([query("ab")]).tolist() == [[0.0] * 4]


def test_interests_fade_by_the_newest_event_of_an_item():
    from whyrec.data.batch import arrange

    batch = arrange([query("aba-c"), query("b")], LOG.items, {"purchase": 2.0, "view": 1.0})
    found = sets.interests(batch, 4, top=2.0, fade=1.0).toarray()
    assert found.tolist() == [[1 / 3, 1 / 4, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    cancelled = Query(at=0.0, history=History.of([("a", "purchase", 0.0), ("a", "dislike", 0.0)]))
    batch = arrange([cancelled], LOG.items, {"purchase": 0.7, "dislike": -0.7})
    assert sets.interests(batch, 4, top=0.7).nnz == 0
