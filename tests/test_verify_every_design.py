"""The verifier's look at every design against the oracle: nothing is proven that is not so."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import verify_instance as tiny
from plan_oracle import NONE, PlanOracle, edge_bill, random_plan_problem
from ring_oracle import random_ring_problem, random_two_core_problem, ring_oracle

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


def checked(folder: Path, bound_cents: int, *, locks: str = "") -> CheckReport:
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


def test_a_cheaper_design_that_locks_may_forbid_proves_nothing(tmp_path: Path) -> None:
    lock = "\n[locks]\n[[locks.routes]]\nedges = [3]\nmust = false\n"
    report = checked(tmp_path, LEAST + 1, locks=lock)
    assert "not assessed" in report.rule("bound.dual").detail.en


def test_too_many_choices_are_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(every_way, "MOST_CHOICES", 2)
    report = checked(tmp_path, LEAST)
    assert report.broken() == ()
    assert "not assessed" in report.rule("bound.dual").detail.en
