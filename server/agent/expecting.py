"""What is asked, as the turn machine sees it: it decides how long a pause may be. Quiet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bridges.port.brief import SlotKind
from media.expectation import AnswerKind, Expectation

__all__ = ["expectation_of"]

_ANSWERS: Final[Mapping[SlotKind, AnswerKind]] = {
    SlotKind.DATE: AnswerKind.SHORT,
    SlotKind.TIME: AnswerKind.SHORT,
    SlotKind.NUMBER: AnswerKind.SHORT,
    SlotKind.CHOICE: AnswerKind.SHORT,
    SlotKind.PHONE: AnswerKind.SPELLING,
    SlotKind.TEXT: AnswerKind.DICTATION,
    SlotKind.YES_NO: AnswerKind.YES_NO,
}


def expectation_of(awaited: SlotKind | None, *, satisfied: bool = False) -> Expectation:
    """For the slot that is asked next; None when anything may be said.

    `satisfied`: the caller has just said a whole value of it.
    """
    if awaited is None:
        return Expectation()
    kind = _ANSWERS.get(awaited, AnswerKind.OPEN)
    return Expectation(kind, satisfied=satisfied, question_open=True)
