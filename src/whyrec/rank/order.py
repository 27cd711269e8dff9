"""The order of a list: each rule is a small function from an ordered list of candidates to another one.

    points       boosts and freshness add to the score, for the order only
    diversity    maximal marginal relevance: likeness to what stands above counts against an item
    exploration  some of the lower places go to items drawn by chance, so that what is never shown can be learned of
    caps         at most so many items of one brand, category, ..., drawn by chance or not
    places       pinned and sponsored items at their places

A rule writes what it did to an item's touches, so that the trace, and the words, say who moved it and from where to
where. Filters come first, and no rule brings back what they took. The rules are part of the Query: a list depends on
nothing else.

Source: J. Carbonell and J. Goldstein, "The use of MMR, diversity-based reranking for reordering documents and
producing summaries", 1998.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, cast

import numpy as np
from scipy.sparse import csr_array

from whyrec.core.config import from_table, scenario_rules
from whyrec.core.errors import FilterError, SettingsError, UnknownFieldError, nearest
from whyrec.core.expression import parse
from whyrec.core.rules import Cap, Pin, RuleSettings, Sponsored, check, together
from whyrec.core.types import UNKNOWN, Bools, Catalog, Codes, Floats, Floats32, Ints, Query, Touch, Vocabulary
from whyrec.rank import masks
from whyrec.rank import rules as filters
from whyrec.rank.candidates import best

DAY_S = 86400.0


class Candidate(NamedTuple):
    """An item on its way to a place. `code` is in the snapshot's vocabulary, -1 where that does not know it.

    A tuple, since a list with diversity makes hundreds of them.
    """

    item: str
    code: int
    score: float
    points: float
    sources: tuple[str, ...]
    recalled: str = ""  # the first line of its trace
    touches: tuple[Touch, ...] = ()
    label: str | None = None

    @property
    def total(self) -> float:
        """What the order goes by."""
        return self.score + self.points

    def touched(self, rule: str, name: str, before: int | None, after: int | None) -> Candidate:
        """The same candidate with one more touch."""
        return self._replace(touches=(*self.touches, Touch(rule, name, before, after)))


Rule = Callable[[list[Candidate]], list[Candidate]]


def effective(
    shop: RuleSettings, scenario: str, catalog: Catalog, asked: Mapping[str, Any] | None = None
) -> RuleSettings | None:
    """Return the rules for a list: the shop's for this scenario with those of the request, None where there are none.

    Raises SettingsError for a rule of the request that cannot be followed, UnknownFieldError for one that names an
    attribute that the catalogue lacks.
    """
    if not (asked or shop.active or shop.scenario):
        return None
    rules = scenario_rules(shop, scenario)
    if asked:
        request: RuleSettings = from_table(RuleSettings, asked, "rules")
        check(request, "rules")
        known(request, catalog)
        rules = together(rules, request, frozenset(asked))
    return replace(rules, scenario={}) if rules.active else None


def fit(shop: RuleSettings, catalog: Catalog) -> None:
    """Raise SettingsError where rules of the shop, of any scenario, name an attribute that the catalogue lacks."""
    for scenario in ("", *shop.scenario):
        where = f"whyrec.toml: rules.scenario.{scenario}" if scenario else "whyrec.toml: rules"
        try:
            known(scenario_rules(shop, scenario), catalog)
        except FilterError as error:
            raise SettingsError(f"{where}: {error}") from None


def known(rules: RuleSettings, catalog: Catalog) -> None:
    """Raise UnknownFieldError where rules name an attribute that the catalogue lacks."""
    for text in [*(boost.where for boost in rules.boosts), *(slot.where for slot in rules.sponsored if slot.where)]:
        masks.check(catalog, parse(text))
    attributes = {*catalog.categories, *catalog.media}
    for name in [*(cap.attribute for cap in rules.caps), *rules.diversity_by]:
        if name not in attributes:
            raise UnknownFieldError(
                f"Rules: the catalogue has no attribute {name!r}{nearest(name, attributes)}. "
                f"It has: {', '.join(sorted(attributes)) or 'none'}."
            )


@dataclass(frozen=True, eq=False)
class View:
    """What rules look at: a query with its scores and filters. I items of the snapshot; `points` None where none are.

    `taken` fills with the items that a rule took off the list.
    """

    query: Query
    items: Vocabulary
    catalog: Catalog
    may: Bools  # [I]
    score: Floats32  # [I], of the model
    repeats: bool
    points: Floats | None = None  # [I]
    fresh: Floats | None = None  # [I], those of the points that are for being new
    taken: dict[str, Touch] = field(default_factory=dict)

    @cached_property
    def total(self) -> Floats32:
        """Score and points, [I]: what the order goes by; in float64 where there are points."""
        return self.score if self.points is None else cast("Floats32", self.score + self.points)

    @cached_property
    def place(self) -> Codes:
        """Code in the catalogue of each item, [I]."""
        return filters.places(self.items, self.catalog.items)

    def candidate(self, code: int, sources: tuple[str, ...], recalled: str = "") -> Candidate:
        """Make the candidate of an item of the snapshot."""
        points = 0.0 if self.points is None else float(self.points[code])
        return Candidate(str(self.items.ids[code]), int(code), float(self.score[code]), points, sources, recalled)

    def fetch(self, item: str) -> Candidate | None:
        """Make the candidate of an item that a rule names; None where a filter takes it out."""
        code = self.items.index.get(item, -1)
        if code >= 0:
            return self.candidate(code, ()) if self.may[code] and np.isfinite(self.score[code]) else None
        fell_by = filters.fallen_by(self.query, item, self.catalog.items, self.catalog, self.repeats)
        return Candidate(item, -1, 0.0, 0.0, (), "the snapshot does not know it yet") if fell_by is None else None


def look(query: Query, items: Vocabulary, catalog: Catalog, may: Bools, score: Floats32, repeats: bool) -> View:
    """Return what the rules of a query look at, with the points that they give."""
    return View(query, items, catalog, may, score, repeats, *_points(query, items, catalog))


def _points(query: Query, items: Vocabulary, catalog: Catalog) -> tuple[Floats | None, Floats | None]:
    """Points of every item, and those of them that are for being new; None where no rule gives any."""
    rules = query.rules
    if rules is None or not (rules.boosts or rules.freshness):
        return None, None
    points = _boosted(items, catalog, tuple((boost.where, boost.points) for boost in rules.boosts))
    if rules.freshness and catalog.since is not None:
        fresh = _freshness(rules, catalog.since, query.at)[filters.places(items, catalog.items)]
        return points + fresh, fresh
    return points, None


@lru_cache(maxsize=8)
def _boosted(items: Vocabulary, catalog: Catalog, boosts: tuple[tuple[str, float], ...]) -> Floats:
    """Points of boosts, (where, points), for each item [I]; kept, since they are the same in every list of a shop."""
    place = filters.places(items, catalog.items)
    points = np.zeros(len(items))
    for where, given in boosts:
        points += given * masks.mask(catalog, where)[place]
    return points


def _freshness(rules: RuleSettings, since: Floats, at: float) -> Floats:
    """Points for being new: they halve in `freshness_days`; an item of unknown age gets none."""
    half_s = rules.freshness_days * DAY_S
    newest, share = _newness(masks.Same(since), half_s)
    points: Floats = rules.freshness * np.minimum(share * np.exp2(min((newest - at) / half_s, 900.0)), 1.0)
    return points


@lru_cache(maxsize=8)
def _newness(since: masks.Same, half_s: float) -> tuple[float, Floats]:
    """The day of the newest item, and how new each is beside it, 1 to 0; kept, since only its scale moves with time."""
    days = np.where(np.isnan(since.column), -np.inf, since.column)
    newest = float(days.max(initial=0.0))
    return newest, np.exp2((days - newest) / half_s)


def follow(view: View, recall: Callable[[int], list[Candidate]]) -> list[Candidate]:
    """Return the candidates in the order of the rules, at most n; `recall` gives the best so many before the rules."""
    rules, n = view.query.rules, view.query.n
    if rules is None:
        return recall(n)
    depth = _depth(rules, n)
    while True:
        listed = recall(depth)
        ranks = {one.code: place for place, one in enumerate(listed, start=1)}
        whole = len(listed) < depth
        view.taken.clear()
        for _, rule in steps(view):
            listed = rule(listed)
        if whole or len(listed) >= n:
            return _with_points(view, listed[:n], ranks)
        depth *= 4


def steps(view: View) -> Iterator[tuple[str, Rule]]:
    """Yield the rules of a query after points, each with its kind, in the order in which they are followed."""
    rules = view.query.rules
    if rules is None:
        return
    if rules.diversity:
        by = tuple(rules.diversity_by)
        yield "diversity", diversity(view, rules.diversity, by, rules.pool, _needed(rules, view.query.n))
    if rules.explore and view.query.preferences.personalised:  # else the list is everybody's, without chance
        yield "explore", explore(view, rules.explore, rules.pool)
    if rules.caps:
        yield "cap", caps(view, rules.caps, _needed(rules, view.query.n))
    if rules.pins or rules.sponsored:
        yield "pinned and sponsored places", fixed(view, rules.pins, rules.sponsored)


def _needed(rules: RuleSettings, n: int) -> int:
    """Candidates that a list needs where rules take some for their places."""
    return n + len(rules.pins) + sum(len(rule.places) for rule in rules.sponsored)


def _depth(rules: RuleSettings, n: int) -> int:
    needed = _needed(rules, n)
    return max(needed * 3 if rules.caps else needed, rules.pool if rules.diversity or rules.explore else 0)


def diversity(view: View, share: float, by: tuple[str, ...], pool: int, needed: int) -> Rule:
    """Choose one by one what is worth most: (1 - share) of its total, from 0 to 1, less share of its likeness.

    Likeness is to the most alike item above: the mean over attributes `by` of the cosine of their values.
    """

    def rule(listed: list[Candidate]) -> list[Candidate]:
        first = listed[:pool]
        if len(first) < 2:
            return listed
        like = alike(view.catalog, by, view.place[[one.code for one in first]])
        total = np.array([one.total for one in first])
        worth = (1.0 - share) * (total - total.min()) / (float(np.ptp(total)) or 1.0)
        like *= np.float32(share)
        nearest, picked = np.zeros(len(first), np.float32), []
        for _ in range(min(needed, len(first))):
            pick = int((worth - nearest).argmax())
            picked.append(pick)
            worth[pick] = -np.inf
            np.maximum(nearest, like[pick], out=nearest)
        moved = [
            first[old] if old == new else first[old].touched("diversity", "", old + 1, new + 1)
            for new, old in enumerate(picked)
        ]
        chosen = set(picked)
        return [*moved, *(one for place, one in enumerate(first) if place not in chosen), *listed[pool:]]

    return rule


def alike(catalog: Catalog, by: tuple[str, ...], rows: Codes) -> Floats32:
    """Return how alike these items of the catalogue are, 0 to 1, [R, R]."""
    names = by or tuple(catalog.categories)
    columns = [catalog.categories[name] for name in names if name in catalog.categories]
    like: list[Floats32] = [_alike_in(masks.Same(column), rows) for column in columns]
    for name in (name for name in names if name in catalog.media):
        vectors = _vectors(masks.Same(catalog.media[name]), len(catalog))[rows]
        like.append(np.maximum(vectors @ vectors.T, 0.0))
    whole = np.zeros((len(rows), len(rows)), np.float32)
    for one in like:
        whole += one
    whole /= np.float32(len(like) or 1)
    return whole


def _alike_in(column: masks.Same, rows: Codes) -> Floats32:
    """How alike items are in one attribute, [R, R]: the cosine of their values."""
    single = _single(column)
    if single is not None:
        values = single[rows]
        same: Floats32 = ((values[:, None] == values[None, :]) & (values >= 0)[:, None]).astype(np.float32)
        return same
    part = _one_hot(column)[rows]
    return np.asarray((part @ part.T).todense(), np.float32)


@lru_cache(maxsize=32)
def _single(column: masks.Same) -> Codes | None:
    """Value of each item as a number, -1 unknown [I]; None where some item has several values."""
    if any(len(value) > 1 for value in column.column):
        return None
    values = np.full(len(column.column), -1, np.int32)
    for number, (word, codes) in enumerate(masks.index(column).items()):
        values[codes] = -1 if word == UNKNOWN else number
    return values


@lru_cache(maxsize=32)
def _one_hot(column: masks.Same) -> Any:
    """Values of an attribute as rows of length 1 [I, V]; an unknown value is like nothing."""
    words = [codes for word, codes in masks.index(column).items() if word != UNKNOWN]
    rows = np.concatenate(words) if words else np.zeros(0, np.int64)
    columns = np.repeat(np.arange(len(words)), [len(codes) for codes in words])
    length = np.sqrt(np.bincount(rows, minlength=len(column.column)))
    shape = (len(column.column), max(1, len(words)))
    return csr_array(((1.0 / length[rows]).astype(np.float32), (rows, columns)), shape=shape)


@lru_cache(maxsize=8)
def _vectors(column: masks.Same, n_items: int) -> Floats32:
    """A column of vectors as rows of length 1 [I, D]; zeros where there is none."""
    rows = [value if isinstance(value, np.ndarray) else None for value in column.column]
    width = max((len(row) for row in rows if row is not None), default=1)
    table = np.zeros((n_items, width), np.float32)
    for place, row in enumerate(rows):
        if row is not None and len(row) == width:
            table[place] = row / (np.linalg.norm(row) or 1.0)
    return table


def explore(view: View, share: float, pool: int) -> Rule:
    """Give some places of the lower half to items drawn by chance from the pool below the list.

    How many is n times the share, its fraction by chance; the draw is that of the query's seed, so that a stored list
    comes out again. The upper half is what the model says.
    """

    def rule(listed: list[Candidate]) -> list[Candidate]:
        n, rng = view.query.n, np.random.default_rng(view.query.seed)
        below = len(listed[n:pool])
        wanted = min(int(n * share + rng.random()), below, n // 2)
        if not wanted:
            return listed
        drawn: Ints = n + np.sort(rng.choice(below, wanted, replace=False))
        places: Ints = np.sort(rng.choice(np.arange(n - n // 2, n), wanted, replace=False))
        chosen = {int(old) for old in drawn}
        rest = [one for old, one in enumerate(listed) if old not in chosen]
        for old, new in zip(drawn, places, strict=True):
            one = listed[int(old)]._replace(sources=("explore",))
            rest.insert(int(new), one.touched("explore", "", int(old) + 1, int(new) + 1))
        return rest

    return rule


def caps(view: View, rules: Sequence[Cap], needed: int) -> Rule:
    """Fill places with the best candidate that no cap forbids there; unknown values count for nothing."""
    columns = [view.catalog.categories.get(cap.attribute) for cap in rules]
    among = [cap.among or view.query.n for cap in rules]

    def values(one: Candidate) -> list[tuple[str, ...]]:
        place = view.place[one.code]
        return [() if c is None else tuple(v for v in c[place] if v != UNKNOWN) for c in columns]

    def rule(listed: list[Candidate]) -> list[Candidate]:
        counts: list[Counter[str]] = [Counter() for _ in rules]
        placed: list[Candidate] = []
        held: list[tuple[int, Candidate, list[tuple[str, ...]], Cap]] = []  # they wait for a place, best first

        def full(own: list[tuple[str, ...]]) -> Cap | None:
            """The first cap that forbids these values at the next place."""
            for cap, width, count, mine in zip(rules, among, counts, own, strict=True):
                if len(placed) < width and any(count[value] >= cap.most for value in mine):
                    return cap
            return None

        def put(one: Candidate, own: list[tuple[str, ...]]) -> None:
            for count, mine in zip(counts, own, strict=True):
                count.update(mine)
            placed.append(one)

        rest = iter(enumerate(listed, start=1))
        while len(placed) < needed:
            free = next((row for row in held if full(row[2]) is None), None)
            if free is not None:
                held.remove(free)
                before, one, own, cap = free
                put(one.touched("cap", cap_name(cap), before, len(placed) + 1), own)
                continue
            for before, one in rest:
                own = values(one)
                if (cap_now := full(own)) is None:
                    put(one, own)
                    break
                held.append((before, one, own, cap_now))
            else:
                break  # nothing may stand here
        view.taken.update({one.item: Touch("cap", cap_name(cap), at, None) for at, one, _, cap in held})
        return placed

    return rule


def cap_name(cap: Cap) -> str:
    """Return what a cap is called: its name, else what it says."""
    return cap.name or f"{cap.attribute}: at most {cap.most}" + (f" of {cap.among}" if cap.among else "")


def fixed(view: View, pins: Sequence[Pin], sponsored: Sequence[Sponsored]) -> Rule:
    """Put pinned items at their places and sponsored ones at theirs, or at the next that is free."""
    n = view.query.n

    def rule(listed: list[Candidate]) -> list[Candidate]:
        there = {one.item: one for one in listed}
        at: dict[int, tuple[Candidate, str, str]] = {}  # candidate, rule and its name, by place
        taken: set[str] = set()

        def put(item: str, place: int, kind: str, name: str, label: str | None = None) -> bool:
            one = there.get(item) or view.fetch(item)
            if one is None or place > n or item in taken:
                return False
            taken.add(item)
            at[place] = (one._replace(label=label, sources=("pinned" if kind == "pin" else kind,)), kind, name)
            return True

        for pin in pins:
            if pin.place not in at:
                put(pin.item, pin.place, "pin", pin.name)
        for slot in sponsored:
            wanted = _sponsored(view, slot)
            for place in sorted(slot.places):
                free = next(place for place in range(place, place + len(at) + 1) if place not in at)
                while wanted and not put(wanted.pop(0), free, "sponsored", slot.name or slot.label, slot.label):
                    pass
        return _merged(listed, at, n)

    return rule


def _merged(listed: list[Candidate], at: Mapping[int, tuple[Candidate, str, str]], n: int) -> list[Candidate]:
    """Fill n places with those that are fixed and, between them, the others in their order."""
    places = {one.item: place for place, one in enumerate(listed, 1)}
    taken = {one.item for one, _, _ in at.values()}
    rest = iter([one for one in listed if one.item not in taken])
    merged: list[Candidate] = []
    for place in range(1, n + 1):
        if place in at:
            one, kind, name = at[place]
            merged.append(one.touched(kind, name, places.get(one.item), len(merged) + 1))
        elif (other := next(rest, None)) is not None:
            merged.append(other)
    return merged


def _sponsored(view: View, rule: Sponsored) -> list[str]:
    """Items that may take the places of a rule, the highest total first."""
    if rule.where:
        has = masks.mask(view.catalog, rule.where)[view.place] & view.may & np.isfinite(view.score)
        n_most = _needed(view.query.rules, 0) if view.query.rules else len(rule.places)
        codes = best(view.total, np.flatnonzero(has), n_most)
        return [str(view.items.ids[code]) for code in codes]
    known, total = view.items.index, view.total
    return sorted(rule.items, key=lambda item: -float(total[known[item]]) if item in known else 0.0)


def _with_points(view: View, listed: list[Candidate], ranks: Mapping[int, int]) -> list[Candidate]:
    """Say which boosts and whether freshness moved candidates, from places by score alone to those with them."""
    rules, points = view.query.rules, view.points
    if points is None or rules is None:
        return listed
    boosts = [(boost, masks.mask(view.catalog, boost.where)) for boost in rules.boosts]

    def told(one: Candidate) -> Candidate:
        if one.code < 0 or points[one.code] == 0.0:
            return one
        before = rank(view, one.code, view.score)
        after = ranks.get(one.code) or rank(view, one.code, view.total)
        place = view.place[one.code]
        gave = [
            Touch("boost", boost.name or boost.where, before, after, boost.points)
            for boost, mask in boosts
            if mask[place]
        ]
        if view.fresh is not None and (fresh := float(view.fresh[one.code])):
            gave.append(Touch("freshness", "", before, after, fresh))
        return one._replace(touches=(*gave, *one.touches))

    return [told(one) for one in listed]


def rank(view: View, code: int, score: Floats | Floats32) -> int:
    """Return the place of an item among all that may be recommended, by a score [I]; equal scores by code."""
    above = np.count_nonzero((score > score[code]) & view.may)
    level = np.count_nonzero((score[:code] == score[code]) & view.may[:code])
    return 1 + int(above + level)
