"""`switchboard accounts`: secrets go in by file, pipe or prompt, and never come out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.commands.console import Desk

ACCOUNT = "AC" + "0a" * 16
TOKEN = "5ec7e7" * 5


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "data")


@pytest.mark.requirement("commands:accounts:secrets-never-shown")
def test_a_secret_is_sealed_and_never_printed(desk: Desk, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{TOKEN}\n", encoding="utf-8")
    printed = [
        desk.run("accounts", "add", "twilio", ACCOUNT, "--secret-file", str(secret)).output,
        desk.run("accounts", "list").output,
        desk.run("accounts", "list", "--json").output,
        desk.run("doctor", "--port", "0").output,
    ]
    assert ACCOUNT in printed[1]
    assert not any(TOKEN in text for text in printed)
    stored = b"".join(path.read_bytes() for path in desk.data.iterdir())
    assert TOKEN.encode() not in stored


def test_the_token_may_be_typed_or_piped(desk: Desk) -> None:
    typed = desk.run("accounts", "add", "twilio", ACCOUNT, typed=f"{TOKEN}\n")
    assert "is added" in typed.stdout
    assert TOKEN not in typed.output
    piped = desk.run("accounts", "add", "twilio", ACCOUNT, "--secret-file", "-", typed=TOKEN)
    assert "has its new token" in piped.stdout


def test_a_removed_account_is_gone(desk: Desk) -> None:
    desk.run("accounts", "add", "twilio", ACCOUNT, typed=f"{TOKEN}\n")
    assert desk.json("accounts", "remove", "twilio", ACCOUNT)["removed"]
    assert desk.json("accounts", "list") == {"accounts": []}
    again = desk.run("accounts", "remove", "twilio", ACCOUNT, fails=1)
    assert f"there is no twilio account {ACCOUNT}" in again.stderr


@pytest.mark.parametrize(
    ("carrier", "account", "typed", "told"),
    [
        ("twilio", "AC12", TOKEN, "AC and 32 hexadecimal digits"),
        ("pigeon", ACCOUNT, TOKEN, "there is no carrier 'pigeon'; there are"),
        ("twilio", ACCOUNT, "two words", "must be one word"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_stored(
    desk: Desk, carrier: str, account: str, typed: str, told: str
) -> None:
    result = desk.run("accounts", "add", carrier, account, typed=f"{typed}\n", fails=2)
    assert told in result.stderr
    assert not desk.data.exists()


def test_a_secret_file_that_is_not_there_is_told(desk: Desk, tmp_path: Path) -> None:
    absent = str(tmp_path / "absent")
    words = ("accounts", "add", "twilio", ACCOUNT, "--secret-file", absent)
    assert f"cannot be read from {absent}" in desk.run(*words, fails=2).stderr
