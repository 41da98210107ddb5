"""What differs between two plans: stretches built in only one of them, sites earlier or later.

Stretches are matched by where they lie, not by their number: two plans made on other candidate
graphs number them differently. A stretch of the same place and method is the same; one of the same
place and another method is a change of method (the trench of one plan, the duct of the other).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from geoplan.plan import Plan
from geoplan.text import Text

__all__ = ["OTHER_PRICES", "PlanDifference", "SiteChange", "plan_difference", "same_prices"]

OTHER_PRICES = Text(
    "各方案所用单价不同，造价不可直接比较。",
    "The plans were made with different prices; their costs can't be compared as they stand.",
)
"""What to say beside the costs of plans that have not the :func:`same_prices`."""

# Coordinates that differ by less name the same place (input files round to about a decimetre).
_SAME_PLACE_M = 1.0
_Places = dict[bytes, dict[str, list[int]]]


@dataclass(frozen=True, slots=True)
class SiteChange:
    """A site that the two plans serve in different phases; phase 0 is not served at all."""

    site_id: str
    phase_first: int
    phase_second: int

    @property
    def earlier(self) -> bool:
        """Whether the second plan serves it earlier (being served at all is earlier than never)."""
        never = np.iinfo(np.int64).max
        return (self.phase_second or never) < (self.phase_first or never)


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """Two plans held against each other; stretches by their ``edge_id`` in their own plan.

    Parameters
    ----------
    only_first, only_second
        Stretches built in one plan where the other builds nothing.
    other_method
        Pairs of stretches at one place, built in both by different methods.
    other_phase
        Pairs of the same stretch, opened in different phases.
    sites
        Sites that are in both plans and change their phase, in the order of the first plan.
    """

    only_first: tuple[int, ...]
    only_second: tuple[int, ...]
    other_method: tuple[tuple[int, int], ...]
    other_phase: tuple[tuple[int, int], ...]
    sites: tuple[SiteChange, ...]


def same_prices(plans: Sequence[Plan]) -> bool:
    """Tell whether plans were made with the same prices, so that their costs can be compared."""
    return len({_prices(plan) for plan in plans}) <= 1


def _prices(plan: Plan) -> tuple[tuple[str, int], ...]:
    prices = plan["prices"]
    pairs = zip(prices["price_id"].astype(str), prices["value_cents"].astype(int), strict=True)
    return tuple(sorted(pairs))


def plan_difference(first: Plan, second: Plan) -> PlanDifference:
    """Return what differs from ``first`` to ``second``.

    Both plans are taken to be in one planning CRS. A site that only one plan knows is no change:
    the plans were asked different questions about it.
    """
    here, there = _places(first["routes"]), _places(second["routes"])
    phases = [_phases(plan["routes"]) for plan in (first, second)]
    only_first: list[int] = []
    only_second: list[int] = []
    other_method: list[tuple[int, int]] = []
    other_phase: list[tuple[int, int]] = []
    for place in {**here, **there}:
        a, b = here.get(place, {}), there.get(place, {})
        for method in a.keys() & b.keys():
            pairs = list(zip(a[method], b[method], strict=False))
            other_phase += [(x, y) for x, y in pairs if phases[0][x] != phases[1][y]]
            a = {**a, method: a[method][len(pairs) :]}
            b = {**b, method: b[method][len(pairs) :]}
        left, right = sorted(_edges(a)), sorted(_edges(b))
        pairs = list(zip(left, right, strict=False))
        other_method += pairs
        only_first += left[len(pairs) :]
        only_second += right[len(pairs) :]
    return PlanDifference(
        tuple(sorted(only_first)),
        tuple(sorted(only_second)),
        tuple(sorted(other_method)),
        tuple(sorted(other_phase)),
        tuple(_site_changes(first["sites"], second["sites"])),
    )


def _places(routes: pd.DataFrame) -> _Places:
    """Return the stretches by place (direction left out), then by method."""
    found: _Places = {}
    shapes = np.asarray(routes["geometry"], dtype=object)
    steps = shapely.set_precision(shapes, _SAME_PLACE_M, mode="pointwise")
    keys = shapely.to_wkb(shapely.normalize(steps))
    for key, edge, method in zip(keys, routes["edge_id"], routes["method"], strict=True):
        found.setdefault(bytes(key or b""), {}).setdefault(str(method), []).append(int(edge))
    return found


def _phases(routes: pd.DataFrame) -> dict[int, int]:
    return {int(e): int(k) for e, k in zip(routes["edge_id"], routes["phase"], strict=True)}


def _edges(by_method: dict[str, list[int]]) -> list[int]:
    return [edge for edges in by_method.values() for edge in edges]


def _site_changes(first: pd.DataFrame, second: pd.DataFrame) -> Iterator[SiteChange]:
    there = {
        str(site): int(phase)
        for site, phase in zip(second["site_id"], second["phase"], strict=True)
    }
    for site, phase in zip(first["site_id"], first["phase"], strict=True):
        if there.get(str(site), int(phase)) != int(phase):
            yield SiteChange(str(site), int(phase), there[str(site)])
