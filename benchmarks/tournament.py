"""Which fights are held: rounds interleaved, so that a busy moment hits everyone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.arena import Arena, ServerFailed
from benchmarks.environments import PeerMissing
from benchmarks.fighters import Contender
from benchmarks.load import Order
from benchmarks.measures import Run

__all__ = ["LADDER", "Bout", "Results", "bouts", "climb", "fight", "play"]

LADDER: Final = (100, 200, 300, 400, 500)
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Bout:
    """One server under one load."""

    contender: Contender
    calls: int


@dataclass(slots=True)
class Results:
    """All that was measured, and what could not be."""

    runs: dict[tuple[str, int], list[Run]] = field(default_factory=lambda: defaultdict(list))
    failures: dict[str, str] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)
    """The highest number of calls of each server with nothing late, missing or lost."""

    def add(self, run: Run) -> None:
        """Keep a run."""
        self.runs[run.server, run.calls].append(run)
        if run.clean:
            self.most[run.server] = max(run.calls, self.most.get(run.server, 0))


def bouts(contenders: Iterable[Contender], calls: Sequence[int]) -> list[Bout]:
    """Every server at every number of calls that it is asked to bear, one server after another."""
    return [Bout(each, count) for count in calls for each in contenders if count <= each.most_calls]


def fight(arena: Arena, bout: Bout, seconds: float) -> Run:
    """Start a server and a provider, put the load on, and end them.

    Raises:
        PeerMissing, ServerFailed: it cannot be measured.
    """
    with (
        arena.provider() as (provider_pid, provider),
        bout.contender.enter(arena, provider) as fighter,
    ):
        return arena.load(
            Order(
                server=bout.contender.name,
                server_pid=fighter.pid,
                provider_pid=provider_pid,
                calls=bout.calls,
                seconds=seconds,
                calls_per_s=bout.contender.calls_per_s,
                socket_url=fighter.socket_url,
                url=fighter.url,
                account_id=fighter.account_id,
                auth_token=fighter.auth_token,
            )
        )


def play(
    arena: Arena, plan: Sequence[Bout], results: Results, *, rounds: int, seconds: float, tell: Tell
) -> None:
    """Hold all bouts so many times over. A server that fails once is left out from then on."""
    for number in range(rounds):
        for bout in plan:
            if bout.contender.name not in results.failures:
                tell(f"round {number + 1}/{rounds}: {bout.contender.title}, {bout.calls} calls")
                _hold(arena, bout, results, seconds)


def climb(
    arena: Arena, contender: Contender, results: Results, *, seconds: float, tell: Tell
) -> None:
    """Add calls until a server can bear no more, or the load itself cannot."""
    for calls in LADDER:
        if calls > contender.most_calls or contender.name in results.failures:
            return
        if not results.runs.get((contender.name, calls)):
            tell(f"how many: {contender.title}, {calls} calls")
            _hold(arena, Bout(contender, calls), results, seconds)
        runs = results.runs.get((contender.name, calls), [])
        if not any(run.clean for run in runs):
            return


def _hold(arena: Arena, bout: Bout, results: Results, seconds: float) -> None:
    try:
        results.add(fight(arena, bout, seconds))
    except (PeerMissing, ServerFailed) as error:
        results.failures[bout.contender.name] = str(error)
