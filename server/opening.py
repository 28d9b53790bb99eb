"""Opens what all calls of a process share, in order, and closes it in reverse."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import bridges
import media.carriers
import server.tools
from bridges.port.errors import BridgeError, Rejected
from bridges.port.session import Bridge, BridgeModule, BridgeOptions
from media.carrier import Carrier
from media.dtmf import ToneBank
from media.ear import EarPool
from media.silero import NumpySilero
from server.agent.spec import AgentSpec, load_spec
from server.calls.clips import record_clips
from server.calls.house import House, Network
from server.calls.journal import Journal
from server.calls.pulse import Pulse
from server.calls.recording import RecordingDesk
from server.calls.toolbox import Toolbox
from server.clock import Clock
from server.lines.carrier_rest import open_carrier_rest
from server.metrics import Metrics
from server.plugins import Plugins
from server.store.scope import Store

if TYPE_CHECKING:
    from server.config import Settings

__all__ = ["open_house"]

_log = logging.getLogger(__name__)

_SLOTS: Final = 2
"""Phase slots of the pulse: a beat every 10 ms. More of them spread the work (performance.md 2) but
make each inference smaller, and a window alone costs five times one among many."""


@asynccontextmanager
async def open_house(
    settings: Settings, clock: Clock, store: Store, journal: Journal
) -> AsyncIterator[House]:
    """The process's shared parts, for as long as the block lasts.

    Raises:
        PluginError: a carrier, bridge or tool cannot be loaded.
        BridgeError: no mind that an agent wants can be had.
    """
    metrics = Metrics.create()
    carriers = Plugins("carriers", media.carriers, {})
    specs = await _specs(store)
    async with AsyncExitStack() as stack:
        pulse = Pulse(EarPool(NumpySilero(), slots=_SLOTS), ToneBank(), clock, metrics)
        opened = await _open_bridges(stack, settings, specs)
        yield House(
            clock=clock,
            metrics=metrics,
            store=store,
            journal=journal,
            pulse=await stack.enter_async_context(pulse),
            desk=await stack.enter_async_context(RecordingDesk(settings.data)),
            toolbox=Toolbox(Plugins("tools", server.tools, {})),
            bridges=opened,
            network=Network(
                carriers={name: cast(Carrier, carriers.load(name)) for name in carriers.names()},
                rest=await stack.enter_async_context(open_carrier_rest()),
                api_base=settings.carriers.api_base,
            ),
            clips=await _clips(opened, specs, settings.data / "cache" / "clips"),
            media=settings.media,
        )


async def _specs(store: Store) -> tuple[AgentSpec, ...]:
    """The newest version of every agent of every tenant."""
    specs = []
    for tenant in await store.system().organizations():
        async with store.view(tenant) as scope:
            agents = await scope.agents.all()
        specs += [load_spec(agent.spec_yaml, agent.ref.agent_id) for agent in agents]
    return tuple(specs)


async def _open_bridges(
    stack: AsyncExitStack, settings: Settings, specs: tuple[AgentSpec, ...]
) -> Mapping[str, Bridge]:
    """Every mind that some agent wants; one that cannot be had is told, and left out."""
    plugins = Plugins("bridges", bridges, settings.bridges.extra)
    opened: dict[str, Bridge] = {}
    failure: BridgeError = Rejected("bridges", "no agent names one that could be opened")
    for name in sorted({name for spec in specs for name in spec.bridges}):
        module = cast(BridgeModule, plugins.load(name))
        values = settings.bridges.options.get(name, {})
        options = BridgeOptions(settings.data / "cache" / name, values)
        try:
            opened[name] = await stack.enter_async_context(module.open(options))
        except BridgeError as error:
            _log.error("a bridge cannot be opened", extra={"bridge": name, "error": str(error)})
            failure = error
    if not opened:
        raise failure
    return opened


async def _clips(
    opened: Mapping[str, Bridge], specs: tuple[AgentSpec, ...], folder: Path
) -> Mapping[str, bytes]:
    """Apologies recorded from the local mind; without it there are none, which is told."""
    local = opened.get("local")
    if local is None:
        _log.warning("no local bridge: callers hear no apology when every mind fails")
        return {}
    return await record_clips(local, frozenset(spec.language for spec in specs), folder)
