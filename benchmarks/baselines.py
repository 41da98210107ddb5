"""geoplan's design against the two methods in use in public planning tools, same graph and prices.

    python benchmarks/baselines.py [--roads FILE]

Both baselines choose which sites to link and then route each link by its shortest path:

* `mst`: the minimum spanning tree over shortest paths (Kruskal), as in the ITU's platform;
* `prim`: Prim over straight-line distances times 1.2, as in the Giga model.

Neither knows of second ways, cables or cores. So that all are priced alike, the trenches that a
baseline chose are taken as open, hubs get their pairs of ways and every way is routed by marginal
cost over what is open first (the same step that geoplan starts from); then the whole bill counts.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial.distance import cdist

from geoplan.candidates import build_candidates
from geoplan.candidates.graph import CandidateGraph
from geoplan.cost import edge_costs
from geoplan.datasets import tianjin_scenario
from geoplan.demand import site_demand
from geoplan.optimize.problem import Problem, build_problem
from geoplan.optimize.solve import solve
from geoplan.optimize.survivable import design_on, single_use_cents
from geoplan.read import read_layers, read_scenario


def instance(roads: str | None) -> tuple[Problem, CandidateGraph, int, float]:
    """The problem of the embedded scenario, on real roads where they are given."""
    scenario = read_scenario(tianjin_scenario())
    if roads:
        path = str(Path(roads).resolve())
        scenario = replace(scenario, layers=replace(scenario.layers, roads=path))
    layers = read_layers(scenario)
    graph = build_candidates(layers, scenario)
    demand = site_demand(layers.sites, layers.districts, scenario)
    problem, _ = build_problem(graph, edge_costs(graph, scenario), layers.sites, demand, scenario)
    return problem, graph, scenario.solve.seed, scenario.solve.work_limit


def opened_by(problem: Problem, graph: CandidateGraph, straight: bool) -> NDArray[np.bool_]:
    """Edges on the shortest paths of the links that a baseline chooses."""
    cents = single_use_cents(problem).astype(np.float64)
    lower = np.minimum(problem.tail, problem.head).astype(np.int64)
    upper = np.maximum(problem.tail, problem.head).astype(np.int64)
    order = np.lexsort((cents, upper, lower))
    first = np.r_[True, (np.diff(lower[order]) != 0) | (np.diff(upper[order]) != 0)]
    kept = order[first]
    n = problem.n_nodes
    # free edges keep a weight above zero, or the sparse matrix would lose them
    net = sp.coo_matrix((cents[kept] + 1.0, (lower[kept], upper[kept])), shape=(n, n)).tocsr()
    edge_of = dict(
        zip(
            zip(lower[kept].tolist(), upper[kept].tolist(), strict=True),
            kept.tolist(),
            strict=False,
        )
    )
    nodes = np.unique(problem.site_node)
    away, before = dijkstra(net, directed=False, indices=nodes, return_predecessors=True)
    xy = np.asarray(graph.node_xy)[nodes]
    metric = cdist(xy, xy) * 1.2 + 1e-6 if straight else away[:, nodes]
    tree = minimum_spanning_tree(sp.csr_matrix(np.triu(metric, 1))).tocoo()
    opened = np.zeros(problem.n_edges, dtype=np.bool_)
    for a, b in zip(tree.row.tolist(), tree.col.tolist(), strict=True):
        v = int(nodes[b])
        while v != nodes[a]:
            u = int(before[a, v])
            opened[edge_of[min(u, v), max(u, v)]] = True
            v = u
    return opened


def main() -> None:
    parser = argparse.ArgumentParser(description="geoplan against the methods of public tools")
    parser.add_argument("--roads", help="a roads layer; the embedded corridors when left out")
    problem, graph, seed, work_limit = instance(parser.parse_args().roads)
    began = time.perf_counter()
    ours = solve(problem, seed=seed, work_limit=work_limit)
    cost, bound = ours.design.cost_cents, ours.design.bound_cents
    seconds = time.perf_counter() - began
    print(
        f"{'geoplan':<8} {cost / 1e8:9.2f} million yuan  {cost / bound - 1:+7.2%} over the bound"
        f"  {seconds:6.1f} s"
    )
    for name, straight in (("mst", False), ("prim", True)):
        began = time.perf_counter()
        routing = design_on(problem, opened_by(problem, graph, straight))
        other = routing.cost_cents + int(problem.site_cents.sum())
        assert not len(routing.unrouted())
        seconds = time.perf_counter() - began
        print(
            f"{name:<8} {other / 1e8:9.2f} million yuan  {other / bound - 1:+7.2%} over the bound"
            f"  {seconds:6.1f} s  geoplan saves {1 - cost / other:.2%}"
        )


if __name__ == "__main__":
    main()
