"""The account and ids that the carrier tests share."""

from __future__ import annotations

from media.carrier import Account

__all__ = ["ACCOUNT", "CALL", "PUBLIC", "SECRET", "STREAM"]

SECRET = "test-token-0123456789abcdef"
ACCOUNT = Account("AC00000000000000000000000000000001", SECRET)
CALL = "CA00000000000000000000000000000001"
STREAM = "MZ00000000000000000000000000000001"
PUBLIC = "https://voice.example.com"
