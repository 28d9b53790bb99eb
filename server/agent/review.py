"""What loads and yet cannot be meant: nodes nobody reaches, exits that never open. Quiet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bridges.port.brief import ToolSpec
from server.agent.spec import AgentSpec, Exit, Node

__all__ = ["Remark", "review"]

_WORD = re.compile(r"\{(\w+)\}")
_ALWAYS = ("business", "caller")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that was probably not meant."""

    where: str
    """`nodes.NAME`, `nodes.NAME.exits.2`, `slots.NAME`."""
    problem: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


def review(spec: AgentSpec, tools: Mapping[str, ToolSpec] | None = None) -> tuple[Remark, ...]:
    """All remarks on a spec that loaded; `tools` are those that exist, None when not known."""
    return (
        *_unreached(spec),
        *(remark for name, node in spec.nodes.items() for remark in _exit_remarks(name, node)),
        *_unused_slots(spec),
        *_unknown_words(spec),
        *(_tool_remarks(spec, tools) if tools is not None else ()),
    )


def _unreached(spec: AgentSpec) -> Iterator[Remark]:
    reached: set[str] = set()
    open_now = {spec.start, *(exit_.to for exit_ in spec.anywhere)}
    while open_now:
        reached |= open_now
        onward = {exit_.to for name in open_now for exit_ in spec.nodes[name].exits}
        open_now = onward - reached
    for name in spec.nodes:
        if name not in reached:
            yield Remark(f"nodes.{name}", "no exit leads here")


def _exit_remarks(name: str, node: Node) -> Iterator[Remark]:
    keys: set[str] = set()
    for at, exit_ in enumerate(node.exits):
        problem = _never_opens(node, exit_)
        if not problem and exit_.key and exit_.key in keys:
            problem = f"is hidden: another exit of this node has the key {exit_.key}"
        keys |= {exit_.key}
        if problem:
            yield Remark(f"nodes.{name}.exits.{at}", f"the exit to {exit_.to!r} {problem}")


def _never_opens(node: Node, exit_: Exit) -> str:
    """Why, or nothing."""
    never = "never opens: "
    if node.transfer is not None or node.end:
        return never + "the node ends the call"
    if node.do is not None:
        told = exit_.event.startswith("outcome:") or exit_.event == "else"
        return "" if told else never + "the node runs a tool and leaves by its outcome"
    if exit_.event.startswith("outcome:") or exit_.event == "else":
        return never + "the node runs no tool"
    if exit_.event == "changed" and not node.change:
        return never + "the node has nothing under change"
    if exit_.event not in ("", "changed", "silence"):
        return never + f"there is no event {exit_.event!r}"
    known = {*node.collect, *node.change}
    if isinstance(exit_.slots, dict) and (strange := set(exit_.slots) - known):
        return f"waits for {sorted(strange)[0]!r}, which the node does not collect"
    return ""


def _unused_slots(spec: AgentSpec) -> Iterator[Remark]:
    used = {slot for node in spec.nodes.values() for slot in (*node.collect, *node.change)}
    for name in spec.slots:
        if name not in used:
            yield Remark(f"slots.{name}", "no node collects it")


def _unknown_words(spec: AgentSpec) -> Iterator[Remark]:
    """A `{word}` is a slot, ours, or an output of the tool that leads to the node."""
    after_tools = {
        exit_.to for node in spec.nodes.values() if node.do is not None for exit_ in node.exits
    }
    for name, node in spec.nodes.items():
        for word in _WORD.findall(node.say):
            if word not in (*spec.slots, *_ALWAYS) and name not in after_tools:
                problem = f"says {{{word}}}, which is no slot, and no tool leads here"
                yield Remark(f"nodes.{name}.say", problem)


def _tool_remarks(spec: AgentSpec, tools: Mapping[str, ToolSpec]) -> Iterator[Remark]:
    known = ", ".join(sorted(tools)) or "none"
    for name, node in spec.nodes.items():
        wanted = (*node.tools, *((node.do.tool,) if node.do is not None else ()))
        for tool in wanted:
            if tool not in tools:
                yield Remark(f"nodes.{name}", f"there is no tool {tool!r}; there are {known}")
        if node.do is not None and node.do.tool in tools:
            yield from _argument_remarks(name, node, tools[node.do.tool])


def _argument_remarks(name: str, node: Node, tool: ToolSpec) -> Iterator[Remark]:
    given = node.do.arguments if node.do is not None else {}
    for argument in given:
        if argument not in tool.parameters.get("properties", {}):
            yield Remark(f"nodes.{name}.do.with", f"{tool.name!r} takes no {argument!r}")
    for argument in tool.parameters.get("required", ()):
        if argument not in given:
            yield Remark(f"nodes.{name}.do.with", f"{tool.name!r} needs {argument!r}")
