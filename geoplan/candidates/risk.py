"""Risk groups: what one digger, one collapse of a bridge, cuts together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.candidates.graph import RISK_KINDS
from geoplan.candidates.network import components

__all__ = ["RiskGroups", "find_risk_groups"]

LONGEST_BRIDGE_M = 2000.0
"""Bridge parts that touch are one bridge up to this length; beyond it is a viaduct, which
does not come down as one."""

_TRENCH, _DUCT, _BRIDGE, _CLOSE = (RISK_KINDS.index(k) for k in RISK_KINDS)


@dataclass(frozen=True, slots=True, eq=False)
class RiskGroups:
    """Groups of each stretch in CSR form, with kind and label of each group."""

    ptr: NDArray[np.int64]
    groups: NDArray[np.int32]
    kind: NDArray[np.int8]
    label: NDArray[np.object_]


def _bridge_groups(bridges: NDArray[np.object_], closeness_m: float) -> list[NDArray[np.int64]]:
    """Return the stretches of each bridge that carries more than one."""
    has = np.flatnonzero(~shapely.is_missing(bridges))
    if len(has) == 0:
        return []
    parts, index = shapely.get_parts(bridges[has], return_index=True)
    stretch = has[index]
    i, j = shapely.STRtree(parts).query(parts, predicate="dwithin", distance=closeness_m)
    bridge = components(len(parts), i, j)
    length = np.bincount(bridge, weights=shapely.length(parts))
    found = []
    order = np.lexsort((stretch, bridge))
    for rows in np.split(order, np.flatnonzero(np.diff(bridge[order])) + 1):
        members = np.unique(stretch[rows])
        if len(members) > 1 and length[bridge[rows[0]]] <= LONGEST_BRIDGE_M:
            found.append(members)
    return sorted(found, key=lambda members: members.tolist())


def _close_pairs(
    geometry: NDArray[np.object_],
    is_new: NDArray[np.bool_],
    closeness_m: float,
    closeness_length_m: float,
) -> NDArray[np.int64]:
    """Return pairs of stretches, one of them new, that run beside each other (sorted)."""
    long_enough = shapely.length(geometry) >= closeness_length_m
    candidates = np.flatnonzero(long_enough)
    new = np.flatnonzero(long_enough & is_new)
    if len(new) == 0:
        return np.empty((0, 2), dtype=np.int64)
    i, j = shapely.STRtree(geometry[candidates]).query(
        geometry[new], predicate="dwithin", distance=closeness_m
    )
    i, j = new[i], candidates[j]
    pair = (i < j) | ~is_new[j]
    i, j = i[pair], j[pair]
    # the shorter one is measured within a strip around the longer
    length = shapely.length(geometry)
    swap = length[i] > length[j]
    short, long = np.where(swap, j, i), np.where(swap, i, j)
    strip_of, strip = np.unique(short, return_inverse=True)
    strips = shapely.buffer(geometry[strip_of], closeness_m, quad_segs=2, cap_style="flat")
    shapely.prepare(strips)
    beside = shapely.length(shapely.intersection(geometry[long], strips[strip]))
    close = beside >= closeness_length_m
    return np.unique(np.sort(np.stack([i[close], j[close]], axis=1), axis=1), axis=0)


def find_risk_groups(
    geometry: NDArray[np.object_],
    duct_id: NDArray[np.object_],
    bridges: NDArray[np.object_],
    *,
    closeness_m: float,
    closeness_length_m: float,
) -> RiskGroups:
    """Return the risk groups of stretches.

    Every stretch has a group of its own (its trench or its duct), shared by the alternatives
    of the stretch: poles stand in the trench's verge. Stretches over one bridge share a group,
    and so does each pair that runs within ``closeness_m`` for ``closeness_length_m`` or more
    (one of the two being new). Pairs, not chains of pairs: closeness is not transitive.

    Parameters
    ----------
    geometry, duct_id, bridges
        (k,), line, duct id (``""`` for a new stretch), and bridge parts of each stretch.
    """
    count = len(geometry)
    is_new = duct_id == ""
    on_bridge = _bridge_groups(bridges, closeness_m)
    close = _close_pairs(geometry, is_new, closeness_m, closeness_length_m)
    shared = [*on_bridge, *close]
    members = np.concatenate([np.arange(count, dtype=np.int64), *shared])
    sizes = [len(rows) for rows in shared]
    number = np.concatenate(
        [np.arange(count, dtype=np.int64), np.repeat(count + np.arange(len(shared)), sizes)]
    )
    order = np.lexsort((number, members))
    ptr = np.concatenate([[0], np.cumsum(np.bincount(members, minlength=count))])
    kind = np.concatenate(
        [
            np.where(is_new, _TRENCH, _DUCT),
            np.full(len(on_bridge), _BRIDGE),
            np.full(len(close), _CLOSE),
        ]
    )
    label = np.empty(count + len(shared), dtype=np.object_)
    label[:count] = [
        f"duct/{duct}" if duct else f"trench/{row}" for row, duct in enumerate(duct_id)
    ]
    label[count:] = [
        *(f"bridge/{rows[0]}" for rows in on_bridge),
        *(f"closeness/{a}-{b}" for a, b in close),
    ]
    return RiskGroups(
        ptr.astype(np.int64), number[order].astype(np.int32), kind.astype(np.int8), label
    )
