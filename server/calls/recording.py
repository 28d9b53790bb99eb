"""Recordings on disk: a stereo WAV that grows once a second, and its peaks for drawing.

The caller is on the left, the agent on the right. Files are written by one thread; the loop only
hands over bytes, so a slow disk never delays a frame.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from media.audio import Encoding
from media.recorder import HEADER_BYTES, Recorder, repair_header, wav_header

__all__ = ["Recording", "RecordingDesk", "repair_recording"]

_log = logging.getLogger(__name__)

PEAKS_BYTES = 12_000
"""So many peaks are written at a time, half a minute of them; the sound can give them again."""
DELAY_S = 1.0
"""Sound is written so long after its time, so that late sound still finds its place."""


class Recording:
    """The file of one call."""

    def __init__(self, path: Path, recorder: Recorder) -> None:
        self.path = path
        self.recorder = recorder
        self.seconds = 0.0
        self.peaks = bytearray()
        """Not yet written."""

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
        self._pieces: deque[tuple[Path, bytes]] = deque()

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
        self._write(path, wav_header(encoding, 0))
        return recording

    def relative(self, path: Path) -> str:
        """How a recording is named in records: relative to the data folder."""
        return path.relative_to(self._data).as_posix()

    def flush(self, recording: Recording, until_s: float) -> None:
        """Write what is final up to `until_s` of media time."""
        sound = recording.recorder.take(max(0.0, until_s - DELAY_S))
        recording.peaks += recording.recorder.take_peaks()
        if sound:
            self._write(recording.path, sound)
        if len(recording.peaks) >= PEAKS_BYTES:
            self._write_peaks(recording)

    async def close(self, recording: Recording, end_s: float) -> None:
        """Write the rest and the final header."""
        self._write(recording.path, recording.recorder.finish(end_s))
        recording.seconds = recording.recorder.taken_s
        recording.peaks += recording.recorder.take_peaks()
        self._write_peaks(recording)
        await asyncio.wrap_future(self._thread.submit(repair_recording, recording.path))

    def _write_peaks(self, recording: Recording) -> None:
        self._write(recording.peaks_path, bytes(recording.peaks))
        recording.peaks.clear()

    def _write(self, path: Path, piece: bytes) -> None:
        """To be appended by the thread, which is woken only when it has nothing else to do."""
        self._pieces.append((path, piece))
        if len(self._pieces) == 1:
            self._thread.submit(self._write_on)

    def _write_on(self) -> None:
        """The thread's work. A piece leaves the queue when it is written: see `_write`."""
        while self._pieces:
            _append(*self._pieces[0])
            self._pieces.popleft()


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


def _append(path: Path, piece: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(piece)
    except OSError:
        _log.exception("a recording cannot be written")
