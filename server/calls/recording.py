"""Recordings on disk: a stereo WAV that grows once a second, and its peaks for drawing.

The caller is on the left, the agent on the right. Files are written by one thread; the loop only
hands over bytes, so a slow disk never delays a frame.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from media.audio import Encoding
from media.recorder import HEADER_BYTES, Recorder, repair_header, wav_header

__all__ = ["Recording", "RecordingDesk", "repair_recording"]

_log = logging.getLogger(__name__)

DELAY_S = 1.0
"""Sound is written so long after its time, so that late sound still finds its place."""


class Recording:
    """The file of one call."""

    def __init__(self, path: Path, recorder: Recorder) -> None:
        self.path = path
        self.recorder = recorder
        self.seconds = 0.0

    @property
    def peaks_path(self) -> Path:
        """Beside the recording: four int8 for each 10 ms, caller's and agent's low and high."""
        return self.path.with_suffix(".peaks")


class RecordingDesk:
    """Writes the recordings of a process, in one thread."""

    def __init__(self, data: Path) -> None:
        """Recordings go into `recordings` under the data folder."""
        self._data = data
        self._folder = data / "recordings"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recordings")

    async def __aenter__(self) -> RecordingDesk:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self._thread.shutdown, wait=True)

    def open(self, call_id: str, encoding: Encoding, year: int, month: int) -> Recording:
        """Begin a recording under `year/month`; the file appears with its first second."""
        path = self._folder / f"{year:04d}" / f"{month:02d}" / f"{call_id}.wav"
        recording = Recording(path, Recorder(encoding))
        self._thread.submit(_begin, path, wav_header(encoding, 0))
        return recording

    def relative(self, path: Path) -> str:
        """How a recording is named in records: relative to the data folder."""
        return path.relative_to(self._data).as_posix()

    def flush(self, recording: Recording, until_s: float) -> None:
        """Write what is final up to `until_s` of media time."""
        sound = recording.recorder.take(max(0.0, until_s - DELAY_S))
        if sound:
            self._thread.submit(_append, recording, sound, recording.recorder.take_peaks())

    async def close(self, recording: Recording, end_s: float) -> None:
        """Write the rest and the final header."""
        sound = recording.recorder.finish(end_s)
        recording.seconds = recording.recorder.taken_s
        peaks = recording.recorder.take_peaks()
        self._thread.submit(_append, recording, sound, peaks)
        await asyncio.wrap_future(self._thread.submit(repair_recording, recording.path))


def repair_recording(path: Path) -> bool:
    """Make the header fit the file, as after a crash; False when there is no such file.

    Raises:
        ValueError: the file is none of our recordings.
    """
    if not path.exists():
        return False
    with path.open("r+b") as file:
        header = repair_header(file.read(HEADER_BYTES), path.stat().st_size)
        file.seek(0)
        file.write(header)
        file.truncate(HEADER_BYTES + int.from_bytes(header[-4:], "little"))
    return True


def _begin(path: Path, header: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(header)
    except OSError:
        _log.exception("a recording cannot be begun")


def _append(recording: Recording, sound: bytes, peaks: bytes) -> None:
    pieces: Mapping[Path, bytes] = {recording.path: sound, recording.peaks_path: peaks}
    try:
        for path, piece in pieces.items():
            with path.open("ab") as file:
                file.write(piece)
    except OSError:
        _log.exception("a recording cannot be written")
