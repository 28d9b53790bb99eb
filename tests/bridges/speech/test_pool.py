"""The speech pool with engines that do as they are told, and once with the real ones."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.recognition import clip_sound
from bridges.speech.engines import SpeechSettings
from bridges.speech.errors import (
    EngineFailed,
    EngineMissing,
    SpeechBusy,
    SpeechLate,
    SpeechLost,
    SpeechRefused,
    SpeechWithdrawn,
)
from bridges.speech.pool import LONGEST_TEXT, SpeechPool
from bridges.speech.tickets import Lane

FAKES = "tests.bridges.speech.fake_engines"
TURN = b"\xff" * 8000
PATIENCE_S = 20.0


@pytest.fixture
def told(tmp_path: Path) -> SpeechSettings:
    """Settings of engines that do as they are told, one turn at a time."""
    return SpeechSettings(
        recognizer=f"{FAKES}:open_recognizer",
        synthesizer=f"{FAKES}:open_synthesizer",
        spanish=f"{FAKES}:open_synthesizer",
        embedder=f"{FAKES}:open_embedder",
        model_dir=str(tmp_path),
        recognition_threads=1,
        recognition_waiting=4,
        recognition_deadline_s=PATIENCE_S,
        synthesis_deadline_s=PATIENCE_S,
    )


@asynccontextmanager
async def opened(settings: SpeechSettings) -> AsyncIterator[SpeechPool]:
    async with asyncio.timeout(2 * PATIENCE_S), SpeechPool(settings) as pool:
        await pool.ready()
        yield pool


def asked(folder: Path) -> list[str]:
    return (folder / "asked").read_text(encoding="utf-8").splitlines()


def gate(folder: Path, name: str = "gate") -> tuple[Path, str]:
    """A closed gate, and the hint that makes an engine wait before it."""
    path = folder / name
    os.mkfifo(path)
    return path, f"gate {path}"


async def pass_through(path: Path) -> None:
    """Wait until an engine stands before the gate, and let it through."""
    await asyncio.to_thread(path.write_bytes, b"go")


async def heard(pool: SpeechPool, hint: str, *, guess: bool = False) -> str:
    return (await pool.transcribe(TURN, hint=hint, speculative=guess)).text


async def said(pool: SpeechPool, text: str, *, fixed: bool = False) -> bytes:
    async with aclosing(pool.synthesize(text, fixed=fixed)) as sound:
        return b"".join([piece async for piece in sound])


async def settled(pool: SpeechPool, waiting: int) -> None:
    """Let the tasks just started hand their requests over."""
    while pool.waiting(Lane.RECOGNITION) != waiting:
        await asyncio.to_thread(os.sched_yield)


async def test_turns_texts_and_sentences_come_back(told: SpeechSettings) -> None:
    async with opened(told) as pool:
        turn = await pool.transcribe(TURN, language="es", hint="hola")
        assert (turn.text, turn.confidence, turn.seconds) == ("es hola", 0.5, 1.0)
        assert await said(pool, "one. two") == b"onetwo"
        vectors = await pool.embed(["a" * n for n in range(1, 101)])
        assert vectors.shape == (100, 384)
        assert list(vectors[:, 0]) == list(range(1, 101))


async def test_a_minute_long_turn_arrives_whole(told: SpeechSettings) -> None:
    async with opened(told) as pool:
        turn = await pool.transcribe(b"\x7f" * 480_001, hint="long")
    assert turn.seconds == 480_001 / 8000


@pytest.mark.requirement("speech:pool:busy-is-said-at-once")
async def test_a_full_lane_refuses_at_once(told: SpeechSettings, tmp_path: Path) -> None:
    path, wait = gate(tmp_path)
    async with opened(told) as pool, asyncio.TaskGroup() as group:
        for hint in (wait, "a", "b", "c"):
            group.create_task(heard(pool, hint))
        await settled(pool, 4)
        with pytest.raises(SpeechBusy, match="recognition lane is full") as refusal:
            await heard(pool, "d")
        assert refusal.value.retryable
        await pass_through(path)


async def test_guesses_leave_half_of_the_lane_to_finals(
    told: SpeechSettings, tmp_path: Path
) -> None:
    path, wait = gate(tmp_path)
    async with opened(told) as pool, asyncio.TaskGroup() as group:
        group.create_task(heard(pool, wait))
        group.create_task(heard(pool, "a"))
        await settled(pool, 2)
        with pytest.raises(SpeechBusy):
            await heard(pool, "guess", guess=True)
        final = group.create_task(heard(pool, "final"))
        await pass_through(path)
    assert final.result() == "en final"


@pytest.mark.requirement("speech:pool:finals-before-guesses")
async def test_finals_are_heard_before_guesses(told: SpeechSettings, tmp_path: Path) -> None:
    path, wait = gate(tmp_path)
    roomy = replace(told, recognition_waiting=12)
    async with opened(roomy) as pool, asyncio.TaskGroup() as group:
        group.create_task(heard(pool, wait))
        await settled(pool, 1)
        for hint, guess in (("guess 1", True), ("guess 2", True), ("final", False)):
            group.create_task(heard(pool, hint, guess=guess))
        await settled(pool, 4)
        await pass_through(path)
    assert asked(tmp_path)[1:] == ["final", "guess 1", "guess 2"]


@pytest.mark.requirement("speech:pool:finals-before-guesses")
async def test_a_guess_that_came_true_overtakes_the_others(
    told: SpeechSettings, tmp_path: Path
) -> None:
    path, wait = gate(tmp_path)
    async with (
        opened(replace(told, recognition_waiting=12)) as pool,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(heard(pool, wait))
        await settled(pool, 1)
        group.create_task(heard(pool, "guess", guess=True))
        ticket = pool.ticket()
        group.create_task(pool.transcribe(TURN, hint="true", speculative=True, ticket=ticket))
        await settled(pool, 3)
        pool.hasten(ticket)
        await pass_through(path)
    assert asked(tmp_path)[1:] == ["true", "guess"]


@pytest.mark.requirement("speech:pool:withdrawn-is-dropped")
async def test_a_cancelled_guess_never_reaches_the_engine(
    told: SpeechSettings, tmp_path: Path
) -> None:
    path, wait = gate(tmp_path)
    async with opened(told) as pool, asyncio.TaskGroup() as group:
        group.create_task(heard(pool, wait))
        await settled(pool, 1)
        ticket = pool.ticket()
        waiting = asyncio.ensure_future(
            pool.transcribe(TURN, hint="dropped", speculative=True, ticket=ticket)
        )
        await settled(pool, 2)
        pool.cancel(ticket)
        with pytest.raises(SpeechWithdrawn):
            await waiting
        await pass_through(path)
        assert await heard(pool, "next") == "en next"
    assert asked(tmp_path)[1:] == ["next"]


@pytest.mark.requirement("speech:pool:withdrawn-is-dropped")
async def test_a_waiter_that_is_cancelled_withdraws_its_request(
    told: SpeechSettings, tmp_path: Path
) -> None:
    path, wait = gate(tmp_path)
    async with opened(told) as pool, asyncio.TaskGroup() as group:
        group.create_task(heard(pool, wait))
        await settled(pool, 1)
        dropped = group.create_task(heard(pool, "dropped"))
        await settled(pool, 2)
        dropped.cancel()
        await settled(pool, 1)
        await pass_through(path)
        await heard(pool, "next")
    assert asked(tmp_path)[1:] == ["next"]


@pytest.mark.requirement("speech:pool:worker-death-is-survived")
async def test_a_request_is_made_again_when_its_worker_dies(
    told: SpeechSettings, tmp_path: Path
) -> None:
    async with opened(told) as pool:
        first = pool.pid
        hint = f"once {tmp_path / 'died'}"
        assert await heard(pool, hint) == f"en {hint}"
        assert pool.pid != first


@pytest.mark.requirement("speech:pool:worker-death-is-survived")
async def test_a_worker_killed_from_outside_is_replaced(
    told: SpeechSettings, tmp_path: Path
) -> None:
    path, wait = gate(tmp_path)
    async with opened(told) as pool, asyncio.TaskGroup() as group:
        turn = group.create_task(heard(pool, wait))
        writer = await asyncio.to_thread(path.open, "wb", 0)
        first = pool.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        while pool.pid in (first, None):
            await asyncio.to_thread(os.sched_yield)
        writer.close()
        await pass_through(path)
        assert await turn == f"en {wait}"


async def test_a_request_that_kills_every_worker_fails_and_may_be_repeated(
    told: SpeechSettings,
) -> None:
    async with opened(told) as pool:
        with pytest.raises(SpeechLost) as loss:
            await heard(pool, "die")
        assert loss.value.retryable
        assert await heard(pool, "after") == "en after"


async def test_speech_that_has_begun_is_not_begun_again(told: SpeechSettings) -> None:
    async with opened(told) as pool, aclosing(pool.synthesize("hello. die")) as sound:
        assert await anext(sound) == b"hello"
        with pytest.raises(SpeechLost):
            await anext(sound)


@pytest.mark.requirement("speech:pool:late-is-given-up")
async def test_a_late_answer_is_given_up(told: SpeechSettings, tmp_path: Path) -> None:
    _, wait = gate(tmp_path)
    async with opened(replace(told, recognition_deadline_s=0.05)) as pool:
        with pytest.raises(SpeechLate, match=r"within 0\.05 s") as late:
            await heard(pool, wait)
    assert late.value.retryable


@pytest.mark.requirement("speech:pool:late-is-given-up")
async def test_a_worker_that_hangs_is_replaced(told: SpeechSettings, tmp_path: Path) -> None:
    _, wait = gate(tmp_path)
    async with opened(replace(told, recognition_deadline_s=0.05)) as pool:
        first = pool.pid
        for _ in range(3):
            with pytest.raises(SpeechLate):
                await heard(pool, wait)
        while pool.pid in (first, None):
            await asyncio.to_thread(os.sched_yield)
        assert await said(pool, "alive") == b"alive"


async def test_an_engine_that_breaks_fails_one_request_only(told: SpeechSettings) -> None:
    async with opened(told) as pool:
        with pytest.raises(EngineFailed, match="the engine broke"):
            await heard(pool, "break")
        assert await heard(pool, "after") == "en after"


async def test_too_long_texts_and_turns_are_refused(told: SpeechSettings) -> None:
    async with opened(told) as pool:
        with pytest.raises(SpeechRefused):
            await said(pool, "a" * (LONGEST_TEXT + 1))
        with pytest.raises(SpeechRefused):
            await pool.transcribe(bytes(1_000_000))


async def test_closing_the_pool_fails_what_waits(told: SpeechSettings, tmp_path: Path) -> None:
    _, wait = gate(tmp_path)
    async with opened(told) as pool:
        waiting = asyncio.ensure_future(heard(pool, wait))
        await settled(pool, 1)
    with pytest.raises(SpeechLost):
        await waiting


@pytest.mark.requirement("speech:synthesis:fixed-lines-are-kept")
async def test_fixed_lines_are_spoken_once_in_a_lifetime(
    told: SpeechSettings, tmp_path: Path
) -> None:
    kept = replace(told, cache_dir=str(tmp_path / "lines"))
    async with opened(kept) as pool:
        await pool.prepare(["welcome. friend"])
        assert await said(pool, "welcome. friend", fixed=True) == b"welcomefriend"
    async with opened(kept) as pool:
        assert await said(pool, "welcome. friend", fixed=True) == b"welcomefriend"
        assert await said(pool, "welcome. friend") == b"welcomefriend"
    assert asked(tmp_path) == ["welcome. friend"] * 2


@pytest.mark.requirement("speech:engines:missing-says-how-to-mend")
@pytest.mark.parametrize("name", ["nothing", "tests.no_such_module:open", f"{FAKES}:no_function"])
async def test_a_missing_engine_says_how_to_mend(told: SpeechSettings, name: str) -> None:
    async with SpeechPool(replace(told, recognizer=name)) as pool:
        with pytest.raises(EngineMissing, match=name.split(":", maxsplit=1)[0]) as missing:
            await pool.ready()
        assert missing.value.mend
        with pytest.raises(EngineMissing):
            await heard(pool, "anything")


async def test_the_real_engines_hear_what_they_are_told_over_one_worker(
    speech_clips: Path,
) -> None:
    clips = {clip["id"]: clip for clip in json.loads((speech_clips / "clips.json").read_text())}
    sound = clip_sound(speech_clips / "tel_express_please_8k_mulaw.wav")
    async with opened(SpeechSettings(spanish="hibari")) as pool:
        async with asyncio.TaskGroup() as group:
            turn = group.create_task(pool.transcribe(sound))
            spoken = group.create_task(said(pool, "Your room is booked for half past four."))
            placed = group.create_task(pool.embed(["one", "two"]))
        assert turn.result().text.lower().startswith("express")
        assert turn.result().seconds == pytest.approx(clips["tel_express_please"]["seconds"], 0.01)
        assert np.allclose(np.linalg.norm(placed.result(), axis=1), 1.0, atol=1e-5)
        again = await pool.transcribe(spoken.result())
        assert "room is booked" in again.text
