"""Lists over HTTP: who gets what, with which reasons, and that a stored list can be made again."""

import numpy as np
import pytest
from small_service import DAY, FIRST_AT, Client, fit, small_service

from whyrec.models.markov import Markov
from whyrec.rank.scenarios import SCENARIOS


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with small_service(tmp_path_factory.mktemp("service")) as client:
        yield client


def test_a_list_has_the_agreed_form(client: Client):
    made = client.list(user_id="u/1")
    assert set(made) == {"id", "snapshot", "personalised", "items"} and made["personalised"]
    assert made["snapshot"] == client.shop.live.meta.id
    assert len(made["items"]) == client.shop.settings.serve.n
    for place in made["items"]:
        known = {"item_id", "title", "kind", "price", "picture", "part", "score", "sources", "facts", "reason"}
        assert set(place) == known
        number = int(place["item_id"].removeprefix("item "))
        assert place["price"] == f"US${number}.50" and place["kind"] == "product" and place["picture"] is False
        assert place["title"] == place["item_id"].replace("item", "Thing") and place["reason"]
    scores = [place["score"] for place in made["items"]]
    assert scores == sorted(scores, reverse=True)


def test_the_panel_says_what_the_explanation_measured(client: Client):
    made = client.list(user_id="u/1")
    for place in made["items"][:4]:
        asked = {"params": {"item_id": place["item_id"], "locale": "zh"}}
        why = client.ok("GET", f"/v1/recommendations/{made['id']}/why", **asked)
        whole = client.ok("GET", f"/v1/recommendations/{made['id']}/explanation", **asked)
        assert why["language"] == "zh" and why["title"] == place["title"]
        assert sum(mark["weight"] for mark in why["marks"]) == pytest.approx(
            sum(reason["weight"] for reason in whole["reasons"])
        )
        assert sum(share["weight"] for share in why["shares"]) == pytest.approx(whole["score"])
        by_event = {name: reason["weight"] for reason in whole["reasons"] for name in reason["event_ids"]}
        for reason in why["reasons"]:
            assert sum(by_event[name] for name in reason["event_ids"]) == pytest.approx(reason["weight"])
        assert (why["checked"] is None) or str(whole["necessary"]["rank_after"]) in why["checked"]


def test_what_has_no_panel_is_said(client: Client):
    made = client.list(user_id="u/1")
    message = client.fails(404, "GET", f"/v1/recommendations/{made['id']}/why", params={"item_id": "no such"})
    assert "no such" in message
    client.fails(404, "GET", f"/v1/recommendations/{'0' * 32}/why", params={"item_id": "item 1"})
    assert "none" in client.fails(404, "GET", "/v1/items/picture", params={"item_id": "item 1"})


def test_unknown_users_get_the_popular_list(client: Client):
    popular = client.list()
    assert {source for place in popular["items"] for source in place["sources"]} == {"popular"}
    for user in ("nobody", "🫖", "'; DROP TABLE events; --", "../../etc/passwd"):
        assert client.names(user_id=user) == [place["item_id"] for place in popular["items"]]


def test_an_anonymous_history_leads_to_what_comes_next(client: Client):
    past = [{"item_id": "item 11", "kind": "view", "at": FIRST_AT}]
    assert client.names(history=past, n=1) == ["item 12"]
    assert client.names(history=[*past, None], n=1) == ["item 12"], "a removed event keeps its slot and gives nothing"
    assert client.names(history=[], n=3) == client.names(n=3)


def test_a_request_can_exclude_and_be_short_or_long(client: Client):
    past = [{"item_id": "item 11", "kind": "view", "at": FIRST_AT}]
    assert "item 12" not in client.names(history=past, exclude=["item 12"])
    assert len(client.names(n=1)) == 1
    assert len(client.names(n=1000)) == 30


def test_related_items_go_with_the_page_whoever_asks(client: Client):
    made = client.ok("GET", "/v1/related", params={"item_id": "item 21", "n": 3})
    names = [place["item_id"] for place in made["items"]]
    assert set(names) <= {"item 20", "item 22", "item 23", "item 24"}, "those of its ring, and not itself"
    assert made["items"][0]["sources"] == ["page"]
    assert client.names(scenario="related", context=["item 21"], n=3) == names
    assert client.ok("GET", "/v1/related", params={"item_id": "no/such"})["items"]


def test_reasons_come_in_the_language_asked_for(client: Client):
    english = client.list(user_id="u/2", locale="en")["items"][0]["reason"]
    chinese = client.list(user_id="u/2", locale="zh-CN")["items"][0]["reason"]
    assert english.startswith("Because") and chinese.startswith("因为")


def test_a_whole_explanation_adds_up(client: Client):
    for place in client.list(user_id="u/3", n=3, explain=True)["items"]:
        said = place["explanation"]
        total = said["empty_score"] + sum(reason["weight"] for reason in said["reasons"]) + said["gap"]
        assert total == pytest.approx(said["score"], abs=1e-9)
        assert said["score"] == place["score"] and said["text"] and said["method"] == "exact"


def test_a_stored_list_is_there_with_its_query_and_trace(client: Client):
    made = client.list(user_id="u/4", exclude=["item 1"], text="a thing")
    stored = client.ok("GET", f"/v1/recommendations/{made['id']}")
    assert [place["item_id"] for place in stored["items"]] == [place["item_id"] for place in made["items"]]
    assert stored["query"]["user"] == "u/4" and stored["query"]["exclude"] == ["item 1"]
    assert stored["query"]["history"]["kind"][-1] == "search" and stored["query"]["history"]["text"][-1] == "a thing"
    assert stored["items"][0]["trace"][-1] == "placed 1"


def test_an_item_of_a_stored_list_is_explained(client: Client):
    made = client.list(user_id="u/5", n=5)
    path = f"/v1/recommendations/{made['id']}/explanation"
    third = made["items"][2]
    said = client.ok("GET", path, params={"item_id": third["item_id"]})
    assert (said["score"], said["place"], said["fell_by"]) == (third["score"], 3, None)
    assert said["snapshot"] == made["snapshot"]
    absent = client.ok("GET", path, params={"item_id": client.names(user_id="u/5", n=30)[-1], "locale": "zh"})
    assert absent["place"] is None
    excluded = client.list(user_id="u/5", exclude=["item 7"])
    said = client.ok("GET", f"/v1/recommendations/{excluded['id']}/explanation", params={"item_id": "item 7"})
    assert said["fell_by"] == "excluded"
    assert "snapshot of the list knows" in client.fails(404, "GET", path, params={"item_id": "no such item"})


def test_why_one_item_and_not_another_adds_up_and_keeps_its_snapshot(client: Client):
    made = client.list(user_id="u/5", n=5)
    first, last = made["items"][0], made["items"][-1]
    path, both = (
        f"/v1/recommendations/{made['id']}/contrast",
        {"item_id": first["item_id"], "other_id": last["item_id"]},
    )
    why = client.ok("GET", path, params=both)
    assert why["difference"] == pytest.approx(first["score"] - last["score"], abs=1e-6)
    assert why["empty"] + sum(r["weight"] for r in why["reasons"]) == pytest.approx(why["difference"], abs=1e-6)
    assert why["snapshot"] == made["snapshot"] and {r["kind"] for r in why["reasons"]} <= {"event", "item", "search"}
    back = client.ok("GET", path, params={"item_id": last["item_id"], "other_id": first["item_id"]})
    assert back["difference"] == pytest.approx(-why["difference"])
    assert "snapshot of the list knows" in client.fails(404, "GET", path, params={**both, "other_id": "no such item"})
    asked = {"item_id": first["item_id"], "method": "shapley", "search": "beam"}
    same = client.ok("GET", f"/v1/recommendations/{made['id']}/explanation", params=asked)
    assert same["score"] == first["score"] and same["method"] == "exact"


def test_where_the_model_looks_comes_with_what_that_is_worth(client: Client, monkeypatch):
    made = client.list(user_id="u/5", n=5)
    path, asked = f"/v1/recommendations/{made['id']}/explanation", {"item_id": made["items"][0]["item_id"]}
    assert client.ok("GET", path, params={**asked, "attention": True})["attention"] is None, "markov has none"
    looks = lambda self, query: np.ones((2, len(query.history))) / len(query.history)  # noqa: E731
    monkeypatch.setattr(Markov, "attention", looks, raising=False)
    said = client.ok("GET", path, params={**asked, "attention": True})["attention"]
    assert (said["kind"], said["scale"]) == ("self", "score")
    weights = [event["weight"] for event in said["events"]]
    assert sum(weights) == pytest.approx(1) and len(weights) == 12
    ours, theirs = said["measures"]["reasons"], said["measures"]["attention"]
    assert ours["DEL@5"] <= theirs["DEL@5"]
    assert client.ok("GET", path, params=asked)["attention"] is None, "only where it is asked for"


def test_a_stored_list_replays_to_the_same_list(client: Client):
    made = client.list(user_id="u/6")
    client.events({"user_id": "u/6", "item_id": "item 2", "kind": "view"})
    assert client.list(user_id="u/6")["items"] != made["items"]
    again = client.ok("POST", f"/v1/recommendations/{made['id']}/replay")
    assert (again["same"], again["changed"], again["id"]) == (True, [], made["id"])
    assert [place["score"] for place in again["items"]] == [place["score"] for place in made["items"]]


def test_a_new_snapshot_takes_over_and_old_lists_keep_theirs(client: Client):
    made = client.list(user_id="u/7")
    said = client.ok(
        "GET", f"/v1/recommendations/{made['id']}/explanation", params={"item_id": made["items"][0]["item_id"]}
    )
    old = client.shop.live.meta.id
    fit(client.shop, "popular", now=FIRST_AT + 30 * DAY)
    try:
        later = client.list(user_id="u/7")
        assert later["snapshot"] != old and later["items"] != made["items"]
        again = client.ok("POST", f"/v1/recommendations/{made['id']}/replay")
        assert again["same"] is True
        same = client.ok("GET", f"/v1/recommendations/{made['id']}/explanation", params={"item_id": said["item_id"]})
        assert same == said
    finally:
        fit(client.shop, "markov", now=FIRST_AT + 40 * DAY)


def test_an_unknown_list_is_not_found(client: Client):
    for path in ("", "/explanation?item_id=x"):
        assert "list that was given" in client.fails(404, "GET", f"/v1/recommendations/{'0' * 32}{path}")
    client.fails(404, "POST", f"/v1/recommendations/{'0' * 32}/replay")


def test_health_and_readiness(client: Client):
    assert client.ok("GET", "/healthz") == {"status": "ok"}
    ready = client.ok("GET", "/readyz")
    assert ready == {"status": "ready", "snapshot": client.shop.live.meta.id, "model": "markov", "items": 30}


def test_not_ready_without_a_snapshot(client: Client):
    pointer = client.shop.folder / "snapshots" / "live"
    kept = pointer.read_text()
    pointer.unlink()
    try:
        assert "whyrec train" in client.fails(503, "GET", "/readyz")
        assert "whyrec train" in client.fails(503, "POST", "/v1/recommendations", json={})
        assert client.ok("GET", "/healthz")
    finally:
        pointer.write_text(kept)


def test_the_page_of_the_api_lists_every_call_and_loads_nothing(client: Client):
    page = client.http.get("/docs").text
    for path in client.http.get("/openapi.json").json()["paths"]:
        assert path in page
    assert "http" not in page and "<script" not in page


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
@pytest.mark.parametrize("locale", ["en", "zh", "ja", "es"])
def test_every_scenario_is_a_call_with_reasons_in_four_languages(client: Client, scenario, locale):
    page = {"context": ["item 21"], "relation": "complement"} if scenario == "related" else {}
    made = client.list(user_id="u/1", scenario=scenario, locale=locale, platform="web", **page)
    assert made["items"] and all(place["reason"] for place in made["items"])
    told = {fact["fact"] for place in made["items"] for fact in place["facts"]}
    assert told <= {"related": {"together", "shared"}, "new": {"new", "shared"}, "content": {"shared"}}.get(
        scenario, set()
    )
    if scenario == "related":
        assert "together" in told
        replayed = client.ok("POST", f"/v1/recommendations/{made['id']}/replay")
        assert replayed["same"]


def test_a_scenario_or_relation_that_is_none_is_refused_with_the_nearest(client: Client):
    for body, said in (
        ({"scenario": "relatd"}, "did you mean 'related'"),
        ({"scenario": "related", "relation": "compliment"}, "did you mean 'complement'"),
        ({"relation": "next"}, "only in the scenario related"),
    ):
        assert said in client.fails(422, "POST", "/v1/recommendations", json=body)
