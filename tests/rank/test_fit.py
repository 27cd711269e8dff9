"""A Fitter gives a model file what it asks for: members, cases to choose on, or earlier choices."""

from pathlib import Path
from types import SimpleNamespace

import pytest

import whyrec
from whyrec import models
from whyrec.core.config import Settings
from whyrec.core.errors import SettingsError
from whyrec.data.split import by_time, loo
from whyrec.rank import evaluate
from whyrec.rank.fit import Fitter

EXAMPLE = Path(__file__).parents[2] / "examples" / "electronics"
SETTINGS = Settings()


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop") / "s"
    return whyrec.init(folder, EXAMPLE / "events.csv", EXAMPLE / "items.csv").tables


@pytest.fixture
def asked(monkeypatch):
    """Model files that note what they were given: chooser validates, mixer combines, two need each other."""
    runs = []

    def module(name, **rest):
        def fit(run):
            runs.append((name, run))
            return SimpleNamespace(name=name, events=run.events)

        return SimpleNamespace(Config=dict, fit=fit, **rest)

    found = {
        "plain": module("plain"),
        "chooser": module("chooser", VALIDATES=True),
        "mixer": module("mixer", VALIDATES=True, members=lambda _: ("plain", "chooser")),
        "hen": module("hen", members=lambda _: ("egg",)),
        "egg": module("egg", members=lambda _: ("hen",)),
    }
    monkeypatch.setattr(models, "find", found.__getitem__)
    monkeypatch.setattr(models, "configure", lambda name, settings: {})
    return runs


def test_members_come_first_and_each_is_fitted_once(tables, asked):
    fitter = Fitter(tables.events, tables, SETTINGS)
    mixed = fitter.fit("mixer")
    assert [name for name, _ in asked] == ["plain", "chooser", "mixer"]
    assert asked[2][1].members == {"plain": fitter.fit("plain"), "chooser": fitter.fit("chooser")}
    assert fitter.fit("mixer") is mixed
    assert len(asked) == 3


def test_models_that_need_each_other_are_refused(tables, asked):
    with pytest.raises(SettingsError, match="hen -> egg -> hen"):
        Fitter(tables.events, tables, SETTINGS).fit("hen")
    assert asked == []


def test_only_a_model_that_validates_gets_cases_and_under_loo_one_fit_is_enough(tables, asked):
    split = loo(tables.events, SETTINGS)
    fitter = evaluate._fitter(split, tables, SETTINGS)
    fitter.fit("mixer")
    given = dict(asked)
    assert given["plain"].validation is None
    assert given["chooser"].validation is given["mixer"].validation is split.validation
    assert all(run.chosen is None and run.events is split.train for run in given.values())


def test_under_time_choices_are_made_before_the_last_tenth_and_kept(tables, asked):
    split = by_time(tables.events, SETTINGS)
    evaluate._fitter(split, tables, SETTINGS).fit("chooser")
    (_, early), (_, late) = asked
    assert (early.events is split.early, early.validation is split.validation) == (True, True)
    assert (late.events is split.train, late.validation) == (True, None)
    assert late.chosen.events is split.early
