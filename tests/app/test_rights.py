"""The shopper's rights over HTTP and on the command line: each works on the next list, and each can be undone."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_service import FIRST_AT, N_ITEMS, N_USERS, Client, small_service

from whyrec.app.cli import main
from whyrec.core.errors import UsageError
from whyrec.store.records import query_to_json

KINDS = ["view", "purchase", "like", "dislike", "hide", "cart", "search"]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with small_service(tmp_path_factory.mktemp("service")) as client:
        yield client


def wish(client, user, **said):
    return client.ok("PUT", "/v1/preferences", json={"user_id": user, **said})


def undo(client, user, kept):
    client.say(user_id=user, kind="undo", feedback_id=kept["feedback_id"])


def see(client, user):
    return client.ok("GET", "/v1/profile", params={"user_id": user})


people = st.sampled_from([f"u/{n}" for n in range(20, N_USERS)] + ["new one", "another"])
events = st.lists(st.tuples(people, st.sampled_from(KINDS), st.integers(0, N_ITEMS - 1)), max_size=6)


@given(events, people, people, st.sampled_from(["personal", "content", "related"]), st.booleans())
@settings(max_examples=25)
def test_with_personalisation_off_two_shoppers_get_the_same_list(client, happened, one, other, scenario, minor):
    shop = client.shop
    rows = [
        {"user_id": u, "kind": k, **({"text": "thing"} if k == "search" else {"item_id": f"item {n}"})}
        for u, k, n in happened
    ]
    shop.add_events([*rows, {"user_id": one, "item_id": "item 3", "kind": "purchase"}])
    ids = [shop.set_preferences(one, **({"minor": True} if minor else {"personalised": False}))["feedback_id"]]
    ids += [shop.set_preferences(other, personalised=False)["feedback_id"]]
    try:
        request = {"scenario": scenario, "context": ["item 2"], "n": 30, "at": FIRST_AT * 1.1}
        same = [shop.query(user, **request) for user in (one, other, None)]
        lists = [shop.recommend_query(query).items for query in same]
        assert lists[0] == lists[1]
        assert query_to_json(same[0]) == query_to_json(same[1]), "the whole query is the same, not the list alone"
        assert lists[0] == lists[2], "and it is the list of nobody"
    finally:
        for user, name in zip((one, other), ids, strict=True):
            assert shop.undo(user, name)


def test_personalisation_off_and_on_again(client: Client):
    before, popular = client.list(user_id="u/1")["items"], client.list()["items"]
    kept = wish(client, "u/1", personalised=False)
    assert (kept["personalised"], kept["profiled"], kept["sharing"]) == (False, False, False)
    assert client.list(user_id="u/1")["items"] == popular != before
    assert client.list(user_id="u/1", personalised=True)["items"] == popular, "a request cannot overrule the shopper"
    assert see(client, "u/1")["tags"] == [], "nothing is inferred"
    undo(client, "u/1", kept)
    assert client.list(user_id="u/1")["items"] == before
    wish(client, "u/1", personalised=False)
    assert wish(client, "u/1", personalised=True)["profiled"]
    assert client.list(user_id="u/1")["items"] == before


def test_the_newest_word_counts_and_the_others_stay(client: Client):
    wish(client, "wisher", sharing=True)
    kept = wish(client, "wisher", personalised=False)
    assert (kept["sharing"], kept["personalised"], kept["minor"]) == (True, False, False)
    shop = client.shop
    assert shop.query("wisher").preferences.sharing is False, "who is not profiled shares nothing"
    undo(client, "wisher", kept)
    assert shop.query("wisher").preferences.sharing is True
    first = wish(client, "wisher", minor=True, feedback_id="once")
    assert wish(client, "wisher", minor=True, feedback_id="once")["accepted"] is False and first["accepted"] is True


def test_a_minor_is_not_profiled_nor_learned_from(client: Client):
    shop, popular = client.shop, client.list()["items"]
    kept = wish(client, "u/2", minor=True)
    wish(client, "u/2", personalised=True)
    assert client.list(user_id="u/2")["items"] == popular
    learned = shop.tables_with_live_events().events
    code = learned.users.index["u/2"]
    assert not (learned.user == code).any() and (shop.tables.events.user == code).any()
    undo(client, "u/2", kept)
    learned = shop.tables_with_live_events().events
    assert (learned.user == learned.users.index["u/2"]).any()


def test_a_hidden_brand_is_gone_later_items_too_and_back(client: Client):
    before = client.names(user_id="u/3", n=30)
    kept = client.say(user_id="u/3", kind="hide", group="brand=Acme")
    acme = {f"item {n}" for n in range(1, N_ITEMS, 2)}
    new = {"item_id": "later", "title": "Later", "categories": {"brand": ["Acme"]}}
    client.ok("POST", "/v1/items", json={"items": [new]})
    after = client.names(user_id="u/3", n=60)
    assert not acme & set(after) and "later" not in after and set(after) == {n for n in before if n not in acme}
    made = client.list(user_id="u/3")
    why = client.ok("GET", f"/v1/recommendations/{made['id']}/explanation", params={"item_id": "item 1"})
    assert why["fell_by"] == "hidden brand"
    client.ok("DELETE", "/v1/items", params={"item_id": "later"})
    undo(client, "u/3", kept)
    assert client.names(user_id="u/3", n=30) == before
    assert "did you mean 'brand'" in client.fails(
        404, "POST", "/v1/feedback", json={"user_id": "u/3", "kind": "hide", "group": "bran=Acme"}
    )


def test_a_wrong_reason_and_a_rating_of_a_reason_change_no_list(client: Client):
    made = client.list(user_id="u/4")
    item = made["items"][0]["item_id"]
    about = {"user_id": "u/4", "item_id": item, "answers": made["id"], "position": 1}
    kept = [client.say(**about, kind="wrong_reason"), client.say(**about, kind="helpful", helpful=False)]
    assert client.list(user_id="u/4")["items"] == made["items"]
    said = {one["feedback_id"]: one for one in see(client, "u/4")["said"]}
    assert said[kept[0]["feedback_id"]]["kind"] == "wrong_reason" and said[kept[1]["feedback_id"]]["value"] == 0.0
    stored = {row.event_id: row for row in client.shop.store.events_of("u/4")}
    assert stored[kept[1]["feedback_id"]].position == 1 and stored[kept[1]["feedback_id"]].answers == made["id"]
    undo(client, "u/4", kept[0])
    assert [one["kind"] for one in see(client, "u/4")["said"]] == ["helpful"]
    for fields in ({"kind": "helpful"}, {"kind": "like", "helpful": True}):
        said = client.fails(422, "POST", "/v1/feedback", json={"user_id": "u/4", "item_id": item, **fields})
        assert "expected helpful, true or false" in said


def test_the_profile_counts_what_happened(client: Client):
    shop = client.shop
    client.events(*({"user_id": "counted", "item_id": f"item {n}", "kind": "view"} for n in (1, 3, 4)))
    client.events({"user_id": "counted", "item_id": "item 3", "kind": "purchase"})
    found = see(client, "counted")
    tags = {tag["tag"]: tag for tag in found["tags"]}
    assert set(tags) == {"brand=Acme", "brand=Lumo"}
    assert tags["brand=Acme"]["events"] == 3 and tags["brand=Acme"]["kinds"] == {"view": 2, "purchase": 1}
    assert (found["events"]["n"], found["events"]["imported"]) == (4, 0)
    assert tags["brand=Lumo"]["first_at"] == shop.store.events_of("counted")[2].at
    assert see(client, "u/5")["events"]["imported"] == 12
    nobody = see(client, "never seen")
    assert nobody["tags"] == [] and nobody["events"]["n"] == 0 and nobody["profiled"] is True


def test_a_deleted_tag_leaves_nothing_and_an_undo_brings_it_back(client: Client):
    user, shop = "u/6", client.shop
    before = client.list(user_id=user)["items"]
    kept = client.ok("DELETE", "/v1/profile/tags", params={"user_id": user, "tag": "brand=Acme"})
    assert [tag["tag"] for tag in see(client, user)["tags"]] == ["brand=Lumo"]
    query = shop.query(user)
    assert not [item for item in query.history.item if int(item.split()[1]) % 2]
    assert None not in query.history.item, "no tombstone stays"
    learned = shop.tables_with_live_events().events
    mine = learned.history(learned.rows_of(learned.users.index[user])).item
    assert mine.tolist() == query.history.item.tolist(), "nothing is learned from it either"
    client.events({"user_id": user, "item_id": "item 7", "kind": "view"})
    assert "brand=Acme" in [tag["tag"] for tag in see(client, user)["tags"]], "later events count again"
    undo(client, user, kept)
    shop.store.write(lambda c: c.exec_driver_sql("DELETE FROM events WHERE user_id = 'u/6' AND kind = 'view'"))
    assert client.list(user_id=user)["items"] == before
    said = client.fails(404, "DELETE", "/v1/profile/tags", params={"user_id": user, "tag": "brand=Acne"})
    assert "did you mean 'brand=Acme'" in said


def test_what_a_shopper_disliked_or_hid_stays_so_when_its_tag_is_deleted(client: Client):
    for kind, item in (("dislike", "item 11"), ("hide", "item 13"), ("view", "item 15")):
        client.events({"user_id": "firm", "item_id": item, "kind": kind})
    client.ok("DELETE", "/v1/profile/tags", params={"user_id": "firm", "tag": "brand=Acme"})
    names = client.names(user_id="firm", n=30)
    assert "item 11" not in names and "item 13" not in names and "item 15" in names


def test_what_was_bought_goes_or_stays_by_the_shops_rule(client: Client):
    shop, past = client.shop, {"user_id": "buyer", "item_id": "item 26", "kind": "view"}
    client.events(past)
    first = client.names(user_id="buyer")[0]
    client.events({"user_id": "buyer", "item_id": first, "kind": "purchase"})
    try:
        for repeats in (False, True):
            shop.__dict__["repeats"] = repeats
            assert (first in client.names(user_id="buyer", n=30)) is repeats
    finally:
        del shop.__dict__["repeats"]


def test_an_export_holds_everything(client: Client):
    user = "u/7"
    made = client.list(user_id=user)
    client.events({"user_id": user, "item_id": "item 9", "kind": "view", "event_id": "exported"})
    kept = client.say(user_id=user, kind="hide", item_id="item 1")
    undo(client, user, kept)
    client.shop.store.check()
    found = client.ok("GET", "/v1/export", params={"user_id": user})
    assert len(found["log"]) == 12 and {row["user_id"] for row in found["log"]} == {user}
    assert {"exported", kept["feedback_id"]} <= {row["event_id"] for row in found["events"]}, "undone ones too"
    assert made["id"] in [one["id"] for one in found["lists"]]
    assert found["profile"]["events"]["n"] == 13
    assert client.ok("GET", "/v1/export", params={"user_id": "never seen"})["log"] == []


def test_preferences_must_say_something(client: Client):
    assert "got none of them" in client.fails(422, "PUT", "/v1/preferences", json={"user_id": "x"})
    client.fails(422, "PUT", "/v1/preferences", json={"user_id": "x", "personalised": "no"})
    with pytest.raises(UsageError, match="Expected preferences among"):
        client.shop.set_preferences("x")
    for kind, where in (("preference", "PUT /v1/preferences"), ("forget", "DELETE /v1/profile/tags")):
        said = client.fails(422, "POST", "/v1/events", json={"events": [{"user_id": "x", "kind": kind}]})
        assert where in said


def test_rights_on_the_command_line(client: Client, capsys, tmp_path):
    folder = str(client.shop.folder)

    def run(*words, status=0):
        with pytest.raises(SystemExit) as ended:
            main([*words])
        assert ended.value.code == status
        return capsys.readouterr().out

    kept = json.loads(run("preferences", folder, "--user", "u/8", "--no-personalised", "--json"))
    assert kept["profiled"] is False
    assert "everybody's" in run("profile", folder, "--user", "u/8")
    found = json.loads(run("profile", folder, "--user", "u/8", "--undo", kept["feedback_id"], "--json"))
    assert found["profiled"] is True and found["tags"]
    found = json.loads(run("profile", folder, "--user", "u/8", "--forget", "brand=Acme", "--json"))
    assert [tag["tag"] for tag in found["tags"]] == ["brand=Lumo"]
    shown = run("profile", folder, "--user", "u/8")
    assert "brand=Lumo" in shown and "forget" in shown
    run("export", folder, "--user", "u/8", "--out", str(tmp_path / "u8.json"))
    assert len(json.loads((tmp_path / "u8.json").read_text())["log"]) == 12
    assert json.loads(run("export", folder, "--user", "u/8"))["profile"]["user_id"] == "u/8"
    run("profile", folder, "--user", "u/8", "--undo", "nothing", status=2)
    run("profile", folder, "--user", "u/8", "--forget", "brand=None", status=2)
    run("preferences", folder, "--user", "u/8", status=2)
