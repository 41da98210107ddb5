"""Coordinates: the planning CRS, lengths on the ellipsoid, and the shifted Chinese datums.

Chinese web maps publish GCJ-02 (AMap, Tencent) or BD-09 (Baidu) coordinates. Both are WGS-84
shifted by some hundred metres, differently at every place; neither has an EPSG code, so a file
can't say which it holds: the scenario has to declare it. The inverse of the published forward
formula is iterated to below a nanodegree (a single step leaves 0.4 to 3 m).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError

__all__ = [
    "BD09",
    "GCJ02",
    "WGS84",
    "bd09_to_gcj02",
    "bd09_to_wgs84",
    "declared_to_wgs84",
    "gcj02_to_bd09",
    "gcj02_to_wgs84",
    "geodesic_length_m",
    "input_crs_problem",
    "parse_crs",
    "planning_area_deg",
    "planning_crs_problem",
    "to_geographic",
    "to_planning",
    "wgs84_to_bd09",
    "wgs84_to_gcj02",
]

WGS84 = "EPSG:4326"
GCJ02 = "GCJ-02"
BD09 = "BD-09"

Floats = NDArray[np.float64]
_Shift = Callable[[Floats, Floats], tuple[Floats, Floats]]

# Constants of the published GCJ-02 formula: Krasovsky 1940 ellipsoid, shift centred on 105 E 35 N.
_GCJ_A_M = 6378245.0
_GCJ_E2 = 0.00669342162296594323
_GCJ_LON_0, _GCJ_LAT_0 = 105.0, 35.0
# The shift is switched on inside this box only (lon min, lon max, lat min, lat max).
_GCJ_BOX = (72.004, 137.8347, 0.8293, 55.8271)
_BD_OMEGA = np.pi * 3000.0 / 180.0
_BD_LON, _BD_LAT, _BD_RADIUS, _BD_ANGLE = 0.0065, 0.006, 0.00002, 0.000003

_ITERATIONS = 50
_TOLERANCE_DEG = 1e-12


# ---- shifted datums ---------------------------------------------------------------------------


def _gcj_waves(lon: Floats, lat: Floats) -> Floats:
    """Return the wave terms (metres) common to both components of the GCJ-02 shift."""
    waves: Floats = 20.0 * np.sin(6.0 * np.pi * lon) + 20.0 * np.sin(2.0 * np.pi * lon)
    return waves


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Shift WGS-84 degrees to GCJ-02 degrees (any equal shapes; outside China unchanged).

    Source: the published reverse-engineered formula of the state bureau's shift (polynomial
    plus sine waves in metres, scaled to degrees on the Krasovsky ellipsoid).
    """
    lon, lat = _pair(lon, lat)
    x, y = lon - _GCJ_LON_0, lat - _GCJ_LAT_0
    common = _gcj_waves(x, y)
    root = np.sqrt(np.abs(x))
    north_m = (
        -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
        + (common + 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi * y / 3.0)
           + 160.0 * np.sin(np.pi * y / 12.0) + 320.0 * np.sin(np.pi * y / 30.0)) * 2.0 / 3.0
    )  # fmt: skip
    east_m = (
        300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
        + (common + 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi * x / 3.0)
           + 150.0 * np.sin(np.pi * x / 12.0) + 300.0 * np.sin(np.pi * x / 30.0)) * 2.0 / 3.0
    )  # fmt: skip
    phi = np.radians(lat)
    w2 = 1.0 - _GCJ_E2 * np.sin(phi) ** 2
    meridian_m = _GCJ_A_M * (1.0 - _GCJ_E2) / (w2 * np.sqrt(w2))
    parallel_m = _GCJ_A_M / np.sqrt(w2) * np.cos(phi)
    lon_min, lon_max, lat_min, lat_max = _GCJ_BOX
    inside = (lon >= lon_min) & (lon <= lon_max) & (lat >= lat_min) & (lat <= lat_max)
    d_lon = np.where(inside, np.degrees(east_m / parallel_m), 0.0)
    d_lat = np.where(inside, np.degrees(north_m / meridian_m), 0.0)
    return lon + d_lon, lat + d_lat


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Shift GCJ-02 degrees to BD-09 degrees (polar offset published with Baidu's map API)."""
    lon, lat = _pair(lon, lat)
    radius = np.hypot(lon, lat) + _BD_RADIUS * np.sin(lat * _BD_OMEGA)
    angle = np.arctan2(lat, lon) + _BD_ANGLE * np.cos(lon * _BD_OMEGA)
    return radius * np.cos(angle) + _BD_LON, radius * np.sin(angle) + _BD_LAT


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Invert :func:`wgs84_to_gcj02`; the round trip closes below 1e-9 degrees."""
    return _invert(wgs84_to_gcj02, *_pair(lon, lat))


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Invert :func:`gcj02_to_bd09`; the round trip closes below 1e-9 degrees."""
    return _invert(gcj02_to_bd09, *_pair(lon, lat))


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Shift WGS-84 degrees to BD-09 degrees."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Invert :func:`wgs84_to_bd09`; the round trip closes below 1e-9 degrees."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _pair(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _invert(forward: _Shift, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Find the point that ``forward`` moves onto ``(lon, lat)`` by fixed-point iteration.

    The shift varies by about 1 % of a step per step, so each round wins two digits.
    """
    at_lon, at_lat = lon, lat
    for _ in range(_ITERATIONS):
        to_lon, to_lat = forward(at_lon, at_lat)
        miss_lon, miss_lat = to_lon - lon, to_lat - lat
        at_lon, at_lat = at_lon - miss_lon, at_lat - miss_lat
        worst = np.maximum(np.abs(miss_lon), np.abs(miss_lat))
        # A point without a position (nan) must not keep the others iterating.
        if not np.any(worst > _TOLERANCE_DEG):
            break
    return at_lon, at_lat


# ---- CRS --------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def parse_crs(declared: str) -> CRS | None:
    """Return the pyproj CRS called ``declared``, or ``None`` when there is no such CRS."""
    try:
        return CRS.from_user_input(declared)
    except CRSError:
        return None


def planning_crs_problem(declared: str) -> str:
    """Return why ``declared`` can't be a planning CRS (``""`` when it can).

    ``"unknown"``, ``"not_projected"`` or ``"not_metres"``. Inside the house everything is metres,
    so degrees and feet are refused at the door.
    """
    crs = parse_crs(declared)
    if crs is None:
        return "unknown"
    if not crs.is_projected:
        return "not_projected"
    if any(abs(axis.unit_conversion_factor - 1.0) > 1e-12 for axis in crs.axis_info[:2]):
        return "not_metres"
    return ""


def input_crs_problem(declared: str) -> str:
    """Return why columns ``lon``, ``lat`` can't be in ``declared`` (``""`` when they can).

    ``"unknown"`` or ``"not_geographic"``; GCJ-02 and BD-09 are known here without a code.
    """
    if declared in (GCJ02, BD09):
        return ""
    crs = parse_crs(declared)
    if crs is None:
        return "unknown"
    return "" if crs.is_geographic else "not_geographic"


@lru_cache(maxsize=32)
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(CRS(source), CRS(target), always_xy=True)


@lru_cache(maxsize=8)
def _geodetic(crs: str) -> CRS:
    """Return the geographic CRS under ``crs`` (same datum, degrees)."""
    geodetic = CRS(crs).geodetic_crs
    if geodetic is None:
        raise ValueError(f"{crs} has no geodetic CRS")
    return geodetic


@lru_cache(maxsize=8)
def _geod(crs: str) -> Geod:
    """Return the ellipsoid of ``crs`` to measure on."""
    geod = CRS(crs).get_geod()
    if geod is None:
        raise ValueError(f"{crs} has no ellipsoid")
    return geod


def declared_to_wgs84(lon: ArrayLike, lat: ArrayLike, declared: str) -> tuple[Floats, Floats]:
    """Return WGS-84 degrees of points given in ``declared`` (GCJ-02, BD-09 or geographic)."""
    if declared == GCJ02:
        return gcj02_to_wgs84(lon, lat)
    if declared == BD09:
        return bd09_to_wgs84(lon, lat)
    lon, lat = _pair(lon, lat)
    if declared == WGS84:
        return lon, lat
    moved = _transformer(declared, WGS84).transform(lon, lat)
    return _pair(*moved)


def to_planning(
    lon: ArrayLike, lat: ArrayLike, *, declared: str, planning_crs: str
) -> tuple[Floats, Floats]:
    """Return planning coordinates (metres) of points given in degrees.

    Parameters
    ----------
    lon, lat
        Degrees, equal shapes; nan stays nan (a site without position).
    declared
        What the degrees are: ``"GCJ-02"``, ``"BD-09"`` or a geographic CRS.
    planning_crs
        A projected CRS in metres.
    """
    lon_wgs, lat_wgs = declared_to_wgs84(lon, lat, declared)
    x, y = _pair(*_transformer(WGS84, planning_crs).transform(lon_wgs, lat_wgs))
    lost = ~(np.isfinite(lon_wgs) & np.isfinite(lat_wgs) & np.isfinite(x) & np.isfinite(y))
    return np.where(lost, np.nan, x), np.where(lost, np.nan, y)


def to_geographic(x: ArrayLike, y: ArrayLike, *, planning_crs: str) -> tuple[Floats, Floats]:
    """Return WGS-84 degrees of planning coordinates (metres)."""
    return _pair(*_transformer(planning_crs, WGS84).transform(*_pair(x, y)))


def planning_area_deg(planning_crs: str) -> tuple[float, float, float, float] | None:
    """Return the area a CRS is made for: west, south, east, north (degrees), if it says so.

    >>> planning_area_deg("EPSG:4548")[0::2]
    (115.5, 118.5)
    """
    area = CRS(planning_crs).area_of_use
    return None if area is None else (area.west, area.south, area.east, area.north)


def geodesic_length_m(geoms: ArrayLike, crs: str) -> Floats:
    """Measure lines on the ellipsoid of ``crs``.

    A projected length is wrong by the projection's scale (101 ppm at the edge of Tianjin in
    EPSG:4548, 29 % in EPSG:3857); fibre is bought by the real metre.

    Parameters
    ----------
    geoms
        (n,) shapely lines or multilines in ``crs``; ``None`` and empty ones measure 0.
    crs
        The projected or geographic CRS of the coordinates.

    Returns
    -------
    float64 (n,), metres.
    """
    array = np.atleast_1d(np.asarray(geoms, dtype=object))
    parts, owner = shapely.get_parts(array, return_index=True)
    coords, part = shapely.get_coordinates(parts, return_index=True)
    if len(coords) < 2:
        return np.zeros(len(array))
    geodetic = _geodetic(crs)
    lon, lat = _transformer(crs, geodetic.to_wkt()).transform(coords[:, 0], coords[:, 1])
    same = part[1:] == part[:-1]
    geod = _geod(crs)
    _, _, step_m = geod.inv(
        lon[:-1][same], lat[:-1][same], lon[1:][same], lat[1:][same], return_back_azimuth=False
    )
    line = owner[part[1:][same]]
    return np.bincount(line, weights=step_m, minlength=len(array)).astype(np.float64)
