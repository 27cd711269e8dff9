"""New items: cosines by hand, and a constant that follows how often new items are wanted."""

import numpy as np
import pytest
from scipy import sparse

from whyrec.core.types import History, Query, Vocabulary
from whyrec.data.batch import arrange
from whyrec.learn import newcomers

ITEMS = Vocabulary.of(["i0", "i1", "i2", "i3"])

CONTENT = sparse.csr_array(np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0]]))


def test_rare_columns_say_more_and_rows_have_length_one():
    rows = newcomers.unit_rows(CONTENT)
    assert np.linalg.norm(rows.toarray(), axis=1).tolist() == pytest.approx([1.0, 1.0, 1.0, 0.0])
    # Column 0 and 1 have two of four items, column 2 has one, which is twice as rare in logarithms.
    np.testing.assert_allclose(rows.toarray()[2], np.array([0.0, 1.0, 2.0]) / 5**0.5)


def test_where_pairs_are_too_many_the_commonest_columns_count_for_nothing(monkeypatch):
    monkeypatch.setattr(newcomers, "PAIRS", 5)
    rows = newcomers.unit_rows(CONTENT).toarray()
    assert rows.any(axis=0).tolist() == [True, False, True]  # 1 pair of column 2, 4 of column 0, then no room


def test_directions_are_those_of_the_whole_decomposition_made_flat():
    rows = newcomers.Rows.of(CONTENT)
    left, spread, _ = np.linalg.svd(rows.matrix.toarray(), full_matrices=False)
    flat = left * spread**newcomers.FLAT
    flat[:3] /= np.linalg.norm(flat[:3], axis=1, keepdims=True)
    cosines = rows.directions @ rows.directions.T
    np.testing.assert_allclose(cosines[:3, :3], flat[:3] @ flat[:3].T, atol=1e-6)
    assert not rows.directions[3].any(), "an item without content lies nowhere"
    # Items 1 and 2 share no column, whatever the directions say.
    np.testing.assert_allclose(rows.near(np.array([0, 1]), np.array([2])), [[max(cosines[0, 2], 0)], [0]])


def test_many_columns_have_few_directions():
    rng = np.random.default_rng(0)
    rows = newcomers.Rows.of(sparse.csr_array((rng.random((900, 600)) < 0.01).astype(float)))
    assert rows.directions.shape == (900, newcomers.DIRECTIONS)
    there = np.diff(rows.matrix.indptr) > 0
    np.testing.assert_allclose(np.linalg.norm(rows.directions[there], axis=1), 1.0, rtol=1e-5)


def test_nearness_splits_exactly_over_the_columns_of_an_item():
    rng = np.random.default_rng(1)
    rows = newcomers.Rows.of(sparse.csr_array((rng.random((40, 12)) < 0.3).astype(float)))
    columns, first = np.arange(12), np.arange(40)
    for second in (0, 7, 20):
        shares, near = rows.by_column(first, second, columns), rows.near(first, np.array([second]))[:, 0]
        np.testing.assert_allclose(shares[near > 0].sum(axis=1), 1.0, rtol=1e-9)
        had = rows.matrix[[second]].toarray()[0] > 0
        assert not shares[:, ~had].any() and shares[:, had].any()
        # Taken away from the item's row, a column takes its share of the nearness along.
        one = int(np.flatnonzero(had)[0])
        whole = rows.directions[first] @ (rows.matrix[[second]] @ rows.columns)[0]
        without = rows.matrix[[second]].toarray()[0]
        without[one] = 0.0
        lost = whole - rows.directions[first] @ (without @ rows.columns)
        np.testing.assert_allclose(lost[near > 0], (shares[:, one] * whole)[near > 0], atol=1e-5)


def test_the_table_holds_nearness_to_new_items_only_and_none_to_itself():
    rows = newcomers.Rows.of(CONTENT)
    found = newcomers.similar(rows, np.array([1, 2]))
    table = found["similar"].toarray()
    np.testing.assert_allclose(found["alike"].toarray(), table**3)
    expected = np.zeros((4, 4))
    expected[0, 1:3] = rows.near(np.array([0]), np.array([1, 2]))
    np.testing.assert_allclose(table, expected, rtol=1e-6)
    assert expected.any()


def test_the_sums_of_all_items_are_those_of_the_table():
    rows = newcomers.Rows.of(CONTENT)
    batch = arrange(
        [Query(at=9.0, history=History.of([("i0", "purchase", 1.0), ("i2", "purchase", 2.0)]))],
        ITEMS,
        {"purchase": 2.0},
    )
    tables = newcomers.similar(rows, np.arange(4))
    expected = [
        tables[name].toarray()[code] * 2.0 if at else np.zeros(4)
        for name in ("similar", "alike")
        for code, at in ((2, 1), (0, 1), (0, 0), (0, 0))
    ]
    found = [row[0] for row in newcomers.sums(batch, rows, np.arange(4)[None])]
    np.testing.assert_allclose(found, expected, rtol=1e-6)  # cosines are float32, summed up in another order


def test_weights_of_content_come_from_known_items_that_are_shown_as_new():
    rng = np.random.default_rng(0)
    n = len(newcomers.SIMILAR)
    features = rng.normal(size=(400, n + 2, 20)).astype(np.float32)
    features[:, 0, 0] += 2.0  # the wanted item is alike to the newest event, and liked by the first latent part
    features[:, n, 0] += 2.0
    prior = np.array([0.5, *[0.25] * (n - 1), 0.0, 0.0, 0.0])
    found = newcomers.weigh(features, np.zeros((400, 20)), np.zeros((400, 20)), prior, 1.0, rng)
    np.testing.assert_allclose(found[:n] / found[0], prior[:n] / prior[0], err_msg="proportions are kept")
    assert found[0] > 0.5 and found[n] > 1.0 and abs(found[n + 1]) < 0.3
    features[:, :n] *= -1.0  # now being alike speaks against an item: it counts for nothing then
    assert not newcomers.weigh(features, np.zeros((400, 20)), np.zeros((400, 20)), prior, 1.0, rng)[:n].any()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_new_items_get_the_share_of_places_that_they_are_wanted_in(share):
    rng = np.random.default_rng(1)
    new, known = rng.normal(0, 1, (2000, 10)), rng.normal(5, 1, (2000, 10))
    constant = newcomers.settle(new, known, share)
    places = np.argsort(-np.concatenate((known, new + constant), axis=1), axis=1)[:, :10]
    assert (places >= 10).mean() == pytest.approx(share, abs=1e-3)


def test_without_new_or_known_items_there_is_nothing_to_settle():
    none = np.full((3, 2), -np.inf)
    assert newcomers.settle(none, np.zeros((3, 2)), 0.5) == newcomers.settle(np.zeros((3, 2)), none, 0.5) == 0.0
