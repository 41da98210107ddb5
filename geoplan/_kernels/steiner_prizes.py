"""Trees that collect prizes: growing, pruning, local search, smaller graphs.

A solution is the set of nodes it connects; its tree is the cheapest spanning tree of that set,
with every branch cut off that costs more than it collects. Prizes are worth ``prize`` each;
``required`` nodes are connected at any cost. All integer, ties broken by ids.

G. W. Klau, I. Ljubic, P. Mutzel et al., "Combining a memetic algorithm with integer programming
to solve the prize-collecting Steiner tree problem" (2004), for pruning.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int, grow, pop, push

__all__ = [
    "FAR",
    "Tree",
    "best_tree",
    "drop_nodes",
    "grow_nodes",
    "insert_nodes",
    "merge_chains",
    "peel",
]

FAR = 1 << 60


class Tree(NamedTuple):
    """A rooted tree: nodes in an order with parents first; parent, edge to it (-1 outside)."""

    order: NDArray[np.int32]
    up: NDArray[np.int32]
    up_edge: NDArray[np.int32]
    gain: Int


@njit(cache=True)
def grow_nodes(
    ptr: NDArray[np.int64],
    nbr: NDArray[np.int32],
    eid: NDArray[np.int32],
    weight: NDArray[np.int64],
    worth: NDArray[np.int64],
    start: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Grow a set of nodes by shortest ways to nodes that are worth more than their way.

    Parameters
    ----------
    ptr, nbr, eid
        Adjacency of the graph.
    weight
        int64 (m,); edges of weight ``FAR`` or more are not used.
    worth
        int64 (n,): a node is joined when its distance is below its worth.
    start
        bool (n,), the nodes to begin with.

    Returns
    -------
    bool array (n,)
        The nodes reached, those of ``start`` included.
    """
    n = len(ptr) - 1
    dist = np.full(n, FAR, np.int64)
    prev = np.full(n, -1, np.int32)
    inside = start.copy()
    heap_key = np.empty(n + 16, np.int64)
    heap_item = np.empty(n + 16, np.int64)
    size = 0
    most = 0
    for v in range(n):
        most = max(most, worth[v])
        if start[v]:
            dist[v] = 0
            size = push(heap_key, heap_item, size, 0, v)
    while size > 0:
        d = heap_key[0]
        u = heap_item[0]
        size = pop(heap_key, heap_item, size)
        if d > dist[u]:
            continue
        if d >= most:
            break
        if not inside[u] and d < worth[u]:
            v = u
            while not inside[v]:
                # the way is part of the tree now: its nodes are new sources at distance 0
                inside[v] = True
                dist[v] = 0
                if size == len(heap_key):
                    heap_key, heap_item = grow(heap_key, heap_item)
                size = push(heap_key, heap_item, size, 0, v)
                v = prev[v]
            continue
        for k in range(ptr[u], ptr[u + 1]):
            w = weight[eid[k]]
            v = nbr[k]
            if w < FAR and d + w < dist[v]:
                dist[v] = d + w
                prev[v] = u
                if size == len(heap_key):
                    heap_key, heap_item = grow(heap_key, heap_item)
                size = push(heap_key, heap_item, size, d + w, v)
    return inside


@njit(cache=True)
def _spanning(
    ptr: NDArray[np.int64],
    nbr: NDArray[np.int32],
    eid: NDArray[np.int32],
    cost: NDArray[np.int64],
    inside: NDArray[np.bool_],
    root: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return order, parents and parent edges of a cheapest spanning tree of the set (Prim)."""
    n = len(ptr) - 1
    near = np.full(n, FAR, np.int64)
    up = np.full(n, -1, np.int32)
    up_edge = np.full(n, -1, np.int32)
    done = np.zeros(n, np.bool_)
    order = np.empty(n, np.int32)
    count = 0
    heap_key = np.empty(64, np.int64)
    heap_item = np.empty(64, np.int64)
    near[root] = 0
    size = push(heap_key, heap_item, 0, 0, root)
    while size > 0:
        u = heap_item[0]
        size = pop(heap_key, heap_item, size)
        if done[u]:
            continue
        done[u] = True
        order[count] = u
        count += 1
        for k in range(ptr[u], ptr[u + 1]):
            v = nbr[k]
            if inside[v] and not done[v] and cost[eid[k]] < near[v]:
                near[v] = cost[eid[k]]
                up[v] = u
                up_edge[v] = eid[k]
                if size == len(heap_key):
                    heap_key, heap_item = grow(heap_key, heap_item)
                size = push(heap_key, heap_item, size, near[v], v)
    return order[:count].copy(), up, up_edge


@njit(cache=True)
def best_tree(
    ptr: NDArray[np.int64],
    nbr: NDArray[np.int32],
    eid: NDArray[np.int32],
    cost: NDArray[np.int64],
    prize: NDArray[np.int64],
    required: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    root: int,
) -> Tree:
    """Return the spanning tree of a set without the branches that do not pay.

    Cutting branches may make another spanning tree cheaper, so both are repeated while the
    gain grows. ``gain`` is prizes collected less cost (required nodes not in the set: -FAR).
    """
    n = len(ptr) - 1
    mask = inside.copy()
    mask[root] = True
    last = -FAR - 1
    while True:
        order, up, up_edge = _spanning(ptr, nbr, eid, cost, mask, root)
        net = prize.copy()
        need = required.copy()
        keep = np.zeros(n, np.bool_)
        for i in range(len(order) - 1, 0, -1):
            v = order[i]
            gain = net[v] - cost[up_edge[v]]
            if need[v] or gain > 0:
                keep[v] = True
                net[up[v]] += gain
                need[up[v]] = need[up[v]] or need[v]
        keep[root] = True
        mask[:] = False
        count = 0
        for v in order:
            if keep[v] and (v == root or mask[up[v]]):
                mask[v] = True
                order[count] = v
                count += 1
            else:
                up[v] = -1
                up_edge[v] = -1
        total = net[root]
        for v in range(n):
            if required[v] and not mask[v]:
                return Tree(order[:count].copy(), up, up_edge, -FAR)
        if total <= last or count == len(order):
            return Tree(order[:count].copy(), up, up_edge, max(total, last))
        last = total


@njit(cache=True)
def _evert(up: NDArray[np.int32], up_edge: NDArray[np.int32], v: int, end: int) -> None:
    """Turn the way from ``v`` up to ``end`` around, so that ``end`` hangs below ``v``."""
    below, below_edge = np.int32(-1), np.int32(-1)
    w = np.int32(v)
    while True:
        above, above_edge = up[w], up_edge[w]
        up[w], up_edge[w] = below, below_edge
        if w == end:
            break
        below, below_edge = w, above_edge
        w = above


@njit(cache=True)
def insert_nodes(
    ptr: NDArray[np.int64],
    nbr: NDArray[np.int32],
    eid: NDArray[np.int32],
    cost: NDArray[np.int64],
    prize: NDArray[np.int64],
    inside: NDArray[np.bool_],
    up: NDArray[np.int32],
    up_edge: NDArray[np.int32],
    root: int,
    most_steps: int,
) -> Int:
    """Insert nodes that let dearer edges go; change set and tree in place.

    A node is hung on its cheapest edge into the tree; each further edge replaces the dearest
    edge of the ring it closes. It stays when it saves more than it costs, its prize included.
    The tree may end up hanging on another node than the root; ``inside`` is what counts.

    Returns the number of nodes inserted; ends after ``most_steps`` steps along ways.
    """
    n = len(ptr) - 1
    top = root
    inserted, steps = 0, 0
    old_up = np.empty_like(up)
    old_edge = np.empty_like(up_edge)
    for v in range(n):
        if inside[v] or steps > most_steps:
            continue
        first = -1
        doors = 0
        for k in range(ptr[v], ptr[v + 1]):
            if inside[nbr[k]]:
                doors += 1
                if first < 0 or cost[eid[k]] < cost[eid[first]]:
                    first = k
        if doors == 0 or (doors == 1 and cost[eid[first]] >= prize[v]):
            continue
        steps += n // 16
        old_up[:] = up
        old_edge[:] = up_edge
        up[v] = nbr[first]
        up_edge[v] = eid[first]
        _evert(up, up_edge, v, top)
        delta = cost[eid[first]] - prize[v]
        for k in range(ptr[v], ptr[v + 1]):
            u = nbr[k]
            if not inside[u] or k == first:
                continue
            worst = u
            w = u
            while w != v:
                if cost[up_edge[w]] > cost[up_edge[worst]]:
                    worst = w
                w = up[w]
                steps += 1
            if cost[up_edge[worst]] > cost[eid[k]]:
                delta += cost[eid[k]] - cost[up_edge[worst]]
                _evert(up, up_edge, u, worst)
                up[u] = v
                up_edge[u] = eid[k]
        if delta < 0:
            inside[v] = True
            top = v
            inserted += 1
        else:
            up[:] = old_up
            up_edge[:] = old_edge
    return inserted


@njit(cache=True)
def drop_nodes(
    ptr: NDArray[np.int64],
    nbr: NDArray[np.int32],
    eid: NDArray[np.int32],
    cost: NDArray[np.int64],
    prize: NDArray[np.int64],
    required: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    root: int,
    gain: int,
    tries: NDArray[np.int32],
) -> Int:
    """Leave out one node after another where the rest still gains more; change the set.

    Returns the gain of the best set found.
    """
    for v in tries:
        if v == root or required[v] or not inside[v]:
            continue
        inside[v] = False
        tree = best_tree(ptr, nbr, eid, cost, prize, required, inside, root)
        if tree.gain > gain:
            gain = tree.gain
            inside[:] = False
            inside[tree.order] = True
        else:
            inside[v] = True
    return gain


@njit(cache=True)
def peel(
    ptr: NDArray[np.int64],
    nbr: NDArray[np.int32],
    eid: NDArray[np.int32],
    cost: NDArray[np.int64],
    prize: NDArray[np.int64],
    fixed: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Mark the edges to dead ends that are not worth their one edge, again and again.

    ``fixed`` nodes (root, required) stay. Returns bool (m,).
    """
    n = len(ptr) - 1
    gone = np.zeros(len(cost), np.bool_)
    degree = ptr[1:] - ptr[:-1]
    stack = np.empty(n, np.int32)
    count = 0
    for v in range(n):
        if degree[v] == 1:
            stack[count] = v
            count += 1
    while count > 0:
        count -= 1
        v = stack[count]
        if degree[v] != 1 or fixed[v]:
            continue
        for k in range(ptr[v], ptr[v + 1]):
            e = eid[k]
            if gone[e] or prize[v] > cost[e]:
                continue
            gone[e] = True
            degree[v] -= 1
            u = nbr[k]
            degree[u] -= 1
            if degree[u] == 1:
                stack[count] = u
                count += 1
    return gone


@njit(cache=True)
def merge_chains(
    ptr: NDArray[np.int64],
    nbr: NDArray[np.int32],
    eid: NDArray[np.int32],
    cost: NDArray[np.int64],
    key: NDArray[np.bool_],
) -> tuple[
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int32],
]:
    """Replace every chain between two key nodes by one edge; rings back to a key node go.

    All other nodes have exactly two edges, and every ring holds a key node.

    Returns ends and cost of the new edges, and the old edges of each in CSR form.
    """
    m = len(cost)
    tail = np.empty(m, np.int32)
    head = np.empty(m, np.int32)
    total = np.zeros(m, np.int64)
    item_ptr = np.zeros(m + 1, np.int64)
    items = np.empty(m, np.int32)
    used = np.zeros(m, np.bool_)
    count = 0
    for v in range(len(ptr) - 1):
        if not key[v]:
            continue
        for k in range(ptr[v], ptr[v + 1]):
            last = eid[k]
            if used[last]:
                continue
            used[last] = True
            at = item_ptr[count]
            items[at] = last
            at += 1
            price = cost[last]
            w = nbr[k]
            while not key[w]:
                j = ptr[w]
                if eid[j] == last:
                    j += 1
                last = eid[j]
                used[last] = True
                items[at] = last
                at += 1
                price += cost[last]
                w = nbr[j]
            if w != v:
                tail[count] = v
                head[count] = w
                total[count] = price
                count += 1
                item_ptr[count] = at
    return tail[:count], head[:count], total[:count], item_ptr[: count + 1], items
