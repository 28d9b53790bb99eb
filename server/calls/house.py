"""What all calls of a process share: opened once by `main`, handed down as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bridges.port.session import Bridge
from media.carrier import Carrier
from media.dtmf import ToneBank
from media.ear import EarPool
from server.calls.journal import Journal
from server.calls.pulse import Pulse
from server.calls.recording import RecordingDesk
from server.calls.toolbox import Toolbox
from server.clock import Clock
from server.config import MediaSettings
from server.metrics import Metrics
from server.store.scope import Store

__all__ = ["House"]


@dataclass(frozen=True, slots=True)
class House:
    """The process, as a call sees it."""

    clock: Clock
    metrics: Metrics
    store: Store
    journal: Journal
    pool: EarPool
    bank: ToneBank
    pulse: Pulse
    desk: RecordingDesk
    toolbox: Toolbox
    bridges: Mapping[str, Bridge]
    carriers: Mapping[str, Carrier]
    clips: Mapping[str, bytes]
    """Lines recorded at start-up, by `language:name`, in the telephone's format."""
    media: MediaSettings
