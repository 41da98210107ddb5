"""Lower bounds on the whole bill, upper bounds on the weight that any budget can reach.

**Bill.** Equation (1) of the Problem is bounded below, for every edge, by a line::

    cost_e(q) >= A_e + B_e q       for every q > 0 within reach               (L)

so the bill of every design that serves all sites is at least::

    sum_s site_cents_s  +  sum_w cores_w * dist_B(w)  +  LP(A)                (B)

with ``dist_B(w)`` the least length in ``B_e`` of a way from the site to its home (of two
edge-disjoint ways for a hub) and ``LP(A)``
a lower bound on the ``A`` of every edge set that connects all sites and gives each hub two
ways that share no risk group: the cut LP of :mod:`geoplan.optimize.orientation_lp`. Any line
is valid; the one that touches the cost at the cores of a good design is a good one. Capacities
only forbid, and surviving each group by itself is less than two ways that share none: both are
left out and keep the bound valid.

**Weight.** For a price t of money, any network of cost at most C leaves weight unserved such
that ``t * cost + unserved >= LB(t)``; so no plan has more than ``W + t C - LB(t)`` in service.
``LB(t)`` is dual ascent with, for each site, an arc that pays its weight instead of its way.
Everything is rounded to the safe side in integers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.disjoint import disjoint_weight
from geoplan._kernels.dual_ascent import dual_ascent
from geoplan._kernels.routing import Net
from geoplan._kernels.shortest_path_tree import FAR, distances
from geoplan.optimize.ascent_proof import ascent_proof
from geoplan.optimize.cut_proof import CutProof, no_cuts
from geoplan.optimize.graph_arrays import arcs_by_head, build_net
from geoplan.optimize.lines import LineAscent, support_lines
from geoplan.optimize.orientation import orientation_graph, terminal_nodes
from geoplan.optimize.orientation_lp import OrientationLP
from geoplan.optimize.problem import CORE, Problem
from geoplan.stopping import NO_LIMIT, Clock

__all__ = [
    "DesignBound",
    "WeightBounds",
    "design_bound",
    "weight_bounds",
]

_FIRST_ROUNDS = 2
"""Rounds of the LP before the lines are tilted: until then it is too far from what they cost."""

_WEIGHT_SCALE = 1024
"""Integer steps per unit of weight in the prize-collecting ascent (rounding loses < 0.1 %)."""

_GRID = np.geomspace(0.02, 50.0, 17)[np.argsort(np.abs(np.arange(17) - 8), kind="stable")]
"""Prices tried first, in all weight per all money; the middle comes first."""
_FEWEST_PRICES = 5


@dataclass(frozen=True, slots=True, eq=False)
class DesignBound:
    """A proven lower bound on the bill of every full design, with its certificate.

    Parameters
    ----------
    bound_cents
        Equation (B).
    slope_cents
        int64 (m,) >= 0, ``B_e`` of each edge.
    flow_cents
        The middle term of (B).
    cuts
        The certificate of ``LP(A)``.
    closed
        True when no cut of the LP was violated any more.
    amount
        float64 (m,) in 0..1, how much of each edge the LP takes.
    """

    bound_cents: int
    slope_cents: NDArray[np.int64]
    flow_cents: int
    cuts: CutProof
    closed: bool
    amount: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class WeightBounds:
    """int64 (p,): proven most weight in service for each sum of money, and the best prices."""

    weight: NDArray[np.int64]
    price: NDArray[np.float64]


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


def design_bound(
    problem: Problem,
    edge_cores: NDArray[np.int64] | None = None,
    *,
    lp_rounds: int = 6,
    clock: Clock = NO_LIMIT,
) -> DesignBound:
    """Return a lower bound on the bill of every design that serves all sites: equation (B).

    Parameters
    ----------
    edge_cores
        int64 (m,), cores of a good design: where the lines (L) touch; ``None``: none is known.
    lp_rounds
        Most rounds of the cut LP, each a better bound.
    clock
        A safety stop: when it is out, what dual ascent proves counts until a round proved more.
    """
    graph, net = orientation_graph(problem), build_net(problem)
    sites, hubs = terminal_nodes(problem, graph)
    if edge_cores is None:
        edge_cores = np.zeros(problem.n_edges, dtype=np.int64)
    lines = LineAscent(problem, net, edge_cores)
    start = ascent_proof(graph, lines.fixed_cents, sites, hubs) if len(sites) else no_cuts()
    best = _added_up(problem, net, lines, start)
    if not len(sites):
        return replace(best, closed=True)
    if clock.out():
        return best
    lp = OrientationLP(graph, net, lines.fixed_cents, sites, hubs)
    for turn in range(max(1, lp_rounds)):
        if not lp.solve_round(clock):
            break
        now = _added_up(problem, net, lines, lp.best, lp)
        risen = now.bound_cents > best.bound_cents
        # what guides the design is the last LP in any case
        best = now if risen else replace(best, closed=lp.closed, amount=now.amount)
        if lp.closed and not risen:
            break
        if lp.closed or _FIRST_ROUNDS <= turn + 1 < lp_rounds:
            lines.follow(now.amount)
            lp.reprice(lines.fixed_cents)
    return best


def _added_up(
    problem: Problem,
    net: Net,
    lines: LineAscent,
    cuts: CutProof,
    lp: OrientationLP | None = None,
) -> DesignBound:
    """Return equation (B) with the present lines and cuts that are proven with them."""
    m = problem.n_edges
    flow = int(_flow_cents(problem, net, lines.slope_cents).sum())
    amount = np.zeros(2 * m) if lp is None else lp.amount
    return DesignBound(
        bound_cents=int(problem.site_cents.sum()) + flow + cuts.bound_cents,
        slope_cents=lines.slope_cents,
        flow_cents=flow,
        cuts=cuts,
        closed=lp is not None and lp.closed,
        amount=np.minimum(1.0, amount[:m] + amount[m:]),
    )


class _Prizes:
    """The prize-collecting digraph: every site gets a terminal, reached by way or by prize."""

    def __init__(self, problem: Problem, slope_share: float) -> None:
        self.arcs = orientation_graph(problem)
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
    problem: Problem,
    money_cents: NDArray[np.int64],
    *,
    slope_share: float,
    refine: int = 10,
    clock: Clock = NO_LIMIT,
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
    clock
        A safety stop: when it is out, no further price is tried; each one proves something.
    """
    prizes = _Prizes(problem, slope_share)
    total = int(problem.site_weight.sum())
    scale = float(prizes.total) / max(1.0, float(money_cents.max()))
    grid: dict[float, int] = {}
    for p in (scale * _GRID).tolist():
        if len(grid) < _FEWEST_PRICES or not clock.out():
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
            if clock.out():
                break
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
