"""How long each wait of a conversation is, and where the number comes from. Quiet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from media.expectation import AnswerKind, Expectation

__all__ = ["EndDelays", "TurnTiming"]


@dataclass(frozen=True, slots=True)
class EndDelays:
    """How much silence ends a turn, in seconds (embedded-speech.md 3, unless it says otherwise)."""

    usual_s: float = 0.5
    """When nothing special is expected."""
    quick_s: float = 0.3
    """After an expected yes or no, or a complete date or number."""
    spelled_s: float = 0.4
    """When enough digits or letters were given; one more may still follow (house)."""
    spelling_s: float = 1.1
    """While digits or letters are not yet enough."""
    dictation_s: float = 1.2
    """While a message is being left."""
    open_phrase_s: float = 1.2
    """When the words cannot end there: "and", "my number is"."""
    min_s: float = 0.3
    """No turn ends sooner (issue:#2)."""
    max_s: float = 1.2
    """No turn ends later (issue:#2)."""

    def after(self, awaited: Expectation, *, can_end: bool) -> float:
        """The silence that ends the turn, given what is expected and what was said."""
        match awaited.kind:
            case AnswerKind.OPEN:
                delay_s = self.usual_s
            case AnswerKind.YES_NO:
                delay_s = self.quick_s
            case AnswerKind.SHORT:
                delay_s = self.quick_s if awaited.satisfied else self.usual_s
            case AnswerKind.SPELLING:
                delay_s = self.spelled_s if awaited.satisfied else self.spelling_s
            case AnswerKind.DICTATION:
                delay_s = self.dictation_s
            case _:
                assert_never(awaited.kind)
        if not can_end:
            delay_s = max(delay_s, self.open_phrase_s)
        return min(max(delay_s, self.min_s), self.max_s)


@dataclass(frozen=True, slots=True)
class TurnTiming:
    """Every wait of the turn machine, in seconds."""

    pause_s: float = 0.2
    """Silence after which recognition starts ahead of time (embedded-speech.md 3)."""
    end: EndDelays = field(default_factory=EndDelays)
    """Silence that ends a turn."""
    join_s: float = 1.0
    """Speech this soon after a turn's end continues that turn (embedded-speech.md 3)."""
    join_heard_s: float = 0.3
    """Once this much of a reply was audible, speech answers the reply instead (house)."""
    barge_in_s: float = 0.45
    """So much speech over the agent takes the floor (field.md 3, pain 4: 0.3 to 0.5 s)."""
    ear_lag_s: float = 0.1
    """How late the ear notices that speech stopped: three windows of 32 ms (media/ear.py)."""
    words_s: float = 0.7
    """How long a short overlap waits for its words: recognition takes about 0.4 s (house)."""
    longest_speech_s: float = 30.0
    """Speech without a pause ends here: it is noise, or sound stopped coming (pain 10)."""
    prompts_s: tuple[float, ...] = (6.0, 8.0, 8.0)
    """Silence before the first prompt, the second, and the third: hang up (house)."""
    unanswered_s: float = 10.0
    """Silence after a turn that got no reply, so that noise never leaves a call mute (pain 9)."""
