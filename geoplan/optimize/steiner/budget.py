"""Collect as many prizes as a sum of money allows, and prove how many any tree could collect.

For any price t = num / den of money and a lower bound LB on ``num * cost + den * prizes left``
over all trees (a prize-collecting problem, so its bounds serve), a tree of cost at most C
collects at most ::

    W + t C - LB(t)          that is   W - ceil((LB - num C) / den)          (U)

W all prizes together. Everything is integer, the price a fraction: (U) holds exactly for every
num, den. The best price of dual ascent comes first, then that of the cut LP; what reduced costs
rule out at any price goes, and CP-SAT with cut rows finishes what is small enough.

Trees come from the prices as well: the knapsack on each tree that is seen, filled up with what
can still be paid.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.shortest_path_tree import distances
from geoplan._kernels.steiner_prizes import FAR, Tree
from geoplan.errors import Fault, InfeasibleError, InputError, NoPlanError
from geoplan.optimize.steiner.budget_trees import afford
from geoplan.optimize.steiner.instance import SteinerStatus
from geoplan.optimize.steiner.prize_graph import (
    Ascent,
    Digraph,
    PrizeInstance,
    SmallPrizes,
    ascend,
    begin_small,
    check_prizes,
    digraph,
    doomed,
    fix,
    nodes_of,
    reached,
    shrink,
)
from geoplan.optimize.steiner.prize_trees import PrizeTrees
from geoplan.text import Text

__all__ = ["BudgetResult", "solve_budget"]

_BITS = 50
"""Size of the largest totals after scaling: leaves room for the steps of the safe LP bound."""
_SHRINK = 0.05
_ROUNDS = 4
_PRICES = 8
_STALE = 2
"""LPs in a row that bring no better bound before the exact finish is asked."""
_LP_ROUNDS = 60
_LP_SEEDS = 20_000
"""Entries of the first cut rows."""
_EXCHANGES = 4
_EXCHANGE_EDGES = 40
"""Edges from which on the plain problem's search is worth its start."""
_EXACT_EDGES = 4000
"""Edges up to which CP-SAT is asked to finish."""


@dataclass(frozen=True, slots=True, eq=False)
class BudgetResult:
    """A tree that can be paid, what it collects, and the proven most.

    Parameters
    ----------
    edges
        int32, edge ids of the instance, ascending; a tree that holds the root.
    connected
        bool (n,), the nodes of the tree.
    value, cost
        Prizes of the nodes connected, the root's included; cost of the tree.
    bound
        No tree of cost at most the money collects more.
    gap
        (bound - value) / bound; 0.0 when both are 0.
    price
        Price of money, in prizes, of the best bound; 0.0 when money is no limit.
    status
        ``optimal`` when value equals bound; ``feasible`` when the work limit ended the search;
        ``time_limit`` when the clock did.
    """

    edges: NDArray[np.int32]
    connected: NDArray[np.bool_]
    value: int
    cost: int
    bound: int
    gap: float
    price: float
    status: SteinerStatus
    seconds: float
    seed: int


def solve_budget(
    instance: PrizeInstance, *, money: int, seed: int = 1, time_limit_s: float = 60.0
) -> BudgetResult:
    """Find the tree of cost at most ``money`` that collects most, and bound what any could.

    Parameters
    ----------
    money
        Most that the tree may cost.
    seed
        Drives every random choice.
    time_limit_s
        Wall seconds after which the best tree and bound so far are returned.

    Raises
    ------
    InputError
        When the instance breaks its own rules, or the money is less than nothing.
    InfeasibleError
        When the required nodes can't be connected for the money, or at all.
    NoPlanError
        When neither a tree nor a proof that there is none was found in time.
    """
    began_s = time.monotonic()
    check_prizes(instance)
    if money < 0:
        raise InputError([_fault("budget.money", "资金为负数", "the money is negative")])
    small = begin_small(instance, all_pay=True)
    if small is None:
        raise InfeasibleError(
            [_fault("budget.disconnected", "必连节点与根不连通", "a required node is cut off")]
        )
    search = _Search(small, min(money, int(instance.cost.sum())), seed, began_s + time_limit_s)
    search.run()
    if search.value < 0 and search.bound < 0:
        raise InfeasibleError([_poor()])
    if search.value < 0:
        raise NoPlanError([_poor()])
    return _result(instance, search, began_s)


def _fault(rule: str, zh: str, en: str) -> Fault:
    cure = Text("请检查资金与必连节点", "look at the money and at the required nodes")
    return Fault(rule=rule, layer="nodes", row="", what=Text(zh, en), cure=cure)


def _poor() -> Fault:
    return _fault(
        "budget.too_small",
        "资金不足以连接必连节点",
        "no tree that connects the required nodes was found for the money",
    )


def _result(instance: PrizeInstance, search: _Search, began_s: float) -> BudgetResult:
    edges = search.edges
    chosen = np.zeros(instance.n_edges, np.bool_)
    chosen[edges] = True
    connected = reached(instance, chosen)
    value = int(instance.prizes[connected].sum())
    # prizes that the smaller instance lost can't be collected: its bound is that of the whole
    bound = max(search.bound, value)
    for array in (edges, connected):
        array.setflags(write=False)
    late = time.monotonic() >= search.deadline_s
    return BudgetResult(
        edges=edges,
        connected=connected,
        value=value,
        cost=int(instance.cost[edges].sum()),
        bound=bound,
        gap=(bound - value) / bound if bound > 0 else 0.0,
        price=search.price[0] / search.price[1],
        status="optimal" if value == bound else "time_limit" if late else "feasible",
        seconds=time.monotonic() - began_s,
        seed=search.seed,
    )


class _Search:
    """The best tree and bound of a budget problem (internal, changes in place)."""

    def __init__(self, small: SmallPrizes, money: int, seed: int, deadline_s: float) -> None:
        self.small = small
        self.money = money
        self.seed = seed
        self.deadline_s = deadline_s
        self.total = int(small.instance.prizes.sum())
        self.value = -1
        self.edges = np.zeros(0, np.int32)
        self.bound = self.total
        self.price = (0, 1)
        self._seen: set[tuple[int, int]] = set()

    def run(self) -> None:
        """Bound, build, fix, in turn; then the cut LP; then the exact finish."""
        self._near()
        for turn in range(_ROUNDS):
            before = self.small.instance.n_edges
            if not self._by_prices(first=turn == 0) or self.done():
                return
            if before - self.small.instance.n_edges <= _SHRINK * before:
                break
        if not self._cut_lp() or self.done():
            return
        if self.small.instance.n_edges <= _EXACT_EDGES:
            self._finish()

    def done(self) -> bool:
        """Return whether nothing is left to prove, or the time is up."""
        return self.value >= self.bound or time.monotonic() >= self.deadline_s

    # ---- what is left of the graph ------------------------------------------------------------

    def _settle(self, smaller: SmallPrizes | None) -> bool:
        """Go on with a smaller instance; False (and the bound met) when none is left."""
        if smaller is None:
            self.bound = self.value
            return False
        self.small = smaller
        # prizes may have gone with the nodes that no better tree connects
        self.bound = max(self.value, min(self.bound, int(smaller.instance.prizes.sum())))
        return self.bound > self.value

    def _near(self) -> None:
        """Leave out the nodes that are further from the root than the money reaches."""
        now = self.small.instance
        graph = now.adjacency()
        source = np.array([now.root], np.int32)
        dist = distances(graph.ptr, graph.nbr, graph.eid, now.cost, source)
        far = dist > self.money
        if (far & now.needs).any():
            self.bound = -1
            return
        if far.any():
            keep = ~(far[now.tail] | far[now.head])
            smaller = shrink(self.small, keep, all_pay=True)
            if smaller is not None:
                self._settle(smaller)

    # ---- prices -------------------------------------------------------------------------------

    def _scaled(self, price: float, bits: int = _BITS) -> tuple[PrizeInstance, int, int]:
        """Return the prize-collecting problem at a price, and the fraction that stands for it."""
        now = self.small.instance
        cost, worth = int(now.cost.sum()), int(now.prizes.sum())
        scale = 2.0**bits / max(price * cost, float(worth), 1.0)
        den = max(1, round(scale))
        # a lower price is as good a price: nothing may overflow
        num = min(round(price * den), 2**56 // max(1, cost))
        return replace(now, cost=now.cost * num, prizes=now.prizes * den), num, den

    def _lp_scaled(self, price: float) -> tuple[PrizeInstance, int, int]:
        """Return the same with numbers no larger than an LP in floating point likes."""
        now = self.small.instance
        biggest = max(int(now.cost.sum()), int(now.prizes.sum()))
        return self._scaled(price, min(_BITS, max(32, biggest.bit_length() + 8)))

    def _most(self, lower: int, num: int, den: int) -> int:
        """Return (U) for a bound of the scaled problem."""
        worth = int(self.small.instance.prizes.sum())
        return worth - -(-(lower - num * self.money) // den)

    def _limit(self, lower: int, num: int, den: int) -> int:
        """Return what an arc may add to the bound at most, plus one, for a better tree."""
        worth = int(self.small.instance.prizes.sum())
        return den * (worth - self.value - 1) + num * self.money - lower + 1

    def _raise(self, lower: int, num: int, den: int) -> None:
        """Note a bound of the scaled problem."""
        most = max(self._most(lower, num, den), self.value)
        if most < self.bound:
            self.bound, self.price = most, (num, den)

    def _by_prices(self, *, first: bool) -> bool:
        """Look for the best price of dual ascent, with trees on the way; fix; False when done."""
        now = self.small.instance
        worth = int(now.prizes.sum())
        if now.n_edges == 0:
            self._take(now.needs)
            return self._settle(None)
        middle = max(1, worth) / max(1, self.money)
        found: dict[float, tuple[float, Digraph, Ascent, int, int]] = {}
        for t in [0.0, *(middle * np.geomspace(0.03, 30.0, 7)).tolist()]:
            found[t] = self._price(t, first=first)
        for _ in range(_PRICES if first else _PRICES // 2):
            if self.done():
                return False
            ordered = sorted(found)
            best = min(range(len(ordered)), key=lambda i: (found[ordered[i]][0], i))
            low = ordered[max(0, best - 1)]
            high = ordered[best + 1] if best + 1 < len(ordered) else 8 * ordered[best]
            for t in ((low + ordered[best]) / 2, (high + ordered[best]) / 2):
                if t not in found:
                    found[t] = self._price(t, first=first)
        if first:
            self._exchange()
        if self.value >= self.bound:
            return False
        _, graph, _, _, _ = next(iter(found.values()))
        out = np.zeros(len(graph.tail), np.bool_)
        for t in sorted(found, key=lambda t: (found[t][0], t))[:5]:
            _, graph, ascent, num, den = found[t]
            out |= doomed(graph, ascent, self._limit(ascent.bound, num, den))
        return self._settle(fix(self.small, graph, out, all_pay=True))

    def _price(self, price: float, *, first: bool) -> tuple[float, Digraph, Ascent, int, int]:
        """Ascend at a price and build trees there; the first entry is (U) before rounding."""
        scaled, num, den = self._scaled(price)
        graph = digraph(scaled)
        best = max((ascend(graph, order) for order in range(3)), key=lambda a: a.bound)
        self._raise(best.bound, num, den)
        if self.value < self.bound:
            trees = PrizeTrees(scaled, self._look)
            m = graph.n_edges
            twin = m + 2 * len(graph.holders)
            tight = (best.reduced[:m] == 0) | (best.reduced[twin : twin + m] == 0)
            worth = np.where(scaled.needs | (scaled.prizes > 0), FAR, 0)
            trees.grow(weight=np.where(tight, scaled.cost, FAR), worth=worth)
            trees.grow()
            if first:
                rounds = int(np.clip(20_000 // (m + 1), 1, 10))
                trees.search(rounds, self.seed, self.deadline_s)
        return (num * self.money - best.bound) / den, graph, best, num, den

    # ---- trees --------------------------------------------------------------------------------

    def _look(self, tree: Tree) -> None:
        """Make a tree that can be paid out of one that was seen."""
        key = len(tree.order), int(tree.gain)
        if key not in self._seen and self.value < self.bound:
            self._seen.add(key)
            inside = np.zeros(self.small.instance.n_nodes, np.bool_)
            inside[tree.order] = True
            self._take(inside)

    def _take(self, inside: NDArray[np.bool_]) -> None:
        """Keep what can be paid of a set of nodes if it collects more than the best tree."""
        found = afford(self.small, inside, self.money)
        if found is not None and found.value > self.value:
            self.value, self.edges = found

    def _exchange(self) -> None:
        """Make the best tree cheaper by the plain problem's search, fill up, again."""
        now = self.small.instance
        rounds = int(np.clip(60_000 // (now.n_edges + 1), 1, 8))
        for turn in range(_EXCHANGES):
            before = self.value
            if now.n_edges < _EXCHANGE_EDGES or before < 0 or self.done():
                return
            inside = nodes_of(self.small, self.edges)
            held = np.flatnonzero(now.needs | (inside & (now.prizes > 0))).astype(np.int32)
            trees = PrizeTrees(replace(now, required=held), self._look)
            trees.grow(start=inside)
            trees.exchange(rounds, self.seed + turn, self.deadline_s)
            if self.value == before:
                return

    # ---- the cut LP and the exact finish ------------------------------------------------------

    def _cut_lp(self) -> bool:
        """Cut LPs at a few prices around the best one; False when done."""
        low, high, stale = 0.0, math.inf, 0
        price = self.price[0] / self.price[1]
        for _ in range(_PRICES):
            if price <= 0 or self.small.instance.n_edges == 0 or self.done():
                break
            before = self.bound
            spent = self._lp_at(price)
            if spent is None:
                return False
            stale = stale + 1 if self.bound == before else 0
            if spent > self.money:
                low = price
            else:
                high = price
            after = 2 * price if math.isinf(high) else (low + high) / 2
            if stale == _STALE or abs(after - price) < 0.005 * price:
                break
            price = after
        return self.value < self.bound

    def _lp_at(self, price: float) -> float | None:
        """Run the cut LP at a price; return what its solution spends, None when done."""
        # OR-Tools takes a while to import; easy instances never get here
        from geoplan.optimize.steiner.cut_lp import CutLP

        now = self.small.instance
        scaled, num, den = self._lp_scaled(price)
        graph = digraph(scaled)
        m = graph.n_edges
        twin = m + 2 * len(graph.holders)
        lp = CutLP(graph.steiner, graph.root, closed=graph.closed, seed_items=1000 + 4 * twin)
        out = np.zeros(len(graph.tail), np.bool_)
        trees = PrizeTrees(scaled, self._look)
        spent = math.inf
        for _ in range(_LP_ROUNDS):
            state = lp.solve_round(self.deadline_s)
            if state is None:
                break
            use = np.clip(state.amount[:m] + state.amount[twin : twin + m], 0.0, 1.0)
            spent = float(use @ now.cost)
            self._raise(state.bound, num, den)
            if self.done():
                return None
            trees.grow(weight=np.rint(scaled.cost * (1.0 - 0.97 * use)).astype(np.int64))
            limit = self._limit(state.bound, num, den)
            out |= doomed(graph, Ascent(state.bound, state.reduced), limit)
            if state.closed or self.done():
                break
        return spent if self._settle(fix(self.small, graph, out, all_pay=True)) else None

    def _finish(self) -> None:
        """Ask CP-SAT, with cut rows added until its answer hangs together."""
        from geoplan.optimize.steiner.budget_rows import BudgetRows
        from geoplan.optimize.steiner.cut_lp import CutLP

        scaled, _, _ = self._lp_scaled(self.price[0] / self.price[1])
        graph = digraph(scaled)
        lp = CutLP(graph.steiner, graph.root, closed=graph.closed, seed_items=_LP_SEEDS)
        for _ in range(_LP_ROUNDS):
            state = lp.solve_round(self.deadline_s)
            if state is None or state.closed:
                break
        rows = BudgetRows(self.small.instance, self.money, graph, lp.cuts, self.seed)
        while not self.done():
            answer = rows.solve(self.value, self.deadline_s)
            if answer is None:
                return
            self.bound = max(self.value, min(self.bound, answer.most))
            if self.value < self.bound:
                self._take(answer.inside)
                self.bound = max(self.value, self.bound)
