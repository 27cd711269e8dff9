"""Erasure: every file of the shop folder is searched for the person, and nothing brings them back."""

import json
import re
import shutil
import zlib

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_service import Client, served, write_log

from whyrec.app.cli import main
from whyrec.app.create import init
from whyrec.app.shop import Shop
from whyrec.core.config import ModelSettings, PrivacySettings, Settings
from whyrec.core.errors import ErasedError, SnapshotError
from whyrec.data import people

USER = 'ann "7"/茶'
"""An id that JSON, CSV and SQL write in ways of their own."""
PLAIN = "person-7f3a91"


def spelled(text):
    return {
        text.encode(),
        text.replace('"', '""').encode(),
        json.dumps(text)[1:-1].encode(),
        json.dumps(text, ensure_ascii=False)[1:-1].encode(),
    }


def found_in(folder, words):
    """Files that hold one of these byte strings: as they are, unpacked, or in a column of a parquet file."""
    places = set()
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        data = path.read_bytes()
        texts = [data]
        if path.name.startswith("store.db"):
            texts += [unpacked(data[place:]) for place in (m.start() for m in re.finditer(b"x\x01|x\x9c", data))]
        if path.suffix == ".parquet":
            with duckdb.connect() as con:
                rows = con.execute(f"SELECT * FROM read_parquet('{path}')").fetchall()
            texts.append(
                repr(rows).encode() + json.dumps([[str(v) for v in row] for row in rows], ensure_ascii=False).encode()
            )
        if any(word in text for word in words for text in texts):
            places.add(path.relative_to(folder).as_posix())
    return places


def unpacked(data):
    try:
        return zlib.decompressobj().decompress(data, 1_000_000)
    except zlib.error:
        return b""


def make(folder, user, extra_log="", users=False, **options):
    """A shop of the small log in which `user` has some rows, one set aside and one that cannot be read."""
    folder.mkdir(exist_ok=True)
    write_log(folder)
    quoted = '"' + user.replace('"', '""') + '"'
    with (folder / "events.csv").open("a", encoding="utf-8") as log:
        for n in range(6):
            log.write(f"{quoted},item {n},purchase,{1_700_000_000 + n}\n")
        log.write(f"{quoted},item 1,view,99999999999\n")  # in the future: set aside
        log.write(f"{quoted},item 1,view,1700000000,one,field,too many\n")
        log.write(extra_log)
    table = None
    if users:
        table = folder / "users.csv"
        table.write_text(f"user_id,city\n{quoted},Ulm\nu/1,Bonn\n", encoding="utf-8")
    models = ModelSettings(names=["markov", "itemknn"])
    return init(
        folder / "shop", folder / "events.csv", folder / "items.csv", table, settings=Settings(models=models, **options)
    )


def use(shop, user):
    """Leave traces of a person wherever one can."""
    shop.train()
    shop.add_events([{"user_id": user, "item_id": "item 3", "kind": "view", "event_id": f"of {user}"}])
    shop.recommend(user)
    shop.set_preferences(user, sharing=True)
    (shop.folder / "export.json").write_text(json.dumps(shop.export(user)), encoding="utf-8")
    (shop.folder / "report.html").write_text(f"<p>{user}</p>", encoding="utf-8")
    (shop.folder / "notes.txt").write_text(f"call {user} back", encoding="utf-8")


@pytest.mark.parametrize("user", [USER, PLAIN])
def test_nothing_of_a_person_is_left_in_any_file(tmp_path, user):
    with make(tmp_path, user, users=True) as shop:
        use(shop, user)
        shop.recommend("u/1")
        before = found_in(shop.folder, spelled(user))
        assert {"base/events.parquet", "base/users.parquet", "clean/quarantine.parquet", "export.json"} <= before
        assert any(name.startswith("store.db") for name in before), "the search finds what is there"
        check = shop.check()
        receipt = shop.erase(user)
        assert found_in(shop.folder, spelled(user)) == {"notes.txt"} and receipt["left"] == ["notes.txt"]
        hashed = {receipt["hash"].encode()}
        assert all(name.startswith("store.db") for name in found_in(shop.folder, hashed))
        assert (receipt["log_rows"], receipt["user_rows"], receipt["rejected_rows"]) == (7, 1, 1)
        assert (receipt["events"], receipt["lists"], receipt["files"], receipt["snapshots"]) == (2, 1, 2, 2)
        after = shop.check()
        assert check.as_dict()["rows_read"] - after.as_dict()["rows_read"] == 8
        assert after.as_dict()["rows_read"] == sum(
            after.as_dict()[f"rows_{n}"] for n in ("kept", "set_aside", "merged")
        )
        assert user not in shop.tables.events.users.index and "u/1" in shop.tables.events.users.index
        assert shop.recommend_query(shop.query(user)).items == shop.recommend_query(shop.query()).items
    (tmp_path / "shop" / "notes.txt").unlink()
    assert found_in(tmp_path / "shop", spelled(user)) == set(), "also once the database is closed"


def test_a_receipt_that_is_kept_names_nobody(tmp_path):
    from whyrec.store import erasing

    with make(tmp_path, PLAIN) as shop:
        receipt = shop.erase(PLAIN)
        (kept,) = erasing.receipts(shop.store)
        assert kept == {name: value for name, value in receipt.items() if name != "hash"}
        again = shop.erase(PLAIN)
        assert again["hash"] == receipt["hash"] and again["log_rows"] == 0 and erasing.n_suppressed(shop.store) == 1


def test_an_erased_person_stays_out_until_they_come_back_by_their_own_wish(tmp_path):
    with make(tmp_path, PLAIN) as shop:
        shop.train(["markov"])
        shop.erase(PLAIN)
        view = {"item_id": "item 2", "kind": "view"}
        kept = shop.add_events([{**view, "user_id": PLAIN}, {**view, "user_id": "u/1"}])
        assert (kept.accepted, kept.duplicates, kept.suppressed) == (1, 0, 1)
        with pytest.raises(ErasedError):
            shop.set_preferences(PLAIN, sharing=True)
        made = shop.recommend(PLAIN)
        assert shop.store.recommendation(made.id) is None, "a list of theirs is made but not kept"
        assert found_in(shop.folder, spelled(PLAIN)) == set()
        assert shop.lift(PLAIN) and not shop.lift(PLAIN)
        assert shop.add_events([{**view, "user_id": PLAIN}]).accepted == 1
        assert shop.tables.events.users.index.get(PLAIN) is None, "what was erased stays erased"


def test_a_backup_of_the_log_brings_nobody_back(tmp_path):
    with make(tmp_path, PLAIN) as shop:
        for part in ("base", "clean"):
            shutil.copytree(shop.folder / part, tmp_path / "backup" / part)
        shop.erase(PLAIN)
    for part in ("base", "clean"):
        shutil.rmtree(tmp_path / "shop" / part)
        shutil.copytree(tmp_path / "backup" / part, tmp_path / "shop" / part)
    assert found_in(tmp_path / "shop", spelled(PLAIN))
    with Shop(tmp_path / "shop") as again:
        assert PLAIN not in again.tables.events.users.index
    assert found_in(tmp_path / "shop", spelled(PLAIN)) == set()


def test_the_raw_file_read_again_into_a_new_shop_brings_nobody_back(tmp_path):
    with make(tmp_path, PLAIN) as shop:
        shop.erase(PLAIN)
    with init(tmp_path / "new", tmp_path / "events.csv", suppressed=tmp_path / "shop") as new:
        assert PLAIN not in new.tables.events.users.index and "u/1" in new.tables.events.users.index
        assert new.add_events([{"user_id": PLAIN, "item_id": "item 2", "kind": "view"}]).suppressed == 1
    assert found_in(tmp_path / "new", spelled(PLAIN)) == set()


def test_snapshots_that_learned_from_the_person_cannot_go_live_again(tmp_path):
    with make(tmp_path, PLAIN) as shop:
        shop.train(["markov"])
        (second,) = shop.train(["itemknn"])
        receipt = shop.erase(PLAIN)
        assert receipt["snapshots"] == 2 and shop.live.meta.id == second.id, "the live one serves on"
        for name in (None, second.id):
            with pytest.raises(SnapshotError, match=f"nobody who was erased.*receipt {receipt['id']}.*whyrec train"):
                shop.rollback(name)
        (third,) = shop.train(["markov"])
        assert shop.live.meta.id == third.id
        with pytest.raises(SnapshotError):
            shop.rollback()
        shop.train(["itemknn"])
        assert shop.rollback().id == third.id, "snapshots made since may"
        shop.erase("somebody nobody knew")
        assert shop.rollback().id != third.id, "who was never there outdates nothing"


def test_a_training_under_way_during_an_erasure_goes_not_live(tmp_path):
    with make(tmp_path, PLAIN) as shop:
        shop.train(["markov"])
        before = shop.live.meta.id
        erased = []

        def progress(done, text):
            if done > 0.4 and not erased:
                erased.append(shop.erase(PLAIN))

        with pytest.raises(SnapshotError, match="nobody who was erased"):
            shop.train(["itemknn"], progress=progress)
        assert shop.live.meta.id == before


def test_another_process_forgets_at_the_next_list(tmp_path, capsys):
    import httpx

    with make(tmp_path, PLAIN) as shop:
        shop.train(["markov"])
        with served(shop) as address, httpx.Client(base_url=address) as http:
            client = Client(http)
            popular, mine = client.list()["items"], client.list(user_id=PLAIN)["items"]
            assert mine != popular
            with pytest.raises(SystemExit) as ended:
                main(["erase", str(shop.folder), "--user", PLAIN, "--yes", "--json"])
            assert ended.value.code == 0 and json.loads(capsys.readouterr().out)["log_rows"] == 7
            assert client.list(user_id=PLAIN)["items"] == popular
            like = {"user_id": PLAIN, "kind": "like", "item_id": "item 1"}
            assert "was erased" in client.fails(410, "POST", "/v1/feedback", json=like)
            view = {"user_id": PLAIN, "kind": "view", "item_id": "item 1"}
            kept = client.ok("POST", "/v1/events", json={"events": [view]})
            assert (kept["accepted"], kept["suppressed"]) == (0, 1)
            receipt = client.ok("POST", "/v1/erase", json={"user_id": "u/2"})
            assert receipt["log_rows"] == 12 and len(receipt["hash"]) == 64
            assert client.ok("GET", "/v1/export", params={"user_id": "u/2"})["log"] == []


def test_ids_are_kept_as_pseudonyms_and_calls_go_on_with_the_shops_own(tmp_path):
    with make(tmp_path, USER, users=True, privacy=PrivacySettings(pseudonyms=True)) as shop:
        use_by_name = shop.known_as(USER)
        assert re.fullmatch("~[0-9a-f]{32}", use_by_name) and shop.known_as(use_by_name) == use_by_name
        shop.train(["markov"])
        assert shop.query(USER).history.item.tolist() == [f"item {n}" for n in range(6)]
        assert shop.profile(USER)["tags"][0]["source"] == "users"
        shop.add_events([{"user_id": USER, "item_id": "item 3", "kind": "view"}])
        made = shop.recommend(USER)
        assert made.query.user == use_by_name and len(made.query.history) == 7
        kept = shop.set_preferences(USER, personalised=False)
        assert shop.query(USER).user is None and shop.undo(USER, kept["feedback_id"])
        assert found_in(shop.folder, spelled(USER)) == set()
        receipt = shop.erase(USER)
        assert (receipt["log_rows"], receipt["events"], receipt["lists"]) == (7, 2, 1)
        assert found_in(shop.folder, spelled(use_by_name)) == set()


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1, max_size=8), max_size=5))
@settings(max_examples=20)
def test_an_id_is_found_in_text_whatever_it_is_made_of(tmp_path_factory, names):
    path = tmp_path_factory.mktemp("text") / "file.json"
    path.write_text(json.dumps(names), encoding="utf-8")
    assert all(people.holds(path, name) for name in names)
    assert not people.holds(path, "surely-not-there-0f3a")
