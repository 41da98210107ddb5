"""Tiny random Problems, and everything about them by brute force.

A design is brute-forced over all simple paths of every way, pairs of ways that share no risk
group, and all capacities, with the bill by equation (1) of the Problem, recomputed here from
its definition. The search over ways stops early only where the bill of the ways taken so far
already reaches the best known (prices of cables rise with their size, so bills only grow).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from naive import cables, path_end, random_graph, simple_paths

from geoplan.optimize.problem import CORE, HUB, MUNICIPAL, TOWNSHIP, Problem

NONE = 1 << 60
"""Cost of what can't be built."""

Path = tuple[int, ...]


def _frozen(values: object, dtype: object) -> np.ndarray:
    array = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array


def make_problem(
    n_nodes: int,
    edges: list[tuple[int, int]],
    sites: list[tuple[int, int, int, int, int, int]],
    **columns: object,
) -> Problem:
    """A Problem from edges and sites ``(level, node, home, cores, cents, weight)``.

    Defaults: edges cost 100 and one cable of up to 12 cores 10, of 24 cores 15; no limits, a
    risk group of its own for every edge; two phases of 10**6 each.
    """
    m = len(edges)
    level, node, home, cores, cents, weight = (list(c) for c in zip(*sites, strict=True))
    takes = np.array(columns.get("takes_cable", [True] * m), dtype=bool)
    sizes = columns.get("step_cores", [12, 24])
    prices = columns.get("step_cents", [[10, 15]] * m)
    groups = columns.get("groups", [[e] for e in range(m)])
    budgets = columns.get("budgets", [10**6, 10**6])
    p = 2 if budgets is None else len(budgets)
    flat = [g for of_edge in groups for g in of_edge]
    ways = [{CORE: 0, HUB: 2}.get(lv, 1) for lv in level]
    return Problem(
        n_nodes=n_nodes,
        tail=_frozen([u for u, _ in edges], np.int32),
        head=_frozen([v for _, v in edges], np.int32),
        fixed_cents=_frozen(columns.get("fixed", [100] * m), np.int64),
        core_cents=_frozen(columns.get("core_cents", [0] * m), np.int64),
        takes_cable=_frozen(takes, np.bool_),
        step_cores=_frozen(sizes, np.int64),
        step_cents=_frozen(
            np.array(prices, dtype=np.int64).reshape(m, len(sizes)) * takes[:, None], np.int64
        ),
        reserve_permille=int(columns.get("reserve_permille", 200)),
        capacity_cores=_frozen(columns.get("capacity_cores", [-1] * m), np.int64),
        capacity_cables=_frozen(columns.get("capacity_cables", [-1] * m), np.int64),
        risk_ptr=_frozen(np.cumsum([0, *map(len, groups)]), np.int64),
        risk_groups=_frozen(flat, np.int32),
        n_risk_groups=1 + max(flat, default=-1),
        site_node=_frozen(node, np.int32),
        site_level=_frozen(level, np.int8),
        site_home=_frozen(home, np.int32),
        site_ways=_frozen(ways, np.int8),
        site_cores=_frozen(cores, np.int64),
        site_cents=_frozen(cents, np.int64),
        site_weight=_frozen(weight, np.int64),
        budgets_cents=None if budgets is None else _frozen(budgets, np.int64),
        budget_shares=_frozen([1] * p, np.int64),
        budget_factor_permille=1020,
        budget_round_cents=1,
        phase_gain=_frozen(columns.get("gain", [1] * p), np.int64),
        all_hubs_first=bool(columns.get("all_hubs", False)),
    )


def random_problem(seed: int, *, most_sites: int = 7, **columns: object) -> Problem:
    """4-8 nodes, up to 12 edges of every kind, 1-2 hubs, 1-3 townships, 0-2 units.

    One in six has two cores, one in twelve a graph that may fall apart; sites share nodes by
    chance, with each other and with the core.
    """
    rng = np.random.default_rng([seed, 20])
    n = int(rng.integers(4, 9))
    m = int(rng.integers(max(6, n), 13))
    edges = random_graph(rng, n, m, connected=bool(rng.random() > 1 / 12))
    if rng.random() < 0.7:  # a ring through most nodes: hubs have two ways
        ring = rng.permutation(n)[: m - 3].tolist()
        edges[-len(ring) :] = zip(ring, ring[1:] + ring[:1], strict=True)
    kind = rng.choice(["dig", "pull", "light"], m, p=[0.7, 0.15, 0.15])
    sizes = [[12, 24], [4, 8], [2, 6, 12], [3]][int(rng.integers(0, 4))]
    scale = int(rng.choice([1, 37, 12_345]))
    length = rng.integers(0 if rng.random() < 0.2 else 1, 30, m)
    step = np.cumsum(rng.integers(1, 8, len(sizes)))
    groups = [[e] for e in range(m)]
    for g in range(m, m + int(rng.integers(0, 4))):
        for e in rng.choice(m, int(rng.integers(2, 4)), replace=False).tolist():
            groups[e].append(g)
    n_cores = 2 if rng.random() < 1 / 6 else 1

    def node() -> int:
        return int(rng.integers(0, n))

    sites = [(CORE, node(), k, 0, 5 * scale, 0) for k in range(n_cores)]
    hubs, units, townships = (
        int(rng.integers(1, 3)), int(rng.integers(0, 3)), int(rng.integers(1, 4))
    )  # fmt: skip
    while n_cores + hubs + units + townships > most_sites:
        units, townships = max(0, units - 1), max(1, townships - (units == 0))
    for level, count in ((HUB, hubs), (MUNICIPAL, units), (TOWNSHIP, townships)):
        for _ in range(count):
            home = int(rng.integers(0, n_cores))
            if level == TOWNSHIP:
                home = n_cores + int(rng.integers(0, hubs))
            cores = int(rng.integers(1, 4))
            cents, weight = int(rng.integers(0, 9)) * scale, int(rng.integers(0, 20))
            sites.append((level, node(), home, cores, cents, weight))
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
    }
    return make_problem(n, edges, sites, **(given | columns))


@dataclass(frozen=True)
class Brute:
    """Everything about one tiny Problem by enumeration."""

    problem: Problem

    @cached_property
    def edges(self) -> list[tuple[int, int]]:
        return list(zip(self.problem.tail.tolist(), self.problem.head.tolist(), strict=True))

    @cached_property
    def groups(self) -> list[set[int]]:
        ptr, flat = self.problem.risk_ptr.tolist(), self.problem.risk_groups.tolist()
        return [set(flat[a:b]) for a, b in itertools.pairwise(ptr)]

    @cached_property
    def bill(self) -> list[list[int]]:
        """Equation (1): cost of edge e with q cores; NONE over a limit."""
        p = self.problem
        most = int((p.site_cores * np.maximum(1, p.site_ways)).sum()) + int(p.site_cores.sum())
        return [[self._edge(e, q) for q in range(most + 1)] for e in range(p.n_edges)]

    def _edge(self, e: int, q: int) -> int:
        p = self.problem
        if q == 0:
            return 0
        if 0 <= p.capacity_cores[e] < q:
            return NONE
        cost = int(p.fixed_cents[e]) + int(p.core_cents[e]) * q
        if p.takes_cable[e]:
            sizes = p.step_cores.tolist()
            chosen = cables(q, p.reserve_permille, sizes)
            if 0 <= p.capacity_cables[e] < len(chosen):
                return NONE
            cost += sum(int(p.step_cents[e, sizes.index(size)]) for size in chosen)
        return cost

    @cached_property
    def single(self) -> list[list[Path]]:
        """All ways of one path from each site to its home."""
        p = self.problem
        return [
            simple_paths(
                p.n_nodes, self.edges, int(p.site_node[s]), int(p.site_node[p.site_home[s]])
            )
            for s in range(p.n_sites)
        ]

    def cut_together(self, path: Path) -> set[int]:
        return set().union(*(self.groups[e] for e in path))

    @cached_property
    def choices(self) -> list[list[tuple[Path, ...]]]:
        """All ways to serve each site: one path, or two that share no risk group."""
        answer: list[list[tuple[Path, ...]]] = []
        for s, paths in enumerate(self.single):
            if self.problem.site_ways[s] == 0:
                answer.append([()])
            elif self.problem.site_ways[s] == 1:
                answer.append([(path,) for path in paths])
            elif paths == [()]:
                answer.append([((), ())])
            else:
                risk = [self.cut_together(path) for path in paths]
                answer.append([
                    (paths[i], paths[j])
                    for i, j in itertools.combinations(range(len(paths)), 2)
                    if not risk[i] & risk[j]
                ])  # fmt: skip
        return answer

    def least(self, items: list[tuple[int, list[tuple[Path, ...]]]]) -> int:
        """Least bill of the edges when each item (cores, choices) makes one choice."""
        bill, used = self.bill, [0] * self.problem.n_edges
        items = sorted(items, key=lambda item: len(item[1]))
        best = NONE

        def put(path: Path, cores: int) -> int:
            change = 0
            for e in path:
                before = bill[e][used[e]]
                used[e] += cores
                change += bill[e][used[e]] - before
            return change

        def search(k: int, cost: int) -> None:
            nonlocal best
            if cost >= best:
                return
            if k == len(items):
                best = cost
                return
            cores, choices = items[k]
            for choice in choices:
                more = sum(put(path, cores) for path in choice)
                search(k + 1, cost + more)
                for path in choice:
                    put(path, -cores)

        search(0, 0)
        return best

    def subset_cents(self, served: frozenset[int], *, loose: bool = False) -> int:
        """Least bill of serving just these sites (cores are always among them).

        ``loose``: a township only needs one way of its hub, whose cores are not counted as
        served; without it the caller makes sure that hubs come first.
        """
        p = self.problem
        items = [(int(p.site_cores[s]), self.choices[s]) for s in sorted(served)]
        if loose:
            for hub in {int(p.site_home[s]) for s in served if p.site_level[s] == TOWNSHIP}:
                if hub not in served:
                    ways = [(path,) for path in self.single[hub]]
                    items.append((int(p.site_cores[hub]), ways))
        cents = self.least(items)
        return NONE if cents >= NONE else cents + int(p.site_cents[list(served)].sum())

    @cached_property
    def optimum(self) -> int:
        """Cost of the best full design, NONE when there is none."""
        return self.subset_cents(frozenset(range(self.problem.n_sites)))

    def subsets(self, rule: str) -> Iterator[frozenset[int]]:
        """Sets of sites that may be in service under ``own_hub``, ``all_hubs`` or ``loose``."""
        p = self.problem
        cores = frozenset(np.flatnonzero(p.site_level == CORE).tolist())
        hubs = frozenset(np.flatnonzero(p.site_level == HUB).tolist())
        others = sorted(set(range(p.n_sites)) - cores)
        for count in range(len(others) + 1):
            for extra in itertools.combinations(others, count):
                served = cores | set(extra)
                towns = [s for s in extra if p.site_level[s] == TOWNSHIP]
                if rule == "own_hub" and any(int(p.site_home[s]) not in served for s in towns):
                    continue
                if rule == "all_hubs" and towns and not hubs <= served:
                    continue
                yield served

    def worth(self, rule: str) -> list[tuple[int, int]]:
        """(cost, weight) of every set of sites that can be served."""
        answer = []
        for served in self.subsets(rule):
            cents = self.subset_cents(served, loose=rule == "loose")
            if cents < NONE:
                answer.append((cents, int(self.problem.site_weight[list(served)].sum())))
        return answer

    def n_designs(self) -> int:
        """Number of combinations of choices over all sites."""
        return int(np.prod([max(1, len(c)) for c in self.choices], dtype=np.float64))

    def check_ways(self, site: int, paths: list[Path]) -> None:
        """Assert that the paths serve the site as the rules ask."""
        p = self.problem
        assert len(paths) == p.site_ways[site]
        for path in paths:
            end, simple = path_end(self.edges, int(p.site_node[site]), path)
            assert simple
            assert end == p.site_node[p.site_home[site]]
        if len(paths) == 2:
            assert not self.cut_together(paths[0]) & self.cut_together(paths[1])

    def design_cents(self, ways: list[tuple[int, Path]]) -> int:
        """Whole bill of ways (site, path), equipment of all sites included."""
        used = [0] * self.problem.n_edges
        for site, path in ways:
            for e in path:
                used[e] += int(self.problem.site_cores[site])
        cents = sum(self.bill[e][q] for e, q in enumerate(used))
        assert cents < NONE, "over a capacity"
        return cents + int(self.problem.site_cents.sum())

    def best_phases(self, budgets: list[int]) -> int:
        """Best objective over all sets, ways, and phases: cables sized for the end, paid when
        an edge opens; lighting and equipment paid when a site is served."""
        p = self.problem
        rule = "all_hubs" if p.all_hubs_first else "own_hub"
        released = np.cumsum(budgets).tolist()
        gains = p.phase_gain.tolist()
        best = -1
        for served in self.subsets(rule):
            sites = sorted(served)
            top = int(p.site_weight[sites].sum()) * sum(gains)
            if top <= best or self.subset_cents(served) > released[-1]:
                continue
            for chosen in itertools.product(*(self.choices[s] for s in sites)):
                value = self._best_order(sites, list(chosen), released, gains, best)
                best = max(best, value)
        return best

    def _best_order(
        self,
        sites: list[int],
        chosen: list[tuple[Path, ...]],
        released: list[int],
        gains: list[int],
        floor: int,
    ) -> int:
        p = self.problem
        used = [0] * p.n_edges
        for s, paths in zip(sites, chosen, strict=True):
            for path in paths:
                for e in path:
                    used[e] += int(p.site_cores[s])
        if any(self.bill[e][q] >= NONE for e, q in enumerate(used)):
            return -1
        opening = [
            self.bill[e][q] - int(p.core_cents[e]) * q if q else 0 for e, q in enumerate(used)
        ]
        edges = {s: {e for path in w for e in path} for s, w in zip(sites, chosen, strict=True)}
        serving = {
            s: int(p.site_cents[s])
            + sum(int(p.core_cents[e]) * int(p.site_cores[s]) for path in w for e in path)
            for s, w in zip(sites, chosen, strict=True)
        }
        hubs = [s for s in range(p.n_sites) if p.site_level[s] == HUB]
        free = [s for s in sites if p.site_level[s] != CORE]
        best = floor
        for order in itertools.product(range(len(gains)), repeat=len(free)):
            phase = dict.fromkeys(sites, 0) | dict(zip(free, order, strict=True))
            value = sum(
                gains[k] * sum(int(p.site_weight[s]) for s in sites if phase[s] <= k)
                for k in range(len(gains))
            )
            if value <= best:
                continue
            towns = [s for s in free if p.site_level[s] == TOWNSHIP]
            if p.all_hubs_first:
                wrong = any(phase.get(h, 99) > phase[t] for t in towns for h in hubs)
            else:
                wrong = any(phase[int(p.site_home[t])] > phase[t] for t in towns)
            if wrong:
                continue
            for k, money in enumerate(released):
                now = [s for s in sites if phase[s] <= k]
                opened = set().union(*(edges[s] for s in now))
                if sum(opening[e] for e in opened) + sum(serving[s] for s in now) > money:
                    break
            else:
                best = value
        return best
