"""`whyrec keys add | list | revoke | rotate`: who may call the service. A key is shown once, when it is made."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from whyrec.app.cli_parts import Folder, Json, open_shop

if TYPE_CHECKING:
    from whyrec.store.keys import Key

keys = typer.Typer(
    name="keys",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Make, list and end the API keys of a shop. Without any, the service answers its own machine only.",
)

KeyId = Annotated[str, typer.Argument(metavar="ID", help="Id of a key, as `whyrec keys list` shows it.")]


@keys.command(epilog="Example: `whyrec keys add my-shop --role backend --name checkout`")
def add(
    folder: Folder,
    role: Annotated[
        str,
        typer.Option(
            help="backend: speaks for any shopper and changes items; operator: everything, the console too; auditor: "
            "reads lists, reasons and statistics. Shoppers get tokens from the back end (POST /v1/tokens)."
        ),
    ],
    name: Annotated[str, typer.Option(help="What it is for, to know it again.")] = "",
    as_json: Json = False,
) -> None:
    """Make a key and print it, this once."""
    from whyrec.app import access

    with open_shop(folder) as shop:
        _show_new(*access.add_key(shop.store, role, name, time.time()), as_json)


@keys.command("list", epilog="Example: `whyrec keys list my-shop`")
def show(folder: Folder, as_json: Json = False) -> None:
    """List all keys, those that ended too."""
    from whyrec.app import terminal
    from whyrec.store import keys as stored

    with open_shop(folder) as shop:
        rows = [_row(key) for key in stored.read(shop.store).values()]
    terminal.print_json({"keys": rows}) if as_json else terminal.print_keys(rows, time.time())


@keys.command(epilog="Example: `whyrec keys revoke my-shop 1a2b3c4d`")
def revoke(folder: Folder, key: KeyId, as_json: Json = False) -> None:
    """End a key now, and the shoppers' tokens that it asked for. A running service hears of it within a second."""
    from whyrec.app import access, terminal

    with open_shop(folder) as shop:
        row = _row(access.revoke_key(shop.store, key, time.time()))
    terminal.print_json(row) if as_json else terminal.print_keys([row], time.time())


@keys.command(epilog="Example: `whyrec keys rotate my-shop 1a2b3c4d --grace 24`")
def rotate(
    folder: Folder,
    key: KeyId,
    grace: Annotated[float, typer.Option(min=0.0, help="Hours that the old key still holds.")] = 24.0,
    as_json: Json = False,
) -> None:
    """Make a key in the place of another; the old one still holds for a while, so that nothing stops."""
    from whyrec.app import access

    with open_shop(folder) as shop:
        _show_new(*access.rotate_key(shop.store, key, time.time(), 3600 * grace), as_json)


def _row(key: Key) -> dict[str, Any]:
    return {name: value for name, value in vars(key).items() if name != "hash"}


def _show_new(text: str, key: Key, as_json: bool) -> None:
    from whyrec.app import terminal

    if as_json:
        terminal.print_json({"key": text, **_row(key)})
    else:
        terminal.out.print(text, markup=False)
        terminal.out.print(
            f"This is the only time it is shown. Send it as: Authorization: Bearer {text[:6]}...", markup=False
        )
