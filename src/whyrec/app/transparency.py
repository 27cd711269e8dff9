"""What moves scores in this shop, measured on the live snapshot: for the global view, command line and public page.

A sample of shoppers gets the lists that they would get, and every place is explained. The result is kept in the shop
folder under the ids of all that it depends on, so that it is measured again as soon as another snapshot, catalogue or
setting is live, and can never say what was true of an earlier one.

    found = measure(shop)                   # a Measured: Overall, snapshot, catalogue, when
    statements(shop, found, "en")           # in words, as the public page has them
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from whyrec.core.types import Query
from whyrec.learn.context import PROFILE
from whyrec.learn.run import silent
from whyrec.rank import means
from whyrec.words import tell
from whyrec.words.overall import Age, Amount, Band, Overall, by_price, overall

if TYPE_CHECKING:
    from whyrec.app.folder import Progress
    from whyrec.app.shop import Shop

FOLDER = "overall"
FORMAT = 1
"""Goes up when what is measured changes, so that an older file is not read."""
SCORED = 32
"""Shoppers whose scores of all items are held at once."""
CHANGES: Mapping[str, Callable[[Query], Query]] = {
    "shopper": lambda query: replace(query, user=None),
    "profile": lambda query: replace(query, profile={}),
    "platform": lambda query: replace(
        query,
        platform="elsewhere" if query.platform is None else None,
        history=replace(query.history, platform=None),
    ),
    "language": lambda query: replace(query, locale="en" if query.locale != "en" else "zh"),
    "hour": lambda query: replace(query, at=query.at + 12 * 3600.0),
}
"""Parts of a request, each with a way to change it: what changes no score of any item for anyone is not used."""
_lock = threading.Lock()


@dataclass(frozen=True)
class Measured:
    """An Overall with all that it depends on; `at` is when it was measured, `as_of` the moment of the lists."""

    overall: Overall
    snapshot: str
    model: str
    fitted_at: float
    catalog: str
    n_items: int
    at: float
    as_of: float


def measure(shop: Shop, progress: Progress = silent) -> Measured:
    """Return the global explanation of the live snapshot; measured once for each snapshot, catalogue and settings."""
    with _lock:  # of several readers one measures
        live, size = shop.live, shop.settings.explain.sample
        named = [str(FORMAT), live.meta.id, shop.catalog.version, shop.settings.digest(), str(len(shop.tables.events))]
        path = shop.folder / FOLDER / f"{hashlib.sha256(' '.join(named).encode()).hexdigest()[:16]}.json"
        if path.exists():
            return _read(json.loads(path.read_text(encoding="utf-8")))
        as_of = float(shop.tables.events.at.max()) if len(shop.tables.events) else 0.0
        found = Measured(
            _measure(shop, _sample(shop, size, as_of), progress), live.meta.id, live.meta.model,
            float(live.meta.created_at), shop.catalog.version, len(live.model.items), time.time(), as_of,
        )  # fmt: skip
        path.parent.mkdir(exist_ok=True)
        for older in path.parent.glob("*.json"):
            older.unlink()
        path.write_text(json.dumps(asdict(found), indent=1), encoding="utf-8")
        return found


def _sample(shop: Shop, size: int, as_of: float) -> list[Query]:
    """Queries of shoppers who did something, drawn with a fixed seed, at the moment of the last known event."""
    events = shop.tables.events
    known = np.unique(events.user)
    if len(known) < shop.settings.privacy.min_people:  # a mean over two people tells each what the other does
        return []
    chosen = np.random.default_rng(shop.settings.models.seed).permutation(known)[:size]
    return [shop.query(str(events.users.ids[user]), at=as_of) for user in np.sort(chosen)]


def _measure(shop: Shop, queries: list[Query], progress: Progress) -> Overall:
    pages = []
    for place, query in enumerate(queries):
        progress(place / (len(queries) + 1), "explaining the lists of a sample")
        pages.append((query, shop.explain_page(query, shop.recommend_query(query), sets=False)))
    found = overall(pages, shop.tables.events.timed)
    model, catalog = shop.live.model, shop.catalog
    # Who is new is shown what is chosen in their circumstances, which no query of the sample has to tell.
    unused = set(CHANGES) - {_told_as(name) for name in means.circumstances(model, shop.means)}
    scores = []
    code = catalog.items.codes(model.items.ids)
    price = catalog.numbers.get("price", np.full(len(catalog), np.nan))[code]
    priced = np.isfinite(price) & (code >= 0)
    for first in range(0, len(queries), SCORED):
        chunk = queries[first : first + SCORED]
        own = model.score(chunk)
        scores.append(own[:, priced])
        for name in list(unused):
            changed = model.score([CHANGES[name](query) for query in chunk])
            if not np.array_equal(own, changed, equal_nan=True):
                unused.discard(name)
    if scores:
        found = replace(found, prices=by_price(np.concatenate(scores).astype(np.float64), price[priced]))
    return replace(found, unused=tuple(sorted(unused)) if queries else ())


def _told_as(circumstance: str) -> str:
    """Which part of a request a circumstance of new shoppers is."""
    if circumstance.startswith(PROFILE):
        return "profile"
    return {"platform": "platform", "locale": "language"}.get(circumstance, "hour")


def _read(kept: dict[str, Any]) -> Measured:
    whole = kept.pop("overall")
    parts, kinds = (tuple(Amount(**row) for row in whole.pop(name)) for name in ("parts", "kinds"))
    ages = {kind: tuple(Age(**row) for row in rows) for kind, rows in whole.pop("ages").items()}
    prices = tuple(Band(**row) for row in whole.pop("prices"))
    unused = tuple(whole.pop("unused"))
    return Measured(Overall(**whole, parts=parts, kinds=kinds, ages=ages, prices=prices, unused=unused), **kept)


def statements(shop: Shop, found: Measured, locale: str) -> tell.Told:
    """Put the global explanation into words, with the facts of the live configuration that they rest on."""
    users = shop.tables.users
    return tell.tell(
        found.overall,
        locale or shop.settings.shop.locale,
        snapshot=found.snapshot,
        fitted_at=found.fitted_at,
        time_zone=shop.settings.shop.time_zone,
        n_items=found.n_items,
        repeats=shop.repeats,
        attributes=sorted(users.attributes) if users is not None else [],
    )
