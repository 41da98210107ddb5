"""Locks: phases against every assignment, routes against every design, conflicts by hand."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from small_problems import NONE, Brute, make_problem, random_problem
from test_optimize_phasing import phases, random_instance, two_districts

from geoplan.errors import InfeasibleError, NoPlanError
from geoplan.optimize.cores import edge_bill_cents
from geoplan.optimize.locks import CashLimit, Commitment, KeptWay, Locks, RouteLock, SiteLock
from geoplan.optimize.phasing import PhaseChoice, resolve_budgets
from geoplan.optimize.problem import CORE, HUB, MUNICIPAL, TOWNSHIP, Problem
from geoplan.optimize.solution import Design
from geoplan.optimize.solve import solve
from geoplan.text import Text

RULES = ("locks.sites 1", "locks.sites 2", "locks.routes 1", "locks.commitments 1")


def random_locks(rng: np.random.Generator, problem: Problem, design: Design) -> Locks:
    """One to three locks of every kind, most of them loose enough to be kept."""
    p, s = problem.n_phases, problem.n_sites
    sites = []
    for n in range(int(rng.integers(0, 3))):
        allowed = rng.random(p + 1) < 0.6
        allowed[int(rng.integers(0, p + 1))] = True
        sites.append(
            SiteLock(f"locks.sites {n + 1}", int(rng.integers(1, s)), (*allowed.tolist(),))
        )
    cash = []
    if rng.random() < 0.5:
        k = int(rng.integers(1, p + 1))
        most = int(rng.integers(0, 1 + design.cost_cents))
        cash.append(CashLimit(f"locks.cash_limits_yuan {k}", k, most))
    promises = []
    towns = np.flatnonzero(problem.site_level == TOWNSHIP)
    if len(towns) and rng.random() < 0.5:
        least, k = int(rng.integers(1, len(towns) + 1)), int(rng.integers(1, p + 1))
        promises.append(Commitment("locks.commitments 1", tuple(towns.tolist()), least, k))
    routes = []
    if len(design.path_edges) and rng.random() < 0.4:
        edges = tuple(rng.choice(problem.n_edges, 2, replace=False).tolist())
        routes.append(RouteLock("locks.routes 1", edges, True, int(rng.integers(1, p + 1))))
    return Locks(tuple(sites), tuple(routes), tuple(cash), tuple(promises))


def every_plan(problem: Problem, design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Phases of all sites (never: p + 1) of every plan that keeps rules, money and locks."""
    s, p = problem.n_sites, problem.n_phases
    never = p + 1
    every = np.array(list(itertools.product(range(1, never + 1), repeat=s - 1)), dtype=np.int64)
    phase = np.column_stack([np.ones(len(every), dtype=np.int64), every])
    holds = np.ones(len(phase), dtype=bool)
    hubs = np.flatnonzero(problem.site_level == HUB)
    for site in range(1, s):
        if np.sum(design.path_site == site) < problem.site_ways[site]:
            holds &= phase[:, site] == never
        if problem.site_level[site] == TOWNSHIP:
            for hub in [*hubs] if problem.all_hubs_first else [problem.site_home[site]]:
                holds &= (phase[:, hub] <= phase[:, site]) | (phase[:, site] == never)
    spent = np.zeros((len(phase), never + 1), dtype=np.int64)
    rows = np.arange(len(phase))
    opened = np.full((len(phase), problem.n_edges), never, dtype=np.int64)
    for site in range(s):
        spent[rows, phase[:, site]] += problem.site_cents[site]
        for row in np.flatnonzero(design.path_site == site):
            for e in design.path(int(row)):
                spent[rows, phase[:, site]] += problem.core_cents[e] * problem.site_cores[site]
                opened[:, e] = np.minimum(opened[:, e], phase[:, site])
    whole = edge_bill_cents(problem, design.edge_cores)
    for e in range(problem.n_edges):
        spent[rows, opened[:, e]] += whole[e] - problem.core_cents[e] * design.edge_cores[e]
    released = np.cumsum(resolve_budgets(problem, design.cost_cents))
    holds &= (np.cumsum(spent[:, 1:never], axis=1) <= released).all(axis=1)
    for lock in problem.locks.sites:
        holds &= np.array(lock.allowed)[phase[:, lock.site] - 1]
    for limit in problem.locks.cash:
        holds &= spent[:, limit.phase] <= limit.cents
    for promise in problem.locks.commitments:
        holds &= (phase[:, list(promise.sites)] <= promise.by_phase).sum(axis=1) >= promise.least
    for route in problem.locks.routes:
        holds &= (opened[:, list(route.edges)] <= route.by_phase).any(axis=1)
    return phase[holds], spent[holds]


@pytest.mark.parametrize("block", range(10))
def test_phases_with_locks_equal_brute_force(block: int) -> None:
    rng = np.random.default_rng([block, 77])
    solved = refused = 0
    while solved + refused < 30:
        problem, design = random_instance(rng)
        problem = replace(problem, locks=random_locks(rng, problem, design))
        if not problem.locks.of_phases:
            continue
        plans, _ = every_plan(problem, design)
        if not len(plans):
            refused += 1
            with pytest.raises(InfeasibleError) as caught:
                phases(problem, design)
            check_minimal(problem, design, caught.value)
            continue
        solved += 1
        served = plans[:, None, :] <= np.arange(1, problem.n_phases + 1)[None, :, None]
        best = int(((served @ problem.site_weight) @ problem.phase_gain).max())
        choice = phases(problem, design)
        assert choice.value == choice.tree_bound == best
        kept = np.where(choice.site_phase == 0, problem.n_phases + 1, choice.site_phase)
        assert (plans == kept).all(axis=1).any()
    assert solved >= 8
    assert refused >= 2


def without(problem: Problem, rules: set[str], released: np.ndarray) -> Problem:
    """The problem with only some of its locks and only some of its budgets in force."""
    locks = problem.locks
    money = np.array([
        released[k] if f"budgets {k + 1}" in rules else 10**9 for k in range(problem.n_phases)
    ])  # fmt: skip
    # a budget left out also frees what it held back of earlier ones, not of later ones
    return replace(
        problem,
        locks=Locks(
            tuple(x for x in locks.sites if x.rule in rules),
            tuple(x for x in locks.routes if x.rule in rules),
            tuple(x for x in locks.cash if x.rule in rules),
            tuple(x for x in locks.commitments if x.rule in rules),
        ),
        budgets_cents=np.diff(money, prepend=0).astype(np.int64),
    )


def check_minimal(problem: Problem, design: Design, error: InfeasibleError) -> None:
    """The rules named can't hold together, and without any one of them they can."""
    if error.faults[0].rule == "budget.core":
        return
    assert {fault.rule for fault in error.faults} == {"locks.conflict"}
    named = [f"{fault.layer[1:-1]} {fault.row}".strip() for fault in error.faults]
    released = np.cumsum(resolve_budgets(problem, design.cost_cents))
    assert not len(every_plan(without(problem, set(named), released), design)[0])
    for rule in named:
        rest = set(named) - {rule}
        assert len(every_plan(without(problem, rest, released), design)[0]), (named, rule)
    for fault in error.faults:
        assert fault.cure.zh
        assert fault.cure.en


# ---- conflicts by hand -----------------------------------------------------------------------


def locked(locks: Locks, budgets: list[int], **options: object) -> PhaseChoice:
    problem, design = two_districts(budgets=budgets, **options)
    return phases(replace(problem, locks=locks), design)


IN_1 = (True, False, False, False)
B_IN_1 = SiteLock("locks.sites 1", 4, IN_1)


def test_a_lock_that_money_allows_moves_the_site() -> None:
    """Township B in phase 1: core 10 + ring 70 + hub B 20 + (40 + 1) = 141 for weight 13."""
    choice = locked(Locks(sites=(B_IN_1,)), [141, 10, 20])
    assert choice.site_phase.tolist() == [1, 3, 1, 3, 1]
    assert choice.cost_cents.tolist() == [141, 0, 26]


def test_conflict_of_lock_and_money_names_the_price() -> None:
    """With 110 in phase 1 exactly 31 are missing: 0.31 yuan, told as 1 yuan, rounded up."""
    with pytest.raises(InfeasibleError) as caught:
        locked(Locks(sites=(B_IN_1,)), [110, 30, 30])
    faults = {(fault.layer, fault.row): fault for fault in caught.value.faults}
    assert set(faults) == {("[budgets]", "1"), ("[locks.sites]", "1")}
    assert "at least 1 yuan more in phase 1" in faults["[budgets]", "1"].cure.en
    assert "allow phase 3" in faults["[locks.sites]", "1"].cure.en  # 110 + 30 < 141
    assert caught.value.exit_code == 3


def test_ways_out_call_phases_as_the_scenario_does() -> None:
    """The same conflict, and a cash limit of 9 that is 1 short for the core, with names."""
    names = (Text("一期", "Stage A"), Text("二期", "Stage B"), Text("三期", "Stage C"))
    problem, design = two_districts(budgets=[110, 30, 30])
    cash = (CashLimit("locks.cash_limits_yuan 1", 1, 9),)
    told = []
    for locks in (Locks(sites=(B_IN_1,)), Locks(cash=cash)):
        with pytest.raises(InfeasibleError) as caught:
            phases(replace(problem, locks=locks, phase_names=names), design)
        told += [fault.cure for fault in caught.value.faults]
    assert "release at least 1 yuan more in Stage A; then all rules hold" in told[0].en
    assert told[0].zh.startswith("一期至少再拨 1 元")
    assert told[1].en.startswith("allow Stage C, the first that works")
    assert told[1].zh.startswith("改为三期（")
    assert told[2].en.startswith("raise the cash limit of Stage A by at least 1 yuan")
    assert told[2].zh.startswith("一期现金上限至少提高 1 元")
    assert not any("第" in cure.zh or "phase " in cure.en for cure in told)


def test_price_of_a_way_out_is_exact_to_the_cent() -> None:
    """In yuan: 14,100 are needed; with 110.00 x 100 released, 31 x 100 yuan are missing."""
    problem, design = two_districts(budgets=[110, 30, 30])
    scaled = replace(
        problem,
        fixed_cents=problem.fixed_cents * 10_000,
        site_cents=problem.site_cents * 10_000,
        budgets_cents=problem.budgets_cents * 10_000,
        locks=Locks(sites=(B_IN_1,)),
    )
    with pytest.raises(InfeasibleError) as caught:
        phases(scaled, replace(design, cost_cents=design.cost_cents * 10_000))
    assert any("3,100 yuan more in phase 1" in fault.cure.en for fault in caught.value.faults)


def test_cash_limit_holds_money_back_and_conflicts_with_promises() -> None:
    cash = (CashLimit("locks.cash_limits_yuan 2", 2, 25),)
    choice = locked(Locks(cash=cash), [110, 60, 30])
    assert choice.cost_cents[1] <= 25
    promise = Commitment("locks.commitments 1", (3, 4), 2, 2)
    with pytest.raises(InfeasibleError) as caught:
        locked(Locks(cash=cash, commitments=(promise,)), [110, 60, 30])
    rules = {fault.layer for fault in caught.value.faults}
    assert "[locks.commitments]" in rules
    (fault,) = [f for f in caught.value.faults if f.layer == "[locks.commitments]"]
    assert "lower the number promised to 1" in fault.cure.en


def test_stretches_nobody_uses_yet_do_not_evade_a_cash_limit() -> None:
    """Hub A's ring (70) is opened by the phase that serves a hub: its money counts there."""
    late = (False, True, True, True)
    both = (SiteLock("locks.sites 1", 1, late), SiteLock("locks.sites 2", 2, late))
    limit = (CashLimit("locks.cash_limits_yuan 2", 2, 60),)
    choice = locked(Locks(sites=both, cash=limit), [200, 0, 0])
    assert choice.cost_cents.tolist()[1] <= 60
    assert choice.site_phase.tolist() == [1, 3, 3, 3, 3]


def test_two_locks_that_contradict_each_other_need_no_money() -> None:
    hub_late = SiteLock("locks.sites 2", 2, (False, False, True, False))
    with pytest.raises(InfeasibleError) as caught:
        locked(Locks(sites=(B_IN_1, hub_late)), [500, 0, 0])
    assert {(f.layer, f.row) for f in caught.value.faults} == {
        ("[locks.sites]", "1"), ("[locks.sites]", "2"),
    }  # fmt: skip
    assert all("remove it" in f.cure.en for f in caught.value.faults)


def test_conflict_says_for_what_it_is_proven() -> None:
    """A unit behind one trench of 100: no route is cheaper, so 50 can't do, whatever the plan."""
    problem = make_problem(
        2, [(0, 1)], [(CORE, 0, 0, 0, 0, 0), (MUNICIPAL, 1, 0, 1, 0, 5)], budgets=[50, 100]
    )
    lock = SiteLock("locks.sites 1", 1, (True, False, False))
    with pytest.raises(InfeasibleError) as caught:
        solve(replace(problem, locks=Locks(sites=(lock,))), seed=1, work_limit=0.03)
    assert all("all routes whatever" in fault.what.en for fault in caught.value.faults)


def detour_city(first: int, locks: Locks) -> Problem:
    """Units at 1 and 2. Cheapest for both: 0-2 (100), 2-1 (40). For unit 1 alone: 0-1 (120).

    A cable costs 10 on each edge. Whole bill 160 on the cheapest design, 0-1 and 1-2 make 180.
    """
    sites = [(CORE, 0, 0, 0, 0, 0), (MUNICIPAL, 1, 0, 1, 0, 5), (MUNICIPAL, 2, 0, 1, 0, 5)]
    edges = [(0, 2), (2, 1), (0, 1)]
    problem = make_problem(3, edges, sites, fixed=[100, 40, 120], budgets=[first, 100])
    return replace(problem, locks=locks)


def test_where_the_cheapest_design_can_not_keep_a_date_another_does() -> None:
    """130 pay for 0-1 with its cable, not for 0-2-1 (160): unit 1 in phase 1 takes 0-1."""
    free = solve(detour_city(130, Locks()), seed=1, work_limit=0.03)
    assert free.design.cost_cents == 160
    lock = SiteLock("locks.sites 1", 1, (True, False, False))
    kept = solve(detour_city(130, Locks(sites=(lock,))), seed=1, work_limit=0.03)
    assert kept.design.cost_cents == 180
    assert kept.phases.site_phase.tolist() == [1, 1, 2]
    assert kept.phases.cost_cents.tolist() == [130, 50]
    with pytest.raises(InfeasibleError) as caught:
        solve(detour_city(129, Locks(sites=(lock,))), seed=1, work_limit=0.03)
    assert all("all routes whatever" in fault.what.en for fault in caught.value.faults)


# ---- routes ----------------------------------------------------------------------------------

RING = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]
"""Core at 0, a unit at 2: two ways of two trenches around, one straight one (edge 4)."""


def ring(locks: Locks, **columns: object) -> list[int]:
    sites = [(CORE, 0, 0, 0, 0, 0), (MUNICIPAL, 2, 0, 1, 0, 5)]
    problem = make_problem(4, RING, sites, **columns)
    solution = solve(replace(problem, locks=locks), seed=1, work_limit=0.03)
    return sorted(solution.design.path(0).tolist())


def test_route_that_must_not_be_used_is_not() -> None:
    assert ring(Locks()) == [4]
    shut = RouteLock("locks.routes 1", (4,), False, 2)
    assert ring(Locks(routes=(shut,))) in ([0, 1], [2, 3])
    more = RouteLock("locks.routes 2", (1,), False, 2)
    assert ring(Locks(routes=(shut, more))) == [2, 3]


def test_route_that_must_be_used_is() -> None:
    assert ring(Locks(routes=(RouteLock("locks.routes 1", (1,), True, 2),))) == [0, 1]
    assert ring(Locks(routes=(RouteLock("locks.routes 1", (3, 1), True, 2),)), fixed=[
        100, 100, 50, 50, 20,
    ]) == [2, 3]  # fmt: skip


def test_dead_end_can_not_be_used() -> None:
    problem = make_problem(3, [(0, 1), (1, 2)], [(CORE, 0, 0, 0, 0, 0), (MUNICIPAL, 1, 0, 1, 0, 5)])
    lock = RouteLock("locks.routes 1", (1,), True, 2)
    with pytest.raises(InfeasibleError) as caught:
        solve(replace(problem, locks=Locks(routes=(lock,))), seed=1, work_limit=0.03)
    assert [(f.rule, f.row) for f in caught.value.faults] == [("locks.route_unusable", "1")]


def test_site_that_locks_cut_off_names_just_those_locks() -> None:
    problem = make_problem(
        4, RING, [(CORE, 0, 0, 0, 0, 0), (MUNICIPAL, 2, 0, 1, 0, 5), (MUNICIPAL, 1, 0, 1, 0, 5)]
    )
    shut = tuple(
        RouteLock(f"locks.routes {n}", (e,), False, 2) for n, e in enumerate((4, 0, 1, 3), start=1)
    )
    with pytest.raises(InfeasibleError) as caught:
        solve(replace(problem, locks=Locks(routes=shut)), seed=1, work_limit=0.03)
    named = {fault.cure.en for fault in caught.value.faults}
    assert named <= {f"remove locks.routes {n}" for n in (1, 2, 3, 4)}
    assert {fault.rule for fault in caught.value.faults} == {"locks.cut_off"}


def test_built_way_is_kept_though_another_is_cheaper() -> None:
    lock = SiteLock("locks.built", 1, (True, False, False))
    kept = Locks(sites=(lock,), kept=(KeptWay(1, 1, (2, 3)),))
    assert ring(kept) == [2, 3]


@pytest.mark.parametrize("block", range(6))
def test_random_route_locks_are_kept_and_bounds_stay_valid(block: int) -> None:
    """Brute force over all designs with the locks in force: never beaten by the bound."""
    rng = np.random.default_rng([block, 5])
    done = 0
    for seed in itertools.count(1000 * block):
        twin = Brute(random_problem(seed, most_sites=5))
        if twin.optimum >= NONE or twin.n_designs() > 300:
            continue
        m = twin.problem.n_edges
        locks = tuple(
            RouteLock(f"locks.routes {n}", (int(rng.integers(0, m)),), bool(rng.random() < 0.5), 2)
            for n in range(1, int(rng.integers(2, 4)))
        )
        least = best_design(twin, locks)
        problem = replace(twin.problem, locks=Locks(routes=locks), budgets_cents=None)
        if least >= NONE:
            with pytest.raises((InfeasibleError, NoPlanError)):
                solve(problem, seed=1, work_limit=0.03)
        else:
            try:
                solution = solve(problem, seed=1, work_limit=0.03)
            except (NoPlanError, InfeasibleError):
                continue  # a heuristic may miss the only design there is; it must not lie
            assert solution.design.bound_cents <= least <= solution.design.cost_cents
        done += 1
        if done == 8:
            return


def best_design(twin: Brute, locks: tuple[RouteLock, ...]) -> int:
    """Least bill of a design that keeps the locks on routes, over all choices of ways."""
    p = twin.problem
    best = NONE
    must = [set(lock.edges) for lock in locks if lock.must]
    shut = {e for lock in locks if not lock.must for e in lock.edges}
    for choice in itertools.product(*twin.choices):
        used = {e for ways in choice for path in ways for e in path}
        if used & shut or any(not used & edges for edges in must):
            continue
        cores = np.zeros(p.n_edges, dtype=np.int64)
        for site, ways in enumerate(choice):
            for path in ways:
                for e in path:
                    cores[e] += p.site_cores[site]
        cents = sum(twin.bill[e][int(q)] for e, q in enumerate(cores))
        best = min(best, cents + int(p.site_cents.sum()))
    return best
