"""What we promise of Twilio's calls, and of the port that they come in by."""

from __future__ import annotations

from tests.requirements.kind import Requirement

__all__ = ["REQUIREMENTS"]

_PAGE = "Twilio, Media Streams: WebSocket messages"
_SECURITY = "Twilio, Webhooks security"

REQUIREMENTS = {
    "twilio:signature:every-row": Requirement(
        "Forms, queries, JSON bodies and handshakes are verified as Twilio signs them, with SHA-1 "
        "or a shared key's SHA-256, and nothing else passes.",
        source=_SECURITY,
    ),
    "twilio:answer:stream-with-token": Requirement(
        "A call is answered with a stream whose path and parameter carry the token.",
        source="issue:#2",
    ),
    "twilio:wire:every-message": Requirement(
        "Every message of the stream is understood and every message sent has Twilio's shape.",
        source=_PAGE,
    ),
    "twilio:wire:refuses-nonsense": Requirement(
        "Whatever bytes come, the wire gives an event, nothing, or a stated refusal.",
        source="issue:#2",
    ),
    "twilio:wire:order": Requirement(
        "Media before start and a second start break the protocol.", source=_PAGE
    ),
    "twilio:hang-up:already-gone": Requirement(
        "Hanging up a call that has ended counts as done.", source="Twilio, error 20404"
    ),
    "twilio:progress:terminal-absorbs": Requirement(
        "Status callbacks may repeat and reorder: what ended stays ended.", source="issue:#2"
    ),
    "twilio:webhook:fail-closed": Requirement(
        "A webhook that is not signed by a known account is refused, and counted by kind.",
        source="issue:#2",
    ),
    "twilio:webhook:never-silence": Requirement(
        "When answering fails or takes too long, the caller hears an apology.", source="house"
    ),
    "twilio:token:single-use": Requirement(
        "A stream's token is good once, for two minutes, for its carrier, account and call.",
        source="issue:#2",
    ),
    "door:port:one-for-all": Requirement(
        "Requests, the application's sockets and media sockets share one port, also when one "
        "connection is used for several of them.",
        source="issue:#2",
    ),
    "door:handshake:refused-before-101": Requirement(
        "A media handshake that is refused is answered with its status, never with 101.",
        source="issue:#2",
    ),
    "door:head:bounded": Requirement(
        "A request's head may take 16 KB and five seconds.", source="issue:#2"
    ),
    "door:hostile:process-stands": Requirement(
        "Malformed, oversized, out-of-order and unauthenticated connections get the stated "
        "refusal, and good calls beside them are untouched.",
        source="issue:#2",
    ),
    "line:closed:exactly-once": Requirement(
        "However a line ends, its end is delivered once and last.", source="house"
    ),
    "line:slow-peer:bounded": Requirement(
        "A peer that stops reading costs bounded memory: sound is dropped, control is kept.",
        source="house",
    ),
}
