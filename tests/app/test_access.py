"""Keys, roles, tokens and limits: who may call what, and that nobody reads or moves what is another's."""

import base64
import json
import logging
import time

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_service import Client, make_shop, served

from whyrec.app import access
from whyrec.app.cli import main
from whyrec.core.config import AccessSettings, Settings
from whyrec.core.errors import SettingsError, UsageError
from whyrec.data import privacy
from whyrec.store import keys


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with make_shop(tmp_path_factory.mktemp("keyed")) as shop:
        settings = AccessSettings(origins=["https://shop.example"], address_rate=0.0, shopper_rate=0.0)
        shop.settings = Settings(**{**vars(shop.settings), "access": settings})
        yield shop


@pytest.fixture(scope="module")
def key(shop):
    """One key a role."""
    return {role: access.add_key(shop.store, role, "test", time.time())[0] for role in access.ROLES}


@pytest.fixture(scope="module")
def address(shop, key):
    with served(shop) as address:
        yield address


OPENED = []


def caller(address, said=None):
    headers = {} if said is None else {"authorization": f"Bearer {said}"}
    OPENED.append(httpx.Client(base_url=address, timeout=30, headers=headers))
    return Client(OPENED[-1])


@pytest.fixture(scope="module", autouse=True)
def closed():
    yield
    for http in OPENED:
        http.close()


@pytest.fixture(scope="module")
def backend(address, key):
    return caller(address, key["backend"])


@pytest.fixture(scope="module")
def ann(address, backend):
    return caller(address, backend.ok("POST", "/v1/tokens", json={"user_id": "u/1"})["token"])


def test_without_a_key_only_what_is_public_is_open(address):
    nobody = caller(address)
    for path in ("/healthz", "/readyz", "/docs", "/openapi.json", "/v1/transparency"):
        assert nobody.http.get(path).status_code == 200, path
    assert "Bearer" in nobody.fails(401, "POST", "/v1/recommendations", json={})
    assert nobody.http.post("/v1/recommendations", json={}).headers["www-authenticate"] == "Bearer"
    for path in ("/v1/nothing", "/v1/items?item_id=item%201", "/console", "/console/_nicegui_ws/"):
        nobody.fails(401, "GET", path)
    assert nobody.http.get("/console").headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize("said", ["x", "wk_", "wk_0000_1", "wt_", "wt_W10.0", "wk_é_é", "wt_" + "a" * 5000, "é"])
def test_what_is_no_key_opens_nothing(address, said):
    answer = httpx.get(f"{address}/v1/related?item_id=a", headers=[(b"authorization", b"Bearer " + said.encode())])
    assert answer.status_code == 401 and answer.json()["error"]["code"] == "unauthorised"


def test_each_role_may_do_its_own(address, key):
    calls = {
        ("POST", "/v1/recommendations"): {"backend", "operator"},
        ("POST", "/v1/tokens"): {"backend", "operator"},
        ("DELETE", "/v1/items?item_id=none"): {"backend", "operator"},
        ("GET", "/v1/items?item_id=item%201"): {"backend", "operator", "auditor"},
        ("GET", f"/v1/recommendations/{'0' * 32}"): {"backend", "operator", "auditor"},
        ("GET", "/v1/not-yet-thought-of"): {"operator", "auditor"},
        ("POST", "/v1/not-yet-thought-of"): {"operator"},
        ("GET", "/console"): {"operator"},
    }
    for (method, path), may in calls.items():
        for role, said in key.items():
            status = caller(address, said).http.request(method, path, json=None).status_code
            assert (status not in (401, 403)) == (role in may), (method, path, role, status)


def test_every_call_of_the_document_has_a_rule_on_purpose(address):
    """A call that is added without a thought is for operators, never for a shopper."""
    for path, methods in httpx.get(f"{address}/openapi.json").json()["paths"].items():
        for method in methods:
            allowed = access._allowed(method.upper(), path)
            assert allowed <= {"shopper", *access.ROLES} and "operator" in allowed
    assert access._allowed("POST", "/v1/erase/all") == {"operator"}


def test_a_browser_at_the_console_gives_the_key_as_a_password(address, key):
    for role, status in (("operator", 404), ("backend", 403)):  # 404: no console is mounted here
        assert httpx.get(f"{address}/console", auth=("anybody", key[role])).status_code == status
    assert httpx.get(f"{address}/console", headers={"authorization": "Basic !"}).status_code == 401


def test_a_shopper_has_own_lists_events_and_feedback_only(backend, ann, address):
    bob = caller(address, backend.ok("POST", "/v1/tokens", json={"user_id": "u/2"})["token"])
    mine = ann.list(user_id="u/1", n=3)
    item = mine["items"][0]["item_id"]
    for call in ("", f"/explanation?item_id={item}", f"/contrast?item_id={item}&other_id={item}"):
        ann.ok("GET", f"/v1/recommendations/{mine['id']}{call}")
        assert "list that was given" in bob.fails(404, "GET", f"/v1/recommendations/{mine['id']}{call}")
    bob.fails(404, "POST", f"/v1/recommendations/{mine['id']}/replay")
    bob.fails(403, "POST", "/v1/recommendations", json={"user_id": "u/1"})
    view = {"item_id": "item 1", "kind": "view"}
    bob.fails(403, "POST", "/v1/events", json={"events": [{**view, "user_id": "u/2"}, {**view, "user_id": "u/1"}]})
    for said in ({"kind": "like", "item_id": "item 1"}, {"kind": "undo", "feedback_id": "x"}):
        bob.fails(403, "POST", "/v1/feedback", json={"user_id": "u/1", **said})
    bob.fails(403, "POST", "/v1/tokens", json={"user_id": "u/1"})
    for path in ("/v1/profile", "/v1/export"):
        bob.fails(403, "GET", path, params={"user_id": "u/1"})
        assert bob.ok("GET", path, params={"user_id": "u/2"})
    bob.fails(403, "PUT", "/v1/preferences", json={"user_id": "u/1", "personalised": False})
    bob.fails(403, "DELETE", "/v1/profile/tags", params={"user_id": "u/1", "tag": "brand=Acme"})
    bob.fails(403, "PUT", "/v1/preferences", json={"user_id": "u/2", "minor": False})
    backend.ok("PUT", "/v1/preferences", json={"user_id": "u/2", "minor": False})
    bob.fails(403, "PATCH", "/v1/items", params={"item_id": "item 1"}, json={"price": 1})
    assert bob.list(n=2)["items"] and bob.ok("GET", "/v1/related", params={"item_id": "item 1"})["items"]


def test_an_anonymous_history_is_its_shoppers_own(backend, ann, address):
    bob = caller(address, backend.ok("POST", "/v1/tokens", json={"user_id": "u/2"})["token"])
    past = [{"item_id": "item 1", "kind": "view", "at": 1_700_000_000}]
    mine, everybodys, shops = ann.list(history=past), backend.list(), backend.list(history=past)
    for made, readers in ((mine, {ann}), (everybodys, {ann, bob}), (shops, set())):
        for who in (ann, bob):
            status = who.http.get(f"/v1/recommendations/{made['id']}").status_code
            assert (status == 200) == (who in readers)


def test_a_list_stays_its_owners_once_it_is_on_the_disk(shop, backend, ann):
    mine = ann.list(user_id="u/1", personalised=False)
    for _ in range(100):
        if mine["id"] not in shop.store._pending:
            break
        time.sleep(0.01)
    made, owner = shop.store.owned_recommendation(mine["id"])
    assert made.query.user is None and owner == "u/1"
    assert ann.ok("GET", f"/v1/recommendations/{mine['id']}")["query"]["user"] is None


def test_tokens_end_and_cannot_be_changed(shop, key, address):
    now = time.time()
    late = access.make_token(shop.secret, "u/1", now - 1, key["backend"].split("_")[1])
    caller(address, late).fails(401, "GET", "/v1/related?item_id=a")
    good = access.make_token(shop.secret, "u/1", now + 60, key["backend"].split("_")[1])
    caller(address, good).ok("GET", "/v1/related?item_id=a")
    payload, signature = good[3:].split(".")
    other = base64.urlsafe_b64encode(json.dumps(["u/2", now + 60, key["backend"].split("_")[1]]).encode()).decode()
    for forged in (f"wt_{other.rstrip('=')}.{signature}", good[:-1], f"wt_{payload}.", f"wt_{payload}"):
        caller(address, forged).fails(401, "GET", "/v1/related?item_id=a")
    unasked = access.make_token(shop.secret, "u/1", now + 60)
    caller(address, unasked).fails(401, "GET", "/v1/related?item_id=a")


@given(st.text(), st.floats(1, 1e12), st.integers(0, 80))
def test_a_token_says_its_shopper_whatever_the_id(user, until, cut):
    secret, known = b"s" * 32, {}
    made = access.make_token(secret, user, until)
    assert access.caller_of(made, known, secret, until - 1) == access.Caller("shopper", user)
    assert access.caller_of(made, known, secret, until) is None
    assert access.caller_of(made, known, b"t" * 32, until - 1) is None
    damaged = made[: -1 - cut]
    assert access.caller_of(damaged, known, secret, until - 1) is None


def test_revoking_a_key_ends_it_and_its_tokens_and_rotation_leaves_time(shop, address, monkeypatch):
    monkeypatch.setattr(access, "FRESH_S", 0.0)
    text, made = access.add_key(shop.store, "backend", "till", time.time())
    new, _ = access.rotate_key(shop.store, made.id, time.time(), grace_s=3600)
    token = caller(address, text).ok("POST", "/v1/tokens", json={"user_id": "u/3", "minutes": 1})["token"]
    for said in (text, new, token):
        caller(address, said).ok("GET", "/v1/related?item_id=a")
    access.revoke_key(shop.store, made.id, time.time())
    for said, status in ((text, 401), (token, 401), (new, 200)):
        assert caller(address, said).http.get("/v1/related?item_id=a").status_code == status
    with pytest.raises(UsageError, match="id of a key"):
        access.revoke_key(shop.store, "nothing", time.time())


def test_keys_are_nowhere_at_rest(shop, key):
    shop.store.check()
    secrets = [text.split("_", 2)[2].encode() for text in key.values()]
    for path in shop.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(secret in data for secret in secrets), path
    assert (shop.folder / privacy.FILE).stat().st_mode & 0o777 == 0o600


def test_pages_of_the_shop_may_call_and_others_may_not(address, key):
    ask = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    ours = httpx.options(f"{address}/v1/recommendations", headers={"origin": "https://shop.example", **ask})
    assert ours.status_code == 200 and ours.headers["access-control-allow-origin"] == "https://shop.example"
    other = httpx.options(f"{address}/v1/recommendations", headers={"origin": "https://evil.example", **ask})
    assert "access-control-allow-origin" not in other.headers
    refused = httpx.get(f"{address}/v1/related?item_id=a", headers={"origin": "https://shop.example"})
    assert refused.status_code == 401 and refused.headers["access-control-allow-origin"] == "https://shop.example"


def test_answers_carry_the_headers_that_keep_them_safe(backend):
    headers = backend.http.get("/v1/related?item_id=a").headers
    assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'")


def test_nothing_personal_or_secret_is_in_the_log(backend, ann, caplog, monkeypatch, shop):
    caplog.set_level(logging.DEBUG)
    marked, text = "mark-7f3a", "query-91c2"
    backend.events({"user_id": marked, "kind": "search", "text": text})
    backend.list(user_id=marked, text=text)
    backend.fails(422, "POST", "/v1/events", json={"events": [{"user_id": marked, "kind": text}]})

    def fail(*_, **request):
        raise KeyError(request)

    monkeypatch.setattr(type(shop), "query", fail)
    backend.fails(500, "POST", "/v1/recommendations", json={"user_id": marked, "text": text})
    assert "KeyError" in caplog.text and "routes.py" in caplog.text
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("whyrec", "uvicorn"))]
    said = backend.http.headers["authorization"].split("_", 2)[2]
    assert ours and not any(word in line for line in ours for word in (marked, text, said))


def test_rates():
    rates = access.Rates()
    assert [rates.wait("a", 2.0, 100.0) for _ in range(4)] == [0.0] * 4, "a burst"
    assert rates.wait("a", 2.0, 100.0) == 0.5
    assert rates.wait("b", 2.0, 100.0) == 0.0, "another caller"
    assert rates.wait("a", 2.0, 100.5) == 0.0 and rates.wait("a", 2.0, 100.5) > 0
    assert all(rates.wait("c", 0.0, 1.0) == 0.0 for _ in range(100)), "no limit"


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=200), st.floats(0.5, 20))
def test_no_more_than_the_rate_gets_through(gaps, rate):
    rates, now, let = access.Rates(), 0.0, 0
    for gap in gaps:
        now += gap
        let += rates.wait("a", rate, now) == 0.0
    assert let <= max(1.0, 2 * rate) + rate * now + 1e-6


def test_who_asks_too_often_waits(shop, key):
    before = shop.settings
    shop.settings = Settings(**{**vars(before), "access": AccessSettings(shopper_rate=1.0, address_rate=1.0)})
    try:
        with served(shop) as address:
            token = access.make_token(shop.secret, "u/1", time.time() + 60, key["backend"].split("_")[1])
            for who in (caller(address, token), caller(address)):
                codes = [who.http.get("/v1/related?item_id=a").status_code for _ in range(4)]
                assert codes[-1] == 429 and codes[0] in (200, 401)
                answer = who.http.get("/v1/related?item_id=a")
                assert int(answer.headers["retry-after"]) >= 1 and answer.json()["error"]["code"] == "too_many"
            assert {caller(address, key["operator"]).http.get("/healthz").status_code for _ in range(5)} == {200}
    finally:
        shop.settings = before


def test_without_keys_this_machine_only(tmp_path, capsys):
    with make_shop(tmp_path) as shop:
        gate = access.Gate(None, shop.store, shop.secret, shop.settings.access)
        scope = {"type": "http", "method": "GET", "path": "/v1/items", "headers": [], "client": ("127.0.0.1", 1)}
        assert gate._admit(scope).role == "open"
        assert gate._admit({**scope, "client": ("::1", 1)}).role == "open"
        for host in ("10.0.0.7", "not an address"):
            with pytest.raises(access.HTTPException) as caught:
                gate._admit({**scope, "client": (host, 1)})
            assert caught.value.status_code == 401 and "whyrec keys add" in caught.value.detail
        token = access.make_token(shop.secret, "u/1", time.time() + 60)
        header = [(b"authorization", f"Bearer {token}".encode())]
        assert gate._admit({**scope, "headers": header}).user == "u/1", "a shopper's token binds here too"
    with pytest.raises(SystemExit) as ended:
        main(["serve", str(tmp_path / "shop"), "--host", "0.0.0.0"])
    assert ended.value.code == 2 and "Make one with: whyrec keys add" in capsys.readouterr().err


def test_keys_on_the_command_line(tmp_path, capsys):
    def run(*words, status=0):
        with pytest.raises(SystemExit) as ended:
            main(["keys", *words, "--json"])
        assert ended.value.code == status
        return json.loads(capsys.readouterr().out)

    with make_shop(tmp_path) as shop:
        folder = str(shop.folder)
    made = run("add", folder, "--role", "backend", "--name", "till")
    new = run("rotate", folder, made["id"], "--grace", "1")
    assert new["role"] == "backend" and new["name"] == "till" and new["key"] != made["key"]
    run("revoke", folder, new["id"])
    rows = run("list", folder)["keys"]
    assert [row["id"] for row in rows] == [made["id"], new["id"]] and all(row["ends_at"] for row in rows)
    assert not any("hash" in row or "key" in row for row in rows)
    assert "did you mean 'backend'" in run("add", folder, "--role", "backen", status=2)["error"]["message"]


def test_the_secret_is_made_once_and_may_come_from_outside(tmp_path, monkeypatch):
    made = privacy.secret_of(tmp_path)
    assert privacy.secret_of(tmp_path) == made and len(made) == 64
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    monkeypatch.setenv(privacy.VARIABLE, "o" * 32)
    assert privacy.secret_of(tmp_path) == b"o" * 32
    monkeypatch.setenv(privacy.VARIABLE, "short")
    with pytest.raises(SettingsError, match="at least 32 characters"):
        privacy.secret_of(tmp_path)
    assert privacy.keyed(made, "a", "x") != privacy.keyed(made, "b", "x")


def test_an_older_store_gains_the_new_tables(store, serve, tmp_path):
    from whyrec.store.store import open_store

    def back(connection):
        for name in ("keys", "suppressed", "receipts", "jobs"):
            connection.exec_driver_sql(f"DROP TABLE {name}")
        connection.exec_driver_sql("DROP INDEX recommendations_by_time")
        connection.exec_driver_sql("ALTER TABLE recommendations DROP COLUMN shown")
        connection.exec_driver_sql("ALTER TABLE recommendations DROP COLUMN mix")
        connection.exec_driver_sql("ALTER TABLE events DROP COLUMN position")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")

    store.add_events([{"user_id": "a", "item_id": "x", "kind": "view"}], 1.0)
    store.write(back)
    again = open_store(tmp_path, serve)
    try:
        assert len(again.all_events()) == 1 and keys.read(again) == {}
    finally:
        again.close()
