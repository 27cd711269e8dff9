"""What is said of a list, from its records alone: sentences, the line of a reason, the "why?" panel, names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whyrec.core.types import Explanation, Item, Query, Recommendation
from whyrec.rank import adapt, facts
from whyrec.rank.facts import Fact
from whyrec.words import moved, panel, say

if TYPE_CHECKING:
    from whyrec.app.folder import Live, ShopFolder


@dataclass(frozen=True, eq=False)
class Speech:
    """Puts explanations of a shop into words, in the reader's language."""

    shop: ShopFolder

    def say(
        self,
        explanation: Explanation,
        query: Query,
        locale: str | None = None,
        long: bool = False,
        live: Live | None = None,
        place: Item | None = None,
    ) -> say.Said:
        """Put an explanation into words, filled from its record only; `long` with members, groups and attributes.

        `live` is the snapshot that was explained, where it is not the live one. `place` is the item's place on the
        list: what rules did to it is said first, and nothing else of a sponsored one.
        """
        locale = locale or query.locale
        ruled = None if place is None else moved.moved(place, locale)
        if ruled is not None and place is not None and place.label is not None:
            return ruled
        split = getattr(adapt.mixed(query, (live or self.shop.live).model), "attributes", None) if long else None
        explanation = self.spoken(explanation, query)
        said = say.say(
            explanation,
            query,
            lambda item: self.title(item, locale),
            locale,
            **self._telling(query, explanation),
            long=long,
            currency=self.shop.settings.shop.currency,
            alike=split(query, explanation.item_id) if split else None,
            # Where rules order the list, a rank that was measured without them is no place on it.
            n_list=0 if query.rules else None,
        )
        return said if ruled is None else say.joined(ruled, said)

    def reason_line(
        self, explanation: Explanation | None, query: Query, locale: str | None = None, place: Item | None = None
    ) -> str | None:
        """Put the largest reason into one short line; None for an item that the model does not know.

        `place` is the item's place in the list: one that popularity put there, or the shop, or a sponsor, says so.
        """
        facts = () if explanation is None else self.facts(query, explanation)
        return next(self._lines(query, locale or query.locale, [(place, explanation, facts)]))

    def lines(
        self, made: Recommendation, explained: Mapping[str, Explanation], locale: str
    ) -> list[tuple[str | None, tuple[Fact, ...]]]:
        """Return the `reason_line` and the facts of every place of a list."""
        query, rows, live = made.query, [], self.shop.snapshot(made.snapshot)
        for place in made.items:
            explanation = explained.get(place.item_id)
            rows.append((place, explanation, () if explanation is None else self.facts(query, explanation, live)))
        texts = self._lines(query, locale, rows)
        return [(text, found) for text, (_, _, found) in zip(texts, rows, strict=True)]

    def _lines(
        self,
        query: Query,
        locale: str,
        rows: Iterable[tuple[Item | None, Explanation | None, tuple[Fact, ...]]],
    ) -> Iterator[str | None]:
        catalog = self.shop.catalog  # one for all names
        deeds: say.Deeds = {}
        for place, explanation, found in rows:
            ruled = None if place is None else moved.line(place, locale)
            if ruled is not None or explanation is None:
                yield ruled
                continue
            spoken = self.spoken(explanation, query, first=True)
            if explanation.reasons and not spoken.reasons:
                yield None
                continue
            yield say.reason_line(
                spoken,
                query,
                lambda item: catalog.title(item, locale),
                locale,
                sources=() if place is None else place.sources,
                item_kinds=catalog.kind,
                catalog=catalog,
                facts=found,
                deeds=deeds,
            ).text

    def panel(self, explanation: Explanation, query: Query, locale: str | None = None) -> panel.Panel:
        """Say what the shop's "why?" panel says of one item."""
        locale = locale or query.locale
        explanation = self.spoken(explanation, query)
        return panel.panel(
            explanation,
            query,
            lambda item: self.title(item, locale),
            locale,
            **self._telling(query, explanation),
        )

    def facts(self, query: Query, explanation: Explanation, live: Live | None = None) -> tuple[Fact, ...]:
        """Return what the scenario can say of an item beside its reasons, as numbers; see rank/facts."""
        fewest = self.shop.settings.privacy.min_people
        found = facts.of(query, explanation, self.shop.catalog, self.shop.means, (live or self.shop.live).model)
        if fewest <= 1:
            return found
        return tuple(one for one in found if not 0 < self._behind(one, explanation.item_id) < fewest)

    def _behind(self, fact: Fact, item: str) -> int:
        """How many people stand behind a fact; none behind one that is not about people."""
        crowd = self.shop.crowd
        match fact["fact"]:
            case "together":
                return crowd.both(fact["item"], item)
            case "new":
                return crowd.n(item)
            case "circumstance":
                return crowd.where(self.shop.tables.events, fact["of"], fact["value"], item)
            case _:
                return 0

    def spoken(self, explanation: Explanation, query: Query, first: bool = False) -> Explanation:
        """Return the explanation without what too few people stand behind to be put into words; see `Crowd`."""
        fewest = self.shop.settings.privacy.min_people
        return explanation if fewest <= 1 else self.shop.crowd.spoken(explanation, query, fewest, first)

    def kind(self, item: str) -> str:
        """What an item is: product, article or video."""
        return self.shop.catalog.kind(item)

    def title(self, item: str, locale: str | None = None) -> str:
        """Name of an item in the reader's language."""
        return self.shop.catalog.title(item, locale or self.shop.settings.shop.locale)

    def _telling(self, query: Query, explanation: Explanation) -> dict[str, Any]:
        """What sentences and panel need to know of the shop."""
        return {
            "time_zone": self.shop.settings.shop.time_zone,
            "timed": self.shop.tables.events.timed,
            "shown": self.shop.settings.explain.shown,
            "cover": self.shop.settings.explain.cover,
            "item_kinds": self.shop.catalog.kind,
            "catalog": self.shop.catalog,
            "facts": self.facts(query, explanation),
        }
