"""Contractor packs: the plan as lists that people outside the office work from."""

from __future__ import annotations

from pathlib import Path

from geoplan.export.csv import write_csvs
from geoplan.export.excel import write_workbooks
from geoplan.plan import Plan
from geoplan.text import Language

__all__ = ["export_packs"]


def export_packs(plan: Plan, out_dir: Path, *, language: Language = "zh") -> list[Path]:
    """Write all contractor lists of a plan into ``out_dir`` and return their paths in order.

    Excel workbooks (an overview, and one per phase with a sheet per lot) and CSV files of
    sites, routes, bill and core schedule. Every file carries the classification line and the
    attributions of the data. The folder must exist; files of the same name are replaced.

    Raises
    ------
    OSError
        The folder can't be written to.
    """
    return [
        *write_workbooks(plan, out_dir, language=language),
        *write_csvs(plan, out_dir, language=language),
    ]
