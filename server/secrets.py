"""What a fresh installation needs and nobody wants to type: keys made once, kept in one file.

They let the server run without any account: its own demonstration carrier account signs webhooks
(`switchboard call` reads it from here), the API has a token, and secrets in the store have a key.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from server.clock import Clock

__all__ = ["HouseSecrets"]

_FILE = "secrets.json"


class HouseSecrets(msgspec.Struct, frozen=True):
    """Made at the first start, readable by the owner only."""

    twilio_account_sid: str
    twilio_auth_token: str
    api_token: str
    store_key: str
    """256 bits as 64 hexadecimal digits."""

    @classmethod
    def load(cls, data: Path, clock: Clock) -> HouseSecrets:
        """Read the file in the data folder, or make it.

        Raises:
            ValueError: the file is there and is not ours; the text says what to do.
        """
        path = data / _FILE
        if path.exists():
            try:
                return msgspec.json.decode(path.read_bytes(), type=cls)
            except msgspec.DecodeError as error:
                raise ValueError(
                    f"{path} cannot be read ({error}); restore it from a backup. Moving it away "
                    "makes new keys, and carrier secrets in the store must then be entered again"
                ) from None
        made = cls(
            twilio_account_sid=f"AC{clock.uuid()}",
            twilio_auth_token=clock.uuid(),
            api_token=clock.token(40),
            store_key=clock.uuid() + clock.uuid(),
        )
        data.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
        return made

    def __repr__(self) -> str:
        return "HouseSecrets(...)"
