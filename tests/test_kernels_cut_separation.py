"""Cuts found by max flow: each one violated, and one found wherever there is one."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from geoplan._kernels.cut_separation import (
    UNIT,
    separate_cuts,
    separate_shares,
    terminals_behind,
)
from geoplan._kernels.dual_ascent import dual_ascent, dual_ascent_cuts
from geoplan.optimize.graph_arrays import arcs_by_head
from tests.steiner_oracle import random_instance

SEEDS = [seed for seed in range(90) if len(np.unique(random_instance(seed).terminals)) > 1][:40]


@pytest.mark.parametrize("seed", SEEDS)
def test_cuts_are_violated_and_found_when_there_is_one(seed: int) -> None:
    instance = random_instance(seed)
    rng = np.random.default_rng(seed)
    tail = np.concatenate([instance.tail, instance.head]).astype(np.int32)
    head = np.concatenate([instance.head, instance.tail]).astype(np.int32)
    in_ptr, in_arc = arcs_by_head(instance.n_nodes, head)
    amount = rng.choice([0, UNIT // 4, UNIT // 2, UNIT], size=len(tail)).astype(np.int64)
    terminals = np.unique(instance.terminals).astype(np.int32)
    root = int(terminals[0])
    allowed = np.ones(len(tail), bool)
    ptr, arcs = separate_cuts(
        in_ptr, in_arc, tail, head, amount, root, terminals, 0, 4, 100_000, allowed
    )
    found = False
    for i in range(len(ptr) - 1):
        cut = arcs[ptr[i] : ptr[i + 1]]
        found = True
        assert amount[cut].sum() < UNIT
        # without the arcs of the cut some terminal has no way from the root
        rest = nx.DiGraph()
        rest.add_nodes_from(range(instance.n_nodes))
        keep = np.ones(len(tail), bool)
        keep[cut] = False
        rest.add_edges_from(zip(tail[keep].tolist(), head[keep].tolist(), strict=True))
        assert not set(terminals.tolist()) <= nx.descendants(rest, root) | {root}
    flow = nx.DiGraph()
    flow.add_nodes_from(range(instance.n_nodes))
    for a in range(len(tail)):
        u, v = int(tail[a]), int(head[a])
        if u != v:
            more = flow.get_edge_data(u, v, {"capacity": 0})["capacity"]
            flow.add_edge(u, v, capacity=more + int(amount[a]))
    least = min(nx.maximum_flow_value(flow, root, int(t)) for t in terminals[1:])
    assert found == (least < UNIT)


@pytest.mark.parametrize("seed", SEEDS[:15])
def test_recorded_cuts_separate_a_terminal_and_do_not_change_the_ascent(seed: int) -> None:
    instance = random_instance(seed)
    tail = np.concatenate([instance.tail, instance.head]).astype(np.int32)
    head = np.concatenate([instance.head, instance.tail]).astype(np.int32)
    in_ptr, in_arc = arcs_by_head(instance.n_nodes, head)
    terminals = np.unique(instance.terminals).astype(np.int32)
    root = int(terminals[0])
    cost = np.concatenate([instance.cost, instance.cost])
    plain, recorded = cost.copy(), cost.copy()
    bound = dual_ascent(in_ptr, in_arc, tail, plain, root, terminals)
    again, ptr, arcs = dual_ascent_cuts(
        in_ptr, in_arc, tail, recorded, root, terminals, 1000, 100_000
    )
    assert bound == again
    assert (plain == recorded).all()
    for i in range(len(ptr) - 1):
        rest = nx.DiGraph()
        rest.add_nodes_from(range(instance.n_nodes))
        keep = np.ones(len(tail), bool)
        keep[arcs[ptr[i] : ptr[i + 1]]] = False
        rest.add_edges_from(zip(tail[keep].tolist(), head[keep].tolist(), strict=True))
        assert not set(terminals.tolist()) <= nx.descendants(rest, root) | {root}


@pytest.mark.parametrize("seed", SEEDS[:20])
def test_shares_are_cut_off_where_less_arrives(seed: int) -> None:
    """With a need per terminal: every cut is short of its own terminal's need, by max flow."""
    instance = random_instance(seed)
    rng = np.random.default_rng([seed, 3])
    tail = np.concatenate([instance.tail, instance.head]).astype(np.int32)
    head = np.concatenate([instance.head, instance.tail]).astype(np.int32)
    in_ptr, in_arc = arcs_by_head(instance.n_nodes, head)
    amount = rng.choice([0, UNIT // 4, UNIT // 2, UNIT], size=len(tail)).astype(np.int64)
    terminals = np.unique(instance.terminals).astype(np.int32)
    root = int(terminals[0])
    need = rng.choice([0, UNIT // 4, UNIT // 2, UNIT], size=len(terminals)).astype(np.int64)
    allowed = np.ones(len(tail), bool)
    ptr, arcs, around = separate_shares(
        in_ptr, in_arc, tail, head, amount, root, terminals, need, 0, 1, 100_000, allowed
    )
    graph = nx.DiGraph()
    graph.add_nodes_from(range(instance.n_nodes))
    for a in range(len(tail)):
        u, v = int(tail[a]), int(head[a])
        if u != v:
            more = graph.get_edge_data(u, v, {"capacity": 0})["capacity"]
            graph.add_edge(u, v, capacity=more + int(amount[a]))
    short = {
        i
        for i in range(1, len(terminals))
        if nx.maximum_flow_value(graph, root, int(terminals[i])) < need[i]
    }
    assert set(around.tolist()) == short
    for i, terminal in enumerate(around.tolist()):
        assert amount[arcs[ptr[i] : ptr[i + 1]]].sum() < need[terminal]


@pytest.mark.parametrize("seed", SEEDS[:20])
def test_who_is_behind_a_cut(seed: int) -> None:
    """The same as what networkx can't reach without the arcs of the cut, either way round."""
    instance = random_instance(seed)
    rng = np.random.default_rng([seed, 4])
    tail = np.concatenate([instance.tail, instance.head]).astype(np.int32)
    head = np.concatenate([instance.head, instance.tail]).astype(np.int32)
    terminals = np.unique(instance.terminals).astype(np.int32)
    root = int(terminals[0])
    rows = [rng.choice(len(tail), int(rng.integers(0, len(tail))), replace=False) for _ in range(8)]
    cut_ptr = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    cut_arcs = np.concatenate(rows).astype(np.int32)
    for near, far in ((tail, head), (head, tail)):
        ptr, behind = terminals_behind(
            *arcs_by_head(instance.n_nodes, near), far, root, cut_ptr, cut_arcs, terminals
        )
        for c, row in enumerate(rows):
            graph = nx.DiGraph()
            graph.add_nodes_from(range(instance.n_nodes))
            keep = np.setdiff1d(np.arange(len(tail)), row)
            graph.add_edges_from(zip(near[keep].tolist(), far[keep].tolist(), strict=True))
            reached = nx.descendants(graph, root) | {root}
            missing = [i for i, t in enumerate(terminals.tolist()) if t not in reached]
            assert behind[ptr[c] : ptr[c + 1]].tolist() == missing
