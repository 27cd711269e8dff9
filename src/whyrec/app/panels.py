"""Cards that the console and the report share: a question, how to read the picture, the picture, its table.

Each returns HTML of the inside of a card, filled from one record, so that both places show the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from whyrec.app import figures, view_models, view_parts, view_shopper
from whyrec.app.html import render
from whyrec.app.reader import Reader, Scale
from whyrec.app.transparency import Measured
from whyrec.app.view_matrix import Matrix
from whyrec.core.types import Explanation, Query

if TYPE_CHECKING:
    from whyrec.app.shop import Shop
    from whyrec.explain.contrast import Contrast


MOST_LOOKS = 10
"""Events that a picture of attention shows one by one."""


@dataclass(frozen=True)
class Panel:
    """The inside of one card."""

    title: str
    hint: str
    body: Markup

    def html(self, aside: Markup | str = "") -> Markup:
        """Title, hint and body, as a card holds them, with what stands beside the title."""
        return render("head.html", title=self.title, hint=self.hint, aside=aside) + self.body


def unit(scale: Scale, reader: Reader) -> str:
    """Return the unit of a scale in words."""
    return reader.say(f"unit-{-scale.power}")


def parts(shop: Shop, explanation: Explanation, query: Query, scale: Scale, title: str, reader: Reader) -> Panel:
    """What the score is made of: members, kinds of event, groups."""
    body = render(
        "item_parts.html",
        r=reader,
        scale=scale,
        members=view_parts.members(explanation, reader),
        kinds=view_parts.kinds(explanation, query, reader),
        groups=view_parts.groups(shop, explanation, query, reader),
    )
    return Panel(reader.say("parts-title", item=title), reader.say("parts-read", unit=unit(scale, reader)), body)


def columns(explanation: Explanation, query: Query, scale: Scale, title: str, reader: Reader) -> Panel | None:
    """What each day or week adds; None for a shop without times or a shopper without events."""
    found, weekly = view_parts.columns(explanation, query, reader)
    if not found:
        return None
    named = reader.say("columns-title", item=title)
    drawn = [(column.label, column.raises, column.lowers) for column in found]
    hint = reader.say("columns-read-week" if weekly else "columns-read-day", unit=unit(scale, reader))
    return Panel(named, hint, render("columns.html", r=reader, scale=scale, columns=found, drawn=drawn, title=named))


def network(
    shop: Shop, explained: Sequence[Explanation], query: Query, scale: Scale, user: str, reader: Reader
) -> Panel | None:
    """The relation network of a page; None for a page without reasons."""
    net = view_parts.relations(shop, explained, query, reader, user)
    if not net.of("event"):
        return None
    counts = {"events": len(net.of("event")), "groups": len(net.of("attribute")), "items": len(net.of("item"))}
    body = render("network.html", r=reader, scale=scale, net=net, summary=reader.say("network-summary", **counts))
    return Panel(reader.say("network-title"), reader.say("network-read", unit=unit(scale, reader)), body)


def waterfall(board: Matrix, column: int, reader: Reader) -> Panel:
    """How the score comes about, step by step, as bars that stay legible at any width."""
    item, scale = board.columns[column], board.scale
    title = reader.say("item-title", item=item.title, score=scale.plain(item.score))
    steps = view_shopper.steps(board, column, reader)
    summary = reader.say(
        "item-summary",
        score=scale.plain(item.score),
        unit=unit(scale, reader),
        empty=scale.plain(item.empty),
        personal=scale.signed(item.score - item.empty - item.gap),
    )
    hint = reader.say("item-read", unit=unit(scale, reader))
    return Panel(title, hint, _steps(steps, scale, title, reader, summary))


def contrast(board: Matrix, a: int, b: int, reader: Reader, found: Contrast | None = None) -> Panel:
    """Why item `a` and not item `b`; `found` is asked for where the model is no sum over events."""
    first, second, scale = board.columns[a], board.columns[b], board.scale
    title = reader.say("contrast-title", a=first.title, b=second.title)
    steps = view_shopper.contrast(board, a, b, reader, found=found)
    about = {"gap": scale.signed(first.score - second.score), "unit": unit(scale, reader)}
    hint = reader.say("contrast-read", **about)
    if found is not None:
        hint = reader.say("contrast-read-shapley", error=scale.plain(found.error), **about)
    sides = (reader.say("contrast-b"), reader.say("contrast-a"))
    return Panel(title, hint, _steps(steps, scale, title, reader, sides=sides))


def attention(
    shop: Shop, explanation: Explanation, query: Query, seen: Mapping[str, Any], title: str, reader: Reader
) -> Panel:
    """Where the model looks, which is no reason, with what its order is worth beside that of the reasons.

    `seen` is what `audit.attention` found.
    """
    named = reader.say("attention-title", item=title)
    rows = view_shopper.looks(shop, explanation, query, seen, reader)
    shown, rest = rows[:MOST_LOOKS], rows[MOST_LOOKS:]
    drawn = [("gap", row.label, 0.0, row.looks, reader.share(row.looks)) for row in shown]
    if rest:
        looks = sum(row.looks for row in rest)
        drawn.append(("gap", reader.say("step-other", n=len(rest)), 0.0, looks, reader.share(looks)))
    worth = {
        name: "–" if (left := seen["measures"][name]["DEL@5"]) is None else reader.share(left)
        for name in ("attention", "reasons")
    }
    scale = Scale.of(max((abs(row.reason) for row in rows), default=0.0))
    table = [(row.label, reader.share(row.looks), scale.signed(row.reason)) for row in rows]
    body = render(
        "attention.html", r=reader, drawn=drawn, title=named, rows=table,
        worth=reader.say(f"attention-worth-{seen['scale']}", looks=worth["attention"], reasons=worth["reasons"]),
        unit=unit(scale, reader),
    )  # fmt: skip
    return Panel(named, reader.say(f"attention-read-{seen['kind']}"), body)


def holds(audited: Mapping[str, Any], reader: Reader) -> Panel:
    """Do the reasons hold when they are taken away: what an audit measured, beside the orders of rivals."""
    title, spots = reader.say("holds-title"), view_models.holds(audited)
    drawn, rows = [], []
    for spot in spots:
        part = "order" if spot.key == "service" else "bought" if spot.sure else "lowers"
        label, text = reader.say(f"rival-{spot.key}"), reader.share(spot.value)
        drawn.append((part, label, spot.low, spot.value, spot.high, text, True))
        rows.append([label, text, f"{reader.share(spot.low)} – {reader.share(spot.high)}"])
    bar = next((spot.value for spot in spots if spot.key == "recency"), None)
    found = audited["sets"]["necessary"]
    true = "–" if found["true"] is None else reader.share(found["true"])
    body = render(
        "dots.html", r=reader, drawn=drawn, title=title, mark=bar, rows=rows,
        heads=["", "DEL@5", "95 %"], worth=reader.say("holds-sets", found=reader.share(found["found"]), true=true),
    )  # fmt: skip
    return Panel(title, reader.say(f"holds-read-{audited['scale']}", n=reader.number(audited["cases"])), body)


def senses(found: Sequence[view_models.Sense], reader: Reader) -> Panel:
    """Does each sense earn its place: what NDCG@10 loses without it; of one model."""
    title, drawn, rows = reader.say("senses-title"), [], []
    for sense in found:
        for spot in sense.spots:
            label = f"{sense.feature} · {reader.say(f'senses-{spot.key}')}"
            part = "content" if spot.key == "new" else "bought"
            text = reader.share(spot.value)
            drawn.append((part, label, spot.low, spot.value, spot.high, text, spot.sure))
            rows.append([label, text, f"{reader.share(spot.low)} – {reader.share(spot.high)}"])
    heads = [reader.say("senses-col"), "NDCG@10", "95 %"]
    body = render("dots.html", r=reader, drawn=drawn, title=title, mark=None, rows=rows, heads=heads, worth="")
    return Panel(title, reader.say("senses-read", model=found[0].model), body)


def _steps(
    steps: Sequence[view_shopper.Step],
    scale: Scale,
    title: str,
    reader: Reader,
    summary: str = "",
    sides: tuple[str, str] | None = None,
) -> Markup:
    drawn = [
        (s.part, s.label, s.start, s.end, scale.plain(s.end) if s.part == "whole" else scale.signed(s.value))
        for s in steps
    ]
    return render(
        "bars.html", r=reader, drawn=drawn, title=title, sides=sides, steps=steps, scale=scale, summary=summary
    )


def whole(shop: Shop, found: Measured, reader: Reader) -> list[Panel]:
    """The global view: what moves scores, which kinds of event, how far back, and scores against prices."""
    view = view_parts.whole(shop, found.overall, reader)
    panels = []
    for title_key, hint_key, amounts in (
        ("global-parts-title", "global-parts-read", view.parts),
        ("global-kinds-title", "global-kinds-read", view.kinds),
    ):
        title, scale = reader.say(title_key), view.scale
        drawn = [
            (part, label, 0.0, a.mean, f"{scale.plain(a.mean)} ± {scale.plain((a.high - a.low) / 2)} ({a.percent} %)")
            for label, part, a in amounts
        ]
        body = render("amounts.html", r=reader, amounts=amounts, drawn=drawn, title=title, scale=scale)
        panels.append(Panel(title, reader.say(hint_key, unit=unit(scale, reader)), body))
    title, axis, scale = reader.say("global-ages-title"), reader.say("global-ages-axis"), view.scale
    rows = [
        [label, *("–" if (value := values[k]) is None else scale.plain(value) for _, values in view.ages)]
        for k, label in enumerate(view.age_labels)
    ]
    drawing = figures.curves(view.ages, view.age_labels, title, axis, scale.plain) if rows else ""
    heads = [axis, *(name for name, _ in view.ages)]
    body = render("drawing.html", r=reader, drawing=drawing, heads=heads, rows=rows)
    panels.append(Panel(title, reader.say("global-ages-read", unit=unit(scale, reader)), body))
    title, axis, scale = reader.say("global-prices-title"), reader.say("global-prices-axis"), view.price_scale
    rows = [[label, *map(scale.signed, amounts)] for label, *amounts in view.prices]
    drawing = figures.band(view.prices, title, axis, scale.signed) if rows else ""
    body = render("drawing.html", r=reader, drawing=drawing, heads=[axis, "25 %", "=", "75 %"], rows=rows)
    panels.append(Panel(title, reader.say("global-prices-read", unit=unit(scale, reader)), body))
    return panels
