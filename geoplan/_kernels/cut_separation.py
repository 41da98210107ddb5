"""Violated directed cuts of a fractional solution, by max flow.

Arc a of an edge e is ``e`` (tail to head) or ``m + e`` (head to tail); its twin runs the other
way. Amounts are integers in steps of 1 / :data:`UNIT`, so that every test is exact.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int

__all__ = ["UNIT", "separate_cuts"]

UNIT = 1 << 20
"""One unit of flow."""


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
    queue: NDArray[np.int32],
    mark: NDArray[np.int32],
    stamp: int,
) -> tuple[bool, Int]:
    """Search against the arcs from ``t`` to the root; return success and the nodes held."""
    mark[t] = stamp
    queue[0] = t
    first, last = 0, 1
    while first < last:
        v = queue[first]
        first += 1
        for k in range(in_ptr[v], in_ptr[v + 1]):
            a = in_arc[k]
            u = arc_tail[a]
            if residual[a] >= least and mark[u] != stamp:
                mark[u] = stamp
                via[u] = a
                if u == root:
                    return True, last
                queue[last] = u
                last += 1
    return False, last


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


@njit(cache=True)
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
    """Find cuts around terminals that less than one unit enters.

    For each terminal: send flow from the root over arcs of capacity ``amount`` (int64 (2m,), in
    steps of 1 / UNIT); while less than a unit arrives, the set that can still be reached
    backwards from the terminal is entered by too little. Its arcs are then opened wide and the
    search goes on (nested cuts). ``creep`` is added to every allowed arc: among cuts equally
    violated those with fewer arcs come first.

    Returns
    -------
    ptr, arcs
        Arcs of each cut in CSR form.
    """
    n = len(in_ptr) - 1
    m = len(amount) // 2
    via = np.empty(n, np.int32)
    queue = np.empty(n, np.int32)
    mark = np.zeros(n, np.int32)
    residual = np.empty(2 * m, np.int64)
    base = np.where(allowed, amount + creep, 0)
    ptr = np.zeros(len(terminals) * nested + 1, np.int64)
    arcs = np.empty(most_items, np.int32)
    cuts, items, stamp = 0, 0, 0
    enough = UNIT - UNIT // 64
    for i in range(len(terminals)):
        t = terminals[i]
        if t == root:
            continue
        residual[:] = base
        flow, found = 0, 0
        while flow < UNIT and found < nested:
            stamp += 1
            reached, held = _search_back(
                in_ptr, in_arc, arc_tail, residual, 1, root, t, via, queue, mark, stamp
            )
            if reached:
                flow += _push_flow(arc_head, residual, m, root, t, via, UNIT - flow)
                continue
            begin = items
            inflow = 0
            for j in range(held):
                v = queue[j]
                for k in range(in_ptr[v], in_ptr[v + 1]):
                    a = in_arc[k]
                    if mark[arc_tail[a]] != stamp and allowed[a]:
                        inflow += amount[a]
                        if items == most_items:
                            return ptr[: cuts + 1].copy(), arcs[:begin].copy()
                        arcs[items] = a
                        items += 1
                        residual[a] += UNIT
            if inflow >= enough:
                items = begin
                break
            cuts += 1
            found += 1
            ptr[cuts] = items
    return ptr[: cuts + 1].copy(), arcs[:items].copy()
