"""I/O to carriers: the listening port, the media socket of a call, REST requests."""

from __future__ import annotations
