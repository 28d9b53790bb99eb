"""A bridge for the benchmark: relays to the fake provider, with our own turn-taking.

It satisfies `bridges.port.session.BridgeModule` and is plugged in by the settings
`SWITCHBOARD_BRIDGES__EXTRA__RELAY=benchmarks.relay_bridge` and
`SWITCHBOARD_BRIDGES__OPTIONS__RELAY__URL=ws://127.0.0.1:PORT`. G.711 passes through both ways.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import orjson
import pybase64
from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from benchmarks.realtime import (
    CANCEL,
    COMMIT,
    CREATE,
    SESSION,
    SoundBatch,
    audio_text,
    is_audio,
    truncate,
)
from bridges.port.errors import Lost, Rejected
from bridges.port.events import (
    BotAudio,
    BotText,
    BridgeFailed,
    BridgeInput,
    CommitTurn,
    Interrupt,
    ReplyDone,
    Speak,
    UserAudio,
)
from bridges.port.session import BridgeOptions, Opening, Profile, Sink
from media.audio import TELEPHONE

__all__ = ["PROFILE", "open"]

PROFILE: Final = Profile(
    speech=True,
    in_format=TELEPHONE,
    out_format=TELEPHONE,
    turn_taking="local",
    rebrief=True,
    seedable=False,
    truncates=True,
    async_tools=False,
    verbatim=False,
)


class _Session(WSListener):
    """One call's socket to the provider."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._transport: WSTransport | None = None
        self._batch = SoundBatch()
        self._item = ""
        self._over = False

    def send(self, item: BridgeInput) -> None:
        """See `BridgeSession`."""
        transport = self._transport
        if transport is None:
            return
        if type(item) is UserAudio:
            message = self._batch.add(item.payload)
            if message is not None:
                transport.send(WSMsgType.TEXT, message)
            return
        for message in self._orders(item):
            transport.send(WSMsgType.TEXT, message)

    def close(self) -> None:
        """Leave; nothing is told to the call after this."""
        self._over = True
        if self._transport is not None:
            self._transport.disconnect()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """See `WSListener`."""
        self._transport = transport
        transport.send(WSMsgType.TEXT, SESSION)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """See `WSListener`."""
        self._transport = None
        if not self._over:
            self._sink(BridgeFailed(Lost("relay", "the provider closed the connection")))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """See `WSListener`."""
        if frame.msg_type != WSMsgType.TEXT or self._over:
            return
        message = frame.get_payload_as_bytes()
        if is_audio(message):
            self._sink(BotAudio(self._item, pybase64.b64decode(audio_text(message))))
        else:
            self._take(orjson.loads(message))

    def _orders(self, item: BridgeInput) -> list[bytes]:
        match item:
            case CommitTurn(answer=answer):
                rest = self._batch.flush()
                turn = [COMMIT, CREATE] if answer else [COMMIT]
                return [rest, *turn] if rest else turn
            case Interrupt(heard_ms=heard_ms, item=cut):
                orders = [truncate(cut, heard_ms)] if cut else []
                return [CANCEL, *orders]
            case Speak(item=named):
                # Nothing is said word for word here; the utterance is over as it begins.
                self._sink(ReplyDone(named))
                return []
            case _:
                return []

    def _take(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "response.output_item.added":
                self._item = event["item"]["id"]
            case "response.output_audio_transcript.delta":
                self._sink(BotText(self._item, event["delta"]))
            case "response.output_audio.done":
                self._sink(ReplyDone(self._item))
            case "response.done" if event["response"]["status"] == "cancelled" and self._item:
                self._sink(ReplyDone(self._item, interrupted=True))
            case _:
                return


class _Relay:
    """The bridge as the process has it open."""

    def __init__(self, url: str) -> None:
        self._url = url

    @asynccontextmanager
    async def connect(self, opening: Opening, sink: Sink) -> AsyncIterator[_Session]:
        """See `Bridge`."""
        session = _Session(sink)
        try:
            await ws_connect(lambda: session, self._url, websocket_handshake_timeout=10.0)
        except (OSError, WSError, TimeoutError) as error:
            raise Lost("relay", f"the provider cannot be reached: {error}") from error
        try:
            yield session
        finally:
            session.close()


@asynccontextmanager
async def open(options: BridgeOptions) -> AsyncIterator[_Relay]:
    """See `BridgeModule`."""
    url = options.values.get("url", "")
    if not url:
        raise Rejected(
            "relay", "set SWITCHBOARD_BRIDGES__OPTIONS__RELAY__URL to the provider's ws://"
        )
    yield _Relay(url)
