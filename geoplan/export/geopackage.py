"""The GeoPackage pack: what is built and served, styled for QGIS, with labels people can read.

Columns keep the plan's names (money in yuan), so that scripts of one pack fit the next; QGIS shows
the labels of the sheets instead, and values are the words of the sheets.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd

from geoplan.export.about import about_pack, drawn_in
from geoplan.export.frames import listing_frame
from geoplan.export.sheets import phase_title
from geoplan.export.tables import Field, list_table
from geoplan.export.words import word
from geoplan.export.works import (
    WorkLayer,
    pack_column,
    pack_path,
    phase_numbers,
    phase_totals,
    work_layers,
    works_bill,
)
from geoplan.geopackage import FileLayer, write_geopackage
from geoplan.plan import Plan
from geoplan.plan_styles import LEVEL_MARKS, phase_colour
from geoplan.qml import (
    Symbol,
    Words,
    categorized,
    fill_symbol,
    line_symbol,
    marker_symbol,
    plain,
    single,
)
from geoplan.text import Language, Text

__all__ = ["write_geopackage_pack"]

# width in millimetres and pattern of a line by method
_LINES = {
    "direct_buried": ("0.7", "solid"),
    "duct": ("1.0", "dash"),
    "aerial": ("0.8", "dash dot"),
    "pull": ("0.5", "dash"),
    "light": ("0.4", "dot"),
}
_CABLE = ("0.25", "solid")
_MARKS = {level: (shape, size) for level, _, shape, size in LEVEL_MARKS}
_FEEDER_MARKS = {"ring_pair": ("circle", "3.4"), "splitter": ("triangle", "3")}
# what is written beside a feature, and from which scale on
_SHOWN = {"sites": ("name", 100_000), "cables": ("", 0)}
_STRETCH_SHOWN = ("edge_id", 25_000)
_GEOMETRIES = {"sites": "Point", "feeders": "Point"}


def write_geopackage_pack(
    plan: Plan, out_dir: Path, *, language: Language, phase: int | None = None
) -> list[Path]:
    """Write sites, new and reused routes, cables and feeders of all phases or of one.

    The file is ``works-<language>.gpkg``, or ``works-phase<k>-<language>.gpkg``.
    Layers carry a style by phase and method. Totals of phases and lots, the bill of quantities,
    the core schedule and what to know about the pack stand in tables beside them, the outlines of
    the districts below. Coordinates are those of the planning CRS.

    Raises
    ------
    OSError
        The folder can't be written.
    """
    phases = phase_numbers(plan, phase)
    about = about_pack(plan, phases, drawn_in(plan, language), language)
    marks = " ".join(f"{key}：{said}" if language == "zh" else f"{key}: {said}"
                     for key, said in about.rows)  # fmt: skip
    scheduled = plan["core_schedule"]["phase"].isin(list(phases)).to_numpy(dtype=bool)
    tables = (
        ("totals", Text("分期与标段汇总", "totals"), phase_totals(plan, phases, language)),
        ("bill", Text("工程量清单", "bill of quantities"), works_bill(plan, phases, language)),
        (
            "core_schedule",
            Text("纤芯配置表", "core schedule"),
            list_table(plan, "core_schedule", language, where=scheduled),
        ),
        ("about", Text("使用说明", "about this pack"), about),
    )
    layers = [_outlines(plan, language, marks)]
    # what is added last is drawn on top
    order = ("cables", "existing_used", "new_routes", "feeders", "sites")
    works = sorted(work_layers(plan, phases, language), key=lambda work: order.index(work.name))
    layers += [_layer(plan, work, language, marks) for work in works]
    for name, title, listing in tables:
        labels = _labels(listing.fields)
        layers.append(
            FileLayer(
                name,
                listing_frame(listing),
                None,
                title.get(language),
                marks,
                labels,
                plain(Words(labels)),
            )
        )
    path = pack_path(out_dir, phase, language, ".gpkg")
    write_geopackage(layers, path)
    return [path]


def _layer(plan: Plan, work: WorkLayer, language: Language, marks: str) -> FileLayer:
    labels = _labels(work.listing.fields)
    shown, scale = _SHOWN.get(work.name, _STRETCH_SHOWN)
    if work.name == "feeders":
        shown = "feeder_id"
    shapes = gpd.GeoSeries(list(work.shapes), crs=work.crs)
    return FileLayer(
        work.name,
        gpd.GeoDataFrame(listing_frame(work.listing), geometry=shapes),
        _GEOMETRIES.get(work.name, "LineString"),
        work.title,
        marks,
        labels,
        _style(plan, work, language, Words(labels, shown, scale)),
    )


def _outlines(plan: Plan, language: Language, marks: str) -> FileLayer:
    """Return the districts' outlines: which lot a place belongs to."""
    listing = list_table(plan, "districts", language)
    labels = _labels(listing.fields)
    districts = plan["districts"]
    assert isinstance(districts, gpd.GeoDataFrame)
    return FileLayer(
        "districts",
        gpd.GeoDataFrame(listing_frame(listing), geometry=districts.geometry),
        "MultiPolygon",
        Text("行政区", "districts").get(language),
        marks,
        labels,
        single(fill_symbol("#00000000", "#455a64", "0.4"), Words(labels, "name", 2_000_000)),
    )


def _style(plan: Plan, work: WorkLayer, language: Language, words: Words) -> str:
    """Return the style of a layer: a colour per phase, a line or mark per method or level."""
    column = {"sites": "level", "feeders": "architecture"}.get(work.name, "method")
    rows: list[tuple[str, str, Symbol]] = []
    for phase, look in sorted(set(zip(work.phases, work.looks, strict=True))):
        said, colour = word(column, look, language), phase_colour(phase)
        if work.name == "sites":
            symbol = marker_symbol(*_MARKS[look], colour)
        elif work.name == "feeders":
            symbol = marker_symbol(*_FEEDER_MARKS[look], colour)
        else:
            # a cable shows between the dashes of the duct that it lies in
            width, pattern = _CABLE if work.name == "cables" else _LINES[look]
            symbol = line_symbol(colour, width, pattern)
        rows.append((f"{said} {phase}", f"{phase_title(plan, phase, language)} · {said}", symbol))
    return categorized(f'"{column}" || \' \' || "phase"', rows, words)


def _labels(fields: Sequence[Field]) -> dict[str, str]:
    return {pack_column(field): field.label for field in fields}
