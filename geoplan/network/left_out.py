"""Sites that a plan leaves out although the money of all phases would pay for every site."""

from __future__ import annotations

from geoplan.errors import Fault
from geoplan.optimize.problem import Problem
from geoplan.optimize.solution import Solution
from geoplan.scenario import Scenario
from geoplan.text import Text
from geoplan.units import CENTS_PER_YUAN

__all__ = ["left_out_notes"]


def left_out_notes(problem: Problem, solution: Solution, scenario: Scenario) -> tuple[Fault, ...]:
    """Say that sites are left out for more weight early, and what serving them would cost.

    With budgets that are given the phase objective may be highest on a network whose whole bill is
    above the money, while the least network would be paid for. Nobody should find that out from a
    count of sites. Nothing is said where money is short for every network, or locks alone keep
    sites out.
    """
    released = int(solution.phases.budgets_cents.sum())
    more = solution.design.cost_cents - released
    barred = {lock.site for lock in problem.locks.sites if not any(lock.allowed[:-1])}
    phase = solution.phases.site_phase.tolist()
    out = [s for s, k in enumerate(phase) if k == 0 and s not in barred]
    if not out or more <= 0 or solution.basis_cents > released:
        return ()
    money, least, short = (
        f"{-(-cents // CENTS_PER_YUAN):,d}" for cents in (released, solution.basis_cents, more)
    )
    last, name = len(scenario.phases), scenario.phases[-1].name
    be, are = ("it", "site is") if len(out) == 1 else ("them", "sites are")
    what = Text(
        f"{len(out)}个站点未接入，尽管各期资金合计{money}元足以支付费用最低的全网（{least}元）："
        "本方案选用费用较高的路由，以便早期覆盖更多权重",
        f"{len(out)} {are} left out, though the {money} yuan of all phases would pay for the least "
        f"network for everybody ({least} yuan): the plan takes dearer routes for more weight early",
    )
    cure = Text(
        f"{name.zh}至少再拨{short}元即可全部接入；或在 [[locks.sites]] 中写明 latest = {last}"
        "（geoplan why 可说明由此推迟哪些站点）",
        f"release at least {short} yuan more in {name.en} to serve {be} as well, or ask for {be} "
        f"in [[locks.sites]] with latest = {last} (geoplan why tells what that displaces)",
    )
    return (Fault("budget.left_out", "[budgets]", "", what, cure),)
