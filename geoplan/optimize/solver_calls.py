"""Calls of solvers that somebody may want to end: each is left at once when that is asked for.

What stops how was tried with OR-Tools 9.15: CP-SAT stops by ``stop_search``, GLOP and PDLP by
MathOpt's interrupter, within a tenth of a second. HiGHS does not look at it, SCIP seldom looks
and prints errors when it is used. Those two run in a thread of their own: whoever waits for
the answer goes on without it, and the call, which has its own limit, ends in the background. The
command line does not wait for it at the end (:mod:`geoplan.end_process`); other programs do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from ortools.util.python import solve_interrupter

from geoplan.stopping import Clock

__all__ = ["answer_unless_stopped", "interrupter"]

_T = TypeVar("_T")


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
