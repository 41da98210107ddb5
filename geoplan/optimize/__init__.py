"""The optimizer: Problem in, Solution with its proof out; the only folder with OR-Tools."""

from __future__ import annotations

from geoplan.optimize.problem import Problem, build_problem
from geoplan.optimize.solution import Design, PhasePlan, Solution
from geoplan.optimize.solve import solve

__all__ = ["Design", "PhasePlan", "Problem", "Solution", "build_problem", "solve"]
