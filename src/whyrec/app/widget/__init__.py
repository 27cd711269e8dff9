"""The shop's side of whyrec in a browser: the component `<why-rec>`, a page that shows how to embed it, the demo's
storefront at /shop.

The component is one plain file that reads the JSON API; a shop embeds it with a script tag. The storefront is the
demo's only: it lists shoppers to look through the eyes of, which no real shop may.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel import Locale
from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from whyrec.app import request_parts, style
from whyrec.app.html import render
from whyrec.rank.related import RELATIONS
from whyrec.rank.scenarios import SCENARIOS
from whyrec.simulated.shoppers import STARS
from whyrec.words.messages import language_of, languages, message
from whyrec.words.panel import labels

if TYPE_CHECKING:
    from whyrec.app.shop import Shop

FOLDER = Path(__file__).parent
SCRIPTS = ("why-rec.js", "storefront.js")
MOST_SHOPPERS = 12
"""Shoppers in the storefront's menu."""
PAGE = "default-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'self'"


def make_pages(shop: Shop) -> APIRouter:
    """Return the component, its words, and the pages that show it."""
    router = APIRouter()
    _add_component(router)
    _add_pages(router, shop)
    return router


def _add_component(router: APIRouter) -> None:
    @router.get("/v1/words", tags=["widget"])
    def words(locale: request_parts.Locale = "en") -> dict[str, str]:
        """Return the words of the widget in a language; `language` says which one they are in."""
        return labels(locale)

    @router.get("/widget/{name}", include_in_schema=False)
    def script(name: str) -> Response:
        if name not in SCRIPTS:
            raise HTTPException(404, f"Expected one of {', '.join(SCRIPTS)}, got {name!r}.")
        # A shop's page is of another origin, and a module is only run if that is allowed.
        headers = {"access-control-allow-origin": "*", "cache-control": "public, max-age=300"}
        return Response(_script(name), media_type="text/javascript", headers=headers)


def _add_pages(router: APIRouter, shop: Shop) -> None:
    @router.get("/widget", include_in_schema=False)
    def how_to_embed() -> HTMLResponse:
        users = _shoppers(shop) if shop.settings.shop.demo else []
        text = render("embed.html", css=_css(), user=users[0] if users else "", shop=shop.settings.shop.name)
        return _page(text)

    @router.get("/shop", include_in_schema=False)
    def storefront(lang: request_parts.Locale | None = None) -> HTMLResponse:
        if not shop.settings.shop.demo:
            raise HTTPException(404, "Expected a demo shop: the storefront is made by whyrec demo. See /widget.")
        language = language_of(lang or shop.settings.shop.locale)
        return _page(render("storefront.html", css=_css("storefront.css"), **_storefront(shop, language)))

    if shop.settings.shop.demo:

        @router.get("/", include_in_schema=False)
        def front() -> RedirectResponse:
            return RedirectResponse("/shop")


@cache
def _script(name: str) -> str:
    """A script as it is sent: without indentation and lines of comment, which are a tenth of it."""
    lines = (line.strip() for line in (FOLDER / name).read_text(encoding="utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/** ")))


def _page(text: Markup) -> HTMLResponse:
    return HTMLResponse(text, headers={"content-security-policy": PAGE, "x-content-type-options": "nosniff"})


def _css(*names: str) -> Markup:
    own = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)
    return Markup(style.sheet("tokens.css", "parts.css") + own)


def _storefront(shop: Shop, language: str) -> dict[str, Any]:
    """What the template needs: words, tabs, shoppers, languages."""
    keys = ("search", "simulated", "made-up", "who", "nobody", "cart", "buy", "chosen", "first", "done", "sharing")
    words = {key: message(language, f"front-{key}") for key in keys}
    tabs = {tab: (message(language, f"tab-{tab}"), message(language, f"tab-{tab}-text")) for tab in SCENARIOS}
    told = {"words": words, "tabs": tabs, "language": language}
    return {
        "shop": shop.settings.shop.name.partition(" (")[0],  # that it is simulated stands under it
        "simulated": STARS.keys() & shop.tables.events.users.index.keys(),
        "relations": {name: message(language, f"relation-{name}") for name in RELATIONS},
        "shoppers": _shoppers(shop),
        "languages": {name: str(Locale.parse(name).get_display_name(name) or name) for name in languages()},
        "panel": labels(language),
        "told": json.dumps(told, ensure_ascii=False).replace("<", "\\u003c"),
        **told,
    }


def _shoppers(shop: Shop) -> list[str]:
    """Shoppers to look through the eyes of: those of the examples where the shop is simulated, else the first ones."""
    known = shop.tables.events.users
    stars = [name for name in STARS if name in known.index]
    return stars or [str(name) for name in known.ids[:MOST_SHOPPERS]]
