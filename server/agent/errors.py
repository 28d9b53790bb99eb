"""The errors of the core.

AgentError
├── SpecError   an agent's YAML says something that cannot be meant (the user's)
└── FlowError   a flow that is going in circles, or was asked what it does not have (ours)
"""

from __future__ import annotations

__all__ = ["AgentError", "FlowError", "SpecError"]


class AgentError(Exception):
    """Anything that goes wrong in the core."""


class SpecError(AgentError):
    """What is wrong, in which document, where in it."""

    def __init__(self, source: str, where: str, problem: str) -> None:
        super().__init__(source, where, problem)
        self.source = source
        self.where = where
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.source}: {self.where}: {self.problem}"


class FlowError(AgentError):
    """The flow cannot go on."""
