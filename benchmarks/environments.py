"""Environments of the peers: made by uv from pinned requirements when they are missing.

They live under `.bench/`, each on its own, since no peer can be installed beside another or beside
us. A peer that cannot be installed is reported as such, and the others run.
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Final

from benchmarks.arena import ROOT
from tools.setup import SetupFailed, find_uv, uv_environment

__all__ = ["PeerMissing", "python_of", "requirements"]

_FOLDER: Final = ROOT / ".bench"
_INSTALL_S: Final = 600


class PeerMissing(Exception):
    """The peer cannot be had on this machine; the text says why."""


def requirements(peer: str) -> Path:
    """The pinned requirements of a peer: hashes, and no addresses."""
    return ROOT / "benchmarks" / "peers" / f"{peer}.txt"


def python_of(peer: str) -> Path:
    """The interpreter of the peer's environment, which is made first where it is missing.

    Raises:
        PeerMissing: there is no uv, or the packages cannot be installed.
    """
    home = _FOLDER / peer
    python = home / "bin" / "python"
    wanted = requirements(peer)
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    stamp = home / "made-from"
    if python.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == digest:
        return python
    try:
        uv = find_uv()
    except SetupFailed as error:
        raise PeerMissing(f"{peer}: {error}") from error
    _run([uv, "venv", "--quiet", "--clear", "--python", ">=3.11,<3.13", str(home)], peer)
    _run(
        [uv, "pip", "sync", "--quiet", "--python", str(python), "--require-hashes", str(wanted)],
        peer,
    )
    stamp.write_text(digest, encoding="ascii")
    return python


def _run(command: list[str], peer: str) -> None:
    environment = uv_environment()
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=_INSTALL_S, env=environment
        )
    except subprocess.CalledProcessError as error:
        raise PeerMissing(f"{peer}: {error.stderr.strip()[-300:]}") from error
    except subprocess.TimeoutExpired as error:
        raise PeerMissing(f"{peer}: not installed within {_INSTALL_S} s") from error
