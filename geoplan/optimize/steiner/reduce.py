"""Make a Steiner instance smaller without losing its optimum, and find the way back.

The tests run in rounds, cheap ones first, until a round changes next to nothing. What each of
them keeps is at least one optimal tree; bound-based elimination keeps every tree that is strictly
better than the known one.
"""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree

from geoplan._kernels import steiner_reduce_extend as extension
from geoplan._kernels import steiner_reduce_forest as forest
from geoplan._kernels import steiner_reduce_graph as graphs
from geoplan._kernels import steiner_reduce_near as nearby
from geoplan._kernels import steiner_reduce_walk as walks
from geoplan.optimize.steiner.eliminate import (
    LEVELS,
    Elimination,
    Level,
    extended_tests,
    kernel_graph,
)
from geoplan.optimize.steiner.instance import Reduced, SteinerInstance

__all__ = [
    "apply_elimination",
    "expand",
    "project",
    "reduce_instance",
]

_NEAREST = 3
"""Terminals that the bottleneck test looks at from each end of an edge."""

_SCANS = 120
"""Half-edges that one search around an edge or node may look at."""


_HOPS = 1
"""Tests are run again where something changed within as many edges."""

_STALLED = 0.02
"""A round that takes away a smaller share of the edges is followed by the next level."""


def reduce_instance(
    instance: SteinerInstance, *, deadline_s: float = math.inf, effort: int = 1
) -> Reduced:
    """Return a smaller instance with the same optimum.

    Parameters
    ----------
    instance
        The instance; parallel edges and self-loops allowed.
    deadline_s
        Value of ``time.monotonic()`` after which no further round starts.
    effort
        0 to 5: without extended tests, or how far they go.

    Raises
    ------
    ValueError
        If the terminals do not hang together.
    """
    graph = kernel_graph(instance, np.ones(instance.n_edges, np.bool_))
    if not _reduce_graph(graph, np.zeros(instance.n_nodes, np.bool_), deadline_s, effort):
        raise ValueError("the terminals do not hang together")
    m = instance.n_edges
    return _collect(graph, 0, np.arange(m + 1, dtype=np.int64), np.arange(m, dtype=np.int32), ())


def apply_elimination(
    reduced: Reduced,
    delete_mask: NDArray[np.bool_],
    *,
    branchless: NDArray[np.bool_] | None = None,
    deadline_s: float = math.inf,
    effort: int = 1,
) -> Reduced | None:
    """Delete edges of the reduced instance and run the tests again.

    Parameters
    ----------
    reduced
        What to go on from.
    delete_mask
        bool (m,), edges of ``reduced.instance`` to delete.
    branchless
        bool (n,), nodes of ``reduced.instance`` to replace by edges between their neighbours, as
        they need no more than two edges (``branchless_by_dual``, ``extend_by_dual``).
    deadline_s
        Value of ``time.monotonic()`` after which no further round starts.
    effort
        0 to 5: without extended tests, or how far they go.

    Returns
    -------
    Reduced or None
        None when the terminals no longer hang together: no tree is left, so the tree that the
        deletion took for granted is optimal.
    """
    instance = reduced.instance
    graph = kernel_graph(instance, ~np.asarray(delete_mask, np.bool_))
    marks = np.zeros(instance.n_nodes, np.bool_)
    if branchless is not None and (instance.cost > 0).all():
        marks |= branchless
    if not _reduce_graph(graph, marks, deadline_s, effort):
        return None
    return _collect(
        graph, reduced.fixed_cost, reduced.item_ptr, reduced.items, (reduced.fixed_edges,)
    )


def expand(
    reduced: Reduced, edges: NDArray[np.int32], original: SteinerInstance
) -> NDArray[np.int32]:
    """Return the tree of the original instance that edges of the reduced one stand for.

    Parameters
    ----------
    reduced, original
        The reduced instance and the one it was made of.
    edges
        Edge ids of ``reduced.instance``; they connect its terminals.

    Returns
    -------
    int32 array
        Edge ids of ``original``, ascending: a spanning tree of the pieces at least cost, without
        leaves that are no terminals. It costs at most the edges' cost plus the fixed cost
        (less where pieces share edges).
    """
    starts = reduced.item_ptr[edges]
    lengths = reduced.item_ptr[np.asarray(edges, np.int64) + 1] - starts
    items = reduced.items[_ranges(starts, lengths)]
    used = np.unique(np.concatenate([reduced.fixed_edges, items]))
    return _pruned_tree(original, used.astype(np.int32))


def project(reduced: Reduced, edge_mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the edges of the reduced instance whose original edges are all marked.

    Parameters
    ----------
    edge_mask
        bool over the edges of the original instance.
    """
    missing = np.concatenate([[0], np.cumsum(~edge_mask[reduced.items])])
    return np.asarray(missing[reduced.item_ptr[1:]] == missing[reduced.item_ptr[:-1]])


def _reduce_graph(
    graph: graphs.Graph, branchless: NDArray[np.bool_], deadline_s: float, effort: int
) -> bool:
    """Run rounds of tests until they stall; False when the terminals do not hang together."""
    if not graphs.drop_unreachable(graph):
        return False
    graphs.contract_free(graph)
    graphs.settle_degrees(graph)
    scratch = walks.new_walks(len(graph.first), _SCANS)
    level = -1
    while graph.scalar[graphs.N_TERMINALS] > 1 and time.monotonic() < deadline_s:
        before = int(graph.scalar[graphs.N_EDGES])
        fresh = graphs.spread(graph, graph.changed, _HOPS)
        graph.changed[:] = False
        if level >= 0:
            _extended_round(graph, fresh, branchless, LEVELS[level])
        _near_round(graph)
        walks.delete_by_walks(graph, scratch, _SCANS, fresh)
        graphs.settle_degrees(graph)
        walks.replace_nodes(graph, scratch, _SCANS, fresh, branchless)
        graphs.settle_degrees(graph)
        if before - int(graph.scalar[graphs.N_EDGES]) <= _STALLED * before:
            level += 1
            if level >= min(effort, len(LEVELS)):
                break
            graph.changed[:] = True
    return True


def _extended_round(
    graph: graphs.Graph,
    fresh: NDArray[np.bool_],
    branchless: NDArray[np.bool_],
    level: Level,
) -> None:
    """Delete by extended tests; mark nodes that may be replaced."""
    none = np.zeros(0, np.int64)
    found = extended_tests(
        graph,
        extension.Dual(none, none, none, none, np.array([-1], np.int64)),
        fresh,
        Elimination(np.zeros(len(graph.alive), np.bool_), branchless),
        level,
    )
    branchless |= found.branchless
    for e in np.flatnonzero(found.edges).tolist():
        graphs.remove_edge(graph, e)
    graphs.settle_degrees(graph)


def _near_round(graph: graphs.Graph) -> None:
    """Delete by terminal bottlenecks and contract links, twice as contractions help deletions."""
    for _ in range(2):
        near, dist = nearby.nearest_terminals(graph, _NEAREST)
        parent, since, longest = nearby.terminal_bottlenecks(graph, near, dist)
        nearby.delete_by_bottleneck(graph, near, dist, parent, since, longest)
        contracted = nearby.contract_links(graph, near, dist)
        graphs.settle_degrees(graph)
        if contracted == 0 or graph.scalar[graphs.N_TERMINALS] < 2:
            break


def _collect(
    graph: graphs.Graph,
    fixed_cost: int,
    item_ptr: NDArray[np.int64],
    items: NDArray[np.int32],
    fixed: tuple[NDArray[np.int32], ...],
) -> Reduced:
    """Return what is left of the graph, its pieces spelled out in original edges.

    Leaf i of the graph's forest stands for the original edges
    ``items[item_ptr[i]:item_ptr[i + 1]]``.
    """
    scalar = graph.scalar
    solved = scalar[graphs.N_TERMINALS] < 2
    alive = np.zeros(0, np.int64) if solved else np.flatnonzero(graph.alive)
    pieces = np.concatenate([graph.fixed[: scalar[graphs.N_FIXED]], graph.piece[alive]])
    ptr, leaves = forest.expand_forest(
        graph.left, graph.right, len(item_ptr) - 1, pieces.astype(np.int32)
    )
    lengths = item_ptr[leaves + 1] - item_ptr[leaves]
    spelled = items[_ranges(item_ptr[leaves], lengths)]
    ends = np.concatenate([[0], np.cumsum(lengths)])[ptr]
    n_fixed = int(scalar[graphs.N_FIXED])
    used = np.zeros(len(graph.first), np.bool_)
    tail, head = graph.end[2 * alive + 1], graph.end[2 * alive]
    used[tail] = True
    used[head] = True
    used |= graph.terminal
    number = (np.cumsum(used) - 1).astype(np.int32)
    instance = SteinerInstance(
        n_nodes=int(used.sum()),
        tail=number[tail],
        head=number[head],
        cost=graph.cost[alive],
        terminals=number[graph.terminal],
    )
    reduced = Reduced(
        instance=instance,
        fixed_cost=fixed_cost + int(scalar[graphs.FIXED_COST]),
        fixed_edges=np.unique(np.concatenate([*fixed, spelled[: ends[n_fixed]]])).astype(np.int32),
        item_ptr=(ends[n_fixed:] - ends[n_fixed]).astype(np.int64),
        items=spelled[ends[n_fixed] :],
    )
    for array in (
        *(instance.tail, instance.head, instance.cost, instance.terminals),
        *(reduced.fixed_edges, reduced.item_ptr, reduced.items),
    ):
        array.setflags(write=False)
    return reduced


def _ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the positions of several ranges, one after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    shift = np.repeat(starts - (ends - lengths), lengths)
    return np.asarray(np.arange(total, dtype=np.int64) + shift)


def _pruned_tree(instance: SteinerInstance, edges: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return a cheapest spanning tree of some edges, without leaves that are no terminals."""
    nodes, ends = np.unique(
        np.concatenate([instance.tail[edges], instance.head[edges]]), return_inverse=True
    )
    ends = ends.reshape(2, -1)
    order = np.lexsort((edges, instance.cost[edges]))
    rank = np.empty(len(edges), np.int64)
    rank[order] = np.arange(1, len(edges) + 1)  # positive and distinct: zero cost is no hole
    small, large = ends.min(axis=0), ends.max(axis=0)
    first = np.lexsort((rank, large, small))
    simple = np.ones(len(edges), np.bool_)
    simple[1:] = (np.diff(small[first]) != 0) | (np.diff(large[first]) != 0)
    chosen = first[simple & (small[first] != large[first])]
    matrix = csr_array(
        (rank[chosen].astype(np.float64), (small[chosen], large[chosen])),
        shape=(len(nodes), len(nodes)),
    )
    tree_rank = np.sort(minimum_spanning_tree(matrix).data.astype(np.int64))
    tree = order[tree_rank - 1]
    needed = np.isin(nodes, instance.terminals)
    while True:
        degree = np.bincount(ends[:, tree].ravel(), minlength=len(nodes))
        leaf = (degree == 1) & ~needed
        gone = leaf[ends[0, tree]] | leaf[ends[1, tree]]
        if not gone.any():
            return np.sort(edges[tree])
        tree = tree[~gone]
