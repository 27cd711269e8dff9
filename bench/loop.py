"""The loop of showing, clicking and learning: adaptive mixing against fixed weights; how soon an event changes a list.

    python bench/loop.py simulate            24 rounds with simulated shoppers whose taste changes after eight
    python bench/loop.py latency SHOP        from an acknowledged event to a changed list, one core, over HTTP

Shoppers are simulated here: 10 topics of 40 items, a taste over topics, and a browser that looks at place k with
probability 1/k^.7 and clicks an item by the taste for its topic. The models are real (markov, itemknn, popular, fitted
on a past of the same shoppers and again every five rounds on what was clicked), and so are their scores.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from whyrec import models
from whyrec.core.config import Settings
from whyrec.core.types import KIND_CODE, Catalog, Events, History, Query, Vocabulary, objects
from whyrec.learn.run import Run
from whyrec.measure.position import LARGEST_WEIGHT
from whyrec.rank.adapt import Adaptive

TOPICS, PER_TOPIC, SHOPPERS, ROUNDS, CHANGE, LIST = 10, 40, 100, 24, 8, 10
MEMBERS = ("markov", "itemknn", "popular")
ARMS = (  # weights of the members, and how many of the newest events they are given
    ((1.0, 0.0, 0.0), 50), ((0.0, 1.0, 0.0), 50), ((0.0, 0.0, 1.0), 50), ((1 / 3, 1 / 3, 1 / 3), 50),
    ((0.0, 1.0, 0.0), 6), ((0.5, 0.5, 0.0), 6),
)  # fmt: skip
ITEMS = Vocabulary(objects([f"i{n}" for n in range(TOPICS * PER_TOPIC)]))
TOPIC = np.arange(TOPICS * PER_TOPIC) // PER_TOPIC
LOOKS = 1.0 / np.arange(1, LIST + 1) ** 0.7


def log_of(rows):
    """Events of (user, item, at) rows."""
    rows = sorted(rows, key=lambda row: row[2])
    user, item, at = (np.array([row[n] for row in rows]) for n in range(3))
    return Events(
        users=Vocabulary(objects([f"u{n}" for n in range(SHOPPERS)])), items=ITEMS, user=user.astype(np.int32),
        item=item.astype(np.int32), kind=np.full(len(rows), KIND_CODE["purchase"], np.int8), at=at.astype(float),
        value=np.full(len(rows), np.nan, np.float32), event_id=objects([f"e{n}" for n in range(len(rows))]),
    )  # fmt: skip


def fit(rows):
    """The members on these events, and what their scores are divided by."""
    settings, events = Settings(), log_of(rows)
    fitted = []
    for name in MEMBERS:
        config = models.configure(name, settings)
        run = Run(events, Catalog(ITEMS), settings, config, np.random.default_rng(0))
        fitted.append(models.find(name).fit(run))
    queries = [query_of(rows, user) for user in range(0, SHOPPERS, 6)]
    return fitted, [max(1e-9, float(np.std(model.score(queries)))) for model in fitted]


def query_of(rows, user, window=50):
    """The shopper's newest events as a request."""
    mine = [row for row in rows if row[0] == user][-window:]
    return Query(at=1e6, history=History.of([(ITEMS.ids[item], "purchase", at) for _, item, at in mine]), n=LIST)


def tastes(rng):
    """Taste of each shopper for each topic, the favourite 1, [SHOPPERS, TOPICS]."""
    found = rng.dirichlet(np.full(TOPICS, 0.25), SHOPPERS)
    return found / found.max(axis=1, keepdims=True)


def play(way, seed):
    """Run the loop once: clicks by round and shopper, coverage by round; `way` is adapt or the number of an arm."""
    rng, chance = np.random.default_rng(seed), np.random.default_rng(seed + 1000)
    before, after = tastes(rng), tastes(rng)
    rows = []
    for user in range(SHOPPERS):
        p = before[user][TOPIC] / before[user][TOPIC].sum()
        rows += [(user, int(item), -30.0 + n) for n, item in enumerate(rng.choice(len(ITEMS), 12, p=p))]
    loop = Adaptive(len(ARMS), 3)
    clicks, coverage, explored = np.zeros((ROUNDS, SHOPPERS)), [], []
    times_shown = np.zeros(len(ITEMS))
    for at in range(ROUNDS):
        if at % 5 == 0:
            fitted, scale = fit(rows)
        taste, shown_now = (before if at < CHANGE else after), set()
        for user in range(SHOPPERS):
            name = f"u{user}"
            recent = [TOPIC[item] for u, item, _ in rows if u == user][-6:]
            same = float(np.mean(np.array(recent[-3:]) == recent[-1])) if recent else 0.0
            context = np.array([1.0, same, min(1.0, len(recent) / 6)])
            arm = loop.choose(name, context) if way == "adapt" else int(way)
            weights, window = ARMS[arm]
            query = query_of(rows, user, window)
            score = sum(w * m.score([query])[0] / s for w, m, s in zip(weights, fitted, scale, strict=True) if w)
            seen = {item for u, item, _ in rows if u == user}
            score[list(seen)] = -np.inf
            listed = np.argsort(-score, kind="stable")[:LIST]
            share = loop.of(name).exploration() if way == "adapt" else 0.0
            places = np.flatnonzero(chance.random(LIST) < share)
            fresh = [
                i for i in np.argsort(times_shown + chance.random(len(ITEMS))) if i not in seen and i not in listed
            ]
            listed[places] = fresh[: len(places)]
            times_shown[listed] += 1
            shown_now |= set(listed.tolist())
            clicked = chance.random(LIST) < LOOKS * 0.6 * taste[user][TOPIC[listed]]
            clicks[at, user] = clicked.sum()
            explored.append(len(places))
            rows += [(user, int(item), at + 0.001 * n) for n, item in enumerate(listed[clicked])]
            if way == "adapt":
                reward = float(np.mean(clicked * np.minimum(1 / LOOKS, LARGEST_WEIGHT)))
                loop.learn(name, arm, context, reward)
                kind = np.isin(np.arange(LIST), places)
                own = loop.own[name]
                for new in (True, False):
                    own = own.saw(new, int(clicked[kind == new].sum()), int((kind == new).sum()))
                loop.own[name] = own
        coverage.append(len(shown_now) / len(ITEMS))
    return clicks, coverage, float(np.mean(explored)) / LIST


def followed(clicks):
    """Rounds, and clicks a shopper gave, after the change until three rounds are at 80 % of the level before it."""
    level = clicks[CHANGE - 5 : CHANGE].mean()
    for end in range(CHANGE + 3, ROUNDS + 1):
        if clicks[end - 3 : end].mean() >= 0.8 * level:
            return int(end - CHANGE), float(clicks[CHANGE:end].sum(axis=0).mean())
    return None, None


def simulate(seeds):
    """Print one line a way of mixing, over so many seeds."""
    table = {}
    for way in ("adapt", *(str(n) for n in range(len(ARMS)))):
        runs = [play(way, seed) for seed in range(seeds)]
        clicks = np.array([run[0].mean(axis=1) for run in runs])
        ends = [followed(run[0]) for run in runs]
        table[way] = {
            "weights": "adaptive" if way == "adapt" else ARMS[int(way)],
            "clicks_a_list": round(float(clicks.mean()), 4),
            "before_change": round(float(clicks[:, 5:CHANGE].mean()), 4),
            "after_change": round(float(clicks[:, CHANGE:].mean()), 4),
            "last_five_rounds": round(float(clicks[:, -5:].mean()), 4),
            "by_seed": clicks.mean(axis=1).round(4).tolist(),
            "followed_after_rounds": [end for end, _ in ends],
            "followed_after_events": [None if n is None else round(n, 1) for _, n in ends],
            "coverage_first": round(float(np.mean([run[1][0] for run in runs])), 3),
            "coverage_last": round(float(np.mean([run[1][-1] for run in runs])), 3),
            "explored": round(float(np.mean([run[2] for run in runs])), 3),
        }
        print(way, json.dumps(table[way]), flush=True)
    return table


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
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("-n", type=int, default=500)
    asked = parser.parse_args()
    if asked.what == "simulate":
        simulate(asked.seeds)
    else:
        latency(asked.shop, asked.n)


if __name__ == "__main__":
    main()
