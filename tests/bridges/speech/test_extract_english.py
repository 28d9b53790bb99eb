"""What English callers say, as a recogniser writes it, and what it means for a slot."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from bridges.port.brief import SlotGuide
from bridges.speech.extract import Scene, understand, understand_all
from tests.bridges.speech.english_slots import (
    COLOURS,
    DAY,
    LENGTH,
    MESSAGE,
    NAME,
    NIGHTS,
    PEOPLE,
    PHONE,
    SCENE,
    SERVICE,
    TIME,
    YES_NO,
)

DATES = [
    ("Today.", "2026-11-21"),
    ("today please", "2026-11-21"),
    ("Tonight.", "2026-11-21"),
    ("Tomorrow.", "2026-11-22"),
    ("Can I come tomorrow morning?", "2026-11-22"),
    ("The day after tomorrow.", "2026-11-23"),
    ("Monday", "2026-11-23"),
    ("On Tuesday.", "2026-11-24"),
    ("this Tuesday", "2026-11-24"),
    ("Next Tuesday.", "2026-11-24"),
    ("Saturday", "2026-11-28"),
    ("this Saturday", "2026-11-21"),
    ("a week on Monday", "2026-11-30"),
    ("Monday week", "2026-11-30"),
    ("Wednesday next week", "2026-11-25"),
    ("next week Thursday", "2026-11-26"),
    ("How about Friday?", "2026-11-27"),
    ("Monday the 23rd.", "2026-11-23"),
    ("Thursday the third", "2026-12-03"),
    ("Thursday, the 3rd of December", "2026-12-03"),
    ("The twenty-third.", "2026-11-23"),
    ("the 23rd please", "2026-11-23"),
    ("the third", "2026-12-03"),
    ("the first", "2026-12-01"),
    ("on the thirty-first", "2026-12-31"),
    ("November 23rd.", "2026-11-23"),
    ("November twenty third", "2026-11-23"),
    ("the twenty third of November", "2026-11-23"),
    ("23rd of November", "2026-11-23"),
    ("Monday, November 23rd.", "2026-11-23"),
    ("Nov. 30", "2026-11-30"),
    ("December the fifth", "2026-12-05"),
    ("January 2nd", "2027-01-02"),
    ("January 2nd, 2027", "2027-01-02"),
    ("the second of January twenty twenty seven", "2027-01-02"),
    ("11/23", "2026-11-23"),
    ("11/23/2026", "2026-11-23"),
    ("2026-12-01", "2026-12-01"),
    ("in three days", "2026-11-24"),
    ("in two weeks", "2026-12-05"),
    ("two weeks from today", "2026-12-05"),
    ("in a week", "2026-11-28"),
    ("a week from today", "2026-11-28"),
    ("in a couple of days", "2026-11-23"),
    ("in an hour", "2026-11-21"),
    ("Christmas Eve", "2026-12-24"),
    ("Not Monday, Tuesday.", "2026-11-24"),
    ("Monday, no wait, Wednesday", "2026-11-25"),
    ("Monday. Sorry, I mean Thursday.", "2026-11-26"),
    ("23", "2026-11-23"),
    ("twenty-five", "2026-11-25"),
    ("Monday or Tuesday", None),
    ("I don't know.", None),
    ("whenever you have time", None),
    ("next week", None),
    ("at three", None),
    ("two people", None),
    ("the first available appointment", None),
    ("just a second", None),
]

TIMES = [
    ("2:30 p.m.", "14:30"),
    ("Two thirty p.m.", "14:30"),
    ("2.30pm", "14:30"),
    ("2.30 PM.", "14:30"),
    ("230 p.m.", "14:30"),
    ("2 30", "14:30"),
    ("2 30 PM.", "14:30"),
    ("2. 30 p.m.", "14:30"),
    ("to 30 pm", "14:30"),
    ("for 30 pm", "16:30"),
    ("two thirty", "14:30"),
    ("two thirty pm", "14:30"),
    ("At 2:30.", "14:30"),
    ("half past two", "14:30"),
    ("make that half pass 2", "14:30"),
    ("Half past 2 p.m.", "14:30"),
    ("half two", "14:30"),
    ("quarter past three", "15:15"),
    ("a quarter past three", "15:15"),
    ("quarter to four", "15:45"),
    ("a quarter of four", "15:45"),
    ("ten to five", "16:50"),
    ("twenty past eleven", "11:20"),
    ("five past nine", "09:05"),
    ("nine oh five", "09:05"),
    ("3 o'clock", "15:00"),
    ("three o'clock", "15:00"),
    ("At three.", "15:00"),
    ("Three.", "15:00"),
    ("three pm", "15:00"),
    ("3pm", "15:00"),
    ("9 a.m.", "09:00"),
    ("nine in the morning", "09:00"),
    ("nine", "09:00"),
    ("at nine in the evening", "21:00"),
    ("eight tonight", "20:00"),
    ("at seven in the evening", "19:00"),
    ("ten", "10:00"),
    ("at twelve", "12:00"),
    ("noon", "12:00"),
    ("At noon, please.", "12:00"),
    ("midday", "12:00"),
    ("12 30 pm", "12:30"),
    ("12 am", "00:00"),
    ("1430", "14:30"),
    ("14:30", "14:30"),
    ("at sixteen thirty", "16:30"),
    ("in an hour", "11:00"),
    ("in half an hour", "10:30"),
    ("in two hours", "12:00"),
    ("in twenty minutes", "10:20"),
    ("three in the afternoon", "15:00"),
    ("No, three o'clock.", "15:00"),
    ("at two, no wait, at three", "15:00"),
    ("not three, four", "16:00"),
    ("Let's say 4", "16:00"),
    ("11 would be great", "11:00"),
    ("Sometime after four.", "16:00"),
    ("two or three", None),
    ("in the morning", None),
    ("I'm not sure", None),
    ("for two people", None),
    ("tomorrow", None),
]

PEOPLES = [
    ("Two people.", 2),
    ("two", 2),
    ("For two.", 2),
    ("There will be four of us.", 4),
    ("a table for six", 6),
    ("party of five", 5),
    ("we are eight", 8),
    ("Just me.", 1),
    ("just the two of us", 2),
    ("only one", 1),
    ("it's just me", 1),
    ("by myself", 1),
    ("me and my wife", 2),
    ("my husband and I", 2),
    ("twelve people", 12),
    ("Twenty-five guests.", 25),
    ("a hundred people", None),
    ("one hundred and twenty people", 120),
    ("a dozen", 12),
    ("three, no, sorry, four people", 4),
    ("half an hour", None),
    ("I don't know yet", None),
]

LENGTHS = [
    ("half an hour", 30),
    ("Half an hour.", 30),
    ("an hour", 60),
    ("one hour", 60),
    ("an hour and a half", 90),
    ("two hours", 120),
    ("two and a half hours", 150),
    ("45 minutes", 45),
    ("a quarter of an hour", 15),
    ("one hour thirty minutes", 90),
]

NAMES = [
    ("I'm Abigail Claflin, you can call me Abbie.", "Abigail Claflin"),
    ("I'm Abigail Claflin. You can call me Abbie.", "Abigail Claflin"),
    ("My name is John Smith.", "John Smith"),
    ("my name's Anna", "Anna"),
    ("It's Smith, S-M-I-T-H.", "Smith"),
    ("It's Smith, S M I T H.", "Smith"),
    ("John Smith, S M Y T H", "John Smyth"),
    ("S M I T H", "Smith"),
    ("Smith.", "Smith"),
    ("abigail claflin", "Abigail Claflin"),
    ("Uh, Maria Lopez.", "Maria Lopez"),
    ("This is Peter Jones speaking.", "Peter Jones"),
    ("the name is O'Brien", "O'Brien"),
    ("Under Garcia, please.", "Garcia"),
    ("Put it under Johnson.", "Johnson"),
    ("You can call me Abbie.", "Abbie"),
    ("Yes, it's Mary-Jane Watson.", "Mary-Jane Watson"),
    ("Ludwig van Beethoven", "Ludwig van Beethoven"),
    ("Mr. Brown", "Mr. Brown"),
    ("Anna Miller is my name.", "Anna Miller"),
    ("I don't know.", None),
    ("What?", None),
    ("I'd like to book a room.", None),
    ("yes please", None),
    ("tomorrow at three", None),
]

PHONES = [
    ("zero four nine seven four six five", "0497465"),
    ("0 4 9 7 4 6 5.", "0497465"),
    ("0497465", "0497465"),
    ("oh four nine seven, four six five", "0497465"),
    ("415 555 2671", "+14155552671"),
    ("(415) 555-2671", "+14155552671"),
    ("It's 415-555-2671.", "+14155552671"),
    ("four one five, five five five, two six seven one", "+14155552671"),
    ("four one five triple five two six seven one", "+14155552671"),
    ("double four one two three four five", "4412345"),
    ("plus three five three one five five five oh one double oh", "+35315550100"),
    ("+44 20 7946 0958", "+442079460958"),
    ("my number is four one five five five five twenty six seventy one", "+14155552671"),
    ("three", None),
    ("I don't have one", None),
]

ANSWERS = [
    ("Yes.", True),
    ("yeah", True),
    ("Yes, that's right.", True),
    ("That's correct.", True),
    ("Sure.", True),
    ("Okay.", True),
    ("please do", True),
    ("Sounds good.", True),
    ("no problem", True),
    ("No, that's right.", True),
    ("yep, perfect", True),
    ("No.", False),
    ("nope", False),
    ("That's not right.", False),
    ("no that's wrong", False),
    ("not really", False),
    ("That isn't correct.", False),
    ("I don't think so", False),
    ("hello", None),
    ("three o'clock", None),
]

CHOICES = [
    ("A haircut.", "cut"),
    ("I'd like a haircut please", "cut"),
    ("a men's haircut", "mens_cut"),
    ("just a trim", "cut"),
    ("beard trim", "beard"),
    ("I want my hair colored, some highlights", "colour"),
    ("not a haircut, a shave", "beard"),
    ("hair cut", "cut"),
    ("the second one", "mens_cut"),
    ("something else", None),
    ("a haircut or highlights", None),
]

MESSAGES = [
    ("Please tell them I'll be ten minutes late.", "Tell them I'll be ten minutes late."),
    ("Yes, um, the heating is broken", "The heating is broken"),
    ("okay", None),
    ("Hello?", None),
]

TABLE = [
    (slot, said, value)
    for slot, rows in (
        (DAY, DATES),
        (TIME, TIMES),
        (PEOPLE, PEOPLES),
        (LENGTH, LENGTHS),
        (NAME, NAMES),
        (PHONE, PHONES),
        (YES_NO, ANSWERS),
        (SERVICE, CHOICES),
        (MESSAGE, MESSAGES),
    )
    for said, value in rows
]


@pytest.mark.requirement("mind:extract:english-telephone-speech")
@pytest.mark.parametrize(
    ("slot", "said", "value"), TABLE, ids=lambda part: getattr(part, "name", None)
)
def test_what_was_asked_for_is_understood(slot: SlotGuide, said: str, value: Any) -> None:
    understood = understand(said, slot, SCENE, asked=True)
    assert (None if understood is None else understood.value) == value


ALL = (SERVICE, DAY, TIME, PEOPLE, NAME, PHONE, MESSAGE)
TOGETHER: list[tuple[str, dict[str, Any]]] = [
    (
        "a haircut tomorrow at three for Anna",
        {"service": "cut", "day": "2026-11-22", "time": "15:00", "name": "Anna"},
    ),
    (
        "A table for four at eight p.m. on Friday.",
        {"people": 4, "time": "20:00", "day": "2026-11-27"},
    ),
    (
        "I'd like to book a room on Monday the 23rd at 2:30 p.m.",
        {"day": "2026-11-23", "time": "14:30"},
    ),
    ("Two people, tomorrow, half past two.", {"people": 2, "day": "2026-11-22", "time": "14:30"}),
    ("for two people at ten in the morning", {"people": 2, "time": "10:00"}),
    (
        "My name is Ben King and I want highlights next Tuesday",
        {"name": "Ben King", "service": "colour", "day": "2026-11-24"},
    ),
    ("November 30th at 9", {"day": "2026-11-30", "time": "09:00"}),
    ("the 3rd at 3", {"day": "2026-12-03", "time": "15:00"}),
    ("Today at 4 for 3 people", {"day": "2026-11-21", "time": "16:00", "people": 3}),
    ("in an hour", {"day": "2026-11-21", "time": "11:00"}),
    ("I'm looking for a haircut", {"service": "cut"}),
    ("I'm sorry, could you repeat that?", {}),
    ("Hi, can I speak to somebody please?", {}),
    ("You can reach me at 415 555 2671", {"phone": "+14155552671"}),
    ("This one is nice.", {}),
]


@pytest.mark.requirement("mind:extract:several-at-once")
@pytest.mark.parametrize(("said", "values"), TOGETHER)
def test_one_utterance_fills_several_slots(said: str, values: dict[str, Any]) -> None:
    assert {name: one.value for name, one in understand_all(said, ALL, SCENE).items()} == values


@pytest.mark.requirement("mind:extract:never-guesses-names")
@pytest.mark.parametrize(
    "said", ["Smith.", "Sunday is best", "every purchase is a vote", "book a room", "hello there"]
)
def test_a_name_or_a_message_that_was_not_asked_for_is_not_guessed(said: str) -> None:
    assert not {"name", "message"} & understand_all(said, ALL, SCENE, asked="day").keys()


def test_the_question_says_what_is_counted() -> None:
    understood = understand_all("three nights for two people", (NIGHTS, PEOPLE), SCENE)
    assert {name: one.value for name, one in understood.items()} == {"nights": 3, "people": 2}


def test_two_options_at_once_are_not_decided_by_us() -> None:
    assert understand("blue or red", COLOURS, SCENE) is None
    assert understand("let's get the black one", COLOURS, SCENE, asked=False) is not None


@pytest.mark.parametrize(
    ("region", "said", "value"),
    [
        ("IE", "3/12", "2026-12-03"),
        ("US", "3/12", "2027-03-12"),
        ("GB", "03/12/2026", "2026-12-03"),
    ],
)
def test_figures_are_read_in_the_order_of_the_region(region: str, said: str, value: str) -> None:
    scene = Scene(SCENE.today, SCENE.now, region)
    understood = understand(said, DAY, scene)
    assert understood is not None
    assert understood.value == value


def test_opening_hours_decide_between_morning_and_evening() -> None:
    restaurant = Scene(SCENE.today, SCENE.now, opens=time(13, 0), closes=time(23, 30))
    understood = understand("at nine", TIME, restaurant)
    assert understood is not None
    assert understood.value == "21:00"
