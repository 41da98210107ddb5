"""The forest of merged edges: which original edges a created edge stands for."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["expand_forest"]


@njit(cache=True)
def expand_forest(
    left: NDArray[np.int32], right: NDArray[np.int32], n_leaves: int, pieces: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the leaves under each of the forest nodes ``pieces`` as CSR, each leaf once."""
    ptr = np.zeros(len(pieces) + 1, np.int64)
    leaves = np.empty(len(pieces) + 16, np.int32)
    seen = np.full(n_leaves, -1, np.int32)
    stack = np.empty(64, np.int32)
    n = 0
    for i in range(len(pieces)):
        stack[0] = pieces[i]
        size = 1
        while size > 0:
            size -= 1
            p = stack[size]
            if p < n_leaves:
                if seen[p] != i:
                    seen[p] = i
                    if n == len(leaves):
                        wider = np.empty(2 * n, np.int32)
                        wider[:n] = leaves
                        leaves = wider
                    leaves[n] = p
                    n += 1
                continue
            if size + 2 > len(stack):
                taller = np.empty(2 * len(stack), np.int32)
                taller[:size] = stack[:size]
                stack = taller
            stack[size] = left[p]
            stack[size + 1] = right[p]
            size += 2
        ptr[i + 1] = n
    return ptr, leaves[:n]
