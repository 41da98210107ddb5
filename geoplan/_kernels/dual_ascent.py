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

from geoplan._kernels.heap import Int, grow, pop, push

__all__ = ["dual_ascent", "dual_ascent_cuts"]

_MOST = 9223372036854775807


_SLACK = 2
"""A terminal goes on until its cut is larger than the next one's by more than 1 / _SLACK."""


@njit(cache=True)
def _subtract(
    in_ptr: NDArray[np.int64],
    in_arc: NDArray[np.int32],
    arc_tail: NDArray[np.int32],
    reduced: NDArray[np.int64],
    label: NDArray[np.int64],
    held: NDArray[np.int32],
    n_held: int,
    raised: int,
) -> None:
    """Take the raises off the arcs and clear the labels.

    An arc (u, v) was in the cut from the moment v entered the set to the moment u did.
    """
    if raised > 0:
        for i in range(n_held):
            v = held[i]
            if label[v] >= raised:
                continue
            for k in range(in_ptr[v], in_ptr[v + 1]):
                a = in_arc[k]
                until = min(raised, label[arc_tail[a]])
                if until > label[v]:
                    reduced[a] -= until - label[v]
    for i in range(n_held):
        v = held[i]
        label[v] = _MOST
        for k in range(in_ptr[v], in_ptr[v + 1]):
            label[arc_tail[in_arc[k]]] = _MOST


@njit(cache=True)
def _grow_cut(
    in_ptr: NDArray[np.int64],
    in_arc: NDArray[np.int32],
    arc_tail: NDArray[np.int32],
    reduced: NDArray[np.int64],
    active: NDArray[np.bool_],
    root: int,
    t: int,
    key: int,
    limit: int,
    label: NDArray[np.int64],
    held: NDArray[np.int32],
    stack: NDArray[np.int32],
    heap_key: NDArray[np.int64],
    heap_item: NDArray[np.int64],
) -> tuple[Int, Int, Int, NDArray[np.int64], NDArray[np.int64]]:
    """Raise the cuts around terminal ``t``: one search that settles nodes as they enter.

    Raising a cut by x brings every arc of it x closer to saturation, so nodes enter the set in
    the order of their distance to ``t`` in reduced costs, and the sum of the raises when a node
    enters is that distance (``label``).

    Returns the sum of raises, the number of nodes held, the size of the cut when the search gave
    way to another terminal (0: ``t`` is covered; -1: the root can't be reached), and the heap.
    """
    n_held = 0
    n_stack = 0
    cut = 0
    d = 0
    raised = False
    label[t] = 0
    stack[0] = t
    n_stack = 1
    size = 0
    while n_stack > 0 or size > 0:
        if n_stack == 0:
            # the saturated set is whole here: its true size decides who goes first
            if cut > limit and (raised or cut > key):
                return d, n_held, cut, heap_key, heap_item
            next_d = heap_key[0]
            v = heap_item[0]
            size = pop(heap_key, heap_item, size)
            if next_d > label[v]:
                continue
            d = next_d
            raised = True
        else:
            n_stack -= 1
            v = stack[n_stack]
        if v == root or (active[v] and v != t):
            return d, n_held, 0, heap_key, heap_item
        held[n_held] = v
        n_held += 1
        for k in range(in_ptr[v], in_ptr[v + 1]):
            a = in_arc[k]
            u = arc_tail[a]
            if label[u] <= d:
                cut -= 1  # inside, or entering at this level: so is the arc's twin
                continue
            cut += 1
            if reduced[a] == 0:
                label[u] = d
                stack[n_stack] = u
                n_stack += 1
            elif d + reduced[a] < label[u]:
                label[u] = d + reduced[a]
                if size == len(heap_key):
                    heap_key, heap_item = grow(heap_key, heap_item)
                size = push(heap_key, heap_item, size, label[u], u)
    return 0, n_held, -1, heap_key, heap_item


@njit(cache=True)
def _record(
    in_ptr: NDArray[np.int64],
    in_arc: NDArray[np.int32],
    arc_tail: NDArray[np.int32],
    label: NDArray[np.int64],
    held: NDArray[np.int32],
    n_held: int,
    raised: int,
    most: int,
    ptr: NDArray[np.int64],
    arcs: NDArray[np.int32],
    cuts: int,
) -> Int:
    """Append the cuts of one search of dual ascent, the ``most`` that were raised furthest.

    ``label`` is when each node entered the set, ``held`` the nodes in that order: between two
    moments the cut is the arcs from later to earlier nodes. Returns the new number of cuts
    (unchanged where there is no room).
    """
    # moments at which the set changed, and for how long it then stayed
    begin = np.empty(n_held + 1, np.int64)
    stay = np.empty(n_held + 1, np.int64)
    count = 0
    for i in range(n_held):
        now = label[held[i]]
        after = label[held[i + 1]] if i + 1 < n_held else raised
        if now < raised and after > now:
            begin[count] = now
            stay[count] = min(after, raised) - now
            count += 1
    order = np.argsort(-stay[:count])
    for j in range(min(count, most)):
        moment = begin[order[j]]
        items = ptr[cuts]
        for i in range(n_held):
            v = held[i]
            if label[v] > moment:
                break
            for k in range(in_ptr[v], in_ptr[v + 1]):
                a = in_arc[k]
                if label[arc_tail[a]] > moment:
                    if items == len(arcs):
                        return cuts
                    arcs[items] = a
                    items += 1
        if cuts + 2 > len(ptr):
            return cuts
        cuts += 1
        ptr[cuts] = items
    return cuts


@njit(cache=True)
def _ascend(
    in_ptr: NDArray[np.int64],
    in_arc: NDArray[np.int32],
    arc_tail: NDArray[np.int32],
    reduced: NDArray[np.int64],
    root: int,
    terminals: NDArray[np.int32],
    most_each: int,
    cut_ptr: NDArray[np.int64],
    cut_arcs: NDArray[np.int32],
) -> tuple[Int, Int]:
    """Do the ascent; record up to ``most_each`` cuts of every search. Return bound and cuts."""
    n = len(in_ptr) - 1
    active = np.zeros(n, np.bool_)
    queue_key = np.empty(len(terminals) + 1, np.int64)
    queue_item = np.empty(len(terminals) + 1, np.int64)
    size = 0
    for i in range(len(terminals)):
        t = terminals[i]
        if t != root and not active[t]:
            active[t] = True
            size = push(queue_key, queue_item, size, in_ptr[t + 1] - in_ptr[t], t)
    label = np.full(n, _MOST, np.int64)
    held = np.empty(n, np.int32)
    stack = np.empty(n, np.int32)
    heap_key = np.empty(256, np.int64)
    heap_item = np.empty(256, np.int64)
    bound, cuts = 0, 0
    while size > 0:
        key = queue_key[0]
        t = queue_item[0]
        size = pop(queue_key, queue_item, size)
        limit = queue_key[0] + queue_key[0] // _SLACK if size > 0 else _MOST
        raised, n_held, cut, heap_key, heap_item = _grow_cut(
            in_ptr,
            in_arc,
            arc_tail,
            reduced,
            active,
            root,
            t,
            key,
            limit,
            label,
            held,
            stack,
            heap_key,
            heap_item,
        )
        if cut < 0:
            return -1, cuts
        if most_each > 0 and raised > 0:
            cuts = _record(
                in_ptr,
                in_arc,
                arc_tail,
                label,
                held,
                n_held,
                raised,
                most_each,
                cut_ptr,
                cut_arcs,
                cuts,
            )
        _subtract(in_ptr, in_arc, arc_tail, reduced, label, held, n_held, raised)
        label[t] = _MOST
        bound += raised
        if cut == 0:
            active[t] = False
        else:
            size = push(queue_key, queue_item, size, cut, t)
    return bound, cuts


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
    bound, _ = _ascend(
        in_ptr,
        in_arc,
        arc_tail,
        reduced,
        root,
        terminals,
        0,
        np.zeros(1, np.int64),
        np.zeros(1, np.int32),
    )
    return bound


@njit(cache=True, nogil=True)
def dual_ascent_cuts(
    in_ptr: NDArray[np.int64],
    in_arc: NDArray[np.int32],
    arc_tail: NDArray[np.int32],
    reduced: NDArray[np.int64],
    root: int,
    terminals: NDArray[np.int32],
    most_each: int,
    most_items: int,
) -> tuple[Int, NDArray[np.int64], NDArray[np.int32]]:
    """As :func:`dual_ascent`; also return cuts it raised, as CSR of arcs.

    Of each search the ``most_each`` cuts that were raised furthest are kept, as long as they
    fit into ``most_items`` arcs together.
    """
    cut_ptr = np.zeros(most_items // 2 + 2, np.int64)
    cut_arcs = np.empty(most_items, np.int32)
    bound, cuts = _ascend(
        in_ptr, in_arc, arc_tail, reduced, root, terminals, most_each, cut_ptr, cut_arcs
    )
    return bound, cut_ptr[: cuts + 1].copy(), cut_arcs[: cut_ptr[cuts]].copy()
