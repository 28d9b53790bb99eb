"""What the benchmarks promise about their own figures."""

from __future__ import annotations

from tests.requirements.kind import Requirement

REQUIREMENTS = {
    "bench:figures:medians-with-n": Requirement(
        "Figures are medians over rounds, and say over how many", source="issue:#2"
    ),
    "bench:page:ratios-first": Requirement(
        "The page begins with ratios, taken at a number of calls that both servers bore",
        source="issue:#2",
    ),
    "bench:page:failures-named": Requirement(
        "A server that could not be measured is named with the reason", source="house"
    ),
    "bench:load:own-lateness-told": Requirement(
        "A load that did not keep up is reported, and not blamed on the server", source="house"
    ),
    "bench:load:lateness": Requirement(
        "A message is late by how long playout would have waited for it", source="issue:#2"
    ),
    "bench:load:script": Requirement(
        "Callers speak, listen and interrupt by turns, and their onsets are known to the frame",
        source="issue:#2",
    ),
    "bench:provider:relay": Requirement(
        "The relay bridge and the fake provider hold a turn, with the time stamp intact",
        source="issue:#2",
    ),
}
