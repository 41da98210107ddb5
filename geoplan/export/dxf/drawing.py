"""What stands in the drawing: districts, routes and cables by phase and method, sites as blocks.

Coordinates are those of the planning CRS in metres, east to the right. Every line carries its row
of the sheets as extended data (``name=value``), every site as invisible attributes; text that
belongs to lines stands in layers of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geoplan.export.about import about_pack, drawn_in
from geoplan.export.dxf.canvas import (
    PLACE,
    Canvas,
    drawn_safe,
    layer_name,
    new_canvas,
    places,
    turned,
)
from geoplan.export.dxf.title import LegendRow, add_title
from geoplan.export.selection import WHOLE, Selection
from geoplan.export.sheets import phase_title
from geoplan.export.shown import shown_cell
from geoplan.export.tables import Listing, exact_text
from geoplan.export.words import word
from geoplan.export.works import (
    WorkLayer,
    outlines_shown,
    pack_column,
    phase_totals,
    work_layers,
)
from geoplan.plan import Plan
from geoplan.plan_styles import phase_colour
from geoplan.text import Language, Text

__all__ = ["write_dxf"]

Stages = Mapping[int, str]  # name of each phase

# line type, and width in hundredths of a millimetre, by method
_LINES = {
    "direct_buried": ("Continuous", 50),
    "duct": ("GEOPLAN_DUCT", 50),
    "aerial": ("GEOPLAN_AERIAL", 50),
    "pull": ("GEOPLAN_PULL", 35),
    "light": ("GEOPLAN_LIGHT", 18),
}
# radius of a mark and height of the name beside it, in metres on the ground
_SIZES = {
    "core": (160.0, 120.0),
    "district": (110.0, 90.0),
    "township": (70.0, 60.0),
    "municipal": (20.0, 20.0),
    "ring_pair": (30.0, 20.0),
    "splitter": (30.0, 20.0),
}
_BLOCKS = {look: f"GEOPLAN_{look.upper()}" for look in _SIZES}
_ATTRIBUTES = (
    *("site_id", "name", "level", "district_name", "lot", "phase", "position_quality", "home_id"),
    *("ways_required", "cores_per_way", "path_length_m", "loss_db", "optic"),
    *("equipment_cents", "cost_share_cents"),
)
_FEEDERS = ("ring_pair", "splitter")
_FEEDER_ATTRIBUTES = ("feeder_id", "architecture", "home_id", "cores", "sites_served", "phase")
# text along a line is as long as this part of the line, its height within limits
_LABEL_SHARE, _LABEL_LEAST_M, _LABEL_MOST_M = 0.8, 2.0, 30.0
# where it stands, in heights from the line: what lies in one duct must not be written over
_LABEL_ASIDE = {"cables": -3.0, "light": -1.6}
_LABEL_ABOVE = 0.5
_DISTRICT_SHARE, _DISTRICT_LEAST_M, _DISTRICT_MOST_M = 1 / 22, 100.0, 700.0
_TITLE_SHARE = 1 / 160  # of the longer side of the drawing
_LEAST_TITLE_M = 2.0


def write_dxf(
    plan: Plan, out_dir: Path, *, language: Language, selection: Selection = WHOLE
) -> list[Path]:
    """Draw the works of all phases, or of one, or of a lot, as ``works-<language>.dxf``.

    Layers are called after phase and method. Cables lie in the routes, so that their layers are
    switched off at first, as is the text along lines.

    Raises
    ------
    OSError
        The folder can't be written.
    """
    stages = {k: phase_title(plan, k, language) for k in selection.numbers(plan)}
    canvas = new_canvas()
    _add_blocks(canvas)
    layers = work_layers(plan, selection, language)
    districts = plan["districts"][outlines_shown(plan, selection, layers)]
    _add_outlines(canvas, districts, selection, language)
    drawn: dict[tuple[int, str], str] = {}  # layer of each phase and look
    for work in layers:
        for row, shape in enumerate(work.shapes):
            if shape is None:
                continue
            add = _add_site if work.name in ("sites", "feeders") else _add_line
            layer = add(canvas, stages, work, row, shape, language)
            if work.name != "cables":
                drawn[work.phases[row], work.looks[row]] = layer
    low, high = _extent(districts, layers)
    height = max(_LEAST_TITLE_M, _TITLE_SHARE * max(high[0] - low[0], high[1] - low[1]))
    end = add_title(
        canvas,
        corner=(high[0] + 6 * height, high[1]),
        height=height,
        layer=canvas.layer(Text("图框与说明", "title block").get(language)),
        title=selection.title(plan, language),
        about=_about(plan, selection, language),
        legend=_legend(drawn, stages, language),
        totals=phase_totals(plan, selection, language),
        language=language,
    )
    _look_at(canvas, (low[0], min(low[1], end[1])), (max(high[0], end[0]), high[1]))
    path = selection.path(out_dir, language, ".dxf")
    canvas.save(path)
    return [path]


def _about(plan: Plan, selection: Selection, language: Language) -> Listing:
    """Return what to know about the pack, and about its layers."""
    about = about_pack(plan, selection, drawn_in(plan, language), language)
    layers = (
        Text("图层", "layers"),
        Text(
            "按分期和敷设方式分层；新建光缆与路由重合，其图层和标注图层默认关闭，需要时打开",
            "by phase and method; new cables lie in the routes: their layers and those of the "
            "text along lines are switched off, turn them on when needed",
        ),
    )
    row = tuple(text.get(language) for text in layers)
    return Listing(about.fields, (*about.rows, row))


def _legend(
    drawn: Mapping[tuple[int, str], str], stages: Stages, language: Language
) -> list[LegendRow]:
    """Return the legend: marks and lines of each phase in one order."""
    rows = []
    for number, stage in stages.items():
        for look in (*_SIZES, *_LINES):
            if (number, look) in drawn:
                column = "method" if look in _LINES else "level"
                said = word("architecture" if look in _FEEDERS else column, look, language)
                block = _BLOCKS.get(look, "")
                rows.append(LegendRow(f"{stage} · {said}", drawn[number, look], block))
    return rows


# ---- lines ------------------------------------------------------------------------------------


def _add_line(
    canvas: Canvas, stages: Stages, work: WorkLayer, row: int, shape: Any, language: Language
) -> str:
    """Draw one stretch or cable with its row and the text along it; return its layer."""
    number, method = work.phases[row], work.looks[row]
    said = word("method", method, language)
    cables = work.name == "cables"
    if cables:
        said = f"{work.title} {said}"
    stage = stages[number]
    linetype, weight = _LINES[method]
    name = canvas.layer(
        layer_name(f"P{number}", stage, said),
        colour=phase_colour(number),
        linetype="Continuous" if cables else linetype,
        weight=9 if cables else weight,
        shown=not cables,
    )
    fields, cells = work.listing.fields, work.listing.rows[row]
    exact = [
        f"{pack_column(field)}={exact_text(cell, field.kind)}"
        for field, cell in zip(fields, cells, strict=True)
    ]
    points = [(float(x), float(y)) for x, y in shapely.get_coordinates(shape)]
    canvas.line(points, name, exact)
    shown = {
        field.name: shown_cell(cell, field.kind) for field, cell in zip(fields, cells, strict=True)
    }
    if cables:
        cores = Text("芯", " cores").get(language)
        text = f"{shown['cable_id']} {shown['size_cores']}{cores} {shown['sheath_m']} m"
    else:
        text = f"{shown['edge_id']} {shown['method']} {shown['length_m']} m"
    kind = Text("光缆标注", "text of cables") if cables else Text("路由标注", "text of routes")
    label = layer_name(f"P{number}", stage, kind.get(language))
    aside = _LABEL_ASIDE.get("cables" if cables else method, _LABEL_ABOVE)
    _write_along(canvas, text, points, canvas.layer(label, shown=False), aside)
    return name


def _write_along(
    canvas: Canvas,
    text: str,
    points: list[tuple[float, float]],
    layer: str,
    aside: float,
) -> None:
    """Write text beside the longest straight part of a line, ``aside`` heights to its left."""
    pairs = pairwise(points)
    start, end = max(pairs, key=lambda pair: math.dist(*pair))
    room = _LABEL_SHARE * math.dist(start, end) / (places(text) * PLACE)
    height = round(min(max(room, _LABEL_LEAST_M), _LABEL_MOST_M), 1)
    turn = turned(start, end)
    x = (start[0] + end[0]) / 2 - aside * height * math.sin(math.radians(turn))
    y = (start[1] + end[1]) / 2 + aside * height * math.cos(math.radians(turn))
    canvas.text(text, x, y, height, layer, align="centre", turn_deg=turn)


# ---- sites ------------------------------------------------------------------------------------


def _add_blocks(canvas: Canvas) -> None:
    """Define the mark of each level, of radius 1, with the attributes that a site carries."""
    for look, name in _BLOCKS.items():
        block = canvas.doc.blocks.new(name)
        if look in ("district", "core"):
            corners = 4 if look == "district" else 10
            turn = math.pi / 4 if look == "district" else math.pi / 2
            block.add_lwpolyline(
                [
                    (radius * math.cos(angle), radius * math.sin(angle))
                    for k in range(corners)
                    for radius in (0.45 if look == "core" and k % 2 else 1.0,)
                    for angle in (turn + 2 * math.pi * k / corners,)
                ],
                close=True,
            )
        elif look == "splitter":
            block.add_lwpolyline([(-0.87, -0.5), (0.87, -0.5), (0.0, 1.0)], close=True)
        else:
            block.add_circle((0, 0), 1.0)
        if look == "municipal":
            block.add_circle((0, 0), 0.3)
        feeder = look in _FEEDERS
        for k, column in enumerate(_FEEDER_ATTRIBUTES if feeder else _ATTRIBUTES):
            tag = column.removesuffix("_cents").upper()
            attribute = block.add_attdef(tag, (1.2, -0.2 * k), height=0.15)
            attribute.is_invisible = True


def _add_site(
    canvas: Canvas, stages: Stages, work: WorkLayer, row: int, shape: Any, language: Language
) -> str:
    """Draw one site or feeder with its name and attributes; return its layer."""
    number, look = work.phases[row], work.looks[row]
    column = "architecture" if work.name == "feeders" else "level"
    said, stage = word(column, look, language), stages[number]
    name = canvas.layer(layer_name(f"P{number}", stage, said), colour=phase_colour(number))
    radius, height = _SIZES[look]
    mark = canvas.space.add_blockref(
        _BLOCKS[look],
        (shape.x, shape.y),
        dxfattribs={"layer": name, "xscale": radius, "yscale": radius, "zscale": radius},
    )
    cells = {
        field.name: exact_text(cell, field.kind)
        for field, cell in zip(work.listing.fields, work.listing.rows[row], strict=True)
    }
    attributes = _FEEDER_ATTRIBUTES if work.name == "feeders" else _ATTRIBUTES
    mark.add_auto_attribs(
        {c.removesuffix("_cents").upper(): drawn_safe(cells[c]) for c in attributes}
    )
    label = layer_name(f"P{number}", stage, Text("站名", "names").get(language))
    shown = cells["feeder_id" if work.name == "feeders" else "name"]
    # the core often stands in the building of a hub
    up = 0.9 if look == "core" else -0.4
    where = (shape.x + 1.3 * radius, shape.y + up * height)
    canvas.text(shown, *where, height, canvas.layer(label))
    return name


# ---- the sheet --------------------------------------------------------------------------------


def _add_outlines(
    canvas: Canvas, districts: pd.DataFrame, selection: Selection, language: Language
) -> None:
    """Draw the districts and their names below everything else; that of the lot stands out."""
    assert isinstance(districts, gpd.GeoDataFrame)
    whole, other = Text("行政区界", "districts"), Text("行政区界-他标段", "districts, other lots")
    said = whole if selection.lot is None else other
    rest = canvas.layer(said.get(language), colour="#8a949e")
    own = rest
    if (districts["code"] == selection.lot).any():
        said = Text("行政区界-本标段", "district of this lot")
        own = canvas.layer(said.get(language), colour="#e65100", weight=50)
    names = canvas.layer(Text("行政区名", "names of districts").get(language), colour="#8a949e")
    columns = (districts["code"], districts["name"], districts.geometry)
    for code, name, shape in zip(*columns, strict=True):
        if shape is None or shape.is_empty:
            continue
        for part in shapely.get_parts(shape):
            for ring in (part.exterior, *part.interiors):
                points = [(float(x), float(y)) for x, y in ring.coords]
                canvas.line(points, own if code == selection.lot else rest, ())
        inside = shape.representative_point()
        height = _DISTRICT_SHARE * math.sqrt(shape.area)
        height = round(min(max(height, _DISTRICT_LEAST_M), _DISTRICT_MOST_M))
        canvas.text(str(name), inside.x, inside.y, height, names, align="centre")


def _extent(
    districts: pd.DataFrame, layers: list[WorkLayer]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the corners of what is drawn: works and districts."""
    shapes = [shape for work in layers for shape in work.shapes if shape is not None]
    shapes += [shape for shape in districts.geometry if shape is not None]
    west, south, east, north = shapely.total_bounds([s for s in shapes if not s.is_empty])
    return (float(west), float(south)), (float(east), float(north))


def _look_at(canvas: Canvas, low: tuple[float, float], high: tuple[float, float]) -> None:
    """Open the drawing on everything in it."""
    canvas.space.reset_extents((*low, 0), (*high, 0))
    centre = ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2)
    height = max(high[1] - low[1], (high[0] - low[0]) / 1.6)
    canvas.doc.set_modelspace_vport(height=1.05 * height, center=centre)
