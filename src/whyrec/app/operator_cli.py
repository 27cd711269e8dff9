"""`whyrec stats | jobs | compact`: what became of lists, what the service did by itself, and a smaller store."""

from __future__ import annotations

from typing import Annotated

import typer

from whyrec.app.cli_parts import Folder, Json, open_shop

operator = typer.Typer(rich_markup_mode="markdown")


@operator.command(epilog="Example: `whyrec stats my-shop --days 7`")
def stats(
    folder: Folder,
    days: Annotated[float, typer.Option(min=0.001, help="How many days back.")] = 30.0,
    as_json: Json = False,
) -> None:
    """Say what became of lists: click-through, conversion, satisfaction, by scenario, model, source and reason."""
    from whyrec.app import terminal

    with open_shop(folder) as shop:
        found = shop.stats(days)
    terminal.print_json(found) if as_json else terminal.print_stats(found)


@operator.command(epilog="Example: `whyrec jobs my-shop`; train, judge and promote now: `whyrec jobs my-shop --run`")
def jobs(
    folder: Folder,
    run: Annotated[
        bool, typer.Option("--run", help="Train now; promote only what holds the gates of [schedule].")
    ] = False,
    name: Annotated[str | None, typer.Option("--id", help="Id of the job; one of the same id runs once.")] = None,
    as_json: Json = False,
) -> None:
    """List what the service did by itself and why a snapshot was promoted or not; or do it now."""
    from whyrec.app import jobs as work
    from whyrec.app import terminal
    from whyrec.store import ledger

    with open_shop(folder) as shop:
        if run:
            with terminal.progress("Train", quiet=as_json) as tell:
                found = work.train(shop, name, tell)
        rows = [found] if run else ledger.newest(shop.store)
    if as_json:
        terminal.print_json(rows[0] if run else {"jobs": rows})
    else:
        terminal.print_jobs(rows)
    if run and rows[0]["state"] == "failed":
        raise typer.Exit(1)


@operator.command(epilog="Example: `whyrec compact my-shop --days 400`, once a month; it may serve meanwhile.")
def compact(
    folder: Folder,
    days: Annotated[
        float | None, typer.Option(min=1, help="Delete lists older than this; default [privacy] list_days.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make the store smaller: delete lists beyond their time, and give free space back. Events stay."""
    import time

    from whyrec.app import terminal
    from whyrec.store.compact import compact as run

    with open_shop(folder) as shop, terminal.progress("Compact", quiet=as_json) as tell:
        kept_days = days or shop.settings.privacy.list_days
        found = run(shop.store, time.time() - kept_days * 86400 if kept_days else None, tell)
    terminal.print_json(found) if as_json else terminal.print_compacted(found)
