"""What a single cut takes down: by hand on the tiny plan, by brute force on Tianjin."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from report_plan import tiny_plan

from geoplan.cuts import group_cuts
from geoplan.plan import Plan
from geoplan.plan_file import load_plan


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return tiny_plan(tmp_path_factory.mktemp("tiny"))


def test_the_tiny_plan_by_hand(plan: Plan) -> None:
    # D1 has two ways (e0; e2-e1) and survives every cut; T1 hangs on e5, T3 on e7-e5, M1 on e4
    found = {cut.edge_ids: set(cut.site_ids) for cut in group_cuts(plan)}
    assert found == {
        (5,): {"T1", "T3"}, (4,): {"M1"}, (7,): {"T3"}, (0,): set(), (1,): set(), (2,): set(),
    }  # fmt: skip
    assert [len(cut.site_ids) for cut in group_cuts(plan)] == [2, 1, 1, 0, 0, 0]


def test_a_hub_with_one_way_takes_its_townships_along(plan: Plan) -> None:
    paths = plan["core_paths"]
    paths = paths[~((paths["site_id"] == "D1") & (paths["way"] == 2))]
    one_way = replace(plan, tables={**plan.tables, "core_paths": paths})
    found = {cut.edge_ids: set(cut.site_ids) for cut in group_cuts(one_way)}
    assert found[(0,)] == {"D1", "T1", "T3"}


def test_ways_that_share_a_group_fall_together(plan: Plan) -> None:
    edges = plan["candidate_edges"].copy()
    shared = edges["edge_id"].isin([0, 2])
    edges.loc[shared, "risk_groups"] = [
        json.dumps([*json.loads(groups), 0]) for groups in edges.loc[shared, "risk_groups"]
    ]
    close = replace(plan, tables={**plan.tables, "candidate_edges": edges})
    worst = group_cuts(close)[0]
    assert (worst.group_id, set(worst.site_ids)) == (0, {"D1", "T1", "T3"})


def test_sites_that_are_not_served_are_not_lost(plan: Plan) -> None:
    sites = plan["sites"].copy()
    sites.loc[sites["site_id"] == "T3", "served"] = False
    found = group_cuts(replace(plan, tables={**plan.tables, "sites": sites}))
    assert all("T3" not in cut.site_ids for cut in found)
    assert all(7 not in cut.edge_ids for cut in found)


def test_a_plan_without_paths_has_nothing_to_cut(plan: Plan) -> None:
    empty = plan["core_paths"].iloc[:0]
    assert group_cuts(replace(plan, tables={**plan.tables, "core_paths": empty})) == []


def severed(plan: Plan) -> dict[int, set[str]]:
    """Brute force: cut the stretches of each group, then ask every site for a way that is whole."""
    members: dict[int, set[int]] = defaultdict(set)
    for edge, groups in zip(
        plan["candidate_edges"]["edge_id"], plan["candidate_edges"]["risk_groups"], strict=True
    ):
        for group in json.loads(groups):
            members[group].add(edge)
    sites = plan["sites"][plan["sites"]["served"].astype(bool)]
    home = dict(zip(sites["site_id"], sites["home_id"], strict=True))
    level = dict(zip(sites["site_id"], sites["level"], strict=True))
    ways: dict[str, list[set[int]]] = defaultdict(list)
    for site, edges in zip(
        plan["core_paths"]["site_id"], plan["core_paths"]["edge_ids"], strict=True
    ):
        ways[site].append(set(json.loads(edges)))

    def lives(site: str, cut: set[int]) -> bool:
        if level[site] == "core":
            return True
        return any(not way & cut for way in ways[site]) and lives(home[site], cut)

    used = set().union(*(way for site in home for way in ways[site]))
    return {
        group: {site for site in home if not lives(site, edges)}
        for group, edges in members.items()
        if edges & used
    }


def test_tianjin_by_brute_force(tianjin_plan_dir: Path) -> None:
    plan = load_plan(tianjin_plan_dir / "plan.gpkg")
    cuts = group_cuts(plan)
    assert {cut.group_id: set(cut.site_ids) for cut in cuts} == severed(plan)
    hubs = set(plan["hubs"]["site_id"])
    # rule P8: two ways that share no risk group
    assert not any(hubs & set(cut.site_ids) for cut in cuts)
    sizes = [len(cut.site_ids) for cut in cuts]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 100
