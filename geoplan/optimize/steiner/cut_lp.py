"""The directed cut LP of the Steiner tree problem, by row generation, with a safe bound.

With root r, arcs a of cost c_a and y_a in [0, 1]::

    minimise   sum_a c_a y_a
    subject to y(in(W)) >= 1          W with a terminal but not r          (cut)
               y(in(t)) <= 1          every node t                          (in)
               y(in(v)) <= y(out(v))  v neither terminal nor r              (balance)

(in) and (balance) hold in every optimal arborescence with positive costs and in some optimal
one always (T. Koch, A. Martin 1998). Cuts come from max flow on the fractional solution.

The bound does not trust floating point: the LP's duals are scaled, rounded to integers, and
with them reduced costs and the Lagrangean value are computed exactly::

    bound = sum_i pi_i b_i + sum_a min(0, c_a - sum_i pi_i A_ia) * u_a      (S)

which holds for every pi of the right sign (u_a: upper bound of y_a). What is left of the arc
costs goes through dual ascent once more, which may raise the bound further.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt.python import mathopt

from geoplan._kernels.cut_separation import UNIT, separate_cuts
from geoplan._kernels.dual_ascent import dual_ascent, dual_ascent_cuts
from geoplan.optimize.graph_arrays import arcs_by_head
from geoplan.optimize.steiner.instance import SteinerInstance

__all__ = ["CutLP", "LPState"]

_SCALE = 64
"""Integer steps per unit of cost in the safe bound."""
_MOST_DUAL = 2.0**60 / _SCALE
"""With duals that add up to more, sums of reduced costs may not fit into an integer."""
_CUT_ITEMS = 60_000
"""Arcs in the cuts of one round: separation ends there and begins with other terminals next."""
_LONGEST_S = 1e6
"""Stands for no limit: the solver wants a finite one."""
_NESTED = 8
_TURN = 97
_SEEDS_EACH = 1000
_CREEP = UNIT >> 12
SOLVER = mathopt.SolverType.HIGHS


@dataclass(frozen=True, slots=True, eq=False)
class LPState:
    """What one round of the LP proved.

    Parameters
    ----------
    bound
        Safe lower bound on the instance's optimum (under the arcs still allowed).
    reduced
        int64 (2m,) reduced costs >= 0 that belong to ``bound``.
    amount
        float64 (2m,) the fractional solution.
    closed
        True when no violated cut is left.
    """

    bound: int
    reduced: NDArray[np.int64]
    amount: NDArray[np.float64]
    closed: bool


class CutLP:
    """An incremental cut LP over one instance; arcs can be closed as more becomes known.

    Parameters
    ----------
    root
        Terminal that the arborescence starts from.
    closed
        bool (2m,), arcs that the digraph does not have.
    seed_items
        Most arcs of the first cuts, those of dual ascent, all together.
    """

    def __init__(
        self,
        instance: SteinerInstance,
        root: int,
        *,
        closed: NDArray[np.bool_] | None = None,
        seed_items: int = 1_500_000,
    ) -> None:
        self.instance = instance
        self.root = root
        m = instance.n_edges
        self.m = m
        self.tail = np.concatenate([instance.tail, instance.head]).astype(np.int32)
        self.head = np.concatenate([instance.head, instance.tail]).astype(np.int32)
        self.cost = np.concatenate([instance.cost, instance.cost])
        self.in_ptr, self.in_arc = arcs_by_head(instance.n_nodes, self.head)
        self.out_ptr, self.out_arc = arcs_by_head(instance.n_nodes, self.tail)
        self.terminals = instance.terminals.copy()
        self.allowed = self.head != root
        if closed is not None:
            self.allowed &= ~closed
        self._row_arcs: list[NDArray[np.int32]] = []
        self._rows: list[mathopt.LinearConstraint] = []
        self._seen: set[bytes] = set()
        self.model = mathopt.Model()
        self.vars = [
            self.model.add_variable(lb=0.0, ub=1.0 if ok else 0.0) for ok in self.allowed.tolist()
        ]
        self.model.objective.is_maximize = False
        for var, c in zip(self.vars, self.cost.tolist(), strict=True):
            self.model.objective.set_linear_coefficient(var, float(c))
        self._static: list[tuple[mathopt.LinearConstraint, NDArray[np.int32], NDArray[np.int64]]]
        self._static = []
        self._last_value = -math.inf
        self._turn = 0
        self._add_node_rows()
        reduced = np.where(self.allowed, self.cost, self.cost.sum())
        _, ptr, arcs = dual_ascent_cuts(
            *self._into, reduced, root, self.terminals, _SEEDS_EACH, seed_items
        )
        self._add_cuts(ptr, arcs)
        self.solver = mathopt.IncrementalSolver(self.model, SOLVER)

    @property
    def _into(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
        """(ptr, arcs, far end) of the arcs into each node."""
        return self.in_ptr, self.in_arc, self.tail

    def _add_node_rows(self) -> None:
        """Rows (in) and (balance); few enough to stand from the start."""
        is_terminal = np.zeros(self.instance.n_nodes, dtype=bool)
        is_terminal[self.terminals] = True
        for v in range(self.instance.n_nodes):
            if v == self.root:
                continue
            into = self.in_arc[self.in_ptr[v] : self.in_ptr[v + 1]]
            into = into[self.allowed[into]]
            out = self.out_arc[self.out_ptr[v] : self.out_ptr[v + 1]]
            out = out[self.allowed[out]]
            if is_terminal[v]:
                self._static_row(into, np.ones(len(into), np.int64), -math.inf, 1.0)
            elif len(into) or len(out):
                arcs = np.concatenate([out, into])
                signs = np.concatenate([np.ones(len(out), np.int64), -np.ones(len(into), np.int64)])
                self._static_row(arcs, signs, 0.0, math.inf)

    def _static_row(
        self, arcs: NDArray[np.int32], signs: NDArray[np.int64], lb: float, ub: float
    ) -> None:
        row = self.model.add_linear_constraint(lb=lb, ub=ub)
        for a, sign in zip(arcs.tolist(), signs.tolist(), strict=True):
            row.set_coefficient(self.vars[a], float(sign))
        self._static.append((row, arcs, signs))

    def _add_cuts(self, ptr: NDArray[np.int64], arcs: NDArray[np.int32]) -> int:
        added = 0
        for i in range(len(ptr) - 1):
            cut = np.sort(arcs[ptr[i] : ptr[i + 1]])
            key = cut.tobytes()
            if key in self._seen:
                continue
            self._seen.add(key)
            row = self.model.add_linear_constraint(lb=1.0, ub=math.inf)
            for a in cut.tolist():
                row.set_coefficient(self.vars[a], 1.0)
            self._rows.append(row)
            self._row_arcs.append(cut)
            added += 1
        return added

    @property
    def cuts(self) -> tuple[NDArray[np.int32], ...]:
        """The arcs of each cut row that stands."""
        return tuple(self._row_arcs)

    def close_arcs(self, closed: NDArray[np.bool_]) -> None:
        """Forbid arcs, bool (2m,)."""
        for a in np.flatnonzero(closed & self.allowed).tolist():
            self.vars[a].upper_bound = 0.0
        self.allowed = self.allowed & ~closed

    def solve_round(self, deadline_s: float) -> LPState | None:
        """Solve the LP as it stands, prove a bound, add violated cuts; None when out of time."""
        left = min(deadline_s - time.monotonic(), _LONGEST_S)
        if left <= 0:
            return None
        result = self.solver.solve(
            params=mathopt.SolveParameters(time_limit=timedelta(seconds=left))
        )
        if result.termination.reason != mathopt.TerminationReason.OPTIMAL:
            return None
        if not result.has_dual_feasible_solution():  # presolve may solve all of it by itself
            return None
        amount = np.array(result.variable_values(self.vars))
        dual = np.array(result.dual_values(self._rows)) if self._rows else np.zeros(0)
        static = np.array(result.dual_values([row for row, _, _ in self._static]))
        bound, reduced = self._safe_bound(dual, static)
        whole = np.clip(np.rint(amount * UNIT), 0, UNIT).astype(np.int64)
        ptr, arcs = separate_cuts(
            *self._into,
            self.head,
            whole,
            self.root,
            np.roll(self.terminals, -self._turn),
            _CREEP,
            _NESTED,
            _CUT_ITEMS,
            self.allowed,
        )
        added = self._add_cuts(ptr, arcs)
        self._turn += _TURN
        value = result.objective_value()
        if added and value > self._last_value + 1e-7 * abs(value):
            # only when the LP has moved on: otherwise the same cuts could come and go for ever
            self._drop_slack(dual)
            self._last_value = value
        return LPState(bound=bound, reduced=reduced, amount=amount, closed=added == 0)

    def _drop_slack(self, dual: NDArray[np.float64]) -> None:
        """Delete old rows without a dual value; keep those just added."""
        keep_rows, keep_arcs = [], []
        for i, (row, arcs) in enumerate(zip(self._rows, self._row_arcs, strict=True)):
            if i < len(dual) and abs(dual[i]) < 1e-9:
                self.model.delete_linear_constraint(row)
                self._seen.discard(arcs.tobytes())
            else:
                keep_rows.append(row)
                keep_arcs.append(arcs)
        self._rows, self._row_arcs = keep_rows, keep_arcs

    def _safe_bound(
        self, dual: NDArray[np.float64], static: NDArray[np.float64]
    ) -> tuple[int, NDArray[np.int64]]:
        """Return (S) in integers, raised by dual ascent, and its reduced costs."""
        if not np.abs(static).sum() + np.abs(dual).sum() <= _MOST_DUAL:
            # (S) holds for any duals, but these no integer could hold: go without
            dual, static = np.zeros_like(dual), np.zeros_like(static)
        reduced = self.cost * _SCALE
        value = 0
        for pi, arcs in zip(
            np.floor(np.maximum(dual, 0) * _SCALE).astype(np.int64).tolist(),
            self._row_arcs,
            strict=True,
        ):
            if pi:
                reduced[arcs] -= pi
                value += pi
        for raw, (row, arcs, signs) in zip(static.tolist(), self._static, strict=True):
            # rows >= 0 take a dual >= 0 and add nothing; rows <= 1 one <= 0 that costs its size
            upper = row.upper_bound < math.inf
            pi = math.ceil(min(raw, 0.0) * _SCALE) if upper else math.floor(max(raw, 0.0) * _SCALE)
            if pi:
                reduced[arcs] -= pi * signs
                value += pi if upper else 0
        value += sum(reduced[self.allowed & (reduced < 0)].tolist())
        reduced = np.maximum(reduced, 0)
        big = int(self.cost.sum()) * _SCALE + 1
        reduced[~self.allowed] = big
        more = dual_ascent(*self._into, reduced, self.root, self.terminals)
        value += max(0, int(more))
        return -(-value // _SCALE), reduced // _SCALE
