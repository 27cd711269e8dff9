"""The loop of showing, clicking and learning: adaptive mixing against fixed weights; how soon an event changes a list.

    python bench/loop.py simulate            24 rounds with simulated shoppers whose taste changes after eight
    python bench/loop.py latency SHOP        from an acknowledged event to a changed list, one core, over HTTP

Shoppers are simulated here: 10 topics of 40 items, a taste over topics, and a browser that looks at place k with
probability 1/k^.7 and clicks an item by the taste for its topic. All else is what a shop has: a folder made by
`whyrec.init` from a past of the same shoppers, `Shop.train` on it and again every six rounds on what was clicked,
lists by `Shop.recommend` and clicks by `Shop.add_events`, each answering its list. Ways to mix differ in whyrec.toml
alone, or, for a fixed mix, in the Mix that is laid into every query.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from whyrec.app.create import init
from whyrec.core.config import AdaptSettings, ModelSettings, ServeSettings, Settings
from whyrec.core.rules import RuleSettings
from whyrec.core.types import Mix
from whyrec.measure import intervals
from whyrec.rank import adapt

TOPICS, PER_TOPIC, SHOPPERS, ROUNDS, CHANGE, LIST, REFIT = 10, 40, 100, 24, 8, 10, 6
N_ITEMS = TOPICS * PER_TOPIC
TOPIC = np.arange(N_ITEMS) // PER_TOPIC
LOOKS = 1.0 / np.arange(1, LIST + 1) ** 0.7
MODELS = {
    "blend": ModelSettings(names=["blend"], options={"blend": {"members": ["markov", "itemknn", "popular"]}}),
    "glass": ModelSettings(names=["glass"]),
}
EXPLORE = 0.1


def tastes(rng):
    """Taste of each shopper for each topic, the favourite 1, [SHOPPERS, TOPICS]."""
    found = rng.dirichlet(np.full(TOPICS, 0.25), SHOPPERS)
    return found / found.max(axis=1, keepdims=True)


def make(folder, taste, rng, model, way):
    """A shop folder with a past of twelve purchases a shopper, opened."""
    now = time.time()
    rows = ["user_id,item_id,event_type,timestamp"]
    for user in range(SHOPPERS):
        p = taste[user][TOPIC] / taste[user][TOPIC].sum()
        for n, item in enumerate(rng.choice(N_ITEMS, 12, p=p)):
            rows.append(f"u{user},i{item},purchase,{now - 86400 * (20 - n) - user:.0f}")
    (folder / "events.csv").write_text("\n".join(rows))
    items = [f"i{n},Thing {n},topic {TOPIC[n]}" for n in range(N_ITEMS)]
    (folder / "items.csv").write_text("\n".join(["item_id,title,category", *items]))
    settings = Settings(
        models=MODELS[model], serve=ServeSettings(n=LIST, commit_ms=0),
        rules=RuleSettings(explore=EXPLORE if "exploring" in way else 0.0, pool=N_ITEMS),
        adapt=AdaptSettings(on=way.startswith("adaptive")),
    )  # fmt: skip
    shop = init(folder / "shop", folder / "events.csv", folder / "items.csv", settings=settings)
    shop.__dict__["repeats"] = False  # lists are of things that the shopper has not got, whatever the log says
    return shop


def mix_of(shop, way):
    """The fixed mix that a way of mixing names; None for one that is no fixed mix."""
    ways = {one.name: one for one in adapt.arms(shop.live.model, shop.settings.adapt.newest)}
    parts = getattr(shop.live.model, "parts", ())
    ways |= {f"{part} alone": Mix(part, tuple((p, 0.0) for p in parts if p != part)) for part in parts}
    if "=" in way:  # such as markov=3,newest=6
        said = dict(part.split("=") for part in way.split(","))
        newest = int(said.pop("newest")) if "newest" in said else None
        return Mix(way, tuple((part, float(factor)) for part, factor in said.items()), newest)
    return ways.get(way)


def play(way, seed, model):
    """Run the loop once: clicks by round and shopper, coverage by round, mixes, milliseconds of a choice."""
    rng, chance = np.random.default_rng(seed), np.random.default_rng(seed + 1000)
    before, after = tastes(rng), tastes(rng)
    clicks, coverage, mixes, explored = np.zeros((ROUNDS, SHOPPERS)), [], [], 0
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    try:
        with make(folder, before, rng, model, way) as shop:
            for at in range(ROUNDS):
                if at % REFIT == 0:
                    shop.train()
                if shop.settings.adapt.on:
                    shop.mixing.refresh()  # as time passes between rounds
                taste, shown_now = (before if at < CHANGE else after), set()
                for user in range(SHOPPERS):
                    query = shop.query(f"u{user}")
                    if not shop.settings.adapt.on:
                        query = replace(query, mix=mix_of(shop, way))
                    made = shop.recommend_query(query)
                    shop.store.save_recommendation(made, wait=False)
                    listed = np.array([int(place.item_id[1:]) for place in made.items])
                    shown_now |= set(listed.tolist())
                    explored += sum("explore" in place.sources for place in made.items)
                    clicked = chance.random(len(listed)) < LOOKS[: len(listed)] * 0.6 * taste[user][TOPIC[listed]]
                    clicks[at, user] = clicked.sum()
                    mixes += [(at, made.query.mix.name)] if made.query.mix else []
                    answer = {"user_id": f"u{user}", "answers": made.id, "kind": "purchase"}
                    shop.add_events([{**answer, "item_id": f"i{item}"} for item in listed[clicked]])
                coverage.append(len(shown_now) / N_ITEMS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return clicks, coverage, explored / (ROUNDS * SHOPPERS * LIST), mixes


PERIODS = {
    "all": slice(0, ROUNDS),
    "before": slice(3, CHANGE),
    "after": slice(CHANGE, ROUNDS),
    "last_five": slice(ROUNDS - 5, ROUNDS),
}


def followed(clicks):
    """Rounds, and clicks a shopper gave, after the change until three rounds are at 80 % of the level before it."""
    level = clicks[CHANGE - 5 : CHANGE].mean()
    for end in range(CHANGE + 3, ROUNDS + 1):
        if clicks[end - 3 : end].mean() >= 0.8 * level:
            return int(end - CHANGE), float(clicks[CHANGE:end].sum(axis=0).mean())
    return None, None


def simulate(ways, seeds, model):
    """Print one line a way of mixing, over these seeds; gains are those of the first way, shopper by shopper."""
    first = None
    for way in ways:
        runs = [play(way, seed, model) for seed in seeds]
        clicks = np.array([run[0] for run in runs])  # [seeds, ROUNDS, SHOPPERS]
        first = clicks if first is None else first
        ends = [followed(run[0]) for run in runs]
        told = {"clicks_a_list": round(float(clicks.mean()), 4)}
        for name, part in PERIODS.items():
            mine, best = (one[:, part].mean(axis=1).ravel() for one in (clicks, first))
            told[name] = round(float(mine.mean()), 3)
            if first is not clicks:
                told[f"{name}_gain_of_{ways[0]}"] = [round(x, 3) for x in intervals.paired(best, mine)]
        told["by_seed"] = clicks.mean(axis=(1, 2)).round(3).tolist()
        told["followed_after_rounds"] = [end for end, _ in ends]
        told["followed_after_events"] = [None if n is None else round(n, 1) for _, n in ends]
        told["coverage_1_20_24"] = [round(float(np.mean([run[1][at] for run in runs])), 2) for at in (0, 19, 23)]
        told["explored"] = round(float(np.mean([run[2] for run in runs])), 3)
        for name, part in PERIODS.items():
            counted = {}
            for at, mix in (pair for run in runs for pair in run[3]):
                if at in range(ROUNDS)[part]:
                    counted[mix] = counted.get(mix, 0) + 1
            whole = sum(counted.values())
            if len(counted) > 1:
                told[f"mixes_{name}"] = {mix: round(n / whole, 2) for mix, n in sorted(counted.items())}
        print(way, json.dumps(told), flush=True)


def latency(folder, n):
    """Milliseconds from sending an event to holding the changed list; and from the event's answer to it."""
    import socket
    import threading

    import httpx
    import uvicorn

    from whyrec.app.service import create_app
    from whyrec.app.shop import Shop

    with Shop(folder) as shop:
        with socket.socket() as trial:
            trial.bind(("127.0.0.1", 0))
            port = trial.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(create_app(shop), port=port, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        whole, after, same = [], [], 0
        rng = np.random.default_rng(0)
        users, items = shop.tables.events.users.ids, shop.live.model.items.ids
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
            for turn in range(n + 20):
                user = str(users[rng.integers(len(users))])
                before = http.post("/v1/recommendations", json={"user_id": user}).json()["items"]
                item = before[0]["item_id"] if before else str(items[0])
                event = {"user_id": user, "item_id": item, "kind": "hide"}
                start = time.perf_counter()
                http.post("/v1/events", json={"events": [event]}).raise_for_status()
                kept = time.perf_counter()
                now = http.post("/v1/recommendations", json={"user_id": user}).json()["items"]
                end = time.perf_counter()
                if turn >= 20:
                    whole.append(1000 * (end - start))
                    after.append(1000 * (end - kept))
                    same += item in [place["item_id"] for place in now]
        server.should_exit = True
        thread.join()
    told = {name: {f"p{q}": round(float(np.percentile(v, q)), 2) for q in (50, 95, 99)} for name, v in
            (("sent_to_changed_list_ms", whole), ("acknowledged_to_changed_list_ms", after))}  # fmt: skip
    print(json.dumps({"n": n, **told, "lists_not_changed": same}))


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["simulate", "latency"])
    parser.add_argument("shop", nargs="?")
    parser.add_argument("--model", choices=sorted(MODELS), default="blend")
    parser.add_argument("--ways", nargs="*", default=["adaptive", "as trained"], help="adaptive, adaptive exploring, "
                        "as trained, as trained exploring, PART alone, more PART, markov=3,newest=6")  # fmt: skip
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2, 3, 4])
    parser.add_argument("--width", type=float, help="how far doubt about a mix counts")
    parser.add_argument("-n", type=int, default=500)
    asked = parser.parse_args()
    if asked.what == "simulate":
        if asked.width is not None:
            adapt.choose.__defaults__ = (asked.width,)
        simulate(asked.ways, asked.seeds, asked.model)
    else:
        latency(asked.shop, asked.n)


if __name__ == "__main__":
    main()
