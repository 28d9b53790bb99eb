"""The errors of a rehearsal; each says what went wrong, where, and how to mend it.

RehearsalError
├── CannotCall        the server was not reached, or did not answer as a telephone server does
├── ScenarioRefused   the scenario file says something that cannot be done (the user's)
├── ClipRefused       a sound file that cannot be read (the user's)
└── PartMissing       a microphone, a voice or a library that this machine does not have
"""

from __future__ import annotations

__all__ = ["CannotCall", "ClipRefused", "PartMissing", "RehearsalError", "ScenarioRefused"]


class RehearsalError(Exception):
    """Something that keeps a rehearsal from taking place."""

    def __init__(self, what: str, *, where: str, mend: str) -> None:
        super().__init__(what, where, mend)
        self.what = what
        """One clause without a full stop."""
        self.where = where
        """A URL, or a file with the step and the field."""
        self.mend = mend
        """What the reader can do about it, as one sentence."""

    def __str__(self) -> str:
        return f"{self.what} ({self.where}). {self.mend}"


class CannotCall(RehearsalError):
    """The call was not answered as a telephone server answers."""


class ScenarioRefused(RehearsalError):
    """The scenario cannot be performed."""


class ClipRefused(RehearsalError):
    """The sound file cannot be read."""


class PartMissing(RehearsalError):
    """This machine lacks something that was asked for."""
