"""How rings of hubs are told in the report and on the map: round one core, and between two."""

from __future__ import annotations

from dataclasses import replace

import pytest
import verify_instance as tiny

from geoplan.maps.access import shared_access
from geoplan.plan import Plan
from geoplan.plan_file import load_plan
from geoplan.report.blocks import Table
from geoplan.report.sections.rings import hub_rings
from geoplan.report.words import Voice


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return load_plan(tiny.write_plan(tmp_path_factory.mktemp("rings") / "plan.gpkg"))


def with_rings(plan: Plan, **columns: object) -> Plan:
    return replace(plan, tables={**plan.tables, "rings": plan["rings"].assign(**columns)})


def rows(plan: Plan, language: str) -> list[tuple[str, ...]]:
    (table,) = [block for block in hub_rings(plan, Voice(language)) if isinstance(block, Table)]
    return list(table.rows)


def test_a_ring_back_to_its_core(plan: Plan) -> None:
    name = plan["sites"].set_index("site_id")["name"]
    stops = f"{name['CORE-1']} – {name['D1']} – {name['CORE-1']}"
    assert rows(plan, "en") == [("1", stops, "Phase 1", "1", "4.5")]
    assert rows(plan, "zh") == [("1", stops, "一期", "1", "4.5")]
    told = shared_access(plan)["D1"]
    assert told.en == f"hub ring 1 (through {name['CORE-1']}), place 1 of 1"
    assert told.zh == f"汇聚环 1（经{name['CORE-1']}），第 1 站（共 1 站）"


def test_a_ring_between_two_cores(plan: Plan) -> None:
    """M1 stands for the second core: only names are read."""
    between = with_rings(plan, end_core_id="M1")
    name = plan["sites"].set_index("site_id")["name"]
    assert rows(between, "en")[0][1] == f"{name['CORE-1']} – {name['D1']} – {name['M1']}"
    told = shared_access(between)["D1"]
    assert told.en == f"hub ring 1 (between {name['CORE-1']} and {name['M1']}), place 1 of 1"
    assert told.zh == f"汇聚环 1（{name['CORE-1']}至{name['M1']}），第 1 站（共 1 站）"


def test_a_plan_without_rings_says_nothing(plan: Plan) -> None:
    none = replace(plan, tables={**plan.tables, "rings": plan["rings"].iloc[:0]})
    assert hub_rings(none, Voice("zh")) == []
    assert shared_access(none) == {}
