"""The catalogue as it is now: the imported table with the changes that came through the service.

A change is a document of fields: `title`, `titles` by language, `kind`, `categories` and `numbers` by attribute,
`price`, `stock`, `since`, `available`. A field that is absent stays as it was, one that is null is unknown from now on.
Columns that no change touches are shared with the imported table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whyrec.core.types import UNKNOWN, Catalog, Vocabulary

Documents = Mapping[str, Mapping[str, Any]]
ALONE = "="
"""In place of an attribute, which no attribute is called: those beside it are all that is known."""


def merged(before: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Lay fields over earlier ones; attributes inside `titles`, `categories` and `numbers` one by one.

    Where all attributes were made unknown before, those that are said now stand alone.
    """
    made = dict(before)
    for name, value in fields.items():
        earlier = made.get(name)
        if isinstance(value, dict) and isinstance(earlier, dict):
            made[name] = {**earlier, **value}
        elif isinstance(value, dict) and name in before:
            made[name] = {ALONE: None, **value}
        else:
            made[name] = value
    return made


def alone(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields that take the place of all earlier ones: attributes beside them are unknown."""
    return {name: {ALONE: None, **value} if isinstance(value, dict) else value for name, value in fields.items()}


def with_changes(catalog: Catalog, documents: Documents, version: str) -> Catalog:
    """Return the catalogue of this version with documents laid over it; items it lacks are added at the end."""
    if not documents:
        return catalog
    grown = with_items(catalog, list(documents))
    codes = {item: grown.items.index[item] for item in documents}
    columns = _Columns(grown)
    for item, document in documents.items():
        columns.write(codes[item], document)
    return replace(
        grown,
        titles=columns.titles,
        categories=columns.categories,
        numbers=columns.numbers,
        kinds=columns.single.get("kind", grown.kinds),
        available=columns.single.get("available", grown.available),
        since=columns.single.get("since", grown.since),
        stock=columns.single.get("stock", grown.stock),
        version=version,
    )


def with_items(catalog: Catalog, names: list[str]) -> Catalog:
    """Return the catalogue with bare items added for the names that it lacks; the version stays."""
    known = catalog.items.index
    fresh = [name for name in dict.fromkeys(names) if name not in known]
    if not fresh:
        return catalog
    more = len(fresh)
    return replace(
        catalog,
        items=Vocabulary.of([*catalog.items.ids, *fresh]),
        titles={name: _longer(column, more, None) for name, column in catalog.titles.items()},
        categories={name: _longer(column, more, (UNKNOWN,)) for name, column in catalog.categories.items()},
        numbers={name: _longer(column, more, math.nan) for name, column in catalog.numbers.items()},
        kinds=None if catalog.kinds is None else _longer(catalog.kinds, more, "product"),
        available=None if catalog.available is None else _longer(catalog.available, more, True),
        since=None if catalog.since is None else _longer(catalog.since, more, math.nan),
        stock=None if catalog.stock is None else _longer(catalog.stock, more, math.nan),
    )


def _longer(column: NDArray[Any], more: int, filler: Any) -> NDArray[Any]:
    return np.concatenate((column, _filled(more, filler, column.dtype)))


def _filled(size: int, filler: Any, dtype: Any) -> NDArray[Any]:
    column = np.empty(size, dtype)
    for place in range(size):  # a tuple as filler must stay one object
        column[place] = filler
    return column


class _Columns:
    """Columns of a catalogue, each copied when it is first written to."""

    def __init__(self, catalog: Catalog) -> None:
        self.size = len(catalog)
        self.titles = dict(catalog.titles)
        self.categories = dict(catalog.categories)
        self.numbers = dict(catalog.numbers)
        self.single: dict[str, NDArray[Any]] = {
            name: column
            for name, column in (
                ("kind", catalog.kinds),
                ("available", catalog.available),
                ("since", catalog.since),
                ("stock", catalog.stock),
            )
            if column is not None
        }
        self.copied: set[int] = set()

    def write(self, code: int, document: Mapping[str, Any]) -> None:
        """Write the fields of one document to the row of one item."""
        # `title` and `price` are one of `titles` and `numbers`; they hold where both are said.
        for field in sorted(document, key=lambda field: field not in ("titles", "numbers")):
            value = document[field]
            match field:
                case "title":
                    self._set(self.titles, "", code, value, None, object)
                case "titles":
                    self._set_each(self.titles, code, value, None, object)
                case "categories":
                    listed = {
                        name: values if name == ALONE else tuple(values or ()) or (UNKNOWN,)
                        for name, values in (value or {}).items()
                    }
                    self._set_each(self.categories, code, None if value is None else listed, (UNKNOWN,), object)
                case "numbers":
                    self._set_each(self.numbers, code, value, math.nan, np.float64)
                    for name in [name for name in value or () if name != ALONE]:
                        self._said(name, code)
                case "price":
                    self._set(self.numbers, "price", code, math.nan if value is None else value, math.nan, np.float64)
                    self._said("price", code)
                case "kind":
                    self._set(self.single, "kind", code, value or "product", "product", object)
                case "available":
                    self._set(self.single, "available", code, value is not False, True, np.bool_)
                case "since" | "stock":
                    self._set(self.single, field, code, math.nan if value is None else value, math.nan, np.float64)

    def _said(self, name: str, code: int) -> None:
        """A number that somebody said is no longer one that cleaning filled in."""
        mask = f"{name}_imputed"
        if mask in self.numbers:
            self._set(self.numbers, mask, code, 0.0, math.nan, np.float64)

    def _set_each(
        self, columns: dict[str, NDArray[Any]], code: int, values: Mapping[str, Any] | None, filler: Any, dtype: Any
    ) -> None:
        """Write several attributes; None clears them all."""
        cleared = dict.fromkeys(columns, filler) if values is None or ALONE in values else {}
        for name, value in {**cleared, **{name: v for name, v in (values or {}).items() if name != ALONE}}.items():
            self._set(columns, name, code, filler if value is None else value, filler, dtype)

    def _set(self, columns: dict[str, NDArray[Any]], name: str, code: int, value: Any, filler: Any, dtype: Any) -> None:
        column = columns.get(name)
        if column is None:
            column = _filled(self.size, filler, dtype)
        elif id(column) not in self.copied:
            column = column.copy()
        self.copied.add(id(column))
        columns[name] = column
        column[code] = value
