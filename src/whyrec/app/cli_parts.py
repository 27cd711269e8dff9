"""What groups of commands share: the shop folder, the shopper, the flag for JSON, and opening a shop late."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from whyrec.app.shop import Shop

Folder: TypeAlias = Annotated[Path, typer.Argument(metavar="DIR", help="The shop folder.")]
User: TypeAlias = Annotated[str, typer.Option(help="User id.")]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]


def open_shop(folder: Path) -> Shop:
    """Open a shop; what that takes is loaded only now, so that help comes at once."""
    from whyrec.app.shop import Shop

    return Shop(folder)
