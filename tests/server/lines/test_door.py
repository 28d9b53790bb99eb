"""One port: requests, the application's sockets, media sockets; and what is refused at it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect

from media.call import HangupCause, LineClosed, LineOpened, Sound
from media.http import HttpRequest
from server.lines.door import DoorFailed, Refusal, open_door
from server.metrics import Metrics
from tests.server.lines.desk import SIGNER, Desk, Peer, handshake_head, open_desk, until

A_CALL = "CA00000000000000000000000000000001"


@pytest.mark.requirement("door:port:one-for-all")
async def test_requests_and_both_kinds_of_socket_share_the_port(desk: Desk) -> None:
    assert (await desk.request("GET", "/nothing", headers={})).status == 404
    async with connect(f"ws://127.0.0.1:{desk.door.port}/ws/echo", proxy=None) as echo:
        await echo.send("hello")
        assert await echo.recv() == "hello"
    async with desk.caller(A_CALL) as caller:
        await until(lambda: desk.reception.heard[A_CALL])
        assert isinstance(desk.reception.heard[A_CALL][0], LineOpened)
        caller.say(caller.message("stop"))
        assert await caller.close_code() == 1000


@pytest.mark.requirement("door:port:one-for-all")
async def test_a_connection_that_carried_requests_can_become_a_media_socket(desk: Desk) -> None:
    path = await desk.ring(A_CALL)
    async with desk.peer() as proxy:
        for _ in range(2):
            proxy.send_head("GET", "/nothing", {})
            assert (await proxy.reply()).status == 404
        reply = await proxy.handshake(path, Connection="keep-alive, Upgrade")
        assert reply.status == 101
        assert reply.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        assert "sec-websocket-extensions" not in reply.headers
        proxy.call_id = A_CALL
        proxy.say(proxy.start())
        await until(lambda: desk.reception.heard[A_CALL])


@pytest.mark.requirement("door:port:one-for-all")
async def test_an_ordinary_client_that_offers_compression_can_call(desk: Desk) -> None:
    path = await desk.ring(A_CALL)
    signature = SIGNER.compute_signature(f"wss://voice.example.com{path}", {})
    peer = Peer(A_CALL)
    async with connect(
        f"ws://127.0.0.1:{desk.door.port}{path}",
        proxy=None,
        compression="deflate",
        additional_headers={"X-Twilio-Signature": signature},
    ) as client:
        for message in (peer.connected(), peer.start(), peer.media(b"abc", 20)):
            await client.send(message.decode())
        await until(lambda: len(desk.reception.heard[A_CALL]) == 2)
        line = desk.reception.lines[A_CALL]
        line.play(line.wire.media(b"\xff" * 160), line.wire.mark("g1"))
        assert '"event":"media"' in str(await client.recv())
        assert '"name":"g1"' in str(await client.recv())
        await client.send(peer.message("stop").decode())
        await client.wait_closed()
        assert client.close_code == 1000


@pytest.mark.requirement("door:port:one-for-all")
async def test_a_handshake_may_come_in_pieces(desk: Desk) -> None:
    head = handshake_head(await desk.ring(A_CALL), X_Long="x" * 9000)
    async with desk.peer() as peer:
        for at in range(0, len(head), 1500):
            peer.write(head[at : at + 1500])
            for _ in range(5):
                await asyncio.sleep(0)
        assert (await peer.reply()).status == 101


@pytest.mark.requirement("door:handshake:refused-before-101")
async def test_a_stream_without_a_token_is_not_found(desk: Desk) -> None:
    async with desk.peer() as peer:
        reply = await peer.handshake("/ws/stream/twilio/" + "a" * 32)
    assert (reply.status, reply.body) == (404, b"unknown_token")
    assert desk.refused("unknown_token", "stream") == 1


@pytest.mark.requirement("door:handshake:refused-before-101")
@pytest.mark.parametrize(
    "path", ["/ws/stream/", "/ws/stream/plivo/" + "a" * 32, "/ws/stream/twilio/../../etc"]
)
async def test_a_path_that_leads_nowhere_is_not_found(desk: Desk, path: str) -> None:
    async with desk.peer() as peer:
        assert (await peer.handshake(path)).status == 404
    assert desk.refused("unknown_path", "stream") == 1


@pytest.mark.requirement("door:handshake:refused-before-101")
@pytest.mark.parametrize("signature", ["", "AAAA", "x" * 5000])
async def test_an_unsigned_handshake_is_forbidden_and_leaves_the_token_good(
    desk: Desk, signature: str
) -> None:
    path = await desk.ring(A_CALL)
    async with desk.peer() as forger:
        assert (await forger.handshake(path, X_Twilio_Signature=signature)).status == 403
    assert desk.refused("bad_signature", "stream") == 1
    async with desk.peer() as carrier:
        assert (await carrier.handshake(path)).status == 101


@pytest.mark.requirement("door:handshake:refused-before-101", "twilio:token:single-use")
async def test_a_token_that_was_used_or_is_too_old_is_gone(desk: Desk) -> None:
    used, late = await desk.ring(A_CALL), await desk.ring(A_CALL)
    async with desk.peer() as first, desk.peer() as second, desk.peer() as third:
        assert (await first.handshake(used)).status == 101
        assert (await second.handshake(used)).status == 410
        desk.clock.now += 121
        assert (await third.handshake(late)).status == 410
    assert desk.refused("used_token", "stream") == 1
    assert desk.refused("expired_token", "stream") == 1


@pytest.mark.requirement("door:handshake:refused-before-101")
async def test_a_full_house_says_so(desk: Desk) -> None:
    path = await desk.ring(A_CALL)
    desk.reception.full = True
    async with desk.peer() as peer:
        assert (await peer.handshake(path)).status == 503
    assert desk.refused("no_room", "stream") == 1


@pytest.mark.requirement("door:handshake:refused-before-101")
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Sec_WebSocket_Version": "8"}, 426),
        ({"Sec_WebSocket_Version": ""}, 426),
        ({"Sec_WebSocket_Key": ""}, 400),
        ({"Sec_WebSocket_Key": "short"}, 400),
        ({"Sec_WebSocket_Key": "€uro".encode().decode("latin-1")}, 400),
        ({"Content_Length": "5"}, 400),
        ({"Transfer_Encoding": "chunked"}, 400),
        ({"Upgrade": ""}, 404),
    ],
)
async def test_what_is_no_handshake_is_refused(
    desk: Desk, changes: dict[str, str], status: int
) -> None:
    path = await desk.ring(A_CALL)
    async with desk.peer() as peer:
        assert (await peer.handshake(path, **changes)).status == status
    assert not desk.reception.lines


async def test_frames_before_the_answer_are_refused(desk: Desk) -> None:
    path = await desk.ring(A_CALL)
    async with desk.peer() as peer:
        peer.write(handshake_head(path) + peer.frame(b"{}"))
        assert (await peer.reply()).status == 400
    assert desk.refused("handshake_malformed", "door") == 1


async def test_a_decision_that_fails_is_our_error_and_only_that_one() -> None:
    def accept(request: HttpRequest) -> Refusal:
        if request.path.endswith("bad"):
            raise RuntimeError("a bug")
        return Refusal(410, "gone")

    metrics = Metrics.create()
    async with open_door(FastAPI(), accept, host="127.0.0.1", port=0, metrics=metrics) as door:
        for path, status in (("/ws/stream/bad", 500), ("/ws/stream/good", 410)):
            peer = await Peer.dial(door.port)
            assert (await peer.handshake(path)).status == status
            await peer.hang_up()
    assert b'switchboard_failures_total{place="handshake"} 1.0' in metrics.text()[0]


@pytest.mark.requirement("door:head:bounded")
@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nX: " + b"y" * 17_000,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 3_000,
        b"GET /" + b"y" * 17_000 + b" HTTP/1.1\r\nX: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"y" * 17_000 + b"\r\n\r\n",
    ],
    ids=["endless header", "endless headers", "long path", "long header"],
)
async def test_a_head_that_grows_too_long_is_refused(desk: Desk, head: bytes) -> None:
    async with desk.peer() as peer:
        peer.write(head)
        assert (await peer.reply()).status == 431
    assert desk.refused("head_too_large", "door") == 1


@pytest.mark.requirement("door:head:bounded")
@pytest.mark.parametrize("part", [b"", b"GET / HTTP/1.1\r\nHost: h\r\n"])
async def test_a_head_that_does_not_come_is_not_waited_for(part: bytes) -> None:
    async with open_desk(head_s=0.05) as desk, desk.peer() as peer:
        peer.write(part)
        assert (await peer.reply()).status == 408
        assert desk.refused("head_too_slow", "door") == 1


@pytest.mark.requirement("door:head:bounded")
async def test_the_second_head_of_a_connection_is_bounded_too() -> None:
    async with open_desk(head_s=0.5) as desk, desk.peer() as peer:
        peer.send_head("GET", "/nothing", {})
        assert (await peer.reply()).status == 404
        peer.write(b"GET / HTTP/1.1\r\n")
        assert (await peer.reply()).status == 408


async def test_a_large_body_is_no_large_head(desk: Desk) -> None:
    reply = await desk.request("POST", "/nothing", headers={}, body=b"x" * 300_000)
    assert reply.status == 404


@pytest.mark.requirement("line:closed:exactly-once")
async def test_lines_are_closed_when_the_door_closes() -> None:
    async with asyncio.TaskGroup() as group, open_desk() as desk:
        peer = await Peer.dial(desk.door.port)
        await peer.handshake(await desk.ring(A_CALL))
        peer.call_id = A_CALL
        peer.say(peer.start())
        await until(lambda: desk.reception.heard[A_CALL])
        code = group.create_task(peer.close_code())
        stop = asyncio.Event()
        stop.set()
        await desk.door.serve_until(stop)
    await peer.hang_up()
    assert code.result() == 1001
    assert desk.reception.heard[A_CALL][1:] == [LineClosed(HangupCause.SERVER_STOPPED)]


async def test_an_application_that_cannot_start_is_not_served() -> None:
    @asynccontextmanager
    async def broken(app: FastAPI) -> AsyncIterator[None]:
        if app.title:
            raise RuntimeError("no database")
        yield

    opening = open_door(
        FastAPI(lifespan=broken),
        lambda request: Refusal(503, "no_room"),
        host="127.0.0.1",
        port=0,
        metrics=Metrics.create(),
    )
    with pytest.raises(DoorFailed):
        await opening.__aenter__()


async def test_several_processes_can_share_the_port() -> None:
    def refuse(request: HttpRequest) -> Refusal:
        return Refusal(503, "no_room")

    metrics = Metrics.create()
    async with (
        open_door(
            FastAPI(), refuse, host="127.0.0.1", port=0, metrics=metrics, reuse_port=True
        ) as first,
        open_door(
            FastAPI(), refuse, host="127.0.0.1", port=first.port, metrics=metrics, reuse_port=True
        ) as second,
    ):
        assert second.port == first.port


# --- hostility ------------------------------------------------------------------------------------

LINES = st.sampled_from(
    [
        b"GET / HTTP/1.1", b"GET /ws/stream/twilio/aaaaaaaaaaaaaaaaaaaa HTTP/1.1", b"POST /webhook",
        b"Host: h", b"Upgrade: websocket", b"Connection: upgrade", b"Content-Length: 3",
        b"Content-Length: -1", b"Transfer-Encoding: chunked", b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"X-Twilio-Signature: AAAA", b": ", b"",
        b"\x16\x03\x01\x02\x00", b"PRI * HTTP/2.0", b"\xff\xfe", b"CONNECT h:443 HTTP/1.1",
    ]
)  # fmt: skip


@pytest.mark.requirement("door:hostile:process-stands")
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    parts=st.lists(LINES | st.binary(max_size=40), max_size=9),
    end=st.sampled_from([b"\r\n", b"\n", b"\r\n\r\n"]),
)
async def test_whatever_is_sent_the_door_answers_the_next(
    desk: Desk, parts: list[bytes], end: bytes
) -> None:
    async with desk.peer() as stranger:
        stranger.write(end.join(parts) + end)
        stranger.writer.write_eof()
        async with asyncio.timeout(10):
            answer = await stranger.reader.read()
        assert answer[:9] in {b"", b"HTTP/1.1 "}
        assert b" 101 " not in answer[:20]
    assert (await desk.request("GET", "/nothing", headers={})).status == 404
    assert desk.failures() == 0


async def hostile(desk: Desk, number: int) -> None:
    """One of many ways of being a nuisance."""
    call = f"CAhostile{number}"
    way = number % 8
    async with desk.peer() as peer:
        if way == 0:
            peer.write(os.urandom(300) + b"\r\n\r\n")
            await peer.close_code()
            return
        if way == 1:
            assert (await peer.handshake("/ws/stream/twilio/" + "z" * 32)).status == 404
            return
        path = await desk.ring(call)
        if way == 2:
            assert (await peer.handshake(path, X_Twilio_Signature="forged")).status == 403
            return
        assert (await peer.handshake(path)).status == 101
        peer.call_id = call
        frames, code = {
            3: (peer.frame(b"not json"), 1007),
            4: (peer.frame(peer.media()), 1008),
            5: (peer.frame(peer.start()) * 2, 1008),
            6: (peer.frame(peer.start(callSid="CAother")), 1008),
            7: (peer.frame(b"x" * 70_000), 1009),
        }[way]
        peer.write(frames)
        assert await peer.close_code() == code


@pytest.mark.requirement("door:hostile:process-stands")
async def test_two_hundred_hostile_connections_leave_good_calls_untouched(desk: Desk) -> None:
    good = [f"CAgood{number}" for number in range(10)]
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        callers = [await stack.enter_async_context(desk.caller(call)) for call in good]
        for number in range(200):
            group.create_task(hostile(desk, number))
        for at_ms in range(20, 1020, 20):
            for caller in callers:
                caller.say(caller.media(at_ms=at_ms))
            await asyncio.sleep(0)
        await until(lambda: all(len(desk.reception.heard[call]) == 51 for call in good), 30)
    for call in good:
        opened, *sounds = desk.reception.heard[call][:51]
        assert isinstance(opened, LineOpened)
        assert [sound.at_ms for sound in sounds if isinstance(sound, Sound)] == [
            *range(20, 1020, 20)
        ]
    assert desk.failures() == 0
    refused = {
        kind: desk.refused(kind, place)
        for place, kind in [
            ("door", "malformed"), ("stream", "unknown_token"), ("stream", "bad_signature"),
            ("wire", "malformed"), ("wire", "out_of_order"), ("wire", "wrong_call"),
            ("wire", "oversized"),
        ]
    }  # fmt: skip
    assert refused == {
        "malformed": 25, "unknown_token": 25, "bad_signature": 25, "out_of_order": 50,
        "wrong_call": 25, "oversized": 25,
    }  # fmt: skip
