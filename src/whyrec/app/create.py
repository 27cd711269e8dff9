"""Make a shop folder: import, let a person confirm the columns, clean. What fails leaves nothing behind."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from whyrec.app import erase
from whyrec.app.folder import SETTINGS, Progress
from whyrec.app.shop import Shop
from whyrec.core.config import Settings, check_kinds, write_settings
from whyrec.core.errors import ShopError, UsageError
from whyrec.data import clean, ingest, people, privacy
from whyrec.data.readers import Source
from whyrec.learn.run import silent
from whyrec.store import erasing


def init(
    folder: str | Path,
    events: Source,
    items: Source | None = None,
    users: Source | None = None,
    settings: Settings | None = None,
    mapping: Mapping[str, str] | None = None,
    confirm: Callable[[ingest.Imported], bool] | None = None,
    now: float | None = None,
    progress: Progress = silent,
    suppressed: Path | None = None,
    links: Source | None = None,
) -> Shop:
    """Make a shop folder from an event log and, optionally, tables of items, users and links, and clean it.

    Sources are paths (CSV, TSV, JSON lines, parquet, gzipped or not) or pandas or polars frames. `mapping` names
    columns (canonical -> source) that would be guessed wrong; `confirm` is asked once they are guessed. `suppressed` is
    another shop folder whose erased people are kept out of this one too. `links` says which accounts are one person's
    (data/links).
    Raises InputError where a source cannot be read, ShopError where the folder cannot be written or is a shop
    already, UsageError where `confirm` says no or the settings name a kind of event that does not exist; then
    nothing stays behind.
    """
    folder = Path(folder)
    now = time.time() if now is None else now
    if (folder / SETTINGS).exists():
        raise ShopError(f"{folder} is a shop already. Choose another folder, or remove this one first.")
    settings = settings or Settings(shop=replace(Settings().shop, name=folder.resolve().name))
    check_kinds(settings.events, "settings")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ShopError(
            f"Expected a folder that can be written at {folder}, but: {error.strerror}. Choose another place."
        ) from None
    try:
        imported = ingest.import_shop(
            folder, events, items, users, settings=settings, now=now, progress=progress, mapping=mapping, links=links
        )
        if confirm is not None and not confirm(imported):
            raise UsageError(
                "Nothing was written. Say which column is which with --map, e.g. --map user_id=customer, "
                "and run whyrec init again."
            )
        if suppressed is not None:
            shutil.copy2(suppressed / privacy.FILE, folder / privacy.FILE)
        if settings.privacy.pseudonyms:
            secret = privacy.secret_of(folder)
            people.pseudonymise(folder, lambda user: privacy.pseudonym(secret, user))
        write_settings(settings, folder / SETTINGS)
        if suppressed is not None:
            _take_over(folder, suppressed)
        clean.clean(folder, settings, now=now, progress=progress)
    except BaseException:
        for part in ("base", "clean"):
            shutil.rmtree(folder / part, ignore_errors=True)
        for path in (folder / SETTINGS, folder / privacy.FILE, *folder.glob("store.db*")):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()  # only where it is empty
        raise
    return Shop(folder)


def _take_over(folder: Path, other: Path) -> None:
    """Keep out of a new shop whom another one erased."""
    with Shop(folder) as new, Shop(other) as old:
        erasing.take_over(new.store, old.store)
        erase.keep_out(new)
