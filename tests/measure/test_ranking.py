"""Measures of lists against values worked out by hand, and the twenty best against a plain sort."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from whyrec.measure import ranking
from whyrec.measure.ranking import MISSED

SECOND, THIRD = 1 / math.log2(3), 1 / math.log2(4)  # gains of ranks 2 and 3; that of rank 1 is 1


def ints(*values):
    return np.array(values, np.int64)


def plain(scores, k):
    """The k best by an ordinary sort: score downwards, then code upwards; what has no score is no candidate."""
    result = np.full((len(scores), k), -1, np.int64)
    for row, line in enumerate(scores):
        candidates = [code for code in range(len(line)) if not np.isnan(line[code]) and line[code] != -np.inf]
        codes = sorted(candidates, key=lambda code: (-line[code], code))[:k]
        result[row, : len(codes)] = codes
    return result


@given(
    scores=hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=200),
        elements=st.sampled_from([0.0, -0.0, 1.0, 1.5, -2.0, np.inf, -np.inf, np.nan]),
    ),
    k=st.integers(1, 25),
)
def test_best_is_a_plain_sort_with_ties_and_without_what_has_no_score(scores, k):
    assert np.array_equal(ranking.best(scores, k), plain(scores, k))


@given(
    seed=st.integers(0, 2**32 - 1),
    width=st.integers(64 * 20 - 1, 64 * 40),
    levels=st.sampled_from([1, 2, 5, 10**6]),
    gone=st.sampled_from([0.0, 0.5, 0.995]),
    nothing=st.sampled_from([-np.inf, np.nan]),
)
def test_best_is_a_plain_sort_where_blocks_decide_what_is_sorted(seed, width, levels, gone, nothing):
    rng = np.random.default_rng(seed)
    scores = rng.integers(-levels, levels, (3, width)).astype(np.float32)
    scores[rng.random(scores.shape) < gone] = nothing
    assert np.array_equal(ranking.best(scores), plain(scores, ranking.LONGEST))


@pytest.mark.parametrize("place", [0, 640, 64 * 30])
def test_best_finds_twenty_neighbours_inside_one_block_of_a_wide_row(place):
    scores = np.zeros((1, 64 * 30 + 20), np.float32)
    scores[0, place : place + 20] = np.arange(20) + 1.0
    assert ranking.best(scores).tolist() == [list(range(place + 19, place - 1, -1))]


def test_best_finds_one_item_in_each_of_twenty_blocks():
    scores = np.zeros((1, 64 * 30), np.float32)
    places = np.arange(30) * 64 + 7
    scores[0, places] = np.arange(30) + 1.0
    assert ranking.best(scores).tolist() == [places[:9:-1].tolist()]


def test_best_leaves_the_scores_as_they_were():
    scores = np.array([[np.nan, 2.0, -np.inf, 3.0]], np.float32)
    before = scores.copy()
    assert ranking.best(scores, 3).tolist() == [[3, 1, -1]]
    assert np.array_equal(scores, before, equal_nan=True)


def test_best_keeps_the_lowest_finite_score_and_drops_minus_infinity():
    low = np.finfo(np.float32).min
    assert ranking.best(np.array([[low, -np.inf, low]], np.float32), 3).tolist() == [[0, 2, -1]]


def test_best_of_no_queries_or_no_items_is_empty():
    assert ranking.best(np.zeros((0, 5), np.float32)).shape == (0, ranking.LONGEST)
    assert (ranking.best(np.zeros((2, 0), np.float32)) == -1).all()


def test_ranks_count_from_one_in_the_list_of_the_own_query():
    lists = np.array([[4, 2, 9], [7, 4, -1]])
    found = ranking.ranks(lists, ints(4, 9, 5, 4, 2), ints(0, 3, 5))
    assert found.tolist() == [1, 3, MISSED, 2, MISSED]


def test_ndcg_of_one_wanted_item_is_the_discount_of_its_rank():
    found = ranking.ndcg(ints(1, 2, 3, 10, 11, MISSED), np.arange(7))
    assert found == pytest.approx([1.0, SECOND, THIRD, 1 / math.log2(11), 0.0, 0.0])


def test_ndcg_of_several_wanted_items_is_divided_by_the_ideal_list():
    found = ranking.ndcg(ints(2, 3, 1, MISSED, 2, 1), ints(0, 2, 4, 6))
    ideal = 1 + SECOND
    assert found == pytest.approx([(SECOND + THIRD) / ideal, 1 / ideal, 1.0])


def test_ndcg_of_more_wanted_items_than_places_can_still_be_one():
    found = np.concatenate([np.arange(1, 11), [11, 12, MISSED]])
    assert ranking.ndcg(found, ints(0, 13)) == pytest.approx([1.0])
    assert ranking.ndcg(ints(1, MISSED, MISSED), ints(0, 3), k=2) == pytest.approx([1 / (1 + SECOND)])


def test_hit_rate_is_one_for_any_hit_and_recall_is_the_share_of_the_wanted():
    found, bounds = ints(10, 11, 3, 4, MISSED, 20), ints(0, 2, 5, 6)
    assert ranking.hr(found, bounds).tolist() == [1.0, 1.0, 0.0]
    assert ranking.recall(found, bounds) == pytest.approx([1 / 2, 2 / 3, 0.0])
    assert ranking.hr(found, bounds, k=3).tolist() == [0.0, 1.0, 0.0]
    assert ranking.recall(found, bounds, k=3) == pytest.approx([0.0, 1 / 3, 0.0])


def test_mrr_is_one_over_the_first_hit_down_to_rank_twenty():
    found, bounds = ints(1, 5, 4, 2, 20, 21, MISSED), ints(0, 2, 4, 5, 6, 7)
    assert ranking.mrr(found, bounds) == pytest.approx([1.0, 0.5, 0.05, 0.0, 0.0])
    assert ranking.mrr(found, bounds, k=1).tolist() == [1.0, 0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("measure", [ranking.ndcg, ranking.hr, ranking.recall, ranking.mrr])
def test_measures_of_no_queries_have_no_rows(measure):
    assert measure(ints(), ints(0)).shape == (0,)


@given(found=st.lists(st.one_of(st.integers(1, 25), st.just(MISSED)), min_size=1, max_size=20))
def test_where_one_item_is_wanted_recall_is_the_hit_rate_and_bounds_the_rest(found):
    one, bounds = np.array(found), np.arange(len(found) + 1)
    hit = ranking.hr(one, bounds)
    assert np.array_equal(ranking.recall(one, bounds), hit)
    assert (ranking.ndcg(one, bounds) <= hit).all()
    assert (ranking.mrr(one, bounds, k=10) <= ranking.ndcg(one, bounds)).all()
