"""How long the ways of each site may be: kilometres of the scenario, or a factor of the least.

Light does not go round a city for nothing: beyond some tens of kilometres no plain optic bears a
way, and the least bill by itself leads ways far round over cables that are paid for anyway.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.disjoint import disjoint_weight
from geoplan._kernels.shortest_path_tree import FAR, distances
from geoplan.errors import Fault
from geoplan.optimize.graph_arrays import build_net
from geoplan.optimize.problem import HUB, MUNICIPAL, TOWNSHIP, Problem
from geoplan.scenario import LongestWay
from geoplan.text import Text
from geoplan.units import DM_PER_KM

__all__ = ["NO_LIMIT_DM", "least_lengths", "limit_ways"]

NO_LIMIT_DM = -1


def least_lengths(problem: Problem) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return int64 (s,) twice, decimetres: how long ways are at least, and how long will do.

    One way: the shortest there is, twice. Two that share no edge: the longer one is at least as
    long as the shortest way and as half of both together; of the pair that is shortest together it
    is at most what both are without the shortest way. Locks, capacities and risk groups, which
    only make ways longer, are left aside. 0 without ways, ``FAR`` where there are no such ways.
    """
    net = build_net(problem)
    least = np.zeros(problem.n_sites, dtype=np.int64)
    enough = np.zeros(problem.n_sites, dtype=np.int64)
    for home in np.unique(problem.site_home[problem.site_ways > 0]).tolist():
        end = problem.site_node[home]
        away = distances(net.ptr, net.nbr, net.eid, net.length_dm, np.array([end], np.int32))
        for site in np.flatnonzero((problem.site_home == home) & (problem.site_ways > 0)).tolist():
            node = problem.site_node[site]
            least[site] = enough[site] = away[node]
            if problem.site_ways[site] == 2:
                both = int(disjoint_weight(net, net.length_dm, int(node), int(end)))
                least[site] = FAR if both < 0 else max(away[node], -(-both // 2))
                enough[site] = FAR if both < 0 else both - away[node]
    return least, enough


def limit_ways(problem: Problem, rules: LongestWay) -> tuple[Problem, list[Fault]]:
    """Return the problem with how long ways may be, and a fault per site that has none so short.

    What the faults say is proven: even the least of :func:`least_lengths` is longer. That no way
    (or pair of them) within capacities and risk groups is as short shows later, in the search.
    Ways that are built stay as long as they are.
    """
    km = {HUB: rules.district_km, MUNICIPAL: rules.municipal_km, TOWNSHIP: rules.township_km}
    least, enough = least_lengths(problem)
    longest = np.full(problem.n_sites, NO_LIMIT_DM, dtype=np.int64)
    for level, most_km in km.items():
        if most_km is not None:
            longest[problem.site_level == level] = int(most_km * DM_PER_KM + 1e-6)
    asked = (longest >= 0) & (problem.site_ways > 0) & (least < FAR)
    if rules.least_factor is not None:
        some = enough[asked] * round(1000 * rules.least_factor) // 1000
        longest[asked] = np.maximum(longest[asked], some)
    longest.setflags(write=False)
    faults = [
        _too_far(site, int(least[site]), int(longest[site]), int(problem.site_ways[site]))
        for site in np.flatnonzero(asked & (least > longest) & ~_all_built(problem)).tolist()
    ]
    return replace(problem, site_longest_dm=longest), faults


def _all_built(problem: Problem) -> NDArray[np.bool_]:
    """Tell of which sites every way is built."""
    built = [kept.site for kept in problem.locks.kept]
    count = np.bincount(np.array(built, dtype=np.int64), minlength=problem.n_sites)
    return count >= problem.site_ways


def _too_far(site: int, least_dm: int, longest_dm: int, ways: int) -> Fault:
    least, most = (f"{dm / DM_PER_KM:,.1f}" for dm in (least_dm, longest_dm))
    zh, en = ("两路中较长的一路", "the longer of two ways") if ways == 2 else ("路由", "a way")
    return Fault(
        "longest_way.too_far",
        "sites",
        str(site),
        Text(
            f"{zh}最短也要 {least} 公里，上限为 {most} 公里",
            f"{en} is {least} km at least, it may be {most} km",
        ),
        Text(
            "提高 [longest_way] 中该级的公里数，或设 least_factor（最短长度的倍数）",
            "raise the kilometres of its level in [longest_way], or set least_factor",
        ),
    )
