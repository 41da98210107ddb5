"""What no design in rings can beat: which rings are impossible, and what rings cost at least.

A ring through the hubs ``S`` of a core is, for each of them, a pair of ways without a common
edge, and for all of them a tour. With any lengths ``d >= 0`` of the edges it measures at least::

    ring_d(S) = max( tour_d(S), max over h in S of pair_d(h) )                          (R)

with ``tour_d`` the shortest tour over shortest ways and ``pair_d`` the shortest edge-disjoint
pair. In metres this proves that sets of hubs can't be a ring; where the sets that are left do
not cover all hubs, there is no design. In the slopes ``B`` of the supporting lines (equation (L)
of :mod:`geoplan.optimize.bounds`) it bounds the cable: every edge of a ring carries the cores of
all its hubs, so the bill of every design in rings is at least::

    equipment + DA(A) + sum over other sites of cores dist_B
              + min over partitions of the hubs into rings of  sum_S cores(S) ring_B(S)  (RB)

The minimum is exact, over all partitions (Held and Karp, then a cover by disjoint subsets).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.disjoint import disjoint_weight
from geoplan._kernels.ring_tours import NO_TOUR, best_partition, tour_steps
from geoplan._kernels.routing import Net
from geoplan._kernels.shortest_path_tree import FAR, distances
from geoplan.errors import Fault
from geoplan.optimize.bounds import design_bound
from geoplan.optimize.graph_arrays import build_net
from geoplan.optimize.lines import support_lines
from geoplan.optimize.problem import HUB, Problem
from geoplan.optimize.solution import Design
from geoplan.stopping import NO_LIMIT, Clock
from geoplan.text import Text
from geoplan.units import DM_PER_KM

__all__ = [
    "MOST_HUBS",
    "RingBound",
    "hubs_by_core",
    "raise_bound",
    "ring_bound",
    "ring_faults",
    "ring_metric",
]

MOST_HUBS = 16
"""Most hubs of one core whose sets are all looked at (2^16 of them); more are not bounded."""
_SHARES = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class RingBound:
    """A proven lower bound on the bill of every design in rings, and how it was obtained."""

    bound_cents: int
    method: str


def hubs_by_core(problem: Problem) -> dict[int, NDArray[np.int64]]:
    """Return the hubs that need a ring, by the core they belong to.

    A hub in the node of its core has no way to go: it lies on no ring.
    """
    away = problem.site_node != problem.site_node[problem.site_home]
    hubs = np.flatnonzero((problem.site_level == HUB) & (problem.site_ways == 2) & away)
    cores = np.unique(problem.site_home[hubs])
    return {int(core): hubs[problem.site_home[hubs] == core] for core in cores.tolist()}


def ring_metric(
    problem: Problem, net: Net, weight: NDArray[np.int64], core: int, hubs: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return int64 (h + 1, h + 1): shortest ways between hubs and core, the core last."""
    nodes = problem.site_node[np.append(hubs, core)].astype(np.int32)
    rows = [
        distances(net.ptr, net.nbr, net.eid, weight, np.array([node], dtype=np.int32))[nodes]
        for node in nodes.tolist()
    ]
    dist = np.array(rows, dtype=np.int64).reshape(len(nodes), len(nodes))
    return np.where(dist >= FAR, NO_TOUR, dist)


def _least_rings(
    problem: Problem, net: Net, weight: NDArray[np.int64], core: int, hubs: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return int64 (2^h,): ring_d of every set of hubs, equation (R); NO_TOUR for too many."""
    best, _ = tour_steps(ring_metric(problem, net, weight, core, hubs), problem.ring_max_hubs)
    sets = np.arange(len(best))
    node = int(problem.site_node[core])
    for i, hub in enumerate(hubs.tolist()):
        pair = int(disjoint_weight(net, weight, int(problem.site_node[hub]), node))
        inside = (sets >> i) & 1 == 1
        best[inside] = np.maximum(best[inside], NO_TOUR if pair < 0 else pair)
    return best


def _allowed(
    problem: Problem, net: Net, core: int, hubs: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the least length of the ring of each set (2^h,), and which may be a ring."""
    length = _least_rings(problem, net, problem.length_dm, core, hubs)
    size = _sizes(len(hubs))
    right = (size >= problem.ring_min_hubs) & (size <= problem.ring_max_hubs)
    return length, right & (length <= problem.ring_max_dm)


def _sizes(n_hubs: int) -> NDArray[np.int64]:
    """Return int64 (2^h,): number of hubs in each set."""
    sets = np.arange(1 << n_hubs)
    return sum(((sets >> i) & 1 for i in range(n_hubs)), np.zeros(1 << n_hubs, dtype=np.int64))


# ---- proofs that there is none -----------------------------------------------------------------


def ring_faults(problem: Problem) -> list[Fault]:
    """Return why hubs can't lie on rings as asked, as far as it can be proven; all at once."""
    net = build_net(problem)
    faults: list[Fault] = []
    for core, hubs in hubs_by_core(problem).items():
        if len(hubs) < problem.ring_min_hubs:
            faults.append(_too_few(problem, core, len(hubs)))
            continue
        long = [fault for hub in hubs.tolist() if (fault := _too_long(problem, net, hub))]
        faults += long
        if long or len(hubs) > MOST_HUBS:
            continue
        length, allowed = _allowed(problem, net, core, hubs)
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


def _km(dm: int) -> str:
    # rounded up: a limit of that many kilometres is enough
    return f"{math.ceil(dm / DM_PER_KM * 10) / 10:.1f}"


def _too_few(problem: Problem, core: int, count: int) -> Fault:
    least = problem.ring_min_hubs
    return Fault(
        rule="rings.too_few_hubs",
        layer="sites",
        row=str(core),
        what=Text(
            f"仅有 {count} 个汇聚节点归属该核心，不足一环至少 {least} 个",
            f"only {count} hubs belong to this core, a ring holds at least {least}",
        ),
        cure=Text(f"将 rings.min_hubs 降至 {count}", f"lower rings.min_hubs to {count}"),
    )


def _too_long(problem: Problem, net: Net, hub: int) -> Fault | None:
    node, core = (int(problem.site_node[s]) for s in (hub, problem.site_home[hub]))
    pair = int(disjoint_weight(net, problem.length_dm, node, core))
    if 0 <= pair <= problem.ring_max_dm:
        return None
    if pair < 0:
        return Fault(
            rule="rings.single_way",
            layer="sites",
            row=str(hub),
            what=Text("没有两条不共段的路由通往核心", "has no two ways to its core to make a ring"),
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


def _no_partition(problem: Problem, core: int, count: int) -> Fault:
    sizes = f"{problem.ring_min_hubs}-{problem.ring_max_hubs}"
    km = _km(problem.ring_max_dm)
    return Fault(
        rule="rings.no_partition",
        layer="sites",
        row=str(core),
        what=Text(
            f"其 {count} 个汇聚节点无法分成每环 {sizes} 个且不超过 {km} 公里的环",
            f"its {count} hubs can't be shared out over rings of {sizes} hubs and {km} km",
        ),
        cure=Text(
            "提高 rings.max_km 或 rings.max_hubs，或降低 rings.min_hubs",
            "raise rings.max_km or rings.max_hubs, or lower rings.min_hubs",
        ),
    )


# ---- the bill --------------------------------------------------------------------------------


def ring_bound(
    problem: Problem, *, lp_rounds: int = 0, clock: Clock = NO_LIMIT
) -> RingBound | None:
    """Return bound (RB) at the best of some supporting lines; None with too many hubs.

    Parameters
    ----------
    lp_rounds, clock
        As in :func:`geoplan.optimize.bounds.design_bound`, spent at the best line.
    """
    groups = hubs_by_core(problem)
    if not groups or any(len(hubs) > MOST_HUBS for hubs in groups.values()):
        return None
    net = build_net(problem)
    allowed = {core: _allowed(problem, net, core, hubs)[1] for core, hubs in groups.items()}
    best, at = -1, 0.0
    for share in _SHARES:
        if best >= 0 and clock.out():
            break
        fixed, slope = support_lines(problem, share)
        trench = design_bound(_trenches(problem, fixed), lp_rounds=1).bound_cents
        total = trench + _flow_cents(problem, net, slope, groups, allowed)
        if total > best:
            best, at = total, share
    if lp_rounds:
        fixed, slope = support_lines(problem, at)
        trench = design_bound(
            _trenches(problem, fixed), lp_rounds=lp_rounds, clock=clock
        ).bound_cents
        best = max(best, trench + _flow_cents(problem, net, slope, groups, allowed))
    return RingBound(
        best,
        f"equipment + least cable of any partition into rings at the supporting line {at:.2f} "
        "+ orientation model",
    )


def raise_bound(
    problem: Problem,
    design: Design,
    *,
    proven: bool,
    lp_rounds: int = 0,
    clock: Clock = NO_LIMIT,
) -> Design:
    """Return a design in rings with the best bound known for it.

    Every design in rings is one in which hubs have two ways: the bound without rings stays
    valid, (RB) may be better, and a proven design is its own bound.
    """
    if proven:
        method = "every ring and every way listed, CP-SAT"
        return replace(design, bound_cents=design.cost_cents, bound_method=method)
    found = ring_bound(problem, lp_rounds=lp_rounds, clock=clock)
    if found is None or found.bound_cents <= design.bound_cents:
        method = f"two ways per hub, rings left out: {design.bound_method}"
        return replace(design, bound_method=method)
    return replace(design, bound_cents=found.bound_cents, bound_method=found.method)


def _trenches(problem: Problem, fixed: NDArray[np.int64]) -> Problem:
    """Return the problem whose edges cost ``fixed`` however many cores they carry."""
    none = np.zeros(problem.n_edges, dtype=np.int64)
    return replace(
        problem,
        fixed_cents=fixed,
        core_cents=none,
        takes_cable=none.astype(np.bool_),
        step_cents=np.zeros_like(problem.step_cents),
    )


def _flow_cents(
    problem: Problem,
    net: Net,
    slope: NDArray[np.int64],
    groups: dict[int, NDArray[np.int64]],
    allowed: dict[int, NDArray[np.bool_]],
) -> int:
    """Return the least sum of slopes over the cores of all ways of a design in rings."""
    ringed = np.zeros(problem.n_sites, dtype=np.bool_)
    total = 0
    for core, hubs in groups.items():
        ringed[hubs] = True
        length = _least_rings(problem, net, slope, core, hubs)
        sets = np.arange(len(length))
        cores = np.zeros(len(length), dtype=np.int64)
        for i, hub in enumerate(hubs.tolist()):
            cores += ((sets >> i) & 1) * int(problem.site_cores[hub])
        possible = allowed[core] & (length < NO_TOUR)
        cents = np.where(possible, np.where(possible, length, 0) * cores, NO_TOUR)
        least = int(best_partition(cents.astype(np.int64), len(hubs))[0])
        total += least if least < NO_TOUR else 0
    for home in np.unique(problem.site_home).tolist():
        rows = np.flatnonzero((problem.site_home == home) & (problem.site_ways > 0) & ~ringed)
        source = np.array([problem.site_node[home]], dtype=np.int32)
        dist = distances(net.ptr, net.nbr, net.eid, slope, source)[problem.site_node[rows]]
        reach = np.where(dist < FAR, dist, 0) * problem.site_ways[rows]
        total += int((problem.site_cores[rows] * reach).sum())
    return total
