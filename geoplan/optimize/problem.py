"""The Problem: one instance of the planning question as integer arrays, and nothing else.

Nothing in here knows of geometry, names or files. Money is int64 cents, cores are counted,
sites are numbered 0..s-1 in the order of the candidate graph's attached sites.

The cost of edge ``e`` when ``q > 0`` cores are used on it is::

    fixed_cents[e] + core_cents[e] * q + cables(e, q)                          (1)

where ``cables`` is 0 on edges without new cable (``takes_cable[e]`` false), else the price of
the smallest sufficient set of cables for ``q' = ceil(q * (1000 + reserve_permille) / 1000)``:
``q' // largest`` cables of the largest size and, for a rest, the smallest size that holds it,
each at ``step_cents[e, size]``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CORE", "HUB", "MUNICIPAL", "TOWNSHIP", "Problem"]

CORE, HUB, MUNICIPAL, TOWNSHIP = 0, 1, 2, 3
"""Levels of a site in ``Problem.site_level``."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Integer arrays of one instance (all read-only).

    Parameters
    ----------
    n_nodes
        Number of nodes of the graph.
    tail, head
        int32 (m,), end nodes of undirected edges; parallel edges allowed, no self-loops.
    fixed_cents
        int64 (m,) >= 0, paid once when the edge is opened.
    core_cents
        int64 (m,) >= 0, paid per core used on the edge.
    takes_cable
        bool (m,), true when using the edge needs new cable.
    step_cores
        int64 (k,), cable sizes in cores, ascending.
    step_cents
        int64 (m, k), cost of one cable of each size over the edge (0 where no cable).
    reserve_permille
        Spare cores on top of the demand when a cable is sized.
    capacity_cores
        int64 (m,), most cores that may be used, -1 for no limit.
    capacity_cables
        int64 (m,), most new cables on the edge, -1 for no limit.
    risk_ptr, risk_groups, n_risk_groups
        Risk groups of each edge in CSR form.
    site_node
        int32 (s,), node of each site (all attached; sites may share a node).
    site_level
        int8 (s,), :data:`CORE`, :data:`HUB`, :data:`MUNICIPAL` or :data:`TOWNSHIP`.
    site_home
        int32 (s,), site at which the cores of this site end: a township's own hub, for hubs
        and municipal units a core; a core's home is itself.
    site_ways
        int8 (s,), ways required: 2 for hubs (sharing no risk group), 1 else, 0 for cores.
    site_cores
        int64 (s,), cores each way takes.
    site_cents
        int64 (s,), equipment paid when the site is served.
    site_weight
        int64 (s,) >= 0.
    budgets_cents
        int64 (p,) money released per phase, or ``None``: derived from the design's cost by
        ``budget_factor_permille``, split by ``budget_shares``, rounded up to
        ``budget_round_cents``.
    budget_shares, budget_factor_permille, budget_round_cents
        See ``budgets_cents``.
    phase_gain
        int64 (p,) >= 0, g_k of the phase objective.
    all_hubs_first
        P6: true when a township waits for all hubs, false when only for its own.
    """

    n_nodes: int
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    fixed_cents: NDArray[np.int64]
    core_cents: NDArray[np.int64]
    takes_cable: NDArray[np.bool_]
    step_cores: NDArray[np.int64]
    step_cents: NDArray[np.int64]
    reserve_permille: int
    capacity_cores: NDArray[np.int64]
    capacity_cables: NDArray[np.int64]
    risk_ptr: NDArray[np.int64]
    risk_groups: NDArray[np.int32]
    n_risk_groups: int
    site_node: NDArray[np.int32]
    site_level: NDArray[np.int8]
    site_home: NDArray[np.int32]
    site_ways: NDArray[np.int8]
    site_cores: NDArray[np.int64]
    site_cents: NDArray[np.int64]
    site_weight: NDArray[np.int64]
    budgets_cents: NDArray[np.int64] | None
    budget_shares: NDArray[np.int64]
    budget_factor_permille: int
    budget_round_cents: int
    phase_gain: NDArray[np.int64]
    all_hubs_first: bool

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.tail)

    @property
    def n_sites(self) -> int:
        """Number of sites, cores included."""
        return len(self.site_node)

    @property
    def n_phases(self) -> int:
        """Number of phases."""
        return len(self.phase_gain)
