"""Tours and partitions against every order and every partition there is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, permutations

import numpy as np
import pytest

from geoplan._kernels.ring_tours import NO_TOUR, best_partition, tour_order, tour_steps


def random_distances(rng: np.random.Generator, h: int) -> np.ndarray:
    """Between h hubs, start and end; every second one has tours back to the start."""
    dist = rng.integers(0, 50, (h + 2, h + 2))
    dist[rng.random((h + 2, h + 2)) < 0.15] = NO_TOUR
    dist = np.triu(dist, 1)
    dist = np.asarray(dist + dist.T, dtype=np.int64)
    if rng.random() < 0.5:
        pick = [*range(h + 1), h]
        dist = dist[np.ix_(pick, pick)]
    return dist


def tour_length(dist: np.ndarray, order: tuple[int, ...]) -> int:
    start, end = len(dist) - 2, len(dist) - 1
    steps = [int(dist[a, b]) for a, b in pairwise((start, *order, end))]
    return NO_TOUR if max(steps) >= NO_TOUR else sum(steps)


def partitions(items: tuple[int, ...]) -> Iterator[list[tuple[int, ...]]]:
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for bits in range(1 << len(rest)):
        ring = (first, *(x for k, x in enumerate(rest) if bits >> k & 1))
        left = tuple(x for k, x in enumerate(rest) if not bits >> k & 1)
        yield from ([ring, *others] for others in partitions(left))


def members(some: int) -> tuple[int, ...]:
    return tuple(i for i in range(some.bit_length()) if some >> i & 1)


@pytest.mark.parametrize("seed", range(8))
def test_every_tour_is_the_shortest_of_all_orders(seed: int) -> None:
    rng = np.random.default_rng([seed, 81])
    h = int(rng.integers(1, 6))
    most = int(rng.integers(1, h + 1))
    dist = random_distances(rng, h)
    best, reach = tour_steps(dist, most)
    assert best[0] == NO_TOUR
    for some in range(1, 1 << h):
        hubs = members(some)
        shortest = min(tour_length(dist, order) for order in permutations(hubs))
        assert best[some] == (shortest if len(hubs) <= most else NO_TOUR)
        if best[some] < NO_TOUR:
            order = tuple(tour_order(dist, reach, some).tolist())
            assert sorted(order) == list(hubs)
            assert tour_length(dist, order) == shortest


@pytest.mark.parametrize("seed", range(8))
def test_the_best_of_all_partitions(seed: int) -> None:
    rng = np.random.default_rng([seed, 82])
    h = int(rng.integers(1, 6))
    cents = rng.integers(0, 100, 1 << h)
    cents[rng.random(1 << h) < 0.5] = NO_TOUR
    totals = [
        sum(min(int(cents[sum(1 << i for i in ring)]), NO_TOUR) for ring in found)
        for found in partitions(tuple(range(h)))
    ]
    total, sets = best_partition(cents, h)
    assert total == min(NO_TOUR, *totals)
    if total < NO_TOUR:
        assert sorted(i for some in sets.tolist() for i in members(some)) == list(range(h))
        assert sum(int(cents[some]) for some in sets.tolist()) == total
    else:
        assert len(sets) == 0


def test_hubs_on_a_line_are_rings_of_the_farthest_first() -> None:
    """Eight hubs one apart from the core on: rings of at most four, 5 to 8 and 1 to 4."""
    place = np.append(np.arange(1, 9), [0, 0])
    dist = np.abs(place[:, None] - place[None, :]).astype(np.int64)
    best, _ = tour_steps(dist, 4)
    total, sets = best_partition(best, 8)
    assert total == 2 * (8 + 4)
    assert sorted(members(int(some)) for some in sets) == [(0, 1, 2, 3), (4, 5, 6, 7)]
