"""The catalogue of a clean shop: one row an item, with typed attributes, written to clean/items.parquet.

The type of a column is its role, so that a reader needs no second file: lists are categories (a missing one is
["unknown"]), bytes and lists of floats are media, DOUBLE is a number, VARCHAR is text, BOOLEAN says listed (in the item
table), available, or `<number>_imputed`, the mask of numbers that were filled in with the median of their category.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from whyrec.core.config import Settings
from whyrec.data.columns import ITEM_COLUMNS, plain, translates
from whyrec.data.csv_text import unique_names
from whyrec.data.ingest import Imported
from whyrec.data.parse import id_column, is_time, item_ids, missing, number_sql, time_sql
from whyrec.data.roles import Role, attribute_role, category_sql, is_media, media_sql, title_column
from whyrec.data.workspace import Connection, column_types, fetch, literal, one, parquet, quoted, write_parquet

_NOT_FOR_SALE = (
    "0", "0.0", "false", "no", "n", "off", "out_of_stock", "unavailable", "discontinued", "deleted", "下架",
)  # fmt: skip
_TEXTS = ("kind", "title", "description", "language", "image", "audio")


@dataclass(frozen=True)
class StagedItems:
    """The item table as it was read: the SQL of its base, its columns and what each attribute is."""

    base: str | None
    types: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    titles: str | None = None  # SQL of (item_id, title) as the source has them
    carried: bool = False  # made of attributes that the events carry

    def columns(self, role: str) -> list[str]:
        """Names of the attributes with this role, in the order of the table."""
        return [name for name, found in self.roles.items() if found.role == role]


def stage_items(con: Connection, folder: Path, imported: Imported) -> StagedItems:
    """Make the tables `listed` (item_id, row) of the item table's first rows and `items_aside` (row, reason)."""
    con.execute('CREATE TABLE listed (item_id VARCHAR, "row" BIGINT)')
    con.execute('CREATE TABLE items_aside ("row" BIGINT, reason VARCHAR)')
    path = folder / "base" / "items.parquet"
    if not path.exists():
        return StagedItems(None)
    base = _named_apart(con, parquet(path))
    types = column_types(con, base)
    ids = id_column(con, base, "item_id", types["item_id"])
    con.execute(f'CREATE TABLE item_ids AS SELECT "row", {ids} AS item_id FROM {base}')
    con.execute(
        'INSERT INTO listed SELECT item_id, min("row") FROM item_ids WHERE item_id IS NOT NULL GROUP BY item_id'
    )
    con.execute(
        "INSERT INTO items_aside SELECT \"row\", CASE WHEN item_id IS NULL THEN 'missing item id' "
        "ELSE 'repeats an item id; the first row is kept' END FROM item_ids "
        'WHERE "row" NOT IN (SELECT "row" FROM listed)'
    )
    roles = {
        name: attribute_role(con, base, name, kind)
        for name, kind in types.items()
        if name not in ("row", *ITEM_COLUMNS) and not name.startswith("title_")
    }
    return StagedItems(base, types, roles, _titles(con, folder, imported, types), bool(imported.carried))


def _named_apart(con: Connection, base: str) -> str:
    """Make a view of the item table in which no attribute has the name of a column that cleaning adds."""
    names = list(column_types(con, base))
    ours = ["row", *ITEM_COLUMNS]
    attributes = [name for name in names if name not in ours]
    added = ["listed", "item_code", "price_paid", *(f"{name}_imputed" for name in names)]
    apart = unique_names([*ours, *added, *attributes])[len(ours) + len(added) :]
    new = dict(zip(attributes, apart, strict=True))
    picked = ", ".join(f"{quoted(name)} AS {quoted(new.get(name, name))}" for name in names)
    con.execute(f"CREATE VIEW item_table AS SELECT {picked} FROM {base}")
    return "item_table"


def _titles(con: Connection, folder: Path, imported: Imported, types: Mapping[str, str]) -> str | None:
    """SQL of every (item_id, title) of the source: of the events, where they carry the titles."""
    if "title" not in types:
        return None
    source, column = parquet(folder / "base" / "items.parquet"), "title"
    if imported.carried:
        source, column = parquet(folder / "base" / "events.parquet"), imported.carried["title"].source
    ids = item_ids(con, source, column_types(con, source), imported.scoped)
    return f"SELECT {ids} AS item_id, trim(CAST({quoted(column)} AS VARCHAR)) AS title FROM {source}"


def write_items(
    con: Connection, staged: StagedItems, imported: Imported, settings: Settings, path: Path
) -> dict[str, int]:
    """Write clean/items.parquet: the listed items in their order, then those that only events name.

    Needs the table `kept_items` (item_id, first, price) of the kept events. Makes `catalogue` (item_id, item_code) and
    returns the count of missing values of each attribute among the listed items.
    """
    if staged.carried:  # what only rejected events name (postage, fees) is nothing to recommend
        con.execute("DELETE FROM listed WHERE item_id NOT IN (SELECT item_id FROM kept_items)")
    con.execute(
        "CREATE TABLE catalogue AS SELECT item_id, "
        "CAST(row_number() OVER (ORDER BY place, first) - 1 AS INTEGER) AS item_code, "
        'place = 0 AS listed, "row", price AS price_paid FROM ('
        'SELECT l.item_id, 0 AS place, l."row" AS first, l."row", k.price FROM listed AS l LEFT JOIN kept_items AS k '
        "USING (item_id) UNION ALL SELECT item_id, 1, first, NULL, price FROM kept_items "
        "WHERE item_id NOT IN (SELECT item_id FROM listed))"
    )
    picked, numbers = _columns(con, staged, imported)
    source = f'LEFT JOIN {staged.base} AS b ON b."row" = c."row"' if staged.base else ""
    con.execute(
        f"CREATE TABLE items AS SELECT {', '.join(['c.item_code', 'c.item_id', 'c.listed', *picked.values()])} "
        f"FROM catalogue AS c {source} ORDER BY c.item_code"
    )
    missing_counts = _missing(con, picked, staged)
    extra, joins = _imputed(con, staged, numbers) if settings.clean.impute else ([], "")
    excluded = ", ".join(["item_code", *(quoted(name) for name in numbers if extra)])
    chosen = ", ".join([f"i.* EXCLUDE ({excluded})", *extra])
    write_parquet(con, f"SELECT {chosen} FROM items AS i {joins} ORDER BY i.item_code", path)
    return missing_counts


def _columns(con: Connection, staged: StagedItems, imported: Imported) -> tuple[dict[str, str], list[str]]:
    """SQL of each column of the clean table by name, and which of them are numbers."""
    picked: dict[str, str] = {}
    types = staged.types
    for name, kind in types.items():
        if name not in ("row", "item_id") and is_media(kind):
            picked[name] = f"{media_sql(name, kind)} AS {quoted(name)}"
        elif name in _TEXTS or name.startswith("title_"):
            picked[name] = f"{missing(f'CAST(b.{quoted(name)} AS VARCHAR)')} AS {quoted(name)}"
    if staged.base and "since" in types:
        picked["since"] = f"{time_sql(con, staged.base, 'since', types['since'])} AS since"
    if "available" in types:
        mapped = imported.item_mapping.get("available")
        picked["available"] = f"{_available(mapped.source if mapped else 'available')} AS available"
    if staged.base and "title" not in types and (title := title_column(staged.roles)):
        picked["title"] = f"{missing(f'CAST(b.{quoted(title)} AS VARCHAR)')} AS title"
    for name in staged.columns("category"):
        picked[name] = f"{category_sql(name, types[name], staged.roles[name])} AS {quoted(name)}"
    for name in staged.columns("text"):
        picked[name] = f"{missing(f'CAST(b.{quoted(name)} AS VARCHAR)')} AS {quoted(name)}"
    numbers = staged.columns("number")
    for name in numbers:
        value = f"epoch(CAST(b.{quoted(name)} AS TIMESTAMP))" if is_time(types[name]) else number_sql(name, types[name])
        picked[name] = f"{value} AS {quoted(name)}"
    if "price" in types:
        price = number_sql("price", types["price"])
        picked["price"] = f"CASE WHEN ({price}) > 0 THEN ({price}) END AS price"
        numbers = ["price", *numbers]
    elif fetch(con, "SELECT count(price) FROM kept_items")[0][0]:
        picked["price"] = "c.price_paid AS price"
        numbers = ["price", *numbers]
    return picked, numbers


def _available(source: str) -> str:
    """SQL of whether an item is for sale, in the words of the systems that say so in their own way."""
    word = "lower(trim(CAST(b.available AS VARCHAR)))"
    yes = f"{word} NOT IN ({', '.join(literal(no) for no in _NOT_FOR_SALE)})"
    return f"coalesce(NOT ({yes}), true)" if plain(source) == "ishidden" else f"coalesce({yes}, true)"


def _missing(con: Connection, picked: Mapping[str, str], staged: StagedItems) -> dict[str, int]:
    unasked = ("kind", "language", "available", "audio", "since")
    wanted = [name for name in picked if name not in unasked and translates(name, picked) is None]
    if not wanted:
        return {}
    categories = set(staged.columns("category"))
    counts = fetch(
        con,
        "SELECT "
        + ", ".join(
            f"count(*) FILTER ({quoted(n)} = ['unknown'])"
            if n in categories
            else f"count(*) FILTER ({quoted(n)} IS NULL)"
            for n in wanted
        )
        + " FROM items WHERE listed",
    )[0]
    return dict(zip(wanted, counts, strict=True))


def _imputed(con: Connection, staged: StagedItems, numbers: list[str]) -> tuple[list[str], str]:
    """SQL that fills a missing number with the median of the item's main category, else of all, and keeps a mask."""
    group = _main_category(con, staged)
    extra, joins = [], ""
    for place, name in enumerate(numbers):
        column = quoted(name)
        overall = f"(SELECT median({column}) FROM items)"
        middle = f"m{place}.m"
        if group:
            joins += (
                f" LEFT JOIN (SELECT {group}[1] AS g, median({column}) AS m FROM items GROUP BY 1) AS m{place} "
                f"ON m{place}.g = i.{group}[1]"
            )
        filled = f"coalesce(i.{column}, {middle}, {overall})" if group else f"coalesce(i.{column}, {overall})"
        extra.append(f"{filled} AS {column}")
        extra.append(f"(i.{column} IS NULL AND {overall} IS NOT NULL) AS {quoted(name + '_imputed')}")
    return extra, joins


def _main_category(con: Connection, staged: StagedItems) -> str | None:
    """The quoted category with one value an item that is finest among those with ten items a value, or None."""
    n_items = one(con, "SELECT count(*) FROM items")
    single = {
        name: staged.roles[name].distinct
        for name in staged.columns("category")
        if not staged.roles[name].separator and not staged.types[name].endswith("[]")
    }
    coarse = {name: distinct for name, distinct in single.items() if distinct * 10 <= n_items}
    named = {name: distinct for name, distinct in coarse.items() if "categor" in name.lower()} or coarse
    return quoted(max(named, key=lambda name: named[name])) if named else None
