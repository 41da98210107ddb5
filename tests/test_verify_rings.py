"""Rules on rings: a hand-made plan and a planned one hold, every mutation breaks what it should.

As in ``test_verify.py`` each case names **all** rules that break.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import verify_instance as tiny
from small_city import small_city

from geoplan.errors import InfeasibleError
from geoplan.pipeline import make_plan
from geoplan.plan import Plan
from geoplan.plan_file import load_plan, save_plan
from geoplan.read import read_inputs
from geoplan.verify import CheckReport, check_plan

RINGS = """[rings]
max_hubs = {most}
max_km = {km}

[policy]"""

SECOND_CORE = """[[core]]
id = "CORE-2"
name = "副核心"
lon = 117.15
lat = 39.065
kind = "placeholder"
source = "none"

"""


def without_rings(connection: sqlite3.Connection) -> None:
    """Let the plan's scenario ask for no rings."""
    start, end = tiny.SCENARIO.index("[rings]"), tiny.SCENARIO.index("[prices]")
    text = json.dumps(tiny.SCENARIO[:start] + tiny.SCENARIO[end:], ensure_ascii=False)
    connection.execute("update provenance set value = ? where key = 'scenario_toml'", (text,))


def rule(old: str, new: str) -> Callable[[sqlite3.Connection], None]:
    """Change the rule of rings in the plan's scenario."""

    def change(connection: sqlite3.Connection) -> None:
        assert tiny.SCENARIO.count(old) == 1
        text = json.dumps(tiny.SCENARIO.replace(old, new), ensure_ascii=False)
        connection.execute("update provenance set value = ? where key = 'scenario_toml'", (text,))

    return change


def check_changed(source: Path, path: Path, *changes: object) -> CheckReport:
    shutil.copy(source, path)
    connection = sqlite3.connect(path)
    names = connection.execute("select name from sqlite_master where type = 'trigger'").fetchall()
    with connection:
        for (name,) in names:  # those of the spatial index call functions that SQLite lacks
            connection.execute(f'drop trigger "{name}"')
        for change in changes:
            if callable(change):
                change(connection)
            else:
                assert connection.execute(str(change)).rowcount != 0, change
    connection.close()
    return check_plan(path)


# ---- the plan made by hand ---------------------------------------------------------------------

BROKEN = {
    "an edge dropped": (
        {"rings.ways", "rings.length", "lines.drawn"},
        ("update rings set edge_ids = '[0, 2]'",),
    ),
    "an edge replaced by its twin": (
        {"rings.ways"}, ("update rings set edge_ids = '[0, 3, 1]'",)
    ),
    "run the other way round": (
        {"rings.ways"}, ("update rings set edge_ids = '[1, 2, 0]'",)
    ),
    "a wrong length": ({"rings.length"}, ("update rings set length_m = 4499.8",)),
    "longer than the scenario allows": (
        {"rings.length"}, (rule("max_km = 4.6", "max_km = 4.4999"),)
    ),
    "fewer hubs than asked": ({"rings.hubs"}, (rule("min_hubs = 1", "min_hubs = 2"),)),
    "fewer hubs than two, which is meant where the least is not said": (
        {"rings.hubs"}, (rule("min_hubs = 1\n", ""),)
    ),
    "a hub on no ring": ({"rings.hubs"}, ("delete from rings",)),
    "a ring without a hub": (
        {"rings.hubs"}, ("update rings set hub_ids = '[]', hubs = 0",)
    ),
    "a hub twice on one ring": (
        {"rings.hubs"}, ("update rings set hub_ids = '[\"D1\", \"D1\"]', hubs = 2",)
    ),
    "a hub on two rings": (
        {"rings.hubs"},
        ("insert into rings "
         "(geom, ring_id, core_id, end_core_id, hubs, hub_ids, length_m, edge_ids) "
         "select geom, 2, core_id, end_core_id, hubs, hub_ids, length_m, edge_ids from rings",),
    ),
    "a township on the ring": (
        {"rings.hubs", "rings.ways"},
        ("update rings set hub_ids = '[\"D1\", \"T1\"]', hubs = 2",),
    ),
    "a wrong number of hubs": ({"rings.hubs"}, ("update rings set hubs = 2",)),
    "another core": (
        {"rings.hubs", "paths.ways", "lines.drawn"}, ("update rings set core_id = 'M1'",)
    ),
    "nobody asked for rings": ({"rings.hubs"}, (without_rings,)),
    "not drawn": ({"lines.drawn"}, ("update rings set geom = null",)),
    "drawn as another stretch": (
        {"lines.drawn"},
        ("update rings set geom = (select geom from routes where edge_id = 5)",),
    ),
    "its directions share a duct": (
        {"rings.disjoint", "P8", "hubs.table"},
        ("update candidate_edges set risk_groups = '[0, 1]' where edge_id = 1",),
    ),
    "no such hub": ({"file.references"}, ("update rings set hub_ids = '[\"D9\"]'",)),
    "no such stretch": ({"file.references"}, ("update rings set edge_ids = '[0, 2, 99]'",)),
    "no such core": ({"file.references"}, ("update rings set core_id = 'CORE-9'",)),
    "no such core at its end": (
        {"file.references"}, ("update rings set end_core_id = 'CORE-9'",)
    ),
    "only rings between two cores asked for": (
        {"rings.hubs"}, (rule("min_hubs = 1", 'min_hubs = 1\ncores = "two"'),)
    ),
    "hubs that are no list": ({"file.references"}, ("update rings set hub_ids = 'D1'",)),
    "hubs that are numbers": ({"file.references"}, ("update rings set hub_ids = '[1]'",)),
}  # fmt: skip


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_plan(tmp_path_factory.mktemp("rings") / "plan.gpkg")


@pytest.mark.parametrize("name", BROKEN)
def test_broken_rings(name: str, intact: Path, tmp_path: Path) -> None:
    rules, changes = BROKEN[name]
    report = check_changed(intact, tmp_path / "plan.gpkg", *changes)
    assert set(report.broken()) == rules
    assert not report.ok


def test_no_rings_asked_and_none_there_holds(intact: Path, tmp_path: Path) -> None:
    report = check_changed(intact, tmp_path / "plan.gpkg", without_rings, "delete from rings")
    assert report.broken() == ()
    assert "asks for no rings" in report.rule("rings.hubs").detail.en


# ---- a plan made by the planner ------------------------------------------------------------------


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan]:
    """The small city with both hubs on one ring, as a file."""
    folder = tmp_path_factory.mktemp("ringed")
    city = small_city(folder / "city")
    city.edit("scenario.toml", "[policy]", RINGS.format(most=2, km=60))
    plan = make_plan(*read_inputs(city.scenario))
    save_plan(plan, folder / "plan.gpkg")
    return folder / "plan.gpkg", plan


def test_the_planned_rings_hold(planned: tuple[Path, Plan]) -> None:
    path, plan = planned
    report = check_plan(path)
    assert report.broken() == ()
    assert len(plan["rings"]) == 1
    ring = plan["rings"].iloc[0]
    assert sorted(json.loads(ring["hub_ids"])) == sorted(plan["hubs"]["site_id"])
    assert ring["length_m"] <= 60_000
    again = load_plan(path)
    assert again["rings"].drop(columns="geometry").equals(plan["rings"].drop(columns="geometry"))
    assert "ring" in report.rule("rings.length").detail.en
    assert "环" in str(plan.certificate["bound_method_zh"])


@pytest.fixture(scope="module")
def between(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan]:
    """The small city with a core in each district and one ring between them, as a file."""
    folder = tmp_path_factory.mktemp("between")
    city = small_city(folder / "city")
    rings = RINGS.format(most=2, km=60).replace("[rings]", '[rings]\ncores = "either"')
    city.edit("scenario.toml", "[policy]", SECOND_CORE + rings)
    plan = make_plan(*read_inputs(city.scenario))
    save_plan(plan, folder / "plan.gpkg")
    return folder / "plan.gpkg", plan


def test_a_ring_between_two_cores_holds(between: tuple[Path, Plan]) -> None:
    path, plan = between
    assert check_plan(path).broken() == ()
    ring = plan["rings"].iloc[0]
    assert (ring["core_id"], ring["end_core_id"]) == ("CORE-1", "CORE-2")
    assert not ring.geometry.is_closed
    homes = plan["sites"].set_index("site_id")["home_id"]
    ends = plan["core_paths"].set_index("path_id")["home_id"]
    for hub in json.loads(ring["hub_ids"]):
        assert (ends[f"{hub}/1"], ends[f"{hub}/2"]) == ("CORE-1", "CORE-2")
    # hubs of either core lie on it: the home is where a hub hangs, its ways end at both
    assert {homes[hub] for hub in json.loads(ring["hub_ids"])} == {"CORE-1", "CORE-2"}


TURNED = "update {} set home_id = '{}' where path_id = 'DA1/{}'"
BROKEN_BETWEEN = {
    "ends swapped": (
        {"paths.ways"},
        ("update rings set core_id = 'CORE-2', end_core_id = 'CORE-1'",),
    ),
    "said to come back to its core": (
        {"rings.hubs", "paths.ways", "lines.drawn"},
        ("update rings set end_core_id = 'CORE-1'",),
    ),
    "a way that is said to end at the other core": (
        {"paths.ways", "paths.walk"},
        (TURNED.format("core_paths", "CORE-1", 2), TURNED.format("witness_paths", "CORE-1", 2)),
    ),
    "a hub at home at neither end": (
        {"rings.hubs", "P4"},
        ("update sites set home_id = 'M1' where site_id = 'DA1'",),
    ),
    "run the other way round": (
        {"rings.ways"}, ("update rings set edge_ids = '{turned}'",)
    ),
    "a stretch dropped": (
        {"rings.ways", "rings.length", "lines.drawn"},
        ("update rings set edge_ids = '{shorter}'",),
    ),
    "the scenario asks for rings through one core": (
        {"rings.hubs"}, ('update provenance set value = replace(value, \'either\', \'one\') '
                         "where key = 'scenario_toml'",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_BETWEEN)
def test_broken_rings_between_two_cores(
    name: str, between: tuple[Path, Plan], tmp_path: Path
) -> None:
    path, plan = between
    rules, changes = BROKEN_BETWEEN[name]
    edges = json.loads(plan["rings"]["edge_ids"][0])
    given = {"turned": json.dumps(edges[::-1]), "shorter": json.dumps(edges[:-1])}
    changes = tuple(change.format(**given) for change in changes)
    report = check_changed(path, tmp_path / "p.gpkg", *changes)
    assert rules <= set(report.broken()), report.broken()
    assert set(report.broken()) - rules <= {"bound.dual", "bound.weight"}


@pytest.mark.parametrize("cores", ["one", "either"])
def test_the_bound_by_partitions_is_added_up_again(cores: str, tmp_path: Path) -> None:
    """With thick ways to the hubs the cable of rings counts: the verifier finds the same sum."""
    city = small_city(tmp_path / "city")
    rings = RINGS.format(most=2, km=60).replace("[rings]", f'[rings]\ncores = "{cores}"')
    city.edit("scenario.toml", "[policy]", (SECOND_CORE if cores != "one" else "") + rings)
    city.edit("scenario.toml", "cores_per_hub_way = 2", "cores_per_hub_way = 48")
    plan = make_plan(*read_inputs(city.scenario))
    save_plan(plan, tmp_path / "plan.gpkg")
    held = plan.certificate
    more = held["bound_cents"] - held["cut_bound_cents"]
    assert more > 0
    report = check_plan(tmp_path / "plan.gpkg")
    assert report.broken() == ()
    assert f"partition of the hubs into rings adds {more}" in report.rule("bound.dual").detail.en
    claim = held["bound_cents"] + 1
    changes = [
        f"update certificate set value = '{claim}' where key = 'bound_cents'",
        f"update certificate set value = '{held['cost_cents'] / claim - 1!r}' where key = 'gap'",
    ]
    report = check_changed(tmp_path / "plan.gpkg", tmp_path / "more.gpkg", *changes)
    assert set(report.broken()) == {"bound.dual"}


def test_hubs_in_another_order_than_the_ring_meets_them(
    planned: tuple[Path, Plan], tmp_path: Path
) -> None:
    path, plan = planned
    turned = json.dumps(json.loads(plan["rings"]["hub_ids"][0])[::-1])
    report = check_changed(path, tmp_path / "p.gpkg", f"update rings set hub_ids = '{turned}'")
    assert set(report.broken()) == {"rings.ways"}


def test_a_budget_one_cent_below_what_was_spent(planned: tuple[Path, Plan], tmp_path: Path) -> None:
    path, plan = planned
    spent = int(plan.phases["cost_cents"].iloc[0])
    change = f"update phases set budget_cents = {spent - 1} where number = 1"
    report = check_changed(path, tmp_path / "p.gpkg", change)
    assert "phases.budget" in report.broken()


def test_a_ring_too_short_for_the_city_is_refused_with_names_and_cure(tmp_path: Path) -> None:
    city = small_city(tmp_path / "city")
    city.edit("scenario.toml", "[policy]", RINGS.format(most=2, km=3))
    with pytest.raises(InfeasibleError) as failure:
        make_plan(*read_inputs(city.scenario))
    rules = {fault.rule for fault in failure.value.faults}
    assert rules <= {"rings.too_long", "rings.alone"}
    assert all("rings.max_km" in fault.cure.en for fault in failure.value.faults)
    assert all(fault.layer == "sites" for fault in failure.value.faults)
    assert not any(fault.row.isdigit() for fault in failure.value.faults)
