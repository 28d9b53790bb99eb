"""Twilio's webhooks read, TwiML written and REST requests built, checked with other parsers."""

from __future__ import annotations

import base64
import dataclasses
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.audio import TELEPHONE
from media.call import (
    Direction,
)
from media.carrier import Carrier, StreamOffer
from media.carriers import twilio
from media.errors import MediaError, WireError
from media.http import HttpReply, HttpRequest
from tests.media.carriers.samples import ACCOUNT, CALL, PUBLIC, SECRET, STREAM


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
