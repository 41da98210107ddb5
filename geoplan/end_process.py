"""The end of the process: with the exit code of a command, whatever still runs beside it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

__all__ = ["end_process"]


def end_process(command: Callable[[], int]) -> NoReturn:
    """Run a command and end the process with its exit code, without waiting for a solver.

    A call of HiGHS or SCIP that was left behind by Ctrl-C can't be stopped (see
    :mod:`geoplan.optimize.solver_calls`) and may take long. Python would wait for it, though all is
    written and said; and to clean up around a solver that still runs might crash.
    """
    code: int | str | None
    try:
        code = command()
    except SystemExit as left:  # help, a wrong option, a request to terminate
        code = left.code
    others = (t for t in threading.enumerate() if t is not threading.main_thread())
    if isinstance(code, int) and any(not thread.daemon for thread in others):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):  # a reader who went away is no error
                stream.flush()
        os._exit(code)
    raise SystemExit(code)
