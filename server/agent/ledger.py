"""Open tool calls and their policy: each gets exactly one result. Quiet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from bridges.port.events import ToolCall

__all__ = ["OpenCall", "Owner", "ToolLedger"]

FILLER_AFTER_S = 1.5
"""A caller who hears nothing for longer believes that the line is dead (field.md 3, pain 19)."""
DEADLINE_S = 8.0
"""Longest a working tool may take on a call; after it, it has failed (field.md 3, pain 21)."""


class Owner(StrEnum):
    """Who asked for a tool, hence who gets the result."""

    FLOW = "flow"
    MIND = "mind"


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A tool call that has no result yet."""

    call: ToolCall
    owner: Owner
    opened: float
    filler_due: float | None
    overdue: float


class ToolLedger:
    """The calls of one conversation, settled once each: by result, deadline or hang-up."""

    def __init__(self) -> None:
        self._open: dict[str, OpenCall] = {}
        self._seen: set[str] = set()

    def open(self, call: ToolCall, owner: Owner, now: float) -> OpenCall | None:
        """Enter a call; None when its id was used before (a provider repeated itself)."""
        if call.call_id in self._seen:
            return None
        self._seen.add(call.call_id)
        entry = OpenCall(call, owner, now, now + FILLER_AFTER_S, now + DEADLINE_S)
        self._open[call.call_id] = entry
        return entry

    def settle(self, call_id: str) -> OpenCall | None:
        """Close a call; None when it was settled already, and the result must be dropped."""
        return self._open.pop(call_id, None)

    def waiting(self) -> bool:
        """Whether any call is open."""
        return bool(self._open)

    def deadline(self) -> float | None:
        """When the next filler or deadline is due."""
        dues = [entry.filler_due or entry.overdue for entry in self._open.values()]
        return min(dues, default=None)

    def fillers_due(self, now: float) -> int:
        """How many calls have just become slow enough that the caller must hear something."""
        slow = [
            entry
            for entry in self._open.values()
            if entry.filler_due is not None and entry.filler_due <= now
        ]
        for entry in slow:
            self._open[entry.call.call_id] = replace(entry, filler_due=None)
        return len(slow)

    def overdue(self, now: float) -> tuple[OpenCall, ...]:
        """Calls past their deadline; they are settled by this."""
        late = tuple(entry for entry in self._open.values() if entry.overdue <= now)
        for entry in late:
            self._open.pop(entry.call.call_id)
        return late

    def abandon(self) -> tuple[OpenCall, ...]:
        """Settle everything: the caller has gone."""
        left = tuple(self._open.values())
        self._open.clear()
        return left
