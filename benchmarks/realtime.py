"""The client's side of the provider's wire: what is sent to it, and a quick look at what comes."""

from __future__ import annotations

from typing import Final

import orjson
import pybase64

__all__ = [
    "CANCEL",
    "COMMIT",
    "CREATE",
    "SESSION",
    "SoundBatch",
    "audio_text",
    "is_audio",
    "truncate",
]

COMMIT: Final = b'{"type":"input_audio_buffer.commit"}'
CREATE: Final = b'{"type":"response.create"}'
CANCEL: Final = b'{"type":"response.cancel"}'
SESSION: Final = orjson.dumps(
    {
        "type": "session.update",
        "session": {
            "type": "realtime",
            "output_modalities": ["audio"],
            "audio": {
                "input": {"format": {"type": "audio/pcmu"}, "turn_detection": None},
                "output": {"format": {"type": "audio/pcmu"}},
            },
        },
    }
)
"""G.711 both ways, and turns are ours to take."""
_AUDIO: Final = b'{"type":"response.output_audio.delta"'
_DELTA: Final = b'"delta":"'
_APPEND: Final = b'{"type":"input_audio_buffer.append","audio":"'
_BATCH_BYTES: Final = 800
"""100 ms, the largest piece that the provider advises (realtime-ai.md 1.3); whoever takes the turns
flushes at a turn's end, so it costs no time."""


def is_audio(message: bytes) -> bool:
    """Whether this is a piece of the reply's sound: nearly every message is."""
    return message.startswith(_AUDIO)


def audio_text(message: bytes) -> bytes:
    """The base64 of a piece of sound, cut out of its message."""
    start = message.index(_DELTA) + len(_DELTA)
    return message[start : message.index(b'"', start)]


def truncate(item: str, heard_ms: int) -> bytes:
    """Tell the model how much of its reply was heard."""
    return orjson.dumps(
        {
            "type": "conversation.item.truncate",
            "item_id": item,
            "content_index": 0,
            "audio_end_ms": heard_ms,
        }
    )


class SoundBatch:
    """Collects the caller's frames into messages of 100 ms."""

    __slots__ = ("_pieces", "_size")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, payload: bytes) -> bytes | None:
        """Take a frame; the message that is now full, if one is."""
        self._pieces.append(payload)
        self._size += len(payload)
        return self.flush() if self._size >= _BATCH_BYTES else None

    def flush(self) -> bytes | None:
        """What has been collected, as a message; None when that is nothing."""
        if not self._pieces:
            return None
        sound = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        return b"".join((_APPEND, pybase64.b64encode(sound), b'"}'))
