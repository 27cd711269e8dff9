"""bench/strong.py: held-out users are held out, and measures have the values worked out by hand."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pytest

spec = importlib.util.spec_from_file_location("strong", Path(__file__).parents[1] / "bench" / "strong.py")
strong = importlib.util.module_from_spec(spec)
spec.loader.exec_module(strong)


@pytest.fixture
def log(tmp_path):
    """Forty users with six liked items, one disliked, and a repeat; one user has too few."""
    rng = np.random.default_rng(0)
    rows = [(u, int(i), 5.0) for u in range(40) for i in rng.choice(20, 6, replace=False)]
    rows += [(u, 99, 3.5) for u in range(40)] + [rows[0], (77, 1, 5.0)]
    path = tmp_path / "events.parquet"
    values = ", ".join(str(row) for row in rows)
    duckdb.sql(f"COPY (SELECT * FROM (VALUES {values}) t(user_id, item_id, rating)) TO '{path}' (FORMAT parquet)")
    return strong.read(path)


def test_only_liked_items_of_users_with_enough_are_read(log):
    user, item = log
    assert (len(user), len(set(user)), 99 in item, 77 in user) == (240, 40, False, False)


def test_held_out_users_share_nothing_with_training_or_each_other(log):
    events, catalog, asked = strong.split(*log, held=8, seed=1)
    trained = set(events.users.ids)
    held = {name: {query.user for query in cases.queries} for name, cases in asked.items()}
    assert len(trained) == 24 and len(held["validation"]) == len(held["test"]) == 8
    assert not trained & (held["validation"] | held["test"]) and not held["validation"] & held["test"]
    for cases in asked.values():
        for query, wanted in zip(cases.queries, cases.targets, strict=True):
            given = list(query.history.item)
            assert query.seen == set(given) and not set(given) & set(wanted)
            own = {str(i) for u, i in zip(*log, strict=True) if str(u) == query.user} & set(catalog.items.ids)
            assert set(given) | set(wanted) == own and len(given) == int(0.8 * len(own))


def test_measures_by_hand():
    ids = [f"i{n}" for n in range(60)]
    catalog = strong.Catalog(strong.Vocabulary.of(ids))
    model = SimpleNamespace(score=lambda queries: np.tile(-np.arange(60, dtype=np.float32), (len(queries), 1)))
    query = strong.Query(at=0.0, seen=frozenset({"i0"}))
    # i0 is hidden, so that i2 has rank 2, i30 rank 30, i59 rank 59.
    asked = strong.Cases((query,), (("i2", "i30", "i59"),))
    found = strong.measure(model, asked, catalog)
    gain = sum(1 / np.log2(rank + 1) for rank in (2, 30, 59))
    assert found["ndcg@100"] == pytest.approx(gain / sum(1 / np.log2(rank + 1) for rank in (1, 2, 3)))
    assert (found["recall@20"].item(), found["recall@50"].item()) == pytest.approx((1 / 3, 2 / 3))
    many = strong.Cases((query,), (tuple(ids[1:41]),))
    assert strong.measure(model, many, catalog)["recall@20"].item() == 1.0, "divided by the smaller of k and wanted"


def test_names_carry_options():
    assert strong.parse("multvae:ease=true,beta=0.1") == ("multvae", {"ease": True, "beta": 0.1})
    assert strong.parse("ease") == ("ease", {})
