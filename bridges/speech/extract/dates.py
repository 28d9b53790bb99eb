"""Days as they are said: `tomorrow`, `next Tuesday`, `Monday the third`, `23/11`. Quiet.

Spoken forms are our own grammar; dates that name a month or are written in figures are read by
dateparser, in the order of the region.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from babel.dates import get_day_names, get_month_names

from bridges.speech.extract.kinds import Found, Scene
from bridges.speech.extract.plain import without_accents

__all__ = ["find_dates", "keyed_date", "warm_dates"]

_MONTH_FIRST = {"US", "PH", "PR", "GU", "FM", "PW"}
"""Regions that write the month before the day (CLDR short dates)."""


def _names(language: str) -> tuple[dict[str, int], dict[str, int]]:
    """Weekdays from Monday as 0 and months from 1, long and (months) short, without accents."""
    days = {
        without_accents(name): number
        for number, name in get_day_names("wide", locale=language).items()
    }
    short = {
        without_accents(name).rstrip("."): number
        for number, name in get_month_names("abbreviated", locale=language).items()
    }
    long = {
        without_accents(name): number
        for number, name in get_month_names("wide", locale=language).items()
    }
    return days, {**short, **long}


_DAYS_EN, _MONTHS_EN = _names("en")
_DAYS_ES, _MONTHS_ES = _names("es")
_DAY_EN = "|".join(_DAYS_EN)
_DAY_ES = "|".join(_DAYS_ES)
_MONTH_EN = "|".join(sorted({*_MONTHS_EN, "sept"}, key=len, reverse=True))
_MONTH_ES = "|".join(sorted({*_MONTHS_ES, "setiembre"}, key=len, reverse=True))
_YEAR = r"(?:,? ?(?:of |de |del )?(?P<year>20\d\d|20 \d\d))?"

_NAMED_EN = (
    re.compile(
        rf"\b(?P<month>{_MONTH_EN})\b ?\.? ?(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?! ?[:]"
        rf"| \d\d\b(?!\d)){_YEAR}"
    ),
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<month>{_MONTH_EN})\b{_YEAR}"),
)
_NAMED_ES = (re.compile(rf"\b(?P<day>\d{{1,2}}) (?:de )?(?P<month>{_MONTH_ES})\b{_YEAR}"),)
_FIGURES = re.compile(
    r"\b(?:20\d\d-\d{1,2}-\d{1,2}|\d{1,2}[/-]\d{1,2}(?:[/-](?:20)?\d\d)?"
    r"|\d{1,2}\.\d{1,2}\.(?:20)?\d\d)\b"
)
_NTH = re.compile(
    r"\b(?:on |for )?the (?P<day>\d{1,2})(?:st|nd|rd|th)\b"
    r"(?! (?:available|time|one|thing|option|question|floor|appointment|slot|part|person|of all))"
)
_NTH_ES = re.compile(r"\b(?:el|para el|dia) (?:dia )?(?P<day>\d{1,2})\b(?! ?(?:de [a-z]|[:/.]))")
_BARE_NTH = re.compile(
    r"^\W*(?:(?:um|uh|the|on|el|dia|yes|ok|okay|si) ?,? ?)*(?P<day>\d{1,2})(?:st|nd|rd"
    r"|th)?(?: please| por favor)?\W*$"
)

_AFTER_EN = re.compile(r"\b(?:the )?day after tomorrow\b")
_PLAIN_EN = (
    (_AFTER_EN, 2),
    (re.compile(r"\btomorrow week\b|\ba week tomorrow\b|\b(?:a|1) week from tomorrow\b"), 8),
    (
        re.compile(
            r"\b(?:a|1) week (?:from )?(?:today|now)\b|\bthis day next week\b|\bin (?:a|1) week\b"
        ),
        7,
    ),
    (re.compile(r"\bin a fortnight\b"), 14),
    (re.compile(r"\btomorrow\b"), 1),
    (
        re.compile(
            r"(?<!from )\btoday\b|\btonight\b|\bthis (?:morning|afternoon|evening)\b"
            r"|\bright (?:now|away)\b"
        ),
        0,
    ),
)
_PLAIN_ES = (
    (re.compile(r"\bpasado manana\b"), 2),
    (re.compile(r"\b(?:en|dentro de) 1 semana\b|\bde hoy en 8(?: dias)?\b"), 7),
    (re.compile(r"(?<!la )(?<!esta )\bmanana\b(?: por la manana)?"), 1),
    (re.compile(r"\bhoy\b|\besta (?:manana|tarde|noche)\b|\bahora mismo\b"), 0),
)
_LATER_EN = re.compile(
    r"\b(?:in )?(?P<n>\d+|a couple of) (?P<unit>days?|weeks?|months?)(?: from (?:now|today)"
    r"| time)?\b"
)
_LATER_ES = re.compile(r"\b(?:en|dentro de) (?P<n>\d+) (?P<unit>dias?|semanas?|mes(?:es)?)\b")
_WEEKDAY_EN = re.compile(
    rf"\b(?P<ahead>(?:a week (?:on|from) |1 week (?:on|from) ))?"
    rf"(?P<which>this coming |this |next |coming |the next |the following )?(?P<name>{_DAY_EN})\b"
    rf"(?P<week> week| after next| next week)?(?:,? (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)\b)?"
)
_NEXT_WEEK_EN = re.compile(rf"\bnext week(?: on)? (?P<name>{_DAY_EN})\b")
_WEEKDAY_ES = re.compile(
    rf"\b(?P<which>este |el proximo |proximo )?(?:el )?(?P<name>{_DAY_ES})\b"
    rf"(?P<week> que viene| proximo| siguiente| de la semana que viene| de la proxima semana)?"
    rf"(?:,? (?:dia )?(?P<day>\d{{1,2}})\b(?! ?(?:[:.h]|de la|y media|y cuarto|personas?)))?"
)
_FEASTS = (
    (re.compile(r"\bchristmas eve\b|\bnochebuena\b"), (12, 24)),
    (re.compile(r"\bchristmas(?: day)?\b|\b(?:dia de )?navidad\b"), (12, 25)),
    (re.compile(r"\bnew year'?s eve\b|\bnochevieja\b|\bfin de ano\b"), (12, 31)),
    (re.compile(r"\bnew year'?s(?: day)?\b|\bano nuevo\b"), (1, 1)),
)
_SOON = re.compile(
    r"\bin (?:an?|\d+|half an?) (?:hours?|minutes?|mins?)\b|\b(?:en|dentro de) (?:\d+"
    r"|media) (?:horas?|minutos?)\b"
)


def find_dates(text: str, scene: Scene, *, asked: bool) -> Iterator[Found]:
    """Days in a plain text, as ISO dates, the likeliest first. A past day stays past."""
    seen: list[tuple[int, int]] = []
    for found in _all(text, scene, asked=asked):
        if not any(start < found.end and found.start < end for start, end in seen):
            seen.append((found.start, found.end))
            yield Found(found.value.isoformat(), found.start, found.end, found.confidence)


def keyed_date(digits: str, scene: Scene) -> str | None:
    """Day and month (in the region's order) or the day alone from the keys, as an ISO date."""
    if not digits.isdigit() or len(digits) not in (1, 2, 4):
        return None
    if len(digits) < 3:
        day = _nth(int(digits), scene)
    else:
        first, second = int(digits[:2]), int(digits[2:])
        month, number = (first, second) if scene.region in _MONTH_FIRST else (second, first)
        # Where only the other order is a date, it is the one that was meant.
        day = _coming(month, number, scene.today) or _coming(number, month, scene.today)
    return None if day is None else day.isoformat()


def warm_dates() -> None:
    """Load what the first date would otherwise wait for (about 0.3 s)."""
    _parsed("1 january 2030", "en", "MDY", datetime(2029, 1, 1))
    _parsed("1 enero 2030", "es", "DMY", datetime(2029, 1, 1))


def _all(text: str, scene: Scene, *, asked: bool) -> Iterator[Found]:
    yield from _weekday_and_month(text, scene)
    for pattern in _NAMED_ES if scene.spanish else _NAMED_EN:
        for match in pattern.finditer(text):
            written = (
                f"{match['day']} {match['month']} {(match['year'] or '').replace(' ', '')}".strip()
            )
            yield from _written(match, written, scene)
    for match in _FIGURES.finditer(text):
        yield from _written(match, match[0].replace(".", "/"), scene)
    for pattern, (month, number) in _FEASTS:
        for match in pattern.finditer(text):
            if (day := _coming(month, number, scene.today)) is not None:
                yield Found(day, match.start(), match.end())
    for pattern, ahead in _PLAIN_ES if scene.spanish else _PLAIN_EN:
        for match in pattern.finditer(text):
            yield Found(scene.today + timedelta(days=ahead), match.start(), match.end())
    yield from _later(text, scene)
    yield from _weekdays(text, scene)
    for match in (_NTH_ES if scene.spanish else _NTH).finditer(text):
        if (day := _nth(int(match["day"]), scene)) is not None:
            yield Found(day, match.start(), match.end())
    if asked and (bare := _BARE_NTH.search(text)) and (day := _nth(int(bare["day"]), scene)):
        yield Found(day, bare.start(), bare.end(), 0.8)
    for match in _SOON.finditer(text):
        hours = re.search(r"(\d+) (?:hours?|horas?)", match[0])
        later = scene.instant + timedelta(hours=int(hours[1]) if hours else 1)
        # Nothing is taken from the text: the same words are the time.
        yield Found(later.date(), match.start(), match.start(), 0.9)


def _weekday_and_month(text: str, scene: Scene) -> Iterator[Found]:
    """`Monday, November 23rd` is one date: the weekday's words belong to it."""
    days = _DAY_ES if scene.spanish else _DAY_EN
    for pattern in _NAMED_ES if scene.spanish else _NAMED_EN:
        joined = re.compile(rf"\b(?:{days})\b,? ?(?:the |el |dia )?(?:{pattern.pattern})")
        for match in joined.finditer(text):
            written = (
                f"{match['day']} {match['month']} {(match['year'] or '').replace(' ', '')}".strip()
            )
            yield from _written(match, written, scene)


def _written(match: re.Match[str], text: str, scene: Scene) -> Iterator[Found]:
    order = "MDY" if scene.region in _MONTH_FIRST else "DMY"
    if re.fullmatch(r"20\d\d-\d{1,2}-\d{1,2}", text):
        order = "YMD"
    language = "es" if scene.spanish else "en"
    day = _parsed(text, language, order, datetime.combine(scene.today, datetime.min.time()))
    if day is None:
        return
    if day < scene.today and not re.search(r"20\d\d", text):
        day = _coming(day.month, day.day, scene.today) or day
    yield Found(day, match.start(), match.end())


def _parsed(text: str, language: str, order: str, base: datetime) -> date | None:
    # Loaded when first used: dateparser takes longer to import than the rest of the server.
    import dateparser

    moment = dateparser.parse(
        text,
        languages=[language],
        settings={
            "DATE_ORDER": order,
            "RELATIVE_BASE": base,
            "PREFER_DATES_FROM": "future",
            "REQUIRE_PARTS": ["day", "month"],
            "PARSERS": ["absolute-time"],
        },
    )
    return None if moment is None else moment.date()


def _later(text: str, scene: Scene) -> Iterator[Found]:
    for match in (_LATER_ES if scene.spanish else _LATER_EN).finditer(text):
        if not re.search(r"^(?:in|en|dentro)|from|time$", match[0]):
            continue
        number = int(match["n"]) if match["n"].isdigit() else 2
        unit = match["unit"][0]
        if unit == "m":
            day = _months_later(scene.today, number)
        else:
            day = scene.today + timedelta(days=number * (7 if unit in "ws" else 1))
        yield Found(day, match.start(), match.end())


def _weekdays(text: str, scene: Scene) -> Iterator[Found]:
    if not scene.spanish:
        for match in _NEXT_WEEK_EN.finditer(text):
            day = _of_next_week(_DAYS_EN[match["name"]], scene.today)
            yield Found(day, match.start(), match.end())
    names = _DAYS_ES if scene.spanish else _DAYS_EN
    for match in (_WEEKDAY_ES if scene.spanish else _WEEKDAY_EN).finditer(text):
        weekday = names[match["name"]]
        if match["day"]:
            yield _matching(match, weekday, scene)
        else:
            yield Found(_weekday(match, weekday, scene), match.start(), match.end())


def _weekday(match: re.Match[str], weekday: int, scene: Scene) -> date:
    """`next` is the one of next week, in the habit of most; it is read back in any case."""
    which = (match["which"] or "").strip()
    week = (match["week"] or "").strip()
    ahead = (weekday - scene.today.weekday()) % 7
    if ahead == 0 and not which.startswith(("this", "este")):
        ahead = 7
    coming = scene.today + timedelta(days=ahead)
    spanish_next = "prox" in which or week in ("proximo", "siguiente", "que viene")
    if "semana" in week or week == "next week" or which in ("next", "the next", "the following"):
        return _of_next_week(weekday, scene.today)
    if spanish_next:
        return coming
    if week in ("week", "after next") or match.groupdict().get("ahead"):
        return coming + timedelta(days=7)
    return coming


def _of_next_week(weekday: int, today: date) -> date:
    return today + timedelta(days=7 - today.weekday() + weekday)


def _matching(match: re.Match[str], weekday: int, scene: Scene) -> Found:
    """`Monday the third`: the next third that is a Monday, if one comes within two months."""
    number = int(match["day"])
    for ahead in range(63):
        day = scene.today + timedelta(days=ahead)
        if day.day == number and day.weekday() == weekday:
            return Found(day, match.start(), match.end())
    nearest = _nth(number, scene) or _weekday(match, weekday, scene)
    return Found(nearest, match.start(), match.end(), 0.4)


def _nth(number: int, scene: Scene) -> date | None:
    """The next day of the month with that number; today counts."""
    if not 1 <= number <= 31:
        return None
    year, month = scene.today.year, scene.today.month
    for step in range(12):
        at_year, at_month = year + (month - 1 + step) // 12, (month - 1 + step) % 12 + 1
        if number <= calendar.monthrange(at_year, at_month)[1]:
            day = date(at_year, at_month, number)
            if day >= scene.today:
                return day
    return None


def _months_later(today: date, months: int) -> date:
    year, month = today.year + (today.month - 1 + months) // 12, (today.month - 1 + months) % 12 + 1
    return date(year, month, min(today.day, calendar.monthrange(year, month)[1]))


def _coming(month: int, number: int, today: date) -> date | None:
    for year in range(today.year, today.year + 5):
        try:
            day = date(year, month, number)
        except ValueError:
            continue
        if day >= today:
            return day
    return None
