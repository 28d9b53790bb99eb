"""Twilio as values: webhooks read, TwiML written, REST requests built. Quiet.

Satisfies `media.carrier.Carrier` as a module. The stream's messages are in `_twilio_wire`, the
signatures in `_twilio_signature`; telephony.md part 1 is the specification of all three.
"""

from __future__ import annotations

import base64
import re
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit
from xml.etree import ElementTree as Xml

import msgspec

from media.audio import TELEPHONE, AudioFormat
from media.call import CallProgress, Direction, IncomingCall, StreamProgress
from media.carrier import Account, StreamOffer, Wire
from media.carriers._twilio_signature import handshake_urls, verify, webhook_urls
from media.carriers._twilio_wire import TwilioWire
from media.errors import MediaError, WireError
from media.http import HttpReply, HttpRequest

__all__ = [
    "API_BASE",
    "FORMAT",
    "NAME",
    "already_gone",
    "answer",
    "apologise",
    "hang_up",
    "open_wire",
    "parse_call",
    "parse_progress",
    "parse_stream_progress",
    "refuse",
    "resume",
    "verify_handshake",
    "verify_webhook",
]

NAME: Final = "twilio"
FORMAT: AudioFormat = TELEPHONE
API_BASE: Final = "https://api.twilio.com"

_SID = re.compile(r"[A-Za-z0-9]{2,64}")
_STATES = frozenset(
    [
        "queued",
        "initiated",
        "ringing",
        "in-progress",
        "completed",
        "busy",
        "failed",
        "no-answer",
        "canceled",
    ]
)
_STREAM_EVENTS = {
    "stream-started": "started",
    "stream-stopped": "stopped",
    "stream-error": "error",
}
# What stands in `From` when the caller withholds the number: a word, or the word's letters on a
# telephone's keys (ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE).
_WITHHELD = frozenset(
    [
        "anonymous",
        "restricted",
        "blocked",
        "unknown",
        "unavailable",
        "+266696687",
        "+7378742833",
        "+2562533",
        "+8656696",
        "+86282452253",
    ]
)
_LOCALES = {"en": "en-US", "es": "es-ES", "de": "de-DE", "fr": "fr-FR", "it": "it-IT"}
_PARAMETER_CHARACTERS = 500
_ENDED_CODES = frozenset({20404, 21220})
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def open_wire() -> Wire:
    """A codec for one new stream."""
    return TwilioWire()


def verify_webhook(request: HttpRequest, account: Account, public_url: str) -> None:
    """Raises SignatureRefused unless Twilio signed this request for this account."""
    verify(request, webhook_urls(public_url, request), account.secret)


def verify_handshake(request: HttpRequest, account: Account, public_url: str) -> None:
    """Raises SignatureRefused unless Twilio signed this WebSocket handshake."""
    verify(request, handshake_urls(public_url, request), account.secret)


def parse_call(request: HttpRequest) -> IncomingCall:
    """Read the voice webhook (telephony.md 1.1). Raises WireError when ids are missing."""
    caller = request.value("From").strip()
    inbound = request.value("Direction", "inbound") == "inbound"
    return IncomingCall(
        call_id=_sid(request, "CallSid"),
        account_id=_sid(request, "AccountSid"),
        caller="" if caller.lower() in _WITHHELD else caller,
        called=request.value("To").strip(),
        direction=Direction.INBOUND if inbound else Direction.OUTBOUND,
        attestation=request.value("StirVerstat"),
    )


def parse_progress(request: HttpRequest) -> CallProgress:
    """Read a call status callback (telephony.md 1.6). Raises WireError."""
    state = request.value("CallStatus")
    if state not in _STATES:
        raise WireError("malformed", "CallStatus is not a state of a call")
    return CallProgress(
        call_id=_sid(request, "CallSid"),
        state=state,
        sequence=_count(request, "SequenceNumber") or 0,
        duration_s=_count(request, "CallDuration"),
    )


def parse_stream_progress(request: HttpRequest) -> StreamProgress:
    """Read a stream status callback (telephony.md 1.2). Raises WireError."""
    event = _STREAM_EVENTS.get(request.value("StreamEvent"))
    if event is None:
        raise WireError("malformed", "StreamEvent is not an event of a stream")
    return StreamProgress(
        call_id=_sid(request, "CallSid"),
        stream_id=_sid(request, "StreamSid"),
        event=event,
        error=request.value("StreamError"),
    )


def answer(offer: StreamOffer) -> HttpReply:
    """`<Connect><Stream>`, with the token in the path and as a parameter, then `<Hangup/>`.

    The query of a stream's URL is dropped by Twilio, so nothing travels there.

    Raises:
        MediaError: a parameter is longer than the 500 characters that Twilio takes.
    """
    response = Xml.Element("Response")
    connect = Xml.SubElement(
        response, "Connect", action=offer.public_url + offer.after_stream_path, method="POST"
    )
    stream = Xml.SubElement(
        connect,
        "Stream",
        url=_stream_url(offer),
        statusCallback=offer.public_url + offer.status_path,
        statusCallbackMethod="POST",
    )
    for name, value in (("token", offer.token), *offer.parameters):
        if len(name) + len(value) >= _PARAMETER_CHARACTERS:
            raise MediaError(
                f"stream parameter {name!r} is over {_PARAMETER_CHARACTERS} characters"
            )
        Xml.SubElement(stream, "Parameter", name=_clean(name), value=_clean(value))
    Xml.SubElement(response, "Hangup")
    return _twiml(response)


def apologise(text: str, language: str) -> HttpReply:
    """Say one sentence with Twilio's own voice and end the call."""
    response = Xml.Element("Response")
    say = Xml.SubElement(response, "Say", language=_LOCALES.get(language, language))
    say.text = _clean(text)
    Xml.SubElement(response, "Hangup")
    return _twiml(response)


def refuse(reason: str) -> HttpReply:
    """Do not answer: the caller hears `busy`, or the number as out of service (`rejected`)."""
    response = Xml.Element("Response")
    Xml.SubElement(response, "Reject", reason=reason if reason == "busy" else "rejected")
    return _twiml(response)


def resume() -> HttpReply:
    """What follows when the stream is over: nothing, so the call ends."""
    response = Xml.Element("Response")
    Xml.SubElement(response, "Hangup")
    return _twiml(response)


def hang_up(call_id: str, account: Account) -> HttpRequest:
    """The REST request that ends a live call (telephony.md 1.6, update)."""
    account_id = quote(account.account_id, safe="")
    credentials = f"{account.account_id}:{account.secret}".encode()
    return HttpRequest(
        method="POST",
        path=f"/2010-04-01/Accounts/{account_id}/Calls/{quote(call_id, safe='')}.json",
        headers={"authorization": "Basic " + base64.b64encode(credentials).decode()},
        form=(("Status", "completed"),),
    )


def already_gone(reply: HttpReply) -> bool:
    """Whether a failed hang-up only says that the call had ended before (code 20404 or 21220)."""
    if reply.status not in (400, 404):
        return False
    try:
        return msgspec.json.decode(reply.body, type=_Problem).code in _ENDED_CODES
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


class _Problem(msgspec.Struct, gc=False):
    """The part of Twilio's error document that is read."""

    code: int = 0


def _sid(request: HttpRequest, name: str) -> str:
    value = request.value(name)
    if not _SID.fullmatch(value):
        raise WireError("malformed", f"{name} is missing or is not an id")
    return value


def _count(request: HttpRequest, name: str) -> int | None:
    text = request.value(name)
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise WireError("malformed", f"{name} is not a number")
    return int(text)


def _stream_url(offer: StreamOffer) -> str:
    base = urlsplit(offer.public_url)
    scheme = "wss" if base.scheme == "https" else "ws"
    path = f"{base.path.rstrip('/')}/ws/stream/{NAME}/{quote(offer.token, safe='')}"
    return urlunsplit((scheme, base.netloc, path, "", ""))


def _clean(text: str) -> str:
    """Without the characters that no XML document may hold, which would fail it (12100)."""
    return _NOT_XML.sub("", text)


def _twiml(response: Xml.Element) -> HttpReply:
    return HttpReply(body=Xml.tostring(response, encoding="utf-8", xml_declaration=True))
