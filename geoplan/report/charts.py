"""The report's charts: every bar is a figure of its table, written beside it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geoplan.plan_styles import phase_colour
from geoplan.report.pictures import (
    GREY,
    HATCHES,
    INK,
    LONGEST_KEY,
    Pen,
    cut_short,
)

__all__ = ["Series", "grouped_bars", "stacked_bars"]

_WIDTH_IN = 6.6
_LONGEST = 30  # places: a longer label is cut short


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a chart: its name, its values, and how each is written (may be empty)."""

    name: str
    values: tuple[float, ...]
    labels: tuple[str, ...]


def grouped_bars(
    pen: Pen, groups: Sequence[str], series: Sequence[Series], *, height_in: float = 2.2
) -> bytes:
    """Draw upright bars side by side in groups, with the figure above each bar."""
    canvas = pen.canvas(_WIDTH_IN, height_in)
    axes = canvas.add_axes((0.02, 0.24, 0.96, 0.68))
    step = 0.8 / max(1, len(series))
    most = max((max(one.values, default=0.0) for one in series), default=0.0) or 1.0
    handles: list[Any] = []
    for k, one in enumerate(series):
        places = [g - 0.4 + step * (k + 0.5) for g in range(len(groups))]
        colour = GREY if k else phase_colour(1)
        bars = axes.bar(
            places, one.values, width=step * 0.9, color="white" if k else colour,
            edgecolor=colour if k == 0 else INK, linewidth=0.7, hatch=HATCHES[k],
        )  # fmt: skip
        handles.append(bars)
        for place, value, label in zip(places, one.values, one.labels, strict=True):
            pen.write(axes, place, value + 0.015 * most, label, size=7.5, ha="center", va="bottom")
    axes.set_ylim(0, most * 1.15)
    axes.set_xlim(-0.6, len(groups) - 0.4)
    _bare(axes)
    axes.set_yticks([])
    pen.ticks(axes.xaxis, [float(g) for g in range(len(groups))], list(groups), 8.5)
    pen.legend(
        canvas, handles, [one.name for one in series], size=8, loc="lower center",
        ncols=len(series), frameon=False, bbox_to_anchor=(0.5, -0.02),
    )  # fmt: skip
    return pen.png(canvas)


def stacked_bars(
    pen: Pen, rows: Sequence[str], series: Sequence[Series], totals: Sequence[str]
) -> bytes:
    """Draw lying bars, one per row from the top, stacked by series, with the total behind."""
    height_in = 0.75 + 0.235 * len(rows)
    canvas = pen.canvas(_WIDTH_IN, height_in)
    bottom = 0.45 / height_in
    longest = max((min(_LONGEST, _places(row)) for row in rows), default=0)
    left = (0.15 + 0.062 * longest) / _WIDTH_IN
    axes = canvas.add_axes((left, bottom, 0.98 - left, 1 - bottom - 0.05 / height_in))
    ends = [0.0] * len(rows)
    places = [float(k) for k in range(len(rows))]
    handles: list[Any] = []
    for k, one in enumerate(series):
        colour = phase_colour(k + 1)
        bars = axes.barh(
            places, one.values, left=ends, height=0.68, color=colour, edgecolor="white",
            linewidth=0.4, hatch=HATCHES[k % len(HATCHES)],
        )  # fmt: skip
        handles.append(bars)
        ends = [end + value for end, value in zip(ends, one.values, strict=True)]
    most = max(ends, default=0.0) or 1.0
    for place, end, total in zip(places, ends, totals, strict=True):
        pen.write(axes, end + 0.008 * most, place, total, size=7.5, ha="left", va="center")
    axes.set_xlim(0, most * 1.14)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    _bare(axes)
    axes.set_xticks([])
    pen.ticks(axes.yaxis, places, list(rows), 8)
    if len(series) > 1:
        pen.legend(
            canvas, handles, [cut_short(one.name, LONGEST_KEY) for one in series], size=8,
            loc="lower center", ncols=min(6, len(series)), frameon=False,
            bbox_to_anchor=(0.5, -0.01),
        )  # fmt: skip
    return pen.png(canvas)


def _places(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _bare(axes: Any) -> None:
    """Leave the axes only what carries meaning."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    axes.tick_params(length=0, colors=INK)
