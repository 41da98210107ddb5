"""The panel's figures are the plan's, and its sentences are true."""

from __future__ import annotations

import pytest
from test_maps_sample import tiny_plan

from geoplan.maps import figures
from geoplan.maps.words import WORDS


def test_step_zero_is_today_and_every_phase_follows() -> None:
    steps = figures.steps(tiny_plan())
    assert [step["name"].zh for step in steps] == ["现状", "一期", "二期", "三期"]
    assert steps[0]["weight"].zh == "0.0 %"
    assert steps[0]["spent"].zh == "0 元"


def test_figures_are_the_phases_tables() -> None:
    second = figures.steps(tiny_plan())[2]
    assert second["weight"].en == "83.3 %"
    assert second["bound"].en == "90.0 %"
    assert second["sites"].en == "10"
    # money adds up over the phases: 30 + 80 million released, 29 + 79.999 million spent
    assert second["released"].zh == "1.1000 亿元"
    assert second["spent"].zh == "1.0900 亿元"
    assert [(item["key"], item["value"].en, item["of"].en) for item in second["reach"]] == [
        ("municipal", "2", "2"),
        ("hubs", "3", "3"),
        ("townships", "4", "7"),
        ("villages", "40", "70"),
    ]
    assert [item["value"].en for item in second["plant"]] == ["40.0", "43.0", "2,000.0", "18.0"]


def test_a_bound_is_never_shown_lower_than_it_is() -> None:
    # 0.44441 would read 44.4 %, and "at most 44.4 %" would be false
    assert figures.steps(tiny_plan())[1]["bound"].en == "44.5 %"


def test_the_proof_in_one_sentence() -> None:
    sentence = figures.proof(tiny_plan())[0]
    assert sentence.zh == (
        "方案总造价 1.7400 亿元；已证明接入全部可接入站点不可能低于 1.7000 亿元，"
        "即本方案至多比理论最低造价高 2.4 %。"
    )
    assert "at most 2.4 % above the proven minimum" in sentence.en


def test_no_bound_and_an_optimal_cost_are_said() -> None:
    none = figures.proof(tiny_plan(bound_cents=None, gap=None, phase_gap=None))
    assert len(none) == 1
    assert "不给出造价下界" in none[0].zh
    assert "no lower bound" in none[0].en
    best = figures.proof(tiny_plan(bound_cents=17_399_900_000, gap=0.0))
    assert "最低造价" in best[0].zh
    assert "least possible" in best[0].en


@pytest.mark.parametrize(
    ("status", "zh", "en"),
    [("interrupted", "被人中断", "was interrupted"), ("time_limit", "达到时限", "time limit")],
)
def test_a_search_that_ended_early_is_said(status: str, zh: str, en: str) -> None:
    done, early = figures.proof(tiny_plan()), figures.proof(tiny_plan(status=status))
    assert early[:-1] == done
    assert zh in early[-1].zh
    assert en in early[-1].en


@pytest.mark.parametrize("language", ["zh", "en"])
def test_notes_name_every_placeholder_and_the_reconstruction(language: str) -> None:
    found = [[text.get(language) for text in note] for note in figures.notes(tiny_plan())]  # type: ignore[arg-type]
    assert "2" in found[0][0]
    assert ("新建管道" if language == "zh" else "new duct") in found[0][1]
    assert found[1][1] == ("光缆余长比例" if language == "zh" else "cable slack (share)")
    assert ("重建" if language == "zh" else "reconstructed") in found[2][0]


def test_the_plain_table_has_a_value_for_every_step() -> None:
    rows = figures.table_rows(figures.steps(tiny_plan()))
    assert all(len(values) == 4 for _, values in rows)
    assert rows[0][0] == WORDS["weight"]
    assert [value.en for value in rows[-1][1]] == [
        "CNY 0", "CNY 29.00 million", "CNY 109.00 million", "CNY 174.00 million",
    ]  # fmt: skip
