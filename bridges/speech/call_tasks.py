"""The tasks of one call: they end with it, whatever they were waiting for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

__all__ = ["CallTasks"]

_T = TypeVar("_T")


class CallTasks:
    """A task group that cancels what still runs when it is left, and lets the body's error pass."""

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._running: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        """Open the group."""
        await self._group.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Cancel and wait; a task that broke raises here, as in any group."""
        for task in self._running:
            task.cancel()
        await self._group.__aexit__(None, None, None)

    def create_task(
        self, work: Coroutine[Any, Any, _T], *, name: str | None = None
    ) -> asyncio.Task[_T]:
        """Start a task of this call."""
        task = self._group.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task
