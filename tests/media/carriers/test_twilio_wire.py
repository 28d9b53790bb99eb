"""The stream's messages: understood, refused, and sent in Twilio's shape."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.audio import TELEPHONE, AudioFormat, Encoding
from media.call import (
    Digit,
    HangupCause,
    LineClosed,
    LineEvent,
    LineOpened,
    Marked,
    Sound,
)
from media.carrier import Wire
from media.carriers import twilio
from media.errors import MediaError, WireError
from tests.media.carriers.samples import ACCOUNT, CALL, STREAM


def message(event: str, **fields: Any) -> bytes:
    return json.dumps({"event": event, "streamSid": STREAM, **fields}).encode()


def start(encoding: str = "audio/x-mulaw", rate: int = 8000, channels: int = 1) -> bytes:
    shape = {"encoding": encoding, "sampleRate": rate, "channels": channels}
    facts = {
        "streamSid": STREAM,
        "accountSid": ACCOUNT.account_id,
        "callSid": CALL,
        "tracks": ["inbound"],
        "customParameters": {"tenant": "acme"},
        "mediaFormat": shape,
    }
    return message("start", sequenceNumber="1", start=facts)


def media(payload: bytes = bytes(160), timestamp: Any = "20", **facts: Any) -> bytes:
    text = base64.b64encode(payload).decode()
    facts = {"track": "inbound", "chunk": "1", "timestamp": timestamp, "payload": text, **facts}
    return message("media", sequenceNumber="2", media=facts)


CONNECTED = b'{"event":"connected","protocol":"Call","version":"1.0.0"}'
DTMF = message("dtmf", dtmf={"track": "inbound_track", "digit": "5"})
MARK = message("mark", mark={"name": "g4:u12"})
STOP = message("stop", stop={"accountSid": "AC1", "callSid": CALL})


def opened_wire() -> Wire:
    wire = twilio.open_wire()
    wire.receive(CONNECTED)
    wire.receive(start())
    return wire


@pytest.mark.requirement("twilio:wire:every-message")
def test_a_whole_stream_is_understood() -> None:
    wire = twilio.open_wire()
    got = [wire.receive(each) for each in (CONNECTED, start(), media(), DTMF, MARK, STOP)]
    assert got == [
        None,
        LineOpened(STREAM, CALL, ACCOUNT.account_id, {"tenant": "acme"}, TELEPHONE),
        Sound(bytes(160), 20),
        Digit("5"),
        Marked("g4:u12"),
        LineClosed(HangupCause.CALLER_HUNG_UP),
    ]


@pytest.mark.requirement("twilio:wire:every-message")
def test_fields_may_come_in_any_order_and_number() -> None:
    body = base64.b64encode(b"abc").decode()
    text = (
        f'{{ "media": {{"payload":"{body}", "new":[1,{{"payload":"zzzz"}}], "timestamp": 40}},'
        f' "newer": null, "streamSid" : "{STREAM}", "event":"media"}}'
    )
    assert opened_wire().receive(text.encode()) == Sound(b"abc", 40)


@pytest.mark.requirement("twilio:wire:every-message")
def test_what_is_new_or_not_the_caller_is_passed_over() -> None:
    wire = opened_wire()
    assert wire.receive(message("hologram", hologram={})) is None
    assert wire.receive(b'{"event":"hologram","x":' + b"[" * 500 + b"]" * 500 + b"}") is None
    assert wire.receive(media(track="outbound")) is None
    assert wire.receive(media(b"")) is None


@pytest.mark.requirement("twilio:wire:every-message")
@pytest.mark.parametrize(
    ("encoding", "rate", "expected"),
    [
        ("audio/x-mulaw", 8000, TELEPHONE),
        ("audio/x-l16", 16000, AudioFormat(Encoding.PCM16, 16000)),
        ("audio/x-alaw", 8000, AudioFormat(Encoding.ALAW, 8000)),
    ],
)
def test_the_format_is_read_and_not_assumed(
    encoding: str, rate: int, expected: AudioFormat
) -> None:
    opened = twilio.open_wire().receive(start(encoding, rate))
    assert isinstance(opened, LineOpened)
    assert opened.format == expected


@pytest.mark.parametrize("shape", [("audio/opus", 8000, 1), ("audio/x-mulaw", 8000, 2)])
def test_a_format_that_cannot_be_carried_is_refused(shape: tuple[str, int, int]) -> None:
    with pytest.raises(WireError) as refused:
        twilio.open_wire().receive(start(*shape))
    assert refused.value.kind == "not_expected"


@pytest.mark.requirement("twilio:wire:order")
@pytest.mark.parametrize("early", [media(), media(streamSid=""), DTMF, MARK, STOP])
def test_nothing_may_come_before_start(early: bytes) -> None:
    with pytest.raises(WireError) as refused:
        twilio.open_wire().receive(early)
    assert refused.value.kind == "out_of_order"


@pytest.mark.requirement("twilio:wire:order")
def test_sound_before_start_is_refused_even_without_a_stream_id() -> None:
    text = b'{"event":"media","media":{"timestamp":"1","payload":"AAAA"}}'
    with pytest.raises(WireError, match="before start"):
        twilio.open_wire().receive(text)


@pytest.mark.requirement("twilio:wire:order")
@pytest.mark.parametrize("late", [start(), CONNECTED])
def test_a_stream_begins_once(late: bytes) -> None:
    with pytest.raises(WireError) as refused:
        opened_wire().receive(late)
    assert refused.value.kind == "out_of_order"


@pytest.mark.requirement("twilio:wire:order")
@pytest.mark.parametrize("late", [media(), DTMF, MARK, STOP])
def test_nothing_comes_after_stop(late: bytes) -> None:
    wire = opened_wire()
    wire.receive(STOP)
    with pytest.raises(WireError) as refused:
        wire.receive(late)
    assert refused.value.kind == "out_of_order"


@pytest.mark.requirement("twilio:wire:refuses-nonsense")
@pytest.mark.parametrize("whole", [media(), DTMF, MARK, STOP])
def test_a_message_of_another_stream_is_refused(whole: bytes) -> None:
    for stray in (whole.replace(STREAM.encode(), b"MZother"), whole.replace(b"streamSid", b"id")):
        with pytest.raises(WireError) as refused:
            opened_wire().receive(stray)
        assert refused.value.kind == "wrong_stream"


NONSENSE = {
    "no JSON": b"hello",
    "empty": b"",
    "not an object": b"[1]",
    "no event": b'{"media":{}}',
    "event is a number": b'{"event":1}',
    "no payload": media().replace(b"payload", b"pauload"),
    "not base64": media(payload=b"x").replace(b"eA==", b"eA=!"),
    "base64 in another alphabet": media().replace(b"AAAA", b"-_-_", 1),
    "base64 without padding": media(b"x").replace(b"eA==", b"eA"),
    "negative time": media(timestamp="-1"),
    "time is a word": media(timestamp="soon"),
    "time without end": media(timestamp="9" * 5000),
    "time is fractional": media(timestamp=1.5),
    "payload is a list": media(payload=b"", bad=1).replace(b'"payload": ""', b'"payload": []'),
    "truncated": media()[:-1],
    "two documents": media() * 2,
    "bytes that are no text": media(track="x").replace(b'"x"', b'"\xff"'),
    "brackets": b"[" * 60_000,
    "no key": message("dtmf", dtmf={"digit": "55"}),
    "start without ids": message("start", start={}),
    "mark without name": message("mark", mark={}),
}


@pytest.mark.requirement("twilio:wire:refuses-nonsense")
@pytest.mark.parametrize("text", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_is_malformed(text: bytes) -> None:
    with pytest.raises(WireError) as refused:
        opened_wire().receive(text)
    assert refused.value.kind == "malformed"


@pytest.mark.requirement("twilio:wire:refuses-nonsense")
@pytest.mark.parametrize("text", [media(bytes(60_000)), b"x" * 70_000, DTMF + b" " * 70_000])
def test_a_message_over_the_limit_is_oversized(text: bytes) -> None:
    with pytest.raises(WireError) as refused:
        opened_wire().receive(text)
    assert refused.value.kind == "oversized"


@pytest.mark.requirement("twilio:wire:refuses-nonsense")
def test_a_stream_id_that_could_break_our_messages_is_refused() -> None:
    with pytest.raises(WireError) as refused:
        twilio.open_wire().receive(start().replace(STREAM.encode(), b'a\\",\\"b'))
    assert refused.value.kind == "malformed"


KINDS = {"malformed", "oversized", "out_of_order", "wrong_stream", "not_expected"}


def received(wire: Wire, text: bytes) -> LineEvent | WireError | None:
    try:
        return wire.receive(text)
    except WireError as refused:
        return refused if refused.kind in KINDS else pytest.fail(refused.kind)


@pytest.mark.requirement("twilio:wire:refuses-nonsense")
@given(texts=st.lists(st.binary(max_size=200), max_size=5), live=st.booleans())
def test_any_bytes_give_an_event_or_a_stated_refusal(texts: list[bytes], live: bool) -> None:
    wire = opened_wire() if live else twilio.open_wire()
    for text in texts:
        received(wire, text)


GOOD = [CONNECTED, start(), media(b"abcdef"), DTMF, MARK, STOP]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    text = bytearray(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text) - 1))
        text[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
        text = text or bytearray(b"{")
    return bytes(text)


def as_the_caller_said(text: bytes) -> Sound:
    # Bytes that are no text are only passed over in fields that nobody reads.
    facts = json.loads(text.decode(errors="replace"), strict=False)["media"]
    payload = base64.b64decode(facts["payload"], validate=True)
    return Sound(payload, int(facts["timestamp"]))


@pytest.mark.requirement("twilio:wire:refuses-nonsense")
@given(text=damaged())
def test_sound_is_only_what_a_strict_reader_finds_too(text: bytes) -> None:
    event = received(opened_wire(), text)
    if isinstance(event, Sound):
        assert event == as_the_caller_said(text)


@pytest.mark.requirement("twilio:wire:refuses-nonsense")
@given(texts=st.lists(st.sampled_from(GOOD), max_size=12))
def test_in_any_order_start_comes_first_and_stop_last(texts: list[bytes]) -> None:
    wire = twilio.open_wire()
    events = [received(wire, text) for text in texts]
    heard = [event for event in events if event is not None and not isinstance(event, WireError)]
    if heard:
        assert isinstance(heard[0], LineOpened)
        assert sum(isinstance(event, LineOpened | LineClosed) for event in heard) <= 2
    closed = [at for at, event in enumerate(heard) if isinstance(event, LineClosed)]
    assert closed in ([], [len(heard) - 1])


@pytest.mark.requirement("twilio:wire:every-message")
@given(payload=st.binary(max_size=400), name=st.text(st.characters(codec="utf-8"), max_size=40))
def test_what_is_sent_has_twilios_shape(payload: bytes, name: str) -> None:
    wire = opened_wire()
    sent = json.loads(wire.media(payload))
    assert base64.b64decode(sent.pop("media")["payload"], validate=True) == payload
    assert sent == {"event": "media", "streamSid": STREAM}
    assert json.loads(wire.mark(name)) == {
        "event": "mark",
        "streamSid": STREAM,
        "mark": {"name": name},
    }
    assert json.loads(wire.clear()) == {"event": "clear", "streamSid": STREAM}


def test_nothing_can_be_sent_before_the_stream_has_an_id() -> None:
    wire = twilio.open_wire()
    with pytest.raises(MediaError):
        wire.media(b"x")
    with pytest.raises(MediaError):
        wire.mark("m")
    with pytest.raises(MediaError):
        wire.clear()
