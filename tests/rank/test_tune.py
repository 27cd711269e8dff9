"""A search of settings: on validation only, never worse than before, and it goes on where it was."""

import sys
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import whyrec
from whyrec import models
from whyrec.core.config import ModelSettings, Settings, read_settings
from whyrec.core.errors import MissingExtraError, SettingsError, UsageError
from whyrec.data.split import is_target
from whyrec.rank import tune

EXAMPLE = Path(__file__).parents[2] / "examples" / "electronics"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tune") / "s"
    return whyrec.init(folder, EXAMPLE / "events.csv", EXAMPLE / "items.csv")


@pytest.fixture(autouse=True)
def _optuna():
    pytest.importorskip("optuna", reason="the extra tune is not installed")


def search(shop, folder, **given):
    folder.mkdir(exist_ok=True)
    asked = {"minutes": 5.0, "trials": 3, "repeats": False, **given}
    return tune.tune(shop.tables, given.pop("settings", shop.settings), "markov", folder, **asked)


def test_goes_on_where_it_was_and_is_never_worse_than_before(shop, tmp_path, monkeypatch):
    first = search(shop, tmp_path)
    assert first.trials == 3 and first.value >= first.before > 0
    fitted = []
    judge = tune._Judge.__call__
    monkeypatch.setattr(tune._Judge, "__call__", lambda *a: fitted.append(1) or judge(*a))
    again = search(shop, tmp_path, trials=5)
    assert again.trials == 5 and len(fitted) == 2 and again.before == first.before and again.value >= first.value
    assert search(shop, tmp_path, trials=5) == again and len(fitted) == 2


def test_what_is_found_is_what_those_options_give(shop, tmp_path):
    found = search(shop, tmp_path, trials=4)
    assert found.options, "four trials find something better here"
    judge = tune._Judge.of(shop.tables, shop.settings, "markov", repeats=False)
    settings = tune.with_options(shop.settings, "markov", found.options)
    assert judge(settings, lambda *_: None) == pytest.approx(found.value, abs=1e-3)
    assert judge(shop.settings, lambda *_: None) == found.before
    assert found.snippet.startswith("[models.options.markov]\n")


def test_test_events_are_not_looked_at(shop, tmp_path):
    events = shop.tables.events
    wanted = np.flatnonzero(is_target(events, shop.settings))
    own = (wanted[events.user[wanted] == user] for user in np.unique(events.user[wanted]))
    last = [rows[-1] for rows in own if len(rows) > 1]  # with one event nobody is tested
    item = events.item.copy()
    item[last] = (item[last] + 7) % len(events.items)
    other = replace(shop.tables, events=replace(events, item=item))
    judges = [tune._Judge.of(tables, shop.settings, "markov", repeats=True) for tables in (shop.tables, other)]
    values = [judge(shop.settings, lambda *_: None) for judge in judges]
    assert values[0] == values[1]
    chosen = {query.user for query in judges[0].fitter.validation.queries}
    assert chosen and not chosen & {query.user for query in judges[0].cases.queries}


def test_without_time_only_what_is_there_is_measured(shop, tmp_path):
    found = search(shop, tmp_path, minutes=0.0, trials=None)
    assert (found.trials, found.options, found.snippet) == (0, {}, "") and found.value == found.before


def test_options_are_written_and_the_file_as_it_was_is_kept(tmp_path):
    shop = whyrec.init(tmp_path / "s", EXAMPLE / "events.csv", EXAMPLE / "items.csv")
    path = tmp_path / "s" / "whyrec.toml"
    path.write_text(path.read_text() + "\n# mine\n[models.options.markov]\nhistory = 9\n")
    shop, before = whyrec.open(tmp_path / "s"), path.read_text()
    copies = [shop.set_options("markov", {"gaps": gaps}) for gaps in (2, 4)]
    assert [copy.name for copy in copies] == ["whyrec.toml.undo-1", "whyrec.toml.undo-2"]
    assert copies[0].read_text() == before
    assert read_settings(path).models.options == {"markov": {"history": 9, "gaps": 4}}
    with pytest.raises(SettingsError, match="unknown key 'gap'"):
        shop.set_options("markov", {"gap": 1})
    assert not path.with_name("whyrec.toml.undo-3").exists()


@pytest.mark.parametrize("name", models.names())
def test_every_model_says_what_to_search_and_can_be_given_its_ends(name):
    for option, known in tune.space_of(name).items():
        ends = known if isinstance(known, list) else known[:2]
        assert isinstance(known, list) or (known[0] < known[1] and known[2:] in ((), ("log",)))
        default = getattr(models.find(name).Config(), option)
        for value in ends:
            assert type(value) is type(default)
            models.configure(name, Settings(models=ModelSettings(options={name: {option: value}})))


def test_a_model_that_says_nothing_is_refused(monkeypatch):
    monkeypatch.delattr(models.find("markov"), "SEARCH")
    with pytest.raises(UsageError, match=r"Expected the file of the model 'markov' to say .* got nothing\."):
        tune.space_of("markov")
    monkeypatch.setattr(models.find("markov"), "SEARCH", {"gap": (1, 2)}, raising=False)
    with pytest.raises(UsageError, match="got 'gap', which is no option"):
        tune.space_of("markov")
    assert "gap" not in {f.name for f in fields(models.find("markov").Config)}


def test_a_hopeless_trial_is_given_up(monkeypatch):
    import optuna

    reported = []
    trial = SimpleNamespace(report=lambda *said: reported.append(said), should_prune=lambda: len(reported) == 2)
    watch = tune._Watch(optuna, trial, "sasrec", float("inf"), lambda: None)
    text = "sasrec: epoch {} of at most 9, loss 2.9, validation 0.2500 (best 0.2500 in epoch 1), at most 9 s left"
    watch(0.0, "sasrec: needs about 3 MB beside the log")
    watch(0.1, text.format(1))
    watch(0.1, text.format(1).replace("sasrec:", "gru4rec:"))
    watch(0.1, text.format(1))
    assert reported == [(0.25, 1)], "a member's epochs, and an epoch told twice, are not this trial's"
    with pytest.raises(optuna.TrialPruned):
        watch(0.2, text.format(2))
    late = tune._Watch(optuna, trial, "sasrec", -float("inf"), lambda: None)
    with pytest.raises(optuna.TrialPruned):
        late(0.0, "counting")


def test_without_optuna_the_message_is_the_install_line(shop, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtraError, match=r"Searching settings needs the package 'optuna'.*'\.\[tune\]'"):
        search(shop, tmp_path)
