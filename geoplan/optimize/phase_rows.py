"""Locks of the phases as rows of the model (3)-(7) of :mod:`geoplan.optimize.phasing`.

With ``x_b^k`` as there and ``x_b^0 = 0``, ``b(s)`` the block of site ``s``::

    x_b(s)^k - x_b(s)^(k-1) = 0      for each phase k that is closed to s                 (8)
    x_b(s)^p = 1                     where s must be served                               (9)
    sum_s x_b(s)^k >= least          a commitment by the end of phase k                  (10)
    sum_s x_b(s)^k >= 1              over the sites with a way over the edges of a
                                     required route                                      (11)
    sum_b c_b (x_b^k - x_b^(k-1)) <= limit      cash limit of phase k                     (12)
    x_b^k <= sum of x_a^k over the blocks a that need b, where b serves no site itself   (13)

Without (13) money of one phase could be spent on stretches that nobody uses before the next,
to get below the cash limit there; they'd be booked where they are first used.

Every row carries the name of its rule, so that a conflict can name rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import mul

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt.python import mathopt
from ortools.sat.python import cp_model

from geoplan.optimize.blocks import Blocks
from geoplan.optimize.locks import SiteLock
from geoplan.optimize.problem import Problem
from geoplan.optimize.solution import Design

__all__ = ["PhaseRow", "add_to_cp", "add_to_mip", "lock_rows", "rows_hold", "sites_over"]

_NO_LIMIT = np.iinfo(np.int64).max // 4


@dataclass(frozen=True, slots=True, eq=False)
class PhaseRow:
    """One row ``low <= sum coefficient * x[phase, block] <= high``; phases from 0.

    ``is_money`` marks rows in cents: a floating-point solver takes them in a larger unit.
    """

    rule: str
    phase: NDArray[np.int64]
    block: NDArray[np.int64]
    coefficient: NDArray[np.int64]
    low: int
    high: int
    is_money: bool = False

    def value(self, bought: NDArray[np.bool_]) -> int:
        """Return the row's sum for blocks bought by the end of each phase, bool (p, b)."""
        return int(self.coefficient @ bought[self.phase, self.block].astype(np.int64))


def sites_over(design: Design, edges: Iterable[int]) -> NDArray[np.int64]:
    """Return the sites that have a way over any of the edges, ascending."""
    site = np.repeat(design.path_site, np.diff(design.path_ptr))
    return np.unique(site[np.isin(design.path_edges, list(edges))]).astype(np.int64)


def lock_rows(problem: Problem, design: Design, blocks: Blocks) -> tuple[PhaseRow, ...]:
    """Return rows (8)-(12) of a problem's locks on one design; none without locks."""
    locks = problem.locks
    rows: list[PhaseRow] = []
    for lock in locks.sites:
        rows += _site_rows(lock, int(blocks.site_block[lock.site]), problem.n_phases)
    for promise in locks.commitments:
        sites = np.array(promise.sites, dtype=np.int64)
        rows.append(_count(promise.rule, blocks, sites, promise.by_phase, promise.least))
    for route in locks.routes:
        if route.must:
            over = sites_over(design, route.edges)
            rows.append(_count(route.rule, blocks, over, route.by_phase, 1))
    every = np.arange(len(blocks.cost_cents), dtype=np.int64)
    for limit in locks.cash:
        k = limit.phase - 1
        rows.append(_growth(limit.rule, k, every, blocks.cost_cents, -_NO_LIMIT, limit.cents, True))
    if locks.cash:
        rows += _no_stockpile(blocks, problem.n_phases)
    return tuple(rows)


def _no_stockpile(blocks: Blocks, n_phases: int) -> list[PhaseRow]:
    """Return rows (13); they belong to the model, not to a lock: their rule has no name."""
    rows = []
    for b in np.flatnonzero((blocks.n_sites == 0) & ~blocks.forced).tolist():
        needs_it = blocks.child[blocks.parent == b]
        block = np.append(needs_it, b)
        weight = np.append(np.ones(len(needs_it), dtype=np.int64), -1)
        rows += [
            PhaseRow("", np.full(len(block), k, dtype=np.int64), block, weight, 0, _NO_LIMIT)
            for k in range(n_phases)
        ]
    return rows


def _growth(
    rule: str,
    k: int,
    block: NDArray[np.int64],
    weight: NDArray[np.int64],
    low: int,
    high: int,
    is_money: bool = False,
) -> PhaseRow:
    """Return a row on what is bought in phase ``k`` itself: x^k - x^(k-1)."""
    if k == 0:
        return PhaseRow(rule, np.zeros_like(block), block, weight, low, high, is_money)
    return PhaseRow(
        rule,
        np.repeat(np.array([k, k - 1]), len(block)),
        np.tile(block, 2),
        np.concatenate([weight, -weight]),
        low,
        high,
        is_money,
    )


def _site_rows(lock: SiteLock, block: int, n_phases: int) -> list[PhaseRow]:
    """Return rows (8) and (9) of one site; a site without ways can't keep (9)."""
    one = np.ones(1, dtype=np.int64)
    at = np.array([block], dtype=np.int64)
    rows = []
    if block >= 0:
        rows = [
            _growth(lock.rule, k, at, one, 0, 0) for k in range(n_phases) if not lock.allowed[k]
        ]
    if not lock.allowed[-1]:
        keep = block >= 0
        last = np.full(int(keep), n_phases - 1, dtype=np.int64)
        rows.append(PhaseRow(lock.rule, last, at[:keep], one[:keep], 1, 1))
    return rows


def _count(
    rule: str, blocks: Blocks, sites: NDArray[np.int64], by_phase: int, least: int
) -> PhaseRow:
    """Return a row (10) or (11): so many of the sites in service by the end of a phase."""
    block = blocks.site_block[sites]
    block = block[block >= 0]
    phase = np.full(len(block), by_phase - 1, dtype=np.int64)
    return PhaseRow(rule, phase, block, np.ones(len(block), dtype=np.int64), least, _NO_LIMIT)


def rows_hold(rows: Sequence[PhaseRow], bought: NDArray[np.bool_]) -> bool:
    """Tell whether blocks bought by the end of each phase keep every row, to the cent."""
    return all(row.low <= row.value(bought) <= row.high for row in rows)


def add_to_cp(
    model: cp_model.CpModel, x: list[list[cp_model.IntVar]], rows: Sequence[PhaseRow]
) -> list[cp_model.Constraint]:
    """Add rows to a CP-SAT model over ``x[phase][block]``; return them, in order."""
    return [
        model.add_linear_constraint(
            cp_model.LinearExpr.weighted_sum(
                [x[k][b] for k, b in zip(row.phase.tolist(), row.block.tolist(), strict=True)],
                row.coefficient.tolist(),
            ),
            row.low,
            row.high,
        )
        for row in rows
    ]


def add_to_mip(
    model: mathopt.Model,
    x: list[list[mathopt.Variable]],
    rows: Sequence[PhaseRow],
    unit_cents: float,
    margin: float,
) -> None:
    """Add rows to a MIP; money in ``unit_cents`` and ``margin`` (in that unit) held back."""
    for row in rows:
        unit, back = (unit_cents, margin) if row.is_money else (1.0, 0.0)
        variables = [x[k][b] for k, b in zip(row.phase.tolist(), row.block.tolist(), strict=True)]
        total = mathopt.fast_sum(map(mul, (row.coefficient / unit).tolist(), variables))
        if row.low > -_NO_LIMIT:
            model.add_linear_constraint(total >= row.low / unit)
        if row.high < _NO_LIMIT:
            model.add_linear_constraint(total <= row.high / unit - back)
