"""Count kernels against values worked out by hand on logs of a few slots."""

import numpy as np
import pytest
from scipy import sparse

from whyrec.data.batch import Batch
from whyrec.learn import counts

DAY_S = 86400.0


def log_of(*users):
    """A log of users, each a list of (item code, weight); event k of a user happened on day k."""
    sizes = [len(rows) for rows in users]
    item, weight = zip(*[row for rows in users for row in rows], strict=True)
    return Batch(
        bounds=np.cumsum([0, *sizes]),
        item=np.array(item, np.int32),
        weight=np.array(weight, float),
        age=np.concatenate([np.arange(size, 0, -1) for size in sizes]),
        at=DAY_S * np.concatenate([np.arange(size) for size in sizes]),
        slot=np.arange(sum(sizes)),
        value=np.full(sum(sizes), np.nan, np.float32),
        asked=np.zeros(len(users)),
        kind=np.zeros(len(item), np.int8),
    )


EMPTY = Batch(*(np.zeros(size, kind) for size, kind in ((1, int), (0, np.int32), (0, float), (0, int), (0, float))),
              slot=np.zeros(0, int), value=np.zeros(0, np.float32), asked=np.zeros(0),
              kind=np.zeros(0, np.int8))  # fmt: skip


def same(matrix, rows):
    np.testing.assert_allclose(matrix.toarray(), rows, rtol=0, atol=1e-12)


def test_popularity_is_the_share_of_the_strengths_without_dislikes_and_unknown_items():
    log = log_of([(0, 1.0), (1, 0.5), (-1, 0.0)], [(0, 1.0), (2, -0.7)])
    assert counts.popularity(log, 4) == pytest.approx([0.8, 0.2, 0.0, 0.0])


def test_an_event_of_one_half_life_counts_half():
    log = log_of([(0, 1.0), (1, 1.0), (2, 1.0)])
    assert counts.popularity(log, 3, half_life_s=DAY_S) == pytest.approx([1 / 7, 2 / 7, 4 / 7])


def test_an_empty_log_has_no_popular_items_and_no_pairs():
    assert counts.popularity(EMPTY, 3, half_life_s=DAY_S).tolist() == [0.0, 0.0, 0.0]
    assert counts.relative(counts.popularity(EMPTY, 3)).tolist() == [0.0, 0.0, 0.0]
    assert [matrix.nnz for matrix in counts.transitions(EMPTY, 3, [(1, 2)])] == [0]
    assert counts.interactions(EMPTY, 3).shape == (0, 3)


def test_relative_gives_the_most_popular_item_one():
    assert counts.relative(np.array([0.2, 0.8, 0.0])).tolist() == [0.25, 1.0, 0.0]


def test_transitions_count_the_strength_of_the_second_over_the_gap():
    log = log_of([(0, 1.0), (1, 0.3), (2, 1.0)], [(1, 1.0), (2, 0.5)])
    (near,) = counts.transitions(log, 3, [(1, 1)])
    same(near, [[0, 0.3, 0], [0, 0, 1.5], [0, 0, 0]])
    (both,) = counts.transitions(log, 3, [(1, 2)])
    same(both, [[0, 0.3, 0.5], [0, 0, 1.5], [0, 0, 0]])


def test_transitions_of_two_buckets_are_two_matrices():
    first, second = counts.transitions(log_of([(0, 1.0), (1, 1.0), (2, 1.0)]), 3, [(1, 1), (2, 3)])
    same(first, [[0, 1, 0], [0, 0, 1], [0, 0, 0]])
    same(second, [[0, 0, 0.5], [0, 0, 0], [0, 0, 0]])


def test_transitions_skip_dislikes_but_they_widen_the_gap_and_no_pair_spans_two_users():
    log = log_of([(0, 1.0), (1, -0.7), (-1, 0.0), (2, 1.0)], [(1, 1.0)])
    (pairs,) = counts.transitions(log, 3, [(1, 3)])
    same(pairs, [[0, 0, 1 / 3], [0, 0, 0], [0, 0, 0]])


def test_newest_keeps_the_slots_and_empties_the_old_ones():
    log = log_of([(0, 1.0), (1, 0.3), (2, 1.0)], [(1, 1.0)])
    cut = counts.newest(log, 2)
    assert cut.weight.tolist() == [0.0, 0.3, 1.0, 1.0]
    assert (cut.item.tolist(), cut.age.tolist()) == (log.item.tolist(), log.age.tolist())
    assert log.weight.tolist() == [1.0, 0.3, 1.0, 1.0]


def test_interactions_add_the_events_of_an_item_and_are_cut_at_one():
    log = log_of([(0, 0.3), (0, 0.3), (1, 1.0), (1, 1.0)], [(2, -0.7), (-1, 0.0), (1, 0.3)])
    same(counts.interactions(log, 3), [[0.6, 1.0, 0], [0, 0.3, 0]])


def test_interactions_of_views_alone_are_ones():
    same(counts.interactions(log_of([(0, 0.3), (1, 0.3)], [(1, 0.3)]), 2), [[1, 1], [0, 1]])


MATRIX = sparse.csr_array(np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0]]))
TOGETHER = np.array([[2.0, 1.5, 0.0], [1.5, 2.25, 1.0], [0.0, 1.0, 1.0]])


@pytest.mark.parametrize(("largest", "firsts"), [(1, [0, 1, 2]), (4, [0, 1, 2]), (10, [0, 2]), (100, [0])])
def test_cooccurrences_are_the_product_in_blocks_of_at_most_so_many_products(largest, firsts):
    # Products that the rows need: the users of an item, each with as many items: 4, 6 and 2.
    blocks = list(counts.cooccurrences(MATRIX, largest))
    assert [first for first, _ in blocks] == firsts
    same(sparse.vstack([block for _, block in blocks]), TOGETHER)


def test_cooccurrences_of_items_that_nobody_had_are_empty_rows():
    blocks = list(counts.cooccurrences(sparse.csr_array(np.array([[0.0, 1.0, 0.0]])), 1))
    same(sparse.vstack([block for _, block in blocks]), [[0, 0, 0], [0, 1, 0], [0, 0, 0]])


def test_keep_largest_keeps_k_of_each_row():
    matrix = sparse.csr_array(np.array([[3.0, 1.0, 2.0], [0.0, 5.0, 0.0], [1.0, 2.0, 3.0]]))
    same(counts.keep_largest(matrix, 2), [[3, 0, 2], [0, 5, 0], [0, 2, 3]])
    same(counts.keep_largest(matrix, 3), matrix.toarray())


def test_keep_largest_keeps_one_more_where_the_one_to_keep_always_is_small():
    matrix = sparse.csr_array(np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 5.0], [1.0, 2.0, 3.0]]))
    kept = counts.keep_largest(matrix, 1, always=np.arange(3))
    same(kept, [[1, 0, 3], [0, 0, 5], [0, 0, 3]])
    assert kept.nnz == 4


def test_normalise_divides_by_powers_of_the_sums():
    matrix = sparse.csr_array(np.array([[1.0, 3.0], [0.0, 1.0]]))
    same(counts.normalise(matrix, rows=0.0), matrix.toarray())
    same(counts.normalise(matrix, rows=1.0), [[0.25, 0.75], [0, 1]])
    same(counts.normalise(matrix, rows=0.5), [[0.5, 1.5], [0, 1]])
    same(counts.normalise(matrix, rows=0.5, columns=0.5), [[0.5, 0.75], [0, 0.5]])
    same(counts.normalise(matrix, rows=1.0, smoothing=1.0), [[0.2, 0.6], [0, 0.5]])
