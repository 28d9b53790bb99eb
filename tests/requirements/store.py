"""The store, the journal, and what `switchboard calls` prints."""

from __future__ import annotations

from tests.requirements.kind import Requirement

REQUIREMENTS = {
    "store:tenant:rows-apart": Requirement(
        "One organisation can neither read nor change the rows of another, in any owned table.",
        source="issue:#2",
    ),
    "store:tenant:database-refuses": Requirement(
        "The database itself refuses writes to another organisation's rows.", source="house"
    ),
    "store:scope:one-transaction": Requirement(
        "A scope commits once when it is left cleanly, and leaves nothing when it fails.",
        source="house",
    ),
    "store:writes:none-lost": Requirement(
        "Concurrent read-then-write transactions lose no update.", source="house"
    ),
    "store:schema:from-anything": Requirement(
        "A start brings an empty database to the newest schema, which is that of the tables.",
        source="issue:#2",
    ),
    "store:secret:bound-to-its-row": Requirement(
        "A sealed secret opens only with its key and at its place.", source="house"
    ),
    "store:route:who-answers": Requirement(
        "A dialled number finds its agent, else the default agent.", source="issue:#2"
    ),
    "journal:append:never-waits": Requirement(
        "Writing a fact down neither waits nor raises, also when the disk takes nothing.",
        source="issue:#2",
    ),
    "journal:kill:nothing-flushed-is-lost": Requirement(
        "After kill -9 every fact up to the last flush is there.", source="issue:#2"
    ),
    "journal:ship:repeatable": Requirement(
        "Shipping any part of the journal again gives the same rows.", source="issue:#2"
    ),
    "journal:ship:survives-the-database": Requirement(
        "A store that is down delays facts and loses none.", source="issue:#2"
    ),
    "journal:recovery:broken-off": Requirement(
        "A call whose process died is complete to its last fact and marked as broken off.",
        source="issue:#2",
    ),
    "calls:show:whole-story": Requirement(
        "`calls show` prints who called, what was said and heard, and what was done.",
        source="issue:#2",
    ),
    "calls:errors:say-how-to-mend": Requirement(
        "An unknown call or folder is answered with what, where, and how to mend it.",
        source="issue:#2",
    ),
}
