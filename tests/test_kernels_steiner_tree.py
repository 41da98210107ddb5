"""The changing tree against its definition: Voronoi diagram, cycles, rollback, pruning."""

from __future__ import annotations

import itertools

import naive
import networkx as nx
import numpy as np
import pytest
from naive import FAR

from geoplan._kernels.steiner_build import build_tree, prune, tree_edges
from geoplan._kernels.steiner_moves import exchange, insert, reconnect_path, reconnect_vertex
from geoplan._kernels.steiner_tree import (
    BASE,
    DEGREE,
    DIST,
    PRED,
    ROOT,
    UP,
    UP_EDGE,
    VIA,
    StarGraph,
    State,
    begin,
    climb,
    make_state,
    rollback,
)


def star_graph(n: int, edges: list[tuple[int, int]], cost: np.ndarray) -> StarGraph:
    """Adjacency by definition: each node's edges by id."""
    rows = [[(e, v if u == x else u) for e, (u, v) in enumerate(edges) if x in (u, v)]
            for x in range(n)]  # fmt: skip
    flat = [pair for row in rows for pair in row]
    ends = np.array(edges, dtype=np.int32).reshape(-1, 2)
    return StarGraph(
        ptr=np.cumsum([0, *map(len, rows)]).astype(np.int64),
        nbr=np.array([v for _, v in flat], dtype=np.int32),
        eid=np.array([e for e, _ in flat], dtype=np.int32),
        tail=np.ascontiguousarray(ends[:, 0]),
        head=np.ascontiguousarray(ends[:, 1]),
        cost=cost.astype(np.int64),
    )


def random_case(seed: int) -> tuple[StarGraph, list[tuple[int, int]], set[int], State]:
    """A random connected graph with a random pruned spanning tree loaded; many costs are 0."""
    rng = np.random.default_rng([seed, 11])
    n = int(rng.integers(2, 15))
    edges = naive.random_graph(rng, n, int(rng.integers(n - 1, 3 * n)))
    cost = rng.integers(0, 6 if seed % 2 else 10**6, len(edges))
    graph = star_graph(n, edges, cost)
    ends = set(rng.choice(n, int(rng.integers(1, min(n, 6) + 1)), replace=False).tolist())
    is_terminal = np.zeros(n, dtype=np.bool_)
    is_terminal[list(ends)] = True
    order = rng.permutation(len(edges))  # any spanning tree: mostly a bad one
    tree = prune(graph, is_terminal, order, np.ones(len(edges), dtype=np.bool_), True)
    state = make_state(graph, is_terminal)
    build_tree(graph, state, tree, min(ends))
    return graph, edges, ends, state


def check_tree(edges: list[tuple[int, int]], chosen: np.ndarray, ends: set[int]) -> set[int]:
    """The chosen edges are a tree over the ends without a bare leaf; returns its nodes."""
    tree = nx.MultiGraph()
    tree.add_nodes_from(ends)
    for e in np.flatnonzero(chosen):
        tree.add_edge(*edges[e], key=int(e))
    assert nx.is_connected(tree)
    assert tree.number_of_edges() == tree.number_of_nodes() - 1
    assert all(v in ends for v in tree if tree.degree(v) == 1)
    return set(tree)


def check_state(
    graph: StarGraph, edges: list[tuple[int, int]], ends: set[int], state: State
) -> None:
    """Parents, degrees and the Voronoi diagram are what the tree's edges say."""
    row = state.row
    n = len(row)
    chosen = tree_edges(state, len(edges))
    nodes = check_tree(edges, chosen, ends)
    assert set(np.flatnonzero(row[:, DEGREE] >= 0).tolist()) == nodes
    degree = np.zeros(n, dtype=np.int64)
    for e in np.flatnonzero(chosen):
        degree[list(edges[e])] += 1
    assert all(row[v, DEGREE] == degree[v] for v in nodes)
    for v in nodes:
        if v == state.scalar[ROOT]:
            assert row[v, UP] == -1
        else:
            assert set(edges[row[v, UP_EDGE]]) == {v, row[v, UP]}
    far = naive.dijkstra(n, edges, graph.cost.tolist(), nodes)
    assert row[:, DIST].tolist() == far
    for v in set(range(n)) - nodes:
        if far[v] < FAR:
            u = row[v, PRED]
            assert set(edges[row[v, VIA]]) == {v, u}
            assert row[u, DIST] + graph.cost[row[v, VIA]] == row[v, DIST]
            assert row[v, BASE] == row[u, BASE]
    assert (state.local[:, DIST] == FAR).all()
    assert (state.local[:, BASE] == -1).all()


@pytest.mark.parametrize("seed", range(60))
def test_a_loaded_tree_is_what_its_edges_say(seed: int) -> None:
    graph, edges, ends, state = random_case(seed)
    check_state(graph, edges, ends, state)


@pytest.mark.parametrize("seed", range(80))
def test_moves_keep_a_tree_count_right_and_can_be_taken_back(seed: int) -> None:
    graph, edges, ends, state = random_case(seed)
    rng = np.random.default_rng([seed, 12])
    for _ in range(12):
        before = state.row.copy()
        cost = int(graph.cost[tree_edges(state, len(edges))].sum())
        state.scalar[0] = 0
        place = begin(state)
        e, kind = int(rng.integers(0, len(edges))), int(rng.integers(0, 6))
        u, v = edges[e]
        if kind == 0:
            gain = exchange(graph, state, u, v, e, False)
        elif kind == 1:
            gain = exchange(graph, state, u, v, e, True)
        elif kind in (2, 3):
            gain = insert(graph, state, u, kind == 3)
        else:
            keys = [x for x in range(len(before)) if before[x, DEGREE] >= 0
                    and (before[x, DEGREE] >= 3 or x in ends)]  # fmt: skip
            x, most = int(rng.choice(keys)), int(rng.choice([1, 100]))
            move = reconnect_path if kind == 4 else reconnect_vertex
            gain = move(graph, state, x, most)
        check_state(graph, edges, ends, state)
        assert int(graph.cost[tree_edges(state, len(edges))].sum()) == cost - gain
        assert gain >= 0 or kind in (1, 3)
        if rng.random() < 0.5:
            rollback(state, place)
            assert (state.row == before).all()


@pytest.mark.parametrize("seed", range(60))
def test_climb_finds_the_longest_stretch_of_the_cycle(seed: int) -> None:
    graph, edges, ends, state = random_case(seed)
    row = state.row
    tree = nx.Graph()
    tree.add_nodes_from(ends)
    for e in np.flatnonzero(tree_edges(state, len(edges))):
        tree.add_edge(*edges[e], weight=int(graph.cost[e]))
    nodes = sorted(tree)
    rng = np.random.default_rng([seed, 13])
    a, b = (int(x) for x in rng.choice(nodes, 2))
    path = nx.shortest_path(tree, a, b)
    stretches, length = [-1], 0
    for u, v in itertools.pairwise(path):
        length += tree[u][v]["weight"]
        if v == b or v in ends or tree.degree(v) >= 3:
            stretches.append(length)
            length = 0
    best, low, high, side = (int(x) for x in climb(graph, state, a, b))
    assert best == max(stretches)
    if best >= 0:
        v, total = low, 0
        while v != high:
            total, v = total + int(graph.cost[row[v, UP_EDGE]]), int(row[v, UP])
        assert total == best
        above = low
        cut_off = {a: 0, b: 1}
        below = {x for x in nodes if above in _up(row, x)}
        assert {cut_off[x] for x in (a, b) if x in below} == {side}


def _up(row: np.ndarray, v: int) -> list[int]:
    way = [v]
    while row[way[-1], UP] >= 0:
        way.append(int(row[way[-1], UP]))
    return way


def test_prune_by_hand() -> None:
    """Triangle 0-1-2 with a tail 2-3: the dearest side goes, and the bare tail."""
    graph = star_graph(4, [(0, 1), (1, 2), (0, 2), (2, 3)], np.array([5, 1, 2, 1]))
    is_terminal = np.array([True, True, False, False])
    by_cost = np.argsort(graph.cost, kind="stable")
    every = np.ones(4, dtype=np.bool_)
    assert prune(graph, is_terminal, by_cost, every, True).tolist() == [False, True, True, False]
    path = np.array([True, False, False, False])
    assert prune(graph, is_terminal, by_cost, path, False).tolist() == path.tolist()
    few = np.array([True, True, False, False])
    assert prune(graph, is_terminal, by_cost, few, False).tolist() == path.tolist()
    # node 2 is in, so the cheaper sides may be used
    assert prune(graph, is_terminal, by_cost, few, True).tolist() == [False, True, True, False]
