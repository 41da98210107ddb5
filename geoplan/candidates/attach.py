"""Lead-ins: from every place with a site to the corridors, two for hubs and cores."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from geoplan.candidates.network import Corridors, two_edge_blocks
from geoplan.candidates.places import NO_SITE, Places
from geoplan.candidates.routes import Routes
from geoplan.scenario import RouteRules

__all__ = ["MAX_LEAD_IN_M", "attach_places", "lead_in_factor"]

REUSE_NODE_M = 50.0
"""A lead-in takes a junction (or another lead-in's joint) this near along the corridor."""

STRAIGHT_M = 200.0
"""Lead-ins shorter than this are laid straight; longer ones follow unmapped streets."""

MAX_LEAD_IN_M = 20_000.0
"""A site farther than this from every corridor is not attached."""

_SPREAD_DEG = 20.0
_SEARCH_M = (1000.0, 3000.0, 8000.0, MAX_LEAD_IN_M)


def lead_in_factor(length_m: NDArray[np.float64], detour: float) -> NDArray[np.float64]:
    """Return the factor on the straight length of lead-ins (1.0 for the short ones)."""
    return np.where(length_m < STRAIGHT_M, 1.0, detour)


def _targets(corridors: Corridors) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return what lead-ins may reach: lines of ordinary corridors, nodes of motorways.

    The second array holds the corridor number, or ``-1 - node`` for a node.
    """
    ordinary = np.flatnonzero(~corridors.motorway)
    fast = corridors.motorway
    nodes = np.unique(np.concatenate([corridors.tail[fast], corridors.head[fast]]))
    shapes = np.concatenate(
        [corridors.geometry[ordinary], shapely.points(corridors.node_xy[nodes])]
    )
    return shapes, np.concatenate([ordinary, -1 - nodes]).astype(np.int64)


def _nearest(points: NDArray[np.object_], shapes: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return the nearest shape of each point; the lowest number among equals."""
    i, j = shapely.STRtree(shapes).query_nearest(points, all_matches=True)
    order = np.lexsort((j, i))
    _, first = np.unique(i[order], return_index=True)
    nearest: NDArray[np.int64] = j[order][first].astype(np.int64)
    return nearest


def _ring_safe(corridors: Corridors, target: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark targets within the largest part that no single cut takes apart."""
    block = two_edge_blocks(len(corridors.node_xy), corridors.tail, corridors.head)
    inside = block[corridors.tail] == block[corridors.head]
    length = np.bincount(
        block[corridors.tail[inside]],
        weights=shapely.length(corridors.geometry[inside]),
        minlength=int(block.max()) + 1,
    )
    best = int(np.argmax(length))
    if length[best] == 0.0:  # a network without any ring: nothing is safe, all is equal
        return np.ones(len(target), dtype=np.bool_)
    safe_node = block == best
    safe = np.empty(len(target), dtype=np.bool_)
    line = target >= 0
    safe[line] = safe_node[corridors.tail[target[line]]] & safe_node[corridors.head[target[line]]]
    safe[~line] = safe_node[-1 - target[~line]]
    return safe


def _two_targets(
    xy: NDArray[np.float64],
    tree: shapely.STRtree,
    shapes: NDArray[np.object_],
    rules: RouteRules,
) -> list[int]:
    """Return up to two targets whose lead-ins leave in different directions.

    The second lead-in must not run beside the first, nor along the corridor the first one
    reaches: it would be cut together with it.
    """
    point = shapely.Point(xy)
    for reach_m in _SEARCH_M:
        near = np.sort(tree.query(point, predicate="dwithin", distance=reach_m))
        if len(near) == 0:
            continue
        away_m = np.round(shapely.distance(point, shapes[near]), 3)
        near = near[np.lexsort((near, away_m))]
        first = int(near[0])
        way = shapely.shortest_line(point, shapes[near])
        ends = shapely.get_coordinates(shapely.get_point(way, -1)) - xy
        unit = ends / np.maximum(np.hypot(*ends.T), 1e-9)[:, None]
        spread = (unit @ unit[0] < np.cos(np.radians(_SPREAD_DEG))) | (away_m[0] < 1.0)
        beside = shapely.buffer(shapes[first], rules.closeness_m.value)
        along = shapely.length(shapely.intersection(way, beside))
        fits = spread & (along < rules.closeness_length_m.value) & (near != first)
        if fits.any():
            return [first, int(near[np.argmax(fits)])]
    return [int(near[0])] + [int(other) for other in near[1:2]] if len(near) else []


def _choose(
    corridors: Corridors, places: Places, rules: RouteRules
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return lead-ins as (place, target, point on the target)."""
    shapes, target = _targets(corridors)
    single = np.flatnonzero((places.level >= 2) & (places.level != NO_SITE))
    nearest = _nearest(shapely.points(places.xy[single]), shapes)
    place, chosen = single.tolist(), nearest.tolist()
    safe = np.flatnonzero(_ring_safe(corridors, target))
    tree = shapely.STRtree(shapes[safe])
    for hub in np.flatnonzero(places.level < 2).tolist():
        for pick in _two_targets(places.xy[hub], tree, shapes[safe], rules):
            place.append(hub)
            chosen.append(int(safe[pick]))
    who, which = np.array(place, dtype=np.int64), np.array(chosen, dtype=np.int64)
    way = shapely.shortest_line(shapely.points(places.xy[who]), shapes[which])
    in_reach = shapely.length(way) <= MAX_LEAD_IN_M
    at = shapely.get_coordinates(shapely.get_point(way, -1))
    return who[in_reach], target[which][in_reach], at[in_reach]


def _joints(
    corridors: Corridors, target: NDArray[np.int64], at: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the node each lead-in reaches, and the corridors' cuts (corridor, metre).

    New nodes are numbered on from the corridors' nodes, in the order of the cuts.
    """
    node = np.where(target < 0, -1 - target, -1)
    on_line = np.flatnonzero(target >= 0)
    lines = corridors.geometry[target[on_line]]
    metre = shapely.line_locate_point(lines, shapely.points(at[on_line]))
    length = shapely.length(lines)
    cut_corridor: list[int] = []
    cut_metre: list[float] = []
    order = np.lexsort((on_line, np.round(metre, 2), target[on_line]))
    for index in order.tolist():
        row, corridor = int(on_line[index]), int(target[on_line[index]])
        to_end = length[index] - metre[index]
        if min(metre[index], to_end) <= REUSE_NODE_M:
            ends = corridors.tail if metre[index] <= to_end else corridors.head
            node[row] = ends[corridor]
            continue
        last = cut_corridor[-1] == corridor if cut_corridor else False
        if not (last and metre[index] - cut_metre[-1] <= REUSE_NODE_M):
            cut_corridor.append(corridor)
            cut_metre.append(float(metre[index]))
        node[row] = len(corridors.node_xy) + len(cut_corridor) - 1
    return node, np.array(cut_corridor, dtype=np.int64), np.array(cut_metre)


def _cut(
    corridors: Corridors, corridor: NDArray[np.int64], metre: NDArray[np.float64]
) -> Corridors:
    """Cut corridors at the given metres; cut ``i`` becomes node ``n + i``."""
    n = len(corridors.node_xy)
    cuts: dict[int, list[int]] = {}
    for index, number in enumerate(corridor.tolist()):
        cuts.setdefault(number, []).append(index)
    at = shapely.line_interpolate_point(corridors.geometry[corridor], metre)
    node_xy = np.concatenate([corridors.node_xy, shapely.get_coordinates(at)])
    whole = np.ones(len(corridors.tail), dtype=np.bool_)
    whole[corridor] = False
    source: list[int] = []
    tail: list[int] = []
    head: list[int] = []
    geometry: list[shapely.LineString] = []
    bridges: list[shapely.MultiLineString | None] = []
    for number, indices in cuts.items():
        line = corridors.geometry[number]
        stops = [0.0, *metre[indices].tolist(), line.length]
        nodes = [int(corridors.tail[number]), *(n + i for i in indices)]
        nodes.append(int(corridors.head[number]))
        for i in range(len(stops) - 1):
            source.append(number)
            tail.append(nodes[i])
            head.append(nodes[i + 1])
            geometry.append(substring(line, stops[i], stops[i + 1]))
            bridges.append(_bridges_between(corridors.bridges[number], line, stops[i : i + 2]))
    shapes = np.empty(len(geometry), dtype=np.object_)
    shapes[:] = geometry
    parts = np.empty(len(bridges), dtype=np.object_)
    parts[:] = bridges
    return Corridors(
        node_xy,
        np.concatenate([corridors.tail[whole], np.array(tail, dtype=np.int64)]),
        np.concatenate([corridors.head[whole], np.array(head, dtype=np.int64)]),
        np.concatenate([corridors.geometry[whole], shapes]),
        np.concatenate(
            [corridors.motorway[whole], corridors.motorway[np.array(source, dtype=np.int64)]]
        ),
        np.concatenate([corridors.bridges[whole], parts]),
    )


def _bridges_between(
    bridges: shapely.MultiLineString | None, line: shapely.LineString, stops: list[float]
) -> shapely.MultiLineString | None:
    """Return the bridge parts whose middle lies between two metres of the line."""
    if bridges is None:
        return None
    parts = shapely.get_parts(bridges)
    middle = shapely.line_locate_point(
        line, shapely.line_interpolate_point(parts, 0.5, normalized=True)
    )
    inside = (middle >= stops[0]) & (middle <= stops[1])
    return shapely.multilinestrings(parts[inside]) if inside.any() else None


def attach_places(corridors: Corridors, places: Places, rules: RouteRules) -> Routes:
    """Attach every place that holds a site to the corridors.

    Each gets one lead-in to the nearest corridor; hubs and cores get two, to different
    corridors of the largest part of the network that no single cut takes apart, so that two
    ways exist. Motorways are reached at their nodes only.
    """
    place, target, at = _choose(corridors, places, rules)
    node, cut_corridor, cut_metre = _joints(corridors, target, at)
    cut = _cut(corridors, cut_corridor, cut_metre)
    k = len(places.xy)
    # two lead-ins of one place may end at one node: one of them says nothing
    _, first = np.unique(place * np.int64(len(cut.node_xy)) + node, return_index=True)
    place, node = place[np.sort(first)], node[np.sort(first)]
    lead_ins = shapely.linestrings(np.stack([places.xy[place], cut.node_xy[node]], axis=1))
    factor = lead_in_factor(shapely.length(lead_ins), rules.detour_factor.value)
    none = np.full(len(place), None, dtype=np.object_)
    return Routes(
        node_xy=np.concatenate([places.xy, cut.node_xy]),
        tail=np.concatenate([cut.tail + k, place]),
        head=np.concatenate([cut.head + k, node + k]),
        geometry=np.concatenate([cut.geometry, lead_ins]),
        factor=np.concatenate([np.ones(len(cut.tail)), factor]),
        motorway=np.concatenate([cut.motorway, np.zeros(len(place), dtype=np.bool_)]),
        lead_in=np.concatenate(
            [np.zeros(len(cut.tail), dtype=np.bool_), np.ones(len(place), dtype=np.bool_)]
        ),
        bridges=np.concatenate([cut.bridges, none]),
    )
