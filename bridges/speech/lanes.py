"""A queue between the worker's reader and its engine threads: by rank, with second thoughts."""

from __future__ import annotations

import heapq
import itertools
import threading
from typing import Generic, TypeVar

__all__ = ["Lane"]

Job = TypeVar("Job")


class Lane(Generic[Job]):
    """Jobs wait here until a thread takes them: lowest rank first, then in order of arrival."""

    def __init__(self) -> None:
        self._jobs: dict[int, Job] = {}
        self._order: list[tuple[int, int, int]] = []
        self._arrival = itertools.count()
        self._change = threading.Condition()
        self._closed = False

    def put(self, ticket: int, job: Job, *, rank: int = 0) -> None:
        """Let a job wait under its ticket."""
        with self._change:
            self._jobs[ticket] = job
            heapq.heappush(self._order, (rank, next(self._arrival), ticket))
            self._change.notify()

    def take(self) -> tuple[int, Job] | None:
        """The next job, as soon as there is one; None when the lane is closed."""
        with self._change:
            while not (self._closed or self._jobs):
                self._change.wait()
            if self._closed:
                return None
            ticket = heapq.heappop(self._order)[2]
            # Cancelled jobs, and the first places of hastened ones, are still in the order.
            while ticket not in self._jobs:
                ticket = heapq.heappop(self._order)[2]
            return ticket, self._jobs.pop(ticket)

    def cancel(self, ticket: int) -> bool:
        """Drop a job that has not begun; whether it was still waiting."""
        with self._change:
            return self._jobs.pop(ticket, None) is not None

    def hasten(self, ticket: int) -> None:
        """Give a waiting job rank 0, behind those that have it already."""
        with self._change:
            if ticket in self._jobs:
                heapq.heappush(self._order, (0, next(self._arrival), ticket))

    def close(self) -> None:
        """Let every thread that takes go home."""
        with self._change:
            self._closed = True
            self._change.notify_all()
