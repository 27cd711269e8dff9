"""When a new shopper asks counts only where first choices of those who came last show that it does."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from small_shop import ITEMS, Additive, log

from whyrec.core.config import Settings, ShopSettings
from whyrec.core.types import Explanation, Query, objects
from whyrec.rank import facts, means, moments, scenarios
from whyrec.rank.means import Means

DAY_S, HOUR_S = 86400.0, 3600.0
MONDAY = 1_600_041_600.0  # 2020-09-14 00:00 UTC
SHOPS = {zone: Settings(shop=ShopSettings("small", time_zone=zone)) for zone in ("UTC", "Asia/Tokyo")}


def visits(days=60, by=("tea", "jam"), at=(8, 20)):
    """Each day one new shopper at each of these hours, who chooses what goes with it."""
    return [
        (f"u{day}-{hour}", item, "purchase", MONDAY + DAY_S * day + HOUR_S * hour)
        for day in range(days)
        for item, hour in zip(by, at, strict=True)
    ]


def crowded(rows):
    """With other goods that are more popular, chosen at all hours by those who were there first."""
    others = [(f"o{k}", item, "purchase", MONDAY + HOUR_S * (k % 24) - DAY_S * (k % 60))
              for k, item in enumerate(["cup", "pot", "bread", "honey", "news", "film"] * 60)]  # fmt: skip
    return log(*rows, *others)


def found(events, zone="UTC"):
    return Means(events, SHOPS[zone]).moments


def test_a_part_of_the_day_that_tells_what_is_chosen_is_taken_and_said():
    events = crowded(visits())
    shop = Means(events, SHOPS["UTC"])
    assert set(shop.moments.weight) == {"daypart"}
    evening, morning = MONDAY + 70 * DAY_S + 21 * HOUR_S, MONDAY + 70 * DAY_S + 9 * HOUR_S
    flat = Additive(prior=np.zeros(8))
    firsts = {}
    for name, at in (("evening", evening), ("morning", morning)):
        query = Query(at=at)
        model = scenarios.scored(query, flat, None, shop)
        firsts[name] = ITEMS.ids[int(np.argmax(model.score([query])[0]))]
        plain = Explanation(firsts[name], "exact", 1.0, 0.0, 0.0, ())
        (fact,) = facts._circumstances(plain.item_id, query, shop, means.circumstances(flat, shop))
        assert (fact["of"], fact["value"]) == ("daypart", name) and fact["lift"] > 1.2
    assert firsts == {"evening": "jam", "morning": "tea"}


def test_hours_are_those_of_the_shop():
    at = np.array([MONDAY + 20 * HOUR_S])
    assert moments.classes("daypart", at, "UTC") == [3] and moments.classes("daypart", at, "Asia/Tokyo") == [0]
    assert moments.classes("weekday", at, "UTC") == [0] and moments.classes("weekday", at, "Asia/Tokyo") == [1]
    summer = np.array([1_594_000_000.0, 1_606_000_000.0])  # an hour apart in Berlin
    assert moments._offset(summer, "Europe/Berlin").tolist() == [7200.0, 3600.0]


def test_a_moment_that_tells_nothing_weighs_nothing():
    rng = np.random.default_rng(0)
    rows = visits(by=("tea", "jam"))
    shuffled = [(user, item, kind, at) for (user, _, kind, at), item in zip(
        rows, rng.permutation([row[1] for row in rows]), strict=True)]  # fmt: skip
    assert not found(crowded(shuffled)).weight
    assert not found(log(("u", "tea", "purchase", MONDAY))).weight
    assert not Means(replace(crowded(rows), timed=False), SHOPS["UTC"]).moments.weight


def test_what_held_once_and_no_more_is_not_taken():
    """Mornings are for tea until the newest fifth of the shoppers comes, who choose it in the evening."""
    rows, other = visits(), {"tea": "jam", "jam": "tea"}
    turned = [(user, other[item] if at > MONDAY + 12 * DAY_S else item, kind, at) for user, item, kind, at in rows]
    assert found(crowded(rows)).weight and not found(crowded(turned)).weight


def test_a_log_of_days_only_knows_no_parts_of_the_day_and_a_short_one_no_weekdays():
    events = crowded(visits())
    days = replace(events, at=events.at // DAY_S * DAY_S)
    assert not moments.has_hours(days) and moments.has_hours(events)
    assert not moments._may_tell("daypart", days, "UTC") and moments._may_tell("weekday", days, "UTC")
    assert not moments._may_tell("weekday", events.take(events.at > events.at.max() - 7 * DAY_S), "UTC")


@pytest.mark.parametrize("zone", sorted(SHOPS))
def test_what_is_told_is_what_moved(zone):
    """A model that weighs circumstances itself is not said to follow those of the shop."""

    own = Additive()
    own.extras = SimpleNamespace(context=SimpleNamespace(weight={"locale": 1.0}))
    events = replace(crowded(visits()), locale=objects(["en"] * 480))
    shop = Means(events, SHOPS[zone])
    assert means.circumstances(own, shop) == {"locale"}
    assert means.circumstances(Additive(), shop) == set(shop.moments.weight)
