"""Options of the console's ECharts: time line and histogram. Pure functions of plain data.

Titles and reading help are HTML beside the chart; every chart carries its one-sentence summary for screen readers.
Colours come from the tokens of the theme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from whyrec.app.pictures import ICON_PATHS, KIND_ICONS, brief, nice_top
from whyrec.app.reader import Reader
from whyrec.app.view_data import Histogram
from whyrec.app.view_shopper import Line

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
