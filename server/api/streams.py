"""Media handshakes: each stream must bring a token that was made for its call.

Twilio drops the query of a stream's URL, so the token travels in the path and once more as a
parameter (foundations.md 4, stream auth).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from media.call import IncomingCall, LineOpened
from media.carrier import Account, Carrier
from media.errors import SignatureRefused
from media.http import HttpRequest
from server.lines.door import AcceptMedia, Refusal
from server.lines.reception import PickUp
from server.lines.wire import LineSocket
from server.metrics import Metrics

__all__ = [
    "Reservation",
    "ReservationRefused",
    "Reservations",
    "StreamDependencies",
    "media_acceptor",
]

_LOG = logging.getLogger(__name__)
_LIFETIME_S = 120.0
_CAPACITY = 10_000
_PATH = re.compile(r"/ws/stream/([a-z0-9_]{1,32})/([A-Za-z0-9]{16,128})/?")
_STATUS = {"unknown_token": 404, "used_token": 410, "expired_token": 410}


@dataclass(frozen=True, slots=True)
class Reservation:
    """A stream that is expected: who may open it, and for which call."""

    carrier: str
    account: Account
    call: IncomingCall
    ticket: object
    expires: float
    """Monotonic."""
    token: str = field(repr=False)

    def admits(self, opened: LineOpened) -> bool:
        """Whether the stream that began is of the call that was answered."""
        return (
            opened.call_id == self.call.call_id
            and opened.account_id == self.call.account_id
            and opened.params.get("token", self.token) == self.token
        )


class ReservationRefused(Exception):
    """No stream is expected under this token: unknown_token, used_token or expired_token."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind

    @property
    def status(self) -> int:
        """404 for a token that never was, 410 for one that was."""
        return _STATUS[self.kind]


class Reservations:
    """Tokens of calls that were answered and whose stream has not come yet.

    Each is good once and for 120 seconds. They are kept for as long again, to tell a late or
    repeated token from an invented one; beyond the capacity the oldest are dropped.
    """

    def __init__(
        self,
        make_token: Callable[[], str],
        *,
        lifetime_s: float = _LIFETIME_S,
        capacity: int = _CAPACITY,
    ) -> None:
        """`make_token`: letters and digits only, 128 bits or more; `Clock.token` gives 190."""
        self._make_token = make_token
        self._lifetime_s = lifetime_s
        self._capacity = capacity
        self._held: dict[str, Reservation] = {}
        self._used: set[str] = set()

    def __len__(self) -> int:
        """How many tokens are remembered, used and expired ones included."""
        return len(self._held)

    def reserve(
        self, call: IncomingCall, ticket: object, *, carrier: str, account: Account, now: float
    ) -> str:
        """Expect the stream of a call; the token to send to the carrier."""
        self._prune(now)
        token = self._make_token()
        expires = now + self._lifetime_s
        self._held[token] = Reservation(carrier, account, call, ticket, expires, token)
        return token

    def look_up(self, carrier: str, token: str, now: float) -> Reservation:
        """The reservation, still unused.

        Raises:
            ReservationRefused: unknown (to this carrier), used, or expired.
        """
        held = self._held.get(token)
        if held is None or held.carrier != carrier:
            raise ReservationRefused("unknown_token")
        if token in self._used:
            raise ReservationRefused("used_token")
        if now >= held.expires:
            raise ReservationRefused("expired_token")
        return held

    def claim(self, carrier: str, token: str, now: float) -> Reservation:
        """The reservation, which this uses up. Raises ReservationRefused."""
        held = self.look_up(carrier, token, now)
        self._used.add(token)
        return held

    def _prune(self, now: float) -> None:
        # In order of expiry, since all live equally long and `now` never goes back.
        while self._held:
            oldest = next(iter(self._held))
            stale = self._held[oldest].expires + self._lifetime_s <= now
            if not stale and len(self._held) < self._capacity:
                return
            del self._held[oldest]
            self._used.discard(oldest)


@dataclass(frozen=True, slots=True)
class StreamDependencies:
    """What deciding on a media handshake takes."""

    carriers: Mapping[str, Carrier]
    reservations: Reservations
    pick_up: PickUp
    public_url: str
    """Configured public base, `https://host` without a trailing slash."""
    metrics: Metrics
    monotonic: Callable[[], float]


def media_acceptor(deps: StreamDependencies) -> AcceptMedia:
    """The decision on each handshake, to be given to the door."""

    def accept(request: HttpRequest) -> LineSocket | Refusal:
        decision = _decide(deps, request)
        if isinstance(decision, Refusal):
            deps.metrics.refuse("stream", decision.reason)
            _LOG.warning("media handshake refused", extra={"kind": decision.reason})
        return decision

    return accept


def _decide(deps: StreamDependencies, request: HttpRequest) -> LineSocket | Refusal:
    path = _PATH.fullmatch(request.path)
    carrier = deps.carriers.get(path[1]) if path else None
    if path is None or carrier is None:
        return Refusal(404, "unknown_path")
    now = deps.monotonic()
    try:
        # Looked up first and claimed last: a forged handshake must not use up a caller's token.
        expected = deps.reservations.look_up(carrier.NAME, path[2], now)
        carrier.verify_handshake(request, expected.account, deps.public_url)
        deps.reservations.claim(carrier.NAME, path[2], now)
    except ReservationRefused as refused:
        return Refusal(refused.status, refused.kind)
    except SignatureRefused as refused:
        _LOG.info("candidates tried", extra={"reason": refused.reason})
        return Refusal(403, "bad_signature")
    return _pick_up(deps, carrier, expected)


def _pick_up(
    deps: StreamDependencies, carrier: Carrier, expected: Reservation
) -> LineSocket | Refusal:
    line = LineSocket(carrier.open_wire(), deps.metrics, admits=expected.admits)
    sink = deps.pick_up(expected.ticket, line)
    if sink is None:
        return Refusal(503, "no_room")
    line.listen(sink)
    return line
