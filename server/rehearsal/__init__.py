"""A carrier in a box: plays the carrier and the caller to a running server."""

from __future__ import annotations

__all__: list[str] = []
