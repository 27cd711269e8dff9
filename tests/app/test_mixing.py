"""Adaptive mixing through the calls of a shop: what it follows, what it leaves alone, and that lists stay exact."""

import json
from dataclasses import replace

import numpy as np
import pytest
from small_service import FIRST_AT, make_shop

from whyrec import models
from whyrec.app.shop import Shop
from whyrec.core.config import read_settings, write_settings
from whyrec.learn import snapshot
from whyrec.rank import adapt


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A shop with a blend and `[adapt] on`."""
    place = tmp_path_factory.mktemp("mixing")
    make_shop(place).close()
    path = place / "shop" / "whyrec.toml"
    settings = read_settings(path)
    members = {"blend": {"members": ["markov", "itemknn", "popular"]}}
    chosen = replace(settings.models, names=["blend"], options=members)
    rules = replace(settings.rules, explore=0.2)
    write_settings(replace(settings, models=chosen, rules=rules, adapt=replace(settings.adapt, on=True)), path)
    with Shop(place / "shop") as shop:
        shop.train()
        live, place_of = shop.live, place / "shop" / "snapshots"
        weight = np.full(len(live.model.members), 1 / len(live.model.members))  # whatever validation took
        config = models.configure("blend", shop.settings)
        model = replace(live.model, weight=weight)
        made = snapshot.save(place_of, "blend", model, config, shop.settings, {}, FIRST_AT)
        snapshot.set_live(place_of, made.id)
    return place / "shop"


@pytest.fixture
def shop(folder):
    with Shop(folder) as shop:
        yield shop


def names(shop):
    return [mix.name for mix in adapt.arms(shop.live.model, shop.settings.adapt.newest)]


def answer(shop, user, good, rounds):
    """Take up the first three items of lists with this mix, and nothing else; returns the mixes that were shown."""
    shown = []
    for _ in range(rounds):
        made = shop.recommend(user)
        shown.append(made.query.mix.name)
        if shown[-1] == good:
            rows = [{"user_id": user, "item_id": one.item_id, "kind": "click"} for one in made.items[:3]]
            shop.add_events([{**row, "answers": made.id} for row in rows])
    return shown


def test_a_list_keeps_its_mix_replays_and_is_explained_with_it(shop):
    seen = set()
    for way in adapt.arms(shop.live.model, 4):
        query = replace(shop.query("u/1"), mix=way)
        made = shop.recommend_query(query)
        shop.store.save_recommendation(made)
        kept = shop.store.recommendation(made.id)
        assert kept.query.mix == way and kept.items == made.items
        assert shop.recommend_query(kept.query).items == made.items
        score = {one.item_id: one.score for one in made.items}
        for found in shop.explain_items(kept.query, list(score)):
            parts = found.empty_score + sum(reason.weight for reason in found.reasons)
            assert parts == pytest.approx(score[found.item_id], abs=1e-5) and abs(found.gap) < 1e-5
            assert sum(found.members.values()) == pytest.approx(score[found.item_id], abs=1e-5)
            one = next((reason for reason in found.reasons if reason.slots), None)
            if one is not None:
                masked = shop.scored(query).score([query.without(one.slots)], [found.item_id])[0, 0]
                assert score[found.item_id] - masked == pytest.approx(one.weight, abs=1e-5), "as the reason says"
        seen.add(tuple(score.values()))
        told = shop.trace(made)
        assert told.rules[0].startswith(f"mix {way.name}: chosen by what earlier lists")
    assert len(seen) == len(adapt.arms(shop.live.model, 4)) > 1


def test_it_follows_what_a_shopper_takes_up_and_a_restart_changes_nothing(shop, folder):
    good = names(shop)[1]
    answer(shop, "u/2", good, 25)
    shop.mixing.refresh()  # as it is once a minute: what the clicks of this shop are worth
    assert answer(shop, "u/2", good, 10).count(good) >= 8
    now = shop.query("u/2", n=7).mix
    with Shop(folder) as again:
        assert again.query("u/2", n=7).mix == now, "all is in the store"
        assert again.query("u/2").rules.explore == shop.query("u/2").rules.explore
    shop.mixing.refresh()
    assert shop.query("u/3").mix.name == good, "whom nothing is known of begins where others are"


def test_explored_places_that_are_taken_up_are_more(shop):
    before = shop.query("u/4").rules.explore
    for _ in range(12):
        made = shop.recommend("u/4")
        drawn = [one.item_id for one in made.items if "explore" in one.sources]
        shop.add_events([{"user_id": "u/4", "item_id": i, "kind": "click", "answers": made.id} for i in drawn])
    assert adapt.LEAST <= before < shop.query("u/4").rules.explore <= adapt.MOST


def test_only_personal_lists_of_profiled_shoppers_have_a_mix(shop, folder):
    assert shop.query("u/5").mix is not None
    for asked in ({"personalised": False}, {"at": 1_800_000_000.0}, {"scenario": "related", "context": ["item 3"]}):
        assert shop.query("u/5", **asked).mix is None
    assert shop.query(history=[("item 1", "view", 1.7e9)]).mix is None and shop.query().mix is None
    shop.set_preferences("u/5", minor=True)
    shop.set_preferences("u/6", personalised=False)
    for user in ("u/5", "u/6"):
        assert shop.query(user).mix is None
    with Shop(folder) as other:
        other.settings = replace(other.settings, adapt=replace(other.settings.adapt, on=False))
        assert other.query("u/7").mix is None
        assert json.loads(json.dumps(other.store.mixes(5, "u/7"))) == []


def test_who_is_erased_taught_nothing(shop):
    answer(shop, "u/8", names(shop)[2], 5)
    assert len(shop.store.mixes(20, "u/8")) == 5
    shop.erase("u/8")
    assert shop.store.mixes(20, "u/8") == []


def test_the_catalogue_holds_up_over_twenty_rounds_of_the_loop(shop):
    """Shown, taken up, learned from: what is listed anywhere does not shrink to a few items."""
    coverage = []
    for _ in range(20):
        listed = set()
        for user in range(10, 22):
            made = shop.recommend(f"u/{user}", n=5)
            listed |= {one.item_id for one in made.items}
            row = {"user_id": f"u/{user}", "item_id": made.items[0].item_id, "kind": "click", "answers": made.id}
            shop.add_events([row])
        coverage.append(len(listed))
    assert np.mean(coverage[-5:]) >= 0.8 * np.mean(coverage[:5]), coverage
