"""The best tree so far, and the proven bound of the whole search."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from geoplan.optimize.steiner.instance import Reduced, SteinerInstance
from geoplan.optimize.steiner.reduce import expand

__all__ = ["Incumbent", "Trace"]

_AHEAD_S, _AHEAD_SHARE = 0.5, 0.05

Trace = Callable[[float, int, int], None]
"""Called as ``trace(seconds, cost, bound)`` at every improvement."""


class Incumbent:
    """The incumbent, the bound of the whole, and who is told (changes in place)."""

    def __init__(
        self,
        instance: SteinerInstance,
        *,
        began_s: float,
        time_limit_s: float,
        target_gap: float,
        seed: int,
        trace: Trace | None,
    ) -> None:
        self.instance = instance
        self.began_s = began_s
        # steps that have begun run to their end: aim a little ahead of the limit
        self.deadline_s = began_s + time_limit_s - min(_AHEAD_S, _AHEAD_SHARE * time_limit_s)
        self.target_gap = target_gap
        self.seed = seed
        self.trace = trace
        self.reduce_s = 0.0
        self.edges = np.zeros(0, np.int32)
        self.cost = int(instance.cost.sum()) + 1
        self.bound = 0

    def offer(self, reduced: Reduced, mask: NDArray[np.bool_]) -> None:
        """Take a tree of a reduced instance if it is better."""
        cost = reduced.fixed_cost + int(reduced.instance.cost[mask].sum())
        if cost >= self.cost:
            return
        self.take(expand(reduced, np.flatnonzero(mask).astype(np.int32), self.instance))

    def take(self, edges: NDArray[np.int32]) -> None:
        """Take a tree of the original instance if it is better."""
        cost = int(self.instance.cost[edges].sum())
        if cost < self.cost:
            self.edges, self.cost = edges, cost
            self.tell()

    def raise_bound(self, bound: int) -> None:
        """Note a better bound of the whole."""
        bound = min(bound, self.cost)
        if bound > self.bound:
            self.bound = bound
            self.tell()

    def tell(self) -> None:
        """Report the present state."""
        if self.trace is not None:
            self.trace(time.monotonic() - self.began_s, self.cost, self.bound)

    def time_for(self, step_s: float) -> bool:
        """Return whether a step of that length can still end in time."""
        return time.monotonic() + step_s < self.deadline_s

    def near(self) -> bool:
        """Return whether the gap asked for is reached."""
        return self.cost - self.bound <= self.target_gap * self.bound

    def done(self) -> bool:
        """Return whether the gap asked for is reached or the time is up."""
        return self.near() or time.monotonic() >= self.deadline_s
