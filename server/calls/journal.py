"""Writes down what happens on calls, at once and on this machine: no database is waited for.

A process writes into a folder of its own, `<journal>/<writer>/`, as segments of JSON lines. It
holds a lock on that folder as long as it lives; one whose lock is free was left by a dead process.
A thread writes at least every `flush_s`, and at once when a call ends: `kill -9` loses no more.

When the disk does not take it, facts wait in memory, at most `WAITING_FACTS`; beyond that, new ones
are refused and counted, since the beginning of a call explains the rest.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from server.calls.facts import CallEnded, Fact, encode_fact

__all__ = [
    "FLUSH_S",
    "SEGMENT_BYTES",
    "WAITING_FACTS",
    "Journal",
    "JournalHealth",
    "leave_folder",
    "segments_in",
    "take_lock",
]

FLUSH_S = 0.1
"""Longest that a fact stays in memory only; the promise is 0.2 s."""
SEGMENT_BYTES = 4 * 1024 * 1024
"""A segment is closed at this size; what has been shipped is deleted by the segment."""
WAITING_FACTS = 50_000
"""Facts that wait in memory for a disk that takes nothing; some 20 MB."""

_LOCK = "lock"
_SUFFIX = ".jsonl"
_CLOSE_S = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JournalHealth:
    """How the journal does."""

    failing: bool
    """The disk did not take the last write; what is here is kept and tried again."""
    waiting: int
    """Facts in memory only."""
    refused: int
    """Facts lost because too many were waiting, or because they could not be encoded."""


class Journal:
    """One process's writer. `append` may be called from the loop: it never waits."""

    def __init__(
        self,
        folder: Path,
        writer: str,
        *,
        flush_s: float = FLUSH_S,
        segment_bytes: int = SEGMENT_BYTES,
        waiting_facts: int = WAITING_FACTS,
    ) -> None:
        """`writer` names this process, differently at each start.

        Raises:
            OSError: the folder cannot be made, or another process writes there.
        """
        self.folder = folder / writer
        self._limits = (flush_s, segment_bytes, waiting_facts)
        self._waiting: deque[bytes] = deque()
        self._taken: list[bytes] = []
        self._urgent = threading.Event()
        self._closing = False
        self._appended = self._refused = 0
        self._failing = False
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = take_lock(self.folder)
        self._segment = _Segment(self.folder, 0)
        self._thread = threading.Thread(target=self._write_on, name="journal", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def append(self, fact: Fact) -> None:
        """Write a fact down. Never waits, never raises: what cannot be kept is counted."""
        try:
            line = encode_fact(fact)
        except (TypeError, ValueError, OverflowError):
            self._refused += 1
            _log.exception("a fact cannot be written down", extra={"fact": type(fact).__name__})
            return
        if len(self._waiting) + len(self._taken) >= self._limits[2]:
            self._refused += 1
            return
        self._waiting.append(line)
        self._appended += 1
        if isinstance(fact, CallEnded):
            self._urgent.set()

    @property
    def writer(self) -> str:
        """The name of this process."""
        return self.folder.name

    @property
    def appended(self) -> int:
        """Facts taken since the start."""
        return self._appended

    def health(self) -> JournalHealth:
        """How it does."""
        waiting = len(self._waiting) + len(self._taken)
        return JournalHealth(self._failing, waiting, self._refused)

    def close(self) -> None:
        """Write what is waiting and stop. The folder stays until everything in it is shipped.

        It stays locked too, so that nobody else takes it for a dead one's; see `release`.
        """
        self._closing = True
        self._urgent.set()
        self._thread.join(_CLOSE_S)

    def release(self) -> None:
        """Give the folder up, after the last of it was shipped. An empty one goes away."""
        if self._lock >= 0:
            leave_folder(self.folder, self._lock)
            self._lock = -1

    def _write_on(self) -> None:
        """The thread's work."""
        while not self._closing:
            self._urgent.wait(self._limits[0])
            at_once = self._urgent.is_set()
            self._urgent.clear()
            self._write(sync=at_once)
        self._write(sync=True)
        self._segment.close()

    def _write(self, *, sync: bool) -> None:
        """Write all that waits. The lines leave memory only when the disk has them."""
        while self._waiting:
            self._taken.append(self._waiting.popleft())
        if not self._taken:
            return
        try:
            self._segment.write(b"".join(self._taken), sync=sync)
            self._taken.clear()
            if self._segment.size >= self._limits[1]:
                full, self._segment = self._segment, _Segment(self.folder, self._segment.number + 1)
                full.close()
        except OSError as error:
            if not self._failing:
                _log.error("the journal cannot be written", extra={"error": str(error)})
            self._failing = True
        else:
            self._failing = False


class _Segment:
    """A file that grows. A write that failed half-way is written over by the next one."""

    def __init__(self, folder: Path, number: int) -> None:
        self.number = number
        self.size = 0
        self._file = os.open(
            folder / f"{number:08}{_SUFFIX}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600
        )

    def write(self, batch: bytes, *, sync: bool) -> None:
        """Append it whole, or leave `size` where it was.

        Raises:
            OSError: the disk is full or gone.
        """
        written = 0
        while written < len(batch):
            written += os.pwrite(self._file, batch[written:], self.size + written)
        if sync:
            os.fsync(self._file)
        self.size += written

    def close(self) -> None:
        os.close(self._file)


def segments_in(folder: Path) -> list[Path]:
    """The segments of a writer's folder, in the order in which they were written."""
    return sorted(folder.glob(f"*{_SUFFIX}"))


def take_lock(folder: Path) -> int:
    """Lock a writer's folder; the kernel frees it when the process dies, however it dies.

    Raises:
        BlockingIOError: a living process holds it.
    """
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock


def leave_folder(folder: Path, lock: int, *, finished: bool = True) -> None:
    """Free the lock; a folder that is finished and holds no segment is removed."""
    if finished and folder.exists() and not segments_in(folder):
        (folder / _LOCK).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()
    os.close(lock)
