"""Contractor packs in Excel: one workbook per phase with a sheet per lot, and an overview.

Names are data: every text is written as text, so that a site called ``=1+1`` stays one. The
same plan gives the same bytes.
"""

from __future__ import annotations

import datetime
import math
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlsxwriter

from geoplan.export.overview import lot_sheets, overview_sheets
from geoplan.export.selection import WHOLE, Selection
from geoplan.export.sheets import Sheet, phase_sheets
from geoplan.export.tables import FieldKind, attribution_line
from geoplan.plan import Plan
from geoplan.text import Language, Text
from geoplan.units import CENTS_PER_YUAN

__all__ = ["write_workbooks"]

HEADER_ROW = 3
"""Row (from 0) of the column labels: title, marks and totals stand above."""

_FORMATS: dict[FieldKind, str] = {
    "text": "@",
    "id": "0",
    "int": "#,##0",
    "float": "#,##0.0##",
    "metres": "#,##0.0",
    "planar": "0.0",
    "decibel": "0.00",
    "degree": "0.000000",
    "yuan": "#,##0.00",
    "share": '[<0.9995]0.0%;[<1]"99.9%";0.0%',  # what is less than all never reads as all
    "most_share": "0.0%",
}
# A fixed date, so that two runs give the same file; the plan's own provenance says the rest.
_CREATED = datetime.datetime(2000, 1, 1)
_FONT = "Microsoft YaHei"
_NARROWEST, _WIDEST, _WIDEST_NOTE = 7.0, 46.0, 30.0
_LINE_PT = 16.0
_BANNER_WIDTH = 120.0  # characters: what stands above a wide table is read without scrolling
_A4, _A3 = 9, 8
_A4_WIDTH = 150.0  # characters: wider tables would be too small on A4
_SHEET_NAME_LENGTH = 31
_HEADER_PART_LENGTH = 70  # three parts and their codes must stay below Excel's 255
_FOOTER_LENGTH, _FOOTER_LINE = 220, 110


def write_workbooks(
    plan: Plan, out_dir: Path, *, language: Language, selection: Selection = WHOLE
) -> list[Path]:
    """Write the overview workbook and one site workbook per phase; return their paths.

    ``overview-<language>.xlsx`` holds the phases, the whole bill, the routes, the prices with
    their kinds, the rules and the notes; ``sites-phase<k>-<language>.xlsx`` a sheet of lots, one
    sheet of sites per lot, and the routes, cables and bill of phase ``k``; sites without a
    phase, if any, stand in ``sites-unserved-<language>.xlsx``. For one phase only the workbook of
    that phase is written: what other phases cost is none of its contractor's business. The
    workbooks of one lot are named after it; its overview holds its own figures alone.
    """
    files = []
    title = selection.title(plan, language)
    numbers = list(selection.numbers(plan))
    if selection.phase is None:
        path = out_dir / f"overview{selection.part()}-{language}.xlsx"
        whole = selection.lot is None
        sheets = overview_sheets(plan, language) if whole else lot_sheets(plan, selection, language)
        _write_workbook(path, sheets, title, plan, language)
        files.append(path)
        if selection.in_phase(0).rows(plan, "sites").any():
            numbers.append(0)
    for number in numbers:
        part = selection.in_phase(number).part()
        name = part if number else part.replace("phase0", "unserved")
        path = out_dir / f"sites{name}-{language}.xlsx"
        _write_workbook(
            path, phase_sheets(plan, number, selection, language), title, plan, language
        )
        files.append(path)
    return files


@dataclass(frozen=True, slots=True)
class _Formats:
    """The cell formats of one workbook."""

    title: Any
    mark: Any
    warning: Any
    header: Any
    cells: dict[FieldKind, Any] = field(default_factory=dict)
    totals: dict[FieldKind, Any] = field(default_factory=dict)


def _formats(book: Any) -> _Formats:
    base = {"font_name": _FONT, "font_size": 10, "valign": "vcenter"}
    formats = _Formats(
        title=book.add_format({**base, "font_size": 14, "bold": True, "text_wrap": True}),
        mark=book.add_format({**base, "font_color": "#555555", "text_wrap": True}),
        warning=book.add_format({**base, "font_color": "#B00020", "bold": True, "text_wrap": True}),
        header=book.add_format(
            {
                **base,
                "bold": True,
                "text_wrap": True,
                "align": "center",
                "border": 1,
                "bg_color": "#DCE6F1",
            }
        ),
    )
    for kind, number in _FORMATS.items():
        look = {**base, "num_format": number, "border": 1, "border_color": "#BFBFBF"}
        if kind == "text":  # apart from the number in the column before
            look = {**look, "text_wrap": True, "indent": 1}
        formats.cells[kind] = book.add_format(look)
        formats.totals[kind] = book.add_format({**look, "bold": True, "bg_color": "#F2F2F2"})
    return formats


def _write_workbook(
    path: Path, sheets: Sequence[Sheet], title: str, plan: Plan, language: Language
) -> None:
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    classification = str(plan.provenance[f"classification_{language}"])
    attributions = attribution_line(plan, language)
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties(
            {
                "title": title,
                "comments": " ".join(filter(None, (classification, attributions))),
                "created": _CREATED,
            }
        )
        formats, names = _formats(book), set[str]()
        for sheet in sheets:
            name = _sheet_name(sheet.name, names)
            names.add(name.casefold())
            tab = book.add_worksheet(name)
            widths = _widths(sheet)
            _head(tab, sheet, title, classification, attributions, formats, widths)
            _body(tab, sheet, formats, language, widths)
            _print_setup(tab, sheet, title, classification, attributions, widths)


def _head(
    tab: Any,
    sheet: Sheet,
    title: str,
    classification: str,
    attributions: str,
    formats: _Formats,
    widths: Sequence[float],
) -> None:
    """Write the title, the marks and the sheet's remark above the labels, wrapped."""
    marks = "　".join(filter(None, (classification, attributions)))
    remark = formats.warning if sheet.warns else formats.mark
    reach, last = 0.0, -1
    for width in widths:
        if reach >= _BANNER_WIDTH:
            break
        reach, last = reach + width, last + 1
    lines = ((f"{title} · {sheet.title}", formats.title, 1.5), (marks, formats.mark, 1.0))
    for row, (text, look, size) in enumerate((*lines, (sheet.remark, remark, 1.1))):
        if text and last > 0:
            tab.merge_range(row, 0, row, last, "", look)
        if text:
            tab.write_string(row, 0, text, look)
            height = _LINE_PT * _lines(text, reach / size) * (1.4 if row == 0 else 1.0)
            tab.set_row(row, height)


def _body(
    tab: Any, sheet: Sheet, formats: _Formats, language: Language, widths: Sequence[float]
) -> None:
    """Write labels, rows and the row of totals."""
    fields, rows = sheet.listing.fields, sheet.listing.rows
    lines = [_lines(item.label, width) for item, width in zip(fields, widths, strict=True)]
    tab.set_row(HEADER_ROW, _LINE_PT * max(lines, default=1) + 4)
    for column, item in enumerate(fields):
        tab.write_string(HEADER_ROW, column, item.label, formats.header)
        tab.set_column(column, column, widths[column])
    for row, cells in enumerate(rows, start=HEADER_ROW + 1):
        # not every program makes room for wrapped text by itself
        tall = max(
            (_lines(c, w) for c, w in zip(cells, widths, strict=True) if isinstance(c, str)),
            default=1,
        )
        tab.set_row(row, _LINE_PT * tall)
        for column, (item, value) in enumerate(zip(fields, cells, strict=True)):
            # eighteen closures are no 18.0
            whole = item.kind == "float" and isinstance(value, float) and value.is_integer()
            look = formats.cells["int" if whole else item.kind]
            if value is None:
                tab.write_blank(row, column, None, look)
            elif isinstance(value, str):
                tab.write_string(row, column, value, look)
            else:
                number = value / CENTS_PER_YUAN if item.kind == "yuan" else value
                tab.write_number(row, column, number, look)
    tab.freeze_panes(HEADER_ROW + 1, min(2, len(fields)))
    last = HEADER_ROW + len(rows)
    if rows:
        tab.autofilter(HEADER_ROW, 0, last, len(fields) - 1)
    if sheet.totals and rows:
        tab.write_string(last + 1, 0, Text("合计", "total").get(language), formats.totals["text"])
        for column, item in enumerate(fields):
            if item.name in sheet.totals:
                total = sheet.listing.total(item.name)
                number = total / CENTS_PER_YUAN if item.kind == "yuan" else total
                tab.write_number(last + 1, column, number, formats.totals[item.kind])
        last += 1
    tab.print_area(0, 0, last, len(fields) - 1)


def _print_setup(
    tab: Any,
    sheet: Sheet,
    title: str,
    classification: str,
    attributions: str,
    widths: Sequence[float],
) -> None:
    """Make the sheet print as a list: landscape, one page wide, labels and marks repeated."""
    tab.set_landscape()
    wide = sum(widths) > _A4_WIDTH
    tab.set_paper(_A3 if wide else _A4)
    tab.fit_to_pages(1, 0)
    tab.repeat_rows(HEADER_ROW)
    tab.set_margins(left=0.4, right=0.4, top=0.8, bottom=0.8)
    tab.set_header(f"&L{_printed(title)}&C{_printed(sheet.title)}&R{_printed(classification)}")
    # beside it stands the number of the page: lines that leave room for it
    lines = textwrap.wrap(attributions[:_FOOTER_LENGTH], _FOOTER_LINE)
    tab.set_footer(f"&L&7 {_printed(chr(10).join(lines), _FOOTER_LENGTH)}&R&P / &N")


def _printed(text: str, length: int = _HEADER_PART_LENGTH) -> str:
    """Return text for a part of a printed header: short enough, and ``&`` begins no code."""
    return text[:length].replace("&", "&&")


def _sheet_name(name: str, taken: set[str]) -> str:
    """Return a name that Excel takes for a sheet, and that is still free."""
    clean = "".join("_" if c in "[]:*?/\\" else c for c in name).strip("'") or "_"
    short, number = clean[:_SHEET_NAME_LENGTH], 2
    while short.casefold() in taken:
        suffix = f" ({number})"
        short, number = clean[: _SHEET_NAME_LENGTH - len(suffix)] + suffix, number + 1
    return short


def _widths(sheet: Sheet) -> list[float]:
    """Return the width of each column in characters: a Chinese character takes two places.

    Labels may wrap into two lines, so that a column is as wide as its values ask for.
    """
    widths = []
    for column, item in enumerate(sheet.listing.fields):
        label = max((_places(part) for part in item.label.split()), default=0)
        if not item.label.isascii():
            # a bracket stays in one piece: its end alone on a line is ugly
            half = -(-_places(item.label) // 2)
            label = min(label, max(half, *map(_places, item.label.replace("（", " （").split())))
        longest = max(
            (_places(_shown(row[column], item.kind)) for row in sheet.listing.rows), default=0
        )
        if item.name in sheet.totals:
            total = sheet.listing.total(item.name)
            # bold
            longest = max(longest, _places(_shown(total, item.kind)) + 1)
        # the arrow of the filter stands on the label
        widest = _WIDEST_NOTE if item.name == "note" else _WIDEST
        widths.append(min(widest, max(_NARROWEST, label + 3.0, longest + 3.0)))
    return widths


def _lines(text: str, width: float) -> int:
    """Return how many lines a text takes in a column, a little generously."""
    room = max(1.0, width - 2.5)
    return sum(max(1, math.ceil(_places(part) / room)) for part in text.split("\n"))


def _shown(value: Any, kind: FieldKind) -> str:
    """Return roughly what a cell shows, to measure it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if kind == "yuan":
        return f"{value / CENTS_PER_YUAN:,.2f}"
    if kind in ("metres", "planar"):
        return f"{value:,.1f}"
    return f"{value:.6f}" if kind == "degree" else f"{value:,.7g}"


def _places(text: str) -> int:
    if text.isascii():  # most cells, and looking at each character takes long
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
