"""`switchboard config`: everything that is in force, and no secret."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from server.cli import app

SECRETS = {
    "SWITCHBOARD_BRIDGES__OPTIONS": '{"local": {"api_key": "hush-1", "model": "small"}}',
    "SWITCHBOARD_API__TOKEN": "hush-2",
    "SWITCHBOARD_STORE__KEY": "hush-3",
}


@pytest.mark.requirement("commands:config:secrets-masked")
def test_settings_are_printed_and_secrets_masked() -> None:
    runner = CliRunner(env=SECRETS)
    plain = runner.invoke(app, ["config"]).stdout
    document = json.loads(runner.invoke(app, ["config", "--json"]).stdout)
    assert document["bridges"]["options"]["local"] == {"api_key": "**********", "model": "small"}
    assert "SWITCHBOARD_BRIDGES__OPTIONS__LOCAL__MODEL=small" in plain
    assert "SWITCHBOARD_API__PORT=8010" in plain
    assert "hush" not in plain + json.dumps(document)


def test_the_version_is_printed_without_a_command() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout.strip().count(".") == 2
