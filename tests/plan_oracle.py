"""The plan oracle: every plan of a tiny Problem, and the best of them, by enumeration.

What a plan is here (nothing of ``geoplan.optimize`` is used but the arrays of ``Problem``)
------------------------------------------------------------------------------------------
A *design* gives every site but the cores its ways to its home: one simple path, or for a hub
two simple paths that share no risk group (a site in its home's node has empty paths). On each
edge the cores of all ways add up to ``q``; ``q`` and the cables bought for it keep within
``capacity_cores`` and ``capacity_cables``. The bill of an edge is equation (1), written anew in
:func:`edge_bill`.

A *plan* is a design and a phase 1..p, or never, for every site:

- cores are in service from phase 1; a township only when its own hub is (``all_hubs_first``:
  when all hubs are), both ways of the hub included;
- the phase that opens an edge (the first with a site in service whose way runs over it) pays
  its fixed cost and its cables, **sized for the cores of the whole design**; the phase that
  puts a site in service pays its equipment and the lighting of the cores of its ways;
- money adds up: what is spent by the end of phase k is at most what was released by then.

``every_site=True`` (a plan file's full design): also the sites that are never served have ways,
and cables are sized for them. ``every_site=False`` allows any design of the served sites and
any others: more plans, so what bounds these bounds the former too.

That a way does not split over two cables is not looked at: :func:`random_plan_problem` makes
problems in which no cable of rule (2) can force that (one cable holds everything, or all ways
are as thick as each other and divide every size).

Locks and rings come in as predicates: ``design_ok`` of the ways of every site, ``plan_ok`` of
the ways and the phases (0 for never). Both hold for *all* figures the oracle gives. Where the two
ways of a site may end elsewhere than at its home, ``ends_of`` names the pairs of sites.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from naive import path_end, random_graph, simple_paths
from small_problems import make_problem

from geoplan.optimize.problem import CORE, HUB, MUNICIPAL, TOWNSHIP, Problem
from geoplan.optimize.solution import Solution

NONE = 1 << 60
"""Cost of what can't be built."""

Path = tuple[int, ...]
SiteWays = tuple[tuple[Path, ...], ...]
"""The ways of every site (empty for cores and for sites that the design leaves out)."""
DesignOk = Callable[[SiteWays], bool]
EndsOf = Callable[[int], list[tuple[int, int]]]
PlanOk = Callable[[SiteWays, tuple[int, ...]], bool]


def edge_bill(problem: Problem, e: int, q: int) -> int:
    """Equation (1) of the Problem for one edge; NONE over one of its limits."""
    if q == 0:
        return 0
    if 0 <= int(problem.capacity_cores[e]) < q:
        return NONE
    total = int(problem.fixed_cents[e]) + q * int(problem.core_cents[e])
    if not problem.takes_cable[e]:
        return total
    sizes = [int(size) for size in problem.step_cores]
    need, pulled = -(-q * (1000 + problem.reserve_permille) // 1000), 0
    while need > 0:
        k = next((k for k, size in enumerate(sizes) if size >= need), len(sizes) - 1)
        total += int(problem.step_cents[e, k])
        need -= sizes[k]
        pulled += 1
    return NONE if 0 <= int(problem.capacity_cables[e]) < pulled else total


@dataclass(frozen=True)
class BestPlan:
    """The best phase objective over all plans, and one plan that reaches it.

    ``design_cents``: bill of its full design, the least of all plans of that value.
    """

    value: int
    site_phase: tuple[int, ...]
    ways: SiteWays
    design_cents: int


@dataclass(frozen=True)
class PlanOracle:
    """All plans of one Problem (see the module); everything is computed when it is asked for."""

    problem: Problem
    every_site: bool = True
    design_ok: DesignOk | None = None
    plan_ok: PlanOk | None = None
    ends_of: EndsOf | None = None

    # ---- designs ---------------------------------------------------------------------------

    @cached_property
    def groups(self) -> list[frozenset[int]]:
        p = self.problem
        return [
            frozenset(p.risk_groups[p.risk_ptr[e] : p.risk_ptr[e + 1]].tolist())
            for e in range(p.n_edges)
        ]

    def ends(self, s: int) -> list[tuple[int, int]]:
        """The pairs of sites at which the two ways of a site may end."""
        home = int(self.problem.site_home[s])
        return [(home, home)] if self.ends_of is None else self.ends_of(s)

    @cached_property
    def choices(self) -> list[list[tuple[Path, ...]]]:
        """All ways to serve each site."""
        p = self.problem
        edges = list(zip(p.tail.tolist(), p.head.tolist(), strict=True))
        answer: list[list[tuple[Path, ...]]] = []

        def paths(s: int, home: int) -> list[Path]:
            ends = int(p.site_node[s]), int(p.site_node[home])
            return simple_paths(p.n_nodes, edges, *ends)

        def apart(one: Path, two: Path) -> bool:
            risk = [frozenset[int]().union(*(self.groups[e] for e in w)) for w in (one, two)]
            return not risk[0] & risk[1]

        for s in range(p.n_sites):
            home = int(p.site_home[s])
            if p.site_ways[s] == 0:
                answer.append([()])
            elif p.site_ways[s] == 1:
                answer.append([(path,) for path in paths(s, home)])
            elif p.site_node[s] == p.site_node[home]:
                answer.append([((), ())])
            else:
                pairs: list[tuple[Path, Path]] = []
                for a, b in self.ends(s):
                    if a == b:
                        pairs += itertools.combinations(paths(s, a), 2)
                    else:
                        pairs += itertools.product(paths(s, a), paths(s, b))
                answer.append([pair for pair in pairs if apart(*pair)])
        return answer

    @property
    def n_designs(self) -> int:
        """Combinations of choices, over capacity or not."""
        left_out = 0 if self.every_site else 1
        count = 1
        for s, choices in enumerate(self.choices):
            count *= len(choices) + left_out * (self.problem.site_level[s] != CORE)
        return count

    @cached_property
    def _designs(self) -> tuple[np.ndarray, np.ndarray]:
        """Choice of each site (d, s), its length meaning "left out", and cores used (d, m)."""
        p = self.problem
        sizes = [
            len(choices) + (not self.every_site and p.site_level[s] != CORE)
            for s, choices in enumerate(self.choices)
        ]
        count = self.n_designs
        assert count <= 3_000_000, "too many designs to enumerate"
        pick = np.column_stack(np.unravel_index(np.arange(count), sizes)).astype(np.int32)
        used = np.zeros((count, p.n_edges), dtype=np.int64)
        for s in range(p.n_sites):
            used += self._usage[s][pick[:, s]]
        most = int(used.max(initial=0))
        bill = np.array(
            [[edge_bill(p, e, q) for q in range(most + 1)] for e in range(p.n_edges)]
        ).reshape(p.n_edges, most + 1)
        fits = (bill[np.arange(p.n_edges), used] < NONE).all(axis=1)
        pick, used = pick[fits], used[fits]
        if self.design_ok is not None:
            kept = np.array([self.design_ok(self.ways(row)) for row in pick], dtype=bool)
            pick, used = pick[kept], used[kept]
        return pick, used

    @cached_property
    def _usage(self) -> list[np.ndarray]:
        """Per site, (choices + 1, m): cores that each choice takes on each edge."""
        p = self.problem
        answer = []
        for s, choices in enumerate(self.choices):
            table = np.zeros((len(choices) + 1, p.n_edges), dtype=np.int64)
            for row, choice in enumerate(choices):
                for path in choice:
                    for e in path:
                        table[row, e] += int(p.site_cores[s])
            answer.append(table)
        return answer

    def ways(self, pick: Sequence[int]) -> SiteWays:
        """The ways that one row of choices stands for."""
        return tuple(
            choices[k] if k < len(choices) else ()
            for choices, k in zip(self.choices, pick, strict=True)
        )

    # ---- money -----------------------------------------------------------------------------

    @cached_property
    def free(self) -> list[int]:
        """Sites that are no cores; only their phases are a choice."""
        return [s for s in range(self.problem.n_sites) if self.problem.site_level[s] != CORE]

    def closed(self, served: frozenset[int]) -> bool:
        """Rule P6 for the sites in service at one moment (cores apart)."""
        p = self.problem
        hubs = {s for s in self.free if p.site_level[s] == HUB}
        towns = [s for s in served if p.site_level[s] == TOWNSHIP]
        if p.all_hubs_first and towns:
            return hubs <= served
        return all(int(p.site_home[s]) in served for s in towns)

    @cached_property
    def sets(self) -> dict[frozenset[int], int]:
        """Sets of sites (cores apart) that may be in service together, numbered."""
        found = [
            frozenset(some)
            for count in range(len(self.free) + 1)
            for some in itertools.combinations(self.free, count)
        ]
        return {some: k for k, some in enumerate(x for x in found if self.closed(x))}

    @cached_property
    def spent(self) -> np.ndarray:
        """int64 (d, sets): money that each design takes to serve each set; NONE if it can't."""
        p = self.problem
        pick, used = self._designs
        opening = np.zeros(used.shape, dtype=np.int64)
        for e in range(p.n_edges):
            for q in np.unique(used[:, e]).tolist():
                cents = edge_bill(p, e, q) - q * int(p.core_cents[e])
                opening[used[:, e] == q, e] = cents
        over = [self._usage[s][pick[:, s]] > 0 for s in range(p.n_sites)]
        serving = [
            int(p.site_cents[s]) + self._usage[s][pick[:, s]] @ p.core_cents.astype(np.int64)
            for s in range(p.n_sites)
        ]
        cores = int(p.site_cents[p.site_level == CORE].sum())
        answer = np.full((len(pick), len(self.sets)), cores, dtype=np.int64)
        for some, k in self.sets.items():
            opened = np.zeros(used.shape, dtype=bool)
            for s in some:
                opened |= over[s]
                answer[:, k] += serving[s]
            answer[:, k] += np.where(opened, opening, 0).sum(axis=1)
            for s in some:
                answer[pick[:, s] == len(self.choices[s]), k] = NONE
        return answer

    @cached_property
    def least_cents(self) -> int:
        """(a) Bill of the best design that serves every site, NONE when there is none."""
        return int(self.spent[:, self.sets[frozenset(self.free)]].min(initial=NONE))

    def most_weight(self, money_cents: int) -> int:
        """(c) Most weight in service for a sum of money, cores included; -1: not even they."""
        least = self.spent.min(axis=0, initial=NONE)
        within = (
            self._weight(some) for some, k in self.sets.items() if int(least[k]) <= money_cents
        )
        return max(within, default=-1)

    def _weight(self, some: frozenset[int]) -> int:
        p = self.problem
        cores = int(p.site_weight[p.site_level == CORE].sum())
        return cores + sum(int(p.site_weight[s]) for s in some)

    # ---- phases ----------------------------------------------------------------------------

    def best_plan(
        self, budgets_cents: Sequence[int], *, most_cents: int = NONE - 1
    ) -> BestPlan | None:
        """(b) The best phase objective over all designs and phases; None when there is no plan.

        The objective is the phases' alone: so the phases are walked from the best value down,
        and the first that any design can pay for is the answer. Of the plans of that value those
        count that have most weight, then most sites in service at the end; of these it names one
        whose full design has the least bill.

        Parameters
        ----------
        most_cents
            Only full designs of at most this bill.
        """
        released = np.cumsum(np.array(budgets_cents, dtype=np.int64)).tolist()
        bill = self.spent[:, self.sets[frozenset(self.free)]]
        # affordable[k][set]: the designs that have the money for the set by phase k
        affordable = [(self.spent <= money) & (bill <= most_cents)[:, None] for money in released]
        some_design = [by_set.any(axis=0) for by_set in affordable]
        best: BestPlan | None = None
        for value, phase in self._phases:
            if best is not None and (value, *self.in_the_end(phase)) < (
                *(best.value, *self.in_the_end(best.site_phase)),
            ):
                break
            chain = [
                self.sets[frozenset(s for s in self.free if 0 < phase[s] <= k)]
                for k in range(1, len(released) + 1)
            ]
            if not all(some_design[k][at] for k, at in enumerate(chain)):
                continue
            right = np.logical_and.reduce([affordable[k][:, at] for k, at in enumerate(chain)])
            rows = np.flatnonzero(right)
            for row in rows[np.argsort(bill[rows], kind="stable")].tolist():
                if best is not None and best.design_cents <= bill[row]:
                    break
                ways = self.ways(self._designs[0][row])
                if self.plan_ok is None or self.plan_ok(ways, phase):
                    best = BestPlan(value, phase, ways, int(bill[row]))
                    break
        return best

    @cached_property
    def _phases(self) -> list[tuple[int, tuple[int, ...]]]:
        """Every choice of phases that obeys P6, as (objective, phase per site), best first."""
        p = self.problem
        gains = p.phase_gain.tolist()
        fixed = sum(gains) * int(p.site_weight[p.site_level == CORE].sum())
        worth = [sum(gains[k:]) for k in range(len(gains))] + [0]
        found = []
        for order in itertools.product(range(1, len(gains) + 2), repeat=len(self.free)):
            ends = dict(zip(self.free, order, strict=True))
            upto = (
                frozenset(s for s, k in ends.items() if k <= phase)
                for phase in range(1, len(gains) + 1)
            )
            if not all(some in self.sets for some in upto):
                continue
            value = fixed + sum(int(p.site_weight[s]) * worth[k - 1] for s, k in ends.items())
            phase = tuple(
                1 if s not in ends else ends[s] % (len(gains) + 1) for s in range(p.n_sites)
            )
            found.append((value, phase))
        return sorted(
            found, key=lambda pair: (-pair[0], *(-x for x in self.in_the_end(pair[1])), pair[1])
        )

    def in_the_end(self, phase: Sequence[int]) -> tuple[int, int]:
        """Weight and number of sites in service at the end, whenever they came (0: never)."""
        served = [s for s, k in enumerate(phase) if k > 0]
        return sum(int(self.problem.site_weight[s]) for s in served), len(served)

    # ---- what a solution claims --------------------------------------------------------------

    def assert_valid(self, solution: Solution) -> None:
        """Assert that a solution is one of these plans, that its figures are right, and that
        nothing it claims to be proven is beaten by a plan."""
        p, design, phases = self.problem, solution.design, solution.phases
        ways = solution_ways(p, solution)
        edges = list(zip(p.tail.tolist(), p.head.tolist(), strict=True))
        used = [0] * p.n_edges
        for s in range(p.n_sites):
            assert len(ways[s]) == p.site_ways[s]
            reached = [path_end(edges, int(p.site_node[s]), path) for path in ways[s]]
            assert all(simple for _, simple in reached)
            may = [p.site_node[list(pair)].tolist()[: len(reached)] for pair in self.ends(s)]
            assert [node for node, _ in reached] in may
            for path in ways[s]:
                for e in path:
                    used[e] += int(p.site_cores[s])
            if len(ways[s]) == 2:
                one, two = (set().union(*(self.groups[e] for e in path)) for path in ways[s])
                assert not one & two
        bill = [edge_bill(p, e, q) for e, q in enumerate(used)]
        assert max(bill, default=0) < NONE
        assert design.cost_cents == sum(bill) + int(p.site_cents.sum())
        assert design.bound_cents <= self.least_cents <= design.cost_cents
        assert self.design_ok is None or self.design_ok(ways)
        opening = [bill[e] - used[e] * int(p.core_cents[e]) for e in range(p.n_edges)]
        phase = phases.site_phase.tolist()
        assert self.plan_ok is None or self.plan_ok(ways, tuple(phase))
        assert all(phase[s] == 1 for s in range(p.n_sites) if p.site_level[s] == CORE)
        value, before, weights = 0, 0, []
        for k in range(1, p.n_phases + 1):
            now = frozenset(s for s in self.free if 0 < phase[s] <= k)
            assert self.closed(now)
            opened = {e for s in now for path in ways[s] for e in path}
            cents = sum(opening[e] for e in opened)
            cents += int(p.site_cents[p.site_level == CORE].sum())
            for s in now:
                lit = sum(int(p.core_cents[e]) for path in ways[s] for e in path)
                cents += int(p.site_cents[s]) + lit * int(p.site_cores[s])
            assert cents <= int(phases.budgets_cents[:k].sum())
            assert cents - before == phases.cost_cents[k - 1]
            before = cents
            weights.append(self._weight(now))
            value += int(p.phase_gain[k - 1]) * weights[-1]
        assert phases.weight.tolist() == weights
        assert phases.value == value
        released = np.cumsum(phases.budgets_cents).tolist()
        for k, money in enumerate(released):
            assert weights[k] <= self.most_weight(money) <= phases.weight_bound[k]
        best = self.best_plan(phases.budgets_cents.tolist())
        assert best is not None
        assert value <= best.value <= phases.value_bound


def solution_ways(problem: Problem, solution: Solution) -> SiteWays:
    """The ways of every site in a solution."""
    design = solution.design
    ways: list[list[Path]] = [[] for _ in range(problem.n_sites)]
    for w, site in enumerate(design.path_site.tolist()):
        ways[site].append(tuple(design.path(w).tolist()))
    return tuple(tuple(paths) for paths in ways)


def assert_equals_oracle(
    problem: Problem,
    solution: Solution,
    *,
    cost: bool = False,
    value: bool = True,
    oracle: PlanOracle | None = None,
) -> None:
    """Assert that a solution is valid and as good as the best plan there is.

    Parameters
    ----------
    cost
        Hold the full design's bill to the least one (a plan that trades cost for weight in an
        early phase is no worse for it: ask only where the design comes first).
    value
        Hold the phase objective to the best over all designs and phases, with the budgets that
        the solution used.
    oracle
        Of the same problem, with the predicates of locks or rings; by default without.
    """
    oracle = oracle or PlanOracle(problem)
    oracle.assert_valid(solution)
    if cost:
        assert solution.design.cost_cents == oracle.least_cents
    if value:
        best = oracle.best_plan(solution.phases.budgets_cents.tolist())
        assert best is not None
        assert solution.phases.value == best.value


# ---- random instances --------------------------------------------------------------------------


def random_plan_problem(seed: int, *, most_designs: int = 4000, **columns: object) -> Problem:
    """A tiny Problem that has a design: to 14 edges, 3 phases, 1-3 hubs, 1-3 townships.

    Parallel edges, capacities in cores and cables, lit cores, overlapping risk groups, sites
    that share nodes, ways of different thickness, one core or two (then several homes), and
    now and then ``all_hubs_first``. Money of the phases: shares of the least cost, mostly less
    than it all in all. Draws again until there is a design and few enough to enumerate.
    """
    for attempt in itertools.count():
        rng = np.random.default_rng([seed, attempt, 77])
        problem = _draw(rng, columns)
        oracle = PlanOracle(problem)
        if not 0 < oracle.n_designs <= most_designs or oracle.least_cents >= NONE:
            continue
        if "budgets" in columns:
            return problem
        cores = int(problem.site_cents[problem.site_level == CORE].sum())
        share = rng.integers(10, 60, problem.n_phases)
        budgets = np.maximum(oracle.least_cents * share // 100, [cores, 0, 0][: len(share)])
        budgets.setflags(write=False)
        return replace(problem, budgets_cents=budgets)
    raise AssertionError


def _draw(rng: np.random.Generator, columns: dict[str, object]) -> Problem:
    n = int(rng.integers(4, 9))
    m = int(rng.integers(max(6, n), 15))
    edges = random_graph(rng, n, m, connected=True)
    ring = rng.permutation(n)[: m - 2].tolist()
    if rng.random() < 0.8:  # a ring through most nodes: hubs have two ways
        edges[-len(ring) :] = zip(ring, ring[1:] + ring[:1], strict=True)
    kind = rng.choice(["dig", "pull", "light"], m, p=[0.7, 0.15, 0.15])
    scale = int(rng.choice([1, 37, 12_345]))
    length = rng.integers(1, 30, m)
    sites = _draw_sites(rng, n, scale)
    thick = bool(rng.random() < 0.3)  # all ways as thick: several cables on one edge
    if thick:
        sites = [(*s[:3], 2 * (s[0] != CORE), *s[4:]) for s in sites]
    sizes = [[2, 4], [4], [2, 8]][int(rng.integers(0, 3))] if thick else [4, 8, 48]
    step = np.cumsum(rng.integers(1, 8, len(sizes)))
    groups = [[e] for e in range(m)]
    for g in range(m, m + int(rng.integers(0, 4))):
        for e in rng.choice(m, int(rng.integers(2, 4)), replace=False).tolist():
            groups[e].append(g)
    p = int(rng.integers(2, 4))
    given: dict[str, object] = {
        "takes_cable": kind != "light",
        "step_cores": sizes,
        "step_cents": length[:, None] * step[None, :] * scale,
        "reserve_permille": int(rng.choice([0, 200, 500])),
        "fixed": np.where(kind == "dig", length * 4, np.where(kind == "pull", 1, 0)) * scale,
        "core_cents": np.where(kind == "light", rng.integers(1, 9, m) * scale, 0),
        "capacity_cores": np.where(kind == "light", rng.integers(0, 9, m), -1),
        "capacity_cables": np.where(kind == "pull", rng.integers(1, 3, m), -1),
        "groups": groups,
        "budgets": [10**9] * p,
        "gain": rng.integers(0, 4, p) if rng.random() < 0.3 else [1] * p,
        "all_hubs": bool(rng.random() < 0.3),
    }
    return make_problem(n, edges, sites, **(given | columns))


def _draw_sites(
    rng: np.random.Generator, n: int, scale: int
) -> list[tuple[int, int, int, int, int, int]]:
    """Sites (level, node, home, cores, cents, weight), at most 48 cores of demand together."""
    n_cores = 2 if rng.random() < 1 / 5 else 1
    hubs = int(rng.integers(1, 4))
    townships = int(rng.integers(1, 4 if hubs < 3 else 3))
    units = int(rng.integers(0, 2 if hubs + townships < 5 else 1))
    node = [int(x) for x in rng.integers(0, n, n_cores + hubs + townships + units)]
    sites = [(CORE, node[k], k, 0, 5 * scale, 0) for k in range(n_cores)]
    for level, count in ((HUB, hubs), (MUNICIPAL, units), (TOWNSHIP, townships)):
        for _ in range(count):
            home = int(rng.integers(0, n_cores))
            if level == TOWNSHIP:
                home = n_cores + int(rng.integers(0, hubs))
            cents, weight = int(rng.integers(0, 9)) * scale, int(rng.integers(0, 20))
            cores = int(rng.integers(1, 4))
            sites.append((level, node[len(sites)], home, cores, cents, weight))
    return sites
