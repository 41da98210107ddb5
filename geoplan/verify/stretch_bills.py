"""What each candidate stretch costs with any number of cores on it, from the prices of the file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoplan.verify.facts import NEW_ROUTE, Facts, from_scenario
from geoplan.verify.rules_cost import CROSSINGS, half_up
from geoplan.verify.rules_plant import cable_sizes

__all__ = ["StretchBills", "most_cores"]


def most_cores(facts: Facts) -> int:
    """Return the cores of all ways of all attached sites together."""
    sites = facts["sites"]
    return int((sites["cores_per_way"] * sites["ways_required"])[sites["attached"]].sum())


class StretchBills:
    """Bills of all candidate stretches.

    Parameters
    ----------
    fixed_cents
        int64 (m,): trench and crossings, once a stretch is opened.
    """

    def __init__(self, facts: Facts) -> None:
        edges, price, figure = facts["candidate_edges"], facts.price, facts.figure
        self._facts = facts
        method = edges["method"].astype(str)
        rate = np.array([price.get(f"trench_{name}", 0) for name in method], dtype=np.int64)
        fixed = half_up(edges["length_m"] * rate)
        for kind in CROSSINGS:
            crossed = np.where(np.isin(method, NEW_ROUTE), edges[f"crossings_{kind}"], 0)
            fixed += crossed * price[f"crossing_{kind}"]
        self.fixed_cents: NDArray[np.int64] = fixed
        self._light = method == "light"
        length = edges["length_m"] * (1 + figure["cable.slack_share"])
        sheath = np.rint((length + figure["cable.reserve_m_per_stretch"]) * 10) / 10
        closures = np.maximum(1, np.ceil(sheath / figure["cable.drum_m"])).astype(np.int64)
        once = half_up(sheath * price["cable_laying"]) + closures * price["closure"]
        self._cable: dict[int, NDArray[np.int64]] = {}
        for size in from_scenario(facts.data, "cable", "sizes_cores"):
            material = half_up(sheath / 1000 * price[f"cable_{size}"])
            self._cable[int(size)] = material + once + closures * int(size) * price["splice_core"]
        # free cores of a cable that is there, free bores of a duct
        self._limit = np.where(self._light, edges["capacity_cores"], edges["capacity_cables"])

    def at(self, cores: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return int64 (m,), bool (m,): cents beside the fixed part, and where there is room."""
        sizes = cable_sizes(self._facts, cores)
        pulled = sum((self._cable[size] for size in sizes), np.zeros_like(self.fixed_cents))
        lit = self._facts.price["core_lighting"] * cores
        taken = np.where(self._light, cores, len(sizes))
        room: NDArray[np.bool_] = (self._limit < 0) | (taken <= self._limit)
        return np.where(self._light, lit, pulled), room
