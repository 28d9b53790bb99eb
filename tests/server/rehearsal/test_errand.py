"""The errand behind `switchboard call`, from its options to the files, without a process."""

from __future__ import annotations

import asyncio
import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server.rehearsal.badline import LineQuality
from server.rehearsal.errand import Errand, Line, Outcome, Part, carry_out
from server.rehearsal.errors import ScenarioRefused
from server.rehearsal.live import line_of
from server.rehearsal.measures import Turn
from server.rehearsal.office import Target
from server.rehearsal.report import wav
from tests.server.rehearsal.little_server import (
    ACCOUNT,
    TOKEN,
    LittleServer,
    Manners,
    little_server,
    tone,
)

PATIENT = Manners(greeting=tone(3.0), answer=tone(0.4, hz=550))


def recording(folder: Path) -> Path:
    path = folder / "hello.wav"
    path.write_bytes(wav(tone(0.5, hz=700) + b"\xff" * 400, channels=1))
    return path


def scenario(folder: Path, **fields: Any) -> Path:
    recording(folder)
    path = folder / "scenario.yaml"
    document = {"agent_quiet_ms": 200, "linger_s": 0.4, **fields}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def errand(little: LittleServer, part: Part, **changes: Any) -> Errand:
    return replace(Errand(Target(little.url, ACCOUNT, TOKEN), part), **changes)


async def carried(order: Errand) -> tuple[Outcome, list[str]]:
    told: list[Turn] = []
    async with asyncio.timeout(40):
        outcome = await carry_out(order, told.append)
    return outcome, [line_of(turn) for turn in told]


@pytest.mark.requirement("rehearsal:result:files")
@pytest.mark.requirement("rehearsal:scenario:checks")
async def test_a_scenario_is_carried_out_and_drawn(tmp_path: Path) -> None:
    steps = [{"wav": "hello.wav", "text": "hello", "barge_in": {"after_s": 0.4}}, {"digits": "7"}]
    file = scenario(
        tmp_path,
        name="Interrupt",
        steps=steps,
        line={"drift_ppm": 50},
        expect={"clears_at_least": 1, "clear_within_ms": 5000, "agent_turns_at_least": 2},
    )
    words = [{"speaker": "assistant", "text": "Good\nmorning", "started_s": 0.0, "ended_s": 0.9}]
    async with little_server(replace(PATIENT, transcript=words)) as little:
        order = errand(little, Part(scenario=file), out=tmp_path / "out")
        outcome, lines = await carried(order)
    (result,) = outcome.documents
    assert outcome.passed, result["checks"]
    assert lines[:2] == ["agent>  Good morning", "caller> hello"]
    assert [key["key"] for key in result["keys"]] == ["7"]
    assert len(result["clears"]) == 1
    picture = Path(result["files"]["picture_png"]).read_bytes()
    width, height = struct.unpack(">II", picture[16:24])
    assert width > 1000
    assert height > 400
    assert len(picture) > 10_000


async def test_options_win_over_the_scenario(tmp_path: Path) -> None:
    steps = [{"digits": "1", "after": "answered"}]
    file = scenario(tmp_path, steps=steps, caller="+14155550122", called="+14155550133")
    line = Line(caller="+14155550144", quality=LineQuality(loss=0.3), seed=5, max_s=20.0)
    async with little_server(replace(PATIENT, greeting=tone(0.3))) as little:
        await carried(errand(little, Part(scenario=file), line=line))
    form = little.forms[0][1]
    assert (form["From"], form["To"]) == ("+14155550144", "+14155550133")
    numbers = [int(message["sequenceNumber"]) for message in little.messages[1:]]
    assert numbers[-1] > len(numbers)


async def test_a_refused_call_carries_its_failure_unless_it_was_expected(tmp_path: Path) -> None:
    file = scenario(tmp_path, steps=[{"wav": "hello.wav"}], expect={"answered": False})
    async with little_server() as little:
        stranger = Target(little.url, ACCOUNT, "wrong")
        spoken = Part(wavs=(recording(tmp_path),))
        outcome, lines = await carried(errand(little, spoken, target=stranger, out=tmp_path))
        expected, _ = await carried(errand(little, Part(scenario=file), target=stranger))
    assert outcome.failure is not None
    assert not outcome.passed
    assert lines == []
    assert outcome.documents[0]["files"] == {}
    assert "HTTP 403" in outcome.documents[0]["error"]
    assert (expected.failure, expected.passed) == (None, True)


async def test_a_caller_with_nothing_to_say_is_refused() -> None:
    order = Errand(Target("http://127.0.0.1:9", ACCOUNT, TOKEN), Part())
    with pytest.raises(ScenarioRefused, match="--wav FILE"):
        await carry_out(order, lambda turn: None)


async def test_a_server_that_breaks_off_is_told_apart_from_one_that_hangs_up(
    tmp_path: Path,
) -> None:
    manners = replace(PATIENT, greeting=tone(0.3), goodbye_after=1, drop=True)
    async with little_server(manners) as little:
        outcome, _ = await carried(errand(little, Part(wavs=(recording(tmp_path),))))
    (result,) = outcome.documents
    assert result["ended_by"] == "server_lost"
    assert not outcome.passed
    assert any(problem.startswith("31921") for problem in result["problems"])


async def test_a_server_behind_a_tunnel_is_called_beside_it(tmp_path: Path) -> None:
    async with little_server(replace(PATIENT, greeting=tone(0.3))) as little:
        local = little.url
        little.url = "https://voice.example.com"
        target = Target(local, ACCOUNT, TOKEN, public_url=little.url)
        spoken = Part(wavs=(recording(tmp_path),))
        outcome, _ = await carried(errand(little, spoken, target=target))
    assert outcome.passed, outcome.documents
    assert little.refused == 0
    assert little.handshake_headers["host"] in local
