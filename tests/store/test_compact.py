"""A store made smaller: lists beyond their time are gone, events and newer lists stay, and it serves meanwhile."""

import threading

from whyrec.core.types import History, Item, Query, Recommendation
from whyrec.store.compact import compact

DAY = 86400.0
NOW = 1_800_000_000.0


def fill(store, n, at):
    """Keep n lists of a long history each, at this moment."""
    history = History.of([(f"item {k}", "view", float(k)) for k in range(400)])
    items = tuple(Item(f"item {k}", 1.0, ("history",)) for k in range(20))
    for k in range(n):
        query = Query(at=at + k, user="u", history=history)
        store.save_recommendation(Recommendation(f"{at:.0f}-{k}", query, items, "s", "c", "t"), wait=False)
    store.check()


def test_lists_beyond_their_time_go_and_space_comes_back(store):
    store.add_events(
        [{"user_id": "u", "item_id": "a", "kind": "view", "at": NOW - 900 * DAY, "event_id": "e"}], now=NOW
    )
    fill(store, 700, NOW - 400 * DAY)
    fill(store, 5, NOW - DAY)
    heard = []
    found = compact(store, NOW - 100 * DAY, lambda share, what: heard.append((share, what)))
    assert found["lists"] == 700 and len(store.lists_since(0)) == 5
    assert [event.event_id for event in store.events_of("u")] == ["e"], "events stay"
    assert (
        found["freed"] == found["bytes_before"] - found["bytes_after"] or found["bytes_after"] > found["bytes_before"]
    )
    if store.engine.dialect.name == "sqlite":
        assert found["freed"] > 0.5 * found["bytes_before"], found
    shares = [share for share, _ in heard]
    assert shares == sorted(shares) and shares[-1] <= 1.0
    again = compact(store, NOW - 100 * DAY, lambda share, what: None)
    assert again["lists"] == 0 and len(store.lists_since(0)) == 5


def test_without_a_time_nothing_is_deleted(store):
    fill(store, 3, NOW - 4000 * DAY)
    assert compact(store, None, lambda share, what: None)["lists"] == 0
    assert len(store.lists_since(0)) == 3


def test_events_and_lists_are_kept_meanwhile(store):
    fill(store, 1500, NOW - 400 * DAY)
    done, kept, failed = threading.Event(), [], []

    def write():
        while not done.is_set():
            name = f"w{len(kept)}"
            try:
                store.add_events([{"user_id": "w", "item_id": "a", "kind": "view", "event_id": name}], now=NOW)
                kept.append(name)
            except Exception as error:
                failed.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    found = compact(store, NOW - 100 * DAY, lambda share, what: None)
    done.set()
    writer.join()
    assert found["lists"] == 1500 and not failed
    assert [event.event_id for event in store.events_of("w")] == kept and kept


def test_a_store_of_before_gives_its_space_back_too(tmp_path):
    """A file that was not made to give pages back in steps is rewritten once."""
    import sqlite3

    from whyrec.core.config import ServeSettings
    from whyrec.store.store import open_store

    with sqlite3.connect(tmp_path / "store.db") as old:
        old.execute("PRAGMA auto_vacuum = NONE")
        old.execute("CREATE TABLE before (x)")
        old.execute("DROP TABLE before")
    old.close()
    store = open_store(tmp_path, ServeSettings())
    try:
        fill(store, 300, NOW - 400 * DAY)
        found = compact(store, NOW, lambda share, what: None)
        assert found["lists"] == 300 and found["freed"] > 0.5 * found["bytes_before"]
    finally:
        store.close()
