"""A lower bound on the bill of every design in rings.

Every edge of a ring carries the cores of all its hubs. With lines ``A + B q`` under the bills
(equation (L) of :mod:`geoplan.optimize.bounds`) and the least length ``ring_B(S)`` of a ring
through a set of hubs (equation (R) of :mod:`geoplan.optimize.ring_limits`, with the cheapest ends
that ``S`` may have) every design in rings costs at least::

    equipment + splitters + LP(A) + sum over other sites of cores / n * dist_B
              + min over partitions of the hubs into rings of  sum_S cores(S) ring_B(S)     (RB)

The minimum is exact, over all partitions (Held and Karp, then a cover by disjoint subsets). It is
never less than what the hubs' pairs of ways count in (B), as ``ring_B(S)`` is at least the longest
of these. Lines and cuts are those of the bound (B) or, where that proves more, those of a search
over supporting lines of one tilt everywhere. Either are the certificate; the partition follows from
the lines, so whoever doubts it can do it again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.ring_tours import NO_TOUR, best_partition
from geoplan._kernels.routing import Net
from geoplan.optimize.bounds import design_bound, way_cents
from geoplan.optimize.cut_proof import CutProof
from geoplan.optimize.graph_arrays import build_net
from geoplan.optimize.lines import support_lines
from geoplan.optimize.problem import Problem
from geoplan.optimize.ring_ends import HubGroup, hub_groups, ring_hubs
from geoplan.optimize.ring_limits import MOST_HUBS, allowed_rings, least_rings
from geoplan.optimize.solution import Design
from geoplan.stopping import NO_LIMIT, Clock

__all__ = ["RingBound", "raise_bound", "ring_bound"]

_SHARES = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class RingBound:
    """A proven lower bound on the bill of every design in rings, and its certificate.

    Parameters
    ----------
    bound_cents
        (RB).
    cut_bound_cents
        (B) with the same lines and cuts, at most ``bound_cents``.
    slope_cents, cuts
        int64 (m,), ``B`` of each edge, and the cuts with their duals that prove ``LP(A)``.
    """

    bound_cents: int
    cut_bound_cents: int
    slope_cents: NDArray[np.int64]
    cuts: CutProof


class _Partitions:
    """What the partitions of a problem's hubs into rings cost at least, whatever the lines."""

    def __init__(self, problem: Problem, groups: list[HubGroup]) -> None:
        self.problem, self.groups = problem, groups
        self.net: Net = build_net(problem)
        self.allowed = [allowed_rings(problem, self.net, group)[1] for group in groups]
        self.ringed = ring_hubs(problem)

    def bound(self, given_cents: int, slope: NDArray[np.int64], cuts: CutProof) -> RingBound:
        """Return (RB) for some lines and cuts; ``given_cents`` are equipment and splitters."""
        ways = way_cents(self.problem, self.net, slope)
        cut_bound = given_cents + int(ways.sum()) + cuts.bound_cents
        more = self._least_cents(slope) - int(ways[self.ringed].sum())
        return RingBound(cut_bound + max(0, more), cut_bound, slope, cuts)

    def _least_cents(self, slope: NDArray[np.int64]) -> int:
        """Return the least sum of cores times ``ring_B`` over all partitions."""
        total = 0
        for group, may in zip(self.groups, self.allowed, strict=True):
            lengths = least_rings(self.problem, self.net, slope, group)
            pairs = zip(may, lengths, strict=True)
            length = np.min([np.where(can, some, NO_TOUR) for can, some in pairs], axis=0)
            sets = np.arange(len(length))
            cores = np.zeros(len(length), dtype=np.int64)
            for i, hub in enumerate(group.hubs.tolist()):
                cores += ((sets >> i) & 1) * int(self.problem.site_cores[hub])
            there = length < NO_TOUR
            cents = np.where(there, np.where(there, length, 0) * cores, NO_TOUR)
            least = int(best_partition(cents.astype(np.int64), len(group.hubs))[0])
            total += least if least < NO_TOUR else 0
        return total


def ring_bound(
    problem: Problem,
    design: Design,
    *,
    lp_rounds: int = 0,
    clock: Clock = NO_LIMIT,
) -> RingBound | None:
    """Return bound (RB), the best found; None with too many hubs or without a certificate.

    Parameters
    ----------
    design
        With the certificate of its bound (B).
    lp_rounds, clock
        As in :func:`geoplan.optimize.bounds.design_bound`, spent at the best of some lines.
    """
    groups = hub_groups(problem)
    if not groups or any(len(group.hubs) > MOST_HUBS for group in groups):
        return None
    if not len(design.slope_cents):
        return None
    partitions = _Partitions(problem, groups)
    given = design.cut_bound_cents - design.cuts.bound_cents
    given -= int(way_cents(problem, partitions.net, design.slope_cents).sum())
    best = partitions.bound(given, design.slope_cents, design.cuts)
    at, at_cents = _SHARES[0], -1
    for share in _SHARES:
        if at_cents >= 0 and clock.out():
            break
        found = _at_share(problem, partitions, given, share, 1, NO_LIMIT)
        if found.bound_cents > at_cents:
            at, at_cents = share, found.bound_cents
        best = max(best, found, key=lambda bound: bound.bound_cents)
    if lp_rounds:
        found = _at_share(problem, partitions, given, at, lp_rounds, clock)
        best = max(best, found, key=lambda bound: bound.bound_cents)
    return best


def _at_share(
    problem: Problem,
    partitions: _Partitions,
    given_cents: int,
    share: float,
    lp_rounds: int,
    clock: Clock,
) -> RingBound:
    """Return (RB) with the supporting lines at a share of the steepest slope."""
    fixed, slope = support_lines(problem, share)
    trench = design_bound(_trenches(problem, fixed), lp_rounds=lp_rounds, clock=clock)
    # capacities may tilt the lines further: one line more under the fixed part
    return partitions.bound(given_cents, slope + trench.slope_cents, trench.cuts)


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
    found = ring_bound(problem, design, lp_rounds=lp_rounds, clock=clock)
    if found is None or found.bound_cents <= design.bound_cents:
        method = f"two ways per hub, rings left out: {design.bound_method}"
        return replace(design, bound_method=method)
    return replace(
        design,
        bound_cents=found.bound_cents,
        bound_method=(
            "equipment + least cable of any partition into rings and of every other way at "
            "supporting lines + orientation model"
        ),
        cut_bound_cents=found.cut_bound_cents,
        slope_cents=found.slope_cents,
        cuts=found.cuts,
    )


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
