"""A request to stop is answered while a solver runs, whichever solver it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from ortools.math_opt.python import mathopt

from geoplan.optimize.solver_calls import NOT_ZERO, answer_unless_stopped, dense, interrupter
from geoplan.stopping import Clock

LONG_S = 8.0
"""What a call takes unless it is stopped; the tests ask for a quarter of it."""


def covering(*, whole: bool) -> mathopt.Model:
    """A covering problem that no solver here settles in ``LONG_S``."""
    rng = np.random.default_rng(0)
    n, m, k = (400, 400, 20) if whole else (6000, 5000, 60)
    model = mathopt.Model()
    x = [model.add_variable(lb=0, ub=1, is_integer=whole) for _ in range(n)]
    for _ in range(m):
        row = model.add_linear_constraint(lb=20.0)
        for j in rng.choice(n, k, replace=False).tolist():
            row.set_coefficient(x[j], float(rng.integers(1, 9)))
    model.minimize(mathopt.fast_sum(v * float(rng.integers(5, 99)) for v in x))
    return model


def asked_after(seconds: float, ask: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, ask)
    timer.daemon = True
    timer.start()


def test_the_answer_comes_back() -> None:
    assert answer_unless_stopped(lambda: 7, Clock.started(60.0)) == 7


def test_what_the_call_raises_is_raised() -> None:
    def failing() -> int:
        raise ValueError("oops")

    with pytest.raises(ValueError, match="oops"):
        answer_unless_stopped(failing, Clock.started(60.0))


def test_a_call_that_is_too_late_has_no_answer() -> None:
    clock = Clock.started(60.0)
    clock.interruption.request()
    assert answer_unless_stopped(lambda: 7, clock) is None


@pytest.mark.parametrize("name", ["HIGHS", "GSCIP"])
def test_a_solver_that_hears_nothing_is_left_alone(name: str) -> None:
    model = covering(whole=name == "GSCIP")
    limit = mathopt.SolveParameters(time_limit=timedelta(seconds=LONG_S))
    clock = Clock.started(60.0)
    began = time.monotonic()
    asked_after(0.5, clock.interruption.request)
    kind = mathopt.SolverType[name]
    assert answer_unless_stopped(lambda: mathopt.solve(model, kind, params=limit), clock) is None
    assert time.monotonic() - began < LONG_S / 4


def test_glop_stops_by_itself() -> None:
    model = covering(whole=False)
    limit = mathopt.SolveParameters(time_limit=timedelta(seconds=LONG_S))
    clock = Clock.started(60.0)
    began = time.monotonic()
    asked_after(0.5, clock.interruption.request)
    with interrupter(clock) as stop:
        result = mathopt.solve(model, mathopt.SolverType.GLOP, params=limit, interrupter=stop)
    assert time.monotonic() - began < LONG_S / 4
    assert result.termination.reason != mathopt.TerminationReason.OPTIMAL


@pytest.mark.parametrize("solver", [mathopt.SolverType.GLOP, mathopt.SolverType.HIGHS])
def test_an_answer_without_zeros_is_the_whole_answer(solver: mathopt.SolverType) -> None:
    """A flow of least cost: some arcs are used and some rows bind, others neither."""
    model = mathopt.Model()
    arcs = [model.add_variable(lb=0.0, ub=2.0) for _ in range(5)]
    rows = [
        model.add_linear_constraint(arcs[0] + arcs[1] >= 3.0),
        model.add_linear_constraint(arcs[2] + arcs[3] >= 1.0),
        model.add_linear_constraint(arcs[0] + arcs[4] >= 0.5),
    ]
    model.minimize(mathopt.fast_sum(c * a for c, a in zip((1, 4, 3, 2, 5), arcs, strict=True)))
    whole = mathopt.solve(model, solver)
    short = mathopt.solve(model, solver, model_params=NOT_ZERO)
    assert 0 < len(short.variable_values()) < len(arcs)
    assert 0 < len(short.dual_values()) < len(rows)
    assert dense(short.variable_values(), arcs).tolist() == whole.variable_values(arcs)
    assert dense(short.dual_values(), rows[::-1]).tolist() == whole.dual_values(rows[::-1])
