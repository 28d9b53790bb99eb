"""The carrier's HTTP side: it asks the server what to do with a call and tells it what happened.

Signatures come from Twilio's own SDK, so that the server's verifier is not proved by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx
from twilio.request_validator import RequestValidator

from server.rehearsal.errors import CannotCall

__all__ = ["Office", "Target", "open_client"]

_WEBHOOK_S: Final = 15.0
"""Twilio's limit for an answer (telephony.md 1.1)."""
_API_S: Final = 5.0
_AGENT: Final = "TwilioProxy/1.1"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Target:
    """The server that is called, and the account in whose name."""

    url: str
    """Where it is reached, such as http://127.0.0.1:8010."""
    account_id: str
    auth_token: str
    """Signs; must be the one that the server knows for the account."""
    public_url: str = ""
    """What the server believes its address to be, if not `url`: signatures are made over it."""
    voice_path: str = "/webhook/twilio/voice"
    status_path: str = "/webhook/twilio/status"
    api_token: str = ""
    """The server's own API token, where it does not take the account's for transcripts."""

    def __repr__(self) -> str:
        return f"Target({self.url!r}, {self.account_id!r})"

    @property
    def base(self) -> str:
        """The address that Twilio would have been given."""
        return (self.public_url or self.url).rstrip("/")

    def reach(self, url: str) -> str:
        """Where to connect for a URL that the server named.

        What lies under the public address is reached at `url`, in its scheme: a server behind a
        tunnel can be rehearsed without the tunnel.
        """
        named, base, real = urlsplit(url), urlsplit(self.base), urlsplit(self.url)
        if named.netloc != base.netloc:
            return url
        secure = real.scheme == "https"
        schemes = {"ws": "wss" if secure else "ws", "http": "https" if secure else "http"}
        scheme = schemes["ws" if named.scheme in {"ws", "wss"} else "http"]
        return named._replace(scheme=scheme, netloc=real.netloc).geturl()


class Office:
    """Sends signed requests for one target; the client is closed by whoever opened it."""

    def __init__(self, target: Target, client: httpx.AsyncClient) -> None:
        self.target = target
        self._client = client
        self._validator = RequestValidator(target.auth_token)

    def signature(self, url: str, form: Form) -> str:
        """What Twilio would put into X-Twilio-Signature."""
        return str(self._validator.compute_signature(url, dict(form)))

    def handshake_headers(self, url: str) -> dict[str, str]:
        """Headers of the WebSocket handshake for a stream's URL."""
        return {"X-Twilio-Signature": self.signature(url, {}), "User-Agent": "Twilio.TmeWs/1.0"}

    async def ask(self, url: str, form: Form) -> bytes:
        """The server's TwiML.

        Raises:
            CannotCall: there is none; the text says why, as far as it can be seen from outside.
        """
        try:
            reply = await self._post(url, form)
        except httpx.TimeoutException as error:
            raise CannotCall(
                f"no answer within Twilio's {_WEBHOOK_S:.0f} s (error 11205)",
                where=url,
                mend="Look at the server's log; it may be starting or stuck.",
            ) from error
        except httpx.TransportError as error:
            raise CannotCall(
                f"the server cannot be reached: {error or type(error).__name__}",
                where=self.target.reach(url),
                mend="Start it with `switchboard run`, or give its address with --url.",
            ) from error
        if not reply.is_success:
            raise self._refusal(url, reply)
        return reply.content

    async def tell(self, url: str, form: Form) -> str | None:
        """Post a callback; None when it was taken, else why not."""
        try:
            reply = await self._post(url, form)
        except httpx.HTTPError as error:
            return f"11200: callback to {url} failed: {error or type(error).__name__}"
        return None if reply.is_success else f"11200: callback to {url}: HTTP {reply.status_code}"

    async def read(self, path: str) -> httpx.Response | None:
        """GET a page of the server's own API in the account's name; None when it cannot be had."""
        url = self.target.url.rstrip("/") + path
        reply = None
        for token in filter(None, (self.target.auth_token, self.target.api_token)):
            headers = {"Authorization": f"Bearer {token}"}
            try:
                reply = await self._client.get(url, headers=headers, timeout=_API_S)
            except httpx.HTTPError:
                return None
            if reply.status_code not in (401, 403):
                break
        return reply

    async def _post(self, url: str, form: Form) -> httpx.Response:
        headers = {
            "X-Twilio-Signature": self.signature(url, form),
            "User-Agent": _AGENT,
            "Host": urlsplit(url).netloc,
            "I-Twilio-Idempotency-Token": form.get("CallSid", ""),
        }
        return await self._client.post(
            self.target.reach(url), data=dict(form), headers=headers, timeout=_WEBHOOK_S
        )

    def _refusal(self, url: str, reply: httpx.Response) -> CannotCall:
        match reply.status_code:
            case 401 | 403:
                return CannotCall(
                    f"the server refused the signature (HTTP {reply.status_code}), made over {url} "
                    f"for account {self.target.account_id}",
                    where=self.target.reach(url),
                    mend="Sign with the server's token (--auth-token, or --data with its folder), "
                    "for its account (--account), over its public address (--public-url).",
                )
            case 404 | 405:
                return CannotCall(
                    f"there is no voice webhook (HTTP {reply.status_code})",
                    where=url,
                    mend="Check --url: it is the server's base address, without a path.",
                )
            case status if 300 <= status < 400:
                return CannotCall(
                    f"the webhook redirects to {reply.headers.get('location', 'nowhere')}",
                    where=url,
                    mend="Give the final address with --url; a redirect breaks the signature.",
                )
            case status:
                return CannotCall(
                    f"the voice webhook failed with HTTP {status} (error 11200)",
                    where=url,
                    mend="Look at the server's log.",
                )


def open_client(target: Target) -> httpx.AsyncClient:
    """A client for `target`, without redirects; on this machine without proxies either."""
    local = (urlsplit(target.url).hostname or "") in _LOOPBACK
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
    return httpx.AsyncClient(trust_env=not local, limits=limits, timeout=_WEBHOOK_S)
