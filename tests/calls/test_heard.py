"""What the caller heard is what was written down, to the byte; the tracks stay together."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import pytest

from server.rehearsal.script import KeepSilent, Script, Speak, Step
from server.rehearsal.track import Track
from tests.calls.agents import TALKER
from tests.calls.interruptions import heard_bytes, interruptions
from tests.calls.whole_call import Held, Setup, hold, speech
from tests.fakes.far_end import FRAME_S, Way
from tests.fakes.scripted_bridge import Answer, Call, Say, ScriptedBridge, voice_of
from tests.virtual import in_virtual_time

_ENOUGH_BYTES = 800
"""A tenth of a second of noise is found in a recording at one place only."""


def rendered(call: Held, track: Track) -> bytes:
    """A side of the far end, silence included, as long as the recording."""
    seconds = len(call.agent_track) / 8000
    return track.render(call.line.opened_s, call.line.opened_s + seconds)


@pytest.mark.requirement("call:heard:byte-for-byte")
@in_virtual_time
async def test_in_a_thousand_barge_ins_transcript_and_recording_are_what_was_played(
    tmp_path: Path,
) -> None:
    call = await hold(interruptions(1020, seed=2), tmp_path)
    assert len(call.events("barge_in")) >= 1000
    assert len(call.events("overlap_dismissed")) >= 200
    assert heard_bytes(call) == call.line.log.heard.sound()
    assert call.agent_track == rendered(call, call.line.log.heard)
    assert call.underruns == 0


@pytest.mark.requirement("call:heard:with-latency")
@pytest.mark.parametrize("latency_s", [0.013, 0.06, 0.15])
@in_virtual_time
async def test_over_a_network_each_stop_costs_less_than_the_way_and_a_frame(
    latency_s: float, tmp_path: Path
) -> None:
    call = await hold(interruptions(60, seed=3, latency_s=latency_s), tmp_path)
    stops = len(call.line.log.clears)
    assert stops >= 60
    apart_s = abs(len(heard_bytes(call)) - call.line.log.heard.size_bytes) / 8000
    assert apart_s <= stops * (latency_s + FRAME_S)


def late_s(track: bytes, far: bytes, sound: bytes) -> float:
    """How much later in the recording a sound lies than at the far end."""
    piece = sound[:_ENOUGH_BYTES]
    assert piece in track
    return (track.index(piece) - far.index(piece)) / 8000


@pytest.mark.requirement("call:recording:no-drift")
@pytest.mark.parametrize("drift_ppm", [100.0, -100.0])
@in_virtual_time
async def test_after_half_an_hour_the_tracks_lie_together_though_the_clocks_do_not(
    drift_ppm: float, tmp_path: Path
) -> None:
    rounds = 165
    answers = [Answer("go on", [Say(f"Part {number}.")]) for number in range(rounds)]
    bridge = ScriptedBridge([*answers, Answer("bye", [Call("go_bye")])])
    clips = [speech(2.0, f"go on {number}") for number in range(rounds + 1)]
    steps = [step for clip in clips for step in (Step(Speak(clip)), Step(KeepSilent(7.0)))]
    setup = Setup(
        TALKER,
        Script(tuple(steps), hangs_up=False),
        {"first": bridge},
        way=Way(drift_ppm=drift_ppm),
    )
    call = await hold(setup, tmp_path)
    assert len(call.agent_track) / 8000 > 1700
    heard, said = rendered(call, call.line.log.heard), rendered(call, call.line.log.said)
    apart = []
    for number, clip in enumerate(clips[:rounds]):
        agent_late_s = late_s(call.agent_track, heard, voice_of(f"Part {number}."))
        apart.append(agent_late_s - late_s(call.caller_track, said, clip.payload))
    # The far end hands out whole frames of its own clock, so one sound is heard up to a frame later
    # than another that was sent alike; around that the tracks must not part.
    middle = median(apart)
    assert max(abs(each - middle) for each in apart) < 0.02
