"""Routes: every way a new trench may take, lead-ins included, before methods are chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Routes"]


@dataclass(frozen=True, slots=True, eq=False)
class Routes:
    """Ways of new routes between nodes; nodes ``0 .. k-1`` are the places, in their order.

    Parameters
    ----------
    node_xy
        float64 (n, 2), places first, then junctions.
    tail, head
        int64 (m,), end nodes.
    geometry
        object (m,), LineString from tail to head.
    factor
        float64 (m,), what the length on the ellipsoid is multiplied by.
    motorway, lead_in
        bool (m,).
    bridges
        object (m,), parts on bridges or in tunnels, else ``None``.
    """

    node_xy: NDArray[np.float64]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    geometry: NDArray[np.object_]
    factor: NDArray[np.float64]
    motorway: NDArray[np.bool_]
    lead_in: NDArray[np.bool_]
    bridges: NDArray[np.object_]
