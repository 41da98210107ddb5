"""The plan oracle with shared cores: every way of sharing on top of every design.

From the definitions in ``docs/access.md``, with nothing of ``geoplan.optimize`` but the arrays of
``Problem`` and ``Solution``. Sites of one home and one architecture are split into groups in every
possible way:

- on a **ring pair** of at most n sites, whose paths, read from the home, have nothing in common
  but how they begin (then a walk around their tree passes every edge twice): each edge of the
  group carries the pair once;
- behind a **splitter** for at most N, at any node up to which all paths of the group begin alike:
  up to there the group takes the cores of one way, from there each site its own.

An edge's bill is that of the cores on it. Lighting of shared cores and splitters are paid by the
phase in which the first of their sites is served.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from plan_oracle import NONE, Path, PlanOracle, SiteWays, edge_bill, random_plan_problem

from geoplan.optimize.problem import CORE, MUNICIPAL, RING_PAIR, SPLITTER, TOWNSHIP, Problem
from geoplan.optimize.solution import Solution

Run = tuple[int, frozenset[int], int]
"""Edge, the sites whose ways run on these cores there, how many cores."""


def partitions(items: list[int], most: int) -> Iterator[list[list[int]]]:
    """Every split of some items into groups of at most ``most``."""
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for split in partitions(rest, most):
        yield [[first], *split]
        for k, group in enumerate(split):
            if len(group) < most:
                yield [*split[:k], [first, *group], *split[k + 1 :]]


def begin_alike(paths: list[Path]) -> int:
    """How many edges some paths have in common from the home on."""
    count = 0
    while all(len(p) > count for p in paths) and len({p[-1 - count] for p in paths}) == 1:
        count += 1
    return count


def is_ring(paths: list[Path]) -> bool:
    return all(
        len(set(one) & set(two)) == begin_alike([one, two])
        for one, two in itertools.combinations(paths, 2)
    )


@dataclass(frozen=True)
class Sharing:
    """One way of sharing: runs of all sites, and the groups behind splitters."""

    runs: tuple[Run, ...]
    trees: tuple[frozenset[int], ...]


def own_runs(problem: Problem, s: int, ways: SiteWays) -> list[Run]:
    return [(e, frozenset([s]), int(problem.site_cores[s])) for path in ways[s] for e in path]


def sharings(problem: Problem, ways: SiteWays) -> Iterator[Sharing]:
    """Every way of sharing cores when the sites have these ways."""
    kinds: dict[tuple[int, int], list[int]] = {}
    own: list[Run] = []
    for s in range(problem.n_sites):
        kind = int(problem.site_access[s])
        if kind and ways[s]:
            kinds.setdefault((int(problem.site_home[s]), kind), []).append(s)
        else:
            own += own_runs(problem, s, ways)
    options = [list(_split(problem, kind, sites, ways)) for (_, kind), sites in kinds.items()]
    for chosen in itertools.product(*options):
        runs = [*own, *(run for part in chosen for run in part.runs)]
        yield Sharing(tuple(runs), tuple(tree for part in chosen for tree in part.trees))


def _split(problem: Problem, kind: int, sites: list[int], ways: SiteWays) -> Iterator[Sharing]:
    for groups in partitions(sites, int(problem.site_share[sites[0]])):
        paths = [[ways[s][0] for s in group] for group in groups]
        if kind == RING_PAIR:
            if not all(is_ring(part) for part in paths):
                continue
            runs = [
                (e, frozenset(s for s, p in zip(group, part, strict=True) if e in p), 2)
                for group, part in zip(groups, paths, strict=True)
                for e in set().union(*part)
            ]
            yield Sharing(tuple(runs), ())
            continue
        depths = [range(begin_alike(part) + 1) for part in paths]
        for depth in itertools.product(*depths):
            runs = []
            for group, part, d in zip(groups, paths, depth, strict=True):
                cores = int(problem.site_cores[group[0]])
                runs += [(e, frozenset(group), cores) for e in part[0][len(part[0]) - d :]]
                runs += [
                    (e, frozenset([s]), cores)
                    for s, path in zip(group, part, strict=True)
                    for e in path[: len(path) - d]
                ]
            yield Sharing(tuple(runs), tuple(frozenset(group) for group in groups))


def used_by(problem: Problem, sharing: Sharing) -> np.ndarray:
    used = np.zeros(problem.n_edges, dtype=np.int64)
    for edge, _, cores in sharing.runs:
        used[edge] += cores
    return used


def spent_on(problem: Problem, sharing: Sharing, some: frozenset[int]) -> int:
    """Money that serving some sites (and the cores) takes in a design; NONE over a limit."""
    used = used_by(problem, sharing)
    bill = [edge_bill(problem, e, int(q)) for e, q in enumerate(used)]
    if max(bill, default=0) >= NONE:
        return NONE
    opened = {edge for edge, sites, _ in sharing.runs if sites & some}
    cents = sum(bill[e] - int(used[e]) * int(problem.core_cents[e]) for e in opened)
    cents += sum(int(problem.core_cents[e]) * q for e, sites, q in sharing.runs if sites & some)
    cents += problem.splitter_cents * sum(bool(tree & some) for tree in sharing.trees)
    cores = np.flatnonzero(problem.site_level == CORE).tolist()
    return cents + int(problem.site_cents[sorted({*some, *cores})].sum())


class AccessOracle(PlanOracle):
    """:class:`PlanOracle` over every design and every way of sharing cores in it."""

    @cached_property
    def _shared(self) -> list[tuple[tuple[int, ...], Sharing]]:
        found = []
        sizes = [
            len(choices) + (not self.every_site and self.problem.site_level[s] != CORE)
            for s, choices in enumerate(self.choices)
        ]
        for pick in itertools.product(*map(range, sizes)):
            if self.design_ok is not None and not self.design_ok(self.ways(pick)):
                continue
            found += [(pick, some) for some in sharings(self.problem, self.ways(pick))]
        return [
            (pick, some) for pick, some in found if spent_on(self.problem, some, frozenset()) < NONE
        ]

    @cached_property
    def _designs(self) -> tuple[np.ndarray, np.ndarray]:
        pick = np.array([pick for pick, _ in self._shared], dtype=np.int32)
        used = np.array([used_by(self.problem, some) for _, some in self._shared])
        return pick.reshape(-1, self.problem.n_sites), used.reshape(-1, self.problem.n_edges)

    @cached_property
    def spent(self) -> np.ndarray:
        answer = np.full((len(self._shared), len(self.sets)), NONE, dtype=np.int64)
        for row, (pick, sharing) in enumerate(self._shared):
            for some, k in self.sets.items():
                if all(pick[s] < len(self.choices[s]) for s in some):
                    answer[row, k] = spent_on(self.problem, sharing, some)
        return answer

    def assert_valid(self, solution: Solution) -> None:
        """Assert that a solution shares as it may, adds up, and claims nothing too good."""
        p, design, phases = self.problem, solution.design, solution.phases
        sharing = solution_sharing(p, solution)
        assert design.edge_cores.tolist() == used_by(p, sharing).tolist()
        everyone = frozenset(self.free)
        assert design.cost_cents == spent_on(p, sharing, everyone)
        assert design.bound_cents <= self.least_cents <= design.cost_cents
        phase = phases.site_phase.tolist()
        before = 0
        for k in range(1, p.n_phases + 1):
            now = frozenset(s for s in self.free if 0 < phase[s] <= k)
            assert self.closed(now)
            cents = spent_on(p, sharing, now)
            assert cents - before == phases.cost_cents[k - 1]
            assert cents <= int(phases.budgets_cents[:k].sum())
            assert self._weight(now) == phases.weight[k - 1]
            assert (
                self.most_weight(int(phases.budgets_cents[:k].sum())) <= phases.weight_bound[k - 1]
            )
            before = cents
        best = self.best_plan(phases.budgets_cents.tolist())
        assert best is not None
        assert phases.value <= best.value <= phases.value_bound
        assert_schedule(p, solution)


def solution_sharing(problem: Problem, solution: Solution) -> Sharing:
    """The sharing of a solution, each group held against its rule."""
    design, feeders = solution.design, solution.design.feeders
    assert feeders is not None
    runs: list[Run] = []
    trees: list[frozenset[int]] = []
    for w, s in enumerate(design.path_site.tolist()):
        own = int(feeders.way_own[w])
        if feeders.way_feeder[w] < 0:
            assert problem.site_access[s] == 0
            assert own == len(design.path(w))
        runs += [(e, frozenset([s]), int(problem.site_cores[s])) for e in design.path(w)[:own]]
    for f in range(feeders.count):
        ways = np.flatnonzero(feeders.way_feeder == f)
        ways = ways[np.argsort(feeders.way_place[ways])]
        group = design.path_site[ways].tolist()
        paths = [tuple(design.path(w).tolist()) for w in ways]
        assert feeders.way_place[ways].tolist() == list(range(1, len(ways) + 1))
        assert len(group) <= problem.site_share[group[0]]
        assert {int(problem.site_home[s]) for s in group} == {int(feeders.home[f])}
        assert {int(problem.site_access[s]) for s in group} == {int(feeders.access[f])}
        if feeders.access[f] == RING_PAIR:
            assert is_ring(paths)
            common = set().union(*paths)
        else:
            rest = {p[own:] for p, own in zip(paths, feeders.way_own[ways], strict=True)}
            assert len(rest) == 1
            common = set(rest.pop())
            trees.append(frozenset(group))
        runs += [
            (
                e,
                frozenset(s for s, path in zip(group, paths, strict=True) if e in path),
                int(problem.site_cores[group[0]]),
            )
            for e in common
        ]
    return Sharing(tuple(runs), tuple(trees))


def assert_schedule(problem: Problem, solution: Solution) -> None:
    """Every way has its cores; a core is taken by one run alone."""
    design, feeders = solution.design, solution.design.feeders
    assert feeders is not None
    taken: dict[tuple[int, int, int], tuple[str, int]] = {}
    rows = [tuple(row) for row in solution.schedule.tolist()]
    assert len(rows) == len(design.path_edges)
    for way, position, edge, cable, first in rows:
        assert design.path(way)[position] == edge
        shared = position >= feeders.way_own[way]
        who = ("feeder", int(feeders.way_feeder[way])) if shared else ("way", way)
        for core in range(first, first + int(problem.site_cores[design.path_site[way]])):
            assert taken.setdefault((edge, cable, core), who) == who
    for edge, cable, core in taken:
        sizes = solution.cable_size[solution.cable_edge == edge].tolist()
        room = sizes[cable] if sizes else problem.capacity_cores[edge]
        assert room < 0 or core <= room


def random_access_problem(seed: int, *, most_designs: int = 120) -> Problem:
    """A tiny problem whose townships and units share cores, with money that binds."""
    for attempt in itertools.count():
        rng = np.random.default_rng([seed, attempt, 79])
        problem = random_plan_problem(1000 * seed + attempt, most_designs=most_designs)
        kind = np.zeros(problem.n_sites, dtype=np.int8)
        kind[problem.site_level == TOWNSHIP] = rng.choice([RING_PAIR, SPLITTER])
        kind[problem.site_level == MUNICIPAL] = rng.choice([0, RING_PAIR, SPLITTER])
        tree = int(rng.integers(1, 3))
        most = {0: 1, RING_PAIR: int(rng.integers(1, 4)), SPLITTER: int(rng.integers(2, 5))}
        cores = np.where(kind == RING_PAIR, 2, np.where(kind == SPLITTER, tree, problem.site_cores))
        shared = replace(
            problem,
            site_access=kind,
            site_share=np.array([most[int(k)] for k in kind], dtype=np.int64),
            site_cores=cores.astype(np.int64),
            splitter_cents=int(rng.choice([0, 7, 300])) * tree,
        )
        oracle = AccessOracle(shared)
        least = oracle.least_cents if oracle._shared else NONE
        if least >= NONE:
            continue
        base = int(problem.site_cents[problem.site_level == CORE].sum())
        share = rng.integers(10, 60, problem.n_phases)
        budgets = np.maximum(least * share // 100, [base, 0, 0][: len(share)])
        return replace(shared, budgets_cents=budgets)
    raise AssertionError
