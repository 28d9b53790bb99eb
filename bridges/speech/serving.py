"""The worker's loop: messages in from one pipe, answers out through the other."""

from __future__ import annotations

import ctypes
import logging
import os
import sys
import threading
from typing import BinaryIO

from bridges.speech.choice import open_engines
from bridges.speech.desk import Desk, failure
from bridges.speech.wire import (
    HEADER_BYTES,
    Ready,
    Reply,
    Setup,
    pack,
    packed_size,
    unpack_request,
)

__all__ = ["serve"]

_log = logging.getLogger(__name__)


def serve(source: BinaryIO, output: BinaryIO) -> None:
    """Open the engines that the first message asks for, then serve until the input ends.

    Raises:
        TypeError: the first message is not the set-up.
    """
    turn = threading.Lock()

    def send(reply: Reply) -> None:
        with turn:
            _write(output, pack(reply))

    setup = unpack_request(_message(source) or b"")
    if not isinstance(setup, Setup):
        raise TypeError(f"the first message must be the set-up, not {type(setup).__name__}")
    try:
        engines = open_engines(setup.settings)
        desk = Desk(engines, setup.settings, send)
    except Exception as error:
        _log.exception("the speech engines could not be opened")
        send(failure(0, error))
        return
    _give_back()
    desk.open()
    send(Ready(os.getpid(), engines.names))
    while (body := _message(source)) is not None:
        desk.take(unpack_request(body))
    desk.close()


def _give_back() -> None:
    """Return the memory that only loading needed: some 100 MB, where the C library can."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def _message(source: BinaryIO) -> bytes | None:
    """The next message's body; None at the end of the input."""
    header = source.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return None
    return source.read(packed_size(header))


def _write(output: BinaryIO, message: bytes) -> None:
    view = memoryview(message)
    while view:
        view = view[output.write(view) :]
