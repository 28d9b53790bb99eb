"""The result of a rehearsal as one document, and the files beside it."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from media.audio import TELEPHONE
from server.rehearsal.checks import Check
from server.rehearsal.measures import barge_ins, median_reply_ms, turns_of
from server.rehearsal.picture import draw
from server.rehearsal.record import CallRecord

__all__ = ["document", "save", "wav"]

_MULAW_FORMAT = 7


def document(
    record: CallRecord, checks: Sequence[Check], files: dict[str, str] | None = None
) -> dict[str, Any]:
    """What `--json` prints; instants in seconds since the stream opened, latencies in ms."""
    turns = turns_of(record)
    opened_s = record.opened_s
    base = opened_s if opened_s is not None else record.asked_s
    return {
        "call_id": record.ids.call_id,
        "stream_id": record.ids.stream_id,
        "answered": record.answered,
        "answered_after_s": None if opened_s is None else _round(opened_s - record.asked_s),
        "duration_s": _round(record.ended_s - base) if record.answered else 0.0,
        "ended_by": record.ended_by.value,
        "reason": record.reason,
        "error": None if record.failure is None else str(record.failure),
        "turns": [_rounded(asdict(turn)) for turn in turns],
        "median_reply_ms": _round(median_reply_ms(turns)),
        "clears": [_round(at_s - base) for at_s in record.log.clears],
        "barge_ins": [_rounded(asdict(interruption)) for interruption in barge_ins(record)],
        "keys": [{"at_s": _round(at_s - base), "key": key} for at_s, key in record.log.keys],
        "underruns": [
            {"at_s": _round(run.at_s - base), "gap_ms": _round(run.gap_s * 1000.0)}
            for run in record.underruns
        ],
        "heard_s": _round(TELEPHONE.seconds(record.log.heard.size_bytes)),
        "marks_returned": record.log.marks_returned,
        "problems": dict(record.log.problems),
        "transcript": "server" if record.turns is not None else "none",
        "files": files or {},
        "checks": [asdict(check) for check in checks],
        "passed": all(check.passed for check in checks),
    }


def save(record: CallRecord, folder: Path, *, title: str = "") -> dict[str, str]:
    """Write what the caller heard, both sides, and the picture; returns their paths.

    Blocking: drawing takes about a second.

    Raises:
        OSError: the folder cannot be written.
    """
    opened_s = record.opened_s
    if opened_s is None:
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / record.ids.call_id
    heard = record.log.heard.render(opened_s, record.ended_s)
    said = record.log.said.render(opened_s, record.ended_s)
    both = bytearray(2 * len(heard))
    both[0::2], both[1::2] = said, heard
    paths = {
        "heard_wav": stem.with_suffix(".heard.wav"),
        "stereo_wav": stem.with_suffix(".stereo.wav"),
        "picture_png": stem.with_suffix(".png"),
    }
    paths["heard_wav"].write_bytes(wav(heard, channels=1))
    paths["stereo_wav"].write_bytes(wav(bytes(both), channels=2))
    draw(record, paths["picture_png"], title=title)
    return {name: str(path) for name, path in paths.items()}


def wav(payload: bytes, *, channels: int) -> bytes:
    """Mu-law at 8 kHz as a WAV file, format 7 with the `fact` chunk that it requires."""
    fmt = struct.pack("<HHIIHHH", _MULAW_FORMAT, channels, 8000, 8000 * channels, channels, 8, 0)
    fact = struct.pack("<I", len(payload) // channels)
    padded = payload + b"\x00" * (len(payload) % 2)
    chunks = b"".join(
        name + struct.pack("<I", size) + body
        for name, size, body in (
            (b"fmt ", len(fmt), fmt),
            (b"fact", len(fact), fact),
            (b"data", len(payload), padded),
        )
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _rounded(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, 3) if isinstance(value, float) else value
        for name, value in fields.items()
    }
