"""Tables that keep their contract: columns, order and types as :mod:`geoplan.schema` says."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.schema import Column, Table

__all__ = ["conform"]


def conform(frame: pd.DataFrame, table: Table, crs: Any = None) -> pd.DataFrame:
    """Return ``frame`` with exactly the columns of ``table``, typed, rows numbered from 0.

    Text is never null (``""`` instead), numbers are int64 and float64, flags are bool; a
    table with a geometry becomes a GeoDataFrame in ``crs`` (or in its own CRS when None).

    Raises
    ------
    KeyError
        A column of the table is missing.
    ValueError
        A value can't take the column's type.
    """
    data = {column.name: _typed(frame[column.name], column) for column in table.columns}
    plain = pd.DataFrame(data, columns=table.column_names()).reset_index(drop=True)
    if table.geometry is None:
        return plain
    if isinstance(frame, gpd.GeoDataFrame):
        geometry = frame.geometry.to_numpy()
        crs = frame.crs if crs is None else crs
    else:
        geometry = frame["geometry"].to_numpy()
    result: pd.DataFrame = gpd.GeoDataFrame(plain, geometry=gpd.GeoSeries(geometry, crs=crs))
    return result


def _typed(values: pd.Series, column: Column) -> pd.Series:
    """Cast one column to its type."""
    if column.kind == "str":
        return values.astype(object).where(values.notna(), "").astype("str")
    if column.kind == "int":
        return values.astype("int64")
    if column.kind == "float":
        return values.astype("float64")
    return values.astype("bool")
