"""The loop in virtual time and the two guards around every test do what they promise."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.virtual import Stalled, in_virtual_time, run


@in_virtual_time
async def test_an_hour_passes_without_waiting() -> None:
    loop = asyncio.get_running_loop()
    before_s = loop.time()
    woken = asyncio.Event()
    loop.call_later(3600, woken.set)
    await woken.wait()
    assert loop.time() - before_s == pytest.approx(3600)


def test_timers_fire_in_the_order_of_their_time() -> None:
    async def scenario() -> list[str]:
        order: list[str] = []
        loop = asyncio.get_running_loop()
        done = asyncio.Event()
        loop.call_later(0.3, done.set)
        loop.call_later(0.2, order.append, "second")
        loop.call_later(0.1, order.append, "first")
        await done.wait()
        return order

    assert run(scenario()) == ["first", "second"]


def test_a_wait_for_nothing_fails_at_once() -> None:
    async def scenario() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stalled, match="nothing is scheduled"):
        run(scenario())


@in_virtual_time
async def test_a_deadline_passes_in_virtual_time() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(30):
            await asyncio.Event().wait()


@in_virtual_time
async def test_a_socket_of_the_same_process_is_served() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello\n")
        assert await reader.readline() == b"hello\n"
        writer.close()
        await writer.wait_closed()


def test_a_task_left_behind_in_virtual_time_is_reported() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        kept.append(loop.create_task(asyncio.Event().wait(), name="forgotten"))

    kept: list[asyncio.Task[bool]] = []
    with pytest.raises(AssertionError, match="forgotten"):
        run(scenario())


SUITE = """
import asyncio
import pytest

kept = []

async def test_leaks():
    kept.append(asyncio.get_running_loop().create_task(asyncio.Event().wait(), name="forgotten"))

async def test_tidy():
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0))

@pytest.mark.skip(reason="no such part here")
def test_skipped():
    pass

def test_clips(speech_clips):
    assert (speech_clips / "clips.json").is_file()
"""


def run_suite(folder: Path, project_root: Path, *, ci: str) -> str:
    """Run the small suite above under this project's conftest, as a process of its own."""
    guards = "from tests.conftest import *\nfrom tests.conftest import _leak_guard, _no_task_left\n"
    (folder / "conftest.py").write_text(guards, encoding="utf-8")
    (folder / "test_small.py").write_text(SUITE, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(project_root), "CI": ci}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rA"]
    finished = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return finished.stdout


@pytest.mark.requirement("house:tests:leaked-task-fails")
def test_a_test_that_leaves_a_task_behind_fails(tmp_path: Path, project_root: Path) -> None:
    printed = run_suite(tmp_path, project_root, ci="")
    assert "test_leaks - AssertionError: the test left tasks behind" in printed
    assert "PASSED test_small.py::test_tidy" in printed
    assert "SKIPPED" in printed


@pytest.mark.requirement("house:tests:no-skip-under-ci")
def test_under_ci_a_skipped_test_fails(tmp_path: Path, project_root: Path) -> None:
    printed = run_suite(tmp_path, project_root, ci="true")
    assert "test_small.py::test_skipped" in printed
    assert "under CI=true nothing may be skipped: Skipped: no such part here" in printed
    assert "FAILED test_small.py::test_clips" not in printed
