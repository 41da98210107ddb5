"""Every way of every site, listed: for graphs small enough, so that a search can be exact.

A *choice* of a site is what serves it: one simple path to its home, or for a site with two ways a
pair of simple paths that share no risk group. A site in the node of its home has one choice, of
empty paths; a core has none to make. Where hubs lie on rings, the choice of a hub is kept in the
direction in which its closed walk is the smaller list of edges, so that hubs on one ring agree.
"""

from __future__ import annotations

from itertools import combinations, pairwise

from geoplan.optimize.problem import HUB, Problem

__all__ = ["Choice", "Path", "closed_walk", "list_choices", "ringed_hubs"]

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
            found = finder.choices(site)
            if site in ringed:
                found = _walks(problem, found)
            else:
                found = _keeping_built(problem, site, found)
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
    return {
        site
        for site in range(problem.n_sites)
        if problem.site_level[site] == HUB
        and problem.site_ways[site] == 2
        and problem.site_node[site] != problem.site_node[problem.site_home[site]]
    }


def closed_walk(choice: Choice) -> Path:
    """Return the edges of a hub's two ways, from the core round to the core."""
    return choice[0][::-1] + choice[1]


def _walks(problem: Problem, choices: list[Choice]) -> list[Choice]:
    """Return the choices that keep to the length of a ring, each closed walk once."""
    found: dict[Path, Choice] = {}
    for one, two in choices:
        walk = closed_walk((one, two))
        if int(problem.length_dm[list(walk)].sum()) > problem.ring_max_dm:
            continue
        back = walk[::-1]
        found[min(walk, back)] = (one, two) if walk < back else (two, one)
    return list(found.values())


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
        paths = self._paths(site)
        if ways == 1:
            return [(path,) for path in paths]
        if paths == [()]:
            return [((), ())]
        if len(paths) ** 2 > 4 * _MOST_CHOICES:
            raise _TooManyError
        cut = [frozenset[int]().union(*(self.groups[e] for e in path)) for path in paths]
        pairs = combinations(range(len(paths)), 2)
        return [(paths[i], paths[j]) for i, j in pairs if not cut[i] & cut[j]]

    def _paths(self, site: int) -> list[Path]:
        """Return all simple paths of a site to its home."""
        problem = self.problem
        target = int(problem.site_node[problem.site_home[site]])
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
