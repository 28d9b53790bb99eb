"""Names of persons: introduced, spelled, or simply given when asked for. Quiet."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rapidfuzz import fuzz

from bridges.speech.extract.kinds import Found, Scene
from bridges.speech.extract.plain import without_accents, word_set

__all__ = ["find_names"]

_WORD = r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*\.?"
_FULL_EN = (
    r"my (?:full |last |first )?name(?: is|'s)|the name(?: is|'s| would be)|name(?: is|'s)|"
    r"i(?: am|'m) called|this is|under(?: the name(?: of)?)?|in the name of|it(?: is|'s) for|"
    r"speaking is|put (?:it|me) (?:down )?(?:under|as)|i(?: am|'m)"
)
_FULL_ES = (
    r"(?:mi nombre es|me llamo|el nombre es|a nombre de|al nombre de|soy|habla|le habla"
    r"|de parte de|"
    r"ponga(?:lo|la)? a nombre de)"
)
_WEAK_EN = r"call me|it(?: is|'s)|for|that(?: is|'s)"
_WEAK_ES = r"es|para|a"
_NOT_NAMES = word_set(
    """
    a about after again all alright also am an and any anything appointment are as ask at
    available be because been before book booking but by bye call calling can cancel change client
    come could customer day did do does doing done dont don't else evening everything fine for
    from get go going good goodbye great had happy has have haven't hear hello help her here hey
    hi him his hold how i i'd i'll i'm i've if in interested is it it's its just know later let's
    like look looking made make maybe me meeting message minute moment monday more morning much my
    name need new next nice no nobody not nothing now of off oh ok okay on one only or other our
    out over people person phone please problem question ready really reservation right room
    running same say second see she should so some someone something sorry speak spell still
    sunday sure table take talk tell test than thank thanks that that's the their them then there
    they thing think this three thursday time to today tomorrow tonight too try trying tuesday two
    uh um under until up us very wait want was we wednesday weekend well were what what's when
    where which who why will with wondering work would wrong yeah yep yes yesterday you your
    friday saturday january february march june july august september october november december
    afternoon noon none me too actually unavailable late early haircut cut two thirty
    """
)
_NOT_NAMES_ES = word_set(
    """
    a ahora algo ayuda bien buenas buenos cambiar cancelar cita como con cuando cuanto de del dia
    dias digo donde el ella en enero es esta estar este eso favor gracias ha hasta hola hoy jueves
    la las le lo los llamo lunes manana martes mas me mesa mi miercoles mismo muy nada no noche
    nombre o para pero perdone persona personas por porque puede pues que quien quiero quisiera
    reserva reservar sabado se senor senora ser si sin sobre somos son soy su tal tambien tarde
    tardes te tengo todo tomar un una uno usted vale vamos ver viernes voy y ya yo domingo cliente
    solo claro adios
    """
)
_PARTICLES = word_set("de la las los del van von der den di da dos le y e bin al")
_FILLERS = re.compile(
    r"^(?:(?:um+|uh+|er+|oh|well|yes|yeah|sure|okay|ok|hi|hello|of course|certainly|so|no|please"
    r"|sorry|"
    r"hola|si|s\u00ed|pues|claro|eh|vale|bueno)[\s,.!]+)+",
    re.IGNORECASE,
)
_TAILS = re.compile(
    r"[\s,.!]+(?:please|thanks|thank you|speaking|here|is my name|is the name|por favor"
    r"|gracias)[\s,.!]*$",
    re.IGNORECASE,
)
_AS_IN = re.compile(
    r"\b([a-z])\s*,?\s+(?:as in|like|for|de|como)\s+(?:an? )?([a-z]+)\b", re.IGNORECASE
)
_LETTERS = re.compile(r"(?<![\w'\u2019])(?:[^\W\d_](?:[\s.,-]+)){2,}[^\W\d_](?![\w'\u2019])\.?")
_DOUBLE = re.compile(r"\b(?:double|doble)[\s-]+([a-z])\b", re.IGNORECASE)


def find_names(text: str, scene: Scene, *, asked: bool) -> Iterator[Found]:
    """Names in the words as they were written, the likeliest first.

    Unless a name was asked for, only one that is introduced counts.
    """
    text = text.replace("\u2019", "'")
    letters = _spelled(text)
    spelled = letters.value if letters else ""
    body = text[: letters.start] + " ." + text[letters.end :] if letters else text
    for start, words, confidence in _candidates(body, scene, asked=asked):
        value = _capitalised(_corrected(words, spelled))
        yield Found(value, start, start + len(" ".join(words)), confidence)
    if spelled and asked:
        yield Found(spelled.capitalize(), letters.start if letters else 0, len(text), 0.9)


def _spelled(text: str) -> Found | None:
    """`S M I T H`, `S-M-I-double T`, `s for sugar, m, ...` as one word."""
    opened = _DOUBLE.sub(r"\1 \1", text)
    opened = _AS_IN.sub(lambda m: m[1] if m[2].lower().startswith(m[1].lower()) else m[0], opened)
    match = _LETTERS.search(opened)
    if match is None:
        return None
    word = "".join(character for character in match[0] if character.isalpha())
    start = (
        text.find(match[0].split()[0], max(0, match.start() - 1))
        if opened != text
        else match.start()
    )
    end = match.end() if opened == text else len(text)
    return Found(word, max(start, 0), end)


def _candidates(text: str, scene: Scene, *, asked: bool) -> Iterator[tuple[int, list[str], float]]:
    strong, weak = (_FULL_ES, _WEAK_ES) if scene.spanish else (_FULL_EN, _WEAK_EN)
    stops = _NOT_NAMES_ES | _NOT_NAMES if scene.spanish else _NOT_NAMES
    for lead, need_capital, confidence in ((strong, not asked, 1.0), (weak, True, 0.8)):
        for match in re.finditer(rf"\b(?:{lead})[\s,:]+", text, re.IGNORECASE):
            words = _run(text[match.end() :], stops, need_capital=need_capital)
            if words:
                yield match.end(), words, confidence
    if asked:
        whole = _TAILS.sub("", _FILLERS.sub("", text.strip())).strip(" .,!")
        lead_off = re.sub(rf"^(?:{weak}|{strong})\s+", "", whole, flags=re.IGNORECASE)
        words = _run(lead_off, stops, need_capital=False)
        if words and len(words) == len(lead_off.replace(",", " ").split()):
            yield max(text.find(words[0]), 0), words, 0.9


def _run(text: str, stops: frozenset[str], *, need_capital: bool) -> list[str]:
    """The words of a name at the beginning: at most five, none of them a common word."""
    words: list[str] = []
    for token in re.findall(rf"{_WORD}|[^\w\s]|\d+", text):
        word = token if _is_title(token) else token.rstrip(".")
        low = without_accents(word)
        if not re.fullmatch(_WORD, token):
            break
        particle = bool(words) and low in _PARTICLES
        if not particle and low.rstrip(".") in stops:
            break
        if need_capital and not particle and not word[:1].isupper():
            break
        words.append(word)
        if len(words) == 5 or (token.endswith(".") and not _is_title(token)):
            break
    while words and without_accents(words[-1]) in _PARTICLES:
        words.pop()
    return [] if len(words) == 1 and (len(words[0]) < 2 or _is_title(words[0])) else words


def _is_title(word: str) -> bool:
    return word.lower().rstrip(".") in {"mr", "mrs", "ms", "dr", "sr", "sra", "dra"}


def _corrected(words: list[str], spelled: str) -> list[str]:
    """The heard name with the part that was spelled put right."""
    if not spelled:
        return words
    likeness = [fuzz.ratio(without_accents(word), without_accents(spelled)) for word in words]
    best = max(range(len(words)), key=likeness.__getitem__)
    if likeness[best] >= 45 or len(words) == 1:
        return [*words[:best], spelled, *words[best + 1 :]]
    return words


def _capitalised(words: list[str]) -> str:
    return " ".join(
        word.lower() if at and word.lower() in _PARTICLES else _with_capital(word)
        for at, word in enumerate(words)
    )


def _with_capital(word: str) -> str:
    if word[1:].islower() or not (word.isupper() or word.islower()):
        return word[:1].upper() + word[1:]
    return "-".join(
        "'".join(part[:1].upper() + part[1:].lower() for part in piece.split("'"))
        for piece in word.split("-")
    )
