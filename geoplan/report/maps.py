"""The report's maps: the present state, and the plan by the end of each phase.

The whole city stands beside its centre enlarged, because most municipal units lie within a few
kilometres. Routes of the phase shown are bold; those of earlier phases are thin.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.plan import Plan
from geoplan.plan_styles import phase_colour
from geoplan.report.pictures import GREY, INK, LONGEST_KEY, Pen, cut_short
from geoplan.text import Language, Text
from geoplan.units import M_PER_KM

__all__ = ["phase_map", "present_map"]

_SIZE_IN = (6.9, 4.7)
_PANELS = ((0.005, 0.1, 0.51, 0.89), (0.52, 0.1, 0.475, 0.89))  # left, bottom, width, height
_RATIOS = tuple(p[2] * _SIZE_IN[0] / (p[3] * _SIZE_IN[1]) for p in _PANELS)
_WATER, _ROAD, _LAND, _BORDER = "#dfe9f0", "#d8d2c4", "#fafafa", "#9aa0a6"
_LINES: dict[str, Any] = {
    "direct_buried": "-", "duct": "-", "aerial": (0, (5, 1.5)),
    "pull": (0, (2.2, 1.2)), "light": (0, (1, 1)),
}  # fmt: skip
_CENTRE_MARGIN = 1.15
_SCALES_KM = (0.5, 1, 2, 5, 10, 20, 50)
_NAMED_SHARE = 0.03
_FAR = 0.9
"""Share of the municipal units that the enlarged centre holds at least."""


def present_map(plan: Plan, pen: Pen, language: Language) -> bytes:
    """Draw what is there today: existing ducts, the units, the seats that nothing reaches."""
    canvas, panels = _sheet(plan, pen)
    for panel in panels:
        _draw_lines(panel, plan["existing_ducts"], INK, 0.9, "-", 3)
        _draw_sites(panel, plan, 0)
    handles = [_line_key(INK, 0.9, "-"), *_site_keys("#ffffff")]
    labels = [
        Text("现有管道与光缆", "existing ducts and cables"), Text("核心节点", "core node"),
        Text("区级汇聚节点（规划）", "district hub (planned)"),
        Text("市级单位", "municipal unit"), Text("乡镇街道（未接入）", "township (not served)"),
    ]  # fmt: skip
    _finish(canvas, panels, pen, handles, [label.get(language) for label in labels], language)
    return pen.png(canvas)


def phase_map(plan: Plan, number: int, pen: Pen, language: Language) -> bytes:
    """Draw the plan by the end of phase ``number``."""
    canvas, panels = _sheet(plan, pen)
    routes = plan["routes"]
    names = plan["phases"].set_index("number")[f"name_{language}"].to_dict()
    done = [int(k) for k in plan["phases"]["number"] if k <= number]
    for panel in panels:
        for k in done:
            width = _width(k, number)
            for method, style in _LINES.items():
                rows = routes[(routes["phase"] == k) & (routes["method"] == method)]
                _draw_lines(panel, rows, phase_colour(k), width, style, 3 + k)
        _draw_sites(panel, plan, number)
    handles = [_line_key(phase_colour(k), _width(k, number), "-") for k in done]
    labels = [cut_short(str(names[k]), LONGEST_KEY) for k in done]
    reused = Text("利用现有管孔（虚线）、纤芯（点线）", "existing bores (dashed), cores (dotted)")
    handles += [_line_key(INK, 1.0, _LINES["light"]), *_site_keys("#6b7280")]
    labels += [
        text.get(language)
        for text in (
            reused, Text("核心节点", "core node"), Text("区级汇聚节点", "district hub"),
            Text("市级单位", "municipal unit"),
            Text("乡镇街道（空心：尚未接入）", "township (hollow: not yet)"),
        )
    ]  # fmt: skip
    _finish(canvas, panels, pen, handles, labels, language)
    return pen.png(canvas)


def _width(phase: int, number: int) -> float:
    """Return how wide a phase is drawn: the older, the thinner, so that grey paper tells them."""
    return (1.8, 1.0, 0.45)[min(number - phase, 2)]


def _sheet(plan: Plan, pen: Pen) -> tuple[Any, list[Any]]:
    """Return a picture with the whole city on the left and its centre on the right."""
    canvas = pen.canvas(*_SIZE_IN)
    panels = [canvas.add_axes(place) for place in _PANELS]
    boxes = [_frame(plan), _centre(plan)]
    for panel, box, ratio in zip(panels, boxes, _RATIOS, strict=True):
        _base(panel, plan)
        west, south, east, north = _shaped(box, ratio)
        panel.set_xlim(west, east)
        panel.set_ylim(south, north)
        panel.set_aspect("equal")
        panel.set_xticks([])
        panel.set_yticks([])
        for side in panel.spines.values():
            side.set_color(GREY)
            side.set_linewidth(0.6)
    _name_districts(panels[0], plan, pen)
    west, south, east, north = _shaped(boxes[1], _RATIOS[1])
    panels[0].plot(
        [west, east, east, west, west], [south, south, north, north, south],
        color=INK, linewidth=0.7, zorder=20,
    )  # fmt: skip
    return canvas, panels


def _frame(plan: Plan) -> NDArray[np.float64]:
    """Return west, south, east, north of everything that is shown."""
    layers = [plan["districts"], plan["sites"], plan["routes"]]
    shapes = [np.asarray(layer.geometry.array, dtype=object) for layer in layers]
    held = np.concatenate(shapes)
    held = held[~(shapely.is_missing(held) | shapely.is_empty(held))]
    return np.asarray(shapely.total_bounds(held)) if len(held) else np.array([0.0, 0.0, 1.0, 1.0])


def _centre(plan: Plan) -> NDArray[np.float64]:
    """Return a box around the core that holds most municipal units; the city without them."""
    sites = plan["sites"]
    held = sites[sites["level"].isin(["core", "municipal"]) & sites.geometry.notna()]
    if len(held) < 2:
        return _frame(plan)
    x, y = held.geometry.x.to_numpy(), held.geometry.y.to_numpy()
    far = (1 - _FAR) / 2
    low = np.array([np.quantile(x, far), np.quantile(y, far)])
    high = np.array([np.quantile(x, 1 - far), np.quantile(y, 1 - far)])
    middle, half = (low + high) / 2, np.maximum((high - low) / 2 * _CENTRE_MARGIN, 500.0)
    return np.concatenate([middle - half, middle + half])


def _shaped(box: NDArray[np.float64], ratio: float) -> tuple[float, float, float, float]:
    """Return the box grown to width : height = ``ratio``, with a small margin."""
    middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    width, height = max(box[2] - box[0], 1.0) * 1.04, max(box[3] - box[1], 1.0) * 1.04
    width, height = max(width, height * ratio), max(height, width / ratio)
    return (
        middle_x - width / 2, middle_y - height / 2, middle_x + width / 2, middle_y + height / 2,
    )  # fmt: skip


def _base(panel: Any, plan: Plan) -> None:
    """Draw districts, and water and roads where the plan holds them."""
    panel.set_facecolor("white")
    _fill(panel, plan["districts"], _LAND, _BORDER, 0.5, 1)
    if "water_base" in plan.tables:
        _fill(panel, plan["water_base"], _WATER, _WATER, 0.2, 1.5)
    if "roads_base" in plan.tables:
        _draw_lines(panel, plan["roads_base"], _ROAD, 0.35, "-", 2)


def _name_districts(panel: Any, plan: Plan, pen: Pen) -> None:
    """Write the names of the districts that are large enough to hold them, above every mark."""
    districts = plan["districts"]
    if not len(districts):
        return
    from matplotlib.patheffects import withStroke

    area = districts.geometry.area.to_numpy()
    large = districts[area > _NAMED_SHARE * area.sum()]
    for name, point in zip(large["name"], large.geometry.representative_point(), strict=True):
        pen.write(
            panel, point.x, point.y, str(name), size=7, longest=12, ha="center", va="center",
            color="#5b616a", zorder=18,
            path_effects=[withStroke(linewidth=1.4, foreground="white")],
        )  # fmt: skip


def _fill(panel: Any, layer: Any, face: str, edge: str, width: float, order: float) -> None:
    from matplotlib.collections import PolyCollection

    shapes = _parts(layer)
    rings = [shapely.get_coordinates(shape.exterior) for shape in shapes]
    panel.add_collection(
        PolyCollection(rings, facecolors=face, edgecolors=edge, linewidths=width, zorder=order),
        autolim=False,
    )


def _draw_lines(
    panel: Any, layer: Any, colour: str, width: float, style: Any, order: float
) -> None:
    from matplotlib.collections import LineCollection

    lines = [shapely.get_coordinates(shape) for shape in _parts(layer)]
    if lines:
        panel.add_collection(
            LineCollection(
                lines, colors=colour, linewidths=width, linestyles=style, zorder=order,
                capstyle="butt",
            ),
            autolim=False,
        )  # fmt: skip


def _parts(layer: Any) -> list[Any]:
    """Return the single lines or polygons of a layer, empty ones left out."""
    if not isinstance(layer, gpd.GeoDataFrame) or not len(layer):
        return []
    shapes = np.asarray(layer.geometry.array, dtype=object)
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    return list(shapely.get_parts(shapes))


def _draw_sites(panel: Any, plan: Plan, number: int) -> None:
    """Draw sites; those in service by phase ``number`` are filled."""
    sites = plan["sites"]
    sites = sites[sites.geometry.notna()]
    looks = {
        "municipal": ("o", 3.0, 14), "township": ("o", 9.0, 15),
        "district": ("s", 26.0, 16), "core": ("*", 90.0, 17),
    }  # fmt: skip
    for level, (marker, size, order) in looks.items():
        rows = sites[sites["level"] == level]
        live = ((rows["phase"] > 0) & (rows["phase"] <= number)).to_numpy(dtype=bool)
        for mask, filled in ((live, True), (~live, False)):
            points = rows.geometry[mask]
            face = INK if level == "core" else _face(level) if filled else "white"
            panel.scatter(
                points.x.to_numpy(), points.y.to_numpy(), s=size, marker=marker,
                facecolors=face, edgecolors=INK,
                linewidths=0.25 if level == "municipal" else 0.5, zorder=order,
            )  # fmt: skip


def _face(level: str) -> str:
    return {"municipal": "#4b5563", "township": "#6b7280", "district": "#111111"}[level]


def _line_key(colour: str, width: float, style: Any) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, linewidth=width, linestyle=style)


def _site_keys(township: str) -> list[Any]:
    from matplotlib.lines import Line2D

    hub = "#111111" if township != "#ffffff" else "#ffffff"
    unit = "#4b5563" if township != "#ffffff" else "#ffffff"
    marks = (("*", 8.0, INK), ("s", 5.0, hub), ("o", 2.2, unit), ("o", 3.4, township))
    return [
        Line2D(
            [], [], linestyle="none", marker=marker, markersize=size, markerfacecolor=face,
            markeredgecolor=INK, markeredgewidth=0.5,
        )
        for marker, size, face in marks
    ]  # fmt: skip


def _finish(
    canvas: Any, panels: list[Any], pen: Pen, handles: list[Any], labels: list[str],
    language: Language,
) -> None:  # fmt: skip
    """Add scale bars, the panels' names and the legend."""
    names = (Text("全市", "whole city"), Text("中心城区（放大）", "city centre, enlarged"))
    for panel, name in zip(panels, names, strict=True):
        _scale_bar(panel, pen)
        pen.write(
            panel, 0.02, 0.975, name.get(language), size=8, transform=panel.transAxes, va="top",
            zorder=30, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip
    pen.legend(
        canvas, handles, labels, size=7, loc="lower center", ncols=4, frameon=False,
        bbox_to_anchor=(0.5, -0.005), columnspacing=1.6, handlelength=2.4,
    )  # fmt: skip


def _scale_bar(panel: Any, pen: Pen) -> None:
    west, east = panel.get_xlim()
    south, north = panel.get_ylim()
    width = east - west
    km = max((k for k in _SCALES_KM if k * M_PER_KM < 0.3 * width), default=_SCALES_KM[0])
    x, y = west + 0.03 * width, south + 0.03 * (north - south)
    panel.plot(
        [x, x + km * M_PER_KM], [y, y], color=INK, linewidth=1.6, solid_capstyle="butt", zorder=30
    )
    pen.write(
        panel, x + km * M_PER_KM / 2, y + 0.012 * (north - south), f"{km:g} km", size=7,
        ha="center", va="bottom", zorder=30,
    )  # fmt: skip
