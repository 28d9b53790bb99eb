"""What the operator's commands, the first start and the agents that come along promise."""

from __future__ import annotations

from tests.requirements.kind import Requirement

REQUIREMENTS = {
    "agents:examples:nothing-in-vain": Requirement(
        "In every example agent each node can be reached and each exit can open.", source="house"
    ),
    "agents:examples:lines-a-caller-bears": Requirement(
        "No line of an example agent is longer than a caller bears.", source="house"
    ),
    "agents:examples:says-that-it-is-a-machine": Requirement(
        "An example agent begins with its name, that it is a machine, and that it records.",
        source="EU AI Act, article 50(1)",
    ),
    "agents:examples:books-what-was-read-back": Requirement(
        "An example agent books what it has read back and the caller has confirmed, not before.",
        source="issue:#2",
    ),
    "agents:examples:corrected-at-the-read-back": Requirement(
        "What is corrected at the read-back is checked and read back again before it is booked.",
        source="issue:#2",
    ),
    "agents:examples:failure-becomes-a-message": Requirement(
        "When the appointment book cannot be reached, the caller is told and a message is taken.",
        source="issue:#2",
    ),
    "agents:examples:a-person-from-everywhere": Requirement(
        "In an example agent the key 0 leads to a person from wherever it listens.",
        source="issue:#2",
    ),
    "start:seed:first-call-without-setup": Requirement(
        "An empty store is given an organisation, an account and agents that answer any number.",
        source="issue:#2",
    ),
    "start:seed:keeps-what-users-changed": Requirement(
        "A later start changes nothing that a user changed.", source="house"
    ),
    "start:seed:brings-better-examples": Requirement(
        "An example that nobody edited is replaced when a later version brings another text.",
        source="house",
    ),
    "commands:agents:checked-and-published": Requirement(
        "An agent's YAML is checked with file and place, and published as a new version.",
        source="issue:#2",
    ),
    "commands:accounts:secrets-never-shown": Requirement(
        "A carrier's secret is never printed, and lies sealed in the store.", source="issue:#2"
    ),
    "commands:numbers:answered-by-the-named-agent": Requirement(
        "A number is answered by the agent it was given, and by the default one otherwise.",
        source="issue:#2",
    ),
    "commands:doctor:says-how-to-mend": Requirement(
        "What keeps the server from taking calls is told with how to mend it, and exit code 1.",
        source="house",
    ),
    "commands:config:secrets-masked": Requirement(
        "The settings are printed without any secret among them.", source="house"
    ),
    "docs:agents:snippets-load": Requirement(
        "Every agent that the documentation shows loads as it is shown.", source="house"
    ),
}
