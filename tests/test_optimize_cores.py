"""Cables and core numbers: rules by hand, and properties on random designs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.errors import InfeasibleError
from geoplan.optimize.cores import assign_cores, cable_steps, edge_bill_cents
from geoplan.optimize.problem import CORE, MUNICIPAL, Problem
from geoplan.optimize.solution import Design


def make(
    paths: list[list[int]],
    cores: list[int],
    *,
    n_edges: int,
    lit: tuple[int, ...] = (),
    sizes: tuple[int, ...] = (12, 24, 48),
    reserve_permille: int = 200,
) -> tuple[Problem, Design]:
    """One unit per path (site 0 is the core), taking ``cores`` of each edge of its path.

    Edge e: fixed 100 (e + 1) and 10 cents per cable core on new cable; 5 a core when lit.
    """
    s, m = len(paths) + 1, n_edges
    takes = np.ones(m, dtype=bool)
    takes[list(lit)] = False
    problem = Problem(
        n_nodes=2,
        tail=np.zeros(m, dtype=np.int32),
        head=np.ones(m, dtype=np.int32),
        fixed_cents=np.where(takes, 100 * np.arange(1, m + 1), 0).astype(np.int64),
        core_cents=np.where(takes, 0, 5).astype(np.int64),
        takes_cable=takes,
        step_cores=np.array(sizes, dtype=np.int64),
        step_cents=np.outer(takes, [10 * size for size in sizes]).astype(np.int64),
        reserve_permille=reserve_permille,
        capacity_cores=np.full(m, -1, dtype=np.int64),
        capacity_cables=np.full(m, -1, dtype=np.int64),
        risk_ptr=np.arange(m + 1, dtype=np.int64),
        risk_groups=np.arange(m, dtype=np.int32),
        n_risk_groups=m,
        site_node=np.zeros(s, dtype=np.int32),
        site_level=np.array([CORE] + [MUNICIPAL] * (s - 1), dtype=np.int8),
        site_home=np.zeros(s, dtype=np.int32),
        site_ways=np.array([0] + [1] * (s - 1), dtype=np.int8),
        site_cores=np.array([0, *cores], dtype=np.int64),
        site_cents=np.zeros(s, dtype=np.int64),
        site_weight=np.zeros(s, dtype=np.int64),
        budgets_cents=None,
        budget_shares=np.array([1], dtype=np.int64),
        budget_factor_permille=1000,
        budget_round_cents=1,
        phase_gain=np.array([1], dtype=np.int64),
        all_hubs_first=False,
    )
    edge_cores = np.zeros(m, dtype=np.int64)
    for path, count in zip(paths, cores, strict=True):
        edge_cores[path] += count
    design = Design(
        path_ptr=np.cumsum([0, *map(len, paths)]).astype(np.int64),
        path_edges=np.array([e for path in paths for e in path], dtype=np.int32),
        path_site=np.arange(1, s, dtype=np.int32),
        path_way=np.ones(s - 1, dtype=np.int8),
        edge_cores=edge_cores,
        cost_cents=int(edge_bill_cents(problem, edge_cores).sum()),
        bound_cents=0,
        bound_method="",
        complete=True,
    )
    return problem, design


def counts(used: list[int], **options: object) -> list[list[int]]:
    problem, _ = make([], [], n_edges=len(used), **options)  # type: ignore[arg-type]
    return cable_steps(problem, np.array(used, dtype=np.int64)).tolist()


def test_smallest_size_that_holds_cores_and_reserve() -> None:
    """10 cores and 20 % reserve are 12; 11 are 13.2, hence 14; 40 are 48."""
    assert counts([0, 1, 10, 11, 20, 21, 40]) == [
        [0, 0, 0],
        [1, 0, 0],
        [1, 0, 0],
        [0, 1, 0],
        [0, 1, 0],
        [0, 0, 1],
        [0, 0, 1],
    ]


def test_above_the_largest_size_several_cables() -> None:
    """41 cores: 49.2 -> 50 = 48 + 2; 90: 108 = 2 x 48 + 12; 91: 109.2 -> 110 = 2 x 48 + 14."""
    assert counts([41, 80, 90, 91]) == [[1, 0, 1], [0, 0, 2], [1, 0, 2], [0, 1, 2]]


def test_lit_edges_take_no_cable() -> None:
    assert counts([6, 6], lit=(1,)) == [[1, 0, 0], [0, 0, 0]]


def test_the_reserve_is_exact_integer_arithmetic() -> None:
    """10 x 1.1 is 11.000000000000002 in floats: it must still fit a size of 11."""
    assert counts([10], sizes=(11, 12), reserve_permille=100) == [[1, 0]]


def test_bill_of_an_edge() -> None:
    """Unused 0; fixed 200 + 48-core 480; lit 4 x 5; fixed 400 + 12- and 48-core 600."""
    problem, _ = make([], [], n_edges=4, lit=(2,))
    bill = edge_bill_cents(problem, np.array([0, 21, 4, 41], dtype=np.int64))
    assert bill.tolist() == [0, 680, 20, 1000]


def test_ways_take_cores_one_after_the_other() -> None:
    """Edge 0 carries ways 0, 1, 2 (2 + 4 + 2 cores); edge 1 way 1; edge 2 (lit) ways 1, 2."""
    problem, design = make([[0], [2, 1, 0], [2, 0]], [2, 4, 2], n_edges=4, lit=(2,))
    schedule, cable_edge, cable_size = assign_cores(problem, design)
    assert schedule.tolist() == [
        [0, 0, 0, 0, 1],
        [1, 0, 2, 0, 1],
        [1, 1, 1, 0, 1],
        [1, 2, 0, 0, 3],
        [2, 0, 2, 0, 5],
        [2, 1, 0, 0, 7],
    ]
    assert cable_edge.tolist() == [0, 1]
    assert cable_size.tolist() == [12, 12]
    assert schedule.dtype == np.int64
    assert not schedule.flags.writeable


def test_a_way_moves_whole_to_the_next_cable() -> None:
    """Three ways of 10 and one of 6 on 36 + reserve = 44 cores in sizes of 16: 16 + 16 + 16."""
    problem, design = make([[0]] * 4, [10, 6, 10, 10], n_edges=1, sizes=(16,))
    schedule, cable_edge, cable_size = assign_cores(problem, design)
    assert cable_size.tolist() == [16, 16, 16]
    assert cable_edge.tolist() == [0, 0, 0]
    assert schedule[:, 3:].tolist() == [[0, 1], [0, 11], [1, 1], [2, 1]]


def test_cables_that_can_not_take_the_ways_whole_are_refused() -> None:
    """Five ways of 7 need 35 of 12 + 12 + 12, but a cable of 12 takes one way only."""
    problem, design = make([[0]] * 5, [7] * 5, n_edges=1, sizes=(12,), reserve_permille=0)
    with pytest.raises(InfeasibleError) as caught:
        assign_cores(problem, design)
    assert [fault.rule for fault in caught.value.faults] == ["cable.split"]


def test_design_without_stretches() -> None:
    problem, design = make([[], []], [2, 2], n_edges=2)
    schedule, cable_edge, cable_size = assign_cores(problem, design)
    assert schedule.shape == (0, 5)
    assert len(cable_edge) == len(cable_size) == 0


def check(problem: Problem, design: Design) -> None:
    """No core twice, no way outside its cable, cables as counted, every stretch covered."""
    schedule, cable_edge, cable_size = assign_cores(problem, design)
    steps = cable_steps(problem, design.edge_cores)
    for e in range(problem.n_edges):
        sizes = sorted(cable_size[cable_edge == e].tolist())
        assert sizes == np.repeat(problem.step_cores, steps[e]).tolist()
        wanted = math.ceil(design.edge_cores[e] * (1000 + problem.reserve_permille) / 1000)
        assert sum(sizes) >= (wanted if problem.takes_cable[e] else 0)
    taken: set[tuple[int, int, int]] = set()
    stretches = []
    for way, position, edge, cable, first in schedule.tolist():
        stretches.append((way, position, edge))
        room = int(design.edge_cores[edge])
        if problem.takes_cable[edge]:
            room = int(cable_size[cable_edge == edge][cable])
        else:
            assert cable == 0
        count = int(problem.site_cores[design.path_site[way]])
        assert 1 <= first <= first + count - 1 <= room
        mine = {(edge, cable, core) for core in range(first, first + count)}
        assert not mine & taken
        taken |= mine
    expected = [
        (way, i, int(e))
        for way in range(len(design.path_site))
        for i, e in enumerate(design.path(way))
    ]
    assert stretches == expected
    assert len(taken) == int(design.edge_cores.sum())


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    paths=st.lists(
        st.permutations(range(6)).flatmap(
            lambda order: st.integers(0, 6).map(lambda k: list(order[:k]))
        ),
        max_size=70,
    ),
    cores=st.sampled_from([1, 2, 4]),
    lit=st.sets(st.integers(0, 5)),
)
def test_equal_ways_always_fit(paths: list[list[int]], cores: int, lit: set[int]) -> None:
    """Ways whose cores divide every size waste none, so the cables of the rule suffice."""
    problem, design = make(paths, [cores] * len(paths), n_edges=6, lit=tuple(sorted(lit)))
    check(problem, design)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(cores=st.lists(st.sampled_from([1, 2, 4, 6]), max_size=80))
def test_mixed_ways_fit_with_reserve(cores: list[int]) -> None:
    """First-fit, thickest first, wastes less than the 20 % reserve on these cables."""
    problem, design = make([[0]] * len(cores), cores, n_edges=1)
    check(problem, design)
