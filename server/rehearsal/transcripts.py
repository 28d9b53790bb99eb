"""The server's own transcript of a call under way, where it offers one.

`GET /api/v1/calls/by-carrier/{CallSid}` is asked once a second, authorised with the account's
token; a server without it is rehearsed all the same, without the agent's words.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from server.rehearsal.office import Office
from server.rehearsal.record import ServerTurn

__all__ = ["Transcript"]

_AGENT_NAMES: Final = frozenset({"agent", "assistant", "bot"})


class _TurnDocument(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    speaker: str
    text: str = ""
    started_s: float | None = None
    ended_s: float | None = None


class _CallDocument(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    turns: Annotated[tuple[_TurnDocument, ...], Field(max_length=10_000)]


class Transcript:
    """What the server has written down so far."""

    def __init__(self, office: Office, call_id: str) -> None:
        self._office = office
        self._path = f"/api/v1/calls/by-carrier/{call_id}"
        self.turns: tuple[ServerTurn, ...] | None = None
        """None until the server has answered once."""
        self.refusal = "it was not asked"
        """Why there is none."""

    async def refresh(self) -> bool:
        """Ask again; returns whether there is anything new."""
        reply = await self._office.read(self._path)
        if reply is None:
            self.refusal = "the server cannot be reached"
            return False
        if not reply.is_success:
            self.refusal = f"GET {self._path}: HTTP {reply.status_code}"
            return False
        try:
            document = _CallDocument.model_validate_json(reply.content)
        except ValidationError:
            self.refusal = f"GET {self._path}: not a transcript"
            return False
        before = self.turns
        self.turns = tuple(_turn(turn) for turn in document.turns)
        return self.turns != before

    @property
    def settled(self) -> bool:
        """Whether every turn that is known is over, so that its words are final."""
        return all(turn.ended_s is not None for turn in self.turns or ())

    def agent_words(self, since_s: float) -> str:
        """What the agent said in turns that were not over at `since_s` of the call."""
        return "\n".join(
            turn.text
            for turn in self.turns or ()
            if turn.speaker == "agent" and (turn.ended_s is None or turn.ended_s >= since_s)
        )


def _turn(document: _TurnDocument) -> ServerTurn:
    speaker = "agent" if document.speaker.lower() in _AGENT_NAMES else "caller"
    return ServerTurn(
        speaker, " ".join(document.text.split()), document.started_s, document.ended_s
    )
