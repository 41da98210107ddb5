"""The text of a scenario says what the scenario says, whatever was changed in it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.scenario import Figure, LongestWay, RingRules, Scenario
from geoplan.scenario_toml import parse_scenario, render_scenario, scenario_faults
from geoplan.text import Text

PATH = Path(__file__).resolve().parent.parent / "data" / "tianjin" / "scenario.toml"
BASE = parse_scenario(PATH.read_text("utf-8"), path=PATH)


def again(scenario: Scenario) -> Scenario:
    return parse_scenario(render_scenario(scenario), path=scenario.path)


def test_the_embedded_scenario_comes_back() -> None:
    assert again(BASE) == BASE
    assert list(again(BASE).prices) == list(BASE.prices)
    assert render_scenario(again(BASE)) == render_scenario(BASE)


def test_only_values_count_not_the_text_they_came_from() -> None:
    told = parse_scenario(f"# a remark\n{BASE.toml}", path=PATH)
    assert told == BASE
    assert render_scenario(told) == render_scenario(BASE)


def test_the_text_names_no_folder_of_the_machine() -> None:
    text = render_scenario(BASE)
    assert str(PATH.parent) not in text
    assert tomllib.loads(text)["layers"]["districts"] == "districts.csv"


@pytest.mark.parametrize(
    "source",
    [
        "https://example.org/roads",
        "PG:dbname=city",
        "/vsizip/a.zip/b.shp",
        "/elsewhere/r.gpkg#main",
    ],
)
def test_sources_that_are_not_beside_the_scenario_stay_whole(source: str) -> None:
    layers = replace(BASE.layers, roads=source, water=str(PATH.parent / ".." / "w.gpkg"))
    changed = replace(BASE, layers=layers)
    assert again(changed) == changed
    assert tomllib.loads(render_scenario(changed))["layers"]["water"] == str(Path("../w.gpkg"))


def test_a_changed_price_is_in_the_text() -> None:
    dear = replace(BASE.prices["trench_duct"], value_cents=24751)
    changed = replace(BASE, prices={**BASE.prices, "trench_duct": dear})
    assert again(changed) == changed != BASE
    assert "trench_duct = { value_yuan = 247.51," in render_scenario(changed)


def test_given_money_and_numbers_of_libraries() -> None:
    budgets = replace(BASE.budgets, given_cents=(1, 20_000_000_01, 5))
    drum = Figure(np.float64(2500.5), "cited", "tender")
    solve = replace(BASE.solve, seed=np.int64(7))  # type: ignore[arg-type]
    changed = replace(BASE, budgets=budgets, solve=solve, cable=replace(BASE.cable, drum_m=drum))
    assert again(changed) == changed
    assert scenario_faults(changed) == []


def test_rings_come_back_and_stay_away_where_nobody_asked() -> None:
    changed = replace(BASE, rings=RingRules(4, 120.5, 2))
    assert again(changed) == changed != BASE
    assert scenario_faults(changed) == []
    assert "[rings]" not in render_scenario(BASE)


def test_how_long_ways_may_be_comes_back_without_what_nobody_set() -> None:
    changed = replace(BASE, longest_way=LongestWay(None, None, 70.0, 1.25))
    assert again(changed) == changed != BASE
    assert scenario_faults(changed) == []
    assert "district_km" not in render_scenario(changed)
    assert "[longest_way]" not in render_scenario(BASE)


@settings(max_examples=30, deadline=None)
@given(
    words=st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda w: bool(w.strip())),
    value=st.floats(0, 1, allow_subnormal=True),
    cents=st.integers(0, 10**13),
)
def test_any_words_and_figures_come_back_or_are_refused(
    words: str, value: float, cents: int
) -> None:
    figure = Figure(value, "cited", words)
    price = replace(BASE.prices["closure"], value_cents=cents, source=words)
    changed = replace(
        BASE,
        title=Text(words, words),
        prices=MappingProxyType({**BASE.prices, "closure": price}),
        cable=replace(BASE.cable, slack_share=figure),
    )
    faults = scenario_faults(changed)
    assert {fault.rule for fault in faults} <= {"scenario.control_characters"}
    assert faults or again(changed) == changed


def _prices(**cents: int) -> dict[str, Any]:
    changed = {name: replace(BASE.prices[name], value_cents=v) for name, v in cents.items()}
    return {"prices": {**BASE.prices, **changed}}


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({}, []),
        (_prices(closure=-1, splice_core=-1), ["scenario.negative", "scenario.negative"]),
        ({"budgets": replace(BASE.budgets, given_cents=(1, 2))}, ["scenario.budgets_and_phases"]),
        ({"prices": {}}, ["scenario.missing_price"] * 19),
        ({"budgets": replace(BASE.budgets, round_to_cents=150)}, ["scenario.not_in_a_file"]),
        ({"phases": BASE.phases[::-1]}, ["scenario.not_in_a_file"]),
    ],
)
def test_a_what_if_is_checked_like_a_file(change: dict[str, Any], rules: list[str]) -> None:
    found = [fault.rule for fault in scenario_faults(replace(BASE, **change))]
    assert found == rules
