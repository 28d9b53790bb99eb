"""What Spanish callers say, and what it means for a slot."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from bridges.port.brief import SlotGuide, SlotKind
from bridges.speech.extract import Scene, understand, understand_all

SCENE = Scene(today=date(2026, 11, 21), now=time(10, 0), region="ES", language="es")
"""A Saturday morning."""

DAY = SlotGuide("dia", SlotKind.DATE, ("¿Para qué día?",))
TIME = SlotGuide("hora", SlotKind.TIME, ("¿A qué hora?",))
PEOPLE = SlotGuide("personas", SlotKind.NUMBER, ("¿Para cuántas personas?",))
LENGTH = SlotGuide("minutos", SlotKind.NUMBER, ("¿Cuánto tiempo?",))
NAME = SlotGuide("nombre", SlotKind.NAME, ("¿A nombre de quién?",))
PHONE = SlotGuide("telefono", SlotKind.PHONE, ("¿Qué número de teléfono?",))
YES_NO = SlotGuide("confirmado", SlotKind.YES_NO, ())
MESSAGE = SlotGuide("recado", SlotKind.TEXT, ("Dígame su recado.",))
SERVICE = SlotGuide(
    "servicio",
    SlotKind.CHOICE,
    ("¿Qué desea?",),
    options={
        "corte": ("un corte", "corte de pelo", "cortarme"),
        "tinte": ("tinte", "color", "mechas"),
    },
)

TABLE: list[tuple[SlotGuide, str, Any]] = [
    (DAY, "Hoy.", "2026-11-21"),
    (DAY, "Mañana.", "2026-11-22"),
    (DAY, "mañana por la mañana", "2026-11-22"),
    (DAY, "Mañana por la tarde, por favor.", "2026-11-22"),
    (DAY, "pasado mañana", "2026-11-23"),
    (DAY, "esta tarde", "2026-11-21"),
    (DAY, "el lunes", "2026-11-23"),
    (DAY, "El martes que viene.", "2026-11-24"),
    (DAY, "el próximo miércoles", "2026-11-25"),
    (DAY, "este jueves", "2026-11-26"),
    (DAY, "el sábado", "2026-11-28"),
    (DAY, "el lunes 23", "2026-11-23"),
    (DAY, "el veintitrés", "2026-11-23"),
    (DAY, "el 23 de noviembre", "2026-11-23"),
    (DAY, "el veinticinco de noviembre", "2026-11-25"),
    (DAY, "lunes, 23 de noviembre", "2026-11-23"),
    (DAY, "el uno de diciembre", "2026-12-01"),
    (DAY, "el primero de diciembre", "2026-12-01"),
    (DAY, "el dos de enero de 2027", "2027-01-02"),
    (DAY, "dentro de tres días", "2026-11-24"),
    (DAY, "en dos semanas", "2026-12-05"),
    (DAY, "en una semana", "2026-11-28"),
    (DAY, "23/11", "2026-11-23"),
    (DAY, "Nochebuena", "2026-12-24"),
    (DAY, "no sé", None),
    (DAY, "a las tres", None),
    (TIME, "A las tres.", "15:00"),
    (TIME, "a las dos y media", "14:30"),
    (TIME, "las 2:30", "14:30"),
    (TIME, "a las 14:30", "14:30"),
    (TIME, "a las tres y cuarto", "15:15"),
    (TIME, "a las cuatro menos cuarto", "15:45"),
    (TIME, "a las cinco menos diez", "16:50"),
    (TIME, "a las nueve de la mañana", "09:00"),
    (TIME, "a las nueve de la noche", "21:00"),
    (TIME, "a la una", "13:00"),
    (TIME, "a las diez y veinte", "10:20"),
    (TIME, "las once en punto", "11:00"),
    (TIME, "al mediodía", "12:00"),
    (TIME, "a las ocho de la tarde", "20:00"),
    (TIME, "sobre las cinco", "17:00"),
    (TIME, "cinco y media", "17:30"),
    (TIME, "a las 15 horas", "15:00"),
    (TIME, "las 4 de la tarde", "16:00"),
    (TIME, "dentro de una hora", "11:00"),
    (TIME, "a las dos, digo, a las tres", "15:00"),
    (TIME, "mañana", None),
    (PEOPLE, "Dos personas.", 2),
    (PEOPLE, "somos cuatro", 4),
    (PEOPLE, "para seis", 6),
    (PEOPLE, "mesa para ocho", 8),
    (PEOPLE, "solo yo", 1),
    (PEOPLE, "tres", 3),
    (PEOPLE, "treinta y dos personas", 32),
    (PEOPLE, "mi mujer y yo", 2),
    (PEOPLE, "no lo sé", None),
    (LENGTH, "media hora", 30),
    (LENGTH, "una hora", 60),
    (LENGTH, "una hora y media", 90),
    (LENGTH, "cuarenta y cinco minutos", 45),
    (NAME, "Me llamo María López.", "María López"),
    (NAME, "Soy Juan Carlos Pérez", "Juan Carlos Pérez"),
    (NAME, "a nombre de García", "García"),
    (NAME, "Mi nombre es Ana de la Cruz", "Ana de la Cruz"),
    (NAME, "López", "López"),
    (NAME, "García, G A R C I A", "Garcia"),
    (NAME, "no gracias", None),
    (PHONE, "seis uno dos tres cuatro cinco seis siete ocho", "+34612345678"),
    (PHONE, "612 34 56 78", "+34612345678"),
    (PHONE, "seiscientos doce, treinta y cuatro, cincuenta y seis, setenta y ocho", "+34612345678"),
    (YES_NO, "Sí.", True),
    (YES_NO, "sí, correcto", True),
    (YES_NO, "claro que sí", True),
    (YES_NO, "vale", True),
    (YES_NO, "no hay problema", True),
    (YES_NO, "No.", False),
    (YES_NO, "no es correcto", False),
    (YES_NO, "no, está mal", False),
    (YES_NO, "hola", None),
    (SERVICE, "un corte", "corte"),
    (SERVICE, "quiero mechas", "tinte"),
    (SERVICE, "quiero cortarme el pelo", "corte"),
    (MESSAGE, "Bueno, que llegaré tarde.", "Que llegaré tarde."),
    (MESSAGE, "vale", None),
]


@pytest.mark.requirement("mind:extract:spanish-telephone-speech")
@pytest.mark.parametrize(("slot", "said", "value"), TABLE)
def test_what_was_asked_for_is_understood_in_spanish(
    slot: SlotGuide, said: str, value: Any
) -> None:
    understood = understand(said, slot, SCENE, asked=True)
    assert (None if understood is None else understood.value) == value


@pytest.mark.parametrize(
    ("said", "values"),
    [
        (
            "un corte mañana a las cinco a nombre de Ana",
            {"servicio": "corte", "dia": "2026-11-22", "hora": "17:00", "nombre": "Ana"},
        ),
        (
            "una mesa para cuatro el viernes a las nueve de la noche",
            {"personas": 4, "dia": "2026-11-27", "hora": "21:00"},
        ),
        ("quisiera información", {}),
    ],
)
def test_one_spanish_utterance_fills_several_slots(said: str, values: dict[str, Any]) -> None:
    slots = (SERVICE, DAY, TIME, PEOPLE, NAME, PHONE, MESSAGE)
    assert {n: one.value for n, one in understand_all(said, slots, SCENE).items()} == values
