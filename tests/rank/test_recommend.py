"""The list: order, sources, filters, and that it depends on nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_shop import ITEMS, Additive, catalog

from whyrec.core.types import Catalog, History, Preferences, Query, Vocabulary
from whyrec.rank import candidates, rules
from whyrec.rank.recommend import Ids, recommend
from whyrec.rank.scenarios import Asked

IDS = Ids("snapshot-1", "catalog-1", "settings-1")


def listed(query, repeats=True, model=None, items=None):
    return recommend(query, model or Additive(), items or catalog(), repeats=repeats, ids=IDS, id="r1")


def names(made):
    return [item.item_id for item in made.items]


def asks(*rows, **fields):
    past = History.of(rows)
    seen = frozenset(name for name in past.item if name is not None)
    return Query(at=100.0, history=past, **{"seen": seen, "n": 3, **fields})


def test_an_empty_history_gives_the_popular_list():
    made = listed(asks())
    assert names(made) == ["tea", "cup", "pot"]
    assert {item.sources for item in made.items} == {("popular",)}


def test_history_raises_what_goes_with_it_and_says_so():
    made = listed(asks(("jam", "purchase", 1.0)))
    assert names(made) == ["bread", "honey", "tea"]
    assert [item.sources for item in made.items] == [("history",), ("history",), ("popular",)]
    assert made.items[0].score == pytest.approx(0.84)
    assert made.items[0].trace == (
        "recalled by history: the history raises its score",
        "scored 0.84, 0.04 without",
        "placed 1",
    )
    assert (made.id, made.snapshot, made.catalog, made.settings) == ("r1", "snapshot-1", "catalog-1", "settings-1")


def test_seen_items_leave_only_where_repeats_are_hidden():
    query = asks(("tea", "purchase", 1.0), n=8)
    assert "tea" in names(listed(query, repeats=True))
    assert "tea" not in names(listed(query, repeats=False))
    removed = query.without([0])
    assert "tea" not in names(listed(removed, repeats=False)), "a removed item still counts as seen"


def test_related_asks_about_the_page():
    made = listed(asks(("jam", "purchase", 1.0), scenario="related", context=("tea",)))
    assert names(made) == ["cup", "pot", "jam"]
    assert made.items[0].sources == ("page",)


def test_content_shows_articles_and_videos_where_there_are_some():
    assert names(listed(asks(scenario="content"))) == ["news", "film"]
    assert names(listed(asks(scenario="content"), items=catalog(kinds=None))) == ["tea", "cup", "pot"]


def test_new_items_come_last_and_only_where_there_is_room():
    more = Vocabulary.of([*ITEMS.ids, "old cake", "new cake"])
    wide = catalog(items=more, titles={}, categories={}, kinds=None, since=np.array([np.nan] * 8 + [10.0, 20.0]))
    made = listed(asks(n=9, exclude=frozenset({"tea"})), items=wide)
    assert names(made)[-2:] == ["new cake", "old cake"]
    assert made.items[-1].sources == ("new",)
    assert names(listed(asks(n=3), items=wide)) == ["tea", "cup", "pot"]


FALLS = {
    "tea": "off the shelf",
    "cup": "on the page",
    "pot": "excluded",
    "jam": "hidden",
    "bread": "hidden shelf",
    "news": "seen",
    "film": None,
    "cake": "unknown to the snapshot",
}


def test_each_filter_is_named():
    query = asks(
        ("news", "view", 1.0),
        context=("cup",),
        exclude=frozenset({"pot"}),
        preferences=Preferences(hidden_items=frozenset({"jam"}), hidden_groups=frozenset({("shelf", "food")})),
    )
    shelf = catalog(available=np.array([False] + [True] * 7))
    found = {name: rules.fallen_by(query, name, ITEMS, shelf, repeats=False) for name in FALLS}
    assert found == FALLS
    assert ITEMS.ids[rules.allowed(query, ITEMS, shelf, repeats=False)].tolist() == ["film"]


def test_items_outside_the_catalogue_are_not_shown():
    known = Vocabulary.of(list(ITEMS.ids[1:]))
    few = catalog(items=known, titles={}, categories={}, kinds=None)
    assert names(listed(asks(), items=few)) == ["cup", "pot", "jam"]
    assert rules.fallen_by(asks(), "tea", ITEMS, few, repeats=True) == "not in the catalogue"


scores = st.lists(st.sampled_from([-1.0, 0.0, 0.25, 0.5, 2.0, float("nan")]), min_size=1, max_size=30)


@given(scores, st.integers(1, 12), st.data())
@settings(max_examples=150, deadline=None)
def test_the_sources_together_hold_the_best_of_all_allowed(values, n, data):
    score = np.array(values, np.float32)
    empty = np.array(data.draw(st.lists(st.sampled_from([0.0, 0.5]), min_size=len(values), max_size=len(values))))
    may = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))), bool)
    query = Query(at=0.0, n=n)
    shelf = Catalog(Vocabulary.of([f"i{code}" for code in range(len(values))]))
    asked = Asked(query, shelf, None, np.arange(len(values)), score, empty.astype(np.float32))
    found = [code for source in candidates.recall(asked, may, score, n) for code in source.codes]
    assert len(found) == len(set(found))
    possible = [code for code in range(len(values)) if may[code] and np.isfinite(score[code])]
    right = sorted(possible, key=lambda code: (-score[code], code))[:n]
    assert sorted(found, key=lambda code: (-score[code], code))[:n] == right


@given(st.permutations(range(8)), st.lists(st.sampled_from(sorted(ITEMS.ids)), max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_list_is_the_same_every_time(order, past):
    query = asks(*((name, "view", float(place)) for place, name in enumerate(past)), n=8)
    once, again = listed(query), listed(query)
    assert once.items == again.items
    assert all(a.score >= b.score for a, b in zip(once.items, once.items[1:], strict=False))
    flat = Additive(prior=np.zeros(8))
    assert names(listed(asks(n=8), model=flat)) == ITEMS.ids.tolist(), "equal scores keep the order of the items"
