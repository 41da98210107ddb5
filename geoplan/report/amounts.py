"""How amounts read in the report's tables: one unit per language, exact decimal rounding.

Sentences and the summary word money as the map does (:func:`geoplan.maps.format.money`); columns
that are added up need one unit and enough digits.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from geoplan.text import Text

__all__ = ["AMOUNT_UNIT", "amount", "plain"]

AMOUNT_UNIT = Text("万元", "CNY thousand")
_CENTS_PER_UNIT = Text("1000000", "100000")
_DIGITS = {"zh": 2, "en": 1}


def amount(cents: int, *, down: bool = False) -> Text:
    """Return cents as 万元 with two digits, as thousand yuan with one: to a hundred yuan.

    ``down`` is for lower bounds, which are never shown above themselves.

    >>> amount(123_456_789)
    Text(zh='123.46', en='1,234.6')
    """
    rounding = ROUND_FLOOR if down else ROUND_HALF_UP
    zh = (Decimal(int(cents)) / Decimal(_CENTS_PER_UNIT.zh)).quantize(
        Decimal(1).scaleb(-_DIGITS["zh"]), rounding
    )
    en = (Decimal(int(cents)) / Decimal(_CENTS_PER_UNIT.en)).quantize(
        Decimal(1).scaleb(-_DIGITS["en"]), rounding
    )
    return Text(f"{zh:,}", f"{en:,}")


def plain(value: float) -> str:
    """Return a figure of the scenario as it was given, no digit added.

    >>> plain(2.0), plain(0.12), plain(3000.0)
    ('2', '0.12', '3,000')
    """
    exact = Decimal(repr(float(value))).normalize()
    return f"{exact:,f}"
