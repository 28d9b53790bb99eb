"""What kind of answer the caller is about to give: it decides how long a pause may be. Quiet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["AnswerKind", "Expectation"]


class AnswerKind(StrEnum):
    """What was asked for, as far as it matters for when the answer is over."""

    OPEN = "open"
    """Anything."""
    YES_NO = "yes_no"
    """Yes or no; also makes "yes" and "okay" during the question an answer to it."""
    SHORT = "short"
    """A date, a time, a number, one of a few choices."""
    SPELLING = "spelling"
    """Digits, a telephone number, a spelled name: people pause in the middle of it."""
    DICTATION = "dictation"
    """A message: several sentences with breaths between them."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """The answer that is awaited now."""

    kind: AnswerKind = AnswerKind.OPEN
    satisfied: bool = False
    """SHORT, SPELLING: what was said so far is already a whole value (a date, enough digits)."""
    question_open: bool = False
    """Whether "yes" or "okay" would answer what the agent is saying, whatever the kind."""

    @property
    def assent_answers(self) -> bool:
        """Whether "yes" or "okay" is now an answer and not a backchannel."""
        return self.question_open or self.kind is AnswerKind.YES_NO
