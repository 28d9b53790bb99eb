"""The house style holds everywhere; each gate is shown to close on a planted violation.

A rule may be broken where `EXCEPTIONS` says so, with the reason; an exception that is no longer
needed fails too.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.gates import conduct, sizes, text
from tests.gates.source import ROOMS, Finding, Module, parse, project_modules

EXCEPTIONS: dict[str, str] = {
    "class-attributes server/agent/spec.py::AgentSpec": (
        "it mirrors the agent's YAML, whose keys are flat so that its author need not nest"
    ),
}
"""`gate path::qualified.name` and why the rule is broken there."""

Gate = Callable[[Module], Iterable[Finding]]


def inheritance(module: Module) -> Iterator[Finding]:
    """The gate on inheritance for one module alone."""
    return sizes.inheritance_depth([module])


def long_function(lines: int) -> str:
    """A function of exactly so many lines."""
    return "def long():\n" + "    go()\n" * (lines - 1)


def class_with(count: int, member: str) -> str:
    """A class with so many members."""
    return "class Wide:\n" + "".join(f"    {member.format(number)}\n" for number in range(count))


PLANTED: dict[str, tuple[Gate, str, str, str]] = {
    # name: gate, path, a text that breaks the rule, a text next to it that keeps it
    "function-length": (
        sizes.function_length, "media/x.py", long_function(61), long_function(60),
    ),
    "module-length": (sizes.module_length, "media/x.py", "go()\n" * 401, "go()\n" * 400),
    "class-attributes": (
        sizes.class_attributes, "media/x.py",
        class_with(13, "a{}: int"), class_with(12, "a{}: int"),
    ),
    "class-attributes-on-self": (
        sizes.class_attributes, "media/x.py",
        class_with(13, "def m{0}(self): self.a{0} = 1"),
        class_with(12, "def m{0}(self): self.a{0} = 1"),
    ),
    "class-methods": (
        sizes.class_methods, "media/x.py",
        class_with(16, "def m{}(self): go()"), class_with(15, "def m{}(self): go()"),
    ),
    "argument-count": (
        sizes.argument_count, "media/x.py",
        "def f(a, b, c, d, e): go()", "class A:\n    def f(self, a, b, c, d, *, e): go()",
    ),
    "nesting": (
        sizes.nesting_depth, "media/x.py",
        "def f():\n if a:\n  for b in c:\n   with d:\n    while e: go()",
        "def f():\n if a: go()\n else:\n  try:\n   with b:\n    for c in d: go()\n  finally: go()",
    ),
    "inheritance": (
        inheritance, "media/x.py",
        "class A(Other): ...\nclass B(A): ...",
        "class P(Protocol): ...\nclass Q(P): ...\nclass R(Q): ...\nclass A: ...\nclass B(A): ...",
    ),
    "clock-imported": (
        conduct.clocks_and_chance, "media/x.py",
        "import time", "from server.clock import monotonic",
    ),
    "clock-wall": (
        conduct.clocks_and_chance, "server/api/x.py",
        "from datetime import datetime\ndatetime.now(UTC)", "def f(now): return now",
    ),
    "clock-chance": (
        conduct.clocks_and_chance, "server/api/x.py",
        "from uuid import uuid4", "from uuid import UUID",
    ),
    "clock-numpy": (
        conduct.clocks_and_chance, "server/api/x.py",
        "np.random.default_rng()", "np.random.default_rng(seed)",
    ),
    "sleep": (
        conduct.test_sleeps, "tests/test_x.py",
        "async def f(): await asyncio.sleep(0.1)", "async def f(): await asyncio.sleep(0)",
    ),
    "mock": (conduct.mocks, "tests/test_x.py", "from unittest import mock", "import unittest"),
    "mock-by-patching": (
        conduct.mocks, "tests/test_x.py",
        "def test_x(monkeypatch): monkeypatch.setattr(a, 'b', 1)",
        "def test_x(monkeypatch): monkeypatch.setenv('A', 'b')",
    ),
    "tenant": (
        conduct.tenants, "server/api/x.py",
        "def f(*, organization_id): go()", "def f(scope): go()",
    ),
    "swallowed": (
        conduct.swallowed_errors, "media/x.py",
        "try: go()\nexcept ValueError: pass", "try: go()\nexcept ValueError: stop()",
    ),
    "swallowed-by-suppress": (
        conduct.swallowed_errors, "media/x.py",
        "with contextlib.suppress(Exception): go()", "with contextlib.suppress(OSError): go()",
    ),
    "swallowed-cancellation": (
        conduct.swallowed_errors, "server/x.py",
        "try: go()\nexcept asyncio.CancelledError: stop()",
        "try: go()\nexcept asyncio.CancelledError:\n stop()\n raise",
    ),
    "docstring": (conduct.docstrings, "media/x.py", "go()", '"""The one job."""'),
    "inner-import": (
        conduct.inner_imports, "server/x.py",
        "def f():\n    import openai",
        "def f():\n    # Heavy, and optional.\n    import openai\n    from openai import types",
    ),
    "module-state": (conduct.module_state, "server/x.py", "calls = {}", "CALLS = {}"),
    "module-state-global": (
        conduct.module_state, "server/x.py", "def f():\n    global calls", "def f(calls): go()",
    ),
    "name": (conduct.names, "server/x.py", "class CallManager: ...", "class Switch: ..."),
    "unfinished": (
        conduct.unfinished_work, "server/x.py", "go()  # TO" + "DO later\n", "go()  # to do it\n",
    ),
}  # fmt: skip

GATES: list[Gate] = list(dict.fromkeys(gate for gate, *_ in PLANTED.values()))


@pytest.fixture(scope="module")
def findings(project_root: Path) -> list[Finding]:
    """Everything in the project that breaks a rule, exceptions included."""
    modules = project_modules(project_root)
    found = [finding for module in modules for gate in GATES for finding in gate(module)]
    # Over the project as a whole a class may inherit from another file's.
    found = [finding for finding in found if finding.gate != "inheritance"]
    return found + list(sizes.inheritance_depth(modules))


def key(finding: Finding) -> str:
    """How `EXCEPTIONS` names a finding."""
    return f"{finding.gate} {finding.place}"


@pytest.mark.requirement("house:style:gates-hold")
def test_no_file_breaks_the_house_style(findings: list[Finding]) -> None:
    broken = [str(finding) for finding in findings if key(finding) not in EXCEPTIONS]
    assert not broken, "\n" + "\n".join(broken)


def test_every_exception_is_still_needed(findings: list[Finding]) -> None:
    needless = EXCEPTIONS.keys() - {key(finding) for finding in findings}
    assert not needless
    assert all(reason.strip() for reason in EXCEPTIONS.values())


@pytest.mark.requirement("house:style:gates-close")
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_is_found(name: str) -> None:
    gate, path, breaks, keeps = PLANTED[name]
    assert list(gate(parse(path, breaks)))
    assert not list(gate(parse(path, keeps)))


@pytest.mark.requirement("house:text:no-machine-named")
def test_no_file_names_a_machine_or_a_registry(project_root: Path) -> None:
    found: list[str] = []
    for path in text.text_files(project_root):
        try:
            content = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        name = path.relative_to(project_root).as_posix()
        found += [str(finding) for finding in text.foreign_text(name, content)]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("docs/a.md", "run it in /" + "work/main"),
        ("docs/a.md", "from py" + "pi.org"),
        ("requirements.lock", "--index-url https" + "://somewhere"),
    ],
)
def test_a_planted_foreign_name_is_found(name: str, line: str) -> None:
    assert list(text.foreign_text(name, line))
    assert not list(text.foreign_text(name, "as in ../network/roots and https"))


# --- imports --------------------------------------------------------------------------------------


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the import contracts of the project that stands at `root`."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(
        command, cwd=root, capture_output=True, text=True, timeout=110, check=False
    )


@pytest.mark.requirement("house:imports:contracts-kept")
def test_the_import_contracts_are_kept(project_root: Path) -> None:
    finished = lint_imports(project_root)
    assert finished.returncode == 0, finished.stdout


@pytest.mark.requirement("house:imports:contracts-close")
@pytest.mark.parametrize(
    ("path", "line", "chain"),
    [
        ("media/turns.py", "import asyncio", "media.turns -> asyncio"),
        ("media/turns.py", "import server.clock", "media.turns -> server.clock"),
        ("server/agent/flow.py", "import time", "server.agent.flow -> time"),
        ("server/agent/flow.py", "import bridges.gemini", "server.agent.flow -> bridges.gemini"),
        ("server/agent/flow.py", "import media.carriers", "server.agent.flow -> media.carriers"),
        ("bridges/port/events.py", "import socket", "bridges.port.events -> socket"),
        ("bridges/gemini.py", "import sqlalchemy", "bridges.gemini -> sqlalchemy"),
        ("server/calls/session.py", "import httpx", "server.calls.session -> httpx"),
        ("scheduler/gate.py", "import random", "scheduler.gate -> random"),
        ("server/calls/session.py", "import server.api", "server.calls.session -> server.api"),
        ("server/calls/session.py", "import fastapi", "server.calls.session -> fastapi"),
        ("server/clock.py", "import mcp_servers", "server.clock -> mcp_servers"),
        ("mcp_servers/mail.py", "import server.clock", "mcp_servers.mail -> server.clock"),
    ],
)
def test_a_planted_import_is_reported(
    tmp_path: Path, project_root: Path, path: str, line: str, chain: str
) -> None:
    shutil.copy(project_root / "pyproject.toml", tmp_path)
    for package in (*ROOMS, *SKELETON):
        folder = tmp_path / package
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").touch()
    for module in ("bridges/gemini.py", "server/clock.py", "server/main.py"):
        (tmp_path / module).touch()
    clean = (tmp_path / path).parent
    clean.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(line + "\n", encoding="utf-8")
    finished = lint_imports(tmp_path)
    assert finished.returncode == 1, finished.stdout
    assert chain in finished.stdout


SKELETON = (
    "media/carriers", "bridges/port", "server/agent", "server/api", "server/calls",
    "server/channels", "server/commands", "server/lines", "server/rehearsal", "server/store",
    "server/tools",
)  # fmt: skip


@pytest.mark.requirement("house:packages:not-shadowed")
@pytest.mark.parametrize("room", ROOMS)
def test_no_stranger_shadows_a_room(room: str, project_root: Path) -> None:
    found = importlib.util.find_spec(room)
    assert found is not None
    assert found.origin == str(project_root / room / "__init__.py")
