"""What is built: the first phases of an earlier plan file, taken over as facts."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from geoplan.layers import BuiltPlan, BuiltWay
from geoplan.read.findings import Findings
from geoplan.read.sources import Source, open_source
from geoplan.text import Text

__all__ = ["built_plan"]

_TABLES: dict[str, tuple[str, ...]] = {
    "sites": ("site_id", "level", "phase"),
    "core_paths": ("site_id", "way", "phase", "edge_ids"),
    "candidate_edges": ("edge_id", "method", "existing_id", "length_m"),
    "cables": ("edge_id", "size_cores", "phase"),
}


def built_plan(
    place: str, phases: int, planning_crs: str, found: Findings
) -> tuple[BuiltPlan, str] | None:
    """Read the first ``phases`` phases of a plan file, and the hash of the file.

    Returns
    -------
    ``None`` after noting faults: the file is missing, no plan, or in another planning CRS.
    """
    tables: dict[str, Source] = {}
    for name, columns in _TABLES.items():
        source = open_source("built", f"{place}#{name}", found)
        if source is None:
            return None
        lacking = [column for column in columns if column not in source.frame]
        if lacking or (name == "candidate_edges" and source.geometry is None):
            _no_plan(found, name, ", ".join(lacking) or "geometry")
            return None
        tables[name] = source
    edges = tables["candidate_edges"]
    if edges.crs is not None and not _same_crs(edges.crs, planning_crs):
        found.fault(
            "locks.built_crs",
            "built",
            "",
            Text("已建方案的坐标系与情景不同", "the built plan is in another planning CRS"),
            Text(f"使用 {planning_crs} 的方案文件", f"name a plan file in {planning_crs}"),
        )
        return None
    frames = {name: source.frame for name, source in tables.items()}
    sites = frames["sites"]
    done = sites[(sites["phase"] > 0) & (sites["phase"] <= phases) & (sites["level"] != "core")]
    paths = frames["core_paths"]
    paths = paths[(paths["phase"] > 0) & (paths["phase"] <= phases)]
    ways = tuple(
        BuiltWay(str(site), int(way), int(phase), tuple(int(e) for e in json.loads(listed)))
        for site, way, phase, listed in zip(
            *(paths[name] for name in ("site_id", "way", "phase", "edge_ids")), strict=True
        )
    )
    used = sorted({edge for way in ways for edge in way.edges})
    return (
        BuiltPlan(
            site_phase=dict(
                zip(done["site_id"].astype(str), done["phase"].astype(int), strict=True)
            ),
            ways=ways,
            edges=_edges(edges, frames["cables"], used, phases),
        ),
        edges.sha256,
    )


def _edges(source: Source, cables: pd.DataFrame, used: list[int], phases: int) -> pd.DataFrame:
    """Return the edges that are built, with the cores of the cables pulled (-1: no new cable)."""
    frame = source.frame[list(_TABLES["candidate_edges"])].copy()
    assert source.geometry is not None
    frame["geometry"] = source.geometry
    pulled = cables[cables["phase"] <= phases].groupby("edge_id")["size_cores"].sum()
    frame = frame[frame["edge_id"].isin(used)].reset_index(drop=True)
    frame["cable_cores"] = frame["edge_id"].map(pulled).fillna(-1).astype(np.int64)
    return frame


def _same_crs(stated: str, planning_crs: str) -> bool:
    import pyproj

    return bool(pyproj.CRS.from_user_input(stated) == pyproj.CRS.from_user_input(planning_crs))


def _no_plan(found: Findings, table: str, lacking: str) -> None:
    found.fault(
        "locks.built_no_plan",
        "built",
        table,
        Text(f"不是方案文件：{table} 缺少 {lacking}", f"is no plan file: {table} lacks {lacking}"),
        Text("给出 geoplan plan 写出的 plan.gpkg", "name a plan.gpkg that geoplan plan wrote"),
    )
