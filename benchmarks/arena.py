"""Sets up one fight: the server under test on its own core, provider and load on the other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.load import Order
from benchmarks.machine import Cores
from benchmarks.measures import Run

__all__ = ["ROOT", "Arena", "Fighter", "Process", "ServerFailed", "environment", "launch"]

ROOT: Final = Path(__file__).resolve().parents[1]
_ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_GRACE_S: Final = 15.0


class ServerFailed(Exception):
    """A process did not come up or did not answer; the text has the end of its log."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process of ours and the first line that it printed."""

    pid: int
    line: str


@dataclass(frozen=True, slots=True)
class Fighter:
    """A server that is up: how the load reaches it."""

    pid: int
    socket_url: str = ""
    url: str = ""
    account_id: str = ""
    auth_token: str = ""


def environment(**more: str) -> dict[str, str]:
    """The environment of every process here: one thread for linear algebra, ours to import."""
    return {
        **os.environ,
        **dict.fromkeys(_ONE_THREAD, "1"),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        **more,
    }


@contextmanager
def launch(
    command: list[str], *, core: int, log: Path, variables: dict[str, str] | None = None
) -> Iterator[Process]:
    """Start a process on a core and wait for its first line; end it when the context closes.

    Raises:
        ServerFailed: it ended instead of printing a line.
    """
    with (
        log.open("ab") as errors,
        subprocess.Popen(
            ["taskset", "--cpu-list", str(core), *command],
            cwd=ROOT,
            env=environment(**(variables or {})),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        ) as process,
    ):
        try:
            line = process.stdout.readline().decode().strip() if process.stdout else ""
            if not line:
                tail = log.read_text(encoding="utf-8", errors="replace")[-1500:]
                raise ServerFailed(f"{' '.join(command[:3])} did not start:\n{tail}")
            yield Process(process.pid, line)
        finally:
            process.terminate()
            try:
                process.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()


@dataclass(frozen=True, slots=True)
class Arena:
    """Where fights are held: the cores, and the folder for logs and servers' state."""

    cores: Cores
    folder: Path

    @contextmanager
    def provider(self) -> Iterator[tuple[int, str]]:
        """The fake provider: its process id and its address."""
        command = [sys.executable, "-m", "benchmarks.provider"]
        log = self.folder / "provider.log"
        with launch(command, core=self.cores.others, log=log) as process:
            yield process.pid, f"ws://127.0.0.1:{process.line}"

    def load(self, order: Order) -> Run:
        """Put a server under load and return what was measured.

        Raises:
            ServerFailed: the load did not come to its end.
        """
        core = str(self.cores.others)
        command = ["taskset", "--cpu-list", core, sys.executable, "-m", "benchmarks.load"]
        longest_s = order.calls / order.calls_per_s + order.seconds + 60
        try:
            done = subprocess.run(
                command,
                input=msgspec.json.encode(order) + b"\n",
                capture_output=True,
                cwd=ROOT,
                env=environment(),
                timeout=longest_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ServerFailed(f"the load took over {longest_s:.0f} s") from error
        (self.folder / "load.log").write_bytes(done.stderr)
        if done.returncode:
            raise ServerFailed(f"the load failed:\n{done.stderr.decode()[-1500:]}")
        return msgspec.json.decode(done.stdout, type=Run)
