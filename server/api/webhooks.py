"""What carriers tell us over HTTP: a call rings, a call or a stream has come further.

Every request is verified against the configured public URL before anything is believed, and every
caller is answered: when we fail, the carrier's own voice says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar, assert_never
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from media.call import IncomingCall
from media.carrier import Account, Carrier, StreamOffer
from media.errors import SignatureRefused, WireError
from media.http import HttpReply, HttpRequest
from server.api.streams import Reservations
from server.lines.progress import ProgressLedger
from server.lines.reception import Accounts, Apology, Declined, Outcome, Reception, Welcome
from server.metrics import Metrics

__all__ = ["WebhookDependencies", "webhook_routes"]

_LOG = logging.getLogger(__name__)
_BODY_LIMIT_BYTES = 64 * 1024
_BODY_S = 5.0
_ANSWER_S = 10.0
"""Carriers wait 15 seconds for the whole exchange (telephony.md 1.1)."""
_FIELDS = 200
_SORRY = Apology("We are sorry, we cannot take your call right now. Please try again.", "en")
_DONE = HttpReply(204, b"", "text/plain")


@dataclass(frozen=True, slots=True)
class WebhookDependencies:
    """What answering a webhook takes."""

    carriers: Mapping[str, Carrier]
    accounts: Accounts
    reception: Reception
    reservations: Reservations
    public_url: str
    """Configured public base, `https://host` without a trailing slash."""
    metrics: Metrics
    monotonic: Callable[[], float]
    progress: ProgressLedger = field(default_factory=ProgressLedger)
    sorry: Apology = _SORRY
    """What a caller hears when we fail."""
    answer_s: float = _ANSWER_S


@dataclass(frozen=True, slots=True)
class _Signed:
    """A request that its account has signed."""

    carrier: Carrier
    account: Account
    request: HttpRequest


class _Refused(Exception):
    """A request that is answered with a bare status; `kind` is counted."""

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(status, kind)
        self.status = status
        self.kind = kind


_Parsed = TypeVar("_Parsed")
_Answer: TypeAlias = Callable[[WebhookDependencies, _Signed], Awaitable[HttpReply]]
_Endpoint: TypeAlias = Callable[[str, Request], Awaitable[Response]]


def webhook_routes(deps: WebhookDependencies) -> APIRouter:
    """Routes under `/webhook/{carrier}/`: voice, status, stream, after-stream.

    Each exists with and without a trailing slash, because a redirect would change the signed URL.
    """
    router = APIRouter(prefix="/webhook/{carrier}", include_in_schema=False)
    endpoints = {
        "voice": _endpoint(deps, _voice, spoken=True),
        "status": _endpoint(deps, _status, spoken=False),
        "stream": _endpoint(deps, _stream, spoken=False),
        "after-stream": _endpoint(deps, _after_stream, spoken=True),
    }
    for name, endpoint in endpoints.items():
        for path in (f"/{name}", f"/{name}/"):
            router.add_api_route(path, endpoint, methods=["GET", "POST"], response_model=None)
    return router


def _endpoint(deps: WebhookDependencies, answer: _Answer, *, spoken: bool) -> _Endpoint:
    """`spoken`: a caller is waiting for the answer, so that failing must be said aloud."""

    async def endpoint(carrier: str, request: Request) -> Response:
        try:
            signed = await _admit(deps, carrier, request)
            return _response(await answer(deps, signed))
        except _Refused as refused:
            deps.metrics.refuse("webhook", refused.kind)
            _LOG.warning("webhook refused", extra={"kind": refused.kind})
            return Response(status_code=refused.status)
        except Exception:  # the edge of a request
            deps.metrics.failures.labels("webhook").inc()
            _LOG.exception("a webhook failed")
            if spoken:
                return _response(_apologise(deps.carriers[carrier], deps.sorry))
            return Response(status_code=500)

    return endpoint


async def _admit(deps: WebhookDependencies, name: str, request: Request) -> _Signed:
    """Read the request and check who signed it; what is in doubt is refused."""
    carrier = deps.carriers.get(name)
    if carrier is None:
        raise _Refused(404, "unknown_carrier")
    received = await _read(request)
    account = await deps.accounts.find(name, received.value("AccountSid"))
    if account is None:
        raise _Refused(403, "unknown_account")
    try:
        carrier.verify_webhook(received, account, deps.public_url)
    except SignatureRefused as refused:
        # The URLs are ours, so they may be logged: a wrong public URL shows at once.
        _LOG.info("no match", extra={"reason": refused.reason, "tried": refused.candidates[:3]})
        raise _Refused(403, "bad_signature") from refused
    return _Signed(carrier, account, received)


async def _read(request: Request) -> HttpRequest:
    body = await _body(request)
    query = request.scope["query_string"].decode("latin-1")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_form = kind == "application/x-www-form-urlencoded"
    text = query if request.method == "GET" else body.decode("latin-1") if is_form else ""
    try:
        # Blank values and repeated names are part of what was signed.
        form = tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:
        raise _Refused(400, "malformed") from None
    return HttpRequest(
        method=request.method,
        path=request.scope["raw_path"].decode("latin-1"),
        query=query,
        headers={name: ", ".join(request.headers.getlist(name)) for name in request.headers},
        form=form,
        body=b"" if is_form else body,
    )


async def _body(request: Request) -> bytes:
    try:
        async with asyncio.timeout(_BODY_S):
            return await _bounded(request)
    except TimeoutError:
        raise _Refused(408, "too_slow") from None
    except ClientDisconnect:
        raise _Refused(400, "disconnected") from None


async def _bounded(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_LIMIT_BYTES:
            raise _Refused(413, "too_large")
    return bytes(body)


async def _voice(deps: WebhookDependencies, signed: _Signed) -> HttpReply:
    call = _parsed(signed.carrier.parse_call, signed.request)
    try:
        async with asyncio.timeout(deps.answer_s):
            outcome = await deps.reception.incoming(signed.carrier.NAME, call)
    except TimeoutError:
        deps.metrics.refuse("webhook", "reception_slow")
        _LOG.error("the reception took too long")
        outcome = deps.sorry
    return _spoken(deps, signed, call, outcome)


def _spoken(
    deps: WebhookDependencies, signed: _Signed, call: IncomingCall, outcome: Outcome
) -> HttpReply:
    match outcome:
        case Welcome():
            return signed.carrier.answer(_offer(deps, signed, call, outcome))
        case Apology():
            deps.metrics.refuse("webhook", "apologised")
            return _apologise(signed.carrier, outcome)
        case Declined():
            deps.metrics.refuse("webhook", "declined")
            return signed.carrier.refuse(outcome.reason)
        case _:
            assert_never(outcome)


def _offer(
    deps: WebhookDependencies, signed: _Signed, call: IncomingCall, welcome: Welcome
) -> StreamOffer:
    name = signed.carrier.NAME
    token = deps.reservations.reserve(
        call, welcome.ticket, carrier=name, account=signed.account, now=deps.monotonic()
    )
    return StreamOffer(
        public_url=deps.public_url,
        token=token,
        after_stream_path=f"/webhook/{name}/after-stream",
        status_path=f"/webhook/{name}/stream",
        parameters=welcome.parameters,
    )


async def _status(deps: WebhookDependencies, signed: _Signed) -> HttpReply:
    progress = _parsed(signed.carrier.parse_progress, signed.request)
    key = (signed.carrier.NAME, signed.account.account_id)
    if deps.progress.call_news(*key, progress):
        try:
            await deps.reception.progress(*key, progress)
        except BaseException:
            deps.progress.forget(*key, progress.call_id)
            raise
    return _DONE


async def _stream(deps: WebhookDependencies, signed: _Signed) -> HttpReply:
    progress = _parsed(signed.carrier.parse_stream_progress, signed.request)
    key = (signed.carrier.NAME, signed.account.account_id)
    if deps.progress.stream_news(*key, progress):
        try:
            await deps.reception.stream_progress(*key, progress)
        except BaseException:
            deps.progress.forget(*key, progress.call_id, progress.stream_id)
            raise
    return _DONE


async def _after_stream(deps: WebhookDependencies, signed: _Signed) -> HttpReply:
    """The stream is over and the call is still there: end it."""
    return signed.carrier.resume()


def _parsed(parse: Callable[[HttpRequest], _Parsed], request: HttpRequest) -> _Parsed:
    try:
        return parse(request)
    except WireError as broken:
        raise _Refused(400, broken.kind) from broken


def _apologise(carrier: Carrier, apology: Apology) -> HttpReply:
    return carrier.apologise(apology.text, apology.language)


def _response(reply: HttpReply) -> Response:
    headers = {"content-type": reply.content_type} if reply.body else None
    return Response(reply.body, reply.status, headers)
