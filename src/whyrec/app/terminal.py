"""What the command line prints: progress on standard error, results on standard output, plain or as JSON.

Longer than other modules on purpose: one function for each thing that is printed, read beside each other.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from whyrec.data.ingest import Imported

out = Console(soft_wrap=True)
err = Console(stderr=True)

SEVERITY_COLOUR = {"error": "red", "warning": "yellow", "note": "blue"}


class Bar:
    """A bar on standard error: call it with (share done, text); `aside` clears it while something else is said."""

    def __init__(self, title: str, bar: Progress | None) -> None:
        self.title = title
        self.bar = bar
        self.task = None if bar is None else bar.add_task(escape(title), total=1.0)

    def __call__(self, done: float, text: str) -> None:
        """Tell how far the work is, 0 to 1, and what is being done."""
        if self.bar is not None and self.task is not None:
            description = escape(f"{self.title}: {text}" if text else self.title)
            self.bar.update(self.task, completed=done, description=description)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away while the block prints or asks."""
        if self.bar is not None:
            self.bar.stop()
        yield
        if self.bar is not None:
            self.bar.start()


@contextmanager
def progress(title: str, quiet: bool = False) -> Iterator[Bar]:
    """Show a bar while the block runs, and the seconds it took when it is done; nothing where `quiet`."""
    if quiet:
        yield Bar(title, None)
        return
    started = time.monotonic()
    if not err.is_terminal:  # a log file gets one line a step
        yield Bar(title, None)
        err.print(f"{title} {time.monotonic() - started:.1f} s", markup=False)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        yield Bar(title, bar)
    err.print(f"[green]✓[/] {escape(title)} [dim]{time.monotonic() - started:.1f} s[/]")


def print_json(value: Any) -> None:
    """Print a value as JSON that any reader accepts: NaN and infinity become null."""
    sys.stdout.write(json.dumps(_finite(value), ensure_ascii=False, indent=1) + "\n")
    sys.stdout.flush()  # a service prints where it listens and goes on


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(entry) for entry in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        return _finite(value.item())
    return value


def print_markdown(text: str) -> None:
    """Print a page of Markdown: drawn on a terminal, as it is into a file."""
    if not out.is_terminal:
        sys.stdout.write(text)
        return
    from rich.markdown import Markdown

    Console().print(Markdown(text))


def print_check(check: Mapping[str, Any]) -> None:
    """Print the data doctor's findings and where every row went."""
    table = Table(title="What is wrong with the data, and what was done about it", title_justify="left", box=None)
    for head in ("Severity", "Finding", "Rows", "Share", "What cleaning does"):
        table.add_column(head, justify="right" if head in ("Rows", "Share") else "left", overflow="fold")
    for finding in check["findings"]:
        colour = SEVERITY_COLOUR[finding["severity"]]
        table.add_row(
            f"[{colour}]{finding['severity']}[/]",
            escape(finding["check"]),
            f"{finding['count']:,}",
            f"{finding['share']:.2%}",
            escape(finding["action"]),
        )
    out.print(table if check["findings"] else "[green]No findings: the data are clean.[/]")
    out.print(
        f"{check['rows_read']:,} rows read = {check['rows_kept']:,} kept + {check['rows_set_aside']:,} set aside "
        f"+ {check['rows_merged']:,} merged"
    )
    for rule in check.get("rules", ()):
        colour = SEVERITY_COLOUR[rule["severity"]]
        out.print(f"[{colour}]{rule['severity']}[/] whyrec.toml: {escape(rule['rule'])}: {escape(rule['said'])}")


def print_board(board: Mapping[str, Any], title: str) -> None:
    """Print one leaderboard, best model first."""
    table = Table(title=escape(title), title_justify="left", box=None)
    for head in ("Model", "NDCG@10", "±", "HR@10", "Recall@10", "MRR", "Coverage", "Users", "CPU s", "MB"):
        table.add_column(head, justify="left" if head == "Model" else "right")
    rows = sorted(board["models"].items(), key=lambda entry: -(entry[1]["ndcg@10"] or 0))
    for name, row in rows:
        table.add_row(
            escape(name),
            _number(row["ndcg@10"]),
            _spread(row),
            *(_number(row[key]) for key in ("hr@10", "recall@10", "mrr", "coverage@10")),
            f"{row['users']:,}",
            f"{row['fit_cpu_s']:.1f}",
            f"{row['peak_mb']:,.0f}",
        )
    out.print(table)
    out.print(f"[dim]{board['users_left_out']:,} users left out[/]")


def _spread(row: Mapping[str, Any]) -> str:
    """Half the width of the 95 % interval of NDCG@10."""
    low, high = row.get("ndcg@10_low"), row.get("ndcg@10_high")
    return "–" if low is None or high is None else f"{(high - low) / 2:.3f}"[1:]


def _number(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.4f}"


def print_list(rows: Sequence[Mapping[str, Any]], title: str, note: str | None = None) -> None:
    """Print a list: place, item, score and reason; `note` says why it is empty."""
    table = Table(title=escape(title), title_justify="left", box=None)
    for head in ("#", "Item", "Title", "Score", "Because"):
        table.add_column(head, justify="right" if head in ("#", "Score") else "left", overflow="fold")
    for place, row in enumerate(rows, 1):
        table.add_row(
            str(place),
            escape(row["item_id"]),
            escape(row["title"]),
            f"{row['score']:.4f}",
            escape(row["reason"] or ""),
        )
    out.print(table if rows else escape(note or "There is no item to recommend."))


def print_taken(taken: Mapping[str, Any]) -> None:
    """Print what one filter took, with hints on values that no item has."""
    hints = f" ({'; '.join(taken['hints'])})" if taken["hints"] else ""
    out.print(f"[dim]{escape(taken['filter'])} took {taken['items']:,} items{escape(hints)}[/]")


def print_trace(told: Mapping[str, Any], title: Callable[[str], str]) -> None:
    """Print the way from all items to a list: filters, rules, the stages of every place, and the item asked about."""
    out.print(f"[bold]List {told['id']}[/], by {escape(told['snapshot'])}")
    if told["changed"]:
        out.print(f"[yellow]Since then changed: {', '.join(told['changed'])}[/]")
    out.print(f"{told['n_items']:,} items of the snapshot, {told['n_left']:,} left by the filters")
    for taken in told["filtered"]:
        print_taken(taken)
    for rule in told["rules"]:
        out.print(f"rule: {escape(rule)}")
    table = Table(box=None)
    for head in ("#", "Item", "Title", "Stages"):
        table.add_column(head, justify="right" if head == "#" else "left", overflow="fold")
    for place, row in enumerate(told["items"], 1):
        stages = "; ".join(row["trace"][:-1])
        table.add_row(str(place), escape(row["item_id"]), escape(title(row["item_id"])), escape(stages))
    out.print(table)
    if (item := told["item"]) is not None:
        out.print(f"[bold]{escape(title(item['item_id']))}[/]: {escape(item['verdict'])}")
        if item["score"] is not None:
            out.print(
                f"score {item['score']:.4f}, {item['points']:+.4f} points by rules, rank {item['rank']:,} by the score"
            )


def print_mapping(imported: Imported) -> None:
    """Print which column of each source was taken for what, and how that was guessed."""
    parts = {
        "events": imported.mapping,
        "items": imported.item_mapping or imported.carried,
        "users": imported.user_mapping,
        "links": imported.link_mapping,
    }
    for name, mapping in parts.items():
        if not mapping:
            continue
        shown = Table(title=f"Columns read for {name}", title_justify="left", box=None)
        for head in ("Read as", "Column", "How it was guessed"):
            shown.add_column(head, overflow="fold")
        for canonical, guess in mapping.items():
            shown.add_row(escape(canonical), escape(guess.source), escape(guess.how))
        out.print(shown)
    for note in imported.notes:
        out.print(f"[dim]{escape(note)}[/]")


def print_snapshots(snapshots: Sequence[Mapping[str, Any]]) -> None:
    """Print the snapshots of a training run, the live one marked."""
    table = Table(title="Snapshots", title_justify="left", box=None)
    for head in ("Snapshot", "Model", "NDCG@10 on validation", ""):
        table.add_column(head)
    for row in snapshots:
        score = row["metrics"].get("ndcg@10")
        table.add_row(escape(row["id"]), escape(row["model"]), _number(score), "[green]live[/]" if row["live"] else "")
    out.print(table)


def print_tuned(found: Mapping[str, Any], undo: str | None) -> None:
    """Print what a search of settings found, ready for whyrec.toml."""
    out.print(
        f"{found['trials']} trials of {found['model']}, {found['pruned']} given up early: NDCG@10 on validation "
        f"{found['value']:.4f}, as it was {found['before']:.4f}", markup=False,
    )  # fmt: skip
    if not found["options"]:
        out.print("Nothing better than the settings as they are.")
        return
    out.print(found["snippet"], markup=False)
    if undo:
        out.print(f"Written to whyrec.toml; as it was before: {undo}", markup=False)
    else:
        out.print("Put this into whyrec.toml, or let --write do it. Then train again.")


def print_explanation(explanation: Any, text: str, title: Callable[[str], str]) -> None:
    """Print one explanation: the words, then the parts that add up to the score."""
    out.print(f"[bold]{escape(title(explanation.item_id))}[/]  score {explanation.score:.4f}")
    out.print(escape(text))
    table = _causes("What the score loses without it", explanation.reasons, title)
    table.add_row(f"{explanation.empty_score:+.4f}", "popularity (the score of an empty history)")
    out.print(table)
    for group in explanation.groups[:5]:
        out.print(f"{group.weight:+.4f}  all {len(group.slots)} events with {escape(group.reference)}")
    out.print(f"[dim]method {explanation.method}, gap {explanation.gap:.1e}[/]")


def print_contrast(found: Any, title: Callable[[str], str]) -> None:
    """Print why one item and not another: the parts that add up to the difference of their scores."""
    out.print(
        f"[bold]{escape(title(found.item_id))}[/] rather than [bold]{escape(title(found.other_id))}[/]: "
        f"{found.difference:+.4f} points"
    )
    table = _causes("What gives the difference", found.reasons, title)
    table.add_row(f"{found.empty:+.4f}", "popularity (the difference with an empty history)")
    out.print(table)
    sure = "" if found.method == "exact" else f", standard errors up to {found.error:.1e}"
    out.print(f"[dim]method {found.method}{sure}[/]")


def _causes(heading: str, reasons: Sequence[Any], title: Callable[[str], str], most: int = 10) -> Table:
    """A table of causes, those of the largest weights; of the others the sum."""
    table = Table(title=heading, title_justify="left", box=None)
    for head in ("Points", "Cause"):
        table.add_column(head, justify="right" if head == "Points" else "left", overflow="fold")
    large = sorted(reasons, key=lambda reason: -abs(reason.weight))[:most]
    for reason in (reason for reason in reasons if reason in large):
        name = title(reason.reference) if reason.kind in ("event", "item") else reason.reference
        sure = "" if reason.error is None else f" ± {reason.error:.4f}"
        table.add_row(f"{reason.weight:+.4f}{sure}", f"{reason.kind}: {escape(name)}")
    rest = [reason.weight for reason in reasons if reason not in large]
    if rest:
        table.add_row(f"{sum(rest):+.4f}", f"{len(rest)} more")
    return table


def print_told(told: Any) -> None:
    """Print the global explanation: what counts most, what is never used, how to switch it off, the four steps."""
    out.print(f"[bold]{escape(told.title)}[/]")
    out.print(escape(told.lead))
    out.print(f"[dim]{escape(' · '.join(told.facts))}[/]")
    for section in (told.parts, told.kinds):
        table = Table(title=escape(section.title), caption=escape(section.hint), title_justify="left", box=None,
                      show_header=False, caption_justify="left")  # fmt: skip
        for line in section.lines:
            bar = "█" * round(line.percent / 2.5)
            table.add_row(escape(line.title), Text(line.share, justify="right"), bar, f"[dim]{escape(line.text)}[/]")
        out.print(table if section.lines else escape(" ".join(section.items)))
    if told.age:
        out.print(escape(told.age))
    for section in (told.never, told.off):
        out.print(f"[bold]{escape(section.title)}[/]  {escape(section.hint)}")
        for item in section.items:
            out.print(f"  {escape(item)}")
    for place, (title, text) in enumerate(told.steps, start=1):
        out.print(f"{place}. [bold]{escape(title)}[/]  {escape(text)}")


def print_audit(found: Any) -> None:
    """Print what the service's reasons are worth beside those of rivals, and how its sets did."""
    from whyrec.app.audit import SHOWN

    means = found.means()
    table = Table(title=f"Faithfulness of {found.head['snapshot']}, first item of each list", box=None)
    table.add_column("Order of causes")
    for name in SHOWN:
        table.add_column(f"{name} {'↑' if name.startswith('INS') else '↓'}", justify="right")
    for method, row in means.items():
        table.add_row(method, *(_number(row[name].value) for name in SHOWN))
    out.print(table)
    for method in [name for name in means if name != "service"]:
        sure = [f"{name} {m.value:+.3f}" for name, m in found.against(method).items() if m.low > 0]
        worse = [f"{name} {m.value:+.3f}" for name, m in found.against(method).items() if m.high < 0]
        out.print(
            f"[dim]than {method}: better {', '.join(sure) or 'nowhere'}; worse {', '.join(worse) or 'nowhere'}[/]"
        )
    for kind, row in found.sets().items():
        true = "–" if row["true"] is None else f"{row['true']:.0%}"
        out.print(
            f"{kind} sets: found in {row['found']:.0%}, true when run in {true}, {_number(row['size'])} events each"
        )
    if "lxr" in found.head:
        out.print(f"[dim]lxr: {escape(found.head['lxr'])}[/]")
    n = means["service"][SHOWN[0]].n
    out.print(f"[dim]{len(found.records)} shoppers; ratios on the {n} with a positive score; 95 % paired intervals[/]")


def print_verified(wrong: Sequence[str]) -> None:
    """Print what of a record does not hold."""
    for line in wrong[:20]:
        out.print(f"[red]✗[/] {escape(line)}")
    if len(wrong) > 20:
        out.print(f"... and {len(wrong) - 20} more")
    out.print("[red]The record does not hold.[/]" if wrong else "[green]Every number of the record holds.[/]")


def print_system(found: Mapping[str, Any]) -> None:
    """Print what is installed and what is missing."""
    out.print(f"whyrec {found['whyrec']}, Python {found['python']}, {found['system']}")
    for name, version in found["base"].items():
        out.print(f"  {'[green]✓[/]' if version else '[red]✗[/]'} {name} {version or 'missing'}")
    for extra in found["extras"]:
        mark = "[green]✓[/]" if extra["installed"] else "[dim]–[/]"
        hint = "" if extra["installed"] else f"[dim]{escape(extra['install'])}[/]"
        out.print(f"  {mark} {extra['extra']}: {extra['for']} {hint}")
    if found["shop"]:
        out.print(f"Shop {escape(found['shop']['folder'])}, {found['shop']['disk_free_mb']:,} MB free")
        for name, there in found["shop"]["parts"].items():
            out.print(f"  {'[green]✓[/]' if there else '[dim]–[/]'} {name}")


def print_keys(rows: Sequence[Mapping[str, Any]], now: float) -> None:
    """Print API keys without their secrets."""
    if not rows:
        out.print("No keys: the service answers this machine only. Make one: whyrec keys add DIR --role backend")
        return
    table = Table(title="Keys", title_justify="left", box=None)
    for head in ("Id", "Role", "Name", "Made (UTC)", "Ends (UTC)"):
        table.add_column(head)
    for row in rows:
        ends = "" if row["ends_at"] is None else _moment(row["ends_at"])
        ended = row["ends_at"] is not None and row["ends_at"] <= now
        table.add_row(
            row["id"], row["role"], escape(row["name"]), _moment(row["created_at"]), f"ended {ends}" if ended else ends
        )
    out.print(table)


def print_profile(found: Mapping[str, Any]) -> None:
    """Print what is known of a shopper, where it comes from, and what they said with the ids that undo it."""
    print_preferences(found)
    events = found["events"]
    out.print(f"{events['n']:,} events are kept, {events['imported']:,} of them imported.")
    table = Table(title="Tags", title_justify="left", box=None)
    for head in ("Tag", "From", "Last (UTC)"):
        table.add_column(head)
    for tag in found["tags"]:
        of_events = ", ".join(f"{n} {kind}" for kind, n in tag["kinds"].items())
        table.add_row(escape(tag["tag"]), of_events or "table of users", _moment(tag["last_at"]) if of_events else "")
    out.print(table if found["tags"] else "No tags.")
    if found["said"]:
        table = Table(title="Said; undo with --undo ID", title_justify="left", box=None)
        for head in ("Id", "What", "About", "When (UTC)"):
            table.add_column(head)
        for one in found["said"]:
            wished = ", ".join(f"{name} {'on' if value else 'off'}" for name, value in one["preferences"].items())
            about = one["item_id"] or one["group"] or wished or ", ".join(one["event_ids"])
            table.add_row(escape(one["feedback_id"]), one["kind"], escape(about), _moment(one["at"]))
        out.print(table)


def print_preferences(found: Mapping[str, Any]) -> None:
    """Print what a shopper wishes once and for all."""
    said = ", ".join(f"{name} {'yes' if found[name] else 'no'}" for name in ("personalised", "sharing", "minor"))
    out.print(f"{said}: " + ("lists depend on the shopper." if found["profiled"] else "the list is everybody's."))


def print_fairness(found: Mapping[str, Any]) -> None:
    """Print a test of prices and places by group."""
    table = Table(title=f"{found['users']:,} shoppers by {found['group']}", title_justify="left", box=None)
    for head in ("Measure", "Means", "Apart", "p, corrected"):
        table.add_column(head)
    for name, row in found["measures"].items():
        means = ", ".join(f"{value}: {mean:.4g}" for value, mean in row["means"].items())
        table.add_row(name, escape(means), f"{row['apart']:.4g}", f"{row['p_corrected']:.4f}")
    out.print(table)
    told = ", ".join(found["depends"])
    out.print(
        f"Beyond chance (below {found['level']:g}): {told}. It does not say why." if told else "Nothing beyond chance."
    )


def print_jobs(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print jobs, the newest first."""
    if not rows:
        out.print('No jobs yet. Give a time in whyrec.toml: [schedule] train = "0 3 * * *", or: whyrec jobs DIR --run')
        return
    table = Table(box=None)
    for head in ("Job", "Started (UTC)", "State", "Why"):
        table.add_column(head)
    for row in rows:
        table.add_row(escape(row["id"]), _moment(row["started_at"]), row["state"], escape(row["reason"] or ""))
    out.print(table)


def print_stats(found: Mapping[str, Any]) -> None:
    """Print what became of lists."""
    if not found["impressions"]:
        out.print("No lists in that time. Events say which list they answer in `answers`.")
        return
    out.print(f"{found['lists']:,} lists in {found['days']:g} days; counted by {found['based_on']}")
    table = Table(box=None)
    for head in ("", "Shown", "Click-through", "corrected", "Conversion", "Satisfaction"):
        table.add_column(head)
    rows = [("all", found)]
    rows += [
        (f"{kind}: {name}", row)
        for kind in ("scenario", "model", "source", "reason", "mix")
        for name, row in found[f"by_{kind}"].items()
    ]
    names = ("click_through", "corrected_click_through", "conversion", "satisfaction")
    for name, row in rows:
        shares = ["" if row[key] is None else f"{row[key]:.1%}" for key in names]
        table.add_row(escape(name), f"{row['impressions']:,}", *shares)
    out.print(table)


def print_compacted(found: Mapping[str, Any]) -> None:
    """Print what was deleted and given back."""
    before, after = (f"{found[name] / 1e6:,.1f} MB" for name in ("bytes_before", "bytes_after"))
    out.print(f"{found['lists']:,} lists deleted; {found['freed'] / 1e6:,.1f} MB given back ({before} -> {after})")


def print_receipt(found: Mapping[str, Any]) -> None:
    """Print what was erased."""
    out.print(f"Receipt {found['id']} of {_moment(found['at'])} (UTC); keyed hash {found['hash']}", markup=False)
    for name, what in (
        ("log_rows", "rows of the imported log"), ("user_rows", "rows of the tables of users and links"),
        ("rejected_rows", "rows that could not be read"), ("events", "live events"), ("lists", "lists"),
        ("files", "reports and exports"), ("snapshots", "snapshots that can no longer go live"),
    ):  # fmt: skip
        out.print(f"{found[name]:>8,} {what}")
    for name in found["left"]:
        err.print(f"{name} is not ours and holds the id: remove it yourself.", markup=False, style="yellow")
    if found["snapshots"]:
        out.print("The live model still knows what it learned until the next: whyrec train")


def write_json(value: Any, path: Path | None) -> None:
    """Write a value as JSON to a file, or to standard output."""
    if path is None:
        print_json(value)
        return
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    out.print(f"Written to {path}", markup=False)


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def print_addresses(found: Mapping[str, Any]) -> None:
    """Print where the service listens."""
    out.print(f"API      {found['api']}   (described at {found['docs']})", markup=False)
    if found["console"]:
        out.print(f"Console  {found['console']}", markup=False)
    else:
        out.print("Console  not installed: pip install -c constraints.txt -e '.[console]'", markup=False)
    if found["shop"]:
        out.print(f"Shop     {found['shop']}   (a demo storefront)", markup=False)
    out.print(f"Widget   {found['widget']}   (how to embed <why-rec>)", markup=False)
    if found["keys"]:
        out.print("Keys     every call needs one; the console asks for an operator's as the password")
    else:
        out.print("Keys     none: this machine only, and everything is open to it. Make one: whyrec keys add")
    out.print("Stop with Ctrl-C.")
