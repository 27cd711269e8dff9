"""What became of lists: impressions, click-through, conversion, satisfaction; by scenario, model, source, reason
and mix.

An event counts where it answers a list (`answers`) and its item stood on it. Where the shop sends impressions, only
what was seen counts; else everything that was listed. An item of a list counts once, however often it was clicked.
Click-through is also given corrected for the place (`measure/position`).
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from whyrec.core.types import HISTORY_KINDS
from whyrec.measure.position import corrected, looked_at

if TYPE_CHECKING:
    from whyrec.app.shop import Shop

DAY_S = 86_400.0
CLICKS = HISTORY_KINDS - {"dislike", "search"}
GROUPS = ("scenario", "model", "source", "reason", "mix")
_MODEL = re.compile(r"\d{8}-\d{6}-(.+)-[0-9a-f]{8}(-\d+)?")


@dataclass
class Shown:
    """One item of one list, and what was answered to it."""

    item: str
    place: int  # from 0
    group: dict[str, str]
    kinds: set[str] = field(default_factory=set)
    helpful: list[float] = field(default_factory=list)

    @property
    def clicked(self) -> bool:
        """Whether the shopper took it up in any way."""
        return bool(self.kinds & CLICKS)


def stats(shop: Shop, days: float = 30.0) -> dict[str, Any]:
    """Return the statistics of the lists of the last days, whole and by group."""
    since = time.time() - days * DAY_S
    places = _places(shop, since)
    n_lists = len({name for name, _ in places})
    answers = shop.store.answers_since(since) if shop.has_store else []
    for event in answers:
        place = places.get((event.answers or "", event.item_id or ""))
        if place is not None:
            place.kinds.add(event.kind)
            if event.kind == "helpful":
                place.helpful.append(float(event.value or 0.0))
    seen = any("impression" in place.kinds for place in places.values())
    shown = [place for place in places.values() if place.kinds or not seen]
    looks = _curve(shown)
    return {
        "days": days,
        "lists": n_lists,
        "based_on": "impressions" if seen else "lists",
        **_measures(shown, looks),
        "looked_at": [round(float(value), 4) for value in looks],
        **{f"by_{name}": _by(name, shown, looks) for name in GROUPS},
    }


def _places(shop: Shop, since: float) -> dict[tuple[str, str], Shown]:
    lists = shop.store.lists_since(since) if shop.has_store else []
    places = {}
    for made, kinds in lists:
        found = _MODEL.fullmatch(made.snapshot)
        for place, item in enumerate(made.items):
            group = {
                "scenario": made.query.scenario,
                "model": found[1] if found else made.snapshot,
                "source": item.sources[0] if item.sources else "none",
                "reason": kinds[place] if place < len(kinds) else "unknown",
                "mix": made.query.mix.name if made.query.mix else "as trained",
            }
            places[made.id, item.item_id] = Shown(item.item_id, place, group)
    return places


def _curve(shown: list[Shown]) -> np.ndarray[Any, np.dtype[np.float64]]:
    codes: dict[str, int] = defaultdict(lambda: len(codes))
    place, item, clicked = _columns(shown, codes)
    return looked_at(place, item, clicked, int(place.max(initial=0)) + 1)


def _columns(shown: list[Shown], codes: dict[str, int]) -> tuple[Any, Any, Any]:
    place = np.array([one.place for one in shown], np.int64)
    item = np.array([codes[one.item] for one in shown], np.int64)
    return place, item, np.array([one.clicked for one in shown], np.bool_)


def _by(name: str, shown: list[Shown], looks: Any) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[Shown]] = defaultdict(list)
    for one in shown:
        groups[one.group[name]].append(one)
    return {key: _measures(mine, looks) for key, mine in sorted(groups.items(), key=lambda found: -len(found[1]))}


def _measures(shown: list[Shown], looks: Any) -> dict[str, Any]:
    n = len(shown)
    clicks = sum(one.clicked for one in shown)
    ratings = [rating for one in shown for rating in one.helpful]
    place = np.array([one.place for one in shown], np.int64)
    clicked = np.array([one.clicked for one in shown], np.bool_)

    def count(kind: str) -> int:
        return sum(kind in one.kinds for one in shown)

    return {
        "impressions": n,
        "clicks": clicks,
        "click_through": clicks / n if n else None,
        "corrected_click_through": corrected(place, clicked, looks) if n else None,
        "purchases": count("purchase"),
        "conversion": count("purchase") / clicks if clicks else None,
        "ratings": len(ratings),
        "satisfaction": sum(ratings) / len(ratings) if ratings else None,
        "wrong_reasons": count("wrong_reason"),
        "rejected": sum(bool(one.kinds & {"hide", "dislike"}) for one in shown),
    }
