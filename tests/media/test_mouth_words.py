"""What the mouth tells of its items: the words that were heard, and when items begin and end."""

from __future__ import annotations

import pytest

from media.mouth import Audible, ItemHeard, Quiet
from tests.media.mouth_line import Line, heard_text, tone
from tests.media.playout_speaker import PlayoutSpeaker

# --- words ---------------------------------------------------------------------------------------


@pytest.mark.requirement("mouth:text:heard")
def test_the_heard_words_are_whole_spans_and_the_heard_part_of_the_last() -> None:
    line = Line()
    line.mouth.text("a", "Good morning.")
    line.say("a", tone(8000))
    line.mouth.text("a", "How can I help you today?")
    line.say("a", tone(16_000))
    line.finish("a")
    assert heard_text(line, "a") == ""
    line.run(0.5)
    assert heard_text(line, "a") == "Good"
    line.run(1.0)
    assert heard_text(line, "a") == "Good morning."
    line.run(2.0)
    assert heard_text(line, "a") == "Good morning. How can I"
    line.cut()
    assert ItemHeard("a", "Good morning. How can I", 2000, False, 2.0) in line.events
    assert heard_text(line, "b") == ""
    assert line.mouth.heard_ms("b", line.now) == 0


def test_words_are_bounded_by_how_fast_one_speaks_while_their_sound_is_coming() -> None:
    line = Line()
    line.mouth.text("a", "Our address is twelve Harbour Street")
    line.say("a", tone(3200))
    line.run(0.4)
    assert heard_text(line, "a") == "Our"
    line.say("a", tone(16_000))
    line.finish("a")
    line.run(5.0)
    assert heard_text(line, "a") == "Our address is twelve Harbour Street"


def test_the_words_of_an_unfinished_item_are_heard_with_its_sound() -> None:
    line = Line()
    line.mouth.text("a", "Just a moment")
    line.say("a", tone(16_000))
    line.run(3.0)
    assert heard_text(line, "a") == "Just a moment"


def test_words_that_come_after_all_their_sound_belong_to_all_of_it() -> None:
    line = Line()
    line.say("a", tone(16_000))
    line.mouth.text("a", "One moment,")
    line.mouth.text("a", " please")
    line.finish("a")
    line.run(1.0)
    assert heard_text(line, "a") == "One"
    line.mouth.text("a", ".")  # the model's last word on it
    line.run(4.0)
    assert heard_text(line, "a") == "One moment, please."


def test_words_after_an_unlabelled_beginning_are_heard_with_the_end() -> None:
    line = Line()
    line.say("a", tone(4000))
    line.finish("a")
    line.mouth.text("a", "Hello.")
    line.run(3.0)
    line.mouth.text("a", "Next.")  # the item is over: the same name begins a new one
    assert line.events[-2] == ItemHeard("a", "Hello.", 500, True, line.events[-2].at)
    line.cut()
    assert line.events[-1] == ItemHeard("a", "", 0, False, 3.0)


def test_a_span_whose_sound_has_not_come_is_not_heard() -> None:
    line = Line()
    line.mouth.text("a", "One.")
    line.say("a", tone(800))
    line.mouth.text("a", "Two.")
    line.run(1.0)
    assert heard_text(line, "a") == "One."
    line.cut()
    line.finish("a")
    assert heard_text(line, "a") == "One."


# --- events --------------------------------------------------------------------------------------


@pytest.mark.requirement("mouth:events:items-in-order")
def test_items_are_announced_and_reported_in_order() -> None:
    line = Line()
    line.say("a", tone(2000))
    line.finish("a")
    line.finish("a")
    line.say("b", tone(2000))
    line.say("b", b"")
    line.finish("b")
    line.run(2.0)
    names = [(type(event).__name__, getattr(event, "item", "")) for event in line.events]
    assert names == [
        ("Audible", "a"),
        ("Audible", "b"),
        ("ItemHeard", "a"),
        ("ItemHeard", "b"),
        ("Quiet", ""),
    ] or names == [
        ("Audible", "a"),
        ("ItemHeard", "a"),
        ("Audible", "b"),
        ("ItemHeard", "b"),
        ("Quiet", ""),
    ]


def test_an_item_without_sound_is_over_when_it_is_finished() -> None:
    line = Line()
    line.mouth.text("a", "unspoken")
    line.finish("a")
    assert line.events == [ItemHeard("a", "", 0, True, 0.0)]
    assert line.mouth.deadline() is None


def test_an_unfinished_item_that_runs_dry_is_quiet_after_a_moment_and_audible_again() -> None:
    line = Line()
    line.say("a", tone(1600))
    assert line.mouth.speaking(0.1)
    line.run(0.5)
    assert not line.mouth.speaking(0.5)
    line.run(1.0)
    assert line.events[0] == Audible("a", 0.0)
    assert [event.at for event in line.events] == pytest.approx([0.0, 0.6])
    line.say("a", tone(1600))
    line.run(1.1)
    assert line.mouth.speaking(line.now)
    assert line.events[-1] == Audible("a", 1.0)
    line.finish("a")
    line.run(3.0)
    assert line.mouth.heard_ms("a", line.now) == 400


def test_items_may_interleave() -> None:
    line = Line()
    line.say("a", tone(800))
    line.say("b", tone(800))
    line.say("a", tone(800))
    line.finish("a")
    line.finish("b")
    line.run(3.0)
    assert line.mouth.heard_ms("a", line.now) == 200
    assert line.mouth.heard_ms("b", line.now) == 100


def test_what_was_wholly_heard_before_a_pause_is_over_without_a_receipt() -> None:
    line = Line(speaker=PlayoutSpeaker(deaf=True))
    line.say("a", tone(800))
    line.finish("a")
    line.run(0.2)
    line.pause()
    assert line.events[-2:] == [ItemHeard("a", "", 100, True, 0.2), Quiet(0.2)]
    line.finish("b")
    assert line.mouth.tick(9.0) == []
