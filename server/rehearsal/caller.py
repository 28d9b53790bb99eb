"""The caller: performs a script against what is heard from the agent. Quiet.

A machine that is asked for its next 20 ms of sound; times are monotonic seconds. The agent's side
is told to it as it is heard: an audible frame, words that the server wrote down.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from server.rehearsal.script import (
    Act,
    HangUp,
    KeepSilent,
    Moment,
    Press,
    Script,
    Speak,
    Step,
    When,
)

__all__ = [
    "SILENCE",
    "Caller",
    "CallerEvent",
    "GaveUp",
    "KeyPressed",
    "PutDown",
    "Utterance",
]

_FRAME_BYTES: Final = 160
_FRAME_S: Final = 0.02
_KEY_EVERY_S: Final = 0.25
_AUDIBLE_S: Final = 0.2
"""The agent is speaking while it was heard this lately: pauses between words are shorter."""
SILENCE: Final = b"\xff" * _FRAME_BYTES
_NOTHING: Final[tuple[CallerEvent, ...]] = ()


@dataclass(frozen=True, slots=True)
class Utterance:
    """The caller has said something; instants are those at which its frames were sent."""

    step: int
    text: str
    started_s: float
    """The frame with the onset of speech in it."""
    ended_s: float
    """The frame with the last of the speech in it."""
    over_agent: bool
    """Whether the agent could be heard at the onset."""


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key of the telephone."""

    key: str


@dataclass(frozen=True, slots=True)
class PutDown:
    """The receiver is down."""


@dataclass(frozen=True, slots=True)
class GaveUp:
    """A step's moment did not come; the caller hangs up."""

    step: int
    waited_for: str


CallerEvent: TypeAlias = Utterance | KeyPressed | PutDown | GaveUp


class Caller:
    """One caller during one call."""

    def __init__(self, script: Script, answered_s: float) -> None:
        self._script = script
        self._step = 0
        self._acting = False
        self._since_s = answered_s
        """When the act began, or the wait for it."""
        self._ready_s = answered_s
        """When the last act that the agent may answer was over."""
        self._agent = _Agent(script.agent_quiet_s)
        self._position = 0
        self._onset_s = answered_s
        self._over_agent = False
        self._words = ""
        self.finished = False

    @property
    def words_since_s(self) -> float:
        """Words that the agent said before this instant belong to an earlier step."""
        return self._ready_s

    @property
    def wants_words(self) -> bool:
        """Whether the present step waits for words of the agent."""
        steps = self._script.steps
        return self._step < len(steps) and steps[self._step].when.moment is Moment.AGENT_SAID

    def agent_audible(self, at_s: float) -> None:
        """A frame with speech in it is being heard from the agent."""
        self._agent.audible(at_s, since_s=self._ready_s)

    def agent_said(self, words: str) -> None:
        """All words that the agent is known to have said since `words_since_s`."""
        self._words = words

    def frame(self, now: float) -> tuple[bytes, tuple[CallerEvent, ...]]:
        """The 20 ms that are sent now, and what the caller did meanwhile."""
        if self.finished:
            return SILENCE, _NOTHING
        if self._step >= len(self._script.steps):
            return SILENCE, self._after_script(now)
        step = self._script.steps[self._step]
        if not self._acting:
            if not self._come(step.when, now):
                return SILENCE, self._patience(step, now)
            self._begin(now)
        return self._perform(step.act, now)

    def _come(self, when: When, now: float) -> bool:
        quiet = self._agent.quiet_for(now) >= self._script.agent_quiet_s
        match when.moment:
            case Moment.ANSWERED:
                return True
            case Moment.AGENT_QUIET:
                return self._agent.spoke and quiet
            case Moment.AGENT_STARTS:
                return self._agent.spoke
            case Moment.SECONDS:
                return now - self._since_s >= when.seconds
            case Moment.AGENT_SAID:
                # People answer a question when it is over, so the words alone are not the moment.
                said = re.search(when.pattern, self._words, re.IGNORECASE) is not None
                return said and quiet
            case Moment.BARGE_IN:
                speaking = self._agent.spoke and self._agent.quiet_for(now) < _AUDIBLE_S
                return speaking and now - self._agent.run_s >= when.seconds

    def _patience(self, step: Step, now: float) -> tuple[CallerEvent, ...]:
        limit_s = step.patience_s
        if step.when.moment is Moment.SECONDS:
            limit_s += step.when.seconds
        if now - self._since_s < limit_s:
            return _NOTHING
        self.finished = True
        return (GaveUp(self._step, str(step.when)), PutDown())

    def _after_script(self, now: float) -> tuple[CallerEvent, ...]:
        if not self._script.hangs_up:
            return _NOTHING
        replied = self._agent.spoke and self._agent.quiet_for(now) >= self._script.linger_s
        patience_s = max((step.patience_s for step in self._script.steps), default=0.0)
        if not replied and now - self._since_s < patience_s:
            return _NOTHING
        if not replied and self._agent.spoke:
            return _NOTHING  # still speaking: let it finish
        self.finished = True
        return (PutDown(),)

    def _begin(self, now: float) -> None:
        self._acting, self._since_s, self._position = True, now, 0

    def _end(self, now: float, *, answerable: bool) -> None:
        self._step, self._acting, self._since_s = self._step + 1, False, now
        if answerable:
            self._ready_s, self._words = now, ""
            self._agent.forget()

    def _perform(self, act: Act, now: float) -> tuple[bytes, tuple[CallerEvent, ...]]:
        match act:
            case Speak():
                return self._speak(act, now)
            case Press(digits=digits):
                return SILENCE, self._press(digits, now)
            case KeepSilent(seconds=seconds):
                if now - self._since_s >= seconds:
                    self._end(now, answerable=False)
                return SILENCE, _NOTHING
            case HangUp():
                self.finished = True
                return SILENCE, (PutDown(),)

    def _speak(self, act: Speak, now: float) -> tuple[bytes, tuple[CallerEvent, ...]]:
        clip, start = act.clip, self._position
        self._position = start + _FRAME_BYTES
        payload = clip.payload[start : self._position]
        from_s, to_s = start / 8000.0, self._position / 8000.0
        events = _NOTHING
        if from_s <= clip.onset_s < to_s:
            self._onset_s, self._over_agent = now, self._agent.quiet_for(now) < _AUDIBLE_S
        if from_s < clip.end_s <= to_s:
            events = (Utterance(self._step, clip.text, self._onset_s, now, self._over_agent),)
            # What the agent says from here on may be its answer; a clip may end in silence.
            self._ready_s, self._words = now, ""
            self._agent.forget()
        if self._position >= len(clip.payload):
            self._end(now, answerable=False)
        return payload.ljust(_FRAME_BYTES, b"\xff"), events

    def _press(self, digits: str, now: float) -> tuple[CallerEvent, ...]:
        if now < self._since_s + self._position * _KEY_EVERY_S - _FRAME_S / 2:
            return _NOTHING
        key = digits[self._position]
        self._position += 1
        if self._position == len(digits):
            self._end(now, answerable=True)
        return (KeyPressed(key),)


@dataclass(slots=True)
class _Agent:
    """What the caller makes of the sound from the other side."""

    pause_s: float
    """A longer silence ends a stretch of speech."""
    spoke: bool = False
    """Since the caller's last act."""
    run_s: float = 0.0
    """When the stretch of speech began that is going on."""
    last_s: float = float("-inf")

    def audible(self, at_s: float, *, since_s: float) -> None:
        if at_s < since_s:
            return
        if not self.spoke or at_s - self.last_s > self.pause_s:
            self.run_s = at_s
        self.spoke, self.last_s = True, max(self.last_s, at_s + _FRAME_S)

    def quiet_for(self, now: float) -> float:
        return now - self.last_s

    def forget(self) -> None:
        """The caller has acted: what was said before is no answer to it."""
        self.spoke = False
