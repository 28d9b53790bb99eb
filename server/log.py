"""Structured logs on standard error: JSON lines, or colours on a terminal.

The call comes from a context variable. Personal data (numbers, words, names) may stand only under
keys with a `pii` segment, and those are dropped unless the level is DEBUG.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import structlog

__all__ = ["call_context", "set_up_logging"]

call_context: ContextVar[str] = ContextVar("call_id", default="")
"""Id of the call that the running task serves; empty outside a call."""


def set_up_logging(level: str) -> None:
    """Send every logger's records through one formatter.

    Raises:
        ValueError: there is no such level.
    """
    # Heavy: it brings rich along, and the call context above is wanted by everybody.
    import structlog

    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        known = ", ".join(("DEBUG", "INFO", "WARNING", "ERROR"))
        raise ValueError(f"log_level {level!r} is unknown; choose one of {known}")
    terminal = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.ExtraAdder(),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_call,
    ]
    if number > logging.DEBUG:
        shared.append(_drop_personal)
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(number)
    for chatty in ("httpx", "httpcore", "uvicorn.access", "faster_whisper", "alembic"):
        logging.getLogger(chatty).setLevel(max(number, logging.WARNING))


def _add_call(
    _logger: Any, _method: str, record: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    call_id = call_context.get()
    if call_id:
        record["call_id"] = call_id
    return record


def _drop_personal(
    _logger: Any, _method: str, record: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key in [key for key in record if "pii" in key.split("_")]:
        del record[key]
    return record
