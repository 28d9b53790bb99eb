"""At the start: what an earlier process left is shipped, and its broken-off calls get their end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from media.call import HangupCause
from server.calls.journal import leave_folder, take_lock
from server.calls.shipper import FolderShipper
from server.errors import StoreDown
from server.store.records import Stamp
from server.store.scope import Store, UnfinishedCall

__all__ = ["Recovered", "recover"]

Repair = Callable[[Path], object]
"""Makes a recording's header fit its file; raises ValueError or OSError when it cannot."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was found."""

    facts: int = 0
    """Facts that were shipped."""
    broken_off: tuple[str, ...] = ()
    """Ids of the calls that had no end."""
    complete: bool = True
    """False when the store did not answer: what is left waits for the next start."""


async def recover(journals: Path, store: Store, *, data: Path, repair: Repair) -> Recovered:
    """Take over the folders of dead writers under `journals`. Living ones are left alone.

    `data`: the folder that paths of recordings are relative to.
    """
    found = Recovered()
    for folder in await asyncio.to_thread(_folders, journals):
        try:
            lock = await asyncio.to_thread(take_lock, folder)
        except BlockingIOError:
            continue
        finished = False
        try:
            facts = await FolderShipper(folder, store).ship(closed=True)
            calls = await store.system().unfinished(folder.name)
            for call in calls:
                await _break_off(call, store, data=data, repair=repair)
            finished = True
        except StoreDown as down:
            found = replace(found, complete=False)
            _log.error("an earlier process's calls wait", extra={"error": str(down)})
        else:
            ids = tuple(call.last.call_id for call in calls)
            found = replace(found, facts=found.facts + facts, broken_off=found.broken_off + ids)
        finally:
            await asyncio.to_thread(leave_folder, folder, lock, finished=finished)
    return found


def _folders(journals: Path) -> list[Path]:
    if not journals.is_dir():
        return []
    return sorted(folder for folder in journals.iterdir() if folder.is_dir())


async def _break_off(call: UnfinishedCall, store: Store, *, data: Path, repair: Repair) -> None:
    """The call ended when its last fact was written down; its recording is made whole."""
    stamp = Stamp(call.last.call_id, call.last.seq + 1, call.last.at)
    if call.recording_path:
        await _mend(data / call.recording_path, repair)
    async with store.scope(call.tenant) as scope:
        await scope.calls.end(stamp, HangupCause.BROKEN_OFF.value, HangupCause.BROKEN_OFF.value)


async def _mend(recording: Path, repair: Repair) -> None:
    try:
        await asyncio.to_thread(repair, recording)
    except (OSError, ValueError):
        _log.exception("a recording cannot be mended")
