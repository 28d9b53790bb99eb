"""The webhooks are tried behind the real door."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.server.lines.desk import Desk, open_desk


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    """A front of house on a free port."""
    async with open_desk() as opened:
        yield opened
