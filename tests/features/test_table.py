"""Encoders learn from the rows they are given and from no other, and never fail on a value."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from whyrec.core.types import objects
from whyrec.features.table import fit_categories, fit_numbers

numbers = st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(np.nan), st.just(np.inf)), min_size=1, max_size=30)


def test_mean_and_deviation_come_from_the_given_rows_only():
    column = np.array([1.0, 3.0, 1000.0, np.nan])
    encoder = fit_numbers(column, np.array([0, 1]))
    assert (encoder.mean, encoder.std) == (2.0, 1.0)
    np.testing.assert_allclose(encoder.encode(column), [[-1, 0], [1, 0], [998, 0], [0, 1]])


def test_imputed_numbers_are_encoded_but_masked_and_not_learnt_from():
    column, imputed = np.array([1.0, 3.0, 50.0]), np.array([0.0, 0.0, 1.0])
    encoder = fit_numbers(column, np.array([True, True, True]), imputed)
    assert (encoder.mean, encoder.std) == (2.0, 1.0)
    assert encoder.encode(column, imputed).tolist() == [[-1, 0], [1, 0], [48, 1]]


def test_a_column_without_values_or_with_one_value_does_not_divide_by_zero():
    assert fit_numbers(np.array([np.nan]), np.array([0])).encode(np.array([5.0])).tolist() == [[5, 0]]
    assert fit_numbers(np.array([7.0, 7.0]), np.array([0, 1])).encode(np.array([7.0, 8.0])).tolist() == [[0, 0], [1, 0]]


@settings(max_examples=50)
@given(numbers, st.data())
def test_numbers_encode_to_finite_values_with_a_mask(values, data):
    column = np.array(values)
    rows = np.array(data.draw(st.lists(st.integers(0, len(values) - 1), max_size=10)), np.int64)
    encoded = fit_numbers(column, rows).encode(column)
    assert encoded.dtype == np.float32 and encoded.shape == (len(values), 2)
    assert np.isfinite(encoded).all()
    assert (encoded[:, 1] == ~np.isfinite(column)).all()
    assert (encoded[~np.isfinite(column), 0] == 0).all()


def test_categories_seen_in_fitting_become_columns_and_others_the_mask():
    column = objects([("a", "b"), ("a",), ("unknown",), ("c",), None, ()])
    encoder = fit_categories(column, np.array([0, 1, 2]))
    assert encoder.values == ("a", "b")
    assert encoder.encode(column).tolist() == [[1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 0, 1], [0, 0, 1]]


def test_only_the_most_frequent_categories_are_kept():
    column = objects([("a",), ("b",), ("b",), ("c",)])
    assert fit_categories(column, np.arange(4), largest=2).values == ("b", "a")
