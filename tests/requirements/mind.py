"""What the local mind promises."""

from __future__ import annotations

from tests.requirements.kind import Requirement

__all__ = ["REQUIREMENTS"]

REQUIREMENTS = {
    "mind:extract:english-telephone-speech": Requirement(
        "Dates, times, numbers, names, telephone numbers, choices and answers are understood as "
        "English callers say them and as a recogniser writes them.",
        source="issue:#2",
    ),
    "mind:extract:spanish-telephone-speech": Requirement(
        "The same in Spanish, as far as it is stated.", source="issue:#2"
    ),
    "mind:extract:several-at-once": Requirement(
        "One utterance fills every slot that it names.", source="issue:#2"
    ),
    "mind:extract:never-guesses-names": Requirement(
        "A name or a message that was not asked for is never guessed from any words.",
        source="house",
    ),
    "mind:dialogue:books-what-was-said": Requirement(
        "A booking is made from what the caller said, each value read back.", source="issue:#2"
    ),
    "mind:dialogue:takes-all-at-once": Requirement(
        "What led to a place answers what is asked there.", source="house"
    ),
    "mind:dialogue:corrects": Requirement(
        "A correction changes what it names and nothing else.", source="issue:#2"
    ),
    "mind:facts:answers-and-asks-on": Requirement(
        "A question about the business is answered from its facts, then the open question comes "
        "again.",
        source="issue:#2",
    ),
    "mind:repair:other-words-then-keys": Requirement(
        "What was not understood is asked in other words, and from the second time with keys.",
        source="issue:#2",
    ),
    "mind:unsure:asks-back": Requirement(
        "Words that were hardly heard are asked back before they are acted upon.",
        source="issue:#2",
    ),
    "mind:exits:by-meaning": Requirement(
        "An intent is found in words that nobody wrote down.", source="issue:#2"
    ),
    "mind:exits:nothing-from-nothing": Requirement(
        "Courtesy and unrelated talk open no door and draw no fact.", source="house"
    ),
    "mind:language:spanish": Requirement(
        "A booking in Spanish works from text; recognition needs a multilingual model.",
        source="issue:#2",
    ),
}
