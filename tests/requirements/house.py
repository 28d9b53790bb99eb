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
    "house:style:gates-hold": Requirement(
        "Sizes, names, clocks, errors and imports keep to the house style everywhere.",
        source="issue:#2",
    ),
    "house:style:gates-close": Requirement(
        "Each gate of the house style finds a planted violation.", source="issue:#2"
    ),
    "house:text:no-machine-named": Requirement(
        "No file names the machine it was written on, nor a package registry's host.",
        source="house",
    ),
    "house:imports:contracts-kept": Requirement(
        "A room imports the rooms below it, and quiet rooms reach no clock and no I/O.",
        source="issue:#2",
    ),
    "house:imports:contracts-close": Requirement(
        "Each import contract reports a planted import with its chain.", source="house"
    ),
    "house:packages:not-shadowed": Requirement(
        "Each of the five rooms is imported from this checkout.", source="house"
    ),
    "house:packages:wheel-holds-the-rooms": Requirement(
        "The wheel holds the five rooms and nothing else.", source="house"
    ),
    "house:packages:imports-declared": Requirement(
        "Whatever the code imports is a declared dependency.", source="house"
    ),
    "house:lock:hashes-no-addresses": Requirement(
        "The lock names every version with its hashes, holds no addresses and no torch.",
        source="issue:#2",
    ),
    "house:setup:stamped": Requirement(
        "Setting up again what is set up already starts nothing.", source="issue:#2"
    ),
    "house:setup:without-uv": Requirement(
        "Without uv and without pip, uv is fetched from the configured index and checked by hash.",
        source="issue:#2",
    ),
    "house:image:linted": Requirement(
        "The Dockerfile passes hadolint without an ignored rule.", source="issue:#2"
    ),
    "house:image:steps-of-make-run": Requirement(
        "The image is made by the steps of `make run` and starts the same server.",
        source="issue:#2",
    ),
    "house:requirements:both-ways": Requirement(
        "Every promised behaviour has a test and every marked test a promise.", source="issue:#2"
    ),
}
