"""CSV with any delimiter, ragged rows, stray quotes and doubled headers.

The dialect is found from the first lines: the delimiter under which the header holds most names that whyrec
knows, and the rows are of one length. A row of another length is set aside. A stray quote that swallows the lines
after it costs one row: the others are read again without it.
"""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from whyrec.core.errors import InputError
from whyrec.data.columns import recognise
from whyrec.data.text import MARK, Encoding, lines
from whyrec.data.workspace import literal, quoted

DELIMITERS = (",", "\t", ";", "|", "^", "\x01", "~", " ")
_SNIFFED = 50
SHOWN = 10_000  # characters of a rejected row that are kept


@dataclass(frozen=True)
class TextTable:
    """A text file made ready for DuckDB: the SQL of its rows and of its rejected rows."""

    sql: str
    rejects_sql: str
    n_rejects: int
    form: str
    typed: bool
    notes: tuple[str, ...] = ()


def read_csv(path: Path, encoding: Encoding, role: str, scratch: Path) -> TextTable:
    """Read a delimited file.

    Raises InputError where there is no header, no second column, or no row under the header.
    """
    feed = Feed(lines(path, encoding))
    head = feed.peek(_SNIFFED)
    delimiter = find_delimiter(head, role)
    header = next(csv.reader(feed, delimiter=delimiter), [])
    feed.take()
    if len(header) < 2:
        raise InputError(
            f"Expected several columns of {role} in {path}, found one: {_short(','.join(header))!r}. The delimiters "
            "comma, tab, semicolon, bar, caret and tilde were tried. Save the file with one of these."
        )
    names = unique_names(["row", *(name.replace(MARK, "\ufffd") for name in header)])[1:]
    doubled = [name for name, count in Counter(n.strip().lower() for n in header).items() if count > 1]
    good, bad = scratch / f"{role}.csv", scratch / f"{role}_rejects.csv"
    n_rejects = _split_rows(feed, delimiter, len(header), role, good, bad)
    notes = [f"the columns {', '.join(doubled)} occur more than once; later ones were numbered"] if doubled else []
    if delimiter != ",":
        notes.append(f"the delimiter is {delimiter!r}")
    picked = ", ".join(f"c{place} AS {quoted(name)}" for place, name in enumerate(names))
    sql = f'SELECT "row", {picked} FROM {written(good, [f"c{place}" for place in range(len(names))])}'
    rejects = f'SELECT {literal(role)}, "row", reason, raw FROM {written(bad, ["reason", "raw"])}'
    return TextTable(sql, rejects, n_rejects, "csv", typed=False, notes=tuple(notes))


def find_delimiter(head: Sequence[str], role: str) -> str:
    """Return the delimiter under which the header says most and the rows are of one length."""

    def quality(delimiter: str) -> tuple[int, float, int]:
        rows = list(_rows(head, delimiter))
        if not rows or len(rows[0]) < 2:
            return 0, 0.0, 0
        known = sum(recognise(name, role) is not None for name in rows[0])
        same = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        return known, same, len(rows[0])

    return max(DELIMITERS, key=quality)


def _rows(head: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from (row for row in csv.reader(head, delimiter=delimiter) if row)
    except csv.Error:
        return


class Feed:
    """Lines with a memory: those of the row being parsed can be put back and read again."""

    def __init__(self, source: Iterator[str]) -> None:
        self.source = source
        self.ahead: deque[str] = deque()
        self.used: list[str] = []
        self.number = 0  # of the last line given out

    def __iter__(self) -> Feed:
        return self

    def __next__(self) -> str:
        line = self.ahead.popleft() if self.ahead else next(self.source)
        self.used.append(line)
        self.number += 1
        return line

    def peek(self, n: int) -> list[str]:
        """Return the next n lines without using them."""
        self.ahead.extend(islice(self.source, max(0, n - len(self.ahead))))
        return list(islice(self.ahead, n))

    def take(self) -> tuple[int, list[str]]:
        """Return the number of the first line used since the last call, and these lines."""
        used, self.used = self.used, []
        return self.number - len(used) + 1, used

    def put_back(self, rest: list[str]) -> None:
        """Give lines back, to be read again."""
        self.ahead.extendleft(reversed(rest))
        self.number -= len(rest)


def _split_rows(feed: Feed, delimiter: str, width: int, role: str, good: Path, bad: Path) -> int:
    """Write rows of the right width to one file and all others, with the reason, to another; count the latter."""
    n_rejects = 0
    reader = csv.reader(feed, delimiter=delimiter)
    with (
        good.open("w", encoding="utf-8", newline="") as kept,
        bad.open("w", encoding="utf-8", newline="") as rejected,
    ):
        keep, reject = csv.writer(kept, lineterminator="\n"), csv.writer(rejected, lineterminator="\n")
        while True:
            reason = ""
            try:
                row = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                row, reason = [], f"cannot be parsed: {error}"
            number, used = feed.take()
            if not reason and not row:
                continue  # a blank line is no row
            if not reason and len(row) != width:
                reason = f"{len(row)} values where the header has {width}"
            if not reason and any(MARK in line for line in used):
                reason = "bytes that are no text"
            if not reason:
                keep.writerow([number, *row])
                continue
            feed.put_back(used[1:])
            raw = used[0].rstrip("\r\n")[:SHOWN].replace(MARK, "\ufffd") if used else ""
            reject.writerow([number, reason, raw])
            n_rejects += 1
    return n_rejects


def unique_names(names: Sequence[str]) -> list[str]:
    """Return column names that differ also without regard to case, as SQL needs them: a, A -> a, A_2."""
    taken: set[str] = set()
    unique = []
    for place, name in enumerate(names):
        base = name.strip() or f"column_{place}"
        candidate, n = base, 1
        while candidate.lower() in taken:
            n += 1
            candidate = f"{base}_{n}"
        taken.add(candidate.lower())
        unique.append(candidate)
    return unique


def written(path: Path, columns: Sequence[str]) -> str:
    """Return the SQL of a file that this module wrote: nothing is guessed."""
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    return (
        f"read_csv({literal(path)}, auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', "
        f"new_line = '\\n', parallel = false, max_line_size = 40000000, columns = {{'row': 'BIGINT', {types}}})"
    )


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
