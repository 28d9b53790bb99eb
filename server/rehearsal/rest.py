"""A small stand-in for the carrier's REST API: enough for a server to end or move its calls.

`POST /2010-04-01/Accounts/{AC}/Calls/{CA}.json` with `Status=completed`, `Twiml=…` or `Url=…`, as
telephony.md 1.6 describes it; a call that is over answers 404 with code 20404. It listens on
loopback and knows one account.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import orjson

__all__ = ["CallUpdate", "RestReply", "open_rest_side", "problem"]

_REQUEST_S: Final = 5.0
_LARGEST_BODY_BYTES: Final = 64 * 1024
_CALL: Final = re.compile(r"/2010-04-01/Accounts/(AC\w+)/Calls/(CA\w+)\.json")


@dataclass(frozen=True, slots=True)
class CallUpdate:
    """What the server wants of a live call."""

    call_id: str
    form: dict[str, str]


@dataclass(frozen=True, slots=True)
class RestReply:
    """Status and JSON document."""

    status: int
    document: dict[str, Any]


Update = Callable[[CallUpdate], Awaitable[RestReply]]


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    authorization: str
    body: bytes


@asynccontextmanager
async def open_rest_side(
    account_id: str, token: str, update: Update, *, port: int = 0
) -> AsyncIterator[str]:
    """Serve for as long as the context is open; yields the base URL for the server's `api_base`."""
    credentials = base64.b64encode(f"{account_id}:{token}".encode()).decode()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_REQUEST_S):
                request = await _read(reader)
                reply = await _answer(request, credentials, update)
                writer.write(_encoded(reply))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            writer.transport.abort()
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port, limit=16 * 1024)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _answer(request: _Request, credentials: str, update: Update) -> RestReply:
    if request.authorization != f"Basic {credentials}":
        return problem(401, 20003, "Authentication Error - invalid username")
    match = _CALL.fullmatch(request.path)
    if match is None or request.method != "POST":
        return problem(404, 20404, f"The requested resource {request.path} was not found")
    pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return await update(CallUpdate(match[2], dict(pairs)))


def problem(status: int, code: int, message: str) -> RestReply:
    """Twilio's error document."""
    return RestReply(
        status,
        {
            "code": code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        },
    )


async def _read(reader: asyncio.StreamReader) -> _Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    size = int(headers.get("content-length", "0"))
    if not 0 <= size <= _LARGEST_BODY_BYTES:
        raise ValueError("the body is too large")
    body = await reader.readexactly(size)
    return _Request(method, urlsplit(target).path, headers.get("authorization", ""), body)


def _encoded(reply: RestReply) -> bytes:
    body = orjson.dumps(reply.document)
    head = (
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
