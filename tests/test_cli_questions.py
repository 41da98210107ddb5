"""`geoplan why` and `geoplan frontier` as a user runs them, on a small city of files."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Run, geoplan
from small_city import SmallCity, small_city

from geoplan.plan_file import load_plan


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> SmallCity:
    return small_city(tmp_path_factory.mktemp("questions") / "city")


@pytest.fixture(scope="module")
def plan_file(city: SmallCity) -> Path:
    run = geoplan("plan", city.scenario, "--out", city.folder / "out", "--json")
    assert run.code == 0, run.err
    return city.folder / "out" / "plan.gpkg"


def ask(*arguments: str | Path, city: SmallCity) -> Run:
    return geoplan(*arguments, "--scenario", city.scenario, "--json")


def test_why_answers_or_names_what_stands_against_it(city: SmallCity, plan_file: Path) -> None:
    sites = load_plan(plan_file)["sites"]
    late = sites[sites["phase"] > 1].sort_values("site_id")
    for site in late["site_id"].iloc[[0, -1]]:
        run = ask("why", plan_file, site, "--lang", "en", city=city)
        if run.code == 3:
            assert {fault["rule"] for fault in run.json["faults"]} == {"locks.conflict"}
            assert "yuan more in Phase" in run.err
            continue
        assert run.code == 0, run.err
        assert run.json["site_id"] == site
        assert run.json["asked"] == run.json["phase"] - 1
        assert run.json["lost_least"] <= run.json["lost_most"]
        assert "the phase objective loses" in run.err
    assert len(late)


def test_frontier_writes_its_files(city: SmallCity, plan_file: Path) -> None:
    out = city.folder / "frontier"
    run = ask("frontier", plan_file, "--out", out, "--points", "20", "--lang", "zh", city=city)
    assert run.code == 0, run.err
    assert len(run.json["points"]) == 20
    assert run.json["points"][-1]["weight_share"] == 1.0
    assert sorted(path.name for path in out.iterdir()) == [
        "frontier.csv", "frontier.gpkg", "frontier.json", "frontier.svg",
    ]  # fmt: skip
    assert "权重" in run.err


def test_a_changed_layer_is_named(city: SmallCity, plan_file: Path) -> None:
    text = (city.folder / "townships.csv").read_text("utf-8")
    city.write("townships.csv", text.replace("西街,A1,117.08", "西街,A1,117.081"))
    try:
        run = ask("why", plan_file, "A101", "--lang", "en", city=city)
    finally:
        city.write("townships.csv", text)
    assert run.code == 2
    assert [(f["rule"], f["layer"]) for f in run.json["faults"]] == [
        ("plan.other_input", "townships")
    ]


def test_conflict_of_locks_is_exit_code_three(city: SmallCity) -> None:
    text = city.scenario.read_text("utf-8")
    start = text.index("\nfactor =") + 1
    poor = text[:start] + "yuan = [500000.0, 1.0, 1e9]\n" + text[start:]
    lock = '\n[[locks.commitments]]\ndistrict = "B2"\ntownships = 2\nby_phase = 2\n'
    city.write("poor.toml", poor + lock)
    run = geoplan("plan", city.folder / "poor.toml", "--out", city.folder / "no", "--json")
    assert run.code == 3, run.err
    assert run.json["status"] == "infeasible"
    layers = {fault["layer"] for fault in run.json["faults"]}
    assert "[locks.commitments]" in layers
    assert "[budgets]" in layers
    assert not (city.folder / "no").exists()


def test_next_plan_on_what_is_built(city: SmallCity, plan_file: Path) -> None:
    """The scenario names the earlier plan; its phase 1 stays and the verifier says so."""
    built = '\n[locks]\nbuilt = "out/plan.gpkg"\nbuilt_phases = 1\n'
    lock = '[[locks.sites]]\nsite = "{}"\nlatest = {}\n'
    old = load_plan(plan_file)["sites"].set_index("site_id")
    later = old[(old["phase"] > 1) & (old["level"] == "township")].index[0]
    by = int(old.loc[later, "phase"])
    text = city.scenario.read_text("utf-8")
    city.write("next.toml", text + built + lock.format(later, by))
    run = geoplan("plan", city.folder / "next.toml", "--out", city.folder / "next", "--json")
    assert run.code == 0, run.err
    checked = geoplan("check", city.folder / "next" / "plan.gpkg", "--json")
    assert checked.code == 0, checked.err
    plan = load_plan(city.folder / "next" / "plan.gpkg")
    new = plan["sites"].set_index("site_id")["phase"]
    done = old[old["phase"] == 1].index
    assert (new[done] == 1).all()
    assert 0 < new[later] <= by
    assert "built" in plan.provenance["input_hashes"]
    assert 'built = "out/plan.gpkg"' in plan.provenance["scenario_toml"]


def test_built_plan_that_is_missing_is_a_fault(city: SmallCity) -> None:
    text = city.scenario.read_text("utf-8")
    city.write("gone.toml", text + '\n[locks]\nbuilt = "gone.gpkg"\nbuilt_phases = 1\n')
    run = geoplan("plan", city.folder / "gone.toml", "--out", city.folder / "no", "--json")
    assert run.code == 2
    assert all(fault["cure"] for fault in run.json["faults"])
