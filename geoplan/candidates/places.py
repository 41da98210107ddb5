"""Places: buildings that hold sites, and the nodes of the existing plant."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.candidates.network import components
from geoplan.errors import Fault, InputError
from geoplan.layers import LEVELS, Layers
from geoplan.text import Text

__all__ = ["NO_SITE", "Places", "find_places"]

_SURVEY_M = 1.0
"""Two files may place one point so far apart."""
NO_SITE = len(LEVELS)
"""Level of a place that holds no site (a joint of the existing plant)."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Buildings and plant nodes, each one node of the graph.

    Parameters
    ----------
    xy
        float64 (k, 2), planning CRS.
    level
        int64 (k,), index into ``LEVELS`` of the highest site in the place, or ``NO_SITE``.
    site_place
        int64 (s,), place of each site; -1 without position.
    plant_place
        Plant node id -> place.
    """

    xy: NDArray[np.float64]
    level: NDArray[np.int64]
    site_place: NDArray[np.int64]
    plant_place: dict[str, int]


def _buildings(sites: gpd.GeoDataFrame, same_building_m: float) -> NDArray[np.int64]:
    """Return for each site the row of the site whose building it shares (its own: itself).

    Sites move in with an earlier core or hub nearby: cores first, then hubs, then others.
    """
    geometry = sites.geometry.to_numpy()
    placed = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    xy = np.full((len(sites), 2), np.nan)
    xy[placed] = shapely.get_coordinates(geometry[placed])
    level = sites["level"].to_numpy()
    host = np.where(placed, np.arange(len(sites)), -1)
    anchors: list[int] = []
    for anchor_level in LEVELS[:2]:
        for row in np.flatnonzero(placed & (level == anchor_level)).tolist():
            near = [a for a in anchors if np.hypot(*(xy[a] - xy[row])) <= same_building_m]
            if near:
                host[row] = min(near, key=lambda a: (float(np.hypot(*(xy[a] - xy[row]))), a))
            else:
                anchors.append(row)
    others = np.flatnonzero(placed & ~np.isin(level, LEVELS[:2]))
    if anchors and len(others):
        away_m, nearest = cKDTree(xy[anchors]).query(xy[others])
        inside = np.asarray(away_m <= same_building_m)
        host[others[inside]] = np.array(anchors)[np.asarray(nearest)[inside]]
    return host


def _plant_nodes(ducts: gpd.GeoDataFrame) -> tuple[list[str], NDArray[np.float64]]:
    """Return plant node ids in order of appearance, and where each lies."""
    if len(ducts) == 0:
        return [], np.empty((0, 2))
    geometry = ducts.geometry.to_numpy()
    first = shapely.get_coordinates(shapely.get_point(geometry, 0))
    last = shapely.get_coordinates(shapely.get_point(geometry, -1))
    where: dict[str, NDArray[np.float64]] = {}
    ends = zip(ducts["node_a"].astype(str), ducts["node_b"].astype(str), first, last, strict=True)
    for node_a, node_b, xy_a, xy_b in ends:
        where.setdefault(node_a, xy_a)
        where.setdefault(node_b, xy_b)
    return list(where), np.array(list(where.values()))


def find_places(layers: Layers, *, same_building_m: float, with_plant: bool) -> Places:
    """Gather sites in buildings and give each plant node its place.

    A site whose ``existing_node`` is a node of the plant is at that node; so are the other
    sites of its building. The position of a building is that of its first site.

    Raises
    ------
    InputError
        ``sites.far_node``: a named node lies so far off that it can't be in the site's building.
    """
    sites = layers.sites
    host = _buildings(sites, same_building_m)
    ids, plant_xy = _plant_nodes(layers.existing_ducts) if with_plant else ([], np.empty((0, 2)))
    number = {node: index for index, node in enumerate(ids)}
    count = len(sites)
    placed = np.flatnonzero(host >= 0)
    at_plant = [
        (row, count + number[node])
        for row, node in zip(
            placed.tolist(), sites["existing_node"].astype(str).iloc[placed], strict=True
        )
        if node in number
    ]
    links = np.array(at_plant, dtype=np.int64).reshape(-1, 2)
    tail = np.concatenate([placed, links[:, 0]])
    head = np.concatenate([host[placed], links[:, 1]])
    group = components(count + len(ids), tail, head)
    levels = np.array([LEVELS.index(level) for level in sites["level"]], dtype=np.int64)
    level = np.concatenate([levels, np.full(len(ids), NO_SITE)])
    xy = np.empty((count + len(ids), 2))
    xy[placed] = shapely.get_coordinates(sites.geometry.to_numpy()[placed])
    xy[count:] = plant_xy
    members = np.concatenate([placed, np.arange(count, count + len(ids))])
    order = members[np.lexsort((members, level[members], group[members]))]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = group[order][1:] != group[order][:-1]
    heads = np.sort(order[first])
    place_of_group = np.full(count + len(ids), -1, dtype=np.int64)
    place_of_group[group[heads]] = np.arange(len(heads))
    site_place = np.where(host >= 0, place_of_group[group[:count]], -1)
    plant_place = {
        node: int(place_of_group[group[count + index]]) for node, index in number.items()
    }
    away_m = np.zeros(len(group))
    away_m[members] = np.hypot(*(xy[members] - xy[heads][place_of_group[group[members]]]).T)
    _refuse_far(sites, links, group, away_m, same_building_m)
    return Places(xy[heads], level[heads], site_place, plant_place)


def _refuse_far(
    sites: gpd.GeoDataFrame,
    links: NDArray[np.int64],
    group: NDArray[np.int64],
    away_m: NDArray[np.float64],
    same_building_m: float,
) -> None:
    """Refuse buildings that a named node of the plant stretches beyond what a building is.

    Parameters
    ----------
    links
        int64 (k, 2), site and plant node that it names.
    group, away_m
        (s + plant nodes,), the building of each, and how far it lies from that one's position.
    """
    faults = []
    for building in np.unique(group[away_m > same_building_m + _SURVEY_M]).tolist():
        named = links[group[links[:, 0]] == building]
        site, _ = max(named.tolist(), key=lambda link: float(max(away_m[link])))
        row, plant_node = sites.iloc[site], sites["existing_node"].iloc[site]
        far_m = float(away_m[group == building].max())
        faults.append(
            Fault(
                "sites.far_node",
                "sites",
                str(row["site_id"]),
                Text(
                    f"{row['name']} 与现有光缆终端 {plant_node} 不在同一机房：相距 {far_m:,.0f} 米",
                    f"{row['name']} and the plant node {plant_node} that it names are in no one "
                    f"machine room: they lie {far_m:,.0f} m apart",
                ),
                Text(
                    "检查 existing_node 与位置，或提高 route.same_building_m",
                    "check its existing_node and position, or raise route.same_building_m",
                ),
            )
        )
    if faults:
        raise InputError(faults)
