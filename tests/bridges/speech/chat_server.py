"""A small server that speaks the streaming wire of chat completions, from a script. For tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Answer", "ChatServer", "serving", "tool_call", "words"]


def words(*pieces: str) -> list[dict[str, Any]]:
    """Deltas of a spoken answer."""
    return [{"content": piece} for piece in pieces]


def tool_call(call_id: str, name: str, *arguments: str, index: int = 0) -> list[dict[str, Any]]:
    """Deltas of a tool call whose JSON comes in pieces."""
    head = {"index": index, "id": call_id, "type": "function", "function": {"name": name}}
    rest = [{"index": index, "function": {"arguments": piece}} for piece in arguments]
    return [{"tool_calls": [part]} for part in (head, *rest)]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server does with one request."""

    deltas: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    breaks: bool = False
    """Whether the connection drops before the end."""
    hangs: bool = False
    """Whether nothing more comes after the deltas."""


@dataclass
class ChatServer:
    """The scripted answers, and what was asked."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                size = int(head.split("content-length:")[1].split("\r\n")[0])
                self.asked.append(json.loads(await reader.readexactly(size)))
                if not await self._answer(self.answers.pop(0), reader, writer):
                    break
        writer.close()

    async def _answer(
        self, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if answer.status != 200:
            body = json.dumps({"error": {"message": "scripted"}}).encode()
            writer.write(_head(answer.status, "application/json", f"content-length: {len(body)}"))
            writer.write(body)
            await writer.drain()
            return True
        writer.write(_head(200, "text/event-stream", "transfer-encoding: chunked"))
        for delta in answer.deltas:
            _chunk(writer, json.dumps(_event(delta)))
        if answer.hangs:
            await reader.read(1)
        if answer.breaks or answer.hangs:
            return False
        _chunk(writer, "[DONE]")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


def _head(status: int, kind: str, length: str) -> bytes:
    return f"HTTP/1.1 {status} Scripted\r\ncontent-type: {kind}\r\n{length}\r\n\r\n".encode()


def _event(delta: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**head, "choices": [choice]}


def _chunk(writer: asyncio.StreamWriter, text: str) -> None:
    line = f"data: {text}\n\n".encode()
    writer.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")


@asynccontextmanager
async def serving(*answers: Answer) -> AsyncIterator[ChatServer]:
    """A server on a port of its own."""
    script = ChatServer(answers=list(answers))
    server = await asyncio.start_server(script.handle, "127.0.0.1", 0)
    script.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield script
    finally:
        server.close()
        await server.wait_closed()
