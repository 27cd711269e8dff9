"""The component `<why-rec>` on a page of another origin: with a shopper's token, and with a place that is paid for."""

import contextlib
import http.server
import threading
import time
from dataclasses import replace

import httpx
import pytest
from small_service import Client, make_shop, served

from whyrec.app import access
from whyrec.core.config import AccessSettings
from whyrec.core.rules import RuleSettings, Sponsored

pytestmark = pytest.mark.browser
USER = "u/1"


@contextlib.contextmanager
def page_of(body):
    """Serve one page from a port of its own, which is an origin of its own."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body[0].encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """Give the shop, its service, a key of a back end, and two pages that may and may not call the service."""
    body = [""]
    with page_of(body) as allowed, page_of(body) as foreign, make_shop(tmp_path_factory.mktemp("embed")) as shop:
        paid = Sponsored(places=[2], where='brand = "Acme"', label="Acme Ltd")
        shop.settings = replace(
            shop.settings, access=AccessSettings(origins=[allowed]), rules=RuleSettings(sponsored=[paid])
        )
        key, _ = access.add_key(shop.store, "backend", "test", time.time())
        with served(shop) as address, httpx.Client(base_url=address, headers={"authorization": f"Bearer {key}"}) as web:

            def embed(token):
                body[0] = (
                    f'<script type="module" src="{address}/widget/why-rec.js"></script>'
                    f'<why-rec user="{USER}" token="{token}" n="5" lang="en"><p id="own">Our own list</p></why-rec>'
                )

            yield embed, Client(web), allowed, foreign


@contextlib.contextmanager
def own_page(watched, embedded):
    """Open the page of the listed origin with a token of the shopper, and wait for its list."""
    embed, backend, allowed, _ = embedded
    embed(backend.ok("POST", "/v1/tokens", json={"user_id": USER})["token"])
    with watched(1280, 860) as page:
        page.goto(allowed)
        page.locator("why-rec .card").first.wait_for()
        yield page


def test_a_token_lets_the_component_act_for_its_shopper_from_an_origin_that_is_listed(watched, embedded):
    backend = embedded[1]
    with own_page(watched, embedded) as page:
        before = page.locator("why-rec .card").evaluate_all("cards => cards.map((card) => card.dataset.id)")
        asked = {"user_id": USER, "n": 5}
        assert before == [place["item_id"] for place in backend.ok("POST", "/v1/recommendations", json=asked)["items"]]
        page.locator("why-rec .card").first.get_by_role("button", name="Hide").click()
        page.locator("why-rec .status button").wait_for()
        after = page.locator("why-rec .card").evaluate_all("cards => cards.map((card) => card.dataset.id)")
        assert before[0] not in after, "feedback goes through with the token"
        page.locator("why-rec .status button").click()
        page.get_by_text("List updated.", exact=True).wait_for()


def test_a_paid_place_says_so_and_gives_no_measured_reason(watched, embedded):
    with own_page(watched, embedded) as page:
        texts = page.locator("why-rec .card").all_text_contents()
        assert ["Acme Ltd" in text for text in texts] == [False, True, False, False, False]
        assert "Because you" in texts[0] and "Because you" not in texts[1], "what is paid for is never called personal"


@pytest.mark.parametrize("wrong", ["origin", "shopper"])
def test_from_another_page_or_for_another_shopper_the_pages_own_list_stays(browser, embedded, wrong):
    embed, backend, allowed, foreign = embedded
    whose = USER if wrong == "origin" else "u/2"
    embed(backend.ok("POST", "/v1/tokens", json={"user_id": whose})["token"])
    with contextlib.closing(browser.new_context()) as context:
        page = context.new_page()
        refused = []
        page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
        page.goto(foreign if wrong == "origin" else allowed)
        until = time.monotonic() + 15
        while not refused and time.monotonic() < until:
            page.wait_for_timeout(50)
        assert page.locator("#own").is_visible() and page.locator("why-rec .card").count() == 0
        assert any("CORS" in text if wrong == "origin" else "403" in text for text in refused), refused
