"""Coverage by hand."""

import numpy as np

from whyrec.measure.beyond import coverage

LISTS = np.array([[3, 1, 0, -1], [3, 2, -1, -1]])


def test_coverage_counts_different_items_and_not_the_empty_places():
    assert coverage(LISTS, 8) == 4 / 8


def test_coverage_looks_at_the_first_k_places_only():
    assert coverage(LISTS, 8, k=1) == 1 / 8
    assert coverage(LISTS, 8, k=2) == 3 / 8


def test_coverage_of_lists_without_an_item_or_of_no_items_is_zero():
    assert coverage(np.full((2, 20), -1), 5) == 0.0
    assert coverage(np.zeros((0, 20), np.int64), 0) == 0.0
