"""What a card of the shop shows of an item beside its name: kind, price, picture, and the colour of its reason."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from whyrec.app.view_parts import COLOURS
from whyrec.core.types import Bools, Catalog, Explanation, Objects
from whyrec.features.media import sense
from whyrec.words import show
from whyrec.words.messages import language_of, money

if TYPE_CHECKING:
    from whyrec.app.shop import Shop

TYPES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
"""How files of pictures begin; others are not sent, since a browser could take them for something else."""


def shown(shop: Shop, catalog: Catalog, item: str, locale: str) -> dict[str, Any]:
    """Return kind, price in words and whether there is a picture."""
    code = catalog.items.index.get(item, -1)
    there = _pictures(shop.tables.catalog)[1]
    picture = 0 <= code < len(there) and bool(there[code])
    currency = shop.settings.shop.currency
    return {"kind": catalog.kind(item), "price": price(catalog, item, currency, locale), "picture": picture}


def price(catalog: Catalog, item: str, currency: str, locale: str) -> str | None:
    """Return the price as the reader's language writes it, None where the shop gave none.

    A price that cleaning filled in is for models, not for shoppers.
    """
    numbers, code = catalog.numbers, catalog.items.index.get(item, -1)
    if code < 0 or "price" not in numbers or ("price_imputed" in numbers and numbers["price_imputed"][code] == 1):
        return None
    amount = float(numbers["price"][code])
    return None if np.isnan(amount) else money(amount, currency, language_of(locale))


def part(explanation: Explanation | None, sources: Sequence[str] = ()) -> str:
    """Return the colour of what moves the score most; that of content for an item that is not yet learned.

    An item that chance put on its place has the colour of exploration, one that the shop put there that of what is not
    about the shopper.
    """
    if "explore" in sources:
        return "explore"
    if "sponsored" in sources or "pinned" in sources:
        return "popular"
    if explanation is None:
        return "content"
    largest = show.largest(explanation)
    return "popular" if largest is None else COLOURS.get(largest, "bought")


def picture(shop: Shop, item: str) -> tuple[bytes, str] | None:
    """Return the picture of an item and its media type; None where there is none."""
    code = shop.catalog.items.index.get(item, -1)
    column, there = _pictures(shop.tables.catalog)  # items that came later have none
    if not 0 <= code < len(there) or not there[code]:
        return None
    data = bytes(column[code])
    return data, next(kind for start, kind in TYPES.items() if data.startswith(start))


@lru_cache(maxsize=4)
def _pictures(catalog: Catalog) -> tuple[Objects, Bools]:
    """The first column of pictures and which of them can be shown; kept, since a table is frozen."""
    for name in catalog.media:
        column = catalog.media[name]
        if sense(column) == "image":
            starts = tuple(TYPES)
            there = [isinstance(value, (bytes, bytearray)) and value.startswith(starts) for value in column]
            return column, np.array(there, np.bool_)
    return np.empty(0, object), np.zeros(0, np.bool_)
