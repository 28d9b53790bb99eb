"""What the agents that come along say: it can be said, and everything they offer exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from bridges.port.brief import SlotKind
from server.agent.review import review
from server.agent.spec import AgentSpec
from tests.server.agent.caller_in_flow import LONGEST, NAME, SPECS, office, tool_specs

OUTPUTS = {
    ("check_slot", "taken"): {"alternatives_said", "said"},
    ("check_slot", "closed"): {"hours_said", "said"},
    ("check_slot", "past"): {"said"},
    ("check_slot", "too_far"): {"said"},
    ("book", "booked"): {"said", "reference_said"},
    ("book", "taken"): {"alternatives_said", "said"},
    ("book", "closed"): {"hours_said", "said"},
    ("book", "past"): {"said"},
    ("book", "too_far"): {"said"},
    ("find_booking", "found"): {"said", "service_said", "reference"},
    ("find_booking", "several"): {"said"},
    ("find_booking", "not_found"): set(),
    ("cancel", "cancelled"): {"said"},
    ("cancel", "not_found"): set(),
    ("take_message", "taken_down"): {"phone_said"},
}
"""What a line may take from each outcome; a test below holds it against the real tools."""
WORD = re.compile(r"\{(\w+)\}")


@pytest.fixture(params=sorted(SPECS))
def spec(request: pytest.FixtureRequest) -> AgentSpec:
    return SPECS[request.param]


def lines(spec: AgentSpec) -> Iterator[str]:
    yield spec.disclosure
    yield from (*spec.repair, *spec.silence)
    yield from (node.say for node in spec.nodes.values())
    yield from (ask for slot in spec.slots.values() for ask in slot.ask)
    yield from (fact.answer for fact in spec.business.facts)


def test_there_are_seven_named_like_their_files_in_two_languages() -> None:
    assert next(iter(SPECS)) == "rooms"
    assert all(spec.agent == name for name, spec in SPECS.items())
    spanish = {name for name, spec in SPECS.items() if spec.language == "es"}
    assert spanish == {"peluqueria", "clinica", "restaurante"}
    assert SPECS.keys() - spanish == {"rooms", "hairdresser", "clinic", "restaurant"}


@pytest.mark.requirement("agents:examples:nothing-in-vain")
def test_every_node_can_be_reached_and_every_exit_opens(spec: AgentSpec) -> None:
    assert review(spec, tool_specs()) == ()


@pytest.mark.requirement("agents:examples:lines-a-caller-bears")
def test_no_line_is_longer_than_a_caller_bears(spec: AgentSpec) -> None:
    assert [line for line in lines(spec) if len(line) > LONGEST] == []


@pytest.mark.requirement("agents:examples:says-that-it-is-a-machine")
def test_the_first_words_are_the_name_the_machine_and_the_recording(spec: AgentSpec) -> None:
    assert spec.disclosure.startswith(spec.business.name)
    assert re.search(r"automated assistant|asistente automático", spec.disclosure)
    assert re.search(r"is recorded|se graba", spec.disclosure)


def tool_exits(spec: AgentSpec) -> Iterator[tuple[str, str, str]]:
    """Tool, outcome, and the node that it leads to."""
    for node in spec.nodes.values():
        if node.do is not None:
            for exit_ in node.exits:
                yield node.do.tool, exit_.event.removeprefix("outcome:"), exit_.to


def test_every_word_in_braces_is_known_when_it_is_said(spec: AgentSpec) -> None:
    always = {*spec.slots, "business", "caller"}
    said = {name: set(WORD.findall(node.say)) - always for name, node in spec.nodes.items()}
    for tool, outcome, name in tool_exits(spec):
        assert said[name] <= OUTPUTS.get((tool, outcome), set()), (tool, outcome, name)


def test_every_node_that_talks_offers_a_person_and_a_message(spec: AgentSpec) -> None:
    keys = {exit_.key: exit_ for exit_ in spec.anywhere}
    assert spec.nodes[keys["0"].to].transfer is not None
    assert set(spec.nodes[keys["2"].to].collect) == {
        name
        for name, slot in spec.slots.items()
        if slot.kind in (SlotKind.TEXT, SlotKind.NAME, SlotKind.PHONE)
    }
    assert all(keys[key].label for key in "02")


async def test_tools_give_what_the_lines_take_from_them(tmp_path: Path) -> None:
    spec = SPECS["hairdresser"]
    async with office(spec, tmp_path) as desk:
        at, later = (await desk.free())[0], (await desk.free(2))[0]
        wish = {"service": desk.service, "name": NAME, **_when(at)}
        await desk.run("book", wish)
        await desk.fill_up(later)
        await desk.run("find_booking", {"name": NAME})
        await desk.run("cancel", {"name": NAME})
        for tool in ("find_booking", "cancel"):
            await desk.run(tool, {"name": "Nobody Known"})
        await desk.run("find_booking", {"name": "Guest"})
        await desk.run("take_message", {"text": "Call me"})
        odd = ({"time": "03:00"}, {"day": "2026-11-20"}, {"day": "2027-11-23"}, _when(later))
        for change in odd:
            await desk.run("check_slot", wish | change)
            await desk.run("book", wish | change)
        for outcome, words in OUTPUTS.items():
            assert words <= desk.outputs[outcome], outcome


def _when(at: datetime) -> dict[str, str]:
    return {"day": at.date().isoformat(), "time": f"{at:%H:%M}"}
