"""Sums over the plan's tables that the report shows: by phase, category, district, level.

Nothing is planned or priced here: every number is a sum or a count of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from geoplan.export.sheets import phase_title
from geoplan.export.tables import lot_name
from geoplan.export.words import WORDS, word
from geoplan.plan import Plan
from geoplan.text import Language

__all__ = ["Ledger", "bill_by_category", "bill_by_lot", "existing_plant", "placeholder_cents"]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Cents by row and phase: ``cents[i][k]`` belongs to ``rows[i]`` and ``phases[k]``."""

    rows: tuple[str, ...]
    phases: tuple[str, ...]
    cents: tuple[tuple[int, ...], ...]

    def row_totals(self) -> tuple[int, ...]:
        """Return the sum of each row."""
        return tuple(sum(row) for row in self.cents)

    def phase_totals(self) -> tuple[int, ...]:
        """Return the sum of each phase."""
        return tuple(sum(row[k] for row in self.cents) for k in range(len(self.phases)))


def bill_by_category(plan: Plan, language: Language) -> Ledger:
    """Return the bill by category and phase, in the order in which works are built."""
    found = set(plan["bill"]["category"])
    order = [key for key in WORDS["category"] if key in found]
    order += sorted(found - set(order))
    named = [word("category", key, language) for key in order]
    return _ledger(plan, "category", order, named, language)


def bill_by_lot(plan: Plan, language: Language) -> Ledger:
    """Return the bill by lot (a district, or the municipal part) and phase."""
    order = sorted({str(lot) for lot in plan["bill"]["lot"]})
    named = [lot_name(plan, lot, language) for lot in order]
    return _ledger(plan, "lot", order, named, language)


def _ledger(
    plan: Plan, column: str, order: Sequence[str], named: Sequence[str], language: Language
) -> Ledger:
    bill = plan["bill"]
    numbers = [int(number) for number in plan["phases"]["number"]]
    sums = bill.groupby([column, "phase"])["cost_cents"].sum()
    cents = tuple(tuple(int(sums.get((key, k), 0)) for k in numbers) for key in order)
    phases = tuple(phase_title(plan, k, language) for k in numbers)
    return Ledger(tuple(named), phases, cents)


def placeholder_cents(plan: Plan) -> int:
    """Return the part of the bill that rests on prices nobody vouches for."""
    bill = plan["bill"]
    return int(bill.loc[bill["price_kind"] == "placeholder", "cost_cents"].sum())


def existing_plant(plan: Plan) -> dict[str, float]:
    """Return lengths of the existing plant in metres, and of its cores in core-metres."""
    ducts, cables = plan["existing_ducts"], plan["existing_cables"]
    whole, used = _core_m(cables, "cores"), _core_m(cables, "cores_used")
    return {
        "duct_m": float(ducts["length_m"].sum()),
        "sheath_m": float(cables["length_m"].sum()),
        "core_m": whole,
        "core_m_used": used,
        "core_m_free": whole - used,
    }


def _core_m(cables: pd.DataFrame, column: str) -> float:
    return float((cables["length_m"] * cables[column]).sum())
