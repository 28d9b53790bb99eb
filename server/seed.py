"""What an empty store begins with: an organisation, its demonstration account, the example agents.

An example is published with a last line that seals it: the digest of the text above. As long as
that line holds, nobody has edited the agent, and a later version of the product may bring a better
text for it; an agent that was edited is the user's, and is left alone.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import server
from server.clock import Clock
from server.errors import NotFound, StoreRefused
from server.secrets import HouseSecrets
from server.store.scope import Scope, Store, Tenant

if TYPE_CHECKING:
    from server.config import Settings

__all__ = ["EXAMPLES", "example_texts", "house_tenant", "sealed", "seed_store", "unsealed"]

EXAMPLES: Final = Path(server.__file__).parent / "examples"
"""Each file is named like its agent."""

_CARRIER: Final = "twilio"
_FIRST: Final = "rooms"
"""It answers every number until somebody decides otherwise."""
_ORGANIZATION: Final = ("default", "Default")
_SEAL: Final = "# shipped as it is; sha256 "


def example_texts() -> Mapping[str, str]:
    """Agent name to YAML, the one that answers first in front."""
    paths = sorted(EXAMPLES.glob("*.yaml"), key=lambda path: (path.stem != _FIRST, path.stem))
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}


def sealed(text: str) -> str:
    """The text with the line that shows that nobody has edited it."""
    body = text if text.endswith("\n") else f"{text}\n"
    return f"{body}{_SEAL}{hashlib.sha256(body.encode()).hexdigest()}\n"


def unsealed(text: str) -> str:
    """The text without that line."""
    body, mark, _ = text.rpartition(_SEAL)
    return body if mark else text


async def house_tenant(store: Store) -> Tenant:
    """The organisation that owns this installation; made when there is none."""
    known = await store.system().organizations()
    return known[0] if known else await store.system().ensure_organization(*_ORGANIZATION)


async def seed_store(
    store: Store, secrets: HouseSecrets, clock: Clock, settings: Settings
) -> tuple[str, ...]:
    """Give an empty store what a first call needs; later starts change nothing of the user's.

    Returns the names of all agents there are.

    Raises:
        StoreDown: the database does not answer now.
    """
    del clock, settings  # the store stamps its rows itself, and nothing here is configurable
    texts = await asyncio.to_thread(example_texts)
    tenant = await house_tenant(store)
    async with store.scope(tenant) as scope:
        await _demonstration_account(scope, secrets)
        await _publish_examples(scope, texts)
        return tuple(agent.ref.agent_id for agent in await scope.agents.all())


async def _demonstration_account(scope: Scope, secrets: HouseSecrets) -> None:
    """The account that `switchboard call` signs with; its secret is known, so it can be renewed."""
    account, token = secrets.twilio_account_sid, secrets.twilio_auth_token
    try:
        known = await scope.accounts.secret(_CARRIER, account)
    except (NotFound, StoreRefused):
        known = ""
    if known != token:
        await scope.accounts.put(_CARRIER, account, token)


async def _publish_examples(scope: Scope, texts: Mapping[str, str]) -> None:
    published = {agent.ref.agent_id: agent.spec_yaml for agent in await scope.agents.all()}
    for name, text in texts.items():
        newest = published.get(name)
        untouched = newest is None or newest == sealed(unsealed(newest))
        if untouched and newest != sealed(text):
            await scope.agents.publish(name, sealed(text))
    if not published and _FIRST in texts:
        await scope.agents.make_default(_FIRST)
