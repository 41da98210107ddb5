"""What the report says: every section in both languages, from the plan alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from report_plan import HOSTILE, renamed, tiny_plan
from report_reading import read_pdf, squeezed

from geoplan.plan import Plan
from geoplan.report.blocks import Document, Figure, Heading, Table
from geoplan.report.compose import compose
from geoplan.report.fonts import find_fonts
from geoplan.report.pdf import pdf_bytes
from geoplan.text import Language


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return tiny_plan(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def report(plan: Plan) -> Document:
    return compose(plan, find_fonts(), language="zh")


def headings(document: Document, level: int = 1) -> list[str]:
    return [b.text for b in document.blocks if isinstance(b, Heading) and b.level == level]


def table(document: Document, caption: str) -> Table:
    (found,) = [b for b in document.blocks if isinstance(b, Table) and caption in b.caption]
    return found


def test_sections_are_numbered_as_official_documents_are(report: Document, plan: Plan) -> None:
    assert headings(report) == [
        "一、摘要", "二、需求与现状", "三、分期建设方案", "四、工程费用", "五、单处中断影响",
        "六、方案证明", "七、占位值与待落实事项",
    ]  # fmt: skip
    assert headings(report, 2)[:2] == ["（一）业务需求", "（二）其他地区建设情况"]
    english = compose(plan, find_fonts(), language="en")
    assert headings(english)[0] == "1  Summary"
    assert "3.1  Money and benefit" in headings(english, 2)
    captions = [b.caption for b in report.blocks if isinstance(b, Table | Figure)]
    tables = [c for c in captions if c.startswith("表 ")]
    assert [c.split("　")[0] for c in tables] == [f"表 {k + 1}" for k in range(len(tables))]


def test_the_proof_is_one_plain_sentence(report: Document) -> None:
    # 4,137,150.00 yuan against 4,000,000.00: 3.42875 % rounded up
    sentence = (
        "方案总造价 413.7 万元；已证明接入全部可接入站点不可能低于 400.0 万元，"
        "即本方案至多比理论最低造价高 3.5 %。"
    )
    assert sentence in report.texts()


def test_the_bill_by_hand(report: Document) -> None:
    rows = table(report, "工程费用按分期和工程类别").rows
    assert rows[-1] == ("合计", "402.28", "11.44", "413.72")
    equipment = next(row for row in rows if row[0] == "设备")
    # core 300, hub 42, unit 1.6, township 3.8 in phase 1; a township in phase 2
    assert equipment == ("设备", "347.40", "3.80", "351.20")


def test_single_cuts_by_hand(report: Document) -> None:
    rows = table(report, "单处切断的影响").rows
    assert rows[-1] == ("合计（最大）", "6", "2", "0", "2")
    worst = table(report, "影响最大的单处切断").rows
    assert next(row[1:4] for row in worst) == ("新建路由段 5", "区", "2")
    assert len(worst) == 3


def test_every_placeholder_is_listed(report: Document, plan: Plan) -> None:
    rows = table(report, "须替换的占位单价").rows
    assert len(rows) == int((plan["prices"]["kind"] == "placeholder").sum())
    names = {row[0] for row in table(report, "占位的设计取值").rows}
    assert {"光缆备用芯比例", "1310 nm 光纤衰减（dB/km）"} <= names
    assert any("位置未知" in text for text in report.texts())


def test_a_plan_without_placeholders_warns_of_none(plan: Plan) -> None:
    def cited(name: str, **more: object) -> object:
        return plan[name].assign(kind="cited", **more)

    tables = {
        **plan.tables,
        "prices": cited("prices"), "figures": cited("figures"), "optics": cited("optics"),
        "sites": plan["sites"].assign(placed=True),
    }  # fmt: skip
    clean = compose(
        replace(plan, tables=tables, provenance={**plan.provenance, "scenario_toml": ""}),  # type: ignore[arg-type]
        find_fonts(),
        language="zh",
    )
    assert not any("重要提示" in text for text in clean.texts())
    assert not any("占位" in b.caption for b in clean.blocks if isinstance(b, Table))


def test_a_plan_that_serves_less_states_no_bound(plan: Plan) -> None:
    certificate = {**plan.certificate, "bound_cents": None, "gap": None}
    made = compose(replace(plan, certificate=certificate), find_fonts(), language="en")
    assert any("no lower bound on its cost is stated" in text for text in made.texts())
    rows = dict(table(made, "What is proven").rows)  # type: ignore[arg-type]
    assert (rows["lower bound (CNY thousand)"], rows["gap, at most"]) == ("—", "-")


def test_plans_side_by_side(plan: Plan) -> None:
    dearer = replace(
        plan, certificate={**plan.certificate, "cost_cents": plan.cost_cents + 1_234_500}
    )
    made = compose(plan, find_fonts(), language="zh", others=[dearer])
    assert headings(made)[2] == "三、方案比较"
    rows = {row[0]: row[1:] for row in table(made, "方案比较").rows}
    assert rows["总造价（万元）"] == ("413.72", "414.95")
    assert rows["路由依据"] == ("道路", "道路")
    assert "方案文件" not in rows
    made = compose(plan, find_fonts(), language="zh", others=[dearer], names=["a/plan", "b/plan"])
    assert ("方案文件", "a/plan", "b/plan") in table(made, "方案比较").rows
    assert rows["比 A 增减（万元）"] == ("0.00", "+1.23")
    assert not any("单价不同" in text and "注意" in text for text in made.texts())
    prices = plan["prices"].assign(value_cents=plan["prices"]["value_cents"] + 1)
    other = replace(plan, tables={**plan.tables, "prices": prices})
    made = compose(plan, find_fonts(), language="zh", others=[other])
    assert "注意：各方案所用单价不同，造价不可直接比较。" in made.texts()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_hostile_names_from_every_field_are_shown_as_text(plan: Plan, language: Language) -> None:
    bad = renamed(plan, HOSTILE)
    fonts = find_fonts()
    made = compose(bad, fonts, language=language, others=[bad])
    places = sum(text.count(HOSTILE) for text in made.texts())
    assert places > 60
    shown = read_pdf(pdf_bytes(made, fonts)).count(squeezed(HOSTILE))
    # names drawn into pictures, and the description of a picture, are no text of the page
    hidden = sum(b.alt.count(HOSTILE) for b in made.blocks if isinstance(b, Figure))
    assert shown == places - hidden


def test_facts_come_with_their_source(plan: Plan) -> None:
    own = {**plan.provenance, "scenario_id": "tianjin"}
    made = compose(replace(plan, provenance=own), find_fonts(), language="zh")
    rows = table(made, "网络现状").rows
    assert ("现有光纤总量", "3400 芯公里，2004—2007 年分四个阶段敷设", "有出处",
            "规划文件（约 2009—2010 年）") in rows  # fmt: skip
    assert all(row[2] and row[3] for row in rows)
    # another city's report says nothing of Tianjin
    assert not any("天津" in t for t in compose(plan, find_fonts(), language="zh").texts())


def test_every_character_is_in_the_fonts(report: Document, plan: Plan) -> None:
    fonts = find_fonts()
    english = compose(plan, fonts, language="en")
    for text in (*report.texts(), *english.texts()):
        assert fonts.drawable(text) == text


def test_a_plan_of_nothing_is_still_a_report(plan: Plan, tmp_path: Path) -> None:
    names = (
        "sites",
        "routes",
        "core_paths",
        "bill",
        "districts",
        "existing_ducts",
        "hubs",
        "rings",
    )
    tables = {**plan.tables, **{name: plan[name].iloc[:0] for name in names}}
    made = compose(replace(plan, tables=tables), find_fonts(), language="en")
    assert "No stretch of this plan carries a site in service." in made.texts()
    assert pdf_bytes(made, find_fonts()).startswith(b"%PDF")
