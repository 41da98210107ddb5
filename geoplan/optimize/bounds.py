"""Lower bounds on the whole bill, upper bounds on the weight that any budget can reach.

**Bill.** Equation (1) of the Problem is bounded below, for every edge, by a line::

    cost_e(q) >= A_e + B_e q       for every q > 0 within reach               (L)

so the bill of every design that serves all sites is at least::

    sum_s site_cents_s  +  sum_w cores_w * dist_B(w)  +  DA(A)                (B)

with ``dist_B(w)`` the least length in ``B_e`` of a way from the site to its home (of two
edge-disjoint ways for a hub) and ``DA(A)`` a lower bound on the ``A`` of every edge set that
connects all sites and gives each hub two edge-disjoint ways. Ways that share no risk group
share no edge, capacities only forbid: both relaxations keep the bound valid.

``DA`` is dual ascent on the orientation model (Chimani, Kandyba, Ljubic, Mutzel 2010): a
2-edge-connected part can be oriented so that a directed way leads from the core to each of its
hubs and one leads back, and bridges point away from the core. Hence every set with a site but
no core is entered, and every set with a hub but no core is left, where the two arcs of an edge
share ``x_ij + x_ji <= x_e``. In the dual, the cuts entered and the cuts left that use one
*arc* pack into ``A_e``: ascend over the former, then over the latter on what they left.
Neither sees that one edge can't serve both ways of a hub. So, on what is left of the edges::

    x(delta(W) without g) >= 1        for W with a hub but no core, g any risk group   (G)

as at most one of a hub's two ways runs through g. What (G) takes of ``A_e`` is taken of both
arcs.

**Weight.** For a price t of money, any network of cost at most C leaves weight unserved such
that ``t * cost + unserved >= LB(t)``; so no plan has more than ``W + t C - LB(t)`` in service.
``LB(t)`` is dual ascent with, for each site, an arc that pays its weight instead of its way.
Everything is rounded to the safe side in integers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.disjoint import disjoint_weight
from geoplan._kernels.dual_ascent import dual_ascent
from geoplan._kernels.group_cuts import raise_group_cuts
from geoplan._kernels.routing import Net
from geoplan._kernels.shortest_path_tree import FAR, distances
from geoplan.optimize.cores import edge_bill_cents
from geoplan.optimize.graph_arrays import Adjacency, adjacency, arcs_by_head, build_net
from geoplan.optimize.problem import CORE, HUB, Problem
from geoplan.optimize.steiner.instance import SteinerInstance

__all__ = ["DesignBound", "WeightBounds", "design_bound", "support_lines", "weight_bounds"]

_WEIGHT_SCALE = 1024
"""Integer steps per unit of weight in the prize-collecting ascent (rounding loses < 0.1 %)."""


@dataclass(frozen=True, slots=True, eq=False)
class DesignBound:
    """A proven lower bound on the bill of every full design."""

    bound_cents: int
    slope_share: float
    order: str


@dataclass(frozen=True, slots=True, eq=False)
class WeightBounds:
    """int64 (p,): proven most weight in service for each sum of money, and the best prices."""

    weight: NDArray[np.int64]
    price: NDArray[np.float64]


def support_lines(
    problem: Problem, slope_share: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (A, B) of equation (L), int64 (m,) each, both >= 0.

    ``slope_share`` in 0..1 tilts the line: 0 keeps the smallest cable as fixed cost, 1 takes
    the steepest line through the origin of the cable cost.
    """
    # within one step of the series cost is flat: only the right end of each step can touch
    most = max(1, int((problem.site_cores * problem.site_ways).sum()))
    keep = 1000 + problem.reserve_permille
    sizes = problem.step_cores
    largest = int(sizes[-1])
    ends: list[int] = []
    full = 0
    while True:
        for size in sizes.tolist():
            end = (full * largest + size) * 1000 // keep
            if end >= 1:
                ends.append(min(end, most))
        full += 1
        if ends and ends[-1] >= most:
            break
    q = np.unique(np.array(ends, dtype=np.int64))
    m = problem.n_edges
    # each step's cost, seen from its right end; lighting is per core and tilts by itself
    lit = problem.core_cents
    cost = np.empty((m, len(q)), dtype=np.int64)
    for j, cores in enumerate(q.tolist()):
        cost[:, j] = edge_bill_cents(problem, np.full(m, cores, dtype=np.int64))
    cable = cost - lit[:, None] * q[None, :] - problem.fixed_cents[:, None]
    steepest = np.min(cable / q[None, :], axis=1)
    slope = np.floor(slope_share * steepest).astype(np.int64)
    intercept = np.min(cable - slope[:, None] * q[None, :], axis=1)
    return problem.fixed_cents + np.maximum(intercept, 0), slope + lit


@dataclass(frozen=True, slots=True, eq=False)
class _Arcs:
    """Both arcs of every edge (arc e and arc m + e), all cores merged into one root."""

    n_nodes: int
    root: int
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    node_of: NDArray[np.int32]
    in_ptr: NDArray[np.int64]
    in_arc: NDArray[np.int32]
    out_ptr: NDArray[np.int64]
    out_arc: NDArray[np.int32]
    edges: Adjacency


def _arcs(problem: Problem) -> _Arcs:
    node_of = np.arange(problem.n_nodes, dtype=np.int32)
    core_nodes = problem.site_node[problem.site_level == CORE]
    root = int(core_nodes[0])
    node_of[core_nodes] = root
    u, v = node_of[problem.tail], node_of[problem.head]
    tail = np.concatenate([u, v]).astype(np.int32)
    head = np.concatenate([v, u]).astype(np.int32)
    in_ptr, in_arc = arcs_by_head(problem.n_nodes, head)
    out_ptr, out_arc = arcs_by_head(problem.n_nodes, tail)
    return _Arcs(
        n_nodes=problem.n_nodes,
        root=root,
        tail=tail,
        head=head,
        node_of=node_of,
        in_ptr=in_ptr,
        in_arc=in_arc,
        out_ptr=out_ptr,
        out_arc=out_arc,
        edges=adjacency(problem.n_nodes, u, v),
    )


def _group_cuts(arcs: _Arcs, net: Net, reduced: NDArray[np.int64], hubs: NDArray[np.int32]) -> int:
    """Raise cuts (G) on what is left of both arcs of each edge; change ``reduced`` in place."""
    m = len(reduced) // 2
    before = np.minimum(reduced[:m], reduced[m:])
    left = before.copy()
    part = raise_group_cuts(
        arcs.edges.ptr,
        arcs.edges.nbr,
        arcs.edges.eid,
        arcs.tail[:m],
        arcs.head[:m],
        left,
        net.risk_ptr,
        net.risk_groups,
        net.group_ptr,
        net.group_edges,
        arcs.root,
        hubs,
    )
    reduced[:m] -= before - left
    reduced[m:] -= before - left
    return int(part)


def _connect_bound(
    arcs: _Arcs,
    net: Net,
    cents: NDArray[np.int64],
    sites: NDArray[np.int32],
    hubs: NDArray[np.int32],
) -> tuple[int, str]:
    """Return the best dual ascent bound over some orders of the cuts, and the order's name."""
    both = np.concatenate([cents, cents])
    best, name = -1, ""
    others = np.setdiff1d(sites, hubs).astype(np.int32)
    orders = {
        "sites in, hubs out, group cuts": (("in", sites), ("out", hubs), ("group", hubs)),
        "sites in, group cuts, hubs out": (("in", sites), ("group", hubs), ("out", hubs)),
        "hubs out, sites in": (("out", hubs), ("in", sites)),
        "hubs in, hubs out, sites in": (("in", hubs), ("out", hubs), ("in", others)),
        "hubs out, hubs in, sites in": (("out", hubs), ("in", hubs), ("in", others)),
    }
    for label, passes in orders.items():
        reduced = both.copy()
        total = 0
        for way, terminals in passes:
            if way == "in":
                part = dual_ascent(
                    arcs.in_ptr, arcs.in_arc, arcs.tail, reduced, arcs.root, terminals
                )
            elif way == "group":
                part = _group_cuts(arcs, net, reduced, terminals)
            else:
                part = dual_ascent(
                    arcs.out_ptr, arcs.out_arc, arcs.head, reduced, arcs.root, terminals
                )
            total += max(0, int(part))
        if total > best:
            best, name = total, label
    return best, name


def _flow_cents(problem: Problem, net: Net, slope: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return int64 (s,): cores times the least slope-length of the ways of each site."""
    answer = np.zeros(problem.n_sites, dtype=np.int64)
    homes = np.unique(problem.site_home)
    for home in homes.tolist():
        rows = np.flatnonzero((problem.site_home == home) & (problem.site_ways > 0))
        source = np.array([problem.site_node[home]], dtype=np.int32)
        dist = distances(net.ptr, net.nbr, net.eid, slope, source)
        reach = dist[problem.site_node[rows]]
        answer[rows] = problem.site_cores[rows] * np.where(reach < FAR, reach, 0)
    for site in np.flatnonzero(problem.site_ways == 2).tolist():
        home = int(problem.site_node[problem.site_home[site]])
        pair = disjoint_weight(net, slope, int(problem.site_node[site]), home)
        # two ways cost at least twice the shortest one, also where no pair was found
        answer[site] = max(2 * answer[site], int(pair) * int(problem.site_cores[site]))
    return answer


def _terminals(problem: Problem, arcs: _Arcs) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    nodes = arcs.node_of[problem.site_node]
    inside = nodes != arcs.root
    sites = np.unique(nodes[inside])
    hubs = np.unique(nodes[inside & (problem.site_level == HUB) & (problem.site_ways == 2)])
    return sites.astype(np.int32), hubs.astype(np.int32)


def design_bound(
    problem: Problem, *, lp_rounds: int = 0, deadline_s: float = math.inf
) -> DesignBound:
    """Return a lower bound on the bill of every design that serves all sites: equation (B).

    Parameters
    ----------
    lp_rounds
        Rounds of the cut LP of the orientation model after dual ascent, each a better bound
        (seconds on a city's graph).
    deadline_s
        ``time.monotonic()`` after which no further round starts: a safety stop.
    """
    arcs = _arcs(problem)
    net = build_net(problem)
    sites, hubs = _terminals(problem, arcs)
    equipment = int(problem.site_cents.sum())
    best = DesignBound(0, 0.0, "")
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        fixed, slope = support_lines(problem, share)
        flow = int(_flow_cents(problem, net, slope).sum())
        connect, order = _connect_bound(arcs, net, fixed, sites, hubs)
        total = equipment + flow + connect
        if total > best.bound_cents:
            best = DesignBound(total, share, f"dual ascent: {order}")
    if lp_rounds and len(sites):
        fixed, slope = support_lines(problem, best.slope_share)
        flow = int(_flow_cents(problem, net, slope).sum())
        connect = _lp_bound(arcs, net, fixed, sites, hubs, lp_rounds, deadline_s)
        if equipment + flow + connect > best.bound_cents:
            best = DesignBound(equipment + flow + connect, best.slope_share, "cut LP, group cuts")
    return best


def _lp_bound(
    arcs: _Arcs,
    net: Net,
    cents: NDArray[np.int64],
    sites: NDArray[np.int32],
    hubs: NDArray[np.int32],
    rounds: int,
    deadline_s: float,
) -> int:
    """Return the best bound of some rounds of the cut LP, each raised by group cuts."""
    # loads OR-Tools: small problems and tests of the ascent do without
    from geoplan.optimize.steiner.cut_lp import CutLP

    m = len(cents)
    inside = arcs.tail[:m] != arcs.head[:m]
    instance = SteinerInstance(
        n_nodes=arcs.n_nodes,
        tail=arcs.tail[:m][inside],
        head=arcs.head[:m][inside],
        cost=cents[inside],
        terminals=np.union1d(sites, [arcs.root]).astype(np.int32),
    )
    lp = CutLP(instance, arcs.root, both_ways=hubs)
    best = 0
    for _ in range(rounds):
        state = lp.solve_round(deadline_s)
        if state is None:
            break
        left = np.zeros(2 * m, dtype=np.int64)
        left[np.concatenate([inside, inside])] = state.reduced
        best = max(best, state.bound + max(0, _group_cuts(arcs, net, left, hubs)))
        if state.closed:
            break
    return best


class _Prizes:
    """The prize-collecting digraph: every site gets a terminal, reached by way or by prize."""

    def __init__(self, problem: Problem, slope_share: float) -> None:
        self.arcs = _arcs(problem)
        net = build_net(problem)
        fixed, slope = support_lines(problem, slope_share)
        flow = _flow_cents(problem, net, slope)
        self.rows = np.flatnonzero((problem.site_weight > 0) & (problem.site_level != CORE))
        self.weight = problem.site_weight[self.rows]
        self.fixed = fixed.astype(np.float64)
        self.site_cents = (problem.site_cents[self.rows] + flow[self.rows]).astype(np.float64)
        count = len(self.rows)
        node = self.arcs.node_of[problem.site_node[self.rows]]
        self.terminals = np.arange(problem.n_nodes, problem.n_nodes + count, dtype=np.int32)
        root = np.full(count, self.arcs.root, dtype=np.int32)
        self.tail = np.concatenate([self.arcs.tail, node, root]).astype(np.int32)
        head = np.concatenate([self.arcs.head, self.terminals, self.terminals])
        self.in_ptr, self.in_arc = arcs_by_head(problem.n_nodes + count, head)
        self.total = int(self.weight.sum())
        self.always = int(problem.site_cents[problem.site_level == CORE].sum())

    def ascent(self, price: float) -> int:
        """Return LB(price), in steps of 1 / ``_WEIGHT_SCALE``, rounded down."""
        money = price * _WEIGHT_SCALE
        # an edge dearer than all weight together is never worth it: cut off, nothing overflows
        most = float((self.total + 1) * _WEIGHT_SCALE)
        edge = np.floor(np.minimum(money * self.fixed, most)).astype(np.int64)
        site = np.floor(np.minimum(money * self.site_cents, most)).astype(np.int64)
        cost = np.concatenate([edge, edge, site, self.weight * _WEIGHT_SCALE])
        return int(
            dual_ascent(self.in_ptr, self.in_arc, self.tail, cost, self.arcs.root, self.terminals)
        )


def weight_bounds(
    problem: Problem, money_cents: NDArray[np.int64], *, slope_share: float, refine: int = 10
) -> WeightBounds:
    """Return the proven most weight that any plan has in service for each sum of money.

    Parameters
    ----------
    money_cents
        int64 (p,), money spent at most (cumulative over phases).
    slope_share
        Tilt of the support lines; any value is valid, the design bound's is a good one.
    refine
        Rounds of refinement of the price around the best one found on the grid.
    """
    prizes = _Prizes(problem, slope_share)
    total = int(problem.site_weight.sum())
    scale = float(prizes.total) / max(1.0, float(money_cents.max()))
    grid = {float(p): 0 for p in scale * np.geomspace(0.02, 50.0, 17)}
    for p in grid:
        grid[p] = prizes.ascent(p)

    def excess(p: float, money: int) -> float:
        # what ``reach`` adds to the total, before rounding: shows the way where that is flat
        return p * max(0, money - prizes.always) - grid[p] / _WEIGHT_SCALE

    def reach(p: float, money: int) -> int:
        left = max(0, money - prizes.always)
        # ceil of the money term, LB rounded down: the bound is never too small
        value = total + int(np.ceil(p * left * (1 + 1e-12))) - grid[p] // _WEIGHT_SCALE
        return min(total, value)

    for money in money_cents.tolist():
        for _ in range(refine):
            ordered = sorted(grid)
            i = min(range(len(ordered)), key=lambda j: (excess(ordered[j], money), ordered[j]))
            # halve the steps around the best price; past the end of the grid, go on outwards
            wider = [ordered[0] / 4, *ordered, ordered[-1] * 4]
            for p in [float(np.sqrt(ordered[i] * wider[j])) for j in (i, i + 2)]:
                if p not in grid:
                    grid[p] = prizes.ascent(p)
    # every price seen serves every sum: so more money never has the smaller bound
    best = [min(grid, key=lambda p: (reach(p, money), p)) for money in money_cents.tolist()]
    most = [reach(p, money) for p, money in zip(best, money_cents.tolist(), strict=True)]
    return WeightBounds(
        weight=np.array(most, dtype=np.int64), price=np.array(best, dtype=np.float64)
    )
