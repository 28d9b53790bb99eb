"""Times as the recogniser writes them when it mishears them."""

from __future__ import annotations

from datetime import date, time

import pytest

from bridges.port.brief import SlotGuide, SlotKind
from bridges.speech.extract import Scene, understand

SCENE = Scene(today=date(2026, 11, 21), now=time(10, 0), region="US")
TIME = SlotGuide("time", SlotKind.TIME, ("At what time?",))


@pytest.mark.requirement("call:understanding:misheard-times")
@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("Half past you.", "14:30"),
        ("It has passed you.", "14:30"),
        ("Then tomorrow it has past two.", "14:30"),
        ("Quarter past you.", "14:15"),
        ("2. 30 p.m.", "14:30"),
        ("2, 30 PM", "14:30"),
    ],
)
def test_a_misheard_time_is_what_was_said(text: str, clock: str) -> None:
    understood = understand(text, TIME, SCENE)
    assert understood is not None
    assert understood.value == clock
