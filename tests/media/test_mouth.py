"""The mouth against a far end in virtual time: the ledger is what was played."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.mouth import (
    Audible,
    Clear,
    ItemHeard,
    Mark,
    Mouth,
    MouthEvent,
    Order,
    Pacing,
    Quiet,
    Send,
)
from tests.media.playout_speaker import RATE, PlayoutSpeaker

TICK_S = 0.02


@dataclass
class Line:
    """A mouth and its far end, driven at deadlines, and every 20 ms for receipts."""

    mouth: Mouth = field(default_factory=Mouth)
    speaker: PlayoutSpeaker = field(default_factory=PlayoutSpeaker)
    now: float = 0.0
    orders: list[tuple[float, Order]] = field(default_factory=list)
    events: list[MouthEvent] = field(default_factory=list)
    recorded: bytearray = field(default_factory=bytearray)
    recorded_until: float = 0.0
    compared: int = 0
    farthest_ahead_s: float = 0.0

    def obey(self, orders: Iterable[Order]) -> None:
        given = list(orders)
        self.orders += [(self.now, order) for order in given]
        self.speaker.obey(self.now, given)
        self.events += self.mouth.take_events()
        self.farthest_ahead_s = max(self.farthest_ahead_s, self.speaker.unheard / RATE)

    def receive(self) -> None:
        for name in self.speaker.marks(self.now):
            self.obey(self.mouth.marked(self.now, name))

    def run(self, until: float) -> None:
        while True:
            deadline = self.mouth.deadline()
            if deadline is None and self.speaker.idle:
                break
            due = min(self.now + TICK_S, until if deadline is None else deadline)
            if due >= until:
                break
            self.now = max(due, self.now)
            self.receive()
            self.obey(self.mouth.tick(self.now))
            deadline = self.mouth.deadline()
            assert deadline is None or deadline > self.now
        self.now = until
        self.receive()

    def say(self, item: str, payload: bytes) -> None:
        self.obey(self.mouth.say(self.now, item, payload))

    def finish(self, item: str) -> None:
        self.obey(self.mouth.finish(self.now, item))

    def pause(self) -> None:
        self.obey(self.mouth.pause(self.now))

    def resume(self) -> None:
        self.obey(self.mouth.resume(self.now))

    def cut(self) -> None:
        self.obey(self.mouth.cut(self.now))

    def record(self) -> bytes:
        for at, payload in self.mouth.played(self.now):
            assert at >= self.recorded_until - 1e-6, "recorded pieces overlap"
            self.recorded_until = at + len(payload) / RATE
            self.recorded += payload
        return bytes(self.recorded)

    def sent(self, since: float = 0.0) -> bytes:
        return b"".join(o.payload for at, o in self.orders if isinstance(o, Send) and at >= since)


def tone(size: int, start: int = 0) -> bytes:
    """Bytes of which every stretch is recognisable."""
    return bytes((start + place) % 251 for place in range(size))


def ledger_agrees(line: Line) -> bool:
    """At any instant: what the mouth says was heard is what the speaker played, byte for byte."""
    line.speaker.play(line.now)
    line.record()
    heard, played, known = line.recorded, line.speaker.played, line.compared
    assert len(heard) <= line.speaker.sent
    assert round(line.mouth.position_s * RATE) == len(heard)
    line.compared = len(heard)
    return len(heard) == len(played) and heard[known:] == played[known:]


# --- the law -------------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["say", "say", "say", "finish", "pause", "resume", "cut", "stall", "deaf"]),
        st.integers(1, 6000),
        st.integers(1, 9000),
    ),
    min_size=1,
    max_size=30,
)


def perform(line: Line, verb: str, number: int, size: int) -> None:
    """One step of a random call; a new item begins after each cut and each finish."""
    item = f"item {number}"
    match verb:
        case "say":
            line.say(item, tone(size, start=number))
        case "finish":
            line.finish(item)
        case "pause":
            line.pause()
        case "resume":
            line.resume()
        case "cut":
            line.cut()
        case "stall" if line.now > line.speaker.stalled_until + 1.0:
            line.speaker.stalled_until = line.now + 0.3
        case "deaf":
            line.speaker.deaf = not line.speaker.deaf


@pytest.mark.requirement("mouth:ledger:byte-for-byte")
@settings(max_examples=100)
@given(STEPS)
def test_the_ledger_is_what_was_played_whatever_happens(
    steps: list[tuple[str, int, int]],
) -> None:
    line = Line()
    number = 0
    for verb, samples_later, size in steps:
        line.run(line.now + samples_later / RATE)
        perform(line, verb, number, size)
        number += verb in ("finish", "cut")
        assert ledger_agrees(line)
    line.resume()
    line.run(line.now + 60.0)
    assert ledger_agrees(line)
    assert line.farthest_ahead_s <= 0.24 + 1e-6


@pytest.mark.requirement("mouth:ledger:byte-for-byte")
def test_after_a_thousand_barge_ins_the_heard_bytes_are_the_played_bytes() -> None:
    chance = Random(2)
    line = Line()
    heard_ms = 0
    for number in range(1000):
        item = f"item {number}"
        for _ in range(chance.randint(1, 4)):
            line.say(item, tone(chance.randint(1, 12000), start=number))
        if chance.random() < 0.5:
            line.finish(item)
        line.run(line.now + chance.randint(0, 16000) / RATE)
        if chance.random() < 0.3:
            line.pause()
            line.run(line.now + chance.randint(0, 4000) / RATE)
            line.resume()
            line.run(line.now + chance.randint(0, 8000) / RATE)
        line.cut()
        heard_ms += line.mouth.heard_ms(item, line.now)
        assert ledger_agrees(line)
    assert heard_ms == pytest.approx(len(line.speaker.played) / 8, abs=1000)
    told = sum(event.heard_ms for event in line.events if isinstance(event, ItemHeard))
    assert told == heard_ms


@pytest.mark.requirement("mouth:ledger:with-latency")
@settings(max_examples=40)
@given(st.integers(1, 200), st.booleans(), STEPS)
def test_with_latency_the_ledger_differs_by_less_than_the_latency_and_a_frame(
    latency_ms: int, framed: bool, steps: list[tuple[str, int, int]]
) -> None:
    latency_s = latency_ms / 1000
    line = Line(speaker=PlayoutSpeaker(latency_s=latency_s, frame_s=0.02 if framed else 0.0))
    number = stops = 0
    for verb, samples_later, size in steps:
        line.run(line.now + samples_later / RATE)
        if verb in ("stall", "deaf"):
            continue
        perform(line, verb, number, size)
        number += verb in ("finish", "cut")
        if verb in ("pause", "cut"):
            stops += 1
            heard = len(line.record())
            line.run(line.now + latency_s)  # the clear is on its way
            stops_bytes = stops * (latency_s + 0.02) * RATE
            assert abs(len(line.speaker.played) - heard) <= stops_bytes + 1
    line.cut()
    assert len(line.record()) <= line.speaker.sent


# --- sending -------------------------------------------------------------------------------------


@pytest.mark.requirement("mouth:pacing:lead")
def test_the_first_sound_leaves_at_once_and_the_rest_keeps_a_lead() -> None:
    line = Line()
    line.now = 5.0
    line.say("a", tone(80_000))
    assert line.sent() == tone(1600)
    line.run(12.0)
    assert 0.14 <= len(line.sent()) / RATE - 7.0 <= 0.24 + 1e-6
    assert line.farthest_ahead_s <= 0.24 + 1e-6
    sizes = {len(order.payload) for _, order in line.orders if isinstance(order, Send)}
    assert sizes == {800}
    assert line.mouth.underruns == 0


@pytest.mark.requirement("mouth:pacing:no-drift")
def test_pacing_does_not_drift_over_half_an_hour() -> None:
    mouth = Mouth(recorded=False)
    mouth.say(0.0, "a", bytes(RATE * 1800))
    sent = late = 0
    now = 0.0
    while (deadline := mouth.deadline()) is not None and deadline < 1799.0:
        now = deadline + (late % 7) / 1000  # every tick comes late
        late += 1
        sent += sum(len(o.payload) for o in mouth.tick(now) if isinstance(o, Send))
    assert 0.1 <= (sent + 1600) / RATE - now <= 0.25
    assert mouth.heard_ms("a", now) == pytest.approx(now * 1000, abs=1)
    assert mouth.played(now) == []


def test_small_pieces_of_a_bridge_leave_as_they_come_until_the_lead_is_full() -> None:
    line = Line()
    for number in range(20):
        line.say("a", tone(160, start=number))
    sizes = [len(order.payload) for _, order in line.orders if isinstance(order, Send)]
    assert sizes == [160] * 7
    line.run(0.1)
    line.run(4.0)
    assert len(line.speaker.played) == 3200


def test_a_late_tick_is_counted_as_an_underrun_and_the_ledger_follows() -> None:
    line = Line()
    line.say("a", tone(8000))
    line.now = 0.5  # nobody ticked
    line.speaker.play(line.now)
    line.obey(line.mouth.tick(line.now))
    assert line.mouth.underruns == 1
    line.run(0.6)
    assert ledger_agrees(line)


def test_a_pacing_whose_pieces_do_not_fit_its_lead_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Pacing(lead_s=0.1, piece_s=0.1)
    with pytest.raises(ValueError, match="do not fit"):
        Pacing(piece_s=0.01)


# --- stopping and going on -----------------------------------------------------------------------


@pytest.mark.requirement("mouth:pause:resumes-exactly")
def test_after_a_pause_the_sound_goes_on_without_a_gap_or_a_repeat() -> None:
    line = Line()
    line.say("a", tone(16_000))
    line.finish("a")
    line.run(0.7)
    line.pause()
    assert line.orders[-1][1] == Clear()
    line.say("b", tone(800, start=7))
    line.run(3.0)
    assert len(line.speaker.played) == 5600
    assert not line.mouth.speaking(line.now)
    line.resume()
    line.run(6.0)
    assert bytes(line.speaker.played) == tone(16_000) + tone(800, start=7)
    assert [event for event in line.events if isinstance(event, Audible | Quiet)][:3] == [
        Audible("a", 0.0),
        Quiet(0.7),
        Audible("a", 3.0),
    ]


@pytest.mark.requirement("mouth:cut:always-clears")
def test_a_cut_clears_even_when_nothing_is_known_to_be_playing() -> None:
    line = Line()
    line.cut()
    assert line.orders == [(0.0, Clear())]
    assert line.events == []


@pytest.mark.requirement("mouth:cut:nothing-after")
def test_after_a_cut_nothing_plays_until_the_next_item() -> None:
    line = Line()
    line.say("a", tone(16_000))
    line.run(1.0)
    line.cut()
    line.say("a", tone(800))  # the model had already sent it
    line.mouth.text("a", "too late")
    line.run(3.0)
    assert len(line.speaker.played) == 8000
    line.finish("a")
    line.say("b", tone(800))
    line.run(4.0)
    assert len(line.speaker.played) == 8800
    assert line.mouth.heard_ms("a", line.now) == 1000
    line.say("a", tone(80))  # finished at last, so this is a new one
    line.run(5.0)
    assert len(line.speaker.played) == 8880
    assert line.mouth.heard_ms("a", line.now) == 10


def test_a_cut_while_paused_forgets_what_was_kept() -> None:
    line = Line()
    line.say("a", tone(8000))
    line.run(0.5)
    line.pause()
    line.cut()
    line.resume()
    line.run(2.0)
    assert len(line.speaker.played) == 4000
    assert line.mouth.deadline() is None


# --- receipts ------------------------------------------------------------------------------------


@pytest.mark.requirement("mouth:marks:generations")
def test_receipts_of_a_cleared_generation_advance_nothing() -> None:
    line = Line()
    line.say("a", tone(8000))
    line.finish("a")
    line.run(0.05)
    line.cut()
    assert line.speaker.cleared_marks == ["g0:1"]
    line.say("b", tone(8000))
    assert line.mouth.marked(line.now, "g0:1") == []
    assert line.mouth.heard_ms("b", line.now) == 0
    assert [o.name for _, o in line.orders if isinstance(o, Mark)][-1].startswith("g1:")


@pytest.mark.requirement("mouth:marks:lost")
def test_a_lost_receipt_holds_nothing_up_for_longer_than_a_second() -> None:
    line = Line(speaker=PlayoutSpeaker(deaf=True))
    line.say("a", tone(8000))
    line.finish("a")
    line.run(10.0)
    assert line.events[-2:] == [ItemHeard("a", "", 1000, True, 2.0), Quiet(2.0)]
    assert line.mouth.deadline() is None


def test_an_item_is_over_when_its_receipt_comes() -> None:
    line = Line(speaker=PlayoutSpeaker(latency_s=0.1))
    line.say("a", tone(8000))
    line.finish("a")
    line.run(5.0)
    over = line.events[-1]
    assert isinstance(over, Quiet)
    assert over.at == pytest.approx(1.2, abs=TICK_S + 1e-6)


def test_a_far_end_that_lags_is_noticed_by_its_receipts() -> None:
    line = Line(speaker=PlayoutSpeaker(latency_s=0.02))
    line.say("a", tone(40_000))
    line.run(1.0)
    line.speaker.freeze(line.now, 0.5)
    line.run(2.6)
    line.cut()
    heard = line.mouth.heard_ms("a", line.now)
    line.run(line.now + 0.02)
    assert heard == pytest.approx(len(line.speaker.played) / 8, abs=60)


def test_a_lag_goes_on_into_sound_that_follows_before_the_far_end_has_caught_up() -> None:
    line = Line()
    line.say("a", tone(24_000))
    line.run(0.3)
    line.speaker.freeze(line.now, 0.5)
    line.run(3.2)
    line.say("a", tone(8000))
    line.run(3.8)
    line.cut()
    assert line.mouth.heard_ms("a", line.now) == pytest.approx(len(line.speaker.played) / 8, abs=60)


def test_a_far_end_that_is_ahead_moves_the_clock_but_not_beyond_what_was_sent() -> None:
    mouth = Mouth()
    orders = mouth.say(0.0, "a", tone(8000))
    assert orders[2] == Mark("g0:1")
    mouth.marked(0.15, "g0:1")
    assert mouth.heard_ms("a", 0.15) == 200
    assert mouth.heard_ms("a", 0.16) == 210


def test_a_receipt_of_an_earlier_stretch_only_confirms() -> None:
    mouth = Mouth()
    mouth.say(0.0, "a", tone(800))
    assert mouth.finish(0.0, "a") == [Mark("g0:1")]
    mouth.say(0.5, "b", tone(8000))
    mouth.marked(0.55, "g0:1")
    assert mouth.heard_ms("b", 0.6) == 100
    assert any(isinstance(event, ItemHeard) for event in mouth.take_events())


def test_receipts_that_were_held_up_together_do_not_move_the_clock() -> None:
    line = Line()
    line.say("a", tone(80_000))
    line.run(1.0)
    line.speaker.stalled_until = 1.7
    line.run(4.0)
    assert ledger_agrees(line)


# --- words ---------------------------------------------------------------------------------------


def heard_text(line: Line, item: str) -> str:
    return line.mouth.heard_text(item, line.now)


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
