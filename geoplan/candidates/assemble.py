"""Put the candidate graph together: routes, methods, crossings, reuse edges, risk groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.candidates.attach import attach_places
from geoplan.candidates.crossings import count_motorways, count_waters
from geoplan.candidates.graph import METHODS, CandidateGraph
from geoplan.candidates.places import Places, find_places
from geoplan.candidates.plant import ReuseEdges, reuse_edges
from geoplan.candidates.reach import single_way_notes, unattached
from geoplan.candidates.risk import RiskGroups, find_risk_groups
from geoplan.candidates.roads import corridors_from_roads
from geoplan.candidates.routes import Routes
from geoplan.candidates.settlements import settlement_routes
from geoplan.crs import geodesic_length_m
from geoplan.errors import Fault
from geoplan.layers import Layers
from geoplan.progress import Progress, silent
from geoplan.scenario import RouteRules, Scenario
from geoplan.units import round_m

__all__ = ["build_candidates"]

_T = TypeVar("_T", bound=np.generic)

_STAGE = "candidates"
_PULL, _LIGHT = METHODS.index("pull"), METHODS.index("light")


@dataclass(frozen=True, slots=True, eq=False)
class _Stretches:
    """New routes first, then ducts: what alternatives share (k rows each)."""

    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    geometry: NDArray[np.object_]
    length_m: NDArray[np.float64]
    lead_in: NDArray[np.bool_]
    motorway: NDArray[np.bool_]
    duct_id: NDArray[np.object_]
    bridges: NDArray[np.object_]
    district: NDArray[np.object_]
    waters: NDArray[np.int16]
    motorways: NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """Ways of building each stretch (m rows each)."""

    stretch: NDArray[np.int64]
    method: NDArray[np.int8]
    length_m: NDArray[np.float64]
    existing_id: NDArray[np.object_]
    capacity_cores: NDArray[np.int64]
    capacity_cables: NDArray[np.int64]


def build_candidates(
    layers: Layers, scenario: Scenario, *, progress: Progress = silent
) -> CandidateGraph:
    """Build the graph of everything that may be built, with every site attached.

    With a road layer corridors follow the roads; without one they run between neighbouring
    settlements. ``docs/candidates.md`` tells how, and what each distance does.

    Parameters
    ----------
    layers
        Checked layers in the planning CRS.
    scenario
        Policy (what may be reused), route rules (methods, distances, detour factor).
    progress
        Called with stage ``"candidates"``.

    Raises
    ------
    InputError
        ``roads.none_near`` or ``roads.disconnected`` when the road layer can't carry a plan.
    """
    progress(_STAGE, 0.0)
    rules, policy = scenario.route, scenario.policy
    places = find_places(
        layers,
        same_building_m=rules.same_building_m.value,
        with_plant=policy.reuse != "none",
    )
    notes: tuple[Fault, ...] = ()
    if layers.roads is None:
        routes = settlement_routes(places, detour=rules.detour_factor.value)
    else:
        corridors, notes = corridors_from_roads(layers.roads, layers.districts)
        progress(_STAGE, 0.4)
        routes = attach_places(corridors, places, rules)
    progress(_STAGE, 0.6)
    reuse = reuse_edges(layers.existing_ducts, layers.existing_cables, places, reuse=policy.reuse)
    stretches = _stretches(routes, reuse, layers, scenario.planning_crs)
    progress(_STAGE, 0.8)
    edges = _edges(stretches, reuse, rules)
    groups = find_risk_groups(
        stretches.geometry,
        stretches.duct_id,
        stretches.bridges,
        closeness_m=rules.closeness_m.value,
        closeness_length_m=rules.closeness_length_m.value,
    )
    graph = _graph(layers.sites, routes, places, stretches, edges, groups, notes)
    progress(_STAGE, 1.0)
    return graph


def _districts_of(
    geometry: NDArray[np.object_], districts: gpd.GeoDataFrame
) -> NDArray[np.object_]:
    """Return the code of the district that holds each line's midpoint (``""`` outside)."""
    code = np.full(len(geometry), "", dtype=np.object_)
    middle = shapely.line_interpolate_point(geometry, 0.5, normalized=True)
    polygon, line = shapely.STRtree(middle).query(
        districts.geometry.to_numpy(), predicate="intersects"
    )
    # a midpoint on a shared border goes to the first of the two districts
    order = np.argsort(polygon, kind="stable")[::-1]
    code[line[order]] = districts["code"].astype(str).to_numpy(dtype=np.object_)[polygon[order]]
    return code


def _stretches(routes: Routes, reuse: ReuseEdges, layers: Layers, planning_crs: str) -> _Stretches:
    """Measure new routes and put ducts after them."""
    real = np.flatnonzero(routes.tail != routes.head)
    n_ducts = len(reuse.tail)
    none = np.full(n_ducts, None, dtype=np.object_)
    no_duct = np.zeros(n_ducts, dtype=np.bool_)
    no_count = np.zeros(n_ducts, dtype=np.int16)
    line = routes.geometry[real]
    length_m = round_m(geodesic_length_m(line, planning_crs) * routes.factor[real])
    geometry = np.concatenate([line, reuse.geometry])
    new_id = np.full(len(real), "", dtype=np.object_)
    return _Stretches(
        tail=np.concatenate([routes.tail[real], reuse.tail]),
        head=np.concatenate([routes.head[real], reuse.head]),
        geometry=geometry,
        # even a site that stands on the corridor needs a few hands of trench
        length_m=np.concatenate([np.maximum(length_m, 0.1), np.zeros(n_ducts)]),
        lead_in=np.concatenate([routes.lead_in[real], no_duct]),
        motorway=np.concatenate([routes.motorway[real], no_duct]),
        duct_id=np.concatenate([new_id, reuse.duct_id]),
        bridges=np.concatenate([routes.bridges[real], none]),
        district=_districts_of(geometry, layers.districts),
        waters=np.concatenate([count_waters(line, layers.water), no_count]),
        motorways=np.concatenate(
            [
                count_motorways(line, routes.motorway[real], routes.tail[real], routes.head[real]),
                no_count,
            ]
        ),
    )


def _edges(stretches: _Stretches, reuse: ReuseEdges, rules: RouteRules) -> _Edges:
    """Make one edge per stretch and method; edges of one stretch follow one another."""
    n_new = len(stretches.tail) - len(reuse.tail)
    urban = np.isin(
        stretches.district[:n_new].astype(str), np.array(rules.urban_districts, dtype=str)
    )
    parts = []
    for where, methods in ((urban, rules.urban_method), (~urban, rules.rural_method)):
        rows = np.flatnonzero(where)
        for name in dict.fromkeys(methods):
            parts.append(np.stack([rows, np.full(len(rows), METHODS.index(name))], axis=1))
    new = np.concatenate(parts) if parts else np.empty((0, 2), dtype=np.int64)
    new = new[np.lexsort((new[:, 1], new[:, 0]))]
    unlimited = np.full(len(new), -1, dtype=np.int64)
    blank = np.full(len(new), "", dtype=np.object_)
    light, pull = reuse.method == _LIGHT, reuse.method == _PULL
    return _Edges(
        stretch=np.concatenate([new[:, 0], n_new + reuse.duct]),
        method=np.concatenate([new[:, 1], reuse.method]).astype(np.int8),
        length_m=np.concatenate([stretches.length_m[new[:, 0]], round_m(reuse.length_m)]),
        existing_id=np.concatenate([blank, reuse.existing_id]),
        capacity_cores=np.concatenate([unlimited, np.where(light, reuse.free, -1)]),
        capacity_cables=np.concatenate([unlimited, np.where(pull, reuse.free, -1)]),
    )


def _frozen(array: NDArray[_T]) -> NDArray[_T]:
    array = np.array(array)
    array.setflags(write=False)
    return array


def _edge_groups(
    groups: RiskGroups, stretch: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the groups of edges in CSR form from those of their stretches."""
    size = np.diff(groups.ptr)[stretch]
    ptr = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    offset = np.arange(int(ptr[-1])) - np.repeat(ptr[:-1], size)
    return ptr, groups.groups[np.repeat(groups.ptr[stretch], size) + offset]


def _graph(
    sites: gpd.GeoDataFrame,
    routes: Routes,
    places: Places,
    stretches: _Stretches,
    edges: _Edges,
    groups: RiskGroups,
    notes: tuple[Fault, ...],
) -> CandidateGraph:
    """Gather everything in the contract's arrays."""
    of = edges.stretch
    site_node, unattached_notes = unattached(
        sites, places, stretches.tail, stretches.head, len(routes.node_xy)
    )
    single = single_way_notes(sites, site_node, stretches.tail, stretches.head, len(routes.node_xy))
    ptr, group = _edge_groups(groups, of)
    return CandidateGraph(
        node_xy=_frozen(routes.node_xy.astype(np.float64)),
        tail=_frozen(stretches.tail[of].astype(np.int32)),
        head=_frozen(stretches.head[of].astype(np.int32)),
        length_m=_frozen(edges.length_m),
        method=_frozen(edges.method),
        stretch=_frozen(of.astype(np.int32)),
        existing_id=_frozen(edges.existing_id),
        capacity_cores=_frozen(edges.capacity_cores),
        capacity_cables=_frozen(edges.capacity_cables),
        crossings_water=_frozen(stretches.waters[of]),
        crossings_motorway=_frozen(stretches.motorways[of]),
        crossings_rail=_frozen(np.zeros(len(of), dtype=np.int16)),
        district=_frozen(stretches.district[of]),
        lead_in=_frozen(stretches.lead_in[of]),
        geometry=_frozen(stretches.geometry[of]),
        risk_ptr=_frozen(ptr),
        risk_groups=_frozen(group),
        risk_kind=_frozen(groups.kind),
        risk_label=_frozen(groups.label),
        site_id=_frozen(sites["site_id"].astype(str).to_numpy(dtype=np.object_)),
        site_node=_frozen(site_node),
        notes=(*notes, *unattached_notes, *single),
    )
