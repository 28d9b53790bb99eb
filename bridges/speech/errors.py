"""The errors of the speech engines.

SpeechError(retryable)
├── SpeechBusy        the queue is full: the caller must hear at once that we are busy
├── SpeechLost        the worker process died over this request
├── SpeechLate        no answer within the deadline
├── SpeechWithdrawn   the request was cancelled by us before it was answered
├── SpeechRefused     the engine cannot do this: wrong language, unknown voice, endless text
├── EngineFailed      the engine broke over this request: a fault of ours, logged in the worker
└── EngineMissing     a package, a model file or a program is not there; says how to mend it
"""

from __future__ import annotations

__all__ = [
    "EngineFailed",
    "EngineMissing",
    "SpeechBusy",
    "SpeechError",
    "SpeechLate",
    "SpeechLost",
    "SpeechRefused",
    "SpeechWithdrawn",
]


class SpeechError(Exception):
    """Anything that keeps a speech engine from answering."""

    retryable: bool = False
    """Whether the same request may succeed when it is made again."""


class SpeechBusy(SpeechError):
    """Too many requests are waiting."""

    retryable = True

    def __init__(self, lane: str, waiting: int) -> None:
        super().__init__(lane, waiting)
        self.lane = lane
        self.waiting = waiting

    def __str__(self) -> str:
        return f"the speech worker's {self.lane} lane is full ({self.waiting} requests)"


class SpeechLost(SpeechError):
    """The worker process ended before it answered."""

    retryable = True


class SpeechLate(SpeechError):
    """The worker did not answer in time; the request was withdrawn."""

    retryable = True

    def __init__(self, lane: str, deadline_s: float) -> None:
        super().__init__(lane, deadline_s)
        self.lane = lane
        self.deadline_s = deadline_s

    def __str__(self) -> str:
        return f"the speech worker's {self.lane} lane did not answer within {self.deadline_s:g} s"


class SpeechWithdrawn(SpeechError):
    """The request was cancelled by its ticket."""


class SpeechRefused(SpeechError):
    """The engine can never do this; the text says what it can."""


class EngineFailed(SpeechError):
    """The engine raised something that it does not state."""


class EngineMissing(SpeechError):
    """Something that the engine stands on is not installed."""

    def __init__(self, what: str, where: str, mend: str) -> None:
        super().__init__(what, where, mend)
        self.what = what
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.what} is missing ({self.where}); {self.mend}"
