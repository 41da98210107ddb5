"""The first page: what is built, for whom, for how much, how well proven, what to mind."""

from __future__ import annotations

from geoplan.cuts import GroupCut
from geoplan.maps import figures
from geoplan.maps.format import money, number, share
from geoplan.plan import Plan
from geoplan.report.amounts import AMOUNT_UNIT, amount
from geoplan.report.blocks import Block, PageBreak, Paragraph, Table, right_columns
from geoplan.report.pictures import Pen
from geoplan.report.sections.phasing import weight_chart
from geoplan.report.tally import placeholder_cents
from geoplan.report.words import Voice

__all__ = ["placeholder_warning", "summary"]

_LEVELS = (("municipal", "municipal"), ("hubs", "district"), ("townships", "township"))


def summary(plan: Plan, cuts: list[GroupCut], pen: Pen, say: Voice) -> list[Block]:
    """Return the summary; a page break follows it."""
    blocks: list[Block] = [
        Paragraph(_scope(plan, say)),
        _key_figures(plan, say),
        weight_chart(plan, pen, say),
    ]
    blocks += [Paragraph(say.text(sentence)) for sentence in figures.proof(plan)]
    blocks.append(Paragraph(_worst_cut(plan, cuts, say)))
    warning = placeholder_warning(plan, say)
    if warning:
        blocks.append(Paragraph(warning, "warning"))
    blocks.append(PageBreak())
    return blocks


def _scope(plan: Plan, say: Voice) -> str:
    levels, phases = plan.provenance["levels"], len(plan["phases"])
    served = {name: number(levels[level]["served"]).zh for name, level in _LEVELS}
    total = {name: number(levels[level]["total"]).zh for name, level in _LEVELS}
    return say(
        f"本规划将电子政务外网由市级单位延伸至区、乡镇（街道），分 {phases} 期建设。"
        f"规划期末接入市级单位 {served['municipal']} 家（共 {total['municipal']} 家）、"
        f"区级汇聚节点 {served['hubs']} 个（共 {total['hubs']} 个）、"
        f"乡镇（街道）{served['townships']} 个（共 {total['townships']} 个）。主要指标如下。",
        f"The plan extends the government extranet from the municipal units to districts and "
        f"townships, in {phases} phases. At its end it serves {served['municipal']} of "
        f"{total['municipal']} municipal units, {served['hubs']} of {total['hubs']} district "
        f"hubs and {served['townships']} of {total['townships']} townships.",
    )


def _key_figures(plan: Plan, say: Voice) -> Table:
    """Return the figures by phase; cumulative ones are the map's own words."""
    steps = figures.steps(plan)[1:]
    phases = plan["phases"].sort_values("number")
    names = [say.text(step["name"]) for step in steps]
    unit, cost = say.text(AMOUNT_UNIT), phases["cost_cents"].astype("int64")
    rows: list[tuple[str, ...]] = [
        # one unit for all: the map's words change from 万元 to 亿元 within a row
        (
            say(f"本期费用（{unit}）", f"cost of the phase ({unit})"),
            *(say.text(amount(cents)) for cents in cost),
        ),
        (
            say(f"累计支出（{unit}）", f"spent so far ({unit})"),
            *(say.text(amount(cents)) for cents in cost.cumsum()),
        ),
        (say("累计接入站点", "sites in service"), *(say.text(step["sites"]) for step in steps)),
    ]
    labels = {
        "municipal": say("　其中：市级单位", "of them municipal units"),
        "hubs": say("　　　　区级汇聚节点", "district hubs"),
        "townships": say("　　　　乡镇（街道）", "townships"),
        "villages": say("惠及村（社区）", "villages of served townships"),
    }
    for k, (key, label) in enumerate(labels.items()):
        rows.append((label, *(say.text(step["reach"][k]["value"]) for step in steps)))
        if steps and steps[0]["reach"][k]["key"] != key:
            raise ValueError(f"the panel's rows changed: no {key}")
    rows.append(
        (say("累计权重占比", "share of weight in service"), *(say.text(s["weight"]) for s in steps))
    )
    plant = (
        say("累计新建沟长（公里）", "new route (km)"),
        say("累计新缆皮长（公里）", "new sheath (km)"),
        say("累计新建芯长（芯公里）", "new cores (core-km)"),
        say("累计利用现有（芯公里）", "reused cores (core-km)"),
    )
    for k, label in enumerate(plant):
        rows.append((label, *(say.text(step["plant"][k]["value"]) for step in steps)))
    count = len(names)
    return Table(
        say("各期末主要指标", "Main figures by the end of each phase"),
        (say("指标", "figure"), *names),
        tuple(rows),
        ("left", *right_columns(count)),
        (1.4, *((1.0,) * count)),
    )


def _worst_cut(plan: Plan, cuts: list[GroupCut], say: Voice) -> str:
    """Say what the worst single cut takes down."""
    if not cuts:
        return say(
            "本方案没有承载业务的路由段。", "No stretch of this plan carries a site in service."
        )
    level = dict(zip(plan["sites"]["site_id"], plan["sites"]["level"], strict=True))
    hubs = max(sum(level[site] == "district" for site in cut.site_ids) for cut in cuts)
    most = number(len(cuts[0].site_ids))
    kept = say(
        "区级汇聚节点均不因此中断" if not hubs else f"最多有 {hubs} 个区级汇聚节点中断",
        "no district hub is lost" if not hubs else f"up to {hubs} district hubs are lost",
    )
    return say(
        f"规划期末任意一处路由被切断时，{kept}；影响最大的一处使 {most.zh} 个站点中断。",
        f"When any one stretch is cut at the end of the plan, {kept}; the worst cut takes down "
        f"{most.en} sites.",
    )


def placeholder_warning(plan: Plan, say: Voice) -> str:
    """Return what to say before anybody quotes a figure; ``""`` when every price has a source."""
    count = int((plan["prices"]["kind"] == "placeholder").sum())
    if not count:
        return ""
    cents, whole = placeholder_cents(plan), plan.cost_cents
    part = share(cents / whole if whole else 0.0)
    return say(
        f"重要提示：{count} 项单价为占位值，无出处；总造价中 {money(cents).zh}（{part.zh}）按占位"
        "单价计算。引用本报告任何金额之前，须按文末清单逐项替换并重新编制。",
        f"Mind: {count} unit prices are placeholders that nobody vouches for; "
        f"{money(cents).en} of the cost ({part.en}) rests on them. Replace each of them (list at "
        "the end) and make the report again before quoting any amount.",
    )
