"""Carries out the REST requests that carriers build as values."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from media.carrier import Account, Carrier
from media.http import HttpReply, HttpRequest

if TYPE_CHECKING:
    import httpx

__all__ = ["CarrierRest", "CarrierRestFailed", "open_carrier_rest"]

_REPLY_LIMIT_BYTES = 64 * 1024
_REQUEST_S = 5.0
_PAUSES_S = (0.3, 1.0)
_AGAIN = frozenset({429, 500, 502, 503, 504})
"""Twilio answers 429 before it has done anything (20429); the others may pass."""


class CarrierRestFailed(Exception):
    """The carrier could not be reached or refused; `status` is 0 when there was no answer."""

    def __init__(self, carrier: str, status: int) -> None:
        super().__init__(carrier, status)
        self.carrier = carrier
        self.status = status

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status == 0 or self.status in _AGAIN

    def __str__(self) -> str:
        return f"{self.carrier} did not do it (status {self.status})"


class CarrierRest:
    """One client for all carriers. Made by `open_carrier_rest`."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        failures: type[Exception],
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`failures`: what the client raises when nothing came back."""
        self._client = client
        self._failures = failures
        self._pause = pause

    async def hang_up(self, carrier: Carrier, call_id: str, account: Account) -> None:
        """End a live call; a call that has ended already counts as done.

        Tried up to three times, which is safe because ending a call twice changes nothing.

        Raises:
            CarrierRestFailed: the call may still be up.
        """
        request = carrier.hang_up(call_id, account)
        for pause_s in (*_PAUSES_S, None):
            try:
                reply = await self.perform(carrier, request, account)
            except CarrierRestFailed as failed:
                if pause_s is None:
                    raise
                status = failed.status
            else:
                status = reply.status
                if status < 300 or carrier.already_gone(reply):
                    return
            if pause_s is None or not (status == 0 or status in _AGAIN):
                raise CarrierRestFailed(carrier.NAME, status)
            await self._pause(pause_s)

    async def perform(self, carrier: Carrier, request: HttpRequest, account: Account) -> HttpReply:
        """Make one request, once, and read at most 64 KB of the answer.

        Raises:
            CarrierRestFailed: nothing came back within five seconds.
        """
        base = (account.api_base or carrier.API_BASE).rstrip("/")
        query = f"?{request.query}" if request.query else ""
        try:
            async with asyncio.timeout(_REQUEST_S):
                return await self._exchange(request, f"{base}{request.path}{query}")
        except (self._failures, TimeoutError):
            # The cause is left out: an exception of the client holds the request's credentials.
            raise CarrierRestFailed(carrier.NAME, 0) from None

    async def _exchange(self, request: HttpRequest, url: str) -> HttpReply:
        headers = dict(request.headers)
        content = request.body
        if request.form:
            content = urlencode(request.form).encode()
            headers["content-type"] = "application/x-www-form-urlencoded"
        async with self._client.stream(
            request.method, url, headers=headers, content=content
        ) as answer:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > _REPLY_LIMIT_BYTES:
                    break
            kind = answer.headers.get("content-type", "")
            return HttpReply(answer.status_code, bytes(body[:_REPLY_LIMIT_BYTES]), kind)


@asynccontextmanager
async def open_carrier_rest() -> AsyncGenerator[CarrierRest]:
    """A client that follows no redirects and takes no proxy from the environment."""
    # Heavy: it brings a command line with it, and nothing else of the server needs it.
    import httpx

    limits = httpx.Limits(max_connections=50, max_keepalive_connections=10)
    async with httpx.AsyncClient(
        timeout=_REQUEST_S, limits=limits, trust_env=False, follow_redirects=False
    ) as client:
        yield CarrierRest(client, failures=httpx.HTTPError)
