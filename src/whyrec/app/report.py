"""One shopper's list with its reasons as a single HTML file that needs no network and holds no script.

English, Chinese and the reader's own language are in the file; radio buttons and a style rule choose. The page's own
policy forbids every request. Styles and pictures are the console's (console/*.css, pictures.py), written into the file.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from whyrec.app import audit, panels, pictures, style, view_data, view_matrix, view_models, view_shopper
from whyrec.app.html import render
from whyrec.app.reader import LANGUAGES, Reader
from whyrec.core.errors import ShopError

if TYPE_CHECKING:
    from whyrec.app.shop import Shop
    from whyrec.core.types import Explanation, Query
    from whyrec.explain.contrast import Contrast


ALWAYS = ("en", "zh")
"""Languages of every report; that of the reader comes to them."""


def write_report(
    shop: Shop,
    user: str,
    path: str | Path,
    locale: str = "en",
    *,
    n: int = 10,
    at: float | None = None,
    query: Query | None = None,
) -> Path:
    """Write the report of one shopper's list to `path` and return it; `locale` is the language shown first.

    `at` is the moment of the request in UTC seconds (default: now). Raises ShopError where the file cannot be
    written, TrainingError where the shop has no live snapshot.
    """
    query = query or shop.query(user, n=n, at=at, locale=locale)
    made = shop.recommend_query(query)
    explained = shop.explain_page(query, made)
    page = report(shop, user, query, explained, locale, made_at=time.time() if at is None else at)
    path = Path(path)
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ShopError(
            f"Expected to write the report to {path}, but: {error.strerror}. Choose another place."
        ) from None
    return path


def report(
    shop: Shop, user: str, query: Query, explained: tuple[Explanation, ...], locale: str, made_at: float
) -> Markup:
    """Return the whole report as one HTML text."""
    shown_first = Reader.of(locale, "UTC", True).language
    languages = dict.fromkeys([*ALWAYS, shown_first])
    seen = audit.attention(shop, shop.live, query, explained[0]) if explained else None
    beside = None
    if len(explained) > 1 and explained[0].method != "exact":
        beside = shop.contrast(query, explained[0].item_id, explained[1].item_id)
    parts = [_part(shop, user, query, explained, seen, beside, language, made_at) for language in languages]
    return render(
        "report.html",
        css=Markup(style.sheet("tokens.css", "parts.css", "report.css")),
        shop=shop.settings.shop.name,
        user=user,
        first=shown_first,
        languages={language: LANGUAGES[language] for language in languages},
        parts=parts,
    )


@dataclass(frozen=True)
class Place:
    """One item of the list with everything that is said about it."""

    column: view_matrix.Column
    parts: list[tuple[str, float, float]]
    sentence: str
    checked: str


def _part(
    shop: Shop,
    user: str,
    query: Query,
    explained: tuple[Explanation, ...],
    seen: dict[str, Any] | None,
    beside: Contrast | None,
    language: str,
    made_at: float,
) -> dict[str, Any]:
    """Everything that one language's half of the report shows."""
    reader = Reader.of(language, shop.settings.shop.time_zone, shop.tables.events.timed)
    board = view_matrix.matrix(shop, query, explained, reader)
    places = [
        Place(
            column,
            view_shopper.segments(board, k),
            *view_shopper.spoken(shop.say(explanation, query, language)),
        )
        for k, (column, explanation) in enumerate(zip(board.columns, explained, strict=True))
    ]
    first = []
    if board.rows:
        column, explanation = board.columns[0], explained[0]
        first = [panels.waterfall(board, 0, reader)]
        first += [panels.contrast(board, 0, 1, reader, beside)] if len(board.columns) > 1 else []
        first += [panels.parts(shop, explanation, query, board.scale, column.title, reader)]
        first += [panel] if (panel := panels.columns(explanation, query, board.scale, column.title, reader)) else []
        if seen is not None:
            first.append(panels.attention(shop, explanation, query, seen, column.title, reader))
    edges = [edge for place in places for _, a, b in place.parts for edge in (a, b)]
    return {
        "r": reader,
        "board": board,
        "unit": reader.say(f"unit-{-board.scale.power}"),
        "places": places,
        "first": first,
        "network": panels.network(shop, explained, query, board.scale, user, reader),
        "low": min([0.0, *edges]),
        "high": max([0.0, *edges]),
        "line": view_shopper.line(board, query, reader),
        "facts": view_shopper.facts(shop, query, reader),
        "made": reader.moment(made_at) if reader.timed else "",
        "boards": (boards := view_models.leaderboards(shop)),
        "top": max((board.top for board in boards), default=0.0),
        "check": (check := shop.check()),
        "findings": view_data.findings(check, reader),
        "histograms": view_data.histograms(check, reader),
        "demo": shop.settings.shop.demo,
        "user": user,
        "shop": shop.settings.shop.name,
        "pics": pictures,
    }
