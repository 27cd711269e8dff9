"""Ablation: a feature is gone from what is learned and asked, and what is tested stays the same."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from small_shop import catalog, log

from whyrec.app import panels, view_models
from whyrec.app.reader import Reader
from whyrec.core.config import Settings
from whyrec.core.errors import UsageError
from whyrec.core.types import KIND_CODE
from whyrec.data.split import loo
from whyrec.data.tables import Tables
from whyrec.measure import ranking
from whyrec.rank import evaluate, without

SETTINGS = Settings()


@pytest.fixture
def tables():
    rows = [
        (f"u{n}", item, kind, 1e9 + 100 * n + step**3)
        for n in range(6)
        for step, (item, kind) in enumerate(
            [("tea", "view"), ("cup", "purchase"), ("jam", "dislike"), ("pot", "purchase"), ("bread", "purchase")]
        )
    ]
    items = catalog(
        numbers={"price": np.arange(8.0), "price_imputed": np.zeros(8)}, media={"image": np.full(8, None, object)}
    )
    events = log(*rows)
    return Tables(replace(events, value=np.arange(30, dtype=np.float32)), items, None, SimpleNamespace(), "x")


def test_what_can_be_taken_away_is_named_and_a_wrong_name_gets_its_neighbour(tables):
    assert without.features(tables) == ("shelf", "price", "image", "titles", "kinds", "values", "times")
    expected = r"Unknown feature 'shlef' \(did you mean 'shelf'\?\)\. Features: shelf, price, .*times\."
    with pytest.raises(UsageError, match=expected):
        without.take_away("shlef", tables, loo(tables.events, SETTINGS), SETTINGS)
    plain = replace(tables, events=replace(tables.events, timed=False, value=np.full(30, np.nan, np.float32)))
    assert "times" not in without.features(plain) and "values" not in without.features(plain)


@pytest.mark.parametrize("feature", ["shelf", "price", "image", "titles"])
def test_a_column_of_the_catalogue_is_gone_and_the_others_stay(tables, feature):
    split = loo(tables.events, SETTINGS)
    shop, same = without.take_away(feature, tables, split, SETTINGS)
    assert same is split
    assert not any(name.startswith(feature) for name in without.features(shop))
    assert set(without.features(tables)) - set(without.features(shop)) == {feature}
    assert "price_imputed" not in shop.catalog.numbers or feature != "price"


@pytest.mark.parametrize("feature", ["kinds", "values", "times"])
def test_a_column_of_the_events_is_gone_from_all_parts_and_the_targets_stay(tables, feature):
    split = loo(tables.events, SETTINGS)
    _, part = without.take_away(feature, tables, split, SETTINGS)
    assert (part.test.targets, part.validation.targets) == (split.test.targets, split.validation.targets)
    assert part.early is part.train and len(part.train) == len(split.train)
    assert [q.seen for q in part.test.queries] == [q.seen for q in split.test.queries]
    histories = [query.history for query in (*part.test.queries, *part.validation.queries)]
    for found in (part.train, *histories):
        if feature == "kinds":
            assert set(found.kind.tolist()) == {KIND_CODE["purchase"]}
        elif feature == "values":
            assert np.isnan(found.value).all()
        else:
            assert set(found.at.tolist()) <= set(range(30)) and (np.diff(found.at) >= 0).all()
    if feature == "times":
        assert not part.train.timed and all(q.at == q.history.at[-1] for q in part.test.queries)


def test_a_board_has_a_row_with_and_without(tables):
    (board,) = evaluate.evaluate(tables, SETTINGS, ["popular", "markov"], without=["kinds", "shelf"])
    wanted = [f"{name}{label}" for name in ("popular", "markov") for label in ("", " without kinds", " without shelf")]
    assert list(board.results) == wanted
    (whole,) = evaluate.evaluate(tables, SETTINGS, ["popular", "markov"])
    for name, result in whole.results.items():
        np.testing.assert_array_equal(board.results[name].lists.scores, result.lists.scores)
        np.testing.assert_array_equal(board.results[f"{name} without shelf"].lists.scores, result.lists.scores)
    kept, gone = (board.results[name].lists.scores for name in ("markov", "markov without kinds"))
    assert (kept != gone).any(), "a view counts as much as a purchase"


def test_what_is_lost_without_a_feature_is_paired_by_user_and_told_apart_for_new_items(tables):
    (board,) = evaluate.evaluate(tables, SETTINGS, ["markov"], without=["kinds", "shelf"])
    base, gone, same = (board.results[f"markov{label}"].metrics for label in ("", " without kinds", " without shelf"))
    assert "loses" not in base
    assert gone["loses"] == pytest.approx(1 - gone["ndcg@10"] / base["ndcg@10"])
    assert gone["loses_low"] <= gone["loses"] <= gone["loses_high"]
    assert same["loses"] == same["loses_low"] == same["loses_high"] == 0.0, "markov does not read shelves"
    ranks, bounds = 1 + np.arange(60) % 12, np.arange(61)
    new = np.arange(60) % 2 == 0
    less = np.where(new, ranking.MISSED, ranks)
    found = evaluate.losses(ranks, less, bounds, new)
    assert found["loses_new"] == 1.0 and 0 < found["loses_low"] < found["loses"] < 1
    assert "loses_new" not in evaluate.losses(ranks, less, bounds, np.arange(60) < evaluate.FEW - 1)


def test_the_senses_of_the_live_model_come_first_with_what_is_sure():
    lost = {"loses": 0.1, "loses_low": 0.05, "loses_high": 0.15}
    rows = {
        "markov": {}, "markov without titles": lost,
        "glass": {}, "glass without titles": lost | {"loses_new": 0.5, "loses_low_new": -0.1, "loses_high_new": 0.9},
        "glass without price": {"loses": 0.2, "loses_low": 0.1, "loses_high": 0.3},
    }  # fmt: skip
    boards = {("time", "hide"): {"models": rows}}
    live = SimpleNamespace(meta=SimpleNamespace(model="glass"))
    shop = SimpleNamespace(board=lambda *key: boards.get(key), live=live)
    found = view_models.senses(shop)
    assert [(s.model, s.feature) for s in found] == [("glass", "price"), ("glass", "titles"), ("markov", "titles")]
    assert [(spot.key, spot.value, spot.sure) for spot in found[1].spots] == [("all", 0.1, True), ("new", 0.5, False)]
    html = str(panels.senses(found[:2], Reader("en")).html())
    assert html.count("<em") == 3 and html.count('class="hollow"') == 1
    assert re.findall(r'<td class="num">([^–]*?)</td>', html) == re.findall(r'<span class="value">(.*?)</span>', html)
    assert view_models.senses(SimpleNamespace(board=lambda *key: None, live=live)) == []
