"""Coordinates: shifted datums close their round trip, lengths are those of the ellipsoid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geoplan.crs import (
    bd09_to_gcj02,
    bd09_to_wgs84,
    declared_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    geodesic_length_m,
    input_crs_problem,
    planning_area_deg,
    planning_crs_problem,
    to_geographic,
    to_planning,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

GRS80 = Geod(ellps="GRS80")
ROUND_TRIPS = (
    (wgs84_to_gcj02, gcj02_to_wgs84),
    (gcj02_to_bd09, bd09_to_gcj02),
    (wgs84_to_bd09, bd09_to_wgs84),
)


@pytest.mark.parametrize(("forward", "back"), ROUND_TRIPS)
@given(lon=st.floats(73.0, 135.0), lat=st.floats(18.0, 53.5))
@settings(max_examples=200, deadline=None)
def test_round_trip_closes(forward: object, back: object, lon: float, lat: float) -> None:
    assert callable(forward)
    assert callable(back)
    again_lon, again_lat = back(*forward(lon, lat))
    assert abs(again_lon - lon) < 1e-9
    assert abs(again_lat - lat) < 1e-9


@pytest.mark.parametrize(("forward", "back"), ROUND_TRIPS)
def test_round_trip_of_arrays_with_gaps(forward: object, back: object) -> None:
    assert callable(forward)
    assert callable(back)
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(73, 135, 20_000), rng.uniform(18, 53, 20_000)
    lon[::100] = np.nan
    again_lon, again_lat = back(*forward(lon, lat))
    assert (np.isnan(again_lon) == np.isnan(lon)).all()
    known = ~np.isnan(lon)
    assert np.abs(again_lon - lon)[known].max() < 1e-9
    assert np.abs(again_lat - lat)[known].max() < 1e-9


def test_gcj02_in_tianjin_is_off_by_half_a_kilometre() -> None:
    lon, lat = np.meshgrid(np.linspace(116.75, 118.0, 20), np.linspace(38.6, 40.2, 20))
    a, b = wgs84_to_gcj02(lon, lat)
    _, _, off_m = GRS80.inv(lon, lat, a, b)
    assert 490 < off_m.min() < off_m.max() < 600


def test_gcj02_stays_put_abroad() -> None:
    lon, lat = wgs84_to_gcj02([2.35, 139.7], [48.85, 35.7])
    assert lon.tolist() == [2.35, 139.7]
    assert lat.tolist() == [48.85, 35.7]


@pytest.mark.shared
def test_gcj02_as_published(shared_dir: Path) -> None:
    """596 points published in GCJ-02 beside their WGS-84, six decimals: within a rounding."""
    points = pd.read_csv(shared_dir / "data" / "tianjin" / "village_points_2016.csv")
    lon, lat = gcj02_to_wgs84(points["lon_gcj02"], points["lat_gcj02"])
    assert np.abs(lon - points["lon_wgs84"]).max() < 1.1e-6
    assert np.abs(lat - points["lat_wgs84"]).max() < 1.1e-6


def test_declarations() -> None:
    lon, lat = np.array([117.2]), np.array([39.1])
    for declared, shift in (("GCJ-02", wgs84_to_gcj02), ("BD-09", wgs84_to_bd09)):
        back = declared_to_wgs84(*shift(lon, lat), declared)
        assert np.allclose(back, (lon, lat), atol=1e-9)
    assert np.allclose(declared_to_wgs84(lon, lat, "EPSG:4490"), (lon, lat), atol=1e-5)
    assert declared_to_wgs84(lon, lat, "EPSG:4326")[0] is lon


def test_planning_coordinates() -> None:
    """On the central meridian x is the false easting and y the arc of the meridian."""
    x, y = to_planning(
        [117.0, np.nan], [39.0, 39.0], declared="EPSG:4326", planning_crs="EPSG:4548"
    )
    _, _, meridian_m = GRS80.inv(117.0, 0.0, 117.0, 39.0)
    assert x[0] == pytest.approx(500_000.0, abs=1e-3)
    assert y[0] == pytest.approx(meridian_m, abs=1e-3)
    assert np.isnan(x[1])
    assert np.isnan(y[1])
    lon, lat = to_geographic(x[:1], y[:1], planning_crs="EPSG:4548")
    assert (lon[0], lat[0]) == (pytest.approx(117.0), pytest.approx(39.0))


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ("EPSG:4548", ""),
        ("EPSG:4326", "not_projected"),
        ("EPSG:2263", "not_metres"),
        ("EPSG:999999", "unknown"),
        ("nonsense", "unknown"),
        ("", "unknown"),
    ],
)
def test_planning_crs(declared: str, problem: str) -> None:
    assert planning_crs_problem(declared) == problem


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ("EPSG:4326", ""),
        ("EPSG:4490", ""),
        ("GCJ-02", ""),
        ("BD-09", ""),
        ("EPSG:4548", "not_geographic"),
        ("GCJ02", "unknown"),
    ],
)
def test_input_crs(declared: str, problem: str) -> None:
    assert input_crs_problem(declared) == problem


def test_planning_area() -> None:
    area = planning_area_deg("EPSG:4548")
    assert area is not None
    assert (area[0], area[2]) == (115.5, 118.5)


# ---- lengths ----------------------------------------------------------------------------------


def line(*lon_lat: tuple[float, float]) -> shapely.LineString:
    lon, lat = zip(*lon_lat, strict=True)
    x, y = to_planning(lon, lat, declared="EPSG:4490", planning_crs="EPSG:4548")
    return shapely.LineString(np.column_stack([x, y]))


def test_length_is_that_of_the_ellipsoid() -> None:
    """At 118.05 E the projection stretches by 101 ppm: the length must not."""
    at_edge = line((118.05, 39.0), (118.06, 39.0))
    _, _, expected_m = GRS80.inv(118.05, 39.0, 118.06, 39.0)
    measured_m = geodesic_length_m([at_edge], "EPSG:4548")
    assert measured_m.dtype == np.float64
    assert measured_m[0] == pytest.approx(expected_m, abs=1e-4)
    assert at_edge.length / measured_m[0] - 1 == pytest.approx(101e-6, abs=2e-6)


def test_length_of_many_kinds_of_lines() -> None:
    a = line((117.0, 39.0), (117.01, 39.0))
    b = line((117.5, 39.5), (117.5, 39.51), (117.52, 39.51))
    both = shapely.MultiLineString([a, b])
    measured_m = geodesic_length_m([a, None, both, shapely.LineString(), b], "EPSG:4548")
    assert measured_m[1] == measured_m[3] == 0.0
    assert measured_m[2] == pytest.approx(measured_m[0] + measured_m[4])
    assert geodesic_length_m([], "EPSG:4548").shape == (0,)
    assert geodesic_length_m([None], "EPSG:4548").tolist() == [0.0]


def test_length_agrees_with_pyproj_line_by_line() -> None:
    rng = np.random.default_rng(3)
    lines = [
        line(*zip(rng.uniform(116.5, 118, n), rng.uniform(38.5, 40, n), strict=True))
        for n in rng.integers(2, 9, 30)
    ]
    in_degrees = [
        shapely.LineString(
            np.column_stack(to_geographic(*np.array(each.coords).T, planning_crs="EPSG:4548"))
        )
        for each in lines
    ]
    expected_m = [GRS80.geometry_length(each) for each in in_degrees]
    assert geodesic_length_m(lines, "EPSG:4548") == pytest.approx(expected_m, abs=1e-3)


def test_mercator_is_not_believed() -> None:
    """EPSG:3857 inflates lengths in Tianjin by 29 %; the measured length does not care."""
    a = line((117.0, 39.1), (117.1, 39.1))
    x, y = to_planning([117.0, 117.1], [39.1, 39.1], declared="EPSG:4326", planning_crs="EPSG:3857")
    inflated = shapely.LineString(np.column_stack([x, y]))
    true_m = geodesic_length_m([a], "EPSG:4548")[0]
    assert inflated.length / true_m == pytest.approx(1.29, abs=0.005)
    assert geodesic_length_m([inflated], "EPSG:3857")[0] == pytest.approx(true_m, abs=0.01)
