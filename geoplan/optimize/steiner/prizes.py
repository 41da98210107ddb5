"""Solve rooted prize-collecting Steiner problems to a proof where time allows.

Every node of the search is the same walk as for the plain problem, on the directed form
(:mod:`geoplan.optimize.steiner.prize_graph`)::

    dual ascent in several orders -> trees on what it saturates -> fix by reduced costs, again
    while it shrinks -> more starts -> directed cut LP -> branch: a node in, or out

Every bound is an integer that is proven; the bound of the whole is the least of the open nodes.
"""

from __future__ import annotations

import heapq
import math
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.steiner_prizes import FAR
from geoplan.errors import Fault, InfeasibleError
from geoplan.optimize.steiner.instance import SteinerStatus
from geoplan.optimize.steiner.prize_graph import (
    Ascent,
    Digraph,
    PrizeInstance,
    SmallPrizes,
    ascend,
    begin_small,
    check_prizes,
    digraph,
    doomed,
    fix,
    nodes_of,
    original_edges,
    reached,
    shrink,
)
from geoplan.optimize.steiner.prize_trees import PrizeTrees
from geoplan.text import Text

__all__ = ["PrizeInstance", "PrizeResult", "solve_prizes"]

_ORDERS = 3
_ASCENT_ROUNDS = 6
_LP_ROUNDS = 150
_SHRINK = 0.03
"""Share of edges that must go for another round of ascent."""
_LP_SEEDS = 4
"""Entries of the first cut rows, per arc: few make the first LPs quick."""
_EXCHANGE_EDGES = 40
"""Edges from which on the plain problem's search is worth its start."""
_LP_SHRINK = 0.25
"""Share of edges closed during the LP at which it starts anew on the smaller instance."""


@dataclass(frozen=True, slots=True, eq=False)
class PrizeResult:
    """A tree, what it costs and leaves, and the proven bound.

    Parameters
    ----------
    edges
        int32, edge ids of the instance, ascending; a tree that holds the root.
    connected
        bool (n,), the nodes of the tree.
    objective, bound
        Cost of the tree and of the prizes not connected; a proven lower bound on that.
    gap
        (objective - bound) / bound; 0.0 when both are 0.
    status
        ``optimal`` when objective equals bound; ``feasible`` when the gap asked for ended the
        search; ``time_limit`` when the clock did.
    """

    edges: NDArray[np.int32]
    connected: NDArray[np.bool_]
    objective: int
    bound: int
    gap: float
    status: SteinerStatus
    seconds: float
    seed: int


def solve_prizes(
    instance: PrizeInstance,
    *,
    seed: int = 1,
    time_limit_s: float = 60.0,
    target_gap: float = 0.0,
) -> PrizeResult:
    """Find the tree whose cost and prizes left are least together, and prove how good it is.

    Parameters
    ----------
    seed
        Drives every random choice.
    time_limit_s
        Wall seconds after which the best tree and bound so far are returned.
    target_gap
        Stop as soon as (objective - bound) / bound is at most this.

    Raises
    ------
    InputError
        When the instance breaks its own rules.
    InfeasibleError
        When a required node can't be reached from the root.
    """
    began_s = time.monotonic()
    check_prizes(instance)
    small = begin_small(instance)
    if small is None:
        raise InfeasibleError([_unreachable()])
    search = _Search(instance, seed, began_s + time_limit_s, target_gap)
    search.run(small)
    return _result(search, began_s)


def _unreachable() -> Fault:
    return Fault(
        rule="prizes.disconnected",
        layer="nodes",
        row="required",
        what=Text("必连节点与根不连通", "a required node does not hang together with the root"),
        cure=Text("补充边或去掉该节点", "add edges or leave the node out"),
    )


def _result(search: _Search, began_s: float) -> PrizeResult:
    instance = search.instance
    chosen = np.zeros(instance.n_edges, np.bool_)
    chosen[search.edges] = True
    connected = reached(instance, chosen)
    objective, bound = search.objective, search.bound
    late = time.monotonic() >= search.deadline_s
    for array in (search.edges, connected):
        array.setflags(write=False)
    return PrizeResult(
        edges=search.edges,
        connected=connected,
        objective=objective,
        bound=bound,
        gap=(objective - bound) / bound if bound > 0 else 0.0 if objective == 0 else math.inf,
        status="optimal" if objective == bound else "time_limit" if late else "feasible",
        seconds=time.monotonic() - began_s,
        seed=search.seed,
    )


class _Search:
    """Branch and bound: the best tree, the bound of the whole, the open nodes (internal)."""

    def __init__(
        self, instance: PrizeInstance, seed: int, deadline_s: float, target_gap: float
    ) -> None:
        self.instance = instance
        self.seed = seed
        self.deadline_s = deadline_s
        self.target_gap = target_gap
        self.edges = np.zeros(0, np.int32)
        self.objective = 4 * FAR
        self.bound = 0

    def run(self, small: SmallPrizes) -> None:
        """Work the open nodes in the order of their bounds until none can hold a better tree."""
        heap: list[tuple[int, int]] = [(0, 0)]
        nodes = [small]
        while heap:
            bound, number = heap[0]
            self.raise_bound(bound)
            if self.done():
                return
            heapq.heappop(heap)
            others = heap[0][0] if heap else self.objective
            node = _Node(self, nodes[number], bound, others, first=number == 0)
            children = node.work()
            if node.late:
                self.raise_bound(min(others, node.bound))
                return
            for child in children:
                heapq.heappush(heap, (node.bound, len(nodes)))
                nodes.append(child)
        self.raise_bound(self.objective)

    def offer(self, small: SmallPrizes, trees: PrizeTrees) -> None:
        """Take the best tree of a smaller instance if it is better than what is known."""
        if trees.gain <= -FAR or small.lost + trees.objective() >= self.objective:
            return
        edges = original_edges(small, trees.edges())
        chosen = np.zeros(self.instance.n_edges, np.bool_)
        chosen[edges] = True
        left = ~reached(self.instance, chosen)
        objective = int(self.instance.cost[edges].sum()) + int(self.instance.prizes[left].sum())
        if objective < self.objective:
            self.edges, self.objective = edges, objective

    def raise_bound(self, bound: int) -> None:
        """Note a better bound of the whole."""
        self.bound = max(self.bound, min(bound, self.objective))

    def done(self) -> bool:
        """Return whether the gap asked for is reached or the time is up."""
        if time.monotonic() >= self.deadline_s and self.objective < 4 * FAR:
            return True
        return self.objective - self.bound <= self.target_gap * self.bound


class _Node:
    """One node of the search (internal)."""

    def __init__(
        self, search: _Search, small: SmallPrizes, bound: int, others: int, *, first: bool
    ) -> None:
        self.search = search
        self.small = small
        self.bound = bound
        self.others = others
        self.first = first
        self.late = False
        self.inflow: NDArray[np.float64] = np.zeros(0)

    def work(self) -> tuple[SmallPrizes, ...]:
        """Return what is left to do: nothing where no better tree can be in here."""
        while True:
            if not self._ascend():
                return ()
            if self.search.done():
                self.late = True
                return ()
            state = self._cut_lp()
            if state == "late":
                self.late = True
            if state in {"late", "pruned"}:
                return ()
            if state == "branch":
                return self._children()

    def _raise(self, bound: int) -> bool:
        """Note a bound (of the smaller instance); return whether it ends the node."""
        self.bound = max(self.bound, bound + self.small.lost)
        self.search.raise_bound(min(self.bound, self.others))
        return self.bound >= self.search.objective

    def _solved(self) -> bool:
        """Return whether every node that is left is required: then one tree is the answer."""
        now = self.small.instance
        if not now.needs.all():
            return False
        trees = PrizeTrees(now)
        trees.grow(start=now.needs)
        self.search.offer(self.small, trees)
        return True

    def _fix(self, graph: Digraph, found: list[Ascent]) -> bool:
        """Fix by reduced costs; False when no better tree is left."""
        out = np.zeros(len(graph.tail), np.bool_)
        for ascent in found:
            limit = self.search.objective - self.small.lost - ascent.bound
            out |= doomed(graph, ascent, limit)
        smaller = fix(self.small, graph, out)
        if smaller is None:
            return False
        self.small = smaller
        return True

    def _ascend(self) -> bool:
        """Ascend, build trees, fix, in turn while it shrinks; False when the node is done."""
        for turn in range(_ASCENT_ROUNDS):
            if self._solved():
                return False
            now = self.small.instance
            graph = digraph(now)
            trees = PrizeTrees(now)
            found = []
            for order in range(_ORDERS):
                ascent = ascend(graph, order)
                found.append(ascent)
                if order < 2 or self.first:
                    self._trees(graph, trees, ascent, plain=order == 0)
                if self._raise(ascent.bound):
                    return False
            if self.first and turn == 0:
                rounds = int(np.clip(400_000 // (now.n_edges + 1), 6, 60))
                trees.search(rounds, self.search.seed, self.search.deadline_s)
                if now.n_edges >= _EXCHANGE_EDGES:
                    trees.exchange(0, self.search.seed, self.search.deadline_s)
                self.search.offer(self.small, trees)
                if self.bound >= self.search.objective:
                    return False
            before = now.n_edges
            if not self._fix(graph, found):
                return False
            if self.search.done():
                return True
            if before - self.small.instance.n_edges <= _SHRINK * before:
                break
        if self.first and not self._exchange():
            return False
        return not self._solved()

    def _exchange(self) -> bool:
        """Improve the best tree by the plain problem's search, and fix; False when done."""
        now = self.small.instance
        if now.n_edges < _EXCHANGE_EDGES:
            return True
        trees = PrizeTrees(now)
        trees.grow(start=nodes_of(self.small, self.search.edges))
        # small graphs leave the rest to the LP, large ones to the next round
        rounds = min(max(3, 80_000 // now.n_edges), 2 + now.n_edges // 300)
        for turn in range(2):
            before = trees.gain
            trees.exchange(rounds, self.search.seed + turn, self._share(0.3))
            self.search.offer(self.small, trees)
            if self.bound >= self.search.objective:
                return False
            if trees.gain == before:
                break
        graph = digraph(now)
        return self._fix(graph, [ascend(graph, order) for order in range(_ORDERS)])

    def _share(self, share: float) -> float:
        """Return the moment when a share of the time that is left will have passed."""
        now_s = time.monotonic()
        return now_s + share * max(0.0, self.search.deadline_s - now_s)

    def _trees(self, graph: Digraph, trees: PrizeTrees, ascent: Ascent, *, plain: bool) -> None:
        """Build trees: on the saturated arcs, and on the true costs."""
        m = graph.n_edges
        now = self.small.instance
        total = m + 2 * len(graph.holders)
        tight = (ascent.reduced[:m] == 0) | (ascent.reduced[total : total + m] == 0)
        weight = np.where(tight, now.cost, FAR)
        # whatever can be reached is joined; pruning with the true prizes comes after
        worth = np.where(now.needs | (now.prizes > 0), FAR, 0)
        trees.grow(weight=weight, worth=worth)
        if plain:
            trees.grow()
        self.search.offer(self.small, trees)

    def _cut_lp(self) -> str:
        """Rounds of the cut LP: ``pruned``, ``late``, ``shrunk`` or ``branch``."""
        # OR-Tools takes a while to import; easy instances never get here
        from geoplan.optimize.steiner.cut_lp import CutLP

        now = self.small.instance
        graph = digraph(now)
        m, n = graph.n_edges, now.n_nodes
        total = m + 2 * len(graph.holders)
        seeds = 1000 + _LP_SEEDS * total
        lp = CutLP(graph.steiner, graph.root, closed=graph.closed, seed_items=seeds)
        out = np.zeros(2 * total, np.bool_)
        trees = PrizeTrees(now)
        for _ in range(_LP_ROUNDS):
            state = lp.solve_round(self.search.deadline_s)
            if state is None:
                late = time.monotonic() >= self.search.deadline_s
                return "late" if late else "branch"
            flow = np.clip(state.amount, 0.0, 1.0)
            self.inflow = np.asarray(np.bincount(graph.head, flow, n)[:n], np.float64)
            use = np.maximum(flow[:m], flow[total : total + m])
            bent = np.rint(now.cost * (1.0 - 0.97 * use)).astype(np.int64)
            trees.grow(weight=bent)
            self.search.offer(self.small, trees)
            if self._raise(state.bound):
                return "pruned"
            limit = self.search.objective - self.small.lost - state.bound
            out |= doomed(graph, Ascent(state.bound, state.reduced), limit)
            lp.close_arcs(out)
            if self.search.done():
                return "late"
            closed = int((out[:m] & out[total : total + m]).sum())
            decided = int(out[m : m + 2 * len(graph.holders)].sum())
            if closed + decided >= max(1.0, _LP_SHRINK * total) or state.closed:
                before = now.n_edges, len(graph.holders)
                smaller = fix(self.small, graph, out)
                if smaller is None:
                    return "pruned"
                after = smaller.instance.n_edges, len(digraph(smaller.instance).holders)
                if after != before:
                    self.small = smaller
                    self.inflow = np.zeros(0)
                    return "shrunk"
                if state.closed:
                    return "branch"
        return "branch"

    def _children(self) -> tuple[SmallPrizes, ...]:
        """Branch on the undecided node whose inflow is nearest to one half: out, or in."""
        now = self.small.instance
        needs = now.needs
        inflow = self.inflow if len(self.inflow) else np.full(now.n_nodes, 0.5)
        away = np.where(needs, 2.0, np.abs(inflow - 0.5))
        v = int(np.argmin(np.round(away, 6)))
        required = np.sort(np.append(np.flatnonzero(needs), v)).astype(np.int32)
        inside = replace(self.small, instance=replace(now, required=required))
        children = (
            shrink(self.small, (now.tail != v) & (now.head != v)),
            shrink(inside, np.ones(now.n_edges, np.bool_)),
        )
        return tuple(child for child in children if child is not None)
