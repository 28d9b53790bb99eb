"""How things are said on the telephone, in English and Spanish."""

from __future__ import annotations

from datetime import date, time

import pytest

from server.agent.wording import said_date, said_list, said_number, said_phone, said_time

TODAY = date(2026, 11, 21)


@pytest.mark.requirement("wording:telephone:both-languages")
@pytest.mark.parametrize(
    ("day", "english", "spanish"),
    [
        (date(2026, 11, 21), "today", "hoy"),
        (date(2026, 11, 22), "tomorrow", "mañana"),
        (date(2026, 11, 23), "Monday, November 23rd", "el lunes 23 de noviembre"),
        (date(2026, 12, 1), "Tuesday, December 1st", "el martes 1 de diciembre"),
        (date(2026, 12, 12), "Saturday, December 12th", "el sábado 12 de diciembre"),
        (date(2027, 1, 2), "Saturday, January 2nd, 2027", "el sábado 2 de enero de 2027"),
    ],
)
def test_a_date_is_said(day: date, english: str, spanish: str) -> None:
    assert said_date(day, "en-GB", TODAY) == english
    assert said_date(day, "es-MX", TODAY) == spanish


@pytest.mark.requirement("wording:telephone:both-languages")
@pytest.mark.parametrize(
    ("clock", "english", "spanish"),
    [
        ("00:00", "midnight", "las doce de la noche"),
        ("01:35", "1:35 AM", "la una y treinta y cinco de la madrugada"),
        ("05:45", "5:45 AM", "las seis menos cuarto de la mañana"),
        ("09:00", "9 AM", "las nueve de la mañana"),
        ("09:40", "9:40 AM", "las nueve y cuarenta de la mañana"),
        ("11:45", "11:45 AM", "las doce menos cuarto de la mañana"),
        ("12:00", "noon", "las doce del mediodía"),
        ("12:45", "12:45 PM", "la una menos cuarto de la tarde"),
        ("13:15", "1:15 PM", "la una y cuarto de la tarde"),
        ("14:30", "2:30 PM", "las dos y media de la tarde"),
        ("18:05", "6:05 PM", "las seis y cinco de la tarde"),
        ("20:45", "8:45 PM", "las nueve menos cuarto de la noche"),
        ("23:59", "11:59 PM", "las once y cincuenta y nueve de la noche"),
    ],
)
def test_a_time_is_said(clock: str, english: str, spanish: str) -> None:
    assert said_time(clock, "en") == english
    assert said_time(time.fromisoformat(clock), "es") == spanish


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="soon"):
        said_time("soon", "en")


@pytest.mark.requirement("wording:telephone:both-languages")
@pytest.mark.parametrize(
    ("items", "english", "spanish"),
    [
        ([], "", ""),
        (["a"], "a", "a"),
        (["a", "b"], "a or b", "a o b"),
        (["a", "b", "c"], "a, b or c", "a, b o c"),
    ],
)
def test_a_choice_is_said(items: list[str], english: str, spanish: str) -> None:
    assert said_list(items, "en", either=True) == english
    assert said_list(items, "es", either=True) == spanish
    assert said_list(items, "en") == english.replace(" or ", " and ")
    assert said_list(items, "es") == spanish.replace(" o ", " y ")


@pytest.mark.requirement("wording:telephone:both-languages")
@pytest.mark.parametrize(
    ("number", "english", "spanish"),
    [
        ("+34 612 345 678", "plus 3 4, 6 1 2, 3 4 5, 6 7 8", "más 3 4, 6 1 2, 3 4 5, 6 7 8"),
        ("+12025550123", "plus 1, 2 0 2, 5 5 5, 0 1 2 3", "más 1, 2 0 2, 5 5 5, 0 1 2 3"),
        ("+353871234567", "plus 3 5 3, 8 7 1, 2 3 4, 5 6 7", "más 3 5 3, 8 7 1, 2 3 4, 5 6 7"),
        ("087 123 4567", "0 8 7, 1 2 3, 4 5 6 7", "0 8 7, 1 2 3, 4 5 6 7"),
        ("withheld", "", ""),
        ("+", "", ""),
    ],
)
def test_a_telephone_number_is_said(number: str, english: str, spanish: str) -> None:
    assert said_phone(number, "en") == english
    assert said_phone(number, "es") == spanish


@pytest.mark.parametrize(
    ("number", "english", "spanish"),
    [(0, "zero", "cero"), (4, "four", "cuatro"), (25, "25", "veinticinco"), (120, "120", "120")],
)
def test_a_number_is_said(number: int, english: str, spanish: str) -> None:
    assert said_number(number, "en") == english
    assert said_number(number, "es") == spanish
