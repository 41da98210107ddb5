"""Units and rounding: one rule each for money, metres and kilometres.

Money is int64 cents (分) everywhere inside. Lengths are metres as float64, rounded to
decimetres at the door so that every later sum is the same wherever it is taken.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "CENTS_PER_YUAN",
    "DM_PER_KM",
    "DM_PER_M",
    "M_PER_KM",
    "ceil_to_multiple",
    "half_up_cents",
    "per_cent",
    "round_m",
    "yuan_to_cents",
]

CENTS_PER_YUAN = 100
M_PER_KM = 1000.0
DM_PER_M = 10
DM_PER_KM = 10_000


def half_up_cents(value_cents: ArrayLike) -> NDArray[np.int64]:
    """Round float cents to int64 cents, halves upwards (not to even, as numpy does).

    >>> half_up_cents([0.5, 1.5, 2.4]).tolist()
    [1, 2, 2]
    """
    return np.floor(np.asarray(value_cents, dtype=np.float64) + 0.5).astype(np.int64)


def yuan_to_cents(value_yuan: float) -> int:
    """Return a price in yuan as int cents (half up).

    >>> yuan_to_cents(2212.59)
    221259
    """
    return int(half_up_cents(value_yuan * CENTS_PER_YUAN))


def round_m(length_m: ArrayLike) -> NDArray[np.float64]:
    """Round lengths to decimetres: the resolution at which plan files store them."""
    return np.asarray(length_m, dtype=np.float64).round(1)


def ceil_to_multiple(value: int, multiple: int) -> int:
    """Return the smallest multiple of ``multiple`` that is at least ``value``.

    >>> ceil_to_multiple(1_000_001, 1_000_000)
    2000000
    """
    return -(-value // multiple) * multiple


def per_cent(share: float, digits: int = 1, *, up: bool = False) -> str:
    """Return a share in per cent, halves upwards; ``up`` keeps "at most" true after rounding.

    What is less than all never reads as all: 100 per cent is only said of a share of 1 (and of a
    bound, which says that no more is possible).

    >>> per_cent(0.5811), per_cent(0.5811, up=True), per_cent(0.9996), per_cent(1.0)
    ('58.1', '58.2', '99.9', '100.0')
    """
    exact = Decimal(repr(float(share))) * 100
    step = Decimal(1).scaleb(-digits)
    text = exact.quantize(step, ROUND_CEILING if up else ROUND_HALF_UP)
    if not up and exact < 100 <= text:
        text = exact.quantize(step, ROUND_FLOOR)
    return f"{text:,}"
