"""The simulated shop: the same again from its seed, honest about its causes, and found out by the models."""

import shutil
from functools import cache

import numpy as np
import pytest

from whyrec.app.create import init
from whyrec.data.split import loo
from whyrec.rank.fit import Fitter
from whyrec.simulated.goods import LANGUAGES
from whyrec.simulated.shop import simulate
from whyrec.simulated.shoppers import STARS

SMALL = 1000


@cache
def made(n_shoppers=SMALL):
    return simulate(3, n_shoppers)


def test_the_same_seed_gives_the_same_shop_and_another_seed_another_one():
    one, again, other = simulate(3, 20), simulate(3, 20), simulate(4, 20)
    assert one.goods.items == again.goods.items and one.log == again.log
    assert one.log != other.log


def test_causes_come_before_their_effects_and_lead_to_them():
    shop = made()
    events = {event.id: event for event in shop.log.events}
    since = {item.id: item.since for item in shop.goods.items}
    for cause in shop.log.causes:
        effect, before = events[cause.effect], [events[one] for one in cause.causes]
        assert all(one.user == effect.user and one.at < effect.at for one in before)
        if cause.why != "search":
            assert {shop.goods.leads_to[cause.why][one.item] for one in before} == {effect.item}
    assert all(event.item is None or since[event.item] <= event.at for event in shop.log.events)


def test_everything_that_a_shop_has_is_in_it(tmp_path):
    shop = made()
    assert {event.kind for event in shop.log.events} == {"view", "cart", "favourite", "purchase", "search"}
    assert {event.platform for event in shop.log.events} == {"web", "app"}
    assert {event.locale for event in shop.log.events} == set(LANGUAGES)
    assert {item.kind for item in shop.goods.items} == {"product", "article", "video"}
    assert set(STARS) <= set(shop.log.users)
    events, items, users = shop.write(tmp_path / "files")
    with init(tmp_path / "shop", events, items=items, users=users) as opened:
        tables = opened.tables
    assert len(tables.events) == len(shop.log.events)
    assert set(tables.catalog.titles) == {"", "zh", "es", "ja"}
    assert tables.catalog.title("p0000", "zh") in (
        shop.goods.items[0].titles.get("zh"),
        shop.goods.items[0].titles["en"],
    )
    assert "audio" in tables.catalog.media and tables.events.timed
    assert tables.profile("xiaoli") == shop.log.users["xiaoli"]


def test_readers_of_two_languages_have_one_taste():
    shop = made()
    done = {
        name: [(event.item, event.kind) for event in shop.log.events if event.user == name and event.item]
        for name in ("reader-zh", "reader-en")
    }
    assert done["reader-zh"] == done["reader-en"] and done["reader-zh"]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    events, items, users = made().write(folder / "files")
    with init(folder / "shop", events, items=items, users=users) as opened:
        found = opened.tables, opened.settings
    shutil.rmtree(folder)
    return found


def first_two(model, split, tables, log):
    """For test events with a planted cause that are among the first ten: events of the first two reasons, the causes,
    and all events of the history."""
    why = {cause.effect: set(cause.causes) for cause in log.causes}
    events, ids = tables.events, tables.catalog.items.ids
    newest = {
        (events.users.ids[user], ids[item]): event
        for user, item, event in zip(events.user, events.item, events.event_id, strict=True)
        if item >= 0
    }
    for query, (wanted,) in zip(split.test.queries, split.test.targets, strict=True):
        causes = why.get(newest[query.user, wanted])
        if causes is None:
            continue
        scores = model.score([query])[0]
        scores[tables.catalog.items.codes(sorted(query.seen))] = -np.inf
        if (scores > scores[tables.catalog.items.index[wanted]]).sum() >= 10:
            continue
        split_up = model.contributions(query, [wanted])
        order = np.argsort(-split_up.weight[:, 0], kind="stable")[:2]
        reasons = {query.history.event_id[slot] for unit in order for slot in split_up.units[unit]}
        yield reasons, causes, list(query.history.event_id)


@pytest.mark.parametrize("name", ["glass", pytest.param("blend", marks=pytest.mark.slow)])
def test_the_planted_cause_is_among_the_first_two_reasons_and_shuffled_causes_are_not(name, tables):
    shop, settings = tables
    split = loo(shop.events, settings)
    model = Fitter(split.train, shop, settings, validation=split.validation).fit(name)
    cases = list(first_two(model, split, shop, made().log))
    assert len(cases) > 200
    assert np.mean([bool(reasons & causes) for reasons, causes, _ in cases]) >= 0.9
    rng = np.random.default_rng(0)
    found, by_chance = [], []
    for reasons, causes, events in cases:
        n, k, r = len(events), len(causes), len(reasons)
        found.append(bool(reasons & set(rng.choice(events, k, replace=False))))
        # None of k drawn events is among the r reasons.
        by_chance.append(1 - np.prod([max(0, n - r - j) / (n - j) for j in range(k)]))
    error = np.sqrt(np.mean(np.array(by_chance) * (1 - np.array(by_chance))) / len(cases))
    assert abs(np.mean(found) - np.mean(by_chance)) < 4 * error
    assert np.mean(by_chance) < 0.6
