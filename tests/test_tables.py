from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from geoplan.schema import Column, Table
from geoplan.tables import conform
from geoplan.text import Text

LABEL = Text("表", "table")
COLUMNS = (
    Column("name", "str", LABEL),
    Column("count", "int", LABEL),
    Column("length_m", "float", LABEL, nullable=True),
    Column("flag", "bool", LABEL),
)
PLAIN = Table("plain", None, LABEL, COLUMNS)
POINTS = Table("points", "Point", LABEL, COLUMNS)


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "extra": [1, 2],
            "flag": [1, 0],
            "length_m": [1, None],
            "count": np.array([3, 4], dtype=np.int16),
            "name": ["a", None],
        },
        index=[7, 9],
    )


def test_columns_types_and_numbering() -> None:
    made = conform(frame(), PLAIN)
    assert list(made.columns) == ["name", "count", "length_m", "flag"]
    assert made["name"].tolist() == ["a", ""]
    assert made["count"].dtype == np.int64
    assert made["flag"].tolist() == [True, False]
    assert np.isnan(made["length_m"][1])
    assert made.index.tolist() == [0, 1]


def test_geometry_is_kept_with_its_crs() -> None:
    points = gpd.GeoDataFrame(frame(), geometry=[Point(1, 2), None], crs="EPSG:4548")
    made = conform(points, POINTS)
    assert isinstance(made, gpd.GeoDataFrame)
    assert made.crs == "EPSG:4548"
    assert made.geometry.tolist() == [Point(1, 2), None]


def test_empty_tables_keep_their_types() -> None:
    made = conform(frame().iloc[:0], PLAIN)
    assert made.dtypes.astype(str).tolist() == ["str", "int64", "float64", "bool"]


def test_a_missing_column_is_an_error() -> None:
    with pytest.raises(KeyError, match="count"):
        conform(frame().drop(columns="count"), PLAIN)


def test_a_null_number_is_an_error() -> None:
    wrong = frame().assign(count=[1.0, None])
    with pytest.raises(ValueError, match="NA or inf"):
        conform(wrong, PLAIN)
