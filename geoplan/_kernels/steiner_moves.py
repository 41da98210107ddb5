"""Moves of the local search for Steiner trees: exchange, insertion, key paths, key vertices.

Every move is checked exactly before it is made (or taken back), and the state stays a tree that
spans the terminals. Gains are integers: what the tree gets cheaper by.

E. Uchoa, R. F. Werneck, "Fast local search for the Steiner problem in graphs" (2012);
T. Pajor, E. Uchoa, R. F. Werneck, "A robust and scalable algorithm for the Steiner problem in
graphs" (2018). Cuts are searched from the side below by a bounded Dijkstra: on road-like graphs
that is as fast as mergeable heaps, and it repairs nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int, pop, push
from geoplan._kernels.steiner_tree import (
    BASE,
    DEGREE,
    DIST,
    FAR,
    MARK,
    N_LOST,
    PRED,
    TERMINAL,
    UP,
    UP_EDGE,
    VIA,
    StarGraph,
    State,
    attach,
    begin,
    climb,
    detach,
    fill_path,
    hang,
    rollback,
    spread,
)

__all__ = ["exchange", "insert", "is_key", "key_low", "reconnect_path", "reconnect_vertex"]

MOST_PARTS = 12
"""Key vertices of more branches are left alone."""


@njit(cache=True)
def is_key(state: State, v: Int) -> Any:
    """Tell whether a node of the tree ends key paths: a terminal or a branch node."""
    return state.row[v, TERMINAL] == 1 or state.row[v, DEGREE] >= 3


@njit(cache=True)
def exchange(graph: StarGraph, state: State, x: Int, y: Int, e: Int, at_any_price: bool) -> Int:
    """Join two nodes of the tree by the best path over edge e = (x, y), take out a stretch.

    Returns the gain; 0 when nothing was changed, because it would not have been worth it. With
    ``at_any_price`` the gain may be negative.
    """
    row = state.row
    a = row[x, BASE]
    b = row[y, BASE]
    if a == b or a < 0 or b < 0:
        return np.int64(0)
    added = row[x, DIST] + graph.cost[e] + row[y, DIST]
    if row[x, UP_EDGE] == e or row[y, UP_EDGE] == e:
        return np.int64(0)
    length, low, high, side = climb(graph, state, a, b)
    if length <= added and not at_any_price:
        return np.int64(0)
    detach(state, low, high)
    k = fill_path(state, row, x, y, e) if side == 0 else fill_path(state, row, y, x, e)
    attach(graph, state, low, k)
    spread(graph, state)
    return length - added


@njit(cache=True)
def insert(graph: StarGraph, state: State, v: Int, at_any_price: bool) -> Int:
    """Make ``v`` a node of the tree if the paths over it let dearer stretches go.

    Returns the gain; 0 when the tree is as it was.
    """
    row = state.row
    a = row[v, BASE]
    if a < 0 or row[v, DEGREE] >= 0:
        return np.int64(0)
    hope = -row[v, DIST]
    ways = 0
    for k in range(graph.ptr[v], graph.ptr[v + 1]):
        w = graph.nbr[k]
        if row[w, BASE] != a and row[w, DIST] < FAR:
            ways += 1
            added = graph.cost[graph.eid[k]] + row[w, DIST]
            length, _low, _high, _side = climb(graph, state, a, row[w, BASE])
            if length > added:
                hope += length - added
    if ways < 2 or (hope <= 0 and not at_any_price):
        return np.int64(0)
    place = begin(state)
    gain = -row[v, DIST]
    hang(graph, state, v)
    for k in range(graph.ptr[v], graph.ptr[v + 1]):
        w = graph.nbr[k]
        b = row[w, BASE]
        e = graph.eid[k]
        if b == v or row[v, UP_EDGE] == e or row[w, UP_EDGE] == e:
            continue
        added = graph.cost[e] + row[w, DIST]
        length, low, high, side = climb(graph, state, v, b)
        if length <= added and not (at_any_price and row[v, DEGREE] < 3 and length >= 0):
            continue
        detach(state, low, high)
        count = fill_path(state, row, v, w, e) if side == 0 else fill_path(state, row, w, v, e)
        attach(graph, state, low, count)
        spread(graph, state)
        gain += length - added
    if row[v, DEGREE] < 2 or (gain <= 0 and not at_any_price):
        rollback(state, place)
        return np.int64(0)
    return gain


@njit(cache=True)
def key_low(graph: StarGraph, state: State, v: Int) -> Int:
    """Return the lower end of the key path that a node of the tree lies on."""
    row = state.row
    u = np.int64(v)
    while not is_key(state, u):
        below = np.int64(-1)
        for k in range(graph.ptr[u], graph.ptr[u + 1]):
            w = graph.nbr[k]
            if row[w, UP] == u and row[w, UP_EDGE] == graph.eid[k]:
                below = np.int64(w)
                break
        if below < 0:
            return u
        u = below
    return u


@njit(cache=True)
def _label_part(graph: StarGraph, state: State, low: Int, label: Int, count: Int, most: Int) -> Int:
    """Label the part of the tree at and below ``low``, breadth first, ``most`` nodes or so."""
    row, local, seen = state.row, state.local, state.stack
    local[low, DIST] = 0
    local[low, BASE] = label
    seen[count] = low
    i = count
    last = count + most
    count += 1
    while i < count and count < last:
        u = seen[i]
        i += 1
        for k in range(graph.ptr[u], graph.ptr[u + 1]):
            w = graph.nbr[k]
            if row[w, UP] == u and row[w, UP_EDGE] == graph.eid[k]:
                local[w, DIST] = 0
                local[w, BASE] = label
                seen[count] = w
                count += 1
    return np.int64(count)


@njit(cache=True)
def _part_of(state: State, v: Int, parts: Int, count: Int) -> tuple[Int, Int]:
    """Find the part of a node of the tree by climbing to a labelled node or the root.

    Labels what it climbs over, so that nothing is climbed twice. Returns the label and the number
    of rows to be cleared.
    """
    row, local = state.row, state.local
    u = np.int64(v)
    while u >= 0 and local[u, BASE] < 0:
        u = np.int64(row[u, UP])
    label = np.int64(parts)
    if u >= 0:
        label = local[u, BASE]
    u = np.int64(v)
    while u >= 0 and local[u, BASE] < 0:
        local[u, BASE] = label
        local[u, DIST] = 0
        state.stack[count] = u
        count += 1
        u = np.int64(row[u, UP])
    return label, np.int64(count)


@njit(cache=True)
def _forget(state: State, count: Int) -> None:
    """Clear the rows of a local search."""
    for i in range(count):
        v = state.stack[i]
        state.local[v, DIST] = FAR
        state.local[v, BASE] = -1
        state.local[v, VIA] = -1
        state.local[v, PRED] = -1


@njit(cache=True)
def _join_parts(
    length: NDArray[np.int64], parts: Int, order: NDArray[np.int64], to: NDArray[np.int64]
) -> tuple[Int, Int]:
    """Minimum spanning tree of the parts by Prim from the last one, ``parts``.

    Writes the order of joining and what each part is joined to. Returns the total (FAR: they
    can't be joined yet) and the longest path used.
    """
    best = np.full(parts, FAR, np.int64)
    done = np.zeros(parts, np.bool_)
    total = np.int64(0)
    longest = np.int64(0)
    new = parts
    for i in range(parts):
        for j in range(parts):
            if not done[j] and length[j, new] < best[j]:
                best[j] = length[j, new]
                to[j] = new
        new = -1
        for j in range(parts):
            if not done[j] and best[j] < FAR and (new < 0 or best[j] < best[new]):
                new = j
        if new < 0:
            return np.int64(FAR), np.int64(FAR)
        done[new] = True
        order[i] = new
        total += best[new]
        longest = max(longest, best[new])
    return total, longest


@njit(cache=True)
def _search_between(
    graph: StarGraph, state: State, count: Int, parts: Int, bound: Int, free: Int,
    length: NDArray[np.int64], via: NDArray[np.int64], order: NDArray[np.int64],
    to: NDArray[np.int64],
) -> tuple[Int, Int]:  # fmt: skip
    """Find the shortest paths between labelled parts and to the rest of the tree.

    Nodes marked ``free`` have left the tree. Nothing at ``bound`` or beyond is looked at; once
    all parts can be joined, nothing longer than the longest path of the joining is either.

    Returns the least total to join all (FAR: there is none below the bound), and how many rows
    are to be cleared.
    """
    row, local, seen, mark = state.row, state.local, state.stack, state.mark
    key, item = state.heap_key, state.heap_item
    seeds = count
    total = np.int64(FAR)
    size = 0
    i = 0
    while i < seeds or size > 0:
        if i < seeds:
            u = np.int64(seen[i])
            d = np.int64(0)
            i += 1
        else:
            d = key[0]
            u = item[0]
            size = pop(key, item, size)
            if d >= bound:
                break
            if local[u, BASE] >= 0:
                continue
            local[u, BASE] = local[local[u, PRED], BASE]
        label = local[u, BASE]
        for k in range(graph.ptr[u], graph.ptr[u + 1]):
            w = graph.nbr[k]
            e = graph.eid[k]
            far = d + graph.cost[e]
            if far >= bound:
                continue
            other = local[w, BASE]
            if other < 0:
                if row[w, DEGREE] >= 0 and mark[w] != free:
                    other, count = _part_of(state, w, parts, count)
                else:
                    # no other part is nearer than the nearest node of the tree
                    if far < local[w, DIST] and far + row[w, DIST] < bound:
                        if local[w, DIST] == FAR:
                            seen[count] = w
                            count += 1
                        local[w, DIST] = far
                        local[w, VIA] = e
                        local[w, PRED] = u
                        size = push(key, item, size, far, w)
                    continue
            else:
                far += local[w, DIST]
            if other != label and far < length[label, other] and far < bound:
                length[label, other] = far
                length[other, label] = far
                via[label, other] = e
                via[other, label] = e
                total, longest = _join_parts(length, parts, order, to)
                bound = min(bound, longest)
    return total, np.int64(count)


@njit(cache=True)
def _rejoin(
    graph: StarGraph, state: State, lows: NDArray[np.int64], parts: Int,
    via: NDArray[np.int64], order: NDArray[np.int64], to: NDArray[np.int64],
) -> Int:  # fmt: skip
    """Hang the parts on the rest by the paths found. Returns the cost of the edges added."""
    cost = np.int64(0)
    for i in range(parts):
        j = order[i]
        e = via[j, to[j]]
        x = np.int64(graph.tail[e])
        y = np.int64(graph.head[e])
        if state.local[x, BASE] != j:
            x, y = y, x
        k = fill_path(state, state.local, x, y, e)
        cost += attach(graph, state, lows[j], k)
    return cost


@njit(cache=True)
def reconnect_path(graph: StarGraph, state: State, low: Int, most: Int) -> Int:
    """Replace the key path up from ``low`` by a shorter way between the two sides of its cut.

    ``most`` bounds the nodes below that are looked at. Returns the gain.
    """
    row, mark = state.row, state.mark
    if row[low, UP] < 0:
        return np.int64(0)
    state.scalar[MARK] += 1
    free = state.scalar[MARK]
    removed = graph.cost[row[low, UP_EDGE]]
    high = row[low, UP]
    while not is_key(state, high):
        mark[high] = free
        removed += graph.cost[row[high, UP_EDGE]]
        high = row[high, UP]
    if removed == 0:
        return np.int64(0)
    count = _label_part(graph, state, low, 0, 0, most)
    length = np.full((2, 2), FAR, np.int64)
    via = np.full((2, 2), -1, np.int64)
    order = np.zeros(1, np.int64)
    to = np.zeros(1, np.int64)
    total, count = _search_between(graph, state, count, 1, removed, free, length, via, order, to)
    gain = np.int64(0)
    if total < removed:
        detach(state, low, high)
        lows = np.full(1, low, np.int64)
        gain = removed - _rejoin(graph, state, lows, 1, via, order, to)
    _forget(state, count)
    if gain != 0:
        spread(graph, state)
    return gain


@njit(cache=True)
def reconnect_vertex(graph: StarGraph, state: State, v: Int, most: Int) -> Int:
    """Take out branch node ``v`` with its key paths and join the parts anew, if that is cheaper.

    Returns the gain.
    """
    row, mark = state.row, state.mark
    parts = row[v, DEGREE] - 1
    if parts < 2 or parts > MOST_PARTS or row[v, TERMINAL] == 1 or row[v, UP] < 0:
        return np.int64(0)
    lows = np.empty(parts, np.int64)
    state.scalar[MARK] += 1
    free = state.scalar[MARK]
    mark[v] = free
    removed = np.int64(0)
    first = np.int64(0)
    second = np.int64(0)
    i = 0
    count = np.int64(0)
    for k in range(graph.ptr[v], graph.ptr[v + 1]):
        w = graph.nbr[k]
        if row[w, UP] == v and row[w, UP_EDGE] == graph.eid[k]:
            lows[i] = key_low(graph, state, w)
            u = lows[i]
            path = graph.cost[row[u, UP_EDGE]]
            while row[u, UP] != v:
                u = row[u, UP]
                mark[u] = free
                path += graph.cost[row[u, UP_EDGE]]
            removed += path
            second = max(second, min(first, path))
            first = max(first, path)
            count = _label_part(graph, state, lows[i], i, count, most)
            i += 1
    path = graph.cost[row[v, UP_EDGE]]
    high = row[v, UP]
    while not is_key(state, high):
        mark[high] = free
        path += graph.cost[row[high, UP_EDGE]]
        high = row[high, UP]
    removed += path
    second = max(second, min(first, path))
    first = max(first, path)
    # when no key path alone can be replaced, each part but one costs at least its key path again:
    # what is left for any one path is its own key path and the longest
    length = np.full((parts + 1, parts + 1), FAR, np.int64)
    via = np.full((parts + 1, parts + 1), -1, np.int64)
    order = np.zeros(parts, np.int64)
    to = np.zeros(parts, np.int64)
    total, count = _search_between(
        graph, state, count, parts, first + second, free, length, via, order, to
    )
    gain = np.int64(0)
    if total < removed:
        for i in range(parts):
            detach(state, lows[i], v)
        detach(state, v, high)
        row[v, DEGREE] = -1
        row[v, UP] = -1
        row[v, UP_EDGE] = -1
        state.lost[state.scalar[N_LOST]] = v
        state.scalar[N_LOST] += 1
        gain = removed - _rejoin(graph, state, lows, parts, via, order, to)
    _forget(state, count)
    if gain != 0:
        spread(graph, state)
    return gain
