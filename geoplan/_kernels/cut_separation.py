"""Violated directed cuts of a fractional solution, by max flow.

Arc a of an edge e is ``e`` (tail to head) or ``m + e`` (head to tail); its twin runs the other
way. Amounts are integers in steps of 1 / :data:`UNIT`, so that every test is exact.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int

__all__ = ["UNIT", "separate_cuts", "separate_shares", "terminals_behind"]

UNIT = 1 << 20
"""One unit of flow."""
_WIDE = UNIT >> 6
"""Ways that bear so much are tried first: few arcs do, so that the search is short."""


@njit(cache=True)
def _nearest_last(
    in_ptr: NDArray[np.int64],
    in_arc: NDArray[np.int32],
    arc_tail: NDArray[np.int32],
    allowed: NDArray[np.bool_],
    root: int,
) -> NDArray[np.int32]:
    """Return ``in_arc`` with the allowed arcs of each node that begin nearest to the root last."""
    n, m = len(in_ptr) - 1, len(arc_tail) // 2
    far = np.full(n, n, np.int32)
    queue = np.empty(n, np.int32)
    far[root] = 0
    queue[0] = root
    first, last = 0, 1
    while first < last:
        u = queue[first]
        first += 1
        for k in range(in_ptr[u], in_ptr[u + 1]):
            v = arc_tail[in_arc[k]]
            twin = in_arc[k] - m if in_arc[k] >= m else in_arc[k] + m
            if allowed[twin] and far[v] == n:
                far[v] = far[u] + 1
                queue[last] = v
                last += 1
    ordered = in_arc.copy()
    for v in range(n):
        for k in range(in_ptr[v] + 1, in_ptr[v + 1]):
            a = ordered[k]
            j = k
            while j > in_ptr[v] and far[arc_tail[ordered[j - 1]]] < far[arc_tail[a]]:
                ordered[j] = ordered[j - 1]
                j -= 1
            ordered[j] = a
    return ordered


@njit(cache=True)
def _search_back(
    in_ptr: NDArray[np.int64],
    in_arc: NDArray[np.int32],
    arc_tail: NDArray[np.int32],
    residual: NDArray[np.int64],
    least: int,
    root: int,
    t: int,
    via: NDArray[np.int32],
    held: NDArray[np.int32],
    stack: NDArray[np.int32],
    mark: NDArray[np.int32],
    stamp: int,
) -> tuple[bool, Int]:
    """Search against the arcs from ``t`` to the root; return success and the nodes held."""
    mark[t] = stamp
    stack[0] = held[0] = t
    size, count = 1, 1
    while size > 0:
        size -= 1
        v = stack[size]
        for k in range(in_ptr[v], in_ptr[v + 1]):
            a = in_arc[k]
            u = arc_tail[a]
            if residual[a] >= least and mark[u] != stamp:
                mark[u] = stamp
                via[u] = a
                if u == root:
                    return True, count
                stack[size] = u
                size += 1
                held[count] = u
                count += 1
    return False, count


@njit(cache=True)
def _push_flow(
    arc_head: NDArray[np.int32],
    residual: NDArray[np.int64],
    n_edges: int,
    root: int,
    t: int,
    via: NDArray[np.int32],
    most: int,
) -> Int:
    """Push as much as fits, at most ``most``, along the way just found; return the amount."""
    amount = most
    u = root
    while u != t:
        a = via[u]
        amount = min(amount, residual[a])
        u = arc_head[a]
    u = root
    while u != t:
        a = via[u]
        residual[a] -= amount
        twin = a - n_edges if a >= n_edges else a + n_edges
        residual[twin] += amount
        u = arc_head[a]
    return amount


@njit(cache=True, nogil=True)
def separate_shares(
    in_ptr: NDArray[np.int64],
    in_arc: NDArray[np.int32],
    arc_tail: NDArray[np.int32],
    arc_head: NDArray[np.int32],
    amount: NDArray[np.int64],
    root: int,
    terminals: NDArray[np.int32],
    need: NDArray[np.int64],
    creep: int,
    nested: int,
    most_items: int,
    allowed: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Find cuts around terminals that less than ``need`` enters.

    For each terminal: send flow from the root over arcs of capacity ``amount`` (int64 (2m,), in
    steps of 1 / UNIT); while less than its ``need`` (int64 (t,), same steps, at most UNIT)
    arrives, the set that can still be reached backwards from the terminal is entered by too
    little. Its arcs are then opened wide and the search goes on (nested cuts). ``creep`` is added
    to every allowed arc: among cuts equally violated those with fewer arcs come first.

    Returns
    -------
    ptr, arcs
        Arcs of each cut in CSR form.
    around
        int32, index into ``terminals`` of each cut.
    """
    n = len(in_ptr) - 1
    m = len(amount) // 2
    via = np.empty(n, np.int32)
    held = np.empty(n, np.int32)
    stack = np.empty(n, np.int32)
    mark = np.zeros(n, np.int32)
    residual = np.empty(2 * m, np.int64)
    base = np.where(allowed, amount + creep, 0)
    # the search goes straight to the root first; whatever the order, the set behind a full flow
    # is the same
    in_arc = _nearest_last(in_ptr, in_arc, arc_tail, allowed, root)
    ptr = np.zeros(len(terminals) * nested + 1, np.int64)
    arcs = np.empty(most_items, np.int32)
    cuts, items, stamp = 0, 0, 0
    around = np.empty(len(terminals) * nested, np.int32)
    for i in range(len(terminals)):
        t = terminals[i]
        if t == root or need[i] <= UNIT // 64:
            continue
        enough = need[i] - UNIT // 64
        residual[:] = base
        flow, found = 0, 0
        least = _WIDE
        while flow < need[i] and found < nested:
            stamp += 1
            reached, n_held = _search_back(
                in_ptr, in_arc, arc_tail, residual, least, root, t, via, held, stack, mark, stamp
            )
            if reached:
                flow += _push_flow(arc_head, residual, m, root, t, via, need[i] - flow)
                continue
            if least > 1:
                least = 1
                continue
            begin = items
            inflow = 0
            for j in range(n_held):
                v = held[j]
                for k in range(in_ptr[v], in_ptr[v + 1]):
                    a = in_arc[k]
                    if mark[arc_tail[a]] != stamp and allowed[a]:
                        inflow += amount[a]
                        if items == most_items:
                            return ptr[: cuts + 1].copy(), arcs[:begin].copy(), around[:cuts].copy()
                        arcs[items] = a
                        items += 1
                        residual[a] += UNIT
            if inflow >= enough:
                items = begin
                break
            around[cuts] = i
            cuts += 1
            found += 1
            ptr[cuts] = items
    return ptr[: cuts + 1].copy(), arcs[:items].copy(), around[:cuts].copy()


@njit(cache=True, nogil=True)
def separate_cuts(
    in_ptr: NDArray[np.int64],
    in_arc: NDArray[np.int32],
    arc_tail: NDArray[np.int32],
    arc_head: NDArray[np.int32],
    amount: NDArray[np.int64],
    root: int,
    terminals: NDArray[np.int32],
    creep: int,
    nested: int,
    most_items: int,
    allowed: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Find cuts around terminals that less than one unit enters: arcs of each cut, CSR."""
    need = np.full(len(terminals), UNIT, np.int64)
    ptr, arcs, _ = separate_shares(
        in_ptr,
        in_arc,
        arc_tail,
        arc_head,
        amount,
        root,
        terminals,
        need,
        creep,
        nested,
        most_items,
        allowed,
    )
    return ptr, arcs


@njit(cache=True, nogil=True)
def terminals_behind(
    out_ptr: NDArray[np.int64],
    out_arc: NDArray[np.int32],
    arc_head: NDArray[np.int32],
    root: int,
    cut_ptr: NDArray[np.int64],
    cut_arcs: NDArray[np.int32],
    terminals: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return, as CSR of indices into ``terminals``, whom each cut keeps the root from reaching.

    ``arc_head`` is the far end of each arc of ``out_arc``: with the arcs into nodes and their
    tails in its place, the answer is who can't reach the root.
    """
    n, k = len(out_ptr) - 1, len(cut_ptr) - 1
    ptr = np.zeros(k + 1, np.int64)
    behind = np.empty(k * len(terminals), np.int32)
    barred = np.zeros(len(arc_head), np.int32)
    mark = np.zeros(n, np.int32)
    queue = np.empty(n, np.int32)
    count = 0
    for c in range(k):
        stamp = c + 1
        for i in range(cut_ptr[c], cut_ptr[c + 1]):
            barred[cut_arcs[i]] = stamp
        mark[root] = stamp
        queue[0] = root
        first, last = 0, 1
        while first < last:
            u = queue[first]
            first += 1
            for i in range(out_ptr[u], out_ptr[u + 1]):
                a = out_arc[i]
                v = arc_head[a]
                if barred[a] != stamp and mark[v] != stamp:
                    mark[v] = stamp
                    queue[last] = v
                    last += 1
        for i in range(len(terminals)):
            if mark[terminals[i]] != stamp:
                behind[count] = i
                count += 1
        ptr[c + 1] = count
    return ptr, behind[:count].copy()
