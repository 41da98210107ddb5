"""What a contractor has to know before using a figure of a pack: one list for all formats."""

from __future__ import annotations

import geopandas as gpd

from geoplan.export.selection import Selection
from geoplan.export.sheets import phase_title, placeholder_remark
from geoplan.export.tables import Field, Listing, attribution_line, lot_name
from geoplan.export.words import word
from geoplan.plan import Plan
from geoplan.plan_words import price_name
from geoplan.text import Language, Text

__all__ = ["about_pack", "drawn_in"]


def about_pack(plan: Plan, selection: Selection, place: str, language: Language) -> Listing:
    """Return key and sentence: what the pack is, who vouches for it, what it leaves out.

    Parameters
    ----------
    selection
        What the pack holds.
    place
        What its coordinates are (:func:`drawn_in`, or WGS-84 where the format knows nothing else).
    """

    def told(zh: str, en: str) -> str:
        return Text(zh, en).get(language)

    comma = told("、", ", ")
    placeholders = plan["prices"].loc[plan["prices"]["kind"] == "placeholder", "price_id"]
    made = [word("reconstructed", name, language) for name in plan.provenance["reconstructed"]]
    unserved = int(selection.in_phase(0).rows(plan, "sites").sum())
    phases = selection.numbers(plan)
    rows: list[tuple[str, str]] = [
        (told("方案", "plan"), str(plan.provenance[f"title_{language}"])),
        (told("密级", "classification"), str(plan.provenance[f"classification_{language}"])),
        (told("分期", "phases"), comma.join(phase_title(plan, k, language) for k in phases)),
        (told("标段", "lot"), _lot(plan, selection, language)),
        (told("坐标系", "coordinates"), place),
        (told("长度", "lengths"), _lengths(plan, language)),
        (told("费用", "cost"), placeholder_remark(plan, language)),
        (
            told("占位单价", "placeholder prices"),
            comma.join(price_name(str(key)).get(language) for key in placeholders),
        ),
        (told("重建数据（非实测）", "reconstructed, not surveyed"), comma.join(made)),
        (
            told("未列入", "left out"),
            told(
                f"没有任何一期接入的 {unserved} 个站点",
                f"{unserved} sites that no phase reaches",
            )
            if unserved
            else "",
        ),
        (
            told("接头盒", "closures"),
            told(
                "方案只定每条光缆的接头盒数量，不定位置",
                "the plan gives their number on each cable, not their places",
            ),
        ),
        (told("数据来源", "sources"), attribution_line(plan, language)),
        (told("编制软件", "made by"), f"geoplan {plan.provenance['geoplan_version']}"),
    ]
    fields = (
        Field("key", told("项", "item"), "text"),
        Field("value", told("说明", "what to know"), "text"),
    )
    return Listing(fields, tuple(row for row in rows if row[1]))


def drawn_in(plan: Plan, language: Language) -> str:
    """Return the planning CRS in words: what the coordinates of a metric pack are."""
    routes = plan["routes"]
    assert isinstance(routes, gpd.GeoDataFrame)
    named = f"{routes.crs.to_string()}（{routes.crs.name}）"
    if language == "zh":
        return f"{named}，单位米，横轴为东坐标，纵轴为北坐标"
    return f"{routes.crs.to_string()} ({routes.crs.name}), metres, east to the right, north up"


def _lot(plan: Plan, selection: Selection, language: Language) -> str:
    """Return which lot the pack is of, what of others stands in it, and whose money is whose."""
    if selection.lot is None:
        return ""
    named = f"{selection.lot} {lot_name(plan, selection.lot, language)}"
    return Text(
        f"{named}：工程、站点和清单只含本标段；行政区界和纤芯配置表中注明“他标段”的只供衔接；"
        "启用现有纤芯的费用在清单中计入站点所属标段，合价以工程量清单为准",
        f"{named}: works, sites and bill are those of this lot alone; outlines of districts and "
        'rows of the core schedule marked "another lot" are for reference; the bill has the '
        "lighting of existing cores in the lot of the site, and the bill holds",
    ).get(language)


def _lengths(plan: Plan, language: Language) -> str:
    """Return what the lengths are, and why a drawing measures another."""
    if plan.provenance["corridors"] == "roads":
        return Text(
            "路由长度沿道路按椭球面计算，皮长含余长和盘留；图上量得的平面长度略有出入，以表列为准",
            "lengths of routes are measured along roads on the ellipsoid, sheath includes slack "
            "and coils; a length taken from the drawing differs a little: the tables hold",
        ).get(language)
    return Text(
        "没有道路图层：路由是居民点之间的走廊，图上为直线，长度已乘绕行系数，大于图上量得的长度；"
        "以表列为准，施工前须勘测",
        "no roads were given: routes are corridors between settlements, drawn straight; their "
        "lengths include a detour factor and exceed what the drawing measures: the tables hold, "
        "survey before building",
    ).get(language)
