"""The composition root: settings in, a running server out."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop
from fastapi import FastAPI

from bridges.port.errors import BridgeError
from server.api.app import Health, make_app
from server.api.calls import call_routes
from server.api.deps import BearerTokens
from server.api.streams import Reservations, StreamDependencies, media_acceptor
from server.api.webhooks import WebhookDependencies, webhook_routes
from server.calls.house import House
from server.calls.inbound import FrontDesk
from server.calls.journal import Journal
from server.calls.live import LiveCalls
from server.calls.recording import repair_recording
from server.calls.recovery import recover
from server.calls.shipper import Shipper
from server.clock import Clock
from server.errors import AppError
from server.lines.door import AcceptMedia, DoorFailed, open_door
from server.log import set_up_logging
from server.opening import open_house
from server.secrets import HouseSecrets
from server.seed import seed_store
from server.store.scope import Store

if TYPE_CHECKING:
    from server.config import Settings

__all__ = ["Ready", "StartFailed", "serve", "serve_forever"]

_DRAIN_S = 600.0
"""Longest that live calls may go on after SIGTERM."""
_LAST_WORDS_S = 2.0
"""How long the door stays open for what carriers tell of the last call."""


class StartFailed(Exception):
    """The server cannot start; the text says what is wrong and how to mend it."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The server can be called."""

    url: str
    data: Path
    agents: tuple[str, ...]


def serve_forever(settings: Settings, ready: Callable[[Ready], None]) -> None:
    """Run until SIGINT or SIGTERM, then let live calls finish.

    Raises:
        StartFailed: it could not start.
    """

    async def until_signal() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await serve(settings, ready, stop)

    try:
        set_up_logging(settings.log_level)
        uvloop.run(until_signal())
    except (AppError, BridgeError, DoorFailed, ValueError) as error:
        raise StartFailed(str(error)) from error
    except OSError as error:
        where = f"{settings.api.host}:{settings.api.port}"
        raise StartFailed(f"cannot listen on {where} or write {settings.data}: {error}") from error


async def serve(settings: Settings, ready: Callable[[Ready], None], stop: asyncio.Event) -> None:
    """Run until `stop` is set, drain, and close in order.

    Raises:
        AppError, BridgeError, DoorFailed, OSError, ValueError: it cannot start.
    """
    clock = Clock(settings.pretend_now)
    secrets = HouseSecrets.load(settings.data, clock)
    async with AsyncExitStack() as stack:
        database = settings.store.database_url.get_secret_value()
        key = settings.store.key.get_secret_value() or secrets.store_key
        store = await stack.enter_async_context(
            Store.open(
                database or f"sqlite:///{settings.data}/switchboard.db", clock=clock, key=key
            )
        )
        agents = await seed_store(store, secrets, clock, settings)
        journals = settings.data / "journal"
        await recover(journals, store, data=settings.data, repair=repair_recording)
        journal = Journal(journals, clock.uuid())
        shipper = await stack.enter_async_context(_shipping(journal, store))
        house = await stack.enter_async_context(open_house(settings, clock, store, journal))
        live = await stack.enter_async_context(LiveCalls(house))
        host = settings.api.host
        # Signatures are made over the public address, so the port is settled before it is opened.
        port = settings.api.port or _free_port(host)
        url = f"http://{host}:{port}"
        app, accept = await _face(settings, secrets, house, live, shipper=shipper, url=url)
        door = await stack.enter_async_context(
            open_door(app, accept, host=host, port=port, metrics=house.metrics)
        )
        # What is alive now stays: the collector need not look at it during calls.
        gc.collect()
        gc.freeze()
        ready(Ready(url, settings.data, agents))
        await door.serve_until(stop)
        if len(live):
            await live.drain(_DRAIN_S)
            # A carrier asks once more what comes after a stream, and is told that nothing does.
            await asyncio.sleep(_LAST_WORDS_S)


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


@asynccontextmanager
async def _shipping(journal: Journal, store: Store) -> AsyncIterator[Shipper]:
    """What is written down goes to the store, to the last fact."""
    shipper = Shipper(journal, store)
    async with asyncio.TaskGroup() as tasks:
        shipping = tasks.create_task(shipper.run())
        try:
            yield shipper
        finally:
            shipping.cancel()
    await shipper.finish()


async def _face(
    settings: Settings,
    secrets: HouseSecrets,
    house: House,
    live: LiveCalls,
    *,
    shipper: Shipper,
    url: str,
) -> tuple[FastAPI, AcceptMedia]:
    """What the outside sees: the HTTP application and who decides on media handshakes."""
    public_url = (settings.api.public_url or url).rstrip("/")
    desk = FrontDesk(house, live, demonstration=secrets.twilio_account_sid)
    reservations = Reservations(house.clock.token)
    owner = (await house.store.system().organizations())[0]
    given = settings.api.token.get_secret_value()
    tokens = BearerTokens(
        tuple((token, owner) for token in (given or secrets.api_token, secrets.twilio_auth_token))
    )
    webhooks = WebhookDependencies(
        carriers=house.network.carriers,
        accounts=desk,
        reception=desk,
        reservations=reservations,
        public_url=public_url,
        metrics=house.metrics,
        monotonic=house.clock.monotonic,
    )
    streams = StreamDependencies(
        carriers=house.network.carriers,
        reservations=reservations,
        pick_up=live.pick_up,
        public_url=public_url,
        metrics=house.metrics,
        monotonic=house.clock.monotonic,
    )

    def health() -> Health:
        waiting = ("the store does not answer",) if shipper.failing else ()
        return Health(not live.full, len(live), house.media.capacity, shipper.backlog(), waiting)

    routers = (webhook_routes(webhooks), call_routes(house.store, tokens.prove, settings.data))
    return make_app(routers, health, house.metrics), media_acceptor(streams)
