"""`whyrec profile | preferences | export`: the shopper's rights on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from whyrec.app.cli_parts import Folder, Json, User, open_shop
from whyrec.core.errors import UsageError

rights = typer.Typer(rich_markup_mode="markdown")


@rights.command(
    epilog="Example: `whyrec profile my-shop --user 42`; delete a tag: `whyrec profile my-shop --user 42 "
    "--forget brand=Acme`; take back what the shopper said: `whyrec profile my-shop --user 42 --undo ID`"
)
def profile(
    folder: Folder,
    user: User,
    forget: Annotated[
        str | None, typer.Option(metavar="TAG", help="Delete this tag: what led to it is not used any more.")
    ] = None,
    undo: Annotated[str | None, typer.Option(metavar="ID", help="Undo what the shopper said, by its id.")] = None,
    as_json: Json = False,
) -> None:
    """Say what is known and inferred of a shopper, each with where it comes from, and what they said."""
    from whyrec.app import terminal

    with open_shop(folder) as shop:
        if forget is not None:
            of_table = {tag["tag"] for tag in shop.profile(user)["tags"] if tag["source"] == "users"}
            shop.forget(user, forget, "users" if forget in of_table else "events")
        if undo is not None and not shop.undo(user, undo):
            raise UsageError(f"Expected the id of something that this shopper said, got {undo!r}. See: whyrec profile")
        found = shop.profile(user)
    terminal.print_json(found) if as_json else terminal.print_profile(found)


@rights.command(epilog="Example: `whyrec preferences my-shop --user 42 --no-personalised`")
def preferences(
    folder: Folder,
    user: User,
    personalised: Annotated[bool | None, typer.Option(help="Whether lists may depend on the shopper.")] = None,
    sharing: Annotated[
        bool | None, typer.Option(help="Whether what happened on one platform may be used on another.")
    ] = None,
    minor: Annotated[bool | None, typer.Option(help="A minor is not profiled.")] = None,
    as_json: Json = False,
) -> None:
    """Set what a shopper wishes once and for all; what is not named stays as it is."""
    from whyrec.app import terminal

    with open_shop(folder) as shop:
        kept = shop.set_preferences(user, personalised=personalised, sharing=sharing, minor=minor)
    terminal.print_json(kept) if as_json else terminal.print_preferences(kept)


@rights.command(epilog="Example: `whyrec erase my-shop --user 42 --yes`, then `whyrec train my-shop`")
def erase(
    folder: Folder,
    user: User,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    lift: Annotated[
        bool, typer.Option("--lift", help="Let an erased person come back; what was erased stays erased.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Erase a person for good and keep them out of every later read; print the receipt."""
    from whyrec.app import terminal

    with open_shop(folder) as shop:
        if lift:
            if not shop.lift(user):
                raise UsageError(f"Expected somebody who was erased, got {user!r}.")
            terminal.print_json({"lifted": True}) if as_json else terminal.out.print("They may be known again.")
            return
        if not yes and not typer.confirm("This cannot be undone. Erase everything about this person?", err=True):
            raise typer.Abort
        found = shop.erase(user)
    terminal.print_json(found) if as_json else terminal.print_receipt(found)


@rights.command(epilog="Example: `whyrec export my-shop --user 42 --out 42.json`")
def export(
    folder: Folder,
    user: User,
    out: Annotated[Path | None, typer.Option(help="File to write. Default: standard output.")] = None,
) -> None:
    """Write everything that is kept about a shopper as JSON."""
    from whyrec.app import terminal

    with open_shop(folder) as shop:
        found = shop.export(user)
    terminal.write_json(found, out)
