"""Phases under budgets: tiny networks by hand, brute force over every assignment, properties."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from ortools.sat.python import cp_model

from geoplan.errors import InfeasibleError
from geoplan.optimize import phase_search
from geoplan.optimize.blocks import build_blocks
from geoplan.optimize.cores import edge_bill_cents
from geoplan.optimize.phase_search import Limits, search
from geoplan.optimize.phasing import PhaseChoice, plan_phases, resolve_budgets
from geoplan.optimize.problem import CORE, HUB, MUNICIPAL, TOWNSHIP, Problem
from geoplan.optimize.solution import Design
from geoplan.stopping import NO_LIMIT, Clock
from geoplan.text import Text


def make(
    sites: list[tuple[int, int, int, int, list[list[int]]]],
    fixed: list[int],
    *,
    core_cents: list[int] | None = None,
    step_cents: int = 0,
    budgets: list[int] | None,
    shares: tuple[int, ...] = (30, 80, 70),
    factor_permille: int = 1020,
    round_cents: int = 1,
    gain: tuple[int, ...] | None = None,
    all_hubs: bool = False,
) -> tuple[Problem, Design]:
    """Build a problem and its design from ``(level, home, cents, weight, ways)`` per site.

    Phasing reads the ways as sets of edges, so the edges' end nodes may be anything. Edges with
    core cents are lit ones; the others take 12-core cables at ``step_cents``.
    """
    m, s = len(fixed), len(sites)
    level, home, cents, weight, ways = (list(column) for column in zip(*sites, strict=True))
    lit = np.array(core_cents if core_cents is not None else [0] * m, dtype=np.int64)
    takes = lit == 0
    p = len(budgets) if budgets is not None else len(shares)
    cores = np.array([0 if lv == CORE else 2 for lv in level], dtype=np.int64)
    problem = Problem(
        n_nodes=2,
        tail=np.zeros(m, dtype=np.int32),
        head=np.ones(m, dtype=np.int32),
        fixed_cents=np.array(fixed, dtype=np.int64),
        core_cents=lit,
        takes_cable=takes,
        step_cores=np.array([12, 24], dtype=np.int64),
        step_cents=np.outer(takes, [step_cents, 2 * step_cents]).astype(np.int64),
        reserve_permille=200,
        capacity_cores=np.full(m, -1, dtype=np.int64),
        capacity_cables=np.full(m, -1, dtype=np.int64),
        risk_ptr=np.arange(m + 1, dtype=np.int64),
        risk_groups=np.arange(m, dtype=np.int32),
        n_risk_groups=m,
        site_node=np.zeros(s, dtype=np.int32),
        site_level=np.array(level, dtype=np.int8),
        site_home=np.array(home, dtype=np.int32),
        site_ways=np.array([{CORE: 0, HUB: 2}.get(lv, 1) for lv in level], dtype=np.int8),
        site_cores=cores,
        site_cents=np.array(cents, dtype=np.int64),
        site_weight=np.array(weight, dtype=np.int64),
        budgets_cents=None if budgets is None else np.array(budgets, dtype=np.int64),
        budget_shares=np.array(shares, dtype=np.int64),
        budget_factor_permille=factor_permille,
        budget_round_cents=round_cents,
        phase_gain=np.array(gain or (1,) * p, dtype=np.int64),
        all_hubs_first=all_hubs,
    )
    paths = [(i, w + 1, way) for i, site in enumerate(ways) for w, way in enumerate(site)]
    edge_cores = np.zeros(m, dtype=np.int64)
    for site, _, way in paths:
        edge_cores[way] += cores[site]
    design = Design(
        path_ptr=np.cumsum([0, *(len(way) for _, _, way in paths)]).astype(np.int64),
        path_edges=np.array([e for _, _, way in paths for e in way], dtype=np.int32),
        path_site=np.array([site for site, _, _ in paths], dtype=np.int32),
        path_way=np.array([w for _, w, _ in paths], dtype=np.int8),
        edge_cores=edge_cores,
        cost_cents=int(edge_bill_cents(problem, edge_cores).sum()) + sum(cents),
        bound_cents=0,
        bound_method="",
        complete=True,
    )
    return problem, design


def phases(problem: Problem, design: Design, work_limit: float = 1.0) -> PhaseChoice:
    return plan_phases(problem, design, seed=7, work_limit=work_limit, clock=Clock.started(60.0))


def two_districts(**options: object) -> tuple[Problem, Design]:
    """Core C (10), hubs A and B (20 each) on a ring of three trenches, a township behind each.

    Edges: 0 C-A 30, 1 A-B 10, 2 B-C 30, 3 A-TA 5, 4 B-TB 40. Both hubs use edges 0, 1, 2 (70).
    Weights: hub A 4, hub B 4, township A 10, township B 9. Whole bill:
    10 + 70 + 2 * 20 + (5 + 1) + (40 + 1) = 167.
    """
    sites = [
        (CORE, 0, 10, 0, []),
        (HUB, 0, 20, 4, [[0], [1, 2]]),
        (HUB, 0, 20, 4, [[2], [1, 0]]),
        (TOWNSHIP, 1, 1, 10, [[3]]),
        (TOWNSHIP, 2, 1, 9, [[4]]),
    ]
    return make(sites, [30, 10, 30, 5, 40], **options)  # type: ignore[arg-type]


# ---- budgets ---------------------------------------------------------------------------------


def test_given_budgets_are_taken_as_they_are() -> None:
    problem, _ = two_districts(budgets=[50, 60, 70])
    assert resolve_budgets(problem, 10**9).tolist() == [50, 60, 70]


def test_derived_budgets_round_the_share_of_each_phase_up() -> None:
    """30:80:70 of 1.02 x 1,000,001 = 1,020,001.02: 170,000.17, 453,333.79 and 396,667.06.

    In thousands, upwards: 171,000 + 454,000 + 397,000.
    """
    problem, _ = two_districts(budgets=None)
    exact = resolve_budgets(problem, 1_000_001)
    assert exact.tolist() == [170_001, 453_334, 396_668]
    rounded = resolve_budgets(replace(problem, budget_round_cents=1000), 1_000_001)
    assert rounded.tolist() == [171_000, 454_000, 397_000]
    assert not rounded.flags.writeable


@pytest.mark.parametrize("cost", [0, 1, 99, 10**6 + 7, 8 * 10**10 + 3])
def test_derived_budgets_never_fall_below_the_factor(cost: int) -> None:
    problem, _ = two_districts(budgets=None)
    for unit in (1, 100, 10**6):
        budgets = resolve_budgets(replace(problem, budget_round_cents=unit), cost)
        assert int(budgets.sum()) * 1000 >= cost * 1020
        assert int(budgets.sum()) * 1000 < (cost + 1) * 1020 + 1000 + 3 * unit * 1000


@pytest.mark.parametrize("cost", [279_899_999, 75_000_001, 10**11 + 9])
def test_each_phase_has_its_exact_share_rounded_up_once(cost: int) -> None:
    shares = [30.0, 10.0, 0.333333]
    problem, _ = two_districts(budgets=None)
    scaled = np.array([round(10**6 * share) for share in shares])
    budgets = resolve_budgets(replace(problem, budget_shares=scaled, budget_round_cents=100), cost)
    whole = sum(Fraction(str(share)) for share in shares)
    for money, share in zip(budgets.tolist(), shares, strict=True):
        wanted = Fraction(cost) * Fraction(102, 100) * Fraction(str(share)) / whole
        assert 0 <= money - wanted < 100
        assert money % 100 == 0


# ---- tiny networks by hand -------------------------------------------------------------------


def test_township_with_the_cheap_branch_comes_with_its_hub() -> None:
    """Phase 1 pays core, ring and hub A with its township: 10 + 70 + 20 + 6 = 106 <= 110.

    Hub B (20) would need 126, so weight 14. Phase 2 adds hub B (126, weight 18), phase 3 the
    rest (167, weight 27). Objective 14 + 18 + 27.
    """
    choice = phases(*two_districts(budgets=[110, 30, 30]))
    assert choice.site_phase.tolist() == [1, 1, 2, 1, 3]
    assert choice.edge_phase.tolist() == [1, 1, 1, 1, 3]
    assert choice.cost_cents.tolist() == [106, 20, 41]
    assert choice.weight.tolist() == [14, 18, 27]
    assert (choice.value, choice.tree_bound, choice.proven) == (59, 59, True)
    assert not choice.stopped


def test_all_hubs_first_holds_townships_back() -> None:
    """With 110 only one hub fits (100): no township yet, weight 4; 140 pays both hubs and A's."""
    choice = phases(*two_districts(budgets=[110, 30, 30], all_hubs=True))
    assert choice.site_phase[3] == 2
    assert choice.weight.tolist() == [4, 18, 27]
    assert choice.value == 49


def test_money_is_exact_to_the_cent() -> None:
    enough = phases(*two_districts(budgets=[106]))
    assert enough.weight.tolist() == [14]
    assert enough.cost_cents.tolist() == [106]
    short = phases(*two_districts(budgets=[105]))
    assert short.weight.tolist() == [4]  # one hub: 100


def test_what_the_money_does_not_reach_stays_out() -> None:
    choice = phases(*two_districts(budgets=[100, 6, 20]))
    assert choice.site_phase.tolist() == [1, 1, 3, 2, 0]
    assert choice.edge_phase.tolist() == [1, 1, 1, 2, 0]
    assert int(choice.cost_cents.sum()) == 126


def test_lighting_is_paid_by_the_phase_that_serves_cable_by_the_one_that_opens() -> None:
    """Trunk 0 (fixed 50, one 12-core cable 7 for 2 x 2 cores), lit edges 1 and 2 at 3 a core.

    Unit X (way 0, 1; weight 5): 1 + 6; unit Y (way 0, 2; weight 4): 1 + 6. Phase 1 with 64 pays
    trunk, cable and one unit: 50 + 7 + 7. Phase 2 serves the other for 7.
    """
    problem, design = make(
        [(CORE, 0, 0, 0, []), (MUNICIPAL, 0, 1, 5, [[0, 1]]), (MUNICIPAL, 0, 1, 4, [[0, 2]])],
        [50, 0, 0],
        core_cents=[0, 3, 3],
        step_cents=7,
        budgets=[64, 7],
    )
    choice = phases(problem, design)
    assert choice.site_phase.tolist() == [1, 1, 2]
    assert choice.edge_phase.tolist() == [1, 1, 2]
    assert choice.cost_cents.tolist() == [64, 7]


def test_sites_without_weight_are_served_when_money_allows() -> None:
    problem, design = make(
        [(CORE, 0, 1, 0, []), (MUNICIPAL, 0, 5, 0, [[0]]), (MUNICIPAL, 0, 9, 1, [[1]])],
        [10, 10],
        budgets=[21, 14],
    )
    choice = phases(problem, design)
    assert choice.site_phase.tolist() == [1, 2, 1]
    tight = phases(replace(problem, budgets_cents=np.array([21, 13], dtype=np.int64)), design)
    assert tight.site_phase.tolist() == [1, 0, 1]


def test_ties_go_to_more_sites() -> None:
    """One unit of weight 6 or three of weight 2 for the same money: the three."""
    units = [(MUNICIPAL, 0, 3, 6, [[0]])] + [(MUNICIPAL, 0, 1, 2, [[e]]) for e in (1, 2, 3)]
    problem, design = make([(CORE, 0, 0, 0, []), *units], [0, 0, 0, 0], budgets=[3])
    assert phases(problem, design).site_phase.tolist() == [1, 0, 1, 1, 1]


def test_phase_without_gain_still_reports_true_weights() -> None:
    choice = phases(*two_districts(budgets=[110, 30, 30], gain=(0, 1, 0)))
    assert choice.value == choice.weight[1] == 18
    assert (choice.site_phase > 0).all()


def test_site_lacking_a_way_is_never_served_nor_paid_for() -> None:
    """Hub B has one way only: it and its township stay out, edge 4 unbuilt."""
    problem, design = two_districts(budgets=[1000])
    ways = [0, 1, 2, 4, 5]  # drop the second way of hub B
    paths = [design.path(way) for way in ways]
    broken = replace(
        design,
        path_ptr=np.cumsum([0, *map(len, paths)]).astype(np.int64),
        path_edges=np.concatenate(paths),
        path_site=design.path_site[ways],
        path_way=design.path_way[ways],
        complete=False,
    )
    choice = phases(problem, broken)
    assert choice.site_phase.tolist() == [1, 1, 0, 1, 0]
    assert choice.edge_phase.tolist() == [1, 1, 1, 1, 0]


def test_core_that_phase_one_can_not_pay_names_the_price() -> None:
    with pytest.raises(InfeasibleError) as caught:
        phases(*two_districts(budgets=[7, 500, 500]))
    (fault,) = caught.value.faults
    assert fault.rule == "budget.core"
    assert "0.03 yuan" in fault.what.en
    assert "0.03" in fault.cure.zh
    problem, design = two_districts(budgets=[7, 500, 500])
    names = (Text("一期", "Stage A"), Text("二期", "Stage B"), Text("三期", "Stage C"))
    with pytest.raises(InfeasibleError) as caught:
        phases(replace(problem, phase_names=names), design)
    (fault,) = caught.value.faults
    assert fault.what.en.startswith("the money of Stage A does not pay for the core")
    assert fault.what.zh.startswith("一期预算不足")
    assert "more in Stage A" in fault.cure.en


def test_blocks_merge_what_is_needed_together() -> None:
    """The ring and what needs it: {core}, {ring}, hub A, hub B, township A + 3, township B + 4."""
    blocks = build_blocks(*two_districts(budgets=None))
    assert sorted(blocks.cost_cents.tolist()) == [6, 10, 20, 20, 41, 70]
    assert len(blocks.child) == 5
    assert int(blocks.forced.sum()) == 1


# ---- against every assignment ----------------------------------------------------------------


def random_instance(rng: np.random.Generator) -> tuple[Problem, Design]:
    """A small instance: 1 core, up to 2 hubs, up to 4 others; shared edges, some lit."""
    m = int(rng.integers(3, 9))

    def way() -> list[int]:
        return rng.choice(m, size=int(rng.integers(0, min(4, m))), replace=False).tolist()

    n_hubs, n_others = int(rng.integers(0, 3)), int(rng.integers(1, 5))
    sites: list[tuple[int, int, int, int, list[list[int]]]] = [
        (CORE, 0, int(rng.integers(0, 15)), int(rng.integers(0, 3)), [])
    ]
    for _ in range(n_hubs):
        both = [way(), way()] if rng.random() < 0.95 else [way()]
        sites.append((HUB, 0, int(rng.integers(0, 30)), int(rng.integers(0, 20)), both))
    for _ in range(n_others):
        hub = int(rng.integers(0, n_hubs + 1))
        level = TOWNSHIP if hub else MUNICIPAL
        cents, weight = int(rng.integers(0, 20)), int(rng.integers(0, 30))
        sites.append((level, hub, cents, weight, [way()]))
    p = int(rng.integers(1, 4))
    lit = np.where(rng.random(m) < 0.3, rng.integers(1, 6, m), 0)
    fixed = np.where(lit > 0, 0, rng.integers(1, 60, m))
    given = rng.random() < 0.7
    problem, design = make(
        sites,
        fixed.tolist(),
        core_cents=lit.tolist(),
        step_cents=int(rng.integers(0, 10)),
        budgets=rng.integers(0, int(rng.choice([20, 80, 200])), p).tolist() if given else None,
        shares=tuple(rng.integers(1, 9, p).tolist()),
        gain=tuple(rng.integers(0, 4, p).tolist()),
        all_hubs=bool(rng.random() < 0.5),
    )
    return problem, design


def best_by_brute_force(problem: Problem, design: Design) -> tuple[int, int] | None:
    """Return the best value, and the most sites in service over the phases at that value.

    Tries every phase (or none) for every site, straight from the rules; None when no
    assignment holds.
    """
    s, p = problem.n_sites, problem.n_phases
    never = p + 1
    every = np.array(list(itertools.product(range(1, never + 1), repeat=s - 1)), dtype=np.int64)
    phase = np.column_stack([np.ones(len(every), dtype=np.int64), every])  # the core: phase 1
    holds = np.ones(len(phase), dtype=bool)
    hubs = np.flatnonzero(problem.site_level == HUB)
    for site in range(1, s):
        if np.sum(design.path_site == site) < problem.site_ways[site]:
            holds &= phase[:, site] == never
        if problem.site_level[site] == TOWNSHIP:
            before = [*hubs] if problem.all_hubs_first else [problem.site_home[site]]
            for hub in before:
                holds &= (phase[:, hub] <= phase[:, site]) | (phase[:, site] == never)
    spent = np.zeros((len(phase), never + 1), dtype=np.int64)
    rows = np.arange(len(phase))
    opened = np.full((len(phase), problem.n_edges), never, dtype=np.int64)
    for site in range(s):
        spent[rows, phase[:, site]] += problem.site_cents[site]
        for row in np.flatnonzero(design.path_site == site):
            for e in design.path(int(row)):
                light = problem.core_cents[e] * problem.site_cores[site]
                spent[rows, phase[:, site]] += light
                opened[:, e] = np.minimum(opened[:, e], phase[:, site])
    whole = edge_bill_cents(problem, design.edge_cores)
    for e in range(problem.n_edges):
        open_cents = whole[e] - problem.core_cents[e] * design.edge_cores[e]
        spent[rows, opened[:, e]] += open_cents
    released = np.cumsum(resolve_budgets(problem, design.cost_cents))
    holds &= (np.cumsum(spent[:, 1:never], axis=1) <= released).all(axis=1)
    if not holds.any():
        return None
    served = phase[holds][:, None, :] <= np.arange(1, never)[None, :, None]
    value = (served @ problem.site_weight) @ problem.phase_gain
    most = served[value == value.max()].sum(axis=(1, 2)).max()
    return int(value.max()), int(most)


@pytest.mark.parametrize("block", range(8))
def test_equals_brute_force(block: int) -> None:
    rng = np.random.default_rng(20_091 + block)
    solved = 0
    for _ in range(40):
        problem, design = random_instance(rng)
        best = best_by_brute_force(problem, design)
        if best is None:
            with pytest.raises(InfeasibleError):
                phases(problem, design)
            continue
        solved += 1
        choice = phases(problem, design)
        assert choice.value == choice.tree_bound == best[0]
        assert choice.proven
        reached = choice.site_phase[choice.site_phase > 0]
        assert int((problem.n_phases + 1 - reached.astype(np.int64)).sum()) == best[1]
        audit(problem, design, choice)
    assert solved >= 25


def audit(problem: Problem, design: Design, choice: PhaseChoice) -> None:
    """Recompute everything that a choice states, row by row."""
    p = problem.n_phases
    spent, weight = [0] * (p + 1), [0] * (p + 1)
    users: dict[int, list[int]] = {}
    for row, site in enumerate(design.path_site.tolist()):
        for e in design.path(row).tolist():
            if choice.site_phase[site] > 0:
                users.setdefault(e, []).append(int(choice.site_phase[site]))
                spent[choice.site_phase[site]] += int(
                    problem.core_cents[e] * problem.site_cores[site]
                )
    whole = edge_bill_cents(problem, design.edge_cores)
    for e in range(problem.n_edges):
        assert choice.edge_phase[e] == min(users.get(e, [0]))
        if users.get(e):
            lit = problem.core_cents[e] * design.edge_cores[e]
            spent[choice.edge_phase[e]] += int(whole[e] - lit)
    for site in range(problem.n_sites):
        k = int(choice.site_phase[site])
        if k > 0:
            spent[k] += int(problem.site_cents[site])
            weight[k] += int(problem.site_weight[site])
    assert spent[1:] == choice.cost_cents.tolist()
    assert np.cumsum(weight[1:]).tolist() == choice.weight.tolist()
    assert (np.cumsum(choice.cost_cents) <= np.cumsum(choice.budgets_cents)).all()
    assert choice.value == int(problem.phase_gain @ choice.weight)


# ---- larger: properties ----------------------------------------------------------------------


def comb(n_units: int, seed: int) -> tuple[Problem, Design]:
    """A long trunk with a unit on each tooth: unit i needs trunk edges 0..i and its tooth."""
    rng = np.random.default_rng(seed)
    units = [
        (MUNICIPAL, 0, int(rng.integers(1, 50)), int(rng.integers(1, 99)), [[n_units + i, *trunk]])
        for i, trunk in ((i, list(range(i, -1, -1))) for i in range(n_units))
    ]
    fixed = rng.integers(1, 100, 2 * n_units).tolist()
    return make([(CORE, 0, 10, 0, []), *units], fixed, step_cents=1, budgets=None)


def test_derived_budgets_serve_everything_and_spend_the_whole_bill() -> None:
    problem, design = comb(40, seed=3)
    choice = phases(problem, design)
    assert (choice.site_phase > 0).all()
    assert int(choice.cost_cents.sum()) == design.cost_cents
    assert choice.tree_bound >= choice.value
    audit(problem, design, choice)


def test_same_seed_same_answer_and_little_work_is_still_a_plan() -> None:
    problem, design = comb(40, seed=4)
    first, second = (phases(problem, design, work_limit=0.2) for _ in range(2))
    assert first.site_phase.tolist() == second.site_phase.tolist()
    assert first.tree_bound == second.tree_bound
    hasty = phases(problem, design, work_limit=1e-9)
    audit(problem, design, hasty)
    assert (hasty.site_phase > 0).all()
    assert hasty.value <= first.tree_bound <= hasty.tree_bound


def test_a_search_that_forgets_its_hint_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, design = comb(40, seed=4)
    blocks = build_blocks(problem, design)
    released = np.cumsum(resolve_budgets(problem, design.cost_cents))
    start = np.tile(blocks.forced, (len(released), 1))
    monkeypatch.setattr(cp_model.CpSolver, "boolean_value", lambda *_: False)
    found = search(blocks, released, problem.phase_gain, start, Limits(1, 0.1, NO_LIMIT))
    assert found.bought[:, blocks.forced].all()
    assert (found.bought @ blocks.cost_cents <= released).all()
    assert (found.bought @ blocks.weight).min() > 0  # the plan of the MIP still stands


@pytest.mark.parametrize("seed", range(6))
def test_what_is_no_choice_is_as_in_the_plan_it_was_told_by(seed: int) -> None:
    """Ranges get narrower around a plan that keeps the money and is no worse than the start."""
    problem, design = comb(60, seed=seed)
    blocks = build_blocks(problem, design)
    released = np.cumsum(resolve_budgets(problem, design.cost_cents * 9 // 10))
    start = np.tile(blocks.forced, (len(released), 1))
    low, high = phase_search._range(blocks, released)
    plan, least, most = phase_search._choices(
        *(blocks, released, problem.phase_gain, low, high, start), lambda plan: plan
    )
    assert (plan @ blocks.cost_cents <= released).all()
    assert int(problem.phase_gain @ (plan @ blocks.weight)) > 0
    assert (least <= plan).all()
    assert (plan <= most).all()
    assert (low <= least).all()
    assert (most <= high).all()
    assert 0 < (most & ~least).sum() < (high & ~low).sum()


def test_a_start_better_than_the_relaxation_rounded_down_is_kept() -> None:
    problem, design = comb(60, seed=3)
    blocks = build_blocks(problem, design)
    released = np.cumsum(resolve_budgets(problem, design.cost_cents * 9 // 10))
    low, high = phase_search._range(blocks, released)
    limits = Limits(1, 1.0, NO_LIMIT)
    best = search(blocks, released, problem.phase_gain, low, limits).bought
    plan, least, most = phase_search._choices(
        *(blocks, released, problem.phase_gain, low, high, best), lambda plan: plan
    )
    assert (plan == best).all()
    assert (least <= best).all()
    assert (best <= most).all()


def test_wall_limit_is_a_safety_stop_that_is_reported() -> None:
    problem, design = comb(60, seed=5)
    choice = plan_phases(problem, design, seed=1, work_limit=1.0, clock=Clock.started(0.0))
    audit(problem, design, choice)
    assert choice.proven or choice.stopped


def test_progress_never_falls() -> None:
    told: list[tuple[str, float]] = []
    problem, design = two_districts(budgets=[110, 30, 30])
    plan_phases(
        problem,
        design,
        seed=1,
        work_limit=1.0,
        clock=NO_LIMIT,
        progress=lambda stage, fraction: told.append((stage, fraction)),
    )
    assert {stage for stage, _ in told} == {"phases"}
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
