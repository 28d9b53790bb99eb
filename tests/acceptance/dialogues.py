"""Ten scripted bookings, held with a real server: `python -m tests.acceptance.dialogues`.

The callers are in `examples/dialogues`; their answers are recordings of people as far as there are
any (`--audio`), and synthetic speech for what nobody recorded. A dialogue is right when the store
holds exactly the appointment that the caller meant, or, where nothing could be booked, none.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from tests.acceptance.command import ROOT, Printed, Server, running, switchboard
from tests.conftest import SPEECH_CLIPS

__all__ = ["DIALOGUES", "INTERRUPTED", "Dialogue", "Result", "hold_all", "main"]

FOLDER: Final = ROOT / "examples" / "dialogues"
NUMBERS: Final = {"+14155550102": "hairdresser", "+14155550103": "restaurant"}
"""Who answers which number; every other one is answered by `rooms`."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A scenario and what must come of it."""

    scenario: str
    service: str = ""
    """Empty: nothing can be booked."""
    starts_at: str = ""
    """Aware, in UTC, as the store has it."""
    people: int = 1
    clips: bool = True
    """Whether recordings of people are needed."""
    name: str = ""
    """How the name begins that it must be booked under, where recognition can be relied on."""
    message: bool = False
    """Whether a message must have been taken instead."""

    @property
    def path(self) -> Path:
        """The scenario's file."""
        return FOLDER / f"{self.scenario}.yaml"


DIALOGUES: Final = (
    Dialogue("01_room_by_clips", "room", "2026-11-23T14:30:00+00:00", 2, name="Abigail"),
    Dialogue("02_room_in_one_breath", "room", "2026-11-24T15:00:00+00:00", 4, clips=False),
    Dialogue("03_room_corrected", "room", "2026-11-23T16:00:00+00:00", 2),
    Dialogue("04_room_past_nonsense", "room", "2026-11-24T14:30:00+00:00", 2, name="Abigail"),
    Dialogue("05_room_by_keys", "room", "2026-11-23T11:30:00+00:00", 2, name="Abigail"),
    Dialogue("06_haircut_closed_today", "cut", "2026-11-24T14:30:00+00:00", name="Abigail"),
    Dialogue("07_haircut_in_one_breath", "cut", "2026-11-27T14:30:00+00:00", clips=False),
    Dialogue("08_table_for_two", "table", "2026-11-26T19:00:00+00:00", 2, name="Abigail"),
    Dialogue("09_room_vague_about_time", "room", "2026-11-23T14:30:00+00:00", 2),
    Dialogue("10_wrong_shop", message=True),
)

INTERRUPTED: Final = Dialogue(
    "interrupted_greeting", "room", "2026-11-24T15:00:00+00:00", 4, clips=False
)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one dialogue."""

    dialogue: Dialogue
    call: Mapping[str, Any]
    """The document of `switchboard call`."""
    shown: Mapping[str, Any]
    """The document of `switchboard calls show`."""
    code: int
    errors: str = field(repr=False)

    @property
    def wrong(self) -> str:
        """What is not as the caller meant it; empty when all is."""
        wanted, booked = self.dialogue, self.shown["appointments"]
        if not wanted.service:
            return self._dishonest()
        if len(booked) != 1:
            return f"{len(booked)} appointments"
        (one,) = booked
        pairs = (
            ("service", one["service"], wanted.service),
            ("time", one["starts_at"], wanted.starts_at),
            ("people", one["people"], wanted.people),
            ("name", one["name"].startswith(wanted.name), True),
        )
        return "; ".join(f"{what} {got}" for what, got, meant in pairs if got != meant)

    @property
    def honest(self) -> bool:
        """Nothing was booked that the caller did not mean."""
        return not self.wrong or not self.shown["appointments"]

    @property
    def latency_ms(self) -> float | None:
        """From the caller's last sound to the reply's first, the median of the call."""
        reply: float | None = self.call["median_reply_ms"]
        return reply

    def _dishonest(self) -> str:
        if self.shown["appointments"]:
            return "something was booked"
        if self.dialogue.message and not self.shown["messages"]:
            return "no message was taken"
        return ""


def hold_all(
    server: Server,
    audio: Path | None,
    *,
    dialogues: Sequence[Dialogue] = DIALOGUES,
    at_once: int = 2,
) -> list[Result]:
    """Hold the dialogues, those with recordings only where there are any."""
    for number, agent in NUMBERS.items():
        set_ = switchboard("numbers", "set", number, "--agent", agent, "--data", str(server.data))
        assert set_.code == 0, set_.errors
    wanted = [dialogue for dialogue in dialogues if audio is not None or not dialogue.clips]
    with ThreadPoolExecutor(at_once) as threads:
        return list(threads.map(lambda dialogue: _hold(server, dialogue, audio), wanted))


def _hold(server: Server, dialogue: Dialogue, audio: Path | None) -> Result:
    variables = [] if audio is None else ["--set", f"AUDIO={audio}"]
    out = server.data.parent / "calls"
    printed: Printed = server.call("--scenario", str(dialogue.path), "--out", str(out), *variables)
    assert printed.document is not None, printed.errors
    shown = server.shown(printed.document["call_id"])
    return Result(dialogue, printed.document, shown, printed.code, printed.errors)


def table_of(results: Sequence[Result]) -> Table:
    """One line a dialogue."""
    table = Table(box=None, pad_edge=False)
    for column in ("dialogue", "as meant", "otherwise", "honest", "turns", "median reply"):
        table.add_column(column)
    for one in results:
        reply = "none" if one.latency_ms is None else f"{one.latency_ms:.0f} ms"
        right = "no" if one.wrong else "yes"
        honest = "yes" if one.honest else "NO"
        turns = str(len(one.shown["turns"]))
        table.add_row(one.dialogue.scenario, right, one.wrong, honest, turns, reply)
    replies = [one.latency_ms for one in results if one.latency_ms is not None]
    as_meant = sum(not one.wrong for one in results)
    middle = f"{median(replies):.0f} ms" if replies else "none"
    table.add_row("", f"{as_meant} of {len(results)}", "", "", "", middle)
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Hold all dialogues and print the table; 0 when at most one is not as meant, and honest."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.dialogues")
    parser.add_argument("--audio", type=Path, default=SPEECH_CLIPS, help="folder of recordings")
    parser.add_argument("--at-once", type=int, default=2, help="so many calls at the same time")
    chosen = parser.parse_args(arguments)
    audio = chosen.audio.resolve() if (chosen.audio / "clips.json").is_file() else None
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data") as server:
        results = hold_all(server, audio, at_once=chosen.at_once)
    Console().print(table_of(results))
    wrong = [one for one in results if one.wrong]
    return 0 if len(wrong) <= 1 and all(one.honest for one in wrong) else 1


if __name__ == "__main__":
    sys.exit(main())
