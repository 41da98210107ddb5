"""The candidate graph: where fibre may run, as frozen arrays.

An undirected multigraph. Parallel edges are alternative ways of building one stretch (light
free cores, pull a cable through a duct, dig, hang on poles). Each edge carries the set of
risk groups that one digger cuts together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import Fault
from geoplan.scenario import Method

__all__ = ["METHODS", "RISK_KINDS", "CandidateGraph"]

METHODS: tuple[Method, ...] = ("direct_buried", "duct", "aerial", "pull", "light")
"""Ways of building an edge; ``CandidateGraph.method`` indexes this tuple.

The first three open a new route; ``pull`` draws a new cable through a free bore of an existing
duct; ``light`` takes free cores of one existing cable.
"""

RISK_KINDS: tuple[str, ...] = ("trench", "duct", "bridge", "closeness")


@dataclass(frozen=True, slots=True, eq=False)
class CandidateGraph:
    """Candidate edges between nodes, with sites attached (all arrays read-only).

    Shapes: ``n`` nodes, ``m`` edges, ``g`` risk groups, ``s`` sites (rows of
    ``Layers.sites`` in the same order).

    Parameters
    ----------
    node_xy
        float64 (n, 2), planning CRS, metres.
    tail, head
        int32 (m,), end nodes of each edge; no self-loops.
    length_m
        float64 (m,), length on the ellipsoid (times the detour factor where corridors are
        not real roads), rounded to 0.1 m.
    method
        int8 (m,), index into :data:`METHODS`.
    stretch
        int32 (m,), edges with the same number are alternatives for one stretch.
    existing_id
        object (m,), ``duct_id`` for ``pull``, ``cable_id`` for ``light``, else ``""``.
    capacity_cores
        int64 (m,), free cores for ``light``, -1 (no limit) otherwise.
    capacity_cables
        int64 (m,), free bores for ``pull`` (one cable takes one bore), -1 otherwise.
    crossings_water, crossings_motorway, crossings_rail
        int16 (m,), obstacles a new route crosses; 0 for ``pull`` and ``light``.
    district
        object (m,), code of the district that holds the edge's midpoint (``""`` outside).
    lead_in
        bool (m,), the edge attaches a site or an existing node to a corridor.
    geometry
        object (m,), shapely LineString from tail to head in the planning CRS.
    risk_ptr, risk_groups
        int64 (m + 1,), int32 (...): groups of edge e are
        ``risk_groups[risk_ptr[e]:risk_ptr[e + 1]]`` (sorted, never empty).
    risk_kind, risk_label
        int8 (g,), object (g,): index into :data:`RISK_KINDS`, and a stable name.
    site_id
        object (s,), ids of ``Layers.sites``.
    site_node
        int32 (s,), node of each site; -1 when it has no position or can't be attached.
    notes
        Sites that could not be attached, with the reason; other remarks.
    """

    node_xy: NDArray[np.float64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    length_m: NDArray[np.float64]
    method: NDArray[np.int8]
    stretch: NDArray[np.int32]
    existing_id: NDArray[np.object_]
    capacity_cores: NDArray[np.int64]
    capacity_cables: NDArray[np.int64]
    crossings_water: NDArray[np.int16]
    crossings_motorway: NDArray[np.int16]
    crossings_rail: NDArray[np.int16]
    district: NDArray[np.object_]
    lead_in: NDArray[np.bool_]
    geometry: NDArray[np.object_]
    risk_ptr: NDArray[np.int64]
    risk_groups: NDArray[np.int32]
    risk_kind: NDArray[np.int8]
    risk_label: NDArray[np.object_]
    site_id: NDArray[np.object_]
    site_node: NDArray[np.int32]
    notes: tuple[Fault, ...]

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_xy)

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.tail)
