"""The proven most weight that any plan can have in service for a sum of money.

Each round of :class:`~geoplan.optimize.prize_lp.PrizeLP` ends in a certificate, and every
certificate bounds the weight for every sum of money (equation (W) of
:mod:`geoplan.optimize.weight_proof`): each sum takes the best, so more money never has the
smaller bound. Cables are sized for the whole design and paid by the phase that opens a stretch;
the line under an edge's bill holds at those cores too, as its slope is not negative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.optimize.access import splitter_part_cents
from geoplan.optimize.bounds import way_cents
from geoplan.optimize.cut_pool import seed_cuts
from geoplan.optimize.cut_proof import CutProof, no_cuts
from geoplan.optimize.graph_arrays import build_net
from geoplan.optimize.lines import tangent_lines
from geoplan.optimize.orientation import OrientationGraph, orientation_graph
from geoplan.optimize.prize_lp import PrizeLP
from geoplan.optimize.problem import CORE, HUB, Problem
from geoplan.optimize.weight_proof import Prizes, WeightProof, collect_prizes
from geoplan.stopping import NO_LIMIT, Clock

__all__ = ["WeightBounds", "WeightGuide", "weight_bounds"]

_FIRST_ROUNDS = 3
"""A sum is not left before: the first two rounds only take cuts out of the pool."""
_MORE_ROUNDS = 3
"""The smallest sum, whose rounds cost least, has one more for each so many."""
_STALLED = 2e-4
"""A sum is left when two rounds together bring its bound down by less, in parts of all weight."""


@dataclass(frozen=True, slots=True, eq=False)
class WeightGuide:
    """What the last LP of one sum would build: where a search for a plan may begin.

    Parameters
    ----------
    amount
        float64 (m,) in 0..1, how much of each edge.
    served
        float64 (s,) in 0..1, how much of each site.
    """

    amount: NDArray[np.float64]
    served: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class WeightBounds:
    """Proven most weight per sum of money, with its certificate.

    Parameters
    ----------
    weight
        int64 (p,), most weight that any plan has in service for each sum of money.
    slope_cents
        int64 (m,) >= 0, slope of the line under each edge's bill.
    proofs
        One per sum; ``None`` where nothing is proven but that no more than all is in service.
    guides
        One per sum; ``None`` where no LP was solved for it.
    """

    weight: NDArray[np.int64]
    slope_cents: NDArray[np.int64]
    proofs: tuple[WeightProof | None, ...]
    guides: tuple[WeightGuide | None, ...]


def weight_bounds(
    problem: Problem,
    money_cents: NDArray[np.int64],
    *,
    edge_cores: NDArray[np.int64] | None = None,
    cuts: CutProof | None = None,
    reached: NDArray[np.int64] | None = None,
    rounds: int = 12,
    clock: Clock = NO_LIMIT,
) -> WeightBounds:
    """Return the proven most weight that any plan has in service for each sum of money.

    Parameters
    ----------
    money_cents
        int64 (p,), money spent at most (cumulative over phases).
    edge_cores
        int64 (m,), cores of a good design, where lines touch the bill; ``None``: none is known.
    cuts
        The certificate of the bound on the bill: cuts to begin with.
    reached
        int64 (p,), weight that a plan has: a sum whose bound is there needs no further round.
    rounds
        Most rounds for each sum, each a better bound; the smallest sum has a third more.
    clock
        When it is out no further round starts, but the first few of the smallest sum.
    """
    net, graph = build_net(problem), orientation_graph(problem)
    if edge_cores is None:
        edge_cores = np.zeros(problem.n_edges, dtype=np.int64)
    fixed, slope = tangent_lines(problem, edge_cores)
    ways = way_cents(problem, net, slope) + splitter_part_cents(problem)
    prizes = collect_prizes(problem, graph, fixed, ways)
    core = problem.site_level == CORE
    always, given = int(problem.site_weight[core].sum()), int(problem.site_cents[core].sum())
    total = int(problem.site_weight.sum())
    left = [max(0, money - given) for money in money_cents.tolist()]
    best = [total] * len(left)
    proofs: list[WeightProof | None] = [None] * len(left)
    guides: list[WeightGuide | None] = [None] * len(left)
    least = [always] * len(left) if reached is None else reached.tolist()
    outside = prizes.node[prizes.sites] != graph.root
    nodes = np.unique(prizes.node[prizes.sites][outside]).astype(np.int32)
    two_ways = (problem.site_level == HUB) & (problem.site_ways == 2)
    hubs = np.flatnonzero(two_ways & (prizes.node != graph.root))
    if total > always:
        pools = seed_cuts(graph, net, fixed, nodes, prizes.node[hubs], cuts or no_cuts())
        lp = PrizeLP(prizes, net, nodes, hubs, pools, max(left))
    # from the smallest sum on: its LPs are the smallest, and leave their rows to the next
    order = sorted(range(len(left)), key=lambda k: left[k])
    for k in order:
        # the first rounds of all run in any case, so that something is proven
        sure = _FIRST_ROUNDS if k == order[0] else 0
        if best[k] <= least[k] or (clock.out() and not sure):
            continue
        lp.set_money(left[k])
        before = [total, total]
        most = max(rounds, 1) + (rounds // _MORE_ROUNDS if k == order[0] else 0)
        for turn in range(most):
            proof = lp.solve_round(NO_LIMIT if turn < sure else clock)
            if proof is not None:
                for j, money in enumerate(left):
                    weight = always + proof.most_weight(money)
                    if weight < best[j]:
                        best[j], proofs[j] = weight, proof
            stalled = turn >= _FIRST_ROUNDS and before[-2] - best[k] < _STALLED * total
            before.append(best[k])
            late = turn + 1 >= sure and clock.out()
            if lp.closed or stalled or late or best[k] <= least[k]:
                break
        guides[k] = _guide(lp, graph, prizes)
    return WeightBounds(np.array(best, dtype=np.int64), slope, tuple(proofs), tuple(guides))


def _guide(lp: PrizeLP, graph: OrientationGraph, prizes: Prizes) -> WeightGuide:
    m = graph.n_edges
    served = np.where(prizes.node == graph.root, 1.0, lp.share[prizes.node])
    return WeightGuide(np.minimum(1.0, lp.amount[:m] + lp.amount[m:]), served)
