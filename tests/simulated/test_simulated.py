"""The simulated shop: the same again from its seed, honest about its causes, and found out by the models."""

import shutil
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from whyrec.app.create import init
from whyrec.core.types import KINDS, History, Query
from whyrec.data import identity
from whyrec.data.split import loo
from whyrec.rank import rules, scenarios
from whyrec.rank.fit import Fitter
from whyrec.rank.means import Means
from whyrec.rank.recommend import Ids, recommend
from whyrec.simulated import taste
from whyrec.simulated.goods import LANGUAGES
from whyrec.simulated.shop import simulate
from whyrec.simulated.shoppers import STARS, person

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
        assert all(person(one.user) == person(effect.user) and one.at < effect.at for one in before)
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
    assert set(tables.catalog.categories) == {"category", "brand", "colour", "topic"}, (
        "names of values are no attributes"
    )
    told = [tables.catalog.name("brand", "Norda", locale) for locale in ("en", "zh", "es", "ja")]
    assert told == ["Norda", "诺达", "Norda", "ノルダ"] and "诺达" in tables.catalog.title("p0000", "zh")
    for attribute, column in tables.catalog.categories.items():
        for value in {one for values in column for one in values} - {"unknown"}:
            assert value in tables.catalog.names[attribute]["ja"]
    assert "audio" in tables.catalog.media and tables.events.timed
    assert tables.profile("xiaoli") == shop.log.users["xiaoli"]
    assert tables.profile("two-screens.app")["person_id"] == "two-screens"


def test_readers_of_two_languages_have_one_taste():
    shop = made()
    done = {
        name: [(event.item, event.kind) for event in shop.log.events if event.user == name and event.item]
        for name in ("reader-zh", "reader-en")
    }
    assert done["reader-zh"] == done["reader-en"] and done["reader-zh"]


@pytest.fixture(scope="module")
def learned(tables):
    """The parts of the log in which allowed accounts are one shopper, and glass fitted on the training part."""
    shop, settings = tables
    split = loo(identity.joined(shop.events, shop.users, {}), settings)
    return split, Fitter(split.train, shop, settings, validation=split.validation).fit("glass")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    events, items, users = made().write(folder / "files")
    with init(folder / "shop", events, items=items, users=users) as opened:
        found = opened.tables, opened.settings
    shutil.rmtree(folder)
    return found


def found_reasons(model, query, wanted, shop, settings):
    """Events of the first two reasons of an item, None where it is not among the first ten of its list."""
    scored = scenarios.scored(query, model, shop.catalog, Means(shop.events, settings, shop.users))
    scores = np.where(rules.allowed(query, shop.catalog.items, shop.catalog, False), scored.score([query])[0], -np.inf)
    if (scores > scores[shop.catalog.items.index[wanted]]).sum() >= 10:
        return None
    split_up = scored.contributions(query, [wanted])
    order = np.argsort(-split_up.weight[:, 0], kind="stable")[:2]
    return {query.history.event_id[slot] for unit in order for slot in split_up.units[unit]}


def planted(split, shop, log):
    """Queries as of each planted effect that was not learned from: (query, wanted item, story, its causes)."""
    known, events = set(split.train.event_id), identity.joined(shop.events, shop.users, {})
    row_of = {event_id: row for row, event_id in enumerate(events.event_id)}
    for story in log.causes:
        if story.effect in known:
            continue
        row = row_of[story.effect]
        rows = events.rows_of(int(events.user[row]))
        past = events.history(rows[rows < row])
        causes = set(story.causes) & set(past.event_id)  # an account of its own knows only what happened there
        if causes:
            seen = frozenset(item for item, kind in zip(past.item, past.kind, strict=True) if KINDS[kind] == "purchase")
            place = events.platform[row]
            query = Query(at=float(past.at[-1]), user=str(events.users.ids[events.user[row]]), history=past, seen=seen,
                          platform=place)  # fmt: skip
            yield query, str(events.items.ids[events.item[row]]), story, causes


def first_two(model, split, tables, settings, log, stories=None):
    """For planted effects among the first ten: events of the first two reasons, the causes, all events of the history.

    `stories` are why one thing led to another; "elsewhere" is what happened on one platform because of the other.
    """
    for query, wanted, story, causes in planted(split, tables, log):
        if stories == ("elsewhere",):
            places = {query.history.platform[slot] for slot, one in enumerate(query.history.event_id) if one in causes}
            if query.platform in places:
                continue
            query = replace(query, scenario="cross-platform")
        elif stories is not None and story.why not in stories:
            continue
        elif story.why in ("next article", "video of the article"):
            query = replace(query, scenario="content")
        reasons = found_reasons(model, query, wanted, tables, settings)
        if reasons is not None:
            yield reasons, causes, list(query.history.event_id)


@pytest.mark.parametrize("name", ["glass", pytest.param("blend", marks=pytest.mark.slow)])
def test_the_planted_cause_is_among_the_first_two_reasons_and_shuffled_causes_are_not(name, tables, learned):
    (shop, settings), (split, model) = tables, learned
    if name != "glass":
        model = Fitter(split.train, shop, settings, validation=split.validation).fit(name)
    cases = list(first_two(model, split, shop, settings, made().log))
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


PLANTED = {
    "a phone, then its new model or a laptop of the brand, or a watch and a newer one": (
        "newer model", "laptop of the brand",
    ),
    "shoes, then a bag for the sport": ("bag for the sport",),
    "wine, then glasses and books on it": ("glass for the grape", "book on the grape"),
    "an article, then articles and videos": ("next article", "video of the article"),
    "seen on one platform, chosen on the other": ("elsewhere",),
}  # fmt: skip


@pytest.mark.parametrize("story", sorted(PLANTED))
def test_each_planted_story_is_found_in_its_scenario(story, tables, learned):
    (shop, settings), (split, model) = tables, learned
    cases = list(first_two(model, split, shop, settings, made().log, PLANTED[story]))
    assert len(cases) >= 10
    assert np.mean([bool(reasons & causes) for reasons, causes, _ in cases]) >= 0.9


def test_xiaoli_is_shown_the_new_model_and_a_laptop_because_of_his_phones(tables, learned):
    (shop, settings), (split, model) = tables, learned
    whole = replace(
        split, train=split.train.take(slice(0, 0))
    )  # his stories may be known: it is his list that is asked
    found = {"newer model": [], "laptop of the brand": []}
    for query, wanted, story, causes in planted(whole, shop, made().log):
        if query.user == "xiaoli" and story.why in found:
            reasons = found_reasons(model, query, wanted, shop, settings)
            found[story.why].append(bool(reasons and reasons & causes))
    assert all(any(each) for each in found.values()), found


def test_readers_of_two_languages_get_the_same_list_in_their_own_words(tables, learned):
    (shop, settings), (_, model) = tables, learned
    lists = {}
    for name, locale in (("reader-zh", "zh"), ("reader-en", "en")):
        past = shop.events.history(shop.events.rows_of(shop.events.users.index[name]))
        query = Query(at=float(past.at[-1]), history=past, locale=locale, scenario="multilingual")
        ids = Ids("s", "c", "s")
        means = Means(shop.events, settings, shop.users)
        made_list = recommend(query, model, shop.catalog, repeats=False, ids=ids, id="r", shop=means)
        lists[locale] = [place.item_id for place in made_list.items]
    assert lists["zh"] == lists["en"]
    titles = {locale: [shop.catalog.title(item, locale) for item in items] for locale, items in lists.items()}
    assert titles["zh"] != titles["en"] and all(title.isascii() for title in titles["en"])


def test_a_list_follows_a_change_of_taste(tables, learned):
    (shop, _), (_, model) = tables, learned
    ids = shop.catalog.items.ids

    def listed(events):
        past = History.of([(event.item, event.kind, event.at) for event in events])
        score = model.score([Query(at=events[-1].at, history=past)])[0]
        return [str(ids[code]) for code in np.argsort(-score)[:10]]

    changed = taste.changes(made().goods, 60, np.random.default_rng(0))
    for one in changed:
        assert {event.item for event in one.events[: one.before]} <= one.old
        assert {event.item for event in one.events[one.before :]} <= one.new
    after = [taste.followed(one, listed) for one in changed]
    followed = [n for n in after if n is not None]
    assert len(followed) >= 0.7 * len(changed) and np.median(followed) <= 5
    assert taste.followed(changed[0], lambda events: []) is None, "an empty list follows nothing"
