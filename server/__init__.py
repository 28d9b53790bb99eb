"""The house: agent core, store, tools, channels, calls, HTTP API, command line."""

from __future__ import annotations

__all__ = ["VERSION"]

VERSION = "0.1.0"
