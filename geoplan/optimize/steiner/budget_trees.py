"""What of a set of nodes can be paid: the knapsack on its tree, filled up with what is left."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.steiner_budget import depth_first, fill_nodes, tree_knapsack
from geoplan._kernels.steiner_prizes import best_tree
from geoplan.optimize.steiner.prize_graph import SmallPrizes, original_edges

__all__ = ["Afforded", "afford"]

_STATES = 2_000_000
"""States of the knapsack in all; beyond that it may miss the best choice."""
_FILLS = 1_000_000


class Afforded(NamedTuple):
    """Prizes that a tree collects, and its edges in the original instance."""

    value: int
    edges: NDArray[np.int32]


def afford(small: SmallPrizes, inside: NDArray[np.bool_], money: int) -> Afforded | None:
    """Choose the best part of a tree, fill up, choose again while it collects more.

    Parameters
    ----------
    small
        The instance.
    inside
        bool (n,), nodes whose cheapest spanning tree is chosen from.
    money
        Most that may be spent.

    Returns
    -------
    Afforded or None
        None when the nodes that must be connected cost too much on that tree.
    """
    now = small.instance
    graph = now.adjacency()
    net = (graph.ptr, graph.nbr, graph.eid, now.cost, now.prizes)
    needs = now.needs
    best: Afforded | None = None
    while True:
        tree = best_tree(*net, needs | (inside & (now.prizes > 0)), inside, now.root)
        nodes, sizes = depth_first(tree.order, tree.up)
        into = tree.up_edge[nodes]
        cost = np.append(now.cost, 0)[into]  # the root has no edge: -1
        states = max(16, _STATES // len(nodes))
        taken, _ = tree_knapsack(
            sizes, cost, now.prizes[nodes], _forced(nodes, tree.up, needs), money, states
        )
        kept = nodes[taken]
        if not np.isin(np.flatnonzero(needs), kept).all():
            return best
        value = int(now.prizes[kept].sum())
        if best is not None and value <= best.value:
            return best
        best = Afforded(value, original_edges(small, np.sort(into[taken][1:])))
        inside = np.zeros(now.n_nodes, np.bool_)
        inside[kept] = True
        rounds = int(np.clip(_FILLS // (now.n_edges + 1), 4, 200))
        fill_nodes(*net, inside, money - int(cost[taken].sum()), rounds)


def _forced(
    nodes: NDArray[np.int32], up: NDArray[np.int32], needs: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Mark the nodes of a tree (in depth-first order) that lead to required ones."""
    need = needs.copy()
    for v in nodes[::-1].tolist():
        if need[v] and up[v] >= 0:
            need[up[v]] = True
    return np.asarray(need[nodes])
