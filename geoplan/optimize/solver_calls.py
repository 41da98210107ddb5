"""Calls of solvers that somebody may want to end: each is left at once when that is asked for.

What stops how was tried with OR-Tools 9.15: CP-SAT stops by ``stop_search``, GLOP and PDLP by
MathOpt's interrupter, within a tenth of a second. HiGHS does not look at it, SCIP seldom looks
and prints errors when it is used. Those two run in a thread of their own: whoever waits for
the answer goes on without it, and the call, which has its own limit, ends in the background. The
command line does not wait for it at the end (:mod:`geoplan.end_process`); other programs do.

MathOpt hands over an answer one Python object at a time, which takes as long as a small LP: so only
what is not 0 is asked for, and no reduced costs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt.python import mathopt
from ortools.util.python import solve_interrupter

from geoplan.stopping import Clock

__all__ = ["NOT_ZERO", "answer_unless_stopped", "dense", "interrupter"]

_T = TypeVar("_T")

NOT_ZERO = mathopt.ModelSolveParameters(
    variable_values_filter=mathopt.VariableFilter(skip_zero_values=True),
    dual_values_filter=mathopt.LinearConstraintFilter(skip_zero_values=True),
    reduced_costs_filter=mathopt.VariableFilter(filtered_items=()),
)
"""Asks an LP for the values and duals that are not 0; see :func:`dense`."""


class _Numbered(Protocol):
    """A variable or a row."""

    @property
    def id(self) -> int: ...


_N = TypeVar("_N", bound=_Numbered)


def dense(values: Mapping[_N, float], items: Iterable[_N]) -> NDArray[np.float64]:
    """Return float64 (items,), the value of each variable or row; 0 where none was given."""
    known = {item.id: value for item, value in values.items()}
    return np.array([known.get(item.id, 0.0) for item in items], dtype=np.float64)


@contextmanager
def interrupter(clock: Clock) -> Iterator[solve_interrupter.SolveInterrupter]:
    """Give an interrupter that stops the solver which gets it when somebody asks to stop."""
    stop = solve_interrupter.SolveInterrupter()
    with clock.interruption.stopping(stop.interrupt):
        yield stop


def answer_unless_stopped(call: Callable[[], _T], clock: Clock) -> _T | None:
    """Return what ``call`` returns; ``None`` as soon as somebody asks to stop.

    Parameters
    ----------
    call
        Nothing it works on may be used once this has returned ``None``: it may still run.

    Raises
    ------
    BaseException
        What ``call`` raises.
    """
    answers: list[_T] = []
    failures: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            answers.append(call())
        except BaseException as failure:  # for whoever waits, as if called there
            failures.append(failure)
        finally:
            done.set()

    worker = threading.Thread(target=run, name="geoplan-solver")
    worker.start()
    with clock.interruption.stopping(done.set):
        done.wait()
    if clock.interrupted:
        return None
    worker.join()
    if failures:
        raise failures[0]
    return answers[0]
