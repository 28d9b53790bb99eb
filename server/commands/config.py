"""`switchboard config`: the settings that are in force."""

from __future__ import annotations

from typing import Annotated

import typer

from server.commands.printing import print_json, settings_from

__all__ = ["config"]

_SECRET_ENDINGS = ("key", "token", "secret", "password")
_MASK = "**********"
"""As pydantic masks its own."""


def config(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Print the effective settings; secrets are masked."""
    document = _masked(settings_from().model_dump(mode="json"))
    if as_json:
        print_json(document)
        return
    for name, value in _flat("SWITCHBOARD_", document):
        typer.echo(f"{name}={value}")


def _masked(document: dict[str, object]) -> dict[str, object]:
    """Without the secrets among a bridge's own options, which are plain text there."""
    return {name: _shown(name, value) for name, value in document.items()}


def _shown(name: str, value: object) -> object:
    if isinstance(value, dict):
        return _masked(value)
    return _MASK if value and name.lower().endswith(_SECRET_ENDINGS) else value


def _flat(prefix: str, document: dict[str, object]) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    for name, value in document.items():
        key = f"{prefix}{name.upper()}"
        if isinstance(value, dict) and value:
            rows += _flat(f"{key}__", value)
        else:
            rows.append((key, "" if value is None or value == {} else value))
    return rows
