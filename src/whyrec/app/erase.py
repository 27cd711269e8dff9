"""Erase a person: from the store, the base log, the clean tables and the quarantine, stored lists, and files of ours.

What stays is a keyed hash on the suppression list, which keeps the person out at every later read, and a receipt that
names nobody. Snapshots that may have learned from the person can no longer go live; the live one serves until the next
training. Killed half way, it can be run again: the list comes first, so that nothing new is kept meanwhile.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whyrec.data import people
from whyrec.learn import snapshot
from whyrec.store import erasing

if TYPE_CHECKING:
    from whyrec.app.folder import ShopFolder

OWN = frozenset({"base", "clean", "snapshots", "boards", "bench"})
"""Folders of a shop that are written anew by other means, or hold nobody's id."""
MADE_HERE = frozenset({".html", ".json", ".jsonl", ".parquet", ".md"})
"""Kinds of file that whyrec writes; one of these that holds the person is removed, others are named in the receipt."""


def erase(shop: ShopFolder, user: str) -> dict[str, Any]:
    """Erase a person, and return the receipt with the keyed hash of their id, which is kept nowhere beside the list.

    Erasing somebody who is not known keeps them out all the same.
    """
    user, now = shop.known_as(user), time.time()
    receipt_id = uuid.uuid4().hex
    learned = user in shop.tables.events.users.index or bool(shop.store.events_of(user))
    n_snapshots = snapshot.outdate(shop.folder / "snapshots", receipt_id) if learned else 0
    counts = erasing.erase(shop.store, user, now)
    removed = people.remove(shop.folder, {user})
    if removed:
        shop.check()
    shop.drop_caches()
    files, left = _sweep(shop.folder, user)
    erasing.scrub(shop.store)
    receipt = {
        "id": receipt_id,
        "at": now,
        "events": counts["events"],
        "lists": counts["lists"],
        "log_rows": removed.events,
        "user_rows": removed.users + removed.links,
        "rejected_rows": removed.rejects,
        "snapshots": n_snapshots,
        "files": files,
        "left": left,
    }
    erasing.put_receipt(shop.store, receipt)
    return {**receipt, "hash": shop.store.hash_of(user)} if shop.store.hash_of else receipt


def keep_out(shop: ShopFolder) -> people.Removed:
    """Take everybody on the suppression list out of a base log that came back, as a backup's does."""
    if not shop.has_store or not erasing.n_suppressed(shop.store):
        return people.Removed()
    gone = erasing.are_suppressed(shop.store, people.ids(shop.folder))
    return people.remove(shop.folder, gone) if gone else people.Removed()


def lift(shop: ShopFolder, user: str) -> bool:
    """Take a person off the suppression list; False where they were not on it."""
    return erasing.lift(shop.store, shop.known_as(user))


def _sweep(folder: Path, user: str) -> tuple[int, list[str]]:
    """Remove reports, audits and exports that hold the person; return how many, and names of others that do."""
    removed, left = 0, []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or inside.parts[0] in OWN or inside.name.startswith(("store.db", "secret")):
            continue
        if people.holds(path, user):
            if path.suffix in MADE_HERE:
                path.unlink()
                removed += 1
            else:
                left.append(str(inside))
    return removed, left
