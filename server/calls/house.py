"""What all calls of a process share: opened once by `main`, handed down as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridges.port.session import Bridge
from media.carrier import Carrier
from server.calls.journal import Journal
from server.calls.pulse import Pulse
from server.calls.recording import RecordingDesk
from server.calls.toolbox import Toolbox
from server.clock import Clock
from server.lines.carrier_rest import CarrierRest
from server.metrics import Metrics
from server.store.scope import Store

if TYPE_CHECKING:
    from server.config import MediaSettings

__all__ = ["House", "Network"]


@dataclass(frozen=True, slots=True)
class Network:
    """The carriers, and how they are reached."""

    carriers: Mapping[str, Carrier]
    rest: CarrierRest
    api_base: Mapping[str, str]
    """Carrier name to where its REST API is, where that is not the carrier's own address."""


@dataclass(frozen=True, slots=True)
class House:
    """The process, as a call sees it."""

    clock: Clock
    metrics: Metrics
    store: Store
    journal: Journal
    pulse: Pulse
    desk: RecordingDesk
    toolbox: Toolbox
    bridges: Mapping[str, Bridge]
    network: Network
    clips: Mapping[str, bytes]
    """Lines recorded at start-up, by `language:name`, in the telephone's format."""
    media: MediaSettings
