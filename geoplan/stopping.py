"""When to stop: out of time, or asked to. One value that every stage looks at between its steps.

A stage that holds an answer asks ``clock.out()`` between its steps and, when that is true, returns
the best it has. Why it stopped is no business of the stage: a wall limit and a person who pressed
Ctrl-C end it alike, and the status of the answer tells them apart.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

__all__ = ["NO_LIMIT", "Clock", "Interruption"]


class Interruption:
    """A request to end the search early; made once, from any thread, never taken back.

    It also knows whether there is anything to keep: before the first whole plan a request can
    only end everything.
    """

    def __init__(self) -> None:
        # no events and no plain lock: a handler of a signal may come while its own thread holds one
        self._requested = False
        self._keeping = False
        self._lock = threading.RLock()
        self._running: list[Callable[[], None]] = []

    @property
    def requested(self) -> bool:
        """Whether somebody asked to stop."""
        return self._requested

    @property
    def keeping(self) -> bool:
        """Whether there is a plan that is worth finishing when somebody asks to stop."""
        return self._keeping

    def keep(self) -> None:
        """Say that from now on there is a plan to keep."""
        self._keeping = True

    def request(self) -> None:
        """Ask to stop: what runs in a solver is stopped at once, all else between its steps."""
        with self._lock:
            if self._requested:
                return
            self._requested = True
            for stop in tuple(self._running):
                stop()

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Call ``stop`` when the request comes while the body runs; at once if it came before.

        Parameters
        ----------
        stop
            Ends what the body runs; called from another thread, must return at once.
        """
        with self._lock:
            self._running.append(stop)
            if self.requested:
                stop()
        try:
            yield
        finally:
            with self._lock:
                self._running.remove(stop)


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells a stage whether to go on.

    Parameters
    ----------
    deadline_s
        Value of ``time.monotonic()`` from which on time is out.
    began_s
        The same when the clock was started; shares of the time are counted from here.
    interruption
        The request to stop earlier.
    """

    deadline_s: float = math.inf
    began_s: float = 0.0
    interruption: Interruption = field(default_factory=Interruption)

    @classmethod
    def started(cls, limit_s: float, interruption: Interruption | None = None) -> Clock:
        """Return a clock that runs out ``limit_s`` wall seconds from now."""
        now_s = time.monotonic()
        return cls(now_s + limit_s, now_s, interruption or Interruption())

    def out(self) -> bool:
        """Return whether to stop now, for whichever reason."""
        return self.interrupted or time.monotonic() >= self.deadline_s

    @property
    def interrupted(self) -> bool:
        """Whether somebody asked to stop."""
        return self.interruption.requested

    def left_s(self) -> float:
        """Return the seconds that are left, 0 when to stop now."""
        return 0.0 if self.interrupted else max(0.0, self.deadline_s - time.monotonic())

    def share(self, of_limit: float) -> Clock:
        """Return a clock that is out when this part of the whole time has passed.

        >>> Clock(110.0, 10.0).share(0.5).deadline_s
        60.0
        """
        if math.isinf(self.deadline_s):
            return self
        deadline_s = self.began_s + of_limit * (self.deadline_s - self.began_s)
        return Clock(deadline_s, self.began_s, self.interruption)

    def at_least(self, seconds: float) -> Clock:
        """Return a clock that gives so many seconds from now, whatever is left of this one.

        For the few steps without which there is no plan at all; a request to stop does not end
        them either.
        """
        now_s = time.monotonic()
        return Clock(max(self.deadline_s, now_s + seconds), now_s, Interruption())


NO_LIMIT = Clock()
"""A clock that never runs out."""
