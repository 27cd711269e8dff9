"""Small pictures as inline SVG, made of plain numbers: time line, stacked bar, histogram, dot on a scale, curve, icons.

Pure functions; colours come from style sheets by class name, so that a picture follows light and dark by itself.
All text that comes from data is escaped by Markup.format.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from markupsafe import Markup

ICON_PATHS = {
    "bag": "M6 8h12l1 12.5H5zM9 8V6.5a3 3 0 0 1 6 0V8",
    "eye": "M2.5 12S6 5.8 12 5.8 21.5 12 21.5 12 18 18.2 12 18.2 2.5 12 2.5 12z"
           "M12 9.4a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2z",
    "star": "M12 3.6l2.6 5.3 5.9.8-4.3 4.1 1 5.8-5.2-2.7-5.2 2.7 1-5.8-4.3-4.1 5.9-.8z",
    "page": "M6 3.5h8l4 4v13H6zM14 3.5v4h4M9 12h6M9 16h6",
    "cart": "M3 4.5h2.4l2.3 10.5h9.8l2-7.5H6.2M9 19.6a.6.6 0 1 0 0-.1M16.5 19.6a.6.6 0 1 0 0-.1",
    "thumb-up": "M7 20H4v-9h3M7 20h9.4a2 2 0 0 0 2-1.6l1.1-5.2a2 2 0 0 0-2-2.4H13l.8-4.4A2 2 0 0 0 11.9 4L7 11z",
    "thumb-down": "M7 4H4v9h3M7 4h9.4a2 2 0 0 1 2 1.6l1.1 5.2a2 2 0 0 1-2 2.4H13l.8 4.4A2 2 0 0 1 11.9 20L7 13z",
    "search": "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.4 15.4L20 20",
    "check": "M4.5 12.5l5 5L20 6.5",
    "undo": "M8.5 5L4 9.5 8.5 14M4.5 9.5H14a5 5 0 0 1 0 10H9",
    "error": "M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3zM12 7.5v5.5M12 16.4v.1",
    "warning": "M12 4L2.8 20h18.4zM12 10v4.6M12 17.2v.1",
    "note": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5.5M12 7.6v.1",
    "question": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.3 9.6a2.8 2.8 0 1 1 4 2.5c-.9.4-1.3 1-1.3 1.9M12 16.6v.1",
    "never": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM5.7 5.7l12.6 12.6",
    "sun": "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2"
           "M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
    "moon": "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
}  # fmt: skip
"""24-unit outlines, drawn with a stroke of 1.9."""

KIND_ICONS = {
    "purchase": "bag", "cart": "cart", "favourite": "star", "like": "thumb-up", "share": "page", "bookmark": "star",
    "comment": "page", "follow": "star", "rating": "star", "low-rating": "thumb-down", "view": "eye", "click": "eye",
    "search": "search", "dwell": "page", "dislike": "thumb-down", "removed": "undo", "context": "eye",
}  # fmt: skip


def icon(name: str, size: int = 16) -> Markup:
    """Return an outline icon; hidden from screen readers, since words stand beside it."""
    return Markup(
        '<svg class="icon" viewBox="0 0 24 24" width="{0}" height="{0}" aria-hidden="true"><path d="{1}"/></svg>'
    ).format(size, ICON_PATHS[name])


def ticks(first: float, last: float, zone: str, most: int = 6) -> list[float]:
    """Return moments for a time axis: midnights or first days of months, at most `most` of them."""
    span = max(1.0, (last - first) / 86400)
    start = datetime.fromtimestamp(first, ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    step = math.ceil(span / most)
    if step <= 20:  # days
        step = next(s for s in (1, 2, 7, 14, 20) if s >= step)
        midnight = start.timestamp()
        found = [midnight + 86400.0 * d for d in range(0, int(span) + 2, step)]
    else:
        months = math.ceil(span / 30.4 / most)
        for k in range(0, int(span / 28) + 3, months):
            index = start.year * 12 + start.month - 1 + k
            found.append(start.replace(year=index // 12, month=index % 12 + 1, day=1).timestamp())
    return [at for at in found if first <= at <= last]


class Mark(Protocol):
    """What a time line knows of a point: moment, effect, short title, whole text."""

    @property
    def at(self) -> float:
        """UTC seconds, or the place in the order."""
        ...

    @property
    def effect(self) -> float:
        """Signed height."""
        ...

    @property
    def title(self) -> str:
        """Name beside the point."""
        ...

    @property
    def text(self) -> str:
        """Tooltip."""
        ...


def timeline(
    points: Sequence[Mark],
    labels: Sequence[tuple[float, str]],
    span: tuple[float, float],
    title: str,
    faint: Sequence[float] = (),
    width: int = 800,
) -> Markup:
    """Draw events on a real time axis over `span`; height is what each adds, round above, a triangle below.

    `labels` are (at, text) of the axis; `faint` are moments of events without a point of their own. The three largest
    effects and the lowest are named; a name is dropped rather than laid over another. An effect under 3 % of the
    largest is a hollow dot.
    """
    top, base, height = 22, 92, 140
    first, last = span
    largest = max((abs(point.effect) for point in points), default=0.0) or 1.0

    def x(at: float) -> float:
        return 14 + (width - 28) * ((at - first) / (last - first) if last > first else 0.5)

    def y(effect: float) -> float:
        return base - effect / largest * (base - top) if effect > 0 else base + 10 - effect / largest * 22

    parts = [Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(width, height, title)]
    for at, text in labels:
        parts.append(
            Markup('<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="6" y2="{1}"/>').format(x(at), height - 18)
        )
        parts.append(_text(x(at), height - 3, text, _anchor(x(at), width)))
    parts.append(Markup('<line class="axis" x1="0" x2="{0}" y1="{1}" y2="{1}"/>').format(width, base))
    speck = Markup('<circle class="hollow" cx="{:.1f}" cy="{}" r="1.6"/>')
    parts += [speck.format(x(at), base) for at in faint]
    parts += [_stem(x(p.at), base, y(p.effect), p.effect, largest, p.text) for p in points]
    parts += _names(points, x, y, width)
    return Markup("").join([*parts, Markup("</svg>")])


def _stem(x: float, base: float, y: float, effect: float, largest: float, name: str) -> Markup:
    if abs(effect) < 0.03 * largest:
        return Markup('<circle class="hollow" cx="{:.1f}" cy="{}" r="3.6"><title>{}</title></circle>').format(
            x, base, name
        )
    if effect > 0:
        return Markup(
            '<g><title>{3}</title><line class="stem-raise" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2:.1f}"/>'
            '<circle class="raise" cx="{0:.1f}" cy="{2:.1f}" r="5"/></g>'
        ).format(x, base, y, name)
    tip = Markup("{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}").format(x - 6, y - 5, x + 6, y - 5, x, y + 5)
    return Markup(
        '<g><title>{3}</title><line class="stem-lower" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2:.1f}"/>'
        '<polygon class="lower" points="{4}"/></g>'
    ).format(x, base, y - 4, name, tip)


def _names(
    points: Sequence[Mark], x: Callable[[float], float], y: Callable[[float], float], width: int
) -> list[Markup]:
    taken: list[tuple[float, float, float]] = [(x(p.at) - 6, x(p.at) + 6, y(p.effect)) for p in points]
    ups = sorted((p for p in points if p.effect > 0), key=lambda p: -p.effect)[:3]
    downs = sorted((p for p in points if p.effect < 0), key=lambda p: p.effect)[:1]
    parts = []
    for point in [*ups, *downs]:
        text = shorten(point.title, 26)
        wide, middle, own = text_width(text), y(point.effect), x(point.at)
        for left in (own + 9, own - 9 - wide):
            clash = any(
                left < b and left + wide > a and abs(middle - c) < 15 for a, b, c in taken if (a + b) / 2 != own
            )
            if left >= 0 and left + wide <= width and not clash:
                parts.append(_text(left, middle + 4, text, "start", "strong"))
                taken.append((left, left + wide, middle))
                break
    return parts


def _text(x: float, y: float, text: str, anchor: str = "start", kind: str = "") -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="{}">{}</text>').format(x, y, anchor, kind, text)


def _anchor(x: float, width: float) -> str:
    return "start" if x < 30 else "end" if x > width - 30 else "middle"


def text_width(text: str) -> float:
    """Estimate the width of 12-px text: Chinese 12 px, Latin about half, capitals more."""
    return sum(12.0 if ord(c) > 0x2E80 else 8.2 if c.isupper() else 6.6 for c in text)


def shorten(text: str, most: int) -> str:
    """Cut a text to `most` half-width characters, with an ellipsis."""
    room = most * 6.6
    if text_width(text) <= room:
        return text
    while text and text_width(text) > room - 8:
        text = text[:-1]
    return text.rstrip() + "…"


def stacked(parts: Sequence[tuple[str, float, float]], low: float, high: float, title: str) -> Markup:
    """Draw one bar on the scale low..high; parts are (class, from, to), hatching is drawn by the class."""
    span = (high - low) or 1.0
    boxes = [
        Markup('<i class="{}" style="left:{:.2f}%;width:{:.2f}%"></i>').format(
            f"seg-{part}" + (" hatched" if part == "popular" else ""), 100 * (a - low) / span, 100 * (b - a) / span
        )
        for part, a, b in parts
    ]
    zero = Markup('<b style="left:{:.2f}%"></b>').format(100 * (0 - low) / span)
    return Markup('<div class="stack" role="img" aria-label="{}">{}{}</div>').format(
        title, Markup("").join(boxes), zero
    )


def sum_bar(value: float, lowest: float, highest: float, text: str, width: int = 90) -> Markup:
    """Draw the total of a matrix row as a bar from a common zero, its number beside it."""
    room = width - 54  # beside the number
    span = (highest - lowest) or 1.0
    zero = 3 + max(0.0, -lowest) / span * room
    long = value / span * room
    box = Markup('<rect class="{}" x="{:.1f}" y="9" width="{:.1f}" height="13" rx="1.5"/>').format(
        "raise" if value >= 0 else "lower", min(zero, zero + long), max(1.0, abs(long))
    )
    line = Markup('<line class="axis" x1="{0:.1f}" x2="{0:.1f}" y1="0" y2="33"/>').format(zero)
    after = max(zero, zero + long) + 4
    return Markup(
        '<div class="sumbar"><svg width="{}" height="33" aria-hidden="true">{}{}</svg>'
        '<span style="left:{:.1f}px">{}</span></div>'
    ).format(width, line, box, after, text)


def dot(value: float, low: float, high: float, top: float, title: str, width: int = 200) -> Markup:
    """Draw a value as a dot and its interval as a line on a scale from 0 to `top`."""
    at, start, end = (6 + (width - 12) * (min(v, top) / top if top > 0 else 0.0) for v in (value, low, high))
    return Markup(
        '<svg class="dotline" viewBox="0 0 {0} 18" width="{0}" height="18" role="img" aria-label="{1}">'
        '<title>{1}</title><line class="range" x1="2" x2="{2}" y1="9" y2="9"/>'
        '<line class="spread" x1="{4:.1f}" x2="{5:.1f}" y1="9" y2="9"/>'
        '<circle class="dot" cx="{3:.1f}" cy="9" r="4"/></svg>'
    ).format(width, title, width - 2, at, start, end)


def curve(values: Sequence[float], best: int, title: str, width: int = 120) -> Markup:
    """Draw a value of each epoch as a line, the best one (counted from 0) as a dot."""
    low, high = min(values), max(values)
    step = (width - 12) / max(1, len(values) - 1)
    points = [(6 + n * step, 18 - 12 * ((v - low) / (high - low) if high > low else 0.5)) for n, v in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return Markup(
        '<svg class="dotline" viewBox="0 0 {0} 24" width="{0}" height="24" role="img" aria-label="{1}">'
        '<title>{1}</title><polyline class="range" fill="none" points="{2}"/>'
        '<circle class="dot" cx="{3:.1f}" cy="{4:.1f}" r="3"/></svg>'
    ).format(width, title, line, *points[best])


def histogram(
    bars: Sequence[tuple[str, float]],
    axis: str,
    title: str,
    odd: Sequence[int] = (),
    every: int = 1,
    counts: bool = True,
) -> Markup:
    """Draw counts as bars with a zero line, grid values at the left and the count on each bar.

    `odd` are bars in the colour of content; `every` thins the labels below.
    """
    width, base, top, left = 300.0, 196.0, 20.0, 34.0
    peak = nice_top(max((value for _, value in bars), default=0.0))
    slot = (width - left) / max(1, len(bars))
    parts = [Markup('<svg class="plot" viewBox="0 0 {:.0f} 240" role="img" aria-label="{}">').format(width, title)]
    for k in range(4):
        y = base - (base - top) * k / 3
        parts.append(Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(left, width, y, y))
        parts.append(_text(left - 6, y + 4, brief(peak * k / 3), "end"))
    free = 0.0  # where the next label below may begin
    for place, (label, value) in enumerate(bars):
        x, high = left + slot * place, (base - top) * value / peak
        kind = "odd" if place in odd else "bar"
        parts.append(
            Markup(
                '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}: {}</title></rect>'
            ).format(kind, x + 1, base - high, max(1.0, slot - 2), high, label, f"{value:,.0f}")
        )
        if counts and slot >= 24:
            parts.append(_text(x + slot / 2, base - high - 5, brief(value), "middle", "strong"))
        wide = text_width(label)
        if place % every == 0 and x + (slot - wide) / 2 >= free:
            parts.append(_text(x + slot / 2, base + 16, label, "middle"))
            free = x + (slot + wide) / 2 + 2
    parts.append(_text((left + width) / 2, base + 36, axis, "middle"))
    return Markup("").join([*parts, Markup("</svg>")])


def nice_top(value: float) -> float:
    """Round up to a number whose third is round as well, for an axis with three grid lines."""
    if value <= 0:
        return 3.0
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in (1.2, 1.5, 1.8, 2.4, 3, 3.6, 4.5, 6, 7.5, 9, 12) if step * size >= value)


def brief(value: float) -> str:
    """Return a count in at most four characters: 950, 1.2k, 24k, 1.5M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            short = value / size
            return f"{short:.1f}".removesuffix(".0") + unit if abs(short) < 10 else f"{short:.0f}{unit}"
    return f"{value:.0f}" if value == int(value) else f"{value:.1f}"
