"""Rows of a benchmark: they say what the leaderboard says, are made once, and stand beside published figures."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import whyrec
from whyrec.core.config import Settings
from whyrec.core.errors import MissingExtraError, TrainingError, UsageError
from whyrec.data.split import loo
from whyrec.rank import bench, bench_table, rows, speed
from whyrec.rank.evaluate import evaluate

EXAMPLE = Path(__file__).parents[2] / "examples" / "electronics"
LOO = bench.Plan(("loo",), "hide")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench") / "s"
    whyrec.init(folder, EXAMPLE / "events.csv", EXAMPLE / "items.csv")
    return folder


@pytest.fixture(scope="module")
def tables(shop):
    return whyrec.open(shop).tables


@pytest.fixture(scope="module")
def made(shop, tables):
    """(folder of rows, rows) of one call."""
    folder = shop / "bench"
    new, kept = bench.accuracy(shop, tables, Settings(), ["popular", "markov"], LOO, folder)
    assert (len(new), kept) == (2, [])
    return folder, new


def test_a_row_says_what_the_leaderboard_says(made, tables):
    folder, new = made
    (board,) = evaluate(tables, Settings(), ["popular", "markov"], "loo", seen=("hide",))
    for row in new:
        result = board.results[row["model"]]
        assert row["metrics"]["ndcg@10"] == result.metrics["ndcg@10"] and row["users"] == len(board.users)
        for name in bench.MEASURES:
            low, high = row["intervals"][name]
            assert low < row["metrics"][name] < high
        ranks = np.load(folder / f"{row['file']}.ranks.npy")
        np.testing.assert_array_equal(ranks, np.minimum(result.ranks, 21))
        assert json.loads((folder / f"{row['file']}.json").read_text()) == row
        assert {"commit", "data", "seed", "config", "protocol", "best_cpu_s", "fit_cpu_s", "peak_mb"} <= set(row)
        assert row["data"] == tables.fingerprint and 0 <= row["best_cpu_s"] <= row["fit_cpu_s"]


def test_a_row_is_made_once_and_again_when_asked(made, shop, tables, monkeypatch):
    folder, new = made
    monkeypatch.setattr(rows, "apart", lambda *_, **__: pytest.fail("made again"))
    assert bench.accuracy(shop, tables, Settings(), ["markov", "popular"], LOO, folder) == ([], [new[1], new[0]])
    asked = []
    monkeypatch.setattr(rows, "apart", lambda call, *a, **_: asked.append(a[2:4]) or ({"users": 0}, np.zeros(0)))
    other = shop / "other"
    bench.accuracy(shop, tables, Settings(), ["markov", "markov:gaps=2", "markov:gaps=3"], LOO, other)
    assert len(asked) == 3, "options that were given tell rows apart"
    bench.accuracy(shop, tables, Settings(), ["markov"], LOO, other)
    assert len(asked) == 3
    bench.accuracy(shop, tables, Settings(), ["markov"], replace(LOO, again=True), other)
    assert len(asked) == 4 and len(rows.read(other, model="markov")) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"settings": Settings(events=replace(Settings().events, request_time=True))},
        {"settings": Settings(models=replace(Settings().models, seed=1))},
        {"settings": Settings(models=replace(Settings().models, options={"ease": {"fade": 0.5}}))},
        {"protocol": "time"},
        {"plan": replace(LOO, seen="keep")},
        {"plan": replace(LOO, attributes=False)},
        {"name": "markov"},
    ],
)
def test_all_that_a_row_depends_on_is_in_its_key(tables, change):
    given = {
        "found": tables,
        "settings": Settings(),
        "name": "blend",
        "protocol": "loo",
        "plan": LOO,
    }
    before, after = bench.key_of(**given), bench.key_of(**{**given, **change})
    assert rows.file_name(before) != rows.file_name(after)
    assert rows.file_name(before) == rows.file_name(json.loads(json.dumps(before)))


def test_ids_only_hides_the_attributes(shop, monkeypatch):
    seen = []
    monkeypatch.setattr(bench, "evaluate", lambda found, *_, **__: seen.append(found.catalog) or [] or pytest.skip())
    for plan in (LOO, replace(LOO, attributes=False)):
        with pytest.raises(pytest.skip.Exception):
            bench.measure(shop, Settings(), "popular", "loo", plan, lambda done, text: None)
    assert seen[0].categories and seen[0].titles and seen[0].numbers
    assert not (seen[1].categories or seen[1].titles or seen[1].numbers) and len(seen[0]) == len(seen[1])


def test_the_difference_is_that_of_the_same_users(made):
    folder, new = made
    (entry,) = bench.differences(folder, new)
    popular, markov = new
    assert (entry["row"], entry["best"]) == (popular["file"], markov["file"])
    assert entry["gain"] == pytest.approx(popular["metrics"]["ndcg@10"] - markov["metrics"]["ndcg@10"])
    low, high = entry["interval"]
    assert low < entry["gain"] < high < 0
    apart = [popular, {**markov, "events": {**markov["events"], "request_time": True}}]
    assert bench.differences(folder, apart) == [], "a row that knows the request's time is another task"


def test_the_table_has_both_protocols_and_published_rows(made):
    _, new = made
    other = {**new[1], "protocol": "time", "metrics": {**new[1]["metrics"], "ndcg@10": 0.1234}}
    other["intervals"] = {"ndcg@10": [0.11, 0.13], "hr@10": [0.5, 1.0]}
    text = bench_table.markdown("Accuracy", [*new, other], bench.published("ml1m"), [])
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(line.count("|") == 11 for line in lines)
    markov = next(line for line in lines if line.startswith("| `markov`"))
    assert ".1234 (.1100–.1300)" in markov and f"{new[1]['metrics']['ndcg@10']:.4f}"[1:] in markov
    assert lines.index(markov) < lines.index(next(line for line in lines if line.startswith("| `popular`")))
    assert "| published: SASRec+, full softmax | ids | hide |  |  | .0948 | .1596 |" in text
    older = {**new[1], "config": {"markov": {"gaps": 9}}, "commit": "older"}
    lines = bench_table.markdown("Accuracy", [older, *new], [], []).splitlines()
    assert sum(line.startswith("| `markov`") for line in lines) == 2, "made with other defaults, it is another row"
    assert "a quarter of the targets" in text and "266 users tested" in text


def test_published_figures_are_whole():
    for name in ("beauty", "toys", "ml1m"):
        for row in bench.published(name):
            assert {"model", "protocol", "ndcg", "hr", "source"} <= set(row) <= {
                "model", "protocol", "ndcg", "hr", "source", "note"
            }  # fmt: skip
            assert row["protocol"] in bench.PROTOCOLS and 0 < row["ndcg"] < row["hr"] < 1
    assert bench.published(None) == []
    with pytest.raises(
        UsageError, match=r"No published figures of 'toy' \(did you mean 'toys'\?\). Known: beauty, toys"
    ):
        bench.published("toy")


def test_wrong_words_are_refused_before_anything_is_made(shop, tables, tmp_path):
    with pytest.raises(UsageError, match="Expected protocols among loo, time, got 'days'"):
        bench.accuracy(shop, tables, Settings(), ["markov"], bench.Plan(("loo", "days")), tmp_path / "rows")
    with pytest.raises(UsageError, match="Unknown model 'nothing'"):
        bench.accuracy(shop, tables, Settings(), ["markov", "nothing"], LOO, tmp_path / "rows")
    assert not (tmp_path / "rows").exists()


def _ask(what, progress):
    progress(0.5, "half")
    if what == "usage":
        raise UsageError("wrong")
    if what == "extra":
        raise MissingExtraError("torch", "train", "Fitting")
    if what == "die":
        os._exit(9)
    return os.environ["OMP_NUM_THREADS"], os.getpid()


def test_a_process_of_its_own_on_one_thread():
    told = []
    threads, pid = rows.apart(_ask, "work", progress=lambda *said: told.append(said))
    assert threads == "1" and pid != os.getpid() and told == [(0.5, "half")]


@pytest.mark.parametrize(
    ("what", "kind", "text"),
    [
        ("usage", UsageError, "^wrong$"),
        ("extra", MissingExtraError, "^Fitting needs the package 'torch'"),
        ("die", TrainingError, "ended with status 9, most often for want of memory"),
    ],
)
def test_what_goes_wrong_there_is_told_here(what, kind, text):
    with pytest.raises(kind, match=text):
        rows.apart(_ask, what, progress=lambda *_: None)


def test_files_that_are_no_rows_are_passed_over(tmp_path):
    (tmp_path / "half.json").write_text("{")
    (tmp_path / "list.json").write_text("[1]")
    row = rows.write(tmp_path, {"kind": "accuracy", "shop": "s", "model": "m", "protocol": "loo"}, {"users": 3})
    assert rows.read(tmp_path, kind="accuracy") == [row] and rows.read(tmp_path, kind="speed") == []
    assert row["file"].startswith("accuracy-s-m-loo-")


def test_speed_of_a_model_without_epochs(shop):
    row = speed.measure(shop, Settings(), "markov", lambda *_: None)
    assert "epoch_cpu_s" not in row and row["queries"] == 276 and 0 < row["list_ms"] < row["reasons_ms"]
    assert {"sasrec", "gru4rec", "caser", "multvae", "cfgan", "glass"} <= set(speed.learners())
    assert "markov" not in speed.learners()


def test_speed_of_a_model_that_learns_in_epochs(shop, tables, monkeypatch):
    pytest.importorskip("torch", reason="the extra train is not installed")
    monkeypatch.setattr(speed.flops, "SIZE", 512)
    train = loo(tables.events, Settings()).train
    settings = Settings(models=replace(Settings().models, options={"sasrec": {"width": 16}}))
    row = speed.measure(shop, settings, "sasrec", lambda *_: None)
    users = [len(train.rows_of(code)) for code in range(len(train.users))]
    n_users = sum(n > 1 for n in users)
    assert row["users"] == n_users > 250
    assert row["users_per_cpu_s"] == pytest.approx(n_users / row["epoch_cpu_s"], rel=0.05)
    assert 0 < row["share_of_peak"] < 1 and row["reasons_ms"] is None
    key = {"kind": "speed", "shop": "s", "model": "sasrec", "options": {"width": 16}, "seed": 0}
    text = speed.markdown("Speed", [{**key, "commit": "abc", **row}])
    assert "| `sasrec:width=16` |" in text and text.splitlines()[2].count("|") == text.splitlines()[4].count("|")
