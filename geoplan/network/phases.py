"""The phases of a plan: money, sites, weight and kilometres by the end of each."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.cost import NEW_ROUTE_METHODS
from geoplan.optimize.solution import Solution
from geoplan.scenario import Scenario
from geoplan.schema import PLAN_TABLES
from geoplan.tables import conform
from geoplan.units import round_m

__all__ = ["phase_table"]

_PHASES = next(table for table in PLAN_TABLES if table.name == "phases")


def phase_table(
    *,
    solution: Solution,
    scenario: Scenario,
    sites: pd.DataFrame,
    routes: pd.DataFrame,
    cables: pd.DataFrame,
    core_paths: pd.DataFrame,
    feeders: pd.DataFrame,
    lighting_cents: NDArray[np.int64],
    reused_core_m: NDArray[np.float64],
) -> pd.DataFrame:
    """Return the phases and hold their cost against the optimizer's.

    Parameters
    ----------
    lighting_cents, reused_core_m
        int64 (w,), float64 (w,): what each row of ``core_paths`` pays for existing cores, and
        how many core-metres of them it takes; cores that are shared count with the first on
        them.

    Raises
    ------
    ValueError
        The bill of a phase is not what the optimizer says it is: a fault of the program.
    """
    count = len(scenario.phases)
    served = sites[sites["served"]]
    plant = routes["trench_cents"] + routes["crossing_cents"] + routes["cable_cents"]
    cost = (
        _per_phase(routes["phase"], plant, count)
        + _per_phase(core_paths["phase"], lighting_cents, count)
        + _per_phase(feeders["phase"], feeders["cost_cents"], count)
        + _per_phase(served["phase"], served["equipment_cents"], count)
    ).astype(np.int64)
    if not np.array_equal(cost, solution.phases.cost_cents):
        raise ValueError(
            f"phases cost {cost.tolist()} cents by the bill, "
            f"{solution.phases.cost_cents.tolist()} by the optimizer"
        )
    levels = {
        name: _cumulated(served["phase"], served["level"] == level, count)
        for name, level in (
            ("municipal", "municipal"),
            ("hubs", "district"),
            ("townships", "township"),
        )
    }
    villages = served["villages"].where(served["level"] == "township", 0)
    total = int(sites.loc[sites["attached"], "weight"].sum())
    weight = _cumulated(served["phase"], served["weight"], count)
    new = routes["length_m"].where(routes["method"].isin(NEW_ROUTE_METHODS), 0.0)
    core_m = cables["sheath_m"] * cables["size_cores"]
    budgets = solution.phases.budgets_cents
    frame = pd.DataFrame(
        {
            "number": [rule.number for rule in scenario.phases],
            "name_zh": [rule.name.zh for rule in scenario.phases],
            "name_en": [rule.name.en for rule in scenario.phases],
            "gain": [rule.gain for rule in scenario.phases],
            "budget_cents": budgets,
            "cost_cents": cost,
            "carry_cents": np.cumsum(budgets) - np.cumsum(cost),
            "sites": levels["municipal"] + levels["hubs"] + levels["townships"],
            **levels,
            "villages": _cumulated(served["phase"], villages, count),
            "weight": weight,
            "weight_share": weight / max(total, 1),
            "weight_bound_share": np.minimum(1.0, solution.phases.weight_bound / max(total, 1)),
            "route_m": round_m(_cumulated(routes["phase"], new, count)),
            "sheath_m": round_m(_cumulated(cables["phase"], cables["sheath_m"], count)),
            "core_m_new": round_m(_cumulated(cables["phase"], core_m, count)),
            "core_m_reused": round_m(_cumulated(core_paths["phase"], reused_core_m, count)),
        }
    )
    return conform(frame, _PHASES)


def _per_phase(phase: pd.Series, values: object, count: int) -> NDArray[np.float64]:
    """Return float64 (p,): ``values`` summed per phase (exact below 2**53)."""
    weights = np.asarray(values, dtype=np.float64)
    sums = np.bincount(phase.to_numpy(np.int64), weights=weights, minlength=count + 1)
    return sums[1:].astype(np.float64)


def _cumulated(phase: pd.Series, values: object, count: int) -> NDArray[np.float64]:
    return np.cumsum(_per_phase(phase, values, count))
