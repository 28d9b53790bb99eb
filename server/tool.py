"""The port of tools: what an agent can do besides talking.

A tool is one plain module in `server/tools/` that satisfies `WorkingTool`: it does something, in
the call's task group, with a deadline, and gets exactly one result. Hanging up and transferring are
no tools: they are places in the flow (`end`, `transfer`), reached by exits that a mind is offered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bridges.port.brief import ToolSpec
from server.agent.business import Business
from server.store.scope import Scope

__all__ = ["CallFacts", "Outcome", "ToolContext", "WorkingTool"]


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What a tool may know of the conversation it serves."""

    call_id: str
    caller: str
    """E.164, or empty when withheld."""
    called: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a tool ended. Flows branch on `name`; models read `output`."""

    name: str
    """A stable word: `booked`, `taken`, `closed`, `not_found`."""
    output: Mapping[str, Any] = field(default_factory=dict)
    """Plain JSON values; strings that a flow reads aloud are already in the agent's language."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a working tool gets beside its arguments."""

    business: Business
    call: CallFacts
    local_now: datetime
    """Aware, in the business's time zone."""
    scope: Callable[[], AbstractAsyncContextManager[Scope]]
    """Opens the tenant's transaction."""


class WorkingTool(Protocol):
    """A tool that does something."""

    @property
    def SPEC(self) -> ToolSpec:
        """Name, description and argument schema."""

    async def run(self, arguments: Mapping[str, Any], context: ToolContext) -> Outcome:
        """Do it. Arguments were validated against the schema.

        Raises:
            ToolRefused: the request cannot be met; the text may be told to the caller.
        """
