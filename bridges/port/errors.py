"""The errors of a bridge: always the other side's fault.

BridgeError(retryable)
├── Rejected         wrong key, unknown model, refused content: asking again cannot help
├── Lost             the connection broke or timed out
├── Overloaded       too busy or rate limited; asking later helps
└── ProtocolBroken   it sent what its protocol does not allow
"""

from __future__ import annotations

from typing import ClassVar

__all__ = ["BridgeError", "Lost", "Overloaded", "ProtocolBroken", "Rejected"]


class BridgeError(Exception):
    """A bridge cannot go on. The text says what happened and how to mend it, without secrets."""

    retryable: ClassVar[bool] = False
    """Whether the same bridge may be tried again."""

    def __init__(self, bridge: str, detail: str) -> None:
        super().__init__(bridge, detail)
        self.bridge = bridge
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.bridge}: {self.detail}"


class Rejected(BridgeError):
    """The provider refuses us."""


class Lost(BridgeError):
    """The connection is gone."""

    retryable = True


class Overloaded(BridgeError):
    """The provider, or our own engine, has no room now."""

    retryable = True


class ProtocolBroken(BridgeError):
    """The provider sent nonsense."""
