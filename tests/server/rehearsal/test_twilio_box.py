"""The box against a true server on loopback: signatures, stream, callbacks, REST."""

from __future__ import annotations

import asyncio
import base64
from itertools import pairwise
from typing import Any

import httpx
import pytest
from starlette.responses import Response
from twilio.request_validator import RequestValidator

from server.rehearsal.badline import LineQuality
from server.rehearsal.caller import Caller
from server.rehearsal.clips import clip_of
from server.rehearsal.office import Target
from server.rehearsal.placed import CallPlan
from server.rehearsal.record import CallRecord, EndedBy
from server.rehearsal.rehearse import rehearse
from server.rehearsal.reports import CallbackOrder
from server.rehearsal.script import Moment, Press, Script, Speak, Step, When
from server.rehearsal.twilio import TwilioBox, open_box
from tests.server.rehearsal.little_server import (
    ACCOUNT,
    TOKEN,
    LittleServer,
    Manners,
    little_server,
    tone,
)

HELLO = clip_of(b"\xff" * 400 + tone(0.4, hz=700) + b"\xff" * 400, "hello")
SHORT = Manners(greeting=tone(0.3), answer=tone(0.3, hz=550))


def plan(*steps: Step, linger_s: float = 0.4, **changes: Any) -> CallPlan:
    script = Script(steps, agent_quiet_s=0.2, linger_s=linger_s)
    return CallPlan(source=lambda now: Caller(script, now), **changes)


def target(little: LittleServer, token: str = TOKEN) -> Target:
    return Target(little.url, ACCOUNT, token)


async def one_call(little: LittleServer, call: CallPlan) -> CallRecord:
    async with asyncio.timeout(30), open_box(target(little)) as box:
        return await box.call(call)


def states(little: LittleServer) -> list[tuple[str, str]]:
    return [
        (form["SequenceNumber"], form["CallStatus"])
        for path, form in little.forms
        if path == "/webhook/twilio/status"
    ]


@pytest.mark.requirement("rehearsal:twilio:signed")
async def test_every_request_is_signed_as_twilio_signs() -> None:
    async with little_server(SHORT) as little:
        record = await one_call(little, plan(Step(Speak(HELLO))))
    assert record.failure is None
    assert little.refused == 0
    path, form = little.forms[0]
    assert path == "/webhook/twilio/voice"
    assert {"CallSid", "AccountSid", "From", "To", "Direction", "ApiVersion"} <= form.keys()
    assert (form["CallStatus"], form["AccountSid"]) == ("ringing", ACCOUNT)
    signed = little.url.replace("http", "ws", 1) + "/ws/stream/twilio/abc"
    expected = RequestValidator(TOKEN).compute_signature(signed, {})
    assert little.handshake_headers["x-twilio-signature"] == expected


@pytest.mark.requirement("rehearsal:twilio:signed")
async def test_a_refused_signature_says_which_url_and_account() -> None:
    async with little_server(SHORT) as little, open_box(target(little, "wrong")) as box:
        record = await box.call(plan(Step(Speak(HELLO))))
    assert record.ended_by is EndedBy.FAILED
    assert record.failure is not None
    assert "403" in record.failure.what
    assert f"{little.url}/webhook/twilio/voice" in record.failure.what
    assert "--auth-token" in record.failure.mend


@pytest.mark.requirement("rehearsal:twilio:stream-messages")
async def test_the_stream_is_what_twilio_sends() -> None:
    async with little_server(SHORT) as little:
        record = await one_call(
            little, plan(Step(Speak(HELLO)), Step(Press("5#")), keep_sound=True)
        )
    assert [message["event"] for message in little.messages[:2]] == ["connected", "start"]
    assert little.messages[1]["start"]["customParameters"] == {"token": "abc"}
    assert little.messages[-1]["event"] == "stop"
    numbers = [int(message["sequenceNumber"]) for message in little.messages[1:]]
    assert numbers == list(range(1, len(numbers) + 1))
    media = [message["media"] for message in little.of("media")]
    assert [frame["chunk"] for frame in media] == [str(n + 1) for n in range(len(media))]
    assert [frame["timestamp"] for frame in media] == [str(20 * n + 20) for n in range(len(media))]
    sound = b"".join(base64.b64decode(frame["payload"]) for frame in media)
    assert HELLO.payload.strip(b"\xff") in sound
    assert [message["dtmf"]["digit"] for message in little.of("dtmf")] == ["5", "#"]
    assert record.log.said.sound()[: len(sound)] == sound


@pytest.mark.requirement("rehearsal:measures:latency")
@pytest.mark.requirement("rehearsal:speaker:plays-in-order")
async def test_what_the_caller_heard_is_what_the_server_said() -> None:
    async with little_server(SHORT) as little:
        record = await one_call(little, plan(Step(Speak(HELLO)), Step(Speak(HELLO))))
    assert record.answered
    assert record.ended_by is EndedBy.CALLER
    assert record.log.heard.sound() == SHORT.greeting + SHORT.answer * 2
    assert record.log.marks_returned == 3
    assert len(record.spans) == 3
    assert len(record.log.utterances) == 2
    assert record.underruns == ()


@pytest.mark.requirement("rehearsal:caller:barge-in")
async def test_a_clear_reaches_the_caller_and_cuts_what_is_heard() -> None:
    manners = Manners(greeting=tone(5.0), answer=SHORT.answer)
    async with little_server(manners) as little:
        steps = Step(Speak(HELLO), When(Moment.BARGE_IN, seconds=0.3))
        record = await one_call(little, plan(steps))
    assert len(record.log.clears) == 1
    assert record.log.utterances[0].over_agent
    heard = record.log.heard.sound()
    cut = len(heard) - len(manners.answer)
    assert heard == manners.greeting[:cut] + manners.answer
    assert cut < 8000 * 3


@pytest.mark.requirement("rehearsal:twilio:callbacks")
@pytest.mark.requirement("rehearsal:twilio:after-stream")
async def test_a_closed_stream_goes_on_with_the_action() -> None:
    async with little_server(Manners(SHORT.greeting, SHORT.answer, goodbye_after=1)) as little:
        record = await one_call(little, plan(Step(Speak(HELLO)), linger_s=20.0))
    assert record.ended_by is EndedBy.AGENT
    paths = [path for path, _ in little.forms]
    assert "/after" in paths
    assert states(little) == [
        ("0", "initiated"),
        ("1", "ringing"),
        ("2", "in-progress"),
        ("3", "completed"),
    ]
    events = [form["StreamEvent"] for path, form in little.forms if path == "/stream-status"]
    assert events == ["stream-started", "stream-stopped"]
    done = next(form for _, form in reversed(little.forms) if form["CallStatus"] == "completed")
    assert int(done["CallDuration"]) >= 1


@pytest.mark.requirement("rehearsal:twilio:callbacks")
@pytest.mark.parametrize(
    ("order", "numbers"),
    [
        (CallbackOrder.REVERSED, ["3", "2", "1", "0"]),
        (CallbackOrder.REPEATED, ["0", "0", "1", "1", "2", "2", "3", "3"]),
        (CallbackOrder.NONE, []),
    ],
)
async def test_callbacks_come_as_untidily_as_asked(
    order: CallbackOrder, numbers: list[str]
) -> None:
    async with little_server(SHORT) as little:
        await one_call(little, plan(Step(Press("1"), When(Moment.ANSWERED)), callbacks=order))
    assert [number for number, _ in states(little)] == numbers


async def during_a_call(
    little: LittleServer, box: TwilioBox, *updates: dict[str, str]
) -> tuple[CallRecord, str, list[httpx.Response]]:
    """Place a call and send REST updates once its sound flows; the last ends it."""
    placed = box.place(plan(Step(Speak(HELLO)), linger_s=30.0))
    url = f"{box.rest_url}/2010-04-01/Accounts/{ACCOUNT}/Calls/{placed.ids.call_id}.json"
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        running = group.create_task(placed.run())
        while not little.of("media"):
            await asyncio.sleep(0)
        replies = [await rest(url, update) for update in updates]
    return running.result(), url, replies


async def rest(url: str, form: dict[str, str], account: str = ACCOUNT) -> httpx.Response:
    """One request as a server makes it."""
    async with httpx.AsyncClient(auth=(account, TOKEN), trust_env=False) as client:
        return await client.post(url, data=form)


@pytest.mark.requirement("rehearsal:twilio:rest")
async def test_the_server_hangs_up_over_rest_and_only_once() -> None:
    end = {"Status": "completed"}
    async with little_server(SHORT) as little, open_box(target(little)) as box:
        record, url, (first,) = await during_a_call(little, box, end)
        second = await rest(url, end)
        unknown = await rest(url.replace("Calls/CA", "Calls/CAff"), end)
        stranger = await rest(url, end, account="AC2")
        elsewhere = await rest(url.replace("Calls/", "Elsewhere/"), end)
    assert (first.status_code, first.json()["status"]) == (200, "completed")
    assert record.ended_by is EndedBy.AGENT
    assert little.messages[-1]["event"] == "stop"
    assert (second.status_code, second.json()["code"]) == (404, 20404)
    assert (unknown.status_code, elsewhere.status_code) == (404, 404)
    assert stranger.status_code == 401


@pytest.mark.requirement("rehearsal:twilio:rest")
async def test_the_server_moves_a_call_to_another_document() -> None:
    twiml = "<Response><Dial>+14155550199</Dial></Response>"
    updates = ({"Twiml": "<html/>"}, {"TimeLimit": "3"}, {"Twiml": twiml})
    async with little_server(SHORT) as little, open_box(target(little)) as box:
        record, _, replies = await during_a_call(little, box, *updates)
    assert [reply.status_code for reply in replies] == [400, 400, 200]
    assert (record.ended_by, record.reason) == (EndedBy.TRANSFER, "+14155550199")


@pytest.mark.requirement("rehearsal:twilio:rest")
async def test_the_server_moves_a_call_to_a_document_at_a_url() -> None:
    async with little_server(SHORT) as little, open_box(target(little)) as box:
        record, _, (moved,) = await during_a_call(little, box, {"Url": little.url + "/after"})
    assert moved.status_code == 200
    assert record.ended_by is EndedBy.AGENT
    assert little.refused == 0


@pytest.mark.requirement("rehearsal:twilio:twiml")
@pytest.mark.parametrize(
    ("reply", "ended_by", "reason"),
    [
        ('<Response><Reject reason="busy"/></Response>', EndedBy.REFUSED, "busy"),
        ("<Response><Say>Sorry</Say><Hangup/></Response>", EndedBy.AGENT, "Sorry"),
        ("<Response/>", EndedBy.AGENT, ""),
    ],
)
async def test_a_call_may_end_without_a_stream(reply: str, ended_by: EndedBy, reason: str) -> None:
    manners = Manners(voice_reply=Response(reply, media_type="text/xml"))
    async with little_server(manners) as little:
        record = await one_call(little, plan(Step(Speak(HELLO))))
    assert not record.answered
    assert (record.ended_by, record.reason, record.failure) == (ended_by, reason, None)


@pytest.mark.requirement("rehearsal:twilio:twiml")
@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Response("no", status_code=500), "error 11200"),
        (Response(status_code=404), "no voice webhook"),
        (Response(status_code=307, headers={"location": "/x"}), "redirects to /x"),
        (Response("<html/>"), "error 12100"),
        (
            Response('<Response><Connect><Stream url="/ws/none"/></Connect></Response>'),
            "error 31920",
        ),
        (
            Response('<Response><Connect><Stream url="ws://127.0.0.1:9/x"/></Connect></Response>'),
            "error 31901",
        ),
        (
            Response("<Response><Redirect>/webhook/twilio/voice</Redirect></Response>"),
            "round in circles",
        ),
    ],
)
async def test_a_call_that_cannot_be_placed_says_why(reply: Response, told: str) -> None:
    async with little_server(Manners(voice_reply=reply)) as little:
        record = await one_call(little, plan(Step(Speak(HELLO))))
    assert record.failure is not None
    assert told in record.failure.what
    assert record.failure.mend


@pytest.mark.requirement("rehearsal:twilio:unusable-messages")
async def test_unusable_messages_are_ignored_and_reported() -> None:
    manners = Manners(SHORT.greeting, SHORT.answer, first_message='{"event":"clear"}')
    async with little_server(manners) as little:
        record = await one_call(little, plan(Step(Speak(HELLO))))
    assert record.log.clears == []
    assert dict(record.log.problems) == {"31951: streamSid is missing or another stream's": 1}


@pytest.mark.requirement("rehearsal:twilio:unusable-messages")
async def test_a_close_with_an_error_code_is_a_lost_server() -> None:
    manners = Manners(SHORT.greeting, SHORT.answer, goodbye_after=1, close_code=1011)
    async with little_server(manners) as little:
        record = await one_call(little, plan(Step(Speak(HELLO)), linger_s=20.0))
    assert record.ended_by is EndedBy.SERVER_LOST
    assert record.log.close_code == 1011
    assert "31921: the server closed the socket with code 1011" in record.log.problems


async def test_a_call_ends_at_its_time_limit() -> None:
    async with little_server(SHORT) as little:
        record = await one_call(little, plan(Step(Speak(HELLO)), linger_s=30.0, max_s=1.0))
    assert record.ended_by is EndedBy.TIME_LIMIT
    assert little.messages[-1]["event"] == "stop"


@pytest.mark.requirement("rehearsal:line:is-felt")
async def test_a_bad_line_is_felt_by_the_server() -> None:
    quality = LineQuality(jitter_ms=40, loss=0.1, drift_ppm=500, late_marks_ms=50, lose_marks=0.2)
    async with little_server(SHORT) as little:
        await one_call(little, plan(Step(Speak(HELLO)), quality=quality, seed=3))
    chunks = [int(message["media"]["chunk"]) for message in little.of("media")]
    numbers = [int(message["sequenceNumber"]) for message in little.messages[1:]]
    assert all(sooner < later for sooner, later in pairwise(chunks))
    assert all(sooner < later for sooner, later in pairwise(numbers))
    assert chunks[-1] - len(chunks) >= 3


@pytest.mark.requirement("rehearsal:caller:waits")
async def test_a_step_can_wait_for_words_in_the_servers_transcript() -> None:
    words = [{"speaker": "agent", "text": "For what time?", "started_s": 0.1, "ended_s": 0.4}]
    async with little_server(Manners(SHORT.greeting, SHORT.answer, transcript=words)) as little:
        asked = When(Moment.AGENT_SAID, pattern="what time")
        record = await one_call(little, plan(Step(Speak(HELLO), asked, patience_s=10.0)))
    assert record.log.gave_up is None
    assert record.turns is not None
    assert record.turns[0].text == "For what time?"


@pytest.mark.requirement("rehearsal:load:many-calls")
async def test_many_calls_at_once_are_each_whole() -> None:
    async with little_server(SHORT) as little, asyncio.timeout(60):
        plans = [plan(Step(Speak(HELLO)), keep_sound=index == 0) for index in range(12)]
        done = await rehearse(target(little), plans)
    assert len(done.records) == 12
    assert {record.ended_by for record in done.records} == {EndedBy.CALLER}
    whole = len(SHORT.greeting) + len(SHORT.answer)
    assert {record.log.heard.size_bytes for record in done.records} == {whole}
    assert done.ticker_late_ms >= 0.0
