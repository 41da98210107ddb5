from __future__ import annotations

from dataclasses import replace

import numpy as np
from instances import build_city_network, city, city_unfinished

from geoplan.errors import Fault
from geoplan.text import Text


def reasons(made) -> dict[str, Text]:
    sites = build_city_network(made).sites
    rows = zip(sites["site_id"], sites["why_zh"], sites["why_en"], strict=True)
    return {site_id: Text(zh, en) for site_id, zh, en in rows}


def test_reasons_are_the_figures_of_the_plan() -> None:
    why = reasons(city())
    assert why["CORE-1"].en == "Core node: in service from Phase 1."
    assert why["H-1"].en == (
        "Phase 1: 2 ways lead to the core; all 3 stretches on its way open in this phase; with its "
        "equipment, shared stretches counted in full, they cost 23,960 yuan. Its weight is 200."
    )
    # 820.00 yuan were left of phase 1, T-1's own stretch and equipment cost 6,420.00
    assert why["T-1"].en.startswith("Phase 2: the 820 yuan left after Phase 1 were not enough")
    assert "第3期：第2期末结余1,400元，不足以提前接入" in why["T-2"].zh
    assert why["T-3"].en == "Not served: it has no known position."


def test_reasons_call_phases_as_the_scenario_does() -> None:
    made = city()
    names = [Text("一期", "Stage A"), Text("二期", "Stage B"), Text("三期", "Stage C")]
    phases = [
        replace(phase, name=name) for phase, name in zip(made.scenario.phases, names, strict=True)
    ]
    why = reasons(replace(made, scenario=replace(made.scenario, phases=tuple(phases))))
    assert why["CORE-1"] == ("核心节点，自一期启用。", "Core node: in service from Stage A.")
    assert "三期：二期末结余1,400元，不足以提前接入" in why["T-2"].zh
    assert why["T-2"].en.startswith("Stage C: the 1,400 yuan left after Stage B were not enough")
    assert not any("第" in text.zh and "期" in text.zh for text in why.values())


def test_money_that_does_not_reach() -> None:
    why = reasons(city_unfinished())
    assert why["T-2"].en == (
        "Not served: it would cost 5,020 yuan more; only 2,400 yuan are left at the end."
    )
    assert "5,020元" in why["T-2"].zh


def test_a_township_that_opens_with_its_hub() -> None:
    made = city()
    phases = replace(
        made.solution.phases,
        site_phase=np.array([1, 2, 1, 2, 3], dtype=np.int8),
        edge_phase=np.array([2, 2, 0, 2, 2, 1, 0, 3, 0], dtype=np.int8),
        cost_cents=np.array([122_000, 2_396_000 + 642_000, 502_000]),
    )
    why = reasons(replace(made, solution=replace(made.solution, phases=phases)))
    assert why["T-1"].en.startswith("Phase 2: its hub 甲区 is in service from this phase on;")
    assert why["T-2"].zh.startswith("第3期：")


def test_a_township_whose_hub_stays_out() -> None:
    made = city()
    phases = replace(
        made.solution.phases,
        site_phase=np.array([1, 0, 1, 0, 0], dtype=np.int8),
        edge_phase=np.array([0, 0, 0, 0, 0, 1, 0, 0, 0], dtype=np.int8),
        cost_cents=np.array([122_000, 0, 0]),
    )
    why = reasons(replace(made, solution=replace(made.solution, phases=phases)))
    assert why["T-1"].en == "Not served: its hub 甲区 is not in service."
    # all of phase 1 to 3, 37,000 yuan, less 1,220 yuan would pay for it
    assert why["H-1"].en.startswith("Not served: it would cost 23,960 yuan more (35,780 are left)")


def test_a_site_that_is_not_attached_says_why() -> None:
    made = city()
    layers = made.layers
    sites = layers.sites.copy()
    sites.loc[5, "geometry"] = sites.geometry[4]
    note = Fault(
        "sites.too_far", "sites", "T-3", Text("离道路太远", "too far from any road"), Text("", "")
    )
    why = reasons(
        replace(
            made,
            layers=replace(layers, sites=sites),
            graph=replace(made.graph, notes=(note,)),
        )
    )
    assert why["T-3"].en == "Not served: too far from any road."
