"""A node of the flow as a bridge is told of it: words and tools, and the same as data. Quiet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any

from bridges.port.brief import (
    FILL,
    Brief,
    ExitGuide,
    Fact,
    Guide,
    KeyGuide,
    SlotGuide,
    SlotKind,
    ToolSpec,
)
from server.agent.slots import Known, Surroundings, options_of
from server.agent.spec import AgentSpec, Exit, Node

__all__ = ["brief_for", "exit_tool"]

_SCHEMAS: Mapping[SlotKind, Mapping[str, Any]] = {
    SlotKind.DATE: {"type": "string", "format": "date"},
    SlotKind.TIME: {"type": "string", "description": "24-hour HH:MM"},
    SlotKind.NUMBER: {"type": "integer", "minimum": 1},
    SlotKind.YES_NO: {"type": "boolean"},
}


def exit_tool(exit_: Exit) -> str:
    """The name of the tool that takes this exit."""
    return f"go_{exit_.to}"


def brief_for(
    spec: AgentSpec,
    name: str,
    known: Mapping[str, Known],
    *,
    around: Surroundings,
    tools: Mapping[str, ToolSpec],
) -> Brief:
    """What the bridge is told when the flow rests in that node.

    `tools` are the working tools that exist; the node offers those that it names.
    """
    node = spec.nodes[name]
    spans = [span for day in spec.business.hours.values() for span in day]
    doors = _doors(spec, node)
    slots = tuple(_slot_guide(spec, slot, known, required=True) for slot in node.collect) + tuple(
        _slot_guide(spec, slot, known, required=False) for slot in node.change
    )
    return Brief(
        instructions=_instructions(spec, node, slots, around),
        tools=(
            *((_fill_tool(slots),) if slots else ()),
            *(ToolSpec(door.name, door.description, {"type": "object"}) for door in doors),
            *(tools[tool] for tool in node.tools if tool in tools),
        ),
        guide=Guide(
            node=name,
            slots=slots,
            exits=doors,
            keys=tuple(
                KeyGuide(exit_.key, exit_.label)
                for exit_ in (*node.exits, *spec.anywhere)
                if exit_.key and exit_.label
            ),
            facts=tuple(Fact(fact.ask, fact.answer) for fact in spec.business.facts),
            repair=spec.repair,
            region=spec.business.region,
            today=around.today.isoformat(),
            now=around.now.strftime("%H:%M"),
            opens=_clock(min((span.opens for span in spans), default=None)),
            closes=_clock(max((span.closes for span in spans), default=None)),
        ),
        language=spec.language,
        voice=spec.voice,
    )


def _clock(moment: time | None) -> str:
    return moment.strftime("%H:%M") if moment else ""


def _doors(spec: AgentSpec, node: Node) -> tuple[ExitGuide, ...]:
    """Exits by meaning; the same way out here and anywhere is one door with all its examples."""
    doors: dict[str, ExitGuide] = {}
    for exit_ in (*node.exits, *spec.anywhere):
        if exit_.when:
            name = exit_tool(exit_)
            first = doors.get(name)
            said = (*(first.examples if first else ()), *exit_.examples)
            doors[name] = ExitGuide(name, first.description if first else exit_.when, said)
    return tuple(doors.values())


def _slot_guide(
    spec: AgentSpec, name: str, known: Mapping[str, Known], *, required: bool
) -> SlotGuide:
    slot = spec.slots[name]
    value = known.get(name)
    return SlotGuide(
        name=name,
        kind=slot.kind,
        asks=slot.ask,
        options=options_of(spec, slot),
        value=None if value is None else value.value,
        said="" if value is None else value.said,
        required=required,
    )


def _fill_tool(slots: tuple[SlotGuide, ...]) -> ToolSpec:
    properties = {
        slot.name: {"type": "string", "enum": list(slot.options)}
        if slot.kind is SlotKind.CHOICE
        else dict(_SCHEMAS.get(slot.kind, {"type": "string"}))
        for slot in slots
    }
    return ToolSpec(
        FILL,
        "Store what the caller said. Call it as soon as something is known, also to correct it.",
        {"type": "object", "properties": properties, "additionalProperties": False},
    )


def _instructions(
    spec: AgentSpec, node: Node, slots: tuple[SlotGuide, ...], around: Surroundings
) -> str:
    missing = [slot.name for slot in slots if slot.required and slot.value is None]
    lines = [
        spec.instructions
        or f"You answer the telephone for {spec.business.name}. Be brief and friendly.",
        f"It is {around.today:%A} {around.today.isoformat()}, {around.now:%H:%M}. "
        f"Speak {spec.language}.",
        node.instructions,
        f"Still to learn from the caller: {', '.join(missing)}." if missing else "",
        *(f"{slot.name} is {slot.said or slot.value}." for slot in slots if slot.value is not None),
        "What you may say about the business, and nothing beyond it:"
        if spec.business.facts
        else "",
        *(f"- {fact.answer}" for fact in spec.business.facts),
    ]
    return "\n".join(line for line in lines if line)
