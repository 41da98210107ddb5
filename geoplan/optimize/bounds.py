"""Lower bounds on the whole bill.

Equation (1) of the Problem is bounded below, for every edge, by a line::

    cost_e(q) >= A_e + B_e q       for every q > 0 that e has room for        (L)

so the bill of every design that serves all sites is at least::

    sum_s site_cents_s  +  sum_w cores_w / n_w * dist_B(w)  +  LP(A)          (B)

with ``n_w`` the most sites that may share the cores of ``w`` (1 where it has its own: k sites
take at least ``cores * k / n`` of an edge, however they are put together; splitters of full trees
are added, home by home), ``dist_B(w)`` the least length in ``B_e`` of a way from the site to its
home (of two edge-disjoint ways for a hub) and ``LP(A)`` a lower bound on the ``A`` of every edge
set that connects all sites and gives each hub two ways that share no risk group: the cut LP of
:mod:`geoplan.optimize.orientation_lp`. Any line is valid; the one that touches the cost at the
cores of a good design is a good first one, :mod:`geoplan.optimize.lines` tilts it. Otherwise
capacities only forbid, and surviving each group by itself is less than two ways that share none:
both are left out and keep the bound valid.

The bound on the weight that a sum of money reaches is in :mod:`geoplan.optimize.weight_bounds`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.routing import Net
from geoplan._kernels.shortest_path_tree import FAR, distances
from geoplan.optimize.access import least_splitter_cents
from geoplan.optimize.ascent_proof import ascent_proof
from geoplan.optimize.cut_proof import CutProof, no_cuts
from geoplan.optimize.graph_arrays import build_net
from geoplan.optimize.lines import LineAscent
from geoplan.optimize.orientation import orientation_graph, terminal_nodes
from geoplan.optimize.orientation_lp import OrientationLP
from geoplan.optimize.problem import Problem
from geoplan.optimize.ring_ends import PairLengths, ways_end_at
from geoplan.stopping import NO_LIMIT, Clock

__all__ = [
    "BoundSearch",
    "DesignBound",
    "design_bound",
    "way_cents",
]

_FIRST_ROUNDS = 2
"""Rounds of the LP before the lines are tilted: until then it is too far from what they cost."""
_STALLED = 1e-5
_PATIENCE = 8
"""Where no cut is violated, so many rounds may each raise the bound by less than this part."""


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


def way_cents(problem: Problem, net: Net, slope: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return int64 (s,): cores times the least slope-length of the ways of each site.

    Where sites share cores each counts its even part, rounded down.
    """
    answer, shares = np.zeros(problem.n_sites, dtype=np.int64), problem.shares
    homes = np.unique(problem.site_home)
    for home in homes.tolist():
        rows = np.flatnonzero((problem.site_home == home) & (problem.site_ways > 0))
        source = np.array([problem.site_node[home]], dtype=np.int32)
        dist = distances(net.ptr, net.nbr, net.eid, slope, source)
        reach = dist[problem.site_node[rows]]
        answer[rows] = problem.site_cores[rows] * np.where(reach < FAR, reach, 0)
        answer[rows] //= shares[rows]
    pairs = PairLengths(problem, net, slope)
    for site in np.flatnonzero(problem.site_ways == 2).tolist():
        pair = pairs.least(site) * int(problem.site_cores[site])
        # two ways cost at least twice the shortest one, also where no pair was found; on a ring
        # between two cores one of them ends elsewhere
        home = int(problem.site_home[site])
        alone = 2 * int(answer[site]) if ways_end_at(problem, site) == [(home, home)] else 0
        answer[site] = max(alone, pair)
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
    edge_cores, lp_rounds, clock
        As for :class:`BoundSearch`.
    """
    return BoundSearch(problem, edge_cores, lp_rounds=lp_rounds).run(clock=clock)


class BoundSearch:
    """The search for a lower bound on the bill, which may pause and go on.

    Parameters
    ----------
    edge_cores
        int64 (m,), cores of a good design: where the first lines (L) touch; ``None``: none is
        known.
    lp_rounds
        Most rounds of the cut LP, each a better bound.
    """

    def __init__(
        self,
        problem: Problem,
        edge_cores: NDArray[np.int64] | None = None,
        *,
        lp_rounds: int = 6,
    ) -> None:
        if edge_cores is None:
            edge_cores = np.zeros(problem.n_edges, dtype=np.int64)
        self._problem, self._rounds = problem, max(1, lp_rounds)
        self._graph, self._net = orientation_graph(problem), build_net(problem)
        self._ends = terminal_nodes(problem, self._graph)
        self._lines = LineAscent(problem, self._net, edge_cores)
        self._lp: OrientationLP | None = None
        self._turn = self._stalled = 0
        some = len(self._ends[0]) > 0
        fixed = self._lines.fixed_cents
        start = ascent_proof(self._graph, fixed, *self._ends) if some else no_cuts()
        self.best = replace(self._added_up(start), closed=not some)
        """The best bound so far."""

    def run(self, rounds: int | None = None, *, clock: Clock = NO_LIMIT) -> DesignBound:
        """Go on for at most so many rounds (``None``: all that are left); return the best.

        Parameters
        ----------
        clock
            A safety stop: when it is out, what dual ascent proves counts until a round proved more.
        """
        last = self._rounds if rounds is None else min(self._rounds, self._turn + rounds)
        if not len(self._ends[0]) or self._turn >= last or clock.out():
            return self.best
        if self._lp is None:
            fixed = self._lines.fixed_cents
            self._lp = OrientationLP(self._graph, self._net, fixed, *self._ends)
        while self._turn < last and self._round(self._lp, clock):
            pass
        return self.best

    def _round(self, lp: OrientationLP, clock: Clock) -> bool:
        """Do one round; return whether another may prove more."""
        if not lp.solve_round(clock):
            return False
        self._turn += 1
        now = self._added_up(lp.best)
        risen = now.bound_cents > self.best.bound_cents * (1 + _STALLED)
        self._stalled = 0 if risen else self._stalled + 1
        # what guides the design, and whether cuts are missing, the last LP says
        better = now if now.bound_cents > self.best.bound_cents else self.best
        self.best = replace(better, closed=now.closed, amount=now.amount)
        if lp.closed and self._stalled >= _PATIENCE:
            return False
        if lp.closed or _FIRST_ROUNDS <= self._turn < self._rounds:
            self._lines.follow(now.amount)
            lp.reprice(self._lines.fixed_cents)
        return True

    def _added_up(self, cuts: CutProof) -> DesignBound:
        """Return equation (B) with the present lines and cuts that are proven with them."""
        problem, lp, slope = self._problem, self._lp, self._lines.slope_cents
        m = problem.n_edges
        flow = int(way_cents(problem, self._net, slope).sum())
        amount = np.zeros(2 * m) if lp is None else lp.amount
        given = int(problem.site_cents.sum()) + least_splitter_cents(problem)
        return DesignBound(
            bound_cents=given + flow + cuts.bound_cents,
            slope_cents=slope,
            flow_cents=flow,
            cuts=cuts,
            closed=lp is not None and lp.closed,
            amount=np.minimum(1.0, amount[:m] + amount[m:]),
        )
