"""What the local mind says of its own in English. Quiet."""

from __future__ import annotations

from bridges.speech.phrases import Phrases

__all__ = ["ENGLISH"]

ENGLISH = Phrases(
    how_help="How can I help you?",
    repair=("Sorry, I did not understand that.", "Sorry, I still did not get it."),
    yes_or_no="Is that right? Please say yes or no.",
    what_instead="Please say what it should be instead.",
    did_you_say="Did you say {said}?",
    go_on="Yes, go on.",
    keys="You can also press {keys}.",
    press="{key} {label}",
    or_="or",
    busy="I'm sorry, many people are calling just now. One moment, please.",
)
