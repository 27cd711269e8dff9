"""Dense vectors of items: components of pictures, and vectors beside sparse rows."""

import numpy as np
import pytest

from whyrec.core.types import Catalog, Vocabulary, objects
from whyrec.features import content, dense

ITEMS = Vocabulary.of([f"i{code}" for code in range(6)])


def pictures():
    """Six pictures that differ only in how bright their left half is; the last one is missing."""
    pixels = np.full((6, 1, 4, 4), 100, np.uint8)
    for code in range(6):
        pixels[code, :, :, :2] = 40 * code
    return pixels, np.array([True] * 5 + [False])


def test_pictures_lie_along_what_they_differ_in_and_a_missing_one_is_zero():
    pixels, there = pictures()
    found = dense.principal(pixels, there, np.arange(6))
    assert found.shape == (6, 16)
    assert np.abs(found[:, 1:]).max() < 1e-3
    side = found[0, 0]
    assert abs(side) == pytest.approx(1.0, abs=1e-4)
    assert found[4, 0] == pytest.approx(-side, abs=1e-4)
    assert not found[5].any()


def test_components_are_those_of_the_items_that_are_known():
    pixels, there = pictures()
    pixels[4] = np.random.default_rng(0).integers(0, 255, (1, 4, 4))
    known = dense.principal(pixels, there, np.arange(4))
    assert np.abs(known[:4, 1:]).max() < 1e-3


def test_large_pictures_are_averaged_down_first():
    rng = np.random.default_rng(0)
    found = dense.principal(rng.integers(0, 255, (50, 3, 32, 32), np.uint8), np.ones(50, bool), np.arange(50))
    assert found.shape == (50, dense.WIDTH)


def test_given_vectors_are_read_and_missing_rows_are_zero():
    vectors = objects([[1.0, 0.0], [0.0, 1.0], None, [1.0, 1.0]])  # an older table: two items have come since
    catalog = Catalog(ITEMS, titles={"": objects(["red cup", "red pot", "blue cup", "blue pot", None, "red pan"])},
                      media={"given": vectors})  # fmt: skip
    found, pixels = dense.read(catalog, np.arange(4), "ngrams")
    assert set(found) == {"text", "given"}
    assert not pixels
    assert found["given"].shape == (6, 2)
    assert not found["given"][[2, 4, 5]].any()
    assert not found["text"][4].any()


def test_dense_vectors_are_columns_beside_the_sparse_ones():
    made = content.encode(Catalog(ITEMS, categories={"colour": objects([*[("red",)] * 2, *[("blue",)] * 4])}))
    vectors = np.arange(12, dtype=np.float32).reshape(6, 2)
    joined = made.joined({"given": vectors})
    assert joined.columns == (*made.columns, ("given", "0"), ("given", "1"))
    np.testing.assert_array_equal(joined.matrix.toarray(), np.hstack((made.matrix.toarray(), vectors)))
    again = content.Content.from_arrays(joined.arrays())
    assert again.columns == joined.columns
    np.testing.assert_array_equal(again.matrix.toarray(), joined.matrix.toarray())
