"""Cleaning follows the settings, and every source row ends in exactly one place."""

import json
import subprocess
import sys

import numpy as np
import polars
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shops import NOW, SETTINGS, accounted, bring, events, found, names, rows

from whyrec.core.config import CleanSettings, EventSettings, Settings
from whyrec.core.errors import InputError, ShopError
from whyrec.core.types import KIND_CODE
from whyrec.data.clean import clean, ensure_clean
from whyrec.data.findings import read_check
from whyrec.data.ingest import import_shop

PRICED = "user_id,item_id,event_type,timestamp,quantity,price"


def test_rows_without_what_a_log_needs_are_set_aside_with_the_first_reason(tmp_path):
    lines = [
        "u,i,view,1600000000", ",i,view,1600000001", "u,,view,1600000002", "u,i,gaze,1600000003", "u,i,view,",
        "u,i,view,soon", "u,i,view,9999-12-31", ",,gaze,soon",
    ]  # fmt: skip
    _, check, _ = bring(tmp_path, events(tmp_path, *lines))
    assert {row["row"]: row["reason"] for row in rows(tmp_path, "quarantine")} == {
        3: "missing user id", 4: "missing item id", 5: "unknown event kind", 6: "missing timestamp",
        7: "unparseable timestamp", 8: "future timestamp", 9: "missing user id",
    }  # fmt: skip
    raw = json.loads(rows(tmp_path, "quarantine")[3]["raw"])
    assert (raw["user_id"], raw["timestamp"]) == ("u", None)
    assert accounted(tmp_path, check)[0] == [2]
    assert found(check, "missing user id").count == 2


def test_future_events_stay_where_the_settings_say_so(tmp_path):
    log = events(tmp_path, "u,i,view,2020-01-01", "u,i,view,2999-01-01")
    _, check, tables = bring(tmp_path, log, future="keep")
    assert check.rows_kept == 2 and tables.events.at[1] > NOW
    assert found(check, "future timestamp").action == "Kept as they are."


def test_duplicates_are_merged_and_their_quantities_added(tmp_path):
    lines = [f"u,i,buy,1600000000,{n},1.5" for n in (1, 2, 4)]
    lines += ["u,i,view,1600000000,1,1.5", "u,j,buy,1600000000,1,1.5"]
    _, check, tables = bring(tmp_path, events(tmp_path, *lines, header=PRICED))
    assert (check.rows_kept, check.rows_merged) == (3, 2)
    assert rows(tmp_path, "merged") == [{"row": 3, "into_row": 2}, {"row": 4, "into_row": 2}]
    assert tables.events.quantity.tolist() == [7, 1, 1]
    assert found(check, "duplicates").samples == ({"user_id": "u", "item_id": "i", "kind": "purchase", "rows": 3},)
    _, check, tables = bring(tmp_path, tmp_path / "events.csv", duplicates="keep")
    assert (check.rows_kept, check.rows_merged) == (5, 0)
    assert found(check, "duplicates").action == "Kept as they are."


def test_an_event_sent_twice_counts_once_and_ids_stay_unlike(tmp_path):
    lines = ["a,u,i,buy,1600000000,2", "a,u,i,buy,1600000000,2", "b,u,i,buy,1600000000,3", "b,u,j,buy,1600000001,1"]
    lines += [",u,k,buy,1600000002,1"]
    log = events(tmp_path, *lines, header="event_id,user_id,item_id,event_type,timestamp,quantity")
    _, check, tables = bring(tmp_path, log)
    assert (check.rows_kept, check.rows_merged) == (3, 2)
    assert tables.events.quantity.tolist() == [5, 1, 1]
    assert list(tables.events.event_id) == ["a", "b", "#6"]
    lines = ["a,u,i,buy,1600000000,2", "a,u,j,buy,1600000001,2"]
    log = events(tmp_path, *lines, header="event_id,user_id,item_id,event_type,timestamp,quantity")
    _, _, tables = bring(tmp_path, log)
    assert list(tables.events.event_id) == ["a#2", "a#3"]


def test_an_all_duplicate_log_keeps_one_row(tmp_path):
    _, check, tables = bring(tmp_path, events(tmp_path, *["u,i,view,1600000000"] * 50))
    assert (check.rows_read, check.rows_kept, check.rows_merged) == (50, 1, 49)
    assert len(tables.events) == 1


@pytest.mark.parametrize(
    ("choice", "kept", "quantities"), [("drop", 1, [2]), ("repair", 2, [2, 1]), ("keep", 2, [2, 0])]
)
def test_quantities_of_zero(tmp_path, choice, kept, quantities):
    log = events(tmp_path, "u,i,buy,1600000000,2,1", "u,j,buy,1600000001,0,1", header=PRICED)
    _, check, tables = bring(tmp_path, log, quantity=choice)
    assert (check.rows_kept, tables.events.quantity.tolist()) == (kept, quantities)
    assert found(check, "quantity zero or below").count == 1


@pytest.mark.parametrize(("choice", "prices"), [("drop", [1.0]), ("repair", [1.0, np.nan]), ("keep", [1.0, -2.0])])
def test_prices_of_zero_and_below(tmp_path, choice, prices):
    log = events(tmp_path, "u,i,buy,1600000000,2,1", "u,j,buy,1600000001,1,-2", header=PRICED)
    _, check, tables = bring(tmp_path, log, price=choice)
    np.testing.assert_array_equal(tables.events.price, np.array(prices, np.float32))
    assert found(check, "price zero or below").count == 1


def test_the_price_of_a_line_is_divided_by_its_quantity(tmp_path):
    header = "user_id,item_id,timestamp,quantity,sales_value"
    _, _, tables = bring(tmp_path, events(tmp_path, "u,i,1600000000,4,10", "u,j,1600000001,,3", header=header))
    assert tables.events.price.tolist() == [2.5, 3.0]
    assert tables.catalog.numbers["price"].tolist() == [2.5, 3.0]


def test_a_cancellation_removes_its_purchase(tmp_path):
    header = "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID"
    lines = [
        "536365,85123A,6,12/1/2010 8:26,2.55,17850", "536366,85123A,10,12/13/2010 8:26,2.55,17850",
        "C536379,85123A,-6,12/14/2010 9:41,2.55,17850", "C536380,85123A,-4,12/15/2010 9:41,2.55,17850",
        "C536381,22728,-1,12/15/2010 9:41,2.55,17850",
    ]  # fmt: skip
    _, check, tables = bring(tmp_path, events(tmp_path, *lines, header=header))
    assert {row["row"]: row["reason"] for row in rows(tmp_path, "quarantine")} == {
        2: "cancelled by row 4", 4: "cancellation", 5: "cancellation", 6: "cancellation without a purchase",
    }  # fmt: skip
    assert tables.events.quantity.tolist() == [6.0]
    assert found(check, "cancellations").count == 3
    assert "quantity zero or below" not in names(check)
    accounted(tmp_path, check)


def test_a_cancel_event_takes_back_the_newest_purchase(tmp_path):
    lines = ["u,i,buy,1600000000", "u,i,buy,1600000001", "u,i,refund,1600000002", "v,i,buy,1600000003"]
    _, check, _ = bring(tmp_path, events(tmp_path, *lines))
    assert accounted(tmp_path, check)[0] == [2, 5]


def test_non_product_codes_leave_where_they_are_the_exception(tmp_path):
    lines = [f"u,{n},buy,{1_600_000_000 + n}" for n in range(90)]
    _, check, tables = bring(tmp_path, events(tmp_path, *lines, "u,POST,buy,1600000999"))
    assert (check.rows_kept, found(check, "non-product codes").count) == (90, 1)
    assert "POST" not in tables.catalog.items.ids
    _, check, _ = bring(tmp_path, events(tmp_path, "u,S,buy,1600000000", "u,M,buy,1600000001", "u,L,buy,1600000002"))
    assert check.rows_kept == 3 and "non-product codes" not in names(check)
    _, check, _ = bring(tmp_path, tmp_path / "events.csv", non_products=["L"])
    assert check.rows_kept == 2


def test_robots_are_told_and_leave_on_request(tmp_path):
    lines = [f"robot,i{n % 7},view,{1_600_000_000 + n}" for n in range(60)]
    lines += [f"clock,i{n % 7},view,{1_600_000_000 + 3600 * n}" for n in range(210)]
    lines += [f"human,i{n % 7},view,{1_600_000_000 + 7919 * n * n}" for n in range(50)]
    log = events(tmp_path, *lines)
    _, check, _ = bring(tmp_path, log, heavy_events=50)
    assert (check.rows_kept, found(check, "robots and super-heavy users").count) == (320, 270)
    _, check, tables = bring(tmp_path, log, heavy_events=50, robots="drop")
    assert (check.rows_kept, list(tables.events.users.ids)) == (50, ["human"])


def test_unknown_items_get_a_bare_entry_or_leave(tmp_path):
    log = events(tmp_path, "u,i,view,1600000000", "u,j,view,1600000001")
    items = polars.DataFrame({"item_id": ["i"], "title": ["Lamp"], "category": ["Light"]})
    _, check, tables = bring(tmp_path, log, items)
    assert found(check, "unknown items").count == 1
    assert (tables.catalog.title("j"), tables.catalog.values("j", "category")) == ("j", ("unknown",))
    assert tables.catalog.titles[""][1] is None
    _, check, tables = bring(tmp_path, log, items, unknown_items="drop")
    assert (check.rows_set_aside, list(tables.catalog.items.ids)) == (1, ["i"])


def test_float_ids_are_whole_again_and_texts_stay_as_they_are(tmp_path):
    imported, check, tables = bring(tmp_path, events(tmp_path, "1.0,007,view,1600000000", "2.0,12.50,view,1600000001"))
    assert (list(tables.events.users.ids), list(tables.catalog.items.ids)) == (["1", "2"], ["007", "12.50"])
    assert (imported.user_id_type, imported.item_id_type) == ("int", "str")
    assert found(check, "ids turned into floats").count == 2


def test_hostile_ids_are_only_ids(tmp_path):
    ids = ["a'; DROP TABLE ev; --", '"quoted"', "i/1?x=&y", "😀", "-5", "", " padded ", "%s", "\\", "x\ny"]
    frame = polars.DataFrame({"user_id": ids, "item_id": ids[::-1], "timestamp": [1.6e9 + n for n in range(len(ids))]})
    _, check, tables = bring(tmp_path, frame)
    assert check.rows_set_aside == 2  # the empty one, as user and as item
    assert set(tables.events.users.ids) == {i.strip() for i in ids} - {"", ids[4]}  # ids[4] met the empty item


def test_mixed_units_and_forms_of_time_are_read_row_by_row(tmp_path):
    moment = 1_600_000_000
    numbers = [moment, moment * 10**3, moment * 10**6, moment * 10**9]
    forms = [*numbers, "2020-09-13T12:26:40Z", "2020-09-13 20:26:40+08:00", "2020-09-13 12:26:40"]
    lines = [f"u,i{n},view,{at}" for n, at in enumerate([*forms, moment + 1])]
    _, check, tables = bring(tmp_path, events(tmp_path, *lines))
    assert tables.events.at.tolist() == [moment] * 7 + [moment + 1]
    assert found(check, "mixed time units").count == 3


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["13/12/2010", "01/02/2010"], ["2010-12-13", "2010-02-01"]),
        (["12/13/2010", "01/02/2010"], ["2010-12-13", "2010-01-02"]),
        (["20200102", "20200103"], ["2020-01-02", "2020-01-03"]),
        (["2020/01/02", "2020-01-03"], ["2020-01-02", "2020-01-03"]),
        (["02.01.2020", "13.01.2020"], ["2020-01-02", "2020-01-13"]),
    ],
)
def test_a_column_of_dates_is_read_in_one_way(tmp_path, values, expected):
    _, _, tables = bring(tmp_path, events(tmp_path, *(f"u,i{n},view,{at}" for n, at in enumerate(values))))
    assert sorted(np.datetime64(int(at), "s").astype("datetime64[D]").astype(str) for at in tables.events.at) == sorted(
        expected
    )


def test_an_order_stands_in_where_there_is_no_time(tmp_path):
    header = "user_id,item_id,position"
    imported, check, tables = bring(tmp_path, events(tmp_path, "u,b,1", "u,a,0", "u,c,", header=header))
    assert (imported.timed, tables.events.timed) == (False, False)
    assert (tables.events.at.tolist(), list(tables.events.items.ids[tables.events.item])) == ([0, 1], ["a", "b"])
    assert rows(tmp_path, "quarantine")[0]["reason"] == "missing position"
    imported, check, tables = bring(tmp_path, events(tmp_path, "u,b", "u,a", "u,b", header="user_id,item_id"))
    assert (imported.timed, check.rows_kept, tables.events.at.tolist()) == (False, 3, [2, 3, 4])
    imported, check, _ = bring(tmp_path, events(tmp_path, *(f"u,i{n},view,1600000000" for n in range(3))))
    assert not imported.timed and found(check, "constant timestamp").count == 3


def test_ratings_reviews_and_rows_without_a_kind(tmp_path):
    _, check, tables = bring(tmp_path, events(tmp_path, "u,i,4,1600000000", header="user_id,item_id,rating,timestamp"))
    assert (tables.events.kind[0], tables.events.value[0]) == (KIND_CODE["rating"], 4)
    assert "every row counts as a rating" in found(check, "no event kinds").action
    lines = ["u,i,review,5,1600000000", "u,j,review,,1600000001"]
    header = "user_id,item_id,event_type,rating,timestamp"
    _, _, tables = bring(tmp_path, events(tmp_path, *lines, header=header))
    assert tables.events.kind.tolist() == [KIND_CODE["rating"], KIND_CODE["comment"]]


def test_a_search_needs_no_item(tmp_path):
    lines = ["u,,search,1600000000,red lamp", "u,,view,1600000001,", "u,i,view,1600000002,"]
    log = events(tmp_path, *lines, header="user_id,item_id,event_type,timestamp,query")
    _, check, tables = bring(tmp_path, log)
    assert check.rows_kept == 2
    assert (tables.events.item[0], tables.events.text[0]) == (-1, "red lamp")


def test_a_log_of_which_nothing_is_left_says_so(tmp_path):
    _, check, tables = bring(tmp_path, events(tmp_path, ",i,view,1600000000", ",j,view,1600000001"))
    assert (check.rows_kept, len(tables.events)) == (0, 0)
    assert found(check, "no rows left").severity == "error"


def test_clean_tables_are_made_again_only_where_something_changed(tmp_path):
    shop = tmp_path / "shop"
    import_shop(shop, events(tmp_path, "u,i,view,1600000000"), settings=SETTINGS, now=NOW)
    assert ensure_clean(shop, SETTINGS, 1.0).facts["checked_at"] == 1.0
    assert ensure_clean(shop, SETTINGS, 2.0).facts["checked_at"] == 1.0
    assert ensure_clean(shop, Settings(clean=CleanSettings(robots="drop")), 3.0).facts["checked_at"] == 3.0
    assert ensure_clean(shop, Settings(events=EventSettings(targets=["view"])), 4.0).facts["targets"] == ["view"]
    (shop / "clean" / "check.json").write_text("{")
    with pytest.raises(ShopError):
        read_check(shop)
    assert ensure_clean(shop, SETTINGS, 5.0).facts["checked_at"] == 5.0


def test_no_check_without_an_import(tmp_path):
    with pytest.raises(ShopError):
        clean(tmp_path, SETTINGS, NOW)
    with pytest.raises(ShopError) as error:
        read_check(tmp_path)
    assert "whyrec check" in str(error.value)


odd = st.sampled_from(
    ["", "u1", "u2", "7", "7.0", "NaN", "0", "-1", "x", "1600000000", "1600000000000", "2020-01-01", "buy"]
)
kinds = st.sampled_from(["buy", "view", "refund", "search", "", "huh"])
quantities = st.sampled_from(["1", "2", "3", "0", "-1", "-2", "-3", "", "inf", "word"])
line = st.tuples(odd, odd, kinds, odd, quantities, quantities, odd)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.one_of(line, line, st.just(("ragged",))), min_size=1, max_size=25),
    st.sampled_from(["drop", "repair", "keep"]),
    st.sampled_from(["merge", "keep"]),
)
def test_every_row_is_kept_set_aside_or_merged(tmp_path_factory, lines, choice, duplicates):
    """Whatever the rows and the settings: read = kept + set aside + merged, and no row is in two places."""
    folder = tmp_path_factory.mktemp("property")
    whole = ("u0", "i0", "buy", "1600000000", "1", "1", "")
    header = "user_id,item_id,event_type,timestamp,quantity,price,note"
    log = events(folder, *(",".join(row) for row in [whole, *lines]), header=header)
    _, check, tables = bring(folder, log, quantity=choice, price=choice, duplicates=duplicates)
    kept, _, _ = accounted(folder, check)
    assert check.rows_read == len(lines) + 1
    assert len(tables.events) == len(kept)
    assert len(set(tables.events.event_id)) == len(kept)


# -- what a shop says itself ---------------------------------------------------------------------------------


def test_a_word_of_the_shop_is_mapped_to_a_kind_and_nothing_is_imported_again(tmp_path):
    log = events(
        tmp_path, *(f"u{n},i{n},{kind},{1_600_000_000 + n}" for n, kind in enumerate(["view", "grab", "view"]))
    )
    _, check, _ = bring(tmp_path, log)
    assert found(check, "unknown event kind").count == 1
    log.unlink()
    shop = tmp_path / "shop"
    own = Settings(events=EventSettings(kinds={" GRAB ": "cart", "view": "click"}))
    again = ensure_clean(shop, own, NOW)
    assert "unknown event kind" not in names(again)
    assert again.facts["kinds"] == {"click": 2, "cart": 1}
    assert ensure_clean(shop, SETTINGS, NOW).rows_kept == 2


def test_a_log_whose_kinds_are_all_unknown_is_read_with_the_shops_words(tmp_path):
    log = events(tmp_path, "u1,i1,grab,1600000000", "u1,i2,grab,1600000001")
    with pytest.raises(InputError, match="--kind WORD=KIND"):
        bring(tmp_path, log)
    own = Settings(events=EventSettings(kinds={"grab": "cart"}))
    import_shop(tmp_path / "shop", log, settings=own, now=NOW)
    assert clean(tmp_path / "shop", own, NOW).facts["kinds"] == {"cart": 2}


AGENTS = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/124.0 Safari/537.36": "desktop",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_4) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15": "desktop",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148": "mobile",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/124.0 Mobile Safari/537.36": "mobile",
    "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 Chrome/124.0 Safari/537.36": "tablet",
    "Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148": "tablet",
    "curl/8.5.0": None,
    "": None,
}


@pytest.mark.parametrize("column", ["user_agent", "userAgent"])
def test_a_platform_is_read_from_the_user_agent(tmp_path, column):
    rows_ = [f'u{n},i{n},view,{1_600_000_000 + n},"{agent}"' for n, agent in enumerate(AGENTS)]
    _, check, tables = bring(
        tmp_path, events(tmp_path, *rows_, header=f"user_id,item_id,event_type,timestamp,{column}")
    )
    assert list(tables.events.platform) == list(AGENTS.values())
    assert found(check, "platform by user agent").count == 6


def test_a_platform_column_goes_before_the_user_agent(tmp_path):
    log = events(
        tmp_path, "u,i,view,1600000000,app,Mobile", header="user_id,item_id,event_type,timestamp,platform,user_agent"
    )
    _, check, tables = bring(tmp_path, log)
    assert list(tables.events.platform) == ["app"] and "platform by user agent" not in names(check)


def test_processes_that_clean_one_shop_at_once_do_not_meet(tmp_path):
    """Each changes the settings, so that all of them replace the folder; each gets whole tables of its own or later."""
    log = events(tmp_path, *(f"u{n % 7},i{n % 5},view,{1_600_000_000 + n}" for n in range(200)))
    bring(tmp_path, log)
    script = (
        "import sys; from pathlib import Path; from whyrec.core.config import EventSettings, Settings\n"
        "from whyrec.data.clean import clean, ensure_clean\n"
        "from whyrec.data.tables import load\n"
        "for n in range(6):\n"
        "    own = Settings(events=EventSettings(repeat_rate=float(sys.argv[2]) + n / 1000))\n"
        "    check = (clean if n % 2 else ensure_clean)(Path(sys.argv[1]), own, 1.7e9)\n"
        "    assert check.rows_kept == 200, check\n"
        "    assert len(load(Path(sys.argv[1])).events) == 200\n"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", script, tmp_path / "shop", str(n)], stderr=subprocess.PIPE, text=True)
        for n in range(3)
    ]
    said = [run.communicate(timeout=120)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], said
    assert {path.name for path in (tmp_path / "shop").iterdir()} == {"base", "clean"}
    accounted(tmp_path, ensure_clean(tmp_path / "shop", SETTINGS, NOW))
