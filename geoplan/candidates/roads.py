"""From a road layer as it is to corridors: merge, node, join, trim, contract.

Every distance below was chosen on a layer quantised to about 60 m with both carriageways
drawn; ``docs/candidates.md`` says what each does to it.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.candidates.carriageways import merge_carriageways, pieces_of_lines
from geoplan.candidates.joins import (
    join_abutments,
    join_ends,
    join_motorways,
    join_parts,
    node_crossings,
)
from geoplan.candidates.network import Corridors, Pieces, components, contract, thin
from geoplan.errors import Fault, InputError
from geoplan.text import Text

__all__ = ["corridors_from_roads"]

CITY_MARGIN_M = 5000.0
CARRIAGEWAY_M = 30.0
COARSEST_M = 60.0
CARRIAGEWAY_LEAST_M = 150.0
END_REACH_M = 60.0
GAP_REACH_M = 300.0
DEAD_END_M = 150.0
SIMPLIFY_M = 1.0
LARGE_PIECE_SHARE = 0.02


def _near_city(
    roads: gpd.GeoDataFrame, districts: gpd.GeoDataFrame
) -> tuple[NDArray[np.object_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return lines that touch the city's surroundings, with their class and structure."""
    area = shapely.buffer(
        shapely.union_all(shapely.simplify(districts.geometry.to_numpy(), 100.0)), CITY_MARGIN_M
    )
    shapely.prepare(area)
    near = shapely.intersects(area, roads.geometry.to_numpy())
    roads = roads.loc[near]
    motorway = roads["road_class"].astype(str).str.startswith("motorway").to_numpy(np.bool_)
    bridge = roads["structure"].isin(["bridge", "tunnel"]).to_numpy(np.bool_)
    lines, source = shapely.get_parts(roads.geometry.to_numpy(), return_index=True)
    usable = shapely.length(lines) > 0
    return lines[usable], motorway[source[usable]], bridge[source[usable]]


def _resolution_m(lines: NDArray[np.object_]) -> float:
    """Return how coarsely lines are drawn: the 1st percentile of segment lengths, 60 m at most.

    Carriageways lie about 30 m apart; a layer quantised to a grid adds its grid to that, while
    in a layer drawn to the metre two streets 70 m apart are two streets.
    """
    xy, line = shapely.get_coordinates(lines, return_index=True)
    step = np.diff(xy, axis=0)[line[1:] == line[:-1]]
    length = np.hypot(step[:, 0], step[:, 1])
    return min(COARSEST_M, float(np.percentile(length[length > 0], 1)))


def _trim(pieces: Pieces, carriageway_m: float) -> Corridors:
    """Contract, leaving out short dead ends and second drawings of one corridor."""
    while True:
        corridors, corridor = contract(pieces, simplify_m=SIMPLIFY_M)
        keep = _worth_keeping(corridors, carriageway_m)
        if keep.all():
            return corridors
        pieces = pieces.select((corridor >= 0) & keep[corridor])


def _worth_keeping(corridors: Corridors, carriageway_m: float) -> NDArray[np.bool_]:
    """Mark corridors that are neither short dead ends nor repeat a neighbour."""
    length = shapely.length(corridors.geometry)
    degree = np.bincount(
        np.concatenate([corridors.tail, corridors.head]), minlength=len(corridors.node_xy)
    )
    dead = (degree[corridors.tail] == 1) | (degree[corridors.head] == 1)
    keep: NDArray[np.bool_] = ~(dead & (length < DEAD_END_M))
    low = np.minimum(corridors.tail, corridors.head)
    high = np.maximum(corridors.tail, corridors.head)
    order = np.lexsort((np.round(length, 1), high, low))
    same = (low[order][1:] == low[order][:-1]) & (high[order][1:] == high[order][:-1])
    shorter, longer = order[:-1][same], order[1:][same]
    apart = shapely.hausdorff_distance(corridors.geometry[shorter], corridors.geometry[longer])
    keep[longer[apart <= 1.5 * carriageway_m]] = False
    return keep


def _disconnected(
    corridors: Corridors, part: NDArray[np.int64], main: int, inside_m: NDArray[np.float64]
) -> tuple[Fault, ...]:
    """Return one fault for each large piece within the city that can't be joined."""
    total = float(inside_m.sum())
    piece = part[corridors.tail]
    share = np.bincount(piece, weights=inside_m) / max(total, 1.0)
    faults = []
    trunk = corridors.geometry[piece == main]
    tree = shapely.STRtree(trunk)
    for number in np.flatnonzero(share > LARGE_PIECE_SHARE):
        if number == main:
            continue
        lines = corridors.geometry[piece == number]
        pairs, gaps = tree.query_nearest(lines, return_distance=True, all_matches=False)
        best = int(np.argmin(gaps))
        link = shapely.shortest_line(lines[pairs[0][best]], trunk[pairs[1][best]])
        x, y = shapely.get_coordinates(link)[0]
        km = float(inside_m[piece == number].sum()) / 1000.0
        faults.append(
            Fault(
                "roads.disconnected",
                "roads",
                "",
                Text(
                    f"道路图层分为互不相连的部分：有 {km:.1f} 公里（市域内的 {share[number]:.1%}）"
                    f"与主路网不相连；最小间距 {gaps[best]:.0f} 米，位于坐标 ({x:.0f}, {y:.0f})",
                    f"the road layer falls into pieces: {km:.1f} km ({share[number]:.1%} of it "
                    f"within the city) can't be joined to the main network; the nearest gap is "
                    f"{gaps[best]:.0f} m, at ({x:.0f}, {y:.0f}) in the planning CRS",
                ),
                Text(
                    f"补上缺失的道路，或将间距缩小到 {GAP_REACH_M:.0f} 米以内",
                    f"add the missing road, or close the gap to under {GAP_REACH_M:.0f} m",
                ),
            )
        )
    return tuple(faults)


def corridors_from_roads(
    roads: gpd.GeoDataFrame, districts: gpd.GeoDataFrame
) -> tuple[Corridors, tuple[Fault, ...]]:
    """Clean and node a road layer: one connected network of corridors.

    Parameters
    ----------
    roads
        Lines with ``road_class`` and ``structure`` (``schema.ROADS``), planning CRS.
    districts
        Polygons of the city: only roads that come within 5 km of it are kept.

    Returns
    -------
    corridors, notes
        The main connected part, and remarks on what was left out.

    Raises
    ------
    InputError
        ``roads.none_near`` when no road lies near the city; ``roads.disconnected`` when a
        piece with more than 2 % of the length within the city can't be joined over 300 m.
    """
    lines, motorway, bridge = _near_city(roads, districts)
    if len(lines) == 0:
        raise InputError([_none_near()])
    carriageway_m = CARRIAGEWAY_M + _resolution_m(lines)
    pieces, chain = pieces_of_lines(lines, motorway, bridge)
    pieces = merge_carriageways(
        pieces, chain, distance_m=carriageway_m, least_m=CARRIAGEWAY_LEAST_M
    )
    pieces = node_crossings(thin(pieces, simplify_m=SIMPLIFY_M))
    pieces = join_abutments(pieces, reach_m=GAP_REACH_M)
    pieces = join_ends(pieces, reach_m=END_REACH_M, any_direction=True)
    pieces = join_ends(pieces, reach_m=GAP_REACH_M / 2, any_direction=False)
    pieces = join_ends(pieces, reach_m=GAP_REACH_M, any_direction=False)
    for reach_m in (END_REACH_M, GAP_REACH_M / 2, GAP_REACH_M):
        pieces = join_parts(pieces, reach_m=reach_m)
    pieces = join_motorways(pieces)
    corridors = _trim(pieces, carriageway_m)
    return _main_part(corridors, districts)


def _none_near() -> Fault:
    return Fault(
        "roads.none_near",
        "roads",
        "",
        Text("道路图层中没有位于市域附近的道路", "no line of the road layer lies near the city"),
        Text("检查坐标系与范围", "check the layer's CRS and extent"),
    )


def _main_part(
    corridors: Corridors, districts: gpd.GeoDataFrame
) -> tuple[Corridors, tuple[Fault, ...]]:
    """Keep the largest connected part; raise when another one matters, else say what goes."""
    if len(corridors.tail) == 0:
        raise InputError([_none_near()])
    city = shapely.union_all(shapely.simplify(districts.geometry.to_numpy(), 100.0))
    shapely.prepare(city)
    length = shapely.length(corridors.geometry)
    middle = shapely.line_interpolate_point(corridors.geometry, 0.5, normalized=True)
    inside_m = np.where(shapely.contains(city, middle), length, 0.0)
    part = components(len(corridors.node_xy), corridors.tail, corridors.head)
    piece = part[corridors.tail]
    main = int(np.argmax(np.bincount(piece, weights=inside_m + 1e-6 * length)))
    faults = _disconnected(corridors, part, main, inside_m)
    if faults:
        raise InputError(faults)
    kept = corridors.select(piece == main)
    lost_km = float(length[piece != main].sum()) / 1000.0
    if lost_km == 0.0:
        return kept, ()
    share = 1.0 - float(inside_m[piece == main].sum()) / max(float(inside_m.sum()), 1.0)
    pieces = len(np.unique(piece)) - 1
    note = Fault(
        "roads.left_out",
        "roads",
        "",
        Text(
            f"{pieces} 处孤立道路共 {lost_km:.1f} 公里（市域内的 {share:.2%}）未纳入候选图",
            f"{pieces} isolated pieces of road, {lost_km:.1f} km ({share:.2%} of the length "
            f"within the city), were left out of the candidate graph",
        ),
        Text("如需使用，请补上连接道路", "add the connecting road if they are needed"),
    )
    return kept, (note,)
