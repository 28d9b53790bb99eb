"""Gates on plain text: nothing names the machine it was written on, and the lock no addresses."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from tests.gates.source import Finding

__all__ = ["foreign_text", "text_files"]

_SKIPPED_FOLDERS = {
    ".git", ".venv", ".tools", ".bench", "node_modules", "__pycache__", "data", "dist", "build",
    ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".import_linter_cache",
}  # fmt: skip
_LARGEST_BYTES = 2_000_000

# Put together from pieces, so that this file does not name them either.
_MACHINE = re.compile(
    "(?<![\\w./])/(?:" + "|".join(["wo" + "rk", "ro" + "ot", "tmp/bo" + "ot"]) + ")/"
)
_REGISTRY = re.compile(
    "|".join(
        [
            "py" + r"pi\.org",
            "python" + r"hosted\.org",
            "registry" + r"\.npmjs",
            "proxy" + r"\.golang",
        ]
    )
)
_ADDRESS = re.compile(r"https?://")
_LOCKS = {"requirements.lock", "package-lock.json", "uv.txt"}


def text_files(root: Path) -> Iterator[Path]:
    """Every text file of the project that is not a product of its tools."""
    for directory, folders, files in os.walk(root):
        folders[:] = sorted(set(folders) - _SKIPPED_FOLDERS)
        for name in sorted(files):
            path = Path(directory, name)
            if name != ".env" and path.stat().st_size <= _LARGEST_BYTES:
                yield path


def foreign_text(name: str, text: str) -> Iterator[Finding]:
    """Paths of one machine and hosts of package registries, and addresses inside a lock."""
    searches = [("machine-path", _MACHINE), ("registry-host", _REGISTRY)]
    if name.rsplit("/", 1)[-1] in _LOCKS:
        searches.append(("lock-address", _ADDRESS))
    for number, line in enumerate(text.splitlines(), start=1):
        for gate, pattern in searches:
            found = pattern.search(line)
            if found:
                yield Finding(gate, f"{name}::", number, found.group())
