"""Calibrate the detour factor: how much longer the road is than the straight line.

Shortest ways over the cleaned road layer (lead-ins counted straight) are divided by shortest ways
over corridors drawn straight between neighbouring settlements, and, for neighbours, by the
straight line. Run from the root of the project, with the real layers in ``../shared`` or where
``GEOPLAN_SHARED`` says::

    python benchmarks/detour_factor.py
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

from geoplan.candidates import CandidateGraph, build_candidates
from geoplan.candidates.settlements import gabriel_edges
from geoplan.read import read_layers, read_scenario

ROOT = Path(__file__).resolve().parent.parent


def _shortest(graph: CandidateGraph, start: np.ndarray) -> np.ndarray:
    """Return shortest ways (m) from the start nodes to every node."""
    # parallel edges: the first of each pair of nodes is the shortest
    low, high = np.minimum(graph.tail, graph.head), np.maximum(graph.tail, graph.head)
    order = np.lexsort((graph.length_m, high, low))
    key = low[order].astype(np.int64) * graph.n_nodes + high[order]
    kept = order[np.unique(key, return_index=True)[1]]
    shape = (graph.n_nodes, graph.n_nodes)
    network = coo_array((graph.length_m[kept], (low[kept], high[kept])), shape=shape).tocsr()
    return dijkstra(network, directed=False, indices=start)


def _report(title: str, base_m: np.ndarray, road_m: np.ndarray) -> None:
    ratio = road_m / base_m
    spread = "  ".join(f"{p}%: {np.percentile(ratio, p):.3f}" for p in (5, 25, 50, 75, 95))
    print(f"{title}\n  {len(ratio)} pairs, sum over sum {road_m.sum() / base_m.sum():.3f}")
    print(f"  {spread}")


def main() -> None:
    """Print the distributions; the median of township to hub is the figure for the scenario."""
    shared = Path(os.environ.get("GEOPLAN_SHARED", ROOT.parent / "shared"))
    scenario = read_scenario(ROOT / "data" / "tianjin" / "scenario.toml")
    straight = replace(scenario.route.detour_factor, value=1.0)
    scenario = replace(
        scenario,
        route=replace(scenario.route, detour_factor=straight),
        policy=replace(scenario.policy, reuse="none"),
    )
    layers = read_layers(scenario, roads=str(shared / "data" / "tianjin" / "roads_osm.gpkg"))
    on_roads = build_candidates(layers, scenario)
    drawn = build_candidates(replace(layers, roads=None), scenario)
    sites = layers.sites
    settled = sites["level"].isin(["core", "district", "township"]).to_numpy()
    rows = np.flatnonzero(settled & (on_roads.site_node >= 0))
    # one row per building
    rows = rows[np.unique(on_roads.site_node[rows], return_index=True)[1]]
    road_m = _shortest(on_roads, on_roads.site_node[rows])[:, on_roads.site_node[rows]]
    drawn_m = _shortest(drawn, drawn.site_node[rows])[:, drawn.site_node[rows]]
    xy = on_roads.node_xy[on_roads.site_node[rows]]
    pairs, _ = gabriel_edges(xy)
    i, j = pairs[:, 0], pairs[:, 1]
    _report("neighbours: road / straight line", np.hypot(*(xy[j] - xy[i]).T), road_m[i, j])
    level = sites["level"].to_numpy()[rows]
    district = sites["district_code"].to_numpy()[rows]
    towns, hubs = np.flatnonzero(level == "township"), np.flatnonzero(level == "district")
    hub_of = {district[hub]: hub for hub in hubs}
    own = np.array([(town, hub_of[district[town]]) for town in towns if district[town] in hub_of])
    core = np.flatnonzero(level == "core")[0]
    _report("township to hub: road / drawn corridors", drawn_m[tuple(own.T)], road_m[tuple(own.T)])
    _report("hub to core: road / drawn corridors", drawn_m[hubs, core], road_m[hubs, core])
    _report("township to core: road / drawn corridors", drawn_m[towns, core], road_m[towns, core])
    i, j = np.triu_indices(len(rows), 1)
    _report("all pairs: road / drawn corridors", drawn_m[i, j], road_m[i, j])
    mst = minimum_spanning_tree(np.triu(np.where(drawn_m > 0, drawn_m, 0.0)))
    mst_road = minimum_spanning_tree(np.triu(np.where(road_m > 0, road_m, 0.0)))
    print(f"least tree over settlements: road / drawn {mst_road.sum() / mst.sum():.3f}")


if __name__ == "__main__":
    main()
