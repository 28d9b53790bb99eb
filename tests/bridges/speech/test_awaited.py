"""What is asked: the words it makes likely, and when an answer to it is whole."""

from __future__ import annotations

import pytest

from bridges.port.brief import Brief, ExitGuide, Guide, SlotGuide, SlotKind
from bridges.speech.awaited import Awaited


def asking(kind: SlotKind, **options: tuple[str, ...]) -> Awaited:
    slot = SlotGuide("wanted", kind, ("Well?",), options)
    return Awaited(Brief("", guide=Guide("n", (slot,), today="2026-11-23", now="09:00")))


@pytest.mark.parametrize(
    ("kind", "text", "whole"),
    [
        (SlotKind.TIME, "At half past two.", True),
        (SlotKind.TIME, "Well, let me see", False),
        (SlotKind.DATE, "tomorrow", True),
        (SlotKind.NUMBER, "two people", True),
        (SlotKind.YES_NO, "yes", True),
        (SlotKind.NAME, "Abigail", False),
        (SlotKind.TEXT, "tell him to call", False),
    ],
)
@pytest.mark.requirement("mind:awaited:whole-answers-end-turns-sooner")
def test_a_whole_value_of_what_was_asked_is_known_as_one(
    kind: SlotKind, text: str, whole: bool
) -> None:
    assert asking(kind).met_by(text) is whole


def test_a_choice_makes_its_own_words_likely() -> None:
    awaited = asking(SlotKind.CHOICE, cut=("a haircut",), colour=("a colour", "highlights"))
    assert awaited.hint == "a haircut, a colour."
    assert awaited.met_by("highlights please")


def test_where_nothing_is_asked_the_doors_make_their_examples_likely() -> None:
    doors = (ExitGuide("go_book", "books", ("book a room", "a room please", "reserve")),)
    awaited = Awaited(Brief("", guide=Guide("n", exits=doors)))
    assert awaited.hint == "book a room. a room please."
    assert not awaited.met_by("book a room")


def test_spanish_callers_are_expected_to_speak_spanish() -> None:
    slot = SlotGuide("when", SlotKind.TIME, ())
    assert "las dos" in Awaited(Brief("", guide=Guide("n", (slot,)), language="es")).hint
