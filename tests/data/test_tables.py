"""Clean tables come back as arrays with the right codes, and as frames."""

import numpy as np
import polars
import pytest
from shops import bring, events, found, write

from whyrec.core.errors import ShopError, UsageError
from whyrec.core.types import KIND_CODE
from whyrec.data.tables import frame, load

HEADER = "user_id,item_id,event_type,timestamp,order_id,session_id,device,lang"


def test_events_are_sorted_and_their_codes_fit(tmp_path):
    lines = ["v,b,buy,1600000002,o1,s1,web,en", "u,a,view,1600000001,,s2,app,", "v,a,view,1600000001,o1,s1,web,en"]
    _, check, tables = bring(tmp_path, events(tmp_path, *lines, header=HEADER))
    log = tables.events
    assert list(log.users.ids[log.user]) == ["u", "v", "v"]
    assert list(log.items.ids[log.item]) == ["a", "a", "b"]
    assert log.items is tables.catalog.items
    assert log.kind.tolist() == [KIND_CODE["view"], KIND_CODE["view"], KIND_CODE["purchase"]]
    assert log.at.tolist() == [1600000001, 1600000001, 1600000002]
    assert list(log.event_id) == ["e3", "e4", "e2"], "ties keep the order of the file"
    assert (list(log.basket), list(log.session)) == ([None, "o1", "o1"], ["s2", "s1", "s1"])
    assert (list(log.platform), list(log.locale)) == (["app", "web", "web"], [None, "en", "en"])
    assert log.basket[1] is log.basket[2]
    assert np.isnan(log.value).all() and log.quantity is None and log.price is None and log.text is None
    assert (log.user.dtype, log.item.dtype, log.kind.dtype, log.value.dtype) == (
        np.int32,
        np.int32,
        np.int8,
        np.float32,
    )
    assert tables.fingerprint == check.digest


def test_64_bit_ids_lose_no_digit(tmp_path):
    big = [-8845298781299428018, 9007199254740993, 2**63 - 1]
    source = polars.DataFrame({"user_id": big, "item_id": big, "timestamp": [1.6e9, 1.6e9 + 1, 1.6e9 + 2]})
    imported, _, tables = bring(tmp_path, source)
    assert set(tables.events.users.ids) == {str(n) for n in big}
    assert (imported.user_id_type, imported.item_id_type) == ("int", "int")


def test_the_catalogue_has_titles_categories_and_numbers(tmp_path):
    items = polars.DataFrame(
        {
            "item_id": [1, 2, 3, 4],
            "title": ["Lamp", None, "Desk", "Chair"],
            "title_zh": ["灯", "杯", None, None],
            "genres": ["b|a", "a", None, "b"],
            "tags": [["x", "y"], [], None, ["x"]],
            "brand": ["o", "o", " ", "p"],
            "item_type": ["product", "article", None, "video"],
            "price": [1.0, None, 0.0, 3.0],
            "in_stock": [True, False, None, True],
            "created_at": ["2020-01-01", None, "2021-01-01", "2022-01-01"],
            "image_url": ["http://x/1.jpg"] * 4,
        }
    )
    _, _, tables = bring(tmp_path, events(tmp_path, "u,1,view,1600000000", "u,9,view,1600000001"), items)
    catalog = tables.catalog
    assert list(catalog.items.ids) == ["1", "2", "3", "4", "9"]
    assert (catalog.title("1", "zh"), catalog.title("2", "en"), catalog.title("3", "zh"), catalog.title("9")) == (
        "灯", "杯", "Desk", "9",
    )  # fmt: skip
    assert set(catalog.categories) == {"genres", "tags", "brand"}
    assert list(catalog.categories["genres"]) == [("a", "b"), ("a",), ("unknown",), ("b",), ("unknown",)]
    assert list(catalog.categories["tags"]) == [("x", "y"), ("unknown",), ("unknown",), ("x",), ("unknown",)]
    assert list(catalog.categories["brand"]) == [("o",), ("o",), ("unknown",), ("p",), ("unknown",)]
    assert list(catalog.kinds) == ["product", "article", "product", "video", "product"]
    assert catalog.available.tolist() == [True, False, True, True, True]
    assert catalog.since[0] == 1577836800 and np.isnan(catalog.since[1])
    assert catalog.numbers["price"].tolist() == [1, 2, 2, 3, 2]
    assert catalog.numbers["price_imputed"].tolist() == [0, 1, 1, 0, 1]


def test_numbers_are_filled_from_the_median_of_the_category_or_stay_missing(tmp_path):
    n = 40
    items = polars.DataFrame(
        {
            "item_id": [f"i{k}" for k in range(n)],
            "category": ["dear" if k % 2 else "cheap" for k in range(n)],
            "price": [None if k < 2 else (100.0 if k % 2 else 1.0) for k in range(n)],
        }
    )
    log = events(tmp_path, "u,i0,view,1600000000")
    _, check, tables = bring(tmp_path, log, items)
    assert tables.catalog.numbers["price"][:4].tolist() == [1, 100, 1, 100]
    assert found(check, "items without price").action.startswith("Filled with the median of the category")
    _, check, tables = bring(tmp_path, log, items, impute=False)
    assert np.isnan(tables.catalog.numbers["price"][:2]).all()
    assert set(tables.catalog.numbers) == {"price"}
    assert found(check, "items without price").action == "Stays empty."


def test_hidden_items_of_gorse_are_not_available(tmp_path):
    items = polars.DataFrame({"ItemId": ["a", "b"], "IsHidden": [True, False], "Comment": ["x", "y"]})
    _, _, tables = bring(tmp_path, events(tmp_path, "u,a,view,1600000000"), items)
    assert tables.catalog.available.tolist() == [False, True]


def test_the_most_specific_text_names_items_without_a_title(tmp_path):
    n = 30
    items = polars.DataFrame(
        {
            "product_id": list(range(n)),
            "department": ["GROCERY"] * n,
            "product_category": [f"CATEGORY {k % 3}" for k in range(n)],
            "product_type": [f"TYPE {k % 6}" for k in range(n)],
            "package_size": [f"{k} OZ" for k in range(n)],
        }
    )
    _, _, tables = bring(tmp_path, events(tmp_path, "u,1,view,1600000000"), items)
    assert tables.catalog.title("1") == "TYPE 1"


def test_items_in_events_make_the_catalogue_where_there_is_no_table(tmp_path):
    header = "user_id,item_id,event_type,timestamp,category"
    lines = ["u,a,pv,1600000000,7", "u,b,pv,1600000001,7", ",c,pv,1600000002,8"]
    imported, _, tables = bring(tmp_path, events(tmp_path, *lines, header=header))
    assert imported.carried["category"].source == "category"
    assert list(tables.catalog.items.ids) == ["a", "b"], "what only a rejected row names is nothing to recommend"
    assert tables.catalog.values("a", "category") == ("7",)


def test_the_version_of_the_catalogue_follows_its_content(tmp_path):
    log = events(tmp_path, "u,a,view,1600000000")
    first = bring(tmp_path, log, write(tmp_path / "items.csv", "item_id,title", "a,Lamp"))[2].catalog.version
    again = bring(tmp_path, log, tmp_path / "items.csv")[2].catalog.version
    other = bring(tmp_path, log, write(tmp_path / "items.csv", "item_id,title", "a,Light"))[2].catalog.version
    assert first == again != other


def test_frames_of_both_kinds(tmp_path):
    bring(tmp_path, events(tmp_path, "u,a,view,1600000000"))
    assert frame(tmp_path / "shop", "events", "pandas").loc[0, "item_id"] == "a"
    assert frame(tmp_path / "shop", "items", "polars")["item_id"].to_list() == ["a"]
    with pytest.raises(UsageError) as error:
        frame(tmp_path / "shop", "event")
    assert "Unknown table 'event'" in str(error.value) and "'events'" in str(error.value)
    with pytest.raises(UsageError):
        frame(tmp_path / "shop", "events", "numpy")


def test_nothing_to_load_and_tables_that_are_damaged(tmp_path):
    with pytest.raises(ShopError):
        load(tmp_path)
    bring(tmp_path, events(tmp_path, "u,a,view,1600000000"))
    path = tmp_path / "shop" / "clean" / "items.parquet"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ShopError) as error:
        load(tmp_path / "shop")
    assert "Expected readable tables" in str(error.value)
    path.unlink()
    with pytest.raises(ShopError) as error:
        load(tmp_path / "shop")
    assert "found none. Make it again with" in str(error.value)


def test_pictures_sounds_and_vectors_of_the_item_table_are_media(tmp_path):
    polars = pytest.importorskip("polars")
    items = polars.DataFrame(
        {
            "item_id": ["a", "b", "c", None],
            "jpeg": [b"\xff\xd8one", None, b"\xff\xd8two", b"lost"],
            "clip": [None, b"RIFF", None, None],
            "vector": [[0.5, 1.0], None, [2.0, 3.5], None],
            "tags": [[1, 2], [2], [1], None],
        }
    )
    source = events(tmp_path, *(f"u{n % 3},{'abc'[n % 3]},purchase,{1_600_000_000 + n}" for n in range(9)))
    imported, check, tables = bring(tmp_path, source, items)
    assert imported.item_mapping["image"].source == "jpeg"
    media = tables.catalog.media
    assert set(media) == {"image", "clip", "vector"} and len(media) == 3
    assert [value and bytes(value) for value in media["image"]] == [b"\xff\xd8one", None, b"\xff\xd8two"]
    assert bytes(media["clip"][1]) == b"RIFF"
    assert media["vector"][0].tolist() == [0.5, 1.0] and media["vector"][1] is None
    assert list(tables.catalog.categories) == ["tags"], "a list of whole numbers is a category"
    assert found(check, "items without image").count == 1
    with pytest.raises(KeyError):
        media["price"]


def test_values_have_names_in_other_languages_which_no_model_sees(tmp_path):
    lines = ["1,Lumo,卢莫,lamp,灯|光,eu", "2,Lumo,卢莫,lamp,,us", "3,Lumo,,cup,杯,eu", "4,Ohm,欧姆,cup,杯,us"]
    items = write(tmp_path / "items.csv", "item_id,brand,brand_zh,category,category_zh,brand_tier", *lines)
    _, check, tables = bring(tmp_path, events(tmp_path, "u,1,view,1600000001"), items)
    catalog = tables.catalog
    assert catalog.name("brand", "Lumo", "zh") == catalog.name("brand", "Lumo", "zh-CN") == "卢莫"
    assert catalog.name("brand", "Lumo", "ja") == "Lumo" and catalog.name("brand", "Other", "zh") == "Other"
    assert catalog.name("category", "cup", "zh") == "杯"
    assert set(catalog.categories) == {"brand", "category", "brand_tier"}, "a tier is no language"
    assert not any("_zh" in finding.check for finding in check.findings)


def test_a_column_with_many_names_for_a_value_is_an_attribute_of_its_own(tmp_path):
    lines = [f"{n},{size},{eu}" for n, (size, eu) in enumerate(zip("SSSSLLLL", "abababab", strict=True))]
    items = write(tmp_path / "items.csv", "item_id,size_group,size_group_es", *lines)
    _, _, tables = bring(tmp_path, events(tmp_path, "u,1,view,1600000001"), items)
    assert set(tables.catalog.categories) == {"size_group", "size_group_es"} and not tables.catalog.names
