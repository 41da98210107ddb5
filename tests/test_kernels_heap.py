"""The heap against Python's own: order of (key, item), growth, every interleaving."""

from __future__ import annotations

import heapq

import numpy as np
import pytest

from geoplan._kernels.heap import grow, pop, push


@pytest.mark.parametrize("seed", range(20))
def test_pushes_and_pops_in_any_order_agree_with_heapq(seed: int) -> None:
    rng = np.random.default_rng(seed)
    keys, items = np.empty(4, np.int64), np.empty(4, np.int64)
    size, twin = 0, []
    for _ in range(200):
        if twin and rng.random() < 0.45:
            assert (keys[0], items[0]) == heapq.heappop(twin)
            size = pop(keys, items, size)
        else:
            pair = int(rng.integers(-5, 6)), int(rng.integers(0, 9))  # many ties
            if size == len(keys):
                keys, items = grow(keys, items)
            size = push(keys, items, size, *pair)
            heapq.heappush(twin, pair)
        assert size == len(twin)
    while twin:
        assert (keys[0], items[0]) == heapq.heappop(twin)
        size = pop(keys, items, size)
    assert size == 0


def test_ties_of_the_key_leave_in_the_order_of_items() -> None:
    keys, items = np.empty(8, np.int64), np.empty(8, np.int64)
    size = 0
    for item in (5, 1, 4, 0, 3, 2):
        size = push(keys, items, size, 7, item)
    out = []
    while size:
        out.append(int(items[0]))
        size = pop(keys, items, size)
    assert out == [0, 1, 2, 3, 4, 5]


def test_growth_keeps_the_heap_and_doubles_the_room() -> None:
    keys, items = np.array([1, 3, 2]), np.array([10, 30, 20])
    more_keys, more_items = grow(keys, items)
    assert len(more_keys) == len(more_items) == 6
    assert more_keys[:3].tolist() == [1, 3, 2]
    assert more_items[:3].tolist() == [10, 30, 20]


def test_keys_up_to_the_end_of_int64() -> None:
    keys, items = np.empty(2, np.int64), np.empty(2, np.int64)
    size = push(keys, items, 0, 2**63 - 1, 1)
    size = push(keys, items, size, -(2**63), 2)
    assert (keys[0], items[0]) == (-(2**63), 2)
    size = pop(keys, items, size)
    assert (keys[0], items[0]) == (2**63 - 1, 1)
