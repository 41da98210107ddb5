"""Roads and water: the base on which routes run, from any source that carries them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.read.columns import as_text
from geoplan.read.findings import Findings
from geoplan.read.points import OUTSIDE_CITY_M, City
from geoplan.read.shapes import planning_shapes
from geoplan.read.sources import Source
from geoplan.schema import ROAD_CLASS_NAMES, STRUCTURE_NAMES
from geoplan.text import Text, control_characters, nearest

__all__ = ["OSM_ATTRIBUTION", "is_osm", "road_table", "water_table"]

OSM_ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"

Strings = NDArray[np.object_]

_OSM_COLUMNS = ("osm_id", "osm_way_id", "osmid", "@id", "full_id", "osm_type")
_ORIGIN_COLUMNS = ("attribution", "source", "copyright", "licence", "license", "origin")
_NO = ("", "no", "f", "false", "0", "none", "n")


def is_osm(source: Source) -> bool:
    """Tell whether a source comes from OpenStreetMap, by its names, columns or own words.

    Its licence (ODbL) wants the attribution on every output, so a hint is enough.
    """
    words = source.origin.replace("-", "_").replace(" ", "_")
    if "osm" in words or "openstreetmap" in words:
        return True
    by_fold = {str(name).casefold(): str(name) for name in source.frame.columns}
    if any(name in by_fold for name in _OSM_COLUMNS):
        return True
    for name in _ORIGIN_COLUMNS:
        if name in by_fold:
            said = as_text(source.frame[by_fold[name]]).str.casefold()
            if bool(said.str.contains("openstreetmap|odbl", regex=True).any()):
                return True
    return False


def road_table(
    source: Source, city: City | None, planning_crs: str, found: Findings
) -> gpd.GeoDataFrame | None:
    """Return roads (``schema.ROADS``), one row per single line, nothing clipped."""
    lines = planning_shapes(source, "lines", planning_crs, found)
    classes = _road_class(source, found)
    structure = _structure(source)
    if lines is None:
        return None
    _check_in_city(source, lines, city, found)
    parts, row = shapely.get_parts(lines, return_index=True)
    long_enough = shapely.length(parts) > 0.0
    parts, row = parts[long_enough], row[long_enough]
    data = pd.DataFrame({"road_class": classes[row], "structure": structure[row]}, dtype="str")
    return gpd.GeoDataFrame(data, geometry=parts, crs=planning_crs)


def water_table(source: Source, planning_crs: str, found: Findings) -> gpd.GeoDataFrame | None:
    """Return water as polygons (``kind``: the source's class, if it has one)."""
    shapes = planning_shapes(source, "polygons", planning_crs, found)
    if shapes is None:
        return None
    kinds = _column(source, ("kind", "class", "fclass", "natural", "water"))
    use = ~shapely.is_missing(shapes)
    kind = np.full(len(shapes), "", dtype=object) if kinds is None else kinds
    data = pd.DataFrame({"kind": _clean(kind[use])}, dtype="str")
    return gpd.GeoDataFrame(data, geometry=shapes[use], crs=planning_crs)


def _column(source: Source, names: tuple[str, ...]) -> Strings | None:
    """Return the first of ``names`` that the source has, as lower-case text."""
    by_fold = {str(name).casefold(): str(name) for name in source.frame.columns}
    for name in names:
        if name in by_fold:
            text = as_text(source.frame[by_fold[name]])
            return text.str.strip().str.casefold().to_numpy(dtype=object)
    return None


def _clean(values: Strings) -> list[str]:
    """Blank texts with control characters (they only sort roads, nobody needs them)."""
    bad = {value for value in set(values.tolist()) if control_characters(value)}
    return ["" if value in bad else value for value in values]


def _road_class(source: Source, found: Findings) -> Strings:
    classes = _column(source, ROAD_CLASS_NAMES)
    if classes is not None:
        cleaned = np.array(_clean(classes), dtype=object)
        cleaned[cleaned == ""] = "unknown"
        return cleaned
    close = ""
    for name in source.frame.columns:
        close = close or (str(name) if nearest(str(name), ROAD_CLASS_NAMES) else "")
    listed = ", ".join(ROAD_CLASS_NAMES)
    what = Text(f"没有道路等级列（{listed}）", f"has no column of road classes ({listed})")
    if close:
        cure = Text(
            f"把列 {close} 改名为 road_class？", f"rename the column {close} to road_class?"
        )
        found.fault("roads.missing_column", source.layer, "", what, cure)
    else:
        cure = Text(
            "补上 road_class，否则高速公路与一般道路不分",
            "add road_class: without it motorways can't be told from streets",
        )
        found.note("roads.no_class", source.layer, "", what, cure)
    return np.full(len(source.frame), "unknown", dtype=object)


def _structure(source: Source) -> Strings:
    """Return ``bridge``, ``tunnel`` or ``none`` for each road."""
    result = np.full(len(source.frame), "none", dtype=object)
    said = _column(source, STRUCTURE_NAMES)
    if said is not None:
        for word in ("bridge", "tunnel"):
            result[[word in value for value in said]] = word
    for word in ("bridge", "tunnel"):
        flags = _column(source, (word,))
        if flags is not None:
            result[~np.isin(flags, _NO)] = word
    return result


def _check_in_city(
    source: Source,
    lines: Strings,
    city: City | None,
    found: Findings,
) -> None:
    """Refuse roads of which none comes near the city: a wrong file, or a wrong CRS."""
    if city is None:
        return
    there = lines[~shapely.is_missing(lines)]
    if not shapely.dwithin(there, city.union, OUTSIDE_CITY_M).any():
        far_m = float(shapely.distance(there, city.union).min())
        found.fault(
            "roads.outside_city",
            source.layer,
            "",
            Text(
                f"没有一条道路经过本市（最近 {far_m / 1000:,.1f} 公里）",
                f"no road comes near the city (nearest {far_m / 1000:,.1f} km)",
            ),
            Text("检查文件及其坐标系", "check the file and its CRS"),
        )
