"""What every test gets: property-test profiles, speech clips, and two guards.

A test that leaves a task behind fails. Under `CI=true` a test that would be skipped fails too,
since the machine that decides must have every part; only the speech clips, which are kept beside
the checkout and not in it, may be missing there.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from tests.leaks import leaked_tasks

ROOT = Path(__file__).resolve().parent.parent
SPEECH_CLIPS = ROOT.parent / "shared" / "audio"
CLIPS_MISSING = "the speech clips are not beside the checkout (../shared/audio/clips.json)"
UNDER_CI = os.environ.get("CI", "").lower() == "true"

# A property test's examples vary in time with the machine, so none has a deadline.
_UNTIMED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("dev", max_examples=60, **_UNTIMED)  # type: ignore[arg-type]
settings.register_profile("ci", max_examples=40, derandomize=True, **_UNTIMED)  # type: ignore[arg-type]
settings.register_profile("thorough", max_examples=2000, **_UNTIMED)  # type: ignore[arg-type]
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if UNDER_CI else "dev"))


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The folder of pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def speech_clips() -> Path:
    """The folder of recorded speech, with `clips.json` in it."""
    if not (SPEECH_CLIPS / "clips.json").is_file():
        pytest.skip(CLIPS_MISSING)
    return SPEECH_CLIPS


@pytest_asyncio.fixture
async def _no_task_left() -> AsyncIterator[None]:
    yield
    left = await leaked_tasks()
    assert not left, f"the test left tasks behind: {left}"


@pytest.fixture(autouse=True)
def _leak_guard(request: pytest.FixtureRequest) -> None:
    # Set up before every other fixture, hence torn down after all of them.
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("_no_task_left")


def _forbidden_skip(reason: str) -> bool:
    """Whether this skip may not stand on the machine that decides."""
    clips_are_absent = not (SPEECH_CLIPS / "clips.json").is_file()
    return UNDER_CI and not (clips_are_absent and CLIPS_MISSING in reason)


def _fail_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if _forbidden_skip(reason):
        report.outcome = "failed"
        report.longrepr = f"under CI=true nothing may be skipped: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that is skipped under CI."""
    report = yield
    _fail_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that is skipped as a whole under CI."""
    report = yield
    _fail_skip(report)
    return report
