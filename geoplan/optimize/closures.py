"""Closures of blocks: the best set of blocks at one price of money, by one minimum cut.

With a price ``N / D`` of money, the set that maximises ``D * weight - N * cost`` and has, with
each block, all that it needs is a maximum closure: a minimum cut (Picard 1976). Its cost and
weight lie on the concave hull of what any money reaches, and by weak duality no set of blocks
of cost at most C has more weight than ``(best + N C) / D``. Sets grow as the price falls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import max_flow

from geoplan.optimize.blocks import Blocks

__all__ = ["ClosureHull"]

_D = 1 << 24
"""Denominator of prices; numerators are found by bisection."""
_STEPS = 24


@dataclass(frozen=True, slots=True, eq=False)
class _Closure:
    bought: NDArray[np.bool_]
    cost: int
    weight: int
    best: int


class ClosureHull:
    """Closures of one design at many prices, each computed once."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._seen: dict[int, _Closure] = {}

    def best_within(self, money: int) -> tuple[NDArray[np.bool_], int]:
        """Return the heaviest closure seen that costs at most ``money``, and the bound.

        Returns
        -------
        bool (b,), only the blocks a core needs when nothing else fits; and the proven most
        weight of any blocks that cost at most ``money``.
        """
        low, high = 0, 1
        while self._at(high).cost > money and high < 1 << 40:
            low, high = high, 2 * high
        for _ in range(_STEPS):  # the dearest price at which the closure is too dear, and next
            if high - low <= 1:
                break
            middle = (low + high) // 2
            if self._at(middle).cost > money:
                low = middle
            else:
                high = middle
        self._at(low)
        bound = min((seen.best + n * money) // _D for n, seen in self._seen.items())
        fits = [seen for seen in self._seen.values() if seen.cost <= money]
        if not fits:
            return self._blocks.forced.copy(), bound
        return max(fits, key=lambda seen: (seen.weight, -seen.cost)).bought.copy(), bound

    def _at(self, price: int) -> _Closure:
        """Return the best closure at the price ``price / D``."""
        if price not in self._seen:
            self._seen[price] = self._solve(price)
        return self._seen[price]

    def _solve(self, price: int) -> _Closure:
        blocks = self._blocks
        n = len(blocks.cost_cents)
        profit = _D * blocks.weight - price * blocks.cost_cents
        most = int(np.abs(profit).sum()) + 1
        source, sink = n, n + 1
        every = np.arange(n)
        gains, costs = every[profit > 0], every[profit < 0]
        forced = every[blocks.forced]
        flow = max_flow.SimpleMaxFlow()
        for tail, head, capacity in (
            (np.full(len(gains), source), gains, profit[gains]),
            (costs, np.full(len(costs), sink), -profit[costs]),
            (blocks.child, blocks.parent, np.full(len(blocks.child), most)),
            (np.full(len(forced), source), forced, np.full(len(forced), most)),
            # at no price nothing leads to the sink: it must still be a node
            (np.array([source]), np.array([sink]), np.array([0])),
        ):
            flow.add_arcs_with_capacity(
                tail.astype(np.int32), head.astype(np.int32), capacity.astype(np.int64)
            )
        if flow.solve(source, sink) != flow.OPTIMAL:
            raise AssertionError("a minimum cut without an optimum")
        bought = np.zeros(n, dtype=np.bool_)
        side = np.array(flow.get_source_side_min_cut(), dtype=np.int64)
        bought[side[side < n]] = True
        cost, weight = int(blocks.cost_cents[bought].sum()), int(blocks.weight[bought].sum())
        return _Closure(bought, cost, weight, _D * weight - price * cost)
