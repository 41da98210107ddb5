"""Obstacles a new route crosses: waters and motorways."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["count_motorways", "count_waters"]

SAME_CROSSING_M = 200.0
"""Motorway crossings nearer than this along a route are one (carriageways, ramps)."""

AT_END_M = 1.0
"""What is met this near to a line's end is met at its end."""


def count_waters(
    geometry: NDArray[np.object_], water: gpd.GeoDataFrame | None
) -> NDArray[np.int16]:
    """Count the distinct water bodies each line crosses (touching polygons are one body)."""
    count = np.zeros(len(geometry), dtype=np.int16)
    if water is None or len(water) == 0 or len(geometry) == 0:
        return count
    bodies = shapely.get_parts(shapely.union_all(shapely.make_valid(water.geometry.to_numpy())))
    bodies = bodies[shapely.area(bodies) > 0]
    _, line = shapely.STRtree(geometry).query(bodies, predicate="intersects")
    np.add.at(count, line, 1)
    return count


def count_motorways(
    geometry: NDArray[np.object_],
    motorway: NDArray[np.bool_],
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
) -> NDArray[np.int16]:
    """Count how often each line that is no motorway crosses one, or ends in one.

    A way into a motorway that goes on in both directions costs as much as a way across it;
    where the motorway itself ends, the road that continues it does not.
    """
    ends = np.concatenate([tail[motorway], head[motorway]])
    through = (
        np.bincount(ends, minlength=int(max(tail.max(initial=0), head.max(initial=0))) + 1) > 1
    )
    count = np.where(motorway, 0, through[tail].astype(np.int16) + through[head]).astype(np.int16)
    return count + _crossed(geometry, motorway)


def _crossed(geometry: NDArray[np.object_], motorway: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Count how often each line that is no motorway crosses one away from a junction."""
    count = np.zeros(len(geometry), dtype=np.int16)
    fast = geometry[motorway]
    other = np.flatnonzero(~motorway)
    if len(fast) == 0 or len(other) == 0:
        return count
    # not "crosses": where the motorway has a node at the crossing, its two halves only touch
    i, j = shapely.STRtree(fast).query(geometry[other], predicate="intersects")
    route = other[i]
    points, pair = shapely.get_parts(
        shapely.intersection(geometry[route], fast[j]), return_index=True
    )
    route = route[pair]
    metre = shapely.line_locate_point(geometry[route], shapely.centroid(points))
    # what lies at the route's own ends is a junction
    inner = np.minimum(metre, shapely.length(geometry[route]) - metre) > AT_END_M
    route, metre = route[inner], metre[inner]
    order = np.lexsort((metre, route))
    route, metre = route[order], metre[order]
    fresh = np.ones(len(route), dtype=np.bool_)
    fresh[1:] = (route[1:] != route[:-1]) | (metre[1:] - metre[:-1] > SAME_CROSSING_M)
    np.add.at(count, route[fresh], 1)
    return count
