"""The speech worker: one process with all models, served over its standard input and output.

Run by `bridges.speech.pool` as `python -m bridges.speech.worker`. It is niced, so that the process
that moves the callers' sound goes first, and it ends when its input does.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Final

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
    # Only now, since the numerical libraries read the surroundings when they are loaded.
    from bridges.speech.serving import serve

    serve(sys.stdin.buffer, output)
    logging.shutdown()
    # Engine threads may be in the middle of a model, which must not meet a dying interpreter.
    os._exit(0)


if __name__ == "__main__":
    main()
