"""A binary min-heap of (key, item) pairs on two arrays, with ties broken by item.

Ties are broken so that every search that uses the heap is deterministic.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Int", "grow", "pop", "push"]

Int: TypeAlias = Any
"""An integer scalar of a kernel: int64 when compiled, int or numpy.int64 when not."""


@njit(cache=True)
def _less(key_a: int, item_a: int, key_b: int, item_b: int) -> bool:
    return key_a < key_b or (key_a == key_b and item_a < item_b)


@njit(cache=True)
def push(keys: NDArray[np.int64], items: NDArray[np.int64], size: int, key: int, item: int) -> Int:
    """Insert a pair; the arrays must have room. Returns the new size."""
    i = size
    while i > 0:
        parent = (i - 1) >> 1
        if not _less(key, item, keys[parent], items[parent]):
            break
        keys[i] = keys[parent]
        items[i] = items[parent]
        i = parent
    keys[i] = key
    items[i] = item
    return size + 1


@njit(cache=True)
def pop(keys: NDArray[np.int64], items: NDArray[np.int64], size: int) -> Int:
    """Remove the smallest pair (read it at index 0 before). Returns the new size."""
    size -= 1
    key = keys[size]
    item = items[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        right = child + 1
        if right < size and _less(keys[right], items[right], keys[child], items[child]):
            child = right
        if not _less(keys[child], items[child], key, item):
            break
        keys[i] = keys[child]
        items[i] = items[child]
        i = child
    keys[i] = key
    items[i] = item
    return size


@njit(cache=True)
def grow(
    keys: NDArray[np.int64], items: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the same heap with twice the room."""
    new_keys = np.empty(2 * len(keys), np.int64)
    new_items = np.empty(2 * len(items), np.int64)
    new_keys[: len(keys)] = keys
    new_items[: len(items)] = items
    return new_keys, new_items
