"""Tokens of streams: good once, for a while, for their own call."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.call import IncomingCall, LineOpened
from media.carrier import Account
from server.api.streams import ReservationRefused, Reservations
from server.clock import Clock

ACCOUNT = Account("AC1", "secret")
CALL = IncomingCall("CA1", "AC1", "+14155550100", "+14155550101")


def reservations(capacity: int = 100) -> Reservations:
    numbers = itertools.count()
    return Reservations(lambda: f"token{next(numbers)}", capacity=capacity)


def reserve(held: Reservations, now: float = 0.0, ticket: object = "ticket") -> str:
    return held.reserve(CALL, ticket, carrier="twilio", account=ACCOUNT, now=now)


def refusal(held: Reservations, token: str, now: float, carrier: str = "twilio") -> tuple[str, int]:
    with pytest.raises(ReservationRefused) as refused:
        held.claim(carrier, token, now)
    return refused.value.kind, refused.value.status


@pytest.mark.requirement("twilio:token:single-use")
def test_a_token_is_good_once() -> None:
    held = reservations()
    token = reserve(held)
    claimed = held.claim("twilio", token, 119.9)
    assert (claimed.call, claimed.account, claimed.ticket) == (CALL, ACCOUNT, "ticket")
    assert refusal(held, token, 119.9) == ("used_token", 410)
    assert token not in repr(claimed)


@pytest.mark.requirement("twilio:token:single-use")
def test_a_token_lives_two_minutes() -> None:
    held = reservations()
    token = reserve(held)
    assert refusal(held, token, 120.0) == ("expired_token", 410)


@pytest.mark.requirement("twilio:token:single-use")
def test_a_token_that_was_never_made_or_is_another_carriers_is_unknown() -> None:
    held = reservations()
    token = reserve(held)
    assert refusal(held, "invented", 0.0) == ("unknown_token", 404)
    assert refusal(held, token, 0.0, carrier="plivo") == ("unknown_token", 404)
    assert held.claim("twilio", token, 0.0).token == token


def test_looking_a_token_up_does_not_use_it() -> None:
    held = reservations()
    token = reserve(held)
    assert held.look_up("twilio", token, 1.0) is held.look_up("twilio", token, 1.0)
    held.claim("twilio", token, 1.0)


@pytest.mark.requirement("twilio:token:single-use")
def test_a_reservation_admits_the_stream_of_its_call_only() -> None:
    held = reservations()
    token = reserve(held)
    reservation = held.look_up("twilio", token, 0.0)
    assert reservation.admits(LineOpened("MZ1", "CA1", "AC1", {"token": token}))
    assert reservation.admits(LineOpened("MZ1", "CA1", "AC1"))
    assert not reservation.admits(LineOpened("MZ1", "CA2", "AC1"))
    assert not reservation.admits(LineOpened("MZ1", "CA1", "AC2"))
    assert not reservation.admits(LineOpened("MZ1", "CA1", "AC1", {"token": "another"}))


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=60), st.integers(1, 20))
def test_tokens_are_bounded_and_forgotten(steps: list[tuple[float, bool]], capacity: int) -> None:
    held = reservations(capacity)
    now = 0.0
    for pause_s, claimed in steps:
        now += pause_s
        token = reserve(held, now)
        if claimed:
            held.claim("twilio", token, now)
        assert held.look_up("twilio", token, now) if not claimed else True
        assert len(held) <= capacity
    last = reserve(held, now + 241)
    assert len(held) == 1
    assert held.claim("twilio", last, now + 241).token == last


def test_beyond_the_capacity_the_oldest_goes_first() -> None:
    held = reservations(2)
    first, second, third = (reserve(held) for _ in range(3))
    assert refusal(held, first, 0.0) == ("unknown_token", 404)
    assert held.claim("twilio", second, 0.0)
    assert held.claim("twilio", third, 0.0)


def test_the_clocks_tokens_fit_into_a_path() -> None:
    held = Reservations(Clock().token)
    tokens = {reserve(held) for _ in range(50)}
    assert len(tokens) == 50
    assert all(token.isascii() and token.isalnum() and len(token) == 32 for token in tokens)
