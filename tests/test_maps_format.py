"""Figures in words: rounding is exact and says what is true."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.maps.format import kilometres, money, number, share
from geoplan.text import LANGUAGES
from geoplan.units import per_cent


@pytest.mark.parametrize(
    ("cents", "zh", "en"),
    [
        (0, "0 元", "CNY 0"),
        (100, "0.0 万元", "CNY 1"),
        (4_567_800, "4.6 万元", "CNY 45,678"),
        (999_999_999, "1,000.0 万元", "CNY 10.00 million"),
        (99_999_999, "100.0 万元", "CNY 1,000,000"),
        (12_345_678_900, "1.2346 亿元", "CNY 123.46 million"),
        (-12_345_678_900, "-1.2346 亿元", "CNY -123.46 million"),
    ],
)
def test_money_reads_in_wan_and_yi_or_in_yuan(cents: int, zh: str, en: str) -> None:
    assert money(cents) == (zh, en)


def test_halves_go_up_not_to_even() -> None:
    assert kilometres(50.0).zh == "0.1"
    assert kilometres(150.0).zh == "0.2"
    assert share(0.0005).zh == "0.1 %"


def test_a_share_that_is_exact_is_not_rounded_up() -> None:
    # 0.07 * 1000 is 70.00000000000001 in binary; the decimal is 7.0
    assert share(0.07, up=True).en == "7.0 %"
    assert share(0.0701, up=True).en == "7.1 %"


@given(st.floats(min_value=0, max_value=1))
def test_rounded_up_is_never_below_the_figure(value: float) -> None:
    shown = Decimal(share(value, up=True).en.removesuffix(" %"))
    assert shown >= Decimal(repr(value)) * 100
    assert shown - Decimal(repr(value)) * 100 <= Decimal("0.1")


def test_missing_and_counts() -> None:
    assert share(None) == ("-", "-")
    assert number(1_234_567) == ("1,234,567", "1,234,567")


@pytest.mark.parametrize("almost", [0.9995, 0.9996, 0.99999, 1 - 2**-53])
def test_less_than_all_never_reads_as_all(almost: float) -> None:
    assert share(almost).zh == "99.9 %"
    assert share(almost, up=True).zh == "100.0 %"  # "no more than" stays true
    assert share(1.0).zh == "100.0 %"
    assert share(0.99949).zh == "99.9 %"


@given(st.floats(min_value=0, max_value=1), st.integers(min_value=0, max_value=4))
def test_a_share_is_within_one_step_and_all_is_only_said_of_all(value: float, digits: int) -> None:
    shown = Decimal(per_cent(value, digits))
    assert abs(shown - Decimal(repr(value)) * 100) <= Decimal(1).scaleb(-digits)
    assert (shown == 100) == (value == 1)


def test_cost_and_bound_in_words_give_the_gap_that_is_told_beside_them() -> None:
    cost, bound = 10_981_181_528, 10_544_273_477
    for language in LANGUAGES:
        told = [
            float(re.sub("[^0-9.]", "", text.get(language)))
            for text in (money(cost), money(bound, down=True))
        ]
        assert abs(told[0] / told[1] - cost / bound) < 0.0005
