"""Servers for acceptance tests, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.command import Server, one_at_a_time, running


@pytest.fixture(scope="session")
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this test run have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if hasattr(request.config, "workerinput") else base


@pytest.fixture(scope="module")
def turn(shared: Path) -> Iterator[None]:
    """This module has the machine for itself, as far as acceptance tests go."""
    with one_at_a_time(shared):
        yield


@pytest.fixture(scope="module")
def server(turn: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server with an empty store, shared by the tests of a module."""
    data: Path = tmp_path_factory.mktemp("server") / "data"
    with running(data) as started:
        yield started


def pytest_itemcollected(item: pytest.Item) -> None:
    """All of these run on one worker, one after another, and take the time that calls take."""
    item.add_marker(pytest.mark.xdist_group("acceptance"))
    item.add_marker(pytest.mark.timeout(400))
