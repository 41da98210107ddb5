"""The certificate of the bound on the bill: cuts and their duals."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["CutKind", "CutProof", "no_cuts"]


class CutKind(IntEnum):
    """What a row of the LP is: a cut, or a link of what leaves a node to what enters it."""

    IN = 0
    OUT = 1
    GROUP = 2
    LINK = 3


@dataclass(frozen=True, slots=True, eq=False)
class CutProof:
    """Cuts and links with their duals: the certificate of a bound on the fixed cost of a design.

    Parameters
    ----------
    kind
        int8 (k,), :class:`CutKind`.
    group
        int32 (k,), the risk group of a group cut, else -1.
    cents
        int64 (k,) > 0, dual of each row.
    ptr, members
        int64 (k + 1,), int32: arcs of each row; edges of a group cut; of a link the arc that
        something must enter before.
    bound_cents
        What they prove: (S) of :mod:`geoplan.optimize.orientation_lp`.
    """

    kind: NDArray[np.int8]
    group: NDArray[np.int32]
    cents: NDArray[np.int64]
    ptr: NDArray[np.int64]
    members: NDArray[np.int32]
    bound_cents: int


def no_cuts() -> CutProof:
    """Return the certificate of the bound 0."""
    whole = np.zeros(0, dtype=np.int64)
    few = np.zeros(0, dtype=np.int32)
    return CutProof(few.astype(np.int8), few, whole, np.zeros(1, dtype=np.int64), few, 0)
