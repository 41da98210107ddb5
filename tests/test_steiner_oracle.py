"""The oracles agree with each other, with hand-made answers and with what networkx promises."""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx
import numpy as np
import pytest
from steiner_oracle import FAR, brute_force, dreyfus_wagner, random_instance, tree_cost

from geoplan.optimize.steiner.instance import SteinerInstance


def problem(nodes: int, edges: list[tuple[int, int, int]], *terminals: int) -> SteinerInstance:
    tail, head, cost = np.array(edges, dtype=np.int64).reshape(-1, 3).T
    return SteinerInstance(
        nodes,
        tail.astype(np.int32),
        head.astype(np.int32),
        cost,
        np.array(terminals, dtype=np.int32),
    )


# A star pays: three ways of 6 between the terminals 0, 1, 2, or 4 each to the middle, 3.
STAR = problem(4, [(0, 1, 6), (1, 2, 6), (0, 2, 6), (0, 3, 3), (1, 3, 3), (2, 3, 4)], 0, 1, 2)
# A circle of 5: the two terminals are joined the short way round.
CIRCLE = problem(5, [(0, 1, 1), (1, 2, 1), (2, 3, 1), (3, 4, 1), (4, 0, 1)], 0, 3)


@pytest.mark.parametrize("oracle", [dreyfus_wagner, brute_force])
def test_answers_by_hand(oracle: Callable[[SteinerInstance], int]) -> None:
    assert oracle(STAR) == 10
    assert oracle(CIRCLE) == 2
    assert oracle(problem(2, [(0, 1, 7), (1, 0, 5), (0, 0, 1)], 0, 1)) == 5
    assert oracle(problem(3, [(0, 1, 7)], 2)) == 0
    assert oracle(problem(3, [(0, 1, 7)])) == 0
    assert oracle(problem(3, [(0, 1, 7)], 0, 2)) >= FAR


def test_dreyfus_wagner_and_brute_force_agree() -> None:
    compared = 0
    for seed in range(600):
        instance = random_instance(seed)
        if instance.n_nodes - len(instance.terminals) <= 7:
            compared += 1
            assert dreyfus_wagner(instance) == brute_force(instance), seed
    assert compared > 100


def test_networkx_is_between_the_optimum_and_its_promise() -> None:
    for seed in range(200):
        instance = random_instance(seed)
        if len(instance.terminals) < 2:
            continue
        graph = nx.Graph()
        rows = zip(
            instance.tail.tolist(), instance.head.tolist(), instance.cost.tolist(), strict=True
        )
        for tail, head, cost in sorted(rows, key=lambda row: -row[2]):
            graph.add_edge(tail, head, weight=cost)
        # it stumbles over nodes without a way to the terminals
        first = int(instance.terminals[0])
        graph = graph.subgraph(nx.node_connected_component(graph, first)).copy()
        tree = nx.algorithms.approximation.steiner_tree(
            graph, instance.terminals.tolist(), method="mehlhorn"
        )
        optimum = dreyfus_wagner(instance)
        assert optimum <= tree.size("weight") <= 2 * optimum, seed


def test_problems_are_what_they_are_meant_to_be() -> None:
    seen = set()
    for seed in range(400):
        instance = random_instance(seed)
        again = random_instance(seed)
        assert np.array_equal(instance.cost, again.cost)
        assert np.array_equal(instance.tail, again.tail)
        assert instance.n_nodes <= 30
        assert len(instance.terminals) <= 8
        assert len(set(instance.terminals.tolist())) == len(instance.terminals)
        assert int(instance.cost.sum()) < 2**53
        assert dreyfus_wagner(instance) < FAR
        pairs = np.sort(np.column_stack([instance.tail, instance.head]), axis=1)
        seen |= {
            ("loop", bool((instance.tail == instance.head).any())),
            ("parallel", len(np.unique(pairs, axis=0)) < len(pairs)),
            ("free", bool((instance.cost == 0).any())),
            ("vast", bool((instance.cost > 2**45).any())),
            ("terminals", len(instance.terminals)),
            ("nothing but terminals", len(instance.terminals) == instance.n_nodes),
        }
    for name in ("loop", "parallel", "free", "vast", "nothing but terminals"):
        assert {(name, True), (name, False)} <= seen
    assert {("terminals", number) for number in range(9)} <= seen


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ([0, 1, 2], "circle"),
        ([0], "not connected"),
        ([], "not connected"),
        ([1, 0], "order"),
        ([3, 3, 4, 5], "twice"),
        ([3, 4, 6], "no edge 6"),
    ],
)
def test_what_is_no_tree_is_refused(edges: list[int], message: str) -> None:
    assert tree_cost(STAR, [3, 4, 5]) == 10
    with pytest.raises(AssertionError, match=message):
        tree_cost(STAR, edges)
