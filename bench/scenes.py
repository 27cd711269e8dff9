"""Shops for `whyrec bench scenarios`, made from public data sets in the folder DATA.

    .venv/bin/python bench/scenes.py DATA OUT      # makes OUT/yoochoose, OUT/dunnhumby, ...; what is there stays
    whyrec bench scenarios OUT/*/

What is made of a data set beyond renaming columns is said in its function.
"""

import argparse
import shutil
from pathlib import Path

import duckdb
import new_items

from whyrec.app import create
from whyrec.core.config import EventSettings, Settings, ShopSettings


def yoochoose(data):
    """Each session is a shopper of its own."""
    source = f"'{data}/events.parquet'"
    return {"events": f"SELECT session_id AS user_id, item_id, 'click' AS event_type, timestamp FROM {source}"}


def dunnhumby(data):
    """As it is, with the type of a product as its title."""
    items = "item_id, product_type AS title, department, brand, product_category AS category, manufacturer_id AS maker"
    return {
        "events": f"SELECT user_id, item_id, event_type, timestamp, basket_id, quantity FROM '{data}/events.parquet'",
        "items": f"SELECT {items} FROM '{data}/items.parquet'",
    }


def grocery(data):
    """Reviews are purchases; the true links lie beside the shop, where nothing learns from them."""
    pairs = " UNION ALL ".join(
        f"SELECT item_id, '{name}' AS relation, unnest(r_{name}) AS other_id FROM '{data}/items.parquet'"
        for name in ("complement", "substitute")
    )
    return {
        "events": f"SELECT user_id, item_id, 'purchase' AS event_type, timestamp FROM '{data}/events.parquet'",
        "items": f"SELECT item_id, 'c' || category AS category FROM '{data}/items.parquet'",
        "links": pairs,
    }


def deskdrop(data):
    """Every item is an article, published when it is first seen; the platform is told by the user agent."""
    phone = "user_agent LIKE '%Android%' OR user_agent LIKE '%iPhone%'"
    kind = "CASE event_type WHEN 'COMMENT CREATED' THEN 'comment' ELSE lower(event_type) END AS event_type"
    place = f"CASE WHEN user_agent IS NULL THEN NULL WHEN {phone} THEN 'app' ELSE 'web' END AS platform"
    source = f"'{data}/events.parquet'"
    return {
        "events": f"SELECT DISTINCT user_id, item_id, {kind}, timestamp, session_id, {place} FROM {source}",
        "items": f"SELECT item_id, 'article' AS kind, min(timestamp) AS since FROM {source} GROUP BY item_id",
    }


def electronics_phones(data):
    """A person has an account on each platform, and all allow sharing; the first held-out item comes last."""
    train = f"SELECT * FROM '{data}/events.parquet' WHERE split IN ('train', 'test_original')"
    account = "platform || '-' || user_id AS user_id"
    return {
        "events": f"SELECT {account}, platform || '-' || item_id AS item_id, 'purchase' AS event_type, platform "
        f"FROM ({train}) ORDER BY split DESC",
        "items": f"SELECT DISTINCT platform || '-' || item_id AS item_id, platform AS shop FROM ({train})",
        "users": f"SELECT DISTINCT {account}, user_id AS person_id, platform, 'yes' AS sharing FROM ({train})",
    }


def xmarket(data):
    """An item is sold in the markets where anybody ever reviewed it."""
    source = f"'{data}/events.parquet'"
    return {
        "events": f"SELECT DISTINCT user_id, item_id, 'purchase' AS event_type, timestamp, locale FROM {source}",
        "items": f"SELECT item_id, list(DISTINCT locale ORDER BY locale) AS market FROM {source} GROUP BY item_id",
    }


def care(data):
    """Only items that anybody reviewed, without what a new item has not got: its ratings."""
    known = f"SELECT DISTINCT item_id FROM '{data}/events.parquet'"
    return {
        "events": f"SELECT user_id, item_id, 'purchase' AS event_type, timestamp FROM '{data}/events.parquet'",
        "items": "SELECT item_id, title, brand, category, price "
        f"FROM '{data}/items.parquet' WHERE item_id IN ({known})",
    }


def beauty(data):
    """Attributes are codes without names."""
    return {
        "events": f"SELECT user_id, item_id, 'purchase' AS event_type FROM '{data}/sequences.parquet' "
        "ORDER BY user_id, position",
        "items": "SELECT item_id, list_transform(attribute_ids, lambda x: 'a' || x) AS tags "
        f"FROM '{data}/items.parquet'",
    }


def films(data):
    """A third of the shoppers, the posters beside titles and genres."""
    joined = f"'{data}/items.parquet' LEFT JOIN '{data}/posters.parquet' USING (item_id)"
    return {
        "events": f"SELECT user_id, item_id, 'purchase' AS event_type, timestamp FROM '{data}/events.parquet' "
        "WHERE user_id % 3 = 0",
        "items": f"SELECT item_id, title, string_split(genres, '|') AS genre, jpeg AS image FROM {joined}",
    }


SHOPS = {
    "yoochoose": ("yoochoose_100k", yoochoose), "dunnhumby": ("dunnhumby", dunnhumby),
    "grocery": ("amazon_grocery_rel", grocery), "deskdrop": ("deskdrop", deskdrop),
    "electronics-phones": ("disencdr_electronic_phone", electronics_phones),
    "xmarket": ("xmarket_electronics", xmarket), "care": ("amazon2023_care", care), "beauty": ("s3rec_beauty", beauty),
    "films": ("ml1m", films),
}  # fmt: skip


OFFICE = "office"
"""Made of windows of histories, as bench/new_items.py joins them."""


def make(name, data, out):
    """Make one shop folder."""
    if name == OFFICE:
        new_items.import_samples(data / "amazon2018_office", out / name)
        return
    folder, tables = SHOPS[name]
    paths = {}
    for table, sql in tables(data / folder).items():
        paths[table] = out / f"{name}.{table}.parquet"
        duckdb.sql(f"COPY ({sql}) TO '{paths[table]}' (FORMAT parquet)")
    settings = Settings(shop=ShopSettings(name), events=EventSettings())
    create.init(out / name, paths["events"], paths.get("items"), paths.get("users"), settings, {}, lambda _: True)
    if "links" in paths:
        shutil.copy(paths["links"], out / name / "links.parquet")


def main():
    """Make what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", action="append", default=[], choices=[*SHOPS, OFFICE])
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name in chosen.only or [*SHOPS, OFFICE]:
        if not (chosen.out / name).exists():
            print(name, flush=True)
            make(name, chosen.data, chosen.out)


if __name__ == "__main__":
    main()
