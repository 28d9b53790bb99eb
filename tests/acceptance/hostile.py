"""Ten kinds of connection that nobody should have to answer, as attackers and accidents make them.

Each kind returns nothing: what became of it is read from the server's own counters.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.clock import Clock
from server.rehearsal import twiml
from server.rehearsal.fields import Numbers, voice_fields
from server.rehearsal.messages import CONNECTED, StreamIds, StreamMessages
from server.rehearsal.office import Office

__all__ = ["KINDS", "Attack"]

_NUMBERS: Final = Numbers("+14155550177", "+14155550101")
_WAIT_S: Final = 20.0
Attack: TypeAlias = Callable[[Office], Awaitable[None]]


def _ids(office: Office) -> StreamIds:
    clock = Clock()
    return StreamIds(office.target.account_id, "CA" + clock.uuid(), "MZ" + clock.uuid())


async def _post(office: Office, form: Mapping[str, str], signature: str) -> None:
    url = office.target.url + office.target.voice_path
    async with httpx.AsyncClient(timeout=_WAIT_S) as client:
        await client.post(url, data=dict(form), headers={"X-Twilio-Signature": signature})


async def _stream_of(office: Office, ids: StreamIds) -> str:
    """The address of the stream of a call that is answered."""
    url = office.target.url + office.target.voice_path
    verbs, _ = twiml.read(await office.ask(url, voice_fields(ids, _NUMBERS, "ringing")), url)
    stream = verbs[0]
    assert isinstance(stream, twiml.Connect)
    return stream.url


async def _open(office: Office, url: str, *, signed_for: str | None = None) -> ClientConnection:
    headers = office.handshake_headers(signed_for or url)
    return await connect(url, additional_headers=headers, open_timeout=_WAIT_S)


async def _until_closed(socket: ClientConnection) -> None:
    async with asyncio.timeout(_WAIT_S):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.recv()


async def forged_webhook(office: Office) -> None:
    """A ringing call that nobody signed."""
    await _post(office, voice_fields(_ids(office), _NUMBERS, "ringing"), "Zm9yZ2Vk")


async def stranger(office: Office) -> None:
    """A call of an account that nobody knows."""
    form = {**voice_fields(_ids(office), _NUMBERS, "ringing"), "AccountSid": "AC" + "f" * 32}
    await _post(office, form, "Zm9yZ2Vk")


async def flood(office: Office) -> None:
    """A form of a megabyte."""
    await _post(office, {"Body": "x" * 1_000_000}, "Zm9yZ2Vk")


async def invented_token(office: Office) -> None:
    """A stream that no call was answered for."""
    base = office.target.url.replace("http", "ws", 1)
    with contextlib.suppress(InvalidStatus):
        await _open(office, f"{base}/ws/stream/twilio/{'x' * 32}")


async def forged_handshake(office: Office) -> None:
    """A stream with a token that is good and a signature that is not."""
    url = await _stream_of(office, _ids(office))
    with contextlib.suppress(InvalidStatus):
        await _open(office, url, signed_for=url + "/other")


async def replay(office: Office) -> None:
    """A token that was used already."""
    url = await _stream_of(office, _ids(office))
    first = await _open(office, url)
    try:
        with contextlib.suppress(InvalidStatus):
            await _open(office, url)
    finally:
        await first.close()


async def early_sound(office: Office) -> None:
    """Sound before the stream has begun."""
    ids = _ids(office)
    socket = await _open(office, await _stream_of(office, ids))
    await socket.send(StreamMessages(ids).media(1, b"\xff" * 160).decode())
    await _until_closed(socket)


async def huge_frame(office: Office) -> None:
    """A message of a megabyte."""
    socket = await _open(office, await _stream_of(office, _ids(office)))
    with contextlib.suppress(ConnectionClosed):
        await socket.send(json.dumps({"event": "connected", "filler": "x" * 1_000_000}))
    await _until_closed(socket)


async def nonsense(office: Office) -> None:
    """A stream that begins well and goes on with noise."""
    ids = _ids(office)
    socket = await _open(office, await _stream_of(office, ids))
    await socket.send(CONNECTED.decode())
    await socket.send('{"event":"start","start":[1,2,3]}')
    await _until_closed(socket)


async def slow_loris(office: Office) -> None:
    """A request that never comes to its end."""
    place = urlsplit(office.target.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        writer.write(b"POST /webhook/twilio/voice HTTP/1.1\r\nHost: here\r\nX-Slow: ")
        async with asyncio.timeout(_WAIT_S):
            await reader.read()
    finally:
        writer.close()


KINDS: Final[Mapping[Attack, tuple[str, str]]] = MappingProxyType(
    {
        forged_webhook: ("webhook", "bad_signature"),
        stranger: ("webhook", "unknown_account"),
        flood: ("webhook", "too_large"),
        invented_token: ("stream", "unknown_token"),
        forged_handshake: ("stream", "bad_signature"),
        replay: ("stream", "used_token"),
        early_sound: ("wire", "out_of_order"),
        huge_frame: ("wire", "oversized"),
        nonsense: ("wire", "malformed"),
        slow_loris: ("door", "head_too_slow"),
    }
)
"""Each kind, and where and under which word its refusal is counted."""
