"""CSV files that Excel opens rightly: UTF-8 with BOM, and no name ever becomes a formula."""

from __future__ import annotations

import csv
from pathlib import Path

from geoplan.export.selection import WHOLE, Selection
from geoplan.export.tables import (
    Cell,
    FieldKind,
    Listing,
    attribution_line,
    exact_text,
    list_table,
    plan_table,
)
from geoplan.export.works import works_schedule
from geoplan.plan import Plan
from geoplan.text import Language, Text

__all__ = ["csv_cell", "guard", "write_csvs"]

TABLES = ("sites", "routes", "bill", "core_schedule")
"""Tables that are written, each as ``<table>.csv``; ``feeders`` too where cores are shared."""

_SITE_PLACES = ("lon", "lat", "x_m", "y_m")
# Excel starts a formula at these; East Asian versions at the full-width ones too.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def guard(text: str) -> str:
    """Return text that a spreadsheet shows and never evaluates.

    >>> guard("=1+1"), guard("和平区")
    ("'=1+1", '和平区')
    """
    return "'" + text if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def write_csvs(
    plan: Plan, out_dir: Path, *, language: Language, selection: Selection = WHOLE
) -> list[Path]:
    """Write the contractor lists as CSV files and return their paths.

    ``<table>.csv`` holds every row, ``<table>-phase<k>-lot<l>.csv`` those of phase ``k`` and lot
    ``l``, where one is asked for. Money is in
    yuan with two decimals, exactly. The classification and the attributions of the data stand in
    the last columns of each file.
    """
    files = []
    for name in (*TABLES, "feeders") if len(plan["feeders"]) else TABLES:
        columns = None
        if name in ("sites", "feeders"):
            columns = [*plan_table(name).column_names(), *_SITE_PLACES]
        if name == "core_schedule":
            listing = works_schedule(plan, selection, language)
        else:
            where = selection.rows(plan, name, unserved=True)
            listing = list_table(plan, name, language, columns=columns, where=where)
        if selection.lot is not None and not listing.rows:
            continue  # a lot may open no stretch in a phase, or serve no site
        path = out_dir / f"{name}{selection.part()}.csv"
        _write(path, listing, _marks(plan, language))
        files.append(path)
    return files


def _marks(plan: Plan, language: Language) -> list[tuple[str, str]]:
    """Return label and cell of the columns that mark each row.

    The attributions are long: they are the label of an empty column.
    """
    classification = str(plan.provenance[f"classification_{language}"])
    attributions = attribution_line(plan, language)
    marks = []
    if classification:
        marks.append((Text("密级", "classification").get(language), guard(classification)))
    if attributions:
        label = Text("数据来源声明：", "attribution: ").get(language)
        marks.append((label + attributions, ""))
    return marks


def _write(path: Path, listing: Listing, marks: list[tuple[str, str]]) -> None:
    kinds = [field.kind for field in listing.fields]
    labels, tail = [label for label, _ in marks], [cell for _, cell in marks]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow([*(field.label for field in listing.fields), *labels])
        for row in listing.rows:
            cells = (csv_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True))
            writer.writerow([*cells, *tail])


def csv_cell(cell: Cell, kind: FieldKind) -> str:
    """Return a cell as it stands in a CSV file: exact, and never a formula."""
    return guard(cell) if isinstance(cell, str) else exact_text(cell, kind)
