"""Which sound belongs to which item, in the order of the playout. Quiet."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from media.utterance import Utterance

__all__ = ["Run", "Script"]


@dataclass(slots=True)
class Run:
    """Adjoining sound of one item; positions are bytes since the call began."""

    begins: int
    ends: int
    utterance: Utterance


class Script:
    """Every item by name, the runs that were not heard yet, and the items that are not over."""

    __slots__ = ("_items", "heard", "runs", "said", "waiting")

    def __init__(self) -> None:
        self.heard = 0
        """Position up to which the sound was heard."""
        self.said = 0
        """Position up to which there is sound."""
        self.runs: deque[Run] = deque()
        self.waiting: list[Utterance] = []
        self._items: dict[str, Utterance] = {}

    def find(self, item: str) -> Utterance | None:
        """The latest utterance of that name."""
        return self._items.get(item)

    def open(self, item: str) -> Utterance:
        """The utterance that sound of that name belongs to: a new one when the last is finished."""
        utterance = self._items.get(item)
        if utterance is None or utterance.finished:
            utterance = self._items[item] = Utterance(item)
            self.waiting.append(utterance)
        return utterance

    def add(self, utterance: Utterance, size: int) -> None:
        """So many bytes of it follow what was said."""
        begins, self.said = self.said, self.said + size
        if self.runs and self.runs[-1].utterance is utterance:
            self.runs[-1].ends = self.said
        else:
            self.runs.append(Run(begins, self.said, utterance))
        utterance.said += size
        utterance.ends = self.said

    def run_at(self, position: int) -> Run:
        """The run that the byte at `position`, which was said and not heard, belongs to."""
        return next(run for run in self.runs if run.ends > position)

    def advance(self, position: int, sent: int) -> list[Utterance]:
        """Everything before `position` was heard. Returns the items that thereby became audible."""
        begun: list[Utterance] = []
        while self.runs:
            run = self.runs[0]
            reached = min(position, run.ends)
            audible = self.heard < reached or run.begins <= position < min(sent, run.ends)
            if audible and not run.utterance.begun:
                run.utterance.begun = True
                begun.append(run.utterance)
            run.utterance.heard += reached - self.heard
            self.heard = reached
            if run.ends > position:
                break
            self.runs.popleft()
        return begun

    def whole(self) -> list[Utterance]:
        """The items that are not over, though all of their sound was heard."""
        return [each for each in self.waiting if each.finished and each.whole]

    def hush(self) -> None:
        """Nothing is audible: whatever goes on will be heard to begin again."""
        for utterance in self.waiting:
            utterance.begun = False

    def give_up(self) -> list[Utterance]:
        """Nothing more will be heard of what was said. Returns the items that are over by that."""
        over, self.waiting = self.waiting, []
        for utterance in over:
            utterance.cut = not utterance.finished
        self.runs.clear()
        self.said = self.heard
        return over
