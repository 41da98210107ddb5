"""One node of the Steiner search: the walk on one reduced instance.

Dual ascent and trees on what it saturates, elimination by bound while that shrinks the instance,
many starts, then the directed cut LP with elimination and trees along the way. Only trees that
are cheaper than the best one are of interest: everything else may be eliminated.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geoplan._kernels.dual_ascent import dual_ascent
from geoplan.optimize.graph_arrays import arcs_by_head
from geoplan.optimize.steiner.eliminate import (
    Elimination,
    branchless_by_dual,
    extend_by_dual,
    fix_by_dual,
)
from geoplan.optimize.steiner.incumbent import Incumbent
from geoplan.optimize.steiner.instance import Reduced, SteinerInstance
from geoplan.optimize.steiner.reduce import (
    apply_elimination,
    project,
)
from geoplan.optimize.steiner.search import construct, improve, multi_start

__all__ = ["Node", "Outcome"]

_LP_SETUP_S = 1e-4
"""Seconds per edge that setting up the LP takes at most: no use beginning in the last moment."""

_ROUNDS_EARLY = 1
_ROUNDS = 1
"""Rounds of multi-start at the second ascent and before the LP, which finds trees as well."""
_ASCENT_ROUNDS = 14
_MOST_EFFORT = 3
"""How far extended reductions go before the LP."""
_ROOTS = 4
_SHRINK = 0.03
"""Share of edges an elimination must take away for another round of ascent."""
_LP_SHRINK = 0.35
"""Share of edges closed during the LP at which it starts anew on the smaller instance."""
_LP_EFFORT = 3


class _Dual(NamedTuple):
    """A dual solution of the reduced instance: root, bound, reduced costs int64 (2m,)."""

    root: int
    value: int
    reduced: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a node leaves: its bound, and the nodes it splits into (none: out of time)."""

    bound: int
    children: tuple[Reduced, ...]


class Node:
    """One node of the search on one reduced instance (internal).

    ``first`` marks the root of the search, ``others`` is the least bound of the other open nodes.
    """

    def __init__(
        self, best: Incumbent, reduced: Reduced, *, first: bool, others: int | None
    ) -> None:
        self.best = best
        self.reduced = reduced
        self.first = first
        self.others = others
        self.bound = 0
        # of the last cut LP: edges ruled out, and its fractional solution
        self._gone = np.zeros(0, bool)
        self._amount = np.zeros(0)

    def work(self) -> Outcome | None:
        """Return what is left to do, or None when no better tree can be in here."""
        # the LP finds trees on its way: many starts are for before it
        search = self.first
        while True:
            if not self._ascend(search=search):
                return None
            search = False
            if self.best.done():
                return Outcome(self.bound, ())
            state = self._cut_lp()
            if state == "pruned":
                return None
            if state == "late":
                return Outcome(self.bound, ())
            if state == "branch":
                children = self._children()
                return Outcome(self.bound, children) if children else None

    @property
    def upper(self) -> int:
        """Cost, in the reduced instance, that a tree must stay below to be of use."""
        return self.best.cost - self.reduced.fixed_cost

    def _raise(self, lower: int) -> None:
        """Note a bound of this node (in the reduced instance's cost)."""
        self.bound = max(self.bound, lower + self.reduced.fixed_cost)
        whole = self.bound if self.others is None else min(self.bound, self.others)
        self.best.raise_bound(whole)

    def _eliminate(self, gone: Elimination, effort: int) -> bool:
        """Delete edges, replace nodes and reduce; False when no tree is left."""
        began_s = time.monotonic()
        smaller = apply_elimination(
            self.reduced,
            gone.edges,
            branchless=gone.branchless,
            deadline_s=self.best.deadline_s,
            effort=effort,
        )
        self.best.reduce_s = time.monotonic() - began_s
        if smaller is None:
            return False
        self.reduced = smaller
        return True

    def _solved(self) -> bool:
        """Return whether only terminals are left: then the least spanning tree is the answer."""
        now = self.reduced.instance
        if len(now.terminals) < now.n_nodes:
            return False
        self.best.offer(self.reduced, improve(now, np.ones(now.n_edges, bool))[0])
        return True

    def _ascend(self, *, search: bool) -> bool:
        """Dual ascent and trees in turn while they shrink the instance; False when done.

        ``search``: look for trees from many starts, too.
        """
        effort = 1
        for turn in range(_ASCENT_ROUNDS):
            if self._solved():
                return False
            # the first look at a large instance should be a quick one
            duals = self._ascent_round(turn, 1 if self.first and turn == 0 else _ROOTS)
            if max(dual.value for dual in duals) >= self.upper:
                return False
            if search and turn == 1:
                self._multi_start(_ROUNDS_EARLY)
            if self.best.done():
                return True
            # extended tests take a few times as long as the reduction before them did
            if not self.best.time_for(2 * effort * self.best.reduce_s):
                break
            before = self.reduced.instance.n_edges
            if not self._eliminate(self._rule_out(duals, effort), effort):
                return False
            if turn and self.reduced.instance.n_edges > (1 - _SHRINK) * before:
                effort += 1
                if effort > _MOST_EFFORT:
                    break
        if self._solved():
            return False
        if search and not self.best.done():
            self._multi_start(_ROUNDS)
        return True

    def _ascent_round(self, turn: int, most_roots: int) -> list[_Dual]:
        """Ascend from some roots and build trees on what the first two saturate."""
        now = self.reduced.instance
        m = now.n_edges
        tail = np.concatenate([now.tail, now.head]).astype(np.int32)
        head = np.concatenate([now.head, now.tail]).astype(np.int32)
        in_ptr, in_arc = arcs_by_head(now.n_nodes, head)
        rng = np.random.default_rng([self.best.seed, turn])
        count = min(most_roots, len(now.terminals))
        duals: list[_Dual] = []
        step_s = 0.0
        for i, root in enumerate(rng.choice(now.terminals, size=count, replace=False).tolist()):
            if i and not self.best.time_for(step_s):
                break
            began_s = time.monotonic()
            left = np.concatenate([now.cost, now.cost])
            value = int(dual_ascent(in_ptr, in_arc, tail, left, root, now.terminals))
            duals.append(_Dual(root, value, left))
            self._raise(value)
            if i < 2:
                free = (left[:m] == 0) | (left[m:] == 0)
                tree, _ = construct(now, start=root, allowed=free)
                self.best.offer(self.reduced, improve(now, tree)[0])
            if value >= self.upper:
                break
            step_s = max(step_s, time.monotonic() - began_s)
        return duals

    def _rule_out(self, duals: list[_Dual], effort: int) -> Elimination:
        """Return what the duals rule out in trees below the best one's cost."""
        now = self.reduced.instance
        edges = np.zeros(now.n_edges, dtype=bool)
        branchless = np.zeros(now.n_nodes, dtype=bool)
        for dual in duals:
            known = (now, dual.root, dual.reduced, dual.value, self.upper)
            edges |= fix_by_dual(*known)
            branchless |= branchless_by_dual(*known)
        gone = Elimination(edges, branchless)
        if effort > 1:
            best = max(duals, key=lambda dual: dual.value)
            gone = extend_by_dual(
                now, best.root, best.reduced, best.value, self.upper, gone, effort=effort
            )
        return gone

    def _multi_start(self, rounds: int) -> None:
        """Search for better trees from many starts, on the whole reduced instance."""
        now = self.reduced.instance
        known = np.zeros(self.best.instance.n_edges, dtype=bool)
        known[self.best.edges] = True
        start = project(self.reduced, known)
        mask, _ = multi_start(
            now,
            seed=self.best.seed,
            rounds=rounds,
            deadline_s=self.best.deadline_s - time.monotonic(),
            # a tree whose edges were eliminated may come back in pieces
            starts=[start] if _connects(now, start) else [],
            target=self.bound - self.reduced.fixed_cost,
            on_improve=lambda tree, _cost: self.best.offer(self.reduced, tree),
        )
        self.best.offer(self.reduced, mask)

    def _cut_lp(self) -> str:
        """Rounds of the cut LP: ``pruned``, ``late``, ``shrunk`` or ``branch``."""
        # OR-Tools takes a while to import; easy instances never get here
        from geoplan.optimize.steiner.cut_lp import CutLP

        now = self.reduced.instance
        m = now.n_edges
        if not self.best.time_for(_LP_SETUP_S * m):
            return "late"
        root = int(
            now.terminals[
                np.argmax(
                    np.bincount(np.concatenate([now.tail, now.head]), minlength=now.n_nodes)[
                        now.terminals
                    ]
                )
            ]
        )
        lp = CutLP(now, root)
        gone = np.zeros(m, dtype=bool)
        self._gone, self._amount = gone, np.zeros(2 * m)
        round_s = 0.0
        while True:
            if not self.best.time_for(round_s):
                return "late"
            began_s = time.monotonic()
            state = lp.solve_round(self.best.deadline_s)
            round_s = time.monotonic() - began_s
            if state is None:
                # an LP that fails in floating point proves nothing: smaller ones may not fail
                return "late" if time.monotonic() >= self.best.deadline_s else "branch"
            self._amount = state.amount
            self._raise(state.bound)
            weight = np.maximum(state.amount[:m], state.amount[m:])
            self._lp_tree(weight, gone)
            if state.bound >= self.upper:
                return "pruned"
            dual = _Dual(root, state.bound, state.reduced)
            gone |= self._rule_out([dual], 1).edges
            if not _connects(now, ~gone):
                return "pruned"
            lp.close_arcs(np.concatenate([gone, gone]))
            if self.best.done():
                return "late"
            if gone.sum() >= _LP_SHRINK * m and self.best.time_for(2 * self.best.reduce_s):
                rule = self._rule_out([dual], _LP_EFFORT)
                rule = Elimination(rule.edges | gone, rule.branchless)
                return "shrunk" if self._eliminate(rule, _LP_EFFORT) else "pruned"
            if state.closed:
                return "branch"

    def _lp_tree(self, weight: NDArray[np.float64], gone: NDArray[np.bool_]) -> None:
        """Build a tree along the fractional solution."""
        now = self.reduced.instance
        bent = np.rint(now.cost * (1.0 - 0.97 * np.clip(weight, 0, 1))).astype(np.int64)
        tree, _ = construct(now, weight=bent, allowed=~gone)
        self.best.offer(self.reduced, improve(now, tree)[0])

    def _children(self) -> tuple[Reduced, ...]:
        """Branch on the node whose inflow is nearest to one half: left out, or a terminal."""
        now = self.reduced.instance
        m = now.n_edges
        inflow = np.bincount(now.head, weights=self._amount[:m], minlength=now.n_nodes)
        inflow += np.bincount(now.tail, weights=self._amount[m:], minlength=now.n_nodes)
        inflow[now.terminals] = 1.0
        v = int(np.argmin(np.abs(inflow - 0.5)))
        if not 1e-6 < inflow[v] < 1 - 1e-6:
            # all flows are whole: any node that is no terminal divides the rest, and there is
            # one, or the node would have been solved
            v = int(np.setdiff1d(np.arange(now.n_nodes), now.terminals)[0])
        touching = (now.tail == v) | (now.head == v)
        with_v = np.sort(np.append(now.terminals, v)).astype(np.int32)
        inside = replace(self.reduced, instance=replace(now, terminals=with_v))
        until_s = self.best.deadline_s
        children = (
            apply_elimination(self.reduced, self._gone | touching, deadline_s=until_s),
            apply_elimination(inside, self._gone, deadline_s=until_s),
        )
        return tuple(child for child in children if child is not None)


def _connects(instance: SteinerInstance, mask: NDArray[np.bool_]) -> bool:
    """Return whether the marked edges connect all terminals."""
    ends = (instance.tail[mask], instance.head[mask])
    n = instance.n_nodes
    graph = csr_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(n, n))
    _, part = connected_components(graph, directed=False)
    return len(np.unique(part[instance.terminals])) == 1
