"""``plan.plot()``: the plan as a matplotlib figure that looks like the map.

The only module of ``maps`` that imports matplotlib, and nothing imports it but the notebook door.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.lines import Line2D

from geoplan.maps.figures import steps
from geoplan.maps.words import WORDS
from geoplan.plan import Plan
from geoplan.plan_styles import phase_colour
from geoplan.plan_words import half
from geoplan.text import Language

__all__ = ["FONTS", "PlanFigure", "chinese_font", "plan_figure"]

FONTS = (
    *("Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", "Noto Sans CJK JP"),
    *("Source Han Sans SC", "WenQuanYi Micro Hei", "SimHei", "DejaVu Sans"),
)
"""Fonts of a system with Chinese characters, in the order in which they are taken."""

_INK, _GREY, _LINE = "#1d2733", "#8b95a0", "#aab3bd"
_DASHES = {"pull": (0, (4, 2)), "light": (0, (1, 1.6))}
_MARKS = {"municipal": ("o", 5), "township": ("o", 14), "district": ("s", 34), "core": ("D", 60)}


class PlanFigure(Figure):
    """A figure that a notebook shows, whether or not it has switched its inline backend on."""

    def _repr_png_(self) -> bytes:
        picture = io.BytesIO()
        self.savefig(picture, format="png", dpi=110)
        return picture.getvalue()


def plan_figure(plan: Plan, *, step: int | None = None, language: Language = "zh") -> PlanFigure:
    """Return the state of ``plan`` after phase ``step`` (the last by default) as a figure.

    No window is opened and no state of matplotlib is changed: the figure is a value, to be shown
    by a notebook or saved with ``savefig``.

    Raises
    ------
    ValueError
        When the plan has no such phase; 0 is the present state.
    """
    numbers = sorted(int(number) for number in plan["phases"]["number"])
    chosen = numbers[-1] if step is None else step
    if chosen not in (0, *numbers):
        raise ValueError(f"no phase {chosen}: the plan has 0 (today) to {numbers[-1]}")
    figure = PlanFigure(figsize=(7.2, 9.0), layout="constrained")
    axes = figure.add_subplot()
    _base(axes, plan)
    _routes(axes, plan, chosen)
    _sites(axes, plan, chosen)
    axes.autoscale_view()
    axes.set_aspect("equal")
    axes.set_axis_off()
    _words(axes, plan, chosen, language)
    return figure


def chinese_font(size_pt: float) -> FontProperties:
    """Return a font with Chinese characters: the one that comes with the extra, else a system's.

    matplotlib keeps a list of the system's fonts and misses those that came later; of the names
    asked for, it warns of each one that is not there.
    """
    try:
        import pylopdf_fonts_zh_cn as package
    except ImportError:
        known = {font.name for font in fontManager.ttflist}
        return FontProperties(family=[name for name in FONTS if name in known], size=size_pt)
    return FontProperties(fname=Path(package.sans_path()), size=size_pt)


def _lines(shapes: Any) -> list[Any]:
    known = [shape for shape in shapes if shape is not None and not shapely.is_empty(shape)]
    return [shapely.get_coordinates(part) for shape in known for part in shapely.get_parts(shape)]


def _draw(axes: Any, shapes: Any, colour: str, width: float, **more: Any) -> None:
    axes.add_collection(LineCollection(_lines(shapes), colors=colour, linewidths=width, **more))


def _base(axes: Any, plan: Plan) -> None:
    """Draw districts, water, roads and what is in the ground today."""
    for ring in _lines(shapely.boundary(np.asarray(plan["districts"]["geometry"], dtype=object))):
        axes.plot(ring[:, 0], ring[:, 1], color=_LINE, linewidth=0.7, zorder=1)
    if "water_base" in plan.tables:
        shapes = shapely.get_parts(np.asarray(plan["water_base"]["geometry"], dtype=object))
        for ring in _lines(shapely.get_exterior_ring(shapes)):
            axes.fill(ring[:, 0], ring[:, 1], color="#b9dcee", linewidth=0, zorder=1)
    if "roads_base" in plan.tables:
        _draw(axes, plan["roads_base"]["geometry"], "#c9d1d9", 0.5, zorder=2)
    _draw(axes, plan["existing_ducts"]["geometry"], "#66727f", 0.6, zorder=3)


def _routes(axes: Any, plan: Plan, step: int) -> None:
    routes = plan["routes"]
    for phase in range(1, step + 1):
        for method in sorted(set(routes["method"])):
            own = routes[(routes["phase"] == phase) & (routes["method"] == method)]
            _draw(
                axes, own["geometry"], phase_colour(phase), 2.2 if phase == step else 1.3,
                linestyles=[_DASHES.get(method, "solid")], zorder=4 + (phase == step),
            )  # fmt: skip


def _sites(axes: Any, plan: Plan, step: int) -> None:
    sites = plan["sites"]
    for level, (shape, size) in _MARKS.items():
        own = sites[(sites["level"] == level) & sites["placed"]]
        if not len(own):
            continue
        at = shapely.get_coordinates(np.asarray(own["geometry"], dtype=object))
        on = (own["phase"] > 0) & (own["phase"] <= step)
        faces = [
            phase_colour(k) if served else "#fff"
            for k, served in zip(own["phase"], on, strict=True)
        ]
        edges = ["#fff" if served else _GREY for served in on]
        if level == "core":
            faces, edges = [_INK] * len(own), ["#fff"] * len(own)
        axes.scatter(at[:, 0], at[:, 1], s=size, marker=shape, c=faces, edgecolors=edges,
                     linewidths=0.6, zorder=6 + size / 100)  # fmt: skip


def _words(axes: Any, plan: Plan, step: int, language: Language) -> None:
    """Write title, classification, figures, legend and the attribution of the data."""
    record = steps(plan)[step]
    title = str(plan.provenance[f"title_{language}"])
    mark = str(plan.provenance[f"classification_{language}"])
    told = (
        f"{record['name'].get(language)}    {WORDS['sites'].get(language)} "
        f"{record['sites'].get(language)}    {WORDS['weight'].get(language)} "
        f"{record['weight'].get(language)}    {WORDS['spent'].get(language)} "
        f"{record['spent'].get(language)}"
    )
    # parse_math off: a dollar sign in a name is a dollar sign
    axes.set_title(title, loc="left", font=chinese_font(13), color=_INK, pad=24, parse_math=False)
    axes.text(0, 1.012, told, transform=axes.transAxes, font=chinese_font(9), color=_INK,
              parse_math=False)  # fmt: skip
    if mark:
        axes.set_title(mark, loc="right", font=chinese_font(10), color="#b3261e", pad=24,
                       parse_math=False)  # fmt: skip
    names = [each["name"].get(language) for each in steps(plan)]
    handles = [
        Line2D([], [], color=phase_colour(k), linewidth=2.2, label=names[k])
        for k in range(1, step + 1)
    ]
    handles.append(
        Line2D([], [], color="#66727f", linewidth=0.8, label=WORDS["existing"].get(language))
    )
    levels = ("core", "core"), ("district", "hubs"), ("township", "townships")
    for level, key in (*levels, ("municipal", "municipal")):
        shape, size = _MARKS[level]
        handles.append(
            Line2D([], [], color=_INK, marker=shape, linestyle="none", markersize=size**0.5,
                   label=WORDS[key].get(language))
        )  # fmt: skip
    handles.append(
        Line2D([], [], color="#8b95a0", marker="o", markerfacecolor="#fff", linestyle="none",
               markersize=4, label=WORDS["waiting"].get(language))
    )  # fmt: skip
    axes.legend(handles=handles, loc="lower right", facecolor="#fff", edgecolor="none",
                framealpha=0.85, prop=chinese_font(9))  # fmt: skip
    lines = [half(str(line), language) for line in plan.provenance.get("attributions") or []]
    axes.text(0, -0.01, "\n".join(lines), transform=axes.transAxes, font=chinese_font(6.5),
              color="#5b6774", linespacing=1.5, verticalalignment="top",
              parse_math=False)  # fmt: skip
