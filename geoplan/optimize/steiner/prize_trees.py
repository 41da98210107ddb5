"""Good trees for the prize-collecting Steiner problem: grow, prune, insert, drop, start again.

A solution is a mask of nodes; its tree is the cheapest spanning tree of them without the
branches that do not pay (:func:`geoplan._kernels.steiner_prizes.best_tree`). Everything is
counted as ``gain``: prizes collected less cost. Work is limited by counts, not by the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.steiner_prizes import (
    FAR,
    Tree,
    best_tree,
    drop_nodes,
    grow_nodes,
    insert_nodes,
)
from geoplan.optimize.steiner.instance import SteinerInstance
from geoplan.optimize.steiner.prize_graph import PrizeInstance
from geoplan.optimize.steiner.search import multi_start

__all__ = ["PrizeTrees"]

_STEPS = 3_000_000
"""Work of one pass of a local search, in steps of about a nanosecond to ten."""
_ELITE = 6


class PrizeTrees:
    """Search for trees of one instance; keeps the best few (internal, changes in place).

    Parameters
    ----------
    instance
        What to search on.
    on_tree
        Called with every tree that is looked at: the budget problem picks its own from them.
    """

    def __init__(
        self, instance: PrizeInstance, on_tree: Callable[[Tree], None] | None = None
    ) -> None:
        self.instance = instance
        self.graph = instance.adjacency()
        self.needs = instance.needs
        self.prizes = np.ascontiguousarray(instance.prizes)
        self.cost = np.ascontiguousarray(instance.cost)
        self.worth = np.where(self.needs, FAR, self.prizes)
        self.on_tree = on_tree
        self.gain = -2 * FAR
        self.inside = np.zeros(instance.n_nodes, np.bool_)
        self.elite: list[tuple[int, NDArray[np.bool_]]] = []

    def edges(self) -> NDArray[np.int32]:
        """Return the edges of the best tree, ascending."""
        tree = self._tree(self.inside)
        return np.sort(tree.up_edge[tree.up_edge >= 0]).astype(np.int32)

    def objective(self) -> int:
        """Cost of the best tree and of the prizes that it leaves."""
        return int(self.prizes.sum()) - self.gain

    def grow(
        self,
        *,
        weight: NDArray[np.int64] | None = None,
        worth: NDArray[np.int64] | None = None,
        start: NDArray[np.bool_] | None = None,
        effort: int = 1,
    ) -> int:
        """Grow a tree over other weights and worths, improve it, keep it; return its gain."""
        begin = np.zeros(self.instance.n_nodes, np.bool_) if start is None else start.copy()
        begin[self.instance.root] = True
        inside = self._grow(
            self.cost if weight is None else weight, self.worth if worth is None else worth, begin
        )
        tree = self._tree(inside)
        if tree.gain == -FAR:
            # the weights cut a required node off: reach it over the true ones
            tree = self._tree(self._grow(self.cost, self.worth, inside))
        return self._keep(*self._polish(tree, effort))

    def search(self, rounds: int, seed: int, deadline_s: float) -> None:
        """Start again and again from bent weights, and from the union of good trees."""
        rng = np.random.default_rng(seed)
        n, m = self.instance.n_nodes, self.instance.n_edges
        for turn in range(rounds):
            if time.monotonic() >= deadline_s:
                return
            bend = 1.0 + rng.random(m) * rng.choice([0.2, 0.6, 1.5])
            weight = np.rint(self.cost * bend).astype(np.int64)
            worth = np.rint(self.prizes * np.exp(rng.normal(0.2, 0.5, n))).astype(np.int64)
            worth = np.where(self.needs, FAR, worth)
            start = None
            if turn % 3 == 1 and len(self.elite) > 1:
                one, two = rng.choice(len(self.elite), 2, replace=False)
                both = self.elite[one][1] | self.elite[two][1]
                outside = ~(both[self.instance.tail] & both[self.instance.head])
                weight = np.where(outside, np.minimum(8 * weight, FAR - 1), weight)
            elif turn % 3 == 2:
                start = self._ruin(rng)
            self.grow(weight=weight, worth=worth, start=start)

    def exchange(self, rounds: int, seed: int, deadline_s: float) -> None:
        """Search on with the plain problem's moves, for the nodes that the best tree connects.

        ``rounds`` as for :func:`geoplan.optimize.steiner.search.multi_start`: with none the best
        tree is only improved.
        """
        left_s = deadline_s - time.monotonic()
        if left_s <= 0 or self.gain <= -FAR:
            return
        now = self.instance
        terminals = np.flatnonzero(self.inside & (self.needs | (self.prizes > 0)))
        if len(terminals) < 3:
            return
        start = np.zeros(now.n_edges, np.bool_)
        start[self.edges()] = True
        plain = SteinerInstance(
            now.n_nodes, now.tail, now.head, self.cost, terminals.astype(np.int32)
        )
        mask, _ = multi_start(plain, seed=seed, rounds=rounds, deadline_s=left_s, starts=[start])
        inside = np.zeros(now.n_nodes, np.bool_)
        inside[now.tail[mask]] = True
        inside[now.head[mask]] = True
        self._keep(*self._polish(self._tree(inside), 1))

    def _ruin(self, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Return the best tree's nodes without some branches."""
        tree = self._tree(self.inside)
        start = np.zeros(self.instance.n_nodes, np.bool_)
        cut = rng.random(len(tree.order)) < min(0.3, 3.0 / max(1, len(tree.order)))
        for v, gone in zip(tree.order.tolist(), cut.tolist(), strict=True):
            start[v] = v == self.instance.root or (not gone and bool(start[tree.up[v]]))
        return start

    def _grow(
        self, weight: NDArray[np.int64], worth: NDArray[np.int64], start: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        graph = self.graph
        return np.asarray(grow_nodes(graph.ptr, graph.nbr, graph.eid, weight, worth, start))

    def _tree(self, inside: NDArray[np.bool_]) -> Tree:
        graph = self.graph
        tree = best_tree(
            *(graph.ptr, graph.nbr, graph.eid, self.cost, self.prizes, self.needs, inside),
            self.instance.root,
        )
        found = Tree(*tree)
        if self.on_tree is not None:
            self.on_tree(found)
        return found

    def _keep(self, inside: NDArray[np.bool_], gain: int) -> int:
        """Note a solution among the best few."""
        if gain > self.gain:
            self.gain, self.inside = gain, inside.copy()
        if all(g != gain or (mask != inside).any() for g, mask in self.elite):
            self.elite.append((gain, inside.copy()))
            self.elite.sort(key=lambda pair: -pair[0])
            del self.elite[_ELITE:]
        return gain

    def _polish(self, tree: Tree, effort: int) -> tuple[NDArray[np.bool_], int]:
        """Join what pays, insert nodes that save, drop nodes that don't, while it helps."""
        n = self.instance.n_nodes
        graph = self.graph
        net = (graph.ptr, graph.nbr, graph.eid, self.cost, self.prizes)
        inside = np.zeros(n, np.bool_)
        inside[tree.order] = True
        gain = int(tree.gain)
        while True:
            before = gain
            tree = self._tree(self._grow(self.cost, self.worth, inside))
            inside[:] = False
            inside[tree.order] = True
            up, up_edge = tree.up.copy(), tree.up_edge.copy()
            insert_nodes(*net, inside, up, up_edge, self.instance.root, _STEPS)
            tree = self._tree(inside)
            inside[:] = False
            inside[tree.order] = True
            gain = int(tree.gain)
            few = min(len(tree.order), effort * _STEPS // (50 * (len(tree.order) + n)))
            step = max(1, len(tree.order) // max(1, few))
            tries = tree.order[::-1][::step][:few].copy()
            gain = int(drop_nodes(*net, self.needs, inside, self.instance.root, gain, tries))
            if gain <= before:
                return inside, gain
