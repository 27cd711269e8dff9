"""whyrec recommends products in online shops and proves why.

import whyrec
shop = whyrec.open("my-shop")
shop.recommend(user="42", n=10)
shop.explain(user="42", item="1001")
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whyrec.app.shop import Shop

__all__ = ["__version__", "init", "open"]
__version__ = "0.1.0"


def open(folder: str | Path) -> Shop:
    """Open a shop folder; raises ShopError where there is none."""
    from whyrec.app.shop import Shop  # importing whyrec alone must stay quick

    return Shop(folder)


def init(folder: str | Path, events: Any, items: Any = None, users: Any = None, **options: Any) -> Shop:
    """Make a shop folder from paths or data frames and open it; see `whyrec.app.create.init` for the options."""
    from whyrec.app.create import init as make

    return make(folder, events, items, users, **options)
