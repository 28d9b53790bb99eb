"""Scenario files: what they say, and what is said of their mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.rehearsal.errors import PartMissing, ScenarioRefused
from server.rehearsal.report import wav
from server.rehearsal.scenario import load_scenario, prepare
from server.rehearsal.script import HangUp, KeepSilent, Moment, Press, Speak, When

GOOD = """
name: A table for two
caller: "+14155550123"
agent_quiet_ms: 600
line: {jitter_ms: 40, loss: 0.01, seed: 7}
steps:
  - wav: ${AUDIO}/hello.wav
    text: hello there
  - say: Half past two, please.
    after: {agent_said: "what time"}
    within_s: 9
  - digits: "15#"
    after: agent_starts
  - wav: ${AUDIO}/hello.wav
    barge_in: {after_s: 1.2}
  - silence: 3
  - hang_up
expect:
  ended_by: caller
  agent_said: table
  clear_within_ms: 300
"""


class Humming:
    """A voice that hums."""

    async def speak(self, text: str) -> bytes:
        return b"\x10\x90" * (len(text) * 40)


class Mute:
    """A machine without any voice."""

    async def speak(self, text: str) -> bytes:
        raise PartMissing("no voice", where="--say", mend="Install one.")


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return path


async def test_a_scenario_becomes_a_script(tmp_path: Path) -> None:
    (tmp_path / "hello.wav").write_bytes(wav(b"\x10\x90" * 4000, channels=1))
    scenario = load_scenario(written(tmp_path, GOOD), {"AUDIO": "."})
    script = await prepare(scenario, Humming())
    first, second, keys, over, silent, last = script.steps
    assert isinstance(first.act, Speak)
    assert (first.act.clip.text, first.act.clip.seconds) == ("hello there", 1.0)
    assert first.when == When(Moment.AGENT_QUIET)
    assert isinstance(second.act, Speak)
    assert second.act.clip.text == "Half past two, please."
    assert second.when == When(Moment.AGENT_SAID, pattern="what time")
    assert (second.patience_s, keys.patience_s) == (9.0, 20.0)
    assert (keys.act, keys.when) == (Press("15#"), When(Moment.AGENT_STARTS))
    assert over.when == When(Moment.BARGE_IN, seconds=1.2)
    assert (silent.act, silent.when) == (KeepSilent(3.0), When(Moment.SECONDS))
    assert last.act == HangUp()
    assert script.agent_quiet_s == 0.6
    assert scenario.file.line.quality().jitter_ms == 40.0
    assert scenario.file.expect.agent_said == ("table",)


@pytest.mark.requirement("rehearsal:scenario:clear-errors")
@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("steps: [{wav: a.wav, say: b}]", "step 1", "found `wav` and `say`"),
        ("steps: [{hang_up: true}, {text: b}]", "step 2", "exactly one act"),
        ("steps: [{say: a, speed: 2}]", "step 1, speed", "unknown field"),
        ("steps: [{digits: 12x}]", "step 1, digits", "pattern"),
        ("steps: [{say: a, after: soon}]", "step 1, after", "agent_quiet"),
        ("steps: [{say: a, after: {agent_said: '('}}]", "agent_said", "regular expression"),
        ("steps: [{say: a, after: {seconds: 1, agent_said: b}}]", "after", "exactly one"),
        ("steps: [{say: a, barge_in: {}, after: answered}]", "step 1", "leave `after` out"),
        ("steps: [{say: a, text: b}]", "step 1", "`text` says what a `wav` contains"),
        ("steps: []", "steps", "at least 1"),
        ("name: x", "steps", "required field"),
        ("steps: [{say: a}]\nexpect: {agent_said: ['(']}", "agent_said", "regular expression"),
        ("steps: [{say: a}]\nline: {loss: 2}", "line, loss", "less than or equal to 1"),
        ("steps: [{say: '${WHO}'}]", "step 1, say", "variable WHO has no value"),
        ("steps: [say: a: b", "line 1", "not YAML"),
        ("- 1", "the whole file", "valid dictionary"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_mend(
    tmp_path: Path, text: str, place: str, what: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ScenarioRefused) as caught:
        load_scenario(path, {})
    assert str(path) in caught.value.where
    assert place in caught.value.where
    assert what in caught.value.what
    assert caught.value.mend.endswith((".", ")"))


@pytest.mark.requirement("rehearsal:scenario:clear-errors")
def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioRefused, match="No such file"):
        load_scenario(tmp_path / "none.yaml", {})
    big = written(tmp_path, "#" * 300_000)
    with pytest.raises(ScenarioRefused, match="256 KB"):
        load_scenario(big, {})


@pytest.mark.requirement("rehearsal:scenario:clear-errors")
async def test_a_missing_recording_is_told_with_its_step(tmp_path: Path) -> None:
    scenario = load_scenario(written(tmp_path, "steps: [{hang_up: true}, {wav: no.wav}]"), {})
    with pytest.raises(ScenarioRefused) as caught:
        await prepare(scenario, Humming())
    assert "step 2, wav" in caught.value.where
    assert "no.wav" in caught.value.where


@pytest.mark.requirement("rehearsal:scenario:clear-errors")
async def test_words_without_a_voice_are_told(tmp_path: Path) -> None:
    scenario = load_scenario(written(tmp_path, "steps: [{say: hello}]"), {})
    with pytest.raises(PartMissing, match="Install one"):
        await prepare(scenario, Mute())


def test_the_shipped_examples_are_right(project_root: Path) -> None:
    folder = project_root / "examples" / "scenarios"
    examples = sorted(folder.glob("*.yaml"))
    assert len(examples) >= 4
    for path in examples:
        assert load_scenario(path, {"AUDIO": "audio"}).file.description
