"""`python -m server` is `switchboard`."""

from __future__ import annotations

from server.cli import main

main()
