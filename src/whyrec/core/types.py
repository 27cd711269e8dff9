"""The seven nouns of whyrec, and the two small protocols that join its floors.

A Recommendation is a pure function of one resolved Query, one Catalog, the shop's Settings and one frozen
Snapshot. An Explanation is what that function's output loses when a part of the Query is taken away. Feedback is
more Events. Everything here is frozen; tables are columns (one array a field), so that a million rows are a
dozen arrays and not a million objects.

Shape letters used everywhere: N events, U users, I items of a vocabulary, Q queries, T slots of one history.
Times are UTC seconds (float64). Ids are strings.

Longer than other modules on purpose: the nouns are read beside each other, and everybody imports them from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from whyrec.core.rules import RuleSettings

Floats: TypeAlias = NDArray[np.float64]
Floats32: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.int32]
Bools: TypeAlias = NDArray[np.bool_]
Objects: TypeAlias = NDArray[np.object_]

KINDS: tuple[str, ...] = (
    "purchase", "cart", "favourite", "like", "share", "bookmark", "comment", "follow", "rating",
    "view", "click", "search", "dwell", "dislike",
    "cancel", "impression", "hide", "not_because", "wrong_reason", "helpful", "preference", "forget",
)  # fmt: skip
"""All kinds of event. A history stores the position in this tuple; new kinds are added at the end."""

KIND_CODE: dict[str, int] = {kind: code for code, kind in enumerate(KINDS)}
HISTORY_KINDS: frozenset[str] = frozenset(KINDS[: KIND_CODE["cancel"]])
"""Kinds that take a slot in a history; the others are statistics, preferences or corrections."""
REMOVED = -1
"""Kind code of a tombstone: the slot keeps its place and time, its content is gone."""

UNKNOWN = "unknown"
"""Category that stands for a missing one."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Ids in a fixed order; the position of an id is its code."""

    ids: Objects  # [I] str

    @cached_property
    def index(self) -> dict[str, int]:
        """Code of each id."""
        return {name: code for code, name in enumerate(self.ids)}

    def __len__(self) -> int:
        return len(self.ids)

    def codes(self, names: Sequence[str | None] | Objects) -> Codes:
        """Return the code of each name, -1 where it is None or not known."""
        get = self.index.get
        return np.fromiter((-1 if n is None else get(n, -1) for n in names), np.int32, len(names))

    @staticmethod
    def of(names: Sequence[str]) -> Vocabulary:
        """Make a vocabulary of these ids in this order."""
        return Vocabulary(objects(names))


def objects(values: Sequence[Any]) -> Objects:
    """Return a one-dimensional object array, also where numpy would build a matrix of tuples."""
    return np.fromiter(values, dtype=object, count=len(values))


@dataclass(frozen=True, eq=False)
class Events:
    """All live events of a shop, sorted by (at, arrival). Columns of length N; absent columns are None.

    `user` and `item` are codes into the vocabularies beside them; an item of -1 is an event without one
    (a search). `timed` is False where the source had only an order: then `at` is that order.
    """

    users: Vocabulary
    items: Vocabulary
    user: Codes
    item: Codes
    kind: NDArray[np.int8]
    at: Floats
    value: Floats32  # rating or strength, NaN where there is none
    event_id: Objects
    timed: bool = True
    session: Objects | None = None
    basket: Objects | None = None
    quantity: Floats32 | None = None
    price: Floats32 | None = None
    platform: Objects | None = None
    locale: Objects | None = None
    text: Objects | None = None  # words of a search
    answers: Objects | None = None  # id of the recommendation that the event answers

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: Ints | Bools | slice) -> Events:
        """Return the events of these rows, in the order given; vocabularies stay. A slice gives views, no copies."""
        picked: dict[str, Any] = {
            f.name: (None if (column := getattr(self, f.name)) is None else column[rows])
            for f in fields(self)
            if f.name not in ("users", "items", "timed")
        }
        return replace(self, **picked)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Kinds of event that are there."""
        return frozenset(KINDS[code] for code in np.unique(self.kind))

    @cached_property
    def by_user(self) -> tuple[Ints, Ints]:
        """Rows grouped by user, in time order inside a user: (rows [N], bounds [U+1])."""
        rows = np.argsort(self.user, kind="stable")
        counts = np.bincount(self.user, minlength=len(self.users))
        return rows, np.concatenate(([0], np.cumsum(counts)))

    def rows_of(self, user: int) -> Ints:
        """Rows of one user code, oldest first."""
        rows, bounds = self.by_user
        return rows[bounds[user] : bounds[user + 1]]

    def history(self, rows: Ints) -> History:
        """Return the history made of these rows, which must be in time order."""
        code = self.item[rows]
        items = objects([None] * len(code))
        items[code >= 0] = self.items.ids[code[code >= 0]]
        return History(
            item=items,
            kind=self.kind[rows],
            at=self.at[rows],
            value=self.value[rows],
            event_id=self.event_id[rows],
            text=None if self.text is None else self.text[rows],
            platform=None if self.platform is None else self.platform[rows],
        )


@dataclass(frozen=True, eq=False)
class History:
    """One shopper's slots, oldest first, columns of length T.

    A slot whose kind is REMOVED is a tombstone: it keeps its place and its time, all else is gone.
    """

    item: Objects  # str, or None for a tombstone or an event without an item
    kind: NDArray[np.int8]  # position in KINDS, or REMOVED
    at: Floats
    value: Floats32
    event_id: Objects
    text: Objects | None = None  # words of a search
    platform: Objects | None = None  # where the event happened

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, rows: Ints | Bools | slice) -> History:
        """Return these slots, all columns of them."""
        columns = {f.name: getattr(self, f.name) for f in fields(self)}
        kept: dict[str, Any] = {name: None if column is None else column[rows] for name, column in columns.items()}
        return replace(self, **kept)

    def mask(self, slots: Sequence[int] | Ints) -> History:
        """Return a copy in which these slots are tombstones: ordinal and time stay, the content is gone."""
        slots = np.asarray(slots, dtype=np.int64)
        item, kind, value = self.item.copy(), self.kind.copy(), self.value.copy()
        item[slots], kind[slots], value[slots] = None, REMOVED, np.nan
        text, platform = (None if column is None else column.copy() for column in (self.text, self.platform))
        for column in (text, platform):
            if column is not None:
                column[slots] = None
        return replace(self, item=item, kind=kind, value=value, text=text, platform=platform)

    def live(self) -> Ints:
        """Slots that still have their content."""
        return np.flatnonzero(self.kind != REMOVED)

    @staticmethod
    def of(rows: Sequence[tuple[str, str, float] | None], first_at: float = 0.0) -> History:
        """Make a history of (item, kind, at) rows; None is a removed event that keeps its slot.

        The time of a removed event is taken from the slot before it (`first_at` for a leading one), since a
        tombstone given without its time has none of its own.
        """
        item, kind, at = [], [], []
        clock = first_at
        for row in rows:
            if row is not None:
                clock = float(row[2])
            item.append(None if row is None else row[0])
            kind.append(REMOVED if row is None else KIND_CODE[row[1]])
            at.append(clock)
        return History(
            item=objects(item),
            kind=np.array(kind, np.int8),
            at=np.array(at, np.float64),
            value=np.full(len(rows), np.nan, np.float32),
            event_id=objects([f"slot-{i}" for i in range(len(rows))]),
        )

    @staticmethod
    def empty() -> History:
        """Return a history without slots."""
        return History.of([])


@dataclass(frozen=True, eq=False)
class Catalog:
    """Versioned table of items; position = code in `items`.

    `categories` holds one array of tuples per attribute (an item may have several values; a missing one is
    ("unknown",)); `numbers` one float array per attribute, NaN where missing; `titles` one array per language,
    with "" as the language of the source where none was said. `media` holds pictures and sounds as the bytes of their
    files and vectors as float arrays; it is read when it is asked for, and items added since then are beyond its end.
    `names` has values of attributes in other languages; they are for readers, and no model sees them.
    """

    items: Vocabulary
    titles: Mapping[str, Objects] = field(default_factory=dict)  # language -> [I] str or None
    categories: Mapping[str, Objects] = field(default_factory=dict)  # attribute -> [I] tuple of str
    numbers: Mapping[str, Floats] = field(default_factory=dict)  # attribute -> [I]
    names: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)  # attribute -> language -> value
    media: Mapping[str, Objects] = field(default_factory=dict)  # column -> bytes, vectors or None, [I] or shorter
    kinds: Objects | None = None  # [I] product, article, video; None = all products
    available: Bools | None = None  # [I]; None = all
    since: Floats | None = None  # [I] first sold or published, NaN unknown
    stock: Floats | None = None  # [I] how many there are, NaN unknown; no model sees it
    counts: Ints | None = None  # events of each item in the imported log; [I] or shorter, none beyond its end
    version: str = "0"

    def __len__(self) -> int:
        return len(self.items)

    def title(self, item: str, locale: str = "") -> str:
        """Name of an item for a reader: their language, else the shop's, else any, else the id."""
        code = self.items.index.get(item)
        if code is None:
            return item
        wanted = [locale, locale.split("-")[0], ""]
        for language in [*(w for w in wanted if w in self.titles), *self.titles]:
            name = self.titles[language][code]
            if name:
                return str(name)
        return item

    def kind(self, item: str) -> str:
        """What an item is: product, article or video."""
        code = self.items.index.get(item)
        return "product" if code is None or self.kinds is None else str(self.kinds[code] or "product")

    def values(self, item: str, attribute: str) -> tuple[str, ...]:
        """Values of one category attribute of an item; ("unknown",) where it or the item is unknown."""
        code = self.items.index.get(item)
        column = self.categories.get(attribute)
        return (UNKNOWN,) if code is None or column is None else column[code]

    def name(self, attribute: str, value: str, locale: str) -> str:
        """Value of an attribute for a reader: in their language where the shop has that, else as it is."""
        by_language = self.names.get(attribute, {})
        for language in (locale, locale.split("-")[0]):
            if value in by_language.get(language, {}):
                return by_language[language][value]
        return value


@dataclass(frozen=True, eq=False)
class Users:
    """Optional table of users: attributes as strings, "unknown" where missing."""

    users: Vocabulary
    attributes: Mapping[str, Objects] = field(default_factory=dict)  # name -> [U] str

    def profile(self, user: str) -> dict[str, str]:
        """Return what is known of one user, by attribute; nothing of an unknown one."""
        code = self.users.index.get(user)
        if code is None:
            return {}
        values = {name: str(column[code]) for name, column in self.attributes.items()}
        return {name: value for name, value in values.items() if value != UNKNOWN}


@dataclass(frozen=True, eq=False)
class Preferences:
    """What a shopper said once and for all; belongs to the resolved query."""

    personalised: bool = True
    sharing: bool = False  # what happened on one platform may be used on another
    hidden_items: frozenset[str] = frozenset()
    hidden_groups: frozenset[tuple[str, str]] = frozenset()  # (attribute, value), e.g. ("brand", "Acme")


@dataclass(frozen=True)
class Mix:
    """How a list mixes what its model is made of; `factors` are of parts, others keep their weight.

    `context` is what the choice was made from (rank/adapt); it changes no score.
    """

    name: str
    factors: tuple[tuple[str, float], ...] = ()
    newest: int | None = None  # slots of the history that count; None: all
    context: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Query:
    """A resolved request: everything that a list may depend on. Never reads a clock: `at` is always set."""

    at: float
    user: str | None = None
    history: History = field(default_factory=History.empty)
    seen: frozenset[str] = frozenset()  # counts as seen, also where its event is a tombstone
    scenario: str = "personal"
    n: int = 10
    locale: str = "en"
    platform: str | None = None
    profile: Mapping[str, str] = field(default_factory=dict)  # what the table of users says of the shopper
    context: tuple[str, ...] = ()  # items on the page
    relation: str | None = None  # to the items on the page: complement, substitute, together, next; None: any
    text: str | None = None  # words of a search
    exclude: frozenset[str] = frozenset()
    preferences: Preferences = field(default_factory=Preferences)
    filters: tuple[str, ...] = ()  # expressions (core/expression) that must all hold for an item
    rules: RuleSettings | None = None  # the shop's and the request's together; None where there are none
    mix: Mix | None = None  # None: the model as it was trained
    variant: str | None = None
    seed: int = 0

    def without(self, slots: Sequence[int] | Ints) -> Query:
        """The same query as if these events of the history had not happened: masked, still seen."""
        return replace(self, history=self.history.mask(slots))


@dataclass(frozen=True)
class Touch:
    """What one rule did to an item: its place before and after, None where it was or is beyond the candidates.

    `rule` is boost, freshness, diversity, cap, pin or sponsored; `name` is what the shop calls it, or what it says.
    """

    rule: str
    name: str
    before: int | None
    after: int | None
    points: float | None = None


@dataclass(frozen=True)
class Item:
    """One place of a list. `score` is the model's; `points` of boosts count beside it for the order."""

    item_id: str
    score: float
    sources: tuple[str, ...]
    trace: tuple[str, ...] = ()
    points: float = 0.0
    touches: tuple[Touch, ...] = ()
    label: str | None = None  # of a sponsored place; "" where the sponsor is not named


@dataclass(frozen=True, eq=False)
class Recommendation:
    """Ordered items for a query, with the ids of everything they depend on, so that the list can be replayed."""

    id: str
    query: Query
    items: tuple[Item, ...]
    snapshot: str
    catalog: str
    settings: str


@dataclass(frozen=True)
class Reason:
    """One cause and what the score loses without it.

    `kind` is event, item (all events of one item), group (all events that share an attribute value or a time
    window), search, context or popularity. `reference` is the item id, or "attribute=value" for a group.
    """

    kind: str
    reference: str
    weight: float
    slots: tuple[int, ...] = ()
    event_ids: tuple[str, ...] = ()
    at: float | None = None  # time of the newest of its events
    error: float | None = None  # standard error of the weight, where it was estimated

    def weighing(self, weight: float, error: float | None = None) -> Reason:
        """Return the same cause with another weight; a page has hundreds, so this is a copy and no constructor."""
        made = object.__new__(Reason)
        made.__dict__.update(self.__dict__, weight=weight, error=error)
        return made


@dataclass(frozen=True)
class Counterfactual:
    """A set of events whose removal was run, and the ranks that were measured before and after.

    A necessary set is what was removed. A sufficient set is what was left: then `kept` names it, and `remove` and
    `slots` are all the other events, so that both kinds are checked in the same way, by masking `slots`.
    """

    remove: tuple[str, ...]  # event ids
    slots: tuple[int, ...]
    rank_before: int
    rank_after: int
    kept: tuple[str, ...] = ()  # event ids
    kept_slots: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why this item: what its score loses without each cause, measured on the model that made the list.

    `reasons` is a partition of the history (one per event, or one per item for models that use sets): empty_score +
    their sum + gap = score. The largest weight comes first; where weights do not add up and a search was made, the
    first ones are in the order in which they take most from the score together. `groups` are overlapping views of the
    same events. `necessary` is the smallest set found whose removal puts the item out of the list; `sufficient` the
    smallest set found that alone keeps it there; either is None where no such set was found.
    """

    item_id: str
    method: str  # "exact", "leave-one-out" or "shapley"
    score: float
    empty_score: float
    gap: float
    reasons: tuple[Reason, ...]
    groups: tuple[Reason, ...] = ()
    necessary: Counterfactual | None = None
    sufficient: Counterfactual | None = None
    members: Mapping[str, float] = field(default_factory=dict)  # model or part -> share of the score in points


@dataclass(frozen=True, eq=False)
class Contributions:
    """Exact parts of an additive score: score[i] = empty[i] + weight[:, i].sum(), up to rounding.

    `units` are the slots that each row stands for: one slot for models that add over events, all slots of an
    item for models that use sets. A slot in no unit contributes nothing. A model that has the score at hand beside its
    parts, or knows what its members give, says so, and nothing is asked twice.
    """

    units: tuple[tuple[int, ...], ...]
    weight: Floats  # [len(units), I]
    empty: Floats  # [I]
    score: Floats32 | None = None  # [I] as `score` makes it, by another sum than that of the parts
    shares: Mapping[str, Floats] | None = None  # [I] each, of members or kinds of parts; they add up to the score


@runtime_checkable
class Scorer(Protocol):
    """What explainers and measures know of a model: queries in, scores out."""

    def __call__(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I]; columns follow `items`, or the model's vocabulary where items is None."""
        ...


@runtime_checkable
class Fitted(Protocol):
    """A fitted model. Optional abilities: `contributions(query, items) -> Contributions` of additive models, and
    `without_each(query, items)`, the scores [L, C] without each live event in turn, where that is quicker than masking.
    """

    items: Vocabulary

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I]; columns follow `items` (NaN for one it never saw), or `self.items`."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything that was learned, as plain arrays."""
        ...
