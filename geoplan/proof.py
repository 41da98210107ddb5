"""The certificate of the bound on the bill as tables: what the verifier adds up again."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from geoplan.optimize.cut_proof import CutKind
from geoplan.optimize.solution import Design

__all__ = ["proof_tables"]


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
