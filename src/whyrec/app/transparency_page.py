"""The public page at /transparency: what decides the order, and how to switch personalisation off.

Plain HTML that is read without JavaScript and without a login, in every language that there is a message file for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel import Locale
from markupsafe import Markup

from whyrec.app import style, transparency
from whyrec.app.html import render
from whyrec.app.view_parts import COLOURS
from whyrec.words.messages import languages

if TYPE_CHECKING:
    from whyrec.app.shop import Shop


def transparency_page(shop: Shop, locale: str) -> Markup:
    """Return the page in the language of a BCP 47 locale, measured on the live snapshot."""
    told = transparency.statements(shop, transparency.measure(shop), locale)
    names = {name: str(Locale.parse(name).get_display_name(name) or name) for name in languages()}
    return render(
        "transparency.html",
        css=Markup(style.sheet("tokens.css", "parts.css", "transparency.css")),
        told=told,
        languages=names,
        colours=COLOURS,
        shop=shop.settings.shop.name,
        demo=shop.settings.shop.demo,
    )
