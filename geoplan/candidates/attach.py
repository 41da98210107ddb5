"""Lead-ins: from every place with a site to the corridors, two for hubs and cores."""

from __future__ import annotations

from dataclasses import dataclass

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

ON_CORRIDOR_M = 5.0
"""A hub or core this near to a corridor stands on it: a road is wider than that."""

MAX_LEAD_IN_M = 20_000.0
"""A site farther than this from every corridor is not attached."""

_SPREAD_DEG = 20.0
_SAME_M = 0.05
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


def _joint_xy(
    shape: shapely.Geometry, at: NDArray[np.float64], within_m: float
) -> NDArray[np.float64]:
    """Return where a lead-in to ``at`` on a target ends: at an end that is near along it."""
    if not isinstance(shape, shapely.LineString):
        return at
    metre = shapely.line_locate_point(shape, shapely.Point(at))
    to_end = shape.length - metre
    if min(metre, to_end) > within_m:
        return at
    xy: NDArray[np.float64] = shapely.get_coordinates(shape)[0 if metre <= to_end else -1]
    return xy


def _two_targets(
    xy: NDArray[np.float64],
    tree: shapely.STRtree,
    shapes: NDArray[np.object_],
    rules: RouteRules,
) -> list[tuple[int, NDArray[np.float64]]]:
    """Return up to two targets, and points on them, whose lead-ins leave in two directions.

    The second lead-in must not run beside the first, nor along the corridor the first one
    reaches: it would be cut together with it. Nor may it end where the first one does: where
    the hub stands near a junction, it goes some way along the other corridor.
    """
    point = shapely.Point(xy)
    spare: list[tuple[int, NDArray[np.float64]]] = []
    for reach_m in _SEARCH_M:
        near = np.sort(tree.query(point, predicate="dwithin", distance=reach_m))
        if len(near) == 0:
            continue
        away_m = np.round(shapely.distance(point, shapes[near]), 3)
        first = int(near[np.lexsort((near, away_m))[0]])
        at = _end_of_way(point, shapes[[first]])[0]
        joint = shapely.Point(_joint_xy(shapes[first], at, REUSE_NODE_M))
        others = near[near != first]
        rest = shapely.difference(shapes[others], joint.buffer(REUSE_NODE_M + 1.0))
        others, rest = others[~shapely.is_empty(rest)], rest[~shapely.is_empty(rest)]
        away_m = np.round(shapely.distance(point, rest), 3)
        order = np.lexsort((others, away_m))
        others, rest, away_m = others[order], rest[order], away_m[order]
        ends = _end_of_way(point, rest)
        step = np.concatenate([at[None, :], ends]) - xy
        unit = step / np.maximum(np.hypot(*step.T), 1e-9)[:, None]
        on_it = float(np.hypot(*step[0])) < 1.0  # the first one has no direction
        spread = (unit[1:] @ unit[0] < np.cos(np.radians(_SPREAD_DEG))) | on_it
        beside = shapely.buffer(shapes[first], rules.closeness_m.value)
        along = shapely.length(shapely.intersection(shapely.shortest_line(point, rest), beside))
        fits = spread & (along < rules.closeness_length_m.value) & (away_m <= reach_m)
        if fits.any():
            pick = int(np.argmax(fits))
            return [(first, at), (int(others[pick]), ends[pick])]
        spare = [(first, at)]
        spare += [(int(other), end) for other, end in zip(others[:1], ends[:1], strict=True)]
    return spare


def _end_of_way(point: shapely.Point, shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the nearest point of each shape, (n, 2)."""
    xy: NDArray[np.float64] = shapely.get_coordinates(
        shapely.get_point(shapely.shortest_line(point, shapes), -1)
    )
    return xy


@dataclass(frozen=True, slots=True, eq=False)
class _LeadIns:
    """Lead-ins as (place, target, point on the target); ``on``: the place stands on it."""

    place: NDArray[np.int64]
    target: NDArray[np.int64]
    at: NDArray[np.float64]
    on: NDArray[np.bool_]


def _choose(corridors: Corridors, places: Places, rules: RouteRules) -> _LeadIns:
    """Choose where every place with a site meets the corridors."""
    shapes, target = _targets(corridors)
    single = np.flatnonzero((places.level >= 2) & (places.level != NO_SITE))
    nearest = _nearest(shapely.points(places.xy[single]), shapes)
    way = shapely.shortest_line(shapely.points(places.xy[single]), shapes[nearest])
    place, chosen = single.tolist(), nearest.tolist()
    at = list(shapely.get_coordinates(shapely.get_point(way, -1)))
    on = [False] * len(place)
    safe = np.flatnonzero(_ring_safe(corridors, target))
    tree = shapely.STRtree(shapes[safe])
    taken: list[NDArray[np.float64]] = []
    for hub in np.flatnonzero(places.level < 2).tolist():
        xy = places.xy[hub]
        picks = _two_targets(xy, tree, shapes[safe], rules)
        picks = [(int(safe[pick]), end) for pick, end in picks]
        if not picks:  # no ring in reach: one way, which the notes will name
            other = int(_nearest(np.array([shapely.Point(xy)]), shapes)[0])
            picks = [(other, _end_of_way(shapely.Point(xy), shapes[[other]])[0])]
        first, end = picks[0]
        joint = _joint_xy(shapes[first], end, ON_CORRIDOR_M)
        stands_on = target[first] >= 0 and np.hypot(*(end - xy)) <= ON_CORRIDOR_M
        if stands_on and any(np.hypot(*(joint - other)) <= 1.0 for other in taken):
            stands_on = False
        if stands_on:
            taken.append(joint)
            # a junction has corridors enough; along one road a bridge may be both ways' end
            picks = picks if joint is end else picks[:1]
        for pick, end in picks:
            place.append(hub)
            chosen.append(pick)
            at.append(end)
            on.append(bool(stands_on and pick == first))
    who = np.array(place, dtype=np.int64)
    where = np.array(at, dtype=np.float64).reshape(-1, 2)
    in_reach = np.hypot(*(where - places.xy[who]).T) <= MAX_LEAD_IN_M
    which = target[np.array(chosen, dtype=np.int64)]
    return _LeadIns(
        who[in_reach], which[in_reach], where[in_reach], np.array(on, dtype=np.bool_)[in_reach]
    )


def _joints(
    corridors: Corridors, lead_ins: _LeadIns
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the node each lead-in reaches, and the corridors' cuts (corridor, metre).

    New nodes are numbered on from the corridors' nodes, in the order of the cuts. A place that
    stands on a corridor is its own joint; other lead-ins take one that is near.
    """
    target = lead_ins.target
    node = np.where(target < 0, -1 - target, -1)
    on_line = np.flatnonzero(target >= 0)
    lines = corridors.geometry[target[on_line]]
    metre = shapely.line_locate_point(lines, shapely.points(lead_ins.at[on_line]))
    length = shapely.length(lines)
    cut_corridor: list[int] = []
    cut_metre: list[float] = []
    order = np.lexsort((on_line, np.round(metre, 2), target[on_line]))
    for index in order.tolist():
        row, corridor = int(on_line[index]), int(target[on_line[index]])
        to_end = length[index] - metre[index]
        near_m = ON_CORRIDOR_M if lead_ins.on[row] else REUSE_NODE_M
        if min(metre[index], to_end) <= near_m:
            ends = corridors.tail if metre[index] <= to_end else corridors.head
            node[row] = ends[corridor]
            continue
        last = cut_corridor[-1] == corridor if cut_corridor else False
        near_m = _SAME_M if lead_ins.on[row] else REUSE_NODE_M
        if not (last and metre[index] - cut_metre[-1] <= near_m):
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


def _stand_on(
    corridors: Corridors, places: Places, place: NDArray[np.int64], node: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Return the number of each corridor node among places and nodes, and the corridors' lines.

    ``place[i]`` stands on ``node[i]``: it takes the node's part, and lines that end there end
    at the place. Other nodes are numbered on from the places, without gaps.
    """
    number = np.full(len(corridors.node_xy), -1, dtype=np.int64)
    number[node] = place
    free = np.flatnonzero(number < 0)
    number[free] = len(places.xy) + np.arange(len(free))
    geometry = corridors.geometry.copy()
    for end, ends in ((0, corridors.tail), (-1, corridors.head)):
        for row in np.flatnonzero(np.isin(ends, node)).tolist():
            xy = shapely.get_coordinates(geometry[row])
            xy[end] = places.xy[number[ends[row]]]
            geometry[row] = shapely.LineString(xy)
    return number, geometry


def attach_places(corridors: Corridors, places: Places, rules: RouteRules) -> Routes:
    """Attach every place that holds a site to the corridors.

    Each gets one lead-in to the nearest corridor; hubs and cores get two, to different
    corridors of the largest part of the network that no single cut takes apart, so that two
    ways exist. A hub or core that stands on a junction of such corridors needs none: they are
    its ways; one that stands on a road goes both ways along it, and has one lead-in to another.
    Motorways are reached at their nodes only.
    """
    chosen = _choose(corridors, places, rules)
    node, cut_corridor, cut_metre = _joints(corridors, chosen)
    cut = _cut(corridors, cut_corridor, cut_metre)
    number, geometry = _stand_on(cut, places, chosen.place[chosen.on], node[chosen.on])
    place, end = chosen.place[~chosen.on], number[node[~chosen.on]]
    free_xy = cut.node_xy[number >= len(places.xy)]
    node_xy = np.concatenate([places.xy, free_xy])
    # two lead-ins of one place may still end at one node: one of them says nothing
    _, first = np.unique(place * np.int64(len(node_xy)) + end, return_index=True)
    place, end = place[np.sort(first)], end[np.sort(first)]
    lead_ins = shapely.linestrings(np.stack([node_xy[place], node_xy[end]], axis=1))
    factor = lead_in_factor(shapely.length(lead_ins), rules.detour_factor.value)
    count = len(place)
    return Routes(
        node_xy=node_xy,
        tail=np.concatenate([number[cut.tail], place]),
        head=np.concatenate([number[cut.head], end]),
        geometry=np.concatenate([geometry, lead_ins]),
        factor=np.concatenate([np.ones(len(cut.tail)), factor]),
        motorway=np.concatenate([cut.motorway, np.zeros(count, dtype=np.bool_)]),
        lead_in=np.arange(len(cut.tail) + count) >= len(cut.tail),
        bridges=np.concatenate([cut.bridges, np.full(count, None, dtype=np.object_)]),
    )
