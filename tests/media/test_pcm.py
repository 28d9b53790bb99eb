"""Telephone samples, against the reference implementation of G.711."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.audio import Encoding
from media.pcm import (
    FLOATS,
    FLOOR_DBFS,
    SILENCE,
    Samples,
    alaw_decode,
    alaw_encode,
    decode,
    decode_floats,
    encode,
    gain,
    level_dbfs,
    mix,
    mulaw_decode,
    mulaw_encode,
)
from tests.media.sound import hiss, sine

ALL_CODES = bytes(range(256))
ALL_SAMPLES = np.arange(-32768, 32768, dtype=np.int16)


REFERENCE = {
    "mulaw_decode": "3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827",
    "alaw_decode": "e04788d110e58ff8c70c93b8480190d973e3b67876b6119abbaec766cc75c174",
    "mulaw_encode": "81d633c9e6972a18c74a58720b96cb8ca0bdd096d4060b646dd708c3b846019a",
    "alaw_encode": "38488f6fd710f4686360edc4d38639f96c491595ef93f8eb8d62d5e07ca6ce7b",
}
"""SHA-256 of what the reference implementation (CPython 3.11's audioop, which is gone from 3.13)
makes of all 256 codes and all 65,536 samples, little-endian."""


@pytest.mark.requirement("sound:g711:exact")
def test_every_code_and_sample_converts_as_the_reference_does() -> None:
    ours = {
        "mulaw_decode": mulaw_decode(ALL_CODES).astype("<i2").tobytes(),
        "alaw_decode": alaw_decode(ALL_CODES).astype("<i2").tobytes(),
        "mulaw_encode": mulaw_encode(ALL_SAMPLES),
        "alaw_encode": alaw_encode(ALL_SAMPLES),
    }
    assert {name: hashlib.sha256(out).hexdigest() for name, out in ours.items()} == REFERENCE


@pytest.mark.requirement("sound:g711:exact")
def test_the_recommendations_own_values_are_kept() -> None:
    # G.711 tables 1 and 2: the first and the last decision value, and the smallest steps.
    assert mulaw_decode(b"\x80\x00\xff\x7f").tolist() == [32124, -32124, 0, 0]
    assert alaw_decode(b"\xaa\x2a\xd5\x55").tolist() == [32256, -32256, 8, -8]


@pytest.mark.parametrize("encoding", list(Encoding))
def test_what_was_decoded_encodes_to_the_same_bytes(encoding: Encoding) -> None:
    payload = ALL_CODES.replace(b"\x7f", b"\xff") if encoding is Encoding.MULAW else ALL_CODES
    assert encode(decode(payload, encoding), encoding) == payload


@pytest.mark.parametrize("encoding", list(Encoding))
def test_silence_decodes_to_next_to_nothing(encoding: Encoding) -> None:
    assert np.abs(decode(SILENCE[encoding] * 100, encoding)).max() <= 8


def test_bytes_views_and_arrays_decode_alike() -> None:
    for codes in (bytearray(ALL_CODES), memoryview(ALL_CODES), np.frombuffer(ALL_CODES, np.uint8)):
        assert np.array_equal(mulaw_decode(codes), mulaw_decode(ALL_CODES))


def test_an_odd_last_byte_of_pcm_is_left_out() -> None:
    assert decode(b"\x01\x00\x02", Encoding.PCM16).tolist() == [1]


@pytest.mark.parametrize("encoding", list(FLOATS))
def test_codes_decode_into_a_callers_array_of_floats(encoding: Encoding) -> None:
    codes = np.frombuffer(ALL_CODES, dtype=np.uint8).reshape(2, 128)
    out = np.empty((2, 128), dtype=np.float32)
    decode_floats(codes, encoding, out)
    expected = decode(ALL_CODES, encoding).astype(np.float32).reshape(2, 128) / 32768
    assert np.array_equal(out, expected)


def test_gain_is_cut_off_at_full_scale_and_never_wraps() -> None:
    loud = np.array([20000, -20000, 100], dtype=np.int16)
    assert gain(loud, 2.0).tolist() == [32767, -32768, 200]
    assert gain(loud, 0.5).tolist() == [10000, -10000, 50]


@given(st.integers(0, 50), st.integers(0, 50))
def test_a_mix_is_the_saturated_sum_as_long_as_the_longer(first: int, second: int) -> None:
    a, b = hiss(first, seed=1), hiss(second, seed=2)
    mixed = mix(a, b)
    assert len(mixed) == max(first, second)
    assert np.array_equal(mixed, mix(b, a))
    for place, value in enumerate(mixed.tolist()):
        total = sum(int(side[place]) for side in (a, b) if place < len(side))
        assert value == max(-32768, min(32767, total))


def test_level_is_the_root_mean_square_in_decibels() -> None:
    square: Samples = np.full(800, -32768, dtype=np.int16)
    assert level_dbfs(square) == pytest.approx(0.0)
    assert level_dbfs(sine(1000, 1.0, peak=32768 / 10)) == pytest.approx(-23.01, abs=0.01)
    assert level_dbfs(np.zeros(10, dtype=np.int16)) == FLOOR_DBFS
    assert level_dbfs(np.zeros(0, dtype=np.int16)) == FLOOR_DBFS
