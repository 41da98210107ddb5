"""Rules on the certificate: bounds on the right side, gaps computed right, no empty claim."""

from __future__ import annotations

import math
from typing import Any

from geoplan.text import Text
from geoplan.verify.facts import Facts
from geoplan.verify.report import RuleResult, judge, shown_gap

__all__ = ["bound_cost", "bound_phases", "certificate_status"]

_GAP_TOLERANCE = 1e-9
# words of its own: the verifier shares nothing with what makes and shows plans
_STATUS = {
    "optimal": Text("已证明最优", "proven optimal"),
    "feasible": Text("可行，差距已知", "feasible, with a known gap"),
    "time_limit": Text("可行，达到时限", "feasible, time limit struck"),
    "interrupted": Text("可行，被人中断", "feasible, interrupted"),
}


def _same(left: Any, right: float) -> bool:
    return (
        isinstance(left, int | float)
        and not isinstance(left, bool)
        and math.isclose(left, right, rel_tol=0.0, abs_tol=_GAP_TOLERANCE)
    )


def _all_served(facts: Facts) -> bool:
    sites = facts["sites"]
    return bool((sites["phase"][sites["attached"]] > 0).all())


def bound_cost(facts: Facts) -> RuleResult:
    """Check bound <= cost and the gap's arithmetic; both null exactly when sites are left out."""
    said = facts.data.certificate
    cost, bound, gap = said.get("cost_cents"), said.get("bound_cents"), said.get("gap")
    design = said.get("design_cost_cents")
    basis = said.get("budget_basis_cents")
    faults = []
    if type(cost) is not int or type(design) is not int or type(basis) is not int:
        odd = Text(
            "证明缺少费用",
            "the certificate lacks cost_cents, design_cost_cents or budget_basis_cents",
        )
        return judge("bound.cost", [odd], odd)
    if type(bound) is int and basis < bound:
        faults.append(
            Text(
                f"预算基数{basis}低于任何设计的下界{bound}",
                f"budgets rest on a bill of {basis}, below the bound {bound} of every design",
            )
        )
    if not _all_served(facts):
        if bound is not None or gap is not None:
            faults.append(
                Text(
                    "有站点未接入，下界与差距应为空",
                    "attached sites are left out: bound and gap must be null",
                )
            )
        if cost > design:
            faults.append(
                Text(f"费用{cost}高于全设计{design}", f"cost {cost} is above the design's {design}")
            )
    elif type(bound) is not int:
        faults.append(Text("全部接入但没有下界", "every site is served, yet there is no bound"))
    else:
        if not 0 <= bound <= cost:
            faults.append(
                Text(f"下界{bound}高于费用{cost}", f"the bound {bound} is not within 0..{cost}")
            )
        elif not _same(gap, (cost - bound) / bound if bound else math.inf):
            faults.append(Text(f"差距{gap}计算有误", f"gap {gap} is not (cost - bound) / bound"))
        if cost != design:
            faults.append(
                Text(f"费用{cost}不等于全设计{design}", f"cost {cost} is not the design's {design}")
            )
    return judge(
        "bound.cost",
        faults,
        Text(
            f"费用{cost}分，下界{bound}分，差距{shown_gap(gap)}",
            f"cost {cost}, bound {bound} cents, gap {shown_gap(gap)}",
        ),
    )


def bound_phases(facts: Facts) -> RuleResult:
    """Recompute the phase objective, and check its bound and gap."""
    said, phases = facts.data.certificate, facts["phases"]
    value, bound, gap = said.get("phase_value"), said.get("phase_bound"), said.get("phase_gap")
    right = sum(
        gain * weight
        for gain, weight in zip(phases["gain"].tolist(), phases["weight"].tolist(), strict=True)
    )
    faults = []
    if value != right:
        faults.append(
            Text(f"分期目标值{value}应为{right}", f"phase_value is {value}, should be {right}")
        )
    if not isinstance(bound, int | float) or bound < right:
        faults.append(
            Text(f"分期上界{bound}低于{right}", f"phase_bound {bound} is below the value {right}")
        )
    elif not _same(gap, (bound - right) / bound if bound else 0.0) and value == right:
        faults.append(
            Text(f"分期差距{gap}计算有误", f"phase_gap {gap} is not (bound - value) / bound")
        )
    return judge(
        "bound.phases",
        faults,
        Text(
            f"分期目标{value}，上界{bound}，差距{shown_gap(gap)}",
            f"phase value {value}, bound {bound}, gap {shown_gap(gap)}",
        ),
    )


def certificate_status(facts: Facts) -> RuleResult:
    """Check that the status is a known word, and ``optimal`` claimed only without a gap."""
    said = facts.data.certificate
    status = said.get("status")
    faults = []
    if status not in _STATUS:
        faults.append(Text(f"状态{status}未知", f"the status {status} is unknown"))
    elif status == "optimal" and (said.get("gap") or said.get("phase_gap")):
        faults.append(Text("有差距却称最优", "the plan is called optimal, but has a gap"))
    for key in (
        "bound_method_zh",
        "bound_method_en",
        "phase_bound_method_zh",
        "phase_bound_method_en",
    ):
        if not said.get(key):
            faults.append(Text(f"缺少{key}", f"{key} is missing"))
    if type(said.get("seed")) is not int:
        faults.append(Text("缺少随机种子", "the seed is missing"))
    named = _STATUS.get(str(status), Text(str(status), str(status)))
    return judge("certificate.status", faults, Text(f"状态：{named.zh}", f"status: {named.en}"))
