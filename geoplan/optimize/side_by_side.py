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
def beside(work: Callable[[], _T]) -> Iterator[Future[_T]]:
    """Run ``work`` beside the body of the ``with``; both are done when that ends.

    What ``work`` raises, ``result()`` of the future raises.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="geoplan") as pool:
        yield pool.submit(work)
