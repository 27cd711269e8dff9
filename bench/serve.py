"""How the service holds under load: lists with exact reasons a second, their latency, while events come in.

    .venv/bin/python bench/serve.py demo-shop                 # 8 clients and 20 events/s for 60 s, server on one core
    .venv/bin/python bench/serve.py demo-shop --rate 300      # at this rate of all clients, not as fast as they can

The server is `whyrec serve` in a process of its own, held to the first core; the clients run on the others.
Each client asks for lists of 10 items of random shoppers, one after another, as fast as they are answered. Printed:
requests a second, latency, errors, memory of the server, seconds until it was ready, and how long after an event is
acknowledged a new list shows it.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import random
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import whyrec

CLIENTS, EVENTS_S, SECONDS, ITEMS = 8, 20, 60.0, 10
JSON = {"content-type": "application/json"}


class Connection:
    """One keep-alive connection; a request gives status and body."""

    def __init__(self, port):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = JSON
        self.http.connect()
        self.http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __call__(self, method, path, body=None):
        """Send a request with a body of JSON, or none."""
        self.http.request(method, path, None if body is None else json.dumps(body), self.headers)
        answer = self.http.getresponse()
        return answer.status, answer.read()


class Ours:
    """How to ask whyrec."""

    def list(self, call, user):
        """Return the items of a shopper's list; raises where it is not whole."""
        status, body = call("POST", "/v1/recommendations", {"user_id": user, "n": ITEMS})
        items = [place["item_id"] for place in json.loads(body)["items"]]
        if status != 200 or len(items) != ITEMS:
            raise ValueError(f"status {status}, {len(items)} items")
        return items

    def send(self, call, user, item, kind):
        """Send one event; returns whether it was taken."""
        return call("POST", "/v1/events", {"events": [{"user_id": user, "item_id": item, "kind": kind}]})[0] == 200


def ask(api, port, users, until, rate, seed, results):
    """Ask for lists until the time is up; puts waits in milliseconds and the number of failures.

    With a rate a list that was answered late makes the next one late, and its wait counts from when it was due.
    """
    rng, call, waits, failures = random.Random(seed), Connection(port), [], 0
    due = time.perf_counter() + (rng.random() / rate if rate else 0)
    while time.time() < until:
        if rate:
            time.sleep(max(0.0, due - time.perf_counter()))
        start = due if rate else time.perf_counter()
        try:
            api.list(call, rng.choice(users))
        except ValueError:
            failures += 1
        waits.append(1000 * (time.perf_counter() - start))
        due += rng.expovariate(rate) if rate else 0
    results.put((waits, failures))


def send_events(api, port, users, items, until, results):
    """Send events at a steady rate; once a second follow one to the list.

    That event hides the first item of the shopper's own list, which a new list must not hold. Puts the waits for the
    acknowledgement, the waits from there to the changed list, and the number of failures.
    """
    rng, call, acks, delays, failures, n = random.Random(7), Connection(port), [], [], 0, 0
    start = time.time()
    while time.time() < until:
        n += 1
        user, followed = rng.choice(users), n % EVENTS_S == 0
        item = api.list(call, user)[0] if followed else rng.choice(items)
        sent = time.perf_counter()
        failures += not api.send(call, user, item, "hide" if followed else "view")
        acknowledged = time.perf_counter()
        acks.append(1000 * (acknowledged - sent))
        if followed:
            failures += item in api.list(call, user)
            delays.append(1000 * (time.perf_counter() - acknowledged))
        time.sleep(max(0.0, start + n / EVENTS_S - time.time()))
    results.put((acks, delays, failures))


def load(api, port, users, items, seconds, rate=0.0, events=True):
    """Run the clients and the sender of events; returns the measured numbers."""
    results, sent, until = multiprocessing.Queue(), multiprocessing.Queue(), time.time() + seconds
    clients = [
        multiprocessing.Process(target=ask, args=(api, port, users, until, rate / CLIENTS, k, results))
        for k in range(CLIENTS)
    ]
    if events:
        clients.append(multiprocessing.Process(target=send_events, args=(api, port, users, items, until, sent)))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for process in clients:
        process.start()
    found = [results.get() for _ in range(CLIENTS)]
    acks, delays, failed = sent.get() if events else ([], [], 0)
    for process in clients:
        process.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    waits = np.concatenate([waits for waits, _ in found])
    numbers = {
        "requests_s": len(waits) / seconds,
        **{f"p{q}_ms": float(np.percentile(waits, q)) for q in (50, 95, 99)},
        "failures": sum(n for _, n in found) + failed,
        "clients_cpu_share": used / seconds,  # near 1 the clients, on one core, are what is slow
    }
    if events:
        numbers |= {
            "events_s": len(acks) / seconds,
            "event_ack_p99_ms": float(np.percentile(acks, 99)),
            "event_to_list_p50_ms": float(np.percentile(delays, 50)) if delays else None,
            "event_to_list_p99_ms": float(np.percentile(delays, 99)) if delays else None,
            "event_to_list_max_ms": max(delays, default=None),
        }
    return numbers


def cpu_s(pid):
    """Processor seconds that a process has used."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid):
    """Resident memory of a process, the highest that it was."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith(("VmHWM", "VmRSS"))}


def ready(port, path, seconds=120):
    """Wait until the server answers; returns whether it did."""
    until = time.time() + seconds
    while time.time() < until:
        try:
            if Connection(port)("GET", path)[0] == 200:
                return True
        except OSError:
            time.sleep(0.01)
    return False


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def serve(folder, core):
    """Start `whyrec serve` on one core; returns the process, its port and the seconds until it was ready."""
    port = free_port()
    command = [sys.executable, "-m", "whyrec", "serve", str(folder), "--port", str(port), "--no-console", "--json"]
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1")
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **one})
    os.sched_setaffinity(process.pid, {core})
    if not ready(port, "/readyz"):
        process.kill()
        raise RuntimeError("the server did not get ready")
    return process, port, time.perf_counter() - start


def main():
    """Measure a shop and print one JSON value."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shop", type=Path)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rate", type=float, default=0.0, help="lists a second of all clients; 0: as fast as they can")
    given = parser.parse_args()
    with whyrec.open(given.shop) as shop:
        users = [str(user) for user in shop.tables.events.users.ids]
        items = [str(item) for item in shop.tables.events.items.ids]
        model = shop.live.meta.model
    cores = sorted(os.sched_getaffinity(0))
    process, port, seconds = serve(given.shop, cores[0])
    os.sched_setaffinity(0, set(cores[1:]) or set(cores))
    try:
        load(Ours(), port, users, items, 3.0)  # caches are warm, as in any hour but the first
        before = cpu_s(process.pid)
        found = {
            "model": model,
            "items": len(items),
            "ready_s": seconds,
            **load(Ours(), port, users, items, given.seconds, given.rate),
        }
        used = cpu_s(process.pid) - before
        found |= {
            "cpu_share": used / given.seconds,
            "cpu_ms_request": 1000 * used / (found["requests_s"] * given.seconds),
        }
        print(json.dumps({**found, **memory_mb(process.pid)}, indent=1))
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
