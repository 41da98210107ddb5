"""Ctrl-C for real: signals sent to this very process, also while a solver runs."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest
from ortools.sat.python import cp_model

from geoplan.ctrl_c import ctrl_c
from geoplan.stopping import Interruption

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent the POSIX way")


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(100):  # a few instructions for the handler to run in
        pass


def wait_for(interruption: Interruption) -> None:
    for _ in range(500):
        if interruption.requested:
            return
        time.sleep(0.01)
    raise AssertionError("nobody heard it")


def test_before_there_is_a_plan_the_first_one_ends_all() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), ctrl_c():
        press()
    assert signal.getsignal(signal.SIGINT) is before


def test_with_a_plan_the_first_one_is_a_request_and_is_told_once() -> None:
    told = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    with ctrl_c(told.set) as interruption:
        interruption.keep()
        press()
        wait_for(interruption)
        assert told.wait(5.0)
    assert signal.getsignal(signal.SIGINT) is before
    assert signal.set_wakeup_fd(-1) == -1


def test_the_second_one_ends_all() -> None:
    interruption = pressed_twice()
    assert interruption.requested


def pressed_twice() -> Interruption:
    """Press again when the first was heard; return what came of it."""
    with ctrl_c() as interruption:
        interruption.keep()
        press()
        wait_for(interruption)
        with pytest.raises(KeyboardInterrupt):
            press_and_wait()
    return interruption


def press_and_wait() -> None:
    press()
    time.sleep(5.0)


def slow_model() -> cp_model.CpModel:
    """Random covers and packings: minutes of search, a first answer at once."""
    rng = np.random.default_rng(3)
    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in range(400)]
    for _ in range(300):
        model.add(sum(x[i] for i in rng.choice(400, 20, replace=False)) >= 3)
        model.add(sum(x[i] for i in rng.choice(400, 20, replace=False)) <= 12)
    model.minimize(sum(int(rng.integers(50, 100)) * v for v in x))
    return model


def solve_slowly(interruption: Interruption, presses: int) -> float:
    """Run the solver, with Ctrl-C pressed from outside; return the seconds after the last one."""
    model, solver = slow_model(), cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = 60.0
    solver.parameters.catch_sigint_signal = False
    pressed: list[float] = []

    def from_outside() -> None:
        for _ in range(presses):
            time.sleep(0.7)
            pressed.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

    outside = threading.Thread(target=from_outside)
    outside.start()
    try:
        with interruption.stopping(solver.stop_search):
            solver.solve(model)
        return time.monotonic() - pressed[-1]
    finally:
        outside.join()


def test_a_solver_that_runs_is_stopped() -> None:
    with ctrl_c() as interruption:
        interruption.keep()
        assert solve_slowly(interruption, 1) < 20.0
        assert interruption.requested
        with pytest.raises(KeyboardInterrupt):  # the solver left the handler where it was
            press_and_wait()


def test_two_while_native_code_runs_are_two() -> None:
    """Python sees one signal only; the socket has both."""
    with ctrl_c() as interruption:
        interruption.keep()
        with pytest.raises(KeyboardInterrupt):
            two_at_once()


def two_at_once() -> None:
    os.write(signal.set_wakeup_fd(-1), bytes([signal.SIGINT, signal.SIGINT]))
    time.sleep(5.0)


def test_outside_the_main_thread_nothing_is_changed() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def elsewhere() -> None:
        with ctrl_c() as interruption:
            seen.extend([signal.getsignal(signal.SIGINT), interruption.requested])

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [before, False]
