"""The existing plant: what is free in it, and whether the survey is consistent.

Functions on the two tables of the plant, ``existing_ducts`` and ``existing_cables``
(columns: :mod:`geoplan.schema`). Cores in use stay with the intranet (rule P1), so only what
these functions call free is ever offered to the extranet.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from geoplan.errors import Fault
from geoplan.text import Text

__all__ = ["check_plant", "core_metres", "free_bores", "free_cores"]

_DUCTS = "existing_ducts"
_CABLES = "existing_cables"


def free_cores(cables: pd.DataFrame) -> pd.Series[int]:
    """Return the cores of each cable that the intranet does not use (int64, same index).

    >>> free_cores(pd.DataFrame({"cores": [24, 8], "cores_used": [6, 2]})).tolist()
    [18, 6]
    """
    return (cables["cores"] - cables["cores_used"]).astype("int64").rename("free_cores")


def free_bores(ducts: pd.DataFrame) -> pd.Series[int]:
    """Return the bores of each duct that hold nothing (int64, same index).

    >>> free_bores(pd.DataFrame({"bores": [6], "bores_used": [4]})).tolist()
    [2]
    """
    return (ducts["bores"] - ducts["bores_used"]).astype("int64").rename("free_bores")


def core_metres(cables: pd.DataFrame) -> int:
    """Return cores times recorded length, summed over all cables, in whole core-metres.

    The published size of the plant is a figure of this kind (3400 core-km). Recorded lengths
    are whole metres, so the sum is exact.

    >>> core_metres(pd.DataFrame({"cores": [24, 8], "length_m": [100, 50]}))
    2800
    """
    return int((cables["cores"].astype("int64") * cables["length_m"].astype("int64")).sum())


def check_plant(ducts: pd.DataFrame, cables: pd.DataFrame) -> list[Fault]:
    """Return every inconsistency between and within the two tables; empty when there is none.

    A free core that does not exist would become a promise to a site, so a survey that
    contradicts itself is refused rather than repaired. Each fault names the row and the cure.
    """
    return [*_duct_faults(ducts), *_cable_faults(cables), *_joint_faults(ducts, cables)]


def _duct_faults(ducts: pd.DataFrame) -> Iterable[Fault]:
    ids = ducts["duct_id"].astype(str)
    yield from _faults(
        "existing_ducts.duplicate_id",
        _DUCTS,
        ids[ids.duplicated(keep="first")],
        Text("管道编号重复", "duct id occurs more than once"),
        Text("每条管道使用唯一编号", "give every duct an id of its own"),
    )
    yield from _faults(
        "existing_ducts.length",
        _DUCTS,
        ids[ducts["length_m"] <= 0],
        Text("管道长度不大于零", "duct length is zero or negative"),
        Text("填写实测长度（整数米）", "enter the surveyed length in whole metres"),
    )
    yield from _faults(
        "existing_ducts.loop",
        _DUCTS,
        ids[ducts["node_a"] == ducts["node_b"]],
        Text("管道两端为同一节点", "duct begins and ends at the same node"),
        Text("更正 node_a 或 node_b", "correct node_a or node_b"),
    )
    yield from _faults(
        "existing_ducts.bores",
        _DUCTS,
        ids[(ducts["bores"] <= 0) | (ducts["bores_used"] < 0)],
        Text("管孔数不是正数，或已占管孔为负", "no bores, or bores used below zero"),
        Text("更正 bores 与 bores_used", "correct bores and bores_used"),
    )
    yield from _faults(
        "existing_ducts.bores_used",
        _DUCTS,
        ids[ducts["bores_used"] > ducts["bores"]],
        Text("已占管孔多于管孔总数", "more bores in use than there are"),
        Text("更正 bores 或 bores_used", "correct bores or bores_used"),
    )


def _cable_faults(cables: pd.DataFrame) -> Iterable[Fault]:
    ids = cables["cable_id"].astype(str)
    yield from _faults(
        "existing_cables.duplicate_id",
        _CABLES,
        ids[ids.duplicated(keep="first")],
        Text("光缆编号重复", "cable id occurs more than once"),
        Text(
            "每条光缆每段管道使用唯一编号",
            "give every cable an id of its own, one per duct stretch",
        ),
    )
    yield from _faults(
        "existing_cables.length",
        _CABLES,
        ids[cables["length_m"] <= 0],
        Text("光缆长度不大于零", "cable length is zero or negative"),
        Text("填写实测长度（整数米）", "enter the surveyed length in whole metres"),
    )
    yield from _faults(
        "existing_cables.cores",
        _CABLES,
        ids[(cables["cores"] <= 0) | (cables["cores_used"] < 0)],
        Text("芯数不是正数，或在用芯数为负", "no cores, or cores in use below zero"),
        Text("更正 cores 与 cores_used", "correct cores and cores_used"),
    )
    yield from _faults(
        "existing_cables.cores_used",
        _CABLES,
        ids[cables["cores_used"] > cables["cores"]],
        Text("在用芯数多于光缆芯数", "more cores in use than the cable has"),
        Text("更正 cores 或 cores_used", "correct cores or cores_used"),
    )


def _joint_faults(ducts: pd.DataFrame, cables: pd.DataFrame) -> Iterable[Fault]:
    duct_ids = ducts["duct_id"].astype(str)
    lies_in = cables["duct_id"].astype(str)
    yield from _faults(
        "existing_cables.unknown_duct",
        _CABLES,
        cables["cable_id"].astype(str)[~lies_in.isin(duct_ids)],
        Text("光缆所在管道不存在", "cable lies in a duct that is not in the duct layer"),
        Text("更正 duct_id，或补充该管道", "correct duct_id, or add the duct"),
    )
    laid = duct_ids.map(lies_in.value_counts()).fillna(0).astype("int64")
    yield from _faults(
        "existing_ducts.cables",
        _DUCTS,
        duct_ids[laid > ducts["bores_used"]],
        Text("管道内光缆条数多于已占管孔", "more cables in the duct than bores in use"),
        Text(
            "更正 bores_used，或更正光缆的 duct_id",
            "correct bores_used, or the duct_id of the cables",
        ),
    )


def _faults(rule: str, layer: str, rows: pd.Series[str], what: Text, cure: Text) -> Iterable[Fault]:
    """Yield one fault per row id in ``rows`` (each id once, in table order)."""
    for row in np.asarray(rows.drop_duplicates(), dtype=object):
        yield Fault(rule=rule, layer=layer, row=str(row), what=what, cure=cure)
