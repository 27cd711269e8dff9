"""Statistics of lists, and the test of prices and places by group."""

import numpy as np
import pytest
from small_service import Client, fit, small_service, write_log

from whyrec.app.create import init
from whyrec.core.errors import UsageError


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with small_service(tmp_path_factory.mktemp("service")) as client:
        yield client


def test_what_became_of_lists(client: Client):
    assert client.ok("GET", "/v1/stats")["click_through"] is None
    one, two = client.list(user_id="u/1", n=4), client.list(user_id="u/2", n=4)
    related = client.ok("GET", "/v1/related", params={"item_id": "item 3", "n": 2})
    answer = {"user_id": "u/1", "answers": one["id"], "position": 2, "item_id": one["items"][1]["item_id"]}
    client.shop.store.check()
    client.events({**answer, "kind": "click"}, {**answer, "kind": "click"}, {**answer, "kind": "purchase"})
    client.events({**answer, "item_id": "not on the list", "kind": "click"})
    client.events({**answer, "answers": "no list", "kind": "click"})
    client.say(**answer, kind="helpful", helpful=True)
    client.say(**{**answer, "item_id": one["items"][2]["item_id"]}, kind="helpful", helpful=False)
    client.say(user_id="u/2", answers=two["id"], item_id=two["items"][0]["item_id"], kind="wrong_reason")
    undone = client.say(user_id="u/2", answers=two["id"], item_id=two["items"][0]["item_id"], kind="hide")
    client.say(user_id="u/2", kind="undo", feedback_id=undone["feedback_id"])
    found = client.ok("GET", "/v1/stats", params={"days": 1})
    assert (found["lists"], found["based_on"], found["impressions"], found["clicks"]) == (3, "lists", 10, 1)
    assert found["click_through"] == 0.1 and found["conversion"] == 1.0 and found["satisfaction"] == 0.5
    assert (found["ratings"], found["wrong_reasons"], found["rejected"]) == (2, 1, 0)
    assert {key: row["impressions"] for key, row in found["by_scenario"].items()} == {"personal": 8, "related": 2}
    assert found["by_model"] == {"markov": {key: found[key] for key in found["by_model"]["markov"]}}
    for name in ("source", "reason"):
        groups = found[f"by_{name}"]
        assert sum(row["impressions"] for row in groups.values()) == 10
        assert sum(row["clicks"] for row in groups.values()) == 1 and "unknown" not in groups
    seen = [{**answer, "item_id": place["item_id"], "kind": "impression"} for place in one["items"][:2]]
    client.events(*seen)
    found = client.ok("GET", "/v1/stats")
    assert found["based_on"] == "impressions" and found["impressions"] == 4, "two seen, and two more answered"
    assert related["items"] and client.fails(422, "GET", "/v1/stats", params={"days": 0})


@pytest.fixture(scope="module")
def grouped(tmp_path_factory):
    """A shop whose even users buy dear things, with a group that says so and one drawn by chance."""
    folder = tmp_path_factory.mktemp("grouped")
    write_log(folder)
    rng = np.random.default_rng(0)
    log = ["user_id,item_id,event_type,timestamp"]
    for user in range(40):
        for step in range(6):
            item = int(rng.integers(15)) + (15 if user % 2 else 0)
            log.append(f"u/{user},item {item},purchase,{1_700_000_000 + step}")
    (folder / "events.csv").write_text("\n".join(log) + "\n")
    people = ["user_id,planted,chance"] + [f"u/{n},{'ab'[n % 2]},{'ab'[int(rng.integers(2))]}" for n in range(40)]
    (folder / "users.csv").write_text("\n".join(people) + "\n")
    with init(folder / "shop", folder / "events.csv", folder / "items.csv", folder / "users.csv") as shop:
        fit(shop, "itemknn")
        yield shop


def test_a_planted_dependence_is_found_and_chance_is_not(grouped):
    planted, chance = grouped.fairness("planted"), grouped.fairness("chance")
    assert "price" in planted["depends"] and planted["measures"]["price"]["p"] < 0.001
    assert planted["measures"]["price"]["means"]["b"] > planted["measures"]["price"]["means"]["a"]
    assert chance["depends"] == [] and chance["measures"]["price"]["p"] > 0.05
    assert sum(planted["measures"]["price"]["shoppers"].values()) == planted["users"] == 40
    assert grouped.fairness("planted") == planted, "the same draw gives the same numbers"
    with pytest.raises(UsageError, match="did you mean 'planted'"):
        grouped.fairness("plantd")
