"""Exact pieces out of any pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.framer import Framer


@pytest.mark.requirement("sound:framing:exact")
@given(st.integers(1, 50), st.lists(st.binary(max_size=120)))
def test_pieces_are_exact_and_nothing_is_lost(size: int, pieces: list[bytes]) -> None:
    framer = Framer(size)
    cut = [whole for piece in pieces for whole in framer.feed(piece)]
    assert all(len(whole) == size for whole in cut)
    assert framer.pending_bytes < size
    assert b"".join([*cut, framer.flush()]) == b"".join(pieces)
    assert framer.pending_bytes == 0


def test_a_piece_of_the_right_size_passes_as_it_is() -> None:
    piece = bytes(160)
    assert Framer(160).feed(piece)[0] is piece


def test_the_rest_can_be_filled_to_a_whole_piece() -> None:
    framer = Framer(4)
    framer.feed(b"ab")
    assert framer.flush(b"\xff") == b"ab\xff\xff"
    assert framer.flush(b"\xff") == b""


def test_a_cleared_framer_forgets_its_rest() -> None:
    framer = Framer(4)
    framer.feed(b"abc")
    framer.clear()
    assert framer.feed(b"defg") == [b"defg"]


def test_a_piece_without_size_is_refused() -> None:
    with pytest.raises(ValueError, match="0 bytes"):
        Framer(0)
