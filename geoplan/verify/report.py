"""What a check answers: one result per rule, and whether the plan as a whole holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoplan.text import Language, Text

__all__ = ["CheckReport", "RuleResult", "different", "judge", "not_assessed", "shown_gap"]

_SHOWN = 5
"""Faults that a rule's detail spells out; the rest is counted."""
_READABLE = 1e6
"""Gaps beyond this are no plan's: they are shown as they stand."""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule: holds (``True``), is broken (``False``), or can't be shown (``None``)."""

    id: str
    holds: bool | None
    detail: Text


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Answer of :func:`geoplan.verify.check_plan`; ``ok`` when no rule is broken."""

    ok: bool
    rules: tuple[RuleResult, ...]

    def rule(self, rule_id: str) -> RuleResult:
        """Return the result of one rule; ``KeyError`` when there is no such rule."""
        for result in self.rules:
            if result.id == rule_id:
                return result
        raise KeyError(rule_id)

    def broken(self) -> tuple[str, ...]:
        """Return the ids of the rules that are broken, in the order of the report."""
        return tuple(result.id for result in self.rules if result.holds is False)

    def to_json(self, language: Language = "en") -> dict[str, Any]:
        """Return the report as plain values; ``holds`` is true, false or ``"not_assessed"``."""
        return {
            "ok": self.ok,
            "rules": [
                {
                    "id": result.id,
                    "holds": "not_assessed" if result.holds is None else result.holds,
                    "detail": result.detail.get(language),
                }
                for result in self.rules
            ],
        }


def judge(rule_id: str, faults: Sequence[Text], held: Text) -> RuleResult:
    """Return a broken rule that names its first faults, or one that holds with ``held``."""
    if not faults:
        return RuleResult(rule_id, True, held)
    zh = "；".join(fault.zh for fault in faults[:_SHOWN])
    en = "; ".join(fault.en for fault in faults[:_SHOWN])
    more = len(faults) - _SHOWN
    if more > 0:
        zh, en = f"{zh}；另有{more}处", f"{en}; and {more} more"
    return RuleResult(rule_id, False, Text(zh, en))


def shown_gap(gap: object) -> str:
    """Return a gap in percent, rounded up so that it is never shown smaller than it is.

    >>> shown_gap(0.04143), shown_gap(None), shown_gap("x")
    ('4.15%', 'null', 'x')
    """
    if isinstance(gap, int | float) and abs(gap) < _READABLE:
        return f"{math.ceil(gap * 10_000 - 1e-9) / 100:.2f}%"
    return "null" if gap is None else str(gap)


def not_assessed(rule_id: str, zh: str, en: str) -> RuleResult:
    """Return a rule that this plan alone can't show, with the reason."""
    return RuleResult(rule_id, None, Text(zh, en))


def different(
    layer: str,
    rows: Sequence[object] | NDArray[Any],
    column: str,
    stored: Sequence[Any] | NDArray[Any],
    expected: Sequence[Any] | NDArray[Any],
    tolerance: float = 0.0,
) -> list[Text]:
    """Return one fault per row in which ``stored`` and ``expected`` differ.

    Numbers may differ by ``tolerance``; two missing numbers agree. Everything else must be
    equal. Shapes: all (n,).
    """
    left, right = np.asarray(stored), np.asarray(expected)
    if left.dtype.kind in "fiub" and right.dtype.kind in "fiub":
        if left.dtype.kind == "f" or right.dtype.kind == "f":
            missing = np.isnan(left.astype(np.float64)) & np.isnan(right.astype(np.float64))
            bad = ~(np.abs(left - right) <= tolerance) & ~missing
        else:
            bad = left.astype(np.int64) != right.astype(np.int64)
    else:
        bad = np.array([a != b for a, b in zip(left, right, strict=True)], dtype=np.bool_)
    faults = []
    for row in np.flatnonzero(bad).tolist():
        place = f"{layer} {rows[row]} {column}"
        faults.append(
            Text(
                f"{place}为{left[row]}，应为{right[row]}",
                f"{place} is {left[row]}, should be {right[row]}",
            )
        )
    return faults
