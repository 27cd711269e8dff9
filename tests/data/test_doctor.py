"""Every check of the doctor finds its fault, with count, share, samples and what cleaning does about it."""

import json

import polars
import pytest
from shops import bring, events, found, names, rows

from whyrec.data.findings import SEVERITIES, Finding, in_order
from whyrec.data.roles import attribute_role
from whyrec.data.workspace import reading


def test_findings_are_sorted_complete_and_json(tmp_path):
    lines = [f"u{n % 3},i{n % 5},view,{1_600_000_000 + n}" for n in range(20)]
    _, check, _ = bring(tmp_path, events(tmp_path, *lines, "u,,view,1600000000", "u1,i1,view,1600000001"))
    assert list(check.findings) == list(in_order(check.findings))
    assert [SEVERITIES.index(f.severity) for f in check.findings] == sorted(
        SEVERITIES.index(f.severity) for f in check.findings
    )
    for finding in check.findings:
        assert finding.action.endswith(".") and finding.action[0].isupper(), finding
        assert 0 <= finding.share <= 1 and finding.count >= 0 and len(finding.samples) <= 5
    printed = json.loads(json.dumps(check.as_dict()))
    assert set(printed) == {"rows_read", "rows_kept", "rows_set_aside", "rows_merged", "findings"}
    assert set(printed["findings"][0]) == {"check", "severity", "count", "share", "samples", "action"}
    assert printed["rows_read"] == printed["rows_kept"] + printed["rows_set_aside"] + printed["rows_merged"] == 22


def test_samples_are_rows_of_the_source(tmp_path):
    log = events(tmp_path, "u,i,view,1600000000,tea", ",i,view,1600000001,cup", header="user_id,item_id,event,ts,note")
    _, check, _ = bring(tmp_path, log)
    finding = found(check, "missing user id")
    assert (finding.count, finding.share) == (1, 0.5)
    assert finding.samples == (
        {"row": 3, "user_id": None, "item_id": "i", "event_type": "view", "timestamp": "1600000001", "note": "cup"},
    )


def test_outliers_and_odd_numbers(tmp_path):
    lines = [f"u,i{n},buy,{1_600_000_000 + n},2,3" for n in range(20)]
    lines += ["u,x,buy,1600000100,5000,3", "u,y,buy,1600000101,1,999", "u,z,buy,1600000102,NaN,many"]
    log = events(tmp_path, *lines, header="user_id,item_id,event_type,timestamp,quantity,price")
    _, check, _ = bring(tmp_path, log)
    assert (found(check, "outlying quantity").count, found(check, "outlying price").count) == (1, 1)
    # A missing word is no odd number; a word that is no number is one.
    assert found(check, "numbers that cannot be read").count == 1
    assert check.rows_kept == 23


def test_repeats_ties_lonely_users_and_what_is_cold(tmp_path):
    lines = [f"u,i{n % 5},buy,{1_600_000_000 + n // 2}" for n in range(20)]
    lines += ["v,i0,buy,1600000100", "u,new,buy,1600000100"]
    _, check, _ = bring(tmp_path, events(tmp_path, *lines))
    assert check.facts["repeat_rate"] == pytest.approx(15 / 22)
    assert "are recommended again" in found(check, "repeat rate").action
    assert found(check, "ties in time").count == 20
    assert found(check, "users with one event").samples == ({"user_id": "v"},)
    assert found(check, "items with one event").samples == ({"item_id": "new"},)
    cold = found(check, "cold share under a time split").samples[0]
    assert (cold["on_new_items"], cold["by_new_users"]) == (1, 1)
    assert found(check, "event kinds").samples == ({"kind": "purchase", "rows": 22, "share": 1.0},)


def test_the_repeat_rate_is_that_of_the_strongest_kinds(tmp_path):
    lines = [f"u,i,view,{1_600_000_000 + n}" for n in range(9)] + ["u,i,buy,1600000100", "u,j,buy,1600000101"]
    _, check, _ = bring(tmp_path, events(tmp_path, *lines))
    assert (check.facts["repeat_rate"], check.facts["targets"]) == (0, ["purchase"])
    assert "are not recommended again" in found(check, "repeat rate").action


def test_facts_count_users_items_times_and_hours(tmp_path):
    lines = [f"u{n % 2},i{n},view,{3600 * n}" for n in range(1, 49)]
    _, check, _ = bring(tmp_path, events(tmp_path, *lines))
    facts = check.facts
    assert (facts["users"], facts["items"], facts["catalogue"], facts["kinds"]) == (2, 48, 48, {"view": 48})
    assert (facts["first_at"], facts["last_at"], facts["median_history"]) == (3600, 48 * 3600, 24)
    assert facts["hour_histogram"] == [2] * 24
    assert [bucket for bucket in facts["user_histogram"] if bucket[1]] == [[10, 2]]
    assert facts["item_histogram"][0] == [1, 48]


def test_the_item_table_is_looked_at_too(tmp_path):
    items = polars.DataFrame(
        {
            "item_id": ["a", "b", None, "a", "c", "d"],
            "title": ["Lamp", None, "Lost", "Light", "Chair", "Desk"],
            "category": ["x", "x", "x", "x", None, "y"],
            "brand": ["o"] * 6,
            "price": [1.0, 3.0, 9.0, 9.0, None, None],
            "n_ratings": [1, 2, 3, 4, None, 6],
        }
    )
    log = events(tmp_path, *(f"u,{item},view,{1_600_000_000 + n}" for n, item in enumerate("abc")))
    _, check, tables = bring(tmp_path, log, items)
    counts = {f.check: f.count for f in check.findings}
    assert counts["items without text"] == counts["items without category"] == 1
    assert counts["items without price"] == 2
    assert counts["item rows without id"] == counts["item rows that repeat an id"] == 1
    assert counts["titles that differ for one id"] == 1
    assert found(check, "titles that differ for one id").samples[0] == {"item_id": "a", "titles": ["Lamp", "Light"]}
    assert counts["items without events"] == 1
    aside = [(row["source"], row["row"], row["reason"]) for row in rows(tmp_path, "quarantine")]
    assert aside == [("items", 3, "missing item id"), ("items", 4, "repeats an item id; the first row is kept")]
    assert (tables.catalog.title("a"), len(tables.catalog)) == ("Lamp", 4)


def test_titles_that_differ_are_found_in_events_that_carry_them(tmp_path):
    header = "user_id,item_id,timestamp,product_name"
    lines = ["u,i,1600000000,Lamp", "u,i,1600000001,Lamp", "u,i,1600000002,Light", "u,j,1600000003,Desk"]
    _, check, tables = bring(tmp_path, events(tmp_path, *lines, header=header))
    finding = found(check, "titles that differ for one id")
    assert (finding.count, finding.action) == (1, "The most frequent title is kept.")
    assert tables.catalog.title("i") == "Lamp"


def test_a_table_without_text_category_or_price_is_told(tmp_path):
    _, check, _ = bring(tmp_path, events(tmp_path, "u,a,view,1600000000"), polars.DataFrame({"item_id": ["a", "b"]}))
    assert {"items without text", "items without category", "items without price"} <= names(check)


def test_users_without_attributes_are_counted(tmp_path):
    users = polars.DataFrame({"user_id": ["u", None, "u", "w"], "age": ["9", "8", "7", None]})
    log = events(tmp_path, "u,a,view,1600000000", "v,a,view,1600000001")
    _, check, tables = bring(tmp_path, log, users=users)
    assert found(check, "users without attributes").share == 0.5
    assert [row["reason"] for row in rows(tmp_path, "quarantine")] == [
        "missing user id", "repeats a user id; the first row is kept",
    ]  # fmt: skip
    assert list(tables.users.users.ids) == ["u", "v", "w"]
    assert list(tables.users.attributes["age"]) == ["9", "unknown", "unknown"]


def test_platforms_that_number_items_for_themselves(tmp_path):
    """Popular on one platform says nothing about the other where the numbers only look the same."""
    n = 600
    one = [(f"u{i % 9}", i, "a") for i in range(n) for _ in range(1 + (i < n // 2) * 2)]
    other = [(f"u{i % 9}", i, "b") for i in range(n) for _ in range(1 + (i % 2) * 2)]
    same = [(f"u{i % 9}", i, "b") for i in range(n) for _ in range(1 + (i < n // 2) * 2)]

    def frame(log):
        return polars.DataFrame(log, schema=["user_id", "item_id", "platform"], orient="row")

    imported, check, tables = bring(tmp_path, frame(one + other))
    assert (imported.scoped, imported.item_id_type, len(tables.catalog)) == (True, "str", 2 * n)
    assert "a:0" in tables.catalog.items.ids and "ids of platforms" in names(check)
    imported, _, tables = bring(tmp_path, frame(one + same))
    assert (imported.scoped, imported.item_id_type, len(tables.catalog)) == (False, "int", n)


def test_order_of_findings():
    some = [Finding("b", "note", 1, 0.9), Finding("a", "error", 1, 0.1), Finding("c", "error", 1, 0.2)]
    assert [finding.check for finding in in_order(some)] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("name", "values", "role"),
    [
        ("manufacturer_id", "(i % 9)::BIGINT", "category"), ("brand", "'b' || i % 9", "category"),
        ("genres", "'x|y' || i % 9", "category"), ("attribute_ids", "[i % 9, 3]", "category"),
        ("has_image", "i % 2 = 0", "category"), ("avg_rating", "i / 7.0", "number"), ("n_ratings", "i", "number"),
        ("year", "1990 + i % 9", "number"), ("shade", "i % 9", "category"), ("related", "[i, i + 1]", "text"),
        ("url", "'https://x/' || i % 9", "text"), ("summary", "'words ' || i", "text"), ("kilo", "i || '.5'", "number"),
        ("zip", "'0' || (i % 9)", "category"), ("made", "DATE '2020-01-01' + (i % 9)::INTEGER", "number"),
        ("nothing", "NULL::VARCHAR", "text"),
    ],
)  # fmt: skip
def test_what_an_attribute_is(name, values, role):
    with reading() as con:
        con.execute(f'CREATE TABLE t AS SELECT {values} AS "{name}" FROM range(100) AS r(i)')
        kind = con.execute("DESCRIBE t").fetchall()[0][1]
        assert attribute_role(con, "t", name, kind).role == role
