"""A shop folder opened: the Python API, and what the command line, the service, the console and the report call.

    shop = whyrec.open("my-shop")
    shop.recommend(user="42", n=10)          -> Recommendation, stored under its id
    shop.explain(user="42", item="1001")     -> Explanation, measured on the live snapshot

What the folder holds is read in app/folder.py, words are made in app/speech.py; the methods here are a few lines that
call the floor below.
"""

from __future__ import annotations

import itertools
import json
import shutil
import time
import uuid
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from whyrec import models
from whyrec.app import erase as erasing
from whyrec.app import rights
from whyrec.app.folder import SETTINGS, Live, Progress, ShopFolder
from whyrec.app.speech import Speech
from whyrec.core.config import write_settings
from whyrec.core.errors import UsageError
from whyrec.core.types import Explanation, Fitted, Floats32, History, Preferences, Query, Recommendation
from whyrec.data import identity
from whyrec.explain import attributes, explain, groups
from whyrec.explain.contrast import Contrast, contrast
from whyrec.learn import snapshot
from whyrec.learn.run import silent
from whyrec.rank import order, recommend, resolve, rules, scenarios
from whyrec.rank.trace import Trace, trace
from whyrec.words import say

if TYPE_CHECKING:
    from whyrec.app.mixing import Mixing
    from whyrec.rank import tune
    from whyrec.rank.evaluate import Board


class Shop(ShopFolder):
    """One shop folder. Safe to use from several threads."""

    # -- learn -----------------------------------------------------------------------------------------------

    def train(
        self,
        names: Sequence[str] | None = None,
        progress: Progress = silent,
        promote: bool = True,
        warm: bool = False,
    ) -> list[snapshot.Snapshot]:
        """Fit these models (default: the configured ones), keep a snapshot of each, make the best one live.

        `warm` lets models that can go on from what the live one learned; without `promote` nothing goes live.
        """
        from whyrec.rank.train import train

        erased = snapshot.n_erased(self.folder / "snapshots")  # before anything is read
        return train(
            self.tables_with_live_events(),
            self.settings,
            list(names or self.settings.models.names),
            self.folder / "snapshots",
            now=time.time(),
            repeats=self.repeats,
            erased=erased,
            promote=promote,
            warm=warm,
            progress=progress,
        )

    def update(self, progress: Progress = silent) -> snapshot.Snapshot:
        """Fit the live model on the events that have come since, in a new live snapshot; its choices are kept."""
        from whyrec.rank.train import update

        place = self.folder / "snapshots"
        erased = snapshot.n_erased(place)
        tables = self.tables_with_live_events()
        return update(tables, self.settings, place, now=time.time(), erased=erased, progress=progress)

    def tune(
        self, name: str, minutes: float = 10.0, trials: int | None = None, progress: Progress = silent
    ) -> tune.Tuned:
        """Search the main settings of a model on validation; needs the extra `tune`. Nothing is changed."""
        from whyrec.rank.tune import tune

        return tune(
            self.tables, self.settings, name, self.folder,
            minutes=minutes, trials=trials, repeats=self.repeats, progress=progress,
        )  # fmt: skip

    def set_options(self, name: str, options: Mapping[str, Any]) -> Path:
        """Give a model these options in whyrec.toml, beside those that it has; returns the copy of the file before.

        Comments of the file are in the copy only. Raises SettingsError, and writes nothing, for a wrong option.
        """
        from whyrec.rank.tune import with_options

        changed = with_options(self.settings, name, options)
        models.configure(name, changed)
        path = self.folder / SETTINGS
        copy = next(p for n in itertools.count(1) if not (p := path.with_name(f"{SETTINGS}.undo-{n}")).exists())
        shutil.copy2(path, copy)
        write_settings(changed, path)
        self.settings = changed
        return copy

    def rollback(self, name: str | None = None) -> snapshot.Snapshot:
        """Make another snapshot live: the one that was live before, or the named one; again undoes it.

        It is loaded first, so that only what can serve goes live. Raises SnapshotError where it is damaged or gone,
        UsageError where there is nothing to go back to.
        """
        place = self.folder / "snapshots"
        name = name or snapshot.before(place)
        if name is None:
            raise UsageError(
                f"Expected a snapshot that was live before in {place}, found none. "
                f"Name one of: {', '.join(found.id for found in snapshot.list_all(place)) or 'none yet'}."
            )
        models.load(place, name)
        snapshot.set_live(place, name)
        return snapshot.read_meta(place, name)

    def evaluate(
        self,
        protocol: str = "loo",
        targets: str = "last",
        names: Sequence[str] | None = None,
        seen: Sequence[str] = (),
        lists: Path | None = None,
        progress: Progress = silent,
        without: Sequence[str] = (),
    ) -> list[Board]:
        """Fit on the training part only and measure; one board for each way to treat seen items.

        `seen` holds "hide" or "keep" or both; empty means the shop's own rule. Boards are kept in the shop folder.
        `without` are features, such as an attribute of the catalogue, `titles` or `times`: each model is fitted once
        more without each of them. `lists` is a parquet file to write the twenty best items of each user to (of the
        first board).
        """
        from whyrec.rank.evaluate import evaluate, write_lists

        modes = tuple(seen) or (("keep" if self.repeats else "hide"),)
        chosen = list(names or self.settings.models.names)
        boards = evaluate(self.tables, self.settings, chosen, protocol, targets, modes, progress, without)
        for board in boards:
            path = self._board_path(protocol, board.seen)
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(board.as_dict(), indent=1), encoding="utf-8")
        if lists is not None:
            write_lists(boards[0], lists, self.tables.imported)
        return boards

    def board(self, protocol: str, seen: str) -> dict[str, Any] | None:
        """Return the leaderboard of the last evaluation, None if there was none."""
        path = self._board_path(protocol, seen)
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def _board_path(self, protocol: str, seen: str) -> Path:
        return self.folder / "boards" / f"{protocol}-{seen}.json"

    # -- recommend -------------------------------------------------------------------------------------------

    def query(
        self,
        user: str | None = None,
        *,
        n: int | None = None,
        history: Sequence[tuple[str, str, float] | None] | None = None,
        scenario: str = "personal",
        locale: str | None = None,
        platform: str | None = None,
        context: Sequence[str] = (),
        relation: str | None = None,
        text: str | None = None,
        exclude: Iterable[str] = (),
        where: str | None = None,
        only: Mapping[str, Any] | None = None,
        rules: Mapping[str, Any] | None = None,
        at: float | None = None,
        personalised: bool = True,
    ) -> Query:
        """Resolve a request: the shopper's history, live events included, with what they said masked or hidden.

        Where it is not `personalised`, nothing of the shopper is used, and the list is everybody's. `relation`, of the
        scenario "related", is complement, substitute, together or next. `where` is an expression that items must fit,
        `only` has a value, a list of values or a range (low, high) by attribute, and `rules` are keys of `[rules]`,
        beside those of the shop. A request of now, and not of a moment `at`, has a mix where `[adapt] on` says so.
        Raises UsageError for an unknown scenario.
        """
        user = self.known_as(user)
        live = self.store.events_of(user) if user is not None and self.has_store else []
        query = resolve.resolve(
            self.tables.events,
            user=user,
            at=time.time() if at is None else at,
            live=live,
            settings=self.settings,
            catalog=self.catalog,
            n=n or self.settings.serve.n,
            history=history,
            scenario=scenario,
            locale=locale or self.settings.shop.locale,
            platform=platform,
            profile=self.tables.profile(user),
            context=tuple(context),
            relation=relation,
            text=text,
            exclude=frozenset(exclude),
            where=where,
            only=only,
            rules=rules,
            preferences=Preferences(personalised=personalised, sharing=identity.allows(self.tables.users, user)),
            linked=self._linked(user) if scenario == "cross-platform" else (),
        )
        if self.settings.adapt.on and at is None and history is None:
            query = self.mixing.choose(query, live)
        if query.rules is None or not query.rules.explore:
            return query
        return replace(
            query, seed=zlib.crc32(f"{user}|{query.at}".encode())
        )  # another draw each time, kept with the list

    @cached_property
    def mixing(self) -> Mixing:
        """What chooses the mix of a list."""
        from whyrec.app.mixing import Mixing

        return Mixing(self)

    def _linked(self, user: str | None) -> list[resolve.Account]:
        """The person's other accounts, with what the table of users says of each."""
        users = self.tables.users
        return [
            resolve.Account(
                one,
                identity.platform_of(users, one),
                identity.allows(users, one),
                self.store.events_of(one) if self.has_store else (),
            )
            for one in identity.linked(users, user)
        ]

    def recommend(self, user: str | None = None, **request: Any) -> Recommendation:
        """Return a list for a user or a request (see `query`), and store it under its id."""
        made = self.recommend_query(self.query(user, **request))
        self.store.save_recommendation(made)
        return made

    def recommend_query(self, query: Query, live: Live | None = None) -> Recommendation:
        """Return the list of a resolved query, on the live snapshot or the given one; nothing is stored."""
        live, catalog = live or self.live, self.catalog
        ids = recommend.Ids(live.meta.id, catalog.version, self._settings_digest)
        return recommend.recommend(
            query, live.model, catalog, repeats=self.repeats, ids=ids, id=uuid.uuid4().hex, shop=self.means
        )

    def scored(self, query: Query, live: Live | None = None) -> Fitted:
        """Return what scores a query: the model of a snapshot, with what the scenario adds."""
        return scenarios.scored(query, (live or self.live).model, self.catalog, self.means)

    def trace(self, made: Recommendation | str, item: str | None = None) -> Trace:
        """Say why a list, or the stored one of an id, is as it is, and why `item` stands on it or not.

        The steps are those of the snapshot that made the list, on the catalogue as it is now.
        Raises UsageError for an id that was never given.
        """
        if isinstance(made, str):
            name, found = made, self.store.recommendation(made)
            if found is None:
                raise UsageError(f"Expected the id of a list that was given, got {name!r}. It may have been erased.")
            made = found
        model = self.snapshot(made.snapshot).model
        return trace(made.query, made.items, model, self.catalog, self.repeats, item, self.means)

    def changed_since(self, made: Recommendation) -> list[str]:
        """Return what a list depended on that is another now: catalog, settings. Its rules are in its query."""
        now = {"catalog": self.catalog.version, "settings": self._settings_digest}
        return [name for name, version in now.items() if getattr(made, name) != version]

    def funnel(self, made: Recommendation) -> tuple[rules.Taken, ...]:
        """Return how many items each filter of a list's query takes from those that the filters before it left."""
        model = self.snapshot(made.snapshot).model
        return rules.funnel(made.query, model.items, self.catalog, self.repeats)

    def check_rules(self) -> None:
        """Raise SettingsError where `[rules]` name an attribute that the catalogue lacks."""
        order.fit(self.settings.rules, self.catalog)

    @cached_property
    def _settings_digest(self) -> str:
        return self.settings.digest()

    def score(
        self,
        history: Sequence[tuple[str, str, float] | None],
        items: Sequence[str] | None = None,
        at: float | None = None,
    ) -> Floats32:
        """Return the live model's scores for a history of (item_id, kind, at) rows, float32 [I].

        A row of None is a removed event that keeps its slot. Without `items`, columns follow the snapshot's items.
        """
        query = Query(at=time.time() if at is None else at, history=History.of(history))
        row: Floats32 = self.live.model.score([query], items)[0]
        return row

    # -- the shopper's rights --------------------------------------------------------------------------------

    def profile(self, user: str) -> dict[str, Any]:
        """Return what is known and inferred of a shopper, each with where it comes from, and what they said."""
        return rights.profile(self, user)

    def set_preferences(
        self,
        user: str,
        *,
        personalised: bool | None = None,
        sharing: bool | None = None,
        minor: bool | None = None,
        feedback_id: str | None = None,
    ) -> dict[str, Any]:
        """Switch `personalised` or `sharing` on or off, or say that it is a `minor`; returns what holds now."""
        said = {"personalised": personalised, "sharing": sharing, "minor": minor}
        return rights.set_preferences(self, user, said, feedback_id)

    def forget(self, user: str, tag: str, source: str = "events") -> dict[str, Any]:
        """Delete a tag such as "brand=Acme" of a shopper; what led to it until now is not used any more."""
        return rights.forget(self, user, tag, source)

    def undo(self, user: str, feedback_id: str) -> bool:
        """Undo feedback, preferences or the deletion of a tag; False where this shopper said nothing of this id."""
        return self.store.withdraw(feedback_id, self.known_as(user))

    def fairness(self, group: str, users: int = 500, seed: int = 0) -> dict[str, Any]:
        """Test whether prices and places depend on an attribute of the table of users more than chance."""
        from whyrec.app.fairness import fairness

        return fairness(self, group, users, seed)

    def stats(self, days: float = 30.0) -> dict[str, Any]:
        """Return what became of the lists of the last days: click-through, conversion, satisfaction, by group."""
        from whyrec.app.stats import stats

        return stats(self, days)

    def erase(self, user: str) -> dict[str, Any]:
        """Erase a person for good; returns the receipt. Models forget them with the next training."""
        return erasing.erase(self, user)

    def lift(self, user: str) -> bool:
        """Let a person who was erased come back by their own wish; what was erased stays erased."""
        return erasing.lift(self, user)

    def export(self, user: str) -> dict[str, Any]:
        """Return everything that is kept about a shopper."""
        return rights.export(self, user)

    # -- explain ---------------------------------------------------------------------------------------------

    def explain(
        self,
        user: str | None = None,
        item: str | None = None,
        *,
        query: Query | None = None,
        method: str | None = None,
        search: str | None = None,
        **request: Any,
    ) -> Explanation:
        """Explain one item for a user, a request or a resolved query, measured on the live snapshot.

        `method` (auto, shapley) and `search` (greedy, beam) default to the settings.
        """
        if item is None:
            raise UsageError("Expected the item to explain, got none. Pass item=...")
        query = query or self.query(user, **request)
        return self.explain_items(query, [item], method=method, search=search)[0]

    def contrast(self, query: Query, item: str, other: str, live: Live | None = None) -> Contrast:
        """Say why `item` and not `other`: what each event gives to the difference of their scores, adding up to it."""
        self._knowing([item, other], live)
        model = self.scored(query, live)
        return contrast(model.score, query, item, other, contributions=getattr(model, "contributions", None))

    def attributes(self, query: Query, item: str, live: Live | None = None) -> tuple[attributes.Attribute, ...]:
        """Say what the item's own attributes give to its score; nothing where the model is no sum over them."""
        self._knowing([item], live)
        model: Any = self.scored(query, live)
        if hasattr(model, "attributes"):
            means = getattr(model, "attribute_means", None)
            return attributes.of_split(model.attributes, query, item, model.items, means)
        if hasattr(model, "senses"):
            return attributes.of_senses(model.shares, query, item, model.items)
        return ()

    def _knowing(self, items: Sequence[str], live: Live | None) -> Fitted:
        """The model of a snapshot; raises UsageError for an item that it does not know."""
        model = (live or self.live).model
        unknown = [item for item in items if item not in model.items.index]
        if unknown:
            raise UsageError(
                f"Expected items that the snapshot knows, got {unknown[0]!r}. "
                f"It was added later or does not exist; run whyrec train {self.folder} to learn it."
            )
        return model

    def explain_items(
        self,
        query: Query,
        items: Sequence[str],
        sets: bool = True,
        live: Live | None = None,
        method: str | None = None,
        search: str | None = None,
    ) -> tuple[Explanation, ...]:
        """Explain several items of one query, which share the work, on the live snapshot or the given one.

        `sets=False` leaves out what a line of words does not need and what costs most: groups and counterfactuals.
        """
        self._knowing(items, live)
        model, settings = self.scored(query, live), self.settings.explain
        settings = replace(settings, method=method or settings.method, search=search or settings.search)
        return explain.explain_page(
            model.score,
            query,
            list(items),
            items=model.items,
            # Only sets look at rivals.
            allowed=rules.allowed(query, model.items, self.catalog, self.repeats) if sets else np.ones(0, bool),
            n=query.n,
            contributions=getattr(model, "contributions", None),
            without_each=getattr(model, "without_each", None),
            rough=getattr(model, "rough", None),
            shares=getattr(model, "shares", None),
            groups=groups.of_catalog(query, self.catalog, settings, self.tables.events.timed) if sets else (),
            settings=settings,
            sets=sets,
        )

    def explain_page(self, query: Query, made: Recommendation, sets: bool = True) -> tuple[Explanation, ...]:
        """Explain every item of a list that the model itself placed there, on the snapshot that made the list."""
        live = self.snapshot(made.snapshot)
        known = live.model.items.index
        return self.explain_items(query, [place.item_id for place in made.items if place.item_id in known], sets, live)

    # -- words -----------------------------------------------------------------------------------------------

    @cached_property
    def speech(self) -> Speech:
        """Puts explanations into words: sentences, lines, panels, names."""
        return Speech(self)

    def say(self, explanation: Explanation, query: Query, locale: str | None = None, long: bool = False) -> say.Said:
        """Put an explanation into words, filled from its record only; `long` with members, groups and attributes."""
        return self.speech.say(explanation, query, locale, long)

    def title(self, item: str, locale: str | None = None) -> str:
        """Name of an item in the reader's language."""
        return self.speech.title(item, locale)
