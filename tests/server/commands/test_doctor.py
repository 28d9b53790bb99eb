"""`switchboard doctor`: what is found on this machine, and how to mend it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.server.commands.console import Desk


class _Answering(HTTPServer):
    """Gives the same answer to whoever asks."""

    def __init__(self, body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.body = body


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, _Answering)
        body = self.server.body
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is printed among the test's own lines."""


@contextmanager
def serving(body: bytes) -> Iterator[str]:
    """A program that answers one request; gives its port."""
    with _Answering(body) as server:
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        yield str(server.server_port)
        thread.join(timeout=10)


def found(desk: Desk, *words: str, fails: int = 0) -> dict[str, dict[str, str]]:
    """Findings by name."""
    return {one["name"]: one for one in desk.json("doctor", *words, fails=fails)["findings"]}


def test_an_untouched_machine_can_take_calls_and_is_left_untouched(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data")
    rows = found(desk, "--port", "0")
    assert rows["Python"]["level"] == "good"
    assert rows["database"]["mend"] == "`switchboard run` makes it"
    assert all(one["mend"] for one in rows.values() if one["level"] != "good")
    assert "This machine can take calls." in desk.run("doctor", "--port", "0").stdout
    assert not desk.data.exists()


@pytest.mark.requirement("commands:doctor:says-how-to-mend")
def test_a_port_that_another_program_has_is_told_with_the_way_out(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = str(other.getsockname()[1])
        rows = found(desk, "--port", port, fails=1)
        printed = desk.run("doctor", "--port", port, fails=1).stdout
    assert rows["port"]["level"] == "bad"
    assert "--port" in rows["port"]["mend"]
    assert "Mend first: port." in printed
    assert found(desk, "--port", port)["port"]["found"] == f"127.0.0.1:{port} is free"


def test_a_server_that_answers_there_is_well(tmp_path: Path) -> None:
    with serving(b'{"status": "alive"}') as port:
        rows = found(Desk(tmp_path), "--port", port)
    assert rows["port"]["found"] == f"the server answers on 127.0.0.1:{port}"


def test_a_stranger_who_answers_there_is_not_taken_for_the_server(tmp_path: Path) -> None:
    with serving(b"hello") as port:
        rows = found(Desk(tmp_path), "--port", port, fails=1)
    assert rows["port"]["level"] == "bad"


def test_accounts_are_told_by_whether_their_token_can_be_opened(tmp_path: Path) -> None:
    account = "AC" + "0a" * 16
    Desk(tmp_path).run("accounts", "add", "twilio", account, typed="token\n")
    rows = found(Desk(tmp_path), "--port", "0")
    assert rows["database"]["level"] == "good"
    assert rows["twilio account"]["level"] == "good"
    assert account not in rows["twilio account"]["found"]
    other_key = Desk(tmp_path, SWITCHBOARD_STORE__KEY="1e" * 32)
    rows = found(other_key, "--port", "0", fails=1)
    assert rows["twilio account"]["mend"] == f"switchboard accounts add twilio {account}"


def test_a_database_that_is_none_is_told(tmp_path: Path) -> None:
    Desk(tmp_path).run("numbers", "set", "+35315550100")
    (tmp_path / "switchboard.db").write_bytes(b"this is no database at all" * 100)
    assert found(Desk(tmp_path), "--port", "0", fails=1)["database"]["level"] == "bad"


def test_secrets_that_are_lost_or_spoiled_are_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.run("numbers", "set", "+35315550100")
    (tmp_path / "secrets.json").write_text("{", encoding="utf-8")
    assert "cannot be read" in found(desk, "--port", "0", fails=1)["secrets"]["found"]
    (tmp_path / "secrets.json").unlink()
    assert "is missing" in found(desk, "--port", "0", fails=1)["secrets"]["found"]


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("", encoding="utf-8")
    rows = found(Desk(path), "--port", "0", fails=1)
    assert "is no folder" in rows["data folder"]["found"]


def test_settings_of_speech_and_address_are_looked_at(tmp_path: Path) -> None:
    options = f'{{"local": {{"model_dir": "{tmp_path}"}}}}'
    desk = Desk(
        tmp_path,
        SWITCHBOARD_BRIDGES__OPTIONS=options,
        SWITCHBOARD_API__PUBLIC_URL="http://voice.example.com",
    )
    rows = found(desk, "--port", "0", fails=1)
    assert "lacks model.bin" in rows["hearing Spanish"]["found"]
    assert "is not https" in rows["public URL"]["found"]
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_text("", encoding="utf-8")
    desk = Desk(
        tmp_path,
        SWITCHBOARD_BRIDGES__OPTIONS=options,
        SWITCHBOARD_API__PUBLIC_URL="https://voice.example.com",
    )
    rows = found(desk, "--port", "0")
    assert rows["hearing Spanish"]["level"] == rows["public URL"]["level"] == "good"
