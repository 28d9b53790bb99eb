"""What the speech pool and its worker process say to each other over two pipes. Quiet.

Each message is a four-byte big-endian length and a MessagePack array. No message is longer than
`MOST_BYTES`, so that reading or writing one never holds the audio loop up: sound travels in pieces.
"""

from __future__ import annotations

from typing import Final

import msgspec

from bridges.speech.engines import SpeechSettings

__all__ = [
    "HEADER_BYTES",
    "MOST_BYTES",
    "PIECE_BYTES",
    "Cancel",
    "Done",
    "Embed",
    "Failed",
    "Hasten",
    "Piece",
    "Ready",
    "Reply",
    "Request",
    "Setup",
    "Sound",
    "Synthesize",
    "Text",
    "Transcribe",
    "Vector",
    "pack",
    "packed_size",
    "unpack_reply",
    "unpack_request",
]

HEADER_BYTES: Final = 4
MOST_BYTES: Final = 200_000
PIECE_BYTES: Final = 64_000
"""Eight seconds of sound."""


class Setup(msgspec.Struct, frozen=True, array_like=True, tag="setup"):
    """First message: which engines to open."""

    settings: SpeechSettings


class Piece(msgspec.Struct, frozen=True, array_like=True, tag="piece"):
    """Sound that belongs before the sound of the `Transcribe` with the same ticket."""

    ticket: int
    audio: bytes


class Transcribe(msgspec.Struct, frozen=True, array_like=True, tag="transcribe"):
    """Write this turn down."""

    ticket: int
    audio: bytes
    language: str
    hint: str
    final: bool
    """Whether the turn has ended; guesses made during a pause come after all finals."""


class Synthesize(msgspec.Struct, frozen=True, array_like=True, tag="synthesize"):
    """Speak this text."""

    ticket: int
    text: str
    language: str
    voice: str
    speed: float
    fixed: bool
    """Whether the line recurs, and is worth keeping on disk."""


class Embed(msgspec.Struct, frozen=True, array_like=True, tag="embed"):
    """Place these sentences."""

    ticket: int
    texts: tuple[str, ...]


class Cancel(msgspec.Struct, frozen=True, array_like=True, tag="cancel"):
    """Drop the request if it has not begun; stop after the sentence if it has."""

    ticket: int


class Hasten(msgspec.Struct, frozen=True, array_like=True, tag="hasten"):
    """The turn that was guessed to have ended has ended: serve it as a final."""

    ticket: int


class Ready(msgspec.Struct, frozen=True, array_like=True, tag="ready"):
    """All engines are loaded and have run once."""

    pid: int
    engines: dict[str, str]
    """What does what: recognition, voice of each language, meaning."""


class Text(msgspec.Struct, frozen=True, array_like=True, tag="text"):
    """A transcription."""

    ticket: int
    text: str
    confidence: float
    seconds: float


class Sound(msgspec.Struct, frozen=True, array_like=True, tag="sound"):
    """A piece of speech, 8 kHz mu-law."""

    ticket: int
    audio: bytes


class Vector(msgspec.Struct, frozen=True, array_like=True, tag="vector"):
    """Sentences placed: `count` rows of float32, one after the other."""

    ticket: int
    count: int
    rows: bytes


class Done(msgspec.Struct, frozen=True, array_like=True, tag="done"):
    """All of the speech has been sent."""

    ticket: int


class Failed(msgspec.Struct, frozen=True, array_like=True, tag="failed"):
    """The request could not be served; ticket 0 is the set-up itself."""

    ticket: int
    kind: str
    facts: tuple[str, ...]


Request = Setup | Piece | Transcribe | Synthesize | Embed | Cancel | Hasten
Reply = Ready | Text | Sound | Vector | Done | Failed

_ENCODER: Final = msgspec.msgpack.Encoder()
_REQUESTS: Final = msgspec.msgpack.Decoder(Request)
_REPLIES: Final = msgspec.msgpack.Decoder(Reply)


def pack(message: Request | Reply) -> bytes:
    """The message with its length before it.

    Raises:
        ValueError: it is longer than the audio loop can afford.
    """
    body = _ENCODER.encode(message)
    if len(body) > MOST_BYTES:
        raise ValueError(
            f"a message of {len(body)} bytes; at most {MOST_BYTES} may be sent at once"
        )
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def packed_size(header: bytes) -> int:
    """How many bytes follow the header.

    Raises:
        ValueError: more than are allowed, so the two sides are out of step.
    """
    size = int.from_bytes(header, "big")
    if size > MOST_BYTES:
        raise ValueError(
            f"a message of {size} bytes is announced; at most {MOST_BYTES} are allowed"
        )
    return size


def unpack_request(body: bytes) -> Request:
    """What the pool asked."""
    request: Request = _REQUESTS.decode(body)
    return request


def unpack_reply(body: bytes) -> Reply:
    """What the worker answered."""
    reply: Reply = _REPLIES.decode(body)
    return reply
