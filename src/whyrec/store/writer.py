"""One thread that writes, so that many callers share one durable commit.

A commit waits for the disk, a few milliseconds each. Work that arrives within `commit_ms` is done in one
transaction; should it fail, each piece is done again in one of its own, so that only the guilty one fails. A caller
gets its answer after the commit, never before: what was acknowledged is on the disk. Work may therefore run twice,
and must have the same effect as once.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine

Answer = TypeVar("Answer")
Work: TypeAlias = Callable[[Connection], Any]
Job: TypeAlias = tuple[Work, "Future[Any]"]

LARGEST_GROUP = 500
"""Pieces of work in one transaction at most, so that nobody waits long behind others."""
LONGEST_QUEUE = 10_000
"""Pieces that may wait; a caller beyond that waits at the door instead of filling the memory."""
DOOR_S = 0.001


class Writer:
    """Runs pieces of work on one connection, in the order they came, grouped into transactions."""

    def __init__(self, engine: Engine, commit_ms: float) -> None:
        self._engine = engine
        self._wait_s = commit_ms / 1000
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()  # its put does not hand over the interpreter
        self._closed = threading.Event()
        self._door = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="whyrec-store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], Answer]) -> Future[Answer]:
        """Queue a piece of work; the future answers after the commit. Raises RuntimeError after `close`."""
        answer: Future[Answer] = Future()
        with self._door:
            if self._closed.is_set():
                raise RuntimeError("the writer is closed")
            while self._jobs.qsize() >= LONGEST_QUEUE:
                time.sleep(DOOR_S)
            self._jobs.put((work, answer))
        return answer

    @property
    def closed(self) -> bool:
        """Whether nothing more is taken."""
        return self._closed.is_set()

    def close(self) -> None:
        """Finish everything queued and stop."""
        with self._door:
            if self._closed.is_set():
                return
            self._closed.set()
            self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        last = False
        while not last:
            group, last = self._collect()
            if group:
                self._write(group)

    def _collect(self) -> tuple[list[Job], bool]:
        """Wait for a first piece, then take what comes within the time of one group."""
        group: list[Job] = []
        until = None
        while len(group) < LARGEST_GROUP:
            left = None if until is None else max(0.0, until - time.monotonic())
            try:
                job = self._jobs.get(timeout=left)
            except queue.Empty:
                break
            if job is None:
                return group, True
            group.append(job)
            until = until or time.monotonic() + self._wait_s
        return group, False

    def _write(self, group: list[Job]) -> None:
        try:
            with self._engine.begin() as connection:
                results = [work(connection) for work, _ in group]
        except Exception as error:
            if len(group) == 1:
                group[0][1].set_exception(error)
            else:  # nothing of the group was kept; alone, each piece succeeds or fails for itself
                for job in group:
                    self._write([job])
            return
        for (_, answer), result in zip(group, results, strict=True):
            answer.set_result(result)
