"""Whether Twilio signed a request (telephony.md 1.5). Quiet.

The signed text begins with the URL that Twilio was told, so every URL here is built from the
configured public base and never from what the request claims about its host.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, urlsplit

from media.errors import SignatureRefused
from media.http import HttpRequest

__all__ = ["handshake_urls", "sign", "signed_form", "verify", "webhook_urls"]

_SIGNATURE = "x-twilio-signature"
_SETTINGS = "x-twilio-webhooks-signature-settings"
_HASHES = {"HMAC_SHA1": hashlib.sha1, "HMAC_SHA256": hashlib.sha256}
_DEFAULT_PORTS = {"https": "443", "wss": "443", "http": "80", "ws": "80"}


def sign(text: str, secret: str, algorithm: str = "HMAC_SHA1") -> str:
    """The signature of `text`: HMAC, then base64."""
    return b64encode(hmac.digest(secret.encode(), text.encode(), _HASHES[algorithm])).decode()


def signed_form(pairs: Iterable[tuple[str, str]]) -> str:
    """What a form adds to the signed text: names sorted, each with its sorted unique values."""
    return "".join(name + value for name, value in sorted(set(pairs)))


def webhook_urls(public_url: str, request: HttpRequest) -> list[str]:
    """The URLs that a webhook may have been signed with: ports differ, nothing else does."""
    base = urlsplit(public_url)
    query = f"?{request.query}" if request.query else ""
    path = base.path.rstrip("/") + request.path + query
    return [f"{base.scheme}://{host}{path}" for host in _hosts(base.scheme, base.netloc)]


def handshake_urls(public_url: str, request: HttpRequest) -> list[str]:
    """The URLs that a WebSocket handshake may have been signed with, the normal one first.

    {wss, https} x {as configured, no port, :443} x {path as received, slash toggled}; the query is
    not part of it because Twilio keeps none.
    """
    base = urlsplit(public_url)
    schemes = ("wss", "https") if base.scheme == "https" else ("ws", "http")
    path = base.path.rstrip("/") + request.path
    toggled = path[:-1] if path.endswith("/") else path + "/"
    return [
        f"{scheme}://{host}{candidate}"
        for candidate in (path, toggled)
        for scheme in schemes
        for host in _hosts(base.scheme, base.netloc)
    ]


def verify(request: HttpRequest, urls: list[str], secret: str) -> None:
    """Raises SignatureRefused unless one of `urls` gives the signature in the header.

    Every candidate is compared in constant time and all of them are compared, so the time taken
    tells nothing about which was near.
    """
    given = request.headers.get(_SIGNATURE, "")
    if not given:
        raise SignatureRefused("no signature")
    if not secret:
        raise SignatureRefused("no signing key is known for this account")
    algorithm = _algorithm(request)
    suffix = _signed_suffix(request)
    matches = [
        hmac.compare_digest(sign(url + suffix, secret, algorithm).encode(), given.encode())
        for url in urls
    ]
    if not any(matches):
        raise SignatureRefused("the signature fits no candidate URL", tuple(urls))


def _hosts(scheme: str, netloc: str) -> Iterator[str]:
    """Twilio adds or drops the port (telephony.md 1.5, port)."""
    host, colon, port = netloc.rpartition(":")
    if not colon or not port.isdigit():
        host, port = netloc, ""
    yield netloc
    if port:
        yield host
    default = _DEFAULT_PORTS.get(scheme, "")
    if default and default != port:
        yield f"{host}:{default}"


def _algorithm(request: HttpRequest) -> str:
    """SHA-1 unless shared-key signing names another (`key=<id>,algorithm=HMAC_SHA256`)."""
    settings = request.headers.get(_SETTINGS, "")
    if not settings:
        return "HMAC_SHA1"
    pairs = (part.partition("=") for part in settings.split(","))
    named = [value.strip() for key, _, value in pairs if key.strip().lower() == "algorithm"]
    if len(named) != 1 or named[0] not in _HASHES:
        raise SignatureRefused("an unknown signature algorithm")
    return named[0]


def _signed_suffix(request: HttpRequest) -> str:
    """What follows the URL in the signed text; also holds a JSON body to its signed hash."""
    if request.method == "GET":
        return ""
    if request.form:
        return signed_form(request.form)
    if request.body:
        _require_body_hash(request)
    return ""


def _require_body_hash(request: HttpRequest) -> None:
    stated = dict(parse_qsl(request.query)).get("bodySHA256", "")
    actual = hashlib.sha256(request.body).hexdigest()
    if not hmac.compare_digest(stated.lower().encode(), actual.encode()):
        raise SignatureRefused("the body is not the one that was signed")
