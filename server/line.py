"""The port of a line's rim: something that carries messages to one caller's carrier."""

from __future__ import annotations

from typing import Protocol

from media.call import HangupCause

__all__ = ["Line"]


class Line(Protocol):
    """One media stream's socket. What comes in from it is handed to the channel as `LineEvent`s."""

    def play(self, sound: bytes, *control: bytes) -> bool:
        """Send a message of sound and what must follow it; False if the sound was dropped.

        Never waits: sound is dropped and counted when the peer does not read, control never is.
        """

    def send(self, *messages: bytes) -> None:
        """Send messages of control in this order."""

    def close(self, cause: HangupCause) -> None:
        """End the line; `LineClosed(cause)` is delivered before this returns, once."""
