"""Expressions as masks of a catalogue: which items have what an expression asks for, [I].

An expression (core/expression) is evaluated over whole columns, once for a catalogue, and kept as long as the
catalogue is. Columns that a change of the catalogue leaves alone keep their index, so that a new price costs one
comparison.

Fields are the attributes and numbers of the catalogue, and these, which an attribute of the same name hides:

    item        its id
    kind        product, article or video
    language    languages that it has a title in; zh holds for zh-CN too
    stock       how many there are, where that is known
    available   yes or no
    since       when it was first sold: a number of seconds, or a day such as "2026-01-01"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from whyrec.core.errors import FilterError, UnknownFieldError, nearest
from whyrec.core.expression import (
    AllOf,
    AnyOf,
    Compare,
    Expression,
    Not,
    Value,
    conjuncts,
    name,
    one_of,
    parse,
    plain_number,
    written,
)
from whyrec.core.types import UNKNOWN, Bools, Catalog, Floats, Ints

FIELDS = ("item", "kind", "language", "stock", "available", "since")
MOST_KEPT = 256
"""Masks kept for one catalogue; beyond it all are made again."""

_kept: WeakKeyDictionary[Catalog, dict[str, Bools]] = WeakKeyDictionary()
_lock = Lock()
_SIGNS: Mapping[str, Callable[[Floats, float], Bools]] = {
    "=": np.equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip


def mask(catalog: Catalog, text: str) -> Bools:
    """Return which items of the catalogue an expression holds for, [I]; a field that it lacks is unknown for all."""
    with _lock:
        masks = _kept.setdefault(catalog, {})
    found = masks.get(text)
    if found is None:
        found = _mask(catalog, parse(text, len(text)))
        if len(masks) >= MOST_KEPT:
            masks.clear()
        masks[text] = found
    return found


def filters(catalog: Catalog, where: str | None = None, only: Mapping[str, object] | None = None) -> tuple[str, ...]:
    """Return the filters of a request, each an expression that must hold, in the words of the language.

    `where` is an expression; its parts joined by `and` are filters of their own. `only` has for each field a value, a
    sequence of values, or the ends (low, high) of a range of numbers, either None, as a tuple.
    Raises FilterError for what cannot be read, UnknownFieldError for a field that the catalogue lacks.
    """
    parts = [] if where is None else list(conjuncts(parse(where)))
    for field, wanted in (only or {}).items():
        parts += _range(field, wanted) if isinstance(wanted, tuple) else [one_of(field, _values(field, wanted))]
    for part in parts:
        check(catalog, part)
    return tuple(dict.fromkeys(written(part) for part in parts))


def _values(field: str, wanted: object) -> Sequence[Value]:
    values: list[Any] = wanted if isinstance(wanted, list) else [wanted]
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise FilterError(f"Filter: expected texts or numbers for {name(field)}, got {value!r}.")
    if not values:
        raise FilterError(f"Filter: expected at least one value for {name(field)}, got none. Leave the field out.")
    return [value if isinstance(value, str) else float(value) + 0.0 for value in values]


def _range(field: str, ends: tuple[object, ...]) -> list[Compare]:
    known = [end is None or (isinstance(end, (int, float)) and not isinstance(end, bool)) for end in ends]
    if len(ends) != 2 or not all(known):
        raise FilterError(f"Filter: expected a range (low, high) of numbers for {name(field)}, got {ends!r}.")
    return [
        Compare(field, sign, (float(end),))
        for sign, end in zip((">=", "<="), ends, strict=True)
        if isinstance(end, (int, float))
    ]


def check(catalog: Catalog, expression: Expression) -> None:
    """Raise where a field is not in the catalogue (UnknownFieldError) or is compared with what it cannot be."""
    for compare in compares(expression):
        field, known = compare.field, fields(catalog)
        if field not in known:
            raise UnknownFieldError(
                f"Filter: the catalogue has no attribute {field!r}{nearest(field, known)}. It has: {', '.join(known)}."
            )
        if _numbers(catalog, field) is None:
            if compare.sign in ("<", "<=", ">", ">="):
                raise FilterError(
                    f"Filter: {name(field)} has words, which are not smaller or larger, in: {written(compare)}. "
                    f"Use = or in."
                )
        else:
            for value in compare.values:
                _number(field, value)


def compares(expression: Expression) -> list[Compare]:
    """Return all tests of an expression."""
    match expression:
        case Compare():
            return [expression]
        case Not(part):
            return compares(part)
        case AllOf(parts) | AnyOf(parts):
            return [compare for part in parts for compare in compares(part)]


def fields(catalog: Catalog) -> tuple[str, ...]:
    """Return the names that expressions over this catalogue may use."""
    numbers = [field for field in catalog.numbers if not field.endswith("_imputed")]
    return tuple(dict.fromkeys([*catalog.categories, *numbers, *FIELDS]))


def absent(catalog: Catalog, text: str) -> list[str]:
    """Return hints on values that no item has, each with the nearest one that some item has."""
    hints = []
    for compare in compares(parse(text, len(text))):
        known = _words(catalog, compare.field) if compare.sign in ("=", "in") else None
        for value in compare.values if known is not None else ():
            word = _word(value)
            if known is not None and word not in known:
                near = nearest(word, sorted(known)[:5000])
                hints.append(f"no item has {name(compare.field)} = {word!r}{near}")
    return hints


def _mask(catalog: Catalog, expression: Expression) -> Bools:
    match expression:
        case Compare():
            return _compare(catalog, expression)
        case Not(part):
            return ~_mask(catalog, part)
        case AllOf(parts):
            return _joined(np.logical_and, [_mask(catalog, part) for part in parts])
        case AnyOf(parts):
            return _joined(np.logical_or, [_mask(catalog, part) for part in parts])


def _joined(how: np.ufunc, masks: list[Bools]) -> Bools:
    joined: Bools = how.reduce(masks)
    return joined


def _compare(catalog: Catalog, compare: Compare) -> Bools:
    column = _numbers(catalog, compare.field)
    if column is not None:
        if compare.sign == "unknown":
            return np.isnan(column)
        values = [_number(compare.field, value) for value in compare.values]
        sign = _SIGNS["=" if compare.sign == "in" else compare.sign]
        return _joined(np.logical_or, [sign(column, value) for value in values])
    words = _words(catalog, compare.field)
    wanted = (UNKNOWN,) if compare.sign == "unknown" else tuple(_word(value) for value in compare.values)
    if words is None:  # nothing is known of a field that the catalogue lacks
        return np.full(len(catalog), compare.sign == "unknown")
    has = np.zeros(len(catalog), np.bool_)
    for word in wanted if compare.sign in ("=", "in", "unknown") else ():
        if (codes := words.get(word)) is not None:
            has[codes] = True
    return has


def _word(value: Value) -> str:
    return value if isinstance(value, str) else plain_number(value)


def _number(field: str, value: Value) -> float:
    if not isinstance(value, str):
        return value
    try:
        if field == "since":
            return datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp()
        return float(value)
    except ValueError:
        form = 'a day such as "2026-01-01"' if field == "since" else "a number"
        raise FilterError(f"Filter: expected {form} for {name(field)}, got {value!r}.") from None


def _numbers(catalog: Catalog, field: str) -> Floats | None:
    """Column of a field that holds numbers, NaN where unknown, also where cleaning filled in a median."""
    if field in catalog.categories:
        return None
    column = catalog.numbers.get(field)
    if column is not None:
        filled = catalog.numbers.get(f"{field}_imputed")
        return column if filled is None else np.where(filled > 0, np.nan, column)
    if field in ("since", "stock"):
        column = catalog.since if field == "since" else catalog.stock
        return np.full(len(catalog), np.nan) if column is None else column
    return None


def _words(catalog: Catalog, field: str) -> Mapping[str, Ints] | Mapping[str, int] | None:
    """Code or codes of the items by word of a field that holds words; None where there is no such field."""
    if field in catalog.categories:
        return index(Same(catalog.categories[field]))
    if field == "item":
        return catalog.items.index
    if field == "kind":
        return {"product": np.arange(len(catalog))} if catalog.kinds is None else index(Same(catalog.kinds))
    if field == "language":
        return _languages(catalog)
    if field == "available":
        there = np.ones(len(catalog), np.bool_) if catalog.available is None else catalog.available
        return {"yes": np.flatnonzero(there), "no": np.flatnonzero(~there)}
    return None


class Same:
    """A column as the key of what was made from it: equal only to itself."""

    def __init__(self, column: NDArray[Any]) -> None:
        self.column = column

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.column is self.column

    def __hash__(self) -> int:
        return id(self.column)


@lru_cache(maxsize=32)
def index(same: Same) -> dict[str, Ints]:
    """Codes of the items that have a word, by word; a value may be one word or a tuple of them."""
    codes: dict[str, list[int]] = {}
    for code, value in enumerate(same.column):
        for word in value if isinstance(value, tuple) else (value or "product",):
            codes.setdefault(word, []).append(code)
    return {word: np.array(found, np.int64) for word, found in codes.items()}


def _languages(catalog: Catalog) -> dict[str, Ints]:
    found: dict[str, list[Ints]] = {}
    for language, titles in catalog.titles.items():
        codes = np.flatnonzero(titles.astype(np.bool_))
        for word in {language, language.split("-")[0]} - {""}:
            found.setdefault(word, []).append(codes)
    return {word: np.unique(np.concatenate(codes)) for word, codes in found.items()}
