"""What an item of the agent's speech says, and how much of it was heard. Quiet."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import Final

__all__ = ["Utterance"]

_LETTERS_PER_S: Final = 25.0
"""Nobody speaks faster: bounds the words of a span whose sound is still coming (house)."""
_SENTENCE_ENDS: Final = (".", "!", "?", "\u2026")
_OPENS: Final = ("\u00bf", "\u00a1")


@dataclass(slots=True)
class _Span:
    """Words, and where in the item's sound they begin."""

    begins: int
    text: str


@dataclass(slots=True, eq=False)
class Utterance:
    """One item: its sound in bytes, its words, and the bytes that were heard."""

    item: str
    said: int = 0
    heard: int = 0
    ends: int = 0
    """Position in the playout where its last byte lies."""
    finished: bool = False
    """Nothing more will be said of it."""
    cut: bool = False
    begun: bool = False
    """Whether it was announced as audible, since the playout last began."""
    over_by: float = inf
    """When it is over even without a receipt; infinity while it is being heard."""
    _spans: list[_Span] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether it was heard to its end."""
        return self.finished and not self.cut and self.heard == self.said

    def add_text(self, text: str) -> None:
        """Words of the sound that is said from now on; after the end, of what was said last."""
        if self._spans and (self.finished or self._spans[-1].begins == self.said):
            self._spans[-1].text = _joined([self._spans[-1].text, text])
        else:
            self._spans.append(_Span(0 if self.finished else self.said, text))

    def finish(self) -> None:
        """No more sound. Words that came only after all of it are the words of all of it."""
        self.finished = True
        if len(self._spans) == 1 and not self.cut and self._spans[0].begins == self.said:
            self._spans[0].begins = 0

    def heard_text(self, bytes_per_second: int) -> str:
        """The words that were heard: whole spans, and of the current one its part, word by word."""
        if not self.heard:
            return ""
        texts = []
        for number, span in enumerate(self._spans):
            last = number + 1 == len(self._spans)
            end = self.said if last else self._spans[number + 1].begins
            if self.heard >= end and (end > span.begins or self.whole) and not self._growing(last):
                texts.append(span.text)
                continue
            heard = max(0, self.heard - span.begins)
            letters = len(span.text) * heard / max(1, end - span.begins)
            if self._growing(last):
                letters = min(letters, _LETTERS_PER_S * heard / bytes_per_second)
            texts.append(_whole_words(span.text, int(letters)))
            break
        return _joined(texts)

    def _growing(self, last: bool) -> bool:
        return last and not self.finished and not self.cut


def _joined(texts: list[str]) -> str:
    """Texts as one: models send words with their spaces, sentences come without."""
    whole = ""
    for text in texts:
        apart = whole.endswith(_SENTENCE_ENDS) and (text[:1].isalpha() or text.startswith(_OPENS))
        whole += f" {text}" if apart else text
    return whole.strip()


def _whole_words(text: str, letters: int) -> str:
    """The words of the first `letters` letters; a word that is not whole is left out."""
    if letters >= len(text):
        return text
    while letters and not text[letters].isspace():
        letters -= 1
    return text[:letters].rstrip()
