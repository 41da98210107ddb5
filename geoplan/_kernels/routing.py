"""Core paths on a network whose edges cost what their cables cost: route, reroute, ruin, rebuild.

The state is ``used``, the cores on every edge. The price of a further way over an edge is the
marginal cost: what the whole bill of the edge grows by (equation (1) of the Problem), so that
trenches, cable steps, lit cores and capacities are all seen by one shortest-path search.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.heap import Int, grow, pop, push

__all__ = [
    "INF",
    "Net",
    "State",
    "Ways",
    "add_path",
    "disjoint_pair",
    "disjoint_weight",
    "edge_cents",
    "nearest_sites",
    "refresh_prices",
    "reroute",
    "route",
    "ruin_and_rebuild",
]

INF = 1 << 60


class Net(NamedTuple):
    """Graph and prices (arrays as in ``Problem``; ``ptr, nbr, eid`` is the CSR of both ways).

    ``group_ptr, group_edges`` list the edges of each risk group; ``demands`` the distinct
    numbers of cores that ways take (few).
    """

    ptr: NDArray[np.int64]
    nbr: NDArray[np.int32]
    eid: NDArray[np.int32]
    fixed: NDArray[np.int64]
    core: NDArray[np.int64]
    takes_cable: NDArray[np.bool_]
    step_cores: NDArray[np.int64]
    step_cents: NDArray[np.int64]
    reserve_permille: int
    capacity_cores: NDArray[np.int64]
    capacity_cables: NDArray[np.int64]
    risk_ptr: NDArray[np.int64]
    risk_groups: NDArray[np.int32]
    n_risk_groups: int
    group_ptr: NDArray[np.int64]
    group_edges: NDArray[np.int32]
    demands: NDArray[np.int64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]


class Ways(NamedTuple):
    """Ways to route: ends, cores, the sibling (other way of the same site, -1), and the paths.

    ``demand`` is the index of ``cores`` in ``Net.demands``. ``path`` is int32 (w, longest),
    ``length`` int32 (w,): edges of each way from site to home; length -1 means not routed.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    cores: NDArray[np.int64]
    demand: NDArray[np.int32]
    sibling: NDArray[np.int32]
    path: NDArray[np.int32]
    length: NDArray[np.int32]


@njit(cache=True)
def edge_cents(net: Net, e: int, q: int) -> Int:
    """Return equation (1): the bill of edge ``e`` with ``q`` cores on it; INF over capacity."""
    if q <= 0:
        return 0
    if net.capacity_cores[e] >= 0 and q > net.capacity_cores[e]:
        return INF
    total = net.fixed[e] + net.core[e] * q
    if net.takes_cable[e]:
        need = (q * (1000 + net.reserve_permille) + 999) // 1000
        k = len(net.step_cores)
        largest = net.step_cores[k - 1]
        full = need // largest
        rest = need - full * largest
        count = full
        if full > 0:
            total += full * net.step_cents[e, k - 1]
        if rest > 0:
            count += 1
            for i in range(k):
                if net.step_cores[i] >= rest:
                    total += net.step_cents[e, i]
                    break
        if net.capacity_cables[e] >= 0 and count > net.capacity_cables[e]:
            return INF
    return total


class State(NamedTuple):
    """Cores used on each edge, int64 (m,), and what one more way of each demand would add.

    ``price`` is int64 (demands, m), kept up to date with ``used`` by :func:`add_path`;
    ``blocked`` int32 (m,) counts the reasons why an edge may not be used just now.
    """

    used: NDArray[np.int64]
    price: NDArray[np.int64]
    blocked: NDArray[np.int32]


@njit(cache=True)
def _refresh(net: Net, state: State, e: int) -> None:
    before = edge_cents(net, e, state.used[e])
    for k in range(len(net.demands)):
        after = edge_cents(net, e, state.used[e] + net.demands[k])
        # never negative: a step of the series may be priced below a smaller one
        state.price[k, e] = INF if after >= INF else max(0, after - before)


@njit(cache=True)
def refresh_prices(net: Net, state: State) -> None:
    """Bring every price up to date (after ``used`` or the prices of ``net`` were changed)."""
    for e in range(len(state.used)):
        _refresh(net, state, e)


@njit(cache=True)
def route(
    net: Net,
    state: State,
    demand: int,
    source: int,
    target: int,
    path: NDArray[np.int32],
) -> tuple[Int, Int]:
    """Find the way of least marginal cost over edges that are not blocked.

    Returns
    -------
    tuple
        Cost (INF when there is no way) and number of edges, written to ``path`` in order (-1
        when there is no way, or when it is longer than ``path`` has room for).
    """
    if source == target:
        return 0, 0
    n = len(net.ptr) - 1
    price = state.price[demand]
    dist = np.full(n, INF, np.int64)
    via = np.empty(n, np.int32)
    prev = np.empty(n, np.int32)
    heap_key = np.empty(256, np.int64)
    heap_item = np.empty(256, np.int64)
    size = push(heap_key, heap_item, 0, 0, source)
    dist[source] = 0
    while size > 0:
        d = heap_key[0]
        u = heap_item[0]
        size = pop(heap_key, heap_item, size)
        if d > dist[u]:
            continue
        if u == target:
            break
        for k in range(net.ptr[u], net.ptr[u + 1]):
            e = net.eid[k]
            v = net.nbr[k]
            if price[e] >= INF or state.blocked[e] > 0:
                continue
            if d + price[e] < dist[v]:
                dist[v] = d + price[e]
                via[v] = e
                prev[v] = u
                if size == len(heap_key):
                    heap_key, heap_item = grow(heap_key, heap_item)
                size = push(heap_key, heap_item, size, dist[v], v)
    if dist[target] >= INF:
        return INF, -1
    count = 0
    v = target
    while v != source:
        if count == len(path):
            return INF, -1
        path[count] = via[v]
        count += 1
        v = prev[v]
    for i in range(count // 2):
        j = count - 1 - i
        keep = path[i]
        path[i] = path[j]
        path[j] = keep
    return dist[target], count


@njit(cache=True)
def add_path(net: Net, state: State, path: NDArray[np.int32], length: int, c: int) -> Int:
    """Put ``c`` cores (negative: take them off) on a path; return the change of the bill."""
    change = 0
    for i in range(length):
        e = path[i]
        change -= edge_cents(net, e, state.used[e])
        state.used[e] += c
        change += edge_cents(net, e, state.used[e])
        _refresh(net, state, e)
    return change


@njit(cache=True)
def _block(net: Net, state: State, path: NDArray[np.int32], length: int, by: int) -> None:
    """Count ``by`` more reasons against every edge that shares a risk group with the path."""
    for i in range(length):
        e = path[i]
        for r in range(net.risk_ptr[e], net.risk_ptr[e + 1]):
            g = net.risk_groups[r]
            for k in range(net.group_ptr[g], net.group_ptr[g + 1]):
                state.blocked[net.group_edges[k]] += by


@njit(cache=True)
def _drop_loops(
    net_tail: NDArray[np.int32],
    net_head: NDArray[np.int32],
    source: int,
    path: NDArray[np.int32],
    length: int,
    seen: NDArray[np.int32],
) -> Int:
    """Cut loops out of a walk so that it visits no node twice; ``seen`` (n,) is work space."""
    for i in range(len(seen)):
        seen[i] = -1
    seen[source] = 0
    count = 0
    u = source
    nodes = np.empty(length + 1, np.int32)
    nodes[0] = source
    for i in range(length):
        e = path[i]
        v = net_head[e] if net_tail[e] == u else net_tail[e]
        if seen[v] >= 0:
            for j in range(seen[v] + 1, count + 1):
                seen[nodes[j]] = -1
            count = seen[v]
        else:
            path[count] = e
            count += 1
            nodes[count] = v
            seen[v] = count
        u = v
    return count


@njit(cache=True)
def _edge_disjoint(
    net: Net,
    weight: NDArray[np.int64],
    blocked: NDArray[np.int32],
    source: int,
    target: int,
    path_a: NDArray[np.int32],
    path_b: NDArray[np.int32],
) -> tuple[Int, Int]:
    """Find two edge-disjoint ways of least total weight (Suurballe 1974, Bhandari's form).

    Edges that are blocked are not used. Returns the numbers of edges, -1 when there is no such
    pair.
    """
    n = len(net.ptr) - 1
    dist = np.full(n, INF, np.int64)
    via = np.full(n, -1, np.int32)
    prev = np.full(n, -1, np.int32)
    heap_key = np.empty(256, np.int64)
    heap_item = np.empty(256, np.int64)
    flow = np.zeros(len(net.fixed), np.int8)  # +1: from tail_of to head_of, see `start`
    start = np.full(len(net.fixed), -1, np.int32)  # node at which the flow enters the edge
    potential = np.zeros(n, np.int64)
    for turn in range(2):
        dist[:] = INF
        via[:] = -1
        dist[source] = 0
        size = push(heap_key, heap_item, 0, 0, source)
        while size > 0:
            d = heap_key[0]
            u = heap_item[0]
            size = pop(heap_key, heap_item, size)
            if d > dist[u]:
                continue
            for k in range(net.ptr[u], net.ptr[u + 1]):
                e = net.eid[k]
                v = net.nbr[k]
                if weight[e] >= INF or blocked[e] > 0 or potential[v] >= INF:
                    continue
                if flow[e] == 1:
                    if start[e] == u:
                        continue
                    step = -weight[e] + potential[u] - potential[v]
                else:
                    step = weight[e] + potential[u] - potential[v]
                if d + step < dist[v]:
                    dist[v] = d + step
                    via[v] = e
                    prev[v] = u
                    if size == len(heap_key):
                        heap_key, heap_item = grow(heap_key, heap_item)
                    size = push(heap_key, heap_item, size, d + step, v)
        if dist[target] >= INF:
            return -1, -1
        v = target
        while v != source:
            e = via[v]
            u = prev[v]
            if flow[e] == 1:
                flow[e] = 0  # walked against the first way: both leave the edge
            else:
                flow[e] = 1
                start[e] = u
            v = u
        if turn == 0:
            for i in range(n):
                potential[i] = dist[i]
    lengths = np.zeros(2, np.int64)
    for turn in range(2):
        u = source
        while u != target:
            for k in range(net.ptr[u], net.ptr[u + 1]):
                e = net.eid[k]
                if flow[e] == 1 and start[e] == u:
                    flow[e] = 0
                    if lengths[turn] == len(path_a):
                        return -1, -1
                    if turn == 0:
                        path_a[lengths[turn]] = e
                    else:
                        path_b[lengths[turn]] = e
                    lengths[turn] += 1
                    u = net.nbr[k]
                    break
    return lengths[0], lengths[1]


@njit(cache=True)
def disjoint_weight(net: Net, weight: NDArray[np.int64], source: int, target: int) -> Int:
    """Return the least total weight of two edge-disjoint ways, -1 when there is no such pair."""
    path_a = np.empty(len(net.fixed), np.int32)
    path_b = np.empty(len(net.fixed), np.int32)
    blocked = np.zeros(len(net.fixed), np.int32)
    len_a, len_b = _edge_disjoint(net, weight, blocked, source, target, path_a, path_b)
    if len_a < 0:
        return -1
    total = 0
    for i in range(len_a):
        total += weight[path_a[i]]
    for i in range(len_b):
        total += weight[path_b[i]]
    return total


@njit(cache=True)
def _share_risk(
    net: Net,
    state: State,
    path_a: NDArray[np.int32],
    len_a: int,
    path_b: NDArray[np.int32],
    len_b: int,
) -> bool:
    _block(net, state, path_a, len_a, 1)
    shared = False
    for i in range(len_b):
        if state.blocked[path_b[i]] > 0:
            shared = True
    _block(net, state, path_a, len_a, -1)
    return shared


@njit(cache=True)
def _keep_pair(
    ways: Ways,
    first: int,
    path_a: NDArray[np.int32],
    len_a: int,
    path_b: NDArray[np.int32],
    len_b: int,
) -> None:
    second = ways.sibling[first]
    ways.length[first] = len_a
    ways.length[second] = len_b
    ways.path[first, :len_a] = path_a[:len_a]
    ways.path[second, :len_b] = path_b[:len_b]


@njit(cache=True)
def disjoint_pair(net: Net, state: State, ways: Ways, first: int, tries: int) -> bool:
    """Route both ways of one site so that they share no risk group; the cheapest of some tries.

    Starts: the edge-disjoint pair of least price where it happens to share no group, and one
    way after the other, the second off the groups of the first, each try steering the first way
    off another edge (off one more each time as long as no pair is found). A heuristic: the
    problem is NP-hard where groups overlap. Edges that are blocked are not used. Paths go into
    ``ways`` and ``state`` is brought up to date; False (and neither routed) when none succeeds.
    """
    second = ways.sibling[first]
    source, target = ways.source[first], ways.target[first]
    c, demand = ways.cores[first], ways.demand[first]
    if source == target:
        ways.length[first] = 0
        ways.length[second] = 0
        return True
    longest = ways.path.shape[1]
    path_a = np.empty(longest, np.int32)
    path_b = np.empty(longest, np.int32)
    best = INF
    price = state.price[demand]
    len_a, len_b = _edge_disjoint(net, price, state.blocked, source, target, path_a, path_b)
    if len_a >= 0:
        seen = np.empty(len(net.ptr) - 1, np.int32)
        len_a = _drop_loops(net.tail, net.head, source, path_a, len_a, seen)
        len_b = _drop_loops(net.tail, net.head, source, path_b, len_b, seen)
        if not _share_risk(net, state, path_a, len_a, path_b, len_b):
            best = 0
            for i in range(len_a):
                best += price[path_a[i]]
            for i in range(len_b):
                best += price[path_b[i]]
            _keep_pair(ways, first, path_a, len_a, path_b, len_b)
            tries = 0  # least price and disjoint: nothing left to try
    avoided = np.empty(tries, np.int32)
    count = 0
    for attempt in range(tries):
        for i in range(count):
            state.blocked[avoided[i]] += 1
        cost_a, len_a = route(net, state, demand, source, target, path_a)
        for i in range(count):
            state.blocked[avoided[i]] -= 1
        if len_a < 0:
            count = 0
            continue
        _block(net, state, path_a, len_a, 1)
        cost_b, len_b = route(net, state, demand, source, target, path_b)
        _block(net, state, path_a, len_a, -1)
        if len_b >= 0 and cost_a + cost_b < best:
            best = cost_a + cost_b
            _keep_pair(ways, first, path_a, len_a, path_b, len_b)
        # until there is a pair, steer further and further away from ways without a second one
        if best < INF:
            count = 0
        avoided[count] = path_a[(attempt * 7 + len_a // 2) % len_a]
        count += 1
    if best >= INF:
        ways.length[first] = -1
        ways.length[second] = -1
        return False
    add_path(net, state, ways.path[first], ways.length[first], c)
    add_path(net, state, ways.path[second], ways.length[second], c)
    return True


@njit(cache=True)
def reroute(net: Net, state: State, ways: Ways, order: NDArray[np.int32]) -> Int:
    """Take each way in ``order`` off and route it anew at marginal cost; return the saving.

    A way that has no route yet (length -1) is routed, which costs; a sibling's risk groups stay
    forbidden. The bill never rises for a way that had a route.
    """
    path = np.empty(ways.path.shape[1], np.int32)
    saving = 0
    for i in range(len(order)):
        w = order[i]
        c = ways.cores[w]
        s = ways.sibling[w]
        had = ways.length[w]
        if had > 0:
            saving -= add_path(net, state, ways.path[w], had, -c)
        if s >= 0 and ways.length[s] > 0:
            _block(net, state, ways.path[s], ways.length[s], 1)
        _, length = route(net, state, ways.demand[w], ways.source[w], ways.target[w], path)
        if s >= 0 and ways.length[s] > 0:
            _block(net, state, ways.path[s], ways.length[s], -1)
        if length >= 0:
            ways.length[w] = length
            ways.path[w, :length] = path[:length]
        if ways.length[w] > 0:
            saving -= add_path(net, state, ways.path[w], ways.length[w], c)
    return saving


@njit(cache=True)
def nearest_sites(
    net: Net,
    weight: NDArray[np.int64],
    site_at: NDArray[np.int32],
    source: NDArray[np.int32],
    count: int,
) -> NDArray[np.int32]:
    """List the ``count`` ways whose sources are nearest to each way's source, itself included.

    ``site_at`` (n,) holds one way per node that is a source (-1 elsewhere); missing places in
    the answer, int32 (w, count), are -1.
    """
    n = len(net.ptr) - 1
    answer = np.full((len(source), count), -1, np.int32)
    dist = np.empty(n, np.int64)
    heap_key = np.empty(256, np.int64)
    heap_item = np.empty(256, np.int64)
    for w in range(len(source)):
        dist[:] = INF
        dist[source[w]] = 0
        size = push(heap_key, heap_item, 0, 0, source[w])
        found = 0
        while size > 0 and found < count:
            d = heap_key[0]
            u = heap_item[0]
            size = pop(heap_key, heap_item, size)
            if d > dist[u]:
                continue
            if site_at[u] >= 0:
                answer[w, found] = site_at[u]
                found += 1
            for k in range(net.ptr[u], net.ptr[u + 1]):
                v = net.nbr[k]
                step = d + weight[net.eid[k]]
                if step < dist[v]:
                    dist[v] = step
                    if size == len(heap_key):
                        heap_key, heap_item = grow(heap_key, heap_item)
                    size = push(heap_key, heap_item, size, step, v)
    return answer


@njit(cache=True)
def _rebuild(net: Net, state: State, ways: Ways, taken: NDArray[np.int32], tries: int) -> bool:
    """Route the taken ways again in their order; False when one has no route."""
    one = np.empty(1, np.int32)
    for i in range(len(taken)):
        w = taken[i]
        if ways.length[w] >= 0:
            continue
        s = ways.sibling[w]
        if s >= 0:
            if not disjoint_pair(net, state, ways, min(w, s), tries):
                return False
        else:
            one[0] = w
            reroute(net, state, ways, one)
            if ways.length[w] < 0:
                return False
    return True


@njit(cache=True)
def _mark_taken(
    ways: Ways, w: int, is_taken: NDArray[np.bool_], taken: NDArray[np.int32], count: int
) -> Int:
    x = np.int64(w)
    for _ in range(2):
        if x >= 0 and not is_taken[x]:
            is_taken[x] = True
            taken[count] = x
            count += 1
        x = np.int64(ways.sibling[w])
    return count


@njit(cache=True)
def _pick(
    ways: Ways,
    near: NDArray[np.int32],
    choice: NDArray[np.int64],
    by_edge: bool,
    taken: NDArray[np.int32],
) -> tuple[Int, Int]:
    """Choose the ways of one round; return their number and the edge that is closed (or -1)."""
    n_ways = len(ways.source)
    k_most = near.shape[1]
    is_taken = np.zeros(n_ways, np.bool_)
    count = 0
    w0 = choice[0] % n_ways
    if not by_edge:
        for j in range(2 + choice[1] % (k_most - 1)):
            if near[w0, j] >= 0:
                count = _mark_taken(ways, near[w0, j], is_taken, taken, count)
        return count, -1
    if ways.length[w0] <= 0:
        return 0, -1
    closed = ways.path[w0, choice[1] % ways.length[w0]]
    for w in range(n_ways):
        for j in range(ways.length[w]):
            if ways.path[w, j] == closed:
                count = _mark_taken(ways, w, is_taken, taken, count)
                break
    return (count, closed) if count <= 4 * k_most else (0, -1)


@njit(cache=True)
def _shuffle(taken: NDArray[np.int32], count: int, choice: NDArray[np.int64]) -> None:
    for j in range(count - 1, 0, -1):
        x = choice[2 + j % (len(choice) - 2)] % (j + 1)
        hold = taken[j]
        taken[j] = taken[x]
        taken[x] = hold


@njit(cache=True)
def ruin_and_rebuild(
    net: Net,
    state: State,
    ways: Ways,
    near: NDArray[np.int32],
    random: NDArray[np.int64],
    tries: int,
) -> Int:
    """Search around the present ways: take some off, route them anew, keep what is no dearer.

    Even rounds take off the ways around a random one; odd rounds all ways over a random used
    edge, which is closed while they are routed again (so whole branches move).

    Parameters
    ----------
    near
        int32 (w, k), from :func:`nearest_sites`, k >= 2.
    random
        int64 (rounds, 2 + k) >= 0: drives every choice (no generator in here: the same
        answer compiled or not).

    Returns
    -------
    int
        What the search saved.
    """
    taken = np.empty(len(ways.source), np.int32)
    old_path = np.empty((len(ways.source), ways.path.shape[1]), np.int32)
    old_length = np.empty(len(ways.source), np.int32)
    saved = 0
    for it in range(len(random)):
        count, closed = _pick(ways, near, random[it], it % 2 == 1, taken)
        if count == 0:
            continue
        _shuffle(taken, count, random[it])
        change = 0
        for j in range(count):
            w = taken[j]
            old_length[j] = ways.length[w]
            old_path[j, : ways.length[w]] = ways.path[w, : ways.length[w]]
            change += add_path(net, state, ways.path[w], ways.length[w], -ways.cores[w])
            ways.length[w] = -1
        gone = -change
        if closed >= 0:
            state.blocked[closed] += 1
        right = _rebuild(net, state, ways, taken[:count], tries)
        if closed >= 0:
            state.blocked[closed] -= 1
        if right:
            reroute(net, state, ways, taken[:count])
        # what the ways cost now: take them off and add up
        cost = 0
        for j in range(count):
            w = taken[j]
            if ways.length[w] > 0:
                cost -= add_path(net, state, ways.path[w], ways.length[w], -ways.cores[w])
        if not right or cost > gone:
            for j in range(count):
                ways.length[taken[j]] = old_length[j]
                ways.path[taken[j], : old_length[j]] = old_path[j, : old_length[j]]
        else:
            saved += gone - cost
        for j in range(count):
            w = taken[j]
            add_path(net, state, ways.path[w], ways.length[w], ways.cores[w])
    return saved
