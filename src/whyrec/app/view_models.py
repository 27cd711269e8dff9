"""What the models' screen shows, as plain data: leaderboards and snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whyrec.app.reader import Reader

if TYPE_CHECKING:
    from whyrec.app.shop import Shop
    from whyrec.learn.snapshot import Snapshot

FAMILIES = {"popular": "baseline", "markov": "counts", "itemknn": "counts", "ease": "linear"}
PROTOCOLS, SEEN = ("loo", "time"), ("keep", "hide")


@dataclass(frozen=True)
class ModelRow:
    """One model of a leaderboard."""

    name: str
    family: str
    live: bool
    measures: Mapping[str, Any]

    def value(self, key: str) -> float:
        """Return a measure, 0 where it was not measured."""
        found = self.measures.get(key)
        return 0.0 if found is None else float(found)

    def text(self, key: str) -> str:
        """Return a measure with four digits and no leading zero, a dash where it was not measured."""
        found = self.measures.get(key)
        if found is None:
            return "–"
        text = f"{float(found):.4f}"
        return text[1:] if text.startswith("0.") else text

    @property
    def interval(self) -> tuple[float, float]:
        """Ends of the 95 % interval of NDCG@10; the value itself on a board of before it was measured."""
        value = self.value("ndcg@10")
        low, high = self.measures.get("ndcg@10_low"), self.measures.get("ndcg@10_high")
        return (value, value) if low is None or high is None else (float(low), float(high))

    @property
    def spread(self) -> str:
        """The interval of NDCG@10 in brackets, nothing where there is none."""
        known = self.measures.get("ndcg@10_low") is not None
        return f" [{self.text('ndcg@10_low')}, {self.text('ndcg@10_high')}]" if known else ""

    def percent(self, key: str, reader: Reader) -> str:
        """Return a measure as per cent."""
        found = self.measures.get(key)
        return "–" if found is None else reader.share(float(found))

    def count(self, key: str, reader: Reader) -> str:
        """Return a count or a cost, with one decimal where it is small."""
        found = self.measures.get(key)
        if found is None:
            return "–"
        return reader.number(float(found), 1 if 0 < abs(float(found)) < 10 and key != "users" else 0)


@dataclass(frozen=True)
class Leaderboard:
    """One protocol with one way to treat seen items, best model first; `top` ends its scale."""

    protocol: str
    seen: str
    users_left_out: int
    rows: tuple[ModelRow, ...]
    top: float


def leaderboards(shop: Shop) -> list[Leaderboard]:
    """Return every board that was measured."""
    live = _live_model(shop)
    found = []
    for protocol in PROTOCOLS:
        for seen in SEEN:
            board = shop.board(protocol, seen)
            if board is not None:
                found.append(_leaderboard(board, protocol, seen, live))
    return found


def _leaderboard(board: Mapping[str, Any], protocol: str, seen: str, live: str | None) -> Leaderboard:
    rows = [
        ModelRow(name, FAMILIES.get(name, "other"), name == live, measures)
        for name, measures in board["models"].items()
    ]
    rows.sort(key=lambda row: (-row.value("ndcg@10"), row.name))
    best = max((row.interval[1] for row in rows), default=0.0)
    return Leaderboard(protocol, seen, int(board["users_left_out"]), tuple(rows), _scale_end(best))


def _scale_end(best: float) -> float:
    """Round up to a number with one or two digits, so that the best dot does not stand at the very end."""
    ends = (step * 10.0**-digits for digits in (4, 3, 2, 1) for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8))
    return next((end for end in ends if best * 1.05 <= end), 1.0)


@dataclass(frozen=True)
class Spot:
    """A value with its interval on a common scale; `sure` is False where the interval holds nothing of note."""

    key: str
    value: float
    low: float
    high: float
    sure: bool = True


def holds(audited: Mapping[str, Any]) -> list[Spot]:
    """Return what is left of the item without five causes of each order, least first; unsure: no better than recency.

    `audited` is a summary of an audit. Orders on which nothing could be measured are left out.
    """
    found = {name: row["DEL@5"] for name, row in audited["measures"].items() if row["DEL@5"][0] is not None}
    bar = found.get("recency", [float("inf")])[0]
    spots = [Spot(name, value, low, high, value <= bar) for name, (value, low, high, _) in found.items()]
    return sorted(spots, key=lambda spot: (spot.value, spot.key != "service"))


@dataclass(frozen=True)
class Sense:
    """What a model loses without a feature: of all items, and of new ones where there were enough."""

    model: str
    feature: str
    spots: tuple[Spot, ...]


def senses(shop: Shop) -> list[Sense]:
    """Return what was measured without features, of the live model first; of the first board that has any."""
    live = _live_model(shop)
    for protocol in PROTOCOLS:
        for seen in SEEN:
            rows = (shop.board(protocol, seen) or {"models": {}})["models"]
            found = [
                _sense(name, row) for name, row in rows.items() if " without " in name and row.get("loses") is not None
            ]
            if found:
                return sorted(found, key=lambda sense: (sense.model != live, sense.model, -sense.spots[0].value))
    return []


def _sense(name: str, row: Mapping[str, Any]) -> Sense:
    model, _, feature = name.partition(" without ")
    spots = []
    for key, ending in (("all", ""), ("new", "_new")):
        if row.get(f"loses{ending}") is not None:
            value, low, high = (float(row[f"{part}{ending}"]) for part in ("loses", "loses_low", "loses_high"))
            spots.append(Spot(key, value, low, high, low > 0))
    return Sense(model, feature, tuple(spots))


def _live_model(shop: Shop) -> str | None:
    from whyrec.core.errors import WhyrecError

    try:
        return shop.live.meta.model
    except WhyrecError:
        return None


def snapshots(shop: Shop) -> tuple[list[Snapshot], str | None, str | None]:
    """Return all snapshots, newest first, and the ids of the live one and of the one before it."""
    from whyrec.learn import snapshot

    place = shop.folder / "snapshots"
    return (
        sorted(snapshot.list_all(place), key=lambda s: (-s.created_at, s.id)),
        snapshot.live(place),
        snapshot.before(place),
    )


@dataclass(frozen=True)
class Learning:
    """How a model learned: a value of each epoch, the place of the best one, and whether it is validation or loss."""

    values: tuple[float, ...]
    best: int
    validated: bool

    @staticmethod
    def of(snapshot: Snapshot) -> Learning | None:
        """Read the learning curve of a snapshot; None for a model that has no epochs."""
        curve = snapshot.about.get("curve") or []
        if not curve:
            return None
        if "value" in curve[-1]:
            values = [entry["value"] for entry in curve if "value" in entry]
            return Learning(tuple(values), values.index(max(values)), True)
        return Learning(tuple(entry["loss"] for entry in curve), len(curve) - 1, False)
