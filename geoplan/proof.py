"""The certificates of the bounds as tables: what the verifier adds up again."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.optimize.cut_proof import CutKind
from geoplan.optimize.solution import Design, PhasePlan
from geoplan.optimize.weight_proof import WeightProof

__all__ = ["method_in_chinese", "proof_tables", "weight_tables"]

# The optimizer names its method in English, from these terms; longer terms come first.
_PROOF_TERMS: tuple[tuple[str, str], ...] = (
    ("least cable length of each way at supporting lines", "按支撑线计的各路最小光缆费用"),
    (
        "least cable of any partition into rings and of every other way at supporting lines",
        "按支撑线计的任意成环划分及其余各路最小光缆费用",
    ),
    ("two ways per hub, rings left out: ", "仅计每个汇聚节点两路、不计成环："),
    ("every ring and every way listed", "列出全部环与路由"),
    ("prize-collecting ", "奖励收集"),
    ("townships only with their hubs", "乡镇须待其汇聚节点"),
    ("every way listed", "列出全部路由"),
    ("all phases: ", "各期合计："),
    ("orientation model", "定向割模型"),
    ("dual ascent", "对偶上升"),
    ("cut LP", "割平面线性规划"),
    ("group cuts", "风险组割"),
    ("summed with the gains", "按各期系数求和"),
    ("per phase: ", "逐期："),
    ("equipment", "设备费"),
    ("; ", "；"),
    (", ", "，"),
    (" (", "（"),
    (")", "）"),
)


def proof_tables(design: Design) -> dict[str, pd.DataFrame]:
    """Return the tables ``bound_lines`` and ``bound_cuts`` (docs/proof.md).

    An arc is written as its stretch's id + 1, negative where it runs from head to tail; the
    stretches of a group cut are positive.
    """
    m = len(design.slope_cents)
    cuts = design.cuts
    members = _members(cuts.ptr, cuts.members, m)
    return {
        "bound_lines": _lines(design.slope_cents),
        "bound_cuts": pd.DataFrame(
            {
                "cut_id": np.arange(len(members), dtype=np.int64),
                "kind": _KINDS[cuts.kind],
                "group_id": cuts.group.astype(np.int64),
                "dual_cents": cuts.cents,
                "members": members,
            }
        ),
    }


def weight_tables(phases: PhasePlan, site_id: NDArray[np.object_]) -> dict[str, pd.DataFrame]:
    """Return ``weight_bounds``, ``weight_lines`` and ``weight_cuts`` (docs/proof.md).

    Links stand among the cuts (kind ``link``): one arc, no site, no group.

    Parameters
    ----------
    site_id
        object (s,), id of each site of the problem.
    """
    m = len(phases.slope_cents)
    proofs = phases.proofs or (None,) * len(phases.weight_bound)
    cuts = [
        table
        for k, proof in enumerate(proofs, 1)
        if proof is not None
        for table in _weight_rows(k, proof, site_id, m)
        if len(table)
    ]
    empty = pd.DataFrame(columns=["phase", "kind", "group_id", "site_id", "dual", "members"])
    rows = pd.concat(cuts, ignore_index=True) if cuts else empty
    rows.insert(0, "cut_id", np.arange(len(rows), dtype=np.int64))
    return {
        "weight_bounds": pd.DataFrame(
            {
                "phase": np.arange(1, len(proofs) + 1, dtype=np.int64),
                "weight_bound": phases.weight_bound,
                "worth": [0 if proof is None else proof.worth for proof in proofs],
                "scale": [1 if proof is None else proof.scale for proof in proofs],
            }
        ),
        "weight_lines": _lines(phases.slope_cents),
        "weight_cuts": rows,
    }


def _weight_rows(
    phase: int, proof: WeightProof, site_id: NDArray[np.object_], n_edges: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cuts and the links of one phase."""
    each = np.arange(len(proof.link_arc) + 1, dtype=np.int64)
    cuts = pd.DataFrame(
        {
            "phase": phase,
            "kind": _KINDS[proof.kind],
            "group_id": proof.group.astype(np.int64),
            "site_id": site_id[proof.site],
            "dual": proof.dual,
            "members": _members(proof.ptr, proof.members, n_edges),
        }
    )
    links = pd.DataFrame(
        {
            "phase": phase,
            "kind": "link",
            "group_id": -1,
            "site_id": "",
            "dual": proof.link_dual,
            "members": _members(each, proof.link_arc, n_edges),
        }
    )
    return cuts, links


_KINDS = np.array([kind.name.lower() for kind in CutKind], dtype=object)


def _lines(slope_cents: NDArray[np.int64]) -> pd.DataFrame:
    tilted = np.flatnonzero(slope_cents > 0)
    return pd.DataFrame({"edge_id": tilted, "slope_cents": slope_cents[tilted]})


def _members(ptr: NDArray[np.int64], arcs: NDArray[np.int32], n_edges: int) -> NDArray[np.object_]:
    """Return the arcs of each cut as JSON."""
    signed = np.where(arcs < n_edges, arcs + 1, n_edges - arcs - 1).tolist()
    texts = [
        json.dumps(signed[first:last], separators=(",", ":"))
        for first, last in zip(ptr[:-1].tolist(), ptr[1:].tolist(), strict=True)
    ]
    return np.array(texts, dtype=object)


def method_in_chinese(method: str) -> str:
    """Return the optimizer's sentence term by term; a term not known stays in English."""
    for english, chinese in _PROOF_TERMS:
        method = method.replace(english, chinese)
    return method
