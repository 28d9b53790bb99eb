"""Which of the options was meant. Quiet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rapidfuzz import fuzz, process

from bridges.speech.extract.kinds import Found
from bridges.speech.extract.plain import bare

__all__ = ["find_choices"]

_ALIKE = 84.0
"""How alike, of 100, misheard words must be when the choice was asked for."""
_PLACES = (
    re.compile(r"\b(?:the )?(?:1st|first)(?: one| option)?\b|\b(?:el|la) primer[oa]\b"),
    re.compile(r"\b(?:the )?(?:2nd|second)(?: one| option)?\b|\b(?:el|la) segund[oa]\b"),
    re.compile(r"\b(?:the )?(?:3rd|third)(?: one| option)?\b|\b(?:el|la) tercer[oa]\b"),
)


def find_choices(
    text: str, options: Mapping[str, tuple[str, ...]], *, asked: bool
) -> Iterator[Found]:
    """Keys of the options that are named in the words, the likeliest first.

    Two different options named as clearly as each other give nothing: that has to be asked back.
    """
    words = bare(text)
    named = _without_denied(sorted(_named(words, options), key=lambda f: f.start - f.end), words)
    # A longer name hides the shorter one within it: `men's haircut` is not `haircut`.
    outer = [
        found
        for found in named
        if not any(
            other.value != found.value
            and other.start <= found.start
            and found.end <= other.end
            and other.end - other.start > found.end - found.start
            for other in named
        )
    ]
    # Nor do words that cross count for less: of `beard trim` the longer name wins.
    longest = [f for f in outer if not any(_covers(other, f) for other in outer)]
    if len({found.value for found in longest}) == 1:
        yield longest[0]
        return
    if longest or not asked:
        return
    yield from _alike(words, options)
    yield from _by_place(words, options)


def _covers(longer: Found, shorter: Found) -> bool:
    """Whether the other name shares words with this one and begins before it."""
    return (
        longer.value != shorter.value
        and longer.start < shorter.end
        and shorter.start < longer.end
        and longer.end - longer.start > shorter.end - shorter.start
    )


def _named(words: str, options: Mapping[str, tuple[str, ...]]) -> Iterator[Found]:
    for key, ways in options.items():
        for way in {bare(way) for way in (*ways, key.replace("_", " "))}:
            for match in re.finditer(rf"\b{re.escape(way)}(?:s|es)?\b", words) if way else ():
                yield Found(key, match.start(), match.end())


def _without_denied(named: list[Found], words: str) -> list[Found]:
    """Drop `not the ...`, when something else is named as well."""
    denied = re.compile(
        r"\b(?:not|no|instead of|rather than|en vez de)(?: an?| the| el| la| un| una)? $"
    )
    kept = [found for found in named if not denied.search(words[: found.start])]
    return kept if kept else []


def _alike(words: str, options: Mapping[str, tuple[str, ...]]) -> Iterator[Found]:
    best: dict[str, float] = {}
    for key, ways in options.items():
        found = process.extractOne(words, [bare(way) for way in ways], scorer=_likeness)
        best[key] = found[1] if found else 0.0
    ranked = sorted(best, key=best.__getitem__, reverse=True)
    lead = best[ranked[0]] - (best[ranked[1]] if len(ranked) > 1 else 0.0) if ranked else 0.0
    if ranked and best[ranked[0]] >= _ALIKE and lead >= 5:
        yield Found(ranked[0], 0, len(words), 0.7)


def _likeness(words: str, way: str, **_: object) -> float:
    """A way of saying it against the best stretch of as many words."""
    heard = words.split()
    size = max(len(way.split()), 1)
    stretches = [" ".join(heard[at : at + size]) for at in range(max(len(heard) - size + 1, 1))]
    return max((fuzz.ratio(stretch, way) for stretch in stretches), default=0.0)


def _by_place(words: str, options: Mapping[str, tuple[str, ...]]) -> Iterator[Found]:
    for key, pattern in zip(options, _PLACES, strict=False):
        if match := pattern.search(words):
            yield Found(key, match.start(), match.end(), 0.8)
            return
