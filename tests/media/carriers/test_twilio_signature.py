"""What Twilio signed is accepted and nothing else, as its official validator computes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from media.carrier import Account
from media.carriers import twilio
from media.errors import SignatureRefused
from media.http import HttpRequest
from tests.media.carriers.samples import ACCOUNT, CALL, PUBLIC, SECRET

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
