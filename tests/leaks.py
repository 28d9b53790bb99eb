"""Which tasks a test left behind."""

from __future__ import annotations

import asyncio

__all__ = ["leaked_tasks"]

_GRACE_TURNS = 20
"""Turns of the loop for tasks that were cancelled and only have to notice it."""


async def leaked_tasks() -> list[str]:
    """The tasks that still run in this loop beside the caller, by name and coroutine."""
    own = asyncio.current_task()
    for _ in range(_GRACE_TURNS):
        left = [task for task in asyncio.all_tasks() if task is not own]
        if not left:
            return []
        await asyncio.sleep(0)
    return sorted(f"{task.get_name()} {task.get_coro()!r}" for task in left)
