"""Written text as it is to be said, in English and Spanish."""

# The letters of a phonetic alphabet look like others and are not:
# ruff: noqa: RUF001

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.speech.accent import spanish_sounds, with_american_accent
from bridges.speech.spanish import in_words
from bridges.speech.verbalize import verbalize

ENGLISH = [
    ("See you at 14:30.", "See you at 2:30 PM."),
    ("We open at 9:00 and close at 17:00.", "We open at 9 AM and close at 5 PM."),
    ("Come at 2:30 PM.", "Come at 2:30 PM."),
    ("Come at 9:05 a.m.", "Come at 9:05 a.m."),
    ("At 0:05, 12:15 and 24:00.", "At 12:05 AM, 12:15 PM and 12 AM."),
    ("Call 555-0142.", "Call five five five, zero one four two."),
    ("Call (212) 555-0142.", "Call two one two, five five five, zero one four two."),
    (
        "It is +1 415 555 2671, right?",
        "It is plus one, four one five, five five five, two six seven one, right?",
    ),
    ("Call 2125550142", "Call two one two, five five five, zero one four two"),
    ("Dial 911 or room 204.", "Dial 911 or room 204."),
    ("On 2026-11-24 at 9:00", "On 2026-11-24 at 9 AM"),
    ("Mon-Fri 9:00-17:00", "Monday to Friday 9 AM to 5 PM"),
    ("Mon-Fri, 9-5", "Monday to Friday, 9 to 5"),
    ("on Fri, Nov 27", "on Friday, Nov 27"),
    ("It costs 25.50 € or $129.50, not 45€.", "It costs €25.50 or $129.50, not €45."),
    ("Your code is AB-1234X.", "Your code is A B, one two three four, X."),
    ("**Bold** and [our site](https://example.com)", "Bold and our site"),
    ("See www.example.com", "See W W W dot example.com"),
    ("In 1990, 1,250 people came by 10AM.", "In 1990, 1,250 people came by 10AM."),
    ("3/11/2026", "3/11/2026"),
    ("", ""),
]
SPANISH = [
    ("A las 14:30.", "A las dos y media de la tarde."),
    ("a la 1:15", "a la una y cuarto de la madrugada"),
    ("de 9:00 a 21:10", "de las nueve de la mañana a las nueve y diez de la noche"),
    ("el 2026-11-24", "el veinticuatro de noviembre de dos mil veintiséis"),
    ("el 1/5", "el primero de mayo"),
    ("el 45/13", "el cuarenta y cinco/trece"),
    ("Son 25,50 €", "Son veinticinco euros con cincuenta"),
    ("1 € o 21 €", "un euro o veintiún euros"),
    ("$ 1.250", "mil doscientos cincuenta dólares"),
    ("2.000.000 €", "dos cero cero cero cero cero cero euros"),
    ("el 20%", "el veinte por ciento"),
    ("Llame al 612 345 678", "Llame al seis uno dos, tres cuatro cinco, seis siete ocho"),
    ("código AB12", "código A B, uno dos"),
    ("piso 07", "piso cero siete"),
    ("100 sillas, 21.500 plazas", "cien sillas, veintiún mil quinientos plazas"),
    ("a las 12:00", "a las doce del mediodía"),
]
SOUNDS = [
    ("reservar", "ɹɛsɛɹbˈɑɹ"),
    ("mañana", "mɑnjˈɑnɑ"),
    ("quiero", "kjˈɛɹO"),
    ("guerra", "ɡˈɛɹɑ"),
    ("guiar", "ɡjˈɑɹ"),
    ("vergüenza", "bɛɹɡwˈɛnsɑ"),
    ("gente", "hˈɛntɛ"),
    ("llave", "jˈɑbɛ"),
    ("ciudad", "sjudˈɑd"),
    ("día", "dˈiɑ"),
    ("hay", "ˈɑi"),
    ("sesión", "sɛsjˈOn"),
    ("mucho", "mˈuʧO"),
    ("extra", "ˈɛkstɹɑ"),
    ("yo", "jˈO"),
    ("y", "i"),
]


@pytest.mark.requirement("speech:synthesis:figures-are-understood")
@pytest.mark.parametrize(("written", "said"), ENGLISH)
def test_english_is_said_as_people_say_it(written: str, said: str) -> None:
    assert verbalize(written, language="en-US") == said


@pytest.mark.requirement("speech:synthesis:figures-are-understood")
@pytest.mark.parametrize(("written", "said"), SPANISH)
def test_spanish_is_said_as_people_say_it(written: str, said: str) -> None:
    assert verbalize(written, language="es-MX") == said


@pytest.mark.parametrize(("word", "sounds"), SOUNDS)
def test_spanish_words_have_their_sounds_and_stress(word: str, sounds: str) -> None:
    assert spanish_sounds(word) == sounds


def test_spanish_text_is_marked_up_word_by_word() -> None:
    assert with_american_accent("¿Sí, a?") == "[Sí](/sˈi/), [a](/ˈɑ/)?"


@given(st.integers(0, 999_999))
def test_every_spanish_number_is_words_only_and_none_is_said_twice_alike(number: int) -> None:
    words = in_words(number)
    assert re.fullmatch(r"[a-záéíóúñ ]+", words)
    assert words != in_words((number + 1) % 1_000_000)


@pytest.mark.parametrize("number", [-1, 1_000_000])
def test_numbers_beyond_the_words_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="between 0 and"):
        in_words(number)


@given(st.text(max_size=80), st.sampled_from(["en", "es"]))
def test_any_text_can_be_said(text: str, language: str) -> None:
    said = verbalize(text, language=language)
    assert "\n" not in said
    with_american_accent(said)
