"""The Solution: edges, cables, cores and phases chosen, with bounds and their meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geoplan.optimize.cut_proof import CutProof, no_cuts
from geoplan.optimize.weight_proof import WeightProof

__all__ = ["Design", "Feeders", "PhasePlan", "Rings", "Solution", "Status"]

Status = Literal["optimal", "feasible", "time_limit", "interrupted"]
"""``optimal``: proven for the whole problem, no gap left; ``feasible``: a plan with a gap;
``time_limit``: as feasible, and the wall limit struck (a safety stop: not repeatable);
``interrupted``: as feasible, and somebody ended the search early (not repeatable either)."""


@dataclass(frozen=True, slots=True, eq=False)
class Feeders:
    """Who shares cores with whom in a design of w ways (:mod:`geoplan.optimize.feeders`).

    Parameters
    ----------
    way_feeder, way_place
        int32 (w,): the feeder of each way, -1 where its cores are its own; its place on the ring
        pair or the port of its splitter, from 1 (0 with its own cores).
    way_own
        int64 (w,): how many edges of the way, counted from the site, carry cores of its own: all
        with its own cores, none on a ring pair, those before the splitter on a splitter tree.
    access, home, node
        int8 (f,), int32 (f,), int32 (f,): architecture and home site of each feeder; the node of
        its splitter, or of its home.
    """

    way_feeder: NDArray[np.int32]
    way_place: NDArray[np.int32]
    way_own: NDArray[np.int64]
    access: NDArray[np.int8]
    home: NDArray[np.int32]
    node: NDArray[np.int32]

    @property
    def count(self) -> int:
        """Number of feeders."""
        return len(self.home)


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The full design: one core path per required way of every site.

    Parameters
    ----------
    path_ptr, path_edges
        int64 (w + 1,), int32 (...): edges of way w from the site to its home, in order
        (empty when site and home share a node).
    path_site, path_way
        int32 (w,), int8 (w,): the site, and the way's number (1 or 2).
    edge_cores
        int64 (m,): cores used on each edge of the problem by all paths together; those of a
        feeder count once.
    cost_cents
        The whole bill of this design: equation (1) of the problem over all edges, plus the
        equipment of every site and the splitters.
    bound_cents
        Proven lower bound on the bill of every design that serves all sites.
    bound_method
        How the bound was obtained, in one English sentence.
    complete
        True when every site is served (else the bound does not apply).
    cut_bound_cents, slope_cents, cuts
        What cuts alone prove, at most ``bound_cents``, and their certificate: int64 (m,) slope of
        the line under each edge's bill, and the cuts with their duals; both empty where a design
        comes without one.
    feeders
        Who shares cores; ``None`` where every way has cores of its own.
    """

    path_ptr: NDArray[np.int64]
    path_edges: NDArray[np.int32]
    path_site: NDArray[np.int32]
    path_way: NDArray[np.int8]
    edge_cores: NDArray[np.int64]
    cost_cents: int
    bound_cents: int
    bound_method: str
    complete: bool
    cut_bound_cents: int = 0
    slope_cents: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    cuts: CutProof = field(default_factory=no_cuts)
    feeders: Feeders | None = None

    def path(self, way: int) -> NDArray[np.int32]:
        """Return the edges of way number ``way`` (row of ``path_site``)."""
        return self.path_edges[self.path_ptr[way] : self.path_ptr[way + 1]]


@dataclass(frozen=True, slots=True, eq=False)
class PhasePlan:
    """Which phase opens which edge and serves which site.

    Parameters
    ----------
    site_phase
        int8 (s,): 1..p, or 0 when the budgets do not reach the site.
    edge_phase
        int8 (m,): phase that opens the edge, 0 when it stays unbuilt.
    budgets_cents
        int64 (p,): money released per phase, resolved.
    cost_cents
        int64 (p,): money each phase spends.
    weight
        int64 (p,): weight in service by the end of each phase (cumulative).
    weight_bound
        int64 (p,): proven most that any plan could have in service by then.
    value, value_bound
        The phase objective reached, and its proven upper bound over all plans.
    bound_method
        How the phase bounds were obtained, in one English sentence.
    slope_cents, proofs
        The certificate of ``weight_bound``: int64 (m,) slope of the line under each edge's bill,
        and one proof per phase, ``None`` where the bound is all weight there is.
    """

    site_phase: NDArray[np.int8]
    edge_phase: NDArray[np.int8]
    budgets_cents: NDArray[np.int64]
    cost_cents: NDArray[np.int64]
    weight: NDArray[np.int64]
    weight_bound: NDArray[np.int64]
    value: int
    value_bound: int
    bound_method: str
    slope_cents: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    proofs: tuple[WeightProof | None, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Rings:
    """The rings of a design that was asked for in rings.

    Parameters
    ----------
    ring_start, ring_end
        int32 (r,): the cores that each ring starts and ends at, the same one or two.
    site_ptr, sites
        int64 (r + 1,), int32 (...): the hubs of each ring, in its order.
    edge_ptr, edges
        int64 (r + 1,), int32 (...): edges of each ring, from core to core. Way 1 of
        a hub runs back to where the ring starts, way 2 on to where it ends.
    length_dm
        int64 (r,): length of each ring in decimetres.
    """

    ring_start: NDArray[np.int32]
    ring_end: NDArray[np.int32]
    site_ptr: NDArray[np.int64]
    sites: NDArray[np.int32]
    edge_ptr: NDArray[np.int64]
    edges: NDArray[np.int32]
    length_dm: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Number of rings."""
        return len(self.ring_start)

    def hubs_of(self, ring: int) -> NDArray[np.int32]:
        """Return the hubs of a ring (from 0), in its order."""
        return self.sites[self.site_ptr[ring] : self.site_ptr[ring + 1]]

    def edges_of(self, ring: int) -> NDArray[np.int32]:
        """Return the edges of a ring (from 0), in its order."""
        return self.edges[self.edge_ptr[ring] : self.edge_ptr[ring + 1]]


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Answer to one Problem: design, phases, core numbers, status and seed.

    Parameters
    ----------
    schedule
        int64 (r, 5): core schedule, one row per path and edge:
        ``way, position in path, edge, cable, first core``. ``cable`` numbers the new cables
        of that edge from 0 (0 on edges that light an existing cable); cores are numbered from
        1 within a cable and a way takes ``site_cores`` consecutive ones (on a lit edge the
        number counts the free cores: 1 is the first free one). Ways of one feeder take the same.
    rings
        The rings, where the problem asks for them.
    cable_edge, cable_size
        int32 (c,), int64 (c,): every new cable: its edge and its size in cores, in the order
        of edge and number.
    basis_cents
        Bill of the full design of least cost that was found: budgets that are not given follow
        from it. The plan's own design costs more where that reaches more in early phases.
    """

    design: Design
    phases: PhasePlan
    schedule: NDArray[np.int64]
    cable_edge: NDArray[np.int32]
    cable_size: NDArray[np.int64]
    status: Status
    gap: float | None
    phase_gap: float
    seconds: float
    seed: int
    basis_cents: int
    rings: Rings | None = None
