"""The port behind the webhooks: who decides what becomes of a call that rings.

Implemented by the room of calls; spoken to by the room of webhooks and media handshakes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from media.call import CallProgress, IncomingCall, StreamProgress
from media.carrier import Account
from server.lines.wire import EventSink, LineSocket

__all__ = ["Accounts", "Apology", "Declined", "Outcome", "PickUp", "Reception", "Welcome"]


@dataclass(frozen=True, slots=True)
class Welcome:
    """Answer the call and bring its sound to us."""

    ticket: object
    """Whatever the one who picks up needs; kept until the stream arrives, never sent anywhere."""
    parameters: tuple[tuple[str, str], ...] = ()
    """Travel through the carrier and come back with the stream."""


@dataclass(frozen=True, slots=True)
class Apology:
    """Say one sentence with the carrier's own voice and end the call."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Declined:
    """Do not answer: `busy` or `rejected`."""

    reason: str


Outcome: TypeAlias = Welcome | Apology | Declined

PickUp: TypeAlias = Callable[[object, LineSocket], EventSink | None]
"""Takes the ticket of a `Welcome` and the line that came for it, before the handshake is answered.

Returns who hears the line's events, or None when there is no room (the handshake is answered 503).
The line ends with exactly one LineClosed in any case.
"""


class Accounts(Protocol):
    """Whose keys sign a webhook."""

    async def find(self, carrier: str, account_id: str) -> Account | None:
        """The account, or None when it is nobody's here."""


class Reception(Protocol):
    """What the webhooks report to. Every request was signed by the account that is named."""

    async def incoming(self, carrier: str, call: IncomingCall) -> Outcome:
        """A call rings. Must answer within ten seconds; an exception becomes an apology."""

    async def progress(self, carrier: str, account_id: str, progress: CallProgress) -> None:
        """A call has come further: each state once, never backwards, nothing after the last."""

    async def stream_progress(
        self, carrier: str, account_id: str, progress: StreamProgress
    ) -> None:
        """A stream has come further: each event once, `started` never after the others."""
