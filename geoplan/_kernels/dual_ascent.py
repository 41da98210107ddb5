"""Dual ascent on a directed graph: a lower bound for directed cut covering (Wong 1984).

For a root r and terminals T the directed cut formulation of the Steiner arborescence problem
asks every node set W that holds a terminal but not r to be entered by a chosen arc. Its dual
packs cuts: raise the dual of one violated cut after another until every terminal is reached
from the root over saturated arcs. The sum of the raises bounds every solution from below, and
what is left of each arc's cost is its reduced cost. Everything is integer: the bound is exact.

R. T. Wong, "A dual ascent approach for Steiner tree problems on a directed graph", Mathematical
Programming 28 (1984); order of the terminals by the size of their cut, as in T. Pajor, E. Uchoa,
R. F. Werneck, "A robust and scalable algorithm for the Steiner problem in graphs" (2018).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int, pop, push

__all__ = ["dual_ascent"]

_MOST = 9223372036854775807


@njit(cache=True)
def dual_ascent(
    in_ptr: NDArray[np.int64],
    in_arc: NDArray[np.int32],
    arc_tail: NDArray[np.int32],
    reduced: NDArray[np.int64],
    root: int,
    terminals: NDArray[np.int32],
) -> Int:
    """Raise cuts until every terminal hangs on the root; change ``reduced`` in place.

    Parameters
    ----------
    in_ptr, in_arc
        Arcs that enter each node, CSR by head node: int64 (n + 1,), int32 (a,).
    arc_tail
        int32 (a,), tail node of each arc.
    reduced
        int64 (a,) >= 0, costs on entry, reduced costs on return.
    root
        Root node.
    terminals
        int32 (t,), distinct terminal nodes (the root may be among them).

    Returns
    -------
    int
        The sum of all raises; -1 when a terminal can't be reached from the root at all.
    """
    n = len(in_ptr) - 1
    active = np.zeros(n, np.bool_)
    n_t = len(terminals)
    heap_key = np.empty(n_t + 1, np.int64)
    heap_item = np.empty(n_t + 1, np.int64)
    size = 0
    for i in range(n_t):
        t = terminals[i]
        if t != root and not active[t]:
            active[t] = True
            size = push(heap_key, heap_item, size, in_ptr[t + 1] - in_ptr[t], t)
    in_set = np.zeros(n, np.int64)  # stamp of the search that last held the node
    stamp = 0
    stack = np.empty(n, np.int32)
    front = np.empty(len(arc_tail), np.int32)
    bound = 0
    while size > 0:
        t = heap_item[0]
        size = pop(heap_key, heap_item, size)
        next_key = heap_key[0] if size > 0 else _MOST
        stamp += 1
        in_set[t] = stamp
        stack[0] = t
        depth = 1
        n_front = 0
        done = False
        while not done:
            # grow the set over saturated arcs, collect the arcs that enter it
            while depth > 0 and not done:
                depth -= 1
                v = stack[depth]
                for k in range(in_ptr[v], in_ptr[v + 1]):
                    a = in_arc[k]
                    u = arc_tail[a]
                    if in_set[u] == stamp:
                        continue
                    if reduced[a] > 0:
                        front[n_front] = a
                        n_front += 1
                    else:
                        # the root hangs on t, or another active terminal stands for t
                        if u == root or active[u]:
                            done = True
                            break
                        in_set[u] = stamp
                        stack[depth] = u
                        depth += 1
            if done:
                active[t] = False
                break
            least = _MOST
            kept = 0
            for k in range(n_front):
                a = front[k]
                if in_set[arc_tail[a]] != stamp:
                    front[kept] = a
                    kept += 1
                    if reduced[a] < least:
                        least = reduced[a]
            n_front = kept
            if n_front == 0:
                return -1
            # another terminal has the smaller cut by now: let it go first
            if n_front > next_key:
                size = push(heap_key, heap_item, size, n_front, t)
                break
            bound += least
            kept = 0
            for k in range(n_front):
                a = front[k]
                reduced[a] -= least
                if reduced[a] > 0:
                    front[kept] = a
                    kept += 1
                else:
                    u = arc_tail[a]
                    if in_set[u] == stamp:
                        continue
                    if u == root or active[u]:
                        done = True
                    in_set[u] = stamp
                    stack[depth] = u
                    depth += 1
            n_front = kept
            if done:
                active[t] = False
    return bound
