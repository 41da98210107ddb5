"""Rules that can't hold together: a minimal set of them, and the price of each way out.

On one design the phases are the model (3)-(7) with the rows of the locks. When it has no
solution, a deletion filter (Chinneck and Dravnieks 1991) over the rules that can be given up
(the money released by the end of each phase, and each lock) leaves a set that can't hold
together and of which no rule can be spared. Each way out is priced by solving again:

* money: the least that has to be released more in that phase (or its cash limit raised by), with
  every other rule in force;
* a lock: whether giving up this one alone is enough; for a promise the most that can be kept,
  for a date the first phase that works.

Every answer of CP-SAT used here is a proof in integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from geoplan.errors import Fault
from geoplan.optimize.blocks import Blocks
from geoplan.optimize.bounds import design_bound
from geoplan.optimize.early_design import part_of
from geoplan.optimize.phase_rows import PhaseRow, add_to_cp
from geoplan.optimize.phase_search import Limits
from geoplan.optimize.problem import Problem
from geoplan.text import Text
from geoplan.units import CENTS_PER_YUAN

__all__ = ["ConflictSearch", "conflict_faults"]

_WORK = 20.0
"""Deterministic time of one question at work limit 1; most take some hundredths."""
_BUDGET = "budgets"


@dataclass(slots=True, eq=False, frozen=True)
class _Answer:
    """Status of one question to CP-SAT, the value of its objective, and the plan found."""

    status: int
    value: int
    bought: NDArray[np.bool_] | None


class ConflictSearch:
    """Questions to the phase model of one design with some of its rules left out.

    Rules are named as in the rows; the money released by the end of phase k is ``budgets k``.
    ``undecided`` says whether the work limit has left a question open.
    """

    def __init__(
        self,
        blocks: Blocks,
        released: NDArray[np.int64],
        rows: Sequence[PhaseRow],
        limits: Limits,
    ) -> None:
        self.blocks, self.released, self.rows, self.limits = blocks, released, rows, limits
        self.undecided = False

    @property
    def rules(self) -> tuple[str, ...]:
        """Names of all rules that can be given up, money first."""
        money = [f"{_BUDGET} {k + 1}" for k in range(len(self.released))]
        return tuple(dict.fromkeys([*money, *(row.rule for row in self.rows if row.rule)]))

    def plan(self) -> NDArray[np.bool_] | None:
        """Return a plan of the phases that keeps every rule, ``None`` when none was found."""
        return self._ask(frozenset(self.rules)).bought

    def holds(self, rules: Iterable[str]) -> bool:
        """Tell whether some rules can hold together; undecided counts as "yes"."""
        return self._ask(frozenset(rules)).status != cp_model.INFEASIBLE

    def minimal(self) -> tuple[str, ...]:
        """Return a minimal set of rules that can't hold together (deletion filter).

        Locks are tried first and money last: what is left names as little as possible.
        """
        kept = list(self.rules)
        for rule in [*reversed(self.rules)]:
            rest = [other for other in kept if other != rule]
            if not self.holds(rest):
                kept = rest
        return tuple(kept)

    def money_needed(self, rule: str) -> int | None:
        """Return the least cents more of a budget or cash limit with which all rules hold."""
        answer = self._ask(frozenset(self.rules), more_of=rule)
        return answer.value if answer.status == cp_model.OPTIMAL else None

    def most_kept(self, rule: str) -> int | None:
        """Return the most that the row of a promise can reach with every other rule kept."""
        answer = self._ask(frozenset(self.rules) - {rule}, most_of=rule)
        return answer.value if answer.status == cp_model.OPTIMAL else None

    def _ask(self, rules: frozenset[str], *, more_of: str = "", most_of: str = "") -> _Answer:
        """Solve (4)-(7) and the rows of the named rules; minimise money or maximise a row."""
        model = cp_model.CpModel()
        most = int(self.blocks.cost_cents.sum())
        extra = model.new_int_var(0, most, "extra")
        x = self._variables(model, rules, extra, more_of)
        named = [row for row in self.rows if not row.rule or row.rule in rules]
        plain = [row for row in named if row.rule != more_of]
        add_to_cp(model, x, plain)
        for row in named:
            if row.rule == more_of:
                model.add(_sum(x, row) <= row.high + extra)
        if more_of:
            model.minimize(extra)
        for row in self.rows:
            if most_of and row.rule == most_of:
                model.maximize(_sum(x, row))
        solver = cp_model.CpSolver()
        solver.parameters.random_seed = self.limits.seed % 2**31
        solver.parameters.num_workers = 1  # repeatable
        solver.parameters.max_deterministic_time = _WORK * max(1.0, self.limits.work_limit)
        solver.parameters.max_time_in_seconds = self.limits.solver_s()
        solver.parameters.catch_sigint_signal = False
        with self.limits.clock.interruption.stopping(solver.stop_search):
            status = solver.solve(model)
        if status == cp_model.UNKNOWN:
            self.undecided = True
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return _Answer(int(status), 0, None)
        bought = np.array([[solver.boolean_value(v) for v in row] for row in x], dtype=np.bool_)
        value = round(solver.objective_value) if more_of or most_of else 0
        return _Answer(int(status), value, bought)

    def _variables(
        self, model: cp_model.CpModel, rules: frozenset[str], extra: cp_model.IntVar, more_of: str
    ) -> list[list[cp_model.IntVar]]:
        """Write (4)-(7) with the budgets among ``rules``; return ``x[phase][block]``."""
        blocks = self.blocks
        x: list[list[cp_model.IntVar]] = []
        added = False
        for k, money in enumerate(self.released.tolist()):
            name = f"{_BUDGET} {k + 1}"
            added = added or name == more_of
            row = [model.new_bool_var(f"x{k}_{b}") for b in range(len(blocks.cost_cents))]
            if name in rules:  # money released in a phase carries over to all later ones
                spent = cp_model.LinearExpr.weighted_sum(row, blocks.cost_cents.tolist())
                model.add(spent <= money + extra if added else spent <= money)
            for earlier, later in zip(x[-1] if x else [], row, strict=False):
                model.add_implication(earlier, later)
            for child, parent in zip(blocks.child.tolist(), blocks.parent.tolist(), strict=True):
                model.add_implication(row[child], row[parent])
            for b in np.flatnonzero(blocks.forced).tolist():
                model.add(row[b] == 1)
            x.append(row)
        return x


def _sum(x: list[list[cp_model.IntVar]], row: PhaseRow) -> cp_model.LinearExprT:
    return cp_model.LinearExpr.weighted_sum(
        [x[k][b] for k, b in zip(row.phase.tolist(), row.block.tolist(), strict=True)],
        row.coefficient.tolist(),
    )


# ---- what is told -----------------------------------------------------------------------------


def conflict_faults(problem: Problem, search: ConflictSearch) -> list[Fault]:
    """Return one fault per rule of a minimal conflict, each with its way out and its price."""
    rules = search.minimal()
    proof = _proof(problem, search, rules)
    listed = "、".join(rules), ", ".join(rules)
    faults = []
    for rule in rules:
        cure = _way_out(problem, search, rule)
        layer, _, row = rule.partition(" ")
        what = Text(
            f"与其他规则不能同时成立；最小冲突：{listed[0]}（{proof.zh}）",
            f"can't hold together with the others; minimal conflict: {listed[1]} ({proof.en})",
        )
        faults.append(Fault("locks.conflict", f"[{layer}]", row, what, cure))
    return faults


def _way_out(problem: Problem, search: ConflictSearch, rule: str) -> Text:
    """Return the price of giving way at one rule, found by solving again."""
    kind, _, row = rule.partition(" ")
    if kind in (_BUDGET, "locks.cash_limits_yuan"):
        cents = search.money_needed(rule)
        named = problem.phase_name(int(row))
        if cents is None:
            return Text(
                f"仅增加{named.zh}的资金不足以解决，还有其他冲突",
                f"more money in {named.en} alone does not help: there are other conflicts",
            )
        yuan = f"{-(-cents // CENTS_PER_YUAN):,d}"
        if kind == _BUDGET:
            return Text(
                f"{named.zh}至少再拨 {yuan} 元（其余规则不变即可成立）",
                f"release at least {yuan} yuan more in {named.en}; then all rules hold",
            )
        return Text(
            f"{named.zh}现金上限至少提高 {yuan} 元（其余规则不变即可成立）",
            f"raise the cash limit of {named.en} by at least {yuan} yuan; then all rules hold",
        )
    enough = search.holds(frozenset(search.rules) - {rule})
    if not enough:
        return Text(
            "放弃它（仅此还不够，另有冲突）", "give it up (alone not enough: more conflicts)"
        )
    if kind == "locks.commitments":
        most = search.most_kept(rule)
        if most is not None:
            return Text(
                f"承诺数降到 {most} 个（其余规则不变时最多可达）",
                f"lower the number promised to {most}: the most with all other rules kept",
            )
    phase = _first_phase(problem, search, rule)
    if phase is not None:
        named = problem.phase_name(phase)
        return Text(
            f"改为{named.zh}（其余规则不变时最早可行），或删除它",
            f"allow {named.en}, the first that works with all other rules kept, or remove it",
        )
    return Text("删除它（其余规则即可成立）", "remove it: then all other rules hold")


def _first_phase(problem: Problem, search: ConflictSearch, rule: str) -> int | None:
    """Return the first phase by which the site of a lock can be served, ``None`` for none."""
    lock = next((lock for lock in problem.locks.sites if lock.rule == rule), None)
    if lock is None or lock.allowed[-1]:
        return None
    block = int(search.blocks.site_block[lock.site])
    others = [row for row in search.rows if row.rule != rule]
    for k in range(problem.n_phases):
        at = np.array([block], dtype=np.int64)
        one = np.ones(1, dtype=np.int64)
        row = PhaseRow(rule, np.array([k], dtype=np.int64), at, one, 1, 1)
        asked = ConflictSearch(search.blocks, search.released, [*others, row], search.limits)
        if block >= 0 and asked.plan() is not None:
            return k + 1
    return None


def _proof(problem: Problem, search: ConflictSearch, rules: tuple[str, ...]) -> Text:
    """Say what the conflict is proven for: every plan, or the routes found."""
    money = [int(rule.split()[1]) for rule in rules if rule.startswith(_BUDGET)]
    if not money:
        return Text("在所求得的路由上已证明", "proven on the routes found")
    by = max(money)
    dated = {
        lock.site
        for lock in problem.locks.sites
        if lock.rule in rules and not any(lock.allowed[by:])
    }
    money_cents = int(search.released[by - 1])
    # every network that serves them costs at least this bound
    if dated and design_bound(part_of(problem, sorted(dated))).bound_cents > money_cents:
        return Text("对任何路由均已证明", "proven for all routes whatever")
    return Text(
        "在所求得的路由上已证明，其他路由未排除",
        "proven on the routes found; other routes are not ruled out",
    )
