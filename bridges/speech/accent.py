"""Spanish words as sounds of an American English voice, in hibari's alphabet. Quiet.

Spanish is written as it is spoken, so a dozen rules give the sounds (Latin American: s for z and
soft c), and the stress follows from the ending or the written accent. Each becomes the nearest
sound that the voice was trained on, which is Spanish with an American accent: to be understood, not
admired.
"""

# The letters of a phonetic alphabet look like others and are not:
# ruff: noqa: RUF001

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["spanish_sounds", "with_american_accent"]

_WORD: Final = re.compile(r"[a-záéíóúüñ]+", re.I)
_VOWELS: Final = {"a": "ɑ", "e": "ɛ", "i": "i", "o": "O", "u": "u"}
_STRONG: Final = frozenset("aeoáéíóú")
_ACCENTED: Final = dict(zip("áéíóú", "aeiou", strict=True))
_RULES: Final = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ch", "ʧ"),
        ("qu(?=[eiéí])", "k"),
        ("gu(?=[eiéí])", "ɡ"),
        ("gü", "ɡw"),
        ("ll", "j"),
        ("rr", "ɹ"),
        ("c(?=[eiéí])", "s"),
        ("g(?=[eiéí])", "h"),
        ("y(?=[aeiouáéíóú])", "j"),
        ("y", "i"),
        ("h", ""),
        ("i(?=[aeouáéóú])", "j"),
        ("u(?=[aeioáéíó])", "w"),
        ("ñ", "nj"),
        ("x", "ks"),
    )
)
_CONSONANTS: Final = {
    "j": "h",
    "z": "s",
    "c": "k",
    "g": "ɡ",
    "v": "b",
    "r": "ɹ",
    "ü": "w",
    "q": "k",
}
_MARKS: Final = dict.fromkeys("¿¡")
_SOUND: Final = re.compile("|".join(pattern.pattern for pattern, _ in _RULES) + "|.")


def with_american_accent(text: str) -> str:
    """The text with every word marked up as `[word](/sounds/)`, which hibari says as it stands."""
    plain = unicodedata.normalize("NFC", text).translate({ord(mark): None for mark in _MARKS})
    return _WORD.sub(lambda match: f"[{match[0]}](/{spanish_sounds(match[0])}/)", plain)


def spanish_sounds(word: str) -> str:
    """One word in hibari's alphabet, its stressed vowel marked."""
    word = unicodedata.normalize("NFC", word).lower()
    stressed = _stressed(word)
    out: list[str] = []
    for match in _SOUND.finditer(word):
        sound = _sound(match, word)
        out.append(f"ˈ{sound}" if match.start() == stressed and sound else sound)
    return "".join(out)


def _sound(match: re.Match[str], word: str) -> str:
    letters = match.group()
    for pattern, sound in _RULES:
        if pattern.fullmatch(word, match.start(), match.end()) or _at(pattern, word, match):
            return sound
    plain = _ACCENTED.get(letters, letters)
    return _VOWELS.get(plain) or _CONSONANTS.get(plain, plain)


def _at(pattern: re.Pattern[str], word: str, match: re.Match[str]) -> bool:
    """Whether the rule is what matched here; its look-ahead needs the whole word."""
    found = pattern.match(word, match.start())
    return found is not None and found.end() == match.end()


def _stressed(word: str) -> int:
    """Where the stressed vowel is: at the written accent, else by the ending; -1 for no vowel."""
    for index, letter in enumerate(word):
        if letter in _ACCENTED:
            return index
    nuclei = _nuclei(word)
    if not nuclei:
        return -1
    last = len(nuclei) == 1 or word[-1] not in "aeiouns"
    return nuclei[-1 if last else -2]


def _nuclei(word: str) -> list[int]:
    """The vowel of each syllable; i and u beside a strong vowel belong to its syllable."""
    nuclei: list[int] = []
    for index, letter in enumerate(word):
        if letter in _STRONG or (letter in "iu" and not _glides(word, index)):
            nuclei.append(index)
    return nuclei


def _glides(word: str, index: int) -> bool:
    before, after = word[:index], word[index + 1 :]
    silent = before[-1:] in ("q", "g") and word[index] == "u" and after[:1] in tuple("eiéí")
    beside = before[-1:] in tuple(_STRONG) or after[:1] in tuple(_STRONG)
    return bool(silent or (beside and (before[-1:] or after[:1])))
