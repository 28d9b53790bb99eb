"""`switchboard agents` and `switchboard numbers`: checked, published, answering a number."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli import app
from server.clock import Clock
from server.commands.office import database_url
from server.config import Settings
from server.secrets import HouseSecrets
from server.seed import EXAMPLES, seed_store
from server.store.scope import Store
from tests.server.commands.console import Desk

AGENT = """
agent: kiosk
business: {name: The Kiosk}
start: greet
nodes:
  greet:
    say: "Hello, this is {business}."
    exits: [{to: bye, when: wants to leave, key: "9"}]
  bye: {say: Goodbye., end: done}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "data")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "kiosk.yaml"
    path.write_text(AGENT, encoding="utf-8")
    return path


def answering(desk: Desk, number: str) -> tuple[str, int]:
    """Who a carrier's call to that number reaches."""

    async def find() -> tuple[str, int]:
        url = database_url(Settings(data=desk.data))
        key = HouseSecrets.load(desk.data, Clock()).store_key
        async with Store.open(url, clock=Clock(), key=key) as store:
            route = await store.system().route("twilio", number)
            return ("", 0) if route is None else (route.agent_id, route.version)

    return asyncio.run(find())


def seed(desk: Desk) -> None:
    """What the first start of the server does."""

    async def start() -> None:
        settings, secrets = Settings(data=desk.data), HouseSecrets.load(desk.data, Clock())
        async with Store.open(
            database_url(settings), clock=Clock(), key=secrets.store_key
        ) as store:
            await seed_store(store, secrets, Clock(), settings)

    asyncio.run(start())


def test_lists_of_nothing_say_how_to_begin_and_make_nothing(desk: Desk) -> None:
    assert "switchboard run" in desk.run("agents", "list").stdout
    assert "numbers set" in desk.run("numbers", "list").stdout
    assert "accounts add" in desk.run("accounts", "list").stdout
    assert desk.json("agents", "list") == {"agents": []}
    assert "no agents" in desk.run("agents", "show", "rooms", fails=2).stderr
    assert not desk.data.exists()


@pytest.mark.requirement("commands:agents:checked-and-published")
def test_an_agent_is_published_and_answers(desk: Desk, file: Path) -> None:
    assert "published: kiosk, version 1" in desk.run("agents", "publish", str(file)).stdout
    assert answering(desk, "+35315550100") == ("kiosk", 1)
    listed = desk.json("agents", "list")["agents"]
    assert [(one["agent"], one["version"], one["default"]) for one in listed] == [
        ("kiosk", 1, True)
    ]
    assert "every other number" in desk.run("agents", "list").stdout


def test_the_same_text_is_not_published_twice_and_another_is_a_new_version(
    desk: Desk, file: Path
) -> None:
    desk.run("agents", "publish", str(file))
    assert "unchanged: kiosk, version 1" in desk.run("agents", "publish", str(file)).stdout
    file.write_text(AGENT.replace("Hello", "Good day"), encoding="utf-8")
    again = desk.json("agents", "publish", str(file))
    assert (again["version"], again["published"]) == (2, True)
    assert "Good day" in desk.run("agents", "show", "kiosk").stdout
    assert desk.run("agents", "show", "kiosk", "--version", "1").stdout == AGENT
    assert desk.json("agents", "show", "kiosk")["version"] == 2
    assert "no version 7" in desk.run("agents", "show", "kiosk", "--version", "7", fails=1).stderr


def test_a_shipped_agent_that_is_published_as_it_is_stays_the_shipped_one(desk: Desk) -> None:
    seed(desk)
    rooms = EXAMPLES / "rooms.yaml"
    assert "unchanged: rooms, version 1" in desk.run("agents", "publish", str(rooms)).stdout
    assert desk.run("agents", "show", "rooms").stdout == rooms.read_text(encoding="utf-8")
    assert desk.run("agents", "list").stdout.count("\n") == 8


@pytest.mark.requirement("commands:numbers:answered-by-the-named-agent")
def test_a_number_is_answered_by_its_agent_until_it_is_unset(desk: Desk, file: Path) -> None:
    seed(desk)
    desk.run("agents", "publish", str(file), "--number", "+353 1 555-0177")
    assert answering(desk, "+35315550177") == ("kiosk", 1)
    desk.run("numbers", "set", "+35315550177", "--agent", "clinic")
    assert answering(desk, "+35315550177") == ("clinic", 1)
    assert answering(desk, "+35315550178") == ("rooms", 1)
    listed = desk.json("numbers", "list")
    assert listed["numbers"] == [{"carrier": "twilio", "number": "+35315550177", "agent": "clinic"}]
    assert listed["default"] == "rooms"
    assert "other number is answered by rooms" in desk.run("numbers", "list").stdout
    desk.run("numbers", "unset", "+35315550177")
    assert answering(desk, "+35315550177") == ("rooms", 1)
    assert "no twilio number" in desk.run("numbers", "unset", "+35315550177", fails=1).stderr


def test_the_default_agent_is_the_one_that_was_published_so(desk: Desk, file: Path) -> None:
    seed(desk)
    said = desk.run("agents", "publish", str(file), "--default").stdout
    assert "every number that has no agent of its own" in said
    assert answering(desk, "+35315550100") == ("kiosk", 1)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("numbers", "set", "555"), "Write it like +35315550100"),
        (("numbers", "set", "+35315550100", "--agent", "nobody"), "there is no agent 'nobody'"),
        (("numbers", "set", "+35315550100", "--carrier", "pigeon"), "there is no carrier 'pigeon'"),
        (("agents", "show", "nobody"), "there is no agent 'nobody'; there are clinic"),
    ],
)
def test_what_cannot_be_is_told_with_what_can(
    desk: Desk, words: tuple[str, ...], told: str
) -> None:
    seed(desk)
    result = CliRunner().invoke(app, [*words, "--data", str(desk.data)])
    assert result.exit_code in (1, 2)
    assert told in result.stderr
    assert result.stdout == ""


@pytest.mark.requirement("commands:agents:checked-and-published")
def test_a_mistake_is_told_with_file_and_place_and_not_published(desk: Desk, file: Path) -> None:
    file.write_text(AGENT.replace("to: bye", "to: by"), encoding="utf-8")
    checked = CliRunner().invoke(app, ["agents", "check", str(file)])
    assert checked.exit_code == 1
    assert str(file) in checked.stdout
    assert "exit to 'by', which is no node" in checked.stdout
    assert "exit to 'by'" in desk.run("agents", "publish", str(file), fails=1).stderr
    assert not desk.data.exists()


def test_every_file_is_checked_and_each_has_its_verdict(tmp_path: Path, file: Path) -> None:
    odd = tmp_path / "odd.yaml"
    odd.write_text(AGENT + "  attic: {end: done}\n", encoding="utf-8")
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(b"\xff\xfe\x00")
    files = [str(path) for path in (file, odd, broken, tmp_path / "absent.yaml")]
    result = CliRunner().invoke(app, ["agents", "check", *files, "--json"])
    assert result.exit_code == 1
    verdicts = json.loads(result.stdout)["files"]
    assert [one["ok"] for one in verdicts] == [True, True, False, False]
    assert verdicts[1]["remarks"] == [{"where": "nodes.attic", "problem": "no exit leads here"}]
    assert verdicts[2]["error"]["problem"] == "is not UTF-8 text"
    assert "No such file" in verdicts[3]["error"]["problem"]
    plain = CliRunner().invoke(app, ["agents", "check", *files])
    assert "perhaps not meant" in plain.stdout


def test_the_examples_are_listed_with_their_files() -> None:
    result = CliRunner().invoke(app, ["agents", "examples", "--json"])
    listed = json.loads(result.stdout)["examples"]
    assert len(listed) == 7
    assert all(Path(one["file"]).is_file() for one in listed)
    assert "Clínica Las Acacias" in CliRunner().invoke(app, ["agents", "examples"]).stdout


def test_the_true_command_publishes_and_lists(tmp_path: Path, file: Path) -> None:
    command = [sys.executable, "-m", "server", "agents"]
    place = ["--data", str(tmp_path / "data"), "--json"]
    for words in (["publish", str(file)], ["list"]):
        ended = subprocess.run(
            [*command, *words, *place], capture_output=True, text=True, timeout=60, check=True
        )
    assert [one["agent"] for one in json.loads(ended.stdout)["agents"]] == ["kiosk"]
