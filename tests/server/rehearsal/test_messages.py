"""Both sides' messages and documents, as values."""

from __future__ import annotations

import base64
import json

import pytest

from server.rehearsal.errors import CannotCall
from server.rehearsal.messages import (
    ClearAsked,
    MarkAsked,
    Play,
    StreamIds,
    StreamMessages,
    Unusable,
    read_order,
)
from server.rehearsal.office import Target
from server.rehearsal.twiml import Connect, Dial, HangUpVerb, Pause, Redirect, Reject, Say, read

HERE = "https://voice.example.com/webhook/twilio/voice"


@pytest.mark.requirement("rehearsal:twilio:stream-messages")
def test_messages_are_numbered_and_their_numbers_are_strings() -> None:
    messages = StreamMessages(StreamIds("AC1", "CA1", "MZ1"))
    start = json.loads(messages.start({"token": "x"}))
    assert start["sequenceNumber"] == "1"
    assert start["start"]["customParameters"] == {"token": "x"}
    assert start["start"]["mediaFormat"] == {
        "encoding": "audio/x-mulaw",
        "sampleRate": 8000,
        "channels": 1,
    }
    media = json.loads(messages.media(1, b"\xff" * 160))
    assert media["sequenceNumber"] == "2"
    assert media["media"] == {
        "track": "inbound",
        "chunk": "1",
        "timestamp": "20",
        "payload": base64.b64encode(b"\xff" * 160).decode(),
    }
    messages.lost()
    assert json.loads(messages.dtmf("5"))["dtmf"] == {"track": "inbound_track", "digit": "5"}
    assert json.loads(messages.mark("g1"))["sequenceNumber"] == "5"
    assert json.loads(messages.stop())["stop"] == {"accountSid": "AC1", "callSid": "CA1"}


def order(**message: object) -> object:
    return read_order(json.dumps({"streamSid": "MZ1", **message}).encode(), "MZ1")


def test_the_servers_orders_are_read() -> None:
    payload = base64.b64encode(b"abc").decode()
    assert order(event="media", media={"payload": payload}) == Play(b"abc")
    assert order(event="mark", mark={"name": "m"}) == MarkAsked("m")
    assert order(event="clear") == ClearAsked()


@pytest.mark.requirement("rehearsal:twilio:unusable-messages")
@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"event":"clear"}', "streamSid"),
        (b'{"event":"clear","streamSid":"MZ2"}', "streamSid"),
        (b'{"streamSid":"MZ1"}', "no event"),
        (b'{"event":"dance","streamSid":"MZ1"}', "'dance'"),
        (b'{"event":"mark","streamSid":"MZ1"}', "'mark'"),
        (b'{"event":"media","streamSid":"MZ1","media":{"payload":"%%%"}}', "base64"),
        (b'{"event":"media","streamSid":"MZ1","media":{"payload":"UklGRg=="}}', "WAV header"),
    ],
)
def test_what_twilio_would_ignore_is_told_apart(message: bytes, reason: str) -> None:
    found = read_order(message, "MZ1")
    assert isinstance(found, Unusable)
    assert reason in found.reason


def test_twiml_is_read_verb_by_verb() -> None:
    body = b"""<Response><Say>Hello</Say><Pause length="2"/>
      <Connect action="/after"><Stream url="wss://voice.example.com/ws/1?x=1" name="n"
      statusCallback="/s"><Parameter name="a" value="b"/></Stream></Connect>
      <Redirect>/more</Redirect><Dial><Number>+14155550100</Number></Dial>
      <Reject reason="busy"/><Hangup/></Response>"""
    verbs, warnings = read(body, HERE)
    assert verbs == [
        Say("Hello"),
        Pause(2.0),
        Connect(
            "wss://voice.example.com/ws/1",
            {"a": "b"},
            "n",
            "https://voice.example.com/s",
            "https://voice.example.com/after",
        ),
        Redirect("https://voice.example.com/more"),
        Dial("+14155550100"),
        Reject("busy"),
        HangUpVerb(),
    ]
    assert warnings == []


@pytest.mark.requirement("rehearsal:twilio:twiml")
def test_verbs_that_are_not_carried_out_are_warned_of() -> None:
    verbs, warnings = read(b"<Response><Enqueue/><Connect/></Response>", HERE)
    assert verbs == []
    assert warnings == [
        "12200: the rehearsal does not carry out <Enqueue>",
        "12200: the rehearsal does not carry out <Connect>",
    ]


@pytest.mark.requirement("rehearsal:twilio:twiml")
@pytest.mark.parametrize(
    ("body", "number"),
    [
        (b"<Response>" + b" " * 65536 + b"</Response>", "11750"),
        (b"<Response>", "12100"),
        (b"<html/>", "12100"),
        (b'<Response><Connect><Stream url="ws://a.example/x"/></Connect></Response>', "31922"),
        (b'<Response><Connect><Stream url="ftp://a/x"/></Connect></Response>', "31922"),
    ],
)
def test_documents_that_twilio_would_fail_are_failed(body: bytes, number: str) -> None:
    with pytest.raises(CannotCall, match=number):
        read(body, HERE)


def test_a_local_server_may_be_dialled_without_tls() -> None:
    body = b'<Response><Connect><Stream url="/ws/1"/></Connect></Response>'
    (connect,), _ = read(body, "http://127.0.0.1:8010/webhook/twilio/voice")
    assert isinstance(connect, Connect)
    assert connect.url == "ws://127.0.0.1:8010/ws/1"


def test_a_server_behind_a_tunnel_is_reached_beside_it() -> None:
    target = Target("http://127.0.0.1:8010", "AC1", "t", public_url="https://voice.example.com/")
    assert target.base == "https://voice.example.com"
    assert target.reach("https://voice.example.com/a?b=1") == "http://127.0.0.1:8010/a?b=1"
    assert target.reach("wss://voice.example.com/ws/1") == "ws://127.0.0.1:8010/ws/1"
    assert target.reach("https://elsewhere.example/a") == "https://elsewhere.example/a"
    assert "t'" not in repr(target)
