"""Real dirty data in different schemas: what is known of each set is what comes out."""

import pytest
from shops import accounted, bring

# name -> rows kept, users, items of the catalogue, timed, type of user ids, kinds
KNOWN = {
    "amazon2023_care": (25_023, 3_744, 10_000, True, "str", {"rating"}),
    "deskdrop": (70_028, 1_895, 2_987, True, "int", {"view", "like", "bookmark", "comment", "follow"}),
    "taobao_tiny": (4_321, 43, 3_276, True, "int", {"view", "cart", "favourite", "purchase"}),
    "s3rec_beauty": (198_502, 22_363, 12_101, False, "int", {"purchase"}),
    "xmarket_electronics": (133_469, 14_311, 8_304, True, "str", {"rating"}),
    "yoochoose_100k": (83_845, 21_210, 2_933, True, "int", {"click"}),
    "amazon_grocery_rel": (121_892, 14_681, 8_713, True, "int", {"comment"}),
    "disencdr_electronic_phone": (177_730, 3_325, 57_925, False, "int", {"purchase"}),
}


def first(folder, *names):
    return next((folder / name for name in names if (folder / name).exists()), None)


@pytest.mark.parametrize("name", KNOWN)
def test_a_real_log_comes_through(tmp_path, shared, name):
    folder = shared(name)
    source = first(folder, "events.parquet", "sequences.parquet")
    imported, check, tables = bring(tmp_path, source, first(folder, "items.parquet"), first(folder, "users.parquet"))
    n_kept, n_users, n_items, timed, user_type, kinds = KNOWN[name]
    assert (check.rows_kept, len(tables.events.users), len(tables.catalog)) == (n_kept, n_users, n_items)
    assert (imported.timed, imported.user_id_type, set(check.facts["kinds"])) == (timed, user_type, kinds)
    accounted(tmp_path, check)


@pytest.mark.slow
def test_a_year_of_groceries(tmp_path, shared):
    folder = shared("dunnhumby")
    _, check, tables = bring(
        tmp_path, folder / "events.parquet", folder / "items.parquet", folder / "demographics.parquet"
    )
    counts = {finding.check: finding.count for finding in check.findings}
    assert (check.rows_read, check.rows_kept, check.rows_set_aside, check.rows_merged) == (
        1_469_307,
        1_460_428,
        8_869,
        10,
    )
    assert counts["quantity zero or below"] == 8_869
    assert counts["price zero or below"] == 11_226
    assert counts["unknown items"] == 4_836
    assert counts["items without category"] == 540
    assert counts["items without package_size"] == 30_586
    assert tables.events.quantity.max() == 89_638
    assert set(tables.catalog.categories) >= {"department", "brand", "product_category", "manufacturer_id"}
    assert tables.catalog.title("25671") == "ICE - CRUSHED/CUBED"


@pytest.mark.slow
def test_a_million_ratings(tmp_path, shared):
    folder = shared("ml1m")
    _, check, tables = bring(tmp_path, folder / "events.parquet", folder / "items.parquet", folder / "users.parquet")
    assert (check.rows_kept, len(tables.events.users), len(tables.catalog)) == (1_000_209, 6_040, 3_883)
    assert tables.catalog.values("1", "genres") == ("Animation", "Children's", "Comedy")
    assert tables.users.attributes["gender"][tables.users.users.index["1"]] == "F"
