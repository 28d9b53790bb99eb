"""The playout buffer at the far end, in virtual time."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rehearsal.speaker import MarkReturned, Played, Speaker, SpeakerEvent
from server.rehearsal.track import Track


def played(events: list[SpeakerEvent]) -> bytes:
    return b"".join(event.payload for event in events if isinstance(event, Played))


def marks(events: list[SpeakerEvent]) -> list[tuple[str, bool]]:
    return [(event.name, event.played) for event in events if isinstance(event, MarkReturned)]


@pytest.mark.requirement("rehearsal:speaker:plays-in-order")
@given(pieces=st.lists(st.binary(max_size=1000), max_size=12), gaps=st.lists(st.floats(0, 0.3)))
def test_every_byte_is_played_once_and_in_order(pieces: list[bytes], gaps: list[float]) -> None:
    speaker, now, events = Speaker(10.0), 10.0, []
    for index, piece in enumerate(pieces):
        now += gaps[index] if index < len(gaps) else 0.0
        events += speaker.feed(now, piece)
    events += speaker.tick(now + 60.0)
    assert played(events) == b"".join(pieces)
    instants = [event.at_s for event in events if isinstance(event, Played)]
    assert instants == sorted(instants)
    assert all(later - sooner > 0.0199 for sooner, later in itertools.pairwise(instants))


@pytest.mark.requirement("rehearsal:speaker:plays-in-order")
def test_sound_is_played_in_real_time_on_the_grid_of_frames() -> None:
    speaker = Speaker(0.0)
    speaker.feed(0.005, b"a" * 400)
    assert played(speaker.tick(0.0199)) == b""
    assert played(speaker.tick(0.020)) == b"a" * 160
    assert played(speaker.tick(0.050)) == b"a" * 160
    assert speaker.buffered_s == pytest.approx(0.010)
    assert speaker.deadline() == pytest.approx(0.060)
    assert played(speaker.tick(0.060)) == b"a" * 80
    assert speaker.deadline() is None


@pytest.mark.requirement("rehearsal:speaker:marks-when-played")
def test_a_mark_returns_when_the_sound_before_it_has_been_heard() -> None:
    speaker = Speaker(0.0)
    speaker.feed(0.001, b"a" * 320)
    speaker.mark(0.001, "end")
    assert marks(speaker.tick(0.059)) == []
    assert marks(speaker.tick(0.060)) == [("end", True)]


@pytest.mark.requirement("rehearsal:speaker:marks-when-played")
def test_a_mark_returns_at_once_when_nothing_is_buffered() -> None:
    assert marks(Speaker(0.0).mark(1.0, "idle")) == [("idle", True)]


@pytest.mark.requirement("rehearsal:speaker:marks-when-played")
def test_a_mark_behind_a_frame_that_is_being_heard_waits_for_its_end() -> None:
    speaker = Speaker(0.0)
    speaker.feed(0.001, b"a" * 160)
    speaker.tick(0.02)
    assert marks(speaker.mark(0.03, "tail")) == []
    assert speaker.deadline() == pytest.approx(0.04)
    assert marks(speaker.tick(0.04)) == [("tail", True)]


@pytest.mark.requirement("rehearsal:speaker:clear-returns-marks")
def test_a_clear_drops_the_buffer_and_returns_all_marks_in_order() -> None:
    speaker = Speaker(0.0)
    speaker.feed(0.001, b"a" * 800)
    speaker.mark(0.001, "first")
    speaker.feed(0.001, b"b" * 800)
    speaker.mark(0.001, "second")
    events = speaker.clear(0.045)
    assert played(events) == b"a" * 320
    assert marks(events) == [("first", False), ("second", False)]
    assert speaker.tick(5.0) == []
    assert marks(speaker.clear(5.0)) == []


@pytest.mark.requirement("rehearsal:speaker:clear-returns-marks")
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("feed"), st.integers(0, 900)),
            st.tuples(st.just("mark"), st.integers(0, 9)),
            st.tuples(st.just("clear"), st.integers(0, 9)),
            st.tuples(st.just("wait"), st.integers(0, 200)),
        ),
        max_size=40,
    )
)
def test_every_mark_comes_back_exactly_once_and_in_order(acts: list[tuple[str, int]]) -> None:
    speaker, now = Speaker(0.0), 0.0
    asked: list[str] = []
    events: list[SpeakerEvent] = []
    for act, amount in acts:
        if act == "feed":
            events += speaker.feed(now, b"x" * amount)
        elif act == "mark":
            asked.append(f"m{len(asked)}")
            events += speaker.mark(now, asked[-1])
        elif act == "clear":
            events += speaker.clear(now)
        else:
            now += amount / 1000.0
            events += speaker.tick(now)
    events += speaker.tick(now + 60.0)
    assert [name for name, _ in marks(events)] == asked
    assert speaker.deadline() is None


@pytest.mark.requirement("rehearsal:speaker:counts-underruns")
def test_running_dry_inside_an_utterance_is_an_underrun() -> None:
    speaker = Speaker(0.0)
    speaker.feed(0.001, b"a" * 160)
    speaker.tick(0.07)
    speaker.feed(0.09, b"a" * 160)
    speaker.tick(0.2)
    assert [round(run.gap_s, 3) for run in speaker.underruns] == [0.06]


@pytest.mark.requirement("rehearsal:speaker:counts-underruns")
@pytest.mark.parametrize("cleared", [True, False])
def test_a_pause_and_a_cut_are_no_underruns(cleared: bool) -> None:
    speaker = Speaker(0.0)
    speaker.feed(0.001, b"a" * 160)
    speaker.tick(0.05)
    if cleared:
        speaker.clear(0.05)
    speaker.feed(0.1 if cleared else 0.9, b"a" * 160)
    speaker.tick(2.0)
    assert speaker.underruns == []


@pytest.mark.requirement("rehearsal:speaker:plays-in-order")
def test_a_runaway_sender_cannot_fill_the_memory() -> None:
    speaker = Speaker(0.0)
    for _ in range(31):
        speaker.feed(0.001, b"a" * 480_000)
    assert speaker.buffered_s <= 1800.0
    assert speaker.refused_bytes == 31 * 480_000 - 1800 * 8000


@pytest.mark.requirement("rehearsal:speaker:plays-in-order")
def test_a_track_keeps_sound_where_it_was_and_silence_between() -> None:
    track = Track()
    track.add(1.0, b"a" * 160)
    track.add(1.02, b"b" * 160)
    track.add(1.06, b"c" * 160)
    assert len(track.stretches) == 2
    assert track.sound() == b"a" * 160 + b"b" * 160 + b"c" * 160
    rendered = track.render(1.0, 1.1)
    assert rendered == b"a" * 160 + b"b" * 160 + b"\xff" * 160 + b"c" * 160 + b"\xff" * 160
    assert track.render(1.01, 1.03) == b"a" * 80 + b"b" * 80
    assert Track(keep=False).render(0.0, 0.01) == b"\xff" * 80


def test_a_load_counts_sound_without_keeping_it() -> None:
    track = Track(keep=False)
    track.add(1.0, b"a" * 160)
    assert (track.size_bytes, track.sound()) == (160, b"")
