"""Lists and explanations in the form that scripts and the service's clients read: plain values, ready for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from whyrec.app import goods
from whyrec.app.view_parts import COLOURS
from whyrec.core.types import Explanation, Item, Query, Reason, Recommendation
from whyrec.words import moved, show
from whyrec.words.messages import language_of, message

if TYPE_CHECKING:
    from whyrec.app.shop import Shop
    from whyrec.app.transparency import Measured
    from whyrec.explain.attributes import Attribute
    from whyrec.explain.contrast import Contrast
    from whyrec.words.tell import Told


def list_answer(shop: Shop, made: Recommendation, locale: str | None = None) -> dict[str, Any]:
    """Return a list with the title of every item and its largest reason in one line."""
    locale = locale or made.query.locale
    explained = {e.item_id: e for e in shop.explain_page(made.query, made, sets=False)}
    catalog, lines = shop.catalog, shop.speech.lines(made, explained, locale)
    answer: dict[str, Any] = {
        "id": made.id,
        "snapshot": made.snapshot,
        "personalised": made.query.preferences.personalised,
        **({"mix": made.query.mix.name} if made.query.mix else {}),
        "items": [
            {
                "item_id": place.item_id,
                "title": catalog.title(place.item_id, locale),
                **goods.shown(shop, catalog, place.item_id, locale),
                "part": goods.part(explained.get(place.item_id), place.sources),
                "score": place.score,
                "sources": list(place.sources),
                "facts": [] if place.label is not None else list(facts),
                "reason": reason,
                **_by_rules(place),
            }
            for place, (reason, facts) in zip(made.items, lines, strict=True)
        ],
    }
    if len(made.items) < made.query.n:
        taken = shop.funnel(made)
        answer["filtered"] = [asdict(one) for one in taken]
        if not made.items:
            answer["note"] = moved.nothing_left([(one.filter, one.items) for one in taken], locale).text
    return answer


def _by_rules(place: Item) -> dict[str, Any]:
    """What rules did to an item; nothing where they left it alone."""
    touched = {"points": place.points, "touches": [asdict(touch) for touch in place.touches]} if place.touches else {}
    return touched if place.label is None else {**touched, "label": place.label}


def explanation_answer(explanation: Explanation, text: str, text_long: str) -> dict[str, Any]:
    """Return an explanation with its words; empty_score + the weights of `reasons` + gap = score."""
    found = explanation.necessary
    return {
        "item_id": explanation.item_id,
        "score": explanation.score,
        "empty_score": explanation.empty_score,
        "gap": explanation.gap,
        "method": explanation.method,
        "reasons": [reason_answer(reason) for reason in explanation.reasons],
        "groups": [reason_answer(reason) for reason in explanation.groups],
        "necessary": None if found is None else asdict(found),
        "sufficient": None if explanation.sufficient is None else asdict(explanation.sufficient),
        "members": dict(explanation.members),
        "counterfactual": None
        if found is None
        else {"remove": list(found.remove), "rank_before": found.rank_before, "rank_after": found.rank_after},
        "text": text,
        "text_long": text_long,
    }


def trace_answer(shop: Shop, made: Recommendation, item: str | None = None) -> dict[str, Any]:
    """Return why a list is as it is, and why an item is not on it."""
    told = asdict(shop.trace(made, item))
    return {"id": made.id, "snapshot": made.snapshot, "changed": shop.changed_since(made), **told}


def why_answer(shop: Shop, made: Recommendation, found: Explanation, locale: str | None = None) -> dict[str, Any]:
    """Return what the shop's panel shows of one item: sentences, shares, and a mark for each event."""
    query, locale = made.query, locale or made.query.locale
    said = shop.speech.panel(found, query, locale)
    place = next((one for one in made.items if one.item_id == found.item_id), None)
    ruled = None if place is None else moved.moved(place, locale)
    sponsored = place is not None and place.label is not None  # then nothing personal is said
    unsaid = {slot for one in found.reasons for slot in one.slots}
    unsaid -= {slot for one in shop.speech.spoken(found, query).reasons for slot in one.slots}
    between = message(language_of(locale), "between")
    labels = {kind: message(language_of(locale), f"part-{kind}") for kind in set(show.PHRASES.values())}
    return {
        "item_id": found.item_id,
        "title": shop.title(found.item_id, locale),
        "language": language_of(locale),
        "time_zone": shop.settings.shop.time_zone,
        "timed": shop.tables.events.timed,
        "main": between.join([*([ruled.text] if ruled else []), *([] if sponsored else [said.main])]),
        "shares": [
            {"part": COLOURS.get(one.kind, "bought"), "label": one.name, "weight": one.weight, "percent": one.percent}
            for one in sorted(show.shares(found, labels), key=lambda one: (one.kind == "popular", -one.weight))
            if not sponsored
        ],
        "marks": [
            {"at": one.at, "name": one.name, "weight": one.weight, "small": one.small}
            for one in show.series(found, query, lambda item: shop.title(item, locale))
            if not sponsored and unsaid.isdisjoint(one.slots)
        ],
        "reasons": [
            {"text": one.text, "weight": one.weight, "percent": one.percent, "event_ids": list(one.event_ids)}
            for one in said.lines
            if not sponsored
        ],
        "covers": None if sponsored else said.covers,
        # Where rules order the list, a rank that was measured without them is no place on it.
        "checked": None if query.rules else said.checked,
    }


def attributes_answer(found: Sequence[Attribute], query: Query) -> list[dict[str, Any]]:
    """Return what attributes of the item give to its score, each value with what each event gives to it."""
    ids = query.history.event_id
    return [
        {
            "attribute": one.name,
            "weight": one.weight,
            "mean": one.mean,
            "loses": one.loses,
            "values": [
                {
                    "value": value,
                    "weight": weight,
                    "events": [
                        {"event_ids": [str(ids[slot]) for slot in unit if slot >= 0], "weight": part}
                        for unit, part in one.events[value].items()
                    ],
                }
                for value, weight in one.values.items()
            ],
        }
        for one in found
    ]


def contrast_answer(found: Contrast) -> dict[str, Any]:
    """Return why one item and not another; empty + the weights of `reasons` = difference."""
    return {
        "item_id": found.item_id,
        "other_id": found.other_id,
        "method": found.method,
        "difference": found.difference,
        "empty": found.empty,
        "reasons": [reason_answer(reason) for reason in found.reasons],
        "error": found.error,
    }


def reason_answer(reason: Reason) -> dict[str, Any]:
    """Return one reason; `event_id` is the newest of its events."""
    return {
        "kind": reason.kind,
        "reference": reason.reference,
        "event_id": reason.event_ids[-1] if reason.event_ids else None,
        "event_ids": list(reason.event_ids),
        "weight": reason.weight,
        "error": reason.error,
        "at": reason.at,
    }


def told_answer(told: Told, found: Measured) -> dict[str, Any]:
    """Return a global explanation: its words, and the numbers that they were filled from."""
    return {"words": asdict(told), "measured": asdict(found)}
