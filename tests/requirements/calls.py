"""What a whole call promises, from its first word to its record."""

from __future__ import annotations

from tests.requirements.kind import Requirement

__all__ = ["REQUIREMENTS"]

REQUIREMENTS = {
    "call:heard:byte-for-byte": Requirement(
        "In 1,000 random barge-ins transcript and recording are what the speaker really played.",
        source="issue:#2",
    ),
    "call:heard:with-latency": Requirement(
        "Over a network each stop of the playout is known to within the way and a frame.",
        source="house",
    ),
    "call:recording:no-drift": Requirement(
        "In half an hour with drifting clocks the tracks part by less than 20 ms.",
        source="issue:#2",
    ),
    "call:whole:greeting-to-goodbye": Requirement(
        "A call is held from the greeting to the goodbye, and both sides are written down.",
        source="issue:#2",
    ),
    "call:whole:ten-minutes": Requirement(
        "Ten minutes of talk lose and repeat no sound.", source="house"
    ),
    "call:barge-in:only-what-was-played": Requirement(
        "A caller who interrupts the greeting is served; the transcript holds what was played.",
        source="issue:#2",
    ),
    "call:disclosure:heard-whole": Requirement(
        "The disclosure cannot be interrupted.", source="house"
    ),
    "call:overlap:dismissed-goes-on": Requirement(
        "After an uh-huh the agent goes on from where it was.", source="issue:#2"
    ),
    "call:turn:resumed-is-one": Requirement(
        "Speech that goes on soon after a turn's end continues that turn.", source="issue:#2"
    ),
    "call:bridge:next-takes-over": Requirement(
        "When a mind is lost the next one goes on with what was heard.",
        source="issue:#2",
    ),
    "call:bridge:last-apologises": Requirement(
        "When the last mind is lost the caller hears an apology, and the call ends.",
        source="issue:#2",
    ),
    "call:tool:slow-is-bridged": Requirement(
        "A slow tool is bridged by a word, one that hangs is given up.", source="house"
    ),
    "call:keys:choice-and-number": Requirement(
        "Keys open doors, and are numbers where a number is asked.", source="issue:#2"
    ),
    "call:silence:asked-then-ended": Requirement(
        "A silent caller is asked twice and then let go.", source="issue:#2"
    ),
    "call:end:caller-leaves-tool-running": Requirement(
        "A caller who hangs up while a tool runs leaves nothing running.", source="house"
    ),
    "call:end:goodbye-heard-whole": Requirement(
        "The last line is heard to its end, though the caller says goodbye once more.",
        source="house",
    ),
    "call:end:protocol-broken": Requirement(
        "A carrier that breaks its protocol ends its own call, whose record is whole.",
        source="issue:#2",
    ),
    "call:hearing:after-silence": Requirement(
        "The first word after a long silence is heard as soon as any other.", source="house"
    ),
    "call:understanding:misheard-times": Requirement(
        "Times that the recogniser is known to mishear are understood all the same.",
        source="house",
    ),
    "call:acceptance:booked-by-speech": Requirement(
        "A caller books by speaking: with recorded human answers, and with synthetic speech alone.",
        source="issue:#2",
    ),
    "call:acceptance:kept": Requirement(
        "Transcript and recording of a call can be read and played afterwards.", source="issue:#2"
    ),
    "call:acceptance:interrupted": Requirement(
        "A barge-in in the greeting clears the caller's end; the transcript holds what was played.",
        source="issue:#2",
    ),
    "call:acceptance:ten-dialogues": Requirement(
        "Of ten scripted bookings nine are booked right and the tenth is honest about it.",
        source="issue:#2",
    ),
    "call:acceptance:kill-nine": Requirement(
        "After kill -9 the call's record is complete to the last second and marked as broken off.",
        source="issue:#2",
    ),
    "call:acceptance:hostile": Requirement(
        "200 hostile connections are refused and counted, and good calls beside them complete.",
        source="issue:#2",
    ),
    "call:acceptance:drain": Requirement(
        "On SIGTERM live calls finish, new ones are refused, and the process ends with 0.",
        source="issue:#2",
    ),
}
