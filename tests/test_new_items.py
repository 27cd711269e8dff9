"""bench/new_items.py: new items leave no event behind, content finds them, and chance orders what is equal."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import duckdb
import numpy as np
import pytest

from whyrec.app.shop import Shop
from whyrec.core.config import Settings
from whyrec.core.types import KIND_CODE, Catalog, Events, History, Query, Vocabulary, objects
from whyrec.data.split import Cases
from whyrec.features import content

spec = importlib.util.spec_from_file_location("new_items", Path(__file__).parents[1] / "bench" / "new_items.py")
new_items = importlib.util.module_from_spec(spec)
spec.loader.exec_module(new_items)

ITEMS = Vocabulary.of([f"i{code}" for code in range(40)])
CATALOG = Catalog(ITEMS, categories={"brand": objects([(f"b{code // 4}",) for code in range(40)])})


@pytest.fixture(scope="module")
def hidden():
    """Users who stay with one brand of four items."""
    rng = np.random.default_rng(0)
    rows = [(user, 4 * (user % 10) + int(item)) for user in range(60) for item in rng.permutation(4)]
    user, item = np.array(rows, np.int32).T
    events = Events(
        users=Vocabulary.of([f"u{code}" for code in range(60)]), items=ITEMS, user=user, item=item,
        kind=np.full(len(rows), KIND_CODE["purchase"], np.int8), at=np.arange(len(rows), dtype=float),
        value=np.full(len(rows), np.nan, np.float32), event_id=objects([f"e{row}" for row in range(len(rows))]),
    )  # fmt: skip
    tables = SimpleNamespace(events=events, catalog=CATALOG)
    return new_items.hide(tables, Settings(), 0.25, 0, "test")


def test_new_items_leave_no_event_behind(hidden):
    new, train, validation, asked, known = hidden
    names = set(ITEMS.ids[new])
    assert new.sum() == 10 and not new[train.item].any()
    for cases in (validation, asked, known):
        for query, target in zip(cases.queries, cases.targets, strict=True):
            assert not names & set(query.history.item) and query.at == query.history.at[-1]
            assert (target[0] in names) == (cases is asked)
    assert {query.user for query in asked.queries}.isdisjoint(query.user for query in known.queries)
    assert len(asked) > 5 and any(names & query.seen for query in asked.queries), "what was seen stays seen"


def test_content_finds_them_and_chance_does_not(hidden):
    new, _, _, asked, known = hidden
    matrix = content.encode(CATALOG).matrix
    found = {
        name: new_items.judge(model, asked, known, CATALOG, new, 0)
        for name, model in (
            ("random", new_items.Random(ITEMS, 0)),
            ("mean", new_items.Neighbour(ITEMS, matrix, nearest=False)),
            ("nearest", new_items.Neighbour(ITEMS, matrix, nearest=True)),
        )
    }
    text = new_items.ahead(found["mean"]["among_new"], found["random"]["among_new"])
    found = {name: new_items.row_of(own) for name, own in found.items()}
    more = found["mean"]["among_new"]["ndcg@10"] - found["random"]["among_new"]["ndcg@10"]
    assert text.startswith("NDCG@10 +0.") and float(text.split()[1]) == pytest.approx(more, abs=2e-4)
    for name in ("mean", "nearest"):
        low, high = found[name]["among_new"]["ndcg@10 interval"]
        assert low <= found[name]["among_new"]["ndcg@10"] <= high
        # A brand has four items, and some users had two new ones: the target is first or second.
        assert found[name]["among_new"]["ndcg@10"] > 0.6 > found["random"]["among_new"]["ndcg@10"]
        assert found[name]["whole"]["hr@10"] == 1.0 and found[name]["known"]["hr@10"] == 1.0


def test_neighbour_by_hand():
    """Weights ln(3/2) for x and y: rows (x), (x, y), (y), so that cosines are 1, sqrt(1/2), 0."""
    catalog = Catalog(Vocabulary.of(["a", "b", "c"]), categories={"tag": objects([("x",), ("x", "y"), ("y",)])})
    matrix = content.encode(catalog).matrix
    query = Query(at=0.0, history=History.of([("a", "purchase", 0.0), ("c", "purchase", 1.0)]))
    half = np.sqrt(0.5)
    mean = new_items.Neighbour(catalog.items, matrix, nearest=False).score([query])
    nearest = new_items.Neighbour(catalog.items, matrix, nearest=True).score([query])
    assert mean[0] == pytest.approx([0.5, half, 0.5]) and nearest[0] == pytest.approx([1.0, half, 1.0])


def test_equal_scores_are_ordered_by_chance():
    flat = SimpleNamespace(items=ITEMS, score=lambda queries, items=None: np.zeros((len(queries), 40), np.float32))
    cases = Cases(tuple([Query(at=0.0)] * 40), tuple((name,) for name in ITEMS.ids))
    pool = {"new": np.arange(40) < 20, "whole": np.ones(40, bool)}
    ranks, shown = new_items.ranked(flat, cases, CATALOG, pool, seed=0)
    assert sorted(ranks["whole"])[:20] == list(range(1, 21)) and list(ranks["whole"][:20]) != list(range(1, 21))
    assert (ranks["new"][20:] > 20).all(), "an item outside the pool is never found"
    assert 0 < shown[0] < 1
    seen = replace(cases.queries[0], seen=frozenset(ITEMS.ids[:39]))
    ranks, _ = new_items.ranked(flat, Cases((seen,), (("i39",),)), CATALOG, pool, seed=0)
    assert ranks["whole"].item() == 1


def test_windows_join_into_one_log_a_user(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    rows = "('u', [1, 2], 3, 'valid'), ('v', [2], 1, 'valid'), ('u', [2, 3], 4, 'test')"
    duckdb.sql(
        f"COPY (SELECT * FROM (VALUES {rows}) t(user_id, history_item_id, item_id, split)) "
        f"TO '{source}/samples.parquet' (FORMAT parquet)"
    )
    duckdb.sql(
        "COPY (SELECT i AS item_id, 'thing ' || i AS title FROM range(1, 5) t(i)) "
        f"TO '{source}/items.parquet' (FORMAT parquet)"
    )
    new_items.import_samples(source, tmp_path / "shop")
    events = Shop(tmp_path / "shop").tables.events
    logs = {u: list(events.items.ids[events.item[events.rows_of(c)]]) for u, c in events.users.index.items()}
    assert logs == {"u": ["1", "2", "3", "4"], "v": ["2", "1"]} and not events.timed
