"""Three businesses as briefs, and a flow that plays the core's part for the answerer. For tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from bridges.port.brief import (
    FILL,
    Brief,
    ExitGuide,
    Fact,
    Guide,
    KeyGuide,
    SlotGuide,
    SlotKind,
)
from bridges.port.events import ToolResult
from bridges.speech.answerer import Act, Answerer, Call, Say
from bridges.speech.engines import Embedder

__all__ = ["CLINIC", "HAIRDRESSER", "PELUQUERIA", "ROOMS", "Business", "Talk"]

DAY = SlotGuide("day", SlotKind.DATE, ("For which day?", "Which day shall I book? Say a date."))
TIME = SlotGuide("time", SlotKind.TIME, ("At what time?", "What time? For example, half past two."))
PEOPLE = SlotGuide("people", SlotKind.NUMBER, ("For how many people?", "How many of you?"))
NAME = SlotGuide("name", SlotKind.NAME, ("What is your name?", "First and last name, please."))
PHONE = SlotGuide("phone", SlotKind.PHONE, ("Which number can we call?", "Digit by digit, please."))
MESSAGE = SlotGuide("message", SlotKind.TEXT, ("Please tell me your message.",))
CONFIRMED = SlotGuide("confirmed", SlotKind.YES_NO, ())


@dataclass(frozen=True, slots=True)
class Business:
    """What differs between the three."""

    book: ExitGuide
    slots: tuple[SlotGuide, ...]
    facts: tuple[Fact, ...]
    language: str = "en"
    region: str = "US"
    others: tuple[ExitGuide, ...] = (
        ExitGuide(
            "go_cancel",
            "The caller wants to cancel a booking.",
            ("cancel my booking", "I need to cancel", "I can't come"),
        ),
        ExitGuide(
            "go_message",
            "The caller wants to leave a message.",
            ("leave a message", "can someone call me back"),
        ),
        ExitGuide(
            "go_human",
            "The caller wants to speak to a person.",
            ("can I talk to someone", "a human please", "the front desk", "operator"),
        ),
        ExitGuide(
            "go_bye",
            "The caller is finished and says goodbye.",
            ("that's all", "no thanks", "goodbye", "nothing else"),
        ),
    )
    keys: tuple[KeyGuide, ...] = (
        KeyGuide("1", "to book"),
        KeyGuide("2", "to leave a message"),
        KeyGuide("0", "to speak to a person"),
    )
    repair: tuple[str, ...] = ("Sorry, I did not understand that.", "I still did not get it.")


HAIRDRESSER = Business(
    book=ExitGuide(
        "go_book",
        "The caller wants an appointment.",
        ("I'd like a haircut", "make an appointment", "do you have a free slot"),
    ),
    slots=(
        SlotGuide(
            "service",
            SlotKind.CHOICE,
            ("What would you like to have done?", "A haircut, or colouring?"),
            options={
                "cut": ("a haircut", "haircut", "trim"),
                "colour": ("colouring", "color", "highlights", "dye"),
            },
        ),
        DAY,
        TIME,
        NAME,
    ),
    facts=(
        Fact(("how much is a haircut", "what are your prices"), "A haircut is forty five dollars."),
        Fact(("when are you open", "what are your opening hours"), "We are open nine to six."),
        Fact(("is there parking", "where can I park"), "You can park behind the house."),
    ),
)
CLINIC = Business(
    book=ExitGuide(
        "go_book",
        "The caller wants to see the doctor.",
        ("I need to see a doctor", "I want a check-up", "book an appointment with the doctor"),
    ),
    slots=(DAY, TIME, NAME, PHONE),
    facts=(
        Fact(("do you take my insurance", "which insurance do you accept"), "We take all plans."),
        Fact(("where are you", "what is your address"), "We are at 5 Oak Street."),
    ),
)
ROOMS = Business(
    book=ExitGuide(
        "go_book",
        "The caller wants to book a room.",
        ("book a room", "I need a meeting room", "can I get a room"),
    ),
    slots=(DAY, TIME, PEOPLE, NAME),
    facts=(
        Fact(("how much is a room", "what does it cost"), "A room is thirty euros an hour."),
        Fact(("do the rooms have a projector", "is there a screen"), "Every room has a screen."),
        Fact(("when are you open", "what are your opening hours"), "We open from eight to eight."),
    ),
    region="IE",
)
PELUQUERIA = Business(
    book=ExitGuide(
        "go_book",
        "Quiere pedir una cita.",
        ("quiero una cita", "pedir hora", "quería reservar", "quisiera una cita"),
    ),
    slots=(
        replace(DAY, asks=("¿Para qué día?", "¿Qué día quiere venir?")),
        replace(TIME, asks=("¿A qué hora?",)),
        replace(NAME, asks=("¿A nombre de quién?",)),
    ),
    facts=(Fact(("cuánto cuesta un corte", "qué precio tiene"), "Un corte cuesta veinte euros."),),
    language="es",
    region="ES",
    others=(ExitGuide("go_bye", "Se despide.", ("adiós", "nada más", "eso es todo")),),
    keys=(KeyGuide("1", "para pedir cita"),),
    repair=("Perdone, no le he entendido.",),
)


@dataclass
class Talk:
    """A flow of four places (greet, book, confirm, done) around an answerer."""

    business: Business
    embedder: Embedder
    closed_days: tuple[str, ...] = ()
    known: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    place: str = "greet"

    def __post_init__(self) -> None:
        numbers = count(1)
        self.answerer = Answerer(self._brief(), lambda: f"t{next(numbers)}")

    def hears(self, text: str, confidence: float = 0.9) -> str:
        """What the caller says, and what the agent then says."""
        wanted = self.answerer.wanted(text)
        rows = self.embedder.embed(wanted)
        vectors = dict(zip(wanted, rows, strict=True))
        return self._carried_out(self.answerer.heard(text, confidence, vectors))

    def keys(self, digits: str) -> str:
        """Keys that are not a menu's."""
        return self._carried_out(self.answerer.keyed(digits))

    def starts(self) -> str:
        """The flow rests in the first place and gives the mind the word."""
        return self._carried_out(self.answerer.rebrief(self._brief(), reply=True))

    def _carried_out(self, acts: list[Act]) -> str:
        said = []
        for act in acts:
            match act:
                case Say(text=text):
                    said.append(text)
                case Call(call=call):
                    self.calls.append((call.name, call.arguments))
                    said.append(self._called(call.call_id, call.name, dict(call.arguments)))
        return " ".join(part for part in said if part)

    def _called(self, call_id: str, name: str, arguments: dict[str, Any]) -> str:
        if name != FILL:
            self.place = name.removeprefix("go_")
            return self._moved(call_id)
        if arguments.get("day") in self.closed_days:
            refused = ToolResult(call_id, {}, "We are closed then.")
            return self._carried_out(self.answerer.result(refused))
        if arguments.get("confirmed") is True:
            self.place = "done"
            return self._moved(call_id)
        self.known |= {key: value for key, value in arguments.items() if key != "confirmed"}
        whole = all(slot.name in self.known for slot in self.business.slots)
        if self.place == "confirm" or whole:
            self.place = "confirm" if arguments.get("confirmed") is not False else "amend"
            return self._moved(call_id)
        self._carried_out(self.answerer.rebrief(self._brief(), reply=False))
        return self._carried_out(self.answerer.result(ToolResult(call_id, {"known": self.known})))

    def _moved(self, call_id: str) -> str:
        """As the core does it: a silent result, the node's line, a new brief."""
        silent = self._carried_out(self.answerer.result(ToolResult(call_id, {}, reply=False)))
        line = f"<{self.place}>" if self.place != "book" else ""
        asks = self.place in ("book", "message", "cancel")
        onward = self._carried_out(self.answerer.rebrief(self._brief(), reply=asks))
        return " ".join(part for part in (silent, line, onward) if part)

    def _brief(self) -> Brief:
        business = self.business
        doors = (business.book, *business.others)
        slots: tuple[SlotGuide, ...] = ()
        if self.place == "book":
            slots = tuple(self._slot(slot) for slot in business.slots)
        if self.place in ("confirm", "amend"):
            slots = tuple(replace(self._slot(slot), required=False) for slot in business.slots)
            slots = ((CONFIRMED, *slots)) if self.place == "confirm" else slots
        if self.place == "message":
            slots = (MESSAGE, PHONE)
        within = self.place in ("book", "confirm", "amend", "message")
        guide = Guide(
            node=self.place,
            slots=slots,
            exits=tuple(door for door in doors if door.name == "go_human") if within else doors,
            keys=business.keys,
            facts=business.facts,
            repair=business.repair,
            region=business.region,
            today="2026-11-21",
            now="10:00",
        )
        return Brief("", guide=guide, language=business.language)

    def _slot(self, slot: SlotGuide) -> SlotGuide:
        value = self.known.get(slot.name)
        return replace(slot, value=value, said="" if value is None else f"[{value}]")
