"""What one phase's workbook holds: its lots or one, sites of each, routes, cables, bill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoplan.export.selection import Selection, lot_title
from geoplan.export.tables import SITES_COUNTED, Cell, Field, Listing, list_table, lot_name
from geoplan.plan import Plan
from geoplan.text import Language, Text

__all__ = [
    "NEW_WAYS",
    "ROUTE_COLUMNS",
    "SITE_COLUMNS",
    "Sheet",
    "phase_sheets",
    "phase_title",
    "placeholder_remark",
]

NEW_WAYS = ("direct_buried", "duct", "aerial")
"""Methods that open ground or set poles."""
SITE_COLUMNS: tuple[str, ...] = (
    "site_id",
    "name",
    "level",
    "district_name",
    "lon",
    "lat",
    "x_m",
    "y_m",
    "position_quality",
    "home_id",
    "ways_required",
    "cores_per_way",
    "path_length_m",
    "loss_db",
    "optic",
    "equipment_cents",
    "cost_share_cents",
    "why_zh",
    "why_en",
    "note",
)
ROUTE_COLUMNS = (
    "edge_id",
    "method",
    "lot",
    "length_m",
    "tail_node",
    "head_node",
    "existing_id",
    "cores_used",
    "sites_served",
    "cables",
    "sheath_m",
    "trench_cents",
    "crossing_cents",
    "cable_cents",
    "lighting_cents",
    "cost_cents",
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: tab name, title, a remark above the labels, the listing, columns to add up."""

    name: str
    title: str
    listing: Listing
    remark: str = ""
    warns: bool = False
    totals: tuple[str, ...] = ()


def phase_title(plan: Plan, number: int, language: Language) -> str:
    """Return the name of a phase; 0 stands for the sites that no phase reaches."""
    if number == 0:
        return Text("未接入站点", "sites not served").get(language)
    phases = plan["phases"]
    return str(phases.loc[phases["number"] == number, f"name_{language}"].iloc[0])


def placeholder_remark(plan: Plan, language: Language) -> str:
    """Return the warning that some prices are nobody's, or ``""`` when all are somebody's."""
    count = int((plan["prices"]["kind"] == "placeholder").sum())
    if not count:
        return ""
    return Text(
        f"注意：{count} 项单价为占位值，无出处，引用费用前必须替换。",
        f"Mind: {count} prices are placeholders that nobody vouches for; "
        "replace them before quoting a cost.",
    ).get(language)


def phase_sheets(plan: Plan, number: int, part: Selection, language: Language) -> list[Sheet]:
    """Return the sheets of phase ``number`` (0: the sites that no phase reaches) in a pack."""
    part = part.in_phase(number)
    title = phase_title(plan, number, language)
    sites = plan["sites"]
    in_part = part.rows(plan, "sites")
    lots = sorted({str(lot) for lot in sites["lot"][in_part]})
    sheets = [_lots_sheet(plan, part, title, language)]
    remark = placeholder_remark(plan, language)
    for lot in lots:
        mask = in_part & (sites["lot"] == lot).to_numpy(dtype=bool)
        named = lot_name(plan, lot, language)
        sheets.append(
            Sheet(
                name=f"{lot} {named}",
                title=f"{title} · {lot_title(plan, lot, language)}",
                listing=list_table(plan, "sites", language, columns=SITE_COLUMNS, where=mask),
                remark=remark,
                warns=True,
                totals=("equipment_cents", "cost_share_cents"),
            )
        )
    return sheets if number == 0 else [*sheets, *_works_sheets(plan, part, title, language)]


def _works_sheets(plan: Plan, part: Selection, title: str, language: Language) -> list[Sheet]:
    """Return what is built in a phase: routes, cables, bill."""
    remark = placeholder_remark(plan, language)
    wanted: tuple[tuple[str, Text, tuple[str, ...] | None, tuple[str, ...]], ...] = (
        ("routes", Text("路由", "routes"), ROUTE_COLUMNS, ("cost_cents",)),
        ("cables", Text("新建光缆", "new cables"), None, ("cost_cents",)),
        ("feeders", Text("共享馈纤", "feeders"), None, ("cost_cents",)),
        ("bill", Text("工程量清单", "bill of quantities"), None, ("cost_cents",)),
    )
    sheets = []
    for name, label, columns, totals in wanted:
        mask = part.rows(plan, name)
        if name == "feeders" and not mask.any():
            continue
        listing = list_table(plan, name, language, columns=columns, where=mask)
        named = label.get(language)
        sheets.append(Sheet(named, f"{title} · {named}", listing, remark, True, totals))
    return sheets


def _lots_sheet(plan: Plan, part: Selection, title: str, language: Language) -> Sheet:
    """Return the first sheet: each lot with its sites and its part of the bill."""
    fields = (
        Field("lot", Text("标段", "lot").get(language), "text"),
        Field("name", Text("名称", "name").get(language), "text"),
        Field("sites", SITES_COUNTED.get(language), "int"),
        Field("route_m", Text("新建沟长（米）", "new route (m)").get(language), "metres"),
        Field("cost_cents", Text("工程费用（元）", "cost of works (yuan)").get(language), "yuan"),
    )
    mine = [plan[name][part.rows(plan, name)] for name in ("sites", "routes", "bill")]
    rows: list[tuple[Cell, ...]] = []
    # of what no phase reaches only the sites are looked at
    for lot in sorted(
        {str(lot) for table in mine[: 3 if part.phase else 1] for lot in table["lot"]}
    ):
        site_rows, route_rows, bill_rows = (table[table["lot"] == lot] for table in mine)
        new = route_rows[route_rows["method"].isin(NEW_WAYS)]
        rows.append(
            (
                lot,
                lot_name(plan, lot, language),
                len(site_rows),
                float(np.round(new["length_m"].sum(), 1)),
                int(bill_rows["cost_cents"].sum()),
            )
        )
    name = Text("标段汇总", "lots").get(language)
    listing = Listing(fields, tuple(rows))
    remark = placeholder_remark(plan, language)
    return Sheet(name, f"{title} · {name}", listing, remark, True, ("sites", "cost_cents"))
