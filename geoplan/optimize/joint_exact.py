"""Routes and phases together, to proof, for graphs small enough to list every way.

On top of the choices of ways (14)-(18) of :mod:`geoplan.optimize.choice_model`, with ``v_s^k`` =
site s is in service by the end of phase k, ``x_e^k`` = edge e is open by then, ``u_(s,e)`` = the
sum of ``t_(s,c)`` over the choices with a way over e::

    v_s^k <= v_s^(k+1),   v_s^1 = 1 for a core                                            (19)
    v_s^k <= v_h^k        for what rule P6 puts before s (its home, or every hub)         (20)
    x_e^k >= v_s^k + u_(s,e) - 1                                                          (21)
    spent^k = sum_e o_e x_e^k + sum_s (equipment_s + lighting_s) v_s^k                    (22)
    spent^k <= B_1 + ... + B_k                                                            (23)
    maximise  sum_k g_k sum_s w_s v_s^k

and the locks of :mod:`geoplan.optimize.phase_rows`, written over sites instead of blocks. Every
site has ways, also one that no money reaches: a cable is sized for the final demand.

Two questions, each with the other held: what the plan is first asked for, then the other one
(:attr:`Problem.cost_first`). Among plans of the same phase objective most weight, then most sites
are in service at the end. CP-SAT with one worker, steered by deterministic work; what it proves
here it proves of every plan there is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from geoplan.optimize.choice_model import ChoiceModel, rings_of
from geoplan.optimize.phasing import resolve_budgets
from geoplan.optimize.problem import CORE, HUB, TOWNSHIP, Problem
from geoplan.optimize.ring_sets import Ring
from geoplan.optimize.way_lists import Choice, list_choices
from geoplan.stopping import Clock

__all__ = ["ExactPlan", "exact_plan"]

_WORK = 20.0
"""Deterministic work of each question at work limit 1."""
_LONGEST_S = 1e6
"""Stands for no limit: the solver wants a finite one."""
_MOST_ROWS = 6_000
"""Rows (21) above which the model is not tried."""


@dataclass(frozen=True, slots=True, eq=False)
class ExactPlan:
    """The best plan over all routes and phases.

    Parameters
    ----------
    chosen
        The ways of every site.
    rings
        Its rings, where the problem asks for them.
    site_phase
        int8 (s,), 0 for never.
    least_cents
        Proven least bill of a design that serves every site.
    value
        The phase objective, proven the most that any plan has (with ``cost_first``: that any plan
        on a design of the least bill has).
    budgets_cents
        int64 (p,): the money it was made for.
    """

    chosen: list[Choice]
    rings: list[Ring]
    site_phase: NDArray[np.int8]
    least_cents: int
    value: int
    budgets_cents: NDArray[np.int64]


def exact_plan(problem: Problem, *, seed: int, work_limit: float, clock: Clock) -> ExactPlan | None:
    """Return the best plan of a small problem, proven; None where it is too large or unsettled.

    None too when no plan keeps the locks: the caller says which hold each other up.

    Parameters
    ----------
    problem
        After ``without_forbidden``, with its true prices.
    """
    if problem.ring_max_hubs and problem.locks.kept:
        return None
    if len(problem.site_share):  # shared cores are no sum over ways
        return None
    choices = list_choices(problem)
    if choices is None or not all(choices):
        return None
    if sum(len({e for c in some for w in c for e in w}) for some in choices) > _MOST_ROWS:
        return None
    asks = _Solver(seed, _WORK * work_limit, clock)
    design = ChoiceModel(problem, choices)
    _use_required(design)
    design.model.minimize(design.bill())
    least = asks.best(design.model)
    if least is None:
        return None
    least_cents = least + int(problem.site_cents.sum())
    budgets = resolve_budgets(problem, least_cents)
    joint = _Joint(problem, choices, np.cumsum(budgets), exact=bool(problem.locks.cash))
    if _is_for_everybody(problem):
        for variable in joint.served[-1]:
            joint.model.add(variable == 1)
    return _answer(joint, asks, least, budgets)


def _answer(
    joint: _Joint, asks: _Solver, least: int, budgets: NDArray[np.int64]
) -> ExactPlan | None:
    """Ask for the value and the bill, in the order that the problem says.

    Of plans of the same value, one with most weight and then most sites in service at the end:
    what the last phase's money still pays for is not left out where the objective has no say (a
    site without weight, a last phase without gain).
    """
    problem, model = joint.problem, joint.design.model
    bill, value = joint.design.bill(), joint.value()
    if problem.cost_first:
        model.add(bill <= least)
    else:
        model.add(bill >= least)
    model.maximize(value)
    most = asks.best(model)
    if most is None:
        return None
    model.add(value >= most)
    if not joint.serves_all(asks.solver):
        in_the_end = joint.in_the_end()
        joint.hint(asks.solver)
        model.maximize(in_the_end)
        reached = asks.best(model)
        if reached is None:
            return None
        model.add(in_the_end >= reached)
    if not problem.cost_first:
        joint.hint(asks.solver)
        model.minimize(bill)
        if asks.best(model) is None:
            return None
    chosen = joint.design.chosen(asks.solver)
    return ExactPlan(
        chosen=chosen,
        rings=rings_of(problem, chosen) if problem.ring_max_hubs else [],
        site_phase=joint.site_phase(asks.solver),
        least_cents=least + int(problem.site_cents.sum()),
        value=most,
        budgets_cents=budgets,
    )


def _is_for_everybody(problem: Problem) -> bool:
    """Tell whether money follows from a design's bill, to pay for every site, and locks agree."""
    # rounding up and a factor of 1 or more leave enough; with less money there is a choice
    follows = problem.budgets_cents is None and problem.budget_factor_permille >= 1000
    return follows and all(any(lock.allowed[:-1]) for lock in problem.locks.sites)


class _Solver:
    """CP-SAT with the limits of one run; ``solver`` holds the last answer."""

    def __init__(self, seed: int, work: float, clock: Clock) -> None:
        self.solver = cp_model.CpSolver()
        self.clock = clock
        parameters = self.solver.parameters
        parameters.num_workers = 1
        parameters.random_seed = seed % 2**31
        parameters.max_deterministic_time = work
        # its own way of catching Ctrl-C leaves the process without any afterwards
        parameters.catch_sigint_signal = False

    def best(self, model: cp_model.CpModel) -> int | None:
        """Return the optimum of a model with whole numbers; None when it was not proven."""
        if self.clock.interrupted:
            return None
        left_s = min(_LONGEST_S, max(0.01, self.clock.left_s()))
        self.solver.parameters.max_time_in_seconds = left_s
        with self.clock.interruption.stopping(self.solver.stop_search):
            status = self.solver.solve(model)
        # asked to stop, CP-SAT was seen to call an answer optimal that was not
        if status != cp_model.OPTIMAL or self.clock.interrupted:
            return None
        return round(self.solver.objective_value)


class _Joint:
    """Equations (14)-(23) and the rows of locks."""

    def __init__(
        self,
        problem: Problem,
        choices: list[list[Choice]],
        released: NDArray[np.int64],
        *,
        exact: bool,
    ) -> None:
        self.problem = problem
        self.design = ChoiceModel(problem, choices)
        self.model = self.design.model
        self.phases = range(problem.n_phases)
        self.served = [
            [self.model.new_bool_var("") for _ in range(problem.n_sites)] for _ in self.phases
        ]
        self._order()
        spent = [self._spent(k, exact=exact) for k in self.phases]
        for k, money in enumerate(released.tolist()):
            self.model.add(spent[k] <= money)  # (23)
        self._lock_sites()
        self._lock_routes()
        for limit in problem.locks.cash:
            k = limit.phase - 1
            earlier = spent[k - 1] if k else 0
            self.model.add(spent[k] <= earlier + limit.cents)

    def _order(self) -> None:
        """Add (19) and (20)."""
        problem, model = self.problem, self.model
        hubs = np.flatnonzero(problem.site_level == HUB).tolist()
        for k, now in enumerate(self.served):
            for s, variable in enumerate(now):
                level, home = problem.site_level[s], int(problem.site_home[s])
                if level == CORE:
                    model.add(variable == 1)
                if k:
                    model.add_implication(self.served[k - 1][s], variable)
                before = {home} if home != s else set[int]()
                if level == TOWNSHIP and problem.all_hubs_first:
                    before |= set(hubs)
                for other in sorted(before):
                    model.add_implication(variable, now[other])

    def _spent(self, k: int, *, exact: bool) -> cp_model.LinearExprT:
        """Return (22). Without ``exact`` it may be more than is spent, never less."""
        problem, model, design = self.problem, self.model, self.design
        now = self.served[k]
        total: list[cp_model.LinearExprT] = []
        for e, by_site in enumerate(design.over):
            if not by_site:
                continue
            opened = model.new_bool_var("")
            uses = []
            for s, some in by_site.items():
                over = sum(variable for _, variable in some)
                if exact:
                    use = model.new_bool_var("")
                    model.add(use <= now[s])
                    model.add(use <= over)
                    model.add(use >= now[s] + over - 1)
                    model.add_implication(use, opened)
                    uses.append(use)
                else:
                    model.add(opened >= now[s] + over - 1)  # (21)
            if exact:
                model.add(opened <= sum(uses))
            most = design.most_cents[e]
            total.append(self._when(opened, design.opening[e], most, exact=exact))
        for s in range(problem.n_sites):
            total.append(int(problem.site_cents[s]) * now[s])
            lit = design.lit_cents(s)
            if any(lit):
                cents = sum(c * v for c, v in zip(lit, design.takes[s], strict=True) if c)
                bounded = model.new_int_var(0, max(lit), "")
                model.add(bounded == cents)
                total.append(self._when(now[s], bounded, max(lit), exact=exact))
        return sum(total)

    def _when(
        self,
        condition: cp_model.IntVar,
        cents: cp_model.LinearExprT,
        most: int,
        *,
        exact: bool,
    ) -> cp_model.IntVar:
        """Return a variable that is at least ``cents`` under a condition; else 0, if exact."""
        paid = self.model.new_int_var(0, most, "")
        self.model.add(paid >= cents).only_enforce_if(condition)
        if exact:
            self.model.add(paid <= cents)
            self.model.add(paid <= most * condition)
        return paid

    def _lock_sites(self) -> None:
        """Add the locks of sites and commitments."""
        for lock in self.problem.locks.sites:
            upto = [self.served[k][lock.site] for k in self.phases]
            for k in self.phases:
                if not lock.allowed[k]:
                    self.model.add(upto[k] == (upto[k - 1] if k else 0))
            if not lock.allowed[-1]:
                self.model.add(upto[-1] == 1)
        for promise in self.problem.locks.commitments:
            now = self.served[promise.by_phase - 1]
            self.model.add(sum(now[s] for s in promise.sites) >= promise.least)

    def _lock_routes(self) -> None:
        """Add the routes that must be in use: by a site that is in service by then."""
        for lock in self.problem.locks.routes:
            if not lock.must:
                continue
            users = []
            for s, variables in enumerate(_choices_over(self.design, lock.edges)):
                if variables:
                    use = self.model.new_bool_var("")
                    self.model.add_implication(use, self.served[lock.by_phase - 1][s])
                    self.model.add(sum(variables) >= 1).only_enforce_if(use)
                    users.append(use)
            self.model.add_bool_or(users)

    def value(self) -> cp_model.LinearExprT:
        """Return the phase objective."""
        gain, weight = self.problem.phase_gain.tolist(), self.problem.site_weight.tolist()
        return cp_model.LinearExpr.weighted_sum(
            [variable for now in self.served for variable in now],
            [g * w for g in gain for w in weight],
        )

    def serves_all(self, solver: cp_model.CpSolver) -> bool:
        """Tell whether every site is in service in the end in a solver's answer."""
        return all(solver.boolean_value(variable) for variable in self.served[-1])

    def in_the_end(self) -> cp_model.LinearExprT:
        """Return the weight in service in the end, and where it is the same the number of sites."""
        n = self.problem.n_sites
        return cp_model.LinearExpr.weighted_sum(
            self.served[-1], [weight * (n + 1) + 1 for weight in self.problem.site_weight.tolist()]
        )

    def hint(self, solver: cp_model.CpSolver) -> None:
        """Start the next question at the last answer."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for row in [*self.served, *self.design.takes]:
            for variable in row:
                self.model.add_hint(variable, solver.boolean_value(variable))

    def site_phase(self, solver: cp_model.CpSolver) -> NDArray[np.int8]:
        """Return the phase of every site in a solver's answer, 0 for never."""
        served = np.array(
            [[solver.boolean_value(v) for v in now] for now in self.served], dtype=np.bool_
        )
        phase = np.where(served.any(axis=0), served.argmax(axis=0) + 1, 0)
        return phase.astype(np.int8)


def _choices_over(design: ChoiceModel, edges: tuple[int, ...]) -> list[list[cp_model.IntVar]]:
    """Return per site its choices that have a way over any of some edges."""
    some = set(edges)
    return [
        [v for c, v in zip(listed, row, strict=True) if any(some & set(path) for path in c)]
        for listed, row in zip(design.choices, design.takes, strict=True)
    ]


def _use_required(design: ChoiceModel) -> None:
    """Ask of a design alone that every required route is in use by some site."""
    for lock in design.problem.locks.routes:
        if lock.must:
            over = _choices_over(design, lock.edges)
            design.model.add_bool_or([v for variables in over for v in variables])
