"""Seals secrets so that a copied database, or a row moved to another place, opens nothing.

AES-256-GCM with the place of the value as associated data (architecture.md D14).
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.clock import Clock
from server.errors import StoreRefused

__all__ = ["Place", "Vault"]

_NONCE_BYTES = 12
"""What GCM is defined for (NIST SP 800-38D, 5.2.1.1).

They are those of a random UUID that hold nothing but chance (RFC 9562, 5.4)."""
_KEY_DIGITS = 64


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lives."""

    organization_id: str
    table: str
    row: str
    field: str

    def associated(self) -> bytes:
        """The place as bytes that GCM binds the value to."""
        return "|".join((self.organization_id, self.table, self.row, self.field)).encode()


class Vault:
    """Holds the key."""

    def __init__(self, key: str | None, clock: Clock) -> None:
        """`key`: 256 bits as 64 hexadecimal digits; None where no secret will be touched.

        Raises:
            ValueError: it is not; the text never holds it.
        """
        self._clock = clock
        self._cipher: AESGCM | None = None
        if key is None:
            return
        try:
            raw = bytes.fromhex(key)
        except ValueError:
            raw = b""
        if len(key) != _KEY_DIGITS or len(raw) != _KEY_DIGITS // 2:
            raise ValueError(f"the store's key is written as {_KEY_DIGITS} hexadecimal digits")
        self._cipher = AESGCM(raw)

    def seal(self, secret: str, place: Place) -> bytes:
        """Nonce and ciphertext.

        Raises:
            StoreRefused: the store was opened without its key.
        """
        chance = bytes.fromhex(self._clock.uuid())
        nonce = chance[:6] + chance[10:]
        return nonce + self._opened().encrypt(nonce, secret.encode(), place.associated())

    def open(self, sealed: bytes, place: Place) -> str:
        """The secret.

        Raises:
            StoreRefused: it was sealed with another key, for another place, or was changed.
        """
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._opened().decrypt(nonce, text, place.associated()).decode()
        except InvalidTag:
            raise StoreRefused(
                f"a secret in {place.table} cannot be opened: the store's key has changed; "
                "enter the secret again, or restore the key"
            ) from None

    def _opened(self) -> AESGCM:
        if self._cipher is None:
            raise StoreRefused("the store was opened without its key: secrets stay closed")
        return self._cipher
