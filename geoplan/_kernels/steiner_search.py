"""Local search for Steiner trees to a local optimum, and iterated local search around it.

Nodes whose surroundings changed wait in a queue, so a move costs what lies around it and not a
pass over the graph. The search that goes on from a local optimum disturbs one place at a time,
descends there, and takes everything back when the tree got dearer.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int
from geoplan._kernels.steiner_moves import (
    exchange,
    insert,
    is_key,
    key_low,
    reconnect_path,
    reconnect_vertex,
)
from geoplan._kernels.steiner_tree import (
    BASE,
    CHANGES,
    DEGREE,
    FIRST,
    FIRST_LATE,
    LOG,
    MARK,
    N_LATE,
    N_LOST,
    N_QUEUE,
    SAVE,
    UP,
    UP_EDGE,
    StarGraph,
    State,
    begin,
    rollback,
    spread,
)

__all__ = ["descend", "enqueue_all", "wander"]


@njit(cache=True)
def _enqueue(state: State, v: Int) -> None:
    if not state.queued[v]:
        state.queued[v] = True
        room = len(state.queue)
        state.queue[(state.scalar[FIRST] + state.scalar[N_QUEUE]) % room] = v
        state.scalar[N_QUEUE] += 1


@njit(cache=True)
def _enqueue_late(state: State, v: Int) -> None:
    if not state.waits[v]:
        state.waits[v] = True
        room = len(state.late)
        state.late[(state.scalar[FIRST_LATE] + state.scalar[N_LATE]) % room] = v
        state.scalar[N_LATE] += 1


@njit(cache=True)
def _next(state: State) -> Int:
    v = state.queue[state.scalar[FIRST]]
    state.scalar[FIRST] = (state.scalar[FIRST] + 1) % len(state.queue)
    state.scalar[N_QUEUE] -= 1
    state.queued[v] = False
    return np.int64(v)


@njit(cache=True)
def _next_late(state: State) -> Int:
    v = state.late[state.scalar[FIRST_LATE]]
    state.scalar[FIRST_LATE] = (state.scalar[FIRST_LATE] + 1) % len(state.late)
    state.scalar[N_LATE] -= 1
    state.waits[v] = False
    return np.int64(v)


@njit(cache=True)
def enqueue_all(state: State, order: NDArray[np.int64]) -> None:
    """Let every node be looked at, in the order given."""
    for v in order:
        _enqueue(state, v)


@njit(cache=True)
def _note(state: State, place: Int, keep_log: bool) -> None:
    """Let the nodes that a move changed be looked at; drop the log unless it is kept."""
    state.scalar[CHANGES] += 1
    for i in range(place, state.scalar[LOG]):
        _enqueue(state, state.log_node[i])
    if not keep_log:
        state.scalar[LOG] = 0
        state.scalar[SAVE] += 1


@njit(cache=True)
def _look_at(graph: StarGraph, state: State, u: Int, keep_log: bool) -> Int:
    """Try the cheap moves at a node. Returns the gain."""
    row = state.row
    total = np.int64(0)
    for k in range(graph.ptr[u], graph.ptr[u + 1]):
        w = graph.nbr[k]
        # an edge whose other end still waits is looked at from there
        if row[w, BASE] != row[u, BASE] and not state.queued[w]:
            place = state.scalar[LOG]
            gain = exchange(graph, state, u, w, graph.eid[k], False)
            if gain > 0:
                total += gain
                _note(state, place, keep_log)
    if row[u, DEGREE] < 0:
        place = state.scalar[LOG]
        gain = insert(graph, state, u, False)
        if gain > 0:
            total += gain
            _note(state, place, keep_log)
    return total


@njit(cache=True)
def _look_closely(graph: StarGraph, state: State, u: Int, most: Int, keep_log: bool) -> Int:
    """Try to do without a key path, and without the branch nodes at its ends."""
    row = state.row
    total = np.int64(0)
    if row[u, DEGREE] < 0:
        return total
    low = key_low(graph, state, u)
    if row[low, UP] < 0:
        return total
    if state.tried[low, 0] != state.scalar[CHANGES]:
        state.tried[low, 0] = state.scalar[CHANGES]
        place = state.scalar[LOG]
        gain = reconnect_path(graph, state, low, most)
        if gain > 0:
            _note(state, place, keep_log)
            return gain
    for _ in range(2):
        if row[low, UP] < 0:
            break
        if state.tried[low, 1] != state.scalar[CHANGES]:
            state.tried[low, 1] = state.scalar[CHANGES]
            place = state.scalar[LOG]
            gain = reconnect_vertex(graph, state, low, most)
            if gain > 0:
                _note(state, place, keep_log)
                return gain
        low = np.int64(row[low, UP])
        while not is_key(state, low):
            low = np.int64(row[low, UP])
    return total


@njit(cache=True)
def descend(graph: StarGraph, state: State, most: Int, keep_log: bool) -> Int:
    """Make moves until no node that waits offers one.

    Parameters
    ----------
    most
        Key paths are looked at when at most so many nodes of the tree lie below them.
    keep_log
        Keep the log, so that all can be taken back; end early when it is full.

    Returns
    -------
    int
        What the tree got cheaper by.
    """
    n = len(state.row)
    total = np.int64(0)
    while state.scalar[N_QUEUE] > 0 or state.scalar[N_LATE] > 0:
        if keep_log and state.scalar[LOG] > n:
            while state.scalar[N_QUEUE] > 0:
                _next(state)
            while state.scalar[N_LATE] > 0:
                _next_late(state)
            break
        if state.scalar[N_QUEUE] > 0:
            u = _next(state)
            total += _look_at(graph, state, u, keep_log)
            if state.row[u, DEGREE] >= 0:
                _enqueue_late(state, key_low(graph, state, u))
        else:
            u = _next_late(state)
            gain = _look_closely(graph, state, u, most, keep_log)
            total += gain
            if gain > 0:
                _enqueue(state, u)
    return total


@njit(cache=True)
def _ball(graph: StarGraph, state: State, centre: Int, size: Int, ball: NDArray[np.int32]) -> Int:
    """Write the nodes nearest to ``centre`` by number of edges; returns how many."""
    mark = state.mark
    state.scalar[MARK] += 1
    now = state.scalar[MARK]
    mark[centre] = now
    ball[0] = centre
    count = 1
    i = 0
    while i < count and count < size:
        u = ball[i]
        i += 1
        for k in range(graph.ptr[u], graph.ptr[u + 1]):
            w = graph.nbr[k]
            if mark[w] != now and count < size:
                mark[w] = now
                ball[count] = w
                count += 1
    return count


@njit(cache=True)
def _spread_ball(graph: StarGraph, state: State, ball: NDArray[np.int32], count: Int) -> None:
    """Find the Voronoi diagram anew where the costs of edges changed, and let all be looked at."""
    for i in range(count):
        v = ball[i]
        if state.row[v, DEGREE] < 0:
            state.lost[state.scalar[N_LOST]] = v
            state.scalar[N_LOST] += 1
    spread(graph, state)
    for i in range(count):
        _enqueue(state, ball[i])


@njit(cache=True)
def _excess(graph: StarGraph, state: State, edges: NDArray[np.int32], old: NDArray[np.int64],
    count: Int) -> Int:  # fmt: skip
    """Return what the edges of the tree among some edges cost more than they used to."""
    row = state.row
    total = np.int64(0)
    for i in range(count):
        e = edges[i]
        if row[graph.tail[e], UP_EDGE] == e or row[graph.head[e], UP_EDGE] == e:
            total += graph.cost[e] - old[i]
    return total


@njit(cache=True)
def _shake(
    graph: StarGraph, state: State, ball: NDArray[np.int32], count: Int,
    edges: NDArray[np.int32], old: NDArray[np.int64], noise: NDArray[np.int64], shift: Int,
    most: Int,
) -> Int:  # fmt: skip
    """Descend with other costs in a ball of nodes, then with the true ones. Returns the gain."""
    now = state.scalar[MARK]
    n_edges = 0
    for i in range(count):
        u = ball[i]
        for k in range(graph.ptr[u], graph.ptr[u + 1]):
            w = graph.nbr[k]
            e = graph.eid[k]
            if w > u and state.mark[w] == now:
                edges[n_edges] = e
                old[n_edges] = graph.cost[e]
                n_edges += 1
    for i in range(n_edges):
        e = edges[i]
        factor = noise[(e + shift) % len(noise)]
        # in two parts: costs may be as large as 2**53
        graph.cost[e] = (old[i] >> 10) * factor + ((old[i] & 1023) * factor >> 10)
    _spread_ball(graph, state, ball, count)
    gain = -_excess(graph, state, edges, old, n_edges)
    gain += descend(graph, state, most, True)
    gain += _excess(graph, state, edges, old, n_edges)
    for i in range(n_edges):
        graph.cost[edges[i]] = old[i]
    _spread_ball(graph, state, ball, count)
    _note(state, 0, True)
    return gain + descend(graph, state, most, True)


@njit(cache=True)
def _force(graph: StarGraph, state: State, e: Int, kind: Int, most: Int) -> Int:
    """Make a few moves around an edge at any price, then descend. Returns the gain."""
    x = np.int64(graph.tail[e])
    y = np.int64(graph.head[e])
    gain = np.int64(0)
    for _ in range(1 + (kind >> 1) % 3):
        if kind & 1 == 0 and state.row[x, BASE] != state.row[y, BASE]:
            gain += exchange(graph, state, x, y, e, True)
        else:
            gain += insert(graph, state, x, True)
        k = graph.ptr[y] + (kind >> 3) % (graph.ptr[y + 1] - graph.ptr[y])
        kind = kind >> 1
        e = np.int64(graph.eid[k])
        x = y
        y = np.int64(graph.nbr[k])
    if state.scalar[LOG] == 0:
        return np.int64(0)
    _note(state, 0, True)
    return gain + descend(graph, state, most, True)


@njit(cache=True)
def wander(
    graph: StarGraph, state: State, places: NDArray[np.int64], noise: NDArray[np.int64],
    most: Int, goal: Int,
) -> Int:  # fmt: skip
    """Disturb one place after another, descend, and keep what didn't get dearer.

    Parameters
    ----------
    places
        int64 (t, 3), random edge, non-negative number, and size of the ball of nodes that gets
        other costs for a while (0: forced moves instead): one row for each trial.
    noise
        int64 (l,), factors of costs, 1024 for one.
    most
        See :func:`descend`.
    goal
        Stop when this much was gained.

    Returns
    -------
    int
        What the tree got cheaper by.
    """
    n = len(state.row)
    ball = np.empty(n, np.int32)
    edges = np.empty(len(graph.cost), np.int32)
    old = np.empty(len(graph.cost), np.int64)
    total = np.int64(0)
    for i in range(len(places)):
        if total >= goal:
            break
        e = places[i, 0]
        state.scalar[LOG] = 0
        begin(state)
        if places[i, 2] > 0:
            count = _ball(graph, state, graph.tail[e], min(n, places[i, 2]), ball)
            gain = _shake(
                graph, state, ball, count, edges, old, noise, places[i, 1] % len(noise), most
            )
        else:
            gain = _force(graph, state, e, places[i, 1], most)
        if gain < 0:
            rollback(state, 0)
        else:
            total += gain
    state.scalar[LOG] = 0
    begin(state)
    return total
