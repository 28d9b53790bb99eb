"""Twilio's side of a media stream as messages: what it sends, and what it makes of ours. Quiet.

telephony.md 1.3 and 1.4. Every number but the channels and the rate is a string.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson
import pybase64

__all__ = [
    "ClearAsked",
    "MarkAsked",
    "Play",
    "StreamIds",
    "StreamMessages",
    "StreamOrder",
    "Unusable",
    "read_order",
]

CONNECTED: Final = b'{"event":"connected","protocol":"Call","version":"1.0.0"}'


@dataclass(frozen=True, slots=True)
class StreamIds:
    """Who is talking."""

    account_id: str
    call_id: str
    stream_id: str


class StreamMessages:
    """Numbers and writes the messages of one stream."""

    def __init__(self, ids: StreamIds) -> None:
        self._ids = ids
        self._sequence = 0
        self._frame_head = b'{"event":"media","sequenceNumber":"'
        self._frame_middle = (
            f'","streamSid":"{ids.stream_id}","media":{{"track":"inbound","chunk":"'.encode()
        )

    def start(self, parameters: Mapping[str, str]) -> bytes:
        """The first numbered message."""
        start = {
            "streamSid": self._ids.stream_id,
            "accountSid": self._ids.account_id,
            "callSid": self._ids.call_id,
            "tracks": ["inbound"],
            "customParameters": dict(parameters),
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        }
        return self._message("start", start)

    def media(self, chunk: int, payload: bytes) -> bytes:
        """The `chunk`-th frame, counted from 1; 20 ms each."""
        self._sequence += 1
        numbers = b'%d%b%d","timestamp":"%d","payload":"' % (
            self._sequence,
            self._frame_middle,
            chunk,
            chunk * 20,
        )
        return b"".join((self._frame_head, numbers, pybase64.b64encode(payload), b'"}}'))

    def lost(self) -> None:
        """A frame was lost inside the carrier: its number is missing from the stream."""
        self._sequence += 1

    def dtmf(self, key: str) -> bytes:
        """A key was pressed."""
        return self._message("dtmf", {"track": "inbound_track", "digit": key})

    def mark(self, name: str) -> bytes:
        """The receipt of a mark."""
        return self._message("mark", {"name": name})

    def stop(self) -> bytes:
        """The stream is over."""
        return self._message(
            "stop", {"accountSid": self._ids.account_id, "callSid": self._ids.call_id}
        )

    def _message(self, event: str, body: Mapping[str, Any]) -> bytes:
        self._sequence += 1
        return orjson.dumps(
            {
                "event": event,
                "sequenceNumber": str(self._sequence),
                "streamSid": self._ids.stream_id,
                event: body,
            }
        )


@dataclass(frozen=True, slots=True)
class Play:
    """Sound to append to the playout buffer."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class MarkAsked:
    """A receipt is wanted behind what was sent so far."""

    name: str


@dataclass(frozen=True, slots=True)
class ClearAsked:
    """What has not been played is to be dropped."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """Twilio ignores the message and logs warning 31951."""

    reason: str


StreamOrder: TypeAlias = Play | MarkAsked | ClearAsked | Unusable
_CLEAR: Final = ClearAsked()


def read_order(message: bytes, stream_id: str) -> StreamOrder:
    """What the server asks for; `streamSid` is mandatory and must be this stream's."""
    try:
        document = orjson.loads(message)
    except orjson.JSONDecodeError:
        return Unusable("not JSON")
    if not isinstance(document, dict):
        return Unusable("not a JSON object")
    if document.get("streamSid") != stream_id:
        return Unusable("streamSid is missing or another stream's")
    match document:
        case {"event": "media", "media": {"payload": str(payload)}}:
            return _sound(payload)
        case {"event": "mark", "mark": {"name": str(name)}}:
            return MarkAsked(name)
        case {"event": "clear"}:
            return _CLEAR
        case {"event": event}:
            return Unusable(f"event {str(event)[:40]!r} is unknown or lacks a field")
        case _:
            return Unusable("no event")


def _sound(payload: str) -> StreamOrder:
    try:
        sound = pybase64.b64decode(payload, validate=True)
    except ValueError:
        return Unusable("payload is not base64")
    if sound.startswith(b"RIFF"):
        return Unusable("payload begins with a WAV header, which would be heard as noise")
    return Play(sound)
