"""The servers under test: how each is started, and where its calls go."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from benchmarks.arena import (
    ROOT,
    Arena,
    Fighter,
    Process,
    ServerFailed,
    environment,
    launch,
)
from benchmarks.environments import python_of

__all__ = ["CONTENDERS", "Contender", "House"]

_PEERS: Final = ROOT / "benchmarks" / "peers"
_AGENT: Final = ROOT / "benchmarks" / "agent" / "relay.yaml"
Enter: TypeAlias = Callable[[Arena, str], AbstractContextManager[Fighter]]
"""Starts a server against the provider at an address."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One row of the table."""

    name: str
    title: str
    enter: Enter
    calls_per_s: float
    """How fast it can be called without choking on the set-up of calls."""
    most_calls: int
    """More than this is not tried."""


class _Ready(msgspec.Struct):
    url: str


class _Secrets(msgspec.Struct):
    twilio_account_sid: str
    twilio_auth_token: str


@dataclass(frozen=True, slots=True)
class House:
    """`switchboard run` as it is shipped, with the relay for a mind, and its data folder."""

    arena: Arena
    data: Path
    provider: str

    def furnish(self) -> None:
        """Make the data folder, with the benchmark's agent answering every number.

        Raises:
            ServerFailed: the agent was refused.
        """
        done = subprocess.run(
            self._command("agents", "publish", str(_AGENT), "--default"),
            cwd=ROOT,
            env=environment(**self._variables),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServerFailed(f"the benchmark's agent was refused:\n{done.stderr.strip()}")

    def serve(self) -> AbstractContextManager[Process]:
        """Start the server; its first line says that it is ready."""
        return launch(
            self._command("run", "--port", "0"),
            core=self.arena.cores.server,
            log=self.arena.folder / "ours.log",
            variables=self._variables,
        )

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "server", *words, "--data", str(self.data), "--json"]

    @property
    def _variables(self) -> dict[str, str]:
        return {
            "SWITCHBOARD_BRIDGES__EXTRA": json.dumps({"relay": "benchmarks.relay_bridge"}),
            "SWITCHBOARD_BRIDGES__OPTIONS": json.dumps({"relay": {"url": self.provider}}),
            "SWITCHBOARD_MEDIA__CAPACITY": "1000",
            "SWITCHBOARD_LOG_LEVEL": "WARNING",
        }


@contextmanager
def _ours(arena: Arena, provider: str) -> Iterator[Fighter]:
    with tempfile.TemporaryDirectory(dir=arena.folder, ignore_cleanup_errors=True) as folder:
        house = House(arena, Path(folder, "data"), provider)
        house.furnish()
        with house.serve() as process:
            ready = msgspec.json.decode(process.line, type=_Ready)
            kept = (house.data / "secrets.json").read_bytes()
            secrets = msgspec.json.decode(kept, type=_Secrets)
            yield Fighter(
                process.pid,
                url=ready.url,
                account_id=secrets.twilio_account_sid,
                auth_token=secrets.twilio_auth_token,
            )


@contextmanager
def _floor(arena: Arena, provider: str) -> Iterator[Fighter]:
    command = [sys.executable, "-m", "benchmarks.floor", provider]
    log = arena.folder / "floor.log"
    with launch(command, core=arena.cores.server, log=log) as process:
        yield Fighter(process.pid, socket_url=f"ws://127.0.0.1:{process.line}/")


def _pipecat(mode: str) -> Enter:
    @contextmanager
    def enter(arena: Arena, provider: str) -> Iterator[Fighter]:
        script = str(_PEERS / "pipecat_server.py")
        command = [str(python_of("pipecat")), script, f"{provider}/v1/realtime", mode]
        with _peer(arena, command, "pipecat") as fighter:
            yield fighter

    return enter


@contextmanager
def _livekit(arena: Arena, provider: str) -> Iterator[Fighter]:
    script = str(_PEERS / "livekit_server.py")
    command = [str(python_of("livekit")), script, f"{provider}/v1"]
    with _peer(arena, command, "livekit") as fighter:
        yield fighter


@contextmanager
def _peer(arena: Arena, command: list[str], name: str) -> Iterator[Fighter]:
    log = arena.folder / f"{name}.log"
    with launch(command, core=arena.cores.server, log=log) as process:
        if not process.line.isdigit():
            raise ServerFailed(f"{name} printed {process.line!r} where its port was expected")
        yield Fighter(process.pid, socket_url=f"ws://127.0.0.1:{process.line}/ws")


CONTENDERS: Final = (
    Contender("ours", "Switchboard, everything on", _ours, 60, 600),
    Contender("floor", "bare relay: picows, stacked Silero", _floor, 100, 600),
    Contender("livekit", "LiveKit Agents 1.8.9, provider's VAD", _livekit, 10, 100),
    Contender("pipecat", "Pipecat 1.14 at 8 kHz, provider's VAD", _pipecat("provider"), 8, 100),
    Contender(
        "pipecat-default",
        "Pipecat 1.14 at its default rates, provider's VAD",
        _pipecat("default"),
        8,
        100,
    ),
    Contender("pipecat-vad", "Pipecat 1.14 at 8 kHz, local Silero", _pipecat("vad"), 6, 30),
)
