"""Lines under the bill of an edge, and how to tilt them so that the bound rises.

Equation (1) of the Problem is bounded below, for every edge, by a line::

    cost_e(q) >= A_e + B_e q       for every q > 0 that the edge can carry    (L)

For a given ``B`` the best ``A`` is the least of ``cost_e(q) - B_e q`` over the ends of the steps
of the cable series, so far as the edge has room: on a free core of an existing cable ``A`` may
well be negative, which charges for room that is short.

With the lines the bound is ``LP(A(B)) + flow(B)``, concave in ``B``: its slope at an edge is the
cores that the cheapest ways carry over it, less ``q`` (where the line touches) times how much
of the edge the LP takes. :class:`LineAscent` follows it (projected subgradients with averages of
both; Held, Wolfe, Crowder 1974).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.carried_cores import carried_cores
from geoplan._kernels.routing import Net
from geoplan.optimize.cores import cable_steps, edge_bill_cents
from geoplan.optimize.problem import Problem

__all__ = ["LineAscent", "support_lines", "tangent_lines"]

_TYPICAL_SITES = 10
"""An edge that no known design uses is taken as if so many sites hung on it."""
_STEPS = 20
"""Steps between two rounds of the LP."""
_STEP = 0.03
_SHRINK = 0.02
"""Step k is 1 / (1 + k * this) of the first one."""
_KEEP_CORES = 0.9
_KEEP_AMOUNT = 0.6
"""What the averages keep of their past, per step and per round."""
_LEAST_AMOUNT = 0.05
_LEAST_CORES = 4.0
_LEAST_SLOPE = 0.05
"""Of the mean slope: an edge whose line is flat starts to tilt with this."""
_OUT_OF_REACH = 1 << 60
"""Stands for the cost of more cores than an edge has room for."""


def support_lines(
    problem: Problem, slope_share: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (A, B) of equation (L), int64 (m,) each, both >= 0.

    ``slope_share`` in 0..1 tilts the line: 0 keeps the smallest cable as fixed cost, 1 takes
    the steepest line through the origin of the cable cost.
    """
    q, cable = _step_ends(problem)
    steepest = np.min(cable / q[None, :], axis=1)
    slope = np.floor(slope_share * steepest).astype(np.int64)
    return _line(problem, q, cable, slope)


def tangent_lines(
    problem: Problem, edge_cores: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (A, B) of equation (L), each line as high as it can be at the edge's cores.

    Parameters
    ----------
    edge_cores
        int64 (m,), cores used on each edge by a good design; 0 where it does not run.
    """
    q, cable = _step_ends(problem)
    ways = problem.site_ways > 0
    least = int(problem.site_cores[ways].min()) if ways.any() else 1
    at = np.where(edge_cores > 0, edge_cores, _TYPICAL_SITES * least)
    best = np.min(cable, axis=1)  # the flat line
    slope = np.zeros(problem.n_edges, dtype=np.int64)
    for i in range(len(q)):
        for j in range(i + 1, len(q)):
            # every line of the lower hull runs through two right ends of steps
            tried = np.maximum(0, (cable[:, j] - cable[:, i]) // (q[j] - q[i]))
            intercept = np.min(cable - tried[:, None] * q[None, :], axis=1)
            height = np.where(intercept >= 0, intercept + tried * at, -1)
            slope = np.where(height > best, tried, slope)
            best = np.maximum(best, height)
    return _line(problem, q, cable, slope)


def _step_ends(problem: Problem) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the right ends of the steps, int64 (k,), and the cable cost there, int64 (m, k).

    Within one step of the series cost is flat: only its right end can touch a line.
    """
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
    # lighting is per core and tilts by itself
    cable = np.empty((m, len(q)), dtype=np.int64)
    for j, cores in enumerate(q.tolist()):
        bill = edge_bill_cents(problem, np.full(m, cores, dtype=np.int64))
        cable[:, j] = bill - problem.core_cents * cores - problem.fixed_cents
    return q, cable


def _line(
    problem: Problem,
    q: NDArray[np.int64],
    cable: NDArray[np.int64],
    slope: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (A, B) for a slope of the cable cost that leaves its intercept >= 0."""
    intercept = np.min(cable - slope[:, None] * q[None, :], axis=1)
    return problem.fixed_cents + np.maximum(intercept, 0), slope + problem.core_cents


class LineAscent:
    """The lines behind a bound on the bill, tilted between the rounds of the cut LP.

    Parameters
    ----------
    edge_cores
        int64 (m,), cores of a good design: where the first lines touch.
    """

    def __init__(self, problem: Problem, net: Net, edge_cores: NDArray[np.int64]) -> None:
        self._problem, self._net = problem, net
        self.fixed_cents, self.slope_cents = tangent_lines(problem, edge_cores)
        self._ends, self._cable = _step_ends(problem)
        self._cable = self._cable.copy()
        cables = np.stack(
            [
                cable_steps(problem, np.full(problem.n_edges, q)).sum(axis=1)
                for q in self._ends.tolist()
            ],
            axis=1,
        )
        limit = problem.capacity_cables[:, None]
        fits = (limit < 0) | (cables <= limit)
        fits[:, 0] = True  # an edge without room for any cable is used by no plan
        self._cable[~fits] = _OUT_OF_REACH
        most = int(self._ends[-1])
        cap = problem.capacity_cores
        self._room = np.where(cap < 0, most, np.minimum(cap, most))
        self._lit = ~problem.takes_cable
        self._tilt = (self.slope_cents - problem.core_cents).astype(np.float64)
        paid = self._tilt[problem.takes_cable]
        self._usual = float(paid.mean()) if len(paid) else 1.0
        # no steeper than a line through the origin; short room is worth at most an own trench
        dearest = float((problem.fixed_cents + problem.step_cents.max(axis=1)).max())
        steepest = np.min(self._cable / self._ends[None, :], axis=1)
        self._most_tilt = np.where(self._lit, np.where(self._room > 0, dearest, 0.0), steepest)
        self._amount: NDArray[np.float64] | None = None
        self._cores: NDArray[np.float64] | None = None
        self._steps = 0
        homes = np.unique(problem.site_home)
        self._home_node = problem.site_node[homes].astype(np.int32)
        self._demand = np.zeros((len(homes), problem.n_nodes), dtype=np.int64)
        home = np.searchsorted(homes, problem.site_home)
        single = np.flatnonzero(problem.site_ways == 1)
        np.add.at(
            self._demand, (home[single], problem.site_node[single]), problem.site_cores[single]
        )
        pairs = np.flatnonzero(problem.site_ways == 2)
        self._pairs = (
            problem.site_node[pairs].astype(np.int32),
            home[pairs].astype(np.int64),
            problem.site_cores[pairs].astype(np.int64),
        )

    def follow(self, amount: NDArray[np.float64]) -> None:
        """Tilt the lines towards a better bound; new ``fixed_cents`` and ``slope_cents``.

        Parameters
        ----------
        amount
            float64 (m,) in 0..1, how much of each edge the LP took with the present lines.
        """
        old = self._amount
        self._amount = amount if old is None else _KEEP_AMOUNT * old + (1 - _KEEP_AMOUNT) * amount
        floor = _LEAST_SLOPE * self._usual
        scale = np.where(self._lit, self._usual, np.maximum(self._tilt, floor))
        for _ in range(_STEPS):
            carried = self._carried()
            _, touch = self._touching(np.floor(self._tilt).astype(np.int64))
            self._steps += 1
            step = _STEP / (1 + _SHRINK * self._steps)
            rise = carried - touch * self._amount
            reach = np.maximum(touch * np.maximum(self._amount, _LEAST_AMOUNT), _LEAST_CORES)
            self._tilt = np.clip(self._tilt + step * scale * rise / reach, 0, self._most_tilt)
        tilt = np.floor(self._tilt).astype(np.int64)
        intercept, _ = self._touching(tilt)
        self.fixed_cents = self._problem.fixed_cents + intercept
        self.slope_cents = self._problem.core_cents + tilt

    def _carried(self) -> NDArray[np.float64]:
        """Return the running mean of the cores that the cheapest ways carry."""
        # lengths above 0, so that ways are loopless
        slope = np.floor(self._tilt).astype(np.int64) + self._problem.core_cents
        now = carried_cores(
            self._net, 8 * slope + 1, self._home_node, self._demand, *self._pairs
        ).astype(np.float64)
        old = self._cores
        self._cores = now if old is None else _KEEP_CORES * old + (1 - _KEEP_CORES) * now
        return self._cores

    def _touching(self, tilt: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the highest intercept of the cable cost for each tilt, and where it touches."""
        height = self._cable - tilt[:, None] * self._ends[None, :]
        at = np.argmin(height, axis=1)
        intercept = height[np.arange(len(at)), at]
        return (
            np.where(self._lit, -tilt * self._room, intercept),
            np.where(self._lit, self._room, self._ends[at]),
        )
