"""What the speech engines promise: hearing, speaking, meaning, and a worker that may die."""

from __future__ import annotations

from tests.requirements.kind import Requirement

__all__ = ["REQUIREMENTS"]

REQUIREMENTS = {
    "speech:recognition:word-error": Requirement(
        "At most 5 % of the words of real telephone speech are misheard.", source="issue:#2"
    ),
    "speech:recognition:noise-is-no-text": Requirement(
        "Noise, silence, tones and music are not written down as words.", source="issue:#2"
    ),
    "speech:synthesis:figures-are-understood": Requirement(
        "Times, prices, dates and telephone numbers are said so that they can be written down.",
        source="issue:#2",
    ),
    "speech:synthesis:fixed-lines-are-kept": Requirement(
        "A fixed line is synthesized once, also over a restart.", source="issue:#2"
    ),
    "speech:meaning:paraphrase": Requirement(
        "A paraphrase lies closer to a sentence than a sentence about something else.",
        source="issue:#2",
    ),
    "speech:pool:busy-is-said-at-once": Requirement(
        "A full lane refuses a request at once, so that the caller hears that we are busy.",
        source="issue:#2",
    ),
    "speech:pool:finals-before-guesses": Requirement(
        "A turn that has ended is written down before turns that may have ended.",
        source="issue:#2",
    ),
    "speech:pool:withdrawn-is-dropped": Requirement(
        "A guess whose caller spoke on is not written down.", source="issue:#2"
    ),
    "speech:pool:worker-death-is-survived": Requirement(
        "When the worker dies, another one answers what was asked.", source="house"
    ),
    "speech:pool:late-is-given-up": Requirement(
        "A request that is not answered in time is given up, and a hung worker is replaced.",
        source="house",
    ),
    "speech:engines:missing-says-how-to-mend": Requirement(
        "A missing package or model names itself, its place and the remedy.", source="issue:#2"
    ),
}
