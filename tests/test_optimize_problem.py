"""The Problem of the six-node city, and who is left out of it."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from instances import CITY_BUDGETS, city

from geoplan.cost import edge_costs
from geoplan.optimize.problem import CORE, HUB, MUNICIPAL, TOWNSHIP, Problem, build_problem


def built(
    node: dict[int, int] | None = None, home: dict[int, str] | None = None, **scenario: object
) -> tuple[Problem, np.ndarray]:
    """The city's problem, with other site nodes (by row), homes and scenario."""
    made = city()
    site_node = made.graph.site_node.copy()
    demand = made.demand.copy()
    for row, where in (node or {}).items():
        site_node[row] = where
    for row, site_id in (home or {}).items():
        demand.loc[row, "home_id"] = site_id
    graph = replace(made.graph, site_node=site_node)
    rules = replace(made.scenario, **scenario)
    return build_problem(graph, edge_costs(graph, rules), made.layers.sites, demand, rules)


def test_the_city_in_arrays() -> None:
    problem, rows = built()
    assert rows.tolist() == [0, 1, 2, 3, 4]  # T-3 has no position
    assert problem.site_level.tolist() == [CORE, HUB, MUNICIPAL, TOWNSHIP, TOWNSHIP]
    assert problem.site_home.tolist() == [0, 0, 0, 1, 1]
    assert problem.site_node.tolist() == [0, 1, 4, 3, 5]
    assert problem.site_ways.tolist() == [0, 2, 1, 1, 1]
    assert problem.site_weight.tolist() == [0, 200, 40, 100, 60]
    assert (problem.n_nodes, problem.n_edges, problem.n_sites, problem.n_phases) == (6, 9, 5, 3)
    assert problem.reserve_permille == 200
    assert problem.step_cores.tolist() == [12, 24]
    assert problem.takes_cable.tolist() == [True] * 5 + [False] + [True] * 3
    assert problem.capacity_cores.tolist() == [-1] * 5 + [4] + [-1] * 3
    assert problem.capacity_cables.tolist() == [-1, -1, -1, 1] + [-1] * 5
    # one 12-core cable over L metres is 200 L + 22,000; trenches 1,000 L (see instances)
    assert (problem.fixed_cents + problem.step_cents[:, 0])[[0, 1, 2, 3, 4]].tolist() == [
        1_222_000, 982_000, 742_000, 142_000, 622_000,
    ]  # fmt: skip
    assert problem.core_cents.tolist() == [0] * 5 + [6_000] + [0] * 3
    assert problem.budgets_cents is not None
    assert problem.budgets_cents.tolist() == list(CITY_BUDGETS)
    assert problem.phase_gain.tolist() == [1, 1, 1]
    assert not problem.all_hubs_first


def test_equal_to_the_problem_written_by_hand() -> None:
    problem, by_hand = built()[0], city().problem
    for field in fields(Problem):
        if field.name != "budget_shares":
            found, expected = getattr(problem, field.name), getattr(by_hand, field.name)
            assert np.array_equal(found, expected), field.name
    # shares are relative: millionths here, units there
    assert np.array_equal(problem.budget_shares, 10**6 * by_hand.budget_shares)


def test_arrays_are_read_only_copies_of_the_declared_types() -> None:
    problem, _ = built()
    for field in fields(Problem):
        value = getattr(problem, field.name)
        if isinstance(value, np.ndarray):
            assert not value.flags.writeable, field.name
    assert problem.tail.dtype == problem.site_node.dtype == np.int32
    assert problem.fixed_cents.dtype == problem.site_cents.dtype == np.int64


def test_an_unattached_site_is_left_out_and_the_others_renumbered() -> None:
    problem, rows = built(node={2: -1})  # M-1
    assert rows.tolist() == [0, 1, 3, 4]
    assert problem.site_home.tolist() == [0, 0, 1, 1]
    assert problem.site_node.tolist() == [0, 1, 3, 5]


def test_without_their_hub_its_townships_are_left_out() -> None:
    problem, rows = built(node={1: -1})
    assert rows.tolist() == [0, 2]
    assert problem.site_level.tolist() == [CORE, MUNICIPAL]


def test_without_the_core_nobody_is_left_not_even_townships_of_a_hub() -> None:
    problem, rows = built(node={0: -1})
    assert rows.tolist() == []
    assert problem.n_sites == 0


def test_a_home_that_is_not_listed_leaves_the_site_out() -> None:
    _, rows = built(home={3: "H-9"})
    assert rows.tolist() == [0, 1, 2, 4]


def test_derived_budgets_and_the_order_of_all_hubs() -> None:
    made = city().scenario
    problem, _ = built(
        budgets=replace(made.budgets, given_cents=None),
        policy=replace(made.policy, order="all_hubs"),
    )
    assert problem.budgets_cents is None
    assert problem.all_hubs_first
    assert problem.budget_factor_permille == 1020
    assert problem.budget_round_cents == 1_000_000
