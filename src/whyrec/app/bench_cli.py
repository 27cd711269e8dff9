"""`whyrec bench accuracy`, `speed` and `scenarios`: the tables of the docs, row by row and resumable."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from whyrec.app.cli_parts import Folder, Json
from whyrec.core.errors import UsageError, nearest

LARGE = 500_000
"""Events of a log that weighing glass would take minutes on."""
bench = typer.Typer(
    name="bench",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Measure models for a table: how good they are, how fast they are.",
)

Words = Annotated[
    list[str] | None,
    typer.Option(
        "--model", metavar="NAME[:key=value,...]", help="A model with its options; may be given several times."
    ),
]
Out = Annotated[Path | None, typer.Option(help="Folder of the rows and the table. Default: bench/ in the shop folder.")]
Again = Annotated[bool, typer.Option("--again", help="Make rows again that are there already.")]


@bench.command(
    epilog="Example: `whyrec bench accuracy my-shop --model markov --model glass:latents=2 --protocol loo,time`"
)
def accuracy(
    folder: Folder,
    model: Words = None,
    protocol: Annotated[
        str | None, typer.Option(help="loo, time, or both with a comma between. Default: both where the log has times.")
    ] = None,
    seen: Annotated[str | None, typer.Option(help="Seen items: hide or keep. Default: the shop's rule.")] = None,
    ids_only: Annotated[
        bool, typer.Option("--ids-only", help="Hide the catalogue's attributes from the models.")
    ] = False,
    request_time: Annotated[
        bool, typer.Option("--request-time", help="Models know the time of the wanted event.")
    ] = False,
    published: Annotated[
        str | None, typer.Option(help="Show published figures of this data set beside ours: beauty, toys or ml1m.")
    ] = None,
    out: Out = None,
    again: Again = False,
    as_json: Json = False,
) -> None:
    """Measure NDCG@10 and HR@10 on test events with 95 % intervals, and what the fits cost; a row is made once."""
    from whyrec.app import terminal
    from whyrec.app.shop import Shop
    from whyrec.rank import bench as work
    from whyrec.rank import bench_table, rows

    if seen not in (None, "hide", "keep"):
        raise UsageError(f"Expected --seen to be one of hide, keep, got {seen!r}{nearest(seen, ('hide', 'keep'))}.")
    beside = work.published(published)
    with Shop(folder) as shop, terminal.progress("Bench", quiet=as_json) as tell:
        rule = seen or ("keep" if shop.repeats else "hide")
        protocol = protocol or ("loo,time" if shop.tables.events.timed else "loo")
        plan = work.Plan(tuple(part.strip() for part in protocol.split(",")), rule, not ids_only, again)
        settings = shop.settings
        if request_time:
            settings = replace(settings, events=replace(settings.events, request_time=True))
        place = out or folder / "bench"
        words = model or settings.models.names
        made, kept = work.accuracy(folder, shop.tables, settings, words, plan, place, tell)
        name, data = settings.shop.name, shop.tables.fingerprint
    found = rows.read(place, kind="accuracy", data=data)
    compared = work.differences(place, found)
    path = place / f"accuracy-{name}.md"
    path.write_text(bench_table.markdown(f"Accuracy on {name}", found, beside, compared), encoding="utf-8")
    _print(found, made, kept, path, as_json, {"published": beside, "differences": compared})


@bench.command(epilog="Example: `whyrec bench speed my-shop --model sasrec --model glass`")
def speed(
    folder: Folder,
    model: Words = None,
    out: Out = None,
    again: Again = False,
    as_json: Json = False,
) -> None:
    """Measure on one thread how fast models learn, and what a list, its reasons and everybody's lists cost."""
    from whyrec.app import terminal
    from whyrec.app.shop import Shop
    from whyrec.rank import rows
    from whyrec.rank import speed as work

    with Shop(folder) as shop, terminal.progress("Bench", quiet=as_json) as tell:
        place = out or folder / "bench"
        made, kept = work.speed(folder, shop.tables, shop.settings, model or work.learners(), again, place, tell)
        name, data = shop.settings.shop.name, shop.tables.fingerprint
    found = rows.read(place, kind="speed", data=data)
    path = place / f"speed-{name}.md"
    path.write_text(work.markdown(f"Speed on {name}", found), encoding="utf-8")
    _print(found, made, kept, path, as_json, {})


@bench.command(epilog="Example: `whyrec bench scenarios my-shop`; the part for choosing: `--part validation`")
def scenarios(
    folder: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Shop folders; one table for all.")],
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME[:key=value,...]",
            help=f"A model with its options. Default: glass, or itemknn for logs of more than {LARGE:,} events.",
        ),
    ] = None,
    part: Annotated[str, typer.Option(help="test, or validation to choose settings on.")] = "test",
    cases: Annotated[int, typer.Option("-n", min=1, help="Most cases of a scenario, drawn by chance.")] = 1000,
    out: Annotated[Path, typer.Option(help="Folder of the rows and the table.")] = Path("bench-scenarios"),
    again: Again = False,
    as_json: Json = False,
) -> None:
    """Measure each scenario that the data allow against plain baselines and the model without the scenario's means."""
    from whyrec.app import terminal
    from whyrec.app.shop import Shop
    from whyrec.rank import bench_scenarios as work
    from whyrec.rank import rows

    parts = ("validation", "test")
    if part not in parts:
        raise UsageError(f"Expected --part to be one of {', '.join(parts)}, got {part!r}{nearest(part, parts)}.")
    made, kept = list[Any](), list[Any]()
    for place in folder:
        with Shop(place) as shop, terminal.progress(f"Bench {place.name}", quiet=as_json) as tell:
            word = model or ("itemknn" if len(shop.tables.events) > LARGE else "glass")
            some, there = work.bench(place, shop.tables, shop.settings, word, part, cases, out, again, tell)
        made, kept = made + some, kept + there
    found = [row for row in rows.read(out, kind="scenarios", part=part) if row["cases"]]
    path = out / f"scenarios-{part}.md"
    path.write_text(work.markdown(found) + "\n", encoding="utf-8")
    _print(found, made, kept, path, as_json, {})


def _print(found: Any, made: Any, kept: Any, path: Path, as_json: bool, more: dict[str, Any]) -> None:
    from whyrec.app import terminal

    if as_json:
        terminal.print_json({"rows": found, **more, "made": len(made), "kept": len(kept), "table": str(path)})
    else:
        terminal.print_markdown(path.read_text(encoding="utf-8"))
        terminal.out.print(f"{len(made)} rows made, {len(kept)} were there. Table: {path}", markup=False)
