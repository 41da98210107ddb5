"""Coordinates of the page: short, and back to where they came from."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geoplan.maps.lines import UNITS_PER_DEGREE, delta_coded, point_coded, reprojected, ring_coded


def decoded(flat: list[int]) -> np.ndarray:
    return np.cumsum(np.array(flat).reshape(-1, 2), axis=0) / UNITS_PER_DEGREE


_lon = st.floats(min_value=116, max_value=119)
_lat = st.floats(min_value=38, max_value=41)


@given(st.lists(st.tuples(_lon, _lat), min_size=2, max_size=30, unique=True))
def test_ends_come_back_within_half_a_unit(points: list[tuple[float, float]]) -> None:
    flat = delta_coded(shapely.LineString(points))[0]
    back = decoded(flat)
    assert np.abs(back[0] - points[0]).max() <= 0.5001 / UNITS_PER_DEGREE
    assert np.abs(back[-1] - points[-1]).max() <= 0.5001 / UNITS_PER_DEGREE
    assert len(back) >= 2


def test_vertices_on_one_unit_are_dropped_but_two_stay() -> None:
    assert delta_coded(shapely.LineString([(1, 1), (1.000001, 1), (1.0001, 1)])) == [
        [100_000, 100_000, 10, 0]
    ]
    assert len(delta_coded(shapely.LineString([(1, 1), (1.000001, 1)]))[0]) == 4


def test_parts_and_holes_are_kept_and_missing_is_nothing() -> None:
    multi = shapely.MultiLineString([[(0, 0), (1, 0)], [(2, 0), (3, 0)]])
    assert len(delta_coded(multi)) == 2
    holed = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    assert len(ring_coded(holed)) == 2
    assert delta_coded(None) == ring_coded(None) == point_coded(None) == []


def test_planning_metres_become_degrees() -> None:
    # false easting 500 km of EPSG:4548 is the central meridian 117 E
    frame = gpd.GeoDataFrame(
        {"n": [1, 2]},
        geometry=gpd.GeoSeries([shapely.Point(500_000, 4_320_000), None], crs="EPSG:4548"),
    )
    shapes = reprojected(frame, "EPSG:4548", 0.0)
    assert shapes[1] is None
    assert point_coded(shapes[0])[0] == 117 * UNITS_PER_DEGREE
    assert 39.0 < shapes[0].y < 39.05


def test_a_table_without_a_crs_is_in_the_planning_crs() -> None:
    frame = gpd.GeoDataFrame(
        {"n": [1]}, geometry=gpd.GeoSeries([shapely.Point(500_000, 4_320_000)])
    )
    assert reprojected(frame, "EPSG:4548", 0.0)[0].x == 117.0
