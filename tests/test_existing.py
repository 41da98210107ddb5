"""What is free in the existing plant, and which surveys are refused."""

from __future__ import annotations

import pandas as pd
import pytest

from geoplan.existing import check_plant, core_metres, free_bores, free_cores


def plant() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two ducts in a row; G1 holds two cables in three bores, G2 one cable in its only bore.

    Free cores: 24 - 6 = 18, 12 - 12 = 0, 8 - 2 = 6. Free bores: 3 - 2 = 1, 1 - 1 = 0.
    Core-metres: 24 x 110 + 12 x 105 + 8 x 52 = 2640 + 1260 + 416 = 4316.
    """
    ducts = pd.DataFrame(
        {
            "duct_id": ["G1", "G2"],
            "node_a": ["X1", "X2"],
            "node_b": ["X2", "X3"],
            "length_m": [100, 50],
            "bores": [3, 1],
            "bores_used": [2, 1],
            "origin": "surveyed",
        },
        index=[10, 20],
    )
    cables = pd.DataFrame(
        {
            "cable_id": ["L1", "L2", "L3"],
            "duct_id": ["G1", "G1", "G2"],
            "length_m": [110, 105, 52],
            "cores": [24, 12, 8],
            "cores_used": [6, 12, 2],
            "origin": "surveyed",
        },
        index=[7, 8, 9],
    )
    return ducts, cables


def test_free_cores_and_bores_keep_the_index() -> None:
    ducts, cables = plant()
    assert free_cores(cables).to_dict() == {7: 18, 8: 0, 9: 6}
    assert free_bores(ducts).to_dict() == {10: 1, 20: 0}
    assert free_cores(cables).dtype == free_bores(ducts).dtype == "int64"


def test_core_metres_is_an_exact_sum() -> None:
    _, cables = plant()
    assert core_metres(cables) == 4316
    assert core_metres(cables.iloc[:0]) == 0


def test_a_sound_plant_and_an_empty_one_have_no_faults() -> None:
    ducts, cables = plant()
    assert check_plant(ducts, cables) == []
    assert check_plant(ducts.iloc[:0], cables.iloc[:0]) == []


@pytest.mark.parametrize(
    ("layer", "row", "changes", "rule"),
    [
        ("ducts", 20, {"duct_id": "G1"}, "existing_ducts.duplicate_id"),
        ("ducts", 10, {"length_m": 0}, "existing_ducts.length"),
        ("ducts", 10, {"node_b": "X1"}, "existing_ducts.loop"),
        ("ducts", 10, {"bores_used": -1}, "existing_ducts.bores"),
        ("ducts", 20, {"bores": 0}, "existing_ducts.bores"),
        ("ducts", 10, {"bores_used": 4}, "existing_ducts.bores_used"),
        ("ducts", 10, {"bores_used": 1}, "existing_ducts.cables"),
        ("cables", 8, {"cable_id": "L1"}, "existing_cables.duplicate_id"),
        ("cables", 8, {"length_m": -5}, "existing_cables.length"),
        ("cables", 8, {"cores_used": -1}, "existing_cables.cores"),
        ("cables", 8, {"cores": 0}, "existing_cables.cores"),
        ("cables", 8, {"cores_used": 13}, "existing_cables.cores_used"),
        ("cables", 8, {"duct_id": "G9"}, "existing_cables.unknown_duct"),
        ("cables", 8, {"duct_id": "G2"}, "existing_ducts.cables"),
    ],
)
def test_each_contradiction_is_named(
    layer: str, row: int, changes: dict[str, object], rule: str
) -> None:
    ducts, cables = plant()
    changed = ducts if layer == "ducts" else cables
    for column, value in changes.items():
        changed.loc[row, column] = value
    faults = check_plant(ducts, cables)
    assert rule in {fault.rule for fault in faults}
    (fault,) = (fault for fault in faults if fault.rule == rule)
    assert fault.layer == rule.split(".")[0]
    own = ducts["duct_id"] if fault.layer == "existing_ducts" else cables["cable_id"]
    assert fault.row in set(own)
    assert all((fault.what.zh, fault.what.en, fault.cure.zh, fault.cure.en))


def test_all_faults_are_told_at_once() -> None:
    ducts, cables = plant()
    cables.loc[[7, 9], "cores_used"] = 99
    ducts.loc[20, "length_m"] = 0
    told = [(fault.rule, fault.row) for fault in check_plant(ducts, cables)]
    assert told == [
        ("existing_ducts.length", "G2"),
        ("existing_cables.cores_used", "L1"),
        ("existing_cables.cores_used", "L3"),
    ]
