"""From a routing of the linear problem to ways, feeders and the cores they really take.

A site takes its even part of the cores it shares while routes are searched for
(:func:`geoplan.optimize.access.linear_problem`). Put together, cores are whole and may be more
than a free bore or existing cable has left. Such an edge then gets less capacity in the linear
problem, the ways that no longer fit are led elsewhere, and the cores are put together again:
limits of the existing plant are hard.

Ways to one home that part and meet again share little, though each of them was cheap when it was
routed. So the same is tried with the ways of each home led along one tree within the stretches
that are open anyway, and the cheapest design is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.routing import INF, add_path
from geoplan._kernels.shortest_path_tree import FAR, distances
from geoplan._kernels.way_search import reroute
from geoplan.errors import Fault, NoPlanError
from geoplan.optimize.access import core_runs, cores_on_edges, units_per_core
from geoplan.optimize.cores import cable_steps, edge_bill_cents
from geoplan.optimize.feeders import share_cores
from geoplan.optimize.problem import SPLITTER, Problem
from geoplan.optimize.route_locks import keep_routes
from geoplan.optimize.solution import Feeders
from geoplan.optimize.survivable import Routing
from geoplan.text import Text

__all__ = ["SharedDesign", "put_together"]

_TURNS = 40
_SWEEPS = 1


@dataclass(frozen=True, slots=True, eq=False)
class SharedDesign:
    """Ways, who shares cores, cores on each edge and the whole bill (as in ``Design``)."""

    path_ptr: NDArray[np.int64]
    path_edges: NDArray[np.int32]
    edge_cores: NDArray[np.int64]
    cost_cents: int
    feeders: Feeders | None


def put_together(
    problem: Problem, linear: Problem, routing: Routing, core_price: NDArray[np.int64]
) -> SharedDesign:
    """Return the ways of a routing with the cores they take, within all capacities.

    Parameters
    ----------
    routing
        Of ``linear``.
    core_price
        int64 (m,): what a core on each edge is worth where splitters are set.

    Raises
    ------
    NoPlanError
        Whole cores don't fit into the existing plant, rule ``access.capacity``.
    """
    core_price = np.maximum(core_price, 1)  # of equals the splitter that saves more cores
    found, last, over = _within(problem, linear, routing, core_price)
    for start in (routing, last):
        on_trees = _on_trees(linear, start, core_price)
        if on_trees is not None:
            other, _, _ = _within(problem, linear, on_trees, core_price)
            if other is not None and (found is None or other.cost_cents < found.cost_cents):
                found = other
    if found is None:
        raise NoPlanError([_no_room(int(edge)) for edge in np.flatnonzero(over)])
    return found


def _within(
    problem: Problem, linear: Problem, routing: Routing, core_price: NDArray[np.int64]
) -> tuple[SharedDesign | None, Routing, NDArray[np.bool_]]:
    """Return the design within all capacities, ``None`` where ways can't be led elsewhere.

    Besides its routing, and bool (m,): the edges that were over their capacity last.
    """
    for _ in range(_TURNS):
        made = _together(problem, routing, core_price)
        over = _over(problem, made.edge_cores)
        if not over.any():
            return made, routing, over
        linear = _narrowed(linear, routing, over, units_per_core(problem))
        routing = _refitted(linear, routing, _SWEEPS)
        if len(routing.unrouted()):
            break
    return None, routing, over


def _on_trees(linear: Problem, routing: Routing, core_price: NDArray[np.int64]) -> Routing | None:
    """Return the ways of each home on one tree of open edges, as far as they fit there.

    ``None`` where nothing is shared, locks hold ways where they are, or a site is cut off.
    """
    locks = linear.locks
    if len(routing.unrouted()):
        return None
    if not len(linear.site_share) or locks.of_routes:
        return None
    other = Routing(linear)
    other.take(routing)
    if not _led_along_trees(other, routing.used > 0, core_price):
        return None
    fitted = _refitted(linear, other, 0)
    return None if len(fitted.unrouted()) else fitted


def _led_along_trees(
    routing: Routing, usable: NDArray[np.bool_], core_price: NDArray[np.int64]
) -> bool:
    """Lead the ways of sites that share cores along the shortest ways over usable edges.

    What counts is the price of a core; cores in use are not kept up to date. A way that would be
    longer than it may be stays where it is. False where a site is cut off, or a way has more edges
    than there is room for.
    """
    problem, ways, net = routing.problem, routing.ways, routing.net
    weight = np.where(usable, core_price + net.tie + 1, FAR).astype(np.int64)
    sharing = problem.site_share[routing.way_site] > 1
    for target in np.unique(ways.target[sharing]).tolist():
        start = np.array([target], dtype=np.int32)
        away = distances(net.ptr, net.nbr, net.eid, weight, start)
        for w in np.flatnonzero(sharing & (ways.target == target)).tolist():
            at, led = int(ways.source[w]), list[int]()
            if away[at] >= FAR:
                return False
            while at != target:
                span = slice(net.ptr[at], net.ptr[at + 1])
                edges, nodes = net.eid[span], net.nbr[span]
                on = np.flatnonzero(away[nodes] + weight[edges] == away[at])[0]
                if len(led) == ways.path.shape[1]:
                    return False
                led.append(int(edges[on]))
                at = int(nodes[on])
            if int(net.length_dm[led].sum()) <= ways.longest_dm[w]:
                ways.path[w, : len(led)] = led
                ways.length[w] = len(led)
    return True


def _together(problem: Problem, routing: Routing, core_price: NDArray[np.int64]) -> SharedDesign:
    lengths = routing.ways.length.astype(np.int64)
    ptr = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=ptr[1:])
    edges = np.concatenate(
        [routing.ways.path[w, :k] for w, k in enumerate(lengths.tolist())]
        or [np.zeros(0, dtype=np.int32)]
    ).astype(np.int32)
    feeders = share_cores(problem, ptr, edges, routing.way_site, core_price)
    used = cores_on_edges(problem, core_runs(problem, ptr, edges, routing.way_site, feeders))
    cost = int(edge_bill_cents(problem, used).sum()) + int(problem.site_cents.sum())
    if feeders is not None:
        cost += int((feeders.access == SPLITTER).sum()) * problem.splitter_cents
    return SharedDesign(ptr, edges, used, cost, feeders)


def _over(problem: Problem, used: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return bool (m,): edges on which more is used than there is."""
    cables = cable_steps(problem, used).sum(axis=1)
    over: NDArray[np.bool_] = (problem.capacity_cores >= 0) & (used > problem.capacity_cores)
    over |= (problem.capacity_cables >= 0) & (cables > problem.capacity_cables)
    return over


def _fixed_ways(routing: Routing) -> NDArray[np.int64]:
    """Return the ways that stay: those of hubs, and those that are built."""
    problem = routing.problem
    kept = {(way.site, way.way) for way in problem.locks.kept}
    rows = [
        w
        for w, (site, number) in enumerate(
            zip(routing.way_site.tolist(), routing.way_number.tolist(), strict=True)
        )
        if routing.ways.sibling[w] >= 0 or (site, number) in kept
    ]
    return np.array(rows, dtype=np.int64)


def _narrowed(linear: Problem, routing: Routing, over: NDArray[np.bool_], unit: int) -> Problem:
    """Return the linear problem with room for less than there is now on edges that are over."""
    held = np.zeros(linear.n_edges, dtype=np.int64)
    for w in _fixed_ways(routing).tolist():
        path = routing.ways.path[w, : routing.ways.length[w]]
        np.add.at(held, path, routing.ways.cores[w])
    capacity = linear.capacity_cores.copy()
    room = np.maximum(held, (routing.used - 1) // unit * unit)
    capacity[over] = np.where(room >= routing.used, held, room)[over]
    capacity.setflags(write=False)
    return replace(linear, capacity_cores=capacity)


def _refitted(linear: Problem, found: Routing, sweeps: int) -> Routing:
    """Return a routing within the capacities of ``linear``, as near to the one found as fits.

    Only paths are taken from the one found. ``sweeps``: how often all ways are routed anew.
    """
    routing = Routing(linear)
    ways = routing.ways
    first = _fixed_ways(found)
    rest = np.setdiff1d(np.arange(len(routing.way_site)), first)
    missing = []
    for w in (*first.tolist(), *rest.tolist()):
        length = int(found.ways.length[w])
        path = found.ways.path[w, :length]
        if bool((routing.state.price[ways.demand[w], path] < INF).all()):
            ways.path[w, :length] = path
            ways.length[w] = length
            add_path(routing.net, routing.state, ways.path[w], length, int(ways.cores[w]))
        else:
            missing.append(w)
    reroute(routing.net, routing.state, ways, np.array(missing, dtype=np.int32))
    for _ in range(sweeps):
        if reroute(routing.net, routing.state, ways, rest.astype(np.int32)) <= 0:
            break
    return keep_routes(linear, routing)


def _no_room(edge: int) -> Fault:
    return Fault(
        rule="access.capacity",
        layer="candidate_edges",
        row=str(edge),
        what=Text(
            "共享纤芯取整后超出该段的空余纤芯或管孔",
            "the cores that sites share, taken whole, do not fit into its free cores or bores",
        ),
        cure=Text(
            "增加候选路由或该段容量，或改用其他接入方式",
            "add candidate routes or capacity there, or choose another access architecture",
        ),
    )
