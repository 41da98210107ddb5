from __future__ import annotations

import io
from dataclasses import replace

import pytest
from instances import build_city_plan, city
from sample_plan import sample_plan

from geoplan import cli
from geoplan.summary import summary_lines
from geoplan.terminal import Terminal
from geoplan.text import Language


def test_what_is_told_in_english() -> None:
    assert summary_lines(sample_plan(), "en") == [
        # the bound is 26,000 yuan: rounded down, so that "at least" stays true
        "cost 0.03 million yuan, lower bound 0.02 million yuan, gap 5.01%",
        "municipal units: 1 in all, 1 placed, 1 served",
        "district hubs: 1 in all, 1 placed, 1 served",
        "townships: 3 in all, 2 placed, 2 served",
        "new: 0.3 route-km, 0.3 sheath-km, 7.9 core-km; reused: 0.1 core-km",
        "Phase 1: 0.02 million yuan released, 0.02 million yuan spent, 3 sites so far, "
        "50.0% of the weight (no plan could reach more than 75.0%)",
        "Phase 2: 0.01 million yuan released, 0.01 million yuan spent, 5 sites so far, "
        "100.0% of the weight (no plan could reach more than 100.0%)",
        "mind: 1 prices are placeholders; replace them before quoting a cost",
        "mind: reconstructed, not surveyed: existing ducts",
    ]


def test_without_a_bound_it_says_why_in_chinese() -> None:
    plan = sample_plan()
    certificate = {**plan.certificate, "bound_cents": None, "gap": None}
    line = summary_lines(replace(plan, certificate=certificate), "zh")[0]
    assert line == "费用 2.7 万元（未接入全部站点，不给下界）"


def test_less_than_all_of_the_weight_never_reads_as_all() -> None:
    plan = sample_plan()
    phases = plan["phases"].assign(weight_share=[0.5, 0.9996])
    told = summary_lines(replace(plan, tables={**plan.tables, "phases": phases}), "zh")
    assert any("累计权重 99.9%（任何方案至多 100.0%）" in line for line in told)


@pytest.mark.parametrize(
    ("language", "line"), [("zh", "路网：测绘院"), ("en", "roads: the survey office")]
)
def test_the_terminal_names_owners_of_data_in_the_readers_language(
    language: Language, line: str
) -> None:
    plan = build_city_plan(city())
    owners = ["路网：测绘院 / roads: the survey office"]
    said = io.StringIO()
    told = replace(plan, provenance={**plan.provenance, "attributions": owners})
    cli._tell_plan(told, [], Terminal(language, said))
    assert line in said.getvalue().splitlines()


def test_a_phase_that_spends_what_was_left_before_says_so() -> None:
    plan = sample_plan()
    phases = plan["phases"].assign(
        budget_cents=[3_000_000, 1_000_000],
        cost_cents=[1_000_000, 2_500_000],
        carry_cents=[2_000_000, 500_000],
    )
    other = replace(plan, tables={**plan.tables, "phases": phases})
    zh, en = summary_lines(other, "zh"), summary_lines(other, "en")
    assert sum("结转" in line for line in zh) == sum("carried" in line for line in en) == 1
    assert any("资金 1.0 万元（另有结转 2.0 万元），费用 2.5 万元" in line for line in zh)
    line = next(line for line in en if line.startswith("Phase 2"))
    assert "0.01 million yuan released (and 0.02 million yuan carried over)" in line


def test_ways_that_no_optic_fits_are_counted_with_the_longest() -> None:
    plan = build_city_plan(city())
    paths = plan["core_paths"].copy()
    used = int((paths["phase"] > 0).sum())
    dark = paths.index[paths["phase"] > 0][0]
    paths.loc[dark, ["optic", "fibre_m"]] = "", 339_040.0
    other = replace(plan, tables={**plan.tables, "core_paths": paths})
    told = f"mind: no optic fits 1 of {used} ways (the longest 339.0 km of fibre)"
    assert any(told in line for line in summary_lines(other, "en"))
    assert not any("optic" in line for line in summary_lines(plan, "en"))
    assert any(line.startswith("1 of them are too long") for line in summary_lines(other, "en"))
    assert any(line.startswith("其中 1 路过长") for line in summary_lines(other, "zh"))
    assert any(f"{used} 路中有 1 路无合适的光模块" in line for line in summary_lines(other, "zh"))


def test_a_way_between_two_optics_is_not_said_to_be_too_long() -> None:
    """11 km are more than the short optic reaches, and too little loss for the next."""
    plan = build_city_plan(city())
    paths = plan["core_paths"].copy()
    dark = paths.index[paths["phase"] > 0][0]
    paths.loc[dark, ["optic", "fibre_m", "loss_db"]] = "", 11_000.0, 4.2
    other = replace(plan, tables={**plan.tables, "core_paths": paths})
    lines = summary_lines(other, "en")
    assert any("no optic fits 1 of" in line for line in lines)
    assert not any("too long" in line for line in lines)
