"""The load: so many callers at once, each on its own media stream, in real time.

Run in a process of its own by `benchmarks.arena`. Reads its order as one JSON line from stdin and
prints one line, the run it measured.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from typing import Final

import msgspec
import uvloop
from picows import WSError, ws_connect

from benchmarks.leg import LoadLeg, Scene
from benchmarks.machine import Usage, usage
from benchmarks.measures import Cost, Effort, Heard, LineLog, Run, percentile
from benchmarks.sound import phrases
from server.clock import Clock
from server.rehearsal.errors import CannotCall
from server.rehearsal.fields import Numbers, voice_fields
from server.rehearsal.messages import StreamIds
from server.rehearsal.office import Office, Target, open_client
from server.rehearsal.ticker import Ticker
from server.rehearsal.twiml import Connect, read

__all__ = ["Order"]

_SETTLE_S: Final = 4.0
"""After the last call is up, before anything is measured."""
_NUMBERS: Final = Numbers(caller="+14155550100", called="+14155550101")


class Order(msgspec.Struct, frozen=True):
    """What is to be measured."""

    server: str
    """Its name in the table."""
    server_pid: int
    provider_pid: int
    calls: int
    seconds: float
    calls_per_s: float
    """How fast calls are placed."""
    socket_url: str = ""
    """Where streams are opened directly; empty where a webhook is asked."""
    url: str = ""
    """The server's base address, asked with signed webhooks as Twilio does."""
    account_id: str = ""
    auth_token: str = ""


class _Load:
    def __init__(self, order: Order) -> None:
        self.order = order
        self.clock = Clock()
        self.ticker = Ticker(self.clock)
        clips, _ = phrases()
        self.scene = Scene(self.clock, clips, LineLog(), [])
        self.stop = asyncio.Event()
        self.up = 0

    async def run(self) -> Run:
        """Place the calls, let them settle, measure, hang up."""
        order = self.order
        before = usage(order.server_pid)
        target = Target(order.url, order.account_id, order.auth_token)
        async with open_client(target) as client, asyncio.TaskGroup() as group:
            ticking = group.create_task(self.ticker.run())
            office = Office(target, client) if order.url else None
            for number in range(order.calls):
                group.create_task(self._call(number, office))
            await asyncio.sleep(order.calls / order.calls_per_s + _SETTLE_S)
            gc.collect()
            gc.freeze()
            gc.disable()
            result = await self._measure(before)
            self.stop.set()
            await asyncio.sleep(0.5)
            ticking.cancel()
        return result

    async def _call(self, number: int, office: Office | None) -> None:
        await asyncio.sleep(number / self.order.calls_per_s)
        ids = StreamIds(
            self.order.account_id or "AC" + "0" * 32,
            f"CA{self.clock.uuid()}",
            f"MZ{self.clock.uuid()}",
        )
        try:
            url, headers, parameters = await self._stream(ids, office)
            leg = LoadLeg(self.scene, ids, parameters, number)
            await ws_connect(
                lambda: leg, url, extra_headers=headers, websocket_handshake_timeout=20.0
            )
        except (CannotCall, OSError, TimeoutError, WSError) as error:
            self.scene.log.lost_calls += 1
            print(f"call {number}: {error!r}", file=sys.stderr)
            return
        self.up += 1
        with self.ticker.member(leg.tick):
            await self.stop.wait()
        leg.finish()

    async def _stream(
        self, ids: StreamIds, office: Office | None
    ) -> tuple[str, dict[str, str], dict[str, str]]:
        """Where the stream of a new call goes, with which headers and parameters."""
        if office is None:
            return self.order.socket_url, {}, {}
        url = office.target.base + office.target.voice_path
        document = await office.ask(url, voice_fields(ids, _NUMBERS, "ringing"))
        verbs, _ = read(document, url)
        for verb in verbs:
            if isinstance(verb, Connect):
                return (
                    office.target.reach(verb.url),
                    office.handshake_headers(verb.url),
                    dict(verb.parameters),
                )
        raise CannotCall("the answer opens no stream", where=url, mend="See the server's log.")

    async def _measure(self, before: Usage) -> Run:
        order, scene = self.order, self.scene
        lost = scene.log.lost_calls
        scene.log = LineLog(lost_calls=lost)
        start, others = usage(order.server_pid), self._others()
        started_s = self.clock.monotonic()
        scene.measuring = True
        await asyncio.sleep(order.seconds)
        scene.measuring = False
        seconds = self.clock.monotonic() - started_s
        end = usage(order.server_pid)
        call_s = max(1, self.up) * seconds
        return Run(
            server=order.server,
            calls=order.calls,
            seconds=seconds,
            cost=Cost(
                cpu_ms=(end.cpu_s - start.cpu_s) * 1000.0 / call_s,
                resident_mb=(end.resident_bytes - before.resident_bytes) / max(1, self.up) / 1e6,
            ),
            heard=Heard.of(scene.log),
            effort=Effort(
                late_p99_ms=percentile(scene.late_sends_ms, 0.99),
                cpu=(self._others() - others) / seconds,
            ),
        )

    def _others(self) -> float:
        return usage(os.getpid()).cpu_s + usage(self.order.provider_pid).cpu_s


def main() -> None:
    """Carry out the order on stdin."""
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    result = uvloop.run(_start(order))
    sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")


async def _start(order: Order) -> Run:
    return await _Load(order).run()


if __name__ == "__main__":
    main()
