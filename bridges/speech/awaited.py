"""What is asked, for the listener: words to expect, and when an answer is whole. Quiet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from itertools import islice
from typing import Final

from bridges.port.brief import Brief, SlotGuide, SlotKind
from bridges.speech.extract import Scene, understand
from bridges.speech.extract.kinds import CLOSES, OPENS

__all__ = ["Awaited", "scene_of"]

_HINTS: Final[Mapping[str, Mapping[SlotKind, str]]] = {
    "en": {
        SlotKind.TIME: "At half past two. Three o'clock. 2:30 p.m. Quarter past nine. At noon.",
        SlotKind.DATE: "Today. Tomorrow. Next Tuesday. On Friday the 23rd.",
        SlotKind.NUMBER: "Two people. Four. Just me. Half an hour.",
        SlotKind.YES_NO: "Yes. Yes, that's right. No.",
        SlotKind.PHONE: "0 4 9 7, double 5, 1 2.",
        SlotKind.NAME: "My name is.",
    },
    "es": {
        SlotKind.TIME: "A las dos y media. A las tres. A las cinco de la tarde.",
        SlotKind.DATE: "Hoy. Mañana. El martes. El viernes 23.",
        SlotKind.NUMBER: "Dos personas. Cuatro. Solo yo.",
        SlotKind.YES_NO: "Sí. Sí, es correcto. No.",
        SlotKind.PHONE: "6 1 2, 3 4 5.",
        SlotKind.NAME: "Me llamo.",
    },
}
"""The recogniser was measured to hear short answers better when it has seen their like."""
_WHOLE: Final = {SlotKind.DATE, SlotKind.TIME, SlotKind.NUMBER, SlotKind.CHOICE, SlotKind.YES_NO}
"""Kinds of which one can tell that nothing is missing."""
_MOST_EXAMPLES: Final = 8


class Awaited:
    """The answer that the brief waits for."""

    def __init__(self, brief: Brief) -> None:
        self._slot = next(
            (slot for slot in brief.guide.slots if slot.required and slot.value is None), None
        )
        self._brief = brief
        self.hint = _hint(brief, self._slot)
        """Words that the caller is likely to say."""

    def met_by(self, text: str) -> bool:
        """Whether the words are a whole value of what is asked, so that no more need come."""
        slot = self._slot
        if slot is None or slot.kind not in _WHOLE:
            return False
        return understand(text, slot, scene_of(self._brief)) is not None


def scene_of(brief: Brief) -> Scene:
    """Where and when the talk takes place."""
    guide = brief.guide
    days = (slot for slot in guide.slots if slot.kind is SlotKind.DATE)
    return Scene(
        today=date.fromisoformat(guide.today) if guide.today else date(2000, 1, 1),
        now=time.fromisoformat(guide.now) if guide.now else time(12, 0),
        region=guide.region,
        language=brief.language,
        opens=time.fromisoformat(guide.opens) if guide.opens else OPENS,
        closes=time.fromisoformat(guide.closes) if guide.closes else CLOSES,
        day=next((str(s.value) for s in days if s.value is not None), ""),
    )


def _hint(brief: Brief, slot: SlotGuide | None) -> str:
    if slot is None:
        examples = (example for door in brief.guide.exits for example in door.examples[:2])
        return " ".join(f"{example}." for example in islice(examples, _MOST_EXAMPLES))
    if slot.kind is SlotKind.CHOICE:
        return ", ".join(says[0] for says in slot.options.values()) + "."
    return _HINTS["es" if brief.language.startswith("es") else "en"].get(slot.kind, "")
