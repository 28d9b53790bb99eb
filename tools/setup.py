"""Prepares `.venv` from `requirements.lock` with nothing but a Python and the network.

Run by every `make` target; the image runs it with `--product`, which leaves out what only
developers need. With an up-to-date `.venv` it returns at once: a stamp inside `.venv`
holds the digest of what it was made from. Uses the standard library only, since it runs before
anything is installed. uv is taken from PATH, else fetched as the wheel that `tools/uv.txt` names by
hash: by pip, by the pip that a virtual environment of the same Python brings, or, where neither is
there, straight from the index that pip is configured for.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import sysconfig
import tempfile
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
TOOLS = ROOT / ".tools"
LOCK = ROOT / "requirements.lock"
UV_PIN = ROOT / "tools" / "uv.txt"
STAMP = VENV / "switchboard-setup.stamp"
MADE_FROM = ("pyproject.toml", "tools/setup.py", "tools/uv.txt")
OLDEST, NEWEST = (3, 11), (3, 14)
FETCH_TIMEOUT_S = 60
INSTALLERS = ("editables", "hatchling")
"""The build backend: needed to put the project itself into `.venv`."""


class SetupFailed(Exception):
    """The environment cannot be prepared; the message says what to do."""


def main(arguments: list[str]) -> int:
    """Prepare `.venv`, or with `--lock` resolve the dependencies again."""
    try:
        if "--lock" in arguments:
            write_lock(find_uv())
            return 0
        lock = LOCK.read_text(encoding="utf-8")
        if "--product" in arguments:
            lock = product_part(lock)
        if not is_up_to_date(lock):
            prepare(find_uv(), lock)
    except SetupFailed as failure:
        print(f"setup: {failure}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failure:
        print(f"setup: '{failure.cmd[0]}' ended with {failure.returncode}", file=sys.stderr)
        return 1
    return 0


# --- what is there --------------------------------------------------------------------------------


def stamp(lock: str) -> str:
    """The digest of everything that `.venv` is made from, and of where it stands."""
    digest = hashlib.sha256(str(ROOT).encode() + lock.encode())
    for name in MADE_FROM:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_up_to_date(lock: str) -> bool:
    """Whether `.venv` was made from this lock and the files as they are now."""
    if not (VENV_PYTHON.exists() and STAMP.exists()):
        return False
    return STAMP.read_text(encoding="ascii").strip() == stamp(lock)


def suits(version: tuple[int, int]) -> bool:
    """Whether the lock covers this version of Python."""
    return OLDEST <= version <= NEWEST


def venv_suits() -> bool:
    """Whether `.venv` already holds a Python that the lock covers."""
    if not VENV_PYTHON.exists():
        return False
    asked = "import sys; print(*sys.version_info[:2])"
    answer = subprocess.run([str(VENV_PYTHON), "-c", asked], capture_output=True, text=True)
    return answer.returncode == 0 and suits(tuple(map(int, answer.stdout.split())))  # type: ignore[arg-type]


# --- making it ------------------------------------------------------------------------------------


def prepare(uv: str, lock: str) -> None:
    """Create `.venv` if needed, fill it exactly as the lock says, and put the project in it."""
    environment = uv_environment()
    if not venv_suits():
        say("creating .venv")
        run([uv, "venv", "--quiet", "--clear", "--python", wanted_python(), str(VENV)], environment)
    STAMP.unlink(missing_ok=True)
    say("installing what requirements.lock names")
    into = ["--quiet", "--python", str(VENV_PYTHON)]
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, LOCK.name)
        wanted.write_text(lock, encoding="utf-8")
        run([uv, "pip", "sync", *into, "--require-hashes", str(wanted)], environment)
    # The build backend is in the lock, so nothing is resolved or fetched for this step.
    own = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    run([uv, "pip", "install", *into, *own], environment)
    STAMP.write_text(stamp(lock) + "\n", encoding="ascii")
    say("ready")


def write_lock(uv: str) -> None:
    """Resolve the dependencies again: every version with its hashes, and no addresses."""
    command = [uv, "pip", "compile", "--quiet", "pyproject.toml", "--group", "dev"]
    command += ["--universal", "--python-version", "3.11", "--generate-hashes"]
    command += ["--no-emit-index-url", "--no-header", "--output-file", LOCK.name]
    run(command, uv_environment())


def product_part(lock: str) -> str:
    """The entries of the lock that the product or its installation needs, found by their `via`.

    An entry is `name==version \\`, its hashes, and comments that name who asks for it.
    """
    entries = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
    asked_by = {
        entry: set(re.findall(r"^    #(?: via| ) +(\S.*)$", entry, re.MULTILINE))
        for entry in entries
    }
    names = {entry: re.split(r"[=\[]", entry, maxsplit=1)[0] for entry in entries}
    needed = {"switchboard (pyproject.toml)"}
    kept: set[str] = {entry for entry in entries if names[entry] in INSTALLERS}
    while True:
        needed |= {names[entry] for entry in kept}
        more = {entry for entry in entries if asked_by[entry] & needed} - kept
        if not more:
            return "".join(entry for entry in entries if entry in kept)
        kept |= more


def wanted_python() -> str:
    """The Python that runs this if the lock covers it, else a range for uv to look for."""
    if suits(sys.version_info[:2]):
        return sys.executable
    return f">={OLDEST[0]}.{OLDEST[1]},<{NEWEST[0]}.{NEWEST[1] + 1}"


def run(command: list[str], environment: dict[str, str]) -> None:
    """Run a step from the project's root. Raises `CalledProcessError` when it fails."""
    subprocess.run(command, check=True, cwd=ROOT, env=environment)


def say(text: str) -> None:
    """One line of progress, kept off stdout, which belongs to the command that follows."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


# --- uv -------------------------------------------------------------------------------------------


def uv_environment() -> dict[str, str]:
    """The environment for uv: it uses the index and the certificates that pip is configured for."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    index = pip_option("index-url")
    if index and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & environment.keys():
        environment["UV_DEFAULT_INDEX"] = index
    certificates = pip_option("cert")
    if certificates:
        environment.setdefault("SSL_CERT_FILE", certificates)
    return environment


def pip_option(name: str) -> str | None:
    """What pip's environment or configuration files say about an option; None where nothing."""
    said = os.environ.get("PIP_" + name.upper().replace("-", "_"))
    if said:
        return said
    home = Path.home()
    named = [os.environ.get("PIP_CONFIG_FILE", ""), sys.prefix + "/pip.conf"]
    usual = [home / ".config/pip/pip.conf", home / ".pip/pip.conf", Path("/etc/pip.conf")]
    for path in [*(Path(place) for place in named if place), *usual]:
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            found = re.search(rf"^\s*{name}\s*=\s*(\S+)", text, re.MULTILINE)
            if found:
                return found.group(1)
    return None


def find_uv() -> str:
    """The path of a uv: the one on PATH, one fetched before, or one fetched now.

    Raises:
        SetupFailed: there is none and none can be fetched.
    """
    kept = TOOLS / "uv"
    for candidate in (shutil.which("uv"), str(kept)):
        if candidate and answers(candidate):
            return candidate
    say("fetching uv")
    with tempfile.TemporaryDirectory() as folder:
        wheel = fetch_uv_wheel(Path(folder))
        with zipfile.ZipFile(wheel) as archive:
            inside = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
            TOOLS.mkdir(exist_ok=True)
            kept.write_bytes(archive.read(inside))
    kept.chmod(0o755)
    return str(kept)


def answers(candidate: str) -> bool:
    """Whether this uv runs (a version manager's shim may be there without a uv behind it)."""
    try:
        return subprocess.run([candidate, "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


def fetch_uv_wheel(folder: Path) -> Path:
    """Fetch uv's wheel for this platform, checked against the pinned hashes."""
    if download_with_pip(sys.executable, folder) or download_with_new_pip(folder):
        return next(folder.glob("uv-*.whl"))
    index = pip_option("index-url")
    if index:
        return download_from_index(index, folder)
    raise SetupFailed(
        "uv is missing, and so is pip to fetch it with. Install one of them (for example "
        "'apt-get install python3-pip' or 'apt-get install python3-venv'), or set PIP_INDEX_URL "
        "to your package index, and run the command again."
    )


def download_with_pip(python: str, folder: Path) -> bool:
    """Let this Python's pip fetch the wheel; False where it has no pip or pip fails."""
    command = [python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes"]
    command += ["--dest", str(folder), "--requirement", str(UV_PIN)]
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


def download_with_new_pip(folder: Path) -> bool:
    """The same with the pip that a fresh virtual environment of this Python brings along."""
    made = folder / "pip"
    command = [sys.executable, "-m", "venv", str(made)]
    quiet = subprocess.DEVNULL
    if subprocess.run(command, stdout=quiet, stderr=quiet).returncode != 0:
        return False
    return download_with_pip(str(made / "bin" / "python"), folder)


def download_from_index(index: str, folder: Path) -> Path:
    """Fetch the wheel by the index's own listing (PEP 503 pages or PEP 691 JSON).

    Raises:
        SetupFailed: the index lists no wheel for this platform, or one with another content.
    """
    pin = UV_PIN.read_text(encoding="ascii")
    version = re.search(r"uv==(\S+)", pin)
    page = urllib.parse.urljoin(index.rstrip("/") + "/", "uv/")
    for address in listed_files(page):
        # Mirrors list relative addresses.
        name = urllib.parse.urlsplit(address).path.rsplit("/", 1)[-1]
        if version and name.startswith(f"uv-{version.group(1)}-") and fits_this_machine(name):
            content = fetch(urllib.parse.urljoin(page, address))
            if hashlib.sha256(content).hexdigest() not in pin:
                raise SetupFailed(f"{name} is not the file that tools/uv.txt names")
            wheel = folder / name
            wheel.write_bytes(content)
            return wheel
    raise SetupFailed(f"the package index has no uv for {sysconfig.get_platform()}")


def listed_files(page: str) -> list[str]:
    """The addresses on an index's page of one project."""
    text = fetch(page).decode("utf-8")
    if text.lstrip().startswith("{"):
        return [str(file["url"]) for file in json.loads(text)["files"]]
    return re.findall(r'href="([^"]+)"', text)


def fits_this_machine(wheel: str) -> bool:
    """Whether a wheel's name is for this platform (glibc before musl on Linux)."""
    platform = sysconfig.get_platform()
    machine = platform.rsplit("-", 1)[-1]
    family = "macosx" if platform.startswith("macosx") else "manylinux"
    return wheel.endswith((f"_{machine}.whl", "_universal2.whl")) and family in wheel


def fetch(address: str) -> bytes:
    """The content at an address, within a deadline. Raises `SetupFailed`."""
    try:
        trusted = ssl.create_default_context(cafile=pip_option("cert"))
        with urllib.request.urlopen(address, timeout=FETCH_TIMEOUT_S, context=trusted) as answer:
            return bytes(answer.read())
    except OSError as failure:
        host = urllib.parse.urlsplit(address).hostname
        raise SetupFailed(f"the package index at {host} did not answer: {failure}") from failure


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
