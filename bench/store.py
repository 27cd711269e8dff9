"""What group commit is worth: durable events a second, with a commit an event and with shared commits.

    .venv/bin/python bench/store.py [--postgres ADDRESS]

Each event is acknowledged only after its commit, on the disk of the current folder. One event a call, as shoppers
send them.
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path

from whyrec.core.config import ServeSettings
from whyrec.store.store import open_store


def measure(folder, address, commit_ms, clients, seconds=5.0):
    """Return events a second, and the median wait of one event in milliseconds."""
    store = open_store(folder, ServeSettings(store=address, commit_ms=commit_ms))
    waits, until = [], time.perf_counter() + seconds

    def send():
        while (start := time.perf_counter()) < until:
            store.add_events([{"user_id": "u", "item_id": "i", "kind": "view"}], now=1.0)
            waits.append(time.perf_counter() - start)

    threads = [threading.Thread(target=send) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    return len(waits) / seconds, 1000 * sorted(waits)[len(waits) // 2]


def main():
    """Print one line for each way to commit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", default=None, help="address of an empty database")
    chosen = parser.parse_args()
    print(f"{'store':10} {'commit_ms':>9} {'clients':>7} {'events/s':>9} {'median ms':>9}")
    for address in filter(None, ("sqlite", chosen.postgres)):
        for commit_ms, clients in ((0, 1), (5, 1), (5, 8), (5, 32), (5, 128)):
            with tempfile.TemporaryDirectory(dir=".") as folder:
                place = f"sqlite:///{folder}/store.db" if address == "sqlite" else address
                speed, wait = measure(Path(folder), place, commit_ms, clients)
                kind = address.split(":")[0]
                print(f"{kind:10} {commit_ms:9} {clients:7} {speed:9.0f} {wait:9.1f}", flush=True)


if __name__ == "__main__":
    main()
