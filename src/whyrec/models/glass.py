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
    defaults; the defaults stay unless these make surely better lists. Then the strength of popularity, of each member
    and so on is doubled or halved as long as lists gain by it (learn/sharpen)
    latent parts, where there are any, add user . item vector with one weight each (learn/latent); items without events
    are scored by their content, with weights of their own (learn/newcomers)
    searches of the history add what their words say (learn/searches); recent popularity, hour, season, platform,
    language and profile add a part that no event has (learn/context); strength_i may be learned by kind, value,
    platform and time (learn/strengths): each of these only where it makes surely better lists

Cost: pairs up to 20 slots apart; the members'; for the weights, one sparse product a relation and age over at most
`cases` queries. Scoring reads a row of each relation for each slot.

Legend: I items, Q queries, S slots, R relations, A age classes, C columns, F features (a relation at some ages).

Honest notes: the counts alone, without any neural net, stand beside the best published transformers. Only dislikes,
negative entries of EASE, the item itself, the latent part and, for new items, content may pull an item down; such a
reason is shown as it is. On one shop of product ratings EASE alone stays ahead (docs/log.md).
Within a basket the order is that of the file.

Longer than other model files: count part, latent parts and weights are one sum, and are read beside each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, cast
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from whyrec.core.config import Settings
from whyrec.core.errors import SettingsError, nearest
from whyrec.core.types import Bools, Catalog, Contributions, Fitted, Floats, Floats32, Ints, Query, Vocabulary
from whyrec.data.batch import Batch, arrange, arrange_log, slot_weights
from whyrec.features import dense
from whyrec.features.content import Content, encode
from whyrec.learn import additive, latent_fit, loop, newcomers, relations, weighing
from whyrec.learn.extras import Extras
from whyrec.learn.latent import Latent, Shape
from whyrec.learn.newcomers import Newcomers, Rows
from whyrec.learn.relations import FEATURES, Relations
from whyrec.learn.run import Run, between
from whyrec.learn.snapshot import member_arrays
from whyrec.learn.windows import are_long

VALIDATES = True
POPULARITY = 0.4
"""Default weight of the logarithm of popularity."""
LEAST_POPULARITY = 0.01
"""Lowest weight of the logarithm of popularity."""
MOST_NEW = 50
"""Items without events whose content stands for all of them in a mean."""
EVERY = 2
"""Epochs of a latent part between validations."""


@dataclass(frozen=True)
class Config:
    """Options of [models.options.glass]."""

    members: list[str] = field(default_factory=lambda: list(relations.MEMBERS))  # models whose tables are relations
    shrink: float = 5.0  # added to row and column sums, so that rare pairs count less
    neighbours: int = 300  # largest entries kept in each row of ease's table
    cases: int = 4000  # validation queries that weights are fitted on at the most
    rivals: int = 128  # hardest, and as many random, items that a validation item is held against
    penalty: float = 20.0  # on the squared distance of the weights from their defaults; many cases outweigh it
    history: int = 1000  # newest slots that are used
    profile: list[str] = field(default_factory=list)  # columns of the table of users that scores may depend on
    new_share: float = 0.0  # of the places in lists, for items without events; 0: as often as they were wanted
    # A latent part holds one vector an item, or two (as event, as recommendation) where the mean history is longer
    # than 30 slots.
    latents: int = 0  # latent parts, which need the extra "train"; 2 differ by chance and add up to more than one
    content: bool = True  # latent vectors of items hold their categories, words, number bands and media too
    texts: str = ""  # vectors of texts beside their words: ngrams, sentences (needs the extra text) or none
    width: int = 64  # numbers of a latent vector
    heads: int = 0  # kernels of a latent part; 0: 4 without times, 8 with
    dropout: float = 0.0  # in a latent part; 0: 0.5, or 0.2 where the mean history is longer than 30 slots
    id_dropout: float = 0.1  # share of items in a step that show their content only, so that new items find a place
    rate: float = 5e-3
    epochs: int = 0  # of a latent part at the most; 0: 24, or 12 where the mean history is longer than 30 slots
    negatives: int = 1024  # that a batch shares
    batch: int = 0  # slots in a batch; 0: 2048, or 6400 where the mean history is longer than 30 slots


SEARCH = {"shrink": (1.0, 30.0, "log"), "penalty": (5.0, 100.0, "log"), "neighbours": [100, 300, 1000]}
"""What `whyrec tune` tries."""


@dataclass(frozen=True, eq=False)
class Glass:
    """Fitted relations, latent parts, and their weights."""

    items: Vocabulary
    config: Config
    settings: Settings
    popularity: Floats  # [I] log(1 + n)
    relations: Relations
    latents: tuple[Latent, ...]
    weight: Floats  # [1 + F + L] of popularity, then of FEATURES, then of latent parts
    newcomers: Newcomers  # items without events, whose latent parts and prior weigh otherwise
    content: Content
    extras: Extras  # strengths of events, context, searches

    def score(self, queries: Sequence[Query], items: Sequence[str] | None = None) -> Floats32:
        """Return float32 [Q, I] or [Q, C], NaN for an unknown item."""
        if items is None and 1 <= len(queries) <= 2:  # a list; backwards, so that its own query is the one that is kept
            return np.stack([self._read(query).score for query in reversed(queries)][::-1])
        codes: Any = slice(None)
        place: Any = slice(None)
        result = np.empty((len(queries), len(self.items)), np.float32)
        if items is not None:
            columns = additive.Columns.of(items, self.items)
            codes, place = columns.codes, columns.place
            result = np.full((len(queries), columns.n), np.nan, np.float32)
        step = max(1, additive.CHUNK_BYTES // (8 * max(1, len(self.items))))
        for first in range(0, len(queries), step):
            part = queries[first : first + step]
            batch = self._arrange(part)
            users = [one.users(batch) for one in self.latents]
            result[first : first + step, place] = self._sums(part, batch, users, codes)
        return result

    def _sums(self, queries: Sequence[Query], batch: Batch, users: Sequence[Floats], codes: Any) -> Floats:
        """Scores of the items of these codes, [Q, C]; `users` are the shoppers' vectors in each latent part."""
        total: Floats = self.relations.sums(batch, self._by_age, codes)
        total += self._prior[codes]
        total += self.extras.sums(queries, batch, codes)
        for one, targets in zip(users, self._targets, strict=True):
            total += one @ targets[codes].T
        return total

    def contributions(self, query: Query, items: Sequence[str]) -> Contributions:
        """Split the score of each item over the events of the history, exactly."""
        split = self._split(query, items)
        weight, empty = np.full((len(split.units), len(items)), np.nan), np.full(len(items), np.nan)
        weight[:, split.place], empty[split.place] = sum(split.parts.values()), sum(split.empty.values())
        score = np.full(len(items), np.nan, np.float32)
        score[split.place] = split.score
        on_page = np.array([slot < 0 for (slot,) in split.units], bool)  # no slots of the history
        empty += weight[on_page].sum(axis=0)
        units = tuple(unit for unit, page in zip(split.units, on_page, strict=True) if not page)
        return Contributions(units, weight[~on_page], empty, score, split.shares(len(items)))

    def shares(self, query: Query, items: Sequence[str]) -> dict[str, Floats]:
        """Return what each part gives to the scores of these items, [C] each; they add up to the score."""
        return self._split(query, items).shares(len(items))

    def attributes(self, query: Query, item: str) -> tuple[tuple[tuple[int, ...], ...], dict[tuple[str, str], Floats]]:
        """Split what each event gives to one item over what the item is made of.

        Returns units, as in `contributions`, and by (family, value) of the item's content, or (part, "") for what is
        no content, what each unit gives, [U] each; an unknown item gives none. They add up to the contributions.
        """
        split = self._split(query, [item])
        if not len(split.place):
            return split.units, {}
        found = {(part, ""): given[:, 0] for part, given in split.parts.items() if part not in ("latent", "similar")}
        code = int(self.items.codes([item])[0])
        batch, live = split.batch, split.live
        row = slice(*self.content.matrix.indptr[code : code + 2])
        columns, shares = self.content.matrix.indices[row], self.content.matrix.data[row]
        names = [self.content.columns[column] for column in columns]
        each = np.zeros((len(live), len(columns)))
        rest = split.parts.get("latent", np.zeros((len(live), 1)))[:, 0]
        for one, said, scale in zip(self.latents, split.said, self._scales(code), strict=True):
            if len(one.content):
                each += said[live] @ (scale * shares[:, None] * one.content[columns]).T
        rest = rest - each.sum(axis=1)
        if "similar" in split.parts:
            each += split.parts["similar"] * self._rows.by_column(np.maximum(batch.item[live], 0), code, columns)
        if self.latents:
            found["latent", ""] = rest
        return split.units, {**found, **dict(zip(names, each.T, strict=True))}

    def attribute_means(self, query: Query) -> dict[str, float]:
        """What each family of the content gives to an item of the catalogue in the mean, over all items.

        Latent parts are linear in what an item is made of, so one vector a family says it. What content alone says,
        of items without events, is taken of at most `MOST_NEW` of them.
        """
        batch = self._arrange([query])
        live = self._live(batch)
        total = np.zeros(len(self._families))
        for one, vectors in zip(self.latents, self._family_means, strict=True):
            total += vectors @ one.slot_vectors(batch)[live].sum(axis=0)
        found = dict(zip(self._families, total.tolist(), strict=True))
        new = self.newcomers.codes[np.random.default_rng(query.seed).permutation(len(self.newcomers.codes))][:MOST_NEW]
        given = self._split(query, [str(name) for name in self.items.ids[new]]).parts.get("similar")
        share = len(self.newcomers.codes) / max(1, len(new)) / len(self.items)
        if given is None:
            return found
        for place, code in enumerate(new):
            columns = self.content.matrix.indices[slice(*self.content.matrix.indptr[code : code + 2])]
            each = given[:, place] @ self._rows.by_column(np.maximum(batch.item[live], 0), code, columns)
            for column, weight in zip(columns, each, strict=True):
                found[self.content.columns[column][0]] += share * float(weight)
        return found

    @cached_property
    def _families(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(family for family, _ in self.content.columns))

    @cached_property
    def _family_means(self) -> list[Floats]:
        """For each latent part what an item's columns of each family are in the mean, weighed, [families, D]."""
        place = {family: row for row, family in enumerate(self._families)}
        family = np.array([place[name] for name, _ in self.content.columns], np.int64)
        found = []
        for one, known, new in zip(self.latents, self.weight[1 + len(FEATURES) :], self.newcomers.latent, strict=True):
            vectors = np.zeros((len(place), self.config.width))
            if len(one.content):
                scale = np.full(len(self.items), known)
                scale[self.newcomers.codes] = new
                np.add.at(vectors, family, (self.content.matrix.T @ scale)[:, None] * one.content / len(self.items))
            found.append(vectors)
        return found

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts that have weight, which `mixed` can weigh otherwise."""
        found = dict.fromkeys(name for name, weight in zip(self._part_of, self.weight, strict=True) if weight)
        return tuple(found)

    def mixed(self, factors: Mapping[str, float]) -> Glass:
        """Return the model with the weights of some parts multiplied; items without events keep their own."""
        return replace(self, weight=self.weight * np.array([factors.get(name, 1.0) for name in self._part_of]))

    @property
    def _part_of(self) -> list[str]:
        """The part that each weight belongs to."""
        named = [relations.PARTS.get(name, name) for name, *_ in FEATURES]
        return ["popular", *named, *["latent"] * len(self.latents)]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return popularity, weights, relations and latent parts."""
        tables = {f"relation/{name}": array for name, array in self.relations.arrays().items()}
        latents = {
            f"latent/{n}/{part}": array for n, one in enumerate(self.latents) for part, array in one.arrays().items()
        }
        newcomers = {f"newcomers/{part}": array for part, array in self.newcomers.arrays().items()}
        content = {f"content/{part}": array for part, array in self.content.arrays().items()}
        more = {f"extras/{part}": array for part, array in self.extras.arrays().items()}
        return {
            "popularity": self.popularity,
            "weight": self.weight,
            **tables,
            **latents,
            **newcomers,
            **content,
            **more,
        }

    @cached_property
    def _by_age(self) -> Floats:
        return self.relations.by_age(self.weight[1 : 1 + len(FEATURES)])

    @cached_property
    def _prior(self) -> Floats:
        """What an item scores without any event, [I]."""
        prior: Floats = self.weight[0] * self.popularity
        prior[self.newcomers.codes] = self.newcomers.constant
        return prior

    def _arrange(self, queries: Sequence[Query]) -> Batch:
        return self.extras.strengths.apply(_arrange(queries, self.items, self.settings, self.config))

    def _read(self, query: Query) -> _Read:
        """What a query says to all items; kept of the last one, whose reasons are asked for after its list."""
        found = self._last.get(query)
        if found is None:
            batch = self._arrange([query])
            said = [one.slot_vectors(batch) for one in self.latents]
            users = [one.users(batch, own) for one, own in zip(self.latents, said, strict=True)]
            score = self._sums([query], batch, users, slice(None))[0].astype(np.float32)
            found = _Read(batch, said, score)
            self._last.clear()
            self._last[query] = found
        return found

    @cached_property
    def _last(self) -> WeakKeyDictionary[Query, _Read]:
        """Of the last query; gone with it, so that nothing of a shopper stays."""
        return WeakKeyDictionary()

    def _live(self, batch: Batch) -> Ints:
        """Slots that say something: events of known items, and searches."""
        return np.union1d(np.flatnonzero((batch.item >= 0) & (batch.weight != 0)), self.extras.searches.slots(batch))

    def _scales(self, code: int) -> Floats:
        """Weight of each latent part for the item of this code, [L]."""
        return self.newcomers.latent if code in self.newcomers.codes else self.weight[1 + len(FEATURES) :]

    @cached_property
    def _rows(self) -> Rows:
        return Rows(newcomers.unit_rows(self.content.matrix), self.newcomers.columns)

    @cached_property
    def _targets(self) -> list[Floats]:
        """Vectors of items as recommendations in each latent part, times their weight, [I, D] each."""
        found = []
        weights = zip(self.latents, self.weight[1 + len(FEATURES) :], self.newcomers.latent, strict=True)
        for one, known, new in weights:
            targets = known * one.targets
            targets[self.newcomers.codes] = new * one.targets[self.newcomers.codes]
            found.append(targets)
        return found

    def _split(self, query: Query, items: Sequence[str]) -> _Split:
        """What each event gives in each part, and what each part gives without events.

        On purpose another way than `score` goes: entries of the tables are looked up, and summed here. Only what
        events say in latent parts is made once for both, as it costs more than all the rest.
        """
        columns = additive.Columns.of(items, self.items)
        read = self._read(query)
        batch, said = read.batch, read.said
        live = self._live(batch)
        empty = {"popular": self._prior[columns.codes], **self.extras.empty(query, columns.codes)}
        parts: dict[str, Floats] = {}
        for name, given in self.relations.parts(batch, live, self._by_age, columns.codes).items():
            part = relations.PARTS.get(name, name)
            parts[part] = parts[part] + given if part in parts else given
        if len(self.extras.searches.slots(batch)):
            parts["search"] = self.extras.searches.parts(batch, live, columns.codes)
        for one, own, targets in zip(self.latents, said, self._targets, strict=True):
            target = targets[columns.codes].T
            parts["latent"] = parts.get("latent", 0.0) + own[live] @ target
            empty["latent"] = empty.get("latent", 0.0) + (one.start_vectors(batch) @ target)[0]
        score = read.score[columns.codes]
        units = tuple([(slot,) for slot in batch.slot[live].tolist()])
        return _Split(units, parts, empty, columns.place, score, batch, live, said)


@dataclass(frozen=True, eq=False)
class _Read:
    batch: Batch
    said: list[Floats]  # what each slot of the batch says in each latent part, [S, D]
    score: Floats32  # [I]


@dataclass(frozen=True, eq=False)
class _Split:
    units: tuple[tuple[int, ...], ...]  # a slot each
    parts: dict[str, Floats]  # [len(units), C] each
    empty: dict[str, Floats]  # [C] each
    place: Ints  # of the known items among those asked for, [C]
    score: Floats32  # [C]
    batch: Batch
    live: Ints  # slots of the batch that the units stand for
    said: list[Floats]  # what each slot of the batch says in each latent part, [S, D]

    def shares(self, n: int) -> dict[str, Floats]:
        """What each part gives to each of the n items asked for, NaN for those that are not known."""
        found = {}
        for name in {**self.empty, **self.parts}:
            found[name] = np.full(n, np.nan)
            found[name][self.place] = self.empty.get(name, 0.0) + self.parts.get(name, np.zeros((1, 1))).sum(axis=0)
        return found


def members(config: Config) -> tuple[str, ...]:
    """Names of the models whose tables are used; raises SettingsError for one that cannot be."""
    for name in config.members:
        if name not in relations.MEMBERS:
            raise SettingsError(
                f"[models.options.glass] members: expected some of {', '.join(relations.MEMBERS)}, got {name!r}"
                f"{nearest(name, relations.MEMBERS)}."
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
    content = encode(run.catalog)
    if config.latents and config.content:
        known_rows = np.unique(log.item[log.item >= 0]).astype(np.int64)
        content = content.joined(_senses(run.catalog, known_rows, config.texts))
    known = log.item >= 0
    popularity = np.log1p(np.bincount(log.item[known], np.maximum(log.weight[known], 0.0), minlength=n_items))
    # What is in nobody's history is new, if there is anything to tell it by.
    new = np.flatnonzero((np.bincount(log.item[known], minlength=n_items) == 0) & (np.diff(content.matrix.indptr) > 0))
    rows = Rows.of(content.matrix) if len(new) else Rows(content.matrix, np.zeros((0, 0), np.float32))
    more = newcomers.similar(rows, new) if len(new) else {}
    related = relations.of(log, n_items, run.members, config.shrink, config.neighbours, more)
    latents = _latents(run, log, content if config.content and content.columns else None)
    even = [1.0 / max(1, len(latents))] * len(latents)
    default = np.array([POPULARITY, *(weight for *_, weight in FEATURES), *even])
    extras = Extras.of(run.events, _strength(run), log, content, config.shrink, run.users, config.profile)
    made = Glass(
        run.catalog.items, config, run.settings, popularity, related, latents, default,
        Newcomers(new, 2.0 * np.array(even), 0.0, rows.columns), content, extras,
    )  # fmt: skip
    if run.chosen is not None:
        chosen = cast(Glass, run.chosen)
        new_ones = replace(chosen.newcomers, codes=new, columns=rows.columns)
        return replace(made, weight=chosen.weight, newcomers=new_ones, extras=extras.with_weights_of(chosen.extras))
    run.progress(0.9, "weighing")
    made = replace(made, weight=_weigh(run, made))
    made = _extend(run, made)
    return _place_new(run, made) if len(new) else made


def from_arrays(
    arrays: Mapping[str, NDArray[Any]],
    items: Vocabulary,
    config: Config,
    settings: Settings,
    members: Mapping[str, Fitted] | None = None,
) -> Glass:
    """Make the model again from what `arrays` gave; it holds what it took from its members."""
    weight = arrays["weight"]
    related = Relations.from_arrays(member_arrays(arrays, "relation"), len(items))
    latents = [Latent.from_arrays(member_arrays(arrays, f"latent/{n}")) for n in range(config.latents)]
    new = Newcomers.from_arrays(member_arrays(arrays, "newcomers"))
    content = Content.from_arrays(member_arrays(arrays, "content"))
    extras = Extras.from_arrays(member_arrays(arrays, "extras"))
    return Glass(items, config, settings, arrays["popularity"], related, tuple(latents), weight, new, content, extras)


def _latents(run: Run, log: Batch, content: Content | None) -> tuple[Latent, ...]:
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
        asked=run.events.timed and run.settings.events.request_time,
    )
    epochs = config.epochs or (12 if long else 24)
    plan = loop.Plan(epochs, epochs, config.rate, warmup=100, final=0.05, patience=epochs, every=EVERY)
    recipe = latent_fit.Recipe(plan, config.negatives, config.batch or (6400 if long else 2048), config.id_dropout)
    found = []
    for n in range(config.latents):
        own = replace(
            run,
            checkpoint=None if run.checkpoint is None else run.checkpoint / str(n),
            progress=between(run.progress, 0.1 + 0.8 * n / config.latents, 0.1 + 0.8 * (n + 1) / config.latents),
        )
        earlier = None if run.chosen is None else cast(Glass, run.chosen).latents[n]
        begin = None if run.warm is None else partial(_carried, cast(Glass, run.warm), n, run, content)
        ready = partial(_arrange, items=run.catalog.items, settings=run.settings, config=config)
        matrix = None if content is None else content.matrix
        shape = shape if earlier is None else earlier.shape
        found.append(latent_fit.fit(own, log, shape, matrix, recipe, ready, earlier, begin))
    return tuple(found)


def _senses(catalog: Catalog, rows: Ints, texts: str) -> dict[str, Floats32]:
    """Texts and media of items as vectors, by name; fitted on those of the items `rows`."""
    vectors, pixels = dense.read(catalog, rows, texts)
    return {**vectors, **{name: dense.principal(*found, rows) for name, found in pixels.items()}}


def _carried(
    warm: Glass, n: int, run: Run, content: Content | None, fresh: Mapping[str, Floats32]
) -> Mapping[str, Floats32]:
    """Weights of a latent part that was learned before, for the items and content of now."""
    places = {column: place for place, column in enumerate(warm.content.columns)}
    columns = np.array([places.get(column, -1) for column in (() if content is None else content.columns)], np.int64)
    items = warm.items.codes(run.catalog.items.ids).astype(np.int64)
    return warm.latents[n].carried(warm.content.matrix, items, columns, fresh)


def _arrange(queries: Sequence[Query], items: Vocabulary, settings: Settings, config: Config) -> Batch:
    batch = arrange(queries, items, settings.events.weights, settings.events.rating_threshold, config.history)
    return replace(batch, weight=batch.weight / _strongest(settings))


def _strength(run: Run) -> Floats:
    """Strength of each event of the log, 1 for the strongest kind."""
    events, settings = run.events, run.settings
    return slot_weights(events.kind, events.value, settings.events.weights, settings.events.rating_threshold) / (
        _strongest(settings)
    )


def _strongest(settings: Settings) -> float:
    return max((abs(weight) for weight in settings.events.weights.values()), default=0.0) or 1.0


def _weigh(run: Run, made: Glass) -> Floats:
    """Return the weights [1 + F + L] that suit the validation items best; the defaults where there are none."""
    config: Config = run.config
    known = np.ones(len(made.items), bool)
    known[made.newcomers.codes] = False
    seen = weighing.candidates(run, config.cases, config.rivals, known, made.score, partial(_features, made))
    after = ("after" if name in relations.AFTER else name for name, *_ in FEATURES)
    groups = ["popular", *after, *["latent"] * len(made.latents)]
    # That it was had before may speak against an item; that it came after another may not.
    # And popularity keeps a say, or a shopper without a history would get any order.
    least = np.array([{"same": -np.inf, "popular": LEAST_POPULARITY}.get(name, 0.0) for name in groups])
    # Repeats are learned in any case; of the others, defaults are as good where a shop is like others.
    return weighing.learn(seen, made.weight, groups, ("same", "similar", "alike"), least, config.penalty)


def _features(made: Glass, queries: Sequence[Query], codes: Ints) -> Iterator[NDArray[Any]]:
    """Yield what each weight is multiplied with, in the order of the weights; [Q, R] each for items `codes` [Q, R]."""
    batch = _arrange(queries, made.items, made.settings, made.config)
    yield made.popularity[codes]
    for values in made.relations.features(batch):
        yield np.take_along_axis(values, codes, 1)
    for one in made.latents:
        yield _products(one.users(batch), one.targets, codes)


def _products(users: Floats, targets: Floats, codes: Ints) -> Floats:
    """Products of the vectors of users [Q, D] with those of the items `codes` [Q, R]."""
    return np.take_along_axis(users @ targets.T, codes, 1)


def _extend(run: Run, made: Glass) -> Glass:
    """Take strengths, context and other weights of searches where they make better lists."""
    config: Config = run.config
    quiet = replace(made, extras=made.extras.quiet())
    cases = weighing.sample(run, config.cases)
    terms = made.extras.terms(quiet._arrange(cases.queries))
    known = np.ones(len(made.items), bool)
    known[made.newcomers.codes] = False

    def described(queries: Sequence[Query], codes: Ints) -> Iterator[NDArray[Any]]:
        batch = quiet._arrange(queries)
        yield np.take_along_axis(quiet.score(queries), codes, 1)
        vectors = [one.slot_vectors(batch) for one in quiet.latents]
        for values in terms.features(queries, batch, partial(_of_slots, quiet, batch, vectors)):
            yield np.take_along_axis(values, codes, 1)

    def gain(weight: Floats) -> Floats:
        return weighing.gains(run, cases, replace(made, extras=terms.weighed(weight[1:])).score, known)

    seen = weighing.candidates(run, config.cases, config.rivals, known, made.score, described)
    default, least = np.append(1.0, terms.default), np.append(0.1, terms.least)
    weight = weighing.extend(seen, default, ["score", *terms.groups], least, config.penalty, gain)
    return replace(made, extras=terms.weighed(weight[1:]))


def _of_slots(made: Glass, batch: Batch, vectors: Sequence[Floats], slots: Bools) -> Floats:
    """What the events in these slots give to all items by relations and latent parts, [Q, I]; `vectors` are of all."""
    own = replace(batch, weight=np.where(slots, batch.weight, 0.0))
    found = made.relations.sums(own, made._by_age, slice(None))
    for said, targets in zip(vectors, made._targets, strict=True):
        users = np.zeros((len(batch), said.shape[1]))
        np.add.at(users, batch.query[slots], said[slots])
        found += users @ targets.T
    return found


def _place_new(run: Run, made: Glass) -> Glass:
    """Weigh what content says of items without events (learn/newcomers)."""
    config: Config = run.config
    none = np.zeros((len(made.items), config.width))
    bare = [np.asarray(made.content.matrix @ one.content) if len(one.content) else none for one in made.latents]

    def described(queries: Sequence[Query], codes: Ints) -> Iterator[NDArray[Any]]:
        batch = _arrange(queries, made.items, made.settings, made.config)
        yield from newcomers.sums(batch, made._rows, codes)
        for one, targets in zip(made.latents, bare, strict=True):
            yield _products(one.users(batch), targets, codes)

    new = np.zeros(len(made.items) + 1, bool)  # the last is for wanted items that are in no table
    new[made.newcomers.codes] = True
    seen = weighing.candidates(run, config.cases, config.rivals, ~new[:-1], made.score, described)
    if not len(seen):
        return made
    similar = [1 + place for place in newcomers.SIMILAR]
    prior = np.array([*made.weight[similar], *made.newcomers.latent, 0.0])
    found = newcomers.weigh(seen.features, seen.scores, seen.offset, prior, config.penalty, run.rng)
    weight = made.weight.copy()
    weight[similar] = found[: len(similar)]
    placed = replace(made, weight=weight, newcomers=replace(made.newcomers, latent=found[len(similar) : -1]))
    cases = weighing.sample(run, config.cases)
    wanted = new[made.items.codes([targets[0] for targets in cases.targets])]
    share = config.new_share or (int(wanted.sum()) + 0.5) / (len(wanted) + 1)
    of_new, of_known = weighing.best(run, cases, placed.score, (new[:-1], ~new[:-1]))
    constant = newcomers.settle(of_new, of_known, share)
    return replace(placed, newcomers=replace(placed.newcomers, constant=constant))
