"""Times of day as they are said on the telephone, and as recognisers write them. Quiet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time, timedelta

from bridges.speech.extract.kinds import Found, Scene

__all__ = ["find_times", "keyed_time"]

_PM = r"afternoon|evening|tonight|dinner|supper|tarde|noche|cenar|cena"
_AM = r"morning|breakfast|(?:de|por|en|a) la manana|desayun\w+"
_PART = (
    r"(?: ?(?:in the |this |at |de la |por la )?"
    r"(?P<part>morning|afternoon|evening|night|tarde|noche|manana))?"
)
_HALF = r" ?(?P<half>am|pm)?"
_AT = r"(?:at|around|about|by|from|after|before|until|till|say|to|make it|for) "
_AT_ES = r"(?:a|sobre|hacia|desde|antes de|despues de|para|mejor|de)? ?(?:las?) "

_ENGLISH = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?P<h>\d{{1,2}})[:.](?P<m>[0-5]\d)\b(?![/.]\d){_HALF}{_PART}",
        r"\b(?P<h>\d{1,2}) (?P<m>[0-5]\d) (?P<half>am|pm)\b",
        r"\b(?P<hm>\d{3,4}) (?P<half>am|pm)\b",
        rf"\b{_AT}(?P<h>\d{{1,2}}) (?P<m>[0-5]\d)\b{_HALF}{_PART}",
        rf"\b(?P<past>half|quarter|\d{{1,2}})(?: minutes?)? (?:past|passed|pass"
        rf"|after) (?P<h>\d{{1,2}})\b{_HALF}{_PART}",
        rf"\b(?P<to>quarter|5|10|20|25)(?: minutes?)? (?:to|of|before|till"
        rf"|til) (?P<h>\d{{1,2}})\b{_HALF}{_PART}",
        rf"\b(?P<past>half) (?P<h>\d{{1,2}})\b(?! (?:hours?|minutes?)){_HALF}{_PART}",
        rf"\b(?P<h>\d{{1,2}}) (?:oh|o|0) (?P<m>\d)\b{_HALF}{_PART}",
        rf"\b(?P<h>\d{{1,2}}) (?:and a half|30ish)\b{_HALF}{_PART}",
        rf"\b(?P<h>\d{{1,2}}) (?:oclock|hundred hours)\b{_HALF}{_PART}",
        r"\b(?P<h>\d{1,2}) ?(?P<half>am|pm)\b",
        r"\b(?P<h>\d{1,2})(?: ?,)? (?:in the |this |at )(?P<part>morning|afternoon|evening"
        r"|night)\b",
        rf"\b(?:at|around|by|after|before|from|until|till|make it|say)(?: about"
        rf"| around)? (?P<h>\d{{1,2}})\b"
        rf"(?! ?(?:people|persons?|guests?|of us|minutes?|hours?|[:/.]\d|\d|street|avenue)){_PART}",
        r"\b(?P<noon>noon|midday|mid day|12 noon)\b",
        r"\b(?P<midnight>midnight)\b",
    )
)
_SPANISH = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?P<h>\d{{1,2}})[:.](?P<m>[0-5]\d)\b(?![/.]\d){_HALF}{_PART}",
        rf"\b(?:{_AT_ES})?(?P<h>\d{{1,2}}) y (?P<past>media|cuarto"
        rf"|\d{{1,2}})\b(?! ?(?:personas?)){_HALF}{_PART}",
        rf"\b(?:{_AT_ES})?(?P<h>\d{{1,2}}) menos (?P<to>cuarto|\d{{1,2}})\b{_HALF}{_PART}",
        rf"\b(?P<to>cuarto|5|10|20|25) para las? (?P<h>\d{{1,2}})\b{_HALF}{_PART}",
        rf"\b{_AT_ES}(?P<h>\d{{1,2}}) (?P<m>[0-5]\d)\b{_HALF}{_PART}",
        rf"\b(?P<h>\d{{1,2}}) (?:en punto)\b{_HALF}{_PART}",
        r"\b(?P<h>\d{1,2}) ?(?P<half>am|pm)\b",
        rf"\b(?P<h>\d{{1,2}}) (?:h|horas)\b(?! y media){_PART}",
        rf"\b{_AT_ES}(?P<h>\d{{1,2}})\b(?! ?(?:personas?|horas|de (?:enero|febrero|marzo|abril"
        rf"|mayo|junio"
        rf"|julio|agosto|septiembre|octubre|noviembre|diciembre)|[:/.]\d)){_HALF}{_PART}",
        r"\b(?P<h>\d{1,2}) (?:de|por) la (?P<part>manana|tarde|noche)\b",
        r"\b(?P<noon>(?:al? )?mediodia)\b",
        r"\b(?P<midnight>(?:a )?medianoche)\b",
    )
)
_BARE = re.compile(
    rf"^\W*(?:(?:the|um|uh|a|las?|at|pues|yes|si|no|let's say|maybe|okay|ok) ?,? ?)*"
    rf"(?P<h>\d{{1,2}})(?: (?P<m>[0-5]\d))?(?: ?,)?"
    rf"(?: (?:tonight|this evening|this afternoon|this morning|tomorrow|today))?(?: please"
    rf"| por favor| would be \w+| is (?:fine|good|ok|okay)| works(?: for me)?)?\W*{_PART}\W*$"
)
_BARE_RUN = re.compile(r"^\W*(?P<hm>\d{3,4})\W*$")
_SOON = re.compile(
    r"\bin (?P<amount>an?|\d+|half an|half a)(?: and a half)? (?P<unit>hours?|minutes?"
    r"|mins?)\b(?:(?: time)?)"
)
_SOON_ES = re.compile(r"\b(?:en|dentro de) (?P<amount>\d+|media) (?P<unit>horas?|minutos?)\b")


def find_times(text: str, scene: Scene, *, asked: bool) -> Iterator[Found]:
    """Times in a plain text, as `HH:MM`, the likeliest first."""
    seen: list[tuple[int, int]] = []
    for found in _all(text, scene, asked=asked):
        if not any(start < found.end and found.start < end for start, end in seen):
            seen.append((found.start, found.end))
            yield found


def keyed_time(digits: str, scene: Scene) -> str | None:
    """`1430`, `230` or `3` from the keys, as `HH:MM`."""
    if not digits.isdigit() or len(digits) > 4:
        return None
    hour, minute = (int(digits), 0) if len(digits) < 3 else (int(digits[:-2]), int(digits[-2:]))
    return _clock(hour, minute, "", scene)


def _all(text: str, scene: Scene, *, asked: bool) -> Iterator[Found]:
    yield from _soon(text, scene)
    for pattern in _SPANISH if scene.spanish else _ENGLISH:
        for match in pattern.finditer(text):
            if (clock := _read(match, text, scene)) is not None:
                yield Found(clock, match.start(), match.end())
    if not asked:
        return
    for pattern in (_BARE, _BARE_RUN):
        bare = pattern.search(text)
        if bare is not None and (clock := _read(bare, text, scene)) is not None:
            yield Found(clock, bare.start(), bare.end(), 0.8)


def _soon(text: str, scene: Scene) -> Iterator[Found]:
    for match in (_SOON_ES if scene.spanish else _SOON).finditer(text):
        amount = match["amount"]
        number = (
            0.5
            if amount.startswith(("half", "media"))
            else float(amount)
            if amount.isdigit()
            else 1
        )
        number += 0.5 if "and a half" in match[0] else 0
        minutes = number * (60 if match["unit"].startswith("h") else 1)
        later = scene.instant + timedelta(minutes=minutes)
        yield Found(later.strftime("%H:%M"), match.start(), match.end(), 0.9)


def _read(match: re.Match[str], text: str, scene: Scene) -> str | None:
    parts = match.groupdict()
    if parts.get("noon"):
        return "12:00"
    if parts.get("midnight"):
        return "00:00"
    if run := parts.get("hm"):
        hour, minute = int(run[:-2]), int(run[-2:])
    else:
        hour, minute = int(parts["h"]), int(parts.get("m") or 0)
        if "and a half" in match[0]:
            minute = 30
    if past := parts.get("past"):
        minute = _share(past)
    if to := parts.get("to"):
        hour, minute = (hour - 1 or 12), 60 - _share(to)
    return _clock(hour, minute, parts.get("half") or _half_of_day(parts.get("part") or text), scene)


def _share(word: str) -> int:
    return {"half": 30, "media": 30, "quarter": 15, "cuarto": 15}.get(word) or int(word)


def _half_of_day(text: str) -> str:
    """`am` or `pm` by the words around it; empty when nothing tells."""
    if re.search(rf"\b(?:{_PM}|night)\b", text):
        return "pm"
    if text == "manana" or re.search(rf"\b(?:{_AM})\b", text):
        return "am"
    return ""


def _clock(hour: int, minute: int, half: str, scene: Scene) -> str | None:
    if hour > 23 or minute > 59:
        return None
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif 1 <= hour <= 12:
        hour = _likelier(hour, minute, scene)
    return f"{hour:02d}:{minute:02d}"


def _likelier(hour: int, minute: int, scene: Scene) -> int:
    """Morning or afternoon by the hours in which the business is open; else by habit."""
    early, late = hour % 12, hour % 12 + 12
    if scene.day == scene.today.isoformat() and time(early, minute) < scene.now:
        return late
    fits = [h for h in (early, late) if scene.opens <= time(h, minute) <= scene.closes]
    if len(fits) == 1:
        return fits[0]
    return late if hour == 12 or hour < 7 else early
