"""Twilio's Media Streams messages, both ways (telephony.md 1.3 and 1.4). Quiet.

Every message is decoded against its type in one pass: the sound of a frame comes out as bytes
without a detour through dictionaries, and a message of another shape is refused as a whole. This
measured faster than searching the text for the payload, and what is read has been checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Never

import msgspec
import orjson
import pybase64

from media.audio import AudioFormat, Encoding
from media.call import (
    Digit,
    HangupCause,
    LineClosed,
    LineEvent,
    LineOpened,
    Marked,
    Sound,
)
from media.errors import MediaError, WireError

__all__ = ["MAX_MESSAGE_BYTES", "TwilioWire"]

MAX_MESSAGE_BYTES = 64 * 1024
"""More than six seconds of sound in one message; Twilio sends 20 ms (telephony.md 5, row 13)."""

_EVENT_NAMES = frozenset({"connected", "start", "media", "dtmf", "mark", "stop"})
_KEYS = frozenset("0123456789*#ABCD")
_STREAM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ENCODINGS: Mapping[str, Encoding] = MappingProxyType(
    {
        "audio/x-mulaw": Encoding.MULAW,
        "audio/x-alaw": Encoding.ALAW,
        "audio/x-l16": Encoding.PCM16,
        "audio/l16": Encoding.PCM16,
    }
)

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_Rate = Annotated[int, msgspec.Meta(ge=8000, le=48000)]
# Numbers come as strings; the decoder takes both. The limit is a century of milliseconds.
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=4_000_000_000_000)]


class _Connected(msgspec.Struct, tag_field="event", tag="connected", gc=False):
    protocol: str = ""


class _Format(msgspec.Struct, gc=False):
    encoding: str
    sampleRate: _Rate
    channels: int = 1


class _StartFacts(msgspec.Struct):
    accountSid: _Id
    callSid: _Id
    mediaFormat: _Format
    customParameters: dict[str, str] = {}


class _Start(msgspec.Struct, tag_field="event", tag="start"):
    streamSid: _Id
    start: _StartFacts


class _MediaFacts(msgspec.Struct, gc=False):
    payload: bytes
    timestamp: _Milliseconds
    track: str = "inbound"


class _Media(msgspec.Struct, tag_field="event", tag="media", gc=False):
    media: _MediaFacts
    streamSid: str = ""


class _DigitFacts(msgspec.Struct, gc=False):
    digit: str


class _Dtmf(msgspec.Struct, tag_field="event", tag="dtmf", gc=False):
    dtmf: _DigitFacts
    streamSid: str = ""


class _MarkFacts(msgspec.Struct, gc=False):
    name: Annotated[str, msgspec.Meta(max_length=256)]


class _Mark(msgspec.Struct, tag_field="event", tag="mark", gc=False):
    mark: _MarkFacts
    streamSid: str = ""


class _Stop(msgspec.Struct, tag_field="event", tag="stop", gc=False):
    streamSid: str = ""


class _Envelope(msgspec.Struct, gc=False):
    """What every message has, also those that Twilio has not invented yet."""

    event: str


_Message = _Connected | _Start | _Media | _Dtmf | _Mark | _Stop
_MESSAGE = msgspec.json.Decoder(_Message, strict=False)
_ENVELOPE = msgspec.json.Decoder(_Envelope)


class TwilioWire:
    """The codec of one stream: waiting for `start`, then live, then over."""

    __slots__ = ("_media_head", "_over", "_stream_id", "_tail")

    def __init__(self) -> None:
        self._stream_id = ""
        self._over = False
        self._media_head = b""
        self._tail = b""

    def receive(self, message: bytes) -> LineEvent | None:
        """Decode one text message; None for what needs no notice.

        Raises:
            WireError: malformed, oversized, out_of_order, wrong_stream or not_expected.
        """
        try:
            decoded = _MESSAGE.decode(message)
        # RecursionError: thousands of nested brackets. UnicodeDecodeError is a ValueError.
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            _refuse_unless_new(message, error)
            return None
        # Fifty messages a second of every call are sound, so they are asked for first.
        if type(decoded) is _Media and decoded.streamSid == self._stream_id and not self._over:
            return self._sound(decoded, len(message))
        return self._other(decoded, len(message))

    def media(self, payload: bytes) -> bytes:
        """The message that plays `payload`, raw samples in the line's format, to the caller."""
        if not self._media_head:
            _too_early("sound")
        return self._media_head + pybase64.b64encode(payload) + b'"}}'

    def mark(self, name: str) -> bytes:
        """The message that asks for a receipt when playout has reached this point."""
        if not self._media_head:
            _too_early("a mark")
        return b'{"event":"mark"' + self._tail + b',"mark":{"name":' + orjson.dumps(name) + b"}}"

    def clear(self) -> bytes:
        """The message that drops what has been sent and not yet been played."""
        if not self._media_head:
            _too_early("a clear")
        return b'{"event":"clear"' + self._tail + b"}"

    def _sound(self, message: _Media, size_bytes: int) -> Sound | None:
        facts = message.media
        if not self._stream_id:
            raise WireError("out_of_order", "media before start")
        if size_bytes > MAX_MESSAGE_BYTES:
            raise WireError("oversized", f"a message of {size_bytes} bytes")
        if facts.track != "inbound" or not facts.payload:
            return None
        return Sound(facts.payload, facts.timestamp)

    def _other(self, message: _Message, size_bytes: int) -> LineEvent | None:
        if size_bytes > MAX_MESSAGE_BYTES:
            raise WireError("oversized", f"a message of {size_bytes} bytes")
        match message:
            case _Connected():
                if self._stream_id:
                    raise WireError("out_of_order", "connected after start")
                return None
            case _Start():
                return self._open(message)
            case _:
                self._require_live(message)
        match message:
            case _Dtmf():
                return _digit(message.dtmf.digit)
            case _Mark():
                return Marked(message.mark.name)
            case _Stop():
                self._over = True
                return LineClosed(HangupCause.CALLER_HUNG_UP)
            case _Media():  # pragma: no cover - taken by receive(), or refused just above
                return self._sound(message, size_bytes)

    def _require_live(self, message: _Media | _Dtmf | _Mark | _Stop) -> None:
        if not self._stream_id:
            raise WireError("out_of_order", f"{type(message).__name__[1:].lower()} before start")
        if self._over:
            raise WireError("out_of_order", "a message after stop")
        if message.streamSid != self._stream_id:
            raise WireError("wrong_stream", "a message of another stream")

    def _open(self, message: _Start) -> LineOpened:
        if self._stream_id:
            raise WireError("out_of_order", "a second start")
        if not _STREAM_ID.fullmatch(message.streamSid):
            raise WireError("malformed", "streamSid is not an id")
        facts = message.start
        opened = LineOpened(
            stream_id=message.streamSid,
            call_id=facts.callSid,
            account_id=facts.accountSid,
            params=MappingProxyType(facts.customParameters),
            format=_format(facts.mediaFormat),
        )
        self._stream_id = message.streamSid
        self._tail = b',"streamSid":"' + message.streamSid.encode() + b'"'
        self._media_head = b'{"event":"media"' + self._tail + b',"media":{"payload":"'
        return opened


def _refuse_unless_new(message: bytes, error: Exception) -> None:
    """Events and fields that are new are no fault (telephony.md 1.1); nonsense is."""
    if len(message) > MAX_MESSAGE_BYTES:
        raise WireError("oversized", f"a message of {len(message)} bytes") from None
    try:
        event = _ENVELOPE.decode(message).event
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise WireError("malformed", "not a message of this protocol") from None
    if event in _EVENT_NAMES:
        # The decoder's text names places and types, never what was in them.
        raise WireError("malformed", f"{event}: {error}") from None


def _format(facts: _Format) -> AudioFormat:
    encoding = _ENCODINGS.get(facts.encoding.lower())
    if encoding is None or facts.channels != 1:
        raise WireError("not_expected", "a media format that this line cannot carry")
    return AudioFormat(encoding, facts.sampleRate)


def _digit(key: str) -> Digit:
    if key not in _KEYS:
        raise WireError("malformed", "dtmf: not a key")
    return Digit(key)


def _too_early(what: str) -> Never:
    raise MediaError(f"{what} cannot be sent before the stream has started")
