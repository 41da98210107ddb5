from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from instances import build_city_plan, city
from sample_plan import FORMULA, ROWS, sample_plan

from geoplan.export.excel import HEADER_ROW, write_workbooks
from geoplan.export.selection import Selection

NAMES = ["overview-zh.xlsx", "sites-phase1-zh.xlsx", "sites-phase2-zh.xlsx"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packs")
    files = write_workbooks(sample_plan(), out, language="zh")
    assert [path.name for path in files] == [*NAMES, "sites-unserved-zh.xlsx"]
    return out


def records(book: Any, name: str) -> list[dict[str, Any]]:
    """Rows of a sheet below the labels, the row of totals left out."""
    rows = list(book[name].iter_rows(min_row=HEADER_ROW + 1, values_only=True))
    return [
        dict(zip(rows[0], row, strict=True)) for row in rows[1:] if row[0] not in ("合计", "total")
    ]


@pytest.fixture(scope="module")
def city_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("city")
    write_workbooks(build_city_plan(city()), out, language="zh")
    return out


def test_one_sheet_per_lot_with_every_site_once(folder: Path) -> None:
    found = []
    for number in (1, 2):
        book = openpyxl.load_workbook(folder / f"sites-phase{number}-zh.xlsx")
        for name in book.sheetnames:
            if name.split(" ")[0] in {"A", "B", "M"}:
                lot = name.split(" ")[0]
                found += [(number, lot, row["站点编号"]) for row in records(book, name)]
    planned = [(s["phase"], s["lot"], s["site_id"]) for s in ROWS["sites"] if s["phase"]]
    assert sorted(found) == sorted(planned)
    book = openpyxl.load_workbook(folder / "sites-phase1-zh.xlsx")
    assert book.sheetnames == ["标段汇总", "A 甲区", "M 市级", "路由", "新建光缆", "工程量清单"]


def test_sites_that_no_phase_reaches_have_their_own_list(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "sites-unserved-zh.xlsx")
    assert [row["名称"] for row in records(book, "B 乙区")] == ["远乡"]
    assert records(book, "B 乙区")[0]["经度"] is None


def test_money_adds_up_to_the_plan(folder: Path) -> None:
    overview = openpyxl.load_workbook(folder / "overview-zh.xlsx")
    bill = sum(round(row["合价（元）"] * 100) for row in records(overview, "工程量清单"))
    phases = sum(round(row["本期费用（元）"] * 100) for row in records(overview, "分期"))
    lots = sum(round(row["工程费用（元）"] * 100) for row in records(overview, "分期与标段"))
    assert bill == phases == lots == 2_730_055
    for number, cents in ((1, 1_750_000), (2, 980_055)):
        book = openpyxl.load_workbook(folder / f"sites-phase{number}-zh.xlsx")
        for name, label in (("工程量清单", "合价（元）"), ("标段汇总", "工程费用（元）")):
            assert sum(round(row[label] * 100) for row in records(book, name)) == cents
            total = [row for row in book[name].iter_rows(values_only=True) if row[0] == "合计"]
            assert len(total) == 1
            assert round([v for v in total[0] if isinstance(v, int | float)][-1] * 100) == cents


def test_names_are_never_formulas(folder: Path) -> None:
    kinds = []
    for path in sorted(folder.iterdir()):
        for sheet in openpyxl.load_workbook(path):
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type != "f"
                    assert cell.hyperlink is None
                    if cell.value in (FORMULA, "@镇", "-乡"):
                        kinds.append(cell.data_type)
    assert kinds == ["s", "s", "s"]


def test_classification_and_attribution_on_every_sheet_and_page(folder: Path) -> None:
    for path in folder.iterdir():
        for sheet in openpyxl.load_workbook(path):
            assert "内部资料" in sheet["A2"].value
            assert "OpenStreetMap" in sheet["A2"].value
            assert sheet.oddHeader.right.text == "内部资料"
            assert "OpenStreetMap" in sheet.oddFooter.left.text
            assert sheet.page_setup.orientation == "landscape"
            assert sheet.print_title_rows == f"${HEADER_ROW + 1}:${HEADER_ROW + 1}"
            assert sheet.freeze_panes is not None


def test_placeholder_prices_are_said_on_every_sheet_with_money(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "overview-zh.xlsx")
    assert all("1 项单价为占位值" in sheet["A3"].value for sheet in book)
    kinds = {row["单价编号"]: row["依据类型"] for row in records(book, "单价")}
    assert kinds == {"trench_duct": "占位值（待替换）", "equipment_hub": "有出处"}


def test_columns_are_wide_enough_for_chinese(folder: Path) -> None:
    sheet = openpyxl.load_workbook(folder / "overview-zh.xlsx")["概览"]
    longest = max(2 * len(str(row[0].value)) for row in sheet.iter_rows(min_row=5) if row[0].value)
    assert sheet.column_dimensions["A"].width >= min(46, longest * 0.8)


def test_english_workbooks_speak_english(tmp_path: Path) -> None:
    files = write_workbooks(sample_plan(), tmp_path, language="en")
    assert files[0].name == "overview-en.xlsx"
    book = openpyxl.load_workbook(files[1])
    assert book.sheetnames[0] == "lots"
    site = records(book, "M municipal")[0]
    assert site["position quality"] == "reconstructed (not surveyed)"
    assert "分期理由" not in site
    assert site["why this phase"] == "reason"
    # a title with an ampersand survives the printed header, where it begins a code
    assert book["lots"].oddHeader.left.text == "A && B plan"


def test_same_plan_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for path in write_workbooks(sample_plan(), tmp_path, language="zh"):
        assert path.read_bytes() == (folder / path.name).read_bytes()


def test_sheet_names_that_excel_refuses(tmp_path: Path) -> None:
    districts = [{"code": "A", "name": "甲/区[1]:" + "长" * 40}, {"code": "B", "name": "乙区"}]
    files = write_workbooks(sample_plan(districts=districts), tmp_path, language="zh")
    name = openpyxl.load_workbook(files[1]).sheetnames[1]
    assert len(name) == 31
    assert name.startswith("A 甲_区_1__")


def test_lists_print_as_people_read_them(folder: Path) -> None:
    for path in folder.iterdir():
        for sheet in openpyxl.load_workbook(path):
            # the long line of sources above the table doesn't make the printed page wider
            columns = openpyxl.utils.get_column_letter(sheet.max_column)
            assert sheet.print_area == f"'{sheet.title}'!$A$1:${columns}${sheet.max_row}"
            assert sheet.page_setup.fitToHeight == 0
            assert sheet["A2"].alignment.wrap_text
    sheet = openpyxl.load_workbook(folder / "sites-phase1-zh.xlsx")["M 市级"]
    labels = {cell.value: cell.column - 1 for cell in sheet[HEADER_ROW + 1]}
    row = next(sheet.iter_rows(min_row=HEADER_ROW + 2))
    assert row[labels["东坐标（EPSG:4548）"]].number_format == "0.0"
    assert row[labels["路由长度（米）"]].number_format == "#,##0.0"


def test_counts_in_the_bill_have_no_decimals(city_folder: Path) -> None:
    sheet = openpyxl.load_workbook(city_folder / "overview-zh.xlsx")["工程量清单"]
    labels = {cell.value: cell.column - 1 for cell in sheet[4]}
    shown = {
        row[labels["单位"]].value: row[labels["数量"]].number_format
        for row in sheet.iter_rows(min_row=5)
        if row[labels["数量"]].value is not None
    }
    assert shown["个"] == shown["站"] == "#,##0"
    assert shown["皮长公里"] == "#,##0.0##"


def test_the_count_of_sites_by_lot_says_that_the_core_is_in_it(city_folder: Path) -> None:
    book = openpyxl.load_workbook(city_folder / "overview-zh.xlsx")
    lots, phases = records(book, "分期与标段"), records(book, "分期")
    served = [row["站点数（含核心节点）"] for row in lots if row["分期"] != "未接入站点"]
    assert sum(served) == phases[-1]["累计站点"] + 1


def test_less_than_all_of_the_weight_never_reads_as_all(folder: Path) -> None:
    sheet = openpyxl.load_workbook(folder / "overview-zh.xlsx")["分期"]
    labels = {cell.value: cell.column - 1 for cell in sheet[HEADER_ROW + 1]}
    row = next(sheet.iter_rows(min_row=HEADER_ROW + 2))
    reached, most = row[labels["累计权重占比"]], row[labels["权重占比上界"]]
    # two conditions: below 99.95 % as it is, else below 1 as 99.9 %, then 100.0 %
    assert reached.number_format == '[<0.9995]0.0%;[<1]"99.9%";0.0%'
    assert most.number_format == "0.0%"


def test_a_file_speaks_one_language(tmp_path: Path) -> None:
    plan = sample_plan()
    both = {**plan.provenance, "attributions": ["数据 A / data A", "© OpenStreetMap contributors"]}
    for language, said in (("zh", "数据 A"), ("en", "data A")):
        files = write_workbooks(replace(plan, provenance=both), tmp_path, language=language)  # type: ignore[arg-type]
        book = openpyxl.load_workbook(files[0])
        mark = book.worksheets[0]["A2"].value
        # what a licence asks for first: a printed footer is short
        assert mark.index("OpenStreetMap") < mark.index(said)
        assert " / " not in mark
    named = {"zh": "新建管道", "en": "new duct"}
    for language, name in named.items():
        book = openpyxl.load_workbook(tmp_path / f"overview-{language}.xlsx")
        sheet = book["单价" if language == "zh" else "prices"]
        assert name in [cell.value for cell in sheet["B"]]


def test_one_phase_gets_its_own_workbook_and_nothing_of_the_others(
    folder: Path, tmp_path: Path
) -> None:
    (path,) = write_workbooks(sample_plan(), tmp_path, language="zh", selection=Selection(phase=2))
    assert path.name == "sites-phase2-zh.xlsx"
    assert path.read_bytes() == (folder / path.name).read_bytes()
