"""Whole dialogues with the answerer: real sentence vectors, and a flow like the core's."""

from __future__ import annotations

import pytest

from bridges.port.brief import FILL, Brief, ExitGuide, Guide
from bridges.port.events import ToolResult
from bridges.speech.answerer import Answerer, Call, Say
from bridges.speech.engines import Embedder, SpeechSettings
from bridges.speech.minilm import open_engine
from tests.bridges.speech.briefs import CLINIC, HAIRDRESSER, PELUQUERIA, ROOMS, Business, Talk


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_engine(SpeechSettings())


@pytest.mark.requirement("mind:dialogue:books-what-was-said")
def test_a_room_is_booked_step_by_step(embedder: Embedder) -> None:
    talk = Talk(ROOMS, embedder)
    assert talk.starts() == "How can I help you?"
    assert talk.hears("Book a room.") == "For which day?"
    assert talk.hears("Today.") == "[2026-11-21]. At what time?"
    assert talk.hears("2:30 p.m.") == "[14:30]. For how many people?"
    assert talk.hears("Two people.") == "[2]. What is your name?"
    assert talk.hears("I'm Abigail Claflin, you can call me Abbie.") == "<confirm>"
    assert talk.hears("Yes, that's right.") == "<done>"
    assert talk.known == {
        "day": "2026-11-21",
        "time": "14:30",
        "people": 2,
        "name": "Abigail Claflin",
    }


@pytest.mark.requirement("mind:dialogue:takes-all-at-once")
def test_what_was_said_at_the_door_is_not_asked_again(embedder: Embedder) -> None:
    talk = Talk(HAIRDRESSER, embedder)
    reply = talk.hears("Hi, I'd like a haircut tomorrow at three for Anna.")
    assert reply == "<confirm>"
    assert talk.known == {
        "service": "cut",
        "day": "2026-11-22",
        "time": "15:00",
        "name": "Anna",
    }


@pytest.mark.requirement("mind:dialogue:corrects")
def test_a_correction_at_the_confirmation_changes_only_what_it_names(embedder: Embedder) -> None:
    talk = Talk(HAIRDRESSER, embedder)
    talk.hears("I'd like a haircut tomorrow at three for Anna.")
    assert talk.hears("No, four o'clock.") == "<confirm>"
    assert talk.calls[-1] == (FILL, {"time": "16:00"})
    assert talk.hears("Yes.") == "<done>"


@pytest.mark.requirement("mind:dialogue:corrects")
def test_the_caller_may_name_first_what_is_wrong(embedder: Embedder) -> None:
    talk = Talk(HAIRDRESSER, embedder)
    talk.hears("I'd like a haircut tomorrow at three for Anna.")
    assert talk.hears("No, that's wrong.") == "<amend>"
    assert talk.hears("The day.") == "For which day?"
    assert talk.hears("Friday.") == "<confirm>"
    assert talk.known["day"] == "2026-11-27"


def test_a_value_may_change_while_another_is_asked_for(embedder: Embedder) -> None:
    talk = Talk(ROOMS, embedder)
    talk.hears("I need a meeting room on Monday.")
    assert talk.hears("Sorry, I meant Tuesday, at ten.") == (
        "[2026-11-24], [10:00]. For how many people?"
    )


@pytest.mark.requirement("mind:facts:answers-and-asks-on")
def test_a_question_in_between_is_answered_and_the_open_one_asked_again(embedder: Embedder) -> None:
    talk = Talk(ROOMS, embedder)
    talk.hears("Can I get a room?")
    assert talk.hears("How expensive is it?") == "A room is thirty euros an hour. For which day?"
    assert talk.hears("Are you open on Sundays?").startswith("We open from eight to eight.")
    assert talk.known == {}


@pytest.mark.requirement("mind:repair:other-words-then-keys")
def test_the_second_failure_offers_keys(embedder: Embedder) -> None:
    talk = Talk(CLINIC, embedder)
    talk.hears("I need to see a doctor.")
    first = talk.hears("Every purchase is a vote.")
    second = talk.hears("Ten of clubs.")
    assert first == "Sorry, I did not understand that. Which day shall I book? Say a date."
    assert second == (
        "I still did not get it. Which day shall I book? Say a date. You can also press "
        "1 to book, 2 to leave a message, or 0 to speak to a person."
    )
    assert talk.hears("Monday").endswith("At what time?")


def test_a_number_may_come_in_pieces_and_by_keys(embedder: Embedder) -> None:
    talk = Talk(CLINIC, embedder)
    talk.hears("I want a check-up on Monday at nine. My name is Ben King.")
    assert talk.hears("four one five") == "Yes, go on."
    assert talk.hears("five five five, two six seven one.") == "<confirm>"
    assert talk.known["phone"] == "+14155552671"
    typed = Talk(CLINIC, embedder)
    typed.hears("I want a check-up on Monday at nine. My name is Ben King.")
    assert typed.keys("4155552671") == "<confirm>"
    assert typed.known["phone"] == "+14155552671"


def test_a_refusal_is_said_and_the_question_asked_again(embedder: Embedder) -> None:
    talk = Talk(ROOMS, embedder, closed_days=("2026-11-22",))
    talk.hears("Book a room")
    assert talk.hears("tomorrow") == "We are closed then. For which day?"


@pytest.mark.requirement("mind:unsure:asks-back")
def test_words_that_were_hardly_heard_are_asked_back(embedder: Embedder) -> None:
    talk = Talk(ROOMS, embedder)
    talk.hears("Book a room.")
    assert talk.hears("Tuesday.", confidence=0.2) == "Did you say Tuesday, November 24?"
    assert talk.known == {}
    assert talk.hears("Yes.") == "[2026-11-24]. At what time?"
    assert talk.hears("three", confidence=0.2) == "Did you say 3:00 PM?"
    assert talk.hears("No.") == "At what time?"
    assert talk.hears("four", confidence=0.2) == "Did you say 4:00 PM?"
    assert talk.hears("No, five.") == "[17:00]. For how many people?"


@pytest.mark.requirement("mind:exits:by-meaning")
@pytest.mark.parametrize(
    ("business", "said", "exit_"),
    [
        (ROOMS, "we need a space for a team meeting", "go_book"),
        (ROOMS, "Hello, I was hoping to get a meeting room.", "go_book"),
        (ROOMS, "please delete my reservation", "go_cancel"),
        (ROOMS, "could you ring me back later", "go_message"),
        (ROOMS, "let me speak to a real person", "go_human"),
        (ROOMS, "No, that's everything.", "go_bye"),
        (HAIRDRESSER, "I need my hair done", "go_book"),
        (
            HAIRDRESSER,
            "Hi, good morning. My hair is too long. I'd like a haircut please.",
            "go_book",
        ),
        (CLINIC, "I don't feel well and want to see somebody, a doctor", "go_book"),
        (CLINIC, "Thank you, goodbye.", "go_bye"),
    ],
)
def test_an_intent_is_found_in_other_words(
    embedder: Embedder, business: Business, said: str, exit_: str
) -> None:
    talk = Talk(business, embedder)
    talk.hears(said)
    assert [name for name, _ in talk.calls][:1] == [exit_]


@pytest.mark.requirement("mind:exits:nothing-from-nothing")
@pytest.mark.parametrize("business", [ROOMS, HAIRDRESSER, CLINIC])
@pytest.mark.parametrize(
    "said",
    [
        "Ten of clubs.",
        "How old is the Brooklyn Bridge?", "Every purchase is a vote.",
        "Sunday is the best part of the week.", "He was not an ill-disposed young man.",
        "my dog ate my homework", "what's the weather like",
    ],
)  # fmt: skip
def test_small_talk_opens_no_door_and_draws_no_fact(
    embedder: Embedder, business: Business, said: str
) -> None:
    talk = Talk(business, embedder)
    assert talk.hears(said).startswith("Sorry, I did not understand that.")
    assert talk.calls == []


@pytest.mark.parametrize("said", ["Hello?", "Yes please.", "Okay.", "Thank you very much."])
def test_courtesy_is_met_with_an_offer_of_help_and_then_with_keys(
    embedder: Embedder, said: str
) -> None:
    talk = Talk(ROOMS, embedder)
    assert talk.hears(said) == "How can I help you?"
    assert "You can also press 1" in talk.hears(said)
    assert talk.calls == []


def test_a_day_said_at_the_door_makes_a_weaker_likeness_enough(embedder: Embedder) -> None:
    talk = Talk(HAIRDRESSER, embedder)
    talk.hears("I'd like a men's cut on Tuesday afternoon.")
    assert talk.calls == [("go_book", {}), (FILL, {"service": "cut", "day": "2026-11-24"})]


def test_a_time_of_today_lies_ahead(embedder: Embedder) -> None:
    talk = Talk(ROOMS, embedder)
    talk.hears("Can I get a room today?")
    talk.hears("at nine")
    assert talk.known == {"day": "2026-11-21", "time": "21:00"}


def test_the_opening_hours_tell_evening_from_morning() -> None:
    guide = Guide("x", slots=ROOMS.slots, opens="12:00", closes="23:00")
    answerer = Answerer(Brief("", guide=guide), lambda: "t")
    [act] = answerer.heard("at nine")
    assert isinstance(act, Call)
    assert dict(act.call.arguments) == {"time": "21:00"}


def test_a_bare_no_leaves_by_the_door_that_declining_opens(embedder: Embedder) -> None:
    talk = Talk(ROOMS, embedder)
    talk.hears("No.")
    assert [name for name, _ in talk.calls] == ["go_bye"]


def test_the_very_words_of_a_door_open_it_even_if_they_are_courtesy() -> None:
    door = ExitGuide("go_bye", "The caller is finished.", ("no", "no thank you"))
    answerer = Answerer(Brief("", guide=Guide("x", exits=(door,))), lambda: "t")
    [act] = answerer.heard("No, thank you.")
    assert isinstance(act, Call)
    assert act.call.name == "go_bye"


def test_a_person_is_reached_from_the_middle_of_a_booking(embedder: Embedder) -> None:
    talk = Talk(CLINIC, embedder)
    talk.hears("I want a check-up")
    talk.hears("Can I talk to someone, please?")
    assert talk.calls[-1][0] == "go_human"


def test_an_option_may_be_described(embedder: Embedder) -> None:
    talk = Talk(HAIRDRESSER, embedder)
    talk.hears("I want to make an appointment.")
    talk.hears("I want my hair dyed blonde")
    assert talk.calls[-1] == (FILL, {"service": "colour"})


@pytest.mark.requirement("mind:language:spanish")
def test_a_haircut_is_booked_in_spanish(embedder: Embedder) -> None:
    talk = Talk(PELUQUERIA, embedder)
    assert talk.hears("Hola, quería pedir una cita.") == "¿Para qué día?"
    assert talk.hears("Mañana por la tarde.") == "[2026-11-22]. ¿A qué hora?"
    assert talk.hears("A las cinco y media.") == "[17:30]. ¿A nombre de quién?"
    assert talk.hears("María López.") == "<confirm>"
    assert talk.hears("Sí, correcto.") == "<done>"


def test_a_turn_that_went_on_after_it_was_answered_is_no_failure(embedder: Embedder) -> None:
    talk = Talk(ROOMS, embedder)
    talk.hears("Book a room.")
    again = talk.answerer.heard("Book a room, please, for us.", 0.9, {}, resumed=True)
    assert again == [Say("For which day?")]


def test_without_vectors_the_words_alone_decide() -> None:
    talk = Answerer(Brief("", guide=Guide("x", exits=(ROOMS.book,))), lambda: "t")
    assert [type(act).__name__ for act in talk.heard("I'd like to book a room")] == ["Call"]
    assert talk.heard("we need some space") == [
        Say("Sorry, I did not understand that. How can I help you?")
    ]


def test_the_result_of_a_strange_call_leaves_the_talk_where_it_was() -> None:
    answerer = Answerer(Brief("", guide=Guide("x", slots=ROOMS.slots)), lambda: "t")
    assert answerer.result(ToolResult("?", {})) == [Say("For which day?")]
