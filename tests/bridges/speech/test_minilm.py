"""Sentence meaning: paraphrases lie close."""

from __future__ import annotations

import numpy as np
import pytest

from bridges.speech.minilm import WIDTH, MiniLm

PAIRS = [
    ("When are you open?", "What are your opening hours on Saturday?"),
    ("How much is a haircut?", "What does it cost to get my hair cut?"),
    ("I want to cancel my appointment.", "I can't make it, please take my booking off."),
    ("Can I talk to a person?", "I'd like to speak with a human being."),
    ("Where are you located?", "What's the address of your shop?"),
    ("Do you have parking?", "Is there somewhere to leave my car?"),
]


@pytest.fixture(scope="module")
def meaning() -> MiniLm:
    return MiniLm()


@pytest.mark.requirement("speech:meaning:paraphrase")
def test_each_question_finds_its_paraphrase(meaning: MiniLm) -> None:
    asked = meaning.embed([question for question, _ in PAIRS])
    meant = meaning.embed([paraphrase for _, paraphrase in PAIRS])
    assert list((asked @ meant.T).argmax(axis=1)) == list(range(len(PAIRS)))


def test_vectors_have_length_one_and_do_not_depend_on_company(meaning: MiniLm) -> None:
    texts = ["Hello.", "", "A rather long sentence about nothing at all, " * 20]
    together = meaning.embed(texts)
    alone = np.concatenate([meaning.embed([text]) for text in texts])
    assert together.shape == (3, WIDTH)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    # The int8 model scales activations over the whole batch, hence not to 1e-4.
    assert (together * alone).sum(axis=1).min() > 0.97


def test_no_sentences_have_no_vectors(meaning: MiniLm) -> None:
    assert meaning.embed([]).shape == (0, WIDTH)
