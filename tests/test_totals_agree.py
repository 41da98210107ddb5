"""Every figure on the map, in the report and in the contractor packs is the plan's.

One walk over all of them: what is shown is parsed back by its unit and held against the exact
value from the plan's tables, rounded at the last digit shown. Nothing here uses the code that
worded the figures.
"""

from __future__ import annotations

import csv
import json
import re
import zipfile
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import ezdxf
import openpyxl
import pandas as pd
import pyogrio
import pytest
from report_reading import Word, read_pdf, read_word, squeezed

from geoplan.cuts import group_cuts
from geoplan.datasets import planning_facts
from geoplan.export import FORMATS, export_packs
from geoplan.maps.leadership import map_html
from geoplan.plan import Plan
from geoplan.plan_file import load_plan
from geoplan.report import write_report
from geoplan.schema import PLAN_TABLES

LANGUAGES = ("zh", "en")
# what one unit is worth in cents (money), or as a share
UNITS = {
    "亿元": Decimal(10**10), "万元": Decimal(10**6), "元": Decimal(100),
    "million": Decimal(10**8), "": Decimal(100), "%": Decimal("0.01"),
}  # fmt: skip
COLUMN_UNIT = {"zh": Decimal(10**6), "en": Decimal(10**5)}  # 万元, thousand yuan
FIGURE = re.compile(r"-?\d(?:[\d,]*\d)?(?:\.\d+)?")


def agrees(
    shown: str, exact: Any, unit: Decimal = Decimal(1), *, up: bool = False, down: bool = False
) -> None:
    """Hold one shown figure against its exact value, at the last digit shown.

    Gaps are rounded up and lower bounds down: no claim gets stronger by rounding.
    """
    text = shown.replace(",", "").replace("−", "-").strip()
    assert re.fullmatch(r"-?\d+(\.\d+)?", text), f"not a figure: {shown!r}"
    value = Decimal(text)
    wanted = (Decimal(repr(exact)) if isinstance(exact, float) else Decimal(int(exact))) / unit
    step = Decimal(1).scaleb(-len(text.partition(".")[2]))
    rounding = ROUND_CEILING if up else ROUND_FLOOR if down else ROUND_HALF_UP
    assert value == wanted.quantize(step, rounding), (shown, exact)


def agrees_money(shown: str, cents: int, *, down: bool = False) -> None:
    """Hold money worded with its unit (1.10 亿元, CNY 12.34 million) against cents."""
    match = re.fullmatch(r"(?:CNY )?(-?[\d,.]+) ?(亿元|万元|元|million|)", shown)
    assert match, shown
    agrees(match[1], cents, UNITS[match[2]], down=down)


def agrees_share(shown: str, exact: float, *, up: bool = False) -> None:
    assert shown.endswith(" %"), shown
    agrees(shown[:-2], float(exact), UNITS["%"], up=up)


@pytest.fixture(scope="module")
def plan(tianjin_plan_dir: Path) -> Plan:
    return load_plan(tianjin_plan_dir / "plan.gpkg")


@pytest.fixture(scope="module")
def island(plan: Plan) -> Any:
    page = map_html(plan)
    match = re.search(r'id="geoplan-data">(.*?)</script>', page, re.DOTALL)
    assert match
    return json.loads(match[1])


@pytest.fixture(scope="module")
def reports(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Word, str]]:
    out = tmp_path_factory.mktemp("reports")
    found = {}
    for language in LANGUAGES:
        word, pdf = write_report(plan, out, language=language)
        found[language] = (read_word(word.read_bytes()), read_pdf(pdf.read_bytes()))
    return found


# ---- the map ----------------------------------------------------------------------------------


def test_the_map_shows_the_plans_phases(plan: Plan, island: Any) -> None:
    phases = plan["phases"].sort_values("number").reset_index(drop=True)
    released, spent = phases["budget_cents"].cumsum(), phases["cost_cents"].cumsum()
    plant = ("route_m", "sheath_m", "core_m_new", "core_m_reused")
    assert len(island["steps"]) == len(phases) + 1
    for k, step in enumerate(island["steps"][1:]):
        row = phases.iloc[k]
        for n, _ in enumerate(LANGUAGES):
            agrees(step["sites"][n], row["sites"])
            agrees_share(step["weight"][n], row["weight_share"])
            agrees_share(step["bound"][n], row["weight_bound_share"], up=True)
            agrees_money(step["released"][n], released[k])
            agrees_money(step["own"][n], row["cost_cents"])
            agrees_money(step["spent"][n], spent[k])
            agrees_money(step["carry"][n], row["carry_cents"])
            for item, key in zip(
                step["reach"], ("municipal", "hubs", "townships", "villages"), strict=True
            ):
                agrees(item["value"][n], row[key])
            for item, key in zip(step["plant"], plant, strict=True):
                agrees(item["value"][n], float(row[key]), Decimal(1000))


def test_the_map_shows_the_plans_proof_and_rows(plan: Plan, island: Any) -> None:
    held = plan.certificate
    for n, _ in enumerate(LANGUAGES):
        cost, phase = island["proof"][0][n], island["proof"][1][n]
        money = re.findall(r"[\d,.]*\d 亿元|[\d,.]*\d 万元|CNY [\d,.]*\d(?: million)?", cost)
        assert len(money) == 2
        agrees_money(money[0], held["cost_cents"])
        agrees_money(money[1], held["bound_cents"], down=True)
        agrees_share(re.findall(r"[\d.]+ %", cost)[-1], held["gap"], up=True)
        agrees_share(re.findall(r"[\d.]+ %", phase)[0], held["phase_gap"], up=True)
    assert island["routes"]["cost_cents"] == plan["routes"]["cost_cents"].tolist()
    assert sum(island["sites"]["cost_share_cents"]) == plan.cost_cents
    towns = plan["sites"][plan["sites"]["level"] == "township"]
    for district in island["districts"]:
        mine = towns[towns["district_name"] == district["name"]]
        counts = [int(((mine["phase"] > 0) & (mine["phase"] <= k)).sum()) for k in range(1, 4)]
        assert (district["served"][1:], district["total"]) == (counts, len(mine))


# ---- the report -------------------------------------------------------------------------------


def cells(table: list[list[str]], row: int) -> list[str]:
    return table[row][1:]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reports_main_figures(
    plan: Plan, reports: dict[str, tuple[Word, str]], language: str
) -> None:
    caption = {"zh": "各期末主要指标", "en": "Main figures by the end of each phase"}[language]
    table, unit = reports[language][0].tables[caption], COLUMN_UNIT[language]
    phases = plan["phases"].sort_values("number")
    for shown, cents in zip(cells(table, 1), phases["cost_cents"], strict=True):
        agrees(shown, cents, unit)
    for shown, cents in zip(cells(table, 2), phases["cost_cents"].cumsum(), strict=True):
        agrees(shown, cents, unit)
    counts = ("sites", "municipal", "hubs", "townships", "villages")
    for number, key in enumerate(counts, start=3):
        for shown, value in zip(cells(table, number), phases[key], strict=True):
            agrees(shown, value)
    for shown, value in zip(cells(table, 8), phases["weight_share"], strict=True):
        agrees_share(shown, value)
    for number, key in enumerate(("route_m", "sheath_m", "core_m_new", "core_m_reused"), start=9):
        for shown, metres in zip(cells(table, number), phases[key], strict=True):
            agrees(shown, float(metres), Decimal(1000))
    assert len(table) == 13


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reports_money(plan: Plan, reports: dict[str, tuple[Word, str]], language: str) -> None:
    word, unit = reports[language][0], COLUMN_UNIT[language]
    captions = {
        "zh": ("各期资金与费用（单位：万元）", "工程费用按分期和工程类别（单位：万元）",
               "工程费用按分期和区（单位：万元）"),
        "en": ("Money by phase (CNY thousand)", "Cost: by phase and category (CNY thousand)",
               "Cost: by phase and district (CNY thousand)"),
    }[language]  # fmt: skip
    money, categories, lots = (word.tables[caption] for caption in captions)
    phases, bill = plan["phases"].sort_values("number"), plan["bill"]
    columns = [phases["budget_cents"], phases["cost_cents"], phases["carry_cents"]]
    columns += [columns[0].cumsum(), columns[1].cumsum()]
    for k, row in enumerate(money[1:-1]):
        for shown, values in zip(row[1:], columns, strict=True):
            agrees(shown, values.iloc[k], unit)
    agrees(money[-1][1], phases["budget_cents"].sum(), unit)
    agrees(money[-1][2], plan.cost_cents, unit)
    order = ["trench", "crossing", "cable", "laying", "closure", "splice", "lighting", "equipment"]
    present = [key for key in order if (bill["category"] == key).any()]
    for table, column, keys in (
        (categories, "category", present),
        (lots, "lot", sorted(bill["lot"].unique())),
    ):
        assert len(table) == len(keys) + 2
        for row, key in zip(table[1:-1], keys, strict=True):
            mine = bill[bill[column] == key]
            for shown, k in zip(row[1:-1], phases["number"], strict=True):
                agrees(shown, mine.loc[mine["phase"] == k, "cost_cents"].sum(), unit)
            agrees(row[-1], mine["cost_cents"].sum(), unit)
        for shown, cents in zip(table[-1][1:-1], phases["cost_cents"], strict=True):
            agrees(shown, cents, unit)
        agrees(table[-1][-1], plan.cost_cents, unit)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reports_proof_placeholders_and_districts(
    plan: Plan, reports: dict[str, tuple[Word, str]], island: Any, language: str
) -> None:
    word, unit, held = reports[language][0], COLUMN_UNIT[language], plan.certificate
    zh = language == "zh"
    proof = word.tables["方案证明" if zh else "What is proven"]
    agrees(proof[1][1], held["cost_cents"], unit)
    agrees(proof[2][1], held["bound_cents"], unit, down=True)
    agrees_share(proof[3][1], held["gap"], up=True)
    agrees(proof[4][1], held["phase_value"])
    agrees(proof[5][1], held["phase_bound"])
    agrees_share(proof[6][1], held["phase_gap"], up=True)
    # the summary and the section on the proof say what the map says, word for word
    for sentence in island["proof"]:
        assert word.paragraphs.count(sentence[LANGUAGES.index(language)]) == 2
    prices = plan["prices"][plan["prices"]["kind"] == "placeholder"]
    table = word.tables["须替换的占位单价" if zh else "Placeholder prices that must be replaced"]
    charged = plan["bill"].groupby("price_id")["cost_cents"].sum()
    assert len(table) == len(prices) + 1
    for row, price in zip(table[1:], prices.to_dict("records"), strict=True):
        agrees(row[1], price["value_cents"], Decimal(100))
        agrees(row[3], charged.get(price["price_id"], 0), unit)
    figures = plan["figures"][plan["figures"]["kind"] == "placeholder"]
    table = word.tables["占位的设计取值" if zh else "Design figures that are placeholders"]
    for row, value in zip(table[1:], figures["value"], strict=False):
        assert Decimal(row[1].replace(",", "")) == Decimal(repr(float(value)))
    towns = plan["sites"][plan["sites"]["level"] == "township"]
    table = word.tables["各区乡镇（街道）累计接入数" if zh else
                        "Townships in service by the end of each phase"]  # fmt: skip
    for row in table[1:]:
        total = row is table[-1]
        mine = towns if total else towns[towns["district_name"] == row[0]]
        for shown, k in zip(row[2:-1], (1, 2, 3), strict=True):
            agrees(shown, ((mine["phase"] > 0) & (mine["phase"] <= k)).sum())
        agrees(row[-1], len(mine))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reports_cuts(plan: Plan, reports: dict[str, tuple[Word, str]], language: str) -> None:
    table = reports[language][0].tables[
        "影响最大的单处切断" if language == "zh" else "The worst single cuts"
    ]
    sites = plan["sites"].set_index("site_id")
    for row, cut in zip(table[1:], group_cuts(plan), strict=False):
        lost = sites.loc[list(cut.site_ids)]
        agrees(row[3], len(lost))
        for shown, level in zip(row[4:7], ("district", "municipal", "township"), strict=True):
            agrees(shown, (lost["level"] == level).sum())
        agrees_share(row[7], float(lost["weight"].sum() / plan.certificate["total_weight"]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_says_what_the_word_document_says(
    reports: dict[str, tuple[Word, str]], language: str
) -> None:
    word, pdf = reports[language]
    for text in word.paragraphs:
        assert squeezed(text) in pdf, text
    for rows in word.tables.values():
        for row in rows:
            assert squeezed("".join(row)) in pdf, row
    figures = len(re.findall(r"^(?:图 \d+　|Figure \d+ {2})", "\n".join(word.paragraphs), re.M))
    assert word.pictures == figures == 9


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reports_facts_rules_and_kinds_of_cuts(
    plan: Plan, reports: dict[str, tuple[Word, str]], language: str
) -> None:
    tables, zh = reports[language][0].tables, language == "zh"
    facts = planning_facts("tianjin")
    captions = {
        "demand": ("业务需求", "What is asked for"), "present": ("网络现状", "The present network"),
        "reference": ("其他地区建设情况", "What others have built"),
    }  # fmt: skip
    for part, caption in captions.items():
        mine = [fact for fact in facts if fact.part == part]
        shown = [(row[1], row[3]) for row in tables[caption[0 if zh else 1]][1:]]
        assert shown == [(f.value.get(language), f.source.get(language)) for f in mine]  # type: ignore[arg-type]
    bands = tables["造价参考区间（仅供核对，不作单价）" if zh else
                   "What building costs elsewhere (to check, not to price)"]  # fmt: skip
    given = [fact.value.get(language) for fact in facts if fact.part == "band"]  # type: ignore[arg-type]
    assert [row[1] for row in bands[1:-1]] == given
    match = re.search(r"(?:CNY )?[\d,.]*\d(?: 万元)?", bands[-1][1])
    assert match
    agrees_money(match[0], plan.cost_cents / float(plan["phases"].iloc[-1]["route_m"]) * 1000)
    rules = tables["规划规则核查结果" if zh else "The rules that a plan must obey"]
    assert [row[3] for row in rules[1:]] == plan["policy"][f"detail_{language}"].tolist()
    kinds = tables[
        "单处切断的影响（按切断对象）" if zh else "What one cut takes down, by what is cut"
    ]
    cuts, level = group_cuts(plan), plan["sites"].set_index("site_id")["level"]
    order = ("trench", "duct", "bridge", "closeness")
    found = [[cut for cut in cuts if cut.kind == kind] for kind in order]
    for row, mine in zip(kinds[1:], [*filter(None, found), cuts], strict=True):
        lost = [level[list(cut.site_ids)] for cut in mine]
        worst = [len(mine), max(map(len, lost))]
        worst += [
            max(int((one == name).sum()) for one in lost) for name in ("district", "township")
        ]
        for shown, value in zip(row[1:], worst, strict=True):
            agrees(shown, value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reports_sentences(
    plan: Plan, reports: dict[str, tuple[Word, str]], language: str
) -> None:
    word = reports[language][0]

    def figures(start: str) -> list[str]:
        (text,) = [p for p in word.paragraphs if p.startswith(start)]
        return FIGURE.findall(text.replace("100.0 %", "100.0").rstrip("。."))

    zh = language == "zh"
    ducts, cables = plan["existing_ducts"], plan["existing_cables"]
    used = (cables["length_m"] * cables["cores_used"]).sum()
    whole = (cables["length_m"] * cables["cores"]).sum()
    shown = figures("方案采用的现有设施" if zh else "The plan starts from")
    exact = [len(ducts), ducts["length_m"].sum(), len(cables), cables["length_m"].sum(), whole]
    for text, value in zip(shown, [*exact, used, whole - used], strict=True):
        agrees(text, value, Decimal(1000) if "." in text else Decimal(1))
    sites = plan["sites"]
    for phase in plan["phases"].to_dict("records"):
        name = f"{phase['name_zh']}：" if zh else f"{phase['name_en']} adds"
        shown = figures(name)[0 if zh else 1 :]
        added = sites[sites["phase"] == phase["number"]]["level"].value_counts()
        counts = [int(added.get(key, 0)) for key in ("municipal", "district", "township")]
        counts.append(int((plan["routes"]["phase"] == phase["number"]).sum()))
        for text, value in zip(shown[:4], counts, strict=True):
            agrees(text, value)
        agrees(shown[4], phase["cost_cents"], UNITS["万元" if zh else "million"])
        agrees(shown[5], float(phase["weight_share"]), UNITS["%"])
        assert len(shown) == 6
    (warning, again) = [
        p for p in word.paragraphs if p.startswith("重要提示" if zh else "Mind: 14")
    ]
    assert warning == again
    bill = plan["bill"]
    rests = int(bill.loc[bill["price_kind"] == "placeholder", "cost_cents"].sum())
    money = re.search(r"[\d.,]*\d 亿元|CNY [\d.,]*\d million", warning)
    part = re.search(r"[\d.]+ %", warning)
    assert money
    assert part
    agrees_money(money[0], rests)
    agrees_share(part[0], rests / plan.cost_cents)
    dark = int(((plan["core_paths"]["optic"] == "") & (plan["core_paths"]["phase"] > 0)).sum())
    assert any(p.startswith(f"{dark} 条" if zh else f"{dark} core") for p in word.paragraphs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_table_of_the_report_was_passed_by(
    reports: dict[str, tuple[Word, str]], language: str
) -> None:
    # a table that is added to the report is added to this walk too
    source = Path(__file__).read_text(encoding="utf-8")
    passed = [name for name in reports[language][0].tables if source.count(f'"{name}"') != 1]
    assert passed == []
    assert len(reports[language][0].tables) == 15


# ---- the contractor packs ---------------------------------------------------------------------


def labels(table: str) -> dict[str, str]:
    """Label in the Chinese lists of each column that holds money."""
    contract = next(t for t in PLAN_TABLES if t.name == table)
    return {
        column.label.zh.replace("（分）", "（元）"): column.name
        for column in contract.columns
        if column.name.endswith("_cents")
    }


@pytest.mark.parametrize("name", ["sites", "routes", "bill"])
def test_the_csv_lists_are_the_plans_to_the_cent(
    plan: Plan, tianjin_plan_dir: Path, name: str
) -> None:
    with (tianjin_plan_dir / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    table = plan[name]
    assert len(rows) == len(table)
    for label, column in labels(name).items():
        cents = [int(Decimal(row[label]) * 100) for row in rows]
        assert cents == table[column].tolist(), column
    key = {"sites": "cost_share_cents", "routes": "cost_cents", "bill": "cost_cents"}[name]
    equipment = plan["sites"].loc[plan["sites"]["served"].astype(bool), "equipment_cents"].sum()
    whole = int(table[key].sum()) + (int(equipment) if name == "routes" else 0)
    assert whole == plan.cost_cents


def sheet(path: Path, title: str) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(path, read_only=True)
    rows = list(book[title].iter_rows(values_only=True))
    book.close()
    return rows


def money_column(rows: list[tuple[Any, ...]], label: str) -> list[int]:
    header = next(k for k, row in enumerate(rows) if label in row)
    place = rows[header].index(label)
    found = [row[place] for row in rows[header + 1 :] if isinstance(row[place], int | float)]
    return [round(value * 100) for value in found]


def test_the_workbooks_are_the_plans_to_the_cent(plan: Plan, tianjin_plan_dir: Path) -> None:
    overview = tianjin_plan_dir / "overview-zh.xlsx"
    phases, bill, routes = (plan[name] for name in ("phases", "bill", "routes"))
    # the last one is the row of totals
    shown = money_column(sheet(overview, "工程量清单"), "合价（元）")
    assert shown == [*bill["cost_cents"], plan.cost_cents]
    shown = money_column(sheet(overview, "分期"), "本期费用（元）")
    assert shown == [*phases["cost_cents"], plan.cost_cents]
    shown = money_column(sheet(overview, "路由"), "费用合计（元）")
    assert shown == [*routes["cost_cents"], int(routes["cost_cents"].sum())]
    for k, cents in zip(phases["number"], phases["cost_cents"], strict=True):
        path = tianjin_plan_dir / f"sites-phase{k}-zh.xlsx"
        shown = money_column(sheet(path, "工程量清单"), "合价（元）")
        assert shown == [*bill.loc[bill["phase"] == k, "cost_cents"], cents]
        shown = money_column(sheet(path, "标段汇总"), "工程费用（元）")
        assert shown[-1] == cents == sum(shown[:-1])


def test_the_overview_words_the_certificate(plan: Plan, tianjin_plan_dir: Path) -> None:
    rows = {
        str(row[0]): str(row[1])
        for row in sheet(tianjin_plan_dir / "overview-zh.xlsx", "概览")
        if row[0] is not None and len(row) > 1
    }
    held, last = plan.certificate, plan["phases"].iloc[-1]
    agrees(rows["费用合计（元）"], held["cost_cents"], Decimal(100))
    agrees(rows["费用下界（元）"], held["bound_cents"], Decimal(100))
    agrees_share(rows["与下界差距不超过"], float(held["gap"]), up=True)
    agrees_share(rows["分期效益差距不超过"], float(held["phase_gap"]), up=True)
    for label, column in (("新建沟长（公里）", "route_m"), ("新缆皮长（公里）", "sheath_m")):
        agrees(rows[label], float(last[column]), Decimal(1000))


def test_a_figure_that_is_off_by_one_in_its_last_digit_is_found() -> None:
    agrees("1,868.90", 1_868_899_761, Decimal(10**6))
    for wrong in ("1,868.89", "1,868.91"):
        with pytest.raises(AssertionError):
            agrees(wrong, 1_868_899_761, Decimal(10**6))
    with pytest.raises(AssertionError):
        agrees_share("5.2 %", 0.0523, up=True)
    with pytest.raises(AssertionError):
        agrees_money("1.09 亿元", 10_988_478_727)


def test_the_plans_own_sums_agree(plan: Plan) -> None:
    tables: dict[str, pd.Series[int]] = {
        "bill": plan["bill"]["cost_cents"], "phases": plan["phases"]["cost_cents"],
        "sites": plan["sites"]["cost_share_cents"],
    }  # fmt: skip
    assert {name: int(values.sum()) for name, values in tables.items()} == dict.fromkeys(
        tables, plan.cost_cents
    )


# ---- the drawings -----------------------------------------------------------------------------

Row = dict[str, str]
LAYERS = {"trench_yuan": "routes", "closure_yuan": "cables", "site_id": "sites"}
KML = "{http://www.opengis.net/kml/2.2}"


def gpkg_rows(path: Path) -> list[Row]:
    there = pyogrio.list_layers(path)[:, 0]
    names = [n for n in ("new_routes", "existing_used", "cables", "sites") if n in there]
    tables = [pyogrio.read_dataframe(path, layer=name, read_geometry=False) for name in names]
    return [
        {key: repr(value) if isinstance(value, float) else str(value) for key, value in row.items()}
        for table in tables
        for row in table.to_dict("records")
    ]


def kmz_rows(path: Path) -> list[Row]:
    with zipfile.ZipFile(path) as pack:
        root = ElementTree.fromstring(pack.read("doc.kml"))
    return [
        {str(d.get("name")): d.findtext(f"{KML}value") or "" for d in mark.iter(f"{KML}Data")}
        for mark in root.iter(f"{KML}Placemark")
    ]


def dxf_rows(path: Path) -> list[Row]:
    rows = []
    for entity in ezdxf.readfile(path).modelspace().query("LWPOLYLINE INSERT"):
        if entity.has_xdata("GEOPLAN"):
            pairs = (tag.value.partition("=") for tag in entity.get_xdata("GEOPLAN"))
            rows.append({key: value for key, _, value in pairs})
        elif entity.dxftype() == "INSERT" and entity.attribs:
            said = {a.dxf.tag.lower(): a.plain_text() for a in entity.attribs}
            money = {f"{key}_yuan": said[key] for key in ("equipment", "cost_share")}
            rows.append({**said, **money})
    return rows


def shp_rows(path: Path) -> list[Row]:
    with zipfile.ZipFile(path) as pack:
        lines = pack.read("fields.csv").decode("utf-8-sig").splitlines()
        there = pack.namelist()
    called = {(row[0], row[1]): row[2] for row in csv.reader(lines) if row[1]}
    rows = []
    names = [n for n in ("new_routes", "existing_used", "cables", "sites") if f"{n}.shp" in there]
    for name in names:
        table = pyogrio.read_dataframe(f"/vsizip/{path}/{name}.shp", read_geometry=False)
        for row in table.to_dict("records"):
            texts = {k: repr(v) if isinstance(v, float) else str(v) for k, v in row.items()}
            rows.append({called[name, str(key)]: text for key, text in texts.items()})
    return rows


READERS = {"gpkg": gpkg_rows, "kmz": kmz_rows, "dxf": dxf_rows, "shp": shp_rows}


@pytest.fixture(scope="module")
def drawings(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("drawings")
    files = export_packs(plan, out, formats=[*READERS, "ofds"])
    return {path.name.split(".")[1]: path for path in files}


@pytest.mark.parametrize("name", READERS)
def test_the_drawings_are_the_plans_row_by_row(
    plan: Plan, drawings: dict[str, Path], name: str
) -> None:
    found: dict[str, list[Row]] = {table: [] for table in LAYERS.values()}
    for row in READERS[name](drawings[name]):
        (table,) = [table for column, table in LAYERS.items() if column in row]
        found[table].append(row)
    keys = {"routes": "edge_id", "cables": "cable_id", "sites": "site_id"}
    money = {
        "routes": ("trench", "crossing", "cable", "lighting", "cost"),
        "cables": ("material", "laying", "closure", "splice", "cost"),
        "sites": ("equipment", "cost_share"),
    }
    metres = {"routes": ("length_m", "sheath_m"), "cables": ("sheath_m",), "sites": ()}
    for table, rows in found.items():
        whole = plan[table][plan[table]["phase"] > 0]
        wanted = whole.set_index(whole[keys[table]].astype(str))
        assert sorted(row[keys[table]] for row in rows) == sorted(wanted.index)
        for row in rows:
            exact = wanted.loc[row[keys[table]]]
            assert int(row["phase"]) == exact["phase"]
            assert row["lot"] == exact["lot"]
            for column in money[table]:
                cents = Decimal(row[f"{column}_yuan"]) * 100
                assert round(cents, 6) == int(exact[f"{column}_cents"]), (column, row)
            for column in metres[table]:
                agrees(row[column], float(exact[column]))
    served = sum(Decimal(row["equipment_yuan"]) for row in found["sites"])
    built = sum(Decimal(row["cost_yuan"]) for row in found["routes"])
    assert round((served + built) * 100) == plan.cost_cents


def shown_totals(path: Path) -> list[list[str]]:
    """The lines of totals of a drawing: lot, name of the lot, then the figures as shown."""
    if path.suffix == ".kmz":
        with zipfile.ZipFile(path) as pack:
            root = ElementTree.fromstring(pack.read("doc.kml"))
        told = [f.findtext(f"{KML}description") for f in root.findall(f"{KML}Document/{KML}Folder")]
        lines = [line for text in told for line in re.findall("<tr>(<td>.*?)</tr>", str(text))]
        return [re.findall("<td>(.*?)</td>", line) for line in lines]
    if path.suffix == ".dxf":
        texts = [
            (-round(t.dxf.insert.y, 1), t.get_placement()[1].x, t.plain_text())
            for t in ezdxf.readfile(path).modelspace().query('TEXT[layer=="图框与说明"]')
        ]
        lines = {y: [said for at, _, said in sorted(texts) if at == y] for y, _, _ in texts}
        return [line[2:] for line in lines.values() if len(line) == 10 and line[0].isdigit()]
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as pack:
            rows = list(csv.reader(pack.read("totals.csv").decode("utf-8-sig").splitlines()))
        return [row[2:] for row in rows[1:]]
    table = pyogrio.read_dataframe(path, layer="totals")
    return [[str(value) for value in row[2:]] for row in table.itertuples(index=False)]


@pytest.mark.parametrize("name", READERS)
def test_the_drawings_total_the_plans_phases_and_lots(
    plan: Plan, drawings: dict[str, Path], name: str
) -> None:
    lines = shown_totals(drawings[name])
    bill, sites, routes, cables = (plan[n] for n in ("bill", "sites", "routes", "cables"))
    keys = sorted({
        (int(p), str(lot))
        for table in (bill, sites, routes, cables)
        for p, lot in zip(table["phase"], table["lot"], strict=True)
        if p
    })  # fmt: skip
    assert [line[0] for line in lines] == [lot for _, lot in keys]
    sums = {phase: [Decimal(0)] * 6 for phase, _ in keys}
    for (phase, lot), line in zip(keys, lines, strict=True):
        mine = [t[(t["phase"] == phase) & (t["lot"] == lot)] for t in (sites, routes, cables, bill)]
        new = mine[1]["method"].isin(["direct_buried", "duct", "aerial"])
        agrees(line[2], len(mine[0]))
        agrees(line[3], round(float(mine[1]["length_m"][new].sum()), 1))
        agrees(line[4], round(float(mine[1]["length_m"][~new].sum()), 1))
        agrees(line[5], round(float(mine[2]["sheath_m"].sum()), 1))
        agrees(line[6], mine[2]["closures"].sum())
        cents = round(Decimal(line[7].replace(",", "")) * 100, 6)
        assert cents == int(mine[3]["cost_cents"].sum())
        shown = [Decimal(figure.replace(",", "")) for figure in line[2:]]
        sums[phase] = [a + b for a, b in zip(sums[phase], shown, strict=True)]
    phases = plan["phases"].sort_values("number")
    for column, place in (("sites", 0), ("route_m", 1), ("sheath_m", 3)):
        added = phases[column].diff().fillna(phases[column])
        for number, value in zip(phases["number"], added, strict=True):
            cores = int(((sites["level"] == "core") & (sites["phase"] == number)).sum())
            exact = round(float(value), 1) + (cores if column == "sites" else 0)
            assert float(sums[number][place]) == pytest.approx(exact, abs=1e-6), column
    for number, cents in zip(phases["number"], phases["cost_cents"], strict=True):
        assert round(sums[number][5] * 100) == int(cents)


def test_the_fibre_data_standard_has_the_plans_fibre(plan: Plan, drawings: dict[str, Path]) -> None:
    (network,) = json.loads(drawings["ofds"].read_text("utf-8"))["networks"]
    spans, phases = network["spans"], plan["phases"].sort_values("number")
    lit = plan["routes"][plan["routes"]["method"] == "light"]
    assert len(spans) == len(plan["cables"]) + len(lit)
    for number in phases["number"]:
        mine = [span for span in spans if span["phase"]["id"] == str(number)]
        new = [span for span in mine if span["status"] == "planned"]
        old = [span for span in mine if span["status"] == "operational"]
        cables = plan["cables"][plan["cables"]["phase"] == number]
        routes = lit[lit["phase"] == number]
        for found, lengths, cores in (
            (new, cables["sheath_m"], cables["size_cores"]),
            (old, routes["length_m"], routes["cores_used"]),
        ):
            assert sum(s["fibreCount"] for s in found) == cores.sum()
            km = sum(Decimal(repr(s["fibreLength"])) for s in found)
            assert float(km * 1000) == pytest.approx(float(lengths.sum()), abs=1e-6)
            core_km = sum(Decimal(repr(s["fibreLength"])) * s["fibreCount"] for s in found)
            assert float(core_km * 1000) == pytest.approx(float((lengths * cores).sum()), abs=1e-5)
    told = {phase["id"]: phase["description"] for phase in network["phases"]}
    for number, cents in zip(phases["number"], phases["cost_cents"], strict=True):
        assert f"工程费用（元） {cents / 100:,.2f}" in told[str(number)]


# ---- packs of one lot -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lot_packs(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Path]]:
    """The packs of every lot: file by lot, and by ending or the name of its list."""
    found: dict[str, dict[str, Path]] = {}
    for lot in sorted({str(lot) for lot in plan["sites"]["lot"]}):
        out = tmp_path_factory.mktemp(f"lot{lot}")
        files = export_packs(plan, out, formats=FORMATS, lot=lot)
        assert all(f"-lot{lot}" in path.name for path in files)
        ending = {path.name.split(".")[1]: path for path in files if "works" in path.name}
        lists = {path.name.split("-")[0]: path for path in files if path.suffix == ".csv"}
        overview = next(path for path in files if path.name.startswith("overview"))
        found[lot] = {**ending, **lists, "overview": overview}
    return found


def lot_cents(plan: Plan, lot: str) -> int:
    return int(plan["bill"].loc[plan["bill"]["lot"] == lot, "cost_cents"].sum())


def added(lines: list[list[str]]) -> list[Decimal]:
    """Sites, three lengths, closures and yuan of lines of totals, added up."""
    columns = zip(*(line[2:] for line in lines), strict=True)
    return [sum((Decimal(cell.replace(",", "")) for cell in c), Decimal(0)) for c in columns]


@pytest.mark.parametrize("name", READERS)
def test_the_lots_of_a_drawing_make_up_the_whole(
    plan: Plan, drawings: dict[str, Path], lot_packs: dict[str, dict[str, Path]], name: str
) -> None:
    ids = ("edge_id", "cable_id", "site_id")

    def keys(rows: list[Row]) -> list[tuple[str, ...]]:
        return [tuple(row.get(column, "") for column in ids) for row in rows]

    every, lines = [], []
    for lot, packs in lot_packs.items():
        rows, mine = READERS[name](packs[name]), shown_totals(packs[name])
        assert {row["lot"] for row in rows} == {line[0] for line in mine} == {lot}
        assert round(added(mine)[-1] * 100, 6) == lot_cents(plan, lot)
        every += keys(rows)
        lines += mine
    assert sorted(every) == sorted(keys(READERS[name](drawings[name])))
    whole = shown_totals(drawings[name])
    assert sorted(map(str, lines)) == sorted(map(str, whole))
    assert added(lines) == added(whole)
    assert round(added(lines)[-1] * 100, 6) == plan.cost_cents


def test_the_lots_of_the_lists_make_up_the_whole(
    plan: Plan, lot_packs: dict[str, dict[str, Path]]
) -> None:
    keys = {"sites": "站点编号", "routes": "路由段编号", "bill": "编号"}
    found: dict[str, list[str]] = {name: [] for name in keys}
    money = {"csv": 0, "overview": 0, "contents": 0, "ofds": 0}
    steps: set[tuple[str, str]] = set()
    for lot, packs in lot_packs.items():
        cents = lot_cents(plan, lot)
        for name, key in keys.items():
            if name not in packs:  # no empty list: whether one is missing shows in the sums
                continue
            with packs[name].open(encoding="utf-8-sig", newline="") as stream:
                rows = list(csv.DictReader(stream))
            assert {row["标段"] for row in rows} == {lot}
            found[name] += [row[key] for row in rows]
            if name == "bill":
                listed = sum(int(Decimal(row["合价（元）"]) * 100) for row in rows)
        billed = money_column(sheet(packs["overview"], "工程量清单"), "合价（元）")
        spread = money_column(sheet(packs["overview"], "分期与标段"), "工程费用（元）")
        (network,) = json.loads(packs["ofds"].read_text("utf-8"))["networks"]
        said = [re.search(r"工程费用（元） ([\d,.]+)", p["description"]) for p in network["phases"]]
        told = sum(int(Decimal(m[1].replace(",", "")) * 100) for m in said if m)
        assert [listed, billed[-1], sum(billed[:-1]), spread[-1], told] == [cents] * 5
        for kind, part in zip(money, (listed, billed[-1], spread[-1], told), strict=True):
            money[kind] += part
        with packs["core_schedule"].open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.DictReader(stream):
                steps.add((row["纤芯路径编号"], row["路由段编号"]))
    assert money == dict.fromkeys(money, plan.cost_cents)
    columns = {"sites": "site_id", "routes": "edge_id", "bill": "item_id"}
    for name, ids in found.items():
        assert sorted(ids) == sorted(plan[name][columns[name]].astype(str))
    schedule = plan["core_schedule"]
    assert steps == set(zip(schedule["path_id"], schedule["edge_id"].astype(str), strict=True))
