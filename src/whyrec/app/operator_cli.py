"""`whyrec stats`: what became of lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from whyrec.app.shop import Shop

operator = typer.Typer(rich_markup_mode="markdown")

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The shop folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]


def _open(folder: Path) -> Shop:
    from whyrec.app.shop import Shop

    return Shop(folder)


@operator.command(epilog="Example: `whyrec stats my-shop --days 7`")
def stats(
    folder: Folder,
    days: Annotated[float, typer.Option(min=0.001, help="How many days back.")] = 30.0,
    as_json: Json = False,
) -> None:
    """Say what became of lists: click-through, conversion, satisfaction, by scenario, model, source and reason."""
    from whyrec.app import terminal

    with _open(folder) as shop:
        found = shop.stats(days)
    terminal.print_json(found) if as_json else terminal.print_stats(found)
