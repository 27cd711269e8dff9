"""Killed at any moment: what was acknowledged is there, and nothing is there twice."""

import random
import subprocess
import sys
import time

import pytest

from whyrec.store.store import open_store

WRITER = """
import sys, threading
from pathlib import Path
from whyrec.core.config import ServeSettings
from whyrec.store.store import open_store

store = open_store(Path(sys.argv[1]), ServeSettings(store=sys.argv[2]))

def send(name):
    n = 0
    while True:
        ids = [f"{sys.argv[3]}-{name}-{n + k}" for k in range(3)]
        rows = [{"user_id": "u", "item_id": "i", "kind": "view", "event_id": i} for i in ids]
        store.add_events(rows, now=1.0)
        store.add_events(rows, now=1.0)  # a retry
        sys.stdout.write("".join(f"{i}\\n" for i in ids))
        sys.stdout.flush()
        n += 3

for name in range(4):
    threading.Thread(target=send, args=(name,)).start()
"""


def rounds(folder, serve, n, chance):
    """Start a writer, kill it, n times; return all ids that it printed after they were acknowledged."""
    said = set()
    for place in range(n):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), serve.store, str(place)], stdout=subprocess.PIPE, text=True
        )
        said.add(writer.stdout.readline().strip())  # it writes
        time.sleep(chance.random() * 0.3)
        writer.kill()
        rest = writer.stdout.read().splitlines(keepends=True)
        said |= {line.strip() for line in rest if line.endswith("\n")}
        writer.stdout.close()
        writer.wait()
    return said


def check(folder, serve, n):
    said = rounds(folder, serve, n, random.Random(n))
    store = open_store(folder, serve)
    try:
        kept = [row.event_id for row in store.all_events()]
        assert len(said) >= n
        assert said <= set(kept), "acknowledged events are lost"
        assert len(kept) == len(set(kept)), "events are doubled"
        store.check()
    finally:
        store.close()


def test_killed_three_times(serve, tmp_path):
    check(tmp_path, serve, 3)


@pytest.mark.slow
def test_killed_many_times(serve, tmp_path):
    check(tmp_path, serve, 100)
