"""Trees that collect prizes for a sum of money: the knapsack on a tree, and filling up.

D. S. Johnson, K. A. Niemi, "On knapsacks, partitions, and a new dynamic programming technique
for trees" (1983).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int, grow, pop, push

__all__ = ["depth_first", "fill_nodes", "tree_knapsack"]

FAR = 1 << 60


@njit(cache=True)
def tree_knapsack(
    size: NDArray[np.int64],
    cost: NDArray[np.int64],
    prize: NDArray[np.int64],
    forced: NDArray[np.bool_],
    money: int,
    most_states: int,
) -> tuple[NDArray[np.bool_], bool]:
    """Choose a part of a rooted tree that collects most for at most ``money``.

    Parameters
    ----------
    size
        int64 (b,), nodes of the tree in depth-first order (parents first): how many nodes each
        one's branch has, itself included. Node 0 is the root.
    cost, prize
        int64 (b,) of joining each node to its parent.
    forced
        bool (b,), nodes that must be taken (then so must their parents, marked as well).
    money
        Most that may be spent.
    most_states
        States kept per node; where they run out the choice may not be the best.

    Returns
    -------
    taken, exact
        bool (b,) nodes to take (none when the forced ones cost too much), and whether that is
        proven to be the best.
    """
    b = len(size)
    room = 1024
    state_cost = np.empty(room, np.int64)
    state_prize = np.empty(room, np.int64)
    source = np.empty(room, np.int64)
    took = np.empty(room, np.bool_)
    begin = np.zeros(b + 2, np.int64)
    end = np.zeros(b + 2, np.int64)
    exact = True
    state_cost[0], state_prize[0], source[0], took[0] = 0, 0, -1, False
    begin[b], end[b] = 0, 1
    used = 1
    for i in range(b - 1, -1, -1):
        # take node i and go on with the next, or skip its branch: merge two sorted fronts
        x, x_end = begin[i + 1], end[i + 1]
        y, y_end = begin[i + size[i]], end[i + size[i]]
        if forced[i]:
            y = y_end
        need = used + (x_end - x) + (y_end - y)
        while need > len(state_cost):
            more = len(state_cost)
            state_cost = np.concatenate((state_cost, np.empty(more, np.int64)))
            state_prize = np.concatenate((state_prize, np.empty(more, np.int64)))
            source = np.concatenate((source, np.empty(more, np.int64)))
            took = np.concatenate((took, np.empty(more, np.bool_)))
        begin[i] = used
        best: Int = -1
        while x < x_end or y < y_end:
            c_take = state_cost[x] + cost[i] if x < x_end else FAR
            c_skip = state_cost[y] if y < y_end else FAR
            p_take = state_prize[x] + prize[i] if x < x_end else -1
            p_skip = state_prize[y] if y < y_end else -1
            if c_take < c_skip or (c_take == c_skip and p_take > p_skip):
                c, p, where, take = c_take, p_take, x, True
                x += 1
            else:
                c, p, where, take = c_skip, p_skip, y, False
                y += 1
            if c > money:
                break
            if p > best:
                best = p
                state_cost[used], state_prize[used] = c, p
                source[used], took[used] = where, take
                used += 1
        count = used - begin[i]
        if count > most_states:
            exact = False
            for j in range(most_states):
                # evenly over the front, the cheapest and the dearest state among them
                at = begin[i] + j * (count - 1) // (most_states - 1)
                to = begin[i] + j
                state_cost[to], state_prize[to] = state_cost[at], state_prize[at]
                source[to], took[to] = source[at], took[at]
            used = begin[i] + most_states
        end[i] = used
    taken = np.zeros(b, np.bool_)
    if end[0] > begin[0]:
        state = end[0] - 1
        i = 0
        while i < b:
            taken[i] = took[state]
            state = source[state]
            i += 1 if taken[i] else size[i]
    return taken, exact


@njit(cache=True)
def depth_first(
    order: NDArray[np.int32], up: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the nodes of a tree (parents first) in depth-first order, and branch sizes."""
    size = np.ones(len(up), np.int64)
    for i in range(len(order) - 1, 0, -1):
        size[up[order[i]]] += size[order[i]]
    free = np.zeros(len(up), np.int64)
    nodes = np.empty(len(order), np.int32)
    sizes = np.empty(len(order), np.int64)
    for i in range(len(order)):
        v = order[i]
        at = 0
        if i > 0:
            at = free[up[v]]
            free[up[v]] += size[v]
        free[v] = at + 1
        nodes[at] = v
        sizes[at] = size[v]
    return nodes, sizes


@njit(cache=True)
def fill_nodes(
    ptr: NDArray[np.int64],
    nbr: NDArray[np.int32],
    eid: NDArray[np.int32],
    cost: NDArray[np.int64],
    prize: NDArray[np.int64],
    inside: NDArray[np.bool_],
    money: int,
    most_rounds: int,
) -> Int:
    """Join, one after the other, the way that collects most per cost and can be paid.

    Changes ``inside`` in place; returns the money left.
    """
    n = len(ptr) - 1
    for _ in range(most_rounds):
        dist = np.full(n, FAR, np.int64)
        prev = np.full(n, -1, np.int32)
        worth = np.zeros(n, np.int64)
        heap_key = np.empty(n + 16, np.int64)
        heap_item = np.empty(n + 16, np.int64)
        size = 0
        for v in range(n):
            if inside[v]:
                dist[v] = 0
                size = push(heap_key, heap_item, size, 0, v)
        best = -1
        while size > 0:
            d = heap_key[0]
            u = heap_item[0]
            size = pop(heap_key, heap_item, size)
            if d > dist[u]:
                continue
            if not inside[u]:
                worth[u] = worth[prev[u]] + prize[u]
                if prize[u] > 0 and (
                    best < 0
                    or float(worth[u]) * float(dist[best] + 1)
                    > float(worth[best]) * float(dist[u] + 1)
                ):
                    best = u
            for k in range(ptr[u], ptr[u + 1]):
                v = nbr[k]
                far = d + cost[eid[k]]
                if far <= money and far < dist[v]:
                    dist[v] = far
                    prev[v] = u
                    if size == len(heap_key):
                        heap_key, heap_item = grow(heap_key, heap_item)
                    size = push(heap_key, heap_item, size, far, v)
        if best < 0:
            break
        money -= dist[best]
        while not inside[best]:
            inside[best] = True
            best = prev[best]
    return money
