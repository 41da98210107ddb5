"""Core paths on a network whose edges cost what their cables cost: bill and prices.

The state is ``used``, the cores on every edge. The price of a further way over an edge is the
marginal cost: what the whole bill of the edge grows by (equation (1) of the Problem), so that
trenches, cable steps, lit cores and capacities are all seen by one shortest-path search.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geoplan._kernels.guided_search import INF
from geoplan._kernels.heap import Int
from geoplan._kernels.shortest_path_tree import distances

__all__ = [
    "INF",
    "Net",
    "Priced",
    "State",
    "Ways",
    "add_path",
    "ahead_of",
    "block",
    "edge_cents",
    "empty_state",
    "least_ahead",
    "path_dm",
    "path_price",
    "refresh_prices",
]


class Net(NamedTuple):
    """Graph and prices (arrays as in ``Problem``; ``ptr, nbr, eid`` is the CSR of both ways).

    ``group_ptr, group_edges`` list the edges of each risk group; ``demands`` the distinct
    numbers of cores that ways take (few). ``tie`` is added to the price of an edge, so that of
    ways that cost (almost) the same the shorter is taken; it is no part of the bill.

    ``ahead`` is int64 (t, demands, n): what the rest of a way to target t costs at least, whatever
    is on the edges (:func:`least_ahead`; INF where t can't be reached); ``ahead_row`` int32 (n,)
    finds t by its node, -1 where nothing is known.

    ``length_dm`` int64 (m,) is how long edges are (zeros where nobody asks), and ``dm_ahead`` int64
    (t, n) how long the rest of a way to target t is at least (no rows where that is not known).
    """

    ptr: NDArray[np.int64]
    nbr: NDArray[np.int32]
    eid: NDArray[np.int32]
    fixed: NDArray[np.int64]
    core: NDArray[np.int64]
    takes_cable: NDArray[np.bool_]
    step_cores: NDArray[np.int64]
    step_cents: NDArray[np.int64]
    reserve_permille: int
    capacity_cores: NDArray[np.int64]
    capacity_cables: NDArray[np.int64]
    risk_ptr: NDArray[np.int64]
    risk_groups: NDArray[np.int32]
    n_risk_groups: int
    group_ptr: NDArray[np.int64]
    group_edges: NDArray[np.int32]
    demands: NDArray[np.int64]
    tie: NDArray[np.int64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    ahead: NDArray[np.int64]
    ahead_row: NDArray[np.int32]
    length_dm: NDArray[np.int64]
    dm_ahead: NDArray[np.int64]


class Ways(NamedTuple):
    """Ways to route: ends, cores, the sibling (other way of the same site, -1), and the paths.

    ``demand`` is the index of ``cores`` in ``Net.demands``. ``path`` is int32 (w, longest),
    ``length`` int32 (w,): edges of each way from site to home; length -1 means not routed.
    ``longest_dm`` int64 (w,): how long each may be, INF where as long as it likes.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    cores: NDArray[np.int64]
    demand: NDArray[np.int32]
    sibling: NDArray[np.int32]
    path: NDArray[np.int32]
    length: NDArray[np.int32]
    longest_dm: NDArray[np.int64]


@njit(cache=True)
def edge_cents(net: Net, e: int, q: int) -> Int:
    """Return equation (1): the bill of edge ``e`` with ``q`` cores on it; INF over capacity."""
    if q <= 0:
        return 0
    if net.capacity_cores[e] >= 0 and q > net.capacity_cores[e]:
        return INF
    total = net.fixed[e] + net.core[e] * q
    if net.takes_cable[e]:
        need = (q * (1000 + net.reserve_permille) + 999) // 1000
        k = len(net.step_cores)
        largest = net.step_cores[k - 1]
        full = need // largest
        rest = need - full * largest
        count = full
        if full > 0:
            total += full * net.step_cents[e, k - 1]
        if rest > 0:
            count += 1
            for i in range(k):
                if net.step_cores[i] >= rest:
                    total += net.step_cents[e, i]
                    break
        if net.capacity_cables[e] >= 0 and count > net.capacity_cables[e]:
            return INF
    return total


class Priced(Protocol):
    """What a search for one way needs of a state: prices by demand, and edges not to be used."""

    @property
    def price(self) -> NDArray[np.int64]:
        """What one more way adds to each edge, by row of demand."""

    @property
    def blocked(self) -> NDArray[np.int32]:
        """The reasons why each edge may not be used just now."""

    @property
    def factor(self) -> NDArray[np.int64]:
        """What a cent counts in each class of rows of ``price``; a class has all demands."""


class State(NamedTuple):
    """Cores used on each edge, int64 (m,), and what one more way of each demand would add.

    ``price`` is int64 (demands, m), kept up to date with ``used`` by :func:`add_path`;
    ``blocked`` int32 (m,) counts the reasons why an edge may not be used just now. A cent counts
    once: ``factor`` is one 1.
    """

    used: NDArray[np.int64]
    price: NDArray[np.int64]
    blocked: NDArray[np.int32]
    factor: NDArray[np.int64]


def empty_state(net: Net) -> State:
    """Return the state without any cores, prices up to date."""
    m = len(net.fixed)
    state = State(
        used=np.zeros(m, dtype=np.int64),
        price=np.zeros((len(net.demands), m), dtype=np.int64),
        blocked=np.zeros(m, dtype=np.int32),
        factor=np.ones(1, dtype=np.int64),
    )
    refresh_prices(net, state)
    return state


@njit(cache=True)
def refresh_prices(net: Net, state: State) -> None:
    """Bring every price up to date (after ``used`` or the prices of ``net`` were changed)."""
    every = np.arange(len(state.used)).astype(np.int32)
    add_path(net, state, every, len(every), 0)


@njit(cache=True)
def least_ahead(net: Net, targets: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return int64 (t, demands, n): what a way to each target costs at least, :class:`Net`.

    An edge adds at least its own cores and ``tie`` to the bill: the trench may be open, the
    cable may have room (its next step may even be priced lower than the last: then only ``tie``).
    """
    ptr, nbr, eid, core, tie = net.ptr, net.nbr, net.eid, net.core, net.tie
    step_cents = net.step_cents
    n, m = len(ptr) - 1, len(core)
    least = np.full((len(targets), len(net.demands), n), INF, np.int64)
    weight = np.empty(m, np.int64)
    for d in range(len(net.demands)):
        cores = net.demands[d]
        for e in range(m):
            rises = True
            for i in range(1, step_cents.shape[1]):
                rises = rises and step_cents[e, i] >= step_cents[e, i - 1]
            weight[e] = tie[e] + (core[e] * cores if rises else 0)
            if edge_cents(net, e, cores) >= INF:
                weight[e] = INF
        for t in range(len(targets)):
            least[t, d] = distances(ptr, nbr, eid, weight, targets[t : t + 1])
    return least


@njit(cache=True)
def ahead_of(net: Net, state: Priced, demand: int, target: int) -> NDArray[np.int64]:
    """Return int64 (n,): what the rest of a way costs at least; zeros where nothing is known."""
    row = net.ahead_row[target]
    if row < 0:
        return np.zeros(len(net.ptr) - 1, np.int64)
    factor = state.factor[demand // len(net.demands)]
    known: NDArray[np.int64] = net.ahead[row, demand % len(net.demands)]
    if factor == 1:
        return known
    scaled = np.empty(len(known), np.int64)
    for v in range(len(known)):
        scaled[v] = INF if known[v] >= INF else known[v] * factor
    return scaled


@njit(cache=True)
def path_price(state: Priced, demand: int, path: NDArray[np.int32], length: int) -> Int:
    """Return what a way over a path would cost just now; INF over blocked or full edges."""
    price, blocked = state.price[demand], state.blocked
    total = 0
    for i in range(length):
        e = path[i]
        if blocked[e] > 0 or price[e] >= INF:
            return INF
        total += price[e]
    return total


@njit(cache=True)
def path_dm(net: Net, path: NDArray[np.int32], length: int) -> Int:
    """Return how long a path is, in decimetres."""
    total = 0
    for i in range(length):
        total += net.length_dm[path[i]]
    return total


@njit(cache=True)
def add_path(net: Net, state: State, path: NDArray[np.int32], length: int, c: int) -> Int:
    """Put ``c`` cores (negative: take them off) on a path; return the change of the bill.

    :func:`edge_cents` stands here once more: a call, and each look into a tuple, counts uses of
    arrays, which takes five times as long as all the arithmetic.
    """
    fixed, core, takes_cable, tie = net.fixed, net.core, net.takes_cable, net.tie
    step_cores, step_cents, permille = net.step_cores, net.step_cents, 1000 + net.reserve_permille
    capacity_cores, capacity_cables = net.capacity_cores, net.capacity_cables
    demands, used, price = net.demands, state.used, state.price
    last = len(step_cores) - 1
    largest = step_cores[last]
    change = 0
    for i in range(length):
        e = path[i]
        before = 0
        for k in range(-2, len(demands)):  # as it was, as it is, and with each demand more
            q = used[e]
            if k == -1:
                q += c
                used[e] = q
            elif k >= 0:
                q += demands[k]
            cents = 0
            if q > 0:
                cents = fixed[e] + core[e] * q
                if takes_cable[e]:
                    rest = (q * permille + 999) // 1000
                    count = 1
                    if rest > largest:  # seldom, and dividing takes long
                        full = rest // largest
                        rest -= full * largest
                        cents += full * step_cents[e, last]
                        count = full + (1 if rest > 0 else 0)
                    if rest > 0:
                        size = 0
                        while step_cores[size] < rest:
                            size += 1
                        cents += step_cents[e, size]
                    if capacity_cables[e] >= 0 and count > capacity_cables[e]:
                        cents = INF
                if capacity_cores[e] >= 0 and q > capacity_cores[e]:
                    cents = INF
            if k == -2:
                change -= cents
            elif k == -1:
                change += cents
                before = cents
            else:
                # never negative: a step of the series may be priced below a smaller one
                price[k, e] = INF if cents >= INF else max(0, cents - before) + tie[e]
    return change


@njit(cache=True)
def block(net: Net, state: Priced, path: NDArray[np.int32], length: int, by: int) -> None:
    """Count ``by`` more reasons against every edge that shares a risk group with the path."""
    risk_ptr, risk_groups = net.risk_ptr, net.risk_groups
    group_ptr, group_edges, blocked = net.group_ptr, net.group_edges, state.blocked
    for i in range(length):
        e = path[i]
        for r in range(risk_ptr[e], risk_ptr[e + 1]):
            g = risk_groups[r]
            for k in range(group_ptr[g], group_ptr[g + 1]):
                blocked[group_edges[k]] += by
