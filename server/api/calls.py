"""Calls over HTTP: a list, one with everything that was said, its recording."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse

from server.api.deps import Prove
from server.errors import NotFound
from server.store.records import CallRecord
from server.store.scope import Store, Tenant

__all__ = ["call_routes"]


def call_routes(store: Store, prove: Prove, data: Path) -> APIRouter:
    """Routes under `/api/v1/calls`. `data` is the folder that recordings are kept under."""
    router = APIRouter(prefix="/api/v1/calls", tags=["calls"])
    asking = Depends(prove)

    async def find(tenant: Tenant, reference: str) -> CallRecord:
        async with store.view(tenant) as scope:
            record = await scope.calls.find(reference)
        if record is None:
            raise NotFound(f"there is no call {reference!r}; GET /api/v1/calls lists them")
        return record

    @router.get("", summary="The newest calls", operation_id="list_calls")
    async def list_calls(
        tenant: Tenant = asking, limit: int = Query(50, ge=1, le=500)
    ) -> dict[str, Any]:
        async with store.view(tenant) as scope:
            rows = await scope.calls.recent(limit)
        return {"calls": [_plain(row) for row in rows]}

    @router.get("/by-carrier/{carrier_call_id}", operation_id="get_call_by_carrier")
    async def by_carrier(carrier_call_id: str, tenant: Tenant = asking) -> dict[str, Any]:
        """A call by the carrier's id, also while it lasts."""
        return _document(await find(tenant, carrier_call_id))

    @router.get("/{call_id}", summary="A call, whole", operation_id="get_call")
    async def one(call_id: str, tenant: Tenant = asking) -> dict[str, Any]:
        return _document(await find(tenant, call_id))

    @router.get("/{call_id}/recording", operation_id="get_recording")
    async def recording(call_id: str, tenant: Tenant = asking) -> FileResponse:
        """Its recording: stereo WAV, the caller on the left."""
        record = await find(tenant, call_id)
        path = await asyncio.to_thread(_sound_of, record, data)
        if path is None:
            raise NotFound(f"the call {call_id!r} has no recording (yet)")
        return FileResponse(path, media_type="audio/wav", filename=path.name)

    return router


def _sound_of(record: CallRecord, data: Path) -> Path | None:
    """The recording's file; None when there is none, or it lies outside the data folder."""
    named = record.summary.recording.path
    path = (data / named).resolve()
    inside = data.resolve() in path.parents
    return path if named and inside and path.exists() else None


def _document(record: CallRecord) -> dict[str, Any]:
    document = _plain(record.summary)
    document["turns"] = [_plain(turn) for turn in record.turns]
    document["tools"] = [_plain(tool) for tool in record.tools]
    document["events"] = [_plain(event) for event in record.events]
    return document


def _plain(value: object) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(value)
    return plain
