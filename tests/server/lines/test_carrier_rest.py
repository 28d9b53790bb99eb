"""REST requests carried out against a small server that answers as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from media.carrier import Account
from media.carriers import twilio
from media.http import HttpRequest
from server.lines.carrier_rest import CarrierRest, CarrierRestFailed, open_carrier_rest


@dataclass
class Exchange:
    """Answers in turn, the last one for good; keeps what was asked."""

    answers: list[tuple[int, bytes]]
    asked: list[httpx.Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        status, body = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if status == 0:
            raise httpx.ConnectError("nobody there")
        return httpx.Response(status, content=body)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


ACCOUNT = Account("AC1", "secret", "http://127.0.0.1:1")


@asynccontextmanager
async def rest(exchange: Exchange) -> AsyncGenerator[CarrierRest]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(exchange)) as client:
        yield CarrierRest(client, failures=httpx.HTTPError, pause=exchange.pause)


async def test_a_call_is_hung_up_by_one_signed_form() -> None:
    exchange = Exchange([(200, b"{}")])
    async with rest(exchange) as carrier_rest:
        await carrier_rest.hang_up(twilio, "CA1", ACCOUNT)
    (asked,) = exchange.asked
    assert str(asked.url) == "http://127.0.0.1:1/2010-04-01/Accounts/AC1/Calls/CA1.json"
    assert asked.content == b"Status=completed"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["authorization"].startswith("Basic ")


@pytest.mark.requirement("twilio:hang-up:already-gone")
async def test_a_call_that_had_ended_is_done_at_once() -> None:
    exchange = Exchange([(404, b'{"code": 20404}')])
    async with rest(exchange) as carrier_rest:
        await carrier_rest.hang_up(twilio, "CA1", ACCOUNT)
    assert len(exchange.asked) == 1


async def test_a_carrier_in_trouble_is_asked_again() -> None:
    exchange = Exchange([(429, b""), (0, b""), (200, b"{}")])
    async with rest(exchange) as carrier_rest:
        await carrier_rest.hang_up(twilio, "CA1", ACCOUNT)
    assert len(exchange.asked) == 3
    assert exchange.pauses == sorted(exchange.pauses)


@pytest.mark.parametrize(
    ("status", "asked", "retryable"), [(0, 3, True), (503, 3, True), (401, 1, False)]
)
async def test_a_call_that_may_still_be_up_is_reported(
    status: int, asked: int, retryable: bool
) -> None:
    exchange = Exchange([(status, b"")])
    async with rest(exchange) as carrier_rest:
        with pytest.raises(CarrierRestFailed) as failed:
            await carrier_rest.hang_up(twilio, "CA1", ACCOUNT)
    assert (failed.value.status, failed.value.retryable) == (status, retryable)
    assert len(exchange.asked) == asked
    assert "secret" not in str(failed.value)


async def test_a_long_answer_is_cut() -> None:
    request = HttpRequest("GET", "/x", query="a=1")
    async with rest(Exchange([(200, b"x" * 200_000)])) as carrier_rest:
        reply = await carrier_rest.perform(twilio, request, Account("AC1", "s"))
    assert len(reply.body) == 64 * 1024


async def test_over_a_real_connection() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"Status=completed")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, open_carrier_rest() as carrier_rest:
        account = Account("AC1", "secret", f"http://127.0.0.1:{port}")
        await carrier_rest.hang_up(twilio, "CA1", account)
