"""Sites: core nodes, hubs, municipal units and townships in one table (``schema.SITES``)."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.layers import LEVELS
from geoplan.plan_words import half
from geoplan.read.columns import choice_column, typed_table
from geoplan.read.findings import Findings, one_of
from geoplan.read.points import City, check_positions, lon_lat_of_source, place_points
from geoplan.read.sources import Source
from geoplan.scenario import CoreNode, Scenario
from geoplan.schema import MUNICIPAL_UNITS_FILE, POSITION_QUALITIES, SITES, TOWNSHIPS_FILE
from geoplan.text import Text

__all__ = ["DuctNodes", "site_table"]

DuctNodes = dict[str, tuple[float, float]]
"""End nodes of the existing ducts: id -> x, y in the planning CRS."""

_DEGREES = ("lon", "lat")


def site_table(
    scenario: Scenario,
    districts: pd.DataFrame | None,
    townships: Source | None,
    municipal_units: Source | None,
    city: City | None,
    duct_nodes: DuctNodes | None,
    found: Findings,
) -> gpd.GeoDataFrame | None:
    """Build the table of sites from the scenario's cores and the three tables.

    ``duct_nodes`` is ``None`` when the scenario has no existing plant. Returns ``None`` when a
    table is missing (its fault is noted); the checks of the others are done all the same.
    """
    parts: list[pd.DataFrame | None] = [
        _cores(scenario, duct_nodes, city, found),
        _hubs(scenario, districts, city, found),
        _municipal(scenario, municipal_units, districts, city, duct_nodes, found),
        _townships(scenario, townships, districts, city, found),
    ]
    there = [part for part in parts if part is not None]
    sites = pd.concat(there, ignore_index=True)
    _check_unique(sites, found)
    _note_unplaced(sites, found)
    if len(there) < len(parts):
        return None
    columns = SITES.column_names()
    geometry = sites["geometry"].to_numpy(dtype=object)
    table = sites[columns].astype(
        {c.name: {"str": "str", "int": "int64", "bool": "bool"}[c.kind] for c in SITES.columns}
    )
    return gpd.GeoDataFrame(table, geometry=geometry, crs=scenario.planning_crs)


# ---- the four levels --------------------------------------------------------------------------


def _cores(
    scenario: Scenario, duct_nodes: DuctNodes | None, city: City | None, found: Findings
) -> pd.DataFrame:
    cores = scenario.cores
    frame = pd.DataFrame(
        {
            "site_id": [core.site_id for core in cores],
            "name": [core.name for core in cores],
            "lon": np.array([core.lon for core in cores], dtype=np.float64),
            "lat": np.array([core.lat for core in cores], dtype=np.float64),
            "district_code": "",
            "district_name": "",
            "position_quality": "given",
            "note": [_core_note(core) for core in cores],
            "row": [core.site_id for core in cores],
        }
    )
    layer = "scenario [core]"
    points = _place(frame, layer, scenario.layers.input_crs, False, city, scenario, found)
    frame = _locate(frame, points, city)
    near_m = scenario.route.same_building_m.value
    frame["existing_node"] = [_node_near(point, duct_nodes, near_m) for point in points]
    return _as_sites(frame, points, "core")


_KINDS = {
    "cited": Text("有出处", "cited"),
    "derived": Text("推算", "derived"),
    "placeholder": Text("占位值", "placeholder"),
}


def _core_note(core: CoreNode) -> str:
    """Say in both languages who vouches for the core's position: its kind, its source."""
    kind, source = _KINDS[core.kind], core.source
    return Text(f"{kind.zh}：{half(source, 'zh')}", f"{kind.en}: {half(source, 'en')}").both()


def _node_near(point: shapely.Point | None, nodes: DuctNodes | None, within_m: float) -> str:
    """Return the end node of a duct nearest to ``point``, if it is near enough to be inside."""
    if point is None or not nodes:
        return ""
    ids = sorted(nodes)
    xy = np.array([nodes[node] for node in ids])
    distance_m = np.hypot(xy[:, 0] - point.x, xy[:, 1] - point.y)
    best = int(np.argmin(distance_m))
    return ids[best] if distance_m[best] <= within_m else ""


def _hubs(
    scenario: Scenario, districts: pd.DataFrame | None, city: City | None, found: Findings
) -> pd.DataFrame | None:
    if districts is None:
        return None
    frame = pd.DataFrame(
        {
            "site_id": "D" + districts["code"].astype(object),
            "name": districts["name"].astype(object) + "汇聚节点",
            "lon": districts["seat_lon"],
            "lat": districts["seat_lat"],
            "district_code": districts["code"],
            "district_name": districts["name"],
            "row": districts["row"],
        }
    )
    points = _place(frame, "districts", scenario.layers.input_crs, False, city, scenario, found)
    placed = ~shapely.is_missing(points)
    frame["position_quality"] = np.where(placed, "seat", "unknown")
    frame["note"] = [_seat_note(str(value)) for value in districts["seat_position"]]
    return _as_sites(frame, points, "district")


_CERTAINTY = {"high": "高", "medium": "中", "low": "低"}


def _seat_note(certainty: str) -> str:
    """Say in both languages how sure the position of a seat is; nothing where nobody said."""
    if not certainty:
        return ""
    zh = _CERTAINTY.get(certainty, certainty)
    return Text(f"驻地位置可信度：{zh}", f"seat position: {certainty}").both()


def _townships(
    scenario: Scenario,
    source: Source | None,
    districts: pd.DataFrame | None,
    city: City | None,
    found: Findings,
) -> pd.DataFrame | None:
    frame = None if source is None else typed_table(source, TOWNSHIPS_FILE, found)
    if source is None or frame is None:
        return None
    choice_column(frame, source.layer, "position_quality", POSITION_QUALITIES, found)
    frame, declared = lon_lat_of_source(frame, source, scenario.layers.input_crs, found)
    _check_district_codes(frame, source.layer, districts, found)
    from_file = source.geometry is not None
    points = _place(frame, source.layer, declared, from_file, city, scenario, found)
    frame = _name_districts(frame, districts)
    frame["site_id"] = "T" + frame["code"].astype(object)
    return _as_sites(_fill_quality(frame, points), points, "township")


def _municipal(
    scenario: Scenario,
    source: Source | None,
    districts: pd.DataFrame | None,
    city: City | None,
    duct_nodes: DuctNodes | None,
    found: Findings,
) -> pd.DataFrame | None:
    frame = None if source is None else typed_table(source, MUNICIPAL_UNITS_FILE, found)
    if source is None or frame is None:
        return None
    choice_column(frame, source.layer, "position_quality", POSITION_QUALITIES, found)
    frame, declared = lon_lat_of_source(frame, source, scenario.layers.input_crs, found)
    _check_district_codes(frame, source.layer, districts, found)
    from_file = source.geometry is not None
    points = _place(frame, source.layer, declared, from_file, city, scenario, found)
    frame = _name_districts(_locate(frame, points, city), districts)
    frame["site_id"] = frame["unit_id"]
    frame = _check_nodes(frame, source.layer, duct_nodes, found)
    return _as_sites(_fill_quality(frame, points), points, "municipal")


# ---- steps they share -------------------------------------------------------------------------


def _place(
    frame: pd.DataFrame,
    layer: str,
    declared: str,
    from_file: bool,
    city: City | None,
    scenario: Scenario,
    found: Findings,
) -> NDArray[np.object_]:
    """Place the rows and check them against the city, when there is one."""
    points = place_points(frame, layer, declared, city, scenario.planning_crs, found)
    if city is not None:
        check_positions(frame, points, layer, declared, from_file, city, found)
    return points


def _as_sites(frame: pd.DataFrame, points: NDArray[np.object_], level: str) -> pd.DataFrame:
    """Fill what a level does not have."""
    full = frame.assign(level=level)
    for name, value in (("villages", 0), ("uses_system", False), ("existing_node", "")):
        if name not in full.columns:
            full[name] = value
    full["geometry"] = pd.Series(points, index=full.index, dtype=object)
    return full[[*SITES.column_names(), "geometry", "row"]].astype(
        {"villages": "int64", "uses_system": "bool"}
    )


def _fill_quality(frame: pd.DataFrame, points: NDArray[np.object_]) -> pd.DataFrame:
    """Say ``given`` or ``unknown`` where the file does not say how a position is known."""
    placed = ~shapely.is_missing(points)
    quality = frame["position_quality"].to_numpy(dtype=object)
    quality = np.where(placed, np.where(quality == "", "given", quality), "unknown")
    return frame.assign(position_quality=quality)


def _check_district_codes(
    frame: pd.DataFrame, layer: str, districts: pd.DataFrame | None, found: Findings
) -> None:
    if districts is None:
        return
    known = list(districts["code"])
    wrong = ~frame["district_code"].isin(["", *known])
    for row, code in zip(frame.loc[wrong, "row"], frame.loc[wrong, "district_code"], strict=True):
        found.fault(
            f"{layer}.unknown_district",
            layer,
            row,
            Text(f"没有代码为 {code} 的区", f"there is no district {code}"),
            one_of(code, known),
        )


def _name_districts(frame: pd.DataFrame, districts: pd.DataFrame | None) -> pd.DataFrame:
    """Take the district's name from the table of districts: one spelling everywhere."""
    names = (
        {} if districts is None else dict(zip(districts["code"], districts["name"], strict=True))
    )
    return frame.assign(
        district_name=[
            names.get(code, name)
            for code, name in zip(frame["district_code"], frame["district_name"], strict=True)
        ]
    )


def _locate(frame: pd.DataFrame, points: NDArray[np.object_], city: City | None) -> pd.DataFrame:
    """Fill an empty district code with the district that holds the point, or the nearest."""
    if city is None:
        return frame
    codes, names = frame["district_code"].tolist(), frame["district_name"].tolist()
    polygons = city.districts.geometry.to_numpy()
    for i, point in enumerate(points):
        if point is not None and not codes[i]:
            k = int(np.argmin(shapely.distance(polygons, point)))
            codes[i] = city.districts["code"].iloc[k]
            names[i] = city.districts["name"].iloc[k]
    return frame.assign(district_code=codes, district_name=names)


def _check_nodes(
    frame: pd.DataFrame, layer: str, duct_nodes: DuctNodes | None, found: Findings
) -> pd.DataFrame:
    """Check that each named node of the plant exists; without a plant the names mean nothing."""
    named = frame["existing_node"] != ""
    if duct_nodes is None:
        if named.any():
            found.note(
                f"{layer}.no_plant",
                layer,
                "",
                Text(
                    f"{int(named.sum())} 行写了 existing_node，但情景中没有现有管道",
                    f"{int(named.sum())} rows name an existing_node, but there is no plant",
                ),
                Text("在 [layers] 中写 existing_ducts", "set existing_ducts in [layers]"),
            )
        return frame.assign(existing_node="")
    # Ducts that could not be read have left a fault of their own.
    for row, node in zip(frame["row"], frame["existing_node"], strict=True):
        if node and duct_nodes and node not in duct_nodes:
            found.fault(
                f"{layer}.unknown_node",
                layer,
                row,
                Text(f"现有管道没有节点 {node}", f"no existing duct ends at node {node}"),
                one_of(node, duct_nodes),
            )
    return frame


def _check_unique(sites: pd.DataFrame, found: Findings) -> None:
    """Report ids that two levels share (within one file the file's own check has spoken)."""
    ids = sites.drop_duplicates(["site_id", "level"])
    for site_id, group in ids[ids["site_id"].duplicated(keep=False)].groupby("site_id", sort=False):
        levels = ", ".join(level for level in LEVELS if level in set(group["level"]))
        found.fault(
            "sites.duplicate_id",
            "sites",
            str(site_id),
            Text(f"编号在多个层级使用：{levels}", f"the id is used on several levels: {levels}"),
            Text("给出不同的编号", "give each site an id of its own"),
        )


def _note_unplaced(sites: pd.DataFrame, found: Findings) -> None:
    """Say of each site without position that the plan goes on without it."""
    unplaced = sites[sites["geometry"].isna()]
    for site_id, name in zip(unplaced["site_id"], unplaced["name"], strict=True):
        found.note(
            "sites.no_position",
            "sites",
            str(site_id),
            Text(
                f"{name} 位置未知，未纳入规划",
                f"{name} has no known position: left out of the plan",
            ),
            Text("补上经纬度", "give its longitude and latitude"),
        )
