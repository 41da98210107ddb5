"""Lines and polygons: geometry checked, repaired where that is safe, in the planning CRS."""

from __future__ import annotations

from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.crs import parse_crs
from geoplan.read.findings import Findings
from geoplan.read.sources import Source
from geoplan.text import Text

__all__ = ["Shapes", "crs_fits", "planning_shapes"]

Shapes = Literal["lines", "polygons"]
_WORDS = {"lines": Text("线", "lines"), "polygons": Text("面", "polygons")}
_TYPES = {"lines": (1, 5), "polygons": (3, 6)}  # GEOS ids of single and multi geometries
_GEOMETRY_COLLECTION = 7


def planning_shapes(
    source: Source, kind: Shapes, planning_crs: str, found: Findings
) -> NDArray[np.object_] | None:
    """Return the geometries of ``source`` in the planning CRS, row for row.

    Rows without usable geometry are ``None`` (one note counts them). ``None`` altogether, with
    faults, when the layer can't be used: no geometry, no CRS, another type, coordinates that
    its CRS can't have.
    """
    layer, words = source.layer, _WORDS[kind]
    if source.geometry is None:
        found.fault(
            f"{layer}.not_{kind}",
            layer,
            "",
            Text(f"没有几何，需要{words.zh}图层", f"has no geometry: {words.en} are needed"),
            Text("使用 GeoPackage、GeoJSON 或 Shapefile", "use GeoPackage, GeoJSON or Shapefile"),
        )
        return None
    geometry = shapely.force_2d(source.geometry)
    if not crs_fits(source, geometry, found):
        return None
    geometry = _of_kind(source, geometry, kind, found)
    if geometry is None:
        return None
    moved: NDArray[np.object_] = (
        gpd.GeoSeries(geometry, crs=source.crs).to_crs(planning_crs).to_numpy()
    )
    if not _finite(moved).all():
        found.fault(
            "crs.coordinates",
            layer,
            "",
            Text(
                f"坐标无法转换到 {planning_crs}",
                f"coordinates can't be brought into {planning_crs}",
            ),
            Text("检查文件声明的坐标系", "check the CRS that the file declares"),
        )
        return None
    return moved


def crs_fits(source: Source, geometry: NDArray[np.object_], found: Findings) -> bool:
    """Tell whether a source says its CRS and its coordinates can be of that CRS, else say why."""
    layer = source.layer
    crs = parse_crs(source.crs) if source.crs is not None else None
    if crs is None:
        found.fault(
            "crs.missing",
            layer,
            "",
            Text("文件没有声明坐标系", "the file does not say its CRS"),
            Text("在 GIS 软件中为该图层指定坐标系", "assign its CRS in a GIS"),
        )
        return False
    if np.all(shapely.is_missing(geometry) | shapely.is_empty(geometry)):
        found.fault(
            "layers.empty",
            layer,
            "",
            Text("没有任何几何", "holds no geometry at all"),
            Text("检查是否选对了文件或图层", "check that this is the right file or layer"),
        )
        return False
    wild = ~_finite(geometry)
    if wild.any():
        found.fault(
            "crs.coordinates",
            layer,
            _rows(source, wild),
            Text(
                f"{int(wild.sum())} 行的坐标不是有限数",
                f"{int(wild.sum())} rows hold coordinates that are no finite numbers",
            ),
            Text("修复或删除这些几何", "repair or remove these geometries"),
        )
        return False
    west, south, east, north = shapely.total_bounds(geometry)
    degrees = max(abs(west), abs(east)) <= 180.0 and max(abs(south), abs(north)) <= 90.0
    if crs.is_geographic and not degrees:
        found.fault(
            "crs.coordinates",
            layer,
            "",
            Text(
                f"声明为经纬度，坐标却在 {west:g}..{east:g}, {south:g}..{north:g}",
                f"declared as degrees, but it runs {west:g}..{east:g}, {south:g}..{north:g}",
            ),
            Text("指定正确的坐标系（似为米）", "assign the right CRS (they look like metres)"),
        )
        return False
    if crs.is_projected and degrees:
        found.fault(
            "crs.coordinates",
            layer,
            "",
            Text(
                f"声明为 {crs.name}，坐标却像经纬度",
                f"declared as {crs.name}, but looks like degrees",
            ),
            Text("指定正确的坐标系，如 EPSG:4326", "assign the right CRS, for instance EPSG:4326"),
        )
        return False
    return True


def _finite(geometry: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell for each geometry whether all its coordinates are finite (missing ones are)."""
    coords, row = shapely.get_coordinates(geometry, return_index=True)
    result = np.ones(len(geometry), dtype=bool)
    result[row[~np.isfinite(coords).all(axis=1)]] = False
    return result


def _of_kind(
    source: Source, geometry: NDArray[np.object_], kind: Shapes, found: Findings
) -> NDArray[np.object_] | None:
    """Keep lines or polygons, repair what is invalid; note what was repaired and left out."""
    layer, words = source.layer, _WORDS[kind]
    empty = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    fits = np.isin(shapely.get_type_id(geometry), (*_TYPES[kind], _GEOMETRY_COLLECTION))
    if not np.any(fits & ~empty):
        types = sorted({str(g.geom_type) for g in geometry[~empty]})
        found.fault(
            f"{layer}.not_{kind}",
            layer,
            "",
            Text(
                f"需要{words.zh}，实为 {', '.join(types)}",
                f"holds {', '.join(types)}, not {words.en}",
            ),
            Text(f"使用{words.zh}图层", f"use a layer of {words.en}"),
        )
        return None
    result: NDArray[np.object_] = geometry.copy()
    result[~fits | empty] = None
    # A line is invalid only when all its points coincide: there is nothing to repair.
    broken = ~shapely.is_valid(result) & ~shapely.is_missing(result)
    if kind == "polygons" and broken.any():
        result[broken] = shapely.make_valid(result[broken])
    for i in np.flatnonzero(shapely.get_type_id(result) == _GEOMETRY_COLLECTION):
        parts = shapely.get_parts(result[i])
        parts = shapely.get_parts(parts[np.isin(shapely.get_type_id(parts), _TYPES[kind])])
        join = shapely.multilinestrings if kind == "lines" else shapely.multipolygons
        result[i] = join(parts) if len(parts) else None
    if kind == "lines":
        result[shapely.length(result) == 0.0] = None
    if kind == "polygons" and broken.any():
        found.note(
            f"{layer}.repaired",
            layer,
            _rows(source, broken),
            Text(
                f"修复了 {int(broken.sum())} 个无效几何",
                f"{int(broken.sum())} invalid geometries repaired",
            ),
            Text("在 GIS 中检查这些面", "check these polygons in a GIS"),
        )
    dropped = shapely.is_missing(result)
    if dropped.any():
        n = int(dropped.sum())
        found.note(
            f"{layer}.dropped",
            layer,
            _rows(source, dropped),
            Text(
                f"{n} 行没有可用的{words.zh}，未使用",
                f"{n} rows without usable {words.en} left out",
            ),
            Text("检查这些行的几何", "check the geometry of these rows"),
        )
    return result


def _rows(source: Source, which: NDArray[np.bool_]) -> str:
    """Name the first few rows of a selection."""
    rows = [source.rows[i] for i in np.flatnonzero(which)]
    return ", ".join(rows[:5]) + (" ..." if len(rows) > 5 else "")
