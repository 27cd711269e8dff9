"""What `whyrec bench scenarios` measures in a shop: cases of the scenarios that its data allow, and what to learn from.

    personal                the last target event of each shopper (leave-one-out); a session may be a shopper
    new                     a tenth of the items lose all their events; shoppers whose last target is one of them
    new shopper             a sample of shoppers is held out whole; their first target, with an empty history
    together                one item of a basket is hidden, the others are the page
    together, another sort  the same, where no other item of the basket is of the hidden one's category
    complement, substitute  known links (links.parquet in the shop folder: item_id, relation, other_id), never learned
    content                 articles and videos after a cut in time
    cross-platform          a sample of persons with accounts on two platforms has all events of one hidden;
                            without such accounts, shoppers that are on two platforms with one account
    multilingual            the last target of each shopper, in the market of their last event

Validation and test are apart: other events of the same shoppers, other baskets, other links, other persons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb
import numpy as np

from whyrec.core.config import Settings
from whyrec.core.types import UNKNOWN, Catalog, Codes, Events, History, Preferences, Query, objects
from whyrec.data import identity
from whyrec.data.split import Cases, by_time, is_target, loo
from whyrec.rank import related, scenarios
from whyrec.rank.scenarios import MARKET

if TYPE_CHECKING:
    from whyrec.data.tables import Tables

SHARE = 0.1
"""Of items made new, of shoppers held out, of persons hidden; of baskets that are tested."""
MOST_LINKS = 40


@dataclass(frozen=True, eq=False)
class Task:
    """What is asked and what may be learned from.

    `asked` are the queries of the scenario with what is wanted; `without` makes of a query what a shop without the
    scenario would ask.
    """

    name: str
    train: Events
    validation: Cases | None  # to choose weights on
    asked: Cases
    without: Callable[[Query], Query]
    catalog: Catalog
    note: str
    settings: Settings | None = None  # where they are not the shop's own
    early: Events | None = None  # what weights are chosen on the validation cases of, where that is another part


Maker: TypeAlias = "Callable[[Tables, Settings, Path, str, int], Task | None]"


def tasks(tables: Tables, settings: Settings, folder: Path, part: str, n: int) -> Iterator[Task]:
    """Yield what a shop allows to measure, each with at most `n` cases; `part` is validation or test."""
    for make in MAKERS.values():
        found = make(tables, settings, folder, part, n)
        if found is not None and len(found.asked):
            yield found


def _as_is(query: Query) -> Query:
    return query


def _personal(query: Query) -> Query:
    return replace(query, scenario="personal", relation=None)


def _sample(cases: Cases, n: int) -> Cases:
    kept = np.random.default_rng(0).permutation(len(cases))[:n]
    return cases.take(np.sort(kept))


def _asking(cases: Cases, **fields: Any) -> Cases:
    return Cases(tuple(replace(query, **fields) for query in cases.queries), cases.targets)


def _fresh(cases: Cases) -> Cases:
    """Cases whose item was not had before: what is hidden from lists cannot be found."""
    keep = [n for n, (q, t) in enumerate(zip(cases.queries, cases.targets, strict=True)) if t[0] not in q.seen]
    return cases.take(np.array(keep, np.int64))


def _counted(catalog: Catalog, train: Events) -> Catalog:
    """The catalogue with what the training part knows of each item."""
    return replace(catalog, counts=np.bincount(train.item[train.item >= 0], minlength=len(catalog)))


def personal(tables: Tables, settings: Settings, folder: Path, part: str, n: int) -> Task | None:
    """The next item of each shopper."""
    if MARKET in tables.catalog.categories or _people(tables) or _reads(tables) or (folder / "links.parquet").exists():
        return None  # measured in a scenario of its own
    split = loo(tables.events, settings)
    asked = split.test if part == "test" else split.validation
    return Task("personal", split.train, split.validation, _sample(_fresh(asked), n), _as_is, tables.catalog, "")


def new(tables: Tables, settings: Settings, folder: Path, part: str, n: int) -> Task | None:
    """Items that lost their events."""
    if not tables.catalog.titles and not set(tables.catalog.categories) - {MARKET, "shop"}:
        return None
    if tables.events.basket is not None or (folder / "links.parquet").exists():
        return None
    split = loo(tables.events, settings)
    there = np.unique(tables.events.item[is_target(tables.events, settings)])
    drawn = np.random.default_rng(0).choice(there, (2, round(SHARE * len(there))), replace=False)
    gone = np.zeros((2, len(tables.catalog) + 1), bool)  # the last is for events without an item
    for row, codes in zip(gone, drawn, strict=True):
        row[codes] = True
    names = [frozenset(tables.catalog.items.ids[codes]) for codes in drawn]
    train = split.train.take(~np.logical_or(*gone)[split.train.item])
    asked = split.test if part == "test" else split.validation
    # No date says that an item is new here: only that nobody chose it.
    catalog = replace(_counted(tables.catalog, train), since=None)
    choosing = _without(split.validation, names[0] | names[1], names[1], keep_known=True)
    judged = _asking(_without(asked, names[0] | names[1], names[0], keep_known=False), scenario="new")
    note = "a tenth of the items without events, among all that at most five chose"
    return Task("new", train, choosing, _sample(judged, n), _personal, catalog, note)


def _without(cases: Cases, gone: frozenset[str], wanted: frozenset[str], keep_known: bool) -> Cases:
    """Cases that want one of `wanted`, or a known item, with the items `gone` taken out of their histories."""
    queries, targets = [], []
    for query, target in zip(cases.queries, cases.targets, strict=True):
        keep = np.array([item not in gone for item in query.history.item], bool)
        right = target[0] in wanted or (keep_known and target[0] not in gone)
        if right and keep.any() and target[0] not in query.seen:
            queries.append(replace(query, history=query.history.take(keep)))
            targets.append(target)
    return Cases(tuple(queries), tuple(targets))


def new_shopper(tables: Tables, settings: Settings, folder: Path, part: str, n: int) -> Task | None:
    """First targets of shoppers of whom nothing is known but where they come from."""
    events = tables.events
    if events.locale is None and (events.platform is None or _people(tables)):
        return None
    drawn = np.random.default_rng(1).random(len(events.users))
    out = drawn < SHARE if part == "test" else (drawn >= SHARE) & (drawn < 2 * SHARE)
    rest = events.take(~(drawn < 2 * SHARE)[events.user])
    split = loo(rest, settings)
    target, queries, targets = is_target(events, settings), [], []
    for user in np.flatnonzero(out):
        rows = events.rows_of(int(user))
        rows = rows[target[rows]][:1]
        for row in rows:
            queries.append(
                Query(
                    at=float(events.at[row]), user=str(events.users.ids[user]),
                    locale="en" if events.locale is None else events.locale[row] or "en",
                    platform=None if events.platform is None else events.platform[row],
                )
            )  # fmt: skip
            targets.append((str(events.items.ids[events.item[row]]),))
    asked = _sample(Cases(tuple(queries), tuple(targets)), n)

    def anywhere(query: Query) -> Query:
        return replace(query, preferences=Preferences(personalised=False))

    note = "shoppers held out whole; their first choice"
    return Task("new shopper", rest, split.validation, asked, anywhere, _counted(tables.catalog, rest), note)


def _baskets(tables: Tables, settings: Settings, part: str, n: int, apart: bool) -> Task | None:
    events, catalog = tables.events, tables.catalog
    if events.basket is None or not events.timed:
        return None
    cuts = np.quantile(events.at, (1 - 2 * SHARE, 1 - SHARE))
    first, last = (cuts[1], np.inf) if part == "test" else (cuts[0], cuts[1])
    train = events.take(events.at < (cuts[1] if part == "test" else cuts[0]))
    rows = np.flatnonzero((events.at >= first) & (events.at < last) & is_target(events, settings))
    known = np.bincount(train.item[train.item >= 0], minlength=len(catalog)) > 0
    rng, by_basket = np.random.default_rng(0), dict[str, list[int]]()
    for row in rows:
        by_basket.setdefault(str(events.basket[row]), []).append(int(row))
    queries, targets = [], []
    for name in rng.permutation(sorted(by_basket)):
        own = np.unique(events.item[by_basket[name]])
        own = own[known[own]]
        hidden = _hidden(own, catalog, rng, apart)
        if hidden is None:
            continue
        page = tuple(str(catalog.items.ids[code]) for code in own if code != hidden)[:20]
        at = float(events.at[by_basket[name][0]])
        queries.append(Query(at=at, scenario="related", context=page, relation="together"))
        targets.append((str(catalog.items.ids[hidden]),))
        if len(queries) == n:
            break
    note = "one item of a basket hidden" + (", of a category that no other item of it has" if apart else "")
    name = "together, another sort" if apart else "together"
    return Task(name, train, None, Cases(tuple(queries), tuple(targets)), _as_is, catalog, note)


def _hidden(own: Codes, catalog: Catalog, rng: np.random.Generator, apart: bool) -> int | None:
    """Draw the item of a basket to hide; None where the basket has none that fits."""
    if not 2 <= len(own) <= 40:
        return None
    if not apart:
        return int(rng.choice(own))
    sorts = [related.category(catalog, str(catalog.items.ids[code])) for code in own]
    alone = [code for code, sort in zip(own, sorts, strict=True) if sort and sum(bool(sort & s) for s in sorts) == 1]
    return int(rng.choice(alone)) if alone else None


def together(tables: Tables, settings: Settings, folder: Path, part: str, n: int) -> Task | None:
    """One item of a basket."""
    return _baskets(tables, settings, part, n, apart=False)


def together_apart(tables: Tables, settings: Settings, folder: Path, part: str, n: int) -> Task | None:
    """One item of a basket, of another sort than the rest."""
    return _baskets(tables, settings, part, n, apart=True)


def _links(relation: str) -> Maker:
    def make(tables: Tables, settings: Settings, folder: Path, part: str, n: int) -> Task | None:
        path = folder / "links.parquet"
        if not path.exists():
            return None
        rows = duckdb.sql(
            f"SELECT item_id::VARCHAR, other_id::VARCHAR FROM '{path}' WHERE relation = '{relation}'"
        ).fetchall()
        index, truth = tables.catalog.items.index, dict[str, list[str]]()
        for item, other in rows:
            if item in index and other in index and item != other:
                truth.setdefault(item, []).append(other)
        if not truth:
            return None
        names = np.array(sorted(truth))
        drawn = np.random.default_rng(2).permutation(len(names))
        mine = drawn[: len(names) // 2] if part == "test" else drawn[len(names) // 2 :]
        at = float(tables.events.at.max())
        chosen = [str(name) for name in names[mine[:n]]]
        queries = tuple(Query(at=at, scenario="related", context=(item,), relation=relation) for item in chosen)
        asked = Cases(queries, tuple(tuple(dict.fromkeys(truth[item]))[:MOST_LINKS] for item in chosen))
        split = loo(tables.events, settings)
        note = f"known links ({np.mean([len(t) for t in asked.targets]):.0f} an item), not learned from"
        return Task(relation, tables.events, split.validation, asked, _as_is, tables.catalog, note)

    return make


def content(tables: Tables, settings: Settings, folder: Path, part: str, n: int) -> Task | None:
    """What is opened next after a cut in time: reading is a view."""
    if not _reads(tables) or not tables.events.timed:
        return None
    reading = replace(settings, events=replace(settings.events, targets=["view"]))
    split = by_time(tables.events, reading)
    validating = part != "test"
    train = split.early if validating else split.train
    asked = _sample(_fresh(split.validation if validating else split.test), n)
    note = "what readers open next after a cut in time, of what they had not opened before"
    chosen = (None, None) if validating else (split.validation, split.early)
    return Task("content", train, chosen[0], _asking(asked, scenario="content"), _personal,
                _counted(tables.catalog, train), note, reading, chosen[1])  # fmt: skip


def cross_platform(tables: Tables, settings: Settings, folder: Path, part: str, n: int) -> Task | None:
    """A platform where the person is new."""
    people = _people(tables)
    if not people:
        return _devices(tables, settings, part, n)
    events, users = tables.events, tables.users
    joined = identity.joined(events, users, {})
    drawn = np.random.default_rng(3).permutation(len(people))
    size = round(1.5 * SHARE * len(people))
    tested, others = drawn[:size], drawn[size : 2 * size]
    hidden = {people[k][int(k) % 2] for k in (*tested, *others)}  # one of the accounts of each
    asked_of = [people[k] for k in (tested if part == "test" else others)]
    gone = np.isin(events.user, [events.users.index[name] for name in hidden])
    train = joined.take(~gone)
    queries, targets = [], []
    for k, accounts in zip(tested if part == "test" else others, asked_of, strict=True):
        here, there = accounts[int(k) % 2], accounts[1 - int(k) % 2]
        wanted = events.item[events.rows_of(events.users.index[here])]
        history = joined.history(events.rows_of(events.users.index[there]))
        queries.append(
            Query(at=float(history.at[-1]) + 1, user=here, history=history, scenario="cross-platform",
                  platform=identity.platform_of(users, here), preferences=Preferences(sharing=True))
        )  # fmt: skip
        targets.append((str(tables.catalog.items.ids[wanted[-1]]),))
    place = np.array([identity.platform_of(users, str(user)) for user in events.users.ids], object)
    of_platform = {}
    for platform in set(place.tolist()):
        pool = np.zeros(len(tables.catalog), bool)
        pool[events.item[place[events.user] == platform]] = True
        of_platform[platform] = frozenset(tables.catalog.items.ids[~pool])
    excluded = tuple(replace(query, exclude=of_platform[query.platform]) for query in queries)

    def alone(query: Query) -> Query:
        return replace(query, history=History.empty())

    asked = _sample(Cases(excluded, tuple(targets)), n)
    split = loo(train, settings)
    note = "persons with all events of one platform hidden; lists hold items of that platform only"
    return Task("cross-platform", train, split.validation, asked, alone, _counted(tables.catalog, train), note)


def _devices(tables: Tables, settings: Settings, part: str, n: int) -> Task | None:
    """Shoppers of one account on several platforms: half of them are tested, half are for validation.

    Of each, only what they did on one platform is known; wanted is what they chose first on another after
    that, and had not had before.
    """
    events = tables.events
    if events.platform is None or not events.timed:
        return None
    reading = settings
    if _reads(tables):
        reading = replace(settings, events=replace(settings.events, targets=["view"]))
    target, place = is_target(events, reading), np.asarray(events.platform, object)
    said = np.array([one is not None for one in place], bool)
    both = [user for user in range(len(events.users)) if len({*place[(rows := events.rows_of(user))[said[rows]]]}) > 1]
    drawn = np.random.default_rng(3).permutation(np.array(both, np.int64))
    keep, queries, targets = np.ones(len(events), bool), list[Query](), list[tuple[str, ...]]()
    for k, user in enumerate(drawn):
        rows = events.rows_of(int(user))
        names = sorted({*place[rows[said[rows]]]})
        here, there = names[k // 2 % len(names)], names[(k // 2 + 1) % len(names)]
        keep[rows[place[rows] != there]] = False
        if (k % 2 == 0) != (part == "test"):
            continue
        known = rows[place[rows] == there]
        for row in rows[target[rows] & (place[rows] == here)]:
            past = known[events.at[known] < events.at[row]]
            if len(past) and events.item[row] not in events.item[past]:
                history = events.history(past)
                queries.append(
                    Query(at=float(events.at[row]), user=str(events.users.ids[user]), history=history, platform=here,
                          scenario="cross-platform", preferences=Preferences(sharing=True),
                          seen=frozenset(str(item) for item in history.item if item is not None))
                )  # fmt: skip
                targets.append((str(events.items.ids[events.item[row]]),))
                break
    if not queries:
        return None
    train = events.take(keep)
    split = loo(train, reading)
    asked = _sample(Cases(tuple(queries), tuple(targets)), n)
    note = "shoppers with all events of all platforms but one hidden; their first choice on another"
    return Task("cross-platform", train, split.validation, asked, lambda query: replace(query, history=History.empty()),
                _counted(tables.catalog, train), note, reading)  # fmt: skip


def multilingual(tables: Tables, settings: Settings, folder: Path, part: str, n: int) -> Task | None:
    """The last target of each shopper where they are."""
    if MARKET not in tables.catalog.categories or tables.events.locale is None:
        return None
    split = loo(tables.events, settings)
    asked = _sample(_fresh(split.test if part == "test" else split.validation), n)
    note = "items are sold in the markets where anybody reviewed them at any time"
    return Task("multilingual", split.train, split.validation, _asking(asked, scenario="multilingual"), _personal,
                _counted(tables.catalog, split.train), note)  # fmt: skip


def _reads(tables: Tables) -> bool:
    kinds = tables.catalog.kinds
    return kinds is not None and bool(scenarios.ARTICLES & set(kinds))


def _people(tables: Tables) -> list[tuple[str, ...]]:
    """Accounts of each person who has events on two of them and allows sharing, by person."""
    users, found = tables.users, dict[str, list[str]]()
    if users is None or identity.PERSON not in users.attributes:
        return []
    active = set(tables.events.users.ids[np.unique(tables.events.user)])
    for user, person in zip(users.users.ids, users.attributes[identity.PERSON], strict=True):
        if person not in (None, UNKNOWN) and user in active and identity.allows(users, str(user)):
            found.setdefault(str(person), []).append(str(user))
    return [tuple(found[person]) for person in sorted(found) if len(found[person]) == 2]


MAKERS: Mapping[str, Maker] = {
    "personal": personal, "new": new, "new shopper": new_shopper, "together": together,
    "together, another sort": together_apart, "complement": _links("complement"), "substitute": _links("substitute"),
    "content": content, "cross-platform": cross_platform, "multilingual": multilingual,
}  # fmt: skip


def newest(history: History, n: int) -> list[str]:
    """Items of the newest events that have one."""
    return [str(item) for item in objects([item for item in history.item if item is not None])[-n:]]
