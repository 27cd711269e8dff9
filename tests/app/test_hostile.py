"""Ten thousand hostile requests: none breaks the service, and none of a shopper's shows another's data."""

import json
import string
import time

import httpx
import numpy as np
import pytest
from small_service import make_shop, served

from whyrec.app import access
from whyrec.core.config import AccessSettings, Settings

N_REQUESTS = 10_000
SECRET = "victim-5d1e"
WORDS = [
    "", " ", "\0", "\ud800", "'; DROP TABLE events; --", "../../etc/passwd", "%00", "%2e%2e/", "{{7*7}}", "${jndi:x}",
    "<script>", "null", "NaN", "1e309", "-1", "9" * 40, "茶" * 300, "a" * 5000, "=", "a=b=c", "brand=", "=Acme",
    "\r\nx: y", "u/1", SECRET, "item 1", "brand == 'Acme'", "price < ", "((((((((((", "not " * 500, "price > 1e400",
    "__import__('os')", "a and b or c", "🫖",
]  # fmt: skip
VALUES = [*WORDS, None, True, False, 0, -1, 1.5, 2**70, 1e308, [], {}, [[]], [None], {"a": {}}, ["x"] * 2000, {"": ""}]
FIELDS = """
user_id item_id n kind history context exclude where only rules text locale events items at value answers position
event_ids group feedback_id helpful personalised sharing minor scenario relation minutes titles categories numbers
price tag source days users
""".split()  # noqa: SIM905
NOTHING = "/v1/recommendations/" + "0" * 32
PATHS = [
    *"""
    /v1/recommendations /v1/events /v1/feedback /v1/items /v1/related /v1/preferences /v1/profile /v1/profile/tags
    /v1/export /v1/tokens /v1/stats /v1/jobs /v1/fairness /v1/words /v1/transparency /v1/items/picture /v1/erase
    /healthz /docs /openapi.json /widget/x /console /v1/recommendations/x/replay
    /v1/recommendations/%00/explanation /v1//events
    /V1/events /v1/events/
    """.split(),  # noqa: SIM905
    *(NOTHING + call for call in ("", "/why", "/explanation", "/trace", "/replay")),
]
SHAPES = [
    lambda w: {"user_id": w(), "n": w(), "where": w()},
    lambda w: {"history": [{"item_id": w(), "kind": "view", "at": w()}, None]},
    lambda w: {"events": [{"user_id": w(), "item_id": w(), "kind": w()}]},
    lambda w: {"events": [{"user_id": "h", "item_id": w(), "kind": "view", "at": 1, "text": w(), "session_id": w()}]},
    lambda w: {"items": [{"item_id": w(), "categories": {"brand": [w()]}, "numbers": {"price": w()}, "title": w()}]},
    lambda w: {"user_id": "h", "kind": "not_because", "group": w()},
    lambda w: {"user_id": "h", "where": w()},
    lambda w: {"user_id": "h", "only": {"brand": w(), "price": w()}},
]


def request(rng, say):
    """One hostile request as httpx takes it."""

    def word():
        return VALUES[rng.integers(len(VALUES))]

    made = {
        "method": ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"][rng.integers(8)],
        "url": PATHS[rng.integers(len(PATHS))],
        "headers": dict(say),
    }
    names = [FIELDS[n] for n in rng.choice(len(FIELDS), rng.integers(4), replace=False)]
    made["params"] = {name: text(word()) for name in names}
    way = rng.integers(5)
    if way == 0:
        made["content"] = bytes(rng.integers(0, 256, rng.integers(200), dtype=np.uint8))
    elif way == 1:
        made["content"] = json.dumps({FIELDS[rng.integers(len(FIELDS))]: word() for _ in range(4)}).encode()
    elif way < 4:
        made["content"] = json.dumps(SHAPES[rng.integers(len(SHAPES))](word)).encode()
    if "content" in made and rng.random() < 0.9:
        made["headers"]["content-type"] = "application/json"
    if rng.random() < 0.2:
        letters = list(string.printable[:94])
        made["headers"][
            ["x-request-id", "origin", "accept", "cookie", "x-forwarded-for", "content-type"][rng.integers(6)]
        ] = "".join(rng.choice(letters, rng.integers(1, 60)))
    if rng.random() < 0.05:
        made["headers"]["authorization"] = "Bearer " + "".join(rng.choice(list(string.ascii_letters), 20))
    return made


def text(value):
    return str(value).encode("utf-8", "replace").decode()[:2000]


@pytest.mark.slow
def test_ten_thousand_hostile_requests(tmp_path):
    rng = np.random.default_rng(0)
    with make_shop(tmp_path) as shop:
        limits = AccessSettings(shopper_rate=0.0, address_rate=0.0)
        shop.settings = Settings(**{**vars(shop.settings), "access": limits})
        shop.add_events([{"user_id": SECRET, "item_id": "item 5", "kind": "search", "text": "private words 77"}])
        theirs = shop.recommend(SECRET)
        operator, _ = access.add_key(shop.store, "operator", "", time.time())
        backend, key = access.add_key(shop.store, "backend", "", time.time())
        token = access.make_token(shop.secret, "h", time.time() + 3600, key.id)
        callers = [{}, *({"authorization": f"Bearer {said}"} for said in (operator, backend, token))]
        seen: dict[int, int] = {}
        with served(shop) as address, httpx.Client(base_url=address, timeout=60) as http:
            for n in range(N_REQUESTS):
                who = n % len(callers)
                made = request(rng, callers[who])
                if made["url"] == "/v1/erase" and who != 3:
                    continue  # it would be right to obey
                if rng.random() < 0.02:
                    made["url"] = (
                        f"/v1/recommendations/{theirs.id}" + ["", "/explanation", "/why", "/trace"][rng.integers(4)]
                    )
                try:
                    answer = http.request(**made)
                except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeEncodeError):
                    continue  # the client itself refuses to send it
                seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
                assert answer.status_code < 500, (made, answer.text[:500])
                if who in (0, 3):
                    assert "private words 77" not in answer.text and "item 5\\" not in answer.text, made
            assert http.get("/healthz").status_code == 200
        assert sum(seen.values()) > 0.9 * N_REQUESTS and {200, 401, 403, 404, 422} <= set(seen), seen
