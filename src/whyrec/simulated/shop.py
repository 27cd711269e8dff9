"""The simulated shop as files: events, items and users in parquet, and its causes beside them."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from whyrec.core.errors import MissingExtraError
from whyrec.simulated import goods, senses, shoppers

SHOPPERS = 2500
CAUSES = "causes.json"


@dataclass(frozen=True)
class Simulated:
    """A shop and the truth about it."""

    goods: goods.Goods
    log: shoppers.Log

    def write(self, folder: Path) -> tuple[Path, Path, Path]:
        """Write events, items and users as parquet, and causes.json; returns the three paths."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = folder / "events.parquet", folder / "items.parquet", folder / "users.parquet"
        for path, columns in zip(paths, (self._events(), self._items(), self._users()), strict=True):
            _write(path, columns)
        told = [{"effect": one.effect, "causes": list(one.causes), "why": one.why} for one in self.log.causes]
        (folder / CAUSES).write_text(json.dumps(told), "utf-8")
        return paths

    def _events(self) -> dict[str, list[Any]]:
        rows = sorted(self.log.events, key=lambda one: (one.at, one.id))
        return {
            "event_id": [one.id for one in rows], "user_id": [one.user for one in rows],
            "item_id": [one.item for one in rows], "event_type": [one.kind for one in rows],
            "timestamp": [one.at for one in rows], "platform": [one.platform for one in rows],
            "locale": [one.locale for one in rows], "text": [one.text for one in rows],
            "session_id": [f"{one.user}-{one.at // goods.DAY_S:.0f}-{one.platform}" for one in rows],
        }  # fmt: skip

    def _items(self) -> dict[str, list[Any]]:
        rows = self.goods.items
        titles = {"title": "en", "title_zh": "zh", "title_es": "es", "title_ja": "ja"}
        values: dict[str, list[Any]] = {
            "category": [one.category for one in rows], "brand": [one.brand or None for one in rows],
            "colour": [one.colour or None for one in rows], "topic": [one.topic or None for one in rows],
        }  # fmt: skip
        names = {
            f"{attribute}_{language}": [value and goods.value_name(attribute, value, language) for value in column]
            for attribute, column in values.items()
            for language in goods.LANGUAGES[1:]
        }
        found: dict[str, list[Any]] = {
            "item_id": [one.id for one in rows], "kind": [one.kind for one in rows],
            **{column: [one.titles.get(language) for one in rows] for column, language in titles.items()},
            **values, **names,
            "price": [one.price for one in rows], "since": [one.since for one in rows],
            "audio": [senses.sound(one) for one in rows],
        }  # fmt: skip
        with contextlib.suppress(MissingExtraError):  # the shop has no pictures then
            found["image"] = [senses.thumbnail(one) for one in rows]
        return found

    def _users(self) -> dict[str, list[Any]]:
        names = list(self.log.users)
        columns = ("locale", "town", "group", "person_id", "platform", "sharing")
        return {"user_id": names, **{name: [self.log.users[user].get(name) for user in names] for name in columns}}


def simulate(seed: int = 0, n_shoppers: int = SHOPPERS) -> Simulated:
    """Make the shop; the same seed gives the same shop."""
    rng = np.random.default_rng(seed)
    shelves = goods.make(rng)
    return Simulated(shelves, shoppers.make(shelves, n_shoppers, rng))


def _write(path: Path, columns: dict[str, list[Any]]) -> None:
    kinds = {"timestamp": "DOUBLE", "since": "DOUBLE", "price": "DOUBLE", "image": "BLOB", "audio": "BLOB"}
    with duckdb.connect() as con:
        told = ", ".join(f'"{name}" {kinds.get(name, "VARCHAR")}' for name in columns)
        con.execute(f"CREATE TABLE made ({told})")
        arrays = {}
        for name, column in columns.items():
            if kinds.get(name) == "DOUBLE":
                arrays[name] = np.array([np.nan if value is None else value for value in column], np.float64)
            else:
                arrays[name] = np.array(column, object)
        con.register("arrays", arrays)
        picked = ", ".join(f"nullif(\"{n}\", 'nan')" if kinds.get(n) == "DOUBLE" else f'"{n}"' for n in columns)
        con.execute(f"INSERT INTO made SELECT {picked} FROM arrays")
        con.execute(f"COPY made TO '{path}' (FORMAT parquet)")
