"""Local search: true local optima, never dearer, costs left as they were, optimum not undercut."""

from __future__ import annotations

import itertools

import naive
import networkx as nx
import numpy as np
import pytest
from naive import FAR
from test_kernels_steiner_tree import check_state, random_case

from geoplan._kernels.steiner_build import tree_edges
from geoplan._kernels.steiner_search import descend, enqueue_all, wander
from geoplan._kernels.steiner_tree import StarGraph, State

ALL = 1 << 40


def local_optimum(graph: StarGraph, state: State, order: np.ndarray, most: int = ALL) -> int:
    total = 0
    while True:
        enqueue_all(state, order)
        gain = int(descend(graph, state, most, False))
        assert gain >= 0
        if gain == 0:
            return total
        total += gain


def spanning_cost(edges: list, cost: np.ndarray, nodes: set[int], ends: set[int]) -> int:
    """Cost of the pruned minimum spanning tree on some nodes; FAR when they hang not together."""
    graph = nx.Graph()
    graph.add_nodes_from(nodes)
    for (u, v), c in zip(edges, cost.tolist(), strict=True):
        if u in nodes and v in nodes and (not graph.has_edge(u, v) or graph[u][v]["w"] > c):
            graph.add_edge(u, v, w=c)
    if not nx.is_connected(graph):
        return FAR
    tree = nx.minimum_spanning_tree(graph, weight="w")
    while True:
        bare = [v for v in tree if tree.degree(v) == 1 and v not in ends]
        if not bare:
            return sum(c for _, _, c in tree.edges(data="w"))
        tree.remove_nodes_from(bare)


def rejoined_cost(n: int, edges: list, cost: np.ndarray, tree: nx.Graph, gone: list) -> int:
    """Cost of the cheapest way to join what is left of a tree without some stretches."""
    rest = tree.copy()
    for path in gone:
        rest.remove_edges_from(itertools.pairwise(path))
        rest.remove_nodes_from(v for v in path[1:-1] if v in rest)
    ends = {path[-1] for path in gone} | {path[0] for path in gone}
    rest.remove_nodes_from([v for v in ends if v in rest and rest.degree(v) == 0 and
                            len(gone) > 1 and all(path[0] == v for path in gone)])  # fmt: skip
    parts = list(nx.connected_components(rest))
    closure = nx.Graph()
    closure.add_nodes_from(range(len(parts)))
    for i, part in enumerate(parts):
        far = naive.dijkstra(n, edges, cost.tolist(), part)
        for j in range(i):
            closure.add_edge(i, j, w=min(far[v] for v in parts[j]))
    joined = nx.minimum_spanning_tree(closure, weight="w")
    return sum(c for _, _, c in joined.edges(data="w"))


def key_paths(tree: nx.Graph, ends: set[int]) -> list[list[int]]:
    """Stretches between terminals and branch nodes, each once per direction."""
    keys = {v for v in tree if v in ends or tree.degree(v) >= 3}
    found = []
    for v in keys:
        for w in tree[v]:
            path = [v, w]
            while path[-1] not in keys:
                path += [x for x in tree[path[-1]] if x != path[-2]]
            found.append(path)
    return found


@pytest.mark.parametrize("seed", range(120))
def test_no_single_move_betters_a_local_optimum(seed: int) -> None:
    graph, edges, ends, state = random_case(seed)
    n, cost = len(state.row), graph.cost
    before = int(cost[tree_edges(state, len(edges))].sum())
    gain = local_optimum(graph, state, np.random.default_rng(seed).permutation(n))
    check_state(graph, edges, ends, state)
    chosen = tree_edges(state, len(edges))
    now = int(cost[chosen].sum())
    assert now == before - gain
    arcs = [*edges, *((v, u) for u, v in edges)]
    assert now >= naive.arborescence(n, arcs, [*cost.tolist()] * 2, min(ends), ends)

    tree = nx.Graph()
    tree.add_nodes_from(ends)
    for e in np.flatnonzero(chosen):
        tree.add_edge(*edges[e], w=int(cost[e]))
    nodes = set(tree)
    for v in set(range(n)) - nodes:  # insertion
        assert spanning_cost(edges, cost, nodes | {v}, ends) >= now
    for v in nodes - ends:  # elimination
        assert spanning_cost(edges, cost, nodes - {v}, ends) >= now

    def length(path: list[int]) -> int:
        return sum(tree[u][v]["w"] for u, v in itertools.pairwise(path))

    paths = key_paths(tree, ends)
    for path in paths:  # key-path exchange
        assert rejoined_cost(n, edges, cost, tree, [path]) >= length(path)
    for v in nodes - ends:  # key-vertex elimination
        star = [path for path in paths if path[0] == v]
        if len(star) >= 3:
            assert rejoined_cost(n, edges, cost, tree, star) >= sum(map(length, star))


@pytest.mark.parametrize("seed", range(40))
def test_a_short_look_below_gives_a_tree_too(seed: int) -> None:
    graph, edges, ends, state = random_case(seed)
    before = int(graph.cost[tree_edges(state, len(edges))].sum())
    gain = local_optimum(graph, state, np.arange(len(state.row)), most=1)
    check_state(graph, edges, ends, state)
    assert int(graph.cost[tree_edges(state, len(edges))].sum()) == before - gain


@pytest.mark.parametrize("seed", range(40))
def test_wandering_never_makes_it_dearer_and_leaves_costs_alone(seed: int) -> None:
    graph, edges, ends, state = random_case(seed)
    cost = graph.cost.copy()
    start = int(cost[tree_edges(state, len(edges))].sum())
    gain = local_optimum(graph, state, np.arange(len(state.row)))
    rng = np.random.default_rng(seed)
    places = rng.integers(0, 10**6, (20, 3))
    places[:, 0] %= len(edges)
    places[:, 2] %= 9
    noise = rng.integers(300, 1800, 17)
    more = int(wander(graph, state, places, noise, ALL, ALL))
    assert more >= 0
    assert (graph.cost == cost).all()
    check_state(graph, edges, ends, state)
    now = int(cost[tree_edges(state, len(edges))].sum())
    assert now == start - gain - more
    arcs = [*edges, *((v, u) for u, v in edges)]
    best = naive.arborescence(len(state.row), arcs, [*cost.tolist()] * 2, min(ends), ends)
    assert now >= best
    assert int(wander(graph, state, places, noise, ALL, 0)) == 0  # a goal of nothing


def test_wandering_leaves_a_local_optimum() -> None:
    """Most of the small instances end at the optimum, more than descents alone reach."""
    hit = [0, 0]
    for seed in range(60):
        graph, edges, ends, state = random_case(seed)
        n, cost = len(state.row), graph.cost
        arcs = [*edges, *((v, u) for u, v in edges)]
        best = naive.arborescence(n, arcs, [*cost.tolist()] * 2, min(ends), ends)
        local_optimum(graph, state, np.arange(n))
        hit[0] += int(cost[tree_edges(state, len(edges))].sum()) == best
        rng = np.random.default_rng(seed)
        places = rng.integers(0, 10**6, (30, 3))
        places[:, 0] %= len(edges)
        places[:, 2] %= 9
        wander(graph, state, places, rng.integers(300, 1800, 17), ALL, ALL)
        hit[1] += int(cost[tree_edges(state, len(edges))].sum()) == best
    assert hit[0] >= 50
    assert hit[1] >= max(59, hit[0])
