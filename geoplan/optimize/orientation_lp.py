"""The cut LP of the orientation model with risk groups, by row generation, with integer duals.

With A_e the fixed part of edge e, arcs y_a in [0, 1] and r the root::

    minimise   sum_e A_e (y_e + y_(m+e))
    subject to y(in(W)) >= 1                   W with a site but not r              (in)
               y(out(W)) >= 1                  W with a hub but not r               (out)
               y(delta(W) without g) >= 1      W with a hub but not r, g any group  (group)
               y(in(j) without a's twin) >= y_a   arc a from node j, not r          (link)
               y_e + y_(m+e) <= 1              every edge                           (edge)

Without (edge) a bridge could be taken twice instead of a second way. (group) counts both arcs
of an edge: at most one of a hub's two ways runs through group g. Groups of a single edge follow
from the other rows. Cuts come from max flow. (link) holds since all that is open hangs together
and is directed away from the core: what leaves a node has entered it elsewhere. For nodes with
sites it follows from (in) and (edge); elsewhere it says at once what takes many cuts to say.

The bound does not trust floating point. Duals are rounded to whole cents, pi >= 0, and::

    sum_i pi_i + sum_e min(0, left_e, left_(m+e)),   left_a = A_a - sum_(i with a) pi_i      (S)

is a lower bound whatever they are; a link counts 0 in the first sum and takes its pi from the arcs
that enter, giving it to the arc that leaves. The rows with their pi are the certificate: whoever
doubts the bound checks that each cut separates a site (hub) from the root, and adds up (S).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt.python import mathopt

from geoplan._kernels.cut_separation import UNIT, separate_cuts
from geoplan._kernels.dual_ascent import dual_ascent_cuts
from geoplan._kernels.routing import Net
from geoplan.optimize.cut_proof import CutKind, CutProof
from geoplan.optimize.group_separation import violated_group_cuts
from geoplan.optimize.orientation import OrientationGraph
from geoplan.optimize.solver_calls import NOT_ZERO, answer_unless_stopped, dense
from geoplan.stopping import Clock

__all__ = ["OrientationLP"]

_CUT_ITEMS = 60_000
"""Arcs in the cuts of one round: separation ends there and begins with other targets next."""
_SEED_ITEMS = 1_500_000
_SEEDS_EACH = 1000
_NESTED = 2
_TURN = 97
_CREEP = UNIT >> 12
_LINK_SHORTFALL = 0.02
_FEW_CUTS = 150
"""Groups are separated only when (in) and (out) bring fewer new cuts than this."""
_LONGEST_S = 1e6
"""Stands for no limit: the solver wants a finite one."""
_MOST_CENTS = 1 << 60


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """One row as it stands in the LP; of a link, ``arcs`` enter and ``leaving`` leaves."""

    kind: CutKind
    group: int
    arcs: NDArray[np.int32]
    row: mathopt.LinearConstraint
    leaving: int = -1

    @property
    def key(self) -> bytes | int:
        return self.arcs.tobytes() if self.leaving < 0 else self.leaving

    @property
    def members(self) -> NDArray[np.int32]:
        """What the certificate says of it."""
        if self.kind == CutKind.LINK:
            return np.array([self.leaving], dtype=np.int32)
        return self.arcs[: len(self.arcs) // 2] if self.kind == CutKind.GROUP else self.arcs


def _freeze(rows: list[_Row], cents: NDArray[np.int64], bound_cents: int) -> CutProof:
    keep = np.flatnonzero(cents > 0)
    kept = [rows[i] for i in keep.tolist()]
    parts = [r.members for r in kept]
    ptr = np.zeros(len(kept) + 1, dtype=np.int64)
    np.cumsum([len(p) for p in parts], out=ptr[1:])
    arrays = (
        np.array([r.kind for r in kept], dtype=np.int8),
        np.array([r.group for r in kept], dtype=np.int32),
        cents[keep].astype(np.int64),
        ptr,
        np.concatenate([*parts, np.zeros(0, dtype=np.int32)]).astype(np.int32),
    )
    for array in arrays:
        array.setflags(write=False)
    return CutProof(*arrays, bound_cents)


class OrientationLP:
    """The LP of one problem, round after round.

    Parameters
    ----------
    cents
        int64 (m,), fixed part of each edge; may be below 0.
    sites, hubs
        int32, nodes to be entered, and to be left as well; none of them the root.
    """

    def __init__(
        self,
        graph: OrientationGraph,
        net: Net,
        cents: NDArray[np.int64],
        sites: NDArray[np.int32],
        hubs: NDArray[np.int32],
    ) -> None:
        self.graph, self.net = graph, net
        self.sites, self.hubs = sites, hubs
        self.cost = np.concatenate([cents, cents]).astype(np.int64)
        self.allowed = graph.tail != graph.head
        self.closed = False
        paid = self.cost[self.cost > 0]
        self.unit = float(paid.mean()) if len(paid) else 1.0
        self.amount = np.zeros(2 * graph.n_edges)
        self._rows: list[_Row] = []
        self._seen: set[bytes | int] = set()
        self._bare = np.ones(graph.n_nodes, dtype=np.bool_)
        self._bare[sites] = self._bare[graph.root] = False
        self._last_value = -math.inf
        self._turn = 0
        self.model = mathopt.Model()
        self.model.objective.is_maximize = False
        self.vars = [
            self.model.add_variable(lb=0.0, ub=1.0 if ok else 0.0) for ok in self.allowed.tolist()
        ]
        for var, c in zip(self.vars, (self.cost / self.unit).tolist(), strict=True):
            self.model.objective.set_linear_coefficient(var, c)
        for e in np.flatnonzero(self.allowed[: graph.n_edges]).tolist():
            row = self.model.add_linear_constraint(lb=-math.inf, ub=1.0)
            row.set_coefficient(self.vars[e], 1.0)
            row.set_coefficient(self.vars[graph.n_edges + e], 1.0)
        self.best = self._prove(np.zeros(0))
        reduced = np.maximum(self.cost, 0)
        reduced = np.where(self.allowed, reduced, reduced.sum() + 1)
        for kind, targets in ((CutKind.IN, sites), (CutKind.OUT, hubs)):
            _, ptr, arcs = dual_ascent_cuts(
                *graph.side(kind == CutKind.IN),
                reduced,
                graph.root,
                targets,
                _SEEDS_EACH,
                _SEED_ITEMS,
            )
            for i in range(len(ptr) - 1):
                self._add(kind, -1, np.sort(arcs[ptr[i] : ptr[i + 1]]))
        self.solver = mathopt.IncrementalSolver(self.model, mathopt.SolverType.HIGHS)

    def _add(self, kind: CutKind, group: int, arcs: NDArray[np.int32]) -> bool:
        if arcs.tobytes() in self._seen:
            return False
        self._seen.add(arcs.tobytes())
        row = self.model.add_linear_constraint(lb=1.0, ub=math.inf)
        for a in arcs.tolist():
            row.set_coefficient(self.vars[a], 1.0)
        self._rows.append(_Row(kind, group, arcs, row))
        return True

    def _add_links(self) -> int:
        """Add violated (link) rows of nodes without sites; return how many."""
        graph = self.graph
        added = 0
        for a in graph.unentered(self.amount, self._bare, _LINK_SHORTFALL).tolist():
            if a in self._seen:
                continue
            self._seen.add(a)
            before = graph.before(a)
            row = self.model.add_linear_constraint(lb=0.0, ub=math.inf)
            for b in before.tolist():
                row.set_coefficient(self.vars[b], 1.0)
            row.set_coefficient(self.vars[a], -1.0)
            self._rows.append(_Row(CutKind.LINK, -1, before, row, a))
            added += 1
        return added

    def reprice(self, cents: NDArray[np.int64]) -> None:
        """Go on with other fixed parts, int64 (m,), and the rows as they stand."""
        self.cost = np.concatenate([cents, cents]).astype(np.int64)
        for var, c in zip(self.vars, (self.cost / self.unit).tolist(), strict=True):
            self.model.objective.set_linear_coefficient(var, c)
        self.best = self._prove(np.zeros(len(self._rows)))
        self._last_value = -math.inf

    def solve_round(self, clock: Clock) -> bool:
        """Solve the LP as it stands, keep the bound if it is the best, add violated cuts.

        Parameters
        ----------
        clock
            A safety stop: the solver gives up when it is out.

        Returns
        -------
        bool
            True when the LP was solved; ``closed`` then says that no cut is violated any more.
        """
        left = min(clock.left_s(), _LONGEST_S)
        if left <= 0:
            return False
        limit = mathopt.SolveParameters(time_limit=timedelta(seconds=left))
        result = answer_unless_stopped(
            lambda: self.solver.solve(params=limit, model_params=NOT_ZERO), clock
        )
        if result is None or result.termination.reason != mathopt.TerminationReason.OPTIMAL:
            return False
        if not result.has_dual_feasible_solution():  # presolve may solve all of it by itself
            return False
        self.amount = dense(result.variable_values(), self.vars)
        dual = dense(result.dual_values(), [r.row for r in self._rows])
        proof = self._prove(dual)
        if proof.bound_cents > self.best.bound_cents:
            self.best = proof
        standing = len(self._rows)
        added = self._separate() + self._add_links()
        self.closed = added == 0
        value = result.objective_value()
        if added and value > self._last_value + 1e-7 * abs(value):
            # only when the LP has moved on: otherwise the same cuts could come and go for ever
            self._drop_slack(dual[:standing])
            self._last_value = value
        return True

    def _separate(self) -> int:
        """Add violated cuts; return how many."""
        whole = np.clip(np.rint(self.amount * UNIT), 0, UNIT).astype(np.int64)
        added = 0
        for kind, targets in ((CutKind.IN, self.sites), (CutKind.OUT, self.hubs)):
            inward = kind == CutKind.IN
            ptr, arcs = separate_cuts(
                *self.graph.side(inward),
                self.graph.head if inward else self.graph.tail,
                whole,
                self.graph.root,
                np.roll(targets, -self._turn),
                _CREEP,
                _NESTED,
                _CUT_ITEMS,
                self.allowed,
            )
            for i in range(len(ptr) - 1):
                added += self._add(kind, -1, np.sort(arcs[ptr[i] : ptr[i + 1]]))
        self._turn += _TURN
        return added if added >= _FEW_CUTS else added + self._separate_groups()

    def _separate_groups(self) -> int:
        """Add violated group cuts; return how many."""
        cuts = violated_group_cuts(
            self.graph,
            self.net,
            self.amount,
            self.hubs,
            np.full(len(self.hubs), UNIT, dtype=np.int64),
            creep=_CREEP,
            nested=_NESTED,
            most_items=_CUT_ITEMS,
        )
        return sum(self._add(CutKind.GROUP, group, row) for group, _, row in cuts)

    def _drop_slack(self, dual: NDArray[np.float64]) -> None:
        """Delete old rows without a dual value; keep those just added."""
        keep = []
        for i, row in enumerate(self._rows):
            if i < len(dual) and abs(dual[i]) < 1e-9:
                self.model.delete_linear_constraint(row.row)
                self._seen.discard(row.key)
            else:
                keep.append(row)
        self._rows = keep

    def _prove(self, dual: NDArray[np.float64]) -> CutProof:
        """Return (S) of the rounded duals of the rows that stand."""
        raw = np.rint(np.maximum(dual, 0.0) * self.unit)
        if not raw.sum() < _MOST_CENTS:  # such duals no integer could hold: go without
            raw = np.zeros(len(raw))
        cents = raw.astype(np.int64)
        left = self.cost.copy()
        raised = 0
        for row, pi in zip(self._rows, cents.tolist(), strict=True):
            if pi:
                left[row.arcs] -= pi
                if row.kind == CutKind.LINK:
                    left[row.leaving] += pi
                else:
                    raised += pi
        m = self.graph.n_edges
        short = np.minimum(left[:m], left[m:])  # a loop at the root is in no cut, but may be used
        value = raised + int(short[short < 0].sum())
        return _freeze(self._rows, cents, value)
