"""Where a reader of the console is: everything that an address holds, and addresses of the places beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from whyrec.app.reader import LANGUAGES
from whyrec.rank.related import RELATIONS
from whyrec.rank.scenarios import SCENARIOS

BASE = "/console"
TABS = ("shopper", "models", "data")
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Place:
    """One view of the console. Empty fields are left out of the address."""

    tab: str = "shopper"
    user: str = ""
    item: str = ""  # the item that is explained; empty is the list
    versus: str = ""  # the item it is compared with
    off: tuple[str, ...] = ()  # keys of rows that are taken away for a preview
    scenario: str = "personal"  # what kind of list
    relation: str = ""  # of the related: complement, substitute, together or next; empty is all of it
    rows: int = 15  # rows of the matrix before the others are added up
    check: str = ""  # the finding whose samples are shown
    protocol: str = ""
    view: str = ""  # of the models: comparison, global or lists; of a shopper: list, or trace
    list_id: str = ""  # a stored list whose trace is shown; empty is the list as it would be now
    ask: str = ""  # the item of which a trace says why it is not on the list
    lang: str = "en"
    theme: str = "light"

    @staticmethod
    def read(tab: str, query: Mapping[str, str], default_language: str) -> Place:
        """Read an address; what cannot be understood has its default."""
        lang, theme, rows = query.get("lang", ""), query.get("theme", ""), query.get("rows", "")
        fallback = default_language if default_language in LANGUAGES else "en"
        return Place(
            tab=tab,
            user=query.get("user", ""),
            item=query.get("item", ""),
            versus=query.get("versus", ""),
            off=tuple(key for key in query.get("off", "").split(",") if key.replace("-", "").isdecimal()),
            scenario=found if (found := query.get("scenario", "")) in SCENARIOS else "personal",
            relation=found if (found := query.get("relation", "")) in RELATIONS else "",
            rows=max(1, min(100, int(rows))) if rows.isdecimal() and len(rows) < 4 else 15,
            check=query.get("check", ""),
            protocol=query.get("protocol", ""),
            view=query.get("view", ""),
            list_id=query.get("list_id", ""),
            ask=query.get("ask", ""),
            lang=lang if lang in LANGUAGES else fallback,
            theme=theme if theme in THEMES else THEMES[0],
        )

    def to(self, **changes: Any) -> str:
        """Return the address of this place with some fields changed, relative to the console."""
        there = replace(self, **changes)
        plain = Place(lang="")
        shown = {
            f.name: ",".join(value) if isinstance(value, tuple) else str(value)
            for f in fields(there)
            if f.name != "tab" and (value := getattr(there, f.name)) != getattr(plain, f.name)
        }
        path = "" if there.tab == TABS[0] else there.tab
        return f"{BASE}/{path}?{urlencode(shown)}"
