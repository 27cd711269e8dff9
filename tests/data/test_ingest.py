"""Any table that a shop exports is read, or refused with words that say what to do."""

import errno
import gzip
import json
import os
import signal
import subprocess
import sys

import pandas
import polars
import pytest
from shops import NOW, SETTINGS, accounted, bring, events, found, names, rows, write

import whyrec
from whyrec.core.errors import InputError, ShopError, UsageError
from whyrec.data import ingest
from whyrec.data.clean import clean
from whyrec.data.ingest import import_shop, read_imported
from whyrec.data.tables import load

HEADER = "user_id,item_id,event_type,timestamp"
ROWS = [f"u{i % 3},i{i % 5},view,{1_600_000_000 + i}" for i in range(20)]
TEXT = "\n".join([HEADER, *ROWS]) + "\n"


def refused(path, source, **more):
    with pytest.raises(InputError) as error:
        import_shop(path / "shop", source, settings=SETTINGS, now=NOW, **more)
    assert not (path / "shop" / "base").exists()
    assert not list((path / "shop").iterdir()), "nothing half done may stay"
    return str(error.value)


def file(path, data, name="events.csv"):
    (path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return path / name


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "^"])
def test_any_usual_delimiter(tmp_path, delimiter):
    _, check, tables = bring(tmp_path, file(tmp_path, TEXT.replace(",", delimiter)))
    assert (check.rows_kept, len(tables.events.users), len(tables.catalog)) == (20, 3, 5)


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (TEXT.encode("utf-8-sig"), None),
        (gzip.compress(TEXT.encode()), None),
        (TEXT.replace("\n", "\r\n").encode(), None),
        (TEXT.encode("utf-16"), "UTF-16"),
    ],
)
def test_marks_packing_and_line_ends(tmp_path, data, note):
    imported, check, tables = bring(tmp_path, file(tmp_path, data))
    assert (check.rows_kept, list(tables.events.users.ids)) == (20, ["u0", "u1", "u2"])
    assert note is None or note in imported.notes[0]


def test_gbk_is_read_as_such_and_said(tmp_path):
    lines = ["用户id,商品id,行为类型,时间", *(f"张三{i % 3},手机壳{i},购买,{1_600_000_000 + i}" for i in range(9))]
    imported, check, tables = bring(tmp_path, file(tmp_path, "\n".join(lines).encode("gbk")))
    assert (check.rows_kept, tables.events.users.ids[0]) == (9, "张三0")
    assert "read as GBK" in imported.notes[0]
    assert "GBK" in found(check, "how it was read").action


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_western_text_is_read_as_such_and_said(tmp_path, encoding):
    dash = "–" if encoding == "cp1252" else "-"
    lines = ["user_id,item_id,event_type,timestamp"]
    lines += [f"Jérôme{i % 3},Käse {dash} {i} «süß»,purchase,{1_600_000_000 + i}" for i in range(9)]
    _, check, tables = bring(tmp_path, file(tmp_path, "\n".join(lines).encode(encoding)))
    assert (check.rows_kept, tables.events.users.ids[0]) == (9, "Jérôme0")
    assert f"Käse {dash} 0 «süß»" in tables.catalog.items.ids
    assert "Windows-1252" in found(check, "how it was read").action


def test_a_few_western_bytes_in_utf8_text_are_not_read_as_western(tmp_path):
    data = TEXT.encode() + "Jérôme,i1,view,1600000000\n".encode() + "Jérôme,i1,view,1600000000\n".encode("latin-1")
    _, check, tables = bring(tmp_path, file(tmp_path, data))
    assert (check.rows_read, check.rows_kept, check.rows_set_aside) == (22, 21, 1)
    assert "Jérôme" in tables.events.users.ids


def test_bytes_that_are_no_text_cost_their_row_only(tmp_path):
    data = TEXT.encode() + b"u\xff\xfe,i1,view,1600000000\nu1,i\x00,view,1600000000\n"
    _, check, _ = bring(tmp_path, file(tmp_path, data))
    assert (check.rows_read, check.rows_kept, check.rows_set_aside) == (22, 20, 2)
    aside = rows(tmp_path, "quarantine")
    assert [row["row"] for row in aside] == [22, 23]
    assert {row["reason"] for row in aside} == {"cannot be read: bytes that are no text"}
    accounted(tmp_path, check)


def test_ragged_rows_are_set_aside_with_their_line(tmp_path):
    _, check, _ = bring(tmp_path, events(tmp_path, *ROWS, "u1,i1,view", "u1,i1,view,1600000000,more"))
    assert [(row["row"], row["reason"]) for row in rows(tmp_path, "quarantine")] == [
        (22, "cannot be read: 3 values where the header has 4"),
        (23, "cannot be read: 5 values where the header has 4"),
    ]
    assert found(check, "rows that cannot be read").samples[0]["raw"] == "u1,i1,view"


def test_a_stray_quote_costs_one_row_and_a_closed_one_none(tmp_path):
    lines = ['u1,"i1,view,1600000000', *ROWS, 'u1,"a ""b"", c\nd",view,1600000100']
    _, check, tables = bring(tmp_path, events(tmp_path, *lines))
    assert (check.rows_read, check.rows_kept) == (22, 21)
    assert 'a "b", c\nd' in tables.catalog.items.ids


def test_doubled_header_names_are_numbered(tmp_path):
    imported, _, _ = bring(tmp_path, events(tmp_path, "u,i,x,1600000000", header="user_id,item_id,Item_ID,timestamp"))
    assert "item_id occur more than once" in imported.notes[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (HEADER, "found a header and no row"),
        (TEXT.replace(",", "*"), "found one: 'user_id*item_id*event_type*timestamp'"),
        (TEXT.replace("item_id", "thing"), "Expected a column item_id"),
        (b"x" * 10_000_000, "line 1 of"),
        (f"{HEADER}\nu,{'i' * 10_000_000},view,1\n", "line 2 of"),
        (bytes(range(256)) * 50, "Expected"),
        (b"\x00\x01" * 500, "found binary data"),
        (gzip.compress(TEXT.encode() * 99)[:90], "Expected a whole gzip file"),
        (b"PAR1" + b"x" * 500, "It may be cut off"),
        (b"PK\x03\x04" + b"x" * 50, "Excel workbook"),
        ('{"user_id": \n', "Expected one JSON object a line"),
        ("[1, 2", "Expected a JSON array of objects"),
        (f"{HEADER}\nu,i,foo,1\n", "Expected kinds of event in column 'event_type', found 'foo'"),
        (f"{HEADER}\nu,i,view,yesterday\n", "Expected times in column 'timestamp', found 'yesterday'"),
        (f"{HEADER}\nu,i\n", "1 rows, none of which can be read (the first: 2 values where the header has 4)"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_log_is_refused(tmp_path, data, words):
    assert words in refused(tmp_path, file(tmp_path, data))


def test_what_is_no_file_is_refused(tmp_path):
    assert "is a folder" in refused(tmp_path, tmp_path)
    assert "found none" in refused(tmp_path, tmp_path / "nothing.csv")
    os.mkfifo(tmp_path / "pipe")
    assert "is a pipe or a device" in refused(tmp_path, tmp_path / "pipe")
    assert "got int" in refused(tmp_path, 7)
    assert "File name too long" in refused(tmp_path, tmp_path / ("x" * 5000))
    assert "without columns" in refused(tmp_path, pandas.DataFrame())
    assert "without columns" in refused(tmp_path, polars.DataFrame())


def test_parquet_cut_off_is_refused(tmp_path):
    path = tmp_path / "events.parquet"
    polars.DataFrame({"user_id": ["u"] * 999, "item_id": ["i"] * 999}).write_parquet(path)
    file(tmp_path, path.read_bytes()[:200], "cut.parquet")
    assert "It may be cut off" in refused(tmp_path, tmp_path / "cut.parquet")
    data = bytearray(path.read_bytes())
    data[4:60] = b"\xff" * 56
    file(tmp_path, bytes(data), "damaged.parquet")
    assert "Expected" in refused(tmp_path, tmp_path / "damaged.parquet")


def test_json_lines_keep_every_digit_and_account_for_every_line(tmp_path):
    lines = [
        {"UserId": 9007199254740993, "ItemId": -1, "FeedbackType": "star", "Timestamp": "2020-01-01T00:00:00Z"},
        {"UserId": 1, "ItemId": 2, "FeedbackType": "read", "Timestamp": "2020-01-02T00:00:00Z", "Comment": {"a": [1]}},
    ]
    text = "\n".join([*map(json.dumps, lines), "not json", "[1]", "{}", '{"UserId": "\\ud800"}', ""])
    imported, check, tables = bring(tmp_path, file(tmp_path, text, "feedback.jsonl"))
    assert (check.rows_read, check.rows_kept, check.rows_set_aside) == (6, 2, 4)
    assert list(tables.events.users.ids) == ["1", "9007199254740993"]
    assert list(tables.catalog.items.ids) == ["-1", "2"]
    assert (imported.user_id_type, imported.item_id_type) == ("int", "int")
    assert [r["reason"].removeprefix("cannot be read: ") for r in rows(tmp_path, "quarantine")] == [
        "not a JSON object", "not a JSON object", "an empty JSON object", "characters that are no text",
    ]  # fmt: skip


def test_a_json_array_and_odd_values_are_read(tmp_path):
    entries = [
        {"user_id": "u", "item_id": 10**30, "rating": float("nan"), "when": None, "timestamp": 1.6e9, "tags": ["a", 1]},
        {
            "user_id": "v",
            "item_id": "x",
            "rating": float("inf"),
            "flag": True,
            "timestamp": 1_600_000_001,
            "tags": None,
        },
        {"user_id": "v", "item_id": True, "rating": 4, "row": 7, "timestamp": 1_600_000_002, "tags": [[1]]},
    ]
    _, check, tables = bring(tmp_path, file(tmp_path, json.dumps(entries), "events.json"))
    assert check.rows_kept == 3
    assert list(tables.catalog.items.ids) == [str(10**30), "x", "true"]
    assert found(check, "numbers that cannot be read").count == 2
    assert tables.events.value[2] == 4


def test_frames_are_read_and_given_back(tmp_path):
    frame = pandas.DataFrame(
        {
            "user_id": [1.0, 2.0, None],
            "item_id": pandas.array([10, 11, 12], dtype="Int64"),
            "event_type": pandas.Categorical(["view", "view", "buy"]),
            "timestamp": pandas.to_datetime([1.6e9, 1.6e9 + 1, 1.6e9 + 2], unit="s", utc=True),
            "mixed": ["a", 3, None],
        }
    )
    imported, check, tables = bring(tmp_path, frame)
    assert (check.rows_read, check.rows_kept) == (3, 2)
    assert list(tables.events.users.ids) == ["1", "2"]
    assert (imported.user_id_type, tables.events.at[0]) == ("int", 1.6e9)
    assert found(check, "ids turned into floats").count == 2
    imported, _, tables = bring(tmp_path, polars.from_dicts(rows(tmp_path, "events")))
    assert (list(tables.events.users.ids), imported.user_id_type) == (["1", "2"], "str")


def test_pandas_frames_with_doubled_names_are_read(tmp_path):
    frame = pandas.DataFrame([["u", "i", "x"]], columns=["user_id", "item_id", "item_id"])
    _, check, tables = bring(tmp_path, frame)
    assert (check.rows_kept, list(tables.catalog.items.ids)) == (1, ["i"])


def test_the_mapping_is_kept_with_how_it_was_guessed(tmp_path):
    bring(tmp_path, events(tmp_path, "u,i,2020-01-01,x", header="visitorId,sku,wann,note"))
    imported = read_imported(tmp_path / "shop")
    how = {name: (guess.source, guess.how) for name, guess in imported.mapping.items()}
    assert how == {
        "user_id": ("visitorId", "alias of Google visitorId"),
        "item_id": ("sku", "common alias sku"),
        "timestamp": ("wann", "by content"),
    }


def test_a_given_mapping_counts_for_all_tables(tmp_path):
    log = events(tmp_path, "u,i,1600000000", header="who,what,timestamp")
    items = write(tmp_path / "items.csv", "key,heading", "i,Lamp")
    given = {"user_id": "who", "item_id": "what", "items.item_id": "key", "items.title": "heading"}
    imported, _, tables = bring(tmp_path, log, items, mapping=given)
    assert tables.catalog.title("i") == "Lamp"
    assert imported.item_mapping["title"].how == "given"
    with pytest.raises(UsageError):
        import_shop(tmp_path / "shop", log, settings=SETTINGS, now=NOW, mapping={"user_id": "nobody"})


def test_lists_are_no_ids(tmp_path):
    frame = polars.DataFrame({"user_id": ["u"], "item_id": [["a", "b"]]})
    assert "found lists" in refused(tmp_path, frame)


def test_the_session_stands_for_the_user_where_there_is_none(tmp_path):
    imported, _, tables = bring(tmp_path, events(tmp_path, "s,i,1600000000", header="session_id,item_id,timestamp"))
    assert imported.mapping["user_id"].how == "the session stands for the user"
    assert list(tables.events.users.ids) == ["s"]


def test_a_full_disk_and_a_kill_leave_the_old_state(tmp_path, monkeypatch):
    log = events(tmp_path, *ROWS)
    _, check, _ = bring(tmp_path, log)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ingest, "write_parquet", full)
    with pytest.raises(ShopError) as error:
        import_shop(tmp_path / "shop", log, settings=SETTINGS, now=NOW)
    assert "The disk is full" in str(error.value) and "Free some space" in str(error.value)
    assert clean(tmp_path / "shop", SETTINGS, NOW).rows_kept == check.rows_kept
    assert sorted(path.name for path in (tmp_path / "shop").iterdir()) == ["base", "clean"]


def test_a_killed_import_leaves_the_old_state_and_is_cleared_away(tmp_path):
    log = events(tmp_path, *ROWS)
    bring(tmp_path, log)
    script = (
        "import os, signal, sys; from pathlib import Path; from whyrec.data import ingest; "
        "from whyrec.core.config import Settings; "
        "ingest.import_shop(Path(sys.argv[1]), sys.argv[2], settings=Settings(), now=1.7e9, "
        "progress=lambda share, text: share >= 0.8 and os.kill(os.getpid(), signal.SIGKILL))"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path / "shop", log], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(load(tmp_path / "shop").events) == 20
    assert any(path.name.startswith(".base.") for path in (tmp_path / "shop").iterdir())
    import_shop(tmp_path / "shop", log, settings=SETTINGS, now=NOW)
    assert sorted(path.name for path in (tmp_path / "shop").iterdir()) == ["base", "clean"]


def test_a_kill_between_the_two_renames_is_put_right(tmp_path):
    bring(tmp_path, events(tmp_path, *ROWS))
    (tmp_path / "shop" / "base").rename(tmp_path / "shop" / ".base.old")
    (tmp_path / "shop" / "clean").rename(tmp_path / "shop" / ".clean.old")
    assert len(load(tmp_path / "shop").events) == 20


def test_a_folder_that_cannot_be_written(tmp_path):
    file(tmp_path, "x", "taken")
    with pytest.raises(ShopError) as error:
        import_shop(tmp_path / "taken" / "shop", events(tmp_path, *ROWS), settings=SETTINGS, now=NOW)
    assert "Expected to write in the shop folder" in str(error.value)


def test_no_import_an_old_one_and_a_broken_one(tmp_path):
    with pytest.raises(ShopError) as error:
        read_imported(tmp_path)
    assert "found none. Import one with: whyrec init" in str(error.value)
    (tmp_path / "base").mkdir()
    for text, words in (
        ('{"format": 0}', "found format 0"),
        ("{", "Expected a readable"),
        ('{"format": 1}', "readable"),
    ):
        (tmp_path / "base" / "import.json").write_text(text)
        with pytest.raises(ShopError) as error:
            read_imported(tmp_path)
        assert words in str(error.value)


def test_patterns_and_quotes_in_paths_are_only_names(tmp_path):
    folder = tmp_path / "a [1] *?' ; DROP TABLE ev"
    folder.mkdir()
    polars.DataFrame({"user_id": ["u"], "item_id": ["i"]}).write_parquet(folder / "e[2]'.parquet")
    _, check, _ = bring(folder, folder / "e[2]'.parquet")
    assert check.rows_kept == 1
    assert "no event kinds" in names(check)


def test_columns_named_like_our_own_sql_names_are_inert(tmp_path):
    names = ["k", "K2", "h", "g", "n", "b", "t", "day", "row", "clock", "kind", "unit", "counts", "first", "seconds"]
    lines = [",".join(["user_id", "item_id", "event_type", "timestamp", *names])]
    lines += [
        ",".join([f"u{i % 3}", f"i{i % 5}", "view", str(1_600_000_000 + i), *["x"] * len(names)]) for i in range(9)
    ]
    (tmp_path / "events.csv").write_text("\n".join(lines), encoding="utf-8")
    with whyrec.init(tmp_path / "shop", tmp_path / "events.csv") as shop:
        check = shop.check()
        assert check.rows_read == 9
        assert check.rows_read == check.rows_kept + check.rows_set_aside + check.rows_merged
        assert len(shop.tables.events) == check.rows_kept > 0


OURS = [
    "row",
    "h",
    "n",
    "k",
    "at",
    "kind",
    "word",
    "clock",
    "unit",
    "code",
    "user_code",
    "item_code",
    "a0",
    "a",
    "item",
]


def test_columns_may_have_the_names_that_whyrec_uses_itself(tmp_path):
    log = {"user_id": ["u", "v"], "item_id": ["i", "j"], "timestamp": [1.6e9, 1.6e9 + 1], "event_type": ["buy", "view"]}
    source = polars.DataFrame({**log, **{name: [1, 2] for name in OURS}})
    items = polars.DataFrame({"item_id": ["i", "k"], **{name: [1.5, None] for name in [*OURS, "listed", "a_imputed"]}})
    users = polars.DataFrame({"user_id": ["u", "w"], **{name: ["x", "y"] for name in [*OURS, "active"]}})
    _, check, tables = bring(tmp_path, source, items, users)
    assert check.rows_kept == 2
    bad = source.with_columns(user_id=polars.Series(["u", None]))
    bring(tmp_path / "bad", bad)
    assert json.loads(rows(tmp_path / "bad", "quarantine")[0]["raw"])["item_id"] == "j"
    assert list(tables.events.users.ids[tables.events.user]) == ["u", "v"]
    assert list(tables.catalog.items.ids) == ["i", "k", "j"]
    assert {"code", "n", "listed_2", "a_imputed_2"} <= set(tables.catalog.numbers)
    assert list(tables.users.attributes["active_2"]) == ["x", "unknown", "y"]
    assert {"at_2", "kind_2", "user_code_2", "h", "row_2"} <= set(rows(tmp_path, "events")[0])
