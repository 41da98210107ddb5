"""Routes that must or must not be used, and ways that are built: kept by the full design.

* An edge that must not be used has no capacity: every search and every bound sees that.
* An edge that must be used is free while the design is searched for, as its trench is paid
  anyway; then, where no way took it, the way with the least detour is led over it and held.
* A way that is built is put back as it was; the other ways are routed around it, on the whole
  bill, until no way alone can be made cheaper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from geoplan._kernels.routing import INF, add_path, block
from geoplan._kernels.shortest_path_tree import FAR, distances
from geoplan._kernels.way_search import dm_ahead_of, reroute, route
from geoplan.errors import Fault, InfeasibleError
from geoplan.optimize.locks import RouteLock
from geoplan.optimize.problem import HUB, Problem
from geoplan.optimize.survivable import Routing, single_use_cents
from geoplan.text import Text

__all__ = ["cut_off_faults", "keep_routes", "searched_problem", "without_forbidden"]

_NEAREST = 40
"""Ways that are tried for a detour over an edge that must be used."""
_SWEEPS = 10


def without_forbidden(problem: Problem) -> Problem:
    """Return the problem with no capacity on edges that must not be used."""
    forbidden = list(problem.locks.forbidden)
    if not forbidden:
        return problem
    capacity = problem.capacity_cores.copy()
    capacity[forbidden] = 0
    capacity.setflags(write=False)
    return replace(problem, capacity_cores=capacity)


def searched_problem(problem: Problem) -> Problem:
    """Return the problem a design is searched in: what must be used or is built, is paid."""
    paid = {lock.edges[0] for lock in problem.locks.routes if lock.must and len(lock.edges) == 1}
    paid |= {edge for way in problem.locks.kept for edge in way.edges}
    if not paid:
        return problem
    fixed = problem.fixed_cents.copy()
    fixed[sorted(paid)] = 0
    fixed.setflags(write=False)
    return replace(problem, fixed_cents=fixed)


def keep_routes(problem: Problem, found: Routing) -> Routing:
    """Return a routing that keeps built ways and required routes, from one that may not.

    Parameters
    ----------
    problem
        After :func:`without_forbidden`, with its true prices.
    found
        A routing of :func:`searched_problem`.

    Raises
    ------
    InfeasibleError
        When no way can be led over a required route, rule ``locks.route_unusable``.
    """
    must = [lock for lock in problem.locks.routes if lock.must]
    if not must and not problem.locks.kept:
        return found
    routing = Routing(problem)
    held = _put_built(routing, found)
    if problem.ring_max_hubs:  # the ways of a hub are its ring: they move together or not at all
        on_ring = np.isin(routing.way_site, np.flatnonzero(problem.site_level == HUB))
        held |= set(np.flatnonzero(on_ring).tolist())
    unusable = []
    for lock in must:
        way = _way_over(routing, lock)
        if way < 0:
            way = _lead_over(routing, lock, held)
        if way < 0:
            unusable.append(_unusable(lock))
        else:
            held.add(way)
    if unusable:
        raise InfeasibleError(unusable)
    free = np.array([w for w in range(len(routing.way_site)) if w not in held], dtype=np.int32)
    for _ in range(_SWEEPS):
        if reroute(routing.net, routing.state, routing.ways, free) <= 0:
            break
    return routing


def _put_built(routing: Routing, found: Routing) -> set[int]:
    """Put built ways first, then every other way as it was found, where it still fits."""
    ways, held = routing.ways, set[int]()
    for kept in routing.problem.locks.kept:
        for w in np.flatnonzero(routing.way_site == kept.site).tolist():
            if routing.way_number[w] == kept.way:
                _put(routing, w, np.array(kept.edges, dtype=np.int32))
                held.add(w)
    rest = [w for w in range(len(routing.way_site)) if w not in held]
    missing = []
    for w in rest:
        length = int(found.ways.length[w])
        path = found.ways.path[w, : max(0, length)]
        free = routing.state.price[ways.demand[w], path] < INF
        if length >= 0 and bool(free.all()):
            _put(routing, w, path)
        else:
            missing.append(w)
    reroute(routing.net, routing.state, ways, np.array(missing, dtype=np.int32))
    return held


def _put(routing: Routing, w: int, path: NDArray[np.int32]) -> None:
    """Set the path of a way that has none."""
    routing.ways.path[w, : len(path)] = path
    routing.ways.length[w] = len(path)
    add_path(
        routing.net, routing.state, routing.ways.path[w], len(path), int(routing.ways.cores[w])
    )


def _way_over(routing: Routing, lock: RouteLock) -> int:
    """Return a way that runs over an edge of the lock, -1 when none does."""
    for w, length in enumerate(routing.ways.length.tolist()):
        if np.isin(routing.ways.path[w, : max(0, length)], lock.edges).any():
            return w
    return -1


def _lead_over(routing: Routing, lock: RouteLock, held: set[int]) -> int:
    """Lead the way with the least extra cost over an edge of the lock; -1 when none can be."""
    best: tuple[int, int, NDArray[np.int32]] | None = None
    for edge in lock.edges:
        for w in _near_ways(routing, edge):
            if w in held:
                continue
            extra, path = _detour(routing, w, edge)
            if extra < INF and (best is None or extra < best[0]):
                best = (extra, w, path)
    if best is None:
        return -1
    _, w, path = best
    routing.take_off(np.array([w]))
    _put(routing, w, path)
    return w


def _near_ways(routing: Routing, edge: int) -> list[int]:
    """Return the ways whose sites are nearest to an edge, by the price of a way of their own."""
    problem, net = routing.problem, routing.net
    weight = np.minimum(single_use_cents(problem), FAR)
    ends = np.array([problem.tail[edge], problem.head[edge]], dtype=np.int32)
    far = distances(net.ptr, net.nbr, net.eid, weight, ends)[routing.ways.source]
    order = np.argsort(far, kind="stable")
    return [int(w) for w in order[:_NEAREST] if routing.ways.length[w] >= 0 and far[w] < FAR]


def _detour(routing: Routing, w: int, edge: int) -> tuple[int, NDArray[np.int32]]:
    """Return the extra cost and the path of way ``w`` over ``edge``; INF when there is none."""
    net, state, ways = routing.net, routing.state, routing.ways
    length, cores, sibling = int(ways.length[w]), int(ways.cores[w]), int(ways.sibling[w])
    old = ways.path[w, :length].copy()
    saved = -int(add_path(net, state, ways.path[w], length, -cores))
    if sibling >= 0:
        block(net, state, ways.path[sibling], int(ways.length[sibling]), 1)
    best, path = INF, old
    if state.blocked[edge] == 0 and state.price[ways.demand[w], edge] < INF:
        tail, head = int(net.tail[edge]), int(net.head[edge])
        for near, far in ((tail, head), (head, tail)):
            cost, parts = _over(routing, w, near, edge, far)
            cost += int(state.price[ways.demand[w], edge])
            if cost < best:
                best = cost
                path = np.concatenate([parts[0], [edge], parts[1]]).astype(np.int32)
    if sibling >= 0:
        block(net, state, ways.path[sibling], int(ways.length[sibling]), -1)
    add_path(net, state, old, length, cores)
    return (INF if best >= INF else best - saved), path


def _over(
    routing: Routing, w: int, near: int, edge: int, far: int
) -> tuple[int, tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """Return cost and two parts of a simple way: site to ``near``, over ``edge`` to ``far``, home.

    Of what the way may be long, the first part leaves what the second is at least.
    """
    net, state, ways = routing.net, routing.state, routing.ways
    source, target, demand = int(ways.source[w]), int(ways.target[w]), int(ways.demand[w])
    room = np.zeros(ways.path.shape[1], dtype=np.int32)
    none = np.zeros(0, dtype=np.int32)
    if source == far or near == target:
        return INF, (none, none)
    left_dm = int(ways.longest_dm[w]) - int(net.length_dm[edge])
    first_dm = left_dm - int(dm_ahead_of(net, target)[far])
    if first_dm < 0:
        return INF, (none, none)
    # the first part must not touch where the second one starts or ends
    shut = [node for node in (far, target) if node != source]
    _shut(routing, shut, 1)
    cost, count = route(net, state, demand, source, near, room, first_dm)
    _shut(routing, shut, -1)
    if count < 0:
        return INF, (none, none)
    first = room[:count].copy()
    left_dm -= int(net.length_dm[first].sum())
    passed = np.unique(np.concatenate([net.tail[first], net.head[first], [source, near]]))
    _shut(routing, passed.tolist(), 1)
    more, count = route(net, state, demand, far, target, room, left_dm)
    _shut(routing, passed.tolist(), -1)
    if count < 0:
        return INF, (none, none)
    return int(cost) + int(more), (first, room[:count].copy())


def _shut(routing: Routing, nodes: Sequence[int], by: int) -> None:
    """Count ``by`` more reasons against every edge at some nodes."""
    net = routing.net
    for node in nodes:
        edges = net.eid[net.ptr[node] : net.ptr[node + 1]]
        np.add.at(routing.state.blocked, edges, by)


def _unusable(lock: RouteLock) -> Fault:
    kind, _, row = lock.rule.partition(" ")
    listed = ", ".join(str(edge) for edge in lock.edges[:5])
    return Fault(
        "locks.route_unusable",
        f"[{kind}]",
        row,
        Text(
            f"没有纤芯路径能经过必须使用的路段 {listed}",
            f"no core path can be led over the stretch that must be used ({listed})",
        ),
        Text(
            "删除这项锁定，或放宽其容量与风险组；末端无站点的路段无法使用",
            "remove the lock, or give the stretch capacity; a stretch that leads nowhere can't "
            "be used",
        ),
    )


def cut_off_faults(problem: Problem, sites: Sequence[int]) -> list[Fault]:
    """Return the minimal set of "must not be used" that cuts sites off, one fault per lock.

    Empty when the locks are not what cuts them off. A site counts as cut off when no way leads
    to its home, capacities and risk groups aside: what is named here is proven.
    """
    locks = [lock for lock in problem.locks.routes if not lock.must]
    named: dict[str, int] = {}
    for site in sites:
        if not _cut_off(problem, locks, site):
            continue
        kept = list(locks)
        for lock in locks:
            rest = [other for other in kept if other is not lock]
            if _cut_off(problem, rest, site):
                kept = rest
        for lock in kept:
            named.setdefault(lock.rule, site)
    return [
        Fault(
            "locks.cut_off",
            "sites",
            str(site),
            Text(
                f"被 {rule} 等禁用路段隔断，没有路由",
                f"is cut off by stretches that must not be used ({rule})",
            ),
            Text(f"删除 {rule}", f"remove {rule}"),
        )
        for rule, site in named.items()
    ]


def _cut_off(problem: Problem, locks: Sequence[RouteLock], site: int) -> bool:
    """Tell whether a site and its home fall apart without the edges of some locks."""
    open_ = np.ones(problem.n_edges, dtype=np.bool_)
    open_[[e for lock in locks for e in lock.edges]] = False
    ones = np.ones(int(open_.sum()), dtype=np.int8)
    graph = sp.coo_array(
        (ones, (problem.tail[open_], problem.head[open_])), shape=(problem.n_nodes,) * 2
    )
    label = sp.csgraph.connected_components(graph, directed=False)[1]
    home = int(problem.site_home[site])
    return bool(label[problem.site_node[site]] != label[problem.site_node[home]])
