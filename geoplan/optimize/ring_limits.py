"""What no design in rings can beat: which rings are impossible, and what rings cost at least.

A ring through the hubs ``S`` is, for each of them, a pair of ways without a common edge to its
ends, and for all of them a tour from end to end. With any ends (:mod:`.ring_ends`) and any
lengths ``d >= 0`` of the edges it measures at least::

    ring_d(S) = max( tour_d(S), max over h in S of pair_d(h) )                          (R)

with ``tour_d`` the shortest tour over shortest ways and ``pair_d`` the shortest edge-disjoint
pair. In metres this proves that sets of hubs can't be a ring; where the sets that are left do
not cover all hubs, there is no design. What (R) says of the bill: :mod:`.ring_bound`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.ring_tours import NO_TOUR, best_partition, tour_steps
from geoplan._kernels.routing import Net
from geoplan._kernels.shortest_path_tree import FAR, distances
from geoplan.errors import Fault
from geoplan.optimize.graph_arrays import build_net
from geoplan.optimize.problem import CORE, Problem
from geoplan.optimize.ring_ends import HubGroup, PairLengths, RingEnds, hub_groups
from geoplan.text import Text
from geoplan.units import DM_PER_KM

__all__ = [
    "MOST_HUBS",
    "allowed_rings",
    "hub_distances",
    "least_rings",
    "ring_faults",
    "tour_distances",
    "with_pairs",
]

MOST_HUBS = 16
"""Most hubs shared out together whose sets are all looked at (2^16); more are not bounded."""


def hub_distances(
    problem: Problem, net: Net, weight: NDArray[np.int64], group: HubGroup
) -> NDArray[np.int64]:
    """Return int64 (h + c, h + c): shortest ways between a group's hubs and cores, hubs first."""
    sites = np.append(group.hubs, np.array(group.cores, dtype=np.int64))
    nodes = problem.site_node[sites].astype(np.int32)
    rows = [
        distances(net.ptr, net.nbr, net.eid, weight, np.array([node], dtype=np.int32))[nodes]
        for node in nodes.tolist()
    ]
    dist = np.array(rows, dtype=np.int64).reshape(len(nodes), len(nodes))
    return np.where(dist >= FAR, NO_TOUR, dist)


def tour_distances(dist: NDArray[np.int64], group: HubGroup, ends: RingEnds) -> NDArray[np.int64]:
    """Return int64 (h + 2, h + 2) for :func:`tour_steps`, from all distances of a group.

    There is no way to a hub that may not lie between these ends.
    """
    h, cores = len(group.hubs), group.cores
    pick = [*range(h), h + cores.index(ends.start), h + cores.index(ends.end)]
    answer = dist[np.ix_(pick, pick)]
    out = np.append(~ends.eligible, [False, False])
    answer[out], answer[:, out] = NO_TOUR, NO_TOUR
    return answer


def least_rings(
    problem: Problem, net: Net, weight: NDArray[np.int64], group: HubGroup
) -> list[NDArray[np.int64]]:
    """Return per ends int64 (2^h,): ring_d of every set, equation (R); NO_TOUR for too many."""
    dist = hub_distances(problem, net, weight, group)
    pairs = PairLengths(problem, net, weight)
    answer = []
    for ends in group.ends:
        best, _ = tour_steps(tour_distances(dist, group, ends), problem.ring_max_hubs)
        answer.append(with_pairs(best, pairs, group, ends))
    return answer


def with_pairs(
    best: NDArray[np.int64], pairs: PairLengths, group: HubGroup, ends: RingEnds
) -> NDArray[np.int64]:
    """Return int64 (2^h,): ring_d of every set, from its tours; NO_TOUR where a hub has no pair."""
    sets, answer = np.arange(len(best)), best.copy()
    for i in np.flatnonzero(ends.eligible).tolist():
        pair = pairs.between(int(group.hubs[i]), ends.start, ends.end)
        inside = (sets >> i) & 1 == 1
        answer[inside] = np.maximum(answer[inside], NO_TOUR if pair < 0 else pair)
    return answer


def allowed_rings(
    problem: Problem, net: Net, group: HubGroup
) -> tuple[list[NDArray[np.int64]], list[NDArray[np.bool_]]]:
    """Return per ends the least length of the ring of each set (2^h,), and which may be one."""
    lengths = least_rings(problem, net, problem.length_dm, group)
    size = _sizes(len(group.hubs))
    right = (size >= problem.ring_min_hubs) & (size <= problem.ring_max_hubs)
    return lengths, [right & (length <= problem.ring_max_dm) for length in lengths]


def _sizes(n_hubs: int) -> NDArray[np.int64]:
    """Return int64 (2^h,): number of hubs in each set."""
    sets = np.arange(1 << n_hubs)
    return sum(((sets >> i) & 1 for i in range(n_hubs)), np.zeros(1 << n_hubs, dtype=np.int64))


# ---- proofs that there is none -----------------------------------------------------------------


def ring_faults(problem: Problem) -> list[Fault]:
    """Return why hubs can't lie on rings as asked, as far as it can be proven; all at once."""
    net = build_net(problem)
    faults = _same_place(problem)
    for group in [] if faults else hub_groups(problem):
        hubs = group.hubs
        core = str(group.cores[0]) if len(group.cores) == 1 else ""
        if len(hubs) < problem.ring_min_hubs:
            faults.append(_too_few(problem, core, len(hubs)))
            continue
        pairs = PairLengths(problem, net, problem.length_dm)
        long = [f for hub in hubs.tolist() if (f := _too_long(problem, pairs.least(hub), hub))]
        faults += long
        if long or len(hubs) > MOST_HUBS:
            continue
        lengths, may = allowed_rings(problem, net, group)
        length, allowed = np.min(lengths, axis=0), np.any(may, axis=0)
        size = _sizes(len(hubs))
        enough = (size >= problem.ring_min_hubs) & (size <= problem.ring_max_hubs)
        lonely = []
        for i, hub in enumerate(hubs.tolist()):
            inside = (np.arange(len(length)) >> i) & 1 == 1
            if not (allowed & inside).any():
                least = int(length[enough & inside].min(initial=NO_TOUR))
                lonely.append(_lonely(problem, hub, least))
        faults += lonely
        free = np.where(allowed, 0, NO_TOUR).astype(np.int64)
        if not lonely and best_partition(free, len(hubs))[0] >= NO_TOUR:
            faults.append(_no_partition(problem, core, len(hubs)))
    return faults


def _same_place(problem: Problem) -> list[Fault]:
    """Return a fault per core in the node of another: a ring between them would be none."""
    if not problem.ring_two_cores:
        return []
    cores = np.flatnonzero(problem.site_level == CORE)
    _, first = np.unique(problem.site_node[cores], return_index=True)
    return [
        Fault(
            rule="rings.same_place",
            layer="sites",
            row=str(core),
            what=Text(
                "与另一核心节点同处一地，二者之间不能成环",
                "stands where another core node does: no ring runs between the two",
            ),
            cure=Text(
                '将核心节点设在不同地点，或设 rings.cores = "one"',
                'put the core nodes in different places, or set rings.cores = "one"',
            ),
        )
        for core in np.delete(cores, first).tolist()
    ]


def _km(dm: int) -> str:
    # rounded up: a limit of that many kilometres is enough
    return f"{math.ceil(dm / DM_PER_KM * 10) / 10:.1f}"


def _too_few(problem: Problem, core: str, count: int) -> Fault:
    least = problem.ring_min_hubs
    where = Text("归属该核心的", "belong to this core") if core else Text("需成环的", "need a ring")
    return Fault(
        rule="rings.too_few_hubs",
        layer="sites",
        row=core,
        what=Text(
            f"{where.zh}汇聚节点仅有 {count} 个，不足一环至少 {least} 个",
            f"only {count} hubs {where.en}, a ring holds at least {least}",
        ),
        cure=Text(f"将 rings.min_hubs 降至 {count}", f"lower rings.min_hubs to {count}"),
    )


def _too_long(problem: Problem, pair: int, hub: int) -> Fault | None:
    """Return a fault where the least length of a hub's two ways is more than a ring may be."""
    if 0 <= pair <= problem.ring_max_dm:
        return None
    if pair < 0:
        return Fault(
            rule="rings.single_way",
            layer="sites",
            row=str(hub),
            what=Text(
                "没有两条不共段的路由通往核心成环",
                "has no two ways to the cores to make a ring",
            ),
            cure=Text("增加候选路由", "add candidate routes near it"),
        )
    return Fault(
        rule="rings.too_long",
        layer="sites",
        row=str(hub),
        what=Text(
            f"过该节点的任何环至少 {_km(pair)} 公里，超过上限 {_km(problem.ring_max_dm)} 公里",
            f"every ring through it measures {_km(pair)} km or more, above the limit of "
            f"{_km(problem.ring_max_dm)} km",
        ),
        cure=Text(
            f"将 rings.max_km 提高到至少 {_km(pair)}，或增加更短的候选路由",
            f"raise rings.max_km to {_km(pair)} or more, or add shorter candidate routes",
        ),
    )


def _lonely(problem: Problem, hub: int, least_dm: int) -> Fault:
    count = problem.ring_min_hubs
    there = least_dm < NO_TOUR
    more_zh = f"将 rings.max_km 提高到至少 {_km(least_dm)}，或" if there else ""
    more_en = f"raise rings.max_km to {_km(least_dm)} or more, or " if there else ""
    return Fault(
        rule="rings.alone",
        layer="sites",
        row=str(hub),
        what=Text(
            f"在 {_km(problem.ring_max_dm)} 公里内没有至少含 {count} 个汇聚节点的环经过它",
            f"no ring of {count} hubs or more within {_km(problem.ring_max_dm)} km holds it",
        ),
        cure=Text(f"{more_zh}降低 rings.min_hubs", f"{more_en}lower rings.min_hubs"),
    )


def _no_partition(problem: Problem, core: str, count: int) -> Fault:
    sizes = f"{problem.ring_min_hubs}-{problem.ring_max_hubs}"
    km = _km(problem.ring_max_dm)
    return Fault(
        rule="rings.no_partition",
        layer="sites",
        row=core,
        what=Text(
            f"{count} 个汇聚节点无法分成每环 {sizes} 个且不超过 {km} 公里的环",
            f"{count} hubs can't be shared out over rings of {sizes} hubs and {km} km",
        ),
        cure=Text(
            "提高 rings.max_km 或 rings.max_hubs，或降低 rings.min_hubs",
            "raise rings.max_km or rings.max_hubs, or lower rings.min_hubs",
        ),
    )
