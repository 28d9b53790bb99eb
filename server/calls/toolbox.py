"""Working tools by name, and how one is run for a call: context, errors, one result."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import ModuleType
from typing import Any, cast

from bridges.port.brief import ToolSpec
from bridges.port.events import ToolCall
from server.agent.conversation import ToolSettled
from server.errors import ToolRefused
from server.plugins import Plugins
from server.tool import ToolContext, WorkingTool

__all__ = ["Toolbox"]

_log = logging.getLogger(__name__)


class Toolbox:
    """The tools that this process offers to agents."""

    def __init__(self, plugins: Plugins) -> None:
        """Load every tool that can be found.

        Raises:
            PluginError: one of them cannot be loaded.
        """
        modules = {name: plugins.load(name) for name in plugins.names()}
        self._tools = {_spec(module).name: cast(WorkingTool, module) for module in modules.values()}

    def specs(self) -> Mapping[str, ToolSpec]:
        """Tools as a model sees them, by name."""
        return {name: tool.SPEC for name, tool in self._tools.items()}

    async def run(self, call: ToolCall, context: ToolContext) -> ToolSettled:
        """Run a tool to its one result; a failure is a result too."""
        tool = self._tools.get(call.name)
        if tool is None:
            return ToolSettled(call.call_id, error=f"there is no tool {call.name!r}")
        try:
            outcome = await tool.run(_known(call.arguments, tool.SPEC), context)
        except ToolRefused as refused:
            return ToolSettled(call.call_id, error=str(refused))
        except Exception:
            _log.exception("tool failed", extra={"tool": call.name})
            return ToolSettled(call.call_id, error="it failed")
        return ToolSettled(call.call_id, outcome.name, outcome.output)


def _spec(module: ModuleType) -> ToolSpec:
    spec: ToolSpec = module.SPEC
    return spec


def _known(arguments: Mapping[str, Any], spec: ToolSpec) -> dict[str, Any]:
    """Only arguments that the tool has: a model that invents one must not break the call."""
    properties = spec.parameters.get("properties", {})
    return {name: value for name, value in arguments.items() if name in properties}
