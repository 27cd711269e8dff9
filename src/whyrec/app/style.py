"""Colours and style sheets of the console and the report, read from one place: console/tokens.css."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "console"
_TOKEN = re.compile(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);")


@cache
def sheet(*names: str) -> str:
    """Return these style sheets of the console, one after another."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)


@cache
def palette(theme: str) -> dict[str, str]:
    """Return the colour of every token in a theme ("light" or "dark"), for charts that cannot read CSS."""
    dark = theme == "dark"
    return {name: (night if dark else day) for name, day, night in _TOKEN.findall(sheet("tokens.css"))}
