"""The form fields of Twilio's requests (telephony.md 1.1, 1.2, 1.6). Quiet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from server.rehearsal.messages import StreamIds

__all__ = ["Numbers", "progress_fields", "stream_fields", "voice_fields"]

_PLACE: Final = {"City": "SAN FRANCISCO", "State": "CA", "Zip": "94105", "Country": "US"}
_PARTIES: Final = ("From", "To", "Caller", "Called")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Who calls whom: E.164, `client:name`, or a SIP URI."""

    caller: str
    called: str


def voice_fields(ids: StreamIds, numbers: Numbers, status: str) -> dict[str, str]:
    """What every request about a call carries; `status` is its CallStatus."""
    parties = {
        "From": numbers.caller,
        "To": numbers.called,
        "Caller": numbers.caller,
        "Called": numbers.called,
    }
    places = {
        party + part: value if parties[party].startswith("+1") else ""
        for party in _PARTIES
        for part, value in _PLACE.items()
    }
    return {
        "AccountSid": ids.account_id,
        "ApiVersion": "2010-04-01",
        "CallSid": ids.call_id,
        "CallStatus": status,
        "CallToken": "%7B%22parentCallInfoToken%22%3A%22rehearsal%22%7D",
        "Direction": "inbound",
        "StirVerstat": "TN-Validation-Passed-A",
        **parties,
        **places,
    }


def progress_fields(
    common: Mapping[str, str], *, sequence: int, at: datetime, duration_s: int | None
) -> dict[str, str]:
    """A call status callback: the voice fields and where it stands in the order of events."""
    form = {
        **common,
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(sequence),
        "Timestamp": format_datetime(at),
    }
    if duration_s is not None:
        form |= {
            "CallDuration": str(duration_s),
            "Duration": str(-(-duration_s // 60)),
            "SipResponseCode": "200",
        }
    return form


def stream_fields(ids: StreamIds, name: str, event: str, at: datetime) -> dict[str, str]:
    """A stream status callback: `stream-started` or `stream-stopped`."""
    return {
        "AccountSid": ids.account_id,
        "CallSid": ids.call_id,
        "StreamSid": ids.stream_id,
        "StreamName": name or ids.stream_id,
        "StreamEvent": event,
        "Timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
