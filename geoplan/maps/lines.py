"""Coordinates for the page: WGS-84, simplified, as delta-coded integers.

One unit is 1e-5 degrees (about one metre). Differences of neighbouring vertices are short
numbers, which makes the file several times smaller than GeoJSON (design page "outputs").
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = [
    "UNITS_PER_DEGREE",
    "delta_coded",
    "delta_coded_all",
    "point_coded",
    "reprojected",
    "ring_coded",
]

UNITS_PER_DEGREE = 100_000
_WGS84 = 4326


def reprojected(frame: Any, planning_crs: str, tolerance_m: float) -> NDArray[np.object_]:
    """Return the geometries of ``frame`` in WGS-84, simplified by ``tolerance_m`` before.

    Missing and empty geometries come back as ``None``. Simplification happens in the planning
    CRS, where the tolerance is a length; topology between rows is not kept (it is a picture).
    """
    if not len(frame) or "geometry" not in frame:
        return np.full(len(frame), None, dtype=object)
    series = gpd.GeoSeries(np.asarray(frame["geometry"], dtype=object), crs=None)
    crs = getattr(frame, "crs", None) or planning_crs
    if tolerance_m > 0:
        # Douglas-Peucker; GEOS keeps the ends, so that stretches still meet
        series = series.simplify(tolerance_m, preserve_topology=False)
    shapes = np.asarray(series.set_crs(crs).to_crs(_WGS84).array, dtype=object)
    shapes[shapely.is_missing(shapes) | shapely.is_empty(shapes)] = None
    return shapes


def _coded(rings: NDArray[np.object_]) -> list[list[int]]:
    """Return each line or ring as ``[x0, y0, dx1, dy1, ...]``, all of them at once.

    Vertices that fall on the same unit as the one before add nothing to the picture and are left
    out; a line that shrinks to one vertex keeps all of its own.
    """
    if not len(rings):
        return []
    coordinates, index = shapely.get_coordinates(rings, return_index=True)
    units = np.rint(coordinates * UNITS_PER_DEGREE).astype(np.int64)
    first = np.ones(len(index), dtype=bool)
    first[1:] = index[1:] != index[:-1]
    steps = np.diff(units, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    steps[first] = units[first]
    keep = first | np.any(steps != 0, axis=1)
    few = np.bincount(index[keep], minlength=len(rings)) < 2
    keep |= few[index]
    flat: list[int] = steps[keep].ravel().tolist()
    ends = np.cumsum(2 * np.bincount(index[keep], minlength=len(rings))).tolist()
    return [flat[a:b] for a, b in zip([0, *ends], ends, strict=False)]


def delta_coded_all(shapes: NDArray[np.object_]) -> list[list[list[int]]]:
    """Return the lines of each shape, delta-coded; none where it is missing.

    >>> delta_coded_all(np.array([shapely.LineString([(117, 39), (117.00002, 39.00001)]), None]))
    [[[11700000, 3900000, 2, 1]], []]
    """
    parts, index = shapely.get_parts(shapes, return_index=True)
    found: list[list[list[int]]] = [[] for _ in shapes]
    for row, flat in zip(index.tolist(), _coded(parts), strict=True):
        found[row].append(flat)
    return found


def delta_coded(shape: Any) -> list[list[int]]:
    """Return every line of ``shape`` as ``[x0, y0, dx1, dy1, ...]``, none when it is missing.

    >>> delta_coded(shapely.LineString([(117, 39), (117.00002, 39.00001)]))
    [[11700000, 3900000, 2, 1]]
    """
    return delta_coded_all(np.array([shape], dtype=object))[0]


def ring_coded(shape: Any) -> list[list[int]]:
    """Return the outer and inner rings of a polygon or multipolygon, delta-coded."""
    if shape is None:
        return []
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    return _coded(np.array(rings, dtype=object))


def point_coded(shape: Any) -> list[int]:
    """Return a point as ``[x, y]`` in units, an empty list when it is missing."""
    if shape is None:
        return []
    point = shape if shape.geom_type == "Point" else shape.representative_point()
    return [round(point.x * UNITS_PER_DEGREE), round(point.y * UNITS_PER_DEGREE)]
