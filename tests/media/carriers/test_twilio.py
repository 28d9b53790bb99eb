"""Twilio as values, checked against its official validator and an XML and JSON parser."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from media.audio import TELEPHONE, AudioFormat, Encoding
from media.call import (
    Digit,
    Direction,
    HangupCause,
    LineClosed,
    LineEvent,
    LineOpened,
    Marked,
    Sound,
)
from media.carrier import Account, Carrier, StreamOffer, Wire
from media.carriers import twilio
from media.errors import MediaError, SignatureRefused, WireError
from media.http import HttpReply, HttpRequest

SECRET = "test-token-0123456789abcdef"
ACCOUNT = Account("AC00000000000000000000000000000001", SECRET)
CALL = "CA00000000000000000000000000000001"
STREAM = "MZ00000000000000000000000000000001"
PUBLIC = "https://voice.example.com"
FORM = (
    ("CallSid", CALL),
    ("Digits", "12#"),
    ("From", "+14155550100"),
    ("To", "+14155550101"),
)


def webhook(signature: str, **changes: Any) -> HttpRequest:
    request = HttpRequest(
        "POST",
        "/twilio/voice",
        "tenant=7&x=a%20b",
        {"x-twilio-signature": signature},
        FORM,
    )
    return dataclasses.replace(request, **changes)


def handshake(signature: str, path: str = "/twilio/media", query: str = "") -> HttpRequest:
    return HttpRequest("GET", path, query, {"x-twilio-signature": signature})


# --- signatures: the vectors of telephony.md 1.5, computed with the official validator ------------


@pytest.mark.requirement("twilio:signature:every-row")
def test_a_signed_form_is_accepted() -> None:
    twilio.verify_webhook(webhook("vWoKlV0HYbsVQaSnpEHqdF52FMw="), ACCOUNT, PUBLIC)


@pytest.mark.requirement("twilio:signature:every-row")
def test_a_form_signed_with_a_shared_key_is_accepted() -> None:
    headers = {
        "x-twilio-signature": "H8JIfyWWCagOKQ+1R5Jw5FnGBKeUvovWE5HHUc8RLVo=",
        "x-twilio-webhooks-signature-settings": "key=SK1,algorithm=HMAC_SHA256",
    }
    twilio.verify_webhook(webhook("", headers=headers), ACCOUNT, PUBLIC)


@pytest.mark.requirement("twilio:signature:every-row")
def test_a_repeated_name_counts_with_its_sorted_unique_values() -> None:
    request = webhook(
        "Qcd75g2ryfWMMKCgvlIq6TXRnxI=",
        path="/x",
        query="",
        form=(("A", "2"), ("A", "1"), ("B", "x"), ("A", "2")),
    )
    twilio.verify_webhook(request, ACCOUNT, "https://h")


@pytest.mark.requirement("twilio:signature:every-row")
def test_a_signed_json_body_is_accepted_and_another_body_is_not() -> None:
    request = webhook(
        "sDhk21fwQwYnMY3Ry3m9MR8G1gs=",
        path="/events",
        query="bodySHA256=015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
        form=(),
        body=b'{"a":1}',
    )
    twilio.verify_webhook(request, ACCOUNT, PUBLIC)
    with pytest.raises(SignatureRefused, match="body"):
        twilio.verify_webhook(dataclasses.replace(request, body=b'{"a":2}'), ACCOUNT, PUBLIC)


@pytest.mark.requirement("twilio:signature:every-row")
def test_a_signed_query_is_accepted() -> None:
    url = f"{PUBLIC}/twilio/voice?CallSid=CA1&Blank="
    signature = RequestValidator(SECRET).compute_signature(url, {})
    query = "CallSid=CA1&Blank="
    pairs = (("CallSid", "CA1"), ("Blank", ""))
    request = webhook(signature, method="GET", query=query, form=pairs)
    twilio.verify_webhook(request, ACCOUNT, PUBLIC)
    changed = dataclasses.replace(request, query="CallSid=CA2&Blank=")
    with pytest.raises(SignatureRefused):
        twilio.verify_webhook(changed, ACCOUNT, PUBLIC)


@pytest.mark.requirement("twilio:signature:every-row")
@pytest.mark.parametrize(
    "signature",
    [
        "ZLpl8/4jVJl1HYE9SncLFY4i8tk=",  # wss://voice.example.com/twilio/media
        "uKkLmedCdNiHJf+3Y2fxol8LHfw=",  # the same with a trailing slash
        "Ghtcb72uMY9I9bhq3OR8Jq9aCSs=",  # https
        "kb//tik2ENw8GiFQ3haS4FZP/kI=",  # wss with :443
    ],
)
@pytest.mark.parametrize("path", ["/twilio/media", "/twilio/media/"])
@pytest.mark.parametrize("query", ["", "x=1"])
def test_each_way_of_signing_a_handshake_is_accepted(signature: str, path: str, query: str) -> None:
    twilio.verify_handshake(handshake(signature, path, query), ACCOUNT, PUBLIC)


@pytest.mark.requirement("twilio:signature:every-row")
@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (webhook(""), "no signature"),
        (webhook("vWoKlV0HYbsVQaSnpEHqdF52FMx="), "no candidate"),
        (webhook("vWoKlV0HYbsVQaSnpEHqdF52FMw=", path="/twilio/voice/"), "no candidate"),
        (webhook("vWoKlV0HYbsVQaSnpEHqdF52FMw=", query="tenant=7&x=a b"), "no candidate"),
        (webhook("vWoKlV0HYbsVQaSnpEHqdF52FMw=", form=(*FORM, ("X", ""), ("Y", "1"))), "no cand"),
        (webhook("vWoKlV0HYbsVQaSnpEHqdF52FMw=, x"), "no candidate"),
        (webhook("é" * 28), "no candidate"),
        (webhook("x", form=(), body=b"{}"), "body"),
    ],
)
def test_what_is_not_signed_is_refused(request_: HttpRequest, reason: str) -> None:
    with pytest.raises(SignatureRefused, match=reason[:7]) as refused:
        twilio.verify_webhook(request_, ACCOUNT, PUBLIC)
    assert SECRET not in str(refused.value)


@pytest.mark.requirement("twilio:signature:every-row")
@pytest.mark.parametrize(
    "settings", ["key=a", "algorithm=HMAC_MD5", "algorithm=HMAC_SHA1,algorithm=HMAC_SHA256", ";"]
)
def test_an_unknown_algorithm_is_refused(settings: str) -> None:
    headers = {
        "x-twilio-signature": "vWoKlV0HYbsVQaSnpEHqdF52FMw=",
        "x-twilio-webhooks-signature-settings": settings,
    }
    with pytest.raises(SignatureRefused, match="algorithm"):
        twilio.verify_webhook(webhook("", headers=headers), ACCOUNT, PUBLIC)


@pytest.mark.requirement("twilio:signature:every-row")
def test_an_account_without_a_key_accepts_nothing() -> None:
    nobody = Account("AC1", "")
    signature = RequestValidator("").compute_signature(f"{PUBLIC}/twilio/voice", {})
    with pytest.raises(SignatureRefused, match="key"):
        twilio.verify_webhook(webhook(signature, query="", form=()), nobody, PUBLIC)


@pytest.mark.requirement("twilio:signature:every-row")
def test_another_host_refuses_and_names_the_urls_that_were_tried() -> None:
    with pytest.raises(SignatureRefused) as refused:
        twilio.verify_handshake(
            handshake("ZLpl8/4jVJl1HYE9SncLFY4i8tk="), ACCOUNT, "https://other.example.com"
        )
    assert refused.value.candidates[0] == "wss://other.example.com/twilio/media"
    assert len(set(refused.value.candidates)) == 8


@pytest.mark.requirement("twilio:signature:every-row")
@pytest.mark.parametrize(
    ("public", "signed"),
    [
        ("https://h", "https://h/p"),
        ("https://h", "https://h:443/p"),
        ("https://h:443", "https://h/p"),
        ("https://h:8443", "https://h:8443/p"),
        ("https://h:8443", "https://h/p"),
        ("http://127.0.0.1:8010", "http://127.0.0.1:8010/p"),
        ("http://[::1]:8010", "http://[::1]:8010/p"),
        ("https://h/base", "https://h/base/p"),
    ],
)
def test_the_port_may_be_signed_or_left_out(public: str, signed: str) -> None:
    signature = RequestValidator(SECRET).compute_signature(signed, {"A": "1"})
    request = webhook(signature, path="/p", query="", form=(("A", "1"),))
    twilio.verify_webhook(request, ACCOUNT, public)


@pytest.mark.requirement("twilio:signature:every-row")
def test_a_local_server_is_signed_as_ws() -> None:
    signature = RequestValidator(SECRET).compute_signature("ws://127.0.0.1:8010/s", {})
    twilio.verify_handshake(handshake(signature, "/s"), ACCOUNT, "http://127.0.0.1:8010")


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
FORMS = st.dictionaries(NAMES, st.text(st.characters(codec="utf-8"), max_size=12), max_size=8)


@pytest.mark.requirement("twilio:signature:every-row")
@given(form=FORMS, query=st.sampled_from(["", "a=1", "b=%20&c="]))
def test_the_official_signature_of_any_form_is_accepted(
    form: Mapping[str, str], query: str
) -> None:
    url = f"{PUBLIC}/v" + (f"?{query}" if query else "")
    signature = RequestValidator(SECRET).compute_signature(url, form)
    request = webhook(signature, path="/v", query=query, form=tuple(form.items()))
    twilio.verify_webhook(request, ACCOUNT, PUBLIC)


# --- webhooks ------------------------------------------------------------------------------------


def form(**fields: str) -> HttpRequest:
    named = {"CallSid": CALL, "AccountSid": ACCOUNT.account_id, **fields}
    return HttpRequest("POST", "/", form=tuple(named.items()))


def test_a_ringing_call_is_read() -> None:
    call = twilio.parse_call(
        form(From="+14155550100", To="+14155550101", StirVerstat="TN-Validation-Passed-A", New="1")
    )
    assert (call.call_id, call.account_id) == (CALL, ACCOUNT.account_id)
    assert (call.caller, call.called) == ("+14155550100", "+14155550101")
    assert call.direction is Direction.INBOUND
    assert call.attestation == "TN-Validation-Passed-A"


@pytest.mark.parametrize("withheld", ["", "anonymous", "Restricted", "+266696687", "+7378742833"])
def test_a_withheld_number_is_empty(withheld: str) -> None:
    assert twilio.parse_call(form(From=withheld)).caller == ""


@pytest.mark.parametrize("direction", ["outbound-api", "outbound-dial"])
def test_a_call_that_we_placed_is_outbound(direction: str) -> None:
    assert twilio.parse_call(form(Direction=direction)).direction is Direction.OUTBOUND


@pytest.mark.parametrize("missing", ["CallSid", "AccountSid"])
@pytest.mark.parametrize("value", ["", "CA1/../x", "C" * 65])
def test_a_call_without_its_ids_is_refused(missing: str, value: str) -> None:
    with pytest.raises(WireError, match=missing):
        twilio.parse_call(form(**{missing: value}))


def test_a_status_callback_is_read() -> None:
    progress = twilio.parse_progress(
        form(CallStatus="completed", SequenceNumber="3", CallDuration="61")
    )
    assert (progress.state, progress.sequence, progress.duration_s) == ("completed", 3, 61)
    assert progress.terminal
    assert twilio.parse_progress(form(CallStatus="ringing")).duration_s is None


@pytest.mark.parametrize(
    "fields",
    [
        {"CallStatus": "exploded"},
        {"CallStatus": "ringing", "SequenceNumber": "-1"},
        {"CallStatus": "ringing", "SequenceNumber": "٣"},
        {"CallStatus": "ringing", "CallDuration": "9" * 5000},
    ],
)
def test_a_status_callback_that_makes_no_sense_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(WireError):
        twilio.parse_progress(form(**fields))


def test_a_stream_callback_is_read() -> None:
    progress = twilio.parse_stream_progress(
        form(StreamSid=STREAM, StreamEvent="stream-error", StreamError="31921")
    )
    assert (progress.event, progress.error, progress.stream_id) == ("error", "31921", STREAM)
    with pytest.raises(WireError):
        twilio.parse_stream_progress(form(StreamSid=STREAM, StreamEvent="stream-sang"))


# --- answers -------------------------------------------------------------------------------------

OFFER = StreamOffer(PUBLIC, "T0ken", "/webhook/twilio/after-stream", "/webhook/twilio/stream")


def twiml(reply: HttpReply) -> Xml.Element:
    assert reply.status == 200
    assert reply.content_type.startswith("text/xml")
    root = Xml.fromstring(reply.body)
    assert root.tag == "Response"
    return root


@pytest.mark.requirement("twilio:answer:stream-with-token")
def test_the_answer_connects_a_stream_with_its_token() -> None:
    offer = dataclasses.replace(OFFER, parameters=(("ref", 'a<b>&"c'),))
    connect, hangup = twiml(twilio.answer(offer))
    assert (connect.tag, hangup.tag) == ("Connect", "Hangup")
    assert connect.get("action") == f"{PUBLIC}/webhook/twilio/after-stream"
    (stream,) = connect
    assert stream.get("url") == "wss://voice.example.com/ws/stream/twilio/T0ken"
    assert stream.get("statusCallback") == f"{PUBLIC}/webhook/twilio/stream"
    parameters = {found.get("name"): found.get("value") for found in stream}
    assert parameters == {"token": "T0ken", "ref": 'a<b>&"c'}


@pytest.mark.requirement("twilio:answer:stream-with-token")
def test_a_local_server_offers_a_socket_without_encryption() -> None:
    offer = dataclasses.replace(OFFER, public_url="http://127.0.0.1:8010")
    (stream,) = twiml(twilio.answer(offer))[0]
    assert stream.get("url") == "ws://127.0.0.1:8010/ws/stream/twilio/T0ken"


def test_a_parameter_that_twilio_would_refuse_is_our_error() -> None:
    with pytest.raises(MediaError, match="500"):
        twilio.answer(dataclasses.replace(OFFER, parameters=(("x", "y" * 499),)))


@given(text=st.text(max_size=60), language=st.sampled_from(["en", "es", "es-MX"]))
def test_any_apology_is_a_document_that_can_be_read(text: str, language: str) -> None:
    say, hangup = twiml(twilio.apologise(text, language))
    assert (say.tag, hangup.tag) == ("Say", "Hangup")
    assert say.get("language") in {"en-US", "es-ES", "es-MX"}


def test_a_call_can_be_refused_and_a_stream_followed_by_nothing() -> None:
    assert twiml(twilio.refuse("busy"))[0].get("reason") == "busy"
    assert twiml(twilio.refuse("rejected"))[0].get("reason") == "rejected"
    assert [verb.tag for verb in twiml(twilio.resume())] == ["Hangup"]


# --- REST ----------------------------------------------------------------------------------------


def test_hanging_up_is_one_post_to_the_call() -> None:
    request = twilio.hang_up("CA/../1", ACCOUNT)
    assert request.method == "POST"
    assert request.path == f"/2010-04-01/Accounts/{ACCOUNT.account_id}/Calls/CA%2F..%2F1.json"
    assert request.form == (("Status", "completed"),)
    scheme, credentials = request.headers["authorization"].split()
    assert scheme == "Basic"
    assert base64.b64decode(credentials).decode() == f"{ACCOUNT.account_id}:{SECRET}"


@pytest.mark.requirement("twilio:hang-up:already-gone")
@pytest.mark.parametrize(
    ("reply", "gone"),
    [
        (HttpReply(404, b'{"code": 20404, "message": "gone"}'), True),
        (HttpReply(400, b'{"code": 21220}'), True),
        (HttpReply(404, b"not found"), False),
        (HttpReply(404, b"[" * 50_000), False),
        (HttpReply(401, b'{"code": 20003}'), False),
        (HttpReply(200, b'{"code": 20404}'), False),
    ],
)
def test_a_call_that_had_ended_counts_as_hung_up(reply: HttpReply, gone: bool) -> None:
    assert twilio.already_gone(reply) is gone


def test_the_module_is_a_carrier_and_keeps_its_key_to_itself() -> None:
    carrier: Carrier = twilio
    assert (carrier.NAME, carrier.FORMAT) == ("twilio", TELEPHONE)
    assert SECRET not in repr(ACCOUNT)


# --- the stream ----------------------------------------------------------------------------------


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
    facts = json.loads(text)["media"]
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
