"""The least design in rings by listing every way there is, for graphs small enough to list them.

With ``z_(h,w)`` = hub h lies on the closed walk w (all pairs of ways that share no risk group
and keep to the length), ``y_(s,p)`` = site s takes path p, ``g_w`` hubs on w in ``k_w`` rings::

    minimise   sum_e bill_e(q_e)          equation (1) of the Problem, as a table
    subject to sum_w z_(h,w) = 1,  sum_p y_(s,p) = 1
               g_w = sum_h z_(h,w),  min_hubs k_w <= g_w <= max_hubs k_w
               q_e = sum over chosen walks and paths over e of their cores, within capacity

CP-SAT with one worker, steered by deterministic work. When it proves its answer, that is the
least bill of every design in rings: no relaxation is left. Two hubs on one walk are on one ring
in one order, so their segments share no risk group pairwise because each of their pairs does.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from geoplan.optimize.cores import cable_steps, edge_bill_cents
from geoplan.optimize.problem import Problem
from geoplan.optimize.ring_limits import hubs_by_core
from geoplan.optimize.ring_sets import Ring
from geoplan.stopping import NO_LIMIT, Clock

__all__ = ["ExactRings", "exact_rings"]

_STEPS = 20_000
"""Steps of the walk over all paths, after which the graph counts as too large to list them."""
_MOST_WAYS = 4_000
_WORK = 20.0
_LONGEST_S = 1e6
"""Stands for no limit: the solver wants a finite one."""

Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ExactRings:
    """Rings, a path for every other site, and whether no design in rings is cheaper.

    ``impossible`` is true when all ways were listed and there is no design (then all is empty).
    """

    rings: list[Ring]
    paths: dict[int, Path]
    proven: bool
    impossible: bool = False


class _TooManyError(Exception):
    pass


def exact_rings(
    problem: Problem, *, seed: int, work_limit: float, clock: Clock = NO_LIMIT
) -> ExactRings | None:
    """Return the best design in rings of a small graph.

    Returns
    -------
    None when the graph has too many ways to list, or nothing was found within the work.
    """
    try:
        walks, paths = _list_ways(problem)
    except _TooManyError:
        return None
    if not all(walks.values()) or not all(paths.values()):
        return ExactRings([], {}, proven=False, impossible=True)
    model = _Model(problem, walks, paths)
    return model.solve(seed, work_limit, clock)


def _list_ways(
    problem: Problem,
) -> tuple[dict[int, dict[Path, tuple[Path, Path]]], dict[int, list[Path]]]:
    """Return for each ringed hub its closed walks (with its two ways), and all other paths."""
    finder = _Paths(problem)
    ringed = [int(hub) for hubs in hubs_by_core(problem).values() for hub in hubs]
    walks = {hub: finder.walks(hub) for hub in ringed}
    others = [s for s in range(problem.n_sites) if problem.site_ways[s] and s not in walks]
    paths = {s: finder.paths(s) for s in others}
    count = sum(map(len, walks.values())) + sum(map(len, paths.values()))
    if count > _MOST_WAYS:
        raise _TooManyError
    return walks, paths


class _Paths:
    """Every simple path between sites and homes, as long as they are few."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.steps = 0
        self.at: list[list[tuple[int, int]]] = [[] for _ in range(problem.n_nodes)]
        ends = zip(problem.tail.tolist(), problem.head.tolist(), strict=True)
        for e, (u, v) in enumerate(ends):
            self.at[u].append((e, v))
            self.at[v].append((e, u))
        ptr, flat = problem.risk_ptr.tolist(), problem.risk_groups.tolist()
        self.groups = [frozenset(flat[a:b]) for a, b in pairwise(ptr)]

    def paths(self, site: int) -> list[Path]:
        """Return all simple paths of a site to its home."""
        problem = self.problem
        target = int(problem.site_node[problem.site_home[site]])
        found: list[Path] = []
        stack: list[tuple[int, Path, frozenset[int]]] = []
        start = int(problem.site_node[site])
        stack.append((start, (), frozenset([start])))
        while stack:
            node, path, seen = stack.pop()
            self.steps += 1
            if self.steps > _STEPS:
                raise _TooManyError
            if node == target:
                found.append(path)
                continue
            stack += [(v, (*path, e), seen | {v}) for e, v in self.at[node] if v not in seen]
        return found

    def walks(self, hub: int) -> dict[Path, tuple[Path, Path]]:
        """Return the closed walks on which a hub may lie, in one of their two directions."""
        length = self.problem.length_dm
        paths = self.paths(hub)
        if len(paths) ** 2 > 4 * _MOST_WAYS:
            raise _TooManyError
        cut = [frozenset[int]().union(*(self.groups[e] for e in path)) for path in paths]
        found: dict[Path, tuple[Path, Path]] = {}
        for i, j in combinations(range(len(paths)), 2):
            if cut[i] & cut[j]:
                continue
            walk = paths[i][::-1] + paths[j]
            if int(length[list(walk)].sum()) > self.problem.ring_max_dm:
                continue
            back = walk[::-1]
            key, ways = (
                (walk, (paths[i], paths[j])) if walk < back else (back, (paths[j], paths[i]))
            )
            found[key] = ways
        return found


def _bill_table(problem: Problem, most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the bill of every edge with 0..most cores (most + 1, m), and how many fit (m,)."""
    m = problem.n_edges
    cents = np.zeros((most + 1, m), dtype=np.int64)
    room = np.zeros(m, dtype=np.int64)
    for q in range(1, most + 1):
        cores = np.full(m, q, dtype=np.int64)
        cents[q] = edge_bill_cents(problem, cores)
        over = (problem.capacity_cores >= 0) & (cores > problem.capacity_cores)
        pulled = cable_steps(problem, cores).sum(axis=1)
        over |= (problem.capacity_cables >= 0) & (pulled > problem.capacity_cables)
        room[~over] = q  # more cores never take fewer cables: what fits is 0..room
    return cents, room


class _Model:
    """The CP-SAT model of the module's docstring."""

    def __init__(
        self,
        problem: Problem,
        walks: dict[int, dict[Path, tuple[Path, Path]]],
        paths: dict[int, list[Path]],
    ) -> None:
        self.problem = problem
        self.walks = walks
        self.paths = paths
        self.model = cp_model.CpModel()
        new = self.model.new_bool_var
        self.on = {(hub, walk): new("") for hub, found in walks.items() for walk in found}
        self.takes = {(s, p): new("") for s, found in paths.items() for p in range(len(found))}
        used: list[list[tuple[int, cp_model.IntVar]]] = [[] for _ in range(problem.n_edges)]
        for hub, found in walks.items():
            self.model.add_exactly_one(self.on[hub, walk] for walk in found)
            for walk in found:
                for e in walk:
                    used[e].append((int(problem.site_cores[hub]), self.on[hub, walk]))
        for s, listed in paths.items():
            self._choose_paths(s, listed, used)
        self._count_rings()
        self._charge(used)

    def _choose_paths(
        self, s: int, listed: list[Path], used: list[list[tuple[int, cp_model.IntVar]]]
    ) -> None:
        # a hub in its core's node has the empty path twice, which is one choice
        self.model.add_exactly_one(self.takes[s, p] for p in range(len(listed)))
        for p, path in enumerate(listed):
            for e in path:
                used[e].append((int(self.problem.site_cores[s]), self.takes[s, p]))

    def _count_rings(self) -> None:
        problem = self.problem
        cores = {hub: int(problem.site_home[hub]) for hub in self.walks}
        together: dict[tuple[int, Path], list[cp_model.IntVar]] = {}
        for (hub, walk), variable in self.on.items():
            together.setdefault((cores[hub], walk), []).append(variable)
        for members in together.values():
            rings = self.model.new_int_var(0, len(members), "")
            self.model.add(sum(members) >= problem.ring_min_hubs * rings)
            self.model.add(sum(members) <= problem.ring_max_hubs * rings)

    def _charge(self, used: list[list[tuple[int, cp_model.IntVar]]]) -> None:
        most = int((self.problem.site_cores * self.problem.site_ways).sum())
        cents, room = _bill_table(self.problem, most)
        bills = []
        for e, terms in enumerate(used):
            if not terms:
                continue
            table = cents[: room[e] + 1, e].tolist()
            q = self.model.new_int_var(0, int(room[e]), "")
            self.model.add(q == sum(cores * variable for cores, variable in terms))
            bill = self.model.new_int_var(0, max(table), "")
            self.model.add_element(q, table, bill)
            bills.append(bill)
        self.model.minimize(sum(bills))

    def solve(self, seed: int, work_limit: float, clock: Clock) -> ExactRings | None:
        """Solve, and read the rings and paths off the answer."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.max_deterministic_time = _WORK * work_limit
        solver.parameters.max_time_in_seconds = min(_LONGEST_S, max(0.01, clock.left_s()))
        # its own way of catching Ctrl-C leaves the process without any afterwards
        solver.parameters.catch_sigint_signal = False
        with clock.interruption.stopping(solver.stop_search):
            status = solver.solve(self.model)
        if status == cp_model.INFEASIBLE:
            return ExactRings([], {}, proven=False, impossible=True)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        problem = self.problem
        together: dict[tuple[int, Path], list[int]] = {}
        for (hub, walk), variable in self.on.items():
            if solver.boolean_value(variable):
                together.setdefault((int(problem.site_home[hub]), walk), []).append(hub)
        rings = []
        for (core, walk), hubs in together.items():
            ordered = sorted(hubs, key=lambda hub: (len(self.walks[hub][walk][0]), hub))
            rings += [self._ring(core, walk, part) for part in self._parts(ordered)]
        paths = {
            s: self.paths[s][p]
            for (s, p), variable in self.takes.items()
            if solver.boolean_value(variable)
        }
        return ExactRings(rings, paths, status == cp_model.OPTIMAL)

    def _parts(self, hubs: list[int]) -> list[list[int]]:
        """Share the hubs of one walk out over as few rings as hold them."""
        count = -(-len(hubs) // self.problem.ring_max_hubs)
        return [hubs[k * len(hubs) // count : (k + 1) * len(hubs) // count] for k in range(count)]

    def _ring(self, core: int, walk: Path, hubs: list[int]) -> Ring:
        cuts = [0, *(len(self.walks[hub][walk][0]) for hub in hubs), len(walk)]
        segments = tuple(walk[a:b] for a, b in pairwise(cuts))
        return Ring(core, tuple(hubs), segments)
