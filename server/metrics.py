"""What is counted and measured while calls run, for Prometheus.

One `Metrics` is made per application and passed to those who count. Nothing here is touched for
every frame: a counter costs more than decoding the frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

__all__ = ["Metrics"]

_LATENESS_S = (0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.1, 0.25, 1.0)
_TURN_S = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The counters of one application; `text()` is what `/metrics` answers."""

    registry: CollectorRegistry
    refusals: Counter
    """By `place` (door, stream, wire, webhook) and `kind`, a word such as `bad_signature`."""
    failures: Counter
    """Exceptions of our own that were caught at an edge, by `place`. Should stay at zero."""
    calls: Counter
    """Calls that ended, by `cause`."""
    calls_active: Gauge
    """Calls in this process now."""
    lines_open: Gauge
    """Media sockets open now."""
    sound_dropped: Counter
    """Messages of sound that were dropped because the peer had stopped reading."""
    frame_lateness: Histogram
    """How late sound left, in seconds, by frame."""
    turn_latency: Histogram
    """Stages of each reply, in seconds, by `stage`; observed when the call is over."""

    @classmethod
    def create(cls) -> Self:
        """A set of counters at zero, in a registry of its own."""
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        return cls(
            registry=registry,
            refusals=Counter(
                "switchboard_refusals",
                "Requests, handshakes and messages refused",
                ("place", "kind"),
                registry=registry,
            ),
            failures=Counter(
                "switchboard_failures",
                "Unexpected exceptions caught at an edge",
                ("place",),
                registry=registry,
            ),
            calls=Counter(
                "switchboard_calls", "Calls that ended, by cause", ("cause",), registry=registry
            ),
            calls_active=Gauge("switchboard_calls_active", "Calls now", registry=registry),
            lines_open=Gauge("switchboard_lines_open", "Media sockets now", registry=registry),
            sound_dropped=Counter(
                "switchboard_sound_dropped",
                "Sound messages dropped because the peer had stopped reading",
                registry=registry,
            ),
            frame_lateness=Histogram(
                "switchboard_frame_lateness_seconds",
                "How late sound left",
                buckets=_LATENESS_S,
                registry=registry,
            ),
            turn_latency=Histogram(
                "switchboard_turn_latency_seconds",
                "Stages of each reply, and voice_to_voice as the whole",
                ("stage",),
                buckets=_TURN_S,
                registry=registry,
            ),
        )

    def refuse(self, place: str, kind: str) -> None:
        """Count one refusal."""
        self.refusals.labels(place, kind).inc()

    def refused(self, place: str, kind: str) -> int:
        """How many refusals of that kind there have been."""
        return int(
            self.registry.get_sample_value(
                "switchboard_refusals_total", {"place": place, "kind": kind}
            )
            or 0
        )

    def text(self) -> tuple[bytes, str]:
        """The exposition and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
