"""HTML from the templates beside this file, with escaping on: every text that comes from data is escaped once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from whyrec.app import figures, pictures


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(pics=pictures, figs=figures, icon=pictures.icon)
    return environment


def render(template: str, **values: Any) -> Markup:
    """Fill a template; the result is safe HTML."""
    return Markup(_environment().get_template(template).render(values))
