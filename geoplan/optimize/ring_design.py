"""The full design with hubs in rings: least whole bill, every site on its home.

1. Start: partition the hubs on shortest ways, with the trenches of a Steiner tree taken as open;
   lay the rings; hang the other sites on them by a second tree. Where a ring may hold a single
   hub, the design without rings is a start as well.
2. Search: take one ring or several off, alone, with the ways over their trenches, or with all
   other ways; partition and lay their hubs anew at marginal cost; route the other sites again; go
   on from what is not much dearer than the best (less and less of it). In between ruin and
   rebuild the other ways of the best with its rings in place.

On graphs small enough to list every way, CP-SAT settles it first (:mod:`.ring_exact`).

Bounds and proofs of impossibility: :mod:`geoplan.optimize.ring_limits`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.routing import Ways, add_path, refresh_prices
from geoplan._kernels.ruin import nearest_sites, ruin_and_rebuild
from geoplan._kernels.shortest_path_tree import FAR
from geoplan._kernels.way_search import reroute
from geoplan.errors import Fault, InfeasibleError, NoPlanError
from geoplan.optimize.problem import Problem
from geoplan.optimize.ring_ends import HubGroup, hub_groups, ring_hubs
from geoplan.optimize.ring_exact import exact_rings
from geoplan.optimize.ring_limits import ring_faults
from geoplan.optimize.ring_routes import lay_ring, partition_hubs
from geoplan.optimize.ring_sets import Ring, freeze_rings, ring_length_dm, ways_of_hub
from geoplan.optimize.solution import Rings
from geoplan.optimize.survivable import Routing, full_design, single_use_cents, site_tree
from geoplan.progress import Progress, silent
from geoplan.stopping import NO_LIMIT, Clock
from geoplan.text import Text

__all__ = ["RingDesign", "ringed_design"]

_STARTS = 8
_DRAWS = 12
"""Partitions drawn for one start until every ring of one can be laid."""
_ROUNDS = 100
_RUIN_ROUNDS = 1200
_CHUNKS = 6
_NEAREST = 24
_SWEEPS = 6
_NOISES = (0.0, 0.1, 0.3)
_SLACK = 0.004
_EXACT_SHARE = 0.3
"""Most of the time limit that listing every way may take."""
_WHOLE = 0.25
"""Share of moves that hang all other sites anew."""


@dataclass(frozen=True, slots=True)
class RingDesign:
    """A routing of all sites whose hubs lie on rings.

    ``proven`` is true when no design in rings is cheaper; ``late`` when the clock ended the search.
    """

    routing: Routing
    rings: Rings
    proven: bool
    late: bool


def ringed_design(
    problem: Problem,
    *,
    seed: int,
    work_limit: float,
    clock: Clock = NO_LIMIT,
    progress: Progress = silent,
) -> RingDesign:
    """Return the best design found with every hub on a ring.

    Parameters
    ----------
    seed, work_limit, clock
        As in :func:`geoplan.optimize.survivable.full_design`.

    Raises
    ------
    InfeasibleError
        The rules of the rings can't hold together: proven, by the lengths of shortest ways.
    NoPlanError
        No rings were found within capacities and risk groups, rule ``rings.not_found``; other
        sites without a way are left for the caller to name.
    """
    faults = ring_faults(problem)
    if faults:
        raise InfeasibleError(faults)
    exact = None
    if not len(problem.site_share):  # what sites share is no sum over their ways
        share = clock.share(_EXACT_SHARE)
        exact = exact_rings(problem, seed=seed, work_limit=work_limit, clock=share)
    if exact is not None and exact.impossible:
        raise InfeasibleError([_impossible(problem)])
    best: _Search | None = None
    late = False
    if exact is None or not exact.proven:
        best, late = _search(problem, seed, work_limit, clock, progress)
    if exact is not None:
        other = _Search(problem)
        other.take(exact.rings, exact.paths)
        if best is None or other.rank() < best.rank():
            best = other
    if best is None:
        raise NoPlanError([_not_found(problem)])
    proven = exact is not None and exact.proven
    return RingDesign(best.routing, freeze_rings(problem, best.rings), proven, late)


def _search(
    problem: Problem, seed: int, work_limit: float, clock: Clock, progress: Progress
) -> tuple[_Search | None, bool]:
    """Start and search (steps 1 and 2); return the best, and whether the clock ended it."""
    rng = np.random.default_rng(seed)
    best: _Search | None = None
    for _ in range(_STARTS):
        if best is not None and clock.out():
            break
        search = _Search(problem)
        if search.start(rng, noise=0.0 if best is None else 0.2) and (
            best is None or search.rank() < best.rank()
        ):
            best = search
    alone = _alone(problem, seed, work_limit, clock)
    if alone is not None and (best is None or alone.rank() < best.rank()):
        best = alone
    late = False
    if best is None or len(best.routing.unrouted()):
        return best, late
    clock.interruption.keep()
    rounds = max(2, int(_ROUNDS * work_limit))
    ruins = max(1, int(_RUIN_ROUNDS * work_limit))
    kept, rank = best.copied(), best.rank()
    for chunk in range(_CHUNKS):
        late = late or clock.out()
        if late:
            break
        # how much dearer than the best to go on from: less in every chunk, nothing in the last
        slack = int(_SLACK * rank[1] * (1 - (chunk + 1) / _CHUNKS))
        for _ in range(rounds // _CHUNKS + (chunk < rounds % _CHUNKS)):
            best.move_rings(rng, (rank[0], rank[1] + slack))
            if best.rank() < rank:
                kept, rank = best.copied(), best.rank()
        best.become(kept)
        best.ruin_others(rng, ruins // _CHUNKS + (chunk < ruins % _CHUNKS))
        kept, rank = best.copied(), best.rank()
        progress("design", (chunk + 1) / _CHUNKS)
    return best, late


def _alone(problem: Problem, seed: int, work_limit: float, clock: Clock) -> _Search | None:
    """Return the design in which each hub has a ring of its own: any two ways are one.

    ``None`` where the rules ask for more than one hub on a ring, or a pair is too long.
    """
    if problem.ring_min_hubs > 1 or not problem.ring_one_core:
        return None
    routing, _ = full_design(problem, seed=seed, work_limit=work_limit, clock=clock)
    if len(routing.unrouted()):
        return None
    paths: dict[int, list[tuple[int, ...]]] = {}
    for row, site in enumerate(routing.way_site.tolist()):
        path = routing.ways.path[row, : routing.ways.length[row]]
        paths.setdefault(site, []).append(tuple(path.tolist()))
    rings = []
    for hub in ring_hubs(problem).tolist():
        back, on = paths.pop(hub)
        home = int(problem.site_home[hub])
        rings.append(Ring(home, home, (hub,), (back[::-1], on)))
    if any(ring_length_dm(problem, ring) > problem.ring_max_dm for ring in rings):
        return None
    search = _Search(problem)
    search.take(rings, {site: some[0] for site, some in paths.items()})
    return search


def _impossible(problem: Problem) -> Fault:
    sizes = f"{problem.ring_min_hubs}-{problem.ring_max_hubs}"
    return Fault(
        rule="rings.impossible",
        layer="[rings]",
        row="",
        what=Text(
            f"已列出全部路由：不存在每环 {sizes} 个汇聚节点且满足环长、容量和风险组限制的方案",
            f"every way was listed: no rings of {sizes} hubs keep to length, capacities and risk "
            "groups and leave every other site a way",
        ),
        cure=Text(
            "提高 rings.max_km 或 rings.max_hubs，降低 rings.min_hubs，或增加候选路由与容量",
            "raise rings.max_km or rings.max_hubs, lower rings.min_hubs, or add candidate routes "
            "or capacity",
        ),
    )


def _not_found(problem: Problem) -> Fault:
    return Fault(
        rule="rings.not_found",
        layer="[rings]",
        row="",
        what=Text(
            f"在容量和风险组限制内未能将汇聚节点连成每环至多 {problem.ring_max_hubs} 个的环",
            f"no rings of at most {problem.ring_max_hubs} hubs were found within capacities and "
            "risk groups",
        ),
        cure=Text(
            "提高 rings.max_km 或降低 rings.min_hubs，或增加候选路由",
            "raise rings.max_km, lower rings.min_hubs, or add candidate routes",
        ),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """A design to go back to."""

    path: NDArray[np.int32]
    length: NDArray[np.int32]
    used: NDArray[np.int64]
    rings: list[Ring]


class _Search:
    """A routing with its rings while both are searched for."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.routing = Routing(problem)
        self.rings: list[Ring] = []
        self.groups = hub_groups(problem)
        ringed = np.zeros(problem.n_sites, dtype=np.bool_)
        ringed[ring_hubs(problem)] = True
        self.others = np.flatnonzero(~ringed[self.routing.way_site])
        self.first_way = np.searchsorted(self.routing.way_site, np.arange(problem.n_sites))

    def rank(self) -> tuple[int, int]:
        """Sites without a way, then the bill: less is better."""
        return len(self.routing.unrouted()), self.routing.cost_cents

    def copied(self) -> _Kept:
        """Return all that changes while searching."""
        ways = self.routing.ways
        used = self.routing.used.copy()
        return _Kept(ways.path.copy(), ways.length.copy(), used, list(self.rings))

    def become(self, kept: _Kept) -> None:
        """Go back to what was copied."""
        routing = self.routing
        routing.ways.path[:], routing.ways.length[:] = kept.path, kept.length
        routing.state.used[:] = kept.used
        refresh_prices(routing.net, routing.state)
        self.rings = list(kept.rings)

    # ---- rings on and off -------------------------------------------------------------------

    def put(self, ring: Ring) -> None:
        """Put a ring's ways on the routing."""
        target = self.problem.site_node[[ring.start, ring.end]]
        for place, hub in enumerate(ring.hubs):
            for way, path in enumerate(ways_of_hub(ring, place)):
                row = int(self.first_way[hub]) + way
                self.routing.ways.target[row] = target[way]
                self._put_way(row, path)
        self.rings.append(ring)

    def _put_way(self, row: int, path: tuple[int, ...]) -> None:
        routing = self.routing
        routing.ways.path[row, : len(path)] = path
        routing.ways.length[row] = len(path)
        cores = int(routing.ways.cores[row])
        add_path(routing.net, routing.state, routing.ways.path[row], len(path), cores)

    def take_off(self, some: list[Ring]) -> None:
        """Take rings off the routing."""
        hubs = [hub for ring in some for hub in ring.hubs]
        self.routing.take_off(np.flatnonzero(np.isin(self.routing.way_site, hubs)))
        self.rings = [ring for ring in self.rings if ring not in some]

    def lay(self, parts: list[Ring]) -> bool:
        """Lay and put rings that have no segments yet; False when one can't be laid."""
        for wanted in parts:
            ring = lay_ring(self.routing, wanted)
            if ring is None:
                return False
            self.put(ring)
        return True

    def take(self, rings: list[Ring], paths: dict[int, tuple[int, ...]]) -> None:
        """Become a given design."""
        for ring in rings:
            self.put(ring)
        for site, path in paths.items():
            for way in range(int(self.problem.site_ways[site])):
                self._put_way(int(self.first_way[site]) + way, path)

    # ---- the other sites ----------------------------------------------------------------------

    def sweep(self) -> None:
        """Reroute all other ways until that saves nothing."""
        order = self.others.astype(np.int32)
        for _ in range(_SWEEPS):
            if reroute(self.routing.net, self.routing.state, self.routing.ways, order) <= 0:
                break

    def ruin_others(self, rng: np.random.Generator, rounds: int) -> None:
        """Ruin and rebuild the ways of the other sites with the rings in place."""
        if len(self.others) < 2 or rounds < 1:
            return
        routing, rows = self.routing, self.others
        every = routing.ways
        ways = Ways(
            source=every.source[rows],
            target=every.target[rows],
            cores=every.cores[rows],
            demand=every.demand[rows],
            sibling=np.full(len(rows), -1, dtype=np.int32),
            path=every.path[rows],
            length=every.length[rows],
            longest_dm=every.longest_dm[rows],
        )
        site_at = np.full(self.problem.n_nodes, -1, dtype=np.int32)
        reverse = np.arange(len(rows) - 1, -1, -1)
        site_at[ways.source[reverse]] = reverse.astype(np.int32)
        weight = np.minimum(single_use_cents(self.problem), FAR)
        count = max(2, min(_NEAREST, len(rows)))
        near = nearest_sites(routing.net, weight, site_at, ways.source, count)
        random = rng.integers(0, 1 << 62, size=(rounds, 5 + count), dtype=np.int64)
        ruin_and_rebuild(routing.net, routing.state, ways, near, random, 1)
        every.path[rows] = ways.path
        every.length[rows] = ways.length

    # ---- start and moves ----------------------------------------------------------------------

    def start(self, rng: np.random.Generator, *, noise: float) -> bool:
        """Build a first design; False when no rings were laid."""
        routing = self.routing
        weight = single_use_cents(self.problem)
        routing.open_free(site_tree(self.problem, routing.net, weight))
        for group in self.groups:
            if not self._start_rings(group, rng, noise):
                routing.charge()
                return False
        self.hang_others()
        return True

    def _start_rings(self, group: HubGroup, rng: np.random.Generator, noise: float) -> bool:
        for draw in range(_DRAWS):
            parts = partition_hubs(self.routing, group, rng, noise + 0.1 * draw)
            if parts is not None and self.lay(parts):
                return True
            self.take_off(self._rings_of(group))
        return False

    def _rings_of(self, group: HubGroup) -> list[Ring]:
        hubs = set(group.hubs.tolist())
        return [ring for ring in self.rings if ring.hubs[0] in hubs]

    def hang_others(self) -> None:
        """Hang the other sites that have no way on what is there, by a tree."""
        routing = self.routing
        weight = single_use_cents(self.problem)
        weight[routing.used > 0] = 0
        routing.open_free(site_tree(self.problem, routing.net, weight) | (routing.used > 0))
        missing = self.others[routing.ways.length[self.others] < 0].astype(np.int32)
        reroute(routing.net, routing.state, routing.ways, missing)
        routing.charge()
        self.sweep()

    def move_rings(self, rng: np.random.Generator, most: tuple[int, int]) -> None:
        """Lay some rings anew and route other ways again; go back where that ranks above most."""
        if not self.rings:
            return
        routing, kept = self.routing, self.copied()
        first = self.rings[int(rng.integers(len(self.rings)))]
        group = next(group for group in self.groups if first.hubs[0] in group.hubs)
        mates = [ring for ring in self._rings_of(group) if ring is not first]
        mates = [mates[k] for k in rng.permutation(len(mates)).tolist()]
        some = [first, *mates[: int(rng.integers(0, 4))]]
        over = np.zeros(self.problem.n_edges, dtype=np.bool_)
        over[[e for ring in some for e in ring.edges]] = True
        self.take_off(some)
        hubs = np.array(sorted(hub for ring in some for hub in ring.hubs), dtype=np.int64)
        noise = _NOISES[int(rng.integers(len(_NOISES)))]
        scope = rng.random()
        if scope < _WHOLE:
            routing.take_off(self.others)
            weight = single_use_cents(self.problem)
            weight[routing.used > 0] = 0
            routing.open_free(site_tree(self.problem, routing.net, weight) | (routing.used > 0))
        elif scope < 0.5:
            routing.take_off(self._others_over(over))
        parts = partition_hubs(routing, group.only(hubs), rng, noise)
        laid = parts is not None and self.lay(parts)
        if scope < _WHOLE:
            routing.charge()
            if laid:
                self.hang_others()
        elif laid:
            self.sweep()
        if not laid or self.rank() > most:
            self.become(kept)

    def _others_over(self, over: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the other ways that run over some edges."""
        ways = self.routing.ways
        hit = [over[ways.path[row, : ways.length[row]]].any() for row in self.others.tolist()]
        return self.others[np.array(hit, dtype=np.bool_)]
