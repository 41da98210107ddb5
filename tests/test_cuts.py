"""What one cut takes down, on the sample of three hubs in a row and on tiny changes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from test_maps_sample import tiny_plan

from geoplan.cuts import Cut, single_cuts
from geoplan.plan import Plan
from geoplan.plan_file import load_plan


def with_groups(plan: Plan, groups: dict[int, list[int]]) -> Plan:
    """The plan with risk groups of some of its stretches."""
    blank: dict[str, Any] = dict.fromkeys(plan["candidate_edges"].columns, 0)
    rows = [
        {**blank, "edge_id": edge, "risk_groups": json.dumps(own), "geometry": None}
        for edge, own in groups.items()
    ]
    return replace(plan, tables={**plan.tables, "candidate_edges": pd.DataFrame(rows)})


def with_second_way(plan: Plan, site: str, edges: list[int]) -> Plan:
    """The plan with one more way of a site."""
    paths = plan["core_paths"]
    row = {
        **paths.iloc[0].to_dict(),
        "path_id": f"{site}/2",
        "site_id": site,
        "way": 2,
        "edge_ids": json.dumps(edges),
    }
    more = pd.concat([paths, pd.DataFrame([row])], ignore_index=True)
    return replace(plan, tables={**plan.tables, "core_paths": more})


def test_a_cut_takes_down_all_behind_it_hubs_and_what_hangs_on_them() -> None:
    cuts = single_cuts(tiny_plan())
    # stretch 3 is the only way of hub C, which serves T-5
    assert cuts[3] == Cut(("C-HUB", "T-5"), (), ())
    # stretch 2 carries hubs B and C: their townships go with them, in the order of the sites
    assert cuts[2].down == ("B-HUB", "C-HUB", "T-3", "T-4", "T-5")
    assert cuts[10].down == ("T-5",)
    assert list(cuts) == list(range(1, 11))


def test_a_site_with_another_way_stays_and_keeps_what_hangs_on_it() -> None:
    cuts = single_cuts(with_second_way(tiny_plan(), "C-HUB", [10, 9, 8, 1]))
    assert cuts[3] == Cut((), ("C-HUB",), ())
    # both ways of hub C run over stretch 1: nothing is left of it
    assert "C-HUB" in cuts[1].down


def test_one_accident_cuts_its_whole_risk_group() -> None:
    groups = {edge: [edge] for edge in range(1, 11)}
    plan = with_groups(tiny_plan(), {**groups, 6: [6, 20], 7: [7, 20]})
    cuts = single_cuts(plan)
    assert cuts[6] == Cut(("T-1", "T-2"), (), (7,))
    assert cuts[7].together == (6,)
    assert cuts[8] == Cut(("T-3",), (), ())


def test_two_groups_of_a_stretch_are_two_accidents_not_one() -> None:
    """6 lies beside 3 in one place and beside 9 in another: no digger is in both."""
    plan = with_second_way(tiny_plan(), "C-HUB", [9, 8, 1])
    groups = {edge: [edge] for edge in range(1, 11)}
    cuts = single_cuts(with_groups(plan, {**groups, 6: [6, 20, 21], 3: [3, 20], 9: [9, 21]}))
    assert cuts[6].together == (3, 9)
    # ways of hub C: 3-2-1 and 9-8-1; each accident leaves it one of them
    assert cuts[6].down == ("T-1", "T-4")
    assert cuts[6].kept == ("C-HUB",)


@pytest.mark.parametrize("edge", [4, 5])
def test_a_lit_core_is_cut_as_well(edge: int) -> None:
    assert single_cuts(tiny_plan())[edge].down == ({4: "M-1", 5: "M-2"}[edge],)


def test_on_the_embedded_plan_every_cut_agrees_with_the_ways_one_by_one(
    tianjin_plan_dir: Any,
) -> None:
    plan = load_plan(tianjin_plan_dir / "plan.gpkg")
    cuts = single_cuts(plan)
    sites, paths = plan["sites"], plan["core_paths"]
    groups = {
        int(edge): json.loads(own)
        for edge, own in zip(
            plan["candidate_edges"]["edge_id"], plan["candidate_edges"]["risk_groups"], strict=True
        )
    }
    home = dict(zip(sites["site_id"], sites["home_id"], strict=True))
    ways: dict[str, list[set[int]]] = {}
    for site, edges in zip(paths["site_id"], paths["edge_ids"], strict=True):
        ways.setdefault(site, []).append(set(json.loads(edges)))

    def lost(site: str, cut: set[int]) -> bool:
        if site not in ways:  # the core
            return False
        return all(way & cut for way in ways[site]) or lost(home[site], cut)

    routes = plan["routes"]["edge_id"].tolist()
    for edge in routes[::25]:
        accidents = [{e for e in routes if group in groups[e]} for group in groups[edge]]
        down = {site for site in ways for cut in accidents if lost(site, cut)}
        assert set(cuts[edge].down) == down
    # P8: hubs have two ways without a common risk, so no cut takes a hub down
    hubs = set(sites.loc[sites["level"] == "district", "site_id"])
    assert not any(hubs & set(cut.down) for cut in cuts.values())
