"""Route rings at marginal cost: partition the hubs, then lay each ring segment by segment.

Prices are what the bill of an edge grows by when the cores of the whole ring come onto it, so
trenches that other ways have opened already are shared. A heuristic: which trench is shared
changes the metric that the partition is made on, and segments are laid one after the other, each
off the risk groups of those before it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.disjoint import disjoint_pair
from geoplan._kernels.ring_tours import NO_TOUR, best_partition, tour_order, tour_steps
from geoplan._kernels.routing import (
    INF,
    Net,
    State,
    Ways,
    block,
    empty_state,
    refresh_prices,
)
from geoplan._kernels.way_search import route
from geoplan.optimize.problem import Problem
from geoplan.optimize.ring_ends import HubGroup, PairLengths, RingEnds
from geoplan.optimize.ring_limits import MOST_HUBS, hub_distances, tour_distances, with_pairs
from geoplan.optimize.ring_sets import Ring, ring_cores, ring_length_dm, ways_of_hub
from geoplan.optimize.survivable import Routing

__all__ = ["lay_ring", "partition_hubs"]

_LENGTH_PRICES = (0.0, 0.3, 1.0, 4.0, 1000.0)
"""What a decimetre costs beside the bill, in average prices of one, until the ring is short."""
_PAIR_TRIES = 12


def partition_hubs(
    routing: Routing, group: HubGroup, rng: np.random.Generator, noise: float
) -> list[Ring] | None:
    """Share hubs out over rings of least price on shortest ways, each with its ends and order.

    Parameters
    ----------
    noise
        Spread of a random factor on every distance: 0 gives the best partition.

    Returns
    -------
    Rings without segments; None when the sizes and lengths allow no partition.
    """
    problem, hubs = routing.problem, group.hubs
    if len(hubs) > MOST_HUBS:
        return _in_chunks(routing, group, rng, noise)
    thick = ring_cores(problem, tuple(hubs.tolist())) * min(problem.ring_max_hubs, len(hubs))
    net, state = _priced(routing, max(1, thick // len(hubs)), 0)
    price = np.minimum(state.price[0], INF)
    dist = hub_distances(problem, net, price, group)
    if noise > 0:
        factor = np.exp(rng.normal(0.0, noise, dist.shape))
        factor = np.triu(factor) + np.triu(factor, 1).T
        there = dist < NO_TOUR
        dist = np.where(there, (np.where(there, dist, 0) * factor).astype(np.int64), NO_TOUR)
    near = hub_distances(problem, net, problem.length_dm, group)
    enough = np.array([int(k).bit_count() for k in range(1 << len(hubs))]) >= problem.ring_min_hubs
    cents = np.full((max(1, len(group.ends)), 1 << len(hubs)), NO_TOUR, dtype=np.int64)
    tours = []
    for row, ends in enumerate(group.ends):
        priced = tour_distances(dist, group, ends)
        best, reach = tour_steps(priced, problem.ring_max_hubs)
        if len(group.ends) > 1:
            best = _weighed(PairLengths(problem, net, price), group, ends, best, rng, noise)
        length, _ = tour_steps(tour_distances(near, group, ends), problem.ring_max_hubs)
        cents[row] = np.where(enough & (length <= problem.ring_max_dm), best, NO_TOUR)
        tours.append((priced, reach))
    which = cents.argmin(axis=0)
    total, sets = best_partition(cents.min(axis=0), len(hubs))
    if total >= NO_TOUR:
        return None
    answer = []
    for some in sets.tolist():
        ends = group.ends[which[some]]
        priced, reach = tours[which[some]]
        order = hubs[tour_order(priced, reach, some)]
        answer.append(Ring(ends.start, ends.end, tuple(order.tolist()), ()))
    return answer


def _weighed(
    pairs: PairLengths,
    group: HubGroup,
    ends: RingEnds,
    best: NDArray[np.int64],
    rng: np.random.Generator,
    noise: float,
) -> NDArray[np.int64]:
    """Return what tours between some ends cost (2^h,), to be held against those of other ends.

    A tour over shortest ways may run out and back in one trench, which makes a single core look
    cheaper than two: each hub's two ways cost at least its disjoint pair.
    """
    least = with_pairs(best, pairs, group, ends)
    factor = float(np.exp(rng.normal(0.0, noise))) if noise > 0 else 1.0
    there = least < NO_TOUR
    return np.where(there, (np.where(there, least, 0) * factor).astype(np.int64), NO_TOUR)


def _in_chunks(
    routing: Routing, group: HubGroup, rng: np.random.Generator, noise: float
) -> list[Ring] | None:
    """Partition too many hubs: first into runs of a nearest-neighbour walk, then exactly."""
    net, state = _priced(routing, 1, 0)
    hubs = group.hubs
    dist = hub_distances(routing.problem, net, np.minimum(state.price[0], INF), group)
    left, at, walk = set(range(len(hubs))), len(hubs), []  # the walk begins at the first core
    while left:
        at = min(left, key=lambda i: (int(dist[at, i]), i))
        left.discard(at)
        walk.append(at)
    count = -(-len(hubs) // MOST_HUBS)
    answer: list[Ring] = []
    for part in np.array_split(np.array(walk), count):
        found = partition_hubs(routing, group.only(hubs[part]), rng, noise)
        if found is None:
            return None
        answer += found
    return answer


def lay_ring(routing: Routing, wanted: Ring) -> Ring | None:
    """Lay a ring of given ends and hubs in order, within length and capacities, or return None.

    The ring's ways are not put on ``routing``.
    """
    problem = routing.problem
    total_dm = max(1, int(problem.length_dm.sum()))
    mean = int(routing.net.fixed.sum() + problem.step_cents[:, 0].sum()) / total_dm
    for length_price in _LENGTH_PRICES:
        per_dm = int(np.ceil(length_price * mean)) if length_price else 0
        net, state = _priced(routing, ring_cores(problem, wanted.hubs), per_dm)
        best: Ring | None = None
        for ring in _tries(problem, net, state, wanted):
            short = ring_length_dm(problem, ring) <= problem.ring_max_dm
            if short and (best is None or _price(state, ring) < _price(state, best)):
                best = ring
        if best is not None:
            return best
    return None


def _priced(routing: Routing, cores: int, per_dm: int) -> tuple[Net, State]:
    """Return net and state whose only demand is that of a ring; ``used`` is shared."""
    problem = routing.problem
    tie = routing.net.tie + per_dm * problem.length_dm
    net = routing.net._replace(
        demands=np.array([cores], dtype=np.int64),
        tie=tie,
        # other demands: what was known of the routing's own does not hold
        ahead_row=np.full(problem.n_nodes, -1, dtype=np.int32),
    )
    state = empty_state(net)._replace(used=routing.state.used)
    refresh_prices(net, state)
    return net, state


def _price(state: State, ring: Ring) -> int:
    return int(state.price[0][list(ring.edges)].sum())


def _tries(problem: Problem, net: Net, state: State, wanted: Ring) -> list[Ring]:
    """Return rings laid in some ways: segments from either end, joins kept apart or not."""
    found = []
    if len(wanted.hubs) == 1 and wanted.start == wanted.end:
        pair = _lone_ring(problem, net, state, wanted)
        if pair is not None and _is_simple(problem, pair):
            found.append(pair)
    count = len(wanted.hubs) + 1
    for apart in (False, True):
        for order in (range(count), range(count - 1, -1, -1)):
            ring = _lay_segments(problem, net, state, wanted, list(order), apart)
            if ring is not None and _is_simple(problem, ring):
                found.append(ring)
        if found:
            break
    return found


def _lone_ring(problem: Problem, net: Net, state: State, wanted: Ring) -> Ring | None:
    """Lay the ring of a single hub as a pair of ways."""
    ends = np.array([problem.site_node[wanted.hubs[0]]] * 2, dtype=np.int32)
    longest = min(problem.n_nodes, 4096) + 1
    ways = Ways(
        source=ends,
        target=np.full(2, problem.site_node[wanted.start], dtype=np.int32),
        cores=net.demands[[0, 0]],
        demand=np.zeros(2, dtype=np.int32),
        sibling=np.array([1, 0], dtype=np.int32),
        path=np.zeros((2, longest), dtype=np.int32),
        length=np.full(2, -1, dtype=np.int32),
        longest_dm=np.full(2, INF, dtype=np.int64),
    )
    # a state of its own: the kernel puts the cores of the pair on it
    own = state._replace(
        used=state.used.copy(), price=state.price.copy(), blocked=state.blocked.copy()
    )
    if not disjoint_pair(net, own, ways, 0, _PAIR_TRIES):
        return None
    one, two = (tuple(ways.path[w, : ways.length[w]].tolist()) for w in (0, 1))
    return replace(wanted, segments=(one[::-1], two))


def _lay_segments(
    problem: Problem, net: Net, state: State, ring: Ring, order: list[int], apart: bool
) -> Ring | None:
    """Lay the segments in a given order, each off the risk groups (``apart``: the nodes, too)."""
    stops = [ring.start, *ring.hubs, ring.end]
    nodes = [int(problem.site_node[s]) for s in stops]
    segments: list[tuple[int, ...]] = [()] * (len(stops) - 1)
    path = np.zeros(problem.n_nodes + 1, dtype=np.int32)
    state.blocked[:] = 0
    for k in order:
        closed = _edges_at(net, [n for n in nodes if n not in nodes[k : k + 2]]) if apart else []
        state.blocked[closed] += 1
        _, length = route(net, state, 0, nodes[k], nodes[k + 1], path, INF)
        state.blocked[closed] -= 1
        if length < 0:
            return None
        segments[k] = tuple(path[:length].tolist())
        block(net, state, path, length, 1)
        if apart and length > 1:
            inner = _inner_nodes(problem, nodes[k], segments[k])
            state.blocked[_edges_at(net, inner)] += 1
    return replace(ring, segments=tuple(segments))


def _edges_at(net: Net, nodes: list[int]) -> list[int]:
    """Return the edges that touch any of the nodes, each once."""
    found: set[int] = set()
    for node in nodes:
        found.update(net.eid[net.ptr[node] : net.ptr[node + 1]].tolist())
    return sorted(found)


def _inner_nodes(problem: Problem, start: int, path: tuple[int, ...]) -> list[int]:
    return _walk(problem, start, path)[1:-1]


def _walk(problem: Problem, start: int, path: tuple[int, ...]) -> list[int]:
    """Return the nodes that a walk visits."""
    node, nodes = start, [start]
    for e in path:
        tail, head = int(problem.tail[e]), int(problem.head[e])
        node = head if node == tail else tail
        nodes.append(node)
    return nodes


def _is_simple(problem: Problem, ring: Ring) -> bool:
    """Return whether no way of a hub meets a node twice (the longest two hold the others)."""
    last = ways_of_hub(ring, len(ring.hubs) - 1)[0]
    first = ways_of_hub(ring, 0)[1]
    for hub, way in ((ring.hubs[-1], last), (ring.hubs[0], first)):
        nodes = _walk(problem, int(problem.site_node[hub]), way)
        if len(set(nodes)) < len(nodes):
            return False
    return True
