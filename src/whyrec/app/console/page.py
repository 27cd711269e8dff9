"""What every view of the console is given, and the two things it does: put HTML and put a chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from nicegui import ui

from whyrec.app import style
from whyrec.app.console.place import Place
from whyrec.app.html import render
from whyrec.app.reader import Reader

if TYPE_CHECKING:
    from whyrec.app.shop import Shop


@dataclass(frozen=True, eq=False)
class Page:
    """A view that is being made: the shop, the place in it, and its reader."""

    shop: Shop
    place: Place
    reader: Reader

    @property
    def palette(self) -> dict[str, str]:
        """Colours of the theme, for charts."""
        return style.palette(self.place.theme)

    def html(self, template: str, **values: Any) -> Any:
        """Fill a template and put it here; returns the element, whose content can be set again."""
        return ui.html(self.fill(template, **values), sanitize=False)  # templates escape all that comes from data

    def fill(self, template: str, **values: Any) -> Markup:
        """Fill a template for this reader and place."""
        return render(template, r=self.reader, place=self.place, **values)

    def head(self, title: str, hint: str = "", aside: Markup | str = "") -> Any:
        """Put the title of a card, a question, and the line that says unit and how to read it."""
        return self.html("head.html", title=title, hint=hint, aside=aside)

    def chart(self, options: dict[str, Any], height: int) -> Any:
        """Put a chart of this height in pixels."""
        return ui.echart(options, renderer="svg").classes("chart").style(f"height:{height}px")

    def state(self, title: str, text: str, code: str = "") -> Any:
        """Put what stands in a card that has no content yet."""
        return self.html("state.html", kind="", title=self.reader.say(title), text=self.reader.say(text), code=code)


def card(size: str = "") -> Any:
    """Open a card; use it with `with`."""
    return ui.element("section").classes(f"card {size}")
