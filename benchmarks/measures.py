"""What one run measured, and how several runs are summed up. Quiet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

__all__ = [
    "LATE_MS",
    "Cost",
    "Effort",
    "Heard",
    "LineLog",
    "Run",
    "Spread",
    "percentile",
    "summarise",
]

LATE_MS = 20.0
"""A frame this late would have been missed by a playout without slack."""


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all values do not exceed; 0 of none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(slots=True)
class LineLog:
    """What the callers of a run noticed; all times in milliseconds."""

    late_ms: list[float] = field(default_factory=list)
    """Of each message with sound: how late it came for playout without a gap."""
    clear_ms: list[float] = field(default_factory=list)
    """Onset of speech over the agent until `clear`."""
    uncleared: int = 0
    """Onsets over the agent that no `clear` answered."""
    reply_ms: list[float] = field(default_factory=list)
    """End of speech until the first sound of the reply."""
    pass_ms: list[float] = field(default_factory=list)
    """A reply's first sound from the provider's socket to the caller's, where it can be told."""
    dropouts: int = 0
    """Gaps of more than one frame inside the agent's speech."""
    lost_calls: int = 0
    """Calls that could not be placed or broke off."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Many delays, in milliseconds."""

    n: int
    p50_ms: float
    p90_ms: float
    p99_ms: float
    worst_ms: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Zeros where there are no values."""
        p50, p90, p99 = (percentile(values, share) for share in (0.5, 0.9, 0.99))
        return cls(len(values), p50, p90, p99, max(values, default=0.0))


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took of the server's machine."""

    cpu_ms: float
    """Processor time of the server's process per second of one call."""
    resident_mb: float
    """Memory that one call adds to the server's process."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the callers heard."""

    late: Spread
    dropouts: int
    lost_calls: int
    clear: Spread
    uncleared: int
    reply: Spread
    passed: Spread

    @classmethod
    def of(cls, log: LineLog) -> Heard:
        """Sum a log up."""
        return cls(
            late=Spread.of(log.late_ms),
            dropouts=log.dropouts,
            lost_calls=log.lost_calls,
            clear=Spread.of(log.clear_ms),
            uncleared=log.uncleared,
            reply=Spread.of(log.reply_ms),
            passed=Spread.of(log.pass_ms),
        )


@dataclass(frozen=True, slots=True)
class Effort:
    """How the load itself did: late beyond a few milliseconds, the run says nothing."""

    late_p99_ms: float
    cpu: float
    """Share of its core that the load and the provider took."""


@dataclass(frozen=True, slots=True)
class Run:
    """One server under one load."""

    server: str
    calls: int
    seconds: float
    cost: Cost
    heard: Heard
    effort: Effort

    @property
    def clean(self) -> bool:
        """Whether every frame was in time, none was missing, and no call was lost."""
        heard = self.heard
        return heard.late.p99_ms < LATE_MS and not heard.dropouts and not heard.lost_calls

    @property
    def trustworthy(self) -> bool:
        """Whether the load kept up, so that lateness is the server's."""
        return self.effort.late_p99_ms < LATE_MS / 2


_FIGURES: Mapping[str, Callable[[Run], float]] = {
    "cpu_ms": lambda run: run.cost.cpu_ms,
    "resident_mb": lambda run: run.cost.resident_mb,
    "late_p99_ms": lambda run: run.heard.late.p99_ms,
    "late_worst_ms": lambda run: run.heard.late.worst_ms,
    "dropouts": lambda run: run.heard.dropouts,
    "lost_calls": lambda run: run.heard.lost_calls,
    "clear_ms": lambda run: run.heard.clear.p50_ms,
    "clear_p90_ms": lambda run: run.heard.clear.p90_ms,
    "clears": lambda run: run.heard.clear.n,
    "uncleared": lambda run: run.heard.uncleared,
    "reply_ms": lambda run: run.heard.reply.p50_ms,
    "replies": lambda run: run.heard.reply.n,
    "pass_ms": lambda run: run.heard.passed.p50_ms,
    "pass_p99_ms": lambda run: run.heard.passed.p99_ms,
    "passes": lambda run: run.heard.passed.n,
    "load_late_p99_ms": lambda run: run.effort.late_p99_ms,
    "load_cpu": lambda run: run.effort.cpu,
}


def summarise(runs: Sequence[Run]) -> dict[str, Any]:
    """The medians of runs of one server at one number of calls, and how many there were.

    `cpu_ms_lowest` and `cpu_ms_highest` tell how far the runs lie apart.
    """
    first = runs[0]
    out: dict[str, Any] = {"server": first.server, "calls": first.calls, "n": len(runs)}
    out |= {name: median(figure(run) for run in runs) for name, figure in _FIGURES.items()}
    costs = [run.cost.cpu_ms for run in runs]
    out |= {"cpu_ms_lowest": min(costs), "cpu_ms_highest": max(costs)}
    out["clean"] = all(run.clean for run in runs)
    out["trustworthy"] = all(run.trustworthy for run in runs)
    return out
