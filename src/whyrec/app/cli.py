"""The command line. Each command opens a shop folder, calls one method of Shop and prints what came back.

Exit status: 0 done, 1 the work failed, 2 wrong usage. Results go to standard output, progress and errors to
standard error; with --json standard output holds one JSON value and nothing else.

Longer than other modules on purpose: one function a command, with the help of every option in its place.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from whyrec.app.bench_cli import bench
from whyrec.app.cli_parts import Folder, Json, open_shop
from whyrec.app.keys_cli import keys
from whyrec.app.operator_cli import operator
from whyrec.app.rights_cli import rights
from whyrec.core.errors import ShopError, StoreError, UsageError, WhyrecError, nearest

app = typer.Typer(
    name="whyrec",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.add_typer(bench)
app.add_typer(keys)
app.add_typer(rights)
app.add_typer(operator)

Models = Annotated[list[str] | None, typer.Option("--model", help="A model to use; may be given several times.")]
Locale = Annotated[str | None, typer.Option(help="Language of the reasons: en, zh, ja or es. Default: the shop's.")]


@app.callback()
def common(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version and end.")] = False,
) -> None:
    """Recommends products in online shops and proves why: every reason is measured on the model behind the list."""
    if version:
        from whyrec import __version__

        print(__version__)
        raise typer.Exit


def _choice(value: str, name: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise UsageError(f"Expected {name} to be one of {', '.join(known)}, got {value!r}{nearest(value, known)}.")
    return value


def _pairs(
    given: list[str], form: str = "--map NAME=COLUMN", example: str = "--map user_id=customer"
) -> dict[str, str]:
    """Read NAME=COLUMN words."""
    for word in given:
        if "=" not in word:
            raise UsageError(f"Expected {form}, got {word!r}. Example: {example}")
    return {name.strip(): column for name, column in (word.split("=", 1) for word in given)}


@app.command(epilog="Example: `whyrec init my-shop --events events.csv --items products.csv --yes`")
def init(
    folder: Folder,
    events: Annotated[Path, typer.Option(help="Event log: CSV, TSV, JSON lines or parquet, gzipped or not.")],
    items: Annotated[Path | None, typer.Option(help="Table of items, in the same formats.")] = None,
    users: Annotated[Path | None, typer.Option(help="Table of users, in the same formats.")] = None,
    links: Annotated[
        Path | None,
        typer.Option(help="Which accounts are one person's: user_id, person_id, and platform and sharing (yes or no)."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the shop. Default: the folder's.")] = None,
    locale: Annotated[str, typer.Option(help="Default language of catalogue and reasons.")] = "en",
    currency: Annotated[str, typer.Option(help="Currency of prices (ISO 4217).")] = "USD",
    time_zone: Annotated[str, typer.Option(help="Time zone of what people read.")] = "UTC",
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="NAME=COLUMN", help="Read COLUMN as NAME, e.g. user_id=customer or items.title=name."
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="WORD=KIND", help="Read WORD of the log as a kind of event, e.g. added=cart."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take the guessed column mapping without asking.")] = False,
    pseudonyms: Annotated[
        bool, typer.Option("--pseudonyms", help="Keep keyed hashes in the place of shoppers' ids.")
    ] = False,
    suppressed: Annotated[
        Path | None, typer.Option(help="Another shop folder: whom it erased is kept out of this one too.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a shop folder from an event log: read, check, clean."""
    from whyrec.app import create, terminal
    from whyrec.core.config import EventSettings, PrivacySettings, Settings, ShopSettings
    from whyrec.data.ingest import Imported

    def confirm(imported: Imported) -> bool:
        if as_json:
            return True
        with tell.aside():
            terminal.print_mapping(imported)
            return yes or not sys.stdin.isatty() or typer.confirm("Is this mapping right?", default=True)

    settings = Settings(
        shop=ShopSettings(name or folder.resolve().name, locale, time_zone, currency),
        events=EventSettings(kinds=_pairs(kind or [], "--kind WORD=KIND", "--kind added=cart")),
        privacy=PrivacySettings(pseudonyms=pseudonyms),
    )
    with terminal.progress("Import", quiet=as_json) as tell:
        shop = create.init(
            folder, events, items, users, settings, _pairs(mapping or []), confirm,
            progress=tell, suppressed=suppressed, links=links,
        )  # fmt: skip
    check = shop.check().as_dict()
    if as_json:
        terminal.print_json({"folder": str(folder), **check})
    else:
        terminal.print_check(check)
        terminal.out.print(f"Shop folder {folder} is ready. Next: whyrec train {folder}", markup=False)


@app.command(epilog="Example: `whyrec check my-shop --json`")
def check(folder: Folder, as_json: Json = False) -> None:
    """Say what is wrong with the data and what cleaning did about it, and which rules do not fit the catalogue."""
    from whyrec.app import rule_check, terminal

    with open_shop(folder) as shop, terminal.progress("Check", quiet=as_json) as tell:
        found = {**shop.check(progress=tell).as_dict(), "rules": rule_check.findings(shop)}
    terminal.print_json(found) if as_json else terminal.print_check(found)


@app.command(epilog="Example: `whyrec train my-shop --model markov --model ease`")
def train(
    folder: Folder,
    model: Models = None,
    warm: Annotated[bool, typer.Option("--warm", help="Models that can go on from what the live one learned.")] = False,
    as_json: Json = False,
) -> None:
    """Fit models, keep a snapshot of each, and make the best one live."""
    from whyrec.app import terminal

    with open_shop(folder) as shop, terminal.progress("Train", quiet=as_json) as tell:
        made = [snapshot.as_dict() for snapshot in shop.train(model, progress=tell, warm=warm)]
    if as_json:
        terminal.print_json({"snapshots": made})
    else:
        terminal.print_snapshots(made)


@app.command(epilog="Example: `whyrec update my-shop`, each night; `whyrec rollback my-shop` undoes it.")
def update(folder: Folder, as_json: Json = False) -> None:
    """Fit the live model again with the events that have come since, going on from what it learned.

    Quicker than train: nothing is chosen or measured anew. The new snapshot is live at once.
    """
    from whyrec.app import terminal

    with open_shop(folder) as shop, terminal.progress("Update", quiet=as_json) as tell:
        made = [shop.update(progress=tell).as_dict()]
    if as_json:
        terminal.print_json({"snapshots": made})
    else:
        terminal.print_snapshots(made)


@app.command(epilog="Example: `whyrec tune my-shop --model markov --minutes 5 --write`")
def tune(
    folder: Folder,
    model: Annotated[str, typer.Option("--model", help="The model to search settings of.")],
    minutes: Annotated[float, typer.Option(min=0.0, help="Stop after so many minutes.")] = 10.0,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Stop after so many trials, those of earlier calls included.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write what was found to whyrec.toml; a copy is kept.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Search the main settings of a model on validation; called again, the search goes on where it was."""
    from whyrec.app import terminal

    with open_shop(folder) as shop, terminal.progress("Tune", quiet=as_json) as tell:
        found = shop.tune(model, minutes, trials, progress=tell)
        undo = str(shop.set_options(model, found.options)) if write and found.options else None
    if as_json:
        terminal.print_json({**found.as_dict(), "undo": undo})
    else:
        terminal.print_tuned(found.as_dict(), undo)


@app.command(epilog="Example: `whyrec rollback my-shop`; the same again undoes it.")
def rollback(
    folder: Folder,
    snapshot: Annotated[
        str | None, typer.Argument(metavar="[SNAPSHOT]", help="The snapshot to make live. Default: the one before.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make the snapshot that was live before, or a named one, live again; a running service follows at once."""
    from whyrec.app import terminal

    with open_shop(folder) as shop:
        made = [shop.rollback(snapshot).as_dict()]
    if as_json:
        terminal.print_json({"snapshots": made})
    else:
        terminal.print_snapshots(made)


@app.command(
    epilog="Example: `whyrec evaluate my-shop --protocol time --seen keep --lists lists.parquet`; "
    "what titles are worth: `whyrec evaluate my-shop --model glass --without titles`"
)
def evaluate(
    folder: Folder,
    protocol: Annotated[str, typer.Option(help="loo: last event of each user; time: cut at a quantile.")] = "loo",
    targets: Annotated[str, typer.Option(help="With time: last, or all items after the cut.")] = "last",
    model: Models = None,
    seen: Annotated[str | None, typer.Option(help="Seen items: hide or keep. Default: the shop's rule.")] = None,
    lists: Annotated[
        Path | None, typer.Option(help="Write the 20 best items of each user to this parquet file.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FEATURE",
            help="Measure each model once more without a feature: an attribute, number or medium of the items by its "
            "name, or titles, kinds, values, times; may be given several times.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Fit on the training part only, recommend for the rest, and measure."""
    from whyrec.app import terminal

    _choice(protocol, "--protocol", ("loo", "time"))
    _choice(targets, "--targets", ("last", "all"))
    modes = () if seen is None else (_choice(seen, "--seen", ("hide", "keep")),)
    with open_shop(folder) as shop, terminal.progress(f"Evaluate ({protocol})", quiet=as_json) as tell:
        board = shop.evaluate(protocol, targets, model, modes, lists=lists, progress=tell, without=without or ())[0]
    if as_json:
        terminal.print_json(board.as_dict())
    else:
        terminal.print_board(board.as_dict(), f"{protocol}, seen items: {board.seen}")


@app.command(
    epilog="Example: `whyrec recommend my-shop --user 42 -n 5 --locale zh`; "
    "what goes with an item: `whyrec recommend my-shop --scenario related --context 1001 --relation complement`; "
    "`whyrec recommend my-shop --user 42 --only brand=Acme --where 'price < 300 and not category = \"case\"'`"
)
def recommend(
    folder: Folder,
    user: Annotated[str | None, typer.Option(help="User id. Without one, or unknown: what is popular.")] = None,
    n: Annotated[int | None, typer.Option("-n", min=1, max=1000, help="Items of the list.")] = None,
    scenario: Annotated[
        str, typer.Option(help="personal, new, related, content, cross-platform or multilingual.")
    ] = "personal",
    context: Annotated[list[str] | None, typer.Option(help="Item on the page; may be given several times.")] = None,
    relation: Annotated[
        str | None, typer.Option(help="With related: complement, substitute, together or next. Default: any.")
    ] = None,
    platform: Annotated[str | None, typer.Option(help="Where the request comes from, such as web or app.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="Item to leave out; may be given several times.")] = None,
    where: Annotated[
        str | None,
        typer.Option(metavar="EXPRESSION", help="Only items that fit: price < 300 and brand in ('Acme', 'Lumo')."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="Only items with this value of an attribute; may be given several times."
        ),
    ] = None,
    locale: Locale = None,
    as_json: Json = False,
) -> None:
    """Recommend items, each with its score, its source and its reason."""
    from whyrec.app import terminal
    from whyrec.app.answers import list_answer

    with open_shop(folder) as shop:
        request: dict[str, Any] = {
            "n": n, "scenario": scenario, "locale": locale, "relation": relation, "platform": platform,
            "where": where, "only": _only(only),
        }  # fmt: skip
        made = shop.recommend(user, **request, context=context or (), exclude=exclude or ())
        listed = list_answer(shop, made)
    if as_json:
        terminal.print_json(listed)
    else:
        terminal.print_list(listed["items"], f"For {user or 'a new shopper'}, by {made.snapshot}", listed.get("note"))
        for taken in listed.get("filtered", ()) if len(listed["items"]) < made.query.n else ():
            terminal.print_taken(taken)


def _only(given: list[str] | None) -> dict[str, list[str]]:
    """Values by attribute, of NAME=VALUE words."""
    values: dict[str, list[str]] = {}
    for word in given or []:
        ((name, value),) = _pairs([word], "--only NAME=VALUE", "--only brand=Acme").items()
        values.setdefault(name, []).append(value)
    return values


@app.command(epilog="Example: `whyrec trace my-shop 3f2c... --item 1001`; the id of a list is in `recommend --json`.")
def trace(
    folder: Folder,
    list_id: Annotated[str, typer.Argument(metavar="LIST", help="Id of a list that was given.")],
    item: Annotated[str | None, typer.Option(help="Say why this item is on the list or not.")] = None,
    as_json: Json = False,
) -> None:
    """Say why a list is as it is: what each filter took, which rules were followed, and why an item is not on it."""
    from whyrec.app import terminal
    from whyrec.app.answers import trace_answer

    with open_shop(folder) as shop:
        made = shop.store.recommendation(list_id)
        if made is None:
            raise UsageError(f"Expected the id of a list that was given, got {list_id!r}. It may have been erased.")
        told = trace_answer(shop, made, item)
        if as_json:
            terminal.print_json(told)
        else:
            terminal.print_trace(told, lambda i: shop.title(i, made.query.locale))


@app.command(
    epilog="Example: `whyrec explain my-shop --user 42 --item 1001 --locale zh`; "
    "why it and not another: `whyrec explain my-shop --user 42 --item 1001 --against 1002`; "
    "over all shoppers: `whyrec explain my-shop --global`"
)
def explain(
    folder: Folder,
    item: Annotated[str | None, typer.Option(help="Item id.")] = None,
    user: Annotated[str | None, typer.Option(help="User id.")] = None,
    against: Annotated[
        str | None, typer.Option(metavar="ITEM", help="Say why the item and not this one: parts of the difference.")
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            help="Weights where a model is no sum over events: auto (the loss without each event alone) or shapley "
            "(shares that add up, with standard errors). Default: the settings'."
        ),
    ] = None,
    search: Annotated[
        str | None, typer.Option(help="Search of sets: greedy, or beam, which is slower. Default: the settings'.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--global", help="Say what moves scores over a sample of all shoppers instead.")
    ] = False,
    locale: Locale = None,
    as_json: Json = False,
) -> None:
    """Say why an item gets its score: what the score loses when each cause is taken away."""
    from whyrec.app import terminal
    from whyrec.app.answers import attributes_answer, contrast_answer, explanation_answer, told_answer
    from whyrec.app.audit import attention

    method = method and _choice(method, "--method", ("auto", "shapley"))
    search = search and _choice(search, "--search", ("greedy", "beam"))

    if whole:
        from whyrec.app import transparency

        if item is not None or user is not None:
            raise UsageError("Expected --global or --item, got both. --global is about all shoppers.")
        with open_shop(folder) as shop, terminal.progress("Explain", quiet=as_json) as tell:
            measured = transparency.measure(shop, tell)
            told = transparency.statements(shop, measured, locale or "")
        terminal.print_json(told_answer(told, measured)) if as_json else terminal.print_told(told)
        return
    if item is None:
        raise UsageError("Expected --item with the id of an item to explain, or --global, got neither.")
    with open_shop(folder) as shop:
        query = shop.query(user, locale=locale)
        if against is not None:
            found = shop.contrast(query, item, against)
            if as_json:
                terminal.print_json(contrast_answer(found))
            else:
                terminal.print_contrast(found, lambda i: shop.title(i, query.locale))
            return
        explanation = shop.explain(query=query, item=item, method=method, search=search)
        said = [shop.say(explanation, query, long=long).text for long in (False, True)]
        if as_json:
            made_of = attributes_answer(shop.attributes(query, item), query)
            seen = attention(shop, shop.live, query, explanation)
            answer = {**explanation_answer(explanation, *said), "attributes": made_of, "attention": seen}
            terminal.print_json(answer)
        else:
            terminal.print_explanation(explanation, said[1], lambda i: shop.title(i, query.locale))


@app.command(epilog="Example: `whyrec audit my-shop --users 100 --export audit.jsonl`")
def audit(
    folder: Folder,
    users: Annotated[int, typer.Option(min=1, help="Shoppers to draw, of those with at least five events.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Which shoppers are drawn, and what the rivals draw.")] = 0,
    export: Annotated[
        Path | None, typer.Option(help="Write the record, a JSON line for each case. It holds histories of shoppers.")
    ] = None,
    verify: Annotated[
        Path | None, typer.Option(help="Make every number of this record again; exit 0 only if all hold.")
    ] = None,
    lxr: Annotated[
        bool | None, typer.Option(help="The rival that learns masks first. Default: where torch is installed.")
    ] = None,
    fairness: Annotated[
        str | None,
        typer.Option(
            metavar="GROUP",
            help="Test instead whether prices and places depend on this attribute of the users more than chance.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure how faithful the explanations are that this shop gives, next to others; or check such a measurement."""
    from whyrec.app import audit as audits
    from whyrec.app import audit_record, terminal

    if fairness is not None:
        with open_shop(folder) as shop:
            tested = shop.fairness(fairness, users, seed)
        terminal.print_json(tested) if as_json else terminal.print_fairness(tested)
        return
    if verify is not None and export is not None:
        raise UsageError("Expected --export or --verify, got both. Make a record first, then check it.")
    with open_shop(folder) as shop, terminal.progress("Audit", quiet=as_json) as tell:
        wrong = audit_record.verify(shop, verify, tell) if verify else []
        found = audits.audit(shop, users, seed, tell, lxr) if verify is None else None
    if found is None:
        terminal.print_json({"holds": not wrong, "wrong": wrong}) if as_json else terminal.print_verified(wrong)
        if wrong:
            raise typer.Exit(1)
        return
    with open_shop(folder) as shop:
        audit_record.keep(shop, found)
    if export is not None:
        audit_record.export(found, export)
    terminal.print_json(found.as_dict()) if as_json else terminal.print_audit(found)


@app.command(epilog="Example: `whyrec serve my-shop --port 8080`")
def serve(
    folder: Folder,
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: the settings', 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on. Default: the settings', 8080.")] = None,
    console: Annotated[bool, typer.Option(help="Serve the console too, where it is installed.")] = True,
    as_json: Json = False,
) -> None:
    """Serve recommendations, explanations and the console over HTTP until Ctrl-C."""
    from whyrec.app.serve import serve as run

    with open_shop(folder) as shop:
        run(shop, host or shop.settings.serve.host, port or shop.settings.serve.port, console, as_json)


@app.command(epilog="Example: `whyrec demo --no-serve`, `whyrec demo --shop electronics`")
def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Where to make the demo's shop folder.")] = Path("demo-shop"),
    user: Annotated[str | None, typer.Option(help="Shopper to show. Default: one with a median history.")] = None,
    shop: Annotated[str, typer.Option(help="groceries (a real log) or electronics (simulated).")] = "groceries",
    serve: Annotated[bool, typer.Option(help="Serve at the end; --no-serve ends instead.")] = True,
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080,
    as_json: Json = False,
) -> None:
    """Run everything on a year of a shop: clean, compare, recommend, explain, serve."""
    from whyrec.app.demo import run

    run(folder, user, serve, port, as_json, shop)


@app.command(epilog="Example: `whyrec doctor my-shop`")
def doctor(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="A shop folder to look at as well.")] = None,
    as_json: Json = False,
) -> None:
    """Say what is installed, what is missing, and the line that installs it."""
    from whyrec.app import terminal
    from whyrec.app.system import examine

    found = examine(folder)
    terminal.print_json(found) if as_json else terminal.print_system(found)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every error a person can act on is one message, never a traceback."""
    arguments = sys.argv[1:] if arguments is None else arguments
    sys.exit(_run(lambda: app(arguments, standalone_mode=True), as_json="--json" in arguments))


def _run(command: Callable[[], None], as_json: bool) -> int:
    try:
        command()
    except SystemExit as stop:  # typer leaves with 0, or 2 for wrong usage
        return int(stop.code or 0)
    except WhyrecError as error:
        return _complain(error, as_json)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has left, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        return _complain(ShopError("Expected enough memory, got none. Lower models.memory_mb in whyrec.toml."), as_json)
    except OSError as error:
        return _complain(_of_system(error), as_json)
    except Exception as error:
        if os.environ.get("WHYREC_DEBUG"):
            raise
        text = f"Unexpected {type(error).__name__}: {error}. This is a defect of whyrec: please report it, with the"
        return _complain(WhyrecError(f"{text} output of the same command under WHYREC_DEBUG=1."), as_json)
    return 0


def _of_system(error: OSError) -> WhyrecError:
    where = f" at {error.filename}" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return StoreError(f"Expected room on the disk{where}, but it is full. Free some space and run it again.")
    return ShopError(
        f"Expected to read and write{where}, but: {error.strerror or error}. Check the path and its rights."
    )


def _complain(error: WhyrecError, as_json: bool) -> int:
    if as_json:
        from whyrec.app import terminal

        terminal.print_json({"error": {"kind": type(error).__name__, "message": str(error)}})
    print(f"whyrec: {error}", file=sys.stderr)
    return error.exit_status
