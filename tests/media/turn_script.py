"""Speech as the ear reports it, for scripted turns."""

from __future__ import annotations

import pytest

from media.turns import TurnEvent, TurnMachine

__all__ = ["near", "speak", "talking"]


def near(value: float) -> float:
    """The instant `value`, as floats allow."""
    return pytest.approx(value)  # type: ignore[return-value]


def speak(machine: TurnMachine, begins: float, ends: float) -> list[TurnEvent]:
    """Speech from `begins` to `ends`, as the ear reports it: 0.06 s and 0.1 s late."""
    events = machine.tick(begins + 0.06)
    events += machine.speech_started(begins + 0.06, 0.06)
    events += machine.tick(ends + 0.1)
    return events + machine.speech_stopped(ends + 0.1, 0.1)


def talking() -> TurnMachine:
    """A machine whose agent is audible from 0 on."""
    machine = TurnMachine()
    machine.agent_started(0.0)
    return machine
