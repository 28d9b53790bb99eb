"""What the house itself promises: one command, one lock, gates that hold."""

from __future__ import annotations

from tests.requirements.kind import Requirement

__all__ = ["REQUIREMENTS"]

REQUIREMENTS = {
    "house:tests:leaked-task-fails": Requirement(
        "A test that leaves a task behind fails.", source="house"
    ),
    "house:tests:no-skip-under-ci": Requirement(
        "On the machine that decides, a test without its part fails instead of being skipped.",
        source="house",
    ),
}
