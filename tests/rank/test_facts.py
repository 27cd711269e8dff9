"""Facts of scenarios are those of the log and the catalogue, and are told only where they are any."""

from dataclasses import replace

import numpy as np
import pytest
from small_shop import ITEMS, catalog, log

from whyrec.core.config import Settings
from whyrec.core.types import Explanation, History, Query, Reason, objects
from whyrec.rank import facts
from whyrec.rank.means import DAY_S, Means

NOW = 1_700_000_000.0
BASKETS = [("tea", "cup"), ("tea", "cup"), ("tea", "jam"), ("pot", "jam"), ("bread", "honey")]
ROWS = ((f"u{n}", item, "purchase", NOW + n * DAY_S + m) for n, one in enumerate(BASKETS) for m, item in enumerate(one))
LOG = log(*ROWS)
SHOP = Means(LOG, Settings())
SHELF = catalog(
    titles={"": objects(["Green tea", "Green tea cup", "Pot", *[None] * 5])},
    since=np.array([NOW - 3.5 * DAY_S, NOW - 40 * DAY_S, NOW + DAY_S, *[np.nan] * 5]),
    counts=np.bincount(LOG.item, minlength=8),
)


def told(item, reason, **asked):
    reasons = () if reason is None else (reason,)
    query = Query(at=NOW, **{"history": History.of([("tea", "purchase", 1.0), ("cup", "view", 2.0)]), **asked})
    return facts.of(query, Explanation(item, "exact", 1.0, 0.0, 0.0, reasons), SHELF, SHOP)


def event(item, slot=0):
    return Reason("event", item, 1.0, (slot,), ("e",), NOW)


def page(item):
    return Reason("context", item, 1.0)


def test_a_new_item_says_how_few_chose_it_and_what_it_shares():
    found = told("pot", event("cup", 1), scenario="new")
    assert found == (
        {"fact": "new", "count": 1},
        {"fact": "shared", "item": "cup", "values": [["shelf", "dishes"]], "words": 0},
    )
    assert told("film", None, scenario="new") == ({"fact": "new", "count": 0},)


@pytest.mark.parametrize(
    ("relation", "how", "count", "lift"),
    # 5 baskets, and as many people: tea in 3, cup in 2. Of 10 events tea is followed by 3, and cup is 2 of them.
    [(None, "baskets", 2, 1.7), ("substitute", "people", 2, 1.7), ("next", "after", 2, 3.3)],
)
def test_what_goes_together_is_counted_against_chance(relation, how, count, lift):
    found = told("cup", page("tea"), scenario="related", context=("tea",), relation=relation)
    assert found[0] == {"fact": "together", "item": "tea", "how": how, "count": count, "lift": lift}
    assert found[1] == {"fact": "shared", "item": "tea", "values": [], "words": 2}


def test_what_happened_once_or_no_more_than_by_chance_is_not_told():
    once = told("jam", page("tea"), scenario="related", context=("tea",))
    assert [fact["fact"] for fact in once if fact["fact"] == "together"] == []


def test_fresh_is_what_was_published_in_the_last_month():
    found = {item: [f for f in told(item, None, scenario="content") if f["fact"] == "fresh"] for item in ITEMS.ids}
    assert found["tea"] == [{"fact": "fresh", "days": 3}]
    assert all(not found[item] for item in ITEMS.ids if item != "tea"), "older, to come, or without a date"


def test_another_platform_is_named_only_where_the_reason_is_from_there():
    past = replace(History.of([("tea", "view", 1.0), ("cup", "view", 2.0)]), platform=objects(["app", "web"]))
    asked = {"scenario": "cross-platform", "platform": "web", "history": past}
    assert told("pot", event("tea", 0), **asked) == ({"fact": "elsewhere", "item": "tea", "platform": "app"},)
    assert told("pot", event("cup", 1), **asked) == ()
    assert told("pot", event("tea", 0), **{**asked, "scenario": "personal"}) == ()


def test_circumstances_are_told_to_who_has_no_history_only():
    rows = [(f"u{n}", item, "purchase", NOW + n) for n, item in enumerate(["jam"] * 30 + ["tea"] * 30)]
    shop = Means(replace(log(*rows), locale=objects(["zh"] * 30 + ["en"] * 30)), Settings())
    plain = Explanation("jam", "exact", 1.0, 0.0, 0.0, ())
    new = Query(at=NOW, locale="zh")
    assert facts.of(new, plain, SHELF, shop) == (
        {"fact": "circumstance", "of": "locale", "value": "zh", "lift": 1.8},
    )  # (30 + 5) / (15 + 5), rounded
    assert facts.of(replace(new, history=History.of([("tea", "view", 1.0)])), plain, SHELF, shop) == ()
    assert facts.of(replace(new, locale="en"), plain, SHELF, shop) == ()
