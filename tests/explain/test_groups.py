"""Groups: who belongs together, and that a group's weight is what its removal takes away."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from additive import DAY_S, ITEMS, N_ITEMS, NOW, purchases, queries, sums
from whyrec.core.config import ExplainSettings
from whyrec.core.errors import SettingsError
from whyrec.core.types import Catalog, History, Query, objects
from whyrec.explain import groups
from whyrec.explain.explain import explain

CATALOG = Catalog(
    ITEMS,
    categories={
        "brand": objects([("National",) if code % 2 else ("unknown",) for code in range(N_ITEMS)]),
        "category": objects([("a", "b") if code % 3 else ("b",) for code in range(N_ITEMS)]),
    },
)
EVERYTHING = np.ones(N_ITEMS, bool)


def found(query, **changes):
    made = groups.of_catalog(query, CATALOG, ExplainSettings(**changes))
    return {group.reference: group for group in made}


def test_groups_share_a_value_an_item_or_a_window():
    query = purchases([1, 3, 1, 6, 4])  # one a day, the last today, 14 July 2017
    made = found(query, window_days=2)
    assert made["i1"].kind == "item" and made["i1"].slots == (0, 2)
    assert made["brand=National"].slots == (0, 1, 2)
    assert made["category=a"].slots == (0, 2, 4)
    assert made["days=2017-07-13..2017-07-14"].slots == (3, 4)
    assert made["days=2017-07-11..2017-07-12"].slots == (1, 2)
    assert set(made) == {
        "i1", "brand=National", "category=a", "days=2017-07-13..2017-07-14", "days=2017-07-11..2017-07-12"
    }  # fmt: skip


def test_a_value_of_the_whole_history_and_a_missing_value_make_no_group():
    made = found(purchases([2, 4, 2]))
    assert "category=b" not in made and not any("unknown" in reference for reference in made)


def test_a_group_of_the_same_events_is_named_once():
    made = found(purchases([1, 1, 6, 8]), window_days=2)
    assert "i1" in made and "brand=National" not in made and "days=2017-07-11..2017-07-12" not in made


def test_without_times_there_are_no_windows():
    query = Query(at=5.0, history=History.of([("i1", "view", float(k)) for k in range(5)] + [("i2", "view", 5.0)]))
    assert [g.reference for g in groups.of_catalog(query, CATALOG, ExplainSettings(), timed=False)] == ["i1"]


def test_tombstones_and_items_that_the_catalogue_lacks_are_in_no_attribute_group():
    query = Query(
        at=NOW,
        history=History.of([("i1", "view", NOW), None, ("new", "view", NOW), ("i3", "view", NOW), ("i2", "view", NOW)]),
    )
    made = found(query, window_days=0)
    assert made["brand=National"].slots == (0, 3)


def test_an_attribute_that_the_catalogue_lacks_names_its_neighbour():
    with pytest.raises(SettingsError) as told:
        groups.values(purchases([1]), CATALOG, ["brandd"])
    assert str(told.value) == (
        "whyrec.toml: [explain] groups names the attribute 'brandd', which the catalogue does not have (did you mean "
        "'brand'?). Its attributes: brand, category."
    )


def test_a_long_history_gives_the_largest_groups_only():
    rng = np.random.default_rng(0)
    query = purchases(rng.integers(0, N_ITEMS, 300))
    values = {"shelf": objects([(f"s{slot % 140}",) for slot in range(300)])}
    made = groups.find(query, values)
    assert len(made) == groups.MOST_GROUPS
    assert [len(g.slots) for g in made] == sorted((len(g.slots) for g in made), reverse=True)


@given(queries(), st.integers(0, 2**32 - 1), st.sampled_from(["event", "item"]))
@settings(max_examples=40, deadline=None)
def test_the_weight_of_a_group_is_what_masking_it_takes_away(query, seed, unit):
    model = sums(np.random.default_rng(seed), unit)
    made = groups.of_catalog(query, CATALOG, ExplainSettings(window_days=20))
    common = {"items": ITEMS, "allowed": EVERYTHING, "n": 3, "groups": made, "sets": False}
    exact = explain(model.score, query, "i0", contributions=model.contributions, **common)
    measured = explain(model.score, query, "i0", **common)
    full = float(model.score([query], ["i0"])[0, 0])
    by_reference = {r.reference: r for r in exact.groups}
    for group in made:
        lost = full - float(model.score([query.without(group.slots)], ["i0"])[0, 0])
        weight = by_reference[group.reference].weight if group.reference in by_reference else 0.0
        assert weight == pytest.approx(lost, abs=1e-5)
        again = {r.reference: r.weight for r in measured.groups}.get(group.reference, 0.0)
        assert again == pytest.approx(lost, abs=1e-6)
    assert [r.weight for r in exact.groups] == sorted((r.weight for r in exact.groups), reverse=True)
    for r in exact.groups:
        assert r.event_ids == tuple(query.history.event_id[list(r.slots)]) and r.at <= NOW + DAY_S


def test_events_of_one_kind_and_of_one_band_of_prices_are_groups():
    catalog = Catalog(ITEMS, numbers={"price": np.array([1.0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, np.nan])})
    rows = [("i0", "view", NOW), ("i1", "purchase", NOW), ("i10", "view", NOW), ("i9", "purchase", NOW),
            ("i11", "purchase", NOW)]  # fmt: skip
    query = Query(at=NOW, history=History.of(rows))
    made = {g.reference: g.slots for g in groups.of_catalog(query, catalog, ExplainSettings(), timed=False)}
    assert made == {"price=1..1.5": (0, 1), "price=3..4": (2, 3), "kind=view": (0, 2), "kind=purchase": (1, 3, 4)}


def test_events_on_a_platform_and_on_a_kind_of_thing_are_groups():
    query = purchases([1, 2, 3, 4, 5])
    platform = objects(["app", None, "app", "web", "app"])
    query = replace(query, history=replace(query.history, platform=platform)).without([4])
    catalog = Catalog(ITEMS, kinds=objects(["video" if code in (2, 3) else None for code in range(N_ITEMS)]))
    made = {g.reference: g.slots for g in groups.of_catalog(query, catalog, ExplainSettings(), timed=False)}
    assert made == {"platform=app": (0, 2), "modality=video": (1, 2)}
    only = groups.of_catalog(purchases([1, 2, 3]), catalog, ExplainSettings(groups=["platform"]), timed=False)
    assert only == (), "a shopper whose log has no platforms has no such group"
