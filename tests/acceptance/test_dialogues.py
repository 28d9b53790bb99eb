"""Callers book by speaking, and what they booked, said and heard is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.acceptance.command import one_at_a_time, running, switchboard
from tests.acceptance.dialogues import DIALOGUES, INTERRUPTED, Result, hold_all
from tests.conftest import CLIPS_MISSING, SPEECH_CLIPS

_AT_ONCE = 4
_ALL = (*DIALOGUES, INTERRUPTED)


@dataclass(frozen=True, slots=True)
class Held:
    """Dialogues that are over, and the folder of the server that held them."""

    data: Path
    results: Mapping[str, Result]


@pytest.fixture(scope="module")
def rehearsal(shared: Path) -> Held:
    """Every dialogue that can be held here, held once, whichever worker comes first."""
    data, kept = shared / "dialogues" / "data", shared / "dialogues.json"
    with one_at_a_time(shared):
        if not kept.exists():
            data.parent.mkdir()
            audio = SPEECH_CLIPS if (SPEECH_CLIPS / "clips.json").is_file() else None
            with running(data) as server:
                results = hold_all(server, audio, dialogues=_ALL, at_once=_AT_ONCE)
            written = [[one.dialogue.scenario, one.call, one.shown, one.code] for one in results]
            kept.write_text(json.dumps(written), encoding="utf-8")
        known = {one.scenario: one for one in _ALL}
        return Held(
            data,
            {
                name: Result(known[name], call, shown, code, "")
                for name, call, shown, code in json.loads(kept.read_text(encoding="utf-8"))
            },
        )


@pytest.fixture(scope="module")
def held(rehearsal: Held) -> Mapping[str, Result]:
    """The dialogues by their names."""
    return rehearsal.results


@pytest.fixture(scope="module")
def by_clips(held: Mapping[str, Result]) -> Result:
    """The booking whose answers are all recordings of people."""
    if "01_room_by_clips" not in held:
        pytest.skip(CLIPS_MISSING)
    return held["01_room_by_clips"]


@pytest.mark.requirement("call:acceptance:booked-by-speech")
def test_a_caller_of_flesh_and_blood_books_a_room(by_clips: Result) -> None:
    assert by_clips.code == 0, by_clips.call["checks"]
    assert by_clips.wrong == ""
    (booked,) = by_clips.shown["appointments"]
    assert (booked["starts_at"], booked["people"]) == ("2026-11-23T14:30:00+00:00", 2)


@pytest.mark.requirement("call:acceptance:booked-by-speech")
@pytest.mark.parametrize("scenario", [one.scenario for one in DIALOGUES if not one.clips])
def test_without_any_recording_a_synthetic_caller_books_too(
    held: Mapping[str, Result], scenario: str
) -> None:
    result = held[scenario]
    assert result.wrong == "", result.shown["turns"]
    assert result.code == 0, result.call["checks"]


@pytest.mark.requirement("call:acceptance:kept")
def test_the_transcript_can_be_read_afterwards(rehearsal: Held) -> None:
    shown = rehearsal.results["02_room_in_one_breath"].shown
    said = [turn["text"] for turn in shown["turns"] if turn["speaker"] == "agent"]
    assert said[0].startswith("Harbour Rooms.")
    assert said[-1] == "Thank you for calling Harbour Rooms. Goodbye!"
    assert any(text.startswith("That is booked: tomorrow at 3 PM") for text in said)
    assert shown["disposition"] == "done"
    listed = switchboard("calls", "list", "--data", str(rehearsal.data)).document
    assert {one["call_id"] for one in listed["calls"]} >= {shown["call_id"]}


@pytest.mark.requirement("call:acceptance:kept")
def test_the_recording_plays_and_is_as_long_as_the_call(rehearsal: Held) -> None:
    for result in rehearsal.results.values():
        sound = soundfile.info(str(rehearsal.data / result.shown["recording"]["path"]))
        assert (sound.channels, sound.samplerate) == (2, 8000)
        assert abs(sound.duration - result.call["duration_s"]) < 0.2
        assert abs(sound.duration - result.shown["duration_s"]) < 0.7


@pytest.mark.requirement("call:acceptance:interrupted")
def test_the_greeting_falls_silent_when_the_caller_speaks_and_is_written_as_heard(
    held: Mapping[str, Result],
) -> None:
    result = held[INTERRUPTED.scenario]
    assert result.wrong == "", result.shown["turns"]
    (interruption,) = result.call["barge_ins"]
    assert interruption["clear_ms"] <= 400
    disclosure, greeting = result.shown["turns"][:2]
    assert not disclosure["interrupted"]
    assert greeting["interrupted"]
    whole = "How can I help you?"
    assert whole.startswith(greeting["text"])
    assert greeting["text"] != whole
    last_s = last_sound_s(Path(result.call["files"]["heard_wav"]), result.call["clears"][0])
    assert greeting["started_s"] + greeting["heard_s"] == pytest.approx(last_s, abs=0.2)


def last_sound_s(wav: Path, until_s: float) -> float:
    """When the agent was last heard before that instant, in a recording of the caller's ear."""
    samples, rate_hz = soundfile.read(str(wav), dtype="int16")
    heard = samples[: round((until_s + 0.05) * rate_hz)]
    return int(np.flatnonzero(np.abs(heard) > 300)[-1]) / float(rate_hz)


@pytest.mark.requirement("call:acceptance:ten-dialogues")
def test_of_ten_dialogues_nine_are_booked_right_and_the_rest_is_honest(
    held: Mapping[str, Result], speech_clips: Path
) -> None:
    ten = {one.scenario: held[one.scenario] for one in DIALOGUES}
    wrong = {name: one.wrong for name, one in ten.items() if one.wrong}
    assert len(ten) == 10
    assert len(wrong) <= 1, json.dumps(wrong)
    assert all(one.honest for one in ten.values()), json.dumps(wrong)


@pytest.mark.requirement("call:acceptance:ten-dialogues")
def test_who_asks_for_what_is_not_sold_is_not_fooled(
    held: Mapping[str, Result], speech_clips: Path
) -> None:
    result = held["10_wrong_shop"]
    assert result.shown["appointments"] == []
    said = " ".join(t["text"] for t in result.shown["turns"] if t["speaker"] == "agent")
    assert "did not understand" in said or "cannot" in said
