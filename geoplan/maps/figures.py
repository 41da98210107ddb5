"""The figures panel: one record per step of the slider, and the sentences about the proof.

Step 0 is the present state, step k the state after phase k. Everything is read from the plan's
tables ``phases`` (cumulative there), ``certificate`` and ``provenance``; money released and
spent so far are running sums of the phases table's columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoplan.maps.format import kilometres, money, number, share
from geoplan.maps.words import WORDS
from geoplan.plan import Plan
from geoplan.plan_words import ended_early, figure_name, price_name
from geoplan.text import Text

__all__ = ["notes", "proof", "steps", "table_rows"]

_REACH = (("municipal", "municipal"), ("hubs", "district"), ("townships", "township"))
_PLANT = (
    ("route", "route_m"),
    ("sheath", "sheath_m"),
    ("core_new", "core_m_new"),
    ("core_reused", "core_m_reused"),
)


def _totals(plan: Plan) -> dict[str, int]:
    levels = plan.provenance.get("levels") or {}
    totals = {key: int(levels.get(level, {}).get("total", 0)) for key, level in _REACH}
    sites = plan["sites"]
    totals["villages"] = int(sites.loc[sites["level"] == "township", "villages"].sum())
    cables = plan["existing_cables"]
    # of these the plan reuses some: what is there, in core-metres
    totals["core_reused"] = round(float((cables["cores"] * cables["length_m"]).sum()))
    return totals


def _plant(row: Mapping[Any, Any], totals: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the kilometres of plant; reused cores beside those of the whole existing plant."""
    found: list[dict[str, Any]] = []
    for key, column in _PLANT:
        record: dict[str, Any] = {"key": key, "value": kilometres(row[column])}
        if totals.get(key):
            record["of"] = kilometres(totals[key])
            record["part"] = _part(row[column], totals[key])
        found.append(record)
    return found


def _part(value: float, whole: float) -> float:
    """Return how far a bar is filled (0 to 1); bars are pictures, not figures."""
    return round(min(1.0, value / whole), 4) if whole > 0 else 0.0


def _step(
    row: Mapping[Any, Any], released: int, spent: int, totals: Mapping[str, int]
) -> dict[str, Any]:
    reach = [
        {
            "key": key,
            "value": number(row[key]),
            "of": number(totals[key]),
            "part": _part(row[key], totals[key]),
        }
        for key in ("municipal", "hubs", "townships", "villages")
    ]
    return {
        "name": Text(row["name_zh"], row["name_en"]),
        "weight": share(row["weight_share"]),
        "weight_part": _part(row["weight_share"], 1.0),
        "bound": share(row["weight_bound_share"], up=True),
        "bound_part": _part(row["weight_bound_share"], 1.0),
        "complete": bool(row["weight_share"] >= 1.0),
        "sites": number(row["sites"]),
        "reach": reach,
        "own": money(row["cost_cents"]),
        "released": money(released),
        "spent": money(spent),
        "spent_part": _part(spent, released),
        "carry": money(row["carry_cents"]),
        "plant": _plant(row, totals),
    }


def _step_today(totals: Mapping[str, int]) -> dict[str, Any]:
    columns = ["municipal", "hubs", "townships", "villages", "cost_cents", "carry_cents", "sites"]
    columns += ["weight_share", "weight_bound_share", *(column for _, column in _PLANT)]
    name = WORDS["today"]
    row = {**dict.fromkeys(columns, 0), "name_zh": name.zh, "name_en": name.en}
    return _step(row, 0, 0, totals)


def steps(plan: Plan) -> list[dict[str, Any]]:
    """Return the panel's figures per step, already worded in both languages."""
    phases = plan["phases"].sort_values("number")
    totals = _totals(plan)
    released = phases["budget_cents"].cumsum().tolist()
    spent = phases["cost_cents"].cumsum().tolist()
    rows = [
        _step(row, released[i], spent[i], totals)
        for i, row in enumerate(phases.to_dict(orient="records"))
    ]
    return [_step_today(totals), *rows]


def proof(plan: Plan) -> list[Text]:
    """Say in plain sentences how good the plan is proven to be.

    Per cent are rounded up and the bound down, so that "at most" and "no less" stay true.
    """
    certificate = plan.certificate
    cost = money(int(certificate["cost_cents"]))
    bound, gap = certificate.get("bound_cents"), certificate.get("gap")
    if bound is None or gap is None:
        sentences = [
            Text(
                f"方案总造价 {cost.zh}。本方案未接入全部可接入站点，因此不给出造价下界。",
                f"The plan costs {cost.en}. It does not serve every site that could be "
                "attached, so no lower bound on its cost is stated.",
            )
        ]
    elif bound >= certificate["cost_cents"]:
        sentences = [
            Text(
                f"方案总造价 {cost.zh}，已证明为接入全部可接入站点的最低造价。",
                f"The plan costs {cost.en}: proven to be the least possible cost of serving "
                "every site that can be attached.",
            )
        ]
    else:
        floor, above = money(int(bound), down=True), share(gap, up=True)
        sentences = [
            Text(
                f"方案总造价 {cost.zh}；已证明接入全部可接入站点不可能低于 {floor.zh}，"
                f"即本方案至多比理论最低造价高 {above.zh}。",
                f"The plan costs {cost.en}; serving every site that can be attached is proven "
                f"to cost no less than {floor.en}: the plan is at most {above.en} above the "
                "proven minimum.",
            )
        ]
    phase_gap = certificate.get("phase_gap")
    if phase_gap is not None:
        lag = share(phase_gap, up=True)
        sentences.append(
            Text(
                f"分期效益至多比同等资金下的理论上界低 {lag.zh}。",
                f"The benefit of the phasing is at most {lag.en} below the proven upper bound "
                "for the same money.",
            )
        )
    early = ended_early(str(certificate.get("status")))
    return sentences if early is None else [*sentences, early]


def notes(plan: Plan) -> list[list[Text]]:
    """Return what a reader must know before quoting a figure.

    Each note is ``[sentence]``, or ``[sentence, names]`` where the sentence counts things that
    the names list.
    """
    found: list[list[Text]] = []
    prices, figures = plan["prices"], plan["figures"]
    ids = prices.loc[prices["kind"] == "placeholder", "price_id"].astype(str).tolist()
    if ids:
        names = [price_name(name) for name in ids]
        found.append(
            [
                Text(
                    f"{len(ids)} 项单价为占位值，无来源，引用任何金额前必须替换。",
                    f"Unit prices that are placeholders nobody vouches for: {len(ids)}. Replace "
                    "them before quoting any amount.",
                ),
                Text("、".join(name.zh for name in names), ", ".join(name.en for name in names)),
            ]
        )
    values = figures.loc[figures["kind"] == "placeholder", "figure_id"].astype(str).tolist()
    if values:
        named = [figure_name(value) for value in values]
        found.append(
            [
                Text(
                    f"{len(values)} 项设计取值为占位值。",
                    f"Design figures that are placeholders: {len(values)}.",
                ),
                Text("、".join(name.zh for name in named), ", ".join(name.en for name in named)),
            ]
        )
    if plan.provenance.get("reconstructed"):
        found.append(
            [
                Text(
                    "现有管道、光缆及市级单位位置为按公开总量重建的数据，不是实测资料。",
                    "The existing plant and the positions of the municipal units are "
                    "reconstructed from published totals; they are not a survey.",
                )
            ]
        )
    if plan.provenance.get("corridors") == "settlements":
        found.append(
            [
                Text(
                    "未提供道路图层：路由为居民点之间的示意走廊，长度已乘绕行系数。",
                    "No roads layer was given: routes are corridors between settlements, their "
                    "lengths multiplied by a detour factor.",
                )
            ]
        )
    return found


def table_rows(records: list[dict[str, Any]]) -> list[tuple[Text, list[Text]]]:
    """Return the figures as table rows ``(label, value per step)``, for readers without scripts."""
    rows: list[tuple[Text, list[Text]]] = [
        (WORDS["weight"], [record["weight"] for record in records]),
        (WORDS["sites"], [record["sites"] for record in records]),
    ]
    for group in ("reach", "plant"):
        for i, item in enumerate(records[0][group]):
            values = [record[group][i]["value"] for record in records]
            rows.append((WORDS[item["key"]], values))
    for key in ("own", "released", "spent"):
        rows.append((WORDS[key], [record[key] for record in records]))
    return rows
