"""What the core of a conversation promises."""

from __future__ import annotations

from tests.requirements.kind import Requirement

REQUIREMENTS = {
    "flow:disclosure:first-and-protected": Requirement(
        "The disclosure is the first thing that is said, and it cannot be interrupted.",
        source="EU AI Act, article 50(1)",
    ),
    "flow:slots:move-when-complete": Requirement(
        "A flow moves on when every slot of its node is known, not before.", source="issue:#2"
    ),
    "flow:slots:refused-in-words": Requirement(
        "A value that cannot be meant is refused with a sentence for the caller.", source="house"
    ),
    "flow:corrections:checked-again": Requirement(
        "What the caller corrects during the read-back is checked and read back again.",
        source="issue:#2",
    ),
    "agent:yaml:errors-say-what-and-where": Requirement(
        "A mistake in an agent's YAML is told with file, place and what to write.", source="house"
    ),
    "talk:barge-in:mind-knows-what-was-heard": Requirement(
        "After a barge-in the mind is told how much of its reply was heard.", source="issue:#2"
    ),
    "talk:resume:reply-dropped": Requirement(
        "A turn that is resumed within a second is joined to the last one, and its reply dropped.",
        source="issue:#2",
    ),
    "talk:tools:exactly-one-result": Requirement(
        "A tool call gets exactly one result.", source="issue:#2"
    ),
    "talk:bridge-lost:next-then-apology": Requirement(
        "A lost mind is replaced by the agent's next one; after the last, the caller is told.",
        source="house",
    ),
    "talk:law:ends-once": Requirement(
        "Whatever happens, a conversation ends exactly once and does nothing afterwards.",
        source="house",
    ),
}
