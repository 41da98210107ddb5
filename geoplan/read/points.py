"""Positions of sites: from columns or geometry to the planning CRS, with the errors people make.

Longitude and latitude swapped, degrees out of range, points outside the city, and the wrong
declaration of a shifted Chinese datum (GCJ-02, BD-09) are found here.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.crs import BD09, GCJ02, WGS84, to_geographic, to_planning
from geoplan.read.findings import Findings
from geoplan.read.shapes import crs_fits
from geoplan.read.sources import Source
from geoplan.text import Text

__all__ = ["City", "check_positions", "lon_lat_of_source", "make_city", "place_points"]

OUTSIDE_CITY_M = 500.0
"""A site farther from every district is a fault; nearer is the outlines' generalisation."""

# Evidence of a wrong declaration: rows that only another one puts into their own district.
# Under the right one almost none are outside; in Tianjin a wrong one loses 7 of 240 and more.
_SURE, _LIKELY, _ODDS = 5, 3, 5
# Swapped columns are told by the city's box, widened by this many degrees.
_BOX_MARGIN_DEG = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """Where the city is: districts in the planning CRS, their union, their box in degrees."""

    districts: gpd.GeoDataFrame
    union: shapely.Geometry
    box_deg: tuple[float, float, float, float]
    planning_crs: str


def make_city(districts: gpd.GeoDataFrame, planning_crs: str) -> City:
    """Prepare the districts (at least one) for checks of positions."""
    union = districts.geometry.union_all()
    shapely.prepare(union)
    west, south, east, north = union.bounds
    lon, lat = to_geographic(
        [west, west, east, east], [south, north, south, north], planning_crs=planning_crs
    )
    margin = _BOX_MARGIN_DEG
    box = (lon.min() - margin, lat.min() - margin, lon.max() + margin, lat.max() + margin)
    return City(districts, union, tuple(float(v) for v in box), planning_crs)  # type: ignore[arg-type]


# ---- reading ----------------------------------------------------------------------------------


def lon_lat_of_source(
    frame: pd.DataFrame, source: Source, input_crs: str, found: Findings
) -> tuple[pd.DataFrame, str]:
    """Return ``frame`` with its points in ``lon``, ``lat``, and what these are declared to be.

    A source with a geometry gives WGS-84 by its own CRS; columns are in ``input_crs``.
    """
    if source.geometry is None:
        return frame, input_crs
    lon, lat = frame["lon"].to_numpy(copy=True), frame["lat"].to_numpy(copy=True)
    geometry = source.geometry.copy()
    # Many writers turn every point into a multipoint of one.
    single = (shapely.get_type_id(geometry) == 4) & (shapely.get_num_geometries(geometry) == 1)
    geometry[single] = shapely.get_geometry(geometry[single], 0)
    there = ~shapely.is_missing(geometry) & ~shapely.is_empty(geometry)
    is_point = shapely.get_type_id(geometry) == 0
    for row in frame.loc[there & ~is_point, "row"]:
        found.fault(
            f"{source.layer}.not_points",
            source.layer,
            row,
            Text("几何不是点", "is not a point"),
            Text("使用点图层", "use a layer of points"),
        )
    use = there & is_point
    points_only = geometry.copy()
    points_only[~use] = None
    if not use.any() or not crs_fits(source, points_only, found):
        return frame, WGS84
    points = gpd.GeoSeries(geometry[use], crs=source.crs).to_crs(WGS84)
    lon[use], lat[use] = points.x.to_numpy(), points.y.to_numpy()
    for row in frame.loc[use & ~(np.isfinite(lon) & np.isfinite(lat)), "row"]:
        found.fault(
            f"{source.layer}.bad_coordinate",
            source.layer,
            row,
            Text("坐标在其坐标系中不存在", "its coordinates do not exist in its CRS"),
            Text("检查该点及文件的坐标系", "check the point and the CRS of the file"),
        )
    return frame.assign(lon=lon, lat=lat), WGS84


def place_points(
    frame: pd.DataFrame,
    layer: str,
    declared: str,
    city: City | None,
    planning_crs: str,
    found: Findings,
) -> NDArray[np.object_]:
    """Return the points of ``lon``, ``lat`` in the planning CRS, ``None`` where there is none.

    Reports half positions, degrees out of range and swapped columns; such rows get no point.
    """
    lon, lat = frame["lon"].to_numpy(copy=True), frame["lat"].to_numpy(copy=True)
    reported = np.isinf(lon) | np.isinf(lat)  # cells that were no numbers
    half = ~reported & (np.isnan(lon) != np.isnan(lat))
    for row in frame.loc[half, "row"]:
        found.fault(
            f"{layer}.half_position",
            layer,
            row,
            Text("只有经度或只有纬度", "has a longitude or a latitude, not both"),
            Text("两者都填写，或都留空", "give both, or neither"),
        )
    swapped = _swapped(lon, lat, city)
    _report_swapped(frame, layer, swapped, int((~np.isnan(lon)).sum()), found)
    wild = ~reported & ~swapped & ~half & ((np.abs(lon) > 180.0) | (np.abs(lat) > 90.0))
    for row, a, b in zip(frame.loc[wild, "row"], lon[wild], lat[wild], strict=True):
        found.fault(
            f"{layer}.bad_coordinate",
            layer,
            row,
            Text(f"经纬度 {a:g}, {b:g} 不在地球上", f"{a:g}, {b:g} are no degrees on earth"),
            Text("填写以度为单位的经纬度", "give longitude and latitude in degrees"),
        )
    lost = reported | half | swapped | wild | np.isnan(lon)
    lon[lost], lat[lost] = np.nan, np.nan
    x, y = to_planning(lon, lat, declared=declared, planning_crs=planning_crs)
    points = np.full(len(x), None, dtype=object)
    there = ~np.isnan(x)
    points[there] = shapely.points(x[there], y[there])
    return points


def _swapped(
    lon: NDArray[np.float64], lat: NDArray[np.float64], city: City | None
) -> NDArray[np.bool_]:
    """Tell which rows are in the city only when longitude and latitude change places."""
    if city is None:
        return (np.abs(lat) > 90.0) & (np.abs(lat) <= 180.0) & (np.abs(lon) <= 90.0)
    west, south, east, north = city.box_deg

    def inside(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
        return (a >= west) & (a <= east) & (b >= south) & (b <= north)

    return inside(lat, lon) & ~inside(lon, lat)


def _report_swapped(
    frame: pd.DataFrame, layer: str, swapped: NDArray[np.bool_], n: int, found: Findings
) -> None:
    cure = Text("交换经度和纬度", "exchange longitude and latitude")
    count = int(swapped.sum())
    if count > 1 and 2 * count >= n:
        what = Text(
            f"{count} 行的经度和纬度似乎颠倒",
            f"longitude and latitude seem swapped in {count} rows",
        )
        found.fault(f"{layer}.swapped", layer, "", what, cure)
        return
    for row in frame.loc[swapped, "row"]:
        what = Text("经度和纬度似乎颠倒", "longitude and latitude seem swapped")
        found.fault(f"{layer}.swapped", layer, row, what, cure)


# ---- against the districts --------------------------------------------------------------------


def check_positions(
    frame: pd.DataFrame,
    points: NDArray[np.object_],
    layer: str,
    declared: str,
    from_file: bool,
    city: City,
    found: Findings,
) -> None:
    """Report points outside the city, points far from their own district, a wrong datum.

    ``frame`` holds ``lon``, ``lat`` (in ``declared``), ``district_code`` and ``row``.
    """
    if _wrong_datum(frame, points, layer, declared, from_file, city, found):
        return  # it explains whatever else is out of place
    placed = ~shapely.is_missing(points)
    distance_m = np.zeros(len(points))
    distance_m[placed] = shapely.distance(city.union, points[placed])
    outside = placed & (distance_m > OUTSIDE_CITY_M)
    for row, far_m in zip(frame.loc[outside, "row"], distance_m[outside], strict=True):
        found.fault(
            "sites.outside_city",
            layer,
            row,
            Text(f"位于市域之外 {far_m:,.0f} 米", f"lies {far_m:,.0f} m outside the city"),
            Text(
                f"检查坐标（允许偏出 {OUTSIDE_CITY_M:.0f} 米）及 input_crs；位置未知则留空",
                f"check the position ({OUTSIDE_CITY_M:.0f} m are allowed) and input_crs; "
                "leave it empty when it is unknown",
            ),
        )
    own = _own_districts(frame, city)
    known = placed & ~outside & ~shapely.is_missing(own)
    stray_m = np.zeros(len(points))
    stray_m[known] = shapely.distance(own[known], points[known])
    stray = stray_m > OUTSIDE_CITY_M
    for row, far_m in zip(frame.loc[stray, "row"], stray_m[stray], strict=True):
        found.note(
            "sites.other_district",
            layer,
            row,
            Text(f"距所属区 {far_m:,.0f} 米", f"lies {far_m:,.0f} m from its own district"),
            Text("检查坐标与 district_code", "check its position and its district_code"),
        )


def _own_districts(frame: pd.DataFrame, city: City) -> NDArray[np.object_]:
    """Return each row's own district polygon (``None`` when it names none that exists)."""
    by_code = dict(zip(city.districts["code"], city.districts.geometry, strict=True))
    own = np.full(len(frame), None, dtype=object)
    own[:] = [by_code.get(code) for code in frame["district_code"]]
    return own


def _wrong_datum(
    frame: pd.DataFrame,
    points: NDArray[np.object_],
    layer: str,
    declared: str,
    from_file: bool,
    city: City,
    found: Findings,
) -> bool:
    """Compare the share of points inside their own district under the other declarations."""
    own = _own_districts(frame, city)
    use = ~shapely.is_missing(points) & ~shapely.is_missing(own)
    own, lon, lat = own[use], frame["lon"].to_numpy()[use], frame["lat"].to_numpy()[use]
    inside = shapely.contains(own, points[use])
    best, best_gain, best_loss = "", 0, 0
    for other in (WGS84, GCJ02, BD09):
        # Another geographic CRS of the same kind (CGCS2000) differs by centimetres only.
        if other == declared or (other == WGS84 and declared not in (GCJ02, BD09)):
            continue
        x, y = to_planning(lon, lat, declared=other, planning_crs=city.planning_crs)
        there = shapely.contains_xy(own, x, y)
        gain, loss = int((there & ~inside).sum()), int((inside & ~there).sum())
        if gain - loss > best_gain - best_loss:
            best, best_gain, best_loss = other, gain, loss
    if best_gain < _LIKELY or best_gain < _ODDS * best_loss:
        return False
    n, n_in = len(own), int(inside.sum())
    n_best = n_in + best_gain - best_loss
    what = Text(
        f"按 {declared} 有 {n_in}/{n} 个点在所属区内，按 {best} 有 {n_best} 个",
        f"as {declared} {n_in} of {n} points lie in their own district, as {best} {n_best} do",
    )
    cure = (
        Text(
            f"该图层的坐标似为 {best}：转换后再用，或存为 CSV 并写 input_crs",
            f"the layer seems to hold {best}: convert it, or save it as CSV and set input_crs",
        )
        if from_file
        else Text(f"在 [layers] 中写 input_crs = {best!r}", f"set input_crs = {best!r} in [layers]")
    )
    if best_gain >= _SURE:
        found.fault("crs.declaration", layer, "", what, cure)
        return True
    found.note("crs.declaration", layer, "", what, cure)
    return False
