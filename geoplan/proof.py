"""The certificate of the bound on the bill as tables: what the verifier adds up again."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from geoplan.optimize.cut_proof import CutKind
from geoplan.optimize.solution import Design

__all__ = ["method_in_chinese", "proof_tables"]

# The optimizer names its method in English, from these terms; longer terms come first.
_PROOF_TERMS: tuple[tuple[str, str], ...] = (
    ("least cable length of each way at supporting lines", "按支撑线计的各路最小光缆费用"),
    (
        "least cable of any partition into rings at the supporting line",
        "任意成环划分的最小光缆费用，支撑线斜率",
    ),
    ("two ways per hub, rings left out: ", "仅计每个汇聚节点两路、不计成环："),
    ("every ring and every way listed", "列出全部环与路由"),
    ("every way listed", "列出全部路由"),
    ("all phases: ", "各期合计："),
    ("prize-collecting dual ascent", "奖励收集对偶上升"),
    ("orientation model", "定向割模型"),
    ("dual ascent", "对偶上升"),
    ("cut LP", "割平面线性规划"),
    ("group cuts", "风险组割"),
    ("price x money", "资金价格×资金"),
    ("total weight", "总权重"),
    ("at the best price", "取最优价格"),
    ("summed with the gains", "按各期系数求和"),
    ("per phase: ", "逐期："),
    ("equipment", "设备费"),
    ("; ", "；"),
    (", ", "，"),
)


def proof_tables(design: Design) -> dict[str, pd.DataFrame]:
    """Return the tables ``bound_lines`` and ``bound_cuts`` (docs/proof.md).

    An arc is written as its stretch's id + 1, negative where it runs from head to tail; the
    stretches of a group cut are positive.
    """
    m = len(design.slope_cents)
    tilted = np.flatnonzero(design.slope_cents > 0)
    lines = pd.DataFrame({"edge_id": tilted, "slope_cents": design.slope_cents[tilted]})
    cuts = design.cuts
    signed = np.where(cuts.members < m, cuts.members + 1, m - cuts.members - 1).tolist()
    members = [
        json.dumps(signed[first:last], separators=(",", ":"))
        for first, last in zip(cuts.ptr[:-1].tolist(), cuts.ptr[1:].tolist(), strict=True)
    ]
    names = np.array([kind.name.lower() for kind in CutKind], dtype=object)
    return {
        "bound_lines": lines,
        "bound_cuts": pd.DataFrame(
            {
                "cut_id": np.arange(len(members), dtype=np.int64),
                "kind": names[cuts.kind],
                "group_id": cuts.group.astype(np.int64),
                "dual_cents": cuts.cents,
                "members": np.array(members, dtype=object),
            }
        ),
    }


def method_in_chinese(method: str) -> str:
    """Return the optimizer's sentence term by term; a term not known stays in English."""
    for english, chinese in _PROOF_TERMS:
        method = method.replace(english, chinese)
    return method
