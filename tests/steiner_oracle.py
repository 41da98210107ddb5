"""Exact answers of small Steiner tree problems, and problems to ask them about.

Two methods that share nothing with the solver or with each other: the dynamic program of Dreyfus
and Wagner (1971) over sets of terminals, and brute force over the Steiner nodes a tree may have.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from geoplan.optimize.steiner.instance import SteinerInstance

FAR = 2**60
"""No way: larger than any cost, and twice that still fits an int64."""


# ---- exact answers ----------------------------------------------------------------------------


def dreyfus_wagner(instance: SteinerInstance) -> int:
    """Cost of the cheapest tree that spans the terminals, FAR or more where there is none."""
    terminals = sorted(set(instance.terminals.tolist()))
    if len(terminals) < 2:
        return 0
    distance = _distances(instance)
    *others, root = terminals
    full = 2 ** len(others)
    # best[s, v]: cheapest tree that spans v and the terminals of the set s
    best = np.full((full, instance.n_nodes), FAR, dtype=np.int64)
    for number, terminal in enumerate(others):
        best[1 << number] = distance[terminal]
    for chosen in range(1, full):
        if chosen & (chosen - 1) == 0:
            continue
        joined = best[chosen]
        part = (chosen - 1) & chosen
        while part > chosen - part:  # each pair of parts once
            np.minimum(joined, best[part] + best[chosen - part], out=joined)
            part = (part - 1) & chosen
        best[chosen] = np.minimum((joined[:, None] + distance).min(axis=0), FAR)
    return int(best[full - 1, root])


def _distances(instance: SteinerInstance) -> NDArray[np.int64]:
    """Shortest ways between all nodes (Floyd and Warshall)."""
    n = instance.n_nodes
    distance = np.full((n, n), FAR, dtype=np.int64)
    np.minimum.at(distance, (instance.tail, instance.head), instance.cost)
    distance = np.minimum(distance, distance.T)
    np.fill_diagonal(distance, 0)
    for via in range(n):
        np.minimum(distance, distance[:, via, None] + distance[via], out=distance)
    return np.minimum(distance, FAR)


def brute_force(instance: SteinerInstance) -> int:
    """The same by trying every set of Steiner nodes: the cheapest of their spanning trees."""
    terminals = set(instance.terminals.tolist())
    others = sorted(set(range(instance.n_nodes)) - terminals)
    rows = zip(instance.cost.tolist(), instance.tail.tolist(), instance.head.tolist(), strict=True)
    edges = sorted(rows)
    best = FAR
    for size in range(len(others) + 1):
        for extra in itertools.combinations(others, size):
            best = min(best, _spanning_tree(terminals.union(extra), edges, best))
    return best


def _spanning_tree(nodes: set[int], edges: list[tuple[int, int, int]], best: int) -> int:
    """Cost of the cheapest spanning tree of some nodes (Kruskal), FAR where there is none."""
    group = {node: node for node in nodes}
    cost, missing = 0, len(nodes) - 1
    for price, one, other in edges:
        if missing <= 0 or cost >= best:
            break
        if one in group and other in group:
            one, other = _top(group, one), _top(group, other)
            if one != other:
                group[one] = other
                cost += price
                missing -= 1
    return cost if missing <= 0 else FAR


def _top(group: dict[int, int], node: int) -> int:
    while group[node] != node:
        group[node] = node = group[group[node]]
    return node


def tree_cost(instance: SteinerInstance, edges: Iterable[int]) -> int:
    """Cost of a set of edges, added up anew; fail when they are no tree of the terminals."""
    chosen = [int(edge) for edge in edges]
    assert len(set(chosen)) == len(chosen), "an edge is named twice"
    assert chosen == sorted(chosen), "the edges are not in order"
    terminals = set(instance.terminals.tolist())
    group: dict[int, int] = {node: node for node in terminals}
    for edge in chosen:
        assert 0 <= edge < instance.n_edges, f"there is no edge {edge}"
        one, other = int(instance.tail[edge]), int(instance.head[edge])
        one, other = (
            _top(group, group.setdefault(one, one)),
            _top(group, group.setdefault(other, other)),
        )
        assert one != other, "the edges close a circle"
        group[one] = other
    assert len({_top(group, node) for node in group}) <= 1, "the edges are not connected"
    return sum(int(instance.cost[edge]) for edge in chosen)


# ---- problems ---------------------------------------------------------------------------------

Edges = list[tuple[int, int]]


def random_instance(seed: int) -> SteinerInstance:
    """One small problem: its shape, its prices and its oddities follow from the seed.

    At most 30 nodes and 8 terminals, which lie in one component; the rest may lie anywhere.
    """
    rng = np.random.default_rng(seed)
    shape = (_grid_with_holes, _geometric, _roads, _anything, _cover)[seed % 5]
    nodes, edges, cost = shape(rng)
    edges, cost = _add_oddities(rng, edges, cost)
    cost = _prices(rng, cost)
    order = rng.permutation(len(edges))
    name = rng.permutation(nodes)  # the number of a node says nothing about its place
    ends = name[np.array(edges, dtype=np.int64).reshape(-1, 2)[order]]
    swap = rng.random(len(ends)) < 0.5
    ends[swap] = ends[swap, ::-1]
    return SteinerInstance(
        n_nodes=nodes,
        tail=ends[:, 0].astype(np.int32),
        head=ends[:, 1].astype(np.int32),
        cost=cost[order],
        terminals=_terminals(rng, nodes, ends, name[: 7 if shape is _cover else 0]),
    )


def hard_instance(seed: int) -> SteinerInstance:
    """One problem with a large gap of the cut relaxation: a cover of 8 sites, or a hypercube."""
    rng = np.random.default_rng(seed)
    if seed % 2:
        nodes = 32
        edges = [(n, n ^ bit) for n in range(nodes) for bit in (1, 2, 4, 8, 16) if n < n ^ bit]
        terminals = rng.permutation(nodes)[:8]
    else:
        hubs = int(rng.integers(10, 30))
        nodes, edges = 9 + hubs, _cover_edges(rng, hubs, 8, 3)
        terminals = np.arange(9)
    dearest = 1 + seed // 2 % 3
    ends = np.array(edges, dtype=np.int32)
    return SteinerInstance(
        n_nodes=nodes,
        tail=ends[:, 0],
        head=ends[:, 1],
        cost=rng.integers(1, dearest + 1, len(edges)),
        terminals=terminals.astype(np.int32),
    )


def _grid_with_holes(rng: np.random.Generator) -> tuple[int, Edges, NDArray[np.int64]]:
    rows, columns = int(rng.integers(2, 7)), int(rng.integers(2, 6))
    nodes = rows * columns
    edges = [(n, n + 1) for n in range(nodes) if (n + 1) % columns]
    edges += [(n, n + columns) for n in range(nodes - columns)]
    hole = rng.random(nodes) < rng.choice([0.0, 0.1, 0.2])
    edges = [(a, b) for a, b in edges if not (hole[a] or hole[b])]
    return nodes, edges, np.full(len(edges), 10) + rng.integers(0, 4, len(edges))


def _geometric(rng: np.random.Generator) -> tuple[int, Edges, NDArray[np.int64]]:
    nodes = int(rng.integers(3, 26))
    at = rng.random((nodes, 2))
    length = np.hypot(*(at[:, None] - at).transpose(2, 0, 1))
    near = length < rng.uniform(0.25, 0.8)
    edges = [(a, b) for a, b in itertools.combinations(range(nodes), 2) if near[a, b]]
    return nodes, edges, np.array([int(1000 * length[a, b]) for a, b in edges], dtype=np.int64)


def _roads(rng: np.random.Generator) -> tuple[int, Edges, NDArray[np.int64]]:
    """A few junctions, the roads between them broken into chains of many short pieces."""
    junctions = int(rng.integers(2, 9))
    nodes, edges = junctions, []
    pairs = [(int(rng.integers(0, n)), n) for n in range(1, junctions)]
    pairs += [tuple(rng.integers(0, junctions, 2).tolist()) for _ in range(rng.integers(0, 7))]
    for one, other in pairs:
        at = one
        for _ in range(min(int(rng.integers(0, 4)), 30 - nodes)):
            edges.append((at, nodes))
            at, nodes = nodes, nodes + 1
        edges.append((at, other))
    return nodes, edges, rng.integers(1, 50, len(edges))


def _cover(rng: np.random.Generator) -> tuple[int, Edges, NDArray[np.int64]]:
    """Which hubs cover six sites: the cut relaxation has a gap here, so the search must branch."""
    hubs = int(rng.integers(4, 12))
    edges = _cover_edges(rng, hubs, 6, 4)
    return 7 + hubs, edges, rng.integers(2, 5, len(edges))


def _cover_edges(rng: np.random.Generator, hubs: int, sites: int, most: int) -> Edges:
    """Node 0 to each hub, each hub to 2 to ``most`` of the sites 1, 2, ..., each site to a hub."""
    first = sites + 1
    edges = [(0, first + hub) for hub in range(hubs)]
    for hub in range(hubs):
        reached = rng.choice(sites, size=int(rng.integers(2, most + 1)), replace=False) + 1
        edges += [(first + hub, int(site)) for site in reached]
    for site in range(1, sites + 1):
        edges.append((first + int(rng.integers(0, hubs)), site))
    return edges


def _anything(rng: np.random.Generator) -> tuple[int, Edges, NDArray[np.int64]]:
    nodes = int(rng.integers(1, 19))
    ends = rng.integers(0, nodes, (int(rng.integers(0, 3 * nodes)), 2))
    edges = [(int(one), int(other)) for one, other in ends]
    return nodes, edges, rng.integers(1, 30, len(edges))


def _add_oddities(
    rng: np.random.Generator, edges: Edges, cost: NDArray[np.int64]
) -> tuple[Edges, NDArray[np.int64]]:
    """Double some edges, at the same price or another, and tie some nodes to themselves."""
    edges, more = list(edges), []
    if edges and rng.random() < 0.5:
        for at in rng.integers(0, len(edges), int(rng.integers(1, 4))).tolist():
            one, other = edges[at]
            kind = int(rng.integers(0, 3))
            edges.append((one, one) if kind == 0 else (other, one))
            more.append(int(cost[at]) if kind == 1 else int(rng.integers(1, 60)))
    return edges, np.concatenate([cost, np.array(more, dtype=np.int64)]).astype(np.int64)


def _prices(rng: np.random.Generator, cost: NDArray[np.int64]) -> NDArray[np.int64]:
    """Leave the prices alone, or make them few, partly nothing, all the same, or vast."""
    kind = int(rng.integers(0, 6))
    if kind == 0:
        return rng.integers(1, 3, len(cost))  # ties everywhere
    if kind == 1:
        return np.where(rng.random(len(cost)) < 0.3, 0, cost)
    if kind == 2:
        return np.full(len(cost), int(rng.integers(0, 2)), dtype=np.int64)
    if kind == 3 and len(cost):
        return cost * (2**52 // max(1, int(cost.sum())))
    return cost


def _terminals(
    rng: np.random.Generator, nodes: int, ends: NDArray[np.int64], meant: NDArray[np.int64]
) -> NDArray[np.int32]:
    """None to 8 terminals of one component, in any order; those that are meant, if there are."""
    if len(meant):
        return rng.permutation(meant).astype(np.int32)
    group = {node: node for node in range(nodes)}
    for one, other in ends.tolist():
        group[_top(group, one)] = _top(group, other)
    home = _top(group, int(rng.integers(0, nodes)))
    inside = [node for node in range(nodes) if _top(group, node) == home]
    wanted = int(rng.choice([0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8]))
    return rng.permutation(inside)[:wanted].astype(np.int32)
