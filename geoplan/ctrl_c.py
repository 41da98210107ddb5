"""Ctrl-C as a request: the first one ends the search and keeps its plan, the second ends all.

Python runs a handler of a signal between two of its own instructions, so while a solver runs
nothing would happen. The signal is therefore also written to a socket, which a thread waits at: it
stops the solver that runs. Handlers belong to the process, so this is for whoever owns it: the
command line, or a person in a notebook::

    with ctrl_c() as interruption:
        plan = make_plan(scenario, layers, interruption=interruption)

Without it Ctrl-C raises :class:`KeyboardInterrupt`, as everywhere in Python.
"""

from __future__ import annotations

import _thread
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from geoplan.stopping import Interruption

__all__ = ["ctrl_c"]


def _nothing() -> None:
    """Tell nobody."""


class _Presses:
    """Count Ctrl-C, in the handler and at the socket: either may come to know of one first."""

    def __init__(self, interruption: Interruption, tell: Callable[[], None]) -> None:
        self.interruption = interruption
        self.tell = tell
        self.handled = 0
        self.heard = 0
        self.given_up = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Ask to stop, or raise: there is nothing to keep, or somebody asks again."""
        self.handled += 1
        if not self.interruption.keeping or max(self.handled, self.heard) > 1:
            self.given_up = True
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self.interruption.request()
            raise KeyboardInterrupt
        self.interruption.request()

    def listen(self, ear: socket.socket) -> None:
        """Stop what runs in a solver as soon as a signal arrives; until the socket is closed."""
        while True:
            heard = ear.recv(16)
            if not heard:
                return
            for number in heard:
                if number == signal.SIGINT:
                    self._hear()

    def _hear(self) -> None:
        self.heard += 1
        self.interruption.request()
        if self.heard == 1 and self.interruption.keeping:
            self.tell()
        if self.heard > 1 and not self.given_up:
            # two signals in one call of native code are one to Python: have it look again
            _thread.interrupt_main()


@contextmanager
def ctrl_c(tell: Callable[[], None] = _nothing) -> Iterator[Interruption]:
    """Turn the first Ctrl-C into a request to stop, the second into :class:`KeyboardInterrupt`.

    As long as there is no plan to keep, the first one raises as well. Outside the main thread,
    where nobody may handle signals, nothing is changed.

    Parameters
    ----------
    tell
        Called once, from another thread, when the first Ctrl-C came and a plan is kept.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    presses = _Presses(interruption, tell)
    mouth, ear = socket.socketpair()
    mouth.setblocking(False)
    listener = threading.Thread(target=presses.listen, args=(ear,), daemon=True)
    listener.start()
    handler = signal.signal(signal.SIGINT, presses.handle)
    wakeup = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
    try:
        yield interruption
    finally:
        signal.set_wakeup_fd(wakeup)
        signal.signal(signal.SIGINT, handler)
        mouth.close()
        listener.join()
        ear.close()
