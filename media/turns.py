"""Who has the floor: endpointing, barge-in, dismissed overlap, silence prompts. Quiet.

The machine hears when the caller's speech starts and stops, when the agent can be heard, and the
words so far; it decides when a turn begins and ends. Its moves are the table `TRANSITIONS`; what
must happen later is one due instant, so every wait has an end that is decided here.

Instants: `ago_s` says how long before `now` the ear's decision lies. The machine reckons with the
back-dated instant, so a late report does not lengthen a turn. Every event's `at` is the instant at
which it was due, and never lies before the event before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from math import inf
from typing import Final, assert_never

from media.backchannel import Overheard, overheard
from media.expectation import AnswerKind, Expectation
from media.floor import TRANSITIONS, Floor, Move, Silence, Voice
from media.turn_events import (
    BargedIn,
    OverlapDismissed,
    OverlapPaused,
    OverlapStarted,
    SilencePrompt,
    TurnEvent,
    UserFinished,
    UserPaused,
    UserResumed,
    UserStarted,
)
from media.turn_timing import EndDelays, TurnTiming

__all__ = [
    "TRANSITIONS",
    "AnswerKind",
    "BargedIn",
    "EndDelays",
    "Expectation",
    "Floor",
    "Move",
    "OverlapDismissed",
    "OverlapPaused",
    "OverlapStarted",
    "SilencePrompt",
    "TurnEvent",
    "TurnMachine",
    "TurnTiming",
    "UserFinished",
    "UserPaused",
    "UserResumed",
    "UserStarted",
]


_TURN_OPEN: Final = (Floor.CALLER, Floor.PAUSE)
_UNDECIDED: Final = (Floor.OVERLAP, Floor.VERDICT)


class _Due(Enum):
    """What the machine waits for."""

    NOTHING = 0
    PAUSE = 1
    END = 2
    STUCK = 3
    BARGE_IN = 4
    DISMISSAL = 5
    PROMPT = 6


@dataclass(slots=True)
class _Turn:
    """The caller's turn or overlap, open or just finished."""

    began: float = -inf
    since: float = -inf
    """When the speech, or the silence, of now began."""
    spoken_s: float = 0.0
    """Speech of the overlap before the stretch of now."""
    paused: bool = False
    """Whether this silence has been announced."""
    can_end: bool = True
    """Whether the words so far could be a whole turn."""
    finished: float = -inf


@dataclass(slots=True)
class _Agenda:
    """What falls due next."""

    at: float = inf
    what: _Due = _Due.NOTHING
    events: list[TurnEvent] = field(default_factory=list)
    last_at: float = -inf


class TurnMachine:
    """Decides who has the floor in one call. `now` is monotonic seconds and never goes back."""

    __slots__ = (
        "_agenda",
        "_expectation",
        "_floor",
        "_protected",
        "_silence",
        "_timing",
        "_turn",
        "_voice",
    )

    def __init__(self, timing: TurnTiming | None = None) -> None:
        self._timing = timing or TurnTiming()
        self._floor = Floor.FREE
        self._expectation = Expectation()
        self._protected = False
        self._turn = _Turn()
        self._voice = Voice()
        self._silence = Silence()
        self._agenda = _Agenda()

    @property
    def floor(self) -> Floor:
        """Where the conversation stands."""
        return self._floor

    def deadline(self) -> float | None:
        """When `tick` must be called at the latest; None when only an input can change anything."""
        return None if self._agenda.at == inf else self._agenda.at

    def tick(self, now: float) -> list[TurnEvent]:
        """Let what is due by `now` happen."""
        if now < self._agenda.at:
            return []
        self._expire(now)
        return self._taken()

    def speech_started(self, now: float, ago_s: float = 0.0) -> list[TurnEvent]:
        """The caller's speech began `ago_s` before `now`."""
        onset = now - max(0.0, ago_s)
        self._expire(onset)
        if self._floor in (Floor.FREE, Floor.AGENT):
            self._begin(onset)
        elif self._floor in (Floor.PAUSE, Floor.VERDICT):
            self._go_on(onset)
        return self._settled(now)

    def speech_stopped(self, now: float, ago_s: float = 0.0) -> list[TurnEvent]:
        """The caller's speech ended `ago_s` before `now`."""
        end = now - max(0.0, ago_s)
        self._expire(end)
        if self._floor in (Floor.CALLER, Floor.OVERLAP):
            self._fall_silent(max(end, self._turn.since))
        return self._settled(now)

    def agent_started(self, now: float) -> list[TurnEvent]:
        """The agent can be heard from `now` on."""
        self._expire(now)
        self._voice.started(now)
        self._silence.unanswered = False
        self._move(Move.AGENT_HEARD, now)
        return self._settled(now)

    def agent_stopped(self, now: float) -> list[TurnEvent]:
        """The agent is no longer audible: it has finished, was paused or was cut."""
        self._expire(now)
        self._voice.stopped(now)
        self._move(Move.AGENT_QUIET, now)
        return self._settled(now)

    def heard_words(self, now: float, text: str, complete: bool) -> list[TurnEvent]:
        """The words of the open turn or overlap so far; `complete=False`: they cannot end there.

        Empty text in an overlap says that there were no words.
        """
        self._expire(now)
        if self._floor in _TURN_OPEN:
            self._turn.can_end = complete
        elif self._floor in _UNDECIDED:
            self._turn.can_end = complete
            self._judge(now, text)
        return self._settled(now)

    def expect(self, now: float, expectation: Expectation) -> list[TurnEvent]:
        """From now on this kind of answer is awaited."""
        self._expire(now)
        self._expectation = expectation
        return self._settled(now)

    def digit(self, now: float) -> list[TurnEvent]:
        """A key was pressed: an open turn ends without an answer, an overlap is only its tone."""
        self._expire(now)
        if self._floor in _TURN_OPEN:
            self._end(now, silent=True)
        elif self._floor in _UNDECIDED:
            self._dismiss(now)
        self._silence.prompts = 0
        self._silence.unanswered = False
        self._silence.restart(now)
        return self._settled(now)

    def hold(self, now: float, on: bool) -> list[TurnEvent]:
        """Whether work is under way: the caller's silence then means nothing."""
        self._expire(now)
        if self._silence.held and not on:
            self._silence.restart(now)
        self._silence.held = on
        return self._settled(now)

    def protect(self, now: float, on: bool) -> list[TurnEvent]:
        """Whether the agent cannot be interrupted now: speech opens a turn and cuts nothing.

        An overlap that is undecided when protection begins is dismissed; if the caller still
        speaks, that opens a turn.
        """
        self._expire(now)
        self._protected = on
        if on and self._floor in _UNDECIDED:
            speaking = self._floor is Floor.OVERLAP
            self._dismiss(now)
            if speaking:
                self._open(self._turn.since)
        return self._settled(now)

    # What happens to the floor.

    def _begin(self, onset: float) -> None:
        """Speech where no turn is open: the rest of the last one, an overlap, or a new one."""
        turn = self._turn
        replied = not self._protected and self._voice.heard(onset) > self._timing.join_heard_s
        if onset < turn.finished + self._timing.join_s and not replied:
            self._open(onset, resumed=True)
        elif self._floor is Floor.FREE or self._protected:
            self._open(onset)
        else:
            at = self._stamp(onset)
            self._turn = _Turn(began=at, since=onset)
            self._move(Move.OVERLAPPED, at)
            self._agenda.events.append(OverlapStarted(at))

    def _open(self, onset: float, *, resumed: bool = False) -> None:
        at = self._stamp(onset)
        self._turn = _Turn(began=self._turn.began if resumed else at, since=onset)
        self._silence.prompts = 0
        self._move(Move.OPENED, at)
        self._agenda.events.append(UserStarted(at, resumed))

    def _go_on(self, onset: float) -> None:
        onset = max(onset, self._turn.since)
        at = self._stamp(onset)
        announced = self._turn.paused
        self._turn.since = onset
        self._turn.paused = False
        self._turn.can_end = True  # what was said so far is no longer the end of it
        self._move(Move.WENT_ON, at)
        if announced:
            self._agenda.events.append(UserResumed(at))

    def _fall_silent(self, end: float) -> None:
        turn = self._turn
        spoken_s = turn.spoken_s + end - turn.since
        if self._floor is Floor.OVERLAP:
            if spoken_s >= self._timing.barge_in_s:
                self._take_floor(end)
            else:
                turn.spoken_s = spoken_s
                turn.paused = True
                self._agenda.events.append(OverlapPaused(self._stamp(end)))
        turn.since = end
        self._move(Move.FELL_SILENT, end)

    def _judge(self, now: float, text: str) -> None:
        """Words said over the agent: the floor, or nothing. While speech goes on they may grow."""
        what = overheard(text)
        answers = what is Overheard.ASSENT and self._expectation.assent_answers
        if what is Overheard.WORDS or answers:
            self._take_floor(now)
        elif self._floor is Floor.VERDICT:
            self._dismiss(now)

    def _take_floor(self, now: float) -> None:
        self._silence.prompts = 0
        self._move(Move.TOOK_FLOOR, now)
        self._agenda.events.append(BargedIn(self._stamp(now)))

    def _dismiss(self, now: float) -> None:
        self._leave(Move.DISMISSED, now)
        self._agenda.events.append(OverlapDismissed(self._stamp(now)))

    def _end(self, now: float, *, silent: bool = False) -> None:
        turn = self._turn
        at = self._stamp(now)
        stopped = max(turn.since, turn.began) if self._floor is Floor.PAUSE else at
        turn.finished = -inf if silent else at
        self._voice.count_from(at)
        self._silence.unanswered = not silent
        self._leave(Move.ENDED, at)
        self._agenda.events.append(UserFinished(turn.began, stopped, at, silent))

    def _leave(self, move: Move, now: float) -> None:
        """The caller no longer has a turn or an overlap: the floor is the agent's, or free."""
        self._move(move, now)
        if self._voice.since is not None:
            self._move(Move.AGENT_HEARD, now)

    def _move(self, move: Move, now: float) -> None:
        target = TRANSITIONS.get((self._floor, move))
        if target is None:
            return
        self._floor = target
        if target is Floor.FREE:
            self._silence.since = now

    # What happens later.

    def _settled(self, now: float) -> list[TurnEvent]:
        self._expire(now)
        return self._taken()

    def _taken(self) -> list[TurnEvent]:
        events, self._agenda.events = self._agenda.events, []
        return events

    def _stamp(self, instant: float) -> float:
        """`instant`, or the last event's if that is later: the order of events is that of times."""
        self._agenda.last_at = max(self._agenda.last_at, instant)
        return self._agenda.last_at

    def _expire(self, until: float) -> None:
        """Let everything happen that is due by `until`, in order."""
        self._plan()
        while self._agenda.at <= until:
            self._happen(self._agenda.what, self._agenda.at)
            self._plan()

    def _happen(self, due: _Due, at: float) -> None:
        match due:
            case _Due.PAUSE:
                self._turn.paused = True
                self._agenda.events.append(UserPaused(self._stamp(at)))
            case _Due.END | _Due.STUCK:
                self._end(at)
            case _Due.BARGE_IN:
                self._take_floor(at)
            case _Due.DISMISSAL:
                self._dismiss(at)
            case _:
                self._silence.prompts += 1
                self._silence.unanswered = False
                self._silence.since = at
                self._agenda.events.append(SilencePrompt(self._silence.prompts, self._stamp(at)))

    def _plan(self) -> None:
        timing, turn = self._timing, self._turn
        match self._floor:
            case Floor.FREE:
                due = self._silence.due(timing), _Due.PROMPT
            case Floor.AGENT:
                due = inf, _Due.NOTHING
            case Floor.CALLER:
                due = turn.since + timing.longest_speech_s, _Due.STUCK
            case Floor.PAUSE if not turn.paused:
                due = turn.since + timing.pause_s, _Due.PAUSE
            case Floor.PAUSE:
                delay_s = timing.end.after(self._expectation, can_end=turn.can_end)
                due = turn.since + delay_s, _Due.END
            case Floor.OVERLAP:
                wait_s = timing.barge_in_s - turn.spoken_s + timing.ear_lag_s
                due = turn.since + wait_s, _Due.BARGE_IN
            case Floor.VERDICT:
                due = turn.since + timing.words_s, _Due.DISMISSAL
            case _:
                assert_never(self._floor)
        self._agenda.at, self._agenda.what = due
