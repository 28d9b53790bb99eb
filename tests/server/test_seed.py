"""What a store holds after its first start, and what later starts leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.agent.spec import load_spec
from server.clock import Clock
from server.config import Settings
from server.secrets import HouseSecrets
from server.seed import example_texts, house_tenant, sealed, seed_store, unsealed
from server.store.scope import Store
from tests.server.storehouse import KEY, url_of

MINE = """
agent: rooms
business: {name: Mine}
start: greet
nodes: {greet: {say: Hello from mine.}}
"""


async def seeded(store: Store, folder: Path) -> tuple[str, ...]:
    secrets = HouseSecrets.load(folder, Clock())
    return await seed_store(store, secrets, Clock(), Settings(data=folder))


async def versions(store: Store) -> dict[str, int]:
    async with store.view(await house_tenant(store)) as scope:
        return {agent.ref.agent_id: agent.ref.version for agent in await scope.agents.all()}


async def text_of(store: Store, name: str) -> str:
    async with store.view(await house_tenant(store)) as scope:
        return (await scope.agents.newest(name)).spec_yaml


async def publish(store: Store, name: str, text: str) -> None:
    async with store.scope(await house_tenant(store)) as scope:
        await scope.agents.publish(name, text)


@pytest.mark.requirement("start:seed:first-call-without-setup")
async def test_an_empty_store_can_take_a_call_afterwards(tmp_path: Path) -> None:
    async with Store.open(url_of(tmp_path), clock=Clock(), key=KEY) as store:
        names = await seeded(store, tmp_path)
        assert set(names) == set(example_texts())
        secrets = HouseSecrets.load(tmp_path, Clock())
        account = await store.system().account("twilio", secrets.twilio_account_sid)
        assert account is not None
        assert account.secret == secrets.twilio_auth_token
        route = await store.system().route(
            "twilio", "+35315550199", account_id=secrets.twilio_account_sid
        )
        assert route is not None
        assert (route.agent_id, route.version) == ("rooms", 1)
        assert load_spec(route.spec_yaml).agent == "rooms"


@pytest.mark.requirement("start:seed:keeps-what-users-changed")
async def test_later_starts_change_nothing_that_a_user_changed(tmp_path: Path) -> None:
    async with Store.open(url_of(tmp_path), clock=Clock(), key=KEY) as store:
        await seeded(store, tmp_path)
        await publish(store, "rooms", MINE)
        await publish(store, "mine", MINE.replace("rooms", "mine"))
        async with store.scope(await house_tenant(store)) as scope:
            await scope.agents.make_default("clinic")
        before = await versions(store)
        names = await seeded(store, tmp_path)
        assert await versions(store) == before
        assert "mine" in names
        assert await text_of(store, "rooms") == MINE
        async with store.view(await house_tenant(store)) as scope:
            default = [agent.ref.agent_id for agent in await scope.agents.all() if agent.is_default]
            assert default == ["clinic"]
            assert len(await scope.accounts.all()) == 1


@pytest.mark.requirement("start:seed:brings-better-examples")
async def test_an_example_that_nobody_edited_follows_its_new_text(tmp_path: Path) -> None:
    async with Store.open(url_of(tmp_path), clock=Clock(), key=KEY) as store:
        await publish(store, "rooms", sealed(MINE))
        await publish(store, "clinic", sealed(MINE).replace("Hello", "Good morning"))
        await seeded(store, tmp_path)
        assert unsealed(await text_of(store, "rooms")) == example_texts()["rooms"]
        assert "Good morning" in await text_of(store, "clinic")
        found = await versions(store)
        assert (found["rooms"], found["clinic"]) == (2, 1)


async def test_a_default_agent_of_the_users_stays_when_examples_come(tmp_path: Path) -> None:
    async with Store.open(url_of(tmp_path), clock=Clock(), key=KEY) as store:
        await publish(store, "mine", MINE.replace("rooms", "mine"))
        await seeded(store, tmp_path)
        route = await store.system().route("twilio", "+35315550199")
        assert route is not None
        assert route.agent_id == "mine"


async def test_the_demonstration_account_is_renewed_with_its_key(tmp_path: Path) -> None:
    async with Store.open(url_of(tmp_path), clock=Clock(), key=KEY) as store:
        await seeded(store, tmp_path)
    secrets = HouseSecrets.load(tmp_path, Clock())
    async with Store.open(url_of(tmp_path), clock=Clock(), key="1e" * 32) as store:
        await seeded(store, tmp_path)
        account = await store.system().account("twilio", secrets.twilio_account_sid)
        assert account is not None
        assert account.secret == secrets.twilio_auth_token


def test_the_seal_holds_only_for_its_own_text() -> None:
    assert unsealed(sealed(MINE)) == MINE
    assert unsealed(MINE) == MINE
    changed = sealed(MINE).replace("Hello", "Hi")
    assert sealed(unsealed(changed)) != changed
