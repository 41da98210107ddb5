"""The digraph of the orientation model: both arcs of every edge, all cores merged into one root.

A 2-edge-connected part can be oriented so that a directed way leads from the core to each of
its hubs and one leads back, and bridges point away from the core (Chimani, Kandyba, Ljubic,
Mutzel 2010). So in every design some orientation enters each node set with a site but without
the core, and leaves each one with a hub but without the core.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.optimize.graph_arrays import Adjacency, adjacency, arcs_by_head
from geoplan.optimize.problem import CORE, HUB, Problem

__all__ = ["OrientationGraph", "orientation_graph", "terminal_nodes"]


@dataclass(frozen=True, slots=True, eq=False)
class OrientationGraph:
    """Arc ``e`` runs from tail to head of edge ``e``, arc ``m + e`` back.

    Parameters
    ----------
    root
        The node that stands for all cores.
    tail, head
        int32 (2m,), ends of each arc; an edge between two cores is a loop at the root.
    node_of
        int32 (n,), the node that stands for each node of the problem.
    in_ptr, in_arc, out_ptr, out_arc
        Arcs into and out of each node, CSR.
    edges
        Undirected adjacency.
    """

    n_nodes: int
    root: int
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    node_of: NDArray[np.int32]
    in_ptr: NDArray[np.int64]
    in_arc: NDArray[np.int32]
    out_ptr: NDArray[np.int64]
    out_arc: NDArray[np.int32]
    edges: Adjacency

    @property
    def n_edges(self) -> int:
        """Number of edges, half the number of arcs."""
        return len(self.tail) // 2

    def side(self, inward: bool) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
        """Return (ptr, arcs, far end of each arc) of the arcs into each node, or out of it."""
        if inward:
            return self.in_ptr, self.in_arc, self.tail
        return self.out_ptr, self.out_arc, self.head

    def before(self, arc: int) -> NDArray[np.int32]:
        """Return the arcs into the node that an arc leaves, but its twin: int32."""
        m, node = self.n_edges, self.tail[arc]
        entering: NDArray[np.int32] = self.in_arc[self.in_ptr[node] : self.in_ptr[node + 1]]
        others: NDArray[np.int32] = entering[entering != (arc - m if arc >= m else arc + m)]
        return others

    def unentered(
        self, amount: NDArray[np.float64], bare: NDArray[np.bool_], least: float
    ) -> NDArray[np.int64]:
        """Return arcs out of some nodes that take more than what enters there elsewhere.

        Parameters
        ----------
        amount
            float64 (2m,), how much of each arc is taken.
        bare
            bool (n,), the nodes; the root is none of them.
        least
            By how much more.
        """
        taken = np.where(self.tail != self.head, amount, 0.0)
        entered = np.bincount(self.head, weights=taken, minlength=self.n_nodes)
        elsewhere = entered[self.tail] - np.roll(taken, self.n_edges)  # but by the arc's twin
        return np.flatnonzero(bare[self.tail] & (taken - elsewhere > least))


def orientation_graph(problem: Problem) -> OrientationGraph:
    """Return the digraph of a problem."""
    node_of = np.arange(problem.n_nodes, dtype=np.int32)
    core_nodes = problem.site_node[problem.site_level == CORE]
    root = int(core_nodes[0])
    node_of[core_nodes] = root
    u, v = node_of[problem.tail], node_of[problem.head]
    tail = np.concatenate([u, v]).astype(np.int32)
    head = np.concatenate([v, u]).astype(np.int32)
    in_ptr, in_arc = arcs_by_head(problem.n_nodes, head)
    out_ptr, out_arc = arcs_by_head(problem.n_nodes, tail)
    return OrientationGraph(
        n_nodes=problem.n_nodes,
        root=root,
        tail=tail,
        head=head,
        node_of=node_of,
        in_ptr=in_ptr,
        in_arc=in_arc,
        out_ptr=out_ptr,
        out_arc=out_arc,
        edges=adjacency(problem.n_nodes, u, v),
    )


def terminal_nodes(
    problem: Problem, graph: OrientationGraph
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the nodes of all sites, and of the hubs with two ways, without the root."""
    nodes = graph.node_of[problem.site_node]
    inside = nodes != graph.root
    sites = np.unique(nodes[inside])
    hubs = np.unique(nodes[inside & (problem.site_level == HUB) & (problem.site_ways == 2)])
    return sites.astype(np.int32), hubs.astype(np.int32)
