"""Word error of the local speech recognition on real telephone speech, 8 kHz mu-law.

Run it: `python -m benchmarks.recognition [FOLDER]`. The folder holds `clips.json` (a list of `id`,
`transcript`, `seconds`) and `ID_8k_mulaw.wav` for each; the default is `../shared/audio`.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bridges.speech.engines import SpeechToText
from bridges.speech.whisper import WhisperRecognizer

__all__ = ["clip_sound", "fold", "measure", "word_errors"]

CLIPS = Path(__file__).resolve().parents[2] / "shared" / "audio"
_SMALL = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen"""
_ROUND = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = dict(zip(_SMALL.split(), range(20), strict=True))
_TENS = dict(zip(_ROUND.split(), range(20, 100, 10), strict=True))
_SAME = {"ok": "okay"}
_CONTRACTIONS = {"'re": " are", "'m": " am", "'ll": " will", "'ve": " have", "it's": "it is"}
_SHORT_TURN_S = (1.0, 5.0)


def fold(text: str) -> list[str]:
    """Words as they are scored: no case, no punctuation, every number digit by digit."""
    text = text.lower().replace("\u2019", "'")
    text = re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", text)
    text = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", text)
    text = re.sub(r"(\d)([ap]m)\b", r"\1 \2", text)
    for short, long in _CONTRACTIONS.items():
        text = text.replace(short, long)
    words = re.sub(r"[^a-z0-9]+", " ", text.replace("'", "")).split()
    return [piece for word in _joined_tens(words) for piece in _pieces(word)]


def _joined_tens(words: Sequence[str]) -> list[str]:
    """Number words as figures: twenty five -> 25, thirty -> 30, two -> 2."""
    out: list[str] = []
    tens = 0
    for word in words:
        unit = _UNITS.get(word)
        if tens and unit is not None and 0 < unit < 10:
            out[-1] = str(tens + unit)
        elif unit is not None:
            out.append(str(unit))
        else:
            out.append(str(_TENS.get(word, word)))
        tens = _TENS.get(word, 0)
    return out


def _pieces(word: str) -> Sequence[str]:
    return list(word) if word.isdigit() else [_SAME.get(word, word)]


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Fewest words to change, drop or add (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for index, word in enumerate(said, 1):
        previous, row = row, [index]
        for column, other in enumerate(heard, 1):
            changed = previous[column - 1] + (word != other)
            row.append(min(previous[column] + 1, row[-1] + 1, changed))
    return row[-1]


def clip_sound(path: Path) -> bytes:
    """The mu-law bytes of a WAV file (format 7, which the standard library does not read)."""
    content = path.read_bytes()
    start = content.index(b"data") + 8
    size = int.from_bytes(content[start - 4 : start], "little")
    return content[start : start + size]


def measure(folder: Path = CLIPS, engine: SpeechToText | None = None) -> dict[str, Any]:
    """Word error over the clips that have a transcript, text on those without, time of short turns.

    Returns:
        `word_error` (0 to 1), `words`, `clips`, `exact`, `slips` (clip id to what was heard),
        `text_on_noise` (the same for clips without speech), `short_turn_median_s` and
        `short_turn_p95_s`.
    """
    engine = engine or WhisperRecognizer()
    clips = json.loads((folder / "clips.json").read_text(encoding="utf-8"))
    words = errors = 0
    slips: dict[str, str] = {}
    noise: dict[str, str] = {}
    times: list[float] = []
    for clip in clips:
        sound = clip_sound(folder / f"{clip['id']}_8k_mulaw.wav")
        started = time.perf_counter()
        heard = engine.transcribe(sound, language="en").text
        if _SHORT_TURN_S[0] <= clip["seconds"] <= _SHORT_TURN_S[1] and clip["transcript"]:
            times.append(time.perf_counter() - started)
        said = fold(clip["transcript"])
        wrong = word_errors(said, fold(heard))
        if not said and heard:
            noise[clip["id"]] = heard
        elif said:
            words, errors = words + len(said), errors + wrong
            slips |= {clip["id"]: heard} if wrong else {}
    spoken = sum(1 for clip in clips if clip["transcript"])
    return {
        "word_error": errors / max(1, words),
        "words": words,
        "clips": spoken,
        "exact": spoken - len(slips),
        "slips": slips,
        "text_on_noise": noise,
        "short_turn_median_s": statistics.median(times),
        "short_turn_p95_s": statistics.quantiles(times, n=20)[-1],
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]) if sys.argv[1:] else CLIPS), indent=2))
