"""Glass: a trained model whose score is an exact sum over past events.

Ours; its parts are known: pointwise mutual information of neighbouring events (Church, Hanks: "Word association
norms, mutual information, and lexicography", Computational Linguistics 16, 1990), neighbours (Sarwar 2001), EASE
(Steck 2019), joined by a conditional logit (McFadden 1974). The record of how it was found: docs/decisions/0007.

Idea: add up, over the events of the history, how much more often than by chance each item came after that event,
with one learned weight for each age of the event and each kind of relation. If events were independent given the
next item, and all weights one, this would be naive Bayes; the weights correct for what they share.

Equations: C_b[x, y] = sum over pairs (x, y) at a gap g in bucket b of strength(y) / g
    lift_b[x, y] = C_b[x, y] * sum(C_b) / ((rowsum(x) + shrink) * (columnsum(y) + shrink))
    R = log(1 + lift_b) for four buckets; log(1 + T / soft) of the tables T of markov and itemknn; ease; 1 where x = y
    score[y] = w * log(1 + n_y) + sum over slots i of strength_i * sum over relations R of w[R, age_i] * R[x_i, y]
    weights w = argmax of the likelihood of the validation items among rivals, less a penalty on their distance from
    defaults

Cost: pairs up to 20 slots apart; the members'; for the weights, one sparse product a relation and age over at most
`cases` queries. Scoring reads a row of each relation for each slot.

Legend: I items, Q queries, S slots, R relations, A age classes, C columns, F features (a relation at some ages).

Honest notes: the counts alone, without any neural net, stand beside the best published transformers. Only dislikes,
negative entries of EASE, the item itself and the latent part may pull an item down; such a reason is shown as it is.
Within a basket the order is that of the file.

Longer than other model files: count part, latent parts and weights are one sum, and are read beside each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from whyrec.core.config import Settings
from whyrec.core.errors import SettingsError, nearest
from whyrec.core.types import Contributions, Fitted, Floats, Floats32, Ints, Query, Vocabulary
from whyrec.data.batch import Batch, arrange, arrange_log
from whyrec.features.content import encode
from whyrec.learn import additive, counts, latent_fit, logit, loop
from whyrec.learn.latent import Latent, Shape
from whyrec.learn.run import Run, between
from whyrec.learn.windows import are_long

if TYPE_CHECKING:
    Sparse: TypeAlias = sparse.csr_array[np.float64, tuple[int, int]]

VALIDATES = True
GAPS = ((1, 1), (2, 3), (4, 8), (9, 20))
"""Buckets of gaps, in slots, that followers are counted in."""
AFTER = ("after 1", "after 2-3", "after 4-8", "after 9-20")
"""Names of the relations that they give."""
AGES = (1, 2, 3, 4, 6, 11, 21, 101, 201)
"""First age of each age class."""
FEATURES = (
    ("after 1", 1, 1, 0.1), ("after 2-3", 2, 2, 0.2), ("after 2-3", 3, 3, 0.2), ("after 4-8", 4, 5, 0.2),
    ("after 4-8", 6, 10, 0.1), ("after 9-20", 11, 20, 0.05), ("after 9-20", 21, 200, 0.01),
    ("markov", 1, 1, 1.3), ("markov", 2, 2, 0.5), ("markov", 3, 3, 0.3), ("markov", 4, 5, 0.1), ("markov", 6, 10, 0.05),
    ("itemknn", 1, 1, 0.4), ("itemknn", 2, 5, 0.3), ("itemknn", 6, 20, 0.03), ("itemknn", 21, 200, 0.03),
    ("ease", 1, 1, 3.0), ("ease", 2, 5, 3.0), ("ease", 6, 20, 3.0), ("ease", 21, 100, 2.0), ("ease", 101, 10**9, 0.2),
    ("same", 1, 1, 0.0), ("same", 2, 5, 0.0), ("same", 6, 20, 0.0), ("same", 21, 10**9, 0.0),
)  # fmt: skip
"""A relation, the first and last age that it is used at, and its default weight."""
MEMBERS = ("markov", "itemknn", "ease")
"""Models whose tables can be relations."""
SOFT = {"markov": 0.05, "itemknn": 0.01}
"""Where a member's table begins to grow only as its logarithm."""
POPULARITY = 0.4
"""Default weight of the logarithm of popularity."""
LEAST_POPULARITY = 0.01
"""Lowest weight of the logarithm of popularity."""
MOST_SCORES = 100_000_000
"""Scores that weighing may look at: fewer cases where the catalogue is larger,"""
LEAST_CASES = 500
"""but so many in any case."""
LEAST_SPREAD = 0.05
"""A feature that spreads less than this is penalised as if it spread so far: it has said too little to be trusted."""
EVERY = 2
"""Epochs of a latent part between validations."""


@dataclass(frozen=True)
class Config:
    """Options of [models.options.glass]."""

    members: list[str] = field(default_factory=lambda: list(MEMBERS))  # models whose tables are relations
    shrink: float = 5.0  # added to row and column sums, so that rare pairs count less
    neighbours: int = 300  # largest entries kept in each row of ease's table
    cases: int = 4000  # validation queries that weights are fitted on at the most
    rivals: int = 128  # hardest, and as many random, items that a validation item is held against
    penalty: float = 20.0  # on the squared distance of the weights from their defaults; many cases outweigh it
    history: int = 1000  # newest slots that are used
    # A latent part holds one vector an item, or two (as event, as recommendation) where the mean history is longer
    # than 30 slots.
    latents: int = 0  # latent parts, which need the extra "train"; 2 differ by chance and add up to more than one
    content: bool = True  # latent vectors of items hold their categories, words and number bands too
    width: int = 64  # numbers of a latent vector
    heads: int = 0  # kernels of a latent part; 0: 4 without times, 8 with
    dropout: float = 0.0  # in a latent part; 0: 0.5, or 0.2 where the mean history is longer than 30 slots
    rate: float = 5e-3
    epochs: int = 0  # of a latent part at the most; 0: 24, or 12 where the mean history is longer than 30 slots
    negatives: int = 1024  # that a batch shares
    batch: int = 0  # slots in a batch; 0: 2048, or 6400 where the mean history is longer than 30 slots


@dataclass(frozen=True, eq=False)
class Glass:
    """Fitted relations, latent parts, and their weights."""

    items: Vocabulary
    config: Config
    settings: Settings
    popularity: Floats  # [I] log(1 + n)
    relations: Mapping[str, Sparse]  # name -> [I, I]
    latents: tuple[Latent, ...]
    weight: Floats  # [1 + F + L] of popularity, then of FEATURES, then of latent parts

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I] or [Q, C], NaN for an unknown item."""
        codes: Any = slice(None)
        place: Any = slice(None)
        result = np.empty((len(queries), len(self.items)), np.float32)
        if items is not None:
            columns = additive.Columns.of(items, self.items)
            codes, place = columns.codes, columns.place
            result = np.full((len(queries), columns.n), np.nan, np.float32)
        step = max(1, additive.CHUNK_BYTES // (8 * max(1, len(self.items))))
        for first in range(0, len(queries), step):
            batch = _arrange(queries[first : first + step], self.items, self.settings, self.config)
            total = self._related(batch, codes)
            total += self.weight[0] * self.popularity[codes]
            for one, weight in self._latents():
                total += weight * one.users(batch) @ one.targets[codes].T
            result[first : first + step, place] = total
        return result

    def contributions(self, query: Query, items: Sequence[str]) -> Contributions:
        """Split the score of each item over the events of the history, exactly."""
        split, empty, place = self._split(query, items)
        weight, full = np.full((len(split.units), len(items)), np.nan), np.full(len(items), np.nan)
        weight[:, place], full[place] = sum(split.parts.values()), sum(empty.values())
        on_page = np.array([slot < 0 for (slot,) in split.units], bool)  # no slots of the history
        full += weight[on_page].sum(axis=0)
        units = tuple(unit for unit, page in zip(split.units, on_page, strict=True) if not page)
        return Contributions(units, weight[~on_page], full)

    def shares(self, query: Query, items: Sequence[str]) -> dict[str, Floats]:
        """Return what each part gives to the scores of these items, [C] each; they add up to the score."""
        split, empty, place = self._split(query, items)
        found = {}
        for name in {**empty, **split.parts}:
            found[name] = np.full(len(items), np.nan)
            found[name][place] = empty.get(name, 0.0) + split.parts.get(name, np.zeros((1, 1))).sum(axis=0)
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return popularity, weights, relations and latent parts."""
        relations = {
            f"relation/{name}/{part}": array
            for name, table in self.relations.items()
            for part, array in additive.pack(table).items()
        }
        latents = {
            f"latent/{n}/{part}": array for n, one in enumerate(self.latents) for part, array in one.arrays().items()
        }
        return {"popularity": self.popularity, "weight": self.weight, **relations, **latents}

    @cached_property
    def _by_age(self) -> dict[str, Floats]:
        """Weight of each relation at each age class, [A]; relations without weight are left out."""
        by_age = {name: np.zeros(len(AGES)) for name in self.relations}
        for (name, first, last, _), weight in zip(FEATURES, self.weight[1:], strict=False):
            if name in by_age:
                by_age[name][_ages(first, last)] += weight
        return {name: row for name, row in by_age.items() if row.any()}

    @cached_property
    def _stacked(self) -> Sparse:
        """Tables of all relations with weight, one below the other, [R * I, I]: one product does for all."""
        tables = [self.relations[name] for name in self._by_age]
        return sparse.vstack([sparse.csr_array((0, len(self.items))), *tables], format="csr")

    def _latents(self) -> Iterator[tuple[Latent, float]]:
        return zip(self.latents, self.weight[1 + len(FEATURES) :].tolist(), strict=True)

    def _related(self, batch: Batch, codes: Any) -> Floats:
        """What all relations give, [Q, C]."""
        live = np.flatnonzero((batch.item >= 0) & (batch.weight != 0))
        ages, n_relations = _age_class(batch.age[live]), len(self._by_age)
        by_age = np.array(list(self._by_age.values())).reshape(n_relations, len(AGES))
        coefficient = (batch.weight[live] * by_age[:, ages]).ravel()
        rows = (batch.item[live] + len(self.items) * np.arange(n_relations)[:, None]).ravel()
        # Whole numbers as short as the table's, or scipy copies the table's to their length at each product.
        places = (np.tile(batch.query[live], n_relations).astype(np.int32), rows.astype(self._stacked.indices.dtype))
        history = sparse.coo_array((coefficient, places), shape=(len(batch), self._stacked.shape[0])).tocsr()
        if isinstance(codes, slice):
            return np.asarray((history @ self._stacked).toarray())
        used = np.unique(history.indices)  # only rows of events, and of those only the columns asked for
        return np.asarray((history[:, used] @ self._stacked[used][:, codes]).toarray())

    def _split(self, query: Query, items: Sequence[str]) -> tuple[_Split, dict[str, Floats], Ints]:
        """What each event gives in each part, what each part gives without events, and the places of known items.

        On purpose another way than `score` goes: entries of the tables are looked up, and summed here.
        """
        columns = additive.Columns.of(items, self.items)
        batch = _arrange([query], self.items, self.settings, self.config)
        live = np.flatnonzero((batch.item >= 0) & (batch.weight != 0))
        empty = {"popular": self.weight[0] * self.popularity[columns.codes]}
        parts: dict[str, Floats] = {}
        age = _age_class(batch.age[live])
        rows = (batch.item[live] + len(self.items) * np.arange(len(self._by_age))[:, None]).ravel()
        read = additive.rows_at(self._stacked, rows, columns.codes).reshape(
            len(self._by_age), len(live), len(columns.codes)
        )
        for (name, by_age), table in zip(self._by_age.items(), read, strict=False):
            part = "after" if name in (*AFTER, "markov") else name
            given = (batch.weight[live] * by_age[age])[:, None] * table
            parts[part] = parts[part] + given if part in parts else given
        for one, weight in self._latents():
            target = weight * one.targets[columns.codes].T
            parts["latent"] = parts.get("latent", 0.0) + one.slot_vectors(batch)[live] @ target
            empty["latent"] = empty.get("latent", 0.0) + (one.start_vectors(batch) @ target)[0]
        return _Split(tuple((int(slot),) for slot in batch.slot[live]), parts), empty, columns.place


@dataclass(frozen=True, eq=False)
class _Split:
    units: tuple[tuple[int, ...], ...]  # a slot each
    parts: dict[str, Floats]  # [len(units), C] each


def members(config: Config) -> tuple[str, ...]:
    """Names of the models whose tables are used; raises SettingsError for one that cannot be."""
    for name in config.members:
        if name not in MEMBERS:
            raise SettingsError(
                f"[models.options.glass] members: expected some of {', '.join(MEMBERS)}, got {name!r}"
                f"{nearest(name, MEMBERS)}."
            )
    return tuple(config.members)


def fit(run: Run) -> Glass:
    """Count what followed what, take the members' tables, learn latent parts, and weigh all on validation."""
    config: Config = run.config
    n_items = len(run.catalog)
    events = run.settings.events
    log = arrange_log(run.events, events.weights, events.rating_threshold)
    log = replace(log, weight=log.weight / _strongest(run.settings))
    run.progress(0.02, "counting what followed what")
    followed = counts.transitions(log, n_items, GAPS)
    relations = {name: _lift(table, config.shrink) for name, table in zip(AFTER, followed, strict=True)}
    relations |= {name: _member(name, fitted, config, n_items) for name, fitted in run.members.items()}
    relations["same"] = sparse.eye_array(n_items, format="csr")
    relations = {name: additive.as_float32(table) for name, table in relations.items()}
    known = log.item >= 0
    popularity = np.log1p(np.bincount(log.item[known], np.maximum(log.weight[known], 0.0), minlength=n_items))
    latents = _latents(run, log)
    default = np.array([POPULARITY, *(weight for *_, weight in FEATURES), *[1.0 / max(1, len(latents))] * len(latents)])
    made = Glass(run.catalog.items, config, run.settings, popularity, relations, latents, default)
    if run.chosen is not None:
        return replace(made, weight=cast(Glass, run.chosen).weight)
    run.progress(0.9, "weighing")
    return replace(made, weight=_weigh(run, made))


def from_arrays(
    arrays: Mapping[str, NDArray[Any]],
    items: Vocabulary,
    config: Config,
    settings: Settings,
    members: Mapping[str, Fitted] | None = None,
) -> Glass:
    """Make the model again from what `arrays` gave; it holds what it took from its members."""
    names = [key.split("/")[1] for key in arrays if key.startswith("relation/") and key.endswith("/data")]
    relations = {
        name: additive.unpack({part: arrays[f"relation/{name}/{part}"] for part in additive.PARTS}, len(items))
        for name in names
    }
    latents = []
    for n in range(config.latents):
        prefix = f"latent/{n}/"
        own = {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}
        latents.append(Latent.from_arrays(own))
    return Glass(items, config, settings, arrays["popularity"], relations, tuple(latents), arrays["weight"])


def _latents(run: Run, log: Batch) -> tuple[Latent, ...]:
    """Learn the latent parts, which differ in what chance gave them to begin with."""
    config: Config = run.config
    if not config.latents:
        return ()
    long = are_long(log)
    values = log.value[np.isfinite(log.value)]
    shape = Shape(
        width=config.width,
        heads=config.heads or (8 if run.events.timed else 4),
        history=200 if long else 50,
        timed=run.events.timed,
        values=tuple(np.unique(np.quantile(values, (0.2, 0.4, 0.6, 0.8))).tolist()) if len(values) else (),
        dropout=config.dropout or (0.2 if long else 0.5),
        tied=not long,
    )
    content = encode(run.catalog).matrix if config.content else None
    if content is not None and not content.shape[1]:
        content = None
    epochs = config.epochs or (12 if long else 24)
    plan = loop.Plan(epochs, epochs, config.rate, warmup=100, final=0.05, patience=epochs, every=EVERY)
    recipe = latent_fit.Recipe(plan, config.negatives, config.batch or (6400 if long else 2048))
    found = []
    for n in range(config.latents):
        own = replace(
            run,
            checkpoint=None if run.checkpoint is None else run.checkpoint / str(n),
            progress=between(run.progress, 0.1 + 0.8 * n / config.latents, 0.1 + 0.8 * (n + 1) / config.latents),
        )
        earlier = None if run.chosen is None else cast(Glass, run.chosen).latents[n]
        ready = partial(_arrange, items=run.catalog.items, settings=run.settings, config=config)
        found.append(latent_fit.fit(own, log, shape, content, recipe, ready, earlier))
    return tuple(found)


def _arrange(queries: Sequence[Query], items: Vocabulary, settings: Settings, config: Config) -> Batch:
    batch = arrange(queries, items, settings.events.weights, settings.events.rating_threshold, config.history)
    return replace(batch, weight=batch.weight / _strongest(settings))


def _strongest(settings: Settings) -> float:
    return max((abs(weight) for weight in settings.events.weights.values()), default=0.0) or 1.0


def _age_class(age: Ints) -> Ints:
    return np.searchsorted(AGES, age, side="right") - 1


def _ages(first: int, last: int) -> slice:
    """Age classes from a first to a last age."""
    return slice(AGES.index(first), int(np.searchsorted(AGES, last, side="right")))


def _lift(followed: Sparse, shrink: float) -> Sparse:
    """Return log(1 + how many times more often than by chance y came after x)."""
    lift = counts.normalise(followed, rows=1.0, columns=1.0, smoothing=shrink)
    lift.data = np.log1p(lift.data * followed.sum())
    return lift


def _member(name: str, fitted: Any, config: Config, n_items: int) -> Sparse:
    """Return a member's table as a relation [I, I]."""
    if name == "ease":  # dense over the covered items
        block = counts.keep_largest(sparse.csr_array(fitted.table), config.neighbours)
        rows = np.repeat(fitted.covered, np.diff(block.indptr))
        return sparse.coo_array((block.data, (rows, fitted.covered[block.indices])), shape=(n_items, n_items)).tocsr()
    table: Sparse = fitted.table.copy()
    if name == "itemknn":  # an item is nearest to itself, which "same" says better
        table.setdiag(0.0)
        table.eliminate_zeros()
    table.data = np.log1p(table.data / SOFT[name])
    return table


def _weigh(run: Run, made: Glass) -> Floats:
    """Return the weights [1 + F] that fit the validation items best; the defaults where there are none."""
    cases = run.validation
    if cases is None or not len(cases):
        return made.weight
    config: Config = run.config
    most = min(config.cases, max(LEAST_CASES, MOST_SCORES // len(made.items)))
    places = np.sort(run.rng.permutation(len(cases))[:most])
    cases = cases.take(places)
    wanted = run.catalog.items.codes([targets[0] for targets in cases.targets])
    features, offset = [], []
    step = max(1, additive.CHUNK_BYTES // (8 * max(1, len(made.items))))
    for first in range(0, len(cases), step):
        queries = cases.queries[first : first + step]
        rivals, stands_for = logit.rivals(made.score(queries), wanted[first : first + step], config.rivals, run.rng)
        part = [np.take_along_axis(values, rivals, 1) for values in _features(made, queries)]
        features.append(np.stack(part, axis=1).astype(np.float32))
        offset.append(stands_for)
        run.progress(0.9 + 0.1 * first / len(cases), "weighing")
    known = wanted >= 0
    whole = np.concatenate(features)[known]
    scale = np.maximum(whole.std(axis=(0, 2)), LEAST_SPREAD).astype(np.float64)
    # That it was had before may speak against an item; that it came after another may not.
    # And popularity keeps a say, or a shopper without a history would get any order.
    least = np.zeros(len(scale))
    least[0] = LEAST_POPULARITY
    least[[1 + n for n, (name, *_) in enumerate(FEATURES) if name == "same"]] = -np.inf
    return logit.fit(
        whole, np.concatenate(offset)[known], made.weight, scale, config.penalty / max(1, len(whole)), least
    )


def _features(made: Glass, queries: Sequence[Query]) -> Iterator[NDArray[Any]]:
    """Yield what each weight is multiplied with, in the order of the weights; [Q, I] each."""
    batch = _arrange(queries, made.items, made.settings, made.config)
    yield np.tile(made.popularity, (len(queries), 1))
    for name, first, last, _ in FEATURES:
        if name not in made.relations:
            yield np.zeros((len(queries), len(made.items)), np.float32)
            continue
        at_age = (batch.age >= first) & (batch.age <= last)
        history = additive.sums_by_item(batch, np.where(at_age, batch.weight, 0.0), len(made.items))
        yield (history @ made.relations[name]).toarray()
    for one in made.latents:
        yield one.users(batch) @ one.targets.T
