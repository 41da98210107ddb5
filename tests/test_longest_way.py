"""How long ways may be: the limits by hand, planned on files, and checked by the verifier."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import verify_instance as tiny
from small_city import SmallCity, small_city
from small_problems import make_problem
from test_verify_rings import check_changed

from geoplan._kernels.shortest_path_tree import FAR
from geoplan.cli import main
from geoplan.errors import InfeasibleError, NoPlanError
from geoplan.optimize.problem import CORE, HUB, MUNICIPAL, TOWNSHIP, Problem
from geoplan.optimize.way_limits import least_lengths, limit_ways
from geoplan.pipeline import make_plan, prepare
from geoplan.plan import Plan
from geoplan.plan_file import save_plan
from geoplan.read import read_inputs
from geoplan.scenario import LongestWay
from geoplan.verify import check_plan
from geoplan.verify.facts import build_facts
from geoplan.verify.longest_ways import longest_dm
from geoplan.verify.reading import read_plan

# ---- limits by hand -----------------------------------------------------------------------------


def square() -> Problem:
    """Core 0 and hub 2 at corners of a square; township 3 on it, unit 4 on a tail, 5 on its own.

    0-1 2 km, 1-2 3 km, 0-3 4 km, 3-2 5 km, 3-4 1.5 km.
    """
    sites = [
        (CORE, 0, 0, 0, 0, 0),
        (HUB, 2, 0, 2, 0, 0),
        (TOWNSHIP, 3, 1, 2, 0, 0),
        (MUNICIPAL, 4, 0, 2, 0, 0),
        (MUNICIPAL, 5, 0, 2, 0, 0),
        (HUB, 4, 0, 2, 0, 0),
    ]
    problem = make_problem(6, [(0, 1), (1, 2), (0, 3), (3, 2), (3, 4)], sites)
    return replace(problem, length_dm=np.array([20_000, 30_000, 40_000, 50_000, 15_000]))


def test_the_least_length_of_each_sites_ways() -> None:
    """The hub's two ways are 5 and 9 km, 7 on average; no two ways lead to the tail's end."""
    least, enough = least_lengths(square())
    assert least.tolist() == [0, 70_000, 50_000, 55_000, FAR, FAR]
    assert enough.tolist() == [0, 90_000, 50_000, 55_000, FAR, FAR]


def test_limits_are_kilometres_or_a_factor_of_the_least() -> None:
    problem, faults = limit_ways(square(), LongestWay(8.0, None, 4.5, 1.2))
    assert not faults
    # 1.2 x 9 km; 1.2 x 5 km; no limit; where nothing leads to a site the kilometres stand alone
    assert problem.site_longest_dm.tolist() == [-1, 108_000, 60_000, -1, -1, 80_000]
    alone, _ = limit_ways(square(), LongestWay(8.0, 9.0, 5.0, None))
    assert alone.site_longest_dm.tolist() == [-1, 80_000, 50_000, 90_000, 90_000, 80_000]


def test_sites_that_are_too_far_are_all_named_with_what_they_need() -> None:
    _, faults = limit_ways(square(), LongestWay(6.9, 5.4, 4.99, None))
    assert [(fault.rule, fault.row) for fault in faults] == [
        ("longest_way.too_far", "1"),
        ("longest_way.too_far", "2"),
        ("longest_way.too_far", "3"),
    ]
    assert faults[0].what.en == "the longer of two ways is 7.0 km at least, it may be 6.9 km"
    assert faults[1].what.zh == "路由最短也要 5.0 公里，上限为 5.0 公里"


# ---- planned on files ---------------------------------------------------------------------------

LIMITS = """[longest_way]
{lines}

[policy]"""


def limited(folder: Path, *lines: str) -> SmallCity:
    city = small_city(folder)
    city.edit("scenario.toml", "[policy]", LIMITS.format(lines="\n".join(lines)))
    return city


def ids_of(plan: Plan, problem: Problem) -> list[str]:
    """The ids of the problem's sites: those of the plan that are attached."""
    sites = plan["sites"]
    ids = sites.loc[sites["attached"], "site_id"].tolist()
    assert len(ids) == problem.n_sites
    return [str(name) for name in ids]


def made(city: SmallCity) -> Plan:
    return make_plan(*read_inputs(city.scenario))


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Plan, Path]:
    """The small city as it likes, and with ways hardly longer than the least; that as a file."""
    folder = tmp_path_factory.mktemp("limited")
    free = made(small_city(folder / "free"))
    lines = [f"{level}_km = 0.5" for level in ("district", "municipal", "township")]
    short = made(limited(folder / "short", *lines, "least_factor = 1.05"))
    save_plan(short, folder / "plan.gpkg")
    return free, short, folder / "plan.gpkg"


def test_short_ways_cost_more_and_the_plan_holds(plans: tuple[Plan, Plan, Path]) -> None:
    free, short, path = plans
    report = check_plan(path)
    assert report.ok, report.broken()
    assert short.certificate["cost_cents"] > free.certificate["cost_cents"]
    assert short.certificate["bound_cents"] <= short.certificate["cost_cents"]
    before, now = (plan["core_paths"]["length_m"] for plan in (free, short))
    assert now.sum() < before.sum()


OPTIC = """[[optics.types]]
name = "X"
wavelength_nm = 1310
budget_db = 28.0
min_loss_db = 0.0
reach_km = 20.0
kind = "placeholder"
source = "none"
link = "{link}"

[weights]"""
SHARED = {
    "ring_pair": ("single_fibre", "[access.ring_pair]\nsites_per_pair = 4\n"),
    "splitter": (
        "pon",
        "[access.splitter]\nsplit_ratio = 8\n"
        'loss_db = { value = 10.5, kind = "placeholder", source = "none" }\n',
    ),
}


@pytest.mark.parametrize("kind", ["ring_pair", "splitter", "rings", "all_hubs"])
def test_ways_are_short_whatever_else_is_asked(kind: str, tmp_path: Path) -> None:
    """Sites that share cores are led along trees of open stretches, if that is no longer way."""
    lines = ["municipal_km = 0.5", "township_km = 0.5", "least_factor = 1.1"]
    if kind == "rings":
        lines += ["", "[rings]", "max_hubs = 2", "max_km = 60"]
    else:
        lines.insert(0, "district_km = 0.5")
    city = limited(tmp_path / "city", *lines)
    if kind == "all_hubs":
        city.edit("scenario.toml", 'order = "own_hub"', 'order = "all_hubs"')
    if kind in SHARED:
        link, rules = SHARED[kind]
        city.edit("scenario.toml", 'architecture = "star"', f'architecture = "{kind}"')
        city.edit("scenario.toml", "[optics]\n", f"{rules}\n[optics]\n")
        city.edit("scenario.toml", "[weights]", OPTIC.format(link=link))
        price = 'splitter = { value_yuan = 300.0, per = "splitter", kind = "placeholder", '
        city.edit(
            "scenario.toml",
            "[placeholder_prices]\n",
            f'[placeholder_prices]\n{price}source = "none" }}\n' * (kind == "splitter")
            or "[placeholder_prices]\n",
        )
    save_plan(made(city), tmp_path / "plan.gpkg")
    report = check_plan(tmp_path / "plan.gpkg")
    assert report.ok, report.broken()
    assert "are short enough" in report.rule("paths.longest").detail.en


def test_planner_and_verifier_reckon_the_same_limits(plans: tuple[Plan, Plan, Path]) -> None:
    _, plan, path = plans
    city = path.parent / "short" / "scenario.toml"
    made = prepare(*read_inputs(city))
    data, _ = read_plan(path)
    assert data is not None
    found = longest_dm(build_facts(data))
    ids = plan["sites"]["site_id"].tolist()
    planned = {
        int(row): int(dm)
        for row, dm in zip(made.site_rows, made.problem.site_longest_dm, strict=True)
        if dm >= 0
    }
    assert len(planned) >= 10
    assert {ids[row]: dm for row, dm in planned.items()} == {
        data["sites"]["site_id"][row]: dm for row, dm in found.items()
    }


def test_too_far_is_refused_with_names_and_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    city = limited(tmp_path / "city", "township_km = 0.5", "municipal_km = 50")
    out = tmp_path / "out"
    assert main(["plan", str(city.scenario), "--out", str(out), "--lang", "en"]) == 3
    told = capsys.readouterr().err
    assert told.count("[longest_way.too_far] sites") == 5  # one township has no position
    assert "A101: 东街: a way is " in told
    assert "set least_factor" in told
    assert not out.exists()


def test_what_is_built_stays_as_long_as_it_is(tmp_path: Path) -> None:
    """The first phase of a plan without limits, then limits that some of its ways don't keep."""
    free = made(small_city(tmp_path / "free"))
    save_plan(free, tmp_path / "free.gpkg")
    lines = ["township_km = 0.5", "municipal_km = 0.5", "least_factor = 1.0", ""]
    built = [*lines, "[locks]", 'built = "../free.gpkg"', "built_phases = 2"]
    plan = made(limited(tmp_path / "city", *built))
    save_plan(plan, tmp_path / "plan.gpkg")
    report = check_plan(tmp_path / "plan.gpkg")
    assert report.ok, report.broken()
    before, now = (each["core_paths"].set_index("path_id") for each in (free, plan))
    done = before.index[before["phase"].between(1, 2)]
    assert (now.loc[done, "length_m"] == before.loc[done, "length_m"]).all()
    problem = prepare(*read_inputs(tmp_path / "city" / "scenario.toml")).problem
    longest = dict(zip(ids_of(plan, problem), problem.site_longest_dm.tolist(), strict=True))
    over = [
        path
        for path, site, metres in now[["site_id", "length_m"]].itertuples()
        if 0 <= longest[site] < round(10 * metres)
    ]
    assert over  # some built way is longer than it might be now
    assert set(over) <= set(done)


def test_where_no_pair_is_short_enough_the_limit_is_named(tmp_path: Path) -> None:
    """Half of both ways together is short enough for each hub, but its two ways are not alike."""
    free = prepare(*read_inputs(small_city(tmp_path / "free").scenario))
    hubs = free.problem.site_level == HUB
    longest_km = float(least_lengths(free.problem)[0][hubs].max()) / 10_000
    city = limited(tmp_path / "city", f"district_km = {longest_km:.4f}")
    with pytest.raises((NoPlanError, InfeasibleError)) as failure:
        made(city)
    assert {fault.rule for fault in failure.value.faults} == {"design.no_way"}
    assert "[longest_way]" in failure.value.faults[0].what.en


# ---- the verifier -------------------------------------------------------------------------------


def asks(*lines: str, built: bool = False) -> Callable[[sqlite3.Connection], None]:
    """Let the hand-made plan's scenario ask for short ways instead of rings."""

    def change(connection: sqlite3.Connection) -> None:
        start, end = tiny.SCENARIO.index("[rings]"), tiny.SCENARIO.index("[prices]")
        asked = "\n".join(["[longest_way]", *lines, ""])
        text = json.dumps(tiny.SCENARIO[:start] + asked + tiny.SCENARIO[end:], ensure_ascii=False)
        connection.execute("update provenance set value = ? where key = 'scenario_toml'", (text,))
        connection.execute("delete from rings")

    return change


# T3 is 5000 m from its hub over e6, its way 5500 m; T1's 3000 m is the least. The hub's two ways
# are 2000 m and 2500 m, and so is the least pair.
@pytest.mark.parametrize(
    ("lines", "broken"),
    [
        (("township_km = 5.5",), set()),
        (("township_km = 5.4999",), {"paths.longest"}),
        (("township_km = 2.0", "least_factor = 1.1"), set()),
        (("township_km = 2.0", "least_factor = 1.099"), {"paths.longest"}),
        (("municipal_km = 0.8", "district_km = 2.5"), set()),
        (("municipal_km = 0.7",), {"paths.longest"}),
        (("district_km = 2.4",), {"paths.longest"}),
        (("district_km = 0.1", "least_factor = 1.0"), set()),
        (("least_factor = 1.0",), set()),
        (('township_km = "far"',), {"paths.longest"}),
        (("township_km = nan",), {"paths.longest"}),
        (("township_km = [1]", "least_factor = inf"), {"paths.longest"}),
    ],
)
def test_paths_that_are_too_long_are_found(
    lines: tuple[str, ...], broken: set[str], tmp_path: Path
) -> None:
    intact = tiny.write_plan(tmp_path / "intact.gpkg")
    report = check_changed(intact, tmp_path / "plan.gpkg", asks(*lines))
    assert set(report.broken()) == broken


def test_no_limit_asked_says_so(tmp_path: Path) -> None:
    report = check_plan(tiny.write_plan(tmp_path / "plan.gpkg"))
    assert "no longest way" in report.rule("paths.longest").detail.en
