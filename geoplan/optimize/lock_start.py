"""A first plan of the phases that keeps all locks, and what greedy buying must mind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import Fault, InfeasibleError, NoPlanError
from geoplan.optimize.blocks import Blocks
from geoplan.optimize.conflict import ConflictSearch, conflict_faults
from geoplan.optimize.phase_rows import PhaseRow
from geoplan.optimize.phase_search import Limits
from geoplan.optimize.problem import Problem
from geoplan.text import Text

__all__ = ["Guard", "build_guard", "locked_start"]

_NO_LIMIT = np.iinfo(np.int64).max // 4


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """What greedy buying must not do: bool (p, b) closed phases, int64 (p,) most to spend."""

    closed: NDArray[np.bool_]
    cash_cents: NDArray[np.int64]


def build_guard(problem: Problem, blocks: Blocks) -> Guard:
    """Return what the locks of a problem forbid to greedy buying; nothing without locks."""
    closed = np.zeros((problem.n_phases, len(blocks.cost_cents)), dtype=np.bool_)
    for lock in problem.locks.sites:
        block = int(blocks.site_block[lock.site])
        if block >= 0:
            closed[:, block] |= ~np.array(lock.allowed[:-1], dtype=np.bool_)
    cash = np.full(problem.n_phases, _NO_LIMIT, dtype=np.int64)
    for limit in problem.locks.cash:
        cash[limit.phase - 1] = min(cash[limit.phase - 1], limit.cents)
    return Guard(closed, cash)


def locked_start(
    problem: Problem,
    blocks: Blocks,
    released: NDArray[np.int64],
    rows: Sequence[PhaseRow],
    limits: Limits,
) -> NDArray[np.bool_]:
    """Return blocks bought by the end of each phase, bool (p, b), that keep money and locks.

    Raises
    ------
    InfeasibleError
        When there is none on this design: one fault per rule of a minimal conflict.
    NoPlanError
        When neither was settled within the work limit.
    """
    search = ConflictSearch(blocks, released, rows, limits)
    plan = search.plan()
    if plan is not None:
        return plan
    if search.undecided:
        raise NoPlanError([_undecided()])
    raise InfeasibleError(conflict_faults(problem, search))


def _undecided() -> Fault:
    return Fault(
        rule="locks.undecided",
        layer="[locks]",
        row="",
        what=Text(
            "在工作量上限内既未找到满足全部锁定的分期，也未证明不存在",
            "within the work limit no phasing that keeps all locks was found, nor shown not to be",
        ),
        cure=Text("提高 solve.work_limit，或减少锁定", "raise solve.work_limit, or drop locks"),
    )
