"""The relation network of a page: shopper, events, attributes and items, joined by measured contributions.

    shopper -> event       what the event adds to the items shown
    event -> item          what it adds to this item: a cell of the heat map
    attribute -> item      what the item loses without all events that share the attribute, measured together
    event -> attribute     the event is one of them; nothing is measured, so it has no weight

Edges below a small share of the largest are left out; the heat map has them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from whyrec.core.types import Explanation, Query
from whyrec.words import show
from whyrec.words.show import SMALL, Names, grid

SHOPPER, EVENT, ATTRIBUTE, ITEM = COLUMNS = ("shopper", "event", "attribute", "item")
EVERY = 10**9


@dataclass(frozen=True)
class Node:
    """A shopper, an event, an attribute with its value, or an item; `weight` is the score of an item."""

    id: str
    column: str  # of COLUMNS
    name: str
    kind: str = ""  # of an event
    weight: float | None = None


@dataclass(frozen=True)
class Edge:
    """A measured contribution, or a membership where `weight` is None."""

    source: str
    target: str
    weight: float | None


@dataclass(frozen=True)
class Network:
    """Nodes in the order of their columns; edges between them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def of(self, column: str) -> tuple[Node, ...]:
        """Nodes of one column, from top to bottom."""
        return tuple(node for node in self.nodes if node.column == column)


def network(
    explanations: Sequence[Explanation],
    query: Query,
    names: Names,
    shopper: str,
    group_name: Callable[[str], str] = str,
    *,
    most_events: int = 6,
    most_groups: int = 3,
    most_items: int = 5,
) -> Network:
    """Return the network of the first items, the events that move them most, and the groups that give most beside how
    many events they are.

    `group_name` puts a reference such as brand=Lumo into the reader's words. Days and kinds of event are no attributes
    and left out.
    """
    page = list(explanations[:most_items])
    rows = sorted(grid(page, query, names, largest=EVERY).rows, key=lambda row: -sum(map(abs, row.cells)))[:most_events]
    n_events = len(query.history.live())
    beyond: dict[str, float] = {}
    weights: dict[str, dict[str, float]] = {}
    slots: dict[str, set[int]] = {}
    for explanation in page:
        tells = show.beyond(explanation, n_events)
        for group in explanation.groups:
            if group.kind == "group" and not group.reference.startswith(("days=", "kind=")):
                weights.setdefault(group.reference, {})[explanation.item_id] = group.weight
                slots[group.reference] = set(group.slots)
                beyond[group.reference] = beyond.get(group.reference, 0.0) + tells(group)
    shared = sorted(beyond, key=lambda name: -beyond[name])[:most_groups]
    nodes = [Node("shopper", SHOPPER, shopper)]
    nodes += [Node(f"event {row.slots} {row.reference}", EVENT, row.name, row.kind) for row in rows]
    nodes += [Node(f"attribute {name}", ATTRIBUTE, group_name(name)) for name in shared]
    nodes += [Node(f"item {e.item_id}", ITEM, names(e.item_id), weight=e.score) for e in page]
    edges = [Edge("shopper", node.id, row.total) for node, row in zip(nodes[1:], rows, strict=False)]
    for node, row in zip(nodes[1:], rows, strict=False):
        edges += [Edge(node.id, f"attribute {name}", None) for name in shared if slots[name] & set(row.slots)]
        edges += [Edge(node.id, f"item {e.item_id}", cell) for e, cell in zip(page, row.cells, strict=True)]
    edges += [
        Edge(f"attribute {name}", f"item {item}", weight) for name in shared for item, weight in weights[name].items()
    ]
    largest = max(
        (abs(edge.weight) for edge in edges if edge.weight is not None and edge.source != "shopper"), default=0.0
    )
    kept = [
        edge for edge in edges if edge.weight is None or edge.source == "shopper" or abs(edge.weight) > SMALL * largest
    ]
    return Network(tuple(nodes), tuple(kept))
