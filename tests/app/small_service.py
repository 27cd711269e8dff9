"""A small shop made from nothing, trained and served on a free local port."""

import contextlib
import socket
import threading
import time

import httpx
import numpy as np
import uvicorn

from whyrec import models
from whyrec.app.create import init
from whyrec.app.service import create_app
from whyrec.app.shop import Shop
from whyrec.learn import snapshot
from whyrec.learn.run import Run

N_USERS, N_ITEMS = 40, 30
DAY = 86400.0
FIRST_AT = 1_700_000_000.0


def write_log(folder):
    """Shoppers walk through items in rings of five, so that everything has a clear next."""
    rng = np.random.default_rng(3)
    lines = ["user_id,item_id,event_type,timestamp"]
    for user in range(N_USERS):
        item = int(rng.integers(N_ITEMS))
        for step in range(12):
            kind = "purchase" if step % 3 == 0 else "view"
            lines.append(f"u/{user},item {item},{kind},{FIRST_AT + DAY * step + 60 * user:.0f}")
            ring = item - item % 5
            item = ring + (item + 1) % 5 if rng.random() < 0.8 else int(rng.integers(N_ITEMS))
    (folder / "events.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    shelf = ["item_id,title,brand,price"]
    shelf += [f"item {n},Thing {n},{'Acme' if n % 2 else 'Lumo'},{n + 0.5}" for n in range(N_ITEMS)]
    (folder / "items.csv").write_text("\n".join(shelf) + "\n", encoding="utf-8")


def fit(shop, name, now=FIRST_AT + 20 * DAY):
    """Fit a model on the shop's tables and keep its snapshot."""
    tables = shop.tables_with_live_events()
    config = models.configure(name, shop.settings)
    run = Run(tables.events, tables.catalog, shop.settings, config, np.random.default_rng(0))
    fitted = models.find(name).fit(run)
    made = snapshot.save(shop.folder / "snapshots", name, fitted, config, shop.settings, {}, now)
    snapshot.set_live(shop.folder / "snapshots", made.id)
    return made


def make_shop(folder):
    """Return a trained shop folder, opened."""
    folder.mkdir(exist_ok=True)
    write_log(folder)
    init(folder / "shop", folder / "events.csv", folder / "items.csv").close()
    shop = Shop(folder / "shop")
    fit(shop, "markov")
    return shop


@contextlib.contextmanager
def served(shop):
    """Serve a shop from a thread; gives the address."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    config = uvicorn.Config(create_app(shop), port=port, log_level="error", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


class Client:
    """The calls that tests make, short."""

    def __init__(self, http: httpx.Client):
        self.http = http

    def list(self, **request):
        return self.ok("POST", "/v1/recommendations", json=request)

    def names(self, **request):
        return [place["item_id"] for place in self.list(**request)["items"]]

    def say(self, **feedback):
        return self.ok("POST", "/v1/feedback", json=feedback)

    def events(self, *events):
        return self.ok("POST", "/v1/events", json={"events": list(events)})

    def ok(self, method, path, **options):
        answer = self.http.request(method, path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fails(self, status, method, path, **options):
        answer = self.http.request(method, path, **options)
        assert answer.status_code == status, answer.text
        error = answer.json()["error"]
        assert set(error) == {"code", "message", "request_id"} and error["message"]
        assert error["request_id"] == answer.headers["x-request-id"]
        assert "Traceback" not in answer.text
        return error["message"]


@contextlib.contextmanager
def small_service(folder):
    """A client of a new small shop."""
    with make_shop(folder) as shop, served(shop) as address, httpx.Client(base_url=address, timeout=30) as http:
        client = Client(http)
        client.shop = shop
        yield client
