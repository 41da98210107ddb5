"""Key-path exchange: a chain of trench gives way to another path, which its ways may follow.

As the local search for Steiner trees of Uchoa and Werneck (2010), but the ways that run over the
chain are routed anew with the other path taken as paid: what several of them need together no one
of them would pay for alone.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.guided_search import INF, search
from geoplan._kernels.heap import Int
from geoplan._kernels.routing import Net, Ways

__all__ = ["LONGEST_CHAIN", "paid_instead", "trench_chain", "ways_over"]

LONGEST_CHAIN = 12

_RANDOM = 1 << 31
_IN_USE_TENTHS = (0, 3, 10)
"""What an edge in use counts of its price, in tenths: from all along what is there to all new."""


@njit(cache=True)
def ways_over(ways: Ways, closed: NDArray[np.int32], n_edges: int) -> NDArray[np.bool_]:
    """Return bool (w,): the ways that run over any of some edges."""
    is_closed = np.zeros(n_edges, np.bool_)
    is_closed[closed] = True
    over = np.zeros(len(ways.source), np.bool_)
    path, length = ways.path, ways.length
    for w in range(len(over)):
        for j in range(length[w]):
            if is_closed[path[w, j]]:
                over[w] = True
                break
    return over


@njit(cache=True)
def _next_in_chain(
    net: Net, in_use: NDArray[np.bool_], is_end: NDArray[np.bool_], v: int, e: int
) -> Int:
    """Return the one other trench in use at node ``v``; -1 where the chain ends."""
    other = -1
    if is_end[v]:
        return other
    for k in range(net.ptr[v], net.ptr[v + 1]):
        f = net.eid[k]
        if f == e or not in_use[f] or net.fixed[f] == 0:
            continue
        if other >= 0:
            return -1
        other = f
    return other


@njit(cache=True)
def trench_chain(
    net: Net,
    in_use: NDArray[np.bool_],
    is_end: NDArray[np.bool_],
    choice: NDArray[np.int64],
    chain: NDArray[np.int32],
) -> tuple[Int, Int, Int]:
    """Pick a trench in use, the dearer the likelier, and those around it up to the next fork.

    Parameters
    ----------
    in_use
        bool (m,), edges that some way runs over.
    is_end
        bool (n,), nodes where ways begin or end.
    choice
        int64 (2,) or more, >= 0: which trench, and how long the chain may be.
    chain
        int32, written to; its length is the most.

    Returns
    -------
    tuple
        Edges of the chain (0 where no trench is in use), and the nodes at its two ends.
    """
    total = 0
    for e in range(len(in_use)):
        if in_use[e]:
            total += net.fixed[e]
    if total == 0:
        return 0, -1, -1
    at = choice[0] % total
    first = -1
    while at >= 0:
        first += 1
        if in_use[first]:
            at -= net.fixed[first]
    most = 1 + choice[1] % len(chain)
    chain[0] = first
    count = 1
    ends = np.array([net.tail[first], net.head[first]], np.int64)
    for side in range(2):
        last = first
        while count < most and ends[0] != ends[1]:
            e = _next_in_chain(net, in_use, is_end, ends[side], last)
            if e < 0:
                break
            ends[side] = net.head[e] if net.tail[e] == ends[side] else net.tail[e]
            chain[count] = e
            count += 1
            last = e
    return count, ends[0], ends[1]


@njit(cache=True)
def _another_path(
    net: Net,
    in_use: NDArray[np.bool_],
    full: NDArray[np.bool_],
    blocked: NDArray[np.int32],
    source: int,
    target: int,
    choice: int,
    path: NDArray[np.int32],
) -> Int:
    """Find a path at what edges cost alone, varied at random; return how many edges (0: none)."""
    m = len(net.fixed)
    tenths = _IN_USE_TENTHS[choice % 3]
    x = choice % _RANDOM
    weight = np.empty(m, np.int64)
    for e in range(m):
        x = (x * 1103515245 + 12345) % _RANDOM
        alone = net.fixed[e] + net.core[e] + (net.step_cents[e, 0] if net.takes_cable[e] else 0)
        if in_use[e]:
            alone = alone * tenths // 10
        # 0.6 to 1.6 times, and a cent more so that no loop is free
        weight[e] = INF if full[e] else alone * (600 + (x >> 8) % 1000) // 1000 + 1
    n = len(net.ptr) - 1
    via, prev = np.empty(n, np.int32), np.empty(n, np.int32)
    none, start, level = np.zeros(m, np.bool_), np.empty(m, np.int32), np.zeros(n, np.int64)
    graph = net.ptr, net.nbr, net.eid
    far = search(*graph, weight, blocked, none, start, level, source, target, INF, via, prev)
    if far[target] >= INF:
        return 0
    count = 0
    v = np.int64(target)
    while v != source:
        path[count] = via[v]
        count += 1
        v = np.int64(prev[v])
    return count


@njit(cache=True)
def paid_instead(
    net: Net,
    before: NDArray[np.bool_],
    now: NDArray[np.bool_],
    full: NDArray[np.bool_],
    blocked: NDArray[np.int32],
    ends: tuple[int, int],
    choice: NDArray[np.int64],
    paid: NDArray[np.int32],
) -> Int:
    """Choose edges that count as paid while the ways over a chain are routed anew.

    Another path joins the ends of the chain, or one of them to anywhere in the network; mostly
    all that the ways left counts as paid as well.

    Parameters
    ----------
    before, now
        bool (m,), edges in use with the ways that are taken off, and without.
    full, blocked
        bool (m,), int32 (m,): edges without room, and (above 0) those closed for now.
    ends
        Nodes at the ends of the chain.
    choice
        int64 (3,) or more, >= 0.
    paid
        int32 (2 m,), written to; an edge may stand there twice.

    Returns
    -------
    int
        How many edges.
    """
    kind, m = choice[0] % 3, len(before)
    start: Int = ends[0]
    if kind == 0:
        at = choice[1] % m
        for i in range(m):
            e = (at + i) % m
            if before[e]:
                start = np.int64(net.tail[e])
                break
    count = _another_path(net, before, full, blocked, start, ends[1], choice[2], paid)
    if kind < 2:
        for e in range(m):
            if before[e] and not now[e] and blocked[e] == 0:
                paid[count] = e
                count += 1
    return count
