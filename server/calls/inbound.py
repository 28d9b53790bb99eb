"""The front desk: who answers a call that rings, if anyone can."""

from __future__ import annotations

import logging

from media.call import CallProgress, IncomingCall, StreamProgress
from media.carrier import Account
from server.agent.errors import SpecError
from server.agent.phrases import phrase
from server.agent.spec import AgentSpec, load_spec
from server.calls.assembly import Ticket
from server.calls.house import House
from server.calls.live import LiveCalls
from server.calls.minutes import Minutes
from server.lines.reception import Apology, Declined, Outcome, Welcome
from server.store.records import AgentRef
from server.store.scope import Route, Tenant

__all__ = ["FrontDesk"]

_log = logging.getLogger(__name__)


class FrontDesk:
    """Answers the webhooks of carriers: number to tenant to agent."""

    def __init__(self, house: House, live: LiveCalls, *, demonstration: str) -> None:
        """`demonstration`: the account that exists only here, so has no REST API behind it."""
        self._house = house
        self._demonstration = demonstration
        self._live = live
        self._specs: dict[tuple[Tenant, str, int], AgentSpec] = {}

    async def find(self, carrier: str, account_id: str) -> Account | None:
        """The account that signs, or None when it is nobody's here."""
        found = await self._house.store.system().account(carrier, account_id)
        if found is None:
            return None
        return Account(
            found.account_id, found.secret, self._house.network.api_base.get(carrier, "")
        )

    async def incoming(self, carrier: str, call: IncomingCall) -> Outcome:
        """A call rings: route it, and keep its ticket until its stream comes."""
        if self._live.full:
            return Apology(phrase("busy", "en"), "en")
        system = self._house.store.system()
        route = await system.route(carrier, call.called, account_id=call.account_id)
        if route is None:
            _log.warning("nobody answers this number", extra={"pii_called": call.called})
            return Declined("rejected")
        try:
            spec = self._spec(route)
        except SpecError:
            _log.exception("the agent of a number cannot be used", extra={"agent": route.agent_id})
            return Apology(phrase("apology", "en"), "en")
        call_id = self._house.clock.uuid()
        minutes = Minutes(self._house.journal, self._house.clock, route.tenant, call_id)
        minutes.opened(call, carrier, AgentRef(route.agent_id, route.version))
        account = await self._reachable(carrier, call.account_id)
        return Welcome(Ticket(call_id, route.tenant, carrier, call, spec, minutes, account))

    async def progress(self, carrier: str, account_id: str, progress: CallProgress) -> None:
        """A call has come further at the carrier; our own record does not depend on it."""
        facts = {"carrier": carrier, "state": progress.state, "seconds": progress.duration_s}
        _log.info("call progress", extra=facts)

    async def stream_progress(
        self, carrier: str, account_id: str, progress: StreamProgress
    ) -> None:
        """A stream has come further; an error is the carrier's word for what broke."""
        facts = {"carrier": carrier, "event_name": progress.event, "error": progress.error}
        _log.info("stream progress", extra=facts)

    async def _reachable(self, carrier: str, account_id: str) -> Account | None:
        """The account, where its calls can be ended over REST."""
        account = await self.find(carrier, account_id)
        if account is None or (account_id == self._demonstration and not account.api_base):
            return None
        return account

    def _spec(self, route: Route) -> AgentSpec:
        """Versions never change, so each is read once."""
        key = (route.tenant, route.agent_id, route.version)
        if key not in self._specs:
            source = f"{route.agent_id} version {route.version}"
            self._specs[key] = load_spec(route.spec_yaml, source)
        return self._specs[key]
