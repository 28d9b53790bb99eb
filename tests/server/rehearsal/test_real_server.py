"""The box against the house itself: the real command in a process of its own, real speech."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from server.rehearsal.errand import Errand, Line, Part, carry_out
from server.rehearsal.measures import Turn
from server.rehearsal.office import Target

RUN = "import typer; from server.commands.run import run; typer.run(run)"


@asynccontextmanager
async def running_house(root: Path, data: Path) -> AsyncIterator[Target]:
    """The server on a free port, stopped as an operator stops it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", RUN, "--port", "0", "--data", str(data), "--json"),
        cwd=root,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(90):
            ready = json.loads(await process.stdout.readline())
        secrets = json.loads((data / "secrets.json").read_text(encoding="utf-8"))
        yield Target(
            ready["url"],
            secrets["twilio_account_sid"],
            secrets["twilio_auth_token"],
            api_token=secrets["api_token"],
        )
    finally:
        process.terminate()
        async with asyncio.timeout(30):
            await process.communicate()


async def test_the_house_answers_a_rehearsed_call_with_real_speech(
    project_root: Path, tmp_path: Path, speech_clips: Path
) -> None:
    told: list[Turn] = []
    spoken = Part(wavs=(speech_clips / "book_a_room_8k_mulaw.wav",))
    async with running_house(project_root, tmp_path / "data") as house:
        async with asyncio.timeout(60):
            outcome = await carry_out(Errand(house, spoken, Line(max_s=40.0)), told.append)
    (result,) = outcome.documents
    assert result["answered"], result["error"]
    assert result["transcript"] == "server"
    speakers = [turn["speaker"] for turn in result["turns"]]
    assert speakers[0] == "agent"
    assert speakers.count("agent") >= 2
    assert result["turns"][0]["text"]
    assert result["problems"] == {}
    assert result["heard_s"] > 2.0
