"""Units: one rule of rounding each for money and metres."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.units import (
    CENTS_PER_YUAN,
    M_PER_KM,
    ceil_to_multiple,
    half_up_cents,
    round_m,
    yuan_to_cents,
)


def test_halves_go_up_not_to_even() -> None:
    assert half_up_cents([0.5, 1.5, 2.5, 2.4, -0.5, -0.6]).tolist() == [1, 2, 3, 2, 0, -1]
    assert half_up_cents([1.0]).dtype == np.int64


@pytest.mark.parametrize(
    ("yuan", "cents"), [(2212.59, 221259), (0.0, 0), (0.01, 1), (19.99, 1999), (1e12, 10**14)]
)
def test_yuan_to_cents(yuan: float, cents: int) -> None:
    assert yuan_to_cents(yuan) == cents


@given(st.integers(0, 10**13))
def test_cents_survive_yuan(cents: int) -> None:
    assert yuan_to_cents(cents / CENTS_PER_YUAN) == cents


@given(st.integers(0, 2**50))
def test_half_up_as_defined(eighths: int) -> None:
    """Eighths are exact as floats: the rule can be checked in whole numbers."""
    assert int(half_up_cents(eighths / 8)) == (eighths + 4) // 8


def test_metres_are_kept_to_decimetres() -> None:
    assert round_m([1.26, 1.24, 1000.04]).tolist() == [1.3, 1.2, 1000.0]
    assert round_m(1).dtype == np.float64
    assert M_PER_KM == 1000.0


@pytest.mark.parametrize(
    ("value", "multiple", "expected"),
    [(0, 5, 0), (1, 5, 5), (5, 5, 5), (1_000_001, 10**6, 2 * 10**6)],
)
def test_ceil_to_multiple(value: int, multiple: int, expected: int) -> None:
    assert ceil_to_multiple(value, multiple) == expected
