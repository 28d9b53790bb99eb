"""The errors of the house: what a request, a command or a tool may answer with.

AppError
├── PluginError    a name of a carrier, bridge, channel or tool that cannot be used
├── NotFound       there is no such thing, or it belongs to somebody else
├── ToolRefused    a tool's request cannot be met; the text may be told to the caller
├── StoreDown      the database does not answer now; what was asked may be asked again
├── StoreRefused   the database does not take this row, however often it is asked
└── SchemaMismatch the database was made by another version
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "AppError",
    "NotFound",
    "PluginError",
    "SchemaMismatch",
    "StoreDown",
    "StoreRefused",
    "ToolRefused",
]


class AppError(Exception):
    """Something that whoever asked can understand: a sentence, with a stable code."""

    status: ClassVar[int] = 500
    """HTTP status it is answered with."""
    code: ClassVar[str] = "internal"
    """Stable word for programs."""
    retryable: ClassVar[bool] = False
    """Whether the same request may succeed later."""


class PluginError(AppError):
    """Which kind, which name, what is wrong."""

    code = "plugin"

    def __init__(self, kind: str, name: str, problem: str) -> None:
        super().__init__(kind, name, problem)
        self.kind = kind
        self.name = name
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.kind}: {self.name!r} {self.problem}"


class NotFound(AppError):
    """What was asked for, and what to do about it."""

    status = 404
    code = "not_found"


class ToolRefused(AppError):
    """The request cannot be met; the text may be told to the caller."""

    status = 422
    code = "tool_refused"


class StoreDown(AppError):
    """The database does not answer now."""

    status = 503
    code = "store_down"
    retryable = True


class StoreRefused(AppError):
    """The row breaks a rule of the store: it clashes, or points at what is not there."""

    status = 409
    code = "store_refused"


class SchemaMismatch(AppError):
    """The database has another schema than this version expects."""

    status = 503
    code = "schema_mismatch"
