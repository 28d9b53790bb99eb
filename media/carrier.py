"""The port of the line: what a carrier module offers. Quiet.

A carrier is one plain module in `media/carriers/` that satisfies `Carrier`; everything it does is
turning values into values, so a webhook is parsed, a REST request is built, a frame is encoded,
and nothing is sent from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from media.audio import AudioFormat
from media.call import CallProgress, IncomingCall, LineEvent, StreamProgress
from media.http import HttpReply, HttpRequest

__all__ = ["Account", "Carrier", "StreamOffer", "Wire"]


@dataclass(frozen=True, slots=True)
class Account:
    """Credentials of one carrier account, as the tenant stored them."""

    account_id: str
    secret: str
    """The signing key of webhooks (Twilio: the account's primary auth token)."""
    api_base: str = ""
    """Where REST goes; empty is the carrier's own address. Simulators set it."""

    def __repr__(self) -> str:
        return f"Account({self.account_id!r})"


@dataclass(frozen=True, slots=True)
class StreamOffer:
    """What to put into the answer to a ringing call, so that its sound comes to us."""

    public_url: str
    """Configured public base, `https://host` without a trailing slash."""
    token: str
    """Single use, bound to this call; travels in the path and as a parameter."""
    after_stream_path: str
    status_path: str
    parameters: tuple[tuple[str, str], ...] = ()


class Wire(Protocol):
    """One media stream's codec: message in, event out; sound in, message out."""

    def receive(self, message: bytes) -> LineEvent | None:
        """Decode one text message; None for what needs no notice.

        Raises:
            WireError: the peer broke the protocol; the line must be closed.
        """

    def media(self, payload: bytes) -> bytes:
        """The message that plays `payload` to the caller."""

    def mark(self, name: str) -> bytes:
        """The message that asks for a receipt when playout has reached this point."""

    def clear(self) -> bytes:
        """The message that drops what has been sent and not yet been played."""


class Carrier(Protocol):
    """What the module of a carrier offers."""

    @property
    def NAME(self) -> str:
        """Its name in paths, settings and records."""

    @property
    def FORMAT(self) -> AudioFormat:
        """What its streams carry unless they say otherwise."""

    @property
    def API_BASE(self) -> str:
        """Where its REST requests go when the account names no other address."""

    def open_wire(self) -> Wire:
        """A codec for one new stream."""

    def verify_webhook(self, request: HttpRequest, account: Account, public_url: str) -> None:
        """Raises SignatureRefused unless the carrier signed this request."""

    def verify_handshake(self, request: HttpRequest, account: Account, public_url: str) -> None:
        """Raises SignatureRefused unless the carrier signed this WebSocket handshake."""

    def parse_call(self, request: HttpRequest) -> IncomingCall:
        """Read the voice webhook. Raises WireError when fields are missing."""

    def parse_progress(self, request: HttpRequest) -> CallProgress:
        """Read a call status callback. Raises WireError."""

    def parse_stream_progress(self, request: HttpRequest) -> StreamProgress:
        """Read a stream status callback. Raises WireError."""

    def answer(self, offer: StreamOffer) -> HttpReply:
        """Answer the call and bring its sound to us."""

    def apologise(self, text: str, language: str) -> HttpReply:
        """Say one sentence with the carrier's own voice and end the call."""

    def refuse(self, reason: str) -> HttpReply:
        """Do not answer: `busy` or `rejected`."""

    def resume(self) -> HttpReply:
        """What follows when the stream is over: nothing, so the call ends."""

    def hang_up(self, call_id: str, account: Account) -> HttpRequest:
        """The REST request that ends a live call."""

    def already_gone(self, reply: HttpReply) -> bool:
        """Whether a failed hang-up only says that the call had ended before."""
