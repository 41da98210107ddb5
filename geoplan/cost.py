"""What an edge costs: trench, crossings, cables of each size, lighting, in int64 cents.

The formulas stand in ``docs/plan-file.md``; each component is rounded once, so that every
total anywhere is a sum of the integers computed here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoplan.candidates.graph import METHODS, CandidateGraph
from geoplan.scenario import Method, Scenario
from geoplan.units import M_PER_KM, half_up_cents, round_m

__all__ = [
    "EQUIPMENT_PRICE",
    "NEW_ROUTE_METHODS",
    "EdgeCosts",
    "cable_sizes",
    "edge_costs",
    "new_route_mask",
    "reserve_permille",
]

EQUIPMENT_PRICE: dict[str, str] = {
    "core": "equipment_core",
    "district": "equipment_hub",
    "municipal": "equipment_municipal",
    "township": "equipment_township",
}
"""Price id of a site's equipment by its level."""

NEW_ROUTE_METHODS: tuple[Method, ...] = ("direct_buried", "duct", "aerial")
"""Methods that open a new route: what counts in route-km and pays trench and crossings."""

_LIGHT = METHODS.index("light")
_NEW_ROUTE = tuple(METHODS.index(name) for name in NEW_ROUTE_METHODS)


@dataclass(frozen=True, slots=True, eq=False)
class EdgeCosts:
    """Cost components of every candidate edge (``m`` edges, ``k`` cable sizes, read-only).

    Parameters
    ----------
    trench_cents, crossing_cents, fixed_cents
        int64 (m,): paid once when the edge is opened; ``fixed`` is the sum of the two.
    core_cents
        int64 (m,): price of lighting one core on ``light`` edges, 0 elsewhere.
    takes_cable
        bool (m,): true where using the edge needs new cable.
    step_cores
        int64 (k,): cable sizes in cores, ascending.
    step_cents
        int64 (m, k): material, laying, closures and splices of one cable (0 on ``light``).
    sheath_m, closures
        float64 (m,), int64 (m,): of one new cable over the edge (0 on ``light``).
    material_cents, splice_cents
        int64 (m, k): parts of ``step_cents`` that depend on the size.
    laying_cents, closure_cents
        int64 (m,): parts that do not.
    fibre_m, path_closures
        float64 (m,), int64 (m,): fibre and joints that a path crosses on the edge, on new
        cable and on existing cable alike (for the link loss).
    reserve_permille
        Spare cores on top of the demand when a cable is sized.
    """

    trench_cents: NDArray[np.int64]
    crossing_cents: NDArray[np.int64]
    fixed_cents: NDArray[np.int64]
    core_cents: NDArray[np.int64]
    takes_cable: NDArray[np.bool_]
    step_cores: NDArray[np.int64]
    step_cents: NDArray[np.int64]
    sheath_m: NDArray[np.float64]
    closures: NDArray[np.int64]
    material_cents: NDArray[np.int64]
    laying_cents: NDArray[np.int64]
    closure_cents: NDArray[np.int64]
    splice_cents: NDArray[np.int64]
    fibre_m: NDArray[np.float64]
    path_closures: NDArray[np.int64]
    reserve_permille: int


def reserve_permille(scenario: Scenario) -> int:
    """Return the spare cores of a cable per thousand cores of demand."""
    return round(1000 * scenario.cable.reserve_share.value)


def new_route_mask(graph: CandidateGraph) -> NDArray[np.bool_]:
    """Return bool (m,): edges that open a new route (trench or poles)."""
    return np.isin(graph.method, _NEW_ROUTE)


def cable_sizes(
    cores_used: ArrayLike, step_cores: ArrayLike, reserve_permille: int
) -> NDArray[np.int64]:
    """Count the new cables of each size that carry ``cores_used`` cores with their reserve.

    ``ceil(q * (1000 + reserve) / 1000)`` cores are needed: as many cables of the largest size
    as are filled, and for a remainder the smallest size that holds it.

    Parameters
    ----------
    cores_used
        int (m,) or a single count; 0 needs no cable.
    step_cores
        int (k,), sizes, ascending.
    reserve_permille
        See :func:`reserve_permille`.

    Returns
    -------
    int64 (m, k)

    >>> cable_sizes([0, 10, 11, 300], [12, 24, 288], 200).tolist()
    [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 2]]
    """
    used = np.atleast_1d(np.asarray(cores_used, dtype=np.int64))
    sizes = np.asarray(step_cores, dtype=np.int64)
    needed = -(-used * (1000 + reserve_permille) // 1000)
    full, rest = np.divmod(needed, sizes[-1])
    counts = np.zeros((len(used), len(sizes)), dtype=np.int64)
    counts[:, -1] = full
    row = np.flatnonzero(rest > 0)
    counts[row, np.searchsorted(sizes, rest[row])] += 1
    return counts


def edge_costs(graph: CandidateGraph, scenario: Scenario) -> EdgeCosts:
    """Price every candidate edge by the scenario's prices and design rules.

    Raises
    ------
    KeyError
        A price that a method or size needs is missing (the scenario reader checks this).
    """
    price = {name: item.value_cents for name, item in scenario.prices.items()}
    rules = scenario.cable
    light = graph.method == _LIGHT
    cable = ~light
    new_route = new_route_mask(graph)

    trench_price = np.zeros(len(METHODS), dtype=np.int64)
    for code in np.unique(graph.method[new_route]):
        trench_price[code] = price[f"trench_{METHODS[code]}"]
    trench = half_up_cents(graph.length_m * trench_price[graph.method])
    crossing = (
        graph.crossings_water.astype(np.int64) * price["crossing_water"]
        + graph.crossings_motorway.astype(np.int64) * price["crossing_motorway"]
        + graph.crossings_rail.astype(np.int64) * price["crossing_rail"]
    )
    crossing[~new_route] = 0

    sheath = round_m(
        graph.length_m * (1 + rules.slack_share.value) + rules.reserve_m_per_stretch.value
    )
    closures = _joints(sheath, rules.drum_m.value)
    path_closures = np.where(light, _joints(graph.length_m, rules.drum_m.value), closures)
    fibre = np.where(light, graph.length_m, sheath)
    sheath = np.where(cable, sheath, 0.0)
    closures = np.where(cable, closures, 0)

    sizes = np.array(rules.sizes_cores, dtype=np.int64)
    cable_price = np.array([price[f"cable_{size}"] for size in rules.sizes_cores], dtype=np.int64)
    material = half_up_cents((sheath / M_PER_KM)[:, None] * cable_price[None, :])
    laying = half_up_cents(sheath * price["cable_laying"])
    closure = closures * price["closure"]
    splice = closures[:, None] * sizes[None, :] * price["splice_core"]
    step = material + splice + (laying + closure)[:, None]
    costs = EdgeCosts(
        trench_cents=trench,
        crossing_cents=crossing,
        fixed_cents=trench + crossing,
        core_cents=np.where(light, price["core_lighting"], 0).astype(np.int64),
        takes_cable=cable,
        step_cores=sizes,
        step_cents=step,
        sheath_m=sheath,
        closures=closures,
        material_cents=material,
        laying_cents=laying,
        closure_cents=closure,
        splice_cents=splice,
        fibre_m=fibre,
        path_closures=path_closures,
        reserve_permille=reserve_permille(scenario),
    )
    for name in EdgeCosts.__slots__:
        value = getattr(costs, name)
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return costs


def _joints(length_m: NDArray[np.float64], drum_m: float) -> NDArray[np.int64]:
    """Return one joint per drum laid, at least one."""
    return np.maximum(1, np.ceil(length_m / drum_m)).astype(np.int64)
