"""Rows of a table that take long to make: one JSON file each, made once, each in a process of its own.

A row has a key, plain values that say all that it depends on except the code; a row whose key is there already is not
made again. A process of its own, on one thread, makes its memory and its processor seconds comparable.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeAlias

import whyrec
from whyrec.core import errors
from whyrec.core.errors import TrainingError, WhyrecError
from whyrec.learn.run import Progress, between

Row: TypeAlias = dict[str, Any]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def file_name(key: Mapping[str, Any]) -> str:
    """Return the name of a row's file without its ending: what it is about, and a digest of its key."""
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:10]
    return "-".join(str(key[part]) for part in ("kind", "shop", "model", "protocol") if part in key) + f"-{digest}"


def read(folder: Path, **wanted: Any) -> list[Row]:
    """Return the rows of a folder that have these values, by file name; files that are no rows are passed over."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            row = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError):
            continue
        if isinstance(row, dict) and all(row.get(name) == value for name, value in wanted.items()):
            found.append(row)
    return found


def write(folder: Path, key: Mapping[str, Any], measured: Mapping[str, Any]) -> Row:
    """Write a row as a whole or not at all, and return it."""
    name = file_name(key)
    row = {"file": name, **key, "commit": commit(), "version": whyrec.__version__, **measured}
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{name}.part"
    part.write_text(json.dumps(row, indent=1), encoding="utf-8")
    part.replace(folder / f"{name}.json")
    return row


def fill(
    folder: Path,
    asked: Sequence[tuple[Row, Callable[[Row, Progress], Row]]],
    again: bool,
    progress: Progress,
) -> tuple[list[Row], list[Row]]:
    """Make the rows that are missing in a folder: (rows made, rows that were there), each in the order asked.

    `asked` are keys with what measures each; `again` makes those that are there once more.
    """
    made, kept = [], []
    for n, (key, measure) in enumerate(asked):
        there = [] if again else read(folder, file=file_name(key))
        if there:
            kept += there
        else:
            made.append(write(folder, key, measure(key, between(progress, n / len(asked), (n + 1) / len(asked)))))
    progress(1.0, "done")
    return made, kept


def commit() -> str:
    """Return the commit that the code is of, with -dirty where it was changed since; else the version."""
    here = Path(whyrec.__file__).parent
    asked = (["rev-parse", "--show-prefix"], ["describe", "--always", "--dirty", "--exclude", "*"])
    try:
        prefix, found = (
            subprocess.run(["git", "-C", str(here), *words], capture_output=True, text=True, check=True).stdout.strip()
            for words in asked
        )
    except (OSError, subprocess.CalledProcessError):
        return whyrec.__version__
    return found if prefix == "src/whyrec/" else whyrec.__version__  # installed inside another repository


def apart(call: Callable[..., Any], *arguments: Any, progress: Progress) -> Any:
    """Return `call(*arguments, progress)` of a fresh process on one thread; arguments and result travel as pickles.

    Raises what it raised, and TrainingError where the process was ended from outside.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, call, arguments), daemon=True)
    with _one_thread():
        process.start()
    theirs.close()
    try:
        while True:
            what, value = ours.recv()
            if what == "done":
                return value
            if what == "failed":
                raise _error(*value)
            progress(*value)
    except EOFError:
        process.join()
        raise TrainingError(
            f"Expected a result, but the process that worked on it ended with status {process.exitcode}, most often "
            "for want of memory. What was made before is kept: run the same again, with a smaller model."
        ) from None
    finally:
        process.kill()
        process.join()
        ours.close()


def _work(pipe: Connection, call: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        pipe.send(("done", call(*arguments, lambda done, text: pipe.send(("progress", (done, text))))))
    except WhyrecError as error:
        pipe.send(("failed", (type(error).__name__, str(error))))


def _error(name: str, text: str) -> WhyrecError:
    kind: type[WhyrecError] = getattr(errors, name)
    error = kind.__new__(kind)  # some are made of other arguments than their text
    error.args = (text,)
    return error


@contextmanager
def _one_thread() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
