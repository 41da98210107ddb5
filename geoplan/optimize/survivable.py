"""The full design: hubs with two disjoint ways, every site on its home, least whole bill.

A heuristic in four steps; the proof of how good it is comes from
:mod:`geoplan.optimize.bounds`.

1. A Steiner tree over all sites (repeated shortest paths) tells which trenches are shared.
2. With those taken as open, each hub gets its pair of ways; with the pairs open, a second tree
   hangs the other sites on them; then every way is routed by marginal cost.
3. The cut LP behind the bound tells which trenches a cheapest network would open: with those
   taken as open, pairs, then the other ways are routed anew.
4. Reroute way by way, then ruin and rebuild parts, whole branches and chains of trench, always on
   the exact bill of equation (1) of the Problem with capacities and risk groups in force.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.disjoint import disjoint_pair
from geoplan._kernels.routing import (
    INF,
    Net,
    Ways,
    add_path,
    empty_state,
    least_ahead,
    refresh_prices,
)
from geoplan._kernels.ruin import nearest_sites, ruin_and_rebuild
from geoplan._kernels.shortest_path_tree import FAR, distances, repeated_shortest_path
from geoplan._kernels.way_search import reroute
from geoplan.optimize.cores import cable_steps, edge_bill_cents
from geoplan.optimize.graph_arrays import build_net
from geoplan.optimize.problem import CORE, HUB, Problem
from geoplan.optimize.steiner.instance import SteinerInstance
from geoplan.optimize.steiner.search import improve
from geoplan.progress import Progress, silent
from geoplan.stopping import NO_LIMIT, Clock

__all__ = [
    "Routing",
    "design_on",
    "first_design",
    "full_design",
    "improve_design",
    "single_use_cents",
    "site_tree",
]

_PAIR_TRIES = 12
_REBUILD_TRIES = 2
_NEAREST = 24
_ROUNDS = 4000
"""Rounds of ruin and rebuild at work limit 1; about 1 ms each on a city's graph."""
_CHUNKS = 12
_SWEEPS = 10
_REPAIRS = 3
"""Times that sites without a way are routed before all others."""
_GUIDE_SHARES = (0.3, 0.4, 0.5, 0.6, 0.8)
"""Edges are taken as open of which the LP takes more than this: with its halves, without them."""
_MOST_AHEAD = 1 << 23
"""Numbers that may be kept of what is left of ways: 64 MB; with more homes, ways are found without.
"""
_TIE_SHIFT = 12
"""A way is charged 1 / 4096 of an edge's own cost beside the bill: about 12 yuan per km."""


class Routing:
    """Ways of a design while they are searched for, and the cores they use (internal)."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.net = _aimed_net(problem)
        self.way_site = np.repeat(
            np.arange(problem.n_sites, dtype=np.int32), problem.site_ways.astype(np.int64)
        )
        self.way_number = np.concatenate(
            [np.arange(1, k + 1) for k in problem.site_ways.tolist()] or [np.zeros(0)]
        ).astype(np.int8)
        count = len(self.way_site)
        sibling = np.full(count, -1, dtype=np.int32)
        second = np.flatnonzero(self.way_number == 2)
        sibling[second] = second - 1
        sibling[second - 1] = second
        longest = int(min(problem.n_nodes, 4096)) + 1
        self.ways = Ways(
            source=problem.site_node[self.way_site].astype(np.int32),
            target=problem.site_node[problem.site_home[self.way_site]].astype(np.int32),
            cores=problem.site_cores[self.way_site].astype(np.int64),
            demand=np.searchsorted(self.net.demands, problem.site_cores[self.way_site]).astype(
                np.int32
            ),
            sibling=sibling,
            path=np.zeros((count, longest), dtype=np.int32),
            length=np.full(count, -1, dtype=np.int32),
            longest_dm=_longest_dm(problem)[self.way_site],
        )
        self.state = empty_state(self.net)

    @property
    def used(self) -> NDArray[np.int64]:
        """Cores used on each edge, int64 (m,)."""
        return self.state.used

    @property
    def cost_cents(self) -> int:
        """Bill of all edges in use, equipment left out."""
        return int(edge_bill_cents(self.problem, self.used).sum())

    def open_free(self, opened: NDArray[np.bool_]) -> None:
        """Take the fixed part of some edges as paid; ``charge`` puts it back."""
        self.net.fixed[:] = np.where(opened, 0, self.problem.fixed_cents)
        refresh_prices(self.net, self.state)

    def charge(self) -> None:
        """Charge the fixed part of every edge again."""
        self.net.fixed[:] = self.problem.fixed_cents
        refresh_prices(self.net, self.state)

    def take(self, other: Routing) -> None:
        """Become a copy of another routing of the same problem."""
        self.ways.path[:] = other.ways.path
        self.ways.length[:] = other.ways.length
        self.state.used[:] = other.state.used
        refresh_prices(self.net, self.state)

    def take_off(self, rows: NDArray[np.int64]) -> None:
        """Take some ways off."""
        for w in rows.tolist():
            length = int(self.ways.length[w])
            cores = int(self.ways.cores[w])
            if length > 0:
                add_path(self.net, self.state, self.ways.path[w], length, -cores)
            self.ways.length[w] = -1

    def unrouted(self) -> NDArray[np.int32]:
        """Return the sites that have a way without a route."""
        return np.unique(self.way_site[self.ways.length < 0])


def _aimed_net(problem: Problem) -> Net:
    """Return the net with its ties, and with what is left at least on every way to a home."""
    net = build_net(problem)
    net.tie[:] = _tie_cents(problem)
    targets = np.unique(problem.site_node[problem.site_home[problem.site_ways > 0]])
    if targets.size * len(net.demands) * problem.n_nodes > _MOST_AHEAD:
        return net
    targets = targets.astype(np.int32)
    net.ahead_row[targets] = np.arange(len(targets), dtype=np.int32)
    net = net._replace(ahead=least_ahead(net, targets))
    if not problem.site_longest_dm.size:
        return net
    graph = net.ptr, net.nbr, net.eid
    away = [distances(*graph, net.length_dm, targets[t : t + 1]) for t in range(len(targets))]
    return net._replace(dm_ahead=np.array(away))


def _longest_dm(problem: Problem) -> NDArray[np.int64]:
    """Return int64 (s,): how long the ways of each site may be, INF where as long as they like."""
    if not problem.site_longest_dm.size:
        return np.full(problem.n_sites, INF, dtype=np.int64)
    return np.where(problem.site_longest_dm < 0, INF, problem.site_longest_dm).astype(np.int64)


def _tie_cents(problem: Problem) -> NDArray[np.int64]:
    """Return int64 (m,): what a way is charged beside the bill, so that it does not wander.

    A cable with spare cores costs a further way nothing, however long: without this a way could
    run twice around the city for the same bill. A few yuan per kilometre settle that and are
    too little to change which trench is dug.
    """
    return (problem.fixed_cents + problem.step_cents[:, 0]) >> _TIE_SHIFT


def single_use_cents(problem: Problem) -> NDArray[np.int64]:
    """Return int64 (m,): bill of each edge with one site's cores on it, INF over capacity."""
    ways = problem.site_ways > 0
    q = int(problem.site_cores[ways].min()) if ways.any() else 1
    cores = np.full(problem.n_edges, q, dtype=np.int64)
    cents = edge_bill_cents(problem, cores)
    cables = cable_steps(problem, cores).sum(axis=1)
    over = (problem.capacity_cores >= 0) & (problem.capacity_cores < q)
    over |= (problem.capacity_cables >= 0) & (problem.capacity_cables < cables)
    return np.where(over, INF, cents).astype(np.int64)


def site_tree(problem: Problem, net: Net, weight: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return bool (m,): a locally optimal Steiner tree over all sites (as far as they connect)."""
    is_terminal = np.zeros(problem.n_nodes, dtype=np.bool_)
    is_terminal[problem.site_node] = True
    root = int(problem.site_node[problem.site_level == CORE][0])
    chosen, missing = repeated_shortest_path(net.ptr, net.nbr, net.eid, weight, root, is_terminal)
    if missing or len(problem.tail) == 0:
        return np.asarray(chosen)
    usable = weight < FAR
    instance = SteinerInstance(
        n_nodes=problem.n_nodes,
        tail=problem.tail,
        head=problem.head,
        cost=np.where(usable, weight, 0).astype(np.int64),
        terminals=np.flatnonzero(is_terminal).astype(np.int32),
    )
    return improve(instance, np.asarray(chosen), allowed=usable)[0]


def _route_hubs(routing: Routing, hubs: NDArray[np.int64]) -> None:
    """Route the pairs of ways of hubs in the given order."""
    for site in hubs.tolist():
        first = int(np.searchsorted(routing.way_site, site))
        if routing.ways.sibling[first] >= 0:
            disjoint_pair(routing.net, routing.state, routing.ways, first, _PAIR_TRIES)


def _start(problem: Problem, hub_order: NDArray[np.int64], far: NDArray[np.int64]) -> Routing:
    """Build a first design: tree, hub pairs, tree again, all ways (steps 1 and 2)."""
    routing = Routing(problem)
    net = routing.net
    weight = single_use_cents(problem)
    routing.open_free(site_tree(problem, net, weight))
    _route_hubs(routing, hub_order)
    second = weight.copy()
    second[routing.used > 0] = 0
    # pairs again: what the tree opens anyway is free for them now
    return _on_open(problem, site_tree(problem, net, second) | (routing.used > 0), hub_order, far)


def design_on(problem: Problem, opened: NDArray[np.bool_]) -> Routing:
    """Return the design that comes of taking some trenches as open: hub pairs, then other ways.

    Parameters
    ----------
    opened
        bool (m,), edges whose fixed cost is taken as paid while ways are routed.
    """
    hubs, far = _hubs_near_first(problem)
    return _on_open(problem, opened, hubs, far)


def _on_open(
    problem: Problem,
    opened: NDArray[np.bool_],
    hub_order: NDArray[np.int64],
    far: NDArray[np.int64],
    before: NDArray[np.int32] | None = None,
) -> Routing:
    """Route hub pairs, then all other ways, as if some trenches were open already.

    ``before``: sites whose ways are routed before all others.
    """
    routing = Routing(problem)
    routing.open_free(opened)
    if before is not None:
        _route_hubs(routing, hub_order[np.isin(hub_order, before)])
        early = np.flatnonzero(np.isin(routing.way_site, before) & (routing.ways.sibling < 0))
        reroute(routing.net, routing.state, routing.ways, early.astype(np.int32))
        hub_order = hub_order[~np.isin(hub_order, before)]
    _route_hubs(routing, hub_order)
    order = np.argsort(far[routing.way_site], kind="stable").astype(np.int32)
    missing = order[routing.ways.length[order] < 0]
    reroute(routing.net, routing.state, routing.ways, missing)
    routing.charge()
    return routing


def _sweep(routing: Routing, order: NDArray[np.int32], most: int) -> None:
    """Reroute all ways again and again until a sweep saves nothing."""
    for _ in range(most):
        if reroute(routing.net, routing.state, routing.ways, order) <= 0:
            break


def first_design(problem: Problem, *, seed: int, clock: Clock = NO_LIMIT) -> Routing:
    """Return the best of a few quick designs (steps 1 and 2), rerouted until nothing is saved.

    Parameters
    ----------
    seed
        Drives every random choice.
    clock
        When it is out, the first of them is taken.
    """
    hubs, far = _hubs_near_first(problem)
    best: Routing | None = None
    for order in (hubs, hubs[::-1], np.random.default_rng(seed).permutation(hubs)):
        if best is not None and clock.out():
            break
        routing = _start(problem, order, far)
        _sweep(routing, _far_first(routing, far), _SWEEPS)
        if best is None or _rank(routing) < _rank(best):
            best = routing
    assert best is not None
    return _with_all_ways(best, hubs, far)


def _with_all_ways(
    routing: Routing, hub_order: NDArray[np.int64], far: NDArray[np.int64]
) -> Routing:
    """Return a routing in which no way is missing, if such is found; else the one given.

    Sites that were left without a way come first in another try: they have few ways to take, and
    others, which have more, took the room.
    """
    problem, first = routing.problem, routing.unrouted()
    for _ in range(_REPAIRS):
        if not len(first):
            break
        opened = routing.used > 0
        other = _on_open(problem, opened, hub_order, far, before=first)
        _sweep(other, _far_first(other, far), _SWEEPS)
        if _rank(other) < _rank(routing):
            routing = other
        if not len(other.unrouted()):
            break
        first = np.union1d(first, other.unrouted())
    return routing


def full_design(
    problem: Problem,
    *,
    seed: int,
    work_limit: float,
    clock: Clock = NO_LIMIT,
    progress: Progress = silent,
) -> tuple[Routing, bool]:
    """Return the best routing found without a guide, and whether the clock ended it.

    Parameters
    ----------
    seed, work_limit, clock
        As for :func:`improve_design`.
    """
    return improve_design(
        first_design(problem, seed=seed, clock=clock),
        amount=None,
        seed=seed,
        work_limit=work_limit,
        clock=clock,
        progress=progress,
    )


def improve_design(
    routing: Routing,
    *,
    amount: NDArray[np.float64] | None,
    seed: int,
    work_limit: float,
    clock: Clock = NO_LIMIT,
    progress: Progress = silent,
) -> tuple[Routing, bool]:
    """Return the best routing found from a first one, and whether the clock ended it.

    Parameters
    ----------
    amount
        float64 (m,), how much of each edge the LP behind the bound takes; ``None``: no guide.
    seed
        Drives every random choice.
    work_limit
        Scales the rounds of ruin and rebuild.
    clock
        Looked at between chunks: a safety stop.
    """
    problem = routing.problem
    if len(routing.unrouted()) or len(routing.way_site) < 2:
        return routing, False
    rng = np.random.default_rng(seed)
    hubs, far = _hubs_near_first(problem)
    best = routing
    opened = [] if amount is None else [amount > share for share in _GUIDE_SHARES]
    for some, order in itertools.product(opened, (hubs, hubs[::-1])):
        if clock.out():
            return best, True
        other = _on_open(problem, some, order, far)
        _sweep(other, _far_first(other, far), _SWEEPS)
        if _rank(other) < _rank(best):
            best = other
    return best, _search(best, rng, max(1, int(_ROUNDS * work_limit)), clock, progress)


def _hubs_near_first(problem: Problem) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the hubs, the nearest to a core first, and int64 (s,): how far each site is."""
    net = build_net(problem)
    core = problem.site_node[problem.site_level == CORE].astype(np.int32)
    weight = np.minimum(single_use_cents(problem), FAR)
    far = distances(net.ptr, net.nbr, net.eid, weight, core)[problem.site_node]
    hubs = np.flatnonzero(problem.site_level == HUB)
    return hubs[np.argsort(far[hubs], kind="stable")], far


def _far_first(routing: Routing, far: NDArray[np.int64]) -> NDArray[np.int32]:
    return np.argsort(-far[routing.way_site], kind="stable").astype(np.int32)


def _rank(routing: Routing) -> tuple[int, int]:
    return len(routing.unrouted()), routing.cost_cents


def _search(
    routing: Routing,
    rng: np.random.Generator,
    rounds: int,
    clock: Clock,
    progress: Progress,
) -> bool:
    """Ruin and rebuild in chunks (step 4); return whether the clock ended it."""
    problem = routing.problem
    site_at = np.full(problem.n_nodes, -1, dtype=np.int32)
    reverse = np.arange(len(routing.way_site) - 1, -1, -1)
    site_at[routing.ways.source[reverse]] = reverse.astype(np.int32)
    weight = np.minimum(single_use_cents(problem), FAR)
    count = min(_NEAREST, len(routing.way_site))
    near = nearest_sites(routing.net, weight, site_at, routing.ways.source, max(2, count))
    for chunk in range(_CHUNKS):
        if clock.out():
            return True
        size = rounds // _CHUNKS + (chunk < rounds % _CHUNKS)
        random = rng.integers(0, 1 << 62, size=(size, 5 + near.shape[1]), dtype=np.int64)
        ruin_and_rebuild(routing.net, routing.state, routing.ways, near, random, _REBUILD_TRIES)
        progress("design", (chunk + 1) / _CHUNKS)
    return False
