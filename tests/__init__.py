"""What the house promises, shown: tests mirror the source, file by file."""

from __future__ import annotations
