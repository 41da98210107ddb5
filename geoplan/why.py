"""Why a site is not earlier: what having it one phase earlier would cost and displace.

Answered by solving the phases again on the plan's own routes with the site locked to an earlier
phase. What is said to be proven holds on these routes; the plan's own bound over all routes
whatever stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import Fault, InputError
from geoplan.optimize.blocks import blocks_of_sites, build_blocks
from geoplan.optimize.locks import SiteLock
from geoplan.optimize.phasing import PhaseChoice, plan_phases
from geoplan.rebuild import Rebuilt
from geoplan.stopping import Clock
from geoplan.text import Text, nearest

__all__ = ["Earlier", "Move", "ask_earlier"]


@dataclass(frozen=True, slots=True)
class Move:
    """A site that changes its phase (0: not served)."""

    site_id: str
    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """Answer: what it takes to have one site in service a phase earlier.

    Parameters
    ----------
    phase_names
        What the plan calls each phase.
    site_id, name, phase, asked
        The site, its phase in the plan (0: not served) and the phase by which it is asked for.
    value, value_asked
        Phase objective of the plan, and the best found with the site earlier.
    lost_least, lost_most
        The loss of objective is proven to be within these, on the plan's routes. The least is
        below 0 where the plan itself is not proven best on its routes.
    proven
        Whether ``value_asked`` is proven the best on these routes.
    later, sooner
        Sites that come later (or not at all), and those that come earlier.
    cost_cents, cost_asked_cents
        Money spent per phase, before and after.
    extra_cents
        Least money that would have to be released more in the phase asked for so that no site
        comes later at all, on the plan's routes; exact.
    phase_bound
        The plan's bound on the objective over all routes whatever.
    """

    phase_names: tuple[Text, ...]
    site_id: str
    name: str
    phase: int
    asked: int
    value: int
    value_asked: int
    lost_least: int
    lost_most: int
    proven: bool
    later: tuple[Move, ...]
    sooner: tuple[Move, ...]
    cost_cents: tuple[int, ...]
    cost_asked_cents: tuple[int, ...]
    extra_cents: int
    phase_bound: int


def ask_earlier(
    rebuilt: Rebuilt, site_id: str, *, seed: int, work_limit: float, time_limit_s: float
) -> Earlier:
    """Say what having a site one phase earlier would cost and displace, by solving again.

    A site that the plan does not serve is asked for by the end of the last phase.

    Raises
    ------
    InputError
        There is no such site, it can't be served, or it is in phase 1 already.
    InfeasibleError
        No plan on these routes has it earlier: the faults name what stands against it, each
        with the price of giving way.
    """
    site = _site(rebuilt, site_id)
    problem, design = rebuilt.problem, rebuilt.design
    phase = int(rebuilt.site_phase[site])
    p = problem.n_phases
    asked = phase - 1 if phase else p
    lock = SiteLock(f"why {site_id}", site, (*(k <= asked for k in range(1, p + 1)), False))
    locks = replace(problem.locks, sites=(*problem.locks.sites, lock))
    choice = plan_phases(
        replace(problem, locks=locks),
        design,
        seed=seed,
        work_limit=work_limit,
        clock=Clock.started(time_limit_s),
        near=rebuilt.site_phase,
    )
    value = int(rebuilt.plan.certificate["phase_value"])
    later, sooner = _moves(rebuilt, choice)
    phases = rebuilt.plan.phases
    return Earlier(
        phase_names=tuple(map(Text, phases["name_zh"].astype(str), phases["name_en"].astype(str))),
        site_id=site_id,
        name=_names(rebuilt)[site],
        phase=phase,
        asked=asked,
        value=value,
        value_asked=choice.value,
        lost_least=value - choice.tree_bound,
        lost_most=value - choice.value,
        proven=choice.proven,
        later=later,
        sooner=sooner,
        cost_cents=tuple(phases["cost_cents"].astype(int)),
        cost_asked_cents=tuple(choice.cost_cents.tolist()),
        extra_cents=_extra_cents(rebuilt, site, asked),
        phase_bound=int(rebuilt.plan.certificate["phase_bound"]),
    )


def _names(rebuilt: Rebuilt) -> list[str]:
    names = rebuilt.plan["sites"].set_index("site_id")["name"]
    return [str(name) for name in names.reindex(rebuilt.site_id)]


def _site(rebuilt: Rebuilt, site_id: str) -> int:
    """Return the number of a site that can be asked for earlier.

    Raises
    ------
    InputError
        There is no such site, or no earlier phase for it.
    """
    sites = rebuilt.plan["sites"].set_index("site_id")
    known = {name: row for row, name in enumerate(rebuilt.site_id.tolist())}
    if site_id not in sites.index:
        close = nearest(site_id, sites.index)
        cure = Text(
            f"是否应为 {close}？" if close else "用图层 sites 中的 site_id",
            f"did you mean {close}?" if close else "take a site_id of the layer sites",
        )
        what = Text(f"方案中没有站点 {site_id}", f"the plan has no site {site_id}")
        raise InputError([Fault("why.unknown_site", "sites", site_id, what, cure)])
    if site_id not in known:
        what = Text(str(sites.loc[site_id, "why_zh"]), str(sites.loc[site_id, "why_en"]))
        cure = Text("补上位置或道路后重新编制方案", "give its position or roads, and plan again")
        raise InputError([Fault("why.unattached_site", "sites", site_id, what, cure)])
    if rebuilt.site_phase[known[site_id]] == 1:
        first = rebuilt.problem.phase_name(1)
        what = Text(
            f"已在{first.zh}，没有更早的分期", f"is in {first.en}: there is no earlier phase"
        )
        cure = Text("询问较晚分期的站点", "ask for a site of a later phase")
        raise InputError([Fault("why.first_phase", "sites", site_id, what, cure)])
    return known[site_id]


def _moves(rebuilt: Rebuilt, choice: PhaseChoice) -> tuple[tuple[Move, ...], tuple[Move, ...]]:
    """Return sites that come later and sites that come sooner, heaviest first."""
    never = rebuilt.problem.n_phases + 1
    before = _dated(rebuilt.site_phase, never)
    after = _dated(choice.site_phase, never)
    names = _names(rebuilt)
    order = np.argsort(-rebuilt.problem.site_weight, kind="stable")

    def moved(rows: NDArray[np.bool_]) -> tuple[Move, ...]:
        return tuple(
            Move(
                str(rebuilt.site_id[s]),
                names[s],
                int(rebuilt.site_phase[s]),
                int(choice.site_phase[s]),
            )
            for s in order.tolist()
            if rows[s]
        )

    return moved(after > before), moved(after < before)


def _dated(phase: NDArray[np.int8], never: int) -> NDArray[np.int64]:
    return np.where(phase == 0, never, phase).astype(np.int64)


def _extra_cents(rebuilt: Rebuilt, site: int, asked: int) -> int:
    """Return the least extra money in the phase asked for with which nobody comes later.

    On fixed routes whatever serves everybody no later than in the plan, and the site by then,
    buys at least what is bought here: no plan needs less. Cash limits are left aside.
    """
    problem = rebuilt.problem
    blocks = build_blocks(problem, rebuilt.design)
    wanted = rebuilt.site_phase.copy()
    wanted[site] = asked
    spent = blocks_of_sites(problem, blocks, wanted) @ blocks.cost_cents
    assert problem.budgets_cents is not None
    short = spent - np.cumsum(problem.budgets_cents)
    return max(0, int(short[asked - 1 :].max()))
