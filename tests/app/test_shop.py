"""The Python API: frames in and out, tombstones in score, live events, what-if equals what is promised."""

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import whyrec
from whyrec.core.errors import ShopError, SnapshotError, TrainingError, UsageError

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "electronics"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop") / "shop"
    made = whyrec.init(folder, EXAMPLE / "events.csv", EXAMPLE / "items.csv")
    made.train(["popular", "markov"])
    yield made
    made.close()


@pytest.mark.parametrize("library", [pd, pl])
def test_frames_in_and_out(tmp_path, library):
    events, items = library.read_csv(EXAMPLE / "events.csv"), library.read_csv(EXAMPLE / "items.csv")
    with whyrec.init(tmp_path / "shop", events, items) as made:
        assert made.check().rows_read == len(events)
        out = made.table("events", library.__name__)
        assert len(out) == made.check().rows_kept
        assert isinstance(out, library.DataFrame)
    with pytest.raises(ShopError, match="is a shop already"):
        whyrec.init(tmp_path / "shop", events)


def test_a_removed_event_keeps_its_slot(shop):
    rows = [("lumo-8", "purchase", 1.0), ("tern-14", "purchase", 2.0), ("lumo-9", "view", 3.0)]
    items = ["lumo-9-pro", "dock-11", "no such item"]
    whole = shop.score(rows, items, at=4.0)
    masked = shop.score([rows[0], None, rows[2]], items, at=4.0)
    shorter = shop.score([rows[0], rows[2]], items, at=4.0)
    assert whole.dtype == np.float32
    assert np.isnan(whole[2])
    assert whole[1] > masked[1], "the laptop does not speak for the dock"
    # A tombstone is not a deletion: the older phone must not grow younger.
    assert shorter[0] > masked[0]


def test_what_if_equals_the_promise(shop):
    query = shop.query("li", at=2e9)
    made = shop.recommend_query(query)
    for place in made.items[:3]:
        why = shop.explain(query=query, item=place.item_id)
        if why.necessary is None:
            continue
        left = shop.recommend_query(query.without(why.necessary.slots))
        assert place.item_id not in [other.item_id for other in left.items]


def test_events_count_at_once_and_are_learned(tmp_path):
    with whyrec.init(tmp_path / "shop", EXAMPLE / "events.csv", EXAMPLE / "items.csv") as made:
        with pytest.raises(TrainingError, match="Run: whyrec train"):
            made.recommend("li")
        made.train(["markov"])
        before = [place.item_id for place in made.recommend("newcomer").items]
        row = {"event_id": "e-new", "user_id": "newcomer", "item_id": "tern-14", "kind": "purchase", "at": time.time()}
        assert made.add_events([row]).accepted == 1
        assert made.add_events([row]).duplicates == 1
        after = [place.item_id for place in made.recommend("newcomer").items]
        assert before != after
        assert "tern-14" not in after
        assert len(made.tables_with_live_events().events) == len(made.tables.events) + 1


def test_a_new_snapshot_is_used_without_a_restart(shop):
    first = shop.live.meta.id
    shop.train(["popular"])
    assert shop.live.meta.id != first
    shop.train(["markov"])


def test_boards_are_kept(shop):
    assert shop.board("time", "hide") is None
    (made,) = shop.evaluate("loo", names=["popular"], seen=("hide",))
    assert shop.board("loo", "hide") == json.loads(json.dumps(made.as_dict()))


def test_wrong_calls(shop):
    with pytest.raises(UsageError, match="Expected the item to explain"):
        shop.explain("li")
    with pytest.raises(UsageError, match="Expected items that the snapshot knows, got 'x'"):
        shop.explain("li", item="x")
    with pytest.raises(ShopError, match="Expected a shop folder"):
        whyrec.open("/no/such/folder")


def test_a_damaged_snapshot_is_told(tmp_path):
    with whyrec.init(tmp_path / "shop", EXAMPLE / "events.csv") as made:
        (meta,) = made.train(["popular"])
    path = tmp_path / "shop" / "snapshots" / meta.id / "arrays.npz"
    path.write_bytes(path.read_bytes()[:-9] + b"123456789")
    with whyrec.open(tmp_path / "shop") as again, pytest.raises(SnapshotError, match="whyrec train"):
        again.recommend("li")


def test_reasons_in_both_languages(shop):
    query = shop.query("li", at=2e9)
    why = shop.explain(query=query, item="lumo-9-pro")
    assert "“Lumo 9 phone”" in shop.say(why, query, "en").text
    assert "「Lumo 9 手机」" in shop.say(why, query, "zh-CN").text
    assert shop.title("lumo-9", "zh") == "Lumo 9 手机"
