"""The mouth against a far end in virtual time: pacing, stopping, receipts."""

from __future__ import annotations

import pytest

from media.mouth import Audible, Clear, ItemHeard, Mark, Mouth, Pacing, Quiet, Send
from tests.media.mouth_line import TICK_S, Line, ledger_agrees, tone
from tests.media.playout_speaker import RATE, PlayoutSpeaker

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
