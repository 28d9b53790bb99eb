"""What English callers are asked for in the extractors' tests."""

from __future__ import annotations

from datetime import date, time

from bridges.port.brief import SlotGuide, SlotKind
from bridges.speech.extract import Scene

SCENE = Scene(today=date(2026, 11, 21), now=time(10, 0), region="US")
"""A Saturday morning."""

DAY = SlotGuide("day", SlotKind.DATE, ("For which day?",))
TIME = SlotGuide("time", SlotKind.TIME, ("At what time?",))
PEOPLE = SlotGuide("people", SlotKind.NUMBER, ("For how many people?",))
LENGTH = SlotGuide("minutes", SlotKind.NUMBER, ("For how long?",))
NIGHTS = SlotGuide("nights", SlotKind.NUMBER, ("How many nights?",))
NAME = SlotGuide("name", SlotKind.NAME, ("What is your name?",))
PHONE = SlotGuide("phone", SlotKind.PHONE, ("Which number can we call?",))
YES_NO = SlotGuide("confirmed", SlotKind.YES_NO, ())
MESSAGE = SlotGuide("message", SlotKind.TEXT, ("What is your message?",))
SERVICE = SlotGuide(
    "service",
    SlotKind.CHOICE,
    ("What would you like?",),
    options={
        "cut": ("a haircut", "haircut", "a cut", "trim"),
        "mens_cut": ("a men's haircut", "men's haircut", "men's cut"),
        "colour": ("colouring", "color", "colour", "highlights", "dye"),
        "beard": ("a beard trim", "beard trim", "beard", "shave"),
    },
)
COLOURS = SlotGuide(
    "colour",
    SlotKind.CHOICE,
    ("Which one?",),
    options={"blue": ("blue",), "black": ("black",), "red": ("red",)},
)
