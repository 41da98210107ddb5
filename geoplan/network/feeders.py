"""Shared cores in the network: who lights what, the links of ring pairs, the table of feeders."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.candidates.graph import CandidateGraph
from geoplan.optimize.access import core_runs
from geoplan.optimize.problem import RING_PAIR, SPLITTER, Problem
from geoplan.optimize.solution import Feeders, Solution
from geoplan.scenario import LinkKind, Scenario

__all__ = ["Links", "SharedCores", "feeder_id", "feeder_table", "link_ends", "shared_cores"]

_COLUMNS = (
    *("feeder_id", "architecture", "home_id", "cores", "most_sites", "sites", "sites_served"),
    *("site_ids", "phase", "lot", "node_id", "loss_db", "cost_cents"),
)


@dataclass(frozen=True, slots=True, eq=False)
class SharedCores:
    """Which entry of the paths (r of them) pays for the cores it runs on.

    Parameters
    ----------
    run
        int64 (r,): entries of one run take the same cores.
    pays
        bool (r,): the first of the served paths on a run, by phase, then by row; of a run that
        nobody served uses, every entry.
    shared
        bool (r,): the cores are those of a feeder.
    """

    run: NDArray[np.int64]
    pays: NDArray[np.bool_]
    shared: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Optical links (k of them), at least one per path: what lies between two pieces of equipment.

    Parameters
    ----------
    path
        int64 (k,): path of each link.
    entry, entry_link
        int64 (e,), int64 (e,): positions in ``Paths.edge`` that links run over, and whose.
    kind
        object (k,): kind of optic; ``splitters`` bool (k,): a splitter lies on it.
    """

    path: NDArray[np.int64]
    entry: NDArray[np.int64]
    entry_link: NDArray[np.int64]
    kind: NDArray[np.object_]
    splitters: NDArray[np.bool_]

    def sum_over(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return float64 (k,): ``values`` (r,) of the entries, summed along each link."""
        sums = np.bincount(self.entry_link, weights=values[self.entry], minlength=len(self.path))
        return sums.astype(np.float64)


def feeder_id(number: int) -> str:
    """Return the id of a feeder in the plan; ``""`` for none (-1)."""
    return f"F{number + 1}" if number >= 0 else ""


def shared_cores(problem: Problem, solution: Solution, phase: NDArray[np.int64]) -> SharedCores:
    """Return who pays for which cores; ``phase`` int64 (w,) is 0 for paths not served."""
    design = solution.design
    runs = core_runs(problem, design.path_ptr, design.path_edges, design.path_site, design.feeders)
    path = np.repeat(np.arange(len(phase)), np.diff(design.path_ptr))
    when = np.where(phase[path] > 0, phase[path], np.iinfo(np.int64).max)
    order = np.lexsort((path, when, runs.row_run))
    first = order[np.r_[True, np.diff(runs.row_run[order]) > 0][: len(order)]]
    lit = np.zeros(len(runs.edge), dtype=np.bool_)
    lit[runs.row_run[phase[path] > 0]] = True
    pays = ~lit[runs.row_run]
    pays[first] = True
    return SharedCores(runs.row_run, pays, runs.carrier[runs.row_run] >= len(phase))


def link_ends(ptr: NDArray[np.int64], edge: NDArray[np.int64], feeders: Feeders | None) -> Links:
    """Return the links: each path by itself, but on a ring pair those to both neighbours.

    A ring pair goes from the home to its first site, from site to site in order, and from the
    last one back. The link between two sites leaves out what their paths have in common.
    """
    n = len(ptr) - 1
    spans = [np.arange(ptr[w], ptr[w + 1]) for w in range(n)]
    links: list[tuple[int, NDArray[np.int64]]] = []
    kind: list[LinkKind] = []
    split: list[bool] = []

    def add(path: int, entries: NDArray[np.int64], of: LinkKind, splitter: bool) -> None:
        links.append((path, entries))
        kind.append(of)
        split.append(splitter)

    ring: dict[int, list[int]] = {}
    for w in range(n):
        feeder = -1 if feeders is None else int(feeders.way_feeder[w])
        if feeders is None or feeder < 0:
            add(w, spans[w], "duplex", False)
        elif feeders.access[feeder] == SPLITTER:
            add(w, spans[w], "pon", True)
        else:
            ring.setdefault(feeder, []).append(w)
    for ways in ring.values():
        assert feeders is not None
        ways.sort(key=lambda w: int(feeders.way_place[w]))
        none = np.zeros(0, dtype=np.int64)
        stops = [none, *(spans[w] for w in ways), none]
        hops = [_between(edge, a, b) for a, b in pairwise(stops)]
        for place, w in enumerate(ways):
            add(w, hops[place], "single_fibre", False)
            add(w, hops[place + 1], "single_fibre", False)
    counts = [len(entries) for _, entries in links]
    return Links(
        path=np.array([path for path, _ in links], dtype=np.int64),
        entry=np.concatenate([np.zeros(0, dtype=np.int64), *(e for _, e in links)]),
        entry_link=np.repeat(np.arange(len(links), dtype=np.int64), counts),
        kind=np.array(kind, dtype=object),
        splitters=np.array(split, dtype=np.bool_),
    )


def _between(
    edge: NDArray[np.int64], one: NDArray[np.int64], two: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the entries of two paths to one home that are not on their common end."""
    common = 0
    while common < min(len(one), len(two)) and edge[one[-1 - common]] == edge[two[-1 - common]]:
        common += 1
    return np.concatenate([one[: len(one) - common], two[: len(two) - common]])


def feeder_table(
    solution: Solution,
    problem: Problem,
    scenario: Scenario,
    graph: CandidateGraph,
    sites: pd.DataFrame,
    site_rows: NDArray[np.int64],
) -> gpd.GeoDataFrame:
    """Return the feeders: who is on them, since when, where the splitter stands, what it costs."""
    feeders, design = solution.design.feeders, solution.design
    rows: list[dict[str, object]] = []
    ids = sites["site_id"].astype(str).to_numpy(dtype=object)
    phase = sites["phase"].to_numpy(dtype=np.int64)
    lot = sites["lot"].to_numpy(dtype=object)
    for number in range(0 if feeders is None else feeders.count):
        assert feeders is not None
        ways = np.flatnonzero(feeders.way_feeder == number)
        ways = ways[np.argsort(feeders.way_place[ways], kind="stable")]
        members = site_rows[design.path_site[ways]]
        since = phase[members][phase[members] > 0]
        home = int(site_rows[feeders.home[number]])
        on_pair = feeders.access[number] == RING_PAIR
        rule = scenario.access.splitter
        site = int(design.path_site[ways[0]])
        rows.append(
            {
                "feeder_id": feeder_id(number),
                "architecture": "ring_pair" if on_pair else "splitter",
                "home_id": ids[home],
                "cores": int(problem.site_cores[site]),
                "most_sites": int(problem.site_share[site]),
                "sites": len(members),
                "sites_served": len(since),
                "site_ids": json.dumps(ids[members].tolist(), ensure_ascii=False),
                "phase": int(since.min(initial=np.iinfo(np.int64).max)) if len(since) else 0,
                "lot": lot[home],
                "node_id": int(feeders.node[number]),
                "loss_db": 0.0 if on_pair or rule is None else rule.loss_db.value,
                "cost_cents": 0 if on_pair else problem.splitter_cents,
            }
        )
    places = graph.node_xy[[int(str(row["node_id"])) for row in rows]]
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=list(_COLUMNS)), geometry=list(shapely.points(places))
    )
