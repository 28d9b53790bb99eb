"""The small parts of the speech worker: messages, lanes, kept lines."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.speech.cache import LineMemory, LineShelf, line_key
from bridges.speech.engines import SpeechSettings
from bridges.speech.lanes import Lane
from bridges.speech.wire import (
    HEADER_BYTES,
    MOST_BYTES,
    Embed,
    Request,
    Setup,
    Synthesize,
    Transcribe,
    pack,
    packed_size,
    unpack_request,
)

REQUESTS = st.one_of(
    st.builds(
        Transcribe,
        st.integers(1, 2**40),
        st.binary(max_size=2000),
        st.text(max_size=5),
        st.text(max_size=50),
        st.booleans(),
    ),
    st.builds(
        Synthesize,
        st.integers(1, 2**40),
        st.text(max_size=200),
        st.text(max_size=5),
        st.text(max_size=5),
        st.floats(0.5, 2.0),
        st.booleans(),
    ),
    st.builds(Embed, st.integers(1, 2**40), st.lists(st.text(max_size=20)).map(tuple)),
    st.builds(Setup, st.builds(SpeechSettings, model_dir=st.text(max_size=20))),
)


@given(REQUESTS)
def test_a_message_arrives_as_it_was_sent(request_: Request) -> None:
    packed = pack(request_)
    assert packed_size(packed[:HEADER_BYTES]) == len(packed) - HEADER_BYTES
    assert unpack_request(packed[HEADER_BYTES:]) == request_


def test_messages_that_would_hold_up_the_loop_are_refused_on_both_sides() -> None:
    with pytest.raises(ValueError, match="at most"):
        pack(Transcribe(1, bytes(MOST_BYTES), "en", "", True))
    with pytest.raises(ValueError, match="at most"):
        packed_size((MOST_BYTES + 1).to_bytes(HEADER_BYTES, "big"))


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=20))
def test_a_lane_gives_by_rank_then_arrival_and_never_what_was_cancelled(
    jobs: list[tuple[int, bool]],
) -> None:
    lane: Lane[int] = Lane()
    for ticket, (rank, _) in enumerate(jobs):
        lane.put(ticket, rank, rank=rank)
    dropped = [ticket for ticket, (_, cancelled) in enumerate(jobs) if cancelled]
    assert all(lane.cancel(ticket) for ticket in dropped)
    assert not any(lane.cancel(ticket) for ticket in dropped)
    left = [ticket for ticket, (_, cancelled) in enumerate(jobs) if not cancelled]
    expected = sorted(left, key=lambda ticket: (jobs[ticket][0], ticket))
    assert [lane.take() for _ in left] == [(ticket, jobs[ticket][0]) for ticket in expected]


def test_a_hastened_job_is_given_once_and_before_its_rank() -> None:
    lane: Lane[str] = Lane()
    lane.put(1, "guess", rank=1)
    lane.put(2, "came true", rank=1)
    lane.hasten(2)
    lane.hasten(3)
    lane.put(4, "last", rank=2)
    assert [lane.take() for _ in range(3)] == [(2, "came true"), (1, "guess"), (4, "last")]


def test_a_closed_lane_sends_its_threads_home() -> None:
    lane: Lane[str] = Lane()
    thread = threading.Thread(target=lane.take)
    thread.start()
    lane.close()
    thread.join(timeout=10.0)
    assert not thread.is_alive()


def test_memory_forgets_the_line_used_longest_ago() -> None:
    memory = LineMemory(most_bytes=10)
    memory.put("a", (b"1234",))
    memory.put("b", (b"12", b"34"))
    assert memory.get("a") == (b"1234",)
    memory.put("c", (b"1234",))
    assert memory.get("b") is None
    assert memory.get("a") == (b"1234",)
    assert memory.held_bytes == 8
    memory.put("a", (b"other",))
    memory.put("huge", (bytes(11),))
    assert memory.get("a") == (b"1234",)
    assert memory.get("huge") is None


def test_the_shelf_outlives_the_process_and_sheds_the_oldest(tmp_path: Path) -> None:
    folder = tmp_path / "lines"
    shelf = LineShelf(folder, most_bytes=100)
    for number in range(6):
        shelf.put(f"line{number}", bytes(20))
    reopened = LineShelf(folder, most_bytes=100)
    assert reopened.get("line0") is None
    assert reopened.get("line5") == bytes(20)
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 100


def test_whatever_changes_the_sound_changes_the_key() -> None:
    line = ("Hi", "hibari", "", "en", 1.0)
    others = ("Ho", "espeak", "heart", "es", 1.1)
    changed = [(*line[:at], others[at], *line[at + 1 :]) for at in range(5)]
    keys = {
        line_key(
            str(text), engine=str(engine), voice=str(voice), language=str(language), speed=speed
        )
        for text, engine, voice, language, speed in (line, *changed)
        if isinstance(speed, float)
    }
    assert len(keys) == 6
