"""The rings of a plan as a table: which hubs, in which order, along which stretches."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from shapely.geometry import LineString

from geoplan.optimize.problem import Problem
from geoplan.optimize.solution import Solution
from geoplan.schema import PLAN_TABLES
from geoplan.tables import conform
from geoplan.units import DM_PER_M, round_m

__all__ = ["ring_table"]

_RINGS = next(table for table in PLAN_TABLES if table.name == "rings")


def ring_table(
    solution: Solution,
    problem: Problem,
    site_rows: NDArray[np.int64],
    site_id: NDArray[np.object_],
    core_paths: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Return one row per ring; none where the scenario does not ask for rings.

    Parameters
    ----------
    site_rows
        int64 (s,), row of ``site_id`` of each site of the problem.
    site_id
        Ids of all sites of the layers.
    core_paths
        The table of that name: a ring is drawn along the two ways of its first hub.
    """
    rings = solution.rings
    count = 0 if rings is None else rings.count
    lines = dict(zip(core_paths["path_id"], core_paths.geometry, strict=True))
    rows = []
    shapes: list[LineString] = []
    for k in range(count):
        assert rings is not None
        hubs = [str(site_id[site_rows[site]]) for site in rings.hubs_of(k).tolist()]
        length_dm = int(problem.length_dm[rings.edges_of(k)].sum())
        rows.append(
            {
                "ring_id": k + 1,
                "core_id": str(site_id[site_rows[rings.ring_start[k]]]),
                "end_core_id": str(site_id[site_rows[rings.ring_end[k]]]),
                "hubs": len(hubs),
                "hub_ids": json.dumps(hubs, ensure_ascii=False),
                "length_m": float(round_m(length_dm / DM_PER_M)),
                "edge_ids": json.dumps(rings.edges_of(k).tolist()),
            }
        )
        back, on = lines[f"{hubs[0]}/1"], lines[f"{hubs[0]}/2"]
        shapes.append(LineString([*back.coords[::-1], *on.coords[1:]]))
    frame = gpd.GeoDataFrame(
        rows, columns=_RINGS.column_names(), geometry=shapes, crs=core_paths.crs
    )
    return gpd.GeoDataFrame(conform(frame, _RINGS, core_paths.crs))
