"""Who is asking: a bearer token proves a tenant, or the request is refused."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from fastapi import Request

from server.errors import AppError
from server.store.scope import Tenant

__all__ = ["BearerTokens", "Prove", "Unauthorised"]

Prove: TypeAlias = Callable[[Request], Awaitable[Tenant]]
"""A dependency: the tenant that the request is made for."""


class Unauthorised(AppError):
    """No token came with the request, or one that nobody has."""

    status = 401
    code = "unauthorised"


@dataclass(frozen=True, slots=True)
class BearerTokens:
    """Tokens and the tenant that each one speaks for."""

    tokens: tuple[tuple[str, Tenant], ...]

    async def prove(self, request: Request) -> Tenant:
        """The tenant of the request's bearer token.

        Raises:
            Unauthorised: there is none that fits.
        """
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        found: Tenant | None = None
        for token, tenant in self.tokens:
            # Every token is compared, so that the time taken tells nothing.
            if hmac.compare_digest(token.encode(), given.strip().encode()):
                found = tenant
        if scheme.lower() != "bearer" or found is None:
            raise Unauthorised(
                "send `Authorization: Bearer TOKEN`; the token is api_token in data/secrets.json"
            )
        return found

    def __repr__(self) -> str:
        return f"BearerTokens({len(self.tokens)})"
