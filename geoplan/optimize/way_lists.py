"""Every way of every site, listed: for graphs small enough, so that a search can be exact.

A *choice* of a site is what serves it: one simple path to its home, or for a site with two ways a
pair of simple paths that share no risk group. A site in the node of its home has one choice, of
empty paths; a core has none to make. Where hubs lie on rings, the choice of a hub is kept in one
direction of its ring, so that hubs on one ring agree: between two cores from the one with the
smaller number, else in that in which the walk is the smaller list of edges.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, pairwise, product

import numpy as np

from geoplan.optimize.problem import CORE, Problem
from geoplan.optimize.ring_ends import ring_hubs, ways_end_at

__all__ = ["Choice", "Path", "ends_of", "list_choices", "ring_walk", "ringed_hubs"]

_STEPS = 20_000
"""Steps of the walk over all paths, after which the graph counts as too large to list them."""
_MOST_CHOICES = 4_000

Path = tuple[int, ...]
Choice = tuple[Path, ...]
"""The ways of one site, in the order of their numbers."""


class _TooManyError(Exception):
    pass


def list_choices(problem: Problem) -> list[list[Choice]] | None:
    """Return the choices of every site; None when they are too many.

    They keep the ways that are built, but for those of hubs on rings. A site without a choice
    can't be served by any design.
    """
    finder = _Paths(problem)
    ringed = ringed_hubs(problem)
    answer: list[list[Choice]] = []
    count = 0
    try:
        for site in range(problem.n_sites):
            if site in ringed:
                found = finder.ring_choices(site)
            else:
                found = _keeping_built(problem, site, finder.choices(site))
            answer.append(found)
            count += len(answer[-1])
            if count > _MOST_CHOICES:
                return None
    except _TooManyError:
        return None
    return answer


def ringed_hubs(problem: Problem) -> set[int]:
    """Return the hubs that need a ring: those not in the node of their core, where rings are."""
    if not problem.ring_max_hubs:
        return set()
    return set(ring_hubs(problem).tolist())


def ring_walk(choice: Choice) -> Path:
    """Return the edges of a hub's two ways, from the core where way 1 ends to that of way 2."""
    return choice[0][::-1] + choice[1]


def _in_ring_order(choice: Choice) -> Choice:
    """Return the ways of a hub on a ring back to its core in the order that is kept."""
    walk = ring_walk(choice)
    return choice if walk < walk[::-1] else choice[::-1]


def ends_of(problem: Problem, hub: int, choice: Choice) -> tuple[int, int]:
    """Return the cores at which the ways of a hub on a ring end."""
    home = int(problem.site_home[hub])
    if not problem.ring_two_cores:
        return home, home
    # cores between which rings run stand in different nodes
    core_at = {
        int(problem.site_node[core]): core
        for core in np.flatnonzero(problem.site_level == CORE).tolist()
    }
    ends = []
    for path in choice:
        node = int(problem.site_node[hub])
        for e in path:
            node = int(problem.head[e]) if node == problem.tail[e] else int(problem.tail[e])
        ends.append(core_at[node])
    return ends[0], ends[1]


def _keeping_built(problem: Problem, site: int, choices: list[Choice]) -> list[Choice]:
    """Return the choices whose ways are the built ones, under their numbers."""
    for kept in problem.locks.kept:
        if kept.site != site:
            continue
        at = kept.way - 1
        ordered = [*choices, *(choice[::-1] for choice in choices if len(choice) == 2)]
        choices = [choice for choice in dict.fromkeys(ordered) if choice[at] == kept.edges]
    return choices


class _Paths:
    """Every simple path between sites and homes, as long as they are few."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.steps = 0
        self.built = {(kept.site, kept.edges) for kept in problem.locks.kept}
        self.cuts: dict[Path, frozenset[int]] = {}
        self.at: list[list[tuple[int, int]]] = [[] for _ in range(problem.n_nodes)]
        ends = zip(problem.tail.tolist(), problem.head.tolist(), strict=True)
        for e, (u, v) in enumerate(ends):
            self.at[u].append((e, v))
            self.at[v].append((e, u))
        ptr, flat = problem.risk_ptr.tolist(), problem.risk_groups.tolist()
        self.groups = [frozenset(flat[a:b]) for a, b in pairwise(ptr)]

    def choices(self, site: int) -> list[Choice]:
        """Return all choices of a site."""
        ways = int(self.problem.site_ways[site])
        if ways == 0:
            return [()]
        paths = self._paths(site, int(self.problem.site_home[site]))
        paths = [path for path in paths if self._short_enough(site, path)]
        if ways == 1:
            return [(path,) for path in paths]
        if paths == [()]:
            return [((), ())]
        return self._apart(combinations(paths, 2), len(paths) ** 2)

    def _short_enough(self, site: int, path: Path) -> bool:
        """Tell whether a way is no longer than it may be, or built already."""
        longest_dm = self.problem.site_longest_dm
        if not longest_dm.size or longest_dm[site] < 0 or (site, path) in self.built:
            return True
        return int(self.problem.length_dm[list(path)].sum()) <= int(longest_dm[site])

    def ring_choices(self, hub: int) -> list[Choice]:
        """Return all choices of a hub on a ring of at most the length asked for, in its order."""
        problem, found = self.problem, dict[Choice, None]()
        for start, end in ways_end_at(problem, hub):
            back = self._paths(hub, start)
            on = back if start == end else self._paths(hub, end)
            pairs = combinations(back, 2) if start == end else product(back, on)
            apart = self._apart(pairs, len(back) * len(on))
            found.update(dict.fromkeys(map(_in_ring_order, apart) if start == end else apart))
        length = problem.length_dm
        return [c for c in found if int(length[list(ring_walk(c))].sum()) <= problem.ring_max_dm]

    def _apart(self, pairs: Iterable[tuple[Path, Path]], count: int) -> list[Choice]:
        """Return the pairs of paths, at most ``count``, that share no risk group."""
        if count > 4 * _MOST_CHOICES:
            raise _TooManyError
        cut = self._cut
        return [pair for pair in pairs if not cut(pair[0]) & cut(pair[1])]

    def _cut(self, path: Path) -> frozenset[int]:
        if path not in self.cuts:
            self.cuts[path] = frozenset[int]().union(*(self.groups[e] for e in path))
        return self.cuts[path]

    def _paths(self, site: int, home: int) -> list[Path]:
        """Return all simple paths between two sites."""
        problem = self.problem
        target = int(problem.site_node[home])
        found: list[Path] = []
        start = int(problem.site_node[site])
        stack: list[tuple[int, Path, frozenset[int]]] = [(start, (), frozenset([start]))]
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
