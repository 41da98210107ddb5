"""What a single cut takes down: how many sites, and which cuts are the worst."""

from __future__ import annotations

from collections import Counter

from geoplan.cuts import GroupCut
from geoplan.maps.format import number, share
from geoplan.plan import Plan
from geoplan.report.blocks import Block, Figure, Paragraph, Table
from geoplan.report.charts import Series, grouped_bars
from geoplan.report.pictures import Pen
from geoplan.report.words import CUT_KINDS, Voice

__all__ = ["single_cut"]

_WORST = 12
_SHOWN_EDGES = 3
_BINS = ((0, 0), (1, 1), (2, 5), (6, 10), (11, 50), (51, 100), (101, None))


def single_cut(plan: Plan, cuts: list[GroupCut], pen: Pen, say: Voice) -> list[Block]:
    """Return the section; a plan without stretches in service has nothing to cut."""
    blocks: list[Block] = [
        Paragraph(
            say(
                "以规划期末在用纤芯路径为准，逐一假设每个同沟同缆组（同一沟槽、同一现有管道、同一"
                "桥梁或近距离并行的路由段）被切断：站点的全部路由均经过该处，或其归属的汇聚节点因此"
                "失去全部路由时，该站点中断。",
                "Every risk group (a trench, an existing duct, a bridge, stretches side by side) "
                "under a core path in service at the end of the plan is cut in turn. A site is "
                "lost when all of its ways pass there, or when the hub it hangs on loses all of "
                "its own.",
            )
        )
    ]
    if not cuts:
        return blocks
    counts = Counter(_bin(len(cut.site_ids)) for cut in cuts)
    bins = [k for k in range(len(_BINS)) if counts.get(k)]
    names = [_bin_name(k, say) for k in bins]
    labels = tuple(number(counts[k]).zh for k in bins)
    series = Series(
        say("同沟同缆组数", "risk groups"), tuple(float(counts[k]) for k in bins), labels
    )
    caption = say(
        "单处切断影响的站点数：同沟同缆组数量分布",
        "Risk groups by the sites that their cut takes down",
    )
    blocks += [
        _kinds_table(plan, cuts, say),
        Figure(caption, grouped_bars(pen, names, [series], height_in=2.0), caption, 0.9),
        _worst_table(plan, cuts, say),
    ]
    return blocks


def _bin(count: int) -> int:
    return next(k for k, (low, high) in enumerate(_BINS) if high is None or low <= count <= high)


def _bin_name(k: int, say: Voice) -> str:
    low, high = _BINS[k]
    if high is None:
        return say(f"{low} 个以上", f"{low} and more")
    span = f"{low}" if low == high else f"{low}–{high}"
    return say(f"{span} 个", span if low != 1 or high != 1 else "1")


def _kinds_table(plan: Plan, cuts: list[GroupCut], say: Voice) -> Table:
    level = _levels(plan)
    rows = []
    for kind, name in CUT_KINDS.items():
        mine = [cut for cut in cuts if cut.kind == kind]
        if mine:
            rows.append(_kind_row(say.text(name), mine, level))
    rows.append(_kind_row(say("合计（最大）", "all (most)"), cuts, level))
    return Table(
        say("单处切断的影响（按切断对象）", "What one cut takes down, by what is cut"),
        (
            say("切断对象", "what is cut"),
            say("数量", "groups"),
            say("最多中断站点", "most sites lost"),
            say("最多中断汇聚节点", "most hubs lost"),
            say("最多中断乡镇（街道）", "most townships lost"),
        ),
        tuple(rows),
        ("left", "right", "right", "right", "right"),
        (1.3, 0.8, 1.0, 1.0, 1.1),
        totals=1,
    )


def _kind_row(name: str, cuts: list[GroupCut], level: dict[str, str]) -> tuple[str, ...]:
    most = [max(_count(cut, level, kind) for cut in cuts) for kind in ("district", "township")]
    worst = max(len(cut.site_ids) for cut in cuts)
    return (name, *(number(value).zh for value in (len(cuts), worst, *most)))


def _levels(plan: Plan) -> dict[str, str]:
    sites = plan["sites"]
    return dict(zip(sites["site_id"].astype(str), sites["level"].astype(str), strict=True))


def _count(cut: GroupCut, level: dict[str, str], kind: str) -> int:
    return sum(level[site] == kind for site in cut.site_ids)


def _worst_table(plan: Plan, cuts: list[GroupCut], say: Voice) -> Table:
    """Return the worst cuts with what they take down."""
    level = _levels(plan)
    sites, edges = plan["sites"], plan["candidate_edges"]
    weight = dict(zip(sites["site_id"].astype(str), sites["weight"].astype(int), strict=True))
    named = dict(zip(plan["districts"]["code"], plan["districts"]["name"], strict=True))
    where = dict(zip(edges["edge_id"].astype(int), edges["district_code"], strict=True))
    label = plan["risk_groups"].set_index("group_id")["label"].to_dict()
    whole = int(plan.certificate["total_weight"])
    rows = []
    for rank, cut in enumerate(cuts[:_WORST], start=1):
        if not cut.site_ids:
            break
        places = dict.fromkeys(str(named.get(where[edge], "—")) for edge in cut.edge_ids)
        lost = sum(weight[site] for site in cut.site_ids)
        counts = [_count(cut, level, kind) for kind in ("district", "municipal", "township")]
        rows.append(
            (
                str(rank),
                _what(cut, str(label[cut.group_id]), say),
                say.join(list(places)),
                *(number(value).zh for value in (len(cut.site_ids), *counts)),
                share(lost / whole if whole else 0.0).zh,
            )
        )
    return Table(
        say("影响最大的单处切断", "The worst single cuts"),
        (
            say("序号", "no."),
            say("切断对象", "what is cut"),
            say("所在区", "district"),
            say("中断站点", "sites lost"),
            say("汇聚节点", "hubs"),
            say("市级单位", "municipal"),
            say("乡镇（街道）", "townships"),
            say("权重占比", "weight"),
        ),
        tuple(rows),
        ("center", "left", "left", "right", "right", "right", "right", "right"),
        (0.45, 2.0, 0.9, 0.75, 0.75, 0.8, 1.2, 0.8),
    )


def _what(cut: GroupCut, label: str, say: Voice) -> str:
    """Name what is cut: a duct by its id, else the stretches as the contractor lists know them."""
    kind = say.text(CUT_KINDS[cut.kind]) if cut.kind in CUT_KINDS else cut.kind
    if cut.kind == "duct":
        return f"{kind} {label.partition('/')[2] or label}"
    shown = say.join([str(edge) for edge in cut.edge_ids[:_SHOWN_EDGES]])
    more = say("等", " ...") if len(cut.edge_ids) > _SHOWN_EDGES else ""
    return f"{kind} {shown}{more}"
