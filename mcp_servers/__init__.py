"""What an agent can do: one runnable MCP server per module. Imports nothing of the other rooms."""

from __future__ import annotations

__all__: list[str] = []
