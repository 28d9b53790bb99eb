"""What the machine says of a process: its processor time, its memory, its core; and of itself."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Cores", "Usage", "cores", "describe", "pin", "usage"]

_TICKS_HZ = os.sysconf("SC_CLK_TCK")
_UTIME_FIELD, _STIME_FIELD = 11, 12
"""Places in /proc/PID/stat behind the name in parentheses (proc(5), fields 14 and 15)."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one process and its threads, without its children."""

    cpu_s: float
    """User and system time since its start."""
    resident_bytes: int


@dataclass(frozen=True, slots=True)
class Cores:
    """Which core the server under test has, and which the rest has."""

    server: int
    others: int

    @property
    def apart(self) -> bool:
        """Whether the load does not compete with the server."""
        return self.server != self.others


def usage(pid: int) -> Usage:
    """Read the counters of a process.

    Raises:
        FileNotFoundError: there is no such process.
    """
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    fields = stat[stat.rindex(")") + 2 :].split()
    cpu = (int(fields[_UTIME_FIELD]) + int(fields[_STIME_FIELD])) / _TICKS_HZ
    resident = 0
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            resident = int(line.split()[1]) * 1024
    return Usage(cpu, resident)


def cores() -> Cores:
    """The first two cores that we may use; the same one twice where there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(allowed[-1], allowed[0])


def pin(pid: int, core: int) -> None:
    """Let a process, and what it will start, run on one core only."""
    os.sched_setaffinity(pid, {core})


def describe() -> str:
    """One line about this machine."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    load = os.getloadavg()[0]
    return (
        f"{len(os.sched_getaffinity(0))} cores of {model}, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, load before the run {load:.2f}"
    )
