"""Runs commands as a user does, in this process, and reads what they print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from server.cli import app

__all__ = ["Desk"]


class Desk:
    """An operator with a data folder."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self._runner = CliRunner(env=environment)

    def run(self, *words: str, typed: str = "", fails: int = 0) -> Result:
        """Run a command on the data folder; it must end with the exit code `fails`."""
        result = self._runner.invoke(app, [*words, "--data", str(self.data)], input=typed)
        assert result.exit_code == fails, result.output
        return result

    def json(self, *words: str, fails: int = 0) -> Any:
        """The document that it prints; standard output holds nothing else."""
        return json.loads(self.run(*words, "--json", fails=fails).stdout)
