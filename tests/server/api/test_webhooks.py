"""Webhooks over HTTP: who may call them, what they answer, what becomes of what they say."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.call import Direction
from server.lines.reception import Apology, Declined, Outcome, Welcome
from tests.server.lines.desk import ACCOUNT, PUBLIC, SIGNER, Desk, Reply, open_desk, until

A_CALL = "CA00000000000000000000000000000001"
VOICE = "/webhook/twilio/voice"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def verbs(reply: Reply) -> list[str]:
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/xml")
    return [verb.tag for verb in Xml.fromstring(reply.body)]


@pytest.mark.parametrize("path", [VOICE, VOICE + "/"])
@pytest.mark.requirement("twilio:answer:stream-with-token")
async def test_a_ringing_call_is_answered_with_a_stream(desk: Desk, path: str) -> None:
    reply = await desk.post(path, {"CallSid": A_CALL, "To": "+14155550101", "Blank": ""})
    assert verbs(reply) == ["Connect", "Hangup"]
    stream = Xml.fromstring(reply.body).find("Connect/Stream")
    assert stream is not None
    parameters = {found.get("name"): found.get("value") for found in stream}
    assert parameters["ref"] == "r1"
    assert stream.get("url", "").endswith(f"/ws/stream/twilio/{parameters['token']}")
    assert stream.get("statusCallback") == f"{PUBLIC}/webhook/twilio/stream"
    (call,) = desk.reception.calls
    assert (call.caller, call.called) == ("+14155550100", "+14155550101")
    assert call.direction is Direction.INBOUND


async def test_a_call_may_ring_by_get(desk: Desk) -> None:
    query = urlencode({"CallSid": A_CALL, "AccountSid": ACCOUNT.account_id, "Blank": ""})
    path = f"{VOICE}?{query}"
    signature = SIGNER.compute_signature(PUBLIC + path, {})
    reply = await desk.request("GET", path, headers={"X-Twilio-Signature": signature})
    assert verbs(reply) == ["Connect", "Hangup"]


@pytest.mark.requirement("twilio:webhook:fail-closed")
@pytest.mark.parametrize(
    ("fields", "headers", "status", "kind"),
    [
        ({"AccountSid": ACCOUNT.account_id}, {}, 403, "bad_signature"),
        ({"AccountSid": ACCOUNT.account_id}, {"X-Twilio-Signature": "x"}, 403, "bad_signature"),
        ({"AccountSid": "ACnobody"}, {"X-Twilio-Signature": "x"}, 403, "unknown_account"),
        ({}, {}, 403, "unknown_account"),
        ({f"N{number}": "" for number in range(300)}, {}, 400, "malformed"),
        ({"Body": "x" * 70_000}, {}, 413, "too_large"),
    ],
    ids=["unsigned", "forged", "nobody's", "empty", "many fields", "large"],
)
async def test_what_cannot_be_trusted_is_refused_and_counted(
    desk: Desk, fields: dict[str, str], headers: dict[str, str], status: int, kind: str
) -> None:
    for path in (VOICE, "/webhook/twilio/status", "/webhook/twilio/stream/"):
        body = urlencode(fields).encode()
        reply = await desk.request("POST", path, headers={**FORM, **headers}, body=body)
        assert (reply.status, reply.body) == (status, b"")
    assert desk.refused(kind, "webhook") == 3
    assert not desk.reception.calls


@pytest.mark.requirement("twilio:webhook:fail-closed")
async def test_a_signature_holds_for_its_own_url_and_form_only(desk: Desk) -> None:
    form = {"AccountSid": ACCOUNT.account_id, "CallSid": A_CALL}
    signature = SIGNER.compute_signature(PUBLIC + VOICE, form)
    headers = {**FORM, "X-Twilio-Signature": signature, "X-Forwarded-Host": "evil.example"}
    for path, changed in (
        (VOICE + "/", form),
        ("/webhook/twilio/status", form),
        (VOICE + "?x=1", form),
        (VOICE, {**form, "From": "+1"}),
    ):
        body = urlencode(changed).encode()
        assert (await desk.request("POST", path, headers=headers, body=body)).status == 403
    body = urlencode(form).encode()
    assert (await desk.request("POST", VOICE, headers=headers, body=body)).status == 200


async def test_a_body_that_breaks_off_is_counted(desk: Desk) -> None:
    async with desk.peer() as peer:
        peer.send_head("POST", VOICE, {**FORM, "Content-Length": "500"})
        peer.write(b"AccountSid=")
        for _ in range(5):
            await asyncio.sleep(0)
    await until(lambda: desk.refused("disconnected", "webhook") == 1)


async def test_another_carrier_is_not_found(desk: Desk) -> None:
    assert (await desk.post("/webhook/plivo/voice", {})).status == 404
    assert desk.refused("unknown_carrier", "webhook") == 1


async def test_a_signed_request_that_makes_no_sense_is_malformed(desk: Desk) -> None:
    assert (await desk.post(VOICE, {"CallSid": "../x"})).status == 400
    assert (await desk.post("/webhook/twilio/status", {"CallSid": A_CALL})).status == 400
    assert (await desk.post("/webhook/twilio/stream", {"CallSid": A_CALL})).status == 400
    assert desk.refused("malformed", "webhook") == 3


@pytest.mark.requirement("twilio:webhook:never-silence")
@pytest.mark.parametrize(
    ("outcome", "verb"),
    [
        (Apology("We are closed.", "en"), "Say"),
        (Declined("busy"), "Reject"),
        (RuntimeError("a bug"), "Say"),
        (Welcome("ticket", (("too", "long" * 200),)), "Say"),
    ],
)
async def test_a_caller_who_cannot_be_served_is_told(
    desk: Desk, outcome: Outcome | Exception, verb: str
) -> None:
    desk.reception.outcome = outcome
    assert verbs(await desk.post(VOICE, {"CallSid": A_CALL}))[0] == verb


@pytest.mark.requirement("twilio:webhook:never-silence")
async def test_a_store_that_is_away_is_apologised_for(desk: Desk) -> None:
    desk.accounts.broken = True
    assert verbs(await desk.post(VOICE, {"CallSid": A_CALL})) == ["Say", "Hangup"]
    assert (await desk.post("/webhook/twilio/status", {"CallSid": A_CALL})).status == 500
    assert desk.failures() == 2


@pytest.mark.requirement("twilio:webhook:never-silence")
async def test_a_reception_that_takes_too_long_is_apologised_for() -> None:
    async with open_desk(answer_s=0.01) as desk:
        desk.reception.waits = True
        assert verbs(await desk.post(VOICE, {"CallSid": A_CALL})) == ["Say", "Hangup"]
        assert desk.refused("reception_slow", "webhook") == 1


async def test_after_the_stream_the_call_ends(desk: Desk) -> None:
    path = "/webhook/twilio/after-stream"
    assert verbs(await desk.post(path, {"CallSid": A_CALL})) == ["Hangup"]


@pytest.mark.requirement("twilio:progress:terminal-absorbs")
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(
    states=st.lists(
        st.sampled_from(["initiated", "ringing", "in-progress", "completed", "no-answer"]),
        max_size=6,
    ),
    number=st.integers(0, 10**9),
)
async def test_callbacks_in_any_order_are_told_forward_only(
    desk: Desk, states: list[str], number: int
) -> None:
    desk.reception.states.clear()
    for sequence, state in enumerate(states):
        fields = {"CallSid": f"CA{number}", "CallStatus": state, "SequenceNumber": str(sequence)}
        reply = await desk.post("/webhook/twilio/status", fields)
        assert (reply.status, reply.body) == (204, b"")
    order = ["initiated", "ringing", "in-progress", "completed", "no-answer"]
    ranks = [min(order.index(state), 3) for state in desk.reception.states]
    assert ranks == sorted(set(ranks))
    assert desk.refused("malformed", "webhook") == 0


@pytest.mark.requirement("twilio:progress:terminal-absorbs")
async def test_a_callback_that_could_not_be_stored_is_taken_when_it_comes_again(
    desk: Desk,
) -> None:
    fields = {"CallSid": A_CALL, "CallStatus": "completed", "CallDuration": "61"}
    desk.reception.broken_progress = True
    assert (await desk.post("/webhook/twilio/status", fields)).status == 500
    desk.reception.broken_progress = False
    assert (await desk.post("/webhook/twilio/status", fields)).status == 204
    assert (await desk.post("/webhook/twilio/status", fields)).status == 204
    assert desk.reception.states == ["completed"]


async def test_stream_callbacks_are_told_once_each(desk: Desk) -> None:
    for event in ("stream-started", "stream-started", "stream-stopped", "stream-started"):
        fields = {"CallSid": A_CALL, "StreamSid": "MZ1", "StreamEvent": event}
        assert (await desk.post("/webhook/twilio/stream", fields)).status == 204
    assert desk.reception.states == ["started", "stopped"]
