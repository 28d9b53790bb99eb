"""The speech worker: one process with all models, served over its standard input and output.

Run by `bridges.speech.pool` as `python -m bridges.speech.worker`. It is niced, so that the process
that moves the callers' sound goes first, and it ends when its input does.
"""

from __future__ import annotations

import ctypes
import logging
import os
import sys
import threading
from typing import BinaryIO, Final

__all__ = ["main"]

_NICENESS: Final = 5
_SURROUNDINGS: Final = {
    # One thread for one engine thread: the libraries would otherwise take every core each.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # Models are read from folders; nothing may ask a model hub.
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


def main() -> None:
    """Serve the one who started us until it closes our input."""
    os.environ.update(_SURROUNDINGS)
    os.nice(_NICENESS)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    # Whatever a library prints must not come between two messages.
    os.dup2(2, 1)
    _serve(sys.stdin.buffer, output)


def _serve(source: BinaryIO, output: BinaryIO) -> None:
    # Imported here, since the numerical libraries read the surroundings when they are loaded.
    from bridges.speech.choice import open_engines
    from bridges.speech.desk import Desk, failure
    from bridges.speech.wire import Ready, Reply, Setup, pack, unpack_request

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
        logging.getLogger(__name__).exception("the speech engines could not be opened")
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
    from bridges.speech.wire import HEADER_BYTES, packed_size

    header = source.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return None
    return source.read(packed_size(header))


def _write(output: BinaryIO, message: bytes) -> None:
    view = memoryview(message)
    while view:
        view = view[output.write(view) :]


if __name__ == "__main__":
    main()
