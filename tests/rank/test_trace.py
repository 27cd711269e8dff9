"""The trace: what kept an item off is what, taken away, brings it nearer; nothing is said that was not done."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_shop import ITEMS, Additive, catalog
from test_order import DAY, IDS, listed, names, rule_sets

from whyrec.core.rules import Boost, Cap, Pin, RuleSettings, Sponsored
from whyrec.core.types import Query, Touch, objects
from whyrec.rank.recommend import recommend
from whyrec.rank.rules import Taken
from whyrec.rank.trace import trace


def traced(made, item=None, shelf=None):
    return trace(made.query, made.items, Additive(), shelf or catalog(), True, item)


def off(item, rules=None, shelf=None, **asked):
    return traced(listed(rules, shelf=shelf, **asked), item, shelf).item


def test_what_each_filter_took_adds_up():
    made = listed(exclude=frozenset({"tea"}), filters=('shelf = "food"', 'item != "tea"'))
    told = traced(made)
    assert told.filtered == (Taken("excluded", 1), Taken('filter: shelf = "food"', 4))
    assert told.n_items - sum(taken.items for taken in told.filtered) == told.n_left == len(made.items) == 3
    assert told.items == made.items and told.item is None and told.rules == ()


def test_an_item_on_the_list_has_its_place():
    assert off("cup").place == 2 and off("cup").verdict == "on the list, at 2"


def test_a_filter_that_took_it_is_named_first_with_all_others():
    found = off("tea", exclude=frozenset({"tea"}), filters=('shelf = "food"',))
    assert found.fell_by == ("excluded", 'filter: shelf = "food"') and found.place is None
    assert (found.rank, found.score) == (1, pytest.approx(0.08))
    assert found.verdict == 'taken out by excluded; also: filter: shelf = "food". Without that it would rank 1'


def test_what_scores_too_little_is_told_how_much_it_lacks():
    found = off("honey")
    assert (found.rank, found.rule, found.fell_by) == (6, None, ()) and found.lacks == pytest.approx(0.02)
    assert "ranks 6, below the 4 places; it lacks 0.02" in found.verdict
    lifted = RuleSettings(boosts=[Boost('item = "honey"', found.lacks + 1e-6)])
    assert names(listed(lifted))[-1] == "honey", "with what it lacked it is on the list"


def test_the_rule_that_pushed_it_off_is_named():
    assert off("pot", RuleSettings(caps=[Cap("shelf", 1)])).rule == Touch("cap", "shelf: at most 1", 3, None)
    assert off("pot", RuleSettings(diversity=0.6)).rule.rule == "diversity"
    fixed = RuleSettings(pins=[Pin("film", 1)], sponsored=[Sponsored([2], ["news"])])
    found = off("jam", fixed)
    assert (found.rule.rule, found.rule.before) == ("pinned and sponsored places", 4)
    boosted = off("jam", RuleSettings(boosts=[Boost('kind != "product"', 1.0)]))
    assert boosted.rule == Touch("boost", "of other items", 4, 6)


def test_items_that_the_snapshot_does_not_know():
    shelf = catalog(items=replace(ITEMS, ids=objects([*ITEMS.ids, "cake"])), titles={}, categories={}, kinds=None)
    assert "newer than the snapshot" in off("cake", shelf=shelf).verdict
    assert off("cake", shelf=shelf, n=9).place == 9
    assert off("pie", shelf=shelf).fell_by == ("not in the catalogue",)
    gone = replace(shelf, stock=np.array([np.nan] * 8 + [0.0]))
    assert off("cake", shelf=gone).fell_by == ("out of stock",)


def test_the_rules_are_told_in_their_order():
    rules = RuleSettings(
        pins=[Pin("tea", 2, "Tea day")], boosts=[Boost('shelf = "food"', -0.5)], caps=[Cap("shelf", 2, 5)],
        sponsored=[Sponsored([1], ["jam"], label="Jam Inc.")], diversity=0.3, freshness=0.1,
    )  # fmt: skip
    assert traced(listed(rules)).rules == (
        'boost shelf = "food": -0.5 points',
        "freshness: +0.1 points, half in 30 days",
        "diversity 0.3 by every attribute, from 100 candidates",
        "cap shelf: at most 2 of 5",
        "pin tea at 2: Tea day",
        "sponsored at 1: jam",
    )


@given(
    rule_sets,
    st.integers(1, 8),
    st.sampled_from(ITEMS.ids.tolist()),
    st.frozensets(st.sampled_from(ITEMS.ids.tolist())),
)
@settings(max_examples=200, deadline=None)
def test_every_item_is_on_the_list_or_has_one_cause(rules, n, item, exclude):
    shelf = catalog(since=np.arange(8) * 14 * DAY)
    query = Query(at=100 * DAY, n=n, rules=rules, exclude=exclude)
    made = recommend(query, Additive(), shelf, repeats=True, ids=IDS, id="r1")
    found = trace(query, made.items, Additive(), shelf, True, item).item
    assert (found.place is not None) == (item in names(made))
    assert (found.fell_by != ()) == (item in exclude)
    if found.place is None and not found.fell_by:
        assert (found.rule is not None) or found.rank_with_points > n
        if not rules.active or not (rules.caps or rules.diversity or rules.pins or rules.sponsored):
            assert found.lacks is not None or found.rule is not None
