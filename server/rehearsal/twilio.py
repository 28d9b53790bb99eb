"""Twilio in a box: places calls to a running server exactly as Twilio would.

    async with open_box(Target(url, account_id, auth_token)) as box:
        record = await box.call(CallPlan(source=lambda now: Caller(script, now)))

One box carries hundreds of calls: they share one ticker, one HTTP client and one REST side.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from server.clock import Clock
from server.rehearsal.errors import CannotCall
from server.rehearsal.office import Office, Target, open_client
from server.rehearsal.placed import CallPlan, Parts, PlacedCall
from server.rehearsal.record import CallRecord
from server.rehearsal.rest import CallUpdate, RestReply, open_rest_side, problem
from server.rehearsal.ticker import Ticker

__all__ = ["TwilioBox", "open_box"]

_REMEMBERED: Final = 2000
"""Calls whose end the REST side still knows; older ones answer as unknown, which is the same."""


class TwilioBox:
    """Places calls; made by `open_box`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._calls: dict[str, PlacedCall] = {}
        self.rest_url = ""
        """What a server takes as its account's `api_base`, so that it can hang up."""

    @property
    def ticker(self) -> Ticker:
        """The shared clock; its lateness says how well this process kept up itself."""
        return self._parts.ticker

    def place(self, plan: CallPlan) -> PlacedCall:
        """A call that is ready to `run`."""
        while len(self._calls) >= _REMEMBERED:
            del self._calls[next(iter(self._calls))]
        placed = PlacedCall(self._parts, plan)
        self._calls[placed.ids.call_id] = placed
        return placed

    async def call(self, plan: CallPlan) -> CallRecord:
        """Place a call and stay on the line; a call that failed says so in its record."""
        return await self.place(plan).run()

    async def update(self, update: CallUpdate) -> RestReply:
        """The server changes a live call over REST (telephony.md 1.6)."""
        placed = self._calls.get(update.call_id)
        if placed is None or not placed.live:
            what = f"/Calls/{update.call_id}.json"
            return problem(404, 20404, f"The requested resource {what} was not found")
        form = update.form
        if form.get("Status") in {"completed", "canceled"}:
            placed.hang_up_over_rest()
            return self._state(placed, "completed")
        try:
            if "Twiml" in form:
                placed.redirect_over_rest(form["Twiml"].encode(), "the REST request's Twiml")
            elif "Url" in form:
                await placed.fetch_over_rest(form["Url"])
            else:
                return problem(400, 20001, "Nothing to update: give Status, Twiml or Url")
        except CannotCall as error:
            return problem(400, 21218, str(error))
        return self._state(placed, "in-progress")

    def _state(self, placed: PlacedCall, status: str) -> RestReply:
        ids = placed.ids
        return RestReply(200, {"sid": ids.call_id, "account_sid": ids.account_id, "status": status})


@asynccontextmanager
async def open_box(
    target: Target, *, clock: Clock | None = None, rest_port: int = 0
) -> AsyncIterator[TwilioBox]:
    """A box that calls `target`; its ticker and its REST side run while the context is open.

    Raises:
        OSError: `rest_port` cannot be listened on.
    """
    clock = clock or Clock()
    ticker = Ticker(clock)
    async with open_client(target) as client, asyncio.TaskGroup() as group:
        box = TwilioBox(Parts(Office(target, client), ticker, clock))
        ticking = group.create_task(ticker.run())
        try:
            async with open_rest_side(
                target.account_id, target.auth_token, box.update, port=rest_port
            ) as url:
                box.rest_url = url
                yield box
        finally:
            ticking.cancel()
