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
    "mind:bridge:text-is-ready-when-the-turn-ends": Requirement(
        "Recognition starts in the pause, so that the text is ready when the turn ends.",
        source="issue:#2",
    ),
    "mind:bridge:guess-is-thrown-away": Requirement(
        "What was recognized in a pause is thrown away if the caller goes on.", source="issue:#2"
    ),
    "mind:bridge:joined-turn": Requirement(
        "A turn that goes on after its end is heard as one.", source="house"
    ),
    "mind:bridge:text-before-sound": Requirement(
        "Each sentence's text precedes its sound, and utterances keep their order.",
        source="house",
    ),
    "mind:bridge:interrupt-drops-all": Requirement(
        "An interruption drops all that waits and ends each utterance once.", source="issue:#2"
    ),
    "mind:bridge:every-utterance-ends-once": Requirement(
        "Whatever the order of inputs, every utterance ends exactly once.", source="house"
    ),
    "mind:bridge:nothing-out-of-turn": Requirement(
        "While a tool runs the mind acts on nothing else.", source="house"
    ),
    "mind:bridge:busy-is-heard": Requirement(
        "A full engine is heard by the caller, asked once more, and then given up for another "
        "bridge.",
        source="issue:#2",
    ),
    "mind:bridge:no-task-outlives-the-call": Requirement(
        "Nothing of a call runs on after it.", source="house"
    ),
    "mind:bridge:real-speech": Requirement(
        "Recorded human answers fill the slots of a booking.", source="issue:#2"
    ),
    "mind:model:speaks-by-sentence": Requirement(
        "A model's words are spoken from the first whole sentence on.", source="issue:#2"
    ),
    "mind:model:tools-and-results": Requirement(
        "A model's tool calls are merged from their pieces, and each is followed by its result.",
        source="house",
    ),
    "mind:model:remembers-what-was-heard": Requirement(
        "A model is told only what the caller heard of its reply.", source="house"
    ),
    "mind:model:errors-are-mapped": Requirement(
        "What goes wrong at the address is named, and whether asking again helps.",
        source="house",
    ),
    "mind:model:answerer-takes-over": Requirement(
        "When the model fails the answerer takes over for the call.", source="issue:#2"
    ),
    "mind:awaited:whole-answers-end-turns-sooner": Requirement(
        "A turn that is a whole value of what was asked ends after 0.3 s of silence.",
        source="issue:#2",
    ),
}
