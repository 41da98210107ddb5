"""How figures read: one place that turns the plan's numbers into words of both languages.

The page and its table for readers without scripts show the same strings, so that a figure
can't differ between them. Decimal arithmetic keeps rounding exact.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from geoplan.text import Text
from geoplan.units import per_cent

__all__ = ["kilometres", "money", "number", "share"]

_CENTS_PER_WAN = 1_000_000
_CENTS_PER_YI = 10_000_000_000
_CENTS_PER_MILLION = 100_000_000


def _rounded(value: Decimal, digits: int, rounding: str = ROUND_HALF_UP) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-digits), rounding):,}"


def number(value: int) -> Text:
    """Return a count with thousands separators.

    >>> number(12345).en
    '12,345'
    """
    text = f"{int(value):,}"
    return Text(text, text)


def share(value: float | None, *, up: bool = False) -> Text:
    """Return a share as :func:`geoplan.units.per_cent` with one digit, a dash for none.

    >>> share(0.5811).en, share(0.5811, up=True).en, share(None).en
    ('58.1 %', '58.2 %', '-')
    """
    if value is None:
        return Text("-", "-")
    text = per_cent(value, up=up) + " %"
    return Text(text, text)


def kilometres(metres: float) -> Text:
    """Return metres as kilometres with one digit, halves upwards (unit left to the label).

    >>> kilometres(12345.6).zh
    '12.3'
    """
    text = _rounded(Decimal(repr(float(metres))) / 1000, 1)
    return Text(text, text)


def money(cents: int, *, down: bool = False) -> Text:
    """Return cents as 万元 or 亿元 in Chinese, as (million) yuan in English.

    亿元 have four digits: with two, cost and bound of a plan would not give the gap told beside.
    ``down`` keeps "at least" true after rounding: a lower bound is never shown above itself.

    >>> money(12_345_678_900)
    Text(zh='1.2346 亿元', en='CNY 123.46 million')
    >>> money(12_345_678_900, down=True).en
    'CNY 123.45 million'
    >>> money(4_567_800).zh
    '4.6 万元'
    """
    value = Decimal(int(cents))
    rounding = ROUND_FLOOR if down else ROUND_HALF_UP
    if not value:
        return Text("0 元", "CNY 0")
    if abs(value) >= _CENTS_PER_YI:
        zh = _rounded(value / _CENTS_PER_YI, 4, rounding) + " 亿元"
    else:
        zh = _rounded(value / _CENTS_PER_WAN, 1, rounding) + " 万元"
    if abs(value) >= _CENTS_PER_MILLION:
        en = f"CNY {_rounded(value / _CENTS_PER_MILLION, 2, rounding)} million"
    else:
        en = f"CNY {_rounded(value / 100, 0, rounding)}"
    return Text(zh, en)
