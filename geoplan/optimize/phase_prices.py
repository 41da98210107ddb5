"""What a cent is worth in each phase of a design: the linear relaxation of its phases.

The relaxation of (3)-(7) of :mod:`geoplan.optimize.phasing`. Its optimum tells designs apart in a
small part of the time that choosing phases takes; the duals of the money rows (4) tell what a cent
more in each phase would bring. Both steer a search and prove nothing. (HiGHS through scipy takes
the rows as one sparse matrix: writing them one by one takes longer than solving them.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import linprog

from geoplan.optimize.blocks import Blocks

__all__ = ["PhasePrices", "phase_prices"]

_UNIT_CENTS = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class PhasePrices:
    """Optimum of the relaxation, what a cent brings, and how much of each block is bought.

    ``per_cent`` float64 (p,) >= 0: what the objective grows by with one cent more from that phase
    on; ``bought`` float64 (p, b) in 0..1, by the end of each phase.
    """

    value: float
    per_cent: NDArray[np.float64]
    bought: NDArray[np.float64]


def phase_prices(
    blocks: Blocks, released: NDArray[np.int64], gain: NDArray[np.int64]
) -> PhasePrices | None:
    """Solve the relaxation; None when the money does not even pay for the core.

    Parameters
    ----------
    released, gain
        int64 (p,): money released by the end of each phase, gain of each phase.
    """
    p, n, arcs = len(released), len(blocks.weight), len(blocks.child)
    row = np.arange(arcs)
    ones = np.ones(arcs)
    needs = sp.coo_array((ones, (row, blocks.child)), shape=(arcs, n))
    needs = needs - sp.coo_array((ones, (row, blocks.parent)), shape=(arcs, n))  # (6)
    earlier = sp.eye_array(p - 1, p) - sp.eye_array(p - 1, p, k=1)
    rows = sp.vstack(
        [
            sp.kron(sp.eye_array(p), blocks.cost_cents[None, :] / _UNIT_CENTS),  # (4)
            sp.kron(earlier, sp.eye_array(n)),  # (5)
            sp.kron(sp.eye_array(p), needs),
        ],
        format="csr",
    )
    most = np.concatenate([released / _UNIT_CENTS, np.zeros(rows.shape[0] - p)])
    unit = max(1.0, float(blocks.weight.sum()))
    low = np.tile(blocks.forced.astype(np.float64), p)  # (7)
    solve: Any = linprog  # its stubs do not know that the rows may be sparse
    result = solve(
        -np.outer(gain, blocks.weight).ravel() / unit,
        A_ub=rows,
        b_ub=most,
        bounds=np.column_stack([low, np.ones(p * n)]),
        method="highs",
    )
    if result.status != 0:
        return None
    return PhasePrices(
        value=-float(result.fun) * unit,
        per_cent=np.maximum(0.0, -result.ineqlin.marginals[:p]) * unit / _UNIT_CENTS,
        bought=np.asarray(result.x).reshape(p, n),
    )
