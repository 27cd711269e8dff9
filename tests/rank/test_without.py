"""Ablation: a feature is gone from what is learned and asked, and what is tested stays the same."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from small_shop import catalog, log

from whyrec.core.config import Settings
from whyrec.core.errors import UsageError
from whyrec.core.types import KIND_CODE
from whyrec.data.split import loo
from whyrec.data.tables import Tables
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
