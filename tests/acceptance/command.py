"""The command `switchboard`, run as a user runs it: a server in a process, other commands beside.

Acceptance tests start real servers on a machine of few cores, so only one of them has its turn at a
time, across the test run's workers: `one_at_a_time`.
"""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from server.rehearsal.office import Target

__all__ = ["MONDAY_NINE", "Printed", "Server", "one_at_a_time", "running", "switchboard"]

ROOT = Path(__file__).resolve().parents[2]
MONDAY_NINE = "2026-11-23T09:00:00"
"""The instant that rehearsed servers show: a Monday morning, winter time in Dublin."""
_READY_S = 90.0
_LAST_S = 45.0
"""Longest that a server may take to stop, a live call included."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What a command left behind."""

    code: int
    document: Any
    """Its JSON; None when it printed none."""
    errors: str


def switchboard(*arguments: str, timeout_s: float = 120.0) -> Printed:
    """Run a command with `--json` to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "server", *arguments, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    document = json.loads(done.stdout) if done.stdout.strip() else None
    return Printed(done.returncode, document, done.stderr)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is running in a process of its own."""

    url: str
    data: Path
    process: subprocess.Popen[str] = field(repr=False)

    def target(self) -> Target:
        """How the carrier in a box reaches it."""
        secrets = json.loads((self.data / "secrets.json").read_text(encoding="utf-8"))
        return Target(
            self.url,
            secrets["twilio_account_sid"],
            secrets["twilio_auth_token"],
            api_token=secrets["api_token"],
        )

    def call(self, *arguments: str) -> Printed:
        """`switchboard call` to it."""
        return switchboard("call", "--url", self.url, "--data", str(self.data), *arguments)

    def shown(self, reference: str = "last") -> Mapping[str, Any]:
        """`switchboard calls show`."""
        printed = switchboard("calls", "show", reference, "--data", str(self.data))
        assert printed.code == 0, printed.errors
        shown: Mapping[str, Any] = printed.document
        return shown

    def counted(self, name: str, **labels: str) -> float:
        """The sum of a counter's samples that have these labels."""
        text = httpx.get(f"{self.url}/metrics", timeout=10.0).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def ready(self) -> bool:
        """Whether it takes calls now."""
        return httpx.get(f"{self.url}/ready", timeout=10.0).status_code == 200

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(_LAST_S)

    def stop(self) -> int:
        """Ask it to stop; returns its exit code when it has."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_LAST_S)


@contextmanager
def running(data: Path) -> Iterator[Server]:
    """A server on that data folder, until the block ends."""
    log = data.with_suffix(".log")
    command = [sys.executable, "-m", "server", "run", "--port", "0", "--data", str(data)]
    with log.open("a", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [*command, "--pretend-now", MONDAY_NINE, "--json"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    impatience = threading.Timer(_READY_S, process.kill)
    impatience.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        impatience.cancel()
        assert line, f"the server did not start: {log.read_text(encoding='utf-8')[-2000:]}"
        yield Server(json.loads(line)["url"], data, process)
    finally:
        impatience.cancel()
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_LAST_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(_LAST_S)
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def one_at_a_time(base: Path) -> Iterator[None]:
    """Wait until no other acceptance test runs; `base` is the folder that the workers share."""
    with (base / "acceptance.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
