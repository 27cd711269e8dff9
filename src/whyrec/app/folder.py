"""What a shop folder holds, loaded when it is first asked for and kept: clean tables, the store, the snapshots.

The live snapshot is read again when the pointer in `snapshots/live` changes, so that a training run in another process
takes effect without a restart.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from whyrec import models
from whyrec.app import erase as erasing
from whyrec.app.crowd import Crowd
from whyrec.core.config import read_settings
from whyrec.core.errors import TrainingError
from whyrec.core.types import Catalog, Fitted
from whyrec.data import clean, identity, privacy, tables
from whyrec.data.findings import Check
from whyrec.learn import snapshot
from whyrec.learn.run import silent
from whyrec.rank import resolve, wishes
from whyrec.rank.means import Means

if TYPE_CHECKING:
    from whyrec.data.tables import Tables
    from whyrec.store.store import Accepted, Store

Progress = Callable[[float, str], None]
SETTINGS = "whyrec.toml"


@dataclass(frozen=True, eq=False)
class Live:
    """The snapshot that answers requests."""

    meta: snapshot.Snapshot
    model: Fitted


class ShopFolder:
    """A shop folder opened. Safe to use from several threads."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.settings = read_settings(self.folder / SETTINGS)
        models.use(self.folder, self.settings)
        self._lock = threading.RLock()
        self._live: Live | None = None
        self._older: Live | None = None
        self._means: tuple[str, Means] | None = None
        self._erasures = 0

    # -- data ------------------------------------------------------------------------------------------------

    def check(self, progress: Progress = silent) -> Check:
        """Return what the data doctor found and what cleaning did; cleans again if the settings changed.

        Who was erased is taken out first, should a backup have brought them back.
        """
        erasing.keep_out(self)
        return clean.ensure_clean(self.folder, self.settings, now=time.time(), progress=progress)

    @cached_property
    def tables(self) -> Tables:
        """Clean events, catalogue and users."""
        with self._lock:
            self.check()
            return tables.load(self.folder)

    @property
    def catalog(self) -> Catalog:
        """The catalogue as it is now: the imported table with the changes made through the service."""
        return self.store.catalog(self.tables.catalog) if self.has_store else self.tables.catalog

    @cached_property
    def repeats(self) -> bool:
        """Whether items that a shopper already had may be recommended again."""
        rule = self.settings.events.repeats
        if rule != "auto":
            return rule == "keep"
        return float(self.check().facts["repeat_rate"]) >= self.settings.events.repeat_rate

    def table(self, name: str, kind: str = "pandas") -> Any:
        """Return a clean table ("events", "items", "users", "quarantine") as a pandas or polars frame."""
        self.check()
        return tables.frame(self.folder, name, kind)

    # -- store -----------------------------------------------------------------------------------------------

    @cached_property
    def store(self) -> Store:
        """Live events, items, preferences and recommendations."""
        from whyrec.store.store import open_store  # SQLAlchemy takes a moment; many commands need no store

        return open_store(self.folder, self.settings.serve, lambda user: privacy.keyed(self.secret, "erased", user))

    @cached_property
    def secret(self) -> bytes:
        """What tokens, pseudonyms and the suppression list are signed with."""
        return privacy.secret_of(self.folder)

    @property
    def has_store(self) -> bool:
        """Whether there are live events; a shop that was never served needs no store."""
        return "store" in self.__dict__ or (self.folder / "store.db").exists() or bool(self.settings.serve.store)

    def add_events(self, rows: Iterable[Mapping[str, Any]]) -> Accepted:
        """Add live events; they count in the next list. Rows without `at` happen now, without `event_id` get one."""
        named = [{**row, "user_id": self.known_as(row.get("user_id"))} for row in rows]
        return self.store.add_events(named, now=time.time())

    def known_as(self, user: Any) -> Any:
        """Return the id under which a shopper is kept: a keyed hash where `[privacy] pseudonyms` says so."""
        if not self.settings.privacy.pseudonyms or not isinstance(user, str):
            return user
        return privacy.pseudonym(self.secret, user)

    def refresh(self) -> None:
        """Hear of changes that another process made to the catalogue, and of people whom it erased."""
        self.store.refresh()
        if self.store.erasures != self._erasures:
            self.drop_caches()

    def drop_caches(self) -> None:
        """Forget what was read of the shop's tables; the next call reads them anew."""
        with self._lock:
            for name in ("tables", "crowd", "mixing"):
                self.__dict__.pop(name, None)
            self._older = self._means = None
            self.store.refresh()
            self._erasures = self.store.erasures

    def close(self) -> None:
        """Close the store, if it was opened."""
        if "store" in self.__dict__:
            self.store.close()
            del self.__dict__["store"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def tables_with_live_events(self, until: float = inf) -> Tables:
        """The clean tables with the events that the store got by then, without what may not be learned from.

        Accounts of one person that allow it are one shopper.
        """
        live = self.store.all_events() if self.has_store else []
        whole = self.tables
        if self.has_store:
            come = [row for row in live if row.received_at <= until]
            whole = resolve.with_live_events(replace(self.tables, catalog=self.catalog), come)
            whole = wishes.learnable(whole, live)
        return replace(whole, events=identity.joined(whole.events, whole.users, wishes.sharing(live)))

    # -- snapshots -------------------------------------------------------------------------------------------

    @property
    def live(self) -> Live:
        """The live snapshot; raises TrainingError where nothing was trained yet."""
        place = self.folder / "snapshots"
        name = snapshot.live(place)
        if name is None:
            raise TrainingError(
                f"Expected a trained model in {self.folder}, found none. Run: whyrec train {self.folder}"
            )
        with self._lock:
            if self._live is None or self._live.meta.id != name:
                self._live = Live(*models.load(place, name))
            return self._live

    def snapshot(self, name: str) -> Live:
        """A snapshot by its id, live or older, as a stored list needs it; raises SnapshotError where it is gone."""
        kept = self._live
        if kept is not None and kept.meta.id == name:  # it made the list just now: no need to read the pointer
            return kept
        live = self.live
        if live.meta.id == name:
            return live
        with self._lock:
            if self._older is None or self._older.meta.id != name:
                self._older = Live(*models.load(self.folder / "snapshots", name))
            return self._older

    @property
    def means(self) -> Means:
        """What scenarios read of the shop beside the model: counts of what the live snapshot could learn from.

        So live events count in `related` from the next training or update on, and a list can be made again.
        """
        meta = self.live.meta
        with self._lock:
            if self._means is None or self._means[0] != meta.id:
                known = self.tables_with_live_events(until=meta.created_at)
                self._means = meta.id, Means(known.events, self.settings, known.users)
            return self._means[1]

    @cached_property
    def crowd(self) -> Crowd:
        """How many people of the imported log had each item, and two items."""
        return Crowd.of(self.tables.events)
