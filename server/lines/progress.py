"""Which status callbacks are news: carriers repeat and reorder them (telephony.md 5, row 20).

Pure, though it lives among the rims: no clock, no I/O.
"""

from __future__ import annotations

from media.call import CallProgress, StreamProgress

__all__ = ["ProgressLedger"]

_CALL_RANKS = {"queued": 1, "initiated": 2, "ringing": 3, "in-progress": 4}
_TERMINAL_RANK = 5
_STREAM_RANKS = {"started": 1, "stopped": 2, "error": 3}


class ProgressLedger:
    """Remembers how far each call and stream has come; only a step forward is news.

    States are ordered by what they mean, which agrees with the carrier's sequence numbers and
    also holds where a callback comes without one. A terminal state absorbs everything after it.
    """

    def __init__(self, capacity: int = 20_000) -> None:
        """Remembers the `capacity` calls and streams that were heard of last."""
        self._ranks: dict[tuple[str, ...], int] = {}
        self._capacity = capacity

    def call_news(self, carrier: str, account_id: str, progress: CallProgress) -> bool:
        """Whether this is further than what is known of the call; remembers it."""
        rank = _TERMINAL_RANK if progress.terminal else _CALL_RANKS.get(progress.state, 0)
        return self._advance((carrier, account_id, progress.call_id), rank)

    def stream_news(self, carrier: str, account_id: str, progress: StreamProgress) -> bool:
        """Whether this is further than what is known of the stream; remembers it."""
        key = (carrier, account_id, progress.call_id, progress.stream_id)
        return self._advance(key, _STREAM_RANKS.get(progress.event, 0))

    def forget(self, *key: str) -> None:
        """Take back what was remembered of a call (carrier, account, call) or stream (+ stream).

        For a callback that could not be worked through: when the carrier repeats it, it is news.
        """
        self._ranks.pop(key, None)

    def _advance(self, key: tuple[str, ...], rank: int) -> bool:
        known = self._ranks.pop(key, 0)
        self._ranks[key] = max(known, rank)
        if len(self._ranks) > self._capacity:
            del self._ranks[next(iter(self._ranks))]
        return rank > known
