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
from geoplan.export.selection import WHOLE, Selection
from geoplan.export.sheets import phase_title
from geoplan.export.tables import Field, list_table
from geoplan.export.words import word
from geoplan.export.works import (
    WorkLayer,
    outlines_shown,
    owner_words,
    pack_column,
    phase_totals,
    with_column,
    work_layers,
    works_bill,
    works_schedule,
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
# fill, line and its width in millimetres of a district, and of that of the pack's lot
_OUTLINE = ("#00000000", "#455a64", "0.4")
_OWN_OUTLINE = ("#ff6f0014", "#e65100", "0.8")
# what is written beside a feature, and from which scale on
_SHOWN = {"sites": ("name", 100_000), "cables": ("", 0)}
_STRETCH_SHOWN = ("edge_id", 25_000)
_GEOMETRIES = {"sites": "Point", "feeders": "Point"}


def write_geopackage_pack(
    plan: Plan, out_dir: Path, *, language: Language, selection: Selection = WHOLE
) -> list[Path]:
    """Write sites, new and reused routes, cables and feeders of all phases or of one, or a lot.

    The file is ``works-<language>.gpkg``, or ``works-phase<k>-lot<l>-<language>.gpkg``.
    Layers carry a style by phase and method. Totals of phases and lots, the bill of quantities,
    the core schedule and what to know about the pack stand in tables beside them, the outlines of
    the districts below. Coordinates are those of the planning CRS.

    Raises
    ------
    OSError
        The folder can't be written.
    """
    about = about_pack(plan, selection, drawn_in(plan, language), language)
    marks = " ".join(f"{key}：{said}" if language == "zh" else f"{key}: {said}"
                     for key, said in about.rows)  # fmt: skip
    tables = (
        ("totals", Text("分期与标段汇总", "totals"), phase_totals(plan, selection, language)),
        ("bill", Text("工程量清单", "bill of quantities"), works_bill(plan, selection, language)),
        (
            "core_schedule",
            Text("纤芯配置表", "core schedule"),
            works_schedule(plan, selection, language),
        ),
        ("about", Text("使用说明", "about this pack"), about),
    )
    # what is added last is drawn on top
    order = ("cables", "existing_used", "new_routes", "feeders", "sites")
    works = sorted(work_layers(plan, selection, language), key=lambda work: order.index(work.name))
    layers = [_outlines(plan, selection, works, language, marks)]
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
    path = selection.path(out_dir, language, ".gpkg")
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


def _outlines(
    plan: Plan, selection: Selection, works: Sequence[WorkLayer], language: Language, marks: str
) -> FileLayer:
    """Return the districts' outlines: which lot a place belongs to, and whether to the pack's."""
    shown = outlines_shown(plan, selection, works)
    listing = list_table(plan, "districts", language, where=shown)
    districts = plan["districts"][shown]
    assert isinstance(districts, gpd.GeoDataFrame)
    rows: list[tuple[str, str, Symbol]] = []
    if selection.lot is not None:
        codes = districts["code"].tolist()
        said = owner_words(plan, codes, selection.lot, language)
        label = Text("标段", "lot").get(language)
        listing = with_column(listing, Field("whose_lot", label, "text"), said)
        look = {True: _OWN_OUTLINE, False: _OUTLINE}
        rows = [
            (text, text, fill_symbol(*look[code == selection.lot]))
            for code, text in zip(codes, said, strict=True)
        ]
    labels = _labels(listing.fields)
    words = Words(labels, "name", 2_000_000)
    return FileLayer(
        "districts",
        gpd.GeoDataFrame(listing_frame(listing), geometry=districts.geometry),
        "MultiPolygon",
        Text("行政区", "districts").get(language),
        marks,
        labels,
        categorized('"whose_lot"', rows, words) if rows else single(fill_symbol(*_OUTLINE), words),
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
