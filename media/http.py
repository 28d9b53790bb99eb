"""HTTP requests and replies as values, so that a carrier stays pure. Quiet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["HttpReply", "HttpRequest"]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request, either received from a carrier or to be made of it."""

    method: str
    path: str
    """Absolute path without host; for a request to be made, relative to the carrier's base URL."""
    query: str = ""
    """Raw query string without the question mark."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header names in lower case."""
    form: tuple[tuple[str, str], ...] = ()
    """Decoded form pairs in their order, repeated names and blank values kept."""
    body: bytes = b""
    """The raw body where it is not a form."""

    def value(self, name: str, default: str = "") -> str:
        """The first form value of that name."""
        return next((value for key, value in self.form if key == name), default)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What to answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/xml; charset=utf-8"
