"""One choice of ways for every site, as a CP-SAT model: designs of a small graph, all of them.

With ``t_(s,c)`` = site s makes choice c (:mod:`geoplan.optimize.way_lists`), on every edge::

    sum_c t_(s,c) = 1                                        every site makes one choice   (14)
    q_e = sum over chosen ways over e of their cores, within the edge's capacity           (15)
    o_e = what opening e with q_e cores costs: a table of equation (1) of the Problem      (16)
    bill = sum_e o_e + sum_e core_cents_e q_e                                              (17)

and where hubs lie on rings, with ``g_w`` hubs on the walk w from core to core, in ``k_w`` rings::

    min_hubs k_w <= g_w <= max_hubs k_w                                                    (18)

Two hubs on one walk are on one ring in one order, so their segments share no risk group pairwise
because each of their pairs does.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from geoplan.optimize.cores import cable_steps, edge_bill_cents
from geoplan.optimize.problem import Problem
from geoplan.optimize.ring_sets import Ring
from geoplan.optimize.way_lists import Choice, Path, ends_of, ring_walk, ringed_hubs

__all__ = ["ChoiceModel", "rings_of"]


class ChoiceModel:
    """Equations (14)-(18); ``model`` is open for more rows.

    Parameters
    ----------
    problem
        Its edges' prices and capacities count.
    choices
        The choices of every site, at least one each.

    ``opening`` holds o_e and ``most_cents`` the most it can be; ``over`` the choices over each
    edge, by site, with the number of their ways that run over it.
    """

    def __init__(self, problem: Problem, choices: list[list[Choice]]) -> None:
        self.problem = problem
        self.choices = choices
        self.model = cp_model.CpModel()
        self.takes = [[self.model.new_bool_var("") for _ in listed] for listed in choices]
        for row in self.takes:
            self.model.add_exactly_one(row)  # (14)
        self.over = self._over()
        cents, room = _opening_table(problem)
        tables = [cents[: room[e] + 1, e].tolist() for e in range(problem.n_edges)]
        self.most_cents = [max(table) for table in tables]
        self.opening = [self._opening(e, table) for e, table in enumerate(tables)]
        if problem.ring_max_hubs:
            self._count_rings()

    def _over(self) -> list[dict[int, list[tuple[int, cp_model.IntVar]]]]:
        """Return per edge and site: (ways over the edge, choice) of every choice that is."""
        over: list[dict[int, list[tuple[int, cp_model.IntVar]]]] = [
            {} for _ in range(self.problem.n_edges)
        ]
        for s, listed in enumerate(self.choices):
            for choice, variable in zip(listed, self.takes[s], strict=True):
                edges = [e for path in choice for e in path]
                for e in sorted(set(edges)):
                    over[e].setdefault(s, []).append((edges.count(e), variable))
        return over

    def _opening(self, e: int, table: list[int]) -> cp_model.IntVar | int:
        """Return what opening an edge costs (15)-(16); 0 for an edge that no choice uses."""
        if not self.over[e]:
            return 0
        terms = [
            ways * int(self.problem.site_cores[s]) * variable
            for s, some in self.over[e].items()
            for ways, variable in some
        ]
        q = self.model.new_int_var(0, len(table) - 1, "")
        self.model.add(q == sum(terms))
        opening = self.model.new_int_var(0, self.most_cents[e], "")
        self.model.add_element(q, table, opening)
        return opening

    def _count_rings(self) -> None:
        """Add (18)."""
        problem = self.problem
        together: dict[tuple[int, int, Path], list[cp_model.IntVar]] = {}
        for hub in sorted(ringed_hubs(problem)):
            for choice, variable in zip(self.choices[hub], self.takes[hub], strict=True):
                key = *ends_of(problem, hub, choice), ring_walk(choice)
                together.setdefault(key, []).append(variable)
        for members in together.values():
            rings = self.model.new_int_var(0, len(members), "")
            self.model.add(sum(members) >= problem.ring_min_hubs * rings)
            self.model.add(sum(members) <= problem.ring_max_hubs * rings)

    def lit_cents(self, s: int) -> list[int]:
        """Return what lighting the cores of each choice of a site costs."""
        core, cores = self.problem.core_cents, int(self.problem.site_cores[s])
        return [
            sum(int(core[e]) for path in choice for e in path) * cores for choice in self.choices[s]
        ]

    def bill(self) -> cp_model.LinearExprT:
        """Return (17), equipment left out."""
        lit = [
            cents * variable
            for s in range(len(self.choices))
            for cents, variable in zip(self.lit_cents(s), self.takes[s], strict=True)
            if cents
        ]
        return sum(self.opening) + sum(lit)

    def chosen(self, solver: cp_model.CpSolver) -> list[Choice]:
        """Return the choice of every site in a solver's answer."""
        return [
            listed[[solver.boolean_value(v) for v in row].index(True)]
            for listed, row in zip(self.choices, self.takes, strict=True)
        ]

    def hint(self, ways: list[Choice]) -> None:
        """Hint at the choices of a known design, in whatever order its pairs are."""
        for listed, row, known in zip(self.choices, self.takes, ways, strict=True):
            for choice, variable in zip(listed, row, strict=True):
                self.model.add_hint(variable, choice in (known, known[::-1]))


def _opening_table(problem: Problem) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return what opening each edge with 0..most cores costs (most + 1, m), how many fit (m,)."""
    m, most = problem.n_edges, int((problem.site_cores * problem.site_ways).sum())
    cents = np.zeros((most + 1, m), dtype=np.int64)
    room = np.zeros(m, dtype=np.int64)
    for q in range(1, most + 1):
        cores = np.full(m, q, dtype=np.int64)
        cents[q] = edge_bill_cents(problem, cores) - problem.core_cents * q
        over = (problem.capacity_cores >= 0) & (cores > problem.capacity_cores)
        pulled = cable_steps(problem, cores).sum(axis=1)
        over |= (problem.capacity_cables >= 0) & (pulled > problem.capacity_cables)
        room[~over] = q  # more cores never take fewer cables: what fits is 0..room
    return cents, room


def rings_of(problem: Problem, chosen: list[Choice]) -> list[Ring]:
    """Return the rings of a design in rings: as few on each walk as hold its hubs."""
    together: dict[tuple[int, int, Path], list[tuple[int, int]]] = {}
    for hub in sorted(ringed_hubs(problem)):
        key = *ends_of(problem, hub, chosen[hub]), ring_walk(chosen[hub])
        together.setdefault(key, []).append((len(chosen[hub][0]), hub))
    rings = []
    for (start, end, walk), members in together.items():
        members.sort()
        count = -(-len(members) // problem.ring_max_hubs)
        for k in range(count):
            part = members[k * len(members) // count : (k + 1) * len(members) // count]
            cuts = [0, *(place for place, _ in part), len(walk)]
            segments = tuple(walk[a:b] for a, b in pairwise(cuts))
            rings.append(Ring(start, end, tuple(hub for _, hub in part), segments))
    return rings
