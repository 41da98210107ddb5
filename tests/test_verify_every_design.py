"""The verifier's look at every design against the oracle: nothing is proven that is not so."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import verify_instance as tiny
from lock_oracle import mixed_oracle
from plan_oracle import NONE, PlanOracle, edge_bill, random_plan_problem
from ring_oracle import random_ring_problem, random_two_core_problem, ring_oracle

from geoplan.optimize.locks import Locks, RouteLock
from geoplan.optimize.problem import Problem
from geoplan.verify import CheckReport, check_plan, every_way
from geoplan.verify.every_design import NO_ROOM, cheaper_design

WORK = 20_000_000


def tables(oracle: PlanOracle) -> tuple[list[np.ndarray], np.ndarray]:
    """Choices and bills of a problem, from the oracle's own definitions."""
    p = oracle.problem
    usage = [oracle._usage[s][: len(choices)] for s, choices in enumerate(oracle.choices)]
    most = int((p.site_cores * p.site_ways).sum())
    bill = [[edge_bill(p, e, q) for e in range(p.n_edges)] for q in range(most + 1)]
    return usage, np.minimum(np.array(bill, dtype=np.int64), NO_ROOM)


@pytest.mark.parametrize("first", range(0, 120, 40))
@pytest.mark.parametrize(
    "draw", [random_plan_problem, random_ring_problem, random_two_core_problem]
)
def test_nothing_is_cheaper_than_the_best_and_the_best_is_found(draw: object, first: int) -> None:
    """At the least bill there is none, one cent above it there is one."""
    settled = 0
    for seed in range(first, first + 40):
        problem: Problem = draw(seed)  # type: ignore[operator]
        oracle = ring_oracle(problem) if problem.ring_max_hubs else PlanOracle(problem)
        if oracle.least_cents == NONE:
            continue
        usage, bill = tables(oracle)

        def allowed(picked: list[int], oracle: PlanOracle = oracle) -> bool:
            return oracle.design_ok is None or oracle.design_ok(oracle.ways(picked))

        least = oracle.least_cents - int(problem.site_cents.sum())
        assert cheaper_design(usage, bill, least, work=WORK, allowed=allowed) is False
        assert cheaper_design(usage, bill, least + 1, work=WORK, allowed=allowed) is True
        settled += 1
    assert settled >= 15


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_stretches_that_must_be_in_use(first: int) -> None:
    """One or two sets of stretches, one of each in use: the least of all such designs."""
    dearer = 0
    for seed in range(first, first + 20):
        problem = random_plan_problem(seed)
        rng = np.random.default_rng([seed, 5])
        count = int(rng.integers(1, 3))
        required = [
            rng.choice(problem.n_edges, int(rng.integers(1, 3)), replace=False)
            for _ in range(count)
        ]
        locks = [
            RouteLock(f"locks.routes {n}", tuple(some.tolist()), True, problem.n_phases)
            for n, some in enumerate(required, start=1)
        ]
        oracle = mixed_oracle(replace(problem, locks=Locks(routes=tuple(locks))))
        usage, bill = tables(oracle)
        if oracle.least_cents == NONE:  # nobody can use them
            whole = cheaper_design(usage, bill, NO_ROOM, work=WORK, required=required)
            assert whole is False
            continue
        least = oracle.least_cents - int(problem.site_cents.sum())
        assert cheaper_design(usage, bill, least, work=WORK, required=required) is False
        assert cheaper_design(usage, bill, least + 1, work=WORK, required=required) is True
        dearer += oracle.least_cents > PlanOracle(problem).least_cents
    assert dearer >= 3


def test_out_of_work_says_nothing() -> None:
    problem = random_plan_problem(3)
    usage, bill = tables(PlanOracle(problem))
    assert cheaper_design(usage, bill, NO_ROOM, work=0) is None


def test_a_site_without_a_choice_leaves_no_design() -> None:
    usage = [np.zeros((0, 2), dtype=np.int64)]
    assert cheaper_design(usage, np.zeros((1, 2), dtype=np.int64), 1, work=WORK) is False


# ---- a plan file whose bound rests on a listing ------------------------------------------------


LEAST = 413_715_000
"""Bill of the hand-made plan: no other design of its sites costs less."""


def checked(
    folder: Path, bound_cents: int, *, locks: str = "", built: object = None
) -> CheckReport:
    """The hand-made plan with a bound that is said to rest on a listing of every way."""
    path = tiny.write_plan(folder / "plan.gpkg")
    values = {
        "bound_cents": bound_cents,
        "gap": LEAST / bound_cents - 1,
        "bound_method_en": "every way listed, CP-SAT",
    }
    connection = sqlite3.connect(path)
    with connection:
        for key, value in values.items():
            done = connection.execute(
                "update certificate set value = ? where key = ?", (json.dumps(value), key)
            )
            assert done.rowcount == 1
        text = json.dumps(tiny.SCENARIO + locks, ensure_ascii=False)
        connection.execute("update provenance set value = ? where key = 'scenario_toml'", (text,))
        if built is not None:
            row = ("built", json.dumps(built))
            connection.execute("insert into provenance (key, value) values (?, ?)", row)
    connection.close()
    return check_plan(path)


def test_a_listing_is_done_again(tmp_path: Path) -> None:
    report = checked(tmp_path, LEAST)
    assert report.broken() == ()
    assert "every way listed again" in report.rule("bound.dual").detail.en
    assert "已重新列出全部路由" in report.rule("bound.dual").detail.zh


def test_a_cent_above_the_least_bill_is_no_bound(tmp_path: Path) -> None:
    report = checked(tmp_path, LEAST + 1)
    assert "bound.dual" in report.broken()
    assert "there is a design that costs less" in report.rule("bound.dual").detail.en


def route(use: str, edge: int) -> str:
    return f'\n[locks]\n[[locks.routes]]\nuse = "{use}"\nedge_id = {edge}\n'


PHASES_ONLY = """
[locks]
cash_limits_yuan = [4022759.00, 114391.00]
[[locks.sites]]
site = "T1"
phase = 1
[[locks.commitments]]
district = "01"
townships = 1
by_phase = 1
"""


@pytest.mark.parametrize(
    "locks", [route("must", 6), route("must", 8), route("must_not", 5), route("must_not", 4)]
)
def test_routes_that_are_locked_are_kept_by_every_design(tmp_path: Path, locks: str) -> None:
    """The plan's design uses e0, e1, e2, e4, e5, e7: what keeps these locks costs more."""
    report = checked(tmp_path, LEAST + 1, locks=locks)
    assert "bound.dual" not in report.broken()
    assert "every way listed again" in report.rule("bound.dual").detail.en


@pytest.mark.parametrize("locks", [route("must", 5), route("must_not", 6), PHASES_ONLY])
def test_a_cheaper_design_that_keeps_all_locks_is_a_fault(tmp_path: Path, locks: str) -> None:
    report = checked(tmp_path, LEAST + 1, locks=locks)
    assert "there is a design that costs less" in report.rule("bound.dual").detail.en
    (tmp_path / "right").mkdir()
    assert checked(tmp_path / "right", LEAST, locks=locks).broken() == ()


BUILT = "\n[locks]\nbuilt = 'old.gpkg'\nbuilt_phases = 1\n"
BUILT_WAYS = {
    "sites": {"D1": 1, "T1": 1, "M1": 1},
    "ways": {"T1/1": [["direct_buried", "", 3000.0]], "M1/1": [["light", "CA1", 800.0]]},
}


def test_what_is_built_stays_in_every_design(tmp_path: Path) -> None:
    """A cheaper design may put more cores on a built stretch than it bears: that is not settled."""
    report = checked(tmp_path, LEAST, locks=BUILT, built=BUILT_WAYS)
    assert report.broken() == ()
    assert "every way listed again" in report.rule("bound.dual").detail.en
    (tmp_path / "above").mkdir()
    report = checked(tmp_path / "above", LEAST + 1, locks=BUILT, built=BUILT_WAYS)
    assert "not assessed" in report.rule("bound.dual").detail.en
    (tmp_path / "gone").mkdir()
    lacking = {**BUILT_WAYS, "ways": {"T9/1": []}}
    report = checked(tmp_path / "gone", LEAST, locks=BUILT, built=lacking)
    assert "not assessed" in report.rule("bound.dual").detail.en
    assert "locks.built" in report.broken()


def test_too_many_choices_are_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(every_way, "MOST_CHOICES", 2)
    report = checked(tmp_path, LEAST)
    assert report.broken() == ()
    assert "not assessed" in report.rule("bound.dual").detail.en
