"""Plays the model's part without a model: from the brief's guide and what was heard to acts. Quiet.

What it says is from the brief or from the phrases of the language, never made up. What it does is
what a model may do: fill slots and take exits, by tool calls. The vectors that meaning is judged by
come from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bridges.port.brief import FILL, Brief, SlotGuide, SlotKind
from bridges.port.events import ToolCall, ToolResult
from bridges.speech.awaited import scene_of
from bridges.speech.engines import Vectors
from bridges.speech.extract import Understood, keyed, understand, understand_all
from bridges.speech.extract.plain import bare, plain
from bridges.speech.meaning import (
    LIKE,
    STRONG,
    Match,
    best_match,
    is_generic,
    is_question,
    pieces,
    ways_of,
)
from bridges.speech.phrases import Phrases
from bridges.speech.phrases_en import ENGLISH
from bridges.speech.phrases_es import SPANISH

__all__ = ["UNSURE", "Act", "Answerer", "Call", "Say", "phrases_for"]

UNSURE = 0.4
"""Recognition below it is asked back before it is acted upon."""
_DOUBTFUL_VALUE = 0.5
_WHOLE_NUMBER = 7
"""Digits that a telephone number has at least; fewer may be its beginning."""
_LIKE_DATED = 0.4
"""Likeness that opens a door when a day or a time is said with it."""
_DATED_LEAD = 0.15
"""So much more like a fact must such a question be: `can I come in on Friday for a haircut?` is as
like its price (0.56) as a booking (0.54); `are you open on Friday?` is clear (0.89 and 0.58)."""
_WHEN = (SlotGuide("day", SlotKind.DATE, ()), SlotGuide("time", SlotKind.TIME, ()))
_MOST_KEYS = 4
"""A longer list of keys is not remembered."""
_NAMED_KINDS = {
    SlotKind.DATE: {"day", "date", "dia", "fecha"},
    SlotKind.TIME: {"time", "hour", "hora"},
    SlotKind.NUMBER: {"number", "people", "many", "personas", "cuantos", "cuantas"},
    SlotKind.NAME: {"name", "nombre"},
    SlotKind.PHONE: {"phone", "telephone", "telefono"},
    SlotKind.CHOICE: {"service", "servicio"},
}


@dataclass(frozen=True, slots=True)
class Say:
    """Tell the caller this."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """Ask for this tool."""

    call: ToolCall


Act: TypeAlias = Say | Call


def phrases_for(language: str) -> Phrases:
    """Our own sentences in that language; English where we have none."""
    return SPANISH if language.lower().startswith("es") else ENGLISH


class Answerer:
    """One call's mind: what is open, what was just asked, how often it failed."""

    def __init__(self, brief: Brief, new_id: Callable[[], str]) -> None:
        """`new_id` gives each tool call an id of its own."""
        self.brief = brief
        self._new_id = new_id
        self._failures = 0
        self._asked = ""
        self._doubt: dict[str, Understood] = {}
        self._carried = ""
        self._filled: tuple[str, ...] = ()
        self._then = ""
        self._held = ""

    def rebrief(self, brief: Brief, *, reply: bool) -> list[Act]:
        """The flow is elsewhere, or knows more; what led there may hold what is asked now."""
        if brief.guide.node != self.brief.guide.node:
            self._forget()
        self.brief = brief
        carried, self._carried = self._carried, ""
        if carried and (
            values := self._news(understand_all(carried, brief.guide.slots, scene_of(self.brief)))
        ):
            return self._fill(values)
        return self._say(self._ask()) if reply else []

    def wanted(self, text: str) -> list[str]:
        """The sentences whose vectors `heard` needs: of the utterance, and of all that is open."""
        doors = (*self._exits().values(), *self._facts().values(), *self._ways().values())
        return list(dict.fromkeys((*pieces(text), *(way for ways in doors for way in ways))))

    def heard(
        self,
        text: str,
        confidence: float = 1.0,
        vectors: Mapping[str, Vectors] | None = None,
        *,
        resumed: bool = False,
    ) -> list[Act]:
        """The caller said this; `resumed` when its beginning was answered already."""
        if not bare(text):
            return self._repair()
        if self._doubt and (answer := self._doubt_settled(text)) is not None:
            return answer
        if self._telephoning() and (acts := self._number_going_on(text)) is not None:
            return acts
        meanings = vectors or {}
        values = self._values(text)
        dated = self._dated(text)
        least = _LIKE_DATED if dated else LIKE
        exit_ = best_match(text, self._exits(), meanings, least=least)
        fact = best_match(text, self._facts(), meanings)
        if self._dictating():
            fact = None
        rival = 0.0 if exit_ is None else exit_.likeness + (_DATED_LEAD if dated else 0.0)
        if fact and is_question(text) and fact.likeness > rival:
            return self._answer(fact)
        if values and not self._outweighed(values, exit_):
            return self._take(values, confidence, exit_)
        if exit_ is not None:
            return self._leave(exit_, text, confidence)
        if fact is not None:
            return self._answer(fact)
        return (
            self._named_slot(text)
            or self._by_meaning(text, meanings)
            or self._lost(text, resumed=resumed)
        )

    def keyed(self, digits: str) -> list[Act]:
        """Keys that are no menu keys here: the value of the slot that is asked for."""
        slot = self._pending()
        value = keyed(digits, slot, scene_of(self.brief)) if slot else None
        return self._repair() if slot is None or value is None else self._fill({slot.name: value})

    def result(self, result: ToolResult) -> list[Act]:
        """A tool that was called has ended."""
        filled, self._filled = self._filled, ()
        then, self._then = self._then, ""
        if not result.reply:
            return []
        if result.error:
            return self._say(result.error, self._ask())
        if then in self._exits():
            return [Call(ToolCall(self._new_id(), then))]
        return self._say(self._read_back(filled), self._ask())

    def _dictating(self) -> bool:
        """A message may be about anything, also about what we could answer."""
        slot = self._pending()
        return slot is not None and slot.kind is SlotKind.TEXT

    def _forget(self) -> None:
        self._failures = 0
        self._asked = ""
        self._held = ""
        self._doubt = {}

    def _slot(self, name: str) -> SlotGuide | None:
        return next((slot for slot in self.brief.guide.slots if slot.name == name), None)

    def _pending(self) -> SlotGuide | None:
        """The slot that the caller is answering."""
        missing = (s for s in self.brief.guide.slots if s.required and s.value is None)
        return self._slot(self._asked) or next(missing, None)

    def _exits(self) -> dict[str, tuple[str, ...]]:
        guide = self.brief.guide
        whole = all(slot.value is not None for slot in guide.slots if slot.required)
        return {
            exit_.name: ways_of(exit_.description, exit_.examples)
            for exit_ in guide.exits
            if whole or not exit_.asks_first
        }

    def _facts(self) -> dict[str, tuple[str, ...]]:
        return {str(at): fact.questions for at, fact in enumerate(self.brief.guide.facts)}

    def _ways(self) -> dict[str, tuple[str, ...]]:
        slot = self._pending()
        return dict(slot.options) if slot is not None and slot.kind is SlotKind.CHOICE else {}

    def _dated(self, text: str) -> bool:
        """Whether a day or a time is said where nothing is asked: a hint that a door is meant."""
        slots = self.brief.guide.slots
        return not slots and bool(understand_all(text, _WHEN, scene_of(self.brief)))

    def _values(self, text: str) -> dict[str, Understood]:
        slot = self._pending()
        found = understand_all(
            text, self.brief.guide.slots, scene_of(self.brief), asked=slot.name if slot else None
        )
        if slot is not None and slot.kind is SlotKind.YES_NO and len(found) > 1:
            # `No, three o'clock` is a correction; `yes, three o'clock` is none.
            changes = self._news({name: one for name, one in found.items() if name != slot.name})
            return changes or {slot.name: found[slot.name]} if slot.name in found else changes
        return self._news(found)

    def _news(self, values: Mapping[str, Understood]) -> dict[str, Understood]:
        """Without what is known already."""
        known = {slot.name: slot.value for slot in self.brief.guide.slots}
        return {name: one for name, one in values.items() if known.get(name) != one.value}

    def _outweighed(self, values: Mapping[str, Understood], exit_: Match | None) -> bool:
        """Whether a way out was meant, and the values only came along."""
        if exit_ is None or exit_.likeness < STRONG:
            return False
        slot = self._pending()
        wordy = slot is not None and slot.kind in (SlotKind.TEXT, SlotKind.NAME)
        return wordy or slot is None or slot.name not in values

    def _take(
        self, values: dict[str, Understood], confidence: float, exit_: Match | None
    ) -> list[Act]:
        least = min(one.confidence for one in values.values())
        if (confidence < UNSURE or least < _DOUBTFUL_VALUE) and (said := _listed(values)):
            self._doubt = values
            return self._say(self._phrases().did_you_say.format(said=said))
        self._then = exit_.key if exit_ is not None and exit_.likeness >= STRONG else ""
        return self._fill(values)

    def _fill(self, values: Mapping[str, Understood]) -> list[Act]:
        self._forget()
        self._filled = tuple(values)
        arguments = {name: one.value for name, one in values.items()}
        return [Call(ToolCall(self._new_id(), FILL, arguments))]

    def _leave(self, exit_: Match, text: str, confidence: float) -> list[Act]:
        if confidence < UNSURE and exit_.likeness < STRONG:
            return self._repair()
        self._forget()
        self._carried = text
        return [Call(ToolCall(self._new_id(), exit_.key))]

    def _answer(self, fact: Match) -> list[Act]:
        self._failures = 0
        return self._say(self.brief.guide.facts[int(fact.key)].answer, self._ask())

    def _doubt_settled(self, text: str) -> list[Act] | None:
        """What the answer to `did you say` makes of it; None when it is something new."""
        doubt, self._doubt = self._doubt, {}
        question = SlotGuide("sure", SlotKind.YES_NO, ())
        sure = understand(text, question, scene_of(self.brief))
        if sure is None:
            return None
        if sure.value:
            return self._fill(doubt)
        news = {name for name, one in self._values(text).items() if one.value is not False}
        return None if news else self._say(self._ask())

    def _telephoning(self) -> bool:
        slot = self._pending()
        return slot is not None and slot.kind is SlotKind.PHONE

    def _number_going_on(self, text: str) -> list[Act] | None:
        """Joins a number that comes in pieces; None when these words are something else."""
        spelled = plain(text, spanish=scene_of(self.brief).spanish)
        digits = [word for word in spelled.split() if word.isdigit()]
        slot = self._pending()
        if slot is None or not digits or 2 * len(digits) < len(bare(spelled).split()):
            self._held = ""
            return None
        held = f"{self._held} {' '.join(digits)}".strip()
        if sum(map(str.isdigit, held)) < _WHOLE_NUMBER:
            self._held = held
            return self._say(self._phrases().go_on)
        spoken = f"{self._held} {text}".strip() if self._held else text
        value = understand(spoken, slot, scene_of(self.brief))
        return None if value is None else self._fill({slot.name: value})

    def _named_slot(self, text: str) -> list[Act]:
        """`The time`: the caller names what is to be changed, and not yet to what."""
        words = set(bare(text).split())
        for slot in self.brief.guide.slots:
            names = {*_NAMED_KINDS.get(slot.kind, set()), *slot.name.lower().split("_")}
            if slot.asks and words & names and slot.kind is not SlotKind.YES_NO:
                self._asked = slot.name
                return self._say(slot.asks[0])
        return []

    def _by_meaning(self, text: str, vectors: Mapping[str, Vectors]) -> list[Act]:
        """An option that was described rather than named."""
        slot = self._pending()
        meant = best_match(text, self._ways(), vectors)
        if slot is None or meant is None:
            return []
        return self._fill({slot.name: Understood(meant.key, slot.options[meant.key][0], 0.7)})

    def _lost(self, text: str, *, resumed: bool) -> list[Act]:
        slot = self._pending()
        if resumed:
            return self._say(self._ask()) if slot is not None else []
        if slot is None and is_generic(text) and _declines(text):
            return self._declined() or self._repair()
        if slot is None and not self._failures and is_generic(text):
            # `Hello?` and `yes please` want to be helped.
            self._failures = 1
            return self._say(self._ask())
        return self._repair()

    def _declined(self) -> list[Act]:
        """A bare `no` to `anything else?` takes the one door that is opened by declining."""
        doors = [key for key, ways in self._exits().items() if any(map(_declines, ways))]
        return self._leave(Match(doors[0], 1.0), "", 1.0) if len(doors) == 1 else []

    def _repair(self) -> list[Act]:
        """Not understood: other words each time, and keys from the second time on."""
        self._failures += 1
        lines = self.brief.guide.repair or self._phrases().repair
        line = lines[min(self._failures, len(lines)) - 1]
        slot = self._pending()
        ask = "" if slot is None and self._failures > 1 else self._ask()
        return self._say(line, ask, self._keys() if self._failures > 1 else "")

    def _ask(self) -> str:
        """The question that is open, worded by how often it failed."""
        slot = self._pending()
        phrases = self._phrases()
        if slot is None:
            return phrases.what_instead if self.brief.guide.slots else phrases.how_help
        if slot.asks:
            return slot.asks[min(self._failures, len(slot.asks) - 1)]
        return phrases.yes_or_no if slot.kind is SlotKind.YES_NO else ""

    def _keys(self) -> str:
        phrases = self._phrases()
        keys = [
            phrases.press.format(key=key.key, label=key.label)
            for key in self.brief.guide.keys[:_MOST_KEYS]
        ]
        if len(keys) > 1:
            keys[-1] = f"{phrases.or_} {keys[-1]}"
        return phrases.keys.format(keys=", ".join(keys)) if keys else ""

    def _read_back(self, filled: tuple[str, ...]) -> str:
        """What was understood, in the core's own wording."""
        quiet = (SlotKind.TEXT, SlotKind.YES_NO)
        said = ", ".join(
            slot.said
            for slot in self.brief.guide.slots
            if slot.name in filled and slot.said and slot.kind not in quiet
        )
        return f"{said[:1].upper()}{said[1:].rstrip('.')}." if said else ""

    def _phrases(self) -> Phrases:
        return phrases_for(self.brief.language)

    @staticmethod
    def _say(*parts: str) -> list[Act]:
        text = " ".join(part.strip() for part in parts if part.strip())
        return [Say(text)] if text else []


def _declines(text: str) -> bool:
    return bool({"no", "nope", "nothing", "nada"} & set(bare(text).split()))


def _listed(values: Mapping[str, Understood]) -> str:
    return ", ".join(one.said for one in values.values() if one.said)
