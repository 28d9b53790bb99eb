"""The far end of one call of the load: a lean carrier's leg that measures what reaches it.

It speaks the messages and plays into the playout buffer of `server.rehearsal`; what is left out
against `server.rehearsal.leg` is all that a single rehearsed call keeps for its report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from benchmarks.measures import LineLog
from benchmarks.stamp import read_stamp
from benchmarks.talker import Phrase, Talker, TalkerEvent
from server.clock import Clock
from server.rehearsal.loudness import audible
from server.rehearsal.messages import (
    CONNECTED,
    ClearAsked,
    MarkAsked,
    Play,
    StreamIds,
    StreamMessages,
    read_order,
)
from server.rehearsal.speaker import MarkReturned, Played, Speaker, SpeakerEvent

__all__ = ["LoadLeg", "Scene", "Schedule"]

_FRAME_S: Final = 0.02
_BYTES_PER_S: Final = 8000
_NEW_UTTERANCE_S: Final = 0.3
"""Silence after which further sound is a new utterance, not a late frame (as `Speaker` has it)."""
_CLEAR_COUNTS_S: Final = 3.0
_DROPOUT_S: Final = 0.021


@dataclass(slots=True)
class Scene:
    """What all legs of a run share."""

    clock: Clock
    phrases: list[Phrase]
    log: LineLog
    late_sends_ms: list[float]
    """How late the load itself sent each frame."""
    measuring: bool = False


class LoadLeg(WSListener):
    """One call: frames out on the dot, marks when played, and a stopwatch on everything."""

    def __init__(
        self, scene: Scene, ids: StreamIds, parameters: Mapping[str, str], number: int
    ) -> None:
        self._scene = scene
        self._ids = ids
        self._parameters = parameters
        self._number = number
        self._messages = StreamMessages(ids)
        self._transport: WSTransport | None = None
        self._speaker: Speaker | None = None
        self._talker: Talker | None = None
        self._chunks = 0
        self._schedule = Schedule()
        self._watch = _Watch()
        self.over = False

    def tick(self, now: float) -> None:
        """Send the frame that is due and play what is due; called by the ticker every 20 ms."""
        if self._transport is None or self.over:
            return
        speaker, talker = self._speaker, self._talker
        if speaker is None or talker is None:
            self._open(now, self._transport)
            return
        self._played(speaker.tick(now))
        due = int((now - speaker.opened_s) / _FRAME_S + 0.5)
        while self._chunks < due:
            self._send_frame(talker, speaker, now)

    def finish(self) -> None:
        """The caller hangs up."""
        if self._transport is not None and not self.over:
            self.over = True
            self._transport.send(WSMsgType.TEXT, self._messages.stop())
            self._transport.send_close()
            self._transport.disconnect()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The first tick opens the stream, so that it lies on its slot."""
        self._transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """A socket that goes before we hang up is a lost call."""
        if not self.over:
            self.over = True
            self._scene.log.lost_calls += 1

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """One message of the server."""
        speaker = self._speaker
        if frame.msg_type != WSMsgType.TEXT or speaker is None or self.over:
            return
        now = self._scene.clock.monotonic()
        match read_order(frame.get_payload_as_bytes(), self._ids.stream_id):
            case Play(payload=payload):
                self._arrived(payload, speaker, now)
                self._played(speaker.feed(now, payload))
            case MarkAsked(name=name):
                self._played(speaker.mark(now, name))
            case ClearAsked():
                self._cleared(now)
                self._played(speaker.clear(now))

    def _open(self, now: float, transport: WSTransport) -> None:
        self._speaker = Speaker(now)
        # Spread over a whole exchange, so that the calls do not speak in chorus.
        begin_s = now + 0.5 + (self._number * 0.37) % 5.0
        self._talker = Talker(self._scene.phrases, self._number, begin_s)
        transport.send(WSMsgType.TEXT, CONNECTED)
        transport.send(WSMsgType.TEXT, self._messages.start(self._parameters))

    def _send_frame(self, talker: Talker, speaker: Speaker, now: float) -> None:
        due_s = speaker.opened_s + self._chunks * _FRAME_S
        payload, event = talker.frame(due_s)
        self._chunks += 1
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, self._messages.media(self._chunks, payload))
        if self._scene.measuring:
            self._scene.late_sends_ms.append((now - due_s - _FRAME_S) * 1000.0)
        if event is not None:
            self._said(event, speaker, now)

    def _said(self, event: TalkerEvent, speaker: Speaker, now: float) -> None:
        watch, log = self._watch, self._scene.log
        if event.kind == "end":
            watch.ended_s = now if speaker.buffered_s == 0.0 else None
            return
        if watch.onset_s is not None and self._scene.measuring:
            log.uncleared += 1
        watch.ended_s = None
        watch.onset_s = now if event.over_agent else None

    def _arrived(self, payload: bytes, speaker: Speaker, now: float) -> None:
        late_s = self._schedule.late_s(now, len(payload) / _BYTES_PER_S)
        watch, log, measuring = self._watch, self._scene.log, self._scene.measuring
        if measuring:
            log.late_ms.append(late_s * 1000.0)
        stamped_s = read_stamp(payload)
        if stamped_s is not None and measuring:
            log.pass_ms.append((now - stamped_s) * 1000.0)
        if watch.ended_s is not None and audible(payload):
            if measuring:
                log.reply_ms.append((now - watch.ended_s) * 1000.0)
            watch.ended_s = None

    def _cleared(self, now: float) -> None:
        self._schedule.reset()
        onset_s, self._watch.onset_s = self._watch.onset_s, None
        if onset_s is None or not self._scene.measuring:
            return
        if now - onset_s <= _CLEAR_COUNTS_S:
            self._scene.log.clear_ms.append((now - onset_s) * 1000.0)
        else:
            self._scene.log.uncleared += 1

    def _played(self, events: list[SpeakerEvent]) -> None:
        speaker = self._speaker
        for event in events:
            match event:
                case Played(payload=payload, at_s=at_s):
                    if self._talker is not None and audible(payload):
                        self._talker.heard(at_s)
                case MarkReturned(name=name):
                    if self._transport is not None:
                        self._transport.send(WSMsgType.TEXT, self._messages.mark(name))
        if speaker is not None and speaker.underruns:
            gaps = [gap for gap in speaker.underruns if gap.gap_s > _DROPOUT_S]
            self._scene.log.dropouts += len(gaps) if self._scene.measuring else 0
            speaker.underruns.clear()


@dataclass(slots=True)
class _Watch:
    """Instants that something is measured from."""

    onset_s: float | None = None
    ended_s: float | None = None


@dataclass(slots=True)
class Schedule:
    """When each message is needed so that playout has no gap: reckoned from the first one."""

    origin_s: float = 0.0
    sent_s: float = 0.0

    def late_s(self, now: float, seconds: float) -> float:
        """How late a message of that much sound is that arrives now; 0 when it is in time."""
        late_s = now - self.origin_s - self.sent_s
        if late_s > _NEW_UTTERANCE_S:
            self.origin_s, self.sent_s, late_s = now, 0.0, 0.0
        self.sent_s += seconds
        return max(0.0, late_s)

    def reset(self) -> None:
        """Nothing is playing any more."""
        self.origin_s = self.sent_s = 0.0
