"""The errors of the line.

MediaError
├── WireError           the carrier's side sent something that the protocol does not allow (theirs)
└── SignatureRefused    a request or handshake was not signed by the carrier (theirs)
"""

from __future__ import annotations

__all__ = ["MediaError", "SignatureRefused", "WireError"]


class MediaError(Exception):
    """Anything that goes wrong on the line."""


class WireError(MediaError):
    """The peer broke the stream's protocol; `kind` is a stable word for counters and logs."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        """One of: malformed, oversized, out_of_order, wrong_stream, not_expected."""
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"


class SignatureRefused(MediaError):
    """No candidate URL and secret produce the signature that came with the request."""

    def __init__(self, reason: str, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.candidates = candidates
        """URLs that were tried: what the operator compares with the carrier's console."""

    def __str__(self) -> str:
        tried = f" (tried {', '.join(self.candidates)})" if self.candidates else ""
        return f"{self.reason}{tried}"
