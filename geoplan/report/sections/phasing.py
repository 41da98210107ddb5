"""The phases: money and benefit, a map of each, and the townships of each district."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoplan.export.sheets import phase_title
from geoplan.maps import figures
from geoplan.maps.format import money, number, share
from geoplan.plan import Plan
from geoplan.plan_words import half
from geoplan.report.amounts import AMOUNT_UNIT, amount
from geoplan.report.blocks import Block, Figure, Heading, Paragraph, Table, right_columns
from geoplan.report.charts import Series, grouped_bars
from geoplan.report.maps import phase_map
from geoplan.report.pictures import Pen
from geoplan.report.words import Voice
from geoplan.text import Text

__all__ = ["phasing", "weight_chart"]

_MAP_WIDTH = 0.86  # two of them, and what is said of them, stand on one page


def phasing(plan: Plan, pen: Pen, say: Voice) -> list[Block]:
    """Return the section on the phases."""
    blocks: list[Block] = [
        Heading(2, say("资金与效益", "Money and benefit")),
        Paragraph(_budget_basis(plan, say)),
        _money_table(plan, say),
        _money_chart(plan, pen, say),
        Heading(2, say("各期建设内容", "What each phase builds")),
    ]
    for row in plan["phases"].sort_values("number").to_dict("records"):
        name = str(row[f"name_{say.language}"])
        blocks.append(Paragraph(_phase_sentence(plan, row, say)))
        caption = say(f"{name}末网络图", f"The network by the end of {name}")
        picture = phase_map(plan, int(row["number"]), pen, say.language)
        blocks.append(Figure(caption, picture, caption, _MAP_WIDTH))
    blocks += [Heading(2, say("各区接入进度", "Progress by district")), _district_table(plan, say)]
    return blocks


def _budget_basis(plan: Plan, say: Voice) -> str:
    budgets = plan.provenance["budgets"]
    source = half(str(budgets["source"]), say.language)
    return say(
        f"各期资金的确定依据：{source}。权重反映人口和业务系统，用于衡量效益；“同等资金下的"
        "理论上界”指以同样资金，任何方案均不可能超过的权重占比。",
        f"How the money of each phase was set: {source}. Weight stands for population and "
        "business systems; the bound is the share of weight that no plan with the same money "
        "could exceed.",
    )


def _names(plan: Plan, say: Voice) -> list[str]:
    return [phase_title(plan, int(k), say.language) for k in plan["phases"]["number"]]


def _money_table(plan: Plan, say: Voice) -> Table:
    phases = plan["phases"].sort_values("number")
    released, spent = phases["budget_cents"].cumsum(), phases["cost_cents"].cumsum()
    columns = (
        (Text("本期资金", "released"), phases["budget_cents"]),
        (Text("本期费用", "spent"), phases["cost_cents"]),
        (Text("结转下期", "carried over"), phases["carry_cents"]),
        (Text("累计资金", "released so far"), released),
        (Text("累计支出", "spent so far"), spent),
    )
    rows = [
        (name, *(say.text(amount(int(values.iloc[k]))) for _, values in columns))
        for k, name in enumerate(_names(plan, say))
    ]
    whole = (int(phases["budget_cents"].sum()), int(phases["cost_cents"].sum()))
    rows.append((say("合计", "total"), *(say.text(amount(c)) for c in whole), "—", "—", "—"))
    unit = say.text(AMOUNT_UNIT)
    return Table(
        say(f"各期资金与费用（单位：{unit}）", f"Money by phase ({unit})"),
        (say("分期", "phase"), *(say.text(label) for label, _ in columns)),
        tuple(rows),
        ("left", *right_columns(len(columns))),
        (1.0, *((1.0,) * len(columns))),
        totals=1,
    )


def _money_chart(plan: Plan, pen: Pen, say: Voice) -> Figure:
    phases = plan["phases"].sort_values("number")
    series = [
        Series(
            say.text(label),
            tuple(float(cents) for cents in phases[column]),
            tuple(say.text(amount(int(cents))) for cents in phases[column]),
        )
        for label, column in (
            (Text("本期费用", "spent"), "cost_cents"),
            (Text("本期资金", "released"), "budget_cents"),
        )
    ]
    unit = say.text(AMOUNT_UNIT)
    caption = say(
        f"各期资金与费用（单位：{unit}）", f"Money released and spent in each phase ({unit})"
    )
    return Figure(caption, grouped_bars(pen, _names(plan, say), series), caption, 0.9)


def weight_chart(plan: Plan, pen: Pen, say: Voice) -> Figure:
    """Draw the share of weight in service after each phase beside its proven bound."""
    steps, phases = figures.steps(plan)[1:], plan["phases"].sort_values("number")
    series = [
        Series(
            say("累计权重占比", "share of weight in service"),
            tuple(float(value) for value in phases["weight_share"]),
            tuple(say.text(step["weight"]) for step in steps),
        ),
        Series(
            say("同等资金下的理论上界", "most that any plan could reach"),
            tuple(float(value) for value in phases["weight_bound_share"]),
            tuple(say.text(step["bound"]) for step in steps),
        ),
    ]
    caption = say("各期末权重占比与理论上界", "Share of weight by phase, and its proven bound")
    # low and narrow: the summary stands on one page, in Word too
    picture = grouped_bars(pen, _names(plan, say), series, height_in=1.6)
    return Figure(caption, picture, caption, 0.8)


def _phase_sentence(plan: Plan, row: Mapping[Any, Any], say: Voice) -> str:
    """Say what a phase adds: sites by level, stretches, money."""
    k = int(row["number"])
    sites, routes = plan["sites"], plan["routes"]
    added = sites[sites["phase"] == k]["level"].value_counts()
    by_level = {
        level: number(int(added.get(level, 0))) for level in ("municipal", "district", "township")
    }
    opened = number(int((routes["phase"] == k).sum()))
    cost, weight = money(int(row["cost_cents"])), share(float(row["weight_share"]))
    return say(
        f"{row['name_zh']}：新增接入市级单位 {by_level['municipal'].zh} 家、区级汇聚节点 "
        f"{by_level['district'].zh} 个、乡镇（街道）{by_level['township'].zh} 个，启用路由段 "
        f"{opened.zh} 段，费用 {cost.zh}；期末权重占比 {weight.zh}。",
        f"{row['name_en']} adds {by_level['municipal'].en} municipal units, "
        f"{by_level['district'].en} district hubs and {by_level['township'].en} townships; "
        f"stretches opened: {opened.en}; cost: {cost.en}; share of weight at its end: "
        f"{weight.en}.",
    )


def _district_table(plan: Plan, say: Voice) -> Table:
    """Return, per district, when its hub opens and how many townships each phase has reached."""
    sites, hubs = plan["sites"], plan["hubs"]
    names = _names(plan, say)
    numbers = [int(k) for k in plan["phases"]["number"]]
    towns = sites[sites["level"] == "township"]
    hub_phase = {str(c): int(k) for c, k in zip(hubs["district_code"], hubs["phase"], strict=True)}
    rows: list[tuple[str, ...]] = []
    sums = [0] * (len(numbers) + 1)
    for code, name in zip(plan["districts"]["code"], plan["districts"]["name"], strict=True):
        mine = towns[towns["district_code"] == code]
        counts = [int(((mine["phase"] > 0) & (mine["phase"] <= k)).sum()) for k in numbers]
        counts.append(len(mine))
        sums = [a + b for a, b in zip(sums, counts, strict=True)]
        opened = hub_phase.get(str(code), 0)
        first = phase_title(plan, opened, say.language) if opened else "—"
        rows.append((str(name), first, *(number(count).zh for count in counts)))
    rows.append((say("合计", "total"), "—", *(number(count).zh for count in sums)))
    return Table(
        say("各区乡镇（街道）累计接入数", "Townships in service by the end of each phase"),
        (
            say("区", "district"),
            say("汇聚节点开通", "hub opens in"),
            *names,
            say("全部", "all"),
        ),
        tuple(rows),
        ("left", "center", *right_columns(len(numbers) + 1)),
        (1.2, 1.0, *((0.8,) * (len(numbers) + 1))),
        totals=1,
    )
