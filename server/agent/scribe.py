"""Turns what happens on the line into turns of the transcript, with their timings. Quiet."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.agent.transcript import Transcript, Turn

__all__ = ["Scribe"]


@dataclass(slots=True)
class _Reply:
    """Instants of the caller's last turn, for the latency of the reply to it."""

    stopped: float
    committed: float
    understood: float | None = None
    sounded: float | None = None


class Scribe:
    """Keeps the transcript of one call. Every verb returns the turns that it changed."""

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript
        self._opened = 0.0
        self._count = 0
        self._caller: Turn | None = None
        self._captions: dict[str, str] = {}
        self._reply: _Reply | None = None

    def open(self, now: float) -> None:
        """The line opened: turn times count from here."""
        self._opened = now

    def caller_finished(self, started: float, stopped: float, now: float) -> list[Turn]:
        """The caller's turn is over; its words may come now or later."""
        earlier = self._caller
        self._reply = _Reply(stopped, now)
        self._caller = Turn(
            turn_id=earlier.turn_id if earlier else self._next("caller"),
            speaker="caller",
            text="",
            started_s=earlier.started_s if earlier else started - self._opened,
            ended_s=stopped - self._opened,
            timings={"endpointing": round(1000 * (now - stopped))},
        )
        return [self.transcript.put(self._caller)]

    def caller_said(self, text: str, now: float) -> list[Turn]:
        """The words of the caller's last turn."""
        if self._caller is None:
            return []
        timings = dict(self._caller.timings)
        if self._reply is not None:
            self._reply.understood = now
            timings["recognition"] = round(1000 * (now - self._reply.committed))
        self._caller = self.transcript.put(replace(self._caller, text=text, timings=timings))
        return [self._caller]

    def caller_wrote(self, text: str, now: float) -> list[Turn]:
        """A whole turn without sound: keys that were pressed, or a written message."""
        at = now - self._opened
        turn = Turn(self._next("caller"), "caller", text, at, at)
        self._reply = _Reply(now, now, now)
        self._caller = None
        return [self.transcript.put(turn)]

    def caller_began(self) -> None:
        """A new turn begins: the last one is complete."""
        self._caller = None

    def agent_sound(self, now: float) -> None:
        """The mind gave sound; the first of a reply counts."""
        if self._reply is not None and self._reply.sounded is None:
            self._reply.sounded = now

    def agent_caption(self, item: str, text: str) -> None:
        """What an item is going to say."""
        self._captions[item] = f"{self._captions.get(item, '')} {text}".strip()

    def agent_audible(self, item: str, at: float) -> list[Turn]:
        """The caller begins to hear an item."""
        if self.transcript.get(item) is not None:
            return []
        turn = Turn(item, "agent", "", at - self._opened, timings=self._latency(at))
        return [self.transcript.put(turn)]

    def agent_heard(
        self, item: str, text: str, heard_ms: float, *, whole: bool, at: float
    ) -> list[Turn]:
        """An item is over: this much of it was heard."""
        planned = self._captions.pop(item, text)
        turn = self.transcript.get(item)
        if turn is None:
            return []
        heard = Turn(
            turn_id=item,
            speaker="agent",
            text=planned if whole else text,
            started_s=turn.started_s,
            ended_s=at - self._opened,
            heard_s=heard_ms / 1000,
            interrupted=not whole,
            timings=turn.timings,
        )
        return [self.transcript.put(heard)]

    def _next(self, speaker: str) -> str:
        self._count += 1
        return f"{speaker}{self._count}"

    def _latency(self, at: float) -> dict[str, float]:
        """Stages of a reply, in milliseconds; empty for speech that answers nobody."""
        reply, self._reply = self._reply, None
        if reply is None:
            return {}
        understood = reply.understood or reply.committed
        sounded = reply.sounded or at
        stages = {
            "endpointing": reply.committed - reply.stopped,
            "recognition": understood - reply.committed,
            "thinking": sounded - understood,
            "playout": at - sounded,
            "voice_to_voice": at - reply.stopped,
        }
        return {stage: round(1000 * max(0.0, seconds)) for stage, seconds in stages.items()}
