"""Fixed lines kept as sound: the latest in memory, all on disk, each with a stated limit."""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from pathlib import Path
from typing import Final

__all__ = ["LineMemory", "LineShelf", "line_key"]

_SUFFIX: Final = ".ulaw"


def line_key(text: str, *, engine: str, voice: str, language: str, speed: float) -> str:
    """The name under which a line is kept; anything that changes its sound changes it."""
    parts = (engine, voice, language, f"{speed:.3f}", text)
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


class LineMemory:
    """The lines used last, up to so many bytes; sixteen million are half an hour of speech."""

    def __init__(self, most_bytes: int = 16_000_000) -> None:
        self._most_bytes = most_bytes
        self._lines: OrderedDict[str, tuple[bytes, ...]] = OrderedDict()
        self.held_bytes = 0

    def get(self, key: str) -> tuple[bytes, ...] | None:
        """The pieces of a line, which thereby becomes the one used last."""
        pieces = self._lines.get(key)
        if pieces is not None:
            self._lines.move_to_end(key)
        return pieces

    def put(self, key: str, pieces: tuple[bytes, ...]) -> None:
        """Keep a line, and let go those used longest ago; one that never fits is not kept."""
        size = sum(map(len, pieces))
        if key in self._lines or size > self._most_bytes:
            return
        self._lines[key] = pieces
        self.held_bytes += size
        while self.held_bytes > self._most_bytes:
            _, gone = self._lines.popitem(last=False)
            self.held_bytes -= sum(map(len, gone))


class LineShelf:
    """Lines as files in one folder; the oldest go when there are too many bytes of them."""

    def __init__(self, folder: Path, most_bytes: int = 200_000_000) -> None:
        """Use the folder, which is made if it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._most_bytes = most_bytes
        self._held_bytes = sum(path.stat().st_size for path in self._files())

    def get(self, key: str) -> bytes | None:
        """The sound of a line, or None when it is not there."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, key: str, sound: bytes) -> None:
        """Keep a line; whole or not at all, also when the power goes."""
        draft = self._folder / f"{key}.{os.getpid()}.part"
        draft.write_bytes(sound)
        draft.replace(self._path(key))
        self._held_bytes += len(sound)
        if self._held_bytes > self._most_bytes:
            self._prune()

    def _prune(self) -> None:
        """Take the oldest away until a tenth of the room is free."""
        files = sorted(self._files(), key=lambda path: path.stat().st_mtime_ns)
        self._held_bytes = sum(path.stat().st_size for path in files)
        for path in files:
            if self._held_bytes <= self._most_bytes * 0.9:
                return
            self._held_bytes -= path.stat().st_size
            path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return list(self._folder.glob(f"*{_SUFFIX}"))

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{_SUFFIX}"
