"""`switchboard call` as a process, against a true server on loopback."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from server.rehearsal.clips import read_wav
from server.rehearsal.report import wav
from tests.server.rehearsal.little_server import ACCOUNT, TOKEN, Manners, little_server, tone

RUN = "import typer; from server.commands.call import call; typer.run(call)"
SHORT = Manners(greeting=tone(0.3), answer=tone(0.3, hz=550))
SIGNED = ("--auth-token", TOKEN, "--account", ACCOUNT)


async def switchboard_call(root: Path, *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        RUN,
        *arguments,
        cwd=root,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), " ".join(err.decode().split())


def recording(folder: Path) -> Path:
    path = folder / "hello_there.wav"
    path.write_bytes(wav(tone(0.4, hz=700) + b"\xff" * 800, channels=1))
    return path


def scenario(folder: Path, expect: dict[str, Any]) -> Path:
    recording(folder)
    path = folder / "scenario.yaml"
    steps = [{"wav": "${NAME}.wav", "text": "hello there"}]
    file = {"name": "Hello", "agent_quiet_ms": 200, "linger_s": 0.4, "steps": steps}
    path.write_text(json.dumps({**file, "expect": expect}), encoding="utf-8")
    return path


@pytest.mark.requirement("rehearsal:result:one-document")
@pytest.mark.requirement("rehearsal:result:files")
@pytest.mark.requirement("rehearsal:command:exit-codes")
async def test_a_good_call_prints_one_document_and_leaves_its_files(
    project_root: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    secrets = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN}
    (data / "secrets.json").write_text(json.dumps(secrets), encoding="utf-8")
    file = scenario(tmp_path, {"answered_within_s": 30, "underruns_at_most": 9})
    async with little_server(SHORT) as little:
        code, out, err = await switchboard_call(
            project_root,
            *("--url", little.url, "--data", str(data), "--scenario", str(file)),
            *("--set", "NAME=hello_there", "--out", str(tmp_path / "out"), "--json"),
        )
    assert code == 0, err
    result = json.loads(out)
    assert (result["answered"], result["ended_by"], result["passed"]) == (True, "caller", True)
    assert [turn["speaker"] for turn in result["turns"]] == ["agent", "caller", "agent"]
    assert result["turns"][1]["text"] == "hello there"
    assert result["turns"][2]["latency_ms"] > 0
    assert "caller> hello there" in err
    files = {name: Path(path) for name, path in result["files"].items()}
    heard, rate_hz = read_wav(files["heard_wav"].read_bytes(), "heard")
    assert rate_hz == 8000
    assert len(heard) / 8000 == pytest.approx(result["duration_s"], abs=0.1)
    assert files["stereo_wav"].stat().st_size > files["heard_wav"].stat().st_size
    assert files["picture_png"].read_bytes().startswith(b"\x89PNG")


@pytest.mark.requirement("rehearsal:command:exit-codes")
async def test_an_expectation_that_fails_is_exit_code_one(
    project_root: Path, tmp_path: Path
) -> None:
    file = scenario(tmp_path, {"ended_by": "agent"})
    async with little_server(SHORT) as little:
        code, out, err = await switchboard_call(
            project_root,
            *("--url", little.url, *SIGNED, "--scenario", str(file), "--set", "NAME=hello_there"),
        )
    assert code == 1
    assert out == ""
    assert "FAILED ended_by caller" in err


@pytest.mark.requirement("rehearsal:command:exit-codes")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--url", "http://127.0.0.1:9", "--wav", "{wav}", *SIGNED), "switchboard run"),
        (("--wav", "{wav}", "--data", "{folder}"), "Give the server's data folder"),
        (("--url", "127.0.0.1", "--wav", "{wav}", *SIGNED), "http://host:port"),
        (SIGNED, "--scenario"),
        (("--wav", "{wav}", "--mic", *SIGNED), "not clear"),
        (("--wav", "{folder}/none.wav", *SIGNED), "No such file"),
        (("--scenario", "{folder}/none.yaml", *SIGNED), "No such file"),
        (("--wav", "{wav}", "--set", "x", *SIGNED), "NAME=VALUE"),
    ],
)
async def test_a_call_that_cannot_be_placed_is_exit_code_two(
    project_root: Path, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    places = {"{wav}": str(recording(tmp_path)), "{folder}": str(tmp_path)}
    filled = [
        argument.replace("{wav}", places["{wav}"]).replace("{folder}", places["{folder}"])
        for argument in arguments
    ]
    code, out, err = await switchboard_call(project_root, *filled)
    assert (code, out) == (2, "")
    assert told in err


@pytest.mark.requirement("rehearsal:load:many-calls")
async def test_several_callers_are_one_document(project_root: Path, tmp_path: Path) -> None:
    async with little_server(SHORT) as little:
        code, out, _ = await switchboard_call(
            project_root,
            *("--url", little.url, *SIGNED, "--wav", str(recording(tmp_path))),
            *("--calls", "3", "--json", "--jitter-ms", "5", "--seed", "1"),
        )
    result = json.loads(out)
    assert (code, len(result["calls"]), result["passed"]) == (0, 3, True)
