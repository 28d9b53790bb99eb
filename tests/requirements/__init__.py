"""The behaviours this project promises, one module per area, each offering `REQUIREMENTS`."""

from __future__ import annotations
