"""The journal keeps what happened: on a full disk, in a torn file, and after kill -9."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from itertools import takewhile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.calls.facts import EventNoted, decode_fact, encode_fact
from server.calls.journal import Journal, segments_in, take_lock
from tests.server.calls.story import story
from tests.server.storehouse import NOON


def _event(seq: int, **facts: object) -> EventNoted:
    return EventNoted(
        call_id="c", organization="ours", seq=seq, at=NOON, kind="k", at_s=0.0, facts=facts
    )


def _seqs(folder: Path) -> list[int]:
    lines = b"".join(path.read_bytes() for path in segments_in(folder)).split(b"\n")
    return [fact.seq for line in lines if (fact := decode_fact(line)) is not None]


def test_facts_are_on_disk_in_order_over_several_segments(tmp_path: Path) -> None:
    with Journal(tmp_path, "w1", segment_bytes=2_000, flush_s=0.001) as journal:
        for seq in range(500):
            journal.append(_event(seq, filler="x" * 20))
        assert journal.appended == 500
    assert _seqs(journal.folder) == list(range(500))
    assert not journal.health().failing
    assert journal.health().waiting == 0
    journal.release()
    journal.release()


@pytest.mark.parametrize("fact", list(story("c1")), ids=lambda fact: type(fact).__name__)
def test_every_fact_reads_back_as_it_was(fact: EventNoted) -> None:
    assert decode_fact(encode_fact(fact).rstrip(b"\n")) == fact


@given(st.binary(max_size=200))
def test_a_line_that_is_none_of_ours_reads_as_nothing(line: bytes) -> None:
    assert decode_fact(line) is None


@pytest.mark.requirement("journal:append:never-waits")
def test_what_json_cannot_hold_is_counted_and_hurts_nobody(tmp_path: Path) -> None:
    with Journal(tmp_path, "w1") as journal:
        journal.append(_event(0, wrong=object()))
        journal.append(_event(1))
    assert journal.health().refused == 1
    assert _seqs(journal.folder) == [1]
    journal.release()


_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from server.calls.journal import Journal
from tests.server.calls.test_journal import _event
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(Path(sys.argv[1]), "w1", flush_s=0.001, waiting_facts=300)
journal.append(_event(0))
while journal.health().waiting:
    pass
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
for seq in range(1, 400):
    journal.append(_event(seq))
while not journal.health().failing:
    pass
print(journal.health().refused, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
while journal.health().waiting:
    pass
assert not journal.health().failing
journal.close()
"""


@pytest.mark.requirement("journal:append:never-waits")
def test_a_disk_that_takes_nothing_delays_facts_and_refuses_the_newest(tmp_path: Path) -> None:
    assert resource.RLIMIT_FSIZE is not None
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        timeout=60,
        check=True,
    )
    refused = int(done.stdout)
    kept = _seqs(tmp_path / "w1")
    assert kept == sorted(set(kept))
    assert len(kept) + refused == 400
    assert kept[: len(kept)] == list(range(len(kept)))


_WRITES_UNTIL_KILLED = """
import sys
from pathlib import Path
from server.calls.facts import CallEnded
from server.calls.journal import Journal
from tests.server.calls.test_journal import _event
from tests.server.storehouse import NOON
journal = Journal(Path(sys.argv[1]), "w1", segment_bytes=50_000)
seq = 0
while True:
    for _ in range(200):
        journal.append(_event(seq))
        seq += 1
    while journal.health().waiting:
        pass
    print(seq, flush=True)
"""


@pytest.mark.requirement("journal:kill:nothing-flushed-is-lost")
def test_kill_9_loses_nothing_that_was_flushed(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITES_UNTIL_KILLED, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    folder = tmp_path / "w1"
    try:
        assert process.stdout is not None
        flushed = [int(process.stdout.readline()) for _ in range(5)][-1]
        with pytest.raises(BlockingIOError):
            take_lock(folder)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()
    assert len(segments_in(folder)) > 1
    seqs = _seqs(folder)
    assert len(seqs) >= flushed
    assert seqs == list(range(len(seqs)))
    os.close(take_lock(folder))


def test_the_end_of_a_call_is_written_at_once(tmp_path: Path) -> None:
    with Journal(tmp_path, "w1", flush_s=3600.0) as journal:
        facts = list(story("c1"))
        for fact in facts:
            journal.append(fact)
        for _ in takewhile(lambda _: journal.health().waiting, iter(int, 1)):
            threading.Event().wait(0.001)
        assert _seqs(journal.folder) == [fact.seq for fact in facts]
    journal.release()
