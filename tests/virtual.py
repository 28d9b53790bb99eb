"""An event loop whose clock jumps: ten minutes of call in about a second, and never a wait.

When nothing is ready the clock moves straight to the next timer. When there is no timer either, the
loop raises `Stalled`, so that a hang fails at once. Sockets of the same process are served; threads
and other processes are not waited for, since they do not live in this time.

    @in_virtual_time
    async def test_a_silent_caller_is_asked_again() -> None: ...

    def test_any_interleaving(...) -> None:
        run(scenario(...))
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ParamSpec, TypeVar

from tests.leaks import leaked_tasks

__all__ = ["Stalled", "VirtualLoop", "in_virtual_time", "run"]

T = TypeVar("T")
P = ParamSpec("P")


class Stalled(RuntimeError):
    """Everything waits and nothing is scheduled: in real time this would hang for ever."""


class _JumpingSelector(selectors.BaseSelector):
    """Serves what is ready; instead of waiting, moves the clock on."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if not ready and timeout is None:
            raise Stalled(f"nothing is scheduled after {self.now_s:.3f} s of virtual time")
        if not ready and timeout is not None and timeout > 0:
            self.now_s += timeout
        return ready

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop in virtual time, which starts at 0; `loop.time()` is the clock to inject."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds of virtual time since the loop was made."""
        return self._jumping.now_s


def run(scenario: Coroutine[Any, Any, T]) -> T:
    """Run to the end in virtual time.

    Raises:
        Stalled: everything waits and nothing is scheduled.
        AssertionError: the scenario left tasks behind.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        result = runner.run(scenario)
        left = runner.run(leaked_tasks())
        assert not left, f"the test left tasks behind: {left}"
        return result


def in_virtual_time(
    test: Callable[P, Coroutine[Any, Any, None]],
) -> Callable[P, None]:
    """Make an async test a plain one that runs in virtual time (its fixtures stay plain too)."""

    @functools.wraps(test)
    def timed(*args: P.args, **kwargs: P.kwargs) -> None:
        run(test(*args, **kwargs))

    return timed
