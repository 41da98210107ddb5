"""The network as Open Fibre Data Standard, held by the validator of those who publish it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from libcoveofds.additionalfields import AdditionalFields
from libcoveofds.jsonschemavalidate import JSONSchemaValidator
from libcoveofds.python_validate import PythonValidate
from libcoveofds.schema import OFDSSchema
from pack_plan import HOSTILE, moved_to_degrees, pack_plan

from geoplan.export import export_packs
from geoplan.plan import Plan


def network_plan() -> Plan:
    """The plan for packs, its stretches between nodes: 1-2 duct, 2-3 buried, 1-4 lit, 1-5 pull."""
    plan = pack_plan()
    plan["routes"]["tail_node"] = [1, 2, 1, 1]
    plan["routes"]["head_node"] = [2, 3, 4, 5]
    plan["routes"].loc[2, "cores_used"] = 4
    plan["sites"]["node_id"] = [1, 1, 2, 3, 3, 0]
    return plan


@pytest.fixture(scope="module")
def plan() -> Plan:
    return network_plan()


@pytest.fixture(scope="module")
def package(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Any:
    (path,) = export_packs(plan, tmp_path_factory.mktemp("packs"), formats=["ofds"])
    assert path.name == "works-zh.ofds.json"
    return json.loads(path.read_text("utf-8"))


def faults(package: Any) -> list[Any]:
    schema = OFDSSchema()
    return [
        *JSONSchemaValidator(schema).validate(package),
        *PythonValidate(schema).validate(package),
    ]


def test_the_standards_own_validator_has_no_fault(package: Any) -> None:
    assert faults(package) == []
    added = AdditionalFields(OFDSSchema()).process(package)
    assert {key for key, value in added.items() if value["root_additional_field"]} == {"/about"}
    # and it would see one
    spoilt = json.loads(json.dumps(package))
    spoilt["networks"][0]["spans"][0]["start"] = "nowhere"
    assert faults(spoilt)


def test_spans_are_cables_and_lit_stretches(plan: Plan, package: Any) -> None:
    (network,) = package["networks"]
    spans = {
        span["id"]: (
            *(span["start"], span["end"], span["fibreCount"], span["fibreLength"]),
            *(span["supportingInfrastructure"]["type"], span["status"], span["phase"]["id"]),
        )
        for span in network["spans"]
    }
    assert spans == {
        "N1-1": ("n1", "n2", 24, 0.12, "duct", "planned", "1"),
        "N4-1": ("n1", "n5", 24, 0.0905, "duct", "planned", "1"),
        "N2-1": ("n2", "n3", 24, 0.21, "none", "planned", "2"),
        "L3": ("n1", "n4", 4, 0.05, "duct", "operational", "1"),
    }
    lit = next(span for span in network["spans"] if span["id"] == "L3")
    wanted = moved_to_degrees(plan, "routes").iloc[2]
    assert lit["route"]["coordinates"] == [pytest.approx(xy, abs=1e-7) for xy in wanted.coords]


def test_nodes_carry_the_sites_that_stand_there(package: Any) -> None:
    nodes = {node["id"]: node for node in package["networks"][0]["nodes"]}
    assert sorted(nodes) == ["n1", "n2", "n3", "n4", "n5"]
    assert nodes["n1"]["name"] == "核心、甲区"
    assert nodes["n3"]["name"] == f"{HOSTILE}、-乡"
    assert nodes["n3"]["phase"] == {"id": "2", "name": "二期"}
    assert nodes["n2"]["phase"]["id"] == "1"  # where phase 2 goes on from
    assert [nodes[n]["accessPoint"] for n in sorted(nodes)] == [True, True, True, False, False]
    assert nodes["n5"]["type"] == ["aggregationPoint"]


def test_what_to_know_is_said(package: Any) -> None:
    about = package["about"]
    assert about["密级"] == "内部资料"
    assert "OpenStreetMap" in about["数据来源"]
    assert "占位值" in about["费用"]
    phases = {phase["id"]: phase["description"] for phase in package["networks"][0]["phases"]}
    assert "新建沟长（米） 100.0" in phases["1"]
    assert "工程费用（元） 17,500.00" in phases["1"]


def test_one_phase_refers_to_the_phases_it_goes_on_from(plan: Plan, tmp_path: Path) -> None:
    (path,) = export_packs(plan, tmp_path, formats=["ofds"], phase=2, language="en")
    package = json.loads(path.read_text("utf-8"))
    assert faults(package) == []
    (network,) = package["networks"]
    assert [span["id"] for span in network["spans"]] == ["N2-1"]
    assert [node["id"] for node in network["nodes"]] == ["n2", "n3"]
    assert [phase["name"] for phase in network["phases"]] == ["Phase 1", "Phase 2"]


def test_same_plan_is_the_same_network(plan: Plan, package: Any, tmp_path: Path) -> None:
    (path,) = export_packs(plan, tmp_path, formats=["ofds"])
    assert json.loads(path.read_text("utf-8")) == package
    (other,) = export_packs(plan, tmp_path, formats=["ofds"], phase=1)
    assert json.loads(other.read_text("utf-8"))["networks"][0]["id"] != package["networks"][0]["id"]
