"""Options of the console's ECharts: time line, waterfall, contrast, histogram. Pure functions of plain data.

Titles and reading help are HTML beside the chart; every chart carries its one-sentence summary for screen readers.
Colours come from the tokens of the theme.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from whyrec.app.pictures import ICON_PATHS, KIND_ICONS, brief, nice_top, shorten
from whyrec.app.reader import Reader, Scale
from whyrec.app.view_data import Histogram
from whyrec.app.view_shopper import Line, Step

Options = dict[str, Any]


def _frame(palette: Mapping[str, str], summary: str, **more: Any) -> Options:
    font = 'system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'
    return {
        "animation": False,
        "backgroundColor": "transparent",
        "aria": {"enabled": True, "label": {"description": summary}},
        "textStyle": {"fontFamily": font, "fontSize": 12, "color": palette["ink-2"]},
        **more,
    }


def timeline(line: Line, palette: Mapping[str, str], off: Sequence[str] = ()) -> Options:
    """Draw the events of a page in time: height is the effect, the icon is the kind, hollow is taken away."""
    margin = max((line.end - line.start) * 0.02, 1e-9)
    top = max([0.0, *(point.effect for point in line.points)])
    bottom = min([0.0, *(point.effect for point in line.points)])
    room = (top - bottom) or 1.0
    stems, heads, icons = [], [], []
    for point in line.points:
        colour = palette["raises" if point.effect >= 0 else "lowers"]
        hollow = set(point.keys) <= set(off) or abs(point.effect) < 0.03 * max(top, -bottom)
        value = [point.at, point.effect]
        stems.append({"value": value, "itemStyle": {"color": colour, "opacity": 0.5 if hollow else 1}})
        fill = {"color": palette["card"] if hollow else colour, "borderColor": colour, "borderWidth": 1.6, "opacity": 1}
        heads.append({"value": value, "name": point.text, "itemStyle": fill})
        stroke = colour if hollow else palette["card"]
        icons.append(
            {
                "value": value,
                "symbolKeepAspect": True,
                "symbol": f"path://{ICON_PATHS[KIND_ICONS[point.kind]]}",
                "itemStyle": {"color": "transparent", "borderColor": stroke, "borderWidth": 1.2, "opacity": 1},
            }
        )
    near = line.start + 0.06 * (line.end - line.start)
    marks = [
        {"xAxis": at, "label": {"formatter": text, "align": "left" if at < near else "center"}}
        for at, text in line.labels
    ]
    hidden = {"show": False}
    still = {"silent": True, "symbol": "none", "animation": False}
    return _frame(
        palette,
        line.summary,
        grid={"left": 0, "right": 0, "top": 16, "bottom": 24},
        tooltip=_tooltip(palette, "{b}"),
        xAxis={"type": "value", "min": line.start - margin, "max": line.end + margin, **hidden, "containShape": False},
        yAxis={"type": "value", "min": bottom - 0.05 * room, "max": top + 0.1 * room, **hidden},
        series=[
            {"type": "line", "data": [], "markLine": {**still, "lineStyle": {"color": palette["line"], "type": "solid"},
             "label": {"position": "start", "color": palette["ink-2"], "fontSize": 12}, "data": marks}},
            {"type": "line", "data": [], "markLine": {**still, "label": {"show": False},
             "lineStyle": {"color": palette["ink-3"], "type": "solid"}, "data": [{"yAxis": 0}]}},
            {"type": "scatter", "silent": True, "symbolSize": 4, "data": [[at, 0] for at in line.faint],
             "itemStyle": {"color": palette["card"], "borderColor": palette["ink-3"], "borderWidth": 1}},
            {"type": "bar", "silent": True, "barWidth": 3, "data": stems},
            {"type": "scatter", "symbolSize": 20, "data": heads},
            {"type": "scatter", "silent": True, "symbolSize": 11, "data": icons},
        ],
    )  # fmt: skip


def _tooltip(palette: Mapping[str, str], formatter: str) -> Options:
    return {
        "formatter": formatter,
        "renderMode": "richText",  # text only: a title from the catalogue can never become HTML
        "backgroundColor": palette["card"],
        "borderColor": palette["line"],
        "textStyle": {"color": palette["ink"], "fontSize": 12},
    }


def _hatch(palette: Mapping[str, str]) -> Options:
    return {
        "symbol": "rect",
        "dashArrayX": [1, 0],
        "dashArrayY": [1.5, 3],
        "rotation": -math.pi / 4,
        "color": palette["hatch"],
    }


def _fill(step: Step, palette: Mapping[str, str]) -> Options:
    colour = {"popular": "popular", "raises": "raises", "lowers": "lowers", "gap": "ink-3", "whole": "total"}[step.part]
    style: Options = {"color": palette[colour]}
    if step.part == "popular":
        style["decal"] = _hatch(palette)
    return style


def _names(steps: Sequence[Step], palette: Mapping[str, str]) -> Options:
    return {
        "type": "category",
        "inverse": True,
        "data": [shorten(step.label, 29) for step in steps],
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "axisLabel": {"color": palette["ink"], "fontSize": 12, "interval": 0},
    }


def _amounts(palette: Mapping[str, str], scale: Scale, unit: str) -> Options:
    return {
        "type": "value",
        "name": unit,
        "nameLocation": "middle",
        "nameGap": 26,
        "nameTextStyle": {"color": palette["ink-2"]},
        "splitLine": {"lineStyle": {"color": palette["line-2"]}},
        "axisLabel": {
            "color": palette["ink-2"],
            ":formatter": f"v => String(+(v / 1e{scale.power}).toFixed(4)).replace('-', '−')",
        },
    }


def waterfall(steps: Sequence[Step], palette: Mapping[str, str], scale: Scale, unit: str, summary: str) -> Options:
    """Draw how a score comes about, bar by bar; bars may cross zero, so each has a part on either side of it."""
    space: list[list[float]] = [[], []]
    bars: list[list[Options]] = [[], []]
    for step in steps:
        low, high = sorted((step.start, step.end))
        text = scale.plain(step.end) if step.part == "whole" else scale.signed(step.value)
        label = {"show": True, "position": "right", "formatter": text, "color": palette["ink"], "fontSize": 12}
        above = high > 0 or low >= 0
        space[0].append(max(low, 0.0))
        space[1].append(min(high, 0.0))
        bars[0].append(
            {"value": max(high, 0) - max(low, 0), "itemStyle": _fill(step, palette)}
            | ({"label": label} if above else {})
        )
        bars[1].append(
            {"value": min(low, 0) - min(high, 0), "itemStyle": _fill(step, palette)}
            | ({} if above else {"label": {**label, "position": "left"}})
        )
    clear = {
        "type": "bar",
        "stack": "score",
        "silent": True,
        "itemStyle": {"color": "transparent"},
        "barCategoryGap": "50%",
    }
    shown = {"type": "bar", "stack": "score", "silent": True, "barCategoryGap": "50%"}
    return _frame(
        palette,
        summary,
        grid={"left": 4, "right": 56, "top": 8, "bottom": 40, "containLabel": True},
        xAxis=_amounts(palette, scale, unit),
        yAxis=_names(steps, palette),
        series=[
            {**clear, "data": space[0]},
            {**shown, "data": bars[0]},
            {**clear, "data": space[1]},
            {**shown, "data": bars[1]},
        ],
    )


def contrast(steps: Sequence[Step], palette: Mapping[str, str], scale: Scale, unit: str, summary: str) -> Options:
    """Draw what favours A (right of zero) and what favours B (left)."""
    largest = Scale.of(1.15 * max((abs(step.value) for step in steps), default=1.0)).limit
    data = [
        {
            "value": step.value,
            "itemStyle": _fill(step, palette),
            "label": {
                "show": True,
                "position": "right" if step.value >= 0 else "left",
                "formatter": scale.signed(step.value),
                "color": palette["ink"],
                "fontSize": 12,
            },
        }
        for step in steps
    ]
    zero = {"silent": True, "symbol": "none", "label": {"show": False}, "data": [{"xAxis": 0}],
            "lineStyle": {"color": palette["ink-3"], "type": "solid"}}  # fmt: skip
    return _frame(
        palette,
        summary,
        grid={"left": 4, "right": 12, "top": 8, "bottom": 40, "containLabel": True},
        xAxis={**_amounts(palette, scale, unit), "min": -largest, "max": largest, "interval": largest / 2},
        yAxis=_names(steps, palette),
        series=[{"type": "bar", "silent": True, "barCategoryGap": "50%", "data": data, "markLine": zero}],
    )


def histogram(shown: Histogram, axis: str, palette: Mapping[str, str], reader: Reader) -> Options:
    """Draw counts as bars, the count on each where there is room."""
    few = len(shown.bars) <= 10
    data = [
        {
            "value": value,
            "itemStyle": {"color": palette["content" if place in shown.odd else "bought"]},
            "label": {
                "show": few,
                "position": "top",
                "formatter": brief(value),
                "color": palette["ink"],
                "fontSize": 12,
            },
        }
        for place, (_, value) in enumerate(shown.bars)
    ]
    top = nice_top(max((value for _, value in shown.bars), default=0.0))
    return _frame(
        palette,
        shown.summary,
        grid={"left": 4, "right": 4, "top": 18, "bottom": 40, "containLabel": True},
        tooltip=_tooltip(palette, "{b}: {c}"),
        xAxis={
            "type": "category",
            "data": [label for label, _ in shown.bars],
            "name": axis,
            "nameLocation": "middle",
            "nameGap": 26,
            "axisTick": {"show": False},
            "axisLine": {"lineStyle": {"color": palette["line"]}},
            "axisLabel": {
                "color": palette["ink-2"],
                "fontSize": 11 if few else 12,
                "interval": 0 if few else shown.every - 1,
            },
        },
        yAxis={
            "type": "value",
            "max": top,
            "interval": top / 3,
            "splitLine": {"lineStyle": {"color": palette["line-2"]}},
            "axisLabel": {
                "color": palette["ink-2"],
                ":formatter": "v => v >= 1e6 ? v / 1e6 + 'M' : v >= 1e4 ? v / 1e3 + 'k' : v",
            },
        },
        series=[{"type": "bar", "barCategoryGap": "8%", "data": data}],
    )
