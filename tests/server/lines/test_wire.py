"""The media socket of a call, over a real connection through the real door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.call import (
    Digit,
    HangupCause,
    LineClosed,
    LineEvent,
    LineOpened,
    Marked,
    Sound,
)
from media.carriers import twilio
from server.lines.door import open_door
from server.lines.wire import LineSocket
from server.metrics import Metrics
from tests.server.lines.desk import ACCOUNT, Desk, Peer, until

A_CALL = "CA00000000000000000000000000000001"


def heard(desk: Desk) -> list[LineEvent]:
    return desk.reception.heard[A_CALL]


async def opened(desk: Desk) -> LineSocket:
    await until(lambda: heard(desk))
    return desk.reception.lines[A_CALL]


@pytest.mark.requirement("line:closed:exactly-once")
async def test_a_whole_call_is_heard_in_order(desk: Desk) -> None:
    async with desk.caller(A_CALL) as caller:
        caller.say(caller.media(b"abc", 20))
        caller.say(caller.message("dtmf", dtmf={"track": "inbound_track", "digit": "#"}))
        caller.say(caller.message("mark", mark={"name": "g1:i1"}))
        caller.say(caller.message("stop"))
        assert await caller.close_code() == 1000
    first, *rest = heard(desk)
    assert isinstance(first, LineOpened)
    assert (first.call_id, first.account_id) == (A_CALL, ACCOUNT.account_id)
    assert first.params == {"ref": "r1"}
    assert rest == [
        Sound(b"abc", 20),
        Digit("#"),
        Marked("g1:i1"),
        LineClosed(HangupCause.CALLER_HUNG_UP),
    ]


async def test_what_is_sent_arrives_in_order_whether_alone_or_together(desk: Desk) -> None:
    async with desk.caller(A_CALL) as caller:
        line = await opened(desk)
        wire = line.wire
        assert line.play(wire.media(b"x" * 160))
        assert line.play(wire.media(b"y" * 70_000), wire.mark("g1"))
        assert line.play(wire.media(b"z"), wire.mark("g2"))
        line.send(wire.clear())
        line.send()
        told = [await caller.told() for _ in range(6)]
    assert [each["event"] for each in told] == ["media", "media", "mark", "media", "mark", "clear"]
    assert all(each["streamSid"] == caller.stream_id for each in told)
    assert [each["mark"]["name"] for each in told if "mark" in each] == ["g1", "g2"]


@pytest.mark.requirement("line:closed:exactly-once")
async def test_hanging_up_says_goodbye_and_takes_nothing_more(desk: Desk) -> None:
    async with desk.caller(A_CALL) as caller:
        line = await opened(desk)
        line.close(HangupCause.AGENT_HUNG_UP)
        assert line.over
        assert heard(desk)[1:] == [LineClosed(HangupCause.AGENT_HUNG_UP)]
        line.close(HangupCause.SERVER_STOPPED)
        line.send(line.wire.clear())
        assert not line.play(line.wire.media(b"x"))
        for _ in range(20):
            caller.say(caller.media())
        caller.write(caller.frame(b"\x00", 2) + caller.frame(b"hi", 9))
        assert await caller.hear() == (8, b"\x03\xe8")
        caller.write(caller.frame(b"\x03\xe8", 8))
        await line.wait_gone()
    assert heard(desk)[1:] == [LineClosed(HangupCause.AGENT_HUNG_UP)]


@pytest.mark.requirement("line:closed:exactly-once")
@pytest.mark.parametrize("clean", [True, False])
async def test_a_connection_that_goes_is_a_lost_line(desk: Desk, clean: bool) -> None:
    async with desk.caller(A_CALL) as caller:
        await opened(desk)
        if clean:
            caller.write(caller.frame(b"\x03\xe9", 8))
            assert await caller.close_code() == 1000
    await until(lambda: desk.reception.closed(A_CALL))
    assert heard(desk)[1:] == [LineClosed(HangupCause.LINE_LOST)]
    await until(lambda: b"switchboard_lines_open 0.0" in desk.metrics.text()[0])


async def test_a_peer_that_ignores_our_close_is_cut_off(desk: Desk) -> None:
    async with desk.caller(A_CALL):
        line = await opened(desk)
        line.close(HangupCause.AGENT_HUNG_UP)
        async with asyncio.timeout(10):
            await line.wait_gone()


def frames(*messages: Callable[[Peer], bytes]) -> Callable[[Peer], bytes]:
    return lambda peer: b"".join(peer.frame(message(peer)) for message in messages)


REFUSED: dict[str, tuple[Callable[[Peer], bytes], str, int]] = {
    "nonsense": (frames(lambda _: b"{"), "malformed", 1007),
    "binary": (lambda peer: peer.frame(b"{}", 2), "malformed", 1007),
    "continuation of nothing": (lambda peer: peer.frame(b"{}", 0), "malformed", 1007),
    "text within a text": (
        lambda peer: peer.frame(b"{", final=False) + peer.frame(b"{}"),
        "malformed",
        1007,
    ),
    "unmasked": (lambda _: b"\x81\x02{}", "malformed", 1002),
    "unknown opcode": (lambda peer: peer.frame(b"", 5), "malformed", 1002),
    "too large": (frames(lambda _: b" " * 65_537), "oversized", 1009),
    "too large in pieces": (
        lambda peer: (
            peer.frame(b"{" * 40_000, final=False)
            + peer.frame(b"{" * 20_000, 0, final=False)
            + peer.frame(b"{" * 20_000, 0)
        ),
        "oversized",
        1009,
    ),
    "a second start": (frames(Peer.start), "out_of_order", 1008),
    "another stream": (
        frames(lambda peer: peer.media().replace(b"MZ0", b"MZ1")),
        "wrong_stream",
        1008,
    ),
}


@pytest.mark.requirement("door:hostile:process-stands", "line:closed:exactly-once")
@pytest.mark.parametrize(("sent", "kind", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_broken_protocol_closes_the_line_with_its_code(
    desk: Desk, sent: Callable[[Peer], bytes], kind: str, code: int
) -> None:
    async with desk.caller(A_CALL) as caller:
        await opened(desk)
        caller.write(sent(caller))
        assert await caller.close_code() == code
    await until(lambda: desk.reception.closed(A_CALL))
    assert heard(desk)[1:] == [LineClosed(HangupCause.PROTOCOL_BROKEN)]
    assert desk.refused(kind) == 1


@pytest.mark.requirement("twilio:wire:order")
async def test_sound_before_start_closes_the_line(desk: Desk) -> None:
    async with desk.caller(A_CALL, start=False) as caller:
        caller.say(caller.connected())
        caller.say(caller.media())
        assert await caller.close_code() == 1008
    assert heard(desk) == [LineClosed(HangupCause.PROTOCOL_BROKEN)]
    assert desk.refused("out_of_order") == 1


@pytest.mark.requirement("twilio:token:single-use")
@pytest.mark.parametrize(
    "change",
    [
        {"callSid": "CA2"},
        {"accountSid": "AC2"},
        {"customParameters": {"token": "another"}},
    ],
)
async def test_the_stream_of_another_call_is_refused(desk: Desk, change: dict[str, object]) -> None:
    async with desk.caller(A_CALL, start=False) as caller:
        caller.say(caller.start(**change))
        assert await caller.close_code() == 1008
    assert heard(desk) == [LineClosed(HangupCause.PROTOCOL_BROKEN)]
    assert desk.refused("wrong_call") == 1


async def test_a_message_in_pieces_is_put_together(desk: Desk) -> None:
    async with desk.caller(A_CALL) as caller:
        message = caller.media(b"abc", 40)
        caller.write(caller.frame(message[:10], final=False))
        caller.write(caller.frame(b"are you there", 9))
        caller.write(caller.frame(message[10:50], 0, final=False) + caller.frame(message[50:], 0))
        assert await caller.hear() == (10, b"are you there")
        await until(lambda: len(heard(desk)) == 2)
    assert heard(desk)[1] == Sound(b"abc", 40)


@pytest.mark.requirement("door:hostile:process-stands")
@pytest.mark.parametrize("kind", [LineOpened, Sound, Digit, LineClosed])
async def test_a_call_that_fails_closes_its_own_line_only(
    desk: Desk, kind: type[LineEvent]
) -> None:
    desk.reception.broken_sink = kind
    async with desk.caller(A_CALL) as caller:
        caller.say(caller.media())
        caller.say(caller.message("dtmf", dtmf={"digit": "1"}))
        caller.say(caller.message("stop"))
        assert await caller.close_code() == (1000 if kind is LineClosed else 1011)
    desk.reception.broken_sink = None
    assert len(desk.reception.closed(A_CALL)) == 1
    assert heard(desk)[-1] == desk.reception.closed(A_CALL)[0]
    assert desk.failures() == 1
    async with desk.caller("CA2") as other:
        other.say(other.media())
        await until(lambda: len(desk.reception.heard["CA2"]) == 2)


@pytest.mark.requirement("line:slow-peer:bounded")
async def test_a_peer_that_stops_reading_loses_sound_but_no_control(desk: Desk) -> None:
    async with desk.caller(A_CALL) as caller:
        line = await opened(desk)
        caller.writer.transport.pause_reading()  # type: ignore[attr-defined]
        sound = line.wire.media(b"x" * 30_000)
        async with asyncio.timeout(20):
            while not line.stalled:
                line.play(sound)
                await asyncio.sleep(0)
        assert not line.play(sound, line.wire.mark("after"))
        line.send(line.wire.clear())
        assert not line.over
        caller.writer.transport.resume_reading()  # type: ignore[attr-defined]
        events = []
        while "clear" not in events:
            message = await caller.told()
            events.append(message["event"])
        assert events[-2:] == ["mark", "clear"]
        await until(lambda: not line.stalled)
        assert line.play(sound)
    assert b"switchboard_sound_dropped_total 1.0" in desk.metrics.text()[0]


@pytest.mark.requirement("line:slow-peer:bounded", "line:closed:exactly-once")
async def test_a_peer_that_never_reads_is_given_up(desk: Desk) -> None:
    async with desk.caller(A_CALL) as caller:
        line = await opened(desk)
        caller.writer.transport.pause_reading()  # type: ignore[attr-defined]
        mark = line.wire.mark("m" * 20_000)
        async with asyncio.timeout(20):
            while not line.over:
                line.send(mark)
                await asyncio.sleep(0)
            await line.wait_gone()
    assert heard(desk)[1:] == [LineClosed(HangupCause.PROTOCOL_BROKEN)]
    assert desk.refused("peer_stalled") == 1


@pytest.mark.requirement("line:slow-peer:bounded")
async def test_pings_are_not_answered_without_bound(desk: Desk) -> None:
    async with desk.caller(A_CALL) as caller:
        line = await opened(desk)
        caller.writer.transport.pause_reading()  # type: ignore[attr-defined]
        async with asyncio.timeout(20):
            while not line.stalled:
                line.play(line.wire.media(b"x" * 30_000))
                await asyncio.sleep(0)
        for _ in range(2000):
            caller.write(caller.frame(b"p" * 120, 9))
        caller.say(caller.media())
        await until(lambda: any(isinstance(event, Sound) for event in heard(desk)))
        assert not line.over


@pytest.mark.requirement("line:closed:exactly-once")
async def test_a_stream_that_never_begins_is_closed() -> None:
    metrics = Metrics.create()
    events: list[LineEvent] = []
    line = LineSocket(twilio.open_wire(), metrics, admits=lambda _: True, start_s=0.01)
    line.listen(events.append)
    await serve_alone(line, metrics)
    assert events == [LineClosed(HangupCause.PROTOCOL_BROKEN)]
    assert metrics.refused("wire", "no_start") == 1


async def serve_alone(line: LineSocket, metrics: Metrics) -> None:
    """One line behind a door of its own, and a peer that says nothing."""
    door = open_door(FastAPI(), lambda _: line, host="127.0.0.1", port=0, metrics=metrics)
    async with door as port:
        peer = await Peer.dial(port.port)
        assert (await peer.handshake("/ws/stream/x")).status == 101
        assert await peer.close_code() == 1008
        await peer.hang_up()


async def test_a_line_that_was_never_connected_can_be_closed() -> None:
    events: list[LineEvent] = []
    line = LineSocket(twilio.open_wire(), Metrics.create(), admits=lambda _: True)
    line.listen(events.append)
    line.send(b"{}")
    line.close(HangupCause.LINE_LOST)
    await line.wait_gone()
    assert events == [LineClosed(HangupCause.LINE_LOST)]


MESSAGES = st.sampled_from(
    [
        Peer.connected,
        Peer.start,
        Peer.media,
        lambda peer: peer.message("dtmf", dtmf={"digit": "1"}),
        lambda peer: peer.message("mark", mark={"name": "g"}),
        lambda peer: peer.message("stop"),
        lambda peer: peer.message("hologram"),
        lambda peer: b"{",
    ]
)
CODES = {"malformed": 1007, "out_of_order": 1008, "wrong_stream": 1008}


@pytest.mark.requirement("twilio:wire:order", "line:closed:exactly-once")
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(script=st.lists(MESSAGES, max_size=8), numbers=st.integers(0, 10**9))
async def test_messages_in_any_order_end_one_line_once(
    desk: Desk, script: list[Callable[[Peer], bytes]], numbers: int
) -> None:
    call = f"CA{numbers}"
    desk.reception.heard.pop(call, None)
    before = {kind: desk.refused(kind) for kind in CODES}
    async with desk.caller(call, start=False) as caller:
        for message in script:
            caller.say(message(caller))
        caller.write(caller.frame(b"\x03\xe8", 8))
        code = await caller.close_code()
    await until(lambda: desk.reception.closed(call))
    events = desk.reception.heard[call]
    assert [type(event) for event in events].count(LineClosed) == 1
    assert isinstance(events[-1], LineClosed)
    assert all(not isinstance(event, LineOpened) for event in events[1:])
    refused = [kind for kind in CODES if desk.refused(kind) > before[kind]]
    assert code == (CODES[refused[0]] if refused else 1000)
    assert desk.failures() == 0
