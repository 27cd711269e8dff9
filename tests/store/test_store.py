"""The store on SQLite and PostgreSQL: what goes in comes out, once, whole, and for everyone."""

import json
import threading

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st

from whyrec.core.config import ServeSettings
from whyrec.core.errors import InputError, MissingExtraError, SettingsError, StoreError
from whyrec.core.types import UNKNOWN, Catalog, History, Item, Query, Recommendation, Vocabulary, objects
from whyrec.store import database, schema, shelf
from whyrec.store.records import LiveEvent, query_to_json
from whyrec.store.store import open_store

NOW = 1_700_000_000.0


def view(item, **fields):
    return {"user_id": "ann", "item_id": item, "kind": "view", **fields}


def test_events_come_back_in_order_of_time_and_arrival(store):
    store.add_events([view("b", at=5.0, event_id="1"), view("c", at=5.0, event_id="2")], NOW)
    store.add_events([view("a", at=4.0, event_id="3"), view("d", user_id="bob", at=1.0, event_id="4")], NOW)
    assert [row.item_id for row in store.events_of("ann")] == ["a", "b", "c"]
    assert [row.item_id for row in store.all_events()] == ["d", "a", "b", "c"]
    assert store.events_of("nobody") == []


def test_every_field_comes_back(store):
    whole = LiveEvent(
        event_id="e/1 🫖",
        user_id="'; DROP TABLE events; --",
        item_id="茶/壶",
        kind="purchase",
        at=12.5,
        session_id="s",
        value=0.1,
        quantity=2.0,
        price=9.99,
        platform="phone",
        locale="zh-CN",
        text="words",
        answers="r1",
        reference='{"event_ids":["x"]}',
        received_at=NOW,
    )
    row = {name: value for name, value in vars(whole).items() if name != "received_at"}
    store.add_events([row], NOW)
    assert store.events_of(whole.user_id) == [whole]


def test_a_retry_is_harmless(store):
    batch = [view("a", event_id="1"), view("b", event_id="2")]
    first = store.add_events(batch, NOW)
    again = store.add_events([*batch, view("c", event_id="3"), view("c", event_id="3")], NOW)
    assert (first.accepted, first.duplicates, first.event_ids) == (2, 0, ("1", "2"))
    assert (again.accepted, again.duplicates) == (1, 3)
    assert len(store.events_of("ann")) == 3


def test_events_without_an_id_get_different_ones(store):
    made = store.add_events([view("a"), view("a")], NOW)
    assert made.accepted == 2 and len(set(made.event_ids)) == 2
    assert {row.at for row in store.events_of("ann")} == {NOW}
    assert store.add_events([], NOW).accepted == 0


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (view("a", kind="veiw"), "unknown kind 'veiw' (did you mean 'view'?)"),
        (view("a", pricee=1), "unknown key 'pricee' (did you mean 'price'?)"),
        (view(None), "expected item_id for the kind 'view'"),
        (view("a", user_id=None), "expected user_id as a string"),
        (view("a", user_id="x" * 513), "1 to 512 characters"),
        (view("a\0b"), "item_id holds a NUL"),
        (view("\ud800"), "half a character"),
        (view("a", at=NOW + 301), "lies in the future"),
        (view("a", at=NOW * 1000), "looks like milliseconds"),
        (view("a", at=float("nan")), "expected at in seconds"),
        (view("a", at=True), "expected at in seconds"),
        (view("a", value=float("inf")), "expected value as a number"),
        (view("a", price=2**70), "expected price as a number"),
        (view("a", quantity="3"), "expected quantity as a number"),
        (view(None, kind="search"), "expected the words of the search"),
        (view("a", kind="rating"), "expected the rating in value"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_batch(tmp_path, row, said):
    store = open_store(tmp_path, ServeSettings())
    try:
        with pytest.raises(InputError) as caught:
            store.add_events([view("good"), row], NOW)
        assert said in str(caught.value)
        assert store.all_events() == []
    finally:
        store.close()


def test_a_clock_that_is_a_little_ahead_counts_as_now(store):
    store.add_events([view("a", at=NOW + 200)], NOW)
    assert store.events_of("ann")[0].at == NOW


def test_undo_withdraws_feedback_of_its_owner_only(store):
    store.add_events([view("a", kind="hide", event_id="h"), view("a", event_id="v")], NOW)
    assert not store.withdraw("h", "bob")
    assert not store.withdraw("v", "ann"), "a view is no feedback"
    assert store.withdraw("h", "ann") and store.withdraw("h", "ann")
    assert [row.event_id for row in store.events_of("ann")] == ["v"]


def test_callers_share_a_commit_and_a_failing_piece_fails_alone(store):
    table = schema.events
    good = {"user_id": "ann", "item_id": "a", "kind": "view", "at": 1.0, "withdrawn": False, "received_at": NOW}

    def insert(event_id):
        return lambda connection: connection.execute(table.insert(), {**good, "event_id": event_id})

    failing = insert(None)  # the column must not be empty
    done = [store._submit(failing if place % 3 == 1 else insert(f"e{place}")) for place in range(9)]
    failures = [place for place, answer in enumerate(done) if answer.exception(timeout=10) is not None]
    assert failures == [1, 4, 7]
    assert {row.event_id for row in store.all_events()} == {f"e{place}" for place in (0, 2, 3, 5, 6, 8)}


def test_many_threads_lose_and_double_nothing(store):
    counts = []

    def send(start):
        ids = [f"e{place}" for place in range(start, start + 40)]
        counts.extend(store.add_events([view("a", event_id=event_id)], NOW).accepted for event_id in ids)

    threads = [threading.Thread(target=send, args=(start,)) for start in (0, 20, 40, 60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counts) == 160 and sum(counts) == 100
    assert {row.event_id for row in store.all_events()} == {f"e{place}" for place in range(100)}


def imported():
    return Catalog(
        items=Vocabulary.of(["tea", "cup"]),
        titles={"": objects(["Tea", None]), "zh": objects(["茶", None])},
        categories={"shelf": objects([("drinks",), (UNKNOWN,)])},
        numbers={"price": np.array([3.0, np.nan])},
        version="7",
    )


def test_changes_lie_over_the_imported_catalogue(store):
    base = imported()
    assert store.catalog(base) is base
    changes = {"item_id": "pot", "title": "Pot", "categories": {"shelf": ["dishes"], "brand": ["Acme"]}, "since": 5.0}
    store.put_items([changes, {"item_id": "cup", "titles": {"de": "Tasse"}, "price": 2.5}], NOW)
    now = store.catalog(base)
    assert now.items.ids.tolist() == ["tea", "cup", "pot"]
    assert (now.title("pot"), now.title("cup", "de"), now.title("tea", "zh-CN")) == ("Pot", "Tasse", "茶")
    assert now.values("pot", "shelf") == ("dishes",) and now.values("tea", "brand") == (UNKNOWN,)
    assert now.numbers["price"].tolist()[:2] == [3.0, 2.5] and np.isnan(now.numbers["price"][2])
    assert now.since.tolist()[2] == 5.0 and np.isnan(now.since[0])
    assert now.available is None and now.version != base.version
    assert base.title("cup") == "cup", "the imported table is not touched"
    assert store.catalog(base) is now, "kept until the next change"


def test_off_the_shelf_and_back(store):
    base = imported()
    store.put_items([{"item_id": "tea", "available": False}], NOW)
    assert store.catalog(base).available.tolist() == [False, True]
    assert store.catalog(base).items is base.items
    store.put_items([{"item_id": "tea", "available": True}], NOW)
    assert store.catalog(base).available.tolist() == [True, True]


def test_fields_are_merged_or_take_the_place_of_all(store):
    store.put_items([{"item_id": "a", "title": "A", "categories": {"x": ["1"], "y": ["2"]}, "price": 1.0}], NOW)
    store.put_items([{"item_id": "a", "categories": {"y": None}, "price": None}], NOW)
    assert store.item("a") == {"title": "A", "categories": {"x": ["1"], "y": None}, "price": None}
    changed = store.catalog(imported())
    assert changed.values("a", "x") == ("1",) and changed.values("a", "y") == (UNKNOWN,)
    store.put_items([{"item_id": "a", "title": None, "categories": None}], NOW, whole=True)
    assert store.item("a") == {"title": None, "categories": None}
    assert store.item("b") is None


def _maybe(strategy):
    return st.one_of(st.none(), strategy)


some = {
    "categories": _maybe(st.dictionaries(st.sampled_from(["shelf", "x"]), st.lists(st.just("a"), max_size=1))),
    "titles": _maybe(st.dictionaries(st.sampled_from(["zh", "de"]), _maybe(st.just("T")))),
    "numbers": _maybe(st.dictionaries(st.sampled_from(["price", "w"]), st.just(2.0))),
    "price": _maybe(st.just(1.0)),
    "stock": _maybe(st.integers(0, 2)),
    "available": _maybe(st.booleans()),
    "title": _maybe(st.just("A")),
}
documents = st.fixed_dictionaries({"item_id": st.sampled_from(["tea", "cup", "new"])}, optional=some)
wholes = st.fixed_dictionaries({"item_id": st.sampled_from(["tea", "new"])} | some)
puts = st.one_of(
    st.tuples(st.lists(documents, min_size=1, max_size=3), st.just(False)),
    st.tuples(wholes.map(lambda one: [one]), st.just(True)),
)


@given(st.lists(puts, min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_changes_one_by_one_come_to_the_same_as_all_at_once(changes):
    base, kept = imported(), {}
    now = base
    for batch, whole in changes:
        for document in batch:
            fields = {name: value for name, value in document.items() if name != "item_id"}
            item = document["item_id"]
            kept[item] = shelf.alone(fields) if whole else shelf.merged(kept.get(item, {}), fields)
        now = shelf.with_changes(now, {document["item_id"]: kept[document["item_id"]] for document in batch}, "8")
    late = shelf.with_changes(base, json.loads(json.dumps(kept, sort_keys=True)), "8")
    assert set(now.items.ids) == set(late.items.ids)
    for item in late.items.ids:
        assert dump(now, item) == dump(late, item)


def test_another_process_hears_of_every_change_and_reads_only_the_new_ones(store, serve, tmp_path):
    base, other = imported(), open_store(tmp_path, serve)
    try:
        for n in range(3):
            store.put_items([{"item_id": "tea", "stock": n}, {"item_id": f"new {n}", "price": float(n)}], NOW)
            other.refresh()
            assert other.catalog(base).stock[0] == n and other.catalog(base).version == store.catalog(base).version
        assert other.catalog(base).items.ids.tolist() == ["tea", "cup", "new 0", "new 1", "new 2"]
        other.put_items([{"item_id": "tea", "stock": 9}], NOW - 1000), store.refresh()
        assert store.catalog(base).stock[0] == 9, "a clock that is behind hides nothing"
    finally:
        other.close()


def dump(catalog, item):
    """All that a catalogue says of an item."""
    code = catalog.items.index[item]
    said = {name: column[code] or None for name, column in catalog.titles.items()}
    said |= {f"c {name}": column[code] for name, column in catalog.categories.items()}
    said |= {f"n {name}": column[code] for name, column in catalog.numbers.items() if not np.isnan(column[code])}
    said |= {"stock": None if catalog.stock is None or np.isnan(catalog.stock[code]) else catalog.stock[code]}
    said |= {"available": catalog.available is None or catalog.available[code]}
    return {name: value for name, value in said.items() if value not in (None, (UNKNOWN,))}


def test_another_process_sees_the_change_after_a_refresh(store, serve, tmp_path):
    base, other = imported(), open_store(tmp_path, serve)
    try:
        assert store.catalog(base) is base
        other.put_items([{"item_id": "tea", "available": False}], NOW)
        store.refresh()
        assert store.catalog(base).available.tolist() == [False, True]
    finally:
        other.close()


def made(name="r1"):
    query = Query(at=NOW, user="ann", history=History.of([("tea", "view", 1.0), None]), seen=frozenset({"tea"}))
    items = (Item("cup", 0.1 + 0.2, ("history",), ("recalled", "placed 1")), Item("pot", -1e-30, ("popular",)))
    return Recommendation(name, query, items, "snapshot", "catalog", "settings")


@pytest.mark.parametrize("wait", [True, False])
def test_a_list_comes_back_as_it_was_given(store, serve, tmp_path, wait):
    store.save_recommendation(made(), wait=wait)
    at_once = store.recommendation("r1")
    store.close()
    again = open_store(tmp_path, serve)
    later = again.recommendation("r1")
    again.close()
    for found in (at_once, later):
        assert found.items == made().items
        assert query_to_json(found.query) == query_to_json(made().query)
        assert (found.id, found.snapshot, found.catalog, found.settings) == ("r1", "snapshot", "catalog", "settings")


def test_an_unknown_list_is_none(store):
    assert store.recommendation("r2") is None


def test_what_was_kept_is_there_after_closing(store, serve, tmp_path):
    store.add_events([view("a", event_id="1")], NOW)
    store.put_items([{"item_id": "x", "title": "X"}], NOW)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="is closed"):
        store.add_events([view("b")], NOW)
    with pytest.raises(StoreError, match="is closed"):
        store.events_of("ann")
    again = open_store(tmp_path, serve)
    try:
        assert [row.event_id for row in again.all_events()] == ["1"]
        assert again.item("x") == {"title": "X"}
        again.check()
    finally:
        again.close()


def test_the_steps_make_the_tables_that_the_code_works_with(store):
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


def test_a_store_of_a_newer_version_is_refused(store, serve, tmp_path):
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="written by a newer whyrec"):
        open_store(tmp_path, serve)


def test_a_full_disk_is_told_and_nothing_acknowledged_is_lost(tmp_path):
    store = open_store(tmp_path, ServeSettings())
    try:
        store.add_events([view("a", event_id="kept")], NOW)
        pages = store.write(lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar())
        limit = f"PRAGMA max_page_count = {pages + 1}"
        store.write(lambda connection: connection.exec_driver_sql(limit).scalar())
        with pytest.raises(StoreError, match=r"disk is full.*Free some space"):
            for batch in range(50):
                store.add_events([view("b", text="x" * 900, event_id=f"{batch}-{n}") for n in range(20)], NOW)
        store.write(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 1000000").scalar())
        assert store.add_events([view("a", event_id="later")], NOW).accepted == 1
        assert {"kept", "later"} <= {row.event_id for row in store.all_events()}
    finally:
        store.close()


def test_a_list_that_cannot_be_kept_is_told_in_the_log(tmp_path, caplog):
    store = open_store(tmp_path, ServeSettings())
    store.write(lambda connection: connection.exec_driver_sql("DROP TABLE recommendations"))
    store.save_recommendation(made(), wait=False)
    store.close()
    assert "Recommendation r1 was not kept" in caplog.text
    assert store._pending == {}


def test_a_store_that_cannot_be_written_is_told(tmp_path):
    open_store(tmp_path, ServeSettings()).close()
    address = f"sqlite:///file:{tmp_path}/store.db?mode=ro&uri=true"
    store = open_store(tmp_path, ServeSettings(store=address))
    try:
        with pytest.raises(StoreError, match=r"readonly database.*writable"):
            store.check()
    finally:
        store.close()


def test_a_place_that_is_no_store_is_told(tmp_path):
    with pytest.raises(StoreError, match=r"unable to open database file.*Make the folder"):
        open_store(tmp_path / "missing", ServeSettings())
    (tmp_path / "store.db").write_bytes(b"this is not a database, it is a note" * 40)
    with pytest.raises(StoreError, match=r"file is not a database.*backup"):
        open_store(tmp_path, ServeSettings())


def test_addresses_of_another_kind_are_refused(tmp_path):
    for address in ("mysql://user@host/shop", "no address"):
        with pytest.raises(SettingsError, match="store: expected an address"):
            open_store(tmp_path, ServeSettings(store=address))


def test_a_missing_driver_answers_with_the_install_line(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise ModuleNotFoundError("psycopg")

    monkeypatch.setattr(database, "create_engine", fail)
    with pytest.raises(MissingExtraError, match=r"pip install.*\[postgres\]"):
        open_store(tmp_path, ServeSettings(store="postgresql://localhost/shop"))


def test_a_server_that_does_not_answer_is_told_without_the_password(tmp_path):
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match="Start the server") as caught:
        open_store(tmp_path, ServeSettings(store="postgresql://me:secret@127.0.0.1:1/shop"))
    assert "secret" not in str(caught.value)
