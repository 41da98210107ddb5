"""The existing plant: ducts with their bores, and the cables that lie in them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.crs import geodesic_length_m
from geoplan.read.columns import choice_column, typed_table
from geoplan.read.findings import Findings, one_of
from geoplan.read.shapes import planning_shapes
from geoplan.read.sources import Source
from geoplan.schema import (
    EXISTING_CABLES,
    EXISTING_CABLES_FILE,
    EXISTING_DUCTS,
    EXISTING_DUCTS_FILE,
    ORIGINS,
    Table,
)
from geoplan.text import Text

__all__ = ["cable_table", "duct_nodes", "duct_table", "empty_table"]

_MULTI_LINE = 5  # GEOS id


def empty_table(table: Table, planning_crs: str) -> gpd.GeoDataFrame:
    """Return ``table`` without rows, with its types."""
    kinds = {"str": "str", "int": "int64", "float": "float64", "bool": "bool"}
    data = {column.name: pd.Series([], dtype=kinds[column.kind]) for column in table.columns}
    return gpd.GeoDataFrame(pd.DataFrame(data), geometry=[], crs=planning_crs)


def duct_table(source: Source, planning_crs: str, found: Findings) -> gpd.GeoDataFrame | None:
    """Return the ducts (``schema.EXISTING_DUCTS``); a missing length is measured."""
    frame = typed_table(source, EXISTING_DUCTS_FILE, found)
    lines = planning_shapes(source, "lines", planning_crs, found)
    if frame is None or lines is None:
        return None
    choice_column(frame, source.layer, "origin", ORIGINS, found)
    # Many writers turn every line into a multiline of one part.
    multi = shapely.get_type_id(lines) == _MULTI_LINE
    lines[multi] = shapely.line_merge(lines[multi], directed=True)
    for row, line in zip(frame["row"], lines, strict=True):
        if line is None or line.geom_type != "LineString":
            found.fault(
                f"{source.layer}.not_one_line",
                source.layer,
                row,
                Text("管道须为一条折线", "a duct must be one line"),
                Text("合并或拆分该几何", "join its parts, or split it into several ducts"),
            )
    frame["length_m"] = _lengths(frame, lines, planning_crs)
    return _finish(frame, lines, EXISTING_DUCTS, planning_crs)


def _lengths(frame: pd.DataFrame, lines: object, planning_crs: str) -> pd.Series:
    """Fill lengths that are 0 (not given) with the measured length, at least 1 m."""
    measured = np.maximum(np.round(geodesic_length_m(lines, planning_crs)), 1.0)  # type: ignore[arg-type]
    given = frame["length_m"].to_numpy()
    return pd.Series(np.where(given > 0, given, measured).astype(np.int64), index=frame.index)


def duct_nodes(ducts: gpd.GeoDataFrame) -> dict[str, tuple[float, float]]:
    """Return where each end node lies: a duct runs from ``node_a`` to ``node_b``."""
    nodes: dict[str, tuple[float, float]] = {}
    usable = ducts[ducts.geometry.notna()]
    starts = shapely.get_point(usable.geometry.to_numpy(), 0)
    ends = shapely.get_point(usable.geometry.to_numpy(), -1)
    for names, points in ((usable["node_a"], starts), (usable["node_b"], ends)):
        for name, point in zip(names, points, strict=True):
            if point is not None:
                nodes.setdefault(str(name), (float(point.x), float(point.y)))
    return nodes


def cable_table(
    source: Source, ducts: gpd.GeoDataFrame | None, planning_crs: str, found: Findings
) -> gpd.GeoDataFrame | None:
    """Return the cables (``schema.EXISTING_CABLES``); each takes the line of its duct."""
    frame = typed_table(source, EXISTING_CABLES_FILE, found)
    if frame is None:
        return None
    choice_column(frame, source.layer, "origin", ORIGINS, found)
    if ducts is None:
        return None
    by_id = dict(zip(ducts["duct_id"], ducts.geometry, strict=True))
    length_by_id = dict(zip(ducts["duct_id"], ducts["length_m"], strict=True))
    for row, duct_id in zip(frame["row"], frame["duct_id"], strict=True):
        if duct_id and duct_id not in by_id:
            found.fault(
                f"{source.layer}.unknown_duct",
                source.layer,
                row,
                Text(f"没有管道 {duct_id}", f"there is no duct {duct_id}"),
                one_of(duct_id, by_id),
            )
    lines = np.full(len(frame), None, dtype=object)
    lines[:] = [by_id.get(duct_id) for duct_id in frame["duct_id"]]
    given = frame["length_m"].to_numpy()
    of_duct = np.array([length_by_id.get(duct_id, 0) for duct_id in frame["duct_id"]], dtype=int)
    frame["length_m"] = np.where(given > 0, given, of_duct)
    return _finish(frame, lines, EXISTING_CABLES, planning_crs)


def _finish(
    frame: pd.DataFrame, lines: object, table: Table, planning_crs: str
) -> gpd.GeoDataFrame:
    kinds = {"str": "str", "int": "int64", "float": "float64", "bool": "bool"}
    typed = frame[table.column_names()].astype({c.name: kinds[c.kind] for c in table.columns})
    typed["origin"] = typed["origin"].where(typed["origin"] != "", "surveyed")
    return gpd.GeoDataFrame(typed, geometry=lines, crs=planning_crs)
