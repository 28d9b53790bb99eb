"""Where in the flow a conversation is, and where it goes next. Quiet.

The machine is told what was understood, pressed or done, and answers with steps: what to say, which
tool to run, which brief the mind gets, how it ends. It knows no bridge and no line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from bridges.port.brief import Brief, SlotKind, ToolSpec
from server.agent.briefing import brief_for, exit_tool
from server.agent.errors import FlowError
from server.agent.slots import Known, SlotRefused, Surroundings, read_slot
from server.agent.spec import AgentSpec, Exit, Node, SlotSpec

__all__ = ["Ask", "Do", "Entered", "Filled", "FlowMachine", "Leave", "PutThrough", "Say", "Step"]

_MOST_MOVES = 20
"""Nodes that may follow each other without a word of the caller; beyond it, it is a circle."""


@dataclass(frozen=True, slots=True)
class Entered:
    """The flow moved."""

    node: str


@dataclass(frozen=True, slots=True)
class Say:
    """A fixed line of the node."""

    text: str
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Do:
    """Run this tool; the flow waits for its outcome."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """The flow rests here: the mind gets this brief, and the word when `reply`."""

    brief: Brief
    reply: bool
    awaited: SlotKind | None
    """Kind of the slot that is asked next; None when anything may be said."""


@dataclass(frozen=True, slots=True)
class PutThrough:
    """Connect the caller to a person."""

    target: str
    label: str


@dataclass(frozen=True, slots=True)
class Leave:
    """The conversation is over."""

    disposition: str


Step: TypeAlias = Entered | Say | Do | Ask | PutThrough | Leave


@dataclass(frozen=True, slots=True)
class Filled:
    """What became of slot values."""

    refused: str
    """What to tell the caller about the ones that cannot be; empty when all were taken."""
    steps: tuple[Step, ...]
    """Where the flow went because of it; empty when it rests where it was."""


class FlowMachine:
    """One conversation's place in its agent's flow."""

    def __init__(
        self, spec: AgentSpec, around: Surroundings, tools: Mapping[str, ToolSpec] | None = None
    ) -> None:
        self.spec = spec
        self.node = spec.start
        self.known: dict[str, Known] = {}
        self._around = around
        self._tools = tools or {}
        self._outcome: dict[str, str] = {}

    def start(self) -> tuple[Step, ...]:
        """Enter the first node."""
        disclosure = self.spec.disclosure
        opening: tuple[Step, ...] = (Say(disclosure, protected=True),) if disclosure else ()
        return opening + self._go(self.spec.start)

    def fill(self, values: Mapping[str, Any]) -> Filled:
        """Keep what was understood; move on when an exit opens by it."""
        node = self._place()
        refusals = []
        for name, value in values.items():
            if name not in node.collect and name not in node.change:
                continue
            try:
                self.known[name] = read_slot(self.spec, name, value, self._around)
            except SlotRefused as refusal:
                refusals.append(str(refusal))
        corrected = any(name in node.change for name in values)
        refused = " ".join(dict.fromkeys(refusals))
        exit_ = self._changed(node) if corrected and not refused else self._open_by_slots(node)
        return Filled(refused, () if exit_ is None else self._leave_by(exit_))

    def take(self, tool: str) -> tuple[Step, ...] | None:
        """Go through the exit of that tool name; None when the node has no such exit."""
        exit_ = next(
            (exit_ for exit_ in self._exits() if exit_.when and exit_tool(exit_) == tool), None
        )
        return None if exit_ is None else self._leave_by(exit_)

    def key(self, digit: str) -> tuple[Step, ...] | None:
        """A key was pressed; None when it opens nothing here."""
        exit_ = next((exit_ for exit_ in self._exits() if exit_.key == digit), None)
        return None if exit_ is None else self._leave_by(exit_)

    def outcome(self, name: str, output: Mapping[str, Any]) -> tuple[Step, ...]:
        """The tool that the node ran has ended."""
        self._outcome = {key: str(value) for key, value in output.items()}
        exits = self._place().exits
        exit_ = next((e for e in exits if e.event == f"outcome:{name}"), None) or next(
            (e for e in exits if e.event == "else"), None
        )
        if exit_ is None:
            raise FlowError(f"node {self.node!r} has no exit for the outcome {name!r}")
        return self._leave_by(exit_)

    def silence(self) -> tuple[Step, ...] | None:
        """The caller says nothing; None when the node has no exit for it."""
        exit_ = next((exit_ for exit_ in self._exits() if exit_.event == "silence"), None)
        return None if exit_ is None else self._leave_by(exit_)

    def brief(self) -> Brief:
        """What a bridge has to know to go on from here."""
        return brief_for(self.spec, self.node, self.known, around=self._around, tools=self._tools)

    def rest(self) -> Ask:
        """The same place, asked again: after a new value was taken, or a bridge was lost."""
        node = self._place()
        slot = self._asked()
        # A node whose line already asks (its slot has no wording of its own) leaves the word to
        # the caller; otherwise the mind asks, or, in a node without a line, begins.
        asks = bool(slot and slot.ask) or not node.say
        return Ask(self.brief(), reply=asks, awaited=self.awaited)

    @property
    def awaited(self) -> SlotKind | None:
        """Kind of the slot that is asked next; None when anything may be said."""
        slot = self._asked()
        return slot.kind if slot else None

    def _asked(self) -> SlotSpec | None:
        name = self._awaited(self._place())
        return self.spec.slots[name] if name else None

    def _place(self) -> Node:
        return self.spec.nodes[self.node]

    def _exits(self) -> tuple[Exit, ...]:
        return (*self._place().exits, *self.spec.anywhere)

    def _leave_by(self, exit_: Exit) -> tuple[Step, ...]:
        for slot in exit_.forget:
            self.known.pop(slot, None)
        return self._go(exit_.to)

    def _go(self, target: str) -> tuple[Step, ...]:
        steps: list[Step] = []
        for _ in range(_MOST_MOVES):
            self.node = target
            steps.append(Entered(target))
            onward = self._enter(steps)
            if onward is None:
                return tuple(steps)
            for slot in onward.forget:
                self.known.pop(slot, None)
            target = onward.to
        raise FlowError(
            f"the flow goes in a circle at {target!r}: no node there waits for anything"
        )

    def _enter(self, steps: list[Step]) -> Exit | None:
        """Append the node's steps; returns the exit that is open already."""
        node = self._place()
        for slot in node.collect:
            if self.spec.slots[slot].kind is SlotKind.YES_NO:
                self.known.pop(slot, None)
        if node.say:
            steps.append(Say(self._render(node.say), node.protected))
        if node.do is not None:
            arguments = {
                name: self._argument(template) for name, template in node.do.arguments.items()
            }
            present = {name: value for name, value in arguments.items() if value is not None}
            steps.append(Do(node.do.tool, present))
            return None
        if node.transfer is not None:
            steps.append(PutThrough(node.transfer.target, node.transfer.label))
            return None
        if node.end:
            steps.append(Leave(node.end))
            return None
        onward = self._open_by_slots(node)
        if onward is None:
            steps.append(self.rest())
        return onward

    def _awaited(self, node: Node) -> str | None:
        return next((slot for slot in node.collect if slot not in self.known), None)

    def _changed(self, node: Node) -> Exit | None:
        return next((exit_ for exit_ in node.exits if exit_.event == "changed"), None)

    def _open_by_slots(self, node: Node) -> Exit | None:
        for exit_ in node.exits:
            if exit_.slots == "all" and all(slot in self.known for slot in node.collect):
                return exit_
            if isinstance(exit_.slots, dict) and all(
                slot in self.known and self.known[slot].value == value
                for slot, value in exit_.slots.items()
            ):
                return exit_
        return None

    def _argument(self, template: str) -> Any:
        """A slot's value as it is for `{slot}`; rendered text otherwise; None when unknown."""
        name = template[1:-1] if template.startswith("{") and template.endswith("}") else ""
        if name in self.spec.slots:
            known = self.known.get(name)
            return None if known is None else known.value
        return self._render(template) or None

    def _render(self, template: str) -> str:
        words = {
            "business": self.spec.business.name,
            "caller": self._around.caller,
            **dict.fromkeys(self.spec.slots, ""),
            **self._outcome,
            **{name: known.said for name, known in self.known.items()},
        }
        return " ".join(template.format_map(_Words(words)).split())


class _Words(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""
