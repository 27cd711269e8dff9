"""Larger pictures of the console and the report: bars that are text and boxes, and SVG for columns, curves, networks.

Pure functions of plain data, as in pictures.py. Bars are HTML, so that they stay legible at any width; what is SVG
stands in a box that scrolls sideways on a phone. Sign is told by side, by + and −, and by dashes beside the colour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from markupsafe import Markup

from whyrec.app.pictures import nice_top, shorten, text_width
from whyrec.words.network import COLUMNS, Network, Node

Text = Callable[[float], str]
"""How a value is written."""


class Part(Protocol):
    """What a picture of a whole knows of its parts: class, label, value, share."""

    @property
    def part(self) -> str:
        """Class of its colour."""
        ...

    @property
    def label(self) -> str:
        """Name beside it."""
        ...

    @property
    def value(self) -> float:
        """In points."""
        ...

    @property
    def percent(self) -> int | None:
        """None where shares make no sense."""
        ...


def made_of(parts: Sequence[Part], title: str, text: Text) -> Markup:
    """Draw what a score is made of: one bar of shares, or bars around zero where a part lowers it."""
    if parts and all(part.percent is not None for part in parts):
        return share_bar([(part.part, part.label, part.percent or 0) for part in parts], title)
    return bars([(part.part, part.label, 0.0, part.value, text(part.value)) for part in parts], title)


def bars(
    rows: Sequence[tuple[str, str, float, float, str]], title: str, sides: tuple[str, str] | None = None
) -> Markup:
    """Draw rows of (part, label, from, to, text) as bars on one scale with a zero line; text stands at the right.

    With `sides`, what is left and right of zero is named above, and zero is in the middle.
    """
    low = min([0.0, *(min(a, b) for _, _, a, b, _ in rows)])
    high = max([0.0, *(max(a, b) for _, _, a, b, _ in rows)])
    if sides:
        low, high = -max(high, -low), max(high, -low)
    span = (high - low) or 1.0
    zero = 100 * (0 - low) / span
    drawn = []
    if sides:
        head = '<li><span class="label"></span><span class="sides"><b class="lowers">◀ {}</b><b class="raises">{} ▶</b>'
        drawn.append(Markup(head + '</span><span class="value"></span></li>').format(*sides))
    drawn += [
        Markup(
            '<li><span class="label" title="{0}">{0}</span><span class="track"><b style="left:{1:.2f}%"></b>'
            '<i class="{2}" style="left:{3:.2f}%;width:{4:.2f}%"></i></span><span class="value">{5}</span></li>'
        ).format(label, zero, f"part-{part}", 100 * (min(a, b) - low) / span, 100 * abs(b - a) / span, text)
        for part, label, a, b, text in rows
    ]
    return Markup('<ul class="hbars" aria-label="{}">{}</ul>').format(title, Markup("").join(drawn))


def dots(
    rows: Sequence[tuple[str, str, float, float, float, str, bool]], title: str, mark: float | None = None
) -> Markup:
    """Draw rows of (part, label, low, value, high, text, filled) as dots with their intervals on one scale with zero.

    `mark` is a value that stands as a dashed line through all rows.
    """
    ends = [
        0.0,
        *(edge for _, _, low, _, high, _, _ in rows for edge in (low, high)),
        *([] if mark is None else [mark]),
    ]
    low, span = min(ends), (max(ends) - min(ends)) or 1.0

    def at(value: float) -> float:
        return 100 * (value - low) / span

    dashed = "" if mark is None else Markup('<s style="left:{:.2f}%"></s>').format(at(mark))
    line = Markup('<u class="part-{}" style="left:{:.2f}%;width:{:.2f}%"></u>')
    dot = Markup('<em class="{}" style="left:{:.2f}%"></em>')
    row = Markup(
        '<li><span class="label" title="{0}">{0}</span>'
        '<span class="track"><b style="left:{1:.2f}%"></b>{2}{3}{4}</span><span class="value">{5}</span></li>'
    )
    drawn = []
    for part, label, least, value, most, text, filled in rows:
        kind = f"part-{part}" if filled else "hollow"
        drawn.append(
            row.format(
                label,
                at(0.0),
                dashed,
                line.format(part, at(least), at(most) - at(least)),
                dot.format(kind, at(value)),
                text,
            )
        )
    return Markup('<ul class="hbars dots" aria-label="{}">{}</ul>').format(title, Markup("").join(drawn))


def share_bar(parts: Sequence[tuple[str, str, int]], title: str) -> Markup:
    """Draw (part, label, per cent) as one bar of segments with the names and numbers below."""
    segments = [
        Markup('<i class="part-{}" style="flex:{} 1 0" title="{}"></i>').format(part, percent, f"{label} {percent} %")
        for part, label, percent in parts
    ]
    legend = [
        Markup('<li><i class="swatch part-{}"></i><span>{}</span><b>{} %</b></li>').format(part, label, percent)
        for part, label, percent in parts
    ]
    return Markup('<div class="sharebar" role="img" aria-label="{}">{}</div><ul class="shares">{}</ul>').format(
        title, Markup("").join(segments), Markup("").join(legend)
    )


def columns(values: Sequence[tuple[str, float, float]], title: str, text: Text, width: int = 600) -> Markup:
    """Draw (label, raises, lowers) as columns above and below zero; an empty label is not written."""
    top, bottom, height = 14.0, 150.0, 180
    most, least = max([0.0, *(up for _, up, _ in values)]), min([0.0, *(down for _, _, down in values)])
    span = (most - least) or 1.0
    zero = top + (bottom - top) * most / span
    left, right = 56.0, float(width)
    slot = (right - left) / max(1, len(values))

    def y(value: float) -> float:
        return top + (bottom - top) * (most - value) / span

    parts = [_open(width, height, title)]
    for value in (most, least):
        if value:
            parts.append(Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
                left, right, y(value), y(value)))  # fmt: skip
            parts.append(_text(left - 6, y(value) + 4, text(value), "end"))
    free = 0.0
    for place, (label, up, down) in enumerate(values):
        x = left + slot * place
        for value, kind in ((up, "raise"), (down, "lower")):
            if value:
                box = '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
                parts.append(
                    Markup(box)
                    .format(kind, x + min(1.0, slot / 8), min(zero, y(value)), max(1.0, slot - min(2.0, slot / 4)),
                            max(1.0, abs(y(value) - zero)), f"{label} {text(value)}")
                )  # fmt: skip
        wide = text_width(label)
        if label and x >= free and x + wide <= right:
            parts.append(_text(x, height - 10, label))
            free = x + wide + 10
    parts.append(Markup('<line class="axis" x1="{0}" x2="{1}" y1="{2:.1f}" y2="{2:.1f}"/>').format(left, right, zero))
    return Markup("").join([*parts, Markup("</svg>")])


def curves(
    series: Sequence[tuple[str, Sequence[float | None]]], labels: Sequence[str], title: str, axis: str, text: Text
) -> Markup:
    """Draw lines of values over common labels, told apart by dashes and by their names at the end; None is a gap."""
    width, height, left, right, top, base = 600, 220, 56.0, 470.0, 14.0, 168.0
    peak = nice_top(max((v for _, values in series for v in values if v is not None), default=0.0))
    step = (right - left) / max(1, len(labels) - 1)
    parts = [_open(width, height, title)]
    for k in range(4):
        y = base - (base - top) * k / 3
        parts.append(Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(left, right, y, y))
        parts.append(_text(left - 6, y + 4, text(peak * k / 3), "end"))
    for place, label in enumerate(labels):
        parts.append(_text(left + step * place, base + 18, label, "middle"))
    ends: list[float] = []
    for number, (name, values) in enumerate(series):
        points = [(left + step * k, base - (base - top) * v / peak) for k, v in enumerate(values) if v is not None]
        if not points:
            continue
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(Markup('<polyline class="curve curve-{}" points="{}"/>').format(number % 3, path))
        parts += [Markup('<circle class="curve-dot-{}" cx="{:.1f}" cy="{:.1f}" r="3.5"/>').format(number % 3, x, y)
                  for x, y in points]  # fmt: skip
        at = points[-1][1]
        while any(abs(at - other) < 15 for other in ends):
            at -= 15
        ends.append(at)
        # Ends may lie on one another, so each name has a piece of its line before it.
        sample = '<line class="curve curve-{}" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>'
        parts.append(Markup(sample).format(number % 3, points[-1][0] + 8, points[-1][0] + 28, at, at))
        parts.append(_text(points[-1][0] + 33, at + 4, shorten(name, 16), "start", "strong"))
    parts.append(_text((left + right) / 2, base + 40, axis, "middle"))
    return Markup("").join([*parts, Markup("</svg>")])


def band(points: Sequence[tuple[str, float, float, float]], title: str, axis: str, text: Text) -> Markup:
    """Draw (label, low, middle, high) as a line with a band around it; the zero line is drawn."""
    width, height, left, right, top, base = 600, 220, 56.0, 580.0, 14.0, 168.0
    most = max([0.0, *(high for _, _, _, high in points)])
    least = min([0.0, *(low for _, low, _, _ in points)])
    span = (most - least) or 1.0
    step = (right - left) / max(1, len(points))

    def y(value: float) -> float:
        return top + (base - top) * (most - value) / span

    xs = [left + step * (k + 0.5) for k in range(len(points))]
    outline = [(x, y(high)) for x, (_, _, _, high) in zip(xs, points, strict=True)]
    outline += [(x, y(low)) for x, (_, low, _, _) in reversed(list(zip(xs, points, strict=True)))]
    middle = [(x, y(value)) for x, (_, _, value, _) in zip(xs, points, strict=True)]
    parts = [_open(width, height, title)]
    for value in sorted({most, 0.0, least}):
        parts.append(Markup('<line class="{}" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
            "axis" if value == 0 else "grid", left, right, y(value), y(value)))  # fmt: skip
        parts.append(_text(left - 6, y(value) + 4, text(value), "end"))
    parts.append(Markup('<polygon class="band" points="{}"/>').format(" ".join(f"{a:.1f},{b:.1f}" for a, b in outline)))
    parts.append(
        Markup('<polyline class="curve curve-0" points="{}"/>').format(" ".join(f"{a:.1f},{b:.1f}" for a, b in middle))
    )
    parts += [Markup('<circle class="curve-dot-0" cx="{:.1f}" cy="{:.1f}" r="3.5"/>').format(*at) for at in middle]
    parts += [_text(x, base + 18, label, "middle") for x, (label, _, _, _) in zip(xs, points, strict=True)]
    parts.append(_text((left + right) / 2, base + 40, axis, "middle"))
    return Markup("").join([*parts, Markup("</svg>")])


def network(net: Network, heads: Sequence[str], title: str, text: Text, kind: Callable[[str], str]) -> Markup:
    """Draw the relation network in four columns; width is the size of a contribution, dashes lower, dots belong to."""
    boxes = {"shopper": (0, 96), "event": (170, 220), "attribute": (480, 170), "item": (740, 220)}
    tallest = max((len(net.of(column)) for column in COLUMNS), default=1)
    row, top = 46, 34
    height = top + row * max(1, tallest)
    place: dict[str, tuple[float, float, float]] = {}
    for column in COLUMNS:
        nodes = net.of(column)
        first = top + (height - top - row * len(nodes)) / 2
        x, wide = boxes[column]
        for k, node in enumerate(nodes):
            place[node.id] = (x, x + wide, first + row * k + row / 2)
    # What an event adds to all items is wider than what it adds to one, so each side has a scale of its own.
    largest = {
        first: max(
            (abs(e.weight) for e in net.edges if e.weight is not None and (e.source == "shopper") == first), default=0.0
        ) or 1.0
        for first in (True, False)
    }  # fmt: skip
    total = {edge.target: edge.weight for edge in net.edges if edge.source == "shopper"}
    names = {node.id: node.name for node in net.nodes}
    parts = [_open(960, height, title)]
    for column, head in zip(COLUMNS, heads, strict=True):
        if net.of(column):
            parts.append(_text(boxes[column][0], 16, head))
    for edge in sorted(net.edges, key=lambda edge: abs(edge.weight or 0.0)):
        (_, x0, y0), (x1, _, y1) = place[edge.source], place[edge.target]
        sign = "belongs" if edge.weight is None else "raises" if edge.weight >= 0 else "lowers"
        size = 1.4 if edge.weight is None else 1.2 + 7 * abs(edge.weight) / largest[edge.source == "shopper"]
        told = "" if edge.weight is None else " " + text(edge.weight)
        parts.append(
            Markup('<path class="edge edge-{}" stroke-width="{:.1f}" d="M{:.0f} {:.1f}C{:.0f} {:.1f} {:.0f} {:.1f} '
                   '{:.0f} {:.1f}"><title>{}</title></path>').format(
                sign, size, x0, y0, (x0 + x1) / 2, y0, (x0 + x1) / 2, y1, x1, y1,
                f"{names[edge.source]} → {names[edge.target]}{told}",
            )
        )  # fmt: skip
    parts += [_box(node, place[node.id], text, kind, total.get(node.id)) for node in net.nodes]
    return Markup("").join([*parts, Markup("</svg>")])


def _box(
    node: Node, at: tuple[float, float, float], text: Text, kind: Callable[[str], str], total: float | None
) -> Markup:
    """A node: its name, and below it kind and total of an event, or the score of an item."""
    left, right, middle = at
    below = " ".join(filter(None, [kind(node.kind) if node.kind else "", "" if total is None else text(total)]))
    if node.weight is not None:
        below = text(node.weight).lstrip("+")
    most = int((right - left - 16) / 6.6)
    name = _text(left + 8, middle + (-3 if below else 4), shorten(node.name, most), "start", "strong")
    more = _text(left + 8, middle + 12, shorten(below, most)) if below else Markup("")
    box = Markup('<rect class="node node-{}" x="{:.0f}" y="{:.1f}" width="{:.0f}" height="38" rx="8"/>').format(
        node.column, left, middle - 19, right - left
    )
    return Markup("<g><title>{}</title>{}{}{}</g>").format(f"{node.name} {below}", box, name, more)


def _open(width: int, height: float, title: str) -> Markup:
    return Markup('<svg class="plot" viewBox="0 0 {} {:.0f}" role="img" aria-label="{}">').format(width, height, title)


def _text(x: float, y: float, text: str, anchor: str = "start", kind: str = "") -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="{}">{}</text>').format(x, y, anchor, kind, text)
