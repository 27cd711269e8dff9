"""What comes into the store counts in `related`, and in what is said of new items, from the next training on."""

import pytest

from whyrec.app.create import init
from whyrec.core.config import ModelSettings, Settings

DAY_S = 86400
FIRST = 1_600_000_000


@pytest.fixture
def shop(tmp_path):
    rows = [f"s{n},{item},buy,{FIRST + n * DAY_S + at}" for n in range(8) for at, item in enumerate(["tea", "cup"])]
    rows += [f"t{n},{item},buy,{FIRST + n * DAY_S + at}" for n in range(8) for at, item in enumerate(["bat", "ball"])]
    log, items = tmp_path / "events.csv", tmp_path / "items.csv"
    log.write_text("\n".join(["user_id,item_id,event_type,timestamp", *rows]) + "\n", encoding="utf-8")
    shelf = ["tea", "cup", "bat", "ball", "lamp"]
    items.write_text("\n".join(["item_id,title", *(f"{item},The {item}" for item in shelf)]) + "\n", encoding="utf-8")
    with init(tmp_path / "shop", log, items, settings=Settings(models=ModelSettings(names=["markov"]))) as made:
        made.train()
        yield made


def told(shop, item, **request):
    made = shop.recommend_query(shop.query(None, n=4, **request))
    places = {place.item_id: place for place in made.items}
    if item not in places:
        return (), ()
    explanation = shop.explain(query=made.query, item=item)
    return places[item].sources, shop.speech.facts(made.query, explanation)


def buy(shop, *pairs):
    at = FIRST + 20 * DAY_S
    shop.add_events(
        {"user_id": f"live-{n}", "item_id": item, "kind": "purchase", "at": at + n * DAY_S + place}
        for n, pair in enumerate(pairs)
        for place, item in enumerate(pair)
    )


@pytest.mark.parametrize("again", ["update", "train"])
def test_live_purchases_are_counted_together_from_the_next_training_on(shop, again):
    page = {"scenario": "related", "relation": "together", "context": ["tea"]}
    buy(shop, ("tea", "lamp"), ("tea", "lamp"), ("tea", "lamp"))
    before = shop.recommend_query(shop.query(None, n=4, **page))
    assert "together" not in told(shop, "lamp", **page)[0], "lists do not change between two trainings"
    getattr(shop, again)()
    sources, facts = told(shop, "lamp", **page)
    assert sources[0] == "together"
    assert [(fact["item"], fact["how"], fact["count"]) for fact in facts if fact["fact"] == "together"] == [
        ("tea", "baskets", 3)
    ]
    after = shop.recommend_query(shop.query(None, n=4, **page))
    assert [place.item_id for place in before.items] != [place.item_id for place in after.items]


def test_a_new_item_that_was_chosen_meanwhile_is_not_said_to_be_nobodys(shop):
    assert told(shop, "lamp", scenario="new")[1] == ({"fact": "new", "count": 0},)
    buy(shop, ("lamp",), ("lamp", "tea"))
    shop.update()
    assert told(shop, "lamp", scenario="new")[1][0] == {"fact": "new", "count": 2}
