"""Recordings on disk: whole, in order, and readable by anybody."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from media.audio import Encoding
from media.recorder import HEADER_BYTES
from server.calls.recording import RecordingDesk, repair_recording

SECOND = b"\x20" * 8000


async def recorded(data: Path, seconds: int) -> Path:
    async with RecordingDesk(data) as desk:
        recording = desk.open("call", Encoding.MULAW, 2026, 11)
        for second in range(seconds):
            recording.recorder.caller(SECOND, second)
            recording.recorder.agent(SECOND[:4000], second + 0.5)
            desk.flush(recording, second)
        await desk.close(recording, seconds)
        assert recording.seconds == seconds
        assert desk.relative(recording.path) == "recordings/2026/11/call.wav"
        return recording.path


async def test_a_recording_is_stereo_and_as_long_as_the_call(tmp_path: Path) -> None:
    path = await recorded(tmp_path, 40)
    sound, rate = soundfile.read(path)
    assert rate == 8000
    assert sound.shape == (40 * 8000, 2)
    assert np.abs(sound[:, 0]).min() > 0
    assert np.abs(sound[:4000, 1]).max() == 0
    assert len(path.with_suffix(".peaks").read_bytes()) == 40 * 100 * 4


async def test_recordings_of_many_calls_do_not_mix(tmp_path: Path) -> None:
    async with RecordingDesk(tmp_path) as desk:
        calls = [desk.open(f"call{n}", Encoding.MULAW, 2026, 11) for n in range(20)]
        for second in range(5):
            for number, call in enumerate(calls):
                call.recorder.caller(bytes([number]) * 8000, second)
                desk.flush(call, second)
        for call in calls:
            await desk.close(call, 5)
    for number, call in enumerate(calls):
        body = call.path.read_bytes()[HEADER_BYTES:]
        assert set(body[::2]) == {number}


async def test_a_broken_off_recording_is_made_whole(tmp_path: Path) -> None:
    path = await recorded(tmp_path, 3)
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + b"\0\0\0\0" + whole[8:-3])
    assert repair_recording(path)
    sound, _ = soundfile.read(path)
    assert len(sound) == 3 * 8000 - 2
    assert not repair_recording(tmp_path / "none.wav")
