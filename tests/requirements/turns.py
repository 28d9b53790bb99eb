"""What turn-taking and the playout ledger promise."""

from __future__ import annotations

from tests.requirements.kind import Requirement

__all__ = ["REQUIREMENTS"]

REQUIREMENTS = {
    "turn:end:default-half-second": Requirement(
        "A turn is announced after 0.2 s of silence and ends after 0.5 s.",
        source="embedded-speech.md 3",
    ),
    "turn:end:not-later-for-a-late-report": Requirement(
        "A late report of the end of speech does not lengthen the turn.",
        source="house",
    ),
    "turn:end:by-expectation": Requirement(
        "What is expected, and whether the words can end there, decide the pause, "
        "between a minimum and a maximum.",
        source="issue:#2",
    ),
    "turn:end:goes-on": Requirement(
        "A caller who goes on before the turn ends keeps it.",
        source="embedded-speech.md 3",
    ),
    "turn:join:within-a-second": Requirement(
        "A turn that goes on within a second is joined to the last one.",
        source="embedded-speech.md 3",
    ),
    "turn:barge-in:at-once": Requirement(
        "Speech while the agent is audible is told at once, so that the playout pauses.",
        source="issue:#2",
    ),
    "turn:barge-in:takes-the-floor": Requirement(
        "Speech of 0.45 s over the agent takes the floor.",
        source="field.md 3, pain 4",
    ),
    "turn:overlap:backchannel": Requirement(
        "A backchannel or a noise is dismissed, and nothing waits for ever.",
        source="field.md 3, pains 4 and 5",
    ),
    "turn:overlap:words": Requirement(
        "A short overlap with other words takes the floor.",
        source="field.md 3, pain 4",
    ),
    "turn:overlap:answers": Requirement(
        "Yes and okay answer an open question.",
        source="field.md 3, pain 4",
    ),
    "turn:protect:not-cut": Requirement(
        "A protected utterance is not cut by speech.",
        source="issue:#2",
    ),
    "turn:digit:ends-silently": Requirement(
        "A key press ends an open turn without an answer.",
        source="issue:#2",
    ),
    "turn:silence:prompts": Requirement(
        "Silence after the agent is prompted at 6 s, at 8 s more, and a third time.",
        source="issue:#2",
    ),
    "turn:silence:not-while-held": Requirement(
        "Nobody is prompted while a tool runs.",
        source="field.md 3, pain 19",
    ),
    "turn:silence:unanswered": Requirement(
        "A turn that gets no reply does not leave the call mute.",
        source="field.md 3, pain 9",
    ),
    "turn:laws:hold": Requirement(
        "Turns open and close alternately, every overlap is decided once, every wait ends.",
        source="style.md 3.12",
    ),
    "mouth:ledger:byte-for-byte": Requirement(
        "What the ledger says was heard is what the far end played, byte for byte, over 1,000 "
        "random barge-ins, pauses, stalls and lost receipts.",
        source="issue:#2",
    ),
    "mouth:ledger:with-latency": Requirement(
        "With one-way latency the ledger differs by at most that much sound at each stop.",
        source="house",
    ),
    "mouth:pacing:lead": Requirement(
        "The first sound leaves at once; unheard sound at the far end never exceeds 0.24 s.",
        source="telephony.md 5, rows 1 and 4",
    ),
    "mouth:pacing:no-drift": Requirement(
        "Over half an hour of late ticks the lead stays what it is.",
        source="telephony.md 5, row 5",
    ),
    "mouth:pause:resumes-exactly": Requirement(
        "After a dismissed overlap the agent goes on without a gap or a repeat.",
        source="issue:#2",
    ),
    "mouth:cut:always-clears": Requirement(
        "A cut clears the far end even when nothing is known to be playing.",
        source="telephony.md 5, row 1",
    ),
    "mouth:cut:nothing-after": Requirement(
        "After a cut nothing plays until the next item, late sound of the cut one included.",
        source="field.md 3, pain 3",
    ),
    "mouth:marks:generations": Requirement(
        "Receipts of a cleared generation advance nothing.",
        source="telephony.md 5, row 2",
    ),
    "mouth:marks:lost": Requirement(
        "A lost receipt holds nothing up for longer than a second after the computed end.",
        source="telephony.md 5, row 3",
    ),
    "mouth:text:heard": Requirement(
        "The transcript holds the words that were heard, cut at a word.",
        source="issue:#2",
    ),
    "mouth:events:items-in-order": Requirement(
        "Each item is announced when it becomes audible and reported once when it is over.",
        source="house",
    ),
}
