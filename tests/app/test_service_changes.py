"""Events, feedback and items over HTTP: each changes the next list, and an undo gives back the one before."""

import json

import numpy as np
import pytest
from small_service import FIRST_AT, Client, small_service


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with small_service(tmp_path_factory.mktemp("service")) as client:
        yield client


def test_a_new_event_moves_the_next_list_at_once(client: Client):
    before = client.names(user_id="new shopper")
    kept = client.events({"user_id": "new shopper", "item_id": "item 16", "kind": "view"})
    assert (kept["accepted"], kept["duplicates"], len(kept["event_ids"])) == (1, 0, 1)
    after = client.list(user_id="new shopper")
    assert after["items"][0]["item_id"] == "item 17" != before[0]
    assert "Thing 16" in after["items"][0]["reason"]


def test_retries_are_harmless(client: Client):
    batch = [
        {"event_id": "r1", "user_id": "retry", "item_id": "item 1", "kind": "purchase", "quantity": 2, "price": 3.5},
        {"event_id": "r2", "user_id": "retry", "kind": "search", "text": "a thing", "locale": "en"},
    ]
    assert client.events(*batch) == {"accepted": 2, "duplicates": 0, "event_ids": ["r1", "r2"], "suppressed": 0}
    before = client.list(user_id="retry")["items"]
    assert client.events(*batch) == {"accepted": 0, "duplicates": 2, "event_ids": ["r1", "r2"], "suppressed": 0}
    assert client.list(user_id="retry")["items"] == before


def test_a_bad_event_stops_its_batch_and_says_which(client: Client):
    good = {"user_id": "half", "item_id": "item 1", "kind": "view"}
    said = client.fails(422, "POST", "/v1/events", json={"events": [good, {**good, "kind": "veiw"}]})
    assert "body.events.1.kind" in said and "did you mean 'view'" in said
    said = client.fails(422, "POST", "/v1/events", json={"events": [good, {"user_id": "half", "kind": "view"}]})
    assert "expected item_id for the kind 'view'" in said
    said = client.fails(422, "POST", "/v1/events", json={"events": [{**good, "kind": "not_because"}]})
    assert "/v1/feedback" in said
    said = client.fails(409, "POST", "/v1/events", json={"events": [{**good, "at": 1e11}]})
    assert "future" in said
    assert client.shop.store.events_of("half") == []


def test_hide_and_undo(client: Client):
    before = client.list(user_id="u/10")["items"]
    gone = before[0]["item_id"]
    kept = client.say(user_id="u/10", kind="hide", item_id=gone)
    assert kept["accepted"] is True
    assert gone not in client.names(user_id="u/10", n=30)
    assert client.say(user_id="u/10", kind="hide", item_id=gone, feedback_id=kept["feedback_id"])["accepted"] is False
    client.say(user_id="u/10", kind="undo", feedback_id=kept["feedback_id"])
    assert client.list(user_id="u/10")["items"] == before


def test_like_and_dislike_move_what_resembles(client: Client):
    before = {place["item_id"]: place["score"] for place in client.list(n=30)["items"]}
    client.say(user_id="liker", kind="like", item_id="item 26")
    assert client.names(user_id="liker")[0] == "item 27"
    disliked = client.say(user_id="hater", kind="dislike", item_id="item 26")
    after = {place["item_id"]: place["score"] for place in client.list(user_id="hater", n=30)["items"]}
    assert "item 26" not in after and after["item 27"] < before["item 27"]
    client.say(user_id="hater", kind="undo", feedback_id=disliked["feedback_id"])
    assert {place["item_id"]: place["score"] for place in client.list(user_id="hater", n=30)["items"]} == before


def test_not_because_of_an_event_gives_the_promised_list(client: Client):
    made = client.list(user_id="u/11", n=5, explain=True)
    reason = made["items"][0]["explanation"]["reasons"][0]
    shop = client.shop
    query = shop.query("u/11", n=5)
    slot = query.history.event_id.tolist().index(reason["event_id"])
    promised = [(item.item_id, item.score) for item in shop.recommend_query(query.without([slot])).items]
    client.say(user_id="u/11", kind="not_because", event_ids=reason["event_ids"])
    after = client.list(user_id="u/11", n=5)["items"]
    assert [(place["item_id"], place["score"]) for place in after] == promised
    assert after != made["items"]


def test_not_because_of_a_group_holds_for_later_events(client: Client):
    client.say(user_id="u/12", kind="not_because", group="brand=Acme")
    for n in (7, 8):
        client.events({"user_id": "u/12", "item_id": f"item {n}", "kind": "view"})
    history = client.shop.query("u/12").history
    assert history.item[-1] == "item 8" and history.item[-2] is None
    assert not [item for item in history.item if item is not None and int(item.split()[1]) % 2]


def test_feedback_must_fit_its_kind(client: Client):
    wrong = [
        ({"kind": "like"}, "expected item_id for like, got neither"),
        ({"kind": "hide"}, "expected item_id or group for hide, got neither"),
        ({"kind": "like", "group": "brand=Acme"}, "expected item_id for like, got group"),
        ({"kind": "undo"}, "expected feedback_id for undo"),
        ({"kind": "not_because", "item_id": "x"}, "expected event_ids or group for not_because, got item_id"),
        ({"kind": "not_because", "event_ids": ["e1"], "group": "a=b"}, "got event_ids and group"),
        ({"kind": "love", "item_id": "x"}, "'like', 'dislike'"),
    ]
    for fields, told in wrong:
        assert told in client.fails(422, "POST", "/v1/feedback", json={"user_id": "u/13", **fields})
    unknown = [
        ({"event_ids": ["no such event"]}, "events of this shopper"),
        ({"group": "bran=Acme"}, "did you mean 'brand'"),
        ({"group": "days=1..2"}, "send its event_ids"),
    ]
    for fields, told in unknown:
        said = {"user_id": "u/13", "kind": "not_because", **fields}
        assert told in client.fails(404, "POST", "/v1/feedback", json=said)
    for undo in ({"user_id": "u/13", "kind": "undo", "feedback_id": "no such"},):
        client.fails(404, "POST", "/v1/feedback", json=undo)


def test_nobody_undoes_for_another(client: Client):
    kept = client.say(user_id="u/14", kind="hide", item_id="item 3")
    undo = {"user_id": "u/15", "kind": "undo", "feedback_id": kept["feedback_id"]}
    client.fails(404, "POST", "/v1/feedback", json=undo)
    assert "item 3" not in client.names(user_id="u/14", n=30)


def test_off_the_shelf_is_gone_from_the_next_list_and_back(client: Client):
    past = [{"item_id": "item 4", "kind": "view", "at": FIRST_AT}]
    first = client.names(history=past)[0]
    where = {"item_id": first}
    client.ok("DELETE", "/v1/items", params=where)
    assert first not in client.names(history=past, n=30)
    assert client.ok("GET", "/v1/items", params=where)["available"] is False
    client.ok("PATCH", "/v1/items", params=where, json={"available": True})
    assert client.names(history=past)[0] == first


def test_what_is_sold_out_is_gone_from_the_next_list_and_comes_back(client: Client):
    past = [{"item_id": "item 4", "kind": "view", "at": FIRST_AT}]
    first = client.names(history=past)[0]
    where = {"item_id": first}
    for n, there in ((0, False), (3, True), (0.0, False), (None, True)):
        client.ok("PATCH", "/v1/items", params=where, json={"stock": n})
        assert (client.names(history=past)[0] == first) is there
        found = client.ok("GET", "/v1/items", params=where)
        assert (found["stock"], found["available"]) == (n, there)
    client.ok("PATCH", "/v1/items", params=where, json={"stock": 5, "available": False})
    assert first not in client.names(history=past, n=30), "off the shelf, whatever the stock"
    client.ok("PATCH", "/v1/items", params=where, json={"available": True})
    assert client.names(history=past)[0] == first
    for wrong in (-1, 1.5, "3", True):
        client.fails(422, "PATCH", "/v1/items", params=where, json={"stock": wrong})


def test_a_new_price_counts_in_the_next_filter(client: Client):
    asked = {"where": "price < 1.5", "n": 30}
    assert client.names(**asked) == ["item 0"]
    client.ok("PATCH", "/v1/items", params={"item_id": "item 9"}, json={"price": 1.25})
    assert sorted(client.names(**asked)) == ["item 0", "item 9"]
    client.ok("POST", "/v1/items", json={"items": [{"item_id": "item 9", "price": 9.5}]})
    assert client.names(**asked) == ["item 0"]


def test_thousands_of_items_come_as_json_lines(client: Client):
    def send(body, kind="application/x-ndjson"):
        return client.http.post("/v1/items", content=body, headers={"content-type": kind})

    lines = [json.dumps({"item_id": f"bulk {n}", "price": n + 0.5, "stock": n % 2}) for n in range(3000)]
    done = send("\n".join([*lines[:1500], "", *lines[1500:]]) + "\n", "application/x-ndjson; charset=utf-8")
    assert done.status_code == 200 and done.json()["changed"] == 3000
    names = client.names(where="price > 2000 and price < 2010", n=30, exclude=["bulk 2001"])
    assert sorted(names) == [f"bulk {n}" for n in (2003, 2005, 2007, 2009)], "those without stock are not there"
    client.ok("POST", "/v1/items", json={"items": [{"item_id": f"bulk {n}", "available": False} for n in range(3000)]})
    assert client.names(where="price > 2000") == []
    wrong = send('{"item_id": "a"}\n{"item_id": "b", "price": "dear"}')
    assert wrong.status_code == 422 and "body.items.1.price" in wrong.json()["error"]["message"]
    assert send('{"item_id": "a"').status_code == 400 and send("").status_code == 422
    assert client.http.get("/v1/items", params={"item_id": "a"}).status_code == 404, "all or none"


def test_items_are_created_changed_and_replaced(client: Client):
    new = "新/item? 100%&é=🫖"
    made = client.ok(
        "POST",
        "/v1/items",
        json={"items": [{"item_id": new, "title": "Kettle", "categories": {"brand": ["Acme"]}, "price": 5}]},
    )
    assert made["changed"] == 1
    found = client.ok("GET", "/v1/items", params={"item_id": new})
    assert (found["title"], found["learned"], found["numbers"]["price"]) == ("Kettle", False, 5.0)
    assert found["categories"]["brand"] == ["Acme"]
    last = client.list(n=31)["items"][-1]
    assert (last["item_id"], last["sources"], last["reason"]) == (new, ["new"], None)
    client.ok("PATCH", "/v1/items", params={"item_id": new}, json={"title": "Blue kettle"})
    assert client.ok("GET", "/v1/items", params={"item_id": new})["numbers"]["price"] == 5.0
    client.ok("PUT", "/v1/items", params={"item_id": new}, json={"titles": {"zh": "水壶"}})
    found = client.ok("GET", "/v1/items", params={"item_id": new})
    assert found["title"] == "水壶" and "price" not in found["numbers"] and found["categories"]["brand"] == ["unknown"]
    client.ok("DELETE", "/v1/items", params={"item_id": new})
    assert new not in client.names(n=31)


def test_items_that_are_not_there(client: Client):
    for method, options in (("GET", {}), ("DELETE", {}), ("PATCH", {"json": {"price": 1.0}})):
        said = client.fails(404, method, "/v1/items", params={"item_id": "no such item"}, **options)
        assert "item of the catalogue" in said


def test_what_was_answered_is_still_there_when_the_shop_opens_again(client: Client):
    client.events({"event_id": "kept", "user_id": "keeper", "item_id": "item 5", "kind": "view"})
    made = client.list(user_id="keeper")
    from whyrec.app.shop import Shop

    with Shop(client.shop.folder) as again:
        assert [row.event_id for row in again.store.events_of("keeper")] == ["kept"]
        assert again.recommend("keeper").items == client.shop.store.recommendation(made["id"]).items
        merged = again.tables_with_live_events()
    row = merged.events.event_id.tolist().index("kept")
    assert merged.events.users.ids[merged.events.user[row]] == "keeper"
    assert merged.events.items is merged.catalog.items
    assert (np.diff(merged.events.at) >= 0).all()


HOSTILE = [
    (b'{"n": NaN}', 422),
    (b'{"n": Infinity}', 422),
    (b'{"n": ' + str(2**70).encode() + b"}", 422),
    (b'{"n": ' + b"9" * 5000 + b"}", 400),
    (b'{"n": -1}', 422),
    (b'{"n": 0}', 422),
    (b'{"n": 1000000000}', 422),
    (b'{"n": "10"}', 422),
    (b'{"n": true}', 422),
    (b'{"user_id": ""}', 422),
    (b'{"user_id": 7}', 422),
    (b'{"user_id": "a\\u0000b"}', 422),
    (b'{"user_id": "\\ud800"}', 422),
    (b'{"\\ud800": 1}', 422),
    (b'{"exclude": ["\\udfff"]}', 422),
    (b'{"user_id": "' + b"x" * 600 + b'"}', 422),
    (b'{"user_id": "u", "history": []}', 422),
    (b'{"history": [{"item_id": "a", "kind": "view", "at": NaN}]}', 422),
    (b'{"history": [{"item_id": "a", "kind": "view", "at": 1e400}]}', 422),
    (b'{"history": [{"item_id": "a", "kind": "hide", "at": 1}]}', 422),
    (b'{"history": [7]}', 422),
    (b'{"history": [{"item_id": "a", "kind": "view", "at": 1e12}]}', 409),
    (b'{"scenario": "everything"}', 422),
    (b'{"locale": "../../etc"}', 422),
    (b'{"explain": 1}', 422),
    (b'{"unknown": 1}', 422),
    (b"[" * 100_000, 400),
    (b'{"context":' + b"[" * 500 + b"]" * 500 + b"}", 422),
    (b'{"a":' * 100_000, 400),
    (b"", 422),
    (b"null", 422),
    (b"[]", 422),
    (b"{", 400),
    (b"\xff\xfe\x00", 400),
    (b'{"user_id": "\xff"}', 400),
]


@pytest.mark.parametrize(("body", "status"), HOSTILE, ids=lambda value: str(value)[:40])
def test_hostile_requests_are_refused(client: Client, body, status):
    client.fails(status, "POST", "/v1/recommendations", content=body, headers={"content-type": "application/json"})


@pytest.mark.parametrize(
    "fields",
    [
        {"at": float("nan")},
        {"at": float("inf")},
        {"at": -1},
        {"at": 2**70},
        {"value": float("nan")},
        {"price": 1e300},
        {"quantity": "many"},
        {"item_id": "\ud800"},
        {"item_id": "a\0"},
        {"event_id": ""},
        {"answers": "\0"},
        {"text": "x" * 3000},
        {"locale": "x" * 100},
        {"received_at": 1},
        {"reference": "{}"},
        {"withdrawn": True},
    ],
    ids=str,
)
def test_hostile_events_are_refused(client: Client, fields):
    event = {"user_id": "hostile", "item_id": "item 1", "kind": "view", **fields}
    body = json.dumps({"events": [event]})
    client.fails(422, "POST", "/v1/events", content=body, headers={"content-type": "application/json"})
    assert client.shop.store.events_of("hostile") == []


def test_other_wrong_requests(client: Client):
    client.fails(404, "GET", "/v1/nothing")
    client.fails(405, "GET", "/v1/events")
    client.fails(422, "GET", "/v1/recommendations/not-an-id")
    client.fails(422, "GET", "/v1/related")
    client.fails(422, "GET", "/v1/related?item_id=a%00b")
    client.fails(422, "GET", "/v1/related?item_id=item%201&n=0")
    client.fails(422, "GET", "/v1/related?item_id=item%201&n=nan")
    client.fails(422, "POST", "/v1/items", json={"items": [{"item_id": "x", "price": -1}]})
    client.fails(422, "POST", "/v1/items", json={"items": [{"item_id": "x", "numbers": {"": 1}}]})
    bad = '{"items": [{"item_id": "x", "numbers": {"weight": NaN}}]}'
    client.fails(422, "POST", "/v1/items", content=bad, headers={"content-type": "application/json"})


def test_large_bodies_are_refused_also_when_they_come_in_pieces(client: Client):
    limit = client.shop.settings.serve.body_kb * 1024
    said = client.fails(413, "POST", "/v1/events", content=b" " * (limit + 1))
    assert "1024 KB" in said
    client.fails(413, "POST", "/v1/events", content=iter([b" " * 60_000] * (limit // 60_000 + 1)))


def test_a_request_keeps_its_own_id(client: Client):
    answer = client.http.get("/v1/nothing", headers={"x-request-id": "mine-1"})
    assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"] == "mine-1"
    answer = client.http.get("/healthz", headers={"x-request-id": "not so\tgood"})
    assert len(answer.headers["x-request-id"]) == 32


def test_a_failing_store_is_told_and_lists_go_on(client: Client):
    store = client.shop.store
    full = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    for table in ("events", "meta"):
        trigger = f"CREATE TRIGGER full_{table} BEFORE INSERT ON {table} {full}"
        store.write(lambda connection, sql=trigger: connection.exec_driver_sql(sql))
    try:
        event = {"user_id": "u/16", "item_id": "item 1", "kind": "view"}
        assert "Free some space" in client.fails(503, "POST", "/v1/events", json={"events": [event]})
        client.fails(503, "GET", "/readyz")
        assert client.names(user_id="u/16")
    finally:
        for table in ("events", "meta"):
            store.write(lambda connection, name=table: connection.exec_driver_sql(f"DROP TRIGGER full_{name}"))
    client.ok("GET", "/readyz")


def test_what_breaks_inside_shows_nobody_a_traceback(client: Client, monkeypatch, caplog):
    def fail(*_, **__):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(type(client.shop), "recommend_query", fail)
    said = client.fails(500, "POST", "/v1/recommendations", json={})
    assert "secret detail" not in said and "secret detail" in caplog.text
