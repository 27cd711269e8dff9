"""Rules for the order: what each promises holds for every list, and what it did is told of every item."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_shop import ITEMS, Additive, catalog

from whyrec.core.config import Settings, from_table
from whyrec.core.errors import SettingsError, UnknownFieldError
from whyrec.core.rules import Boost, Cap, Pin, RuleSettings, Sponsored
from whyrec.core.types import UNKNOWN, History, Preferences, Query, Touch, objects
from whyrec.rank import order
from whyrec.rank.recommend import Ids, recommend
from whyrec.store.records import query_from_json, query_to_json

IDS = Ids("snapshot-1", "catalog-1", "settings-1")
DAY = 86400.0


def listed(rules=None, n=4, shelf=None, repeats=True, **asked):
    query = Query(at=100 * DAY, n=n, rules=rules, **asked)
    return recommend(query, Additive(), shelf or catalog(), repeats=repeats, ids=IDS, id="r1")


def names(made):
    return [item.item_id for item in made.items]


def touches(made):
    return {item.item_id: item.touches for item in made.items if item.touches}


def test_without_rules_nothing_is_touched():
    made = listed()
    assert names(made) == ["tea", "cup", "pot", "jam"] and touches(made) == {}
    assert names(listed(RuleSettings())) == names(made)


def test_a_pin_stands_at_its_place_and_says_where_it_was():
    made = listed(RuleSettings(pins=[Pin("news", 2, "Read this"), Pin("pot", 1)]))
    assert names(made) == ["pot", "news", "tea", "cup"]
    assert touches(made) == {"pot": (Touch("pin", "", 3, 1),), "news": (Touch("pin", "Read this", None, 2),)}
    assert [item.sources for item in made.items][:2] == [("pinned",), ("pinned",)]
    assert made.items[1].trace[-2:] == ("moved by pin Read this from outside to 2", "placed 2")
    assert made.items[1].score == pytest.approx(0.02), "the score stays the model's"


def test_no_rule_brings_back_what_a_filter_took():
    rules = RuleSettings(pins=[Pin("tea")], sponsored=[Sponsored([2], ["cup"])], boosts=[Boost('item = "pot"', 9.0)])
    gone = {"exclude": frozenset({"tea", "cup", "pot"})}
    assert names(listed(rules, **gone)) == ["jam", "bread", "honey", "news"]
    shelf = catalog(stock=np.array([0.0, 1, 1, 1, 1, 1, 1, 1]))
    assert names(listed(RuleSettings(pins=[Pin("tea", 3)]), shelf=shelf)) == ["cup", "pot", "jam", "bread"]
    seen = {"history": History.of([("tea", "purchase", 1.0)]), "seen": frozenset({"tea"})}
    assert "tea" not in names(listed(RuleSettings(pins=[Pin("tea")]), repeats=False, **seen))


def test_a_pin_may_be_an_item_that_the_snapshot_does_not_know():
    shelf = catalog(items=replace(ITEMS, ids=objects([*ITEMS.ids, "cake"])), titles={}, categories={}, kinds=None)
    made = listed(RuleSettings(pins=[Pin("cake", 2)]), shelf=shelf)
    assert names(made) == ["tea", "cake", "cup", "pot"] and made.items[1].score == 0.0
    assert names(listed(RuleSettings(pins=[Pin("cake", 2)]), n=9, shelf=shelf)).count("cake") == 1
    assert names(listed(RuleSettings(pins=[Pin("pie", 2)]), shelf=shelf)) == ["tea", "cup", "pot", "jam"]


def test_boosts_add_points_that_are_no_part_of_the_score():
    rules = RuleSettings(boosts=[Boost('shelf = "food"', 0.035, "Food week"), Boost('item = "honey"', 0.02)])
    made = listed(rules)
    assert names(made) == ["jam", "honey", "tea", "bread"]
    jam, honey = made.items[:2]
    assert (jam.score, jam.points) == (pytest.approx(0.05), 0.035)
    assert jam.touches == (Touch("boost", "Food week", 4, 1, 0.035),)
    assert honey.touches == (Touch("boost", "Food week", 6, 2, 0.035), Touch("boost", 'item = "honey"', 6, 2, 0.02))
    assert "moved by boost Food week gave 0.035: from 4 to 1" in jam.trace


def test_what_is_new_gets_points_that_halve():
    since = np.array([0.0, 0, 0, 70, 100, 0, np.nan, 200]) * DAY  # the request comes on day 100
    made = listed(RuleSettings(freshness=0.08, freshness_days=30.0), n=8, shelf=catalog(since=since))
    points = {item.item_id: item.points for item in made.items}
    assert points["jam"] == pytest.approx(0.04) and points["bread"] == pytest.approx(0.08)
    assert points["film"] == pytest.approx(0.08), "an item of tomorrow is as new as can be"
    assert points["news"] == 0.0
    assert made.items[0].item_id == "bread" and made.items[0].touches[0].rule == "freshness"


def test_sponsored_places_carry_their_label_and_no_personal_source():
    rules = RuleSettings(sponsored=[Sponsored([2, 4], ["film", "jam", "tea"], label="Jam Inc.")])
    past = {"history": History.of([("film", "view", 1.0)]), "seen": frozenset({"film"})}
    made = listed(rules, **past)
    assert names(made) == ["news", "tea", "cup", "jam"], "the highest score first"
    assert [item.label for item in made.items] == [None, "Jam Inc.", None, "Jam Inc."]
    assert made.items[1].sources == ("sponsored",) and made.items[0].sources == ("history",)
    assert made.items[3].touches == (Touch("sponsored", "Jam Inc.", 5, 4),)
    chosen = listed(RuleSettings(sponsored=[Sponsored([1], where='shelf = "food"')]))
    assert names(chosen)[0] == "jam" and chosen.items[0].label == ""


def test_a_pinned_place_gives_way_to_the_next_free_one_for_sponsors():
    rules = RuleSettings(pins=[Pin("news", 2)], sponsored=[Sponsored([2], ["film"])])
    assert names(listed(rules)) == ["tea", "news", "film", "cup"]


def test_caps_hold_and_say_whom_they_moved():
    made = listed(RuleSettings(caps=[Cap("shelf", 1, among=3)]), n=5)
    assert names(made) == ["tea", "cup", "jam", "pot", "bread"]
    assert touches(made) == {"pot": (Touch("cap", "shelf: at most 1 of 3", 3, 4),)}
    short = listed(RuleSettings(caps=[Cap("shelf", 1)]), n=8)
    assert names(short) == ["tea", "cup", "jam", "news", "film"], "what is unknown is not capped"


def test_diversity_takes_what_is_unlike():
    made = listed(RuleSettings(diversity=0.6))
    assert names(made) == ["tea", "cup", "jam", "news"]
    assert touches(made) == {"jam": (Touch("diversity", "", 4, 3),), "news": (Touch("diversity", "", 7, 4),)}
    assert names(listed(RuleSettings(diversity=0.9, pool=4))) == ["tea", "cup", "jam", "pot"], "from the pool alone"


def test_likeness_is_the_mean_over_attributes_or_that_of_vectors():
    shelf = catalog(
        categories={"shelf": catalog().categories["shelf"], "tag": objects([("a", "b"), ("a",)] + [(UNKNOWN,)] * 6)},
        media={"vector": objects([np.array([1.0, 0.0]), np.array([3.0, 4.0]), None])},
    )
    like = order.alike(shelf, (), np.array([0, 1, 2], np.int32))
    assert like == pytest.approx(np.array([[1, 0.5 / 2**0.5, 0], [0.5 / 2**0.5, 1, 0.5], [0, 0.5, 0.5]]))
    assert order.alike(shelf, ("vector",), np.array([0, 1, 7], np.int32)) == pytest.approx(
        np.array([[1, 0.6, 0], [0.6, 1, 0], [0, 0, 0]])
    )


def test_exploration_gives_lower_places_to_chance_says_so_and_comes_out_again():
    plain, rules, n_drawn, drawn = names(listed(n=6)), RuleSettings(explore=0.25), [], set()
    for seed in range(300):
        made = listed(rules, n=6, seed=seed)
        assert listed(rules, n=6, seed=seed).items == made.items
        assert names(made)[:3] == plain[:3] and len(set(names(made))) == 6, "the upper half is the model's"
        tried = [one for one in made.items if one.sources == ("explore",)]
        for one in tried:
            (touch,) = one.touches
            assert touch.rule == "explore" and touch.before > 6 and made.items[touch.after - 1] is one
        others = [name for name in names(made) if name not in {one.item_id for one in tried}]
        assert others == plain[: len(others)]
        n_drawn.append(len(tried))
        drawn |= {one.item_id for one in tried}
    assert np.mean(n_drawn) == pytest.approx(6 * 0.25, abs=0.1)
    assert drawn == set(ITEMS.ids) - set(plain), "everything below the list is tried"
    capped = replace(rules, caps=[Cap(attribute="shelf", most=2)])
    made_of = [listed(capped, n=6, seed=seed).items for seed in range(60)]
    for made_items in made_of:
        values = [catalog().values(one.item_id, "shelf")[0] for one in made_items]
        assert all(values.count(value) <= 2 for value in set(values) - {UNKNOWN}), "caps hold for what is tried too"
    assert any(one.sources == ("explore",) for made_items in made_of for one in made_items)
    everybodys = Preferences(personalised=False)
    assert names(listed(rules, n=6, seed=1, preferences=everybodys)) == plain, "who is not profiled gets no chance"


# -- properties ------------------------------------------------------------------------------------------------------

item = st.sampled_from(ITEMS.ids.tolist())
place = st.integers(1, 9)
rule_sets = st.builds(
    RuleSettings,
    pins=st.lists(st.builds(Pin, item=item, place=place), max_size=3),
    boosts=st.lists(st.builds(Boost, where=st.sampled_from(['shelf = "food"', 'kind != "product"']),
                              points=st.sampled_from([-0.1, 0.03, 0.2])), max_size=2),
    caps=st.lists(st.builds(Cap, attribute=st.just("shelf"), most=st.integers(1, 3), among=st.integers(0, 6)),
                  max_size=2),
    sponsored=st.lists(st.builds(Sponsored, places=st.lists(place, min_size=1, max_size=2),
                                 items=st.lists(item, min_size=1, max_size=3), label=st.just("Ad")), max_size=2),
    diversity=st.sampled_from([0.0, 0.3, 0.9]),
    freshness=st.sampled_from([0.0, 0.05]),
    explore=st.sampled_from([0.0, 0.4]),
    pool=st.integers(1, 9),
)  # fmt: skip


@given(rule_sets, st.integers(1, 8), st.frozensets(item, max_size=3))
@settings(max_examples=300, deadline=None)
def test_what_every_rule_promises_holds_together(rules, n, exclude):
    shelf = catalog(since=np.arange(8) * 14 * DAY)
    made = listed(rules, n=n, shelf=shelf, exclude=exclude)
    shown = names(made)
    assert len(set(shown)) == len(shown) <= n and not exclude & set(shown)
    assert listed(rules, n=n, shelf=shelf, exclude=exclude).items == made.items
    fixed = {one.item_id for one in made.items if one.sources in (("pinned",), ("sponsored",))}
    for one in made.items:
        assert (one.label is not None) == (one.sources == ("sponsored",))
        assert one.trace[-1] == f"placed {shown.index(one.item_id) + 1}"
        last = [touch.after for touch in one.touches if touch.rule in ("pin", "sponsored")]
        assert last in ([], [shown.index(one.item_id) + 1])
    for pin in rules.pins:
        first = next(other for other in rules.pins if other.place == pin.place or other.item == pin.item)
        if first is pin and pin.place <= len(shown) == n and pin.item not in exclude:
            assert shown[pin.place - 1] == pin.item
    free = [one for one in made.items if one.item_id not in fixed]
    for cap in rules.caps:
        values = [shelf.values(one.item_id, "shelf")[0] for one in free[: cap.among or n]]
        if not fixed:
            assert all(values.count(value) <= cap.most for value in set(values) - {UNKNOWN})
    if not (rules.caps or rules.diversity):
        totals = [one.score + one.points for one in free if one.sources != ("explore",)]
        assert totals == sorted(totals, reverse=True)


@given(rule_sets)
@settings(max_examples=60, deadline=None)
def test_rules_survive_being_stored_with_their_list(rules):
    query = Query(at=100 * DAY, n=5, rules=rules, filters=("price < 3",))
    again = query_from_json(query_to_json(query))
    assert again.rules == rules and again.filters == query.filters
    assert from_table(RuleSettings, asdict(rules), "rules") == rules


# -- which rules a list follows --------------------------------------------------------------------------------------


def test_rules_of_a_scenario_and_of_a_request_come_together():
    shop = RuleSettings(
        pins=[Pin("tea", 1), Pin("cup", 2)],
        diversity=0.3,
        scenario={"related": {"diversity": 0.0, "caps": [{"attribute": "shelf", "most": 2}]}},
    )
    assert order.effective(RuleSettings(), "personal", catalog()) is None
    related = order.effective(shop, "related", catalog())
    assert (related.diversity, related.caps, related.pins, related.scenario) == (0.0, [Cap("shelf", 2)], shop.pins, {})
    asked = order.effective(shop, "personal", catalog(), {"pins": [{"item": "pot", "place": 2}], "freshness": 0.1})
    assert asked.pins == [Pin("tea", 1), Pin("pot", 2)] and (asked.diversity, asked.freshness) == (0.3, 0.1)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"pins": [{"place": 1}]}, "rules: pins[0]: expected the key 'item', got place."),
        ({"boosts": [{"where": "a <", "points": 1.0}]}, "rules: boosts[0]: Filter: expected a number"),
        ({"diversity": 2.0}, "rules: diversity: expected a number from 0 to 1, got 2.0."),
        ({"pins": [{"item": "a", "place": 0}]}, "rules: pins[0]: place: expected a number from 1 to 1000, got 0."),
        ({"sponsored": [{"places": [1]}]}, "rules: sponsored[0]: expected places, and either items or where"),
        ({"pinned": []}, "rules: unknown key 'pinned' (did you mean 'pins'?)"),
        ({"sponsored": [{"places": ["1"], "items": ["a"]}]}, "expected a list of whole numbers, got '1' in it."),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(asked, told):
    with pytest.raises(SettingsError) as error:
        order.effective(Settings().rules, "personal", catalog(), asked)
    assert told in str(error.value)


def test_a_rule_on_an_attribute_that_is_not_there_is_refused():
    with pytest.raises(UnknownFieldError, match="did you mean 'shelf'"):
        order.effective(RuleSettings(), "personal", catalog(), {"caps": [{"attribute": "shelv", "most": 1}]})
    with pytest.raises(SettingsError, match=r"rules.scenario.new: Filter: .*did you mean 'shelf'"):
        order.fit(RuleSettings(scenario={"new": {"boosts": [{"where": "shelv = 'a'", "points": 1.0}]}}), catalog())
