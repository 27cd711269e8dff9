"""The leaderboard says what its lists say: measures worked out again from the file that it writes."""

import math
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

import whyrec
from whyrec.core.config import Settings
from whyrec.core.errors import ShopError, UsageError
from whyrec.data.split import by_time, loo
from whyrec.rank import evaluate
from whyrec.rank.fit import Fitter

EXAMPLE = Path(__file__).parents[2] / "examples" / "electronics"
SETTINGS = Settings()
MODELS = ("popular", "markov")
TASKS = [("loo", "last"), ("time", "last"), ("time", "all")]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop") / "s"
    return whyrec.init(folder, EXAMPLE / "events.csv", EXAMPLE / "items.csv").tables


@pytest.fixture(scope="module")
def boards(tables):
    """Boards by (protocol, targets, seen)."""
    return {
        (*task, board.seen): board
        for task in TASKS
        for board in evaluate.evaluate(tables, SETTINGS, MODELS, *task, seen=("keep", "hide"))
    }


def cases(tables, protocol, targets):
    split = loo(tables.events, SETTINGS) if protocol == "loo" else by_time(tables.events, SETTINGS, targets)
    return {query.user: (query, wanted) for query, wanted in zip(split.test.queries, split.test.targets, strict=True)}


def written(board, path, imported):
    """Lists of a board as {model: {user: items in the order of their ranks}}, read from the file that it writes."""
    evaluate.write_lists(board, path, imported)
    lists = {name: {user: [] for user in board.users} for name in board.results}
    rows = duckdb.execute('SELECT model, user_id, "rank", item_id, score FROM read_parquet(?)', [str(path)]).fetchall()
    for model, user, rank, item, score in sorted(rows, key=lambda row: row[2]):
        before = lists[model][user]
        assert rank == len(before) + 1
        assert not before or score <= before[-1][1]
        before.append((item, score))
    return {m: {user: [item for item, _ in made] for user, made in users.items()} for m, users in lists.items()}


def measured(lists, wanted, n_items):
    """Measures of {user: items} for {user: wanted items}, by their definitions."""
    ndcg, hr, recall, mrr = [], [], [], []
    for user, targets in wanted.items():
        ranks = [place + 1 for place, item in enumerate(lists[user]) if item in targets]
        near = [rank for rank in ranks if rank <= 10]
        ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(10, len(targets)) + 1))
        ndcg.append(sum(1 / math.log2(rank + 1) for rank in near) / ideal)
        hr.append(bool(near))
        recall.append(len(near) / len(targets))
        mrr.append(1 / ranks[0] if ranks else 0.0)
    shown = {item for items in lists.values() for item in items[:10]}
    return {
        "ndcg@10": np.mean(ndcg),
        "error": np.std(ndcg) / math.sqrt(len(ndcg)),
        "hr@10": np.mean(hr),
        "recall@10": np.mean(recall),
        "mrr": np.mean(mrr),
        "coverage@10": len(shown) / n_items,
        "users": len(wanted),
    }


@pytest.mark.parametrize("seen", ["keep", "hide"])
@pytest.mark.parametrize("task", TASKS)
def test_measures_are_what_the_written_lists_say(tables, boards, tmp_path, task, seen):
    board = boards[(*task, seen)]
    wanted = {}
    for user, (query, targets) in cases(tables, *task).items():
        new = [item for item in targets if seen == "keep" or item not in query.seen]
        if new:
            wanted[user] = new
    assert board.users == tuple(wanted)
    lists = written(board, tmp_path / "lists.parquet", tables.imported)
    for name in MODELS:
        found = board.results[name].metrics
        expected = measured(lists[name], wanted, len(tables.catalog))
        error = expected.pop("error")
        ends = [found["ndcg@10_low"], found["ndcg@10_high"]]
        normal = [expected["ndcg@10"] - 1.96 * error, expected["ndcg@10"] + 1.96 * error]
        assert ends == pytest.approx(normal, abs=0.25 * error), "bootstrap and normal theory agree on many users"
        assert {key: found[key] for key in expected} == pytest.approx(expected)
    everybody = len(np.unique(tables.events.user))
    assert board.users_left_out == everybody - len(wanted)


@pytest.mark.parametrize("task", TASKS)
def test_hidden_items_are_in_no_list_and_kept_ones_are(tables, boards, tmp_path, task):
    known = cases(tables, *task)
    again = {}
    for seen in ("keep", "hide"):
        lists = written(boards[(*task, seen)], tmp_path / f"{seen}.parquet", tables.imported)
        again[seen] = {
            name: sum(len(known[user][0].seen.intersection(items)) for user, items in lists[name].items())
            for name in MODELS
        }
    assert all(again["hide"][name] == 0 < again["keep"][name] for name in MODELS)


@pytest.mark.parametrize("seen", ["keep", "hide"])
def test_lists_are_the_best_scores_of_all_items_on_the_shelf(tables, boards, seen):
    fitted = Fitter(loo(tables.events, SETTINGS).train, tables, SETTINGS).fit("markov")
    known, board, ids = cases(tables, "loo", "last"), boards["loo", "last", seen], list(tables.catalog.items.ids)
    for user, codes in zip(board.users[:40], board.results["markov"].lists.items, strict=False):
        query = known[user][0]
        (scores,) = fitted.score([query], ids)
        free = [n for n, item in enumerate(ids) if seen == "keep" or item not in query.seen]
        best = sorted(free, key=lambda n: (-scores[n], n))[:20]
        assert codes.tolist() == best + [-1] * (20 - len(best))


def test_small_chunks_and_one_rule_alone_give_the_same_lists(tables, boards, monkeypatch):
    monkeypatch.setattr(evaluate, "CHUNK_BYTES", 4 * len(tables.catalog) * 7)
    for seen in ("hide", "keep"):
        (board,) = evaluate.evaluate(tables, SETTINGS, ["markov"], seen=(seen,))
        together = boards["loo", "last", seen].results["markov"].lists
        assert np.array_equal(board.results["markov"].lists.items, together.items)
        assert np.array_equal(board.results["markov"].lists.scores, together.scores, equal_nan=True)


def test_boards_come_in_the_order_of_the_rules(tables):
    made = evaluate.evaluate(tables, SETTINGS, ["popular"], seen=("hide", "keep"))
    assert [board.seen for board in made] == ["hide", "keep"]


def test_items_off_the_shelf_are_not_recommended_and_do_not_count_for_coverage(tables):
    shelf = np.arange(len(tables.catalog)) % 3 > 0
    catalog = replace(tables.catalog, available=shelf)
    (board,) = evaluate.evaluate(replace(tables, catalog=catalog), SETTINGS, ["popular"], seen=("keep",))
    result = board.results["popular"]
    shown = result.lists.items[result.lists.items >= 0]
    assert len(shown) and shelf[shown].all()
    assert result.metrics["coverage@10"] == len(np.unique(result.lists.items[:, :10])) / shelf.sum()


def test_cold_users_and_items_are_counted(tables, boards):
    board, split = boards["time", "last", "keep"], by_time(tables.events, SETTINGS)
    trained = set(split.train.users.ids[split.train.user]), set(split.train.items.ids[split.train.item])
    assert board.cold_users == sum(user not in trained[0] for user in board.users) > 0
    assert board.cold_items == sum(item not in trained[1] for (item,) in split.test.targets)


def test_a_board_as_a_dict_holds_its_task_and_its_measures(boards):
    told = boards["time", "all", "hide"].as_dict()
    assert (told["protocol"], told["targets"], told["seen"]) == ("time", "all", "hide")
    assert list(told["models"]) == list(MODELS)
    assert told["models"]["markov"]["users"] == len(boards["time", "all", "hide"].users)
    assert {"fit_cpu_s", "peak_mb", "fit_wall_s", "rank_wall_s"} < set(told["models"]["markov"])


# -- a log of its own ----------------------------------------------------------------------------------------


def small(tmp_path, *rows):
    """Tables of a log of user,item rows that are purchases, a day apart."""
    lines = [f"{row},purchase,2026-01-{day:02}T00:00:00Z" for day, row in enumerate(rows, 1)]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["user_id,item_id,event_type,timestamp", *lines]) + "\n", encoding="utf-8")
    return whyrec.init(tmp_path / "s", path).tables


@pytest.mark.parametrize(
    ("rows", "types"),
    [
        (["7,100", "8,100", "7,200", "8,300", "7,300"], ["BIGINT", "BIGINT"]),
        (["7,a", "8,a", "7,b", "8,c", "7,c"], ["BIGINT", "VARCHAR"]),
        (["u7,100", "u8,100", "u7,200", "u8,300", "u7,300"], ["VARCHAR", "BIGINT"]),
    ],
)
def test_ids_are_written_with_the_types_of_the_source(tmp_path, rows, types):
    tables = small(tmp_path, *rows)
    (board,) = evaluate.evaluate(tables, SETTINGS, ["popular"], seen=("keep",))
    path = tmp_path / "the shop's lists.parquet"
    evaluate.write_lists(board, path, tables.imported)
    columns = duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    assert [column[0] for column in columns] == ["model", "user_id", "rank", "item_id", "score"]
    assert [columns[1][1], columns[3][1]] == types
    found = duckdb.execute("SELECT DISTINCT user_id, item_id FROM read_parquet(?)", [str(path)]).fetchall()
    users, items = {row.split(",")[0] for row in rows}, {row.split(",")[1] for row in rows}
    assert ({str(user) for user, _ in found}, {str(item) for _, item in found}) == (users, items)


def test_where_nobody_can_be_tested_measures_are_empty_and_the_lists_too(tmp_path):
    tables = small(tmp_path, "a,x", "b,y")
    (board,) = evaluate.evaluate(tables, SETTINGS, ["popular"])
    assert (board.users, board.users_left_out) == ((), 2)
    metrics = board.results["popular"].metrics
    assert metrics["users"] == 0
    assert {metrics[key] for key in ("ndcg@10", "hr@10", "recall@10", "mrr", "coverage@10")} == {None}
    assert written(board, tmp_path / "lists.parquet", tables.imported) == {"popular": {}}


def test_lists_that_cannot_be_written_are_a_shop_error(tables, boards, tmp_path):
    with pytest.raises(ShopError, match="Choose another file"):
        evaluate.write_lists(boards["loo", "last", "hide"], tmp_path / "none" / "lists.parquet", tables.imported)


# -- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"protocol": "kfold"}, "loo or time, got 'kfold'"),
        ({"protocol": "time", "targets": "first"}, "last, all, got 'first'"),
        ({"seen": ("hide", "mask")}, "keep or hide, got 'mask'"),
        ({"names": ["markof"]}, "markov"),
    ],
)
def test_what_is_unknown_is_a_usage_error(tables, wrong, said):
    with pytest.raises(UsageError, match=said):
        evaluate.evaluate(tables, SETTINGS, **{"names": ["popular"], **wrong})


def test_time_is_refused_for_a_log_without_times(tables):
    untimed = replace(tables, events=replace(tables.events, timed=False))
    with pytest.raises(UsageError, match="--protocol loo"):
        evaluate.evaluate(untimed, SETTINGS, ["popular"], "time")
