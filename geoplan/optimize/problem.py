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

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.candidates.graph import CandidateGraph
from geoplan.cost import EdgeCosts
from geoplan.optimize.locks import Locks
from geoplan.scenario import Scenario
from geoplan.text import Text
from geoplan.units import DM_PER_KM, DM_PER_M

__all__ = [
    "CORE",
    "HUB",
    "MUNICIPAL",
    "RING_PAIR",
    "SPLITTER",
    "STAR",
    "TOWNSHIP",
    "Problem",
    "build_problem",
]

CORE, HUB, MUNICIPAL, TOWNSHIP = 0, 1, 2, 3
"""Levels of a site in ``Problem.site_level``."""

STAR, RING_PAIR, SPLITTER = 0, 1, 2
"""Access architectures in ``Problem.site_access``."""


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
        int64 (s,), cores each way takes; where cores are shared, those of the feeder.
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
    locks
        Decisions that every answer must keep (:mod:`geoplan.optimize.locks`); none by default.
    cost_first
        What a plan is asked for first: false for the phase objective, then the least bill of the
        full design; true for the least bill, then the phase objective on a design of it.
    phase_names
        What the scenario calls its phases, for what is told of them; may be empty.
    length_dm
        int64 (m,) >= 0, length of each edge in decimetres; may be empty where neither rings nor
        short ways are asked.
    site_longest_dm
        int64 (s,), how long each way of a site may be (not one that is built), -1 as long as it
        likes; empty where no way has a limit. On a ring it says nothing of hubs.
    ring_min_hubs, ring_max_hubs, ring_max_dm
        Hubs lie on rings of so many hubs and at most this length; ``ring_max_hubs`` 0: no rings
        are asked, hubs have any two ways. A ring is a walk from a core through hubs to a core;
        the two ways of each of them are its two directions. A hub in the node of its home lies
        on no ring.
    ring_one_core, ring_two_cores
        Whether a ring may end at the core it starts from, and at another one. Its hubs are at
        home at one of its ends; on a ring between two cores one way of a hub ends at each.
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
    locks: Locks = field(default_factory=Locks)
    length_dm: NDArray[np.int64] = field(default_factory=lambda: _fixed(np.zeros(0), np.int64))
    site_longest_dm: NDArray[np.int64] = field(
        default_factory=lambda: _fixed(np.zeros(0), np.int64)
    )
    ring_min_hubs: int = 0
    ring_max_hubs: int = 0
    ring_max_dm: int = 0
    ring_one_core: bool = True
    ring_two_cores: bool = False
    site_access: NDArray[np.int8] = field(default_factory=lambda: _fixed(np.zeros(0), np.int8))
    site_share: NDArray[np.int64] = field(default_factory=lambda: _fixed(np.zeros(0), np.int64))
    splitter_cents: int = 0
    cost_first: bool = False
    phase_names: tuple[Text, ...] = ()

    def phase_name(self, number: int) -> Text:
        """Return what the scenario calls a phase (from 1)."""
        if self.phase_names:
            return self.phase_names[number - 1]
        return Text(f"第{number}期", f"phase {number}")

    @property
    def shares(self) -> NDArray[np.int64]:
        """int64 (s,): most sites that share the cores of each site, 1 for its own."""
        if len(self.site_share):
            return self.site_share
        return np.ones(self.n_sites, dtype=np.int64)

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


_ACCESS = {"star": STAR, "ring_pair": RING_PAIR, "splitter": SPLITTER}
_LEVEL = {"core": CORE, "district": HUB, "municipal": MUNICIPAL, "township": TOWNSHIP}


def build_problem(
    graph: CandidateGraph,
    costs: EdgeCosts,
    sites: pd.DataFrame,
    demand: pd.DataFrame,
    scenario: Scenario,
) -> tuple[Problem, NDArray[np.int64]]:
    """Turn graph, prices and demand into integer arrays; unattached sites are left out.

    Parameters
    ----------
    sites, demand
        Rows of ``Layers.sites`` and of :func:`geoplan.demand.site_demand`, in the order of
        ``graph.site_id``.

    Returns
    -------
    Problem, and int64 (s,): the row of ``sites`` of each site of the problem. A site whose home
    is not attached is left out too (it could not be served).
    """
    ids = sites["site_id"].to_numpy(dtype=object)
    home_id = demand["home_id"].to_numpy(dtype=object)
    row_of = {site_id: row for row, site_id in enumerate(ids.tolist())}
    home_row = np.array([row_of.get(home, -1) for home in home_id.tolist()], dtype=np.int64)
    attached = graph.site_node >= 0
    attached = attached & (home_row >= 0) & attached[home_row]
    attached = attached & attached[home_row]  # a township of a hub without a core
    rows = np.flatnonzero(attached)
    number = np.full(len(ids), -1, dtype=np.int32)
    number[rows] = np.arange(len(rows), dtype=np.int32)
    level = np.array([_LEVEL[name] for name in sites["level"].to_numpy()[rows]], dtype=np.int8)
    given = scenario.budgets.given_cents
    rings = scenario.rings
    access = np.array([_ACCESS[name] for name in demand["architecture"].to_numpy()[rows]])
    shared = bool((access != STAR).any())
    tree = scenario.access.splitter
    splitter_cents = scenario.prices["splitter"].value_cents * tree.cores_per_tree if tree else 0
    problem = Problem(
        n_nodes=graph.n_nodes,
        tail=_fixed(graph.tail, np.int32),
        head=_fixed(graph.head, np.int32),
        fixed_cents=_fixed(costs.fixed_cents, np.int64),
        core_cents=_fixed(costs.core_cents, np.int64),
        takes_cable=_fixed(costs.takes_cable, np.bool_),
        step_cores=_fixed(costs.step_cores, np.int64),
        step_cents=_fixed(costs.step_cents, np.int64),
        reserve_permille=costs.reserve_permille,
        capacity_cores=_fixed(graph.capacity_cores, np.int64),
        capacity_cables=_fixed(graph.capacity_cables, np.int64),
        risk_ptr=_fixed(graph.risk_ptr, np.int64),
        risk_groups=_fixed(graph.risk_groups, np.int32),
        n_risk_groups=len(graph.risk_kind),
        site_node=_fixed(graph.site_node[rows], np.int32),
        site_level=_fixed(level, np.int8),
        site_home=_fixed(number[home_row[rows]], np.int32),
        site_ways=_fixed(demand["ways_required"].to_numpy()[rows], np.int8),
        site_cores=_fixed(demand["cores_per_way"].to_numpy()[rows], np.int64),
        site_cents=_fixed(demand["equipment_cents"].to_numpy()[rows], np.int64),
        site_weight=_fixed(demand["weight"].to_numpy()[rows], np.int64),
        budgets_cents=None if given is None else _fixed(np.array(given), np.int64),
        budget_shares=_fixed(
            np.array([round(10**6 * phase.share) for phase in scenario.phases]), np.int64
        ),
        budget_factor_permille=round(1000 * scenario.budgets.factor),
        budget_round_cents=scenario.budgets.round_to_cents,
        phase_gain=_fixed(np.array([phase.gain for phase in scenario.phases]), np.int64),
        all_hubs_first=scenario.policy.order == "all_hubs",
        length_dm=_fixed(np.rint(graph.length_m * DM_PER_M), np.int64),
        ring_min_hubs=rings.min_hubs if rings else 0,
        ring_max_hubs=rings.max_hubs if rings else 0,
        ring_max_dm=int(rings.max_km * DM_PER_KM + 1e-6) if rings else 0,
        ring_one_core=rings is None or rings.cores != "two",
        ring_two_cores=rings is not None and rings.cores != "one",
        site_access=_fixed(access if shared else access[:0], np.int8),
        site_share=_fixed(demand["sharing"].to_numpy()[rows if shared else rows[:0]], np.int64),
        splitter_cents=splitter_cents,
        cost_first=scenario.solve.objective == "cost",
        phase_names=tuple(phase.name for phase in scenario.phases),
    )
    return problem, rows


def _fixed(values: NDArray[Any], dtype: type[Any]) -> NDArray[Any]:
    """Return a read-only copy in the given type."""
    copy = np.array(values, dtype=dtype)
    copy.setflags(write=False)
    return copy
