"""The appointment book, its tools, and how things are said."""

from __future__ import annotations

from tests.requirements.kind import Requirement

REQUIREMENTS = {
    "book:slot:never-twice": Requirement(
        "Of many concurrent bookings of the last place, exactly one wins.", source="issue:#2"
    ),
    "book:capacity:respected": Requirement(
        "At no moment do more appointments run than the business can hold.", source="issue:#2"
    ),
    "book:clocks:daylight-saving": Requirement(
        "Local times mean the right instants on both sides of a change of the clocks.",
        source="house",
    ),
    "book:call:asked-twice-booked-once": Requirement(
        "The same booking asked for twice on one call is one appointment.", source="issue:#2"
    ),
    "book:refusal:says-what-else": Requirement(
        "A time that cannot be had is answered with its reason and with what can.",
        source="issue:#2",
    ),
    "book:find:by-name-or-number": Requirement(
        "A caller's booking is found by name as it was heard, or by number, and can be cancelled.",
        source="issue:#2",
    ),
    "message:taken:once": Requirement(
        "A message is written down with who to call back, once per call.", source="issue:#2"
    ),
    "wording:telephone:both-languages": Requirement(
        "Dates, times, numbers and lists are said as people say them, in English and Spanish.",
        source="issue:#2",
    ),
}
