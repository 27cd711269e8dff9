"""Rows of a benchmark as one Markdown table: `loo` and `time` side by side, published figures beside ours."""

from __future__ import annotations

import json
from collections.abc import Sequence

from whyrec.rank import named
from whyrec.rank.rows import Row

NOTES = (
    "The whole catalogue is ranked on the test events. Equal scores are in catalogue order, events of equal time in "
    "the order of the file; a target that training never saw counts as missed. Published code may do each otherwise.",
    "Intervals: 95 %, percentile bootstrap over users, 2,000 draws, seed 0. They say nothing of another seed of a fit.",
    "Sees: what a model was given; many read ids only, whatever they are given.",
    "What a model chooses (epochs, weights) is chosen on validation, never on the events of this table.",
    "CPU seconds on one thread, up to the best epoch of what was fitted (in brackets: all of the fit, with the epochs "
    "after it and, under `time`, the fit that chose). Peak MB is the memory of a whole process of its own.",
    "The request's time is that of the last known event, unless the row says that it is known: then it is the "
    "target's own, which no shop can test by; compare such rows with published ones that read it too.",
)


def markdown(title: str, rows: Sequence[Row], published: Sequence[Row], compared: Sequence[Row]) -> str:
    """Return the table with what is behind it; `compared` are the rows of `rank.bench.differences`."""
    heads = [
        "Model",
        "Sees",
        "Seen items",
        "loo: NDCG@10",
        "HR@10",
        "time: NDCG@10",
        "HR@10",
        "CPU s",
        "Peak MB",
        "Code",
    ]
    lines = [f"# {title}", "", _line(heads), _line(["---"] * 3 + ["---:"] * 6 + ["---"])]
    lines += [_line(_published(row)) for row in published]
    lines += [_line(_ours(group)) for group in _groups(rows)]
    lines += ["", *(f"- {note}" for note in (*_sizes(rows), *_sources(published), *NOTES))]
    if compared:
        by_file = {row["file"]: row for row in rows}
        lines += ["", "NDCG@10 less that of the best row of the protocol, paired 95 % interval over users:", ""]
        lines += [_line(["Protocol", "Model", "Best", "Difference"]), _line(["---"] * 4)]
        for entry in compared:
            row, best = by_file[entry["row"]], by_file[entry["best"]]
            low, high = entry["interval"]
            cells = [row["protocol"], label(row), label(best), f"{entry['gain']:+.4f} ({low:+.4f} to {high:+.4f})"]
            lines.append(_line(cells))
    return "\n".join(lines) + "\n"


def label(row: Row) -> str:
    """Return the model of a row with the options that were given, and its seed where it is not 0."""
    seed = f", seed {row['seed']}" if row["seed"] else ""
    return f"`{named.write(row['model'], row['options'])}`{seed}"


def sees(row: Row) -> str:
    """Say what a model was given."""
    return ("ids, attributes" if row["attributes"] else "ids") + (
        ", request's time" if row["events"]["request_time"] else ""
    )


def _groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows that differ in their protocol only, best first. Defaults that have changed since are another row."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        task = [label(row), sees(row), row["seen"], row["config"], row["events"]]
        groups.setdefault(json.dumps(task, sort_keys=True), []).append(row)
    return sorted(groups.values(), key=lambda group: -max(row["metrics"]["ndcg@10"] or 0.0 for row in group))


def _ours(group: Sequence[Row]) -> list[str]:
    by_protocol = {row["protocol"]: row for row in group}
    cells = [label(group[0]), sees(group[0]), group[0]["seen"]]
    for protocol in ("loo", "time"):
        row = by_protocol.get(protocol)
        cells += ["", ""] if row is None else [_measure(row, "ndcg@10"), _measure(row, "hr@10")]
    there = [by_protocol[name] for name in ("loo", "time") if name in by_protocol]
    cells.append(" / ".join(f"{_seconds(row['best_cpu_s'])} ({_seconds(row['fit_cpu_s'])})" for row in there))
    cells.append(" / ".join(f"{row['peak_mb']:.0f}" for row in there))
    cells.append(" / ".join(dict.fromkeys(row["commit"] for row in there)))
    return cells


def _measure(row: Row, name: str) -> str:
    value, (low, high) = row["metrics"][name], row["intervals"][name]
    return "–" if value is None else f"{_short(value)} ({_short(low)}–{_short(high)})"


def _seconds(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def _short(value: float) -> str:
    return f"{value:.4f}".removeprefix("0")


def _published(row: Row) -> list[str]:
    values = [_short(row["ndcg"]), _short(row["hr"])]
    cells = [*values, "", ""] if row["protocol"] == "loo" else ["", "", *values]
    return [f"published: {row['model']}", "ids", "hide", *cells, "", "", row["source"]]


def _sizes(rows: Sequence[Row]) -> list[str]:
    said = []
    for protocol in ("loo", "time"):
        row = next((one for one in rows if one["protocol"] == protocol), None)
        if row is not None:
            said.append(
                f"`{protocol}`: {row['users']:,} users tested ({row['cold_users']:,} without an event in training, "
                f"{row['users_left_out']:,} left out), {row['n_items']:,} items, {row['n_events']:,} events; "
                f"{row['cold_items']:,} targets that training never saw."
            )
    return said


def _sources(published: Sequence[Row]) -> list[str]:
    return [f"published {row['model']}: {row['note']}." for row in published if "note" in row]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
