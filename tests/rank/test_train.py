"""Training for serving: the best on validation goes live, and a run that fails or is killed changes nothing."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import whyrec
from whyrec import models
from whyrec.core.config import ModelSettings, Settings
from whyrec.core.errors import SettingsError, SnapshotError, TrainingError, UsageError
from whyrec.core.types import Vocabulary
from whyrec.data.split import loo
from whyrec.learn import snapshot
from whyrec.rank.fit import Fitter
from whyrec.rank.train import train, update

EXAMPLE = Path(__file__).parents[2] / "examples" / "electronics"
SETTINGS = Settings()
NOW = 1_700_000_000.0


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop") / "s"
    return whyrec.init(folder, EXAMPLE / "events.csv", EXAMPLE / "items.csv")


@pytest.fixture(scope="module")
def tables(shop):
    return shop.tables


def run(tables, names, folder, settings=SETTINGS, repeats=False, **options):
    return train(tables, settings, names, folder, now=NOW, repeats=repeats, **options)


@pytest.mark.parametrize("names", [["popular", "markov"], ["markov", "popular"]])
def test_the_best_on_validation_goes_live_whatever_the_order(tables, tmp_path, names):
    made = run(tables, names, tmp_path)
    assert [one.model for one in made] == names
    scores = {one.model: one.about["metrics"]["ndcg@10"] for one in made}
    best = max(scores, key=scores.get)
    assert scores[best] > min(scores.values())
    assert [one.model for one in made if one.live] == [best]
    meta, fitted = models.load(tmp_path, snapshot.live(tmp_path))
    assert meta.model == best
    assert list(fitted.items.ids) == list(tables.catalog.items.ids)


def test_what_goes_live_was_fitted_on_everything(tables, tmp_path):
    (made,) = run(tables, ["markov"], tmp_path)
    _, kept = models.load(tmp_path, made.id)
    whole = Fitter(tables.events, tables, SETTINGS).fit("markov").arrays()
    part = Fitter(loo(tables.events, SETTINGS).train, tables, SETTINGS).fit("markov").arrays()
    assert all(np.array_equal(kept.arrays()[name], whole[name]) for name in whole)
    assert any(not np.array_equal(part[name], whole[name]) for name in whole)


def test_the_test_event_is_not_looked_at_while_validating(tables, tmp_path):
    (before,) = run(tables, ["markov"], tmp_path / "before")
    split = loo(tables.events, SETTINGS)
    slots = {query.user: query.history.event_id for query in split.test.queries}
    item = tables.events.item.copy()
    for user, known in slots.items():
        rows = tables.events.rows_of(tables.events.users.index[user])
        item[[row for row in rows if tables.events.event_id[row] not in set(known)]] = 0
    changed = replace(tables, events=replace(tables.events, item=item))
    assert loo(changed.events, SETTINGS).test.targets != split.test.targets
    (after,) = run(changed, ["markov"], tmp_path / "after")
    assert after.about["metrics"] == before.about["metrics"]


def test_an_update_counts_all_events_at_once_and_keeps_what_was_chosen(tables, tmp_path):
    n = len(tables.events)
    earlier = replace(tables, events=tables.events.take(np.arange(n - 20)))
    (before,) = run(earlier, ["glass"], tmp_path)
    made = update(tables, SETTINGS, tmp_path, now=NOW + 1)
    assert snapshot.live(tmp_path) == made.id != before.id
    assert (made.about["updated"], made.about["events"], made.about["metrics"]) == (before.id, n, {})
    (_, old), (_, new) = (models.load(tmp_path, one.id) for one in (before, made))
    assert np.array_equal(new.weight, old.weight)
    whole = Fitter(tables.events, tables, SETTINGS).fit("glass").arrays()
    assert np.array_equal(new.arrays()["relation/after 1/data"], whole["relation/after 1/data"])
    assert not np.array_equal(new.popularity, old.popularity)


def test_an_update_needs_a_live_snapshot_of_the_same_options(tables, tmp_path):
    with pytest.raises(SnapshotError, match="whyrec train"):
        update(tables, SETTINGS, tmp_path, now=NOW)
    run(tables, ["glass"], tmp_path)
    changed = Settings(models=ModelSettings(options={"glass": {"shrink": 1.0}}))
    with pytest.raises(UsageError, match="was changed"):
        update(tables, changed, tmp_path, now=NOW)


def test_the_rule_for_seen_items_is_the_shops(tables, tmp_path):
    cases = loo(tables.events, SETTINGS).validation
    new = sum(target not in query.seen for query, (target,) in zip(cases.queries, cases.targets, strict=True))
    (hide,) = run(tables, ["popular"], tmp_path)
    (keep,) = run(tables, ["popular"], tmp_path, repeats=True)
    assert (hide.about["metrics"]["users"], keep.about["metrics"]["users"]) == (new, len(cases))
    assert new < len(cases)


def test_about_holds_the_fingerprints_and_the_counts(tables, tmp_path):
    chosen = Settings(models=ModelSettings(seed=7))
    (made,) = run(tables, ["popular"], tmp_path, chosen)
    expected = {
        "data": tables.fingerprint,
        "catalog": tables.catalog.version,
        "settings": chosen.digest(),
        "code": whyrec.__version__,
        "seed": 7,
        "events": len(tables.events),
        "users": len(tables.events.users),
        "items": len(tables.catalog),
        "left_out": 0,
    }
    assert {key: made.about[key] for key in expected} == expected
    assert all(expected[key] for key in ("data", "catalog", "settings", "code"))
    assert made.created_at == NOW
    assert made == snapshot.read_meta(tmp_path, made.id)


def test_the_learning_curve_that_epochs_were_chosen_by_is_kept(tables, tmp_path):
    pytest.importorskip("torch")
    options = {"sasrec": {"epochs": 3, "width": 8, "negatives": 8}}
    chosen = Settings(models=ModelSettings(options=options))
    counted, learned = (
        snapshot.read_meta(tmp_path, s.id) for s in run(tables, ["popular", "sasrec"], tmp_path, chosen)
    )
    assert counted.about["curve"] == []
    curve = learned.about["curve"]
    assert [entry["epoch"] for entry in curve] == [1, 2, 3]
    assert all(entry["loss"] > 0 and 0 <= entry["value"] <= 1.25 for entry in curve)


def test_where_nobody_can_be_validated_the_last_model_goes_live_without_measures(tables, tmp_path):
    first = np.unique(tables.events.user, return_index=True)[1]
    once = replace(tables, events=tables.events.take(np.sort(first)))
    made = run(once, ["popular", "markov", "itemknn"], tmp_path)
    assert [one.about["metrics"] for one in made] == [{}, {}, {}]
    assert [one.live for one in made] == [False, False, True]


def test_progress_goes_up_to_one_and_names_the_models(tables, tmp_path):
    told = []
    run(tables, ["popular", "markov"], tmp_path, progress=lambda done, text: told.append((done, text)))
    shares = [done for done, _ in told]
    assert shares == sorted(shares) and (shares[0], told[-1]) == (0.0, (1.0, "markov is live"))
    assert all(any(name in text for _, text in told) for name in ("popular", "markov"))


# -- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "settings", "error"),
    [
        (["popular", "markof"], SETTINGS, UsageError),
        ([], SETTINGS, UsageError),
        (["popular", "markov"], Settings(models=ModelSettings(options={"markov": {"no_such": 1}})), SettingsError),
    ],
)
def test_a_wrong_model_is_refused_before_anything_is_fitted(tables, tmp_path, monkeypatch, names, settings, error):
    fitted = []
    monkeypatch.setattr(Fitter, "fit", lambda _, name, *rest: fitted.append(name))
    with pytest.raises(error):
        run(tables, names, tmp_path / "snapshots", settings)
    assert fitted == []
    assert not (tmp_path / "snapshots").exists()


def test_no_events_is_a_training_error_that_says_what_next(tables, tmp_path):
    empty = replace(tables, events=replace(tables.events.take(slice(0, 0)), users=Vocabulary.of([])))
    with pytest.raises(TrainingError, match="whyrec check"):
        run(empty, ["popular"], tmp_path / "snapshots")
    assert not (tmp_path / "snapshots").exists()


def test_the_two_fits_of_a_model_keep_their_checkpoints_apart_until_the_run_has_ended(tables, tmp_path, monkeypatch):
    kept, fit = [], Fitter.fit

    def watch(self, name, *rest):
        (self.checkpoints / name).mkdir(parents=True)
        kept.append(self.checkpoints)
        return fit(self, name, *rest)

    monkeypatch.setattr(Fitter, "fit", watch)
    run(tables, ["popular"], tmp_path)
    assert len(set(kept)) == 2
    assert not (tmp_path / ".checkpoints").exists()


def test_progress_only_grows_and_reaches_the_end(tables, tmp_path):
    told = []
    run(tables, ["popular", "itemknn", "blend"], tmp_path, progress=lambda done, text: told.append((done, text)))
    shares = [done for done, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert any("weights" in text for _, text in told), "what a model tells is told on"


# -- runs that do not end ------------------------------------------------------------------------------------


def test_a_fit_that_fails_leaves_no_folder_of_its_own_and_the_live_snapshot_as_it_was(tables, tmp_path, monkeypatch):
    (before,) = run(tables, ["popular"], tmp_path)
    fit = Fitter.fit

    def fail(self, name, *rest):
        if name == "markov" and self.events is tables.events:
            raise TrainingError("out of numbers")
        return fit(self, name, *rest)

    monkeypatch.setattr(Fitter, "fit", fail)
    with pytest.raises(TrainingError, match="out of numbers"):
        run(tables, ["popular", "markov"], tmp_path)
    assert not list(tmp_path.glob("*markov*"))
    assert snapshot.live(tmp_path) == before.id


def test_a_snapshot_that_cannot_be_written_leaves_nothing(tables, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(SnapshotError, match="No space left"):
        run(tables, ["popular"], tmp_path)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
import whyrec
from pathlib import Path
from whyrec.core.config import Settings
from whyrec.rank.train import train

left = int(sys.argv[3])

def fsync(number):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

os.fsync = fsync
tables = whyrec.open(sys.argv[1]).tables
train(tables, Settings(), ["popular"], Path(sys.argv[2]), now=1.7e9, repeats=False)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be killed by a signal there")
@pytest.mark.parametrize("syncs", [1, 2])  # while the arrays, and while the meta file are written
def test_a_killed_run_leaves_no_snapshot_and_the_next_one_works(shop, tmp_path, syncs):
    command = [sys.executable, "-c", KILLED, str(shop.folder), str(tmp_path), str(syncs)]
    assert subprocess.run(command, timeout=60, check=False).returncode == -signal.SIGKILL
    assert list(tmp_path.glob("[!.]*")) == []
    assert (snapshot.list_all(tmp_path), snapshot.live(tmp_path)) == ([], None)
    (made,) = run(shop.tables, ["popular"], tmp_path)
    assert snapshot.live(tmp_path) == made.id
