"""The kernels of the reductions on tiny graphs with answers by hand."""

from __future__ import annotations

import numpy as np
import pytest

from geoplan._kernels import steiner_reduce_dual as dual
from geoplan._kernels import steiner_reduce_forest as forest
from geoplan._kernels import steiner_reduce_graph as graphs
from geoplan._kernels import steiner_reduce_near as nearby
from geoplan._kernels import steiner_reduce_walk as walks
from geoplan._kernels.steiner_reduce_close import close_nodes
from geoplan._kernels.steiner_reduce_extend import (
    Dual,
    extended_branchless,
    extended_edges,
)

FAR = 9223372036854775807


def graph_of(n: int, edges: list[tuple[int, int, int]], terminals: list[int]) -> graphs.Graph:
    table = np.array(edges, np.int64).reshape(-1, 3)
    return graphs.build_graph(
        n,
        table[:, 0].astype(np.int32),
        table[:, 1].astype(np.int32),
        table[:, 2].copy(),
        np.array(terminals, np.int32),
        np.ones(len(edges), np.bool_),
    )


def edges_of(graph: graphs.Graph) -> set[tuple[int, int, int]]:
    found = set()
    for e in np.flatnonzero(graph.alive).tolist():
        u, v = int(graph.end[2 * e]), int(graph.end[2 * e + 1])
        found.add((min(u, v), max(u, v), int(graph.cost[e])))
    return found


def test_loops_and_dearer_parallel_edges_are_left_out() -> None:
    graph = graph_of(3, [(0, 1, 5), (1, 0, 3), (1, 1, 0), (2, 1, 4), (1, 2, 4)], [0, 2])
    assert edges_of(graph) == {(0, 1, 3), (1, 2, 4)}
    assert graph.alive.tolist() == [False, True, False, True, False]
    assert graph.scalar[graphs.N_EDGES] == 2


def test_degrees_solve_a_path() -> None:
    graph = graph_of(5, [(0, 1, 2), (1, 2, 3), (2, 3, 4), (2, 4, 9)], [0, 3])
    graphs.settle_degrees(graph)
    assert graph.scalar[graphs.N_TERMINALS] == 1
    assert graph.scalar[graphs.FIXED_COST] == 9
    pieces = graph.fixed[: graph.scalar[graphs.N_FIXED]]
    _, leaves = forest.expand_forest(graph.left, graph.right, 4, pieces)
    assert sorted(leaves.tolist()) == [0, 1, 2]


def test_contraction_keeps_the_cheaper_of_two_edges() -> None:
    graph = graph_of(4, [(0, 1, 1), (0, 2, 7), (1, 2, 5), (1, 3, 2), (2, 3, 9)], [0, 1, 3])
    node = graphs.contract(graph, 0)
    assert graph.terminal[node]
    assert graph.scalar[graphs.N_TERMINALS] == 2
    assert {c for *_, c in edges_of(graph)} == {5, 2, 9}


def test_an_edge_that_costs_nothing_makes_no_terminal() -> None:
    graph = graph_of(4, [(0, 1, 1), (1, 2, 0), (2, 3, 1)], [0, 3])
    graphs.contract_free(graph)
    assert graph.scalar[graphs.N_TERMINALS] == 2
    assert int(graph.terminal.sum()) == 2
    assert graph.scalar[graphs.FIXED_COST] == 0


def test_what_hangs_on_no_terminal_goes() -> None:
    graph = graph_of(5, [(0, 1, 1), (2, 3, 1), (3, 4, 1), (2, 4, 1)], [0, 1])
    assert graphs.drop_unreachable(graph)
    assert edges_of(graph) == {(0, 1, 1)}
    assert not graphs.drop_unreachable(graph_of(4, [(0, 1, 1), (2, 3, 1)], [0, 3]))


def test_nearest_terminals_pass_no_other_terminal() -> None:
    #  0* -2- 1 -3- 2* -1- 3* ; node 1 hangs on 3 only through 2
    graph = graph_of(4, [(0, 1, 2), (1, 2, 3), (2, 3, 1)], [0, 2, 3])
    near, dist = nearby.nearest_terminals(graph, 3)
    assert near[1].tolist() == [0, 2, -1]
    assert dist[1].tolist() == [2, 3, FAR]
    assert near[2].tolist() == [2, -1, -1]
    *_, longest = nearby.terminal_bottlenecks(graph, near, dist)
    assert longest == 5


def test_walks_reset_at_terminals() -> None:
    # 0 -4- 1* -3- 2 against the direct edge of 5
    graph = graph_of(3, [(0, 1, 4), (1, 2, 3), (0, 2, 5)], [1])
    scratch = walks.new_walks(3, 20)
    walks.search(graph, scratch, 0, -1, -1, 2, False, FAR // 4, 20)
    assert scratch.value.tolist() == [0, 4, 4]


def test_walks_gain_where_a_terminal_hangs_cheaply() -> None:
    # 0 -4- 1 -4- 2: terminal 3 hangs on 1 by 1, otherwise by 6 on 4: node 1 gains 5
    edges = [(0, 1, 4), (1, 2, 4), (1, 3, 1), (3, 4, 6), (0, 2, 5)]
    graph = graph_of(5, edges, [3, 4])
    scratch = walks.new_walks(5, 40)
    n_seen = walks.search(graph, scratch, 0, 2, -1, 4, True, FAR // 4, 40)
    assert scratch.value[2] == 4
    walks.forget(scratch, n_seen)
    walks.search(graph, scratch, 0, 2, -1, 4, False, FAR // 4, 40)
    assert scratch.value[2] == 8


def test_gain_does_not_count_next_to_its_own_edge() -> None:
    # from terminal 3 by its cheapest edge over 1 to 2: 1 + 4, no gain
    graph = graph_of(5, [(1, 2, 4), (1, 3, 1), (3, 4, 6)], [3, 4])
    scratch = walks.new_walks(5, 40)
    walks.search(graph, scratch, 3, -1, -1, -1, True, FAR // 4, 40)
    assert scratch.value[2] == 5


@pytest.mark.parametrize(("direct", "gone"), [(7, True), (8, True), (6, False)])
def test_edge_goes_when_a_walk_is_no_longer(direct: int, gone: bool) -> None:
    graph = graph_of(3, [(0, 1, 3), (1, 2, 4), (0, 2, direct)], [0, 2])
    scratch = walks.new_walks(3, 20)
    deleted = walks.delete_by_walks(graph, scratch, 20, np.ones(3, np.bool_))
    assert deleted == gone
    assert bool(graph.alive[2]) != gone


def test_star_with_cheap_rim_is_replaced() -> None:
    # spokes 4, rim 4: two rim edges cost less than three spokes, and no spoke pair is needed
    edges = [(0, 3, 4), (1, 3, 4), (2, 3, 4), (0, 1, 4), (1, 2, 4)]
    graph = graph_of(4, edges, [0, 1, 2])
    scratch = walks.new_walks(4, 40)
    marks = np.zeros(4, np.bool_)
    assert walks.replace_nodes(graph, scratch, 40, np.ones(4, np.bool_), marks) == 1
    assert edges_of(graph) == {(0, 1, 4), (1, 2, 4)}


def test_links_are_contracted() -> None:
    # terminal 0: cheapest edge 1 to node 1, on to terminal 2 by 2, second edge 5
    graph = graph_of(4, [(0, 1, 1), (1, 2, 2), (0, 3, 5), (3, 2, 5), (1, 3, 5)], [0, 2])
    near, dist = nearby.nearest_terminals(graph, 2)
    assert nearby.contract_links(graph, near, dist) >= 1
    assert graph.scalar[graphs.FIXED_COST] >= 1


def test_distances_of_reduced_costs() -> None:
    # arcs 0 -> 1 (1), 1 -> 2 (2), 1 -> 3 (4)
    head = np.array([1, 2, 3], np.int32)
    tail = np.array([0, 1, 1], np.int32)
    cost = np.array([1, 2, 4], np.int64)
    out_ptr = np.array([0, 1, 3, 3, 3])
    in_ptr = np.array([0, 0, 1, 2, 3])
    order = np.arange(3, dtype=np.int32)
    assert dual.distance_from(out_ptr, order, head, cost, 0, 100)[:4].tolist() == [0, 1, 3, 5]
    one, two = dual.two_nearest(in_ptr, order, tail, cost, np.array([2, 3], np.int32), 100)
    assert one.tolist() == [3, 2, 0, 0]
    assert two[:2].tolist() == [5, 4]
    doomed = dual.doomed_branchings(np.array([0, 1, 3, 5]), one, two, 7)
    assert doomed.tolist() == [True, True, True, True]
    assert not dual.doomed_branchings(np.array([0, 1, 3, 5]), one, two, 9)[1]


def no_dual() -> Dual:
    none = np.zeros(0, np.int64)
    return Dual(none, none, none, none, np.array([-1], np.int64))


def test_detour_is_seen_one_edge_further() -> None:
    # edge (1, 2) of 3 is no detour itself, but from 2 every way on is: 1-2-3 costs 3 + 3
    # against 4 by node 4, 1-2-5 the same by node 6, and the star at 2 costs 9 against 8
    edges = [(0, 1, 1), (1, 2, 3), (2, 3, 3), (2, 5, 3), (1, 4, 2), (4, 3, 2), (1, 6, 2)]
    edges += [(6, 5, 2), (3, 7, 1), (5, 8, 1)]
    graph = graph_of(9, edges, [0, 7, 8])
    everything = np.ones(9, np.bool_)
    close = close_nodes(graph, walks.new_walks(9, 60), walks.new_walks(9, 60), everything, 60)
    gone = np.zeros(len(edges), np.bool_)
    extended_edges(graph, close, no_dual(), everything, gone, 2, 60)
    assert gone[1]
    assert not gone[[0, 8, 9]].any()
    marks = np.zeros(9, np.bool_)
    extended_branchless(graph, close, no_dual(), everything, np.zeros_like(gone), marks, 4, 2, 60)
    assert marks[2]
