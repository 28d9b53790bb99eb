"""A picture of a call: both sides over time, who held the floor, how long replies took."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from media.pcm import mulaw_decode
from server.rehearsal.measures import Turn, barge_ins, median_reply_ms, turns_of
from server.rehearsal.record import CallRecord
from server.rehearsal.track import Track

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

_INK: Final = "#1f2933"
_FAINT: Final = "#7b8794"
_CALLER: Final = "#c2571a"
_AGENT: Final = "#1d6f8a"
_ALARM: Final = "#b3261e"
_COLUMNS_PER_S: Final = 100
_CHARACTERS_PER_INCH: Final = 15.5
"""What fits at the size of the turns' words."""
_DRAWN_SHARE: Final = 0.775
"""The part of the figure's width that the time axis takes."""


def draw(record: CallRecord, path: Path, *, title: str = "") -> None:
    """Draw the call as PNG at `path`; about a second of work.

    Raises:
        OSError: the file cannot be written.
    """
    # Drawing costs 0.4 s to import, and only this command draws.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    opened_s = record.opened_s
    if opened_s is None:
        return
    length_s = max(1.0, record.ended_s - opened_s)
    width = float(np.clip(length_s * 0.55, 11.0, 44.0))
    figure = Figure(figsize=(width, 4.9), dpi=130, facecolor="white")
    FigureCanvasAgg(figure)
    lanes = figure.subplots(2, 1, sharex=True, gridspec_kw={"hspace": 0.08})
    scale = width * _DRAWN_SHARE / length_s
    turns = turns_of(record)
    sides = (
        ("caller", "Caller", record.log.said, _CALLER),
        ("agent", "Agent", record.log.heard, _AGENT),
    )
    for axes, (speaker, label, track, colour) in zip(lanes, sides, strict=True):
        _lane(axes, label, colour)
        _wave(axes, track, (opened_s, record.ended_s), colour)
        own = [turn for turn in turns if turn.speaker == speaker]
        ends = [turn.start_s for turn in own[1:]] + [length_s]
        for turn, room_until_s in zip(own, ends, strict=True):
            _turn(axes, turn, colour, inches_per_s=scale)
            _words(axes, turn, (room_until_s - turn.start_s) * scale)
    _events(lanes, record, opened_s)
    lanes[1].set_xlim(0.0, length_s)
    lanes[1].set_xlabel("seconds since the call was answered", color=_FAINT, fontsize=9)
    lanes[0].tick_params(axis="x", length=0)
    _headline(figure, record, title, width)
    figure.savefig(path, bbox_inches="tight", pad_inches=0.25)


def _lane(axes: Axes, label: str, colour: str) -> None:
    axes.set_ylim(-1.0, 1.6)
    axes.set_yticks([])
    axes.axhline(0.0, color=colour, linewidth=0.6, alpha=0.35)
    axes.set_ylabel(label, rotation=0, ha="right", va="center", color=colour, weight="bold")
    axes.yaxis.set_label_coords(-0.008, 0.39)
    axes.tick_params(axis="x", colors=_FAINT, labelsize=8)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _wave(axes: Axes, track: Track, between: tuple[float, float], colour: str) -> None:
    """The envelope: the loudest sample up and down in each hundredth of a second."""
    samples = mulaw_decode(track.render(*between)) / 32768.0
    size = 8000 // _COLUMNS_PER_S
    count = len(samples) // size
    if count == 0:
        return
    columns: npt.NDArray[np.float64] = samples[: count * size].reshape(count, size)
    # The square root lifts quiet speech, as a telephone's listener hears it.
    high = np.sqrt(np.maximum(columns.max(axis=1), 0.0))
    low = -np.sqrt(np.maximum(-columns.min(axis=1), 0.0))
    time = (np.arange(count) + 0.5) / _COLUMNS_PER_S
    axes.fill_between(time, low, high, color=colour, linewidth=0.0, alpha=0.9)


def _turn(axes: Axes, turn: Turn, colour: str, *, inches_per_s: float) -> None:
    axes.axvspan(turn.start_s, turn.end_s, ymin=0.0, ymax=0.75, color=colour, alpha=0.10, lw=0)
    if turn.latency_ms is not None:
        start_s = turn.start_s - turn.latency_ms / 1000.0
        axes.annotate(
            "",
            xy=(turn.start_s, -0.82),
            xytext=(start_s, -0.82),
            arrowprops={"arrowstyle": "-|>", "color": _INK, "lw": 0.9, "shrinkA": 0, "shrinkB": 0},
        )
        axes.text(
            turn.start_s + 0.06 / inches_per_s,
            -0.82,
            f"{turn.latency_ms:.0f} ms",
            fontsize=7.5,
            color=_INK,
            va="center",
            bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8},
        )


def _words(axes: Axes, turn: Turn, room_inches: float) -> None:
    """The turn's words over it, on two lines that end before the next turn begins."""
    columns = max(8, int(room_inches * _CHARACTERS_PER_INCH) - 2)
    lines = wrap(turn.text, columns, max_lines=2, placeholder=" …")
    axes.text(turn.start_s, 0.99, "\n".join(lines), fontsize=7.5, color=_INK, va="bottom")


def _events(lanes: Any, record: CallRecord, opened_s: float) -> None:
    """Clears as red lines with how long they took, underruns as ticks, keys as boxes."""
    took = {
        round(interruption.onset_s + interruption.clear_ms / 1000.0, 3): interruption.clear_ms
        for interruption in barge_ins(record)
        if interruption.clear_ms is not None
    }
    for at_s in record.log.clears:
        since_s = at_s - opened_s
        for axes in lanes:
            axes.axvline(since_s, ymax=0.75, color=_ALARM, linewidth=1.0, linestyle=(0, (3, 2)))
        delay_ms = took.get(round(since_s, 3))
        label = "clear" if delay_ms is None else f"clear after {delay_ms:.0f} ms"
        lanes[0].text(
            since_s, -0.86, f" {label}", fontsize=7.5, color=_ALARM, va="center", weight="bold"
        )
    for run in record.underruns:
        lanes[1].plot(run.at_s - opened_s, 0.95, marker="v", color=_ALARM, markersize=4)
    for at_s, key in record.log.keys:
        lanes[0].text(
            at_s - opened_s,
            0.0,
            key,
            fontsize=9,
            color="white",
            ha="center",
            va="center",
            weight="bold",
            bbox={"boxstyle": "round,pad=0.25", "fc": _CALLER, "ec": "none"},
        )


def _headline(figure: Figure, record: CallRecord, title: str, width: float) -> None:
    turns = turns_of(record)
    middle = median_reply_ms(turns)
    facts = [
        f"{record.ended_s - (record.opened_s or 0.0):.1f} s",
        f"ended by {record.ended_by.value.replace('_', ' ')}",
        f"{sum(turn.speaker == 'agent' for turn in turns)} agent turns",
    ]
    if middle is not None:
        facts.append(f"median reply {middle:.0f} ms")
    facts.append(f"{len(record.log.clears)} clears")
    if record.underruns:
        facts.append(f"{len(record.underruns)} underruns ▾")
    figure.suptitle(
        title or f"Call {record.ids.call_id}",
        x=0.125,
        y=1.015,
        ha="left",
        fontsize=13,
        color=_INK,
        weight="bold",
    )
    figure.text(0.125, 0.915, "   ·   ".join(facts), ha="left", fontsize=9, color=_FAINT)
