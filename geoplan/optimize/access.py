"""Access architectures: what shared cores are on an edge, in the bill and in the phases.

Sites of one home may share cores (``Problem.site_access``):

* **ring pair**: up to ``n`` sites on one pair of cores. The ring goes out on one core and comes
  back on the other, in the order of a walk around the tree of the sites' ways, so that every edge
  of that tree is passed twice, once each way: two cores on each of its edges.
* **splitter tree**: up to ``N`` sites behind one splitter. From the home to the splitter the tree
  takes the cores of one way, behind it each site has cores of its own.

So the cores on an edge are a sum over its *runs*: sets of cores that are laid over it once::

    q_e = sum over ways with cores of their own on e of cores + sum over feeders on e of cores  (4)

and with ``k`` sites of one home on an edge never less than ``cores * k / n``. That linear part is
what the search (:func:`linear_problem`) and the bound (:mod:`geoplan.optimize.bounds`) work with;
the bill of a design is that of (4). With cores of their own for all (``star``) nothing is shared
and everything in here is the identity.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from geoplan.optimize.problem import SPLITTER, Problem
from geoplan.optimize.solution import Design, Feeders

__all__ = [
    "Runs",
    "SharedItems",
    "core_runs",
    "cores_on_edges",
    "least_splitter_cents",
    "linear_problem",
    "shared_items",
    "splitter_part_cents",
    "units_per_core",
]


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Sets of cores laid over one edge once (x of them), by edge, then by carrier.

    Parameters
    ----------
    edge, carrier, cores
        int64 (x,): the edge; way ``c``, or feeder ``c - w`` where ``c`` is not below the number
        of ways w; how many cores.
    row_run
        int64 (r,): the run that each entry of ``path_edges`` uses.
    """

    edge: NDArray[np.int64]
    carrier: NDArray[np.int64]
    cores: NDArray[np.int64]
    row_run: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SharedItems:
    """What several sites pay once, with the first of them: lit cores of feeders, splitters.

    Parameters
    ----------
    cents
        int64 (i,), price of each item.
    sites
        int64 CSR (i, s) of ones: who uses it.
    """

    cents: NDArray[np.int64]
    sites: sp.csr_array

    def phases(self, site_phase: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return int64 (i,): the least phase among the users of each item."""
        if not len(self.cents):
            return np.zeros(0, dtype=np.int64)
        users = site_phase[self.sites.indices]
        return np.minimum.reduceat(users, self.sites.indptr[:-1]).astype(np.int64)


def units_per_core(problem: Problem) -> int:
    """Return the units into which :func:`linear_problem` divides a core."""
    return math.lcm(*(int(n) for n in np.unique(problem.site_share))) if _shared(problem) else 1


def _shared(problem: Problem) -> bool:
    return len(problem.site_share) > 0


def linear_problem(problem: Problem) -> Problem:
    """Return the problem in which a site takes its even part of the cores that it may share.

    Cores are counted in units, ``units_per_core`` to a core, so that everything stays whole: the
    sizes of cables and the capacities grow by that factor, and lighting is priced per unit. No
    design takes less than its sites do here. The same problem where nothing is shared.
    """
    if not _shared(problem):
        return problem
    unit = units_per_core(problem)
    limited = problem.capacity_cores >= 0
    return replace(
        problem,
        core_cents=_frozen(problem.core_cents // unit),
        step_cores=_frozen(problem.step_cores * unit),
        capacity_cores=_frozen(np.where(limited, problem.capacity_cores * unit, -1)),
        site_cores=_frozen(problem.site_cores * unit // problem.site_share),
    )


def _frozen(values: NDArray[np.int64]) -> NDArray[np.int64]:
    values.setflags(write=False)
    return values


def least_splitter_cents(problem: Problem) -> int:
    """Return what the splitters of every full design cost at least: full trees, home by home."""
    if not _shared(problem):
        return 0
    behind = problem.site_access == SPLITTER
    ratio = problem.site_share[behind]
    count = np.bincount(problem.site_home[behind], minlength=problem.n_sites)
    trees = -(-count // int(ratio[0])) if len(ratio) else count
    return int(trees.sum()) * problem.splitter_cents


def splitter_part_cents(problem: Problem) -> NDArray[np.int64]:
    """Return int64 (s,): each site's even part of a full splitter, rounded down."""
    if not _shared(problem):
        return np.zeros(problem.n_sites, dtype=np.int64)
    behind = problem.site_access == SPLITTER
    part: NDArray[np.int64] = np.where(behind, problem.splitter_cents // problem.site_share, 0)
    return part


def core_runs(
    problem: Problem,
    path_ptr: NDArray[np.int64],
    path_edges: NDArray[np.int32],
    path_site: NDArray[np.int32],
    feeders: Feeders | None,
) -> Runs:
    """Return the runs of a design's paths (arrays as in :class:`Design`)."""
    n_ways = len(path_site)
    way = np.repeat(np.arange(n_ways, dtype=np.int64), np.diff(path_ptr))
    carrier = way
    if feeders is not None:
        position = np.arange(len(path_edges)) - path_ptr[way]
        shared = position >= feeders.way_own[way]
        carrier = np.where(shared, n_ways + feeders.way_feeder[way], way)
    count = n_ways + (0 if feeders is None else feeders.count)
    key = path_edges.astype(np.int64) * max(1, count) + carrier
    keys, first, row_run = np.unique(key, return_index=True, return_inverse=True)
    edge, of = np.divmod(keys, max(1, count))
    cores = problem.site_cores[path_site[way[first]]].astype(np.int64)
    return Runs(edge, of, cores, row_run.astype(np.int64))


def _runs_of(problem: Problem, design: Design) -> Runs:
    return core_runs(problem, design.path_ptr, design.path_edges, design.path_site, design.feeders)


def cores_on_edges(problem: Problem, runs: Runs) -> NDArray[np.int64]:
    """Return int64 (m,): equation (4)."""
    used = np.zeros(problem.n_edges, dtype=np.int64)
    np.add.at(used, runs.edge, runs.cores)
    return used


def shared_items(problem: Problem, design: Design) -> SharedItems:
    """Return what the sites of feeders pay together."""
    n_ways, s = len(design.path_site), problem.n_sites
    feeders = design.feeders
    if feeders is None:
        none = np.zeros(0, dtype=np.int64)
        return SharedItems(none, sp.csr_array((0, s), dtype=np.int64))
    runs = _runs_of(problem, design)
    lit = np.flatnonzero((runs.carrier >= n_ways) & (problem.core_cents[runs.edge] > 0))
    number = np.full(len(runs.edge), -1, dtype=np.int64)
    number[lit] = np.arange(len(lit))
    site = np.repeat(design.path_site, np.diff(design.path_ptr)).astype(np.int64)
    item = number[runs.row_run]
    behind = feeders.way_feeder >= 0
    trees = np.flatnonzero(feeders.access == SPLITTER)
    tree = np.full(feeders.count, -1, dtype=np.int64)
    tree[trees] = len(lit) + np.arange(len(trees))
    of_tree = np.full(n_ways, -1, dtype=np.int64)
    of_tree[behind] = tree[feeders.way_feeder[behind]]
    rows = np.concatenate([item[item >= 0], of_tree[of_tree >= 0]])
    columns = np.concatenate([site[item >= 0], design.path_site[of_tree >= 0]])
    users = sp.csr_array(
        (np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=(len(lit) + len(trees), s)
    )
    users.sum_duplicates()
    cents = np.concatenate(
        [
            problem.core_cents[runs.edge[lit]] * runs.cores[lit],
            np.full(len(trees), problem.splitter_cents, dtype=np.int64),
        ]
    )
    return SharedItems(cents.astype(np.int64), users)
