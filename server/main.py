"""The composition root: settings in, a running server out."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvloop

from bridges.port.errors import BridgeError
from server.config import Settings
from server.errors import AppError
from server.lines.door import DoorFailed
from server.log import set_up_logging

__all__ = ["Ready", "StartFailed", "serve", "serve_forever"]

_SLOTS = 4
"""Phase slots of the pulse (performance.md 2, timers: p99 1.9 ms)."""
_DRAIN_S = 600.0
"""Longest that live calls may go on after SIGTERM."""


class StartFailed(Exception):
    """The server cannot start; the text says what is wrong and how to mend it."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The server can be called."""

    url: str
    data: Path
    agents: tuple[str, ...]


def serve_forever(settings: Settings, ready: Callable[[Ready], None]) -> None:
    """Run until SIGINT or SIGTERM, then let live calls finish.

    Raises:
        StartFailed: it could not start.
    """

    async def until_signal() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await serve(settings, ready, stop)

    try:
        set_up_logging(settings.log_level)
        uvloop.run(until_signal())
    except (AppError, BridgeError, DoorFailed, ValueError) as error:
        raise StartFailed(str(error)) from error
    except OSError as error:
        where = f"{settings.api.host}:{settings.api.port}"
        raise StartFailed(f"cannot listen on {where} or write {settings.data}: {error}") from error
