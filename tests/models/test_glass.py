"""Glass: its score is the sum that it says it is, whatever is in it."""

import json
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from whyrec import models
from whyrec.core.config import ModelSettings, Settings
from whyrec.core.errors import SettingsError
from whyrec.core.types import KIND_CODE, KINDS, UNKNOWN, Catalog, Events, History, Query, Users, Vocabulary, objects
from whyrec.data.split import loo
from whyrec.learn import snapshot
from whyrec.models import glass
from whyrec.rank.fit import Fitter

N_ITEMS, N_USERS, N_NEW = 66, 150, 6
ITEMS = Vocabulary.of([f"i{code}" for code in range(N_ITEMS)])
DAY_S = 86400.0
OPTIONS = {"latents": 2, "epochs": 2, "width": 8, "rivals": 20, "profile": ["town"]}
PARTS = pytest.mark.parametrize("latents", [0, 2], ids=["counts", "latents"])


@cache
def events():
    """Users who mostly walk round a ring of items, with views, dislikes, searches and ratings between.

    The last items are new: nobody had them. A search is for a word of the item that comes next.
    """
    rng = np.random.default_rng(5)
    user, item, kind, at, value, text = [], [], [], [], [], []
    kinds = [KIND_CODE[k] for k in ("purchase", "view", "dislike", "search", "rating")]
    for u in range(N_USERS):
        place, now = int(rng.integers(N_ITEMS - N_NEW)), rng.uniform(0, 100 * DAY_S)
        for _ in range(int(rng.integers(3, 25))):
            place = (place + 1) % (N_ITEMS - N_NEW) if rng.random() < 0.7 else int(rng.integers(N_ITEMS - N_NEW))
            what = int(rng.choice(kinds, p=[0.5, 0.2, 0.05, 0.05, 0.2]))
            now += 10.0 ** rng.uniform(0, 6)
            user.append(u), item.append(-1 if what == KIND_CODE["search"] else place), kind.append(what)
            at.append(now), value.append(rng.integers(1, 6) if what == KIND_CODE["rating"] else np.nan)
            text.append(f"any word{(place + 1) % 11}" if what == KIND_CODE["search"] else None)
    order = np.argsort(at, kind="stable")
    columns = {"user": np.int32, "item": np.int32, "kind": np.int8, "at": float, "value": np.float32}
    found = {
        name: np.array(column, dtype)[order]
        for (name, dtype), column in zip(columns.items(), (user, item, kind, at, value), strict=True)
    }
    return Events(
        users=Vocabulary.of([f"u{code}" for code in range(N_USERS)]), items=ITEMS,
        event_id=objects([f"e{row}" for row in range(len(at))]), text=objects(text)[order],
        platform=objects([(None, "web", "app")[row % 3] for row in range(len(at))]),
        locale=objects([("en", "zh")[row % 2] for row in range(len(at))]), **found,
    )  # fmt: skip


@cache
def fitter(latents):
    if latents:
        pytest.importorskip("torch", reason="the extra train is not installed")
    colour = objects([("red",) if code % 2 else ("blue", "big") for code in range(N_ITEMS)])
    named = [f"word{code % 11} thing{code}" if code < N_ITEMS - N_NEW else None for code in range(N_ITEMS)]
    titles = {"": objects(named)}
    catalog = Catalog(ITEMS, categories={"colour": colour}, titles=titles)
    settings = Settings(models=ModelSettings(options={"glass": {**OPTIONS, "latents": latents}}))
    people = Users(events().users, {"town": objects([("here", "there", UNKNOWN)[u % 3] for u in range(N_USERS)])})
    split = loo(events(), settings).of_people(people)
    tables = SimpleNamespace(catalog=catalog, users=people)
    return Fitter(split.train, tables, settings, validation=split.validation), split


@cache
def fitted(latents):
    return fitter(latents)[0].fit("glass")


@cache
def whole(latents):
    """The model with all that may come to its score, whether it makes these lists better or not."""
    model = fitted(latents)
    extras = model.extras
    edges, platforms = extras.strengths.edges, extras.strengths.platforms
    more = {
        "kind": np.linspace(-1.5, 1, len(KINDS)),
        "value": np.array([0.0, 0.5, -0.5, 1.0, -2.0, 0.3])[: len(edges) + 2],
    }
    more["platform"] = np.linspace(-0.2, 0.4, len(platforms))
    more["elapsed"] = np.linspace(0.3, -0.3, extras.strengths.sizes()["elapsed"])
    names = extras.context.names
    assert {"recent 7", "hour", "month", "platform", "locale", "profile.town"} <= set(names)
    context = replace(extras.context, weight={name: 0.1 * n for n, name in enumerate(names, 1)})
    return replace(model, extras=replace(extras, strengths=replace(extras.strengths, more=more), context=context))


def histories(latents):
    return [query for query in fitter(latents)[1].test.queries if len(query.history)]


@PARTS
def test_ten_thousand_removed_events_change_the_score_by_what_was_promised(latents):
    """Contributions are read row by row; the score without an event goes the quick way, over masked queries."""
    model, checked = whole(latents), 0
    rng = np.random.default_rng(0)
    asked = histories(latents)
    while checked < 10_000:
        query = asked[rng.integers(len(asked))]
        items = rng.choice(ITEMS.ids, 10, replace=False).tolist()
        split, full = model.contributions(query, items), model.score([query], items)[0].astype(float)
        limit = 1e-6 * np.maximum(1.0, np.abs(full))
        assert (np.abs(split.empty + split.weight.sum(axis=0) - full) <= limit).all()
        without = model.score([query.without(unit) for unit in split.units], items)
        gap = np.abs(full - without - split.weight)
        assert (gap <= 1e-6 * np.maximum(1.0, np.abs(full) + np.abs(without))).all()
        checked += split.weight.size


@PARTS
def test_the_score_with_nothing_left_is_the_empty_one_and_a_slot_in_no_unit_says_nothing(latents):
    model = whole(latents)
    for query in histories(latents)[:20]:
        split = model.contributions(query, ITEMS.ids.tolist())
        bare = model.score([query.without(range(len(query.history)))])[0]
        np.testing.assert_allclose(bare, split.empty, rtol=1e-6, atol=1e-6)
        silent = set(range(len(query.history))) - {slot for unit in split.units for slot in unit}
        np.testing.assert_array_equal(model.score([query.without(sorted(silent))]), model.score([query]))


@PARTS
def test_parts_add_up_to_the_score_and_are_named(latents):
    model = whole(latents)
    query = next(query for query in histories(latents) if "search" in [KINDS[k] for k in query.history.kind[-8:]])
    shares = model.shares(query, ["i1", "stranger", "i7"])
    assert {"popular", "after", "recent", "context", "search"} <= set(shares)
    assert set(shares) <= {
        *["popular", "after", "itemknn", "ease", "same", "similar", "latent", "recent", "context", "search"]
    }
    assert ("latent" in shares) == (latents > 0)
    full = model.score([query], ["i1", "stranger", "i7"])[0]
    np.testing.assert_allclose(sum(shares.values()), full, rtol=1e-5, atol=1e-6)
    assert np.isnan(full[1])


@PARTS
def test_a_snapshot_gives_the_same_scores_and_keeps_what_was_chosen(latents, tmp_path):
    model = whole(latents)
    settings = fitter(latents)[0].settings
    config = models.configure("glass", settings)
    made = snapshot.save(tmp_path, "glass", model, config, settings, {}, 1e9)
    _, again = models.load(tmp_path, made.id)
    asked = histories(latents)
    assert np.array_equal(again.score(asked), model.score(asked))
    assert json.loads((tmp_path / made.id / "meta.json").read_text())["config"]["latents"] == latents
    early = replace(fitter(latents)[0], fitted={**fitter(latents)[0].fitted, "glass": model})
    kept = replace(early, chosen=early, validation=None, fitted={}).fit("glass")
    assert np.array_equal(kept.weight, model.weight)
    assert kept.extras.context.weight == model.extras.context.weight
    assert np.array_equal(kept.extras.strengths.more["kind"], model.extras.strengths.more["kind"])
    assert [part.epochs for part in kept.latents] == [part.epochs for part in model.latents]


def test_lift_says_how_much_more_often_than_by_chance():
    def pair(first, second):
        return events_of([first, second])

    log = [pair(0, 1)] * 6 + [pair(2, 3)] * 2 + [pair(0, 3)] * 2
    model = fit_small(log, shrink=0.0)
    lift = np.expm1(model.relations["after 1"].toarray())
    # Item 1 came after 0 in 6 of 8 times; it came in 6 of 10 times at all.
    assert lift[0, 1] == pytest.approx((6 / 8) / (6 / 10), rel=1e-5)
    assert lift[2, 3] == pytest.approx((2 / 2) / (4 / 10), rel=1e-5)
    assert lift[0, 3] == pytest.approx((2 / 8) / (4 / 10), rel=1e-5)
    assert lift[1, 0] == 0.0


def events_of(items):
    return [f"i{code}" for code in items]


def fit_small(users, **options):
    return small_fitter(users, **options).fit("glass")


def small_fitter(users, **options):
    rows = [(u, code, k) for u, items in enumerate(users) for k, code in enumerate(items)]
    n = len(rows)
    log = Events(
        users=Vocabulary.of([f"u{u}" for u in range(len(users))]), items=ITEMS,
        user=np.array([u for u, _, _ in rows], np.int32), item=ITEMS.codes([code for _, code, _ in rows]),
        kind=np.zeros(n, np.int8), at=np.arange(n, dtype=float), value=np.full(n, np.nan, np.float32),
        event_id=objects([f"e{k}" for k in range(n)]),
    )  # fmt: skip
    settings = Settings(models=ModelSettings(options={"glass": options}))
    tables = SimpleNamespace(catalog=Catalog(ITEMS), users=None)
    return Fitter(log, tables, settings)


def test_weights_are_learned_where_there_is_validation_and_the_defaults_elsewhere():
    default = [glass.POPULARITY, *(weight for *_, weight in glass.FEATURES)]
    assert fit_small([events_of([0, 1, 2])] * 3).weight.tolist() == default
    assert fitted(0).weight.tolist() != default
    # On this ring what came right after is all that counts, so it must weigh more than what came before that.
    weight = dict(zip([(name, age) for name, age, *_ in glass.FEATURES], fitted(0).weight[1:], strict=True))
    assert weight["after 1", 1] > weight["after 4-8", 6]


def test_where_popularity_misleads_a_shopper_without_history_still_gets_what_is_popular():
    # Everybody goes on from a popular item to an item of their own that is rare, so that the popular is never wanted.
    walks = [[f"i{k % 3}", f"i{3 + k % 20}", f"i{23 + k % 20}"] for k in range(200)]
    fitter, settings = small_fitter(walks), Settings()
    split = loo(fitter.events, settings)
    chosen = replace(fitter, events=split.train, validation=split.validation, fitted={}).fit("glass")
    assert chosen.weight[0] >= glass.LEAST_POPULARITY
    scores = chosen.score([Query(at=1e9)])[0]
    assert set(np.argsort(-scores)[:3].tolist()) == {0, 1, 2}


def test_learned_weights_make_better_lists_for_held_out_users_than_the_defaults():
    model, (_, split) = fitted(0), fitter(0)
    default = replace(
        model,
        weight=np.array([glass.POPULARITY, *(weight for *_, weight in glass.FEATURES)]),
        extras=replace(model.extras.quiet(), searches=model.extras.searches),
    )
    wanted = ITEMS.codes([targets[0] for targets in split.test.targets])

    def gain(one):
        scores = one.score(split.test.queries)
        places = (scores > scores[np.arange(len(wanted)), wanted][:, None]).sum(axis=1) + 1
        return float(np.where(places <= 10, 1 / np.log2(1 + places), 0).mean())

    assert gain(model) > gain(default)


@PARTS
def test_what_an_event_gives_splits_exactly_over_what_the_item_is_made_of(latents):
    model = fitted(latents)
    for query in histories(latents)[:10]:
        for item in ("i3", "i4", f"i{N_ITEMS - 1}"):  # red, blue and big, new
            units, by = model.attributes(query, item)
            whole = model.contributions(query, [item])
            assert units == whole.units
            np.testing.assert_allclose(sum(by.values()), whole.weight[:, 0], atol=1e-12)
            told = {name for name in by if name[0] == "colour"}
            assert told == ({("colour", "red")} if int(item[1:]) % 2 else {("colour", "blue"), ("colour", "big")})
    assert model.attributes(query, "stranger")[1] == {}


@PARTS
def test_what_attributes_give_in_the_mean_is_that_over_all_items(latents, monkeypatch):
    model = whole(latents)
    for query in histories(latents)[:3]:
        wanted = {}
        for item in ITEMS.ids:
            for (family, value), given in model.attributes(query, item)[1].items():
                if value:
                    wanted[family] = wanted.get(family, 0.0) + float(given.sum()) / len(ITEMS)
        assert model.attribute_means(query) == pytest.approx(wanted, abs=1e-9)
    assert set(wanted) >= {"colour", "words"} if latents else {"colour"}
    monkeypatch.setattr(glass, "MOST_NEW", 1)  # one stands for all
    assert set(model.attribute_means(query)) == set(wanted)


def test_learning_goes_on_from_a_part_that_was_learned_before_also_with_other_items_and_content():
    before, (fitter_before, _) = fitted(2), fitter(2)
    one = before.latents[0]
    again = Vocabulary.of(["brand new", *ITEMS.ids[:0:-1]])
    items, columns = before.items.codes(again.ids).astype(int), np.array([2, -1, 0])
    sizes = {"items": len(again), "item_content": 3}
    fresh = {name: np.full((size, 8), 9.0, np.float32) for name, size in sizes.items()}
    found = one.carried(before.content.matrix, items, columns, fresh)
    assert (found["items"][0] == 9).all()
    assert (found["item_content"][1] == 9).all()
    np.testing.assert_array_equal(found["item_content"][[0, 2]], one.content[[2, 0]].astype(np.float32))
    joined = found["items"][1:] + before.content.matrix[items[1:]] @ one.content
    np.testing.assert_allclose(joined, one.targets[items[1:]], atol=1e-6)
    # With steps that are next to nothing, what was learned is what comes out; begun anew, it is not.
    slow = replace(fitter_before.settings, models=ModelSettings(options={"glass": {**OPTIONS, "rate": 1e-9}}))
    still = replace(fitter_before, settings=slow, chosen=fitter_before, validation=None, fitted={})
    kept = replace(still, warm={"glass": before}, fitted={}).fit("glass")
    assert [part.epochs for part in kept.latents] == [part.epochs for part in before.latents]
    np.testing.assert_allclose(kept.latents[0].targets, one.targets, atol=1e-5)
    assert not np.allclose(still.fit("glass").latents[0].targets, one.targets, atol=1e-2)


@PARTS
def test_new_items_are_placed_by_what_they_are_like_and_weigh_as_often_as_they_are_wanted(latents):
    model, query = fitted(latents), histories(latents)[3]
    assert model.newcomers.codes.tolist() == list(range(N_ITEMS - N_NEW, N_ITEMS))
    scores = model.score([query])[0]
    red, blue = scores[-N_NEW + 1 :: 2], scores[-N_NEW::2]
    assert len(set(red.tolist())) == len(set(blue.tolist())) == 1  # nothing else is known of them
    assert red[0] != blue[0]
    assert scores[-N_NEW:].max() < scores[:-N_NEW].max()  # since nobody wanted one in validation


def test_vectors_that_the_shop_gives_belong_to_what_an_item_is_made_of():
    made = fitter(2)[0]
    given = objects([[float(code % 2), float(code % 3)] for code in range(N_ITEMS)])
    catalog = replace(made.tables.catalog, media={"given": given})
    model = replace(made, tables=SimpleNamespace(catalog=catalog, users=None), fitted={}).fit("glass")
    query = histories(2)[3]
    _, by = model.attributes(query, "i3")
    assert {("given", "0"), ("given", "1"), ("colour", "red")} <= set(by)
    np.testing.assert_allclose(sum(by.values()), model.contributions(query, ["i3"]).weight[:, 0], atol=1e-12)


def test_a_member_that_has_no_table_is_refused_by_name():
    with pytest.raises(SettingsError, match=r"got 'markof' \(did you mean 'markov'\?\)"):
        fit_small([events_of([0, 1])], members=["markof"])


def test_a_disliked_item_speaks_against_what_follows_it():
    model = fitted(0)
    liked, disliked = (
        model.score([Query(at=1e9, history=History.of([("i4", kind, 0.0)]))], ["i5"])[0, 0]
        for kind in ("like", "dislike")
    )
    empty = model.score([Query(at=1e9, history=History.of([None]))], ["i5"])[0, 0]
    assert liked > empty > disliked


def shop_where(what, seed=0, n_users=300):
    """A shop of random purchases where, in most steps, one thing says what comes next."""
    rng = np.random.default_rng(seed)
    rows = []
    for u in range(n_users):
        on_web, day = -1, float(rng.integers(300))
        for _ in range(int(rng.integers(4, 12))):
            day += float(rng.integers(1, 9))
            hour, platform, text = float(rng.integers(24)), ("web", "tv")[rng.integers(2)], None
            place = int(rng.integers(40))
            if what == "hour" and rng.random() < 0.7:
                place = int(hour) % 12
            elif what == "platform" and on_web >= 0 and rng.random() < 0.7:
                place = (on_web + 1) % 40
            elif what == "search" and rng.random() < 0.7:
                text = f"w{place % 20}"
            on_web = place if platform == "web" else on_web
            if text:
                rows.append((u, -1, KIND_CODE["search"], DAY_S * day, platform, text))
            rows.append((u, place, KIND_CODE["purchase"], DAY_S * day + 3600 * hour, platform, None))
    user, item, kind, at, platform, text = zip(*sorted(rows, key=lambda row: row[3]), strict=True)
    n = len(rows)
    log = Events(
        users=Vocabulary.of([f"u{u}" for u in range(n_users)]), items=ITEMS, user=np.array(user, np.int32),
        item=np.array(item, np.int32), kind=np.array(kind, np.int8), at=np.array(at), text=objects(text),
        value=np.full(n, np.nan, np.float32), event_id=objects([f"e{k}" for k in range(n)]), platform=objects(platform),
    )  # fmt: skip
    settings = Settings(models=ModelSettings(options={"glass": {"rivals": 40}}))
    settings = replace(settings, events=replace(settings.events, request_time=what == "hour"))
    split = loo(log, settings)
    tables = SimpleNamespace(catalog=Catalog(ITEMS), users=None)
    return Fitter(split.train, tables, settings, validation=split.validation).fit("glass"), split


def hits(model, split):
    wanted = ITEMS.codes([targets[0] for targets in split.test.targets])
    scores = model.score(split.test.queries)
    return float(((scores > scores[np.arange(len(wanted)), wanted][:, None]).sum(axis=1) < 1).mean())


@pytest.mark.parametrize("what", ["hour", "platform", "search"])
def test_what_says_what_comes_next_is_found(what):
    model, split = shop_where(what)
    plain = replace(model, extras=model.extras.quiet())
    assert hits(model, split) > hits(plain, split) + 0.02
    if what == "hour":
        assert model.extras.context.weight["hour"] > 0
    if what == "platform":
        strengths = model.extras.strengths
        more = dict(zip(strengths.platforms, strengths.more["platform"], strict=True))
        assert more["web"] > more["tv"]


def test_what_says_nothing_is_left_out():
    model, _ = shop_where("nothing")
    assert not model.extras.context.weight and not model.extras.strengths.more
