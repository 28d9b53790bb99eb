"""After a crash nothing is missing but the end, and the end says so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from server.calls.facts import encode_fact
from server.calls.journal import Journal
from server.calls.recovery import Recovered, recover
from server.calls.shipper import FolderShipper
from server.errors import StoreDown
from server.store.scope import Scope, Store, Tenant
from tests.server.calls.story import story
from tests.server.storehouse import NOON, open_store

_DIES_IN_A_CALL = """
import sys
from pathlib import Path
from server.calls.journal import Journal
from tests.server.calls.story import story
journal = Journal(Path(sys.argv[1]), "dead")
for call_id, ended in (("done", True), ("broken", False)):
    for fact in story(call_id, ended=ended):
        journal.append(fact)
while journal.health().waiting:
    pass
print("ready", flush=True)
sys.stdin.read()
"""


class _StoreThatIsDown(Store):
    def scope(self, tenant: Tenant) -> AbstractAsyncContextManager[Scope]:
        raise StoreDown("unplugged")


def _die(journals: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _DIES_IN_A_CALL, str(journals)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "ready\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait(30)
    process.stdout.close()
    process.stdin.close()


@pytest.mark.requirement("journal:recovery:broken-off")
async def test_a_call_whose_process_was_killed_is_complete_and_broken_off(tmp_path: Path) -> None:
    journals = tmp_path / "journal"
    _die(journals)
    mended: list[Path] = []
    async with open_store(tmp_path) as (store, tenant):
        with Journal(journals, "alive") as living:
            down = _StoreThatIsDown(store._database)
            waits = await recover(journals, down, data=tmp_path, repair=mended.append)
            assert waits == Recovered(complete=False)
            found = await recover(journals, store, data=tmp_path, repair=mended.append)
            assert found == Recovered(facts=19, broken_off=("broken",))
            assert (living.folder).is_dir()
            assert not (journals / "dead").exists()
            again = await recover(journals, store, data=tmp_path, repair=mended.append)
            assert again == Recovered()
        living.release()
        async with store.view(tenant) as scope:
            broken = await scope.calls.find("broken")
            done = await scope.calls.find("done")
    assert mended == [tmp_path / "recordings" / "broken.wav"]
    assert broken is not None
    assert done is not None
    assert broken.summary.ended_by == "broken_off"
    assert broken.summary.disposition == "broken_off"
    assert broken.summary.times.ended_at == NOON.replace(second=8)
    assert len(broken.turns) == 2
    assert len(broken.events) == 1
    assert done.summary.ended_by == "caller_hung_up"


@pytest.mark.requirement("journal:recovery:broken-off")
async def test_a_call_that_was_shipped_before_the_crash_is_broken_off_too(tmp_path: Path) -> None:
    folder = tmp_path / "journal" / "dead"
    folder.mkdir(parents=True)
    segment = folder / "00000000.jsonl"
    segment.write_bytes(b"".join(encode_fact(fact) for fact in story("c1", ended=False)))

    def refuse(_path: Path) -> None:
        raise ValueError("no recording of ours")

    async with open_store(tmp_path) as (store, tenant):
        assert await FolderShipper(folder, store).ship(closed=True) == 9
        await recover(tmp_path / "journal", store, data=tmp_path, repair=refuse)
        async with store.view(tenant) as scope:
            call = await scope.calls.find("c1")
    assert call is not None
    assert call.summary.ended_by == "broken_off"


async def test_a_first_start_has_nothing_to_recover(tmp_path: Path) -> None:
    async with open_store(tmp_path) as (store, _):
        found = await recover(tmp_path / "none", store, data=tmp_path, repair=lambda _: None)
    assert found == Recovered()
