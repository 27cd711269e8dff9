"""whyrec beside cicerone-recommender 0.8.5 on the same data and machine, in one run.

    python -m venv peer && peer/bin/pip install cicerone-recommender==0.8.5
    .venv/bin/python bench/peer.py demo-shop peer/bin/cicerone

Both serve lists of 10 items with reasons from one core to 8 clients, turn by turn. The peer looks up lists that its
batch job made; whyrec makes each one when it is asked. Printed for both: lists a second, latency, memory, how long it
takes until a purchase shows in the list, how many items of a list the shopper already had, and what reasons are worth.

What reasons are worth: the item that the first reason names is taken out of the shopper's history, and the share of
shoppers is counted for whom the explained item, first on the list, leaves the ten; beside it the same with another item
of the history drawn by chance. whyrec masks the events and asks again; the peer holds no model while it serves, so its
job runs again on the log without them, and once more on the whole log to show what a new fit alone changes.
"""

import argparse
import json
import os
import random
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from serve import ITEMS, Connection, Ours, free_port, load, memory_mb, ready, serve

import whyrec

TOKEN = "a-token-for-this-bench"
SHOPPERS = 400
LONGEST_WAIT_S = 180.0
CONFIG = """
[job]
feature_config_path = "{folder}/features.toml"
top_k = 20
mode = "serve"
save_model_artifact = true
[input]
kind = "dataset"
[input.options]
storage_backend = "local"
path = "{folder}/in"
[output]
kind = "dataset"
artifact_hmac_key = "0123456789abcdef0123456789abcdef"
[output.options]
storage_backend = "local"
path = "{folder}/out"
[serve]
port = {port}
auth_token = "{token}"
refresh_interval_seconds = 1
[events]
enabled = true
kind = "webhook"
[events.options]
auth_token = "{token}"
[events.online]
enabled = true
"""
FEATURES = """
quantity_scaled_events = []
item_availability_filters = ["published"]
[event_weights]
purchase = 3.0
cart = 2.0
favourite = 2.0
view = 1.0
[event_caps]
[[item_features]]
column = "category"
type = "categorical"
[[item_features]]
column = "brand"
type = "categorical"
"""


class Peer:
    """How to ask the peer."""

    def whole(self, call, user):
        """Return the items of a shopper's list with their reasons."""
        call.headers = {"authorization": f"Bearer {TOKEN}"}
        status, body = call("GET", f"/recommendations/{user}?limit={ITEMS}")
        if status != 200:
            raise ValueError(f"status {status}")
        return json.loads(body)["items"]

    def list(self, call, user):
        """Return the items of a shopper's list."""
        return [place["item_id"] for place in self.whole(call, user)]

    def send(self, call, user, item, kind):
        """Send one event; returns whether it was taken."""
        call.headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        event = {"user_id": user, "item_id": item, "event_type": kind, "occurred_at": now}
        return call("POST", "/events", event)[0] == 202


class Job:
    """The peer's folder, batch job and server."""

    def __init__(self, program, folder, shop):
        self.program, self.folder, self.port = program, folder, free_port()
        (folder / "in").mkdir()
        (folder / "out").mkdir()
        (folder / "features.toml").write_text(FEATURES)
        (folder / "config.toml").write_text(CONFIG.format(folder=folder, port=self.port, token=TOKEN))
        items = shop.table("items")
        first = {
            name: [values[0] if len(values) else "unknown" for values in items[name]] for name in ("category", "brand")
        }
        pd.DataFrame({"item_id": items.item_id, **first, "published": True}).to_parquet(folder / "in" / "items.parquet")
        log = shop.table("events")
        log = log[log.item_id.notna()]
        times = pd.to_datetime(log["at"], unit="s", utc=True)
        self.events = pd.DataFrame(
            {"user_id": log.user_id, "item_id": log.item_id, "event_type": log.kind, "occurred_at": times}
        )

    def fit(self, without=None):
        """Run the batch job on the log, perhaps without what each shopper did with one item; returns the lists."""
        events = self.events
        if without is not None:
            gone = pd.MultiIndex.from_tuples(list(without.items()))
            events = events[~pd.MultiIndex.from_frame(events[["user_id", "item_id"]]).isin(gone)]
        events.to_parquet(self.folder / "in" / "events.parquet")
        subprocess.run([*self.command("job")], check=True, capture_output=True)
        made = pd.read_parquet(self.folder / "out" / "recommendations.parquet")
        made = made[made["rank"] <= ITEMS].sort_values("rank")
        return made.groupby("user_id").item_id.apply(list).to_dict()

    def command(self, name):
        """The command line of a call."""
        return [str(self.program), "--config", str(self.folder / "config.toml"), name]

    def serve(self, core):
        """Start the server on one core; returns the process and the seconds until it was ready."""
        start = time.perf_counter()
        process = subprocess.Popen(self.command("serve"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.sched_setaffinity(process.pid, {core})
        if not ready(self.port, "/health"):
            raise RuntimeError("the peer did not get ready")
        return process, time.perf_counter() - start


def leaked(api, call, users, had):
    """Share of the items of lists that the shopper had bought already."""
    return float(np.mean([item in had[user] for user in users for item in api.list(call, user)]))


def delay(api, call, users, seconds=LONGEST_WAIT_S):
    """Buy the first item of a list and wait until it is gone; seconds of each shopper, None where it never went."""
    waits = []
    for user in users:
        item, start, waits = api.list(call, user)[0], time.perf_counter(), [*waits, None]
        api.send(call, user, item, "purchase")
        while waits[-1] is None and time.perf_counter() - start < seconds:
            if item not in api.list(call, user):
                waits[-1] = time.perf_counter() - start
            time.sleep(0.002)
    return waits


def first_reasons(job, call, users):
    """What the peer's first reason of the first item names, and another item of the history, by shopper."""
    rng, named, other, first = random.Random(3), {}, {}, {}
    had = job.events.groupby("user_id").item_id.apply(set)
    for user in users:
        place = Peer().whole(call, user)[0]
        similar = [one["item_id"] for one in (place.get("reasons") or {}).get("similar_items", [])]
        if similar and similar[0] in had[user] and len(had[user]) > 1:
            first[user], named[user] = place["item_id"], similar[0]
            other[user] = rng.choice(sorted(had[user] - {similar[0]}))
    return first, named, other


def leaves(lists, first):
    """Share of shoppers whose item is not on the list."""
    return float(np.mean([item not in lists.get(user, ()) for user, item in first.items()]))


def our_reasons(shop, users):
    """The same for whyrec: events of the item that the first reason names are masked and the list is made again."""
    rng, found = random.Random(3), {"named": [], "other": []}
    for user in users:
        query = shop.query(user, n=ITEMS)
        made = shop.recommend_query(query)
        first = made.items[0].item_id
        reasons = shop.explain_items(query, [first], sets=False)[0].reasons
        items = [item for item in query.history.item if item is not None]
        named = next((reason.reference for reason in reasons if reason.reference in items), None)
        others = sorted(set(items) - {named})
        if named is None or not others:
            continue
        for key, item in (("named", named), ("other", rng.choice(others))):
            slots = np.flatnonzero([one == item for one in query.history.item])
            again = shop.recommend_query(query.without(slots))
            found[key].append(first not in [place.item_id for place in again.items])
    return {f"leaves_without_{key}": float(np.mean(values)) for key, values in found.items()} | {
        "n": len(found["named"])
    }


def main():
    """Run both and print one JSON value."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shop", type=Path)
    parser.add_argument("peer", type=Path, help="the program cicerone, in an environment of its own")
    parser.add_argument("--seconds", type=float, default=30.0)
    given = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    with whyrec.open(given.shop) as shop, tempfile.TemporaryDirectory() as folder:
        users = [str(user) for user in shop.tables.events.users.ids]
        items = [str(item) for item in shop.tables.events.items.ids]
        job = Job(given.peer.absolute(), Path(folder), shop)
        start = time.perf_counter()
        whole = job.fit()
        found = {"whyrec": {}, "cicerone": {"job_s": time.perf_counter() - start}}
        log = job.events[job.events.event_type == "purchase"]
        had = {user: set() for user in users} | log.groupby("user_id").item_id.apply(set).to_dict()
        sample = random.Random(1).sample(users, SHOPPERS)
        found["whyrec"] |= our_reasons(shop, sample)
        ours, port, found["whyrec"]["ready_s"] = serve(given.shop, cores[0])
        theirs, found["cicerone"]["ready_s"] = job.serve(cores[0])
        os.sched_setaffinity(0, set(cores[1:]) or set(cores))
        try:
            sides = {"whyrec": (Ours(), port, ours), "cicerone": (Peer(), job.port, theirs)}
            for turn in (1, 2):
                for name, (api, at, _) in sides.items():
                    numbers = load(api, at, users, items, given.seconds, events=False)
                    found[name] |= {f"{key} {turn}": value for key, value in numbers.items()}
            for name, (api, at, process) in sides.items():
                found[name]["had_already"] = leaked(api, Connection(at), sample, had)
                found[name]["event_to_list_s"] = delay(api, Connection(at), sample[: 20 if name == "whyrec" else 2])
                found[name] |= memory_mb(process.pid)
            first, named, other = first_reasons(job, Connection(job.port), sample)
        finally:
            for process in (ours, theirs):
                process.terminate()
                process.wait()
        kept = {user: item for user, item in first.items() if item in whole.get(user, ())}
        found["cicerone"] |= {
            "n": len(kept),
            "leaves_without_named": leaves(job.fit(named), kept),
            "leaves_without_other": leaves(job.fit(other), kept),
            "leaves_after_a_new_fit": leaves(job.fit(), kept),
        }
        print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
