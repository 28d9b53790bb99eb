"""TwiML as the list of verbs that Twilio would carry out. Quiet.

telephony.md 1.1 and 1.2: a document over 64 KB fails with error 11750, one that is not XML with
12100, a stream URL that is not `wss` with 31922.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as Xml

from server.rehearsal.errors import CannotCall

__all__ = ["Connect", "Dial", "HangUpVerb", "Pause", "Redirect", "Reject", "Say", "Verb", "read"]

_LARGEST_BYTES: Final = 64 * 1024
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Connect:
    """`<Connect><Stream>`: sound both ways until one side ends it."""

    url: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    status_url: str = ""
    action_url: str = ""


@dataclass(frozen=True, slots=True)
class Say:
    """Words in the carrier's own voice."""

    text: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Dial:
    """The call is connected elsewhere."""

    to: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another document goes on with the call."""

    url: str


@dataclass(frozen=True, slots=True)
class Reject:
    """The call is not answered."""

    reason: str


@dataclass(frozen=True, slots=True)
class HangUpVerb:
    """The call ends."""


Verb: TypeAlias = Connect | Say | Pause | Dial | Redirect | Reject | HangUpVerb


def read(body: bytes, document_url: str) -> tuple[list[Verb], list[str]]:
    """The verbs of a document in order, and what a reader of Twilio's debugger would be warned of.

    Relative URLs are resolved against `document_url`.

    Raises:
        CannotCall: Twilio would fail the call on this document.
    """
    if len(body) > _LARGEST_BYTES:
        raise CannotCall(
            f"the TwiML has {len(body)} bytes, over Twilio's 64 KB (error 11750)",
            where=document_url,
            mend="Answer with a shorter document.",
        )
    try:
        root = Xml.fromstring(body)
    except Xml.ParseError as error:
        raise CannotCall(
            f"the answer is not XML (error 12100): {error}",
            where=document_url,
            mend="The voice webhook must answer with TwiML; check that this is its URL.",
        ) from error
    if root.tag != "Response":
        raise CannotCall(
            f"the answer's root is <{root.tag}>, not <Response> (error 12100)",
            where=document_url,
            mend="The voice webhook must answer with TwiML; check that this is its URL.",
        )
    verbs: list[Verb] = []
    warnings: list[str] = []
    for element in root:
        verb = _verb(element, document_url)
        if verb is None:
            warnings.append(f"12200: the rehearsal does not carry out <{element.tag}>")
        else:
            verbs.append(verb)
    return verbs, warnings


def _verb(element: Xml.Element, base: str) -> Verb | None:
    match element.tag:
        case "Connect":
            stream = element.find("Stream")
            return None if stream is None else _connect(element, stream, base)
        case "Say":
            return Say((element.text or "").strip())
        case "Pause":
            return Pause(_seconds(element.get("length", "1")))
        case "Dial":
            return Dial("".join(element.itertext()).strip())
        case "Redirect":
            return Redirect(urljoin(base, (element.text or "").strip()))
        case "Reject":
            return Reject(element.get("reason", "rejected"))
        case "Hangup":
            return HangUpVerb()
        case _:
            return None


def _seconds(text: str) -> float:
    """A `length`, as Twilio takes it: whole seconds, and 1 for what is none."""
    return float(text) if text.isdecimal() else 1.0


def _connect(element: Xml.Element, stream: Xml.Element, base: str) -> Connect:
    return Connect(
        url=_stream_url(stream.get("url", ""), base),
        parameters={
            item.get("name", ""): item.get("value", "") for item in stream.findall("Parameter")
        },
        name=stream.get("name", ""),
        status_url=_absolute(stream.get("statusCallback", ""), base),
        action_url=_absolute(element.get("action", ""), base),
    )


def _absolute(url: str, base: str) -> str:
    return urljoin(base, url) if url else ""


def _stream_url(url: str, base: str) -> str:
    """The stream's URL as it is dialled and signed: absolute, without a query."""
    socket_base = base.replace("https:", "wss:", 1).replace("http:", "ws:", 1)
    parts = urlsplit(url if "://" in url else urljoin(socket_base, url))
    local = parts.scheme == "ws" and (parts.hostname or "") in _LOOPBACK
    if parts.scheme != "wss" and not local:
        raise CannotCall(
            f"the stream's URL is {parts.scheme or 'no'}://, Twilio dials wss only (error 31922)",
            where=url or "<Stream> without a url",
            mend="Give the server its public https URL; plain ws works on this machine only.",
        )
    # Twilio drops the query, so nothing that depends on it works.
    return parts._replace(query="", fragment="").geturl()
