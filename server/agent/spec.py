"""What an agent's YAML says: a flow of nodes, the slots it fills, the business it serves. Quiet.

An agent is a flow. One that is only a prompt is a flow of one node without exits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bridges.port.brief import SlotKind
from server.agent.business import Business
from server.agent.errors import SpecError

__all__ = ["AgentSpec", "Exit", "Node", "SlotSpec", "ToolStep", "TransferTarget", "load_spec"]


# The parser in C takes 7 ms for an agent, the one in Python 35; some platforms have only that.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SlotSpec(_Part):
    """One thing that can be learned from the caller."""

    kind: SlotKind
    ask: tuple[str, ...] = ()
    """First wording, then other ones for when it was not understood."""
    options: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """CHOICE only: key to the ways callers say it. `services` makes them of the business's list."""
    services: bool = False
    """CHOICE only: the options are the services of the business."""


class ToolStep(_Part):
    """A tool that the flow itself runs on entering a node."""

    tool: str
    arguments: dict[str, str] = Field(default_factory=dict, alias="with")
    """Argument to template: `{day}` is the slot's value, anything else is taken as it stands."""


class TransferTarget(_Part):
    """Where a caller is put through to."""

    target: str
    label: str
    """As it is said: `the front desk`."""


class Exit(_Part):
    """A way out of a node. Exactly one of `when`, `slots`, `event` opens it; `key` may too."""

    to: str
    when: str = ""
    """By meaning: offered to the mind as a tool with this description."""
    examples: tuple[str, ...] = ()
    """Things callers say for it."""
    slots: dict[str, Any] | Literal["all"] | None = None
    """By what is known: `all` required slots of the node, or slot to value."""
    event: str = ""
    """By what happened: `outcome:NAME`, `else` (any other outcome), `changed` (a slot of `change`),
    `silence`."""
    key: str = Field(default="", pattern="^[0-9*#]?$")
    """By this key."""
    label: str = ""
    """How the key is offered: `to leave a message`."""
    forget: tuple[str, ...] = ()
    """Slots to ask again."""

    @model_validator(mode="after")
    def _one_condition(self) -> Exit:
        conditions = [bool(self.when), self.slots is not None, bool(self.event)]
        if sum(conditions) > 1 or not (any(conditions) or self.key):
            raise ValueError(f"the exit to {self.to!r} needs one of when, slots, event (or a key)")
        return self


class Node(_Part):
    """A place in the conversation."""

    say: str = ""
    """Spoken word for word on entering."""
    protected: bool = False
    """Whether `say` cannot be interrupted."""
    instructions: str = ""
    """For a model: what to do here."""
    collect: tuple[str, ...] = ()
    """Slots to fill here, in the order in which they are asked."""
    change: tuple[str, ...] = ()
    """Slots that may be corrected here."""
    tools: tuple[str, ...] = ()
    """Working tools that the mind may use here."""
    do: ToolStep | None = None
    exits: tuple[Exit, ...] = ()
    transfer: TransferTarget | None = None
    end: str = ""
    """Ends the call with this disposition once `say` was heard."""


class AgentSpec(_Part):
    """A whole agent, immutable during a call."""

    agent: str = Field(pattern="^[a-z][a-z0-9_-]*$")
    """Its name in paths and commands."""
    language: str = "en"
    voice: str = ""
    bridges: tuple[str, ...] = ("local",)
    """Minds in the order in which they are tried."""
    business: Business
    instructions: str = ""
    """For a model: who it is and how it behaves, everywhere."""
    disclosure: str = ""
    """Said first and not to be interrupted: that this is a machine, and that it records."""
    slots: dict[str, SlotSpec] = Field(default_factory=dict)
    start: str
    nodes: dict[str, Node] = Field(min_length=1)
    anywhere: tuple[Exit, ...] = ()
    """Exits that are open in every node that talks."""
    repair: tuple[str, ...] = ()
    """What to say when nothing was understood."""
    silence: tuple[str, ...] = ()
    """What to say when the caller says nothing: first, second time, and before hanging up."""
    max_minutes: float = Field(default=30, gt=0)

    @model_validator(mode="after")
    def _holds_together(self) -> AgentSpec:
        problems = list(_problems(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self


def load_spec(text: str, source: str = "agent") -> AgentSpec:
    """Read an agent from YAML.

    Raises:
        SpecError: with `source`, the place in the document, and what to write instead.
    """
    try:
        document = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "the document"
        raise SpecError(source, where, getattr(error, "problem", None) or "is not YAML") from None
    if not isinstance(document, dict):
        raise SpecError(source, "the document", "must be a mapping that begins with `agent: name`")
    try:
        return AgentSpec.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise SpecError(source, where, first["msg"].removeprefix("Value error, ")) from None


def _problems(spec: AgentSpec) -> Iterator[str]:
    if spec.start not in spec.nodes:
        yield f"start names {spec.start!r}, which is no node; nodes are {', '.join(spec.nodes)}"
    for name, node in spec.nodes.items():
        yield from _node_problems(spec, name, node)
    for slot, slot_spec in spec.slots.items():
        if slot_spec.kind is SlotKind.CHOICE and not (slot_spec.options or slot_spec.services):
            yield f"slot {slot!r} is a choice without options (or `services: true`)"
    for exit_ in spec.anywhere:
        if exit_.to not in spec.nodes:
            yield f"an exit under anywhere goes to {exit_.to!r}, which is no node"


def _node_problems(spec: AgentSpec, name: str, node: Node) -> Iterator[str]:
    for slot in (*node.collect, *node.change):
        if slot not in spec.slots:
            yield f"node {name!r} uses the slot {slot!r}, which is not under slots"
    for slot in node.collect:
        if slot in spec.slots and not spec.slots[slot].ask and not node.say:
            yield f"node {name!r} collects {slot!r}, which has no `ask` and the node has no `say`"
    for exit_ in node.exits:
        if exit_.to not in spec.nodes:
            yield f"node {name!r} has an exit to {exit_.to!r}, which is no node"
        for slot in exit_.forget:
            if slot not in spec.slots:
                yield f"node {name!r} forgets {slot!r}, which is not under slots"
    if node.do is not None and not any(exit_.event == "else" for exit_ in node.exits):
        yield f"node {name!r} runs {node.do.tool!r} and needs an exit with `event: else`"
