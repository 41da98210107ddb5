"""The KMZ pack: the works in Google Earth or any viewer of KML, a folder per phase.

KML knows one coordinate system, WGS-84 in degrees (OGC 12-007r2, 6.2). Everything that a viewer
needs is in the file. A viewer shows descriptions as HTML: they are made here from escaped text,
and balloons show nothing else, so that a name is never more than a name.
"""

from __future__ import annotations

import html
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import geopandas as gpd
import shapely
import simplekml

from geoplan.crs import WGS84
from geoplan.export.about import about_pack
from geoplan.export.archive import put
from geoplan.export.icons import icon_png
from geoplan.export.selection import WHOLE, Selection
from geoplan.export.sheets import phase_title
from geoplan.export.shown import shown_cell
from geoplan.export.tables import Cell, Field, Listing, exact_text
from geoplan.export.words import word
from geoplan.export.works import (
    WorkLayer,
    flat_text,
    pack_column,
    phase_totals,
    work_layers,
)
from geoplan.plan import Plan
from geoplan.plan_styles import LEVEL_MARKS, phase_colour
from geoplan.text import Language, Text

__all__ = ["write_kmz"]

# what is read well on imagery: colour and width in pixels of a line by method
_LINES = {
    "direct_buried": ("#ff4d3d", 4),
    "duct": ("#ffb000", 4),
    "aerial": ("#00d0ff", 4),
    "pull": ("#37d67a", 3),
    "light": ("#d9a6ff", 2),
}
_CABLE_PX = 1.5
# size of a mark and of the name beside it; the names of many stand only under the pointer
_SIZES = {
    "core": (1.3, 1.1),
    "district": (0.9, 0.9),
    "township": (0.55, 0.75),
    "municipal": (0.4, 0.0),
    "ring_pair": (0.6, 0.0),
    "splitter": (0.6, 0.0),
}
_SHAPES = {
    **{level: shape for level, _, shape, _ in LEVEL_MARKS},
    **{"ring_pair": "circle", "splitter": "triangle"},
}
_POINTER_NAME = 0.9
_DEGREES = 7  # decimals: a centimetre
_BALLOON = "$[description]"


def write_kmz(
    plan: Plan, out_dir: Path, *, language: Language, selection: Selection = WHOLE
) -> list[Path]:
    """Write the works of all phases, or of one, or of a lot, as ``works-<language>.kmz``.

    Each phase is a folder; in it the sites by level, new and reused routes and cables by method,
    each with its row of the sheets as ``ExtendedData``. Cables lie in the routes: their folder is
    switched off at first.

    Raises
    ------
    OSError
        The folder can't be written.
    """
    simplekml.Kml.resetidcounter()  # the same plan has the same ids
    kml = simplekml.Kml(name=_xml(selection.title(plan, language)), open=1)
    kml.parsetext(False)  # the library lets what stands in CDATA through: escaped here instead
    place = Text("WGS-84 经纬度（KML 唯一的坐标系）", "WGS-84 degrees, the only ones of KML")
    about = about_pack(plan, selection, place.get(language), language)
    kml.document.description = _xml(_table(about.rows))
    layers = work_layers(plan, selection, language)
    styles = {
        (layer.name, look, number): _style(layer.name, look, number)
        for layer in layers
        for look, number in sorted(set(zip(layer.looks, layer.phases, strict=True)))
    }
    kml.document.stylemaps.extend(styles.values())  # viewers look for shared styles there
    for number in selection.numbers(plan):
        folder = kml.newfolder(name=_xml(phase_title(plan, number, language)), open=1)
        folder.description = _xml(_totals(phase_totals(plan, selection.in_phase(number), language)))
        for layer in layers:
            _add_layer(folder, layer, number, styles, language)
    icons = sorted({shape for layer in layers for shape in map(_SHAPES.get, layer.looks) if shape})
    path = selection.path(out_dir, language, ".kmz")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        put(pack, "doc.kml", '<?xml version="1.0" encoding="UTF-8"?>\n' + kml.kml(format=False))
        for shape in icons:
            put(pack, _icon_path(shape), icon_png(shape))
    return [path]


def _add_layer(
    parent: Any, layer: WorkLayer, number: int, styles: dict[Any, Any], language: Language
) -> None:
    """Add the features of one phase: a folder for the layer, one in it per method or level."""
    mine = [i for i, phase in enumerate(layer.phases) if phase == number]
    if not mine:
        return
    shown = int(layer.name != "cables")
    folder = parent.newfolder(name=_xml(layer.title), visibility=shown)
    degrees = gpd.GeoSeries(list(layer.shapes), crs=layer.crs).to_crs(WGS84).to_numpy()
    column = {"sites": "level", "feeders": "architecture"}.get(layer.name, "method")
    lost = [_name(layer, i, language) for i in mine if degrees[i] is None]
    if lost:
        label = Text("无位置，不在图上", "no known place, not drawn").get(language)
        folder.description = _xml(_table([(label, ", ".join(lost))]))
    drawn = [i for i in mine if degrees[i] is not None]
    for look in _looks(layer, drawn):
        inner = folder.newfolder(name=_xml(word(column, look, language)), visibility=shown)
        for i in drawn:
            if layer.looks[i] != look:
                continue
            name = _name(layer, i, language)
            add = inner.newpoint if layer.name in ("sites", "feeders") else inner.newlinestring
            feature = add(name=_xml(name), visibility=shown)
            _place(feature, degrees[i])
            feature.stylemap = styles[layer.name, look, number]
            cells = layer.listing.rows[i]
            feature.description = _xml(_described(name, layer.listing.fields, cells))
            feature.snippet = simplekml.Snippet("", maxlines=0)
            for field, cell in zip(layer.listing.fields, cells, strict=True):
                text = exact_text(cell, field.kind)
                feature.extendeddata.newdata(pack_column(field), _xml(text), field.label)


def _looks(layer: WorkLayer, rows: Sequence[int]) -> list[str]:
    """Return the methods or levels of some rows in the order of the tables above."""
    there = {layer.looks[i] for i in rows}
    return [look for look in (*_SIZES, *_LINES) if look in there]


def _place(feature: Any, shape: Any) -> None:
    """Put a feature on the ground."""
    coordinates = shapely.get_coordinates(shape).round(_DEGREES)
    feature.coords = [(float(lon), float(lat)) for lon, lat in coordinates]
    if shape.geom_type == "LineString":
        feature.tessellate = 1


def _name(layer: WorkLayer, row: int, language: Language) -> str:
    """Return what a feature is called in the list of a viewer."""
    cells = {
        field.name: shown_cell(cell, field.kind)
        for field, cell in zip(layer.listing.fields, layer.listing.rows[row], strict=True)
    }
    if layer.name == "sites":
        return cells["name"]
    if layer.name == "feeders":
        return cells["feeder_id"]
    if layer.name == "cables":
        size = cells["size_cores"]
        return f"{cells['cable_id']} · {size}" + Text(" 芯", " cores").get(language)
    return f"{cells['edge_id']} · {cells['method']} · {cells['length_m']} m"


# ---- text -------------------------------------------------------------------------------------


def _xml(text: str) -> str:
    """Return text that stands in XML as it is, whatever characters are in it."""
    return escape(flat_text(text))


def _described(name: str, fields: Sequence[Field], cells: Sequence[Cell]) -> str:
    """Return the balloon of a feature: its name and every cell that is not empty."""
    rows = [
        (field.label, shown_cell(cell, field.kind))
        for field, cell in zip(fields, cells, strict=True)
        if cell not in (None, "")
    ]
    return f"<h3>{html.escape(name)}</h3>{_table(rows)}"


def _table(rows: Sequence[Sequence[Any]]) -> str:
    """Return rows of key and value as HTML; their text is escaped."""
    lines = (
        f"<tr><th align='left'>{html.escape(str(key))}</th><td>{html.escape(str(value))}</td></tr>"
        for key, value in rows
    )
    return f"<table>{''.join(lines)}</table>"


def _totals(totals: Listing) -> str:
    """Return the lots of a phase as an HTML table, a line each."""
    columns = [k for k, field in enumerate(totals.fields) if not field.name.startswith("phase")]
    shown = [(k, totals.fields[k]) for k in columns]
    head = "".join(f"<th>{html.escape(field.label)}</th>" for _, field in shown)
    lines = (
        "".join(f"<td>{html.escape(shown_cell(row[k], field.kind))}</td>" for k, field in shown)
        for row in totals.rows
    )
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


# ---- looks ------------------------------------------------------------------------------------


def _style(layer: str, look: str, number: int) -> Any:
    """Return what features look like, at rest and under the pointer."""
    rest, pointed = simplekml.Style(), simplekml.Style()
    for style in (rest, pointed):
        style.balloonstyle.text = _BALLOON
        if look in _SHAPES:
            size, name_size = _SIZES[look]
            style.iconstyle.icon.href = _icon_path(_SHAPES[look])
            style.iconstyle.color = _abgr(phase_colour(number))
            style.iconstyle.scale = size
            style.labelstyle.scale = name_size if style is rest else max(name_size, _POINTER_NAME)
        else:
            colour, width = _LINES[look]
            style.linestyle.color = _abgr(colour)
            thin = _CABLE_PX if layer == "cables" else width
            style.linestyle.width = thin if style is rest else thin + 2
    return simplekml.StyleMap(normalstyle=rest, highlightstyle=pointed)


def _abgr(colour: str) -> str:
    """Return ``#rrggbb`` as KML writes it: opacity, blue, green, red."""
    return f"ff{colour[5:7]}{colour[3:5]}{colour[1:3]}"


def _icon_path(shape: str) -> str:
    return f"files/{shape}.png"
