"""When: what may be dialled, at which hour, how fast, and when to try again."""

from __future__ import annotations

__all__: list[str] = []
