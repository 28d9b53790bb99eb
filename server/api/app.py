"""The HTTP application: routes put together, errors as problems (RFC 9457), health and metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse

import server
from server.errors import AppError
from server.metrics import Metrics

__all__ = ["Health", "make_app"]


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the process can take a call now, and why not."""

    ready: bool
    calls: int
    capacity: int
    backlog: int
    """Facts that are written down locally and not yet in the store."""
    problems: tuple[str, ...] = ()


def make_app(
    routers: tuple[APIRouter, ...], health: Callable[[], Health], metrics: Metrics
) -> FastAPI:
    """The application; what it needs is already inside the routers."""
    app = FastAPI(
        title="Switchboard",
        version=server.VERSION,
        description="A voice-first telephony server.",
        redirect_slashes=False,
    )
    for router in routers:
        app.include_router(router)
    app.include_router(_health_routes(health, metrics))
    app.add_exception_handler(AppError, _as_problem)
    return app


def _health_routes(health: Callable[[], Health], metrics: Metrics) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/health", summary="Whether the process is alive")
    async def alive() -> dict[str, str]:
        return {"status": "alive", "version": server.VERSION}

    @router.get("/ready", summary="Whether it can take a call now")
    async def ready(response: Response) -> dict[str, object]:
        now = health()
        response.status_code = 200 if now.ready else 503
        return {
            "ready": now.ready,
            "calls": now.calls,
            "capacity": now.capacity,
            "backlog": now.backlog,
            "problems": list(now.problems),
        }

    @router.get("/metrics", include_in_schema=False)
    async def measured() -> Response:
        text, content_type = metrics.text()
        return Response(text, media_type=content_type)

    return router


async def _as_problem(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, AppError):
        raise error
    return JSONResponse(
        {
            "type": f"about:blank#{error.code}",
            "title": error.code.replace("_", " "),
            "status": error.status,
            "detail": str(error),
        },
        status_code=error.status,
        media_type="application/problem+json",
    )
