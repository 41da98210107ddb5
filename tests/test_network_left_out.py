"""A plan that leaves sites out for more weight early says so, with what serving them costs."""

from __future__ import annotations

from dataclasses import replace

from instances import City, build_city_network, city, city_unfinished

from geoplan.errors import Fault
from geoplan.optimize.locks import Locks, SiteLock


def left_out(made: City) -> list[Fault]:
    return [note for note in build_city_network(made).notes if note.rule == "budget.left_out"]


def resting_on(made: City, basis_cents: int) -> City:
    return replace(made, solution=replace(made.solution, basis_cents=basis_cents))


def test_sites_left_out_though_all_money_would_pay_for_them() -> None:
    """34,000 yuan in all; the design costs 36,620, T-2 is out; the least one is said to cost less.

    2,620 yuan more pay for T-2 as well.
    """
    made = city_unfinished()
    assert made.solution.design.cost_cents == 3_662_000
    (note,) = left_out(resting_on(made, 3_300_001))
    assert (note.layer, note.row) == ("[budgets]", "")
    assert note.what.en.startswith(
        "1 site is left out, though the 34,000 yuan of all phases would pay for the least network "
        "for everybody (33,001 yuan):"
    )
    assert "1个站点未接入" in note.what.zh
    assert "34,000元" in note.what.zh
    assert note.cure.en.startswith("release at least 2,620 yuan more in Phase 3 to serve it")
    assert "latest = 3" in note.cure.en
    assert note.cure.zh.startswith("第3期至少再拨2,620元")


def test_nothing_is_said_where_money_is_short_or_everybody_is_served() -> None:
    made = city_unfinished()
    assert left_out(resting_on(made, 3_400_000)) != []
    assert left_out(resting_on(made, 3_400_001)) == []
    assert left_out(city()) == []


def test_what_locks_keep_out_is_not_counted() -> None:
    made = resting_on(city_unfinished(), 3_300_000)
    never = SiteLock("locks.sites 1", 4, (False, False, False, True))
    locked = replace(made, problem=replace(made.problem, locks=Locks(sites=(never,))))
    assert left_out(locked) == []
