"""What one run measured, and how several runs are summed up. Quiet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

__all__ = ["LATE_MS", "LineLog", "Run", "percentile", "summarise"]

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
    frames: int = 0
    """Messages with sound that arrived."""
    lost_calls: int = 0
    """Calls that could not be placed or broke off."""


@dataclass(frozen=True, slots=True)
class Run:
    """One server under one load."""

    server: str
    calls: int
    seconds: float
    cpu_ms: float
    """Processor time of the server's process per second of one call."""
    resident_mb: float
    """Memory that one call adds to the server's process."""
    late_p99_ms: float
    late_worst_ms: float
    dropouts: int
    frames: int
    lost_calls: int
    clear_ms: float
    clear_p90_ms: float
    clears: int
    uncleared: int
    reply_ms: float
    replies: int
    pass_ms: float
    pass_p99_ms: float
    passes: int
    generator_late_p99_ms: float
    """How late the load itself was: beyond a few milliseconds the run says nothing."""
    generator_cpu: float
    """Share of its core that the load and the provider took."""

    @property
    def clean(self) -> bool:
        """Whether every frame was in time, none was missing, and no call was lost."""
        return self.late_p99_ms < LATE_MS and not self.dropouts and not self.lost_calls

    @property
    def trustworthy(self) -> bool:
        """Whether the load kept up, so that lateness is the server's."""
        return self.generator_late_p99_ms < LATE_MS / 2


def summarise(runs: Sequence[Run]) -> dict[str, Any]:
    """The medians of runs of one server at one number of calls, and how many there were."""
    first = runs[0]
    out: dict[str, Any] = {"server": first.server, "calls": first.calls, "n": len(runs)}
    for name in asdict(first):
        if name not in out:
            out[name] = median(getattr(run, name) for run in runs)
    out["clean"] = all(run.clean for run in runs)
    out["trustworthy"] = all(run.trustworthy for run in runs)
    return out
