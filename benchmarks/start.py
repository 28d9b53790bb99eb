"""How long the server takes to start, and its composition root to import."""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median
from typing import Final

from benchmarks.arena import ROOT, Arena, environment
from benchmarks.fighters import House

__all__ = ["import_s", "start_s"]

_IMPORT: Final = """
import sys, time
began = time.perf_counter()
import server.main
took = time.perf_counter() - began
sdks = [name for name in ("openai", "twilio", "faster_whisper") if name in sys.modules]
print(took, ",".join(sdks))
"""


def import_s(times: int = 5) -> tuple[float, str]:
    """Median time to import `server.main` in a fresh interpreter, and which SDKs it took along."""
    taken: list[float] = []
    sdks = ""
    for _ in range(times):
        done = subprocess.run(
            [sys.executable, "-c", _IMPORT],
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        seconds, _, sdks = done.stdout.strip().partition(" ")
        taken.append(float(seconds))
    return median(taken), sdks


def start_s(arena: Arena, times: int = 3) -> float:
    """Median time from the command to its ready line, on a data folder that was used before."""
    house = House(arena, arena.folder / "start", "ws://127.0.0.1:9")
    house.furnish()
    taken = []
    for _ in range(times + 1):
        began = time.perf_counter()
        with house.serve():
            taken.append(time.perf_counter() - began)
    return median(taken[1:])
