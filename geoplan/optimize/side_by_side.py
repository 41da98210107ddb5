"""Two stages at once: one in a thread of its own, the other where the caller is.

Solvers and the long kernels let go of the interpreter while they run, so two cores do two stages.
Each works on values of its own; the answer is the same as one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

__all__ = ["beside"]

_T = TypeVar("_T")


@contextmanager
def beside(work: Callable[[], _T], *then: Callable[[], object]) -> Iterator[Future[_T]]:
    """Run ``work``, and ``then`` the rest, beside the body of the ``with``; all is done at its end.

    What ``work`` raises, ``result()`` of the future raises; what the rest raises comes up at the
    end of the ``with``.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="geoplan") as pool:
        first = pool.submit(work)
        rest = [pool.submit(more) for more in then]
        yield first
    for future in rest:
        future.result()
