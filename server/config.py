"""Settings of the process: one frozen group per room, read once in `main`.

A value comes from the environment (`SWITCHBOARD_API__PORT=8010`) or from `.env`; names nest by
`__`, and unknown names in `.env` are refused. Carrier credentials and agents are no settings: they
are rows of a tenant and versioned YAML.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = [
    "ApiSettings",
    "BridgeSettings",
    "CarrierSettings",
    "MediaSettings",
    "Settings",
    "StoreSettings",
]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ApiSettings(_Group):
    """The door: HTTP and media sockets share one port."""

    host: str = "127.0.0.1"
    """Address to listen on; a container sets 0.0.0.0."""
    port: int = Field(default=8010, ge=0, le=65535)
    """0 takes any free port."""
    public_url: str = ""
    """What carriers reach us by, `https://voice.example.com`; empty is the local address."""
    token: SecretStr = SecretStr("")
    """Bearer token of the HTTP API; empty makes one at the first start (data/secrets.json)."""


class MediaSettings(_Group):
    """The line."""

    capacity: int = Field(default=300, ge=1)
    """Calls at once; beyond it callers hear that all lines are busy."""
    lead_ms: int = Field(default=240, ge=60, le=1000)
    """How far ahead of real time sound is sent to the carrier (style.md 3.5: 0.2 to 0.4 s)."""
    inband_keys: bool = False
    """Whether key tones are looked for in the sound: for carriers that send no key messages."""
    record: bool = True
    """Whether calls are recorded."""


class CarrierSettings(_Group):
    """The networks."""

    api_base: dict[str, str] = Field(default_factory=dict)
    """Carrier name to where its REST API is, for simulators; empty is the carrier's own address."""


class BridgeSettings(_Group):
    """The minds."""

    options: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Bridge name to its own settings, e.g. local: {base_url: ..., model: ...}."""
    extra: dict[str, str] = Field(default_factory=dict)
    """Name to import path of further bridges; none may shadow a shipped one."""


class StoreSettings(_Group):
    """Where everything is kept."""

    database_url: SecretStr = SecretStr("")
    """Empty is SQLite under the data folder."""
    key: SecretStr = SecretStr("")
    """Key that secrets in the store are sealed with; empty makes one at the first start."""


class Settings(BaseSettings):
    """All settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix="SWITCHBOARD_",
        env_nested_delimiter="__",
        env_file=".env",
        extra="forbid",
        frozen=True,
    )

    data: Path = Path("data")
    """The one folder that holds all state."""
    pretend_now: datetime | None = None
    """Rehearsals only: the instant that the wall clock shows at the start."""
    log_level: str = "INFO"
    api: ApiSettings = ApiSettings()
    media: MediaSettings = MediaSettings()
    carriers: CarrierSettings = CarrierSettings()
    bridges: BridgeSettings = BridgeSettings()
    store: StoreSettings = StoreSettings()
