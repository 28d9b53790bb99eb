"""Extractors: what a caller's words mean for the slots that are open, without a model. Quiet."""

from __future__ import annotations

from bridges.speech.extract.dates import warm_dates
from bridges.speech.extract.kinds import Scene, Understood
from bridges.speech.extract.reading import keyed, understand, understand_all

__all__ = ["Scene", "Understood", "keyed", "understand", "understand_all", "warm_dates"]
