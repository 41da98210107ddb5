"""The budget problem as an integer program with cut rows added while its answers fall apart.

Over nodes z and arcs y of the graph::

    maximise   sum_v prize_v z_v
    subject to sum_a cost_a y_a <= money                                     (money)
               y(in(v)) = z_v            every node v but the root           (in)
               y_uv <= z_u               every arc                           (out)
               y(in(W)) >= z_v           v in W, W without the root          (cut)

Rows (cut) come from the cut LP at the best price of money to begin with, then from the parts
of an answer that do not hang on the root. Everything is integer, so CP-SAT's bound is exact.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from geoplan.optimize.steiner.prize_graph import Digraph, PrizeInstance, reached

__all__ = ["Answer", "BudgetRows"]

_WORK = 20.0
"""Work limit of one solve, in CP-SAT's deterministic seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What one solve proved: no tree collects more than ``most``; nodes bool (n,) it chose."""

    most: int
    inside: NDArray[np.bool_]


class BudgetRows:
    """The model, which grows by cut rows (internal)."""

    def __init__(
        self,
        instance: PrizeInstance,
        money: int,
        graph: Digraph,
        cuts: tuple[NDArray[np.int32], ...],
        seed: int,
    ) -> None:
        self.instance = instance
        self.seed = seed
        m, n = instance.n_edges, instance.n_nodes
        self.tail = np.concatenate([instance.tail, instance.head])
        self.head = np.concatenate([instance.head, instance.tail])
        needs = instance.needs
        self.model = cp_model.CpModel()
        self.node = [
            self.model.new_constant(1) if needs[v] else self.model.new_bool_var("")
            for v in range(n)
        ]
        self.arc = [
            self.model.new_constant(0) if v == instance.root else self.model.new_bool_var("")
            for v in self.head.tolist()
        ]
        into: list[list[cp_model.IntVar]] = [[] for _ in range(n)]
        for a, (u, v) in enumerate(zip(self.tail.tolist(), self.head.tolist(), strict=True)):
            into[v].append(self.arc[a])
            self.model.add(self.arc[a] <= self.node[u])
        for v in range(n):
            if v != instance.root:
                self.model.add(sum(into[v]) == self.node[v])
        for e in range(m):
            self.model.add_at_most_one(self.arc[e], self.arc[m + e])
        both = [*instance.cost.tolist(), *instance.cost.tolist()]
        self.model.add(cp_model.LinearExpr.weighted_sum(self.arc, both) <= money)
        self.worth = cp_model.LinearExpr.weighted_sum(self.node, instance.prizes.tolist())
        self.model.maximize(self.worth)
        self._begin(graph, cuts)

    def _begin(self, graph: Digraph, cuts: tuple[NDArray[np.int32], ...]) -> None:
        """Add the cuts that a bound at a price of money came from."""
        m, k = graph.n_edges, len(graph.holders)
        twin = m + 2 * k
        for row in cuts:
            cut = row[~graph.closed[row]]
            if ((cut >= m + k) & (cut < twin)).any():
                continue  # the node itself is outside: no more than the definition of a prize
            left = [1 - self.node[graph.holders[a - m]] for a in cut.tolist() if m <= a < m + k]
            ways = np.concatenate([cut[cut < m], cut[cut >= twin] - twin + m])
            used = [self.arc[a] for a in ways.tolist()]
            self.model.add(sum(used) + sum(left) >= 1)

    def solve(self, value: int, deadline_s: float) -> Answer | None:
        """Solve once for more than ``value``; add rows if the answer falls apart.

        Returns None when the work or the time ran out.
        """
        left = deadline_s - time.monotonic()
        if left <= 0:
            return None
        self.model.add(self.worth >= value + 1)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        solver.parameters.random_seed = self.seed % 2**31
        solver.parameters.max_time_in_seconds = left
        solver.parameters.max_deterministic_time = _WORK
        status = solver.solve(self.model)
        n = self.instance.n_nodes
        if status == cp_model.INFEASIBLE:
            return Answer(value, np.zeros(n, np.bool_))
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return None
        used = np.array([solver.boolean_value(x) for x in self.arc], np.bool_)
        m = self.instance.n_edges
        held = np.array([solver.boolean_value(x) for x in self.node], np.bool_)
        inside = reached(self.instance, used[:m] | used[m:])
        apart = held & ~inside
        most = int(np.floor(solver.best_objective_bound + 1e-6))
        if apart.any():
            self._cut(apart, used[:m] | used[m:])
        elif status == cp_model.FEASIBLE:
            # a tree, but not proven the best: the caller takes it and asks for more
            return Answer(most, inside)
        return Answer(most, inside)

    def _cut(self, apart: NDArray[np.bool_], used: NDArray[np.bool_]) -> None:
        """Add a row for every node of every part that does not hang on the root."""
        rest = apart.copy()
        while rest.any():
            start = int(np.flatnonzero(rest)[0])
            part = reached(replace(self.instance, root=start), used) & rest
            rest &= ~part
            enters = np.flatnonzero(part[self.head] & ~part[self.tail]).tolist()
            for v in np.flatnonzero(part).tolist():
                self.model.add(sum(self.arc[a] for a in enters) >= self.node[v])
