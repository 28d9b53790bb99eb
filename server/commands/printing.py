"""What the commands share: settings from options, JSON on standard output, errors on the other."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import typer
from pydantic import ValidationError

from server.config import Settings

__all__ = ["fail", "print_json", "settings_from"]


def settings_from(
    *,
    data: Path | None = None,
    pretend_now: datetime | None = None,
    host: str | None = None,
    port: int | None = None,
    public_url: str | None = None,
) -> Settings:
    """The process's settings, with what was given on the command line on top."""
    try:
        settings = Settings()
        api = {"host": host, "port": port, "public_url": public_url}
        changed = settings.api.model_copy(
            update={name: value for name, value in api.items() if value is not None}
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "SWITCHBOARD_" + "__".join(str(part).upper() for part in first["loc"])
        fail(f"the setting {name} is not right: {first['msg']}. See .env.example")
    update: dict[str, Any] = {"api": changed}
    if data is not None:
        update["data"] = data
    if pretend_now is not None:
        update["pretend_now"] = pretend_now.replace(tzinfo=pretend_now.tzinfo or UTC)
    return settings.model_copy(update=update)


def print_json(document: object) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(document, ensure_ascii=False, default=str))


def fail(message: str, code: int = 2) -> NoReturn:
    """Say what is wrong and how to mend it, and leave with that code."""
    typer.secho(f"switchboard: {message}", err=True, fg=typer.colors.RED)
    raise typer.Exit(code)
