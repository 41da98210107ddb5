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

__all__ = ["UNITS_PER_DEGREE", "delta_coded", "point_coded", "reprojected", "ring_coded"]

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


def _deltas(coordinates: NDArray[np.float64]) -> list[int]:
    units = np.rint(coordinates * UNITS_PER_DEGREE).astype(np.int64)
    steps = np.diff(units, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    # vertices that fall on the same unit add nothing to the picture; two are always kept
    keep = np.any(steps != 0, axis=1)
    if keep.sum() < 2:
        keep[:] = True
    flat: list[int] = steps[keep].ravel().tolist()
    return flat


def delta_coded(shape: Any) -> list[list[int]]:
    """Return every line of ``shape`` as ``[x0, y0, dx1, dy1, ...]``, none when it is missing.

    >>> delta_coded(shapely.LineString([(117, 39), (117.00002, 39.00001)]))
    [[11700000, 3900000, 2, 1]]
    """
    if shape is None:
        return []
    return [_deltas(shapely.get_coordinates(part)) for part in shapely.get_parts(shape)]


def ring_coded(shape: Any) -> list[list[int]]:
    """Return the outer and inner rings of a polygon or multipolygon, delta-coded."""
    if shape is None:
        return []
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    return [_deltas(shapely.get_coordinates(ring)) for ring in rings]


def point_coded(shape: Any) -> list[int]:
    """Return a point as ``[x, y]`` in units, an empty list when it is missing."""
    if shape is None:
        return []
    point = shape if shape.geom_type == "Point" else shape.representative_point()
    return [round(point.x * UNITS_PER_DEGREE), round(point.y * UNITS_PER_DEGREE)]
