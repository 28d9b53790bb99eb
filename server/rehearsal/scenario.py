"""Scenario files: YAML in which an integrator writes a caller's part and what must come of it.

The format is documented in docs/rehearsal.md. A mistake is answered with the file, the step, the
field and what to write instead.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from server.rehearsal.badline import LineQuality
from server.rehearsal.clips import Clip, Voice, clip_of, load_clip
from server.rehearsal.errors import ClipRefused, ScenarioRefused
from server.rehearsal.script import (
    Act,
    HangUp,
    KeepSilent,
    Moment,
    Press,
    Script,
    Speak,
    Step,
    When,
)

__all__ = ["Expectations", "Scenario", "ScenarioFile", "load_scenario", "prepare"]

_LARGEST_BYTES: Final = 256 * 1024
_FORMS: Final = frozenset({"word", "mapping"})
"""Names of the two forms of `after`, which no reader of the file has heard of."""
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ACTS: Final = ("wav", "say", "digits", "silence", "hang_up")
_Seconds = Annotated[float, Field(ge=0, le=3600)]
_Share = Annotated[float, Field(ge=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from error
    return text


class AfterFile(_Strict):
    """`after:` when it is a mapping: exactly one of its fields."""

    seconds: _Seconds | None = None
    agent_said: str | None = None

    _compiles = field_validator("agent_said")(lambda text: text if text is None else _pattern(text))

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.seconds is None) == (self.agent_said is None):
            raise ValueError("give exactly one of `seconds` and `agent_said`")
        return self

    def when(self) -> When:
        """As the script has it."""
        if self.seconds is not None:
            return When(Moment.SECONDS, seconds=self.seconds)
        return When(Moment.AGENT_SAID, pattern=self.agent_said or "")


def _form_of_after(value: object) -> str:
    return "mapping" if isinstance(value, dict | AfterFile) else "word"


After: TypeAlias = Annotated[
    Annotated[Literal["answered", "agent_quiet", "agent_starts"], Tag("word")]
    | Annotated[AfterFile, Tag("mapping")],
    # Told apart by what is written, so that a mistake is reported for the form that was meant.
    Discriminator(_form_of_after),
]


class BargeInFile(_Strict):
    """`barge_in:` speak while the agent speaks."""

    after_s: _Seconds = 1.0


class StepFile(_Strict):
    """One step: one act, what it waits for, and how long it waits."""

    wav: str | None = None
    say: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    digits: Annotated[str, Field(pattern=r"^[0-9*#A-D]{1,64}$")] | None = None
    silence: _Seconds | None = None
    hang_up: Literal[True] | None = None
    text: str = ""
    after: After | None = None
    barge_in: BargeInFile | None = None
    within_s: _Seconds | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_word(cls, value: Any) -> Any:
        return {"hang_up": True} if value == "hang_up" else value

    @model_validator(mode="after")
    def _one_act(self) -> Self:
        acts = [name for name in _ACTS if getattr(self, name) is not None]
        if len(acts) != 1:
            found = "none" if not acts else " and ".join(f"`{name}`" for name in acts)
            raise ValueError(f"needs exactly one act of {', '.join(_ACTS)}; found {found}")
        if self.text and self.wav is None:
            raise ValueError("`text` says what a `wav` contains; this step has none")
        if self.after is not None and self.barge_in is not None:
            raise ValueError("`barge_in` is a moment of its own; leave `after` out")
        return self

    def when(self) -> When:
        """The moment; the usual one is that the agent has stopped speaking."""
        if self.barge_in is not None:
            return When(Moment.BARGE_IN, seconds=self.barge_in.after_s)
        if isinstance(self.after, AfterFile):
            return self.after.when()
        if self.after is not None:
            return When(Moment(self.after))
        # Silence and hanging up follow at once; speech and keys wait for the agent's turn to end.
        if self.silence is not None:
            return When(Moment.SECONDS)
        return When()


class LineFile(_Strict):
    """`line:` how bad the line is."""

    jitter_ms: Annotated[float, Field(ge=0, le=5000)] = 0.0
    loss: _Share = 0.0
    burst_ms: Annotated[float, Field(ge=0, le=10000)] = 0.0
    drift_ppm: Annotated[float, Field(ge=-10000, le=10000)] = 0.0
    late_marks_ms: Annotated[float, Field(ge=0, le=60000)] = 0.0
    lose_marks: _Share = 0.0
    seed: int = 0
    """The same seed gives the same bad line."""

    def quality(self) -> LineQuality:
        """As the line takes it."""
        return LineQuality(**self.model_dump(exclude={"seed"}))


class Expectations(_Strict):
    """`expect:` what decides whether the rehearsal passed."""

    answered: bool = True
    answered_within_s: _Seconds | None = None
    ended_by: Literal["caller", "agent"] | None = None
    agent_said: tuple[str, ...] = ()
    agent_never_said: tuple[str, ...] = ()
    caller_understood: tuple[str, ...] = ()
    clears_at_least: Annotated[int, Field(ge=0)] | None = None
    clear_within_ms: Annotated[float, Field(ge=0, le=60000)] | None = None
    reply_within_ms: Annotated[float, Field(ge=0, le=60000)] | None = None
    median_reply_within_ms: Annotated[float, Field(ge=0, le=60000)] | None = None
    underruns_at_most: Annotated[int, Field(ge=0)] | None = None
    agent_turns_at_least: Annotated[int, Field(ge=0)] | None = None

    @field_validator("agent_said", "agent_never_said", "caller_understood", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("agent_said", "agent_never_said", "caller_understood")
    @classmethod
    def _compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_pattern(text) for text in patterns)


class ScenarioFile(_Strict):
    """The whole file."""

    name: str = ""
    description: str = ""
    caller: str | None = None
    called: str | None = None
    agent_quiet_ms: Annotated[float, Field(ge=100, le=10000)] = 800.0
    within_s: _Seconds = 20.0
    linger_s: _Seconds = 3.0
    at_end: Literal["hang_up", "wait"] = "hang_up"
    max_seconds: Annotated[float, Field(gt=0, le=7200)] | None = None
    line: LineFile = LineFile()
    steps: Annotated[tuple[StepFile, ...], Field(min_length=1, max_length=200)]
    expect: Expectations = Expectations()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A checked file and where it lies."""

    path: Path
    file: ScenarioFile

    @property
    def name(self) -> str:
        """Its own name, else that of its file."""
        return self.file.name or self.path.stem


def load_scenario(path: Path, variables: Mapping[str, str]) -> Scenario:
    """Read and check a scenario; `${NAME}` in its texts is replaced from `variables`.

    Raises:
        ScenarioRefused: with the file, the step, the field and the mend.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise ScenarioRefused(
                "the scenario is larger than 256 KB",
                where=str(path),
                mend="A scenario is a page of YAML; recordings stay in files of their own.",
            )
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioRefused(
            f"the scenario cannot be opened: {error.strerror}",
            where=str(path),
            mend="Give the path of a YAML file; examples are in examples/scenarios.",
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScenarioRefused(
            "the scenario is not YAML", where=f"{path}: {_place(error)}", mend=_YAML_MEND
        ) from error
    filled = _filled(document, variables, str(path))
    try:
        return Scenario(path, ScenarioFile.model_validate(filled))
    except ValidationError as error:
        raise _refusal(path, error) from error


async def prepare(scenario: Scenario, voice: Voice) -> Script:
    """The script of a scenario: recordings read, words spoken.

    Raises:
        ScenarioRefused: a recording cannot be read.
        PartMissing: there are words to say and no voice to say them.
    """
    file = scenario.file
    recordings = await asyncio.to_thread(_recordings, scenario)
    steps = [
        Step(
            await _act(step, recordings.get(index), voice),
            step.when(),
            patience_s=file.within_s if step.within_s is None else step.within_s,
        )
        for index, step in enumerate(file.steps)
    ]
    return Script(
        tuple(steps),
        agent_quiet_s=file.agent_quiet_ms / 1000.0,
        hangs_up=file.at_end == "hang_up",
        linger_s=file.linger_s,
    )


def _recordings(scenario: Scenario) -> dict[int, Clip]:
    """The clips of all `wav` steps by their index."""
    clips: dict[int, Clip] = {}
    for index, step in enumerate(scenario.file.steps):
        if step.wav is None:
            continue
        path = scenario.path.parent / Path(step.wav).expanduser()
        try:
            clips[index] = load_clip(path, step.text)
        except ClipRefused as error:
            place = f"{scenario.path}: step {index + 1}, wav: {error.where}"
            raise ScenarioRefused(error.what, where=place, mend=error.mend) from error
    return clips


async def _act(step: StepFile, recording: Clip | None, voice: Voice) -> Act:
    if recording is not None:
        return Speak(recording)
    if step.say is not None:
        return Speak(clip_of(await voice.speak(step.say), step.say))
    if step.digits is not None:
        return Press(step.digits)
    if step.silence is not None:
        return KeepSilent(step.silence)
    return HangUp()


_YAML_MEND: Final = "Check indentation and quotes there; `a: b: c` needs quotes around `b: c`."


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return "unreadable bytes" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"


def _filled(value: Any, variables: Mapping[str, str], where: str) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, variables, f"{where}, {key}") for key, item in value.items()}
    if isinstance(value, list):
        return [
            _filled(item, variables, f"{where.removesuffix('s')} {index + 1}")
            for index, item in enumerate(value)
        ]
    if not isinstance(value, str):
        return value

    def replacement(match: re.Match[str]) -> str:
        name = match[1]
        if name not in variables:
            raise ScenarioRefused(
                f"the variable {name} has no value",
                where=where,
                mend=f"Add `--set {name}=…` to the command.",
            )
        return variables[name]

    return _VARIABLE.sub(replacement, value)


def _refusal(path: Path, error: ValidationError) -> ScenarioRefused:
    """The first mistake, as the reader of the file sees it."""
    first = error.errors(include_url=False)[0]
    place: list[str] = []
    for part in first["loc"]:
        if isinstance(part, int):
            place[-1:] = [f"step {part + 1}" if place[-1:] == ["steps"] else f"entry {part + 1}"]
        elif part not in _FORMS:
            place.append(part)
    message = first["msg"].removeprefix("Value error, ")
    match first["type"]:
        case "extra_forbidden":
            message, mend = "unknown field", "Check its spelling against docs/rehearsal.md."
        case "missing":
            message, mend = "required field is missing", "Add it; see docs/rehearsal.md."
        case _:
            mend = "See the field in docs/rehearsal.md."
    more = len(error.errors()) - 1
    if more:
        mend += f" ({more} more after this one.)"
    spot = ", ".join(place) or "the whole file"
    return ScenarioRefused(message, where=f"{path}: {spot}", mend=mend)
