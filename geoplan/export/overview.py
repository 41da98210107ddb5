"""The overview workbook: the phases, what proves them, the bill, routes, prices, rules, notes."""

from __future__ import annotations

from typing import Any

from geoplan.export.about import about_pack, drawn_in
from geoplan.export.selection import WHOLE, Selection
from geoplan.export.sheets import Sheet, phase_title, placeholder_remark
from geoplan.export.tables import (
    SITES_COUNTED,
    Cell,
    Field,
    Listing,
    list_table,
    lot_name,
    plan_table,
)
from geoplan.export.words import word
from geoplan.maps.format import share
from geoplan.plan import Plan
from geoplan.plan_words import STATUS
from geoplan.text import Language, Text
from geoplan.units import CENTS_PER_YUAN, M_PER_KM

__all__ = ["lot_sheets", "overview_sheets"]

_TABLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("phases", ("budget_cents", "cost_cents")),
    ("bill", ("cost_cents",)),
    ("routes", ("cost_cents",)),
    ("hubs", ()),
    ("rings", ()),
    ("feeders", ("cost_cents",)),
    ("prices", ()),
    ("figures", ()),
    ("policy", ()),
    ("notes", ()),
)


def overview_sheets(plan: Plan, language: Language) -> list[Sheet]:
    """Return the overview's sheets: a summary first, then whole tables of the plan."""
    remark = placeholder_remark(plan, language)
    sheets = [_summary(plan, language, remark), _contents(plan, WHOLE, language, remark)]
    for name, totals in _TABLES:
        if name in ("rings", "feeders") and plan[name].empty:
            continue  # a plan that was not asked for in rings, or shares no cores
        table = plan_table(name)
        # the weight of a phase in the optimizer's goal means nothing to a reader of lists
        columns = [column for column in table.column_names() if column != "gain"]
        listing = list_table(plan, name, language, columns=columns)
        label = table.label.get(language)
        sheets.append(Sheet(label, label, listing, remark, True, totals))
    return sheets


def lot_sheets(plan: Plan, selection: Selection, language: Language) -> list[Sheet]:
    """Return the overview of one lot: what each phase comes to, its bill, routes and prices."""
    remark = placeholder_remark(plan, language)
    about = Text("使用说明", "about this pack").get(language)
    place = drawn_in(plan, language)
    listing = about_pack(plan, selection, place, language)
    sheets = [Sheet(about, about, listing, remark, True)]
    sheets.append(_contents(plan, selection, language, remark))
    charged = plan["bill"].loc[selection.rows(plan, "bill"), "price_id"]
    for name, totals in _TABLES:
        if name in ("bill", "routes", "feeders"):
            where = selection.rows(plan, name)
        elif name == "prices":
            where = plan[name]["price_id"].isin(charged).to_numpy(dtype=bool)
        else:
            continue
        if name == "feeders" and not where.any():
            continue
        label = plan_table(name).label.get(language)
        listing = list_table(plan, name, language, where=where)
        sheets.append(Sheet(label, label, listing, remark, True, totals))
    return sheets


def _summary(plan: Plan, language: Language, remark: str) -> Sheet:
    """Return the figures that a reader asks for first, as text with their units."""
    certificate, last = plan.certificate, plan["phases"].iloc[-1]
    rows: list[tuple[Text, str]] = [
        (Text("方案状态", "status"), _status(str(certificate["status"]), language)),
        (Text("费用合计（元）", "cost (yuan)"), _yuan(certificate["cost_cents"])),
        (Text("费用下界（元）", "lower bound (yuan)"), _yuan(certificate["bound_cents"])),
        (Text("与下界差距不超过", "gap, at most"), _at_most(certificate["gap"])),
        (
            Text("分期效益差距不超过", "gap of the phases, at most"),
            _at_most(certificate["phase_gap"]),
        ),
        (Text("新建沟长（公里）", "new route (km)"), _km(last["route_m"])),
        (Text("新缆皮长（公里）", "new sheath (km)"), _km(last["sheath_m"])),
        (Text("新建芯长（芯公里）", "new cores (core-km)"), _km(last["core_m_new"])),
        (Text("利用现有（芯公里）", "reused cores (core-km)"), _km(last["core_m_reused"])),
    ]
    names = {
        "municipal": Text("市级单位", "municipal units"),
        "district": Text("区汇聚节点", "district hubs"),
        "township": Text("乡镇街道", "townships"),
    }
    for level, name in names.items():
        count = plan.provenance["levels"][level]
        label = Text(f"{name.zh}：共计 / 有位置 / 已接入", f"{name.en}: total / placed / served")
        rows.append((label, f"{count['total']} / {count['placed']} / {count['served']}"))
    made = ", ".join(
        word("reconstructed", name, language) for name in plan.provenance["reconstructed"]
    )
    if made:
        layers = Text("重建数据（非实测）的图层", "layers that are reconstructed, not surveyed")
        rows.append((layers, made))
    rows.append((Text("软件版本", "made by"), f"geoplan {plan.provenance['geoplan_version']}"))
    fields = (
        Field("key", Text("指标", "figure").get(language), "text"),
        Field("value", Text("数值", "value").get(language), "text"),
    )
    cells: tuple[tuple[Cell, ...], ...] = tuple((key.get(language), value) for key, value in rows)
    named = Text("概览", "overview").get(language)
    return Sheet(named, named, Listing(fields, cells), remark, True)


def _contents(plan: Plan, selection: Selection, language: Language, remark: str) -> Sheet:
    """Return sites and cost of every phase and lot: which sheet of which workbook to open."""
    fields = (
        Field("phase", Text("分期", "phase").get(language), "text"),
        Field("lot", Text("标段", "lot").get(language), "text"),
        Field("name", Text("名称", "name").get(language), "text"),
        Field("sites", SITES_COUNTED.get(language), "int"),
        Field("cost_cents", Text("工程费用（元）", "cost of works (yuan)").get(language), "yuan"),
    )
    sites, bill = (
        plan[name][selection.rows(plan, name, unserved=True)] for name in ("sites", "bill")
    )
    counts = sites.groupby(["phase", "lot"]).size()
    cost = bill.groupby(["phase", "lot"])["cost_cents"].sum()
    rows: list[tuple[Cell, ...]] = []
    # what no phase reaches stands last
    keys = sorted({*counts.index, *cost.index}, key=lambda key: (key[0] == 0, key))
    for phase, lot in keys:
        rows.append(
            (
                phase_title(plan, int(phase), language),
                str(lot),
                lot_name(plan, str(lot), language),
                int(counts.get((phase, lot), 0)),
                int(cost.get((phase, lot), 0)),
            )
        )
    label = Text("分期与标段", "phases and lots").get(language)
    return Sheet(label, label, Listing(fields, tuple(rows)), remark, True, ("sites", "cost_cents"))


def _status(status: str, language: Language) -> str:
    return STATUS[status].get(language)


def _yuan(cents: Any) -> str:
    return "-" if cents is None else f"{int(cents) / CENTS_PER_YUAN:,.2f}"


def _at_most(gap: Any) -> str:
    """Return a gap in the words of the map and the report: rounded up."""
    return share(gap, up=True).zh


def _km(metres: Any) -> str:
    return f"{float(metres) / M_PER_KM:,.1f}"
