"""What bounds rule out: edges and nodes that no tree below a known cost needs.

With a dual solution of value ``lower`` and reduced costs, a tree that uses something costs at least
``lower`` plus the reduced-cost distances that using it takes. Where that reaches ``upper``, the
cost of a tree in hand, it may go: only trees strictly below ``upper`` are kept.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels import steiner_reduce_close as closeness
from geoplan._kernels import steiner_reduce_dual as dual
from geoplan._kernels import steiner_reduce_extend as extension
from geoplan._kernels import steiner_reduce_graph as graphs
from geoplan._kernels import steiner_reduce_walk as walks
from geoplan.optimize.steiner.instance import SteinerInstance

__all__ = [
    "LEVELS",
    "Elimination",
    "Level",
    "branchless_by_dual",
    "extend_by_dual",
    "extended_tests",
    "fix_by_dual",
    "kernel_graph",
]


class Level(NamedTuple):
    """How far extended tests go from an edge, how many it may cost, how far walks search."""

    depth: int
    tests: int
    scans: int


LEVELS = (
    Level(1, 30, 120),
    Level(2, 60, 160),
    Level(3, 100, 200),
    Level(4, 200, 250),
    Level(6, 600, 300),
)
"""Extended tests by effort."""

_REPLACED_DEGREE = 4
"""Nodes of more edges are not replaced."""

_FAR = 1 << 55
"""Beyond every distance; many of them can be added."""


def fix_by_dual(
    instance: SteinerInstance,
    root: int,
    arc_reduced: NDArray[np.int64],
    lower: int,
    upper: int,
) -> NDArray[np.bool_]:
    """Mark the edges that no tree of cost below ``upper`` holds.

    Parameters
    ----------
    instance
        A (reduced) instance.
    root
        Terminal that the dual solution is rooted at.
    arc_reduced
        int64 (2 m,), reduced costs: arc e leads from tail to head, arc m + e back.
    lower, upper
        Value of the dual solution; cost of a tree that the caller keeps.

    Returns
    -------
    bool array (m,)
        Edges whose both arcs are out.
    """
    m = instance.n_edges
    doomed = dual.doomed_arcs(
        instance.tail,
        instance.head,
        arc_reduced,
        *_reduced_distances(instance, root, arc_reduced, upper - lower)[:2],
        upper - lower,
    )
    return np.asarray(doomed[:m] & doomed[m:])


def branchless_by_dual(
    instance: SteinerInstance,
    root: int,
    arc_reduced: NDArray[np.int64],
    lower: int,
    upper: int,
) -> NDArray[np.bool_]:
    """Mark the nodes that have at most two edges in every tree of cost below ``upper``.

    Parameters as for ``fix_by_dual``; returns bool (n,), for ``apply_elimination``.
    """
    distances = _reduced_distances(instance, root, arc_reduced, upper - lower)
    marks = np.asarray(dual.doomed_branchings(*distances, upper - lower))
    marks[instance.terminals] = False
    return marks


class Elimination(NamedTuple):
    """Edges to delete, bool (m,), and nodes to replace, bool (n,)."""

    edges: NDArray[np.bool_]
    branchless: NDArray[np.bool_]


def extend_by_dual(
    instance: SteinerInstance,
    root: int,
    arc_reduced: NDArray[np.int64],
    lower: int,
    upper: int,
    known: Elimination,
    *,
    effort: int = 3,
) -> Elimination:
    """Add what extended reductions rule out with a dual solution.

    Parameters
    ----------
    instance
        The instance of a ``Reduced`` (no parallel edges, no loops).
    root, arc_reduced, lower, upper
        As for ``fix_by_dual``.
    known
        What is ruled out already, for the same ``upper``.
    effort
        1 to 5: how far extended tests go; each step takes a few times longer.

    Returns
    -------
    Elimination
        All that no optimal tree of cost below ``upper`` needs; for ``apply_elimination``.
    """
    m = instance.n_edges
    distances = _reduced_distances(instance, root, arc_reduced, upper - lower)
    half_reduced = np.empty(2 * m, np.int64)
    half_reduced[0::2] = arc_reduced[:m]
    half_reduced[1::2] = arc_reduced[m:]
    bound = extension.Dual(
        root=np.array([root], np.int64),
        reduced=half_reduced,
        from_root=np.minimum(distances.from_root, _FAR),
        nearest=np.minimum(distances.nearest, _FAR),
        slack=np.array([max(upper - lower, 0)], np.int64),
    )
    graph = kernel_graph(instance, np.ones(m, np.bool_))
    return extended_tests(
        graph, bound, np.ones(instance.n_nodes, np.bool_), known, LEVELS[effort - 1]
    )


def extended_tests(
    graph: graphs.Graph,
    bound: extension.Dual,
    fresh: NDArray[np.bool_],
    known: Elimination,
    level: Level,
) -> Elimination:
    """Run the extended tests on edges, then on nodes."""
    n = len(graph.first)
    close = closeness.close_nodes(
        graph,
        walks.new_walks(n, level.scans),
        walks.new_walks(n, level.scans),
        graphs.spread(graph, fresh, level.depth + 1),
        level.scans,
    )
    gone = known.edges.copy()
    branchless = known.branchless.copy()
    extension.extended_edges(graph, close, bound, fresh, gone, level.depth, level.tests)
    extension.extended_branchless(
        graph, close, bound, fresh, gone, branchless, _REPLACED_DEGREE, level.depth, level.tests
    )
    return Elimination(gone, branchless)


class _Distances(NamedTuple):
    """Distances in reduced costs: from the root, to the nearest two terminals."""

    from_root: NDArray[np.int64]
    nearest: NDArray[np.int64]
    second: NDArray[np.int64]


def _reduced_distances(
    instance: SteinerInstance, root: int, arc_reduced: NDArray[np.int64], slack: int
) -> _Distances:
    """Return the distances that bound-based tests compare with the slack."""
    arc_tail = np.concatenate([instance.tail, instance.head])
    arc_head = np.concatenate([instance.head, instance.tail])
    out_ptr, out_arc = _csr(arc_tail, instance.n_nodes)
    in_ptr, in_arc = _csr(arc_head, instance.n_nodes)
    limit = max(slack, 0)
    goals = instance.terminals[instance.terminals != root]
    from_root = dual.distance_from(out_ptr, out_arc, arc_head, arc_reduced, root, limit)
    return _Distances(
        from_root, *dual.two_nearest(in_ptr, in_arc, arc_tail, arc_reduced, goals, limit)
    )


def _csr(key: NDArray[np.int32], n: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return positions grouped by key: where each group starts, and the positions."""
    ptr = np.concatenate([[0], np.cumsum(np.bincount(key, minlength=n))]).astype(np.int64)
    return ptr, np.argsort(key, kind="stable").astype(np.int32)


def kernel_graph(instance: SteinerInstance, keep: NDArray[np.bool_]) -> graphs.Graph:
    """Return the kernels' graph of the kept edges."""
    return graphs.build_graph(
        instance.n_nodes, instance.tail, instance.head, instance.cost, instance.terminals, keep
    )
