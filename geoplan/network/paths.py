"""Core paths: their way over the stretches, fibre, closures, loss and the optic that fits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.candidates.graph import METHODS, CandidateGraph
from geoplan.cost import EdgeCosts
from geoplan.errors import Fault
from geoplan.layers import Layers
from geoplan.network.feeders import feeder_id, link_ends
from geoplan.optimize.problem import Problem
from geoplan.optimize.ring_sets import way_homes
from geoplan.optimize.solution import Feeders, Solution
from geoplan.scenario import OpticsRules, Scenario
from geoplan.schema import CORE_PATHS
from geoplan.tables import conform
from geoplan.text import Text
from geoplan.units import M_PER_KM, round_m

__all__ = ["Paths", "link_loss", "path_table", "schedule_rows", "trace_paths"]


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Every path of the full design: ``w`` paths, ``r`` entries (one per path and stretch).

    Parameters
    ----------
    site_row, home_row
        int64 (w,): rows of ``Layers.sites``. The home is that of the site, but for ways of a hub
        on a ring between two cores: there each ends at one of them.
    way, cores, phase
        int64 (w,): number of the way, cores taken, phase of the site (0: not served).
    ptr, edge, path, forward
        int64 (w + 1,), (r,), (r,), bool (r,): stretches of each path from the site to its
        home, the path of each entry, and whether the stretch runs tail to head.
    """

    site_row: NDArray[np.int64]
    home_row: NDArray[np.int64]
    way: NDArray[np.int64]
    cores: NDArray[np.int64]
    phase: NDArray[np.int64]
    ptr: NDArray[np.int64]
    edge: NDArray[np.int64]
    path: NDArray[np.int64]
    forward: NDArray[np.bool_]

    def sum_over(
        self,
        values: NDArray[np.float64] | NDArray[np.int64],
        counted: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float64]:
        """Return float64 (w,): ``values`` (m,) of the stretches, summed along each path.

        ``counted`` bool (r,) leaves entries out.
        """
        weights = values[self.edge].astype(np.float64)
        if counted is not None:
            weights = np.where(counted, weights, 0.0)
        sums = np.bincount(self.path, weights=weights, minlength=len(self.way))
        return sums.astype(np.float64)


def trace_paths(
    graph: CandidateGraph,
    problem: Problem,
    site_rows: NDArray[np.int64],
    solution: Solution,
    site_phase: NDArray[np.int64],
) -> Paths:
    """Walk every path of the design from its site to its home, or to the end of its ring.

    Raises
    ------
    ValueError
        A path leaves its nodes or ends elsewhere: the solution is wrong, not the input.
    """
    design = solution.design
    ptr = design.path_ptr.astype(np.int64)
    edges = design.path_edges.astype(np.int64)
    tails, heads = graph.tail[edges].tolist(), graph.head[edges].tolist()
    forward = np.zeros(len(edges), dtype=np.bool_)
    site = design.path_site.astype(np.int64)
    home = way_homes(problem, design, solution.rings)
    for way in range(len(site)):
        node = int(problem.site_node[site[way]])
        for at in range(int(ptr[way]), int(ptr[way + 1])):
            if tails[at] == node:
                forward[at], node = True, heads[at]
            elif heads[at] == node:
                node = tails[at]
            else:
                raise ValueError(f"way {way} of the design breaks at its edge {edges[at]}")
        if node != problem.site_node[home[way]]:
            raise ValueError(
                f"way {way} of the design does not end at the home of its site or its ring"
            )
    return Paths(
        site_row=site_rows[site],
        home_row=site_rows[home],
        way=design.path_way.astype(np.int64),
        cores=problem.site_cores[site].astype(np.int64),
        phase=site_phase[site_rows[site]],
        ptr=ptr,
        edge=edges,
        path=np.repeat(np.arange(len(site), dtype=np.int64), np.diff(ptr)),
        forward=forward,
    )


def link_loss(
    fibre_m: NDArray[np.float64],
    closures: NDArray[np.int64],
    empty: NDArray[np.bool_],
    rules: OpticsRules,
    kind: NDArray[np.object_] | None = None,
    splitter_db: NDArray[np.float64] | float = 0.0,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return loss in dB and the index of the optic (-1: none fits) of every link.

    Loss = fibre x attenuation + (closures + 2) x splice + connectors x connector (GB
    51158-2015, 6.9.2 and 6.9.3) + splitter with a splice on either side, at the wavelength of the
    optic taken: the first one of the link's kind whose budget, least loss and reach hold.

    Parameters
    ----------
    fibre_m, closures, empty
        float64 (w,), int64 (w,), bool (w,): fibre and joints of each link; those within one
        building have plugs only.
    kind
        object (w,), kind of optic that each link takes; all ``duplex`` by default.
    splitter_db
        float64 (w,), insertion loss of the splitter on the link, 0 for none.
    """
    kind = np.full(len(fibre_m), "duplex", dtype=object) if kind is None else kind
    through = np.asarray(splitter_db, dtype=np.float64)
    through = np.where(through > 0, through + 2 * rules.splice_db.value, 0.0)
    plugs = rules.connectors * rules.connector_db.value + through
    joints = (closures + 2) * rules.splice_db.value + plugs
    loss = np.zeros(len(fibre_m))
    taken = np.full(len(fibre_m), -1, dtype=np.int64)
    for index, optic in enumerate(rules.types):
        per_km = rules.attenuation_db_per_km[optic.wavelength_nm].value
        here = np.round(np.where(empty, plugs, fibre_m / M_PER_KM * per_km + joints), 3)
        fits = (here >= optic.min_loss_db) & (here <= optic.budget_db)
        fits &= fibre_m <= optic.reach_km * M_PER_KM
        fits |= empty
        free = (taken < 0) & (kind == optic.link)
        # A link without an optic keeps the loss at the last wavelength tried.
        loss = np.where(free, here, loss)
        taken = np.where(free & fits, index, taken)
    return loss, taken


def _worst_links(
    paths: Paths, costs: EdgeCosts, scenario: Scenario, feeders: Feeders | None
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Return loss, optic and fibre (w,) of the worst link of each path.

    That is one without an optic, and of several the one with most loss; ties: the first.
    """
    links = link_ends(paths.ptr, paths.edge, feeders)
    fibre = round_m(links.sum_over(costs.fibre_m[paths.edge].astype(np.float64)))
    joints = links.sum_over(costs.path_closures[paths.edge].astype(np.float64)).astype(np.int64)
    empty = np.bincount(links.entry_link, minlength=len(links.path)) == 0
    rule = scenario.access.splitter
    through = np.where(links.splitters, rule.loss_db.value if rule else 0.0, 0.0)
    loss, taken = link_loss(fibre, joints, empty, scenario.optics, links.kind, through)
    order = np.lexsort((np.arange(len(loss)), -loss, taken >= 0, links.path))
    worst = order[np.r_[True, np.diff(links.path[order]) > 0][: len(order)]]
    return loss[worst], taken[worst], fibre[worst]


def path_table(
    paths: Paths,
    graph: CandidateGraph,
    costs: EdgeCosts,
    layers: Layers,
    scenario: Scenario,
    feeders: Feeders | None,
) -> tuple[gpd.GeoDataFrame, tuple[Fault, ...]]:
    """Return ``core_paths`` and a note for each served path that no optic bears.

    On a ring pair loss and optic are those of the worse of the links to both neighbours.
    """
    ids = layers.sites["site_id"].astype(str).to_numpy(dtype=object)
    path_ids = [
        f"{ids[row]}/{way}" for row, way in zip(paths.site_row, paths.way.tolist(), strict=True)
    ]
    fibre = round_m(paths.sum_over(costs.fibre_m))
    closures = paths.sum_over(costs.path_closures).astype(np.int64)
    loss, taken, link_m = _worst_links(paths, costs, scenario, feeders)
    names = [*(optic.name for optic in scenario.optics.types), ""]
    own = np.full(len(path_ids), -1)
    bounds = paths.ptr.tolist()
    edges = paths.edge.tolist()
    frame = pd.DataFrame(
        {
            "path_id": path_ids,
            "site_id": ids[paths.site_row],
            "way": paths.way,
            "home_id": ids[paths.home_row],
            "phase": paths.phase,
            "cores": paths.cores,
            "length_m": round_m(paths.sum_over(graph.length_m)),
            "fibre_m": fibre,
            "closures": closures,
            "loss_db": loss,
            "optic": [names[index] for index in taken],
            "feeder_id": [
                feeder_id(k) for k in (own if feeders is None else feeders.way_feeder).tolist()
            ],
            "place": 0 if feeders is None else feeders.way_place,
            "edge_ids": [json.dumps(edges[a:b]) for a, b in pairwise(bounds)],
            "geometry": _lines(paths, graph),
        }
    )
    notes = tuple(
        _no_optic(path_ids[way], float(loss[way]), float(link_m[way]))
        for way in np.flatnonzero((taken < 0) & (paths.phase > 0))
    )
    return conform(frame, CORE_PATHS, layers.sites.crs), notes


def schedule_rows(
    paths: Paths,
    table: pd.DataFrame,
    graph: CandidateGraph,
    layers: Layers,
    schedule: NDArray[np.int64],
    shared: NDArray[np.bool_],
) -> pd.DataFrame:
    """Return the core schedule of the served paths: cable and cores on each stretch.

    ``shared`` bool (r,) says which entries of the paths run on cores of a feeder.

    Solutions number the free cores of an existing cable from 1; in the table the cores in
    use by the intranet come first, so the numbers are offset by the cable's ``cores_used``.
    """
    rows = schedule[paths.phase[schedule[:, 0]] > 0]
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    way, position, edge, cable, first = rows.T
    of_feeder = shared[paths.ptr[way] + position]
    light = graph.method[edge] == METHODS.index("light")
    existing = layers.existing_cables
    used = dict(zip(existing["cable_id"].astype(str), existing["cores_used"], strict=True))
    offset = np.array(
        [
            used[name] if lit else 0
            for name, lit in zip(graph.existing_id[edge], light, strict=True)
        ],
        dtype=np.int64,
    )
    names = [
        graph.existing_id[e] if lit else f"N{e}-{number + 1}"
        for e, number, lit in zip(edge.tolist(), cable.tolist(), light, strict=True)
    ]
    return pd.DataFrame(
        {
            "path_id": table["path_id"].to_numpy()[way],
            "site_id": table["site_id"].to_numpy()[way],
            "position": position,
            "edge_id": edge,
            "cable_id": pd.Series(names, dtype="str"),
            "core_first": first + offset,
            "core_last": first + offset + paths.cores[way] - 1,
            "phase": paths.phase[way],
            "feeder_id": table["feeder_id"].to_numpy()[way],
            "place": table["place"].to_numpy()[way],
            "shared": of_feeder,
        }
    )


def _lines(paths: Paths, graph: CandidateGraph) -> NDArray[np.object_]:
    """Return object (w,): the line of each path, ``None`` where site and home are one place."""
    lines = np.full(len(paths.way), None, dtype=object)
    if not len(paths.edge):
        return lines
    points, owner = shapely.get_coordinates(graph.geometry[paths.edge], return_index=True)
    counts = np.bincount(owner, minlength=len(paths.edge))
    start = np.cumsum(counts) - counts
    within = np.arange(len(points)) - start[owner]
    # Stretches that run head to tail are read backwards.
    back = start[owner] + counts[owner] - 1 - within
    points = points[np.where(paths.forward[owner], np.arange(len(points)), back)]
    first_entry = np.zeros(len(paths.edge), dtype=np.bool_)
    first_entry[paths.ptr[:-1][np.diff(paths.ptr) > 0]] = True
    # Neighbours share an end point: only the first stretch keeps its first point.
    keep = (within > 0) | first_entry[owner]
    where = paths.path[owner][keep]
    present, group = np.unique(where, return_inverse=True)
    lines[present] = shapely.linestrings(points[keep], indices=group)
    return lines


def _no_optic(path_id: str, loss_db: float, fibre_m: float) -> Fault:
    km = fibre_m / M_PER_KM
    return Fault(
        "optics.none_fits",
        "core_paths",
        path_id,
        Text(
            f"没有光模块适合该路径（衰耗{loss_db:.3f}dB，光纤{km:.1f}km）",
            f"no optic fits this path (loss {loss_db:.3f} dB, fibre {km:.1f} km)",
        ),
        Text(
            "在 [[optics.types]] 中增加合适的光模块或衰减器，或增设中继；过长时可设 [longest_way]",
            "add an optic (or an attenuator) to [[optics.types]], or plan a repeater; where it is "
            "too long, set [longest_way]",
        ),
    )
