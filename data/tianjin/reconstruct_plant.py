"""Reconstruct the existing plant of 2004-2007 and the municipal units: seeded, repeatable.

    python data/tianjin/reconstruct_plant.py [DATA_DIR [OUT_DIR]]

Neither a survey of the plant nor a list of office positions is public. This script makes a
stand-in from the few published totals: 385 units at deputy-bureau level and above, 123 of which
use a business system, in the six central districts, and 3400 core-kilometres of cable in a
single-route network. **Everything it writes is invented within those totals** and is marked
``reconstructed`` row by row; a real survey and a real site list replace it (README.md).

How it goes, one function each:

1. units are thrown into the six districts, more of them towards the centre;
2. a jittered street grid is laid over the districts, the core node is one of its crossings;
3. collectors (gigabit access nodes) are the centres of clusters of units;
4. a tree grows along the streets: first to the collectors, then to every unit (Prim-Dijkstra
   trade-off: a new branch starts where way to the tree + part of the way to the centre is least);
5. chains of streets between openable nodes become duct stretches;
6. cables: one per distribution stretch (2 intranet cores per unit up to its collector), and one
   trunk cable per building stage (4 per collector up to the centre);
7. sizes and recorded lengths are settled so that cores x metres is exactly 3,400,000.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from scipy.cluster.vq import kmeans2
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SEED = 2007
# Totals of the planning document.
UNITS = 385
UNITS_WITH_SYSTEM = 123
CORE_METRES = 3_400_000
CENTRAL_DISTRICTS = ("120101", "120102", "120103", "120104", "120105", "120106")
CENTRE_LON_LAT = (117.2171, 39.1086)  # the core node of scenario.toml

# Assumptions of the reconstruction: nobody vouches for them.
COLLECTORS = 26
STAGES = 4  # the plant was laid in four stages
CROSSING_SPACING_M = 440.0
STREET_TURN_RAD = 0.35  # streets follow the river, not the meridian
CROSSING_JITTER_M = 60.0
STREET_PARTS = 3  # a drop leaves a street at a crossing or at thirds between two
COMPOUND_SHARE = 0.45  # of the units lie near an earlier one: offices come in compounds
COMPOUND_SPREAD_M = 130.0
CENTRAL_SHARE = 0.85  # of the others lie around the centre, the rest anywhere
CENTRAL_SPREAD_M = 1600.0
UNITS_APART_M = 55.0
STREET_OFFSET_M = (25.0, 130.0)  # least and greatest distance of a unit from its street
BRANCH_WEIGHT_TRUNK = 0.5
BRANCH_WEIGHT_DISTRIBUTION = 0.25
CORES_PER_UNIT = 2
CORES_PER_COLLECTOR = 4
SIZES = (8, 12, 24, 48, 96, 144)
SPARE_DISTRIBUTION = 1.25
SPARE_TRUNK = 1.5
SLACK_SHARE = 0.02
COIL_M = 6
LEAVE_TO_LENGTHS = 200  # one part in so many of the total is settled in recorded lengths

WGS84 = Geod(ellps="WGS84")
TO_PLANE = Transformer.from_crs("EPSG:4326", "EPSG:4548", always_xy=True)
TO_LON_LAT = Transformer.from_crs("EPSG:4548", "EPSG:4326", always_xy=True)


@dataclass(frozen=True)
class Streets:
    """Street grid: crossings and points between them; ``a < b`` for every edge."""

    xy: FloatArray  # (n, 2)
    a: IntArray  # (m,)
    b: IntArray  # (m,)
    segments: IntArray  # (k, STREET_PARTS + 1) nodes along each street between two crossings
    centre: int

    def matrix(self) -> Any:
        """Return the symmetric sparse matrix of street lengths."""
        length = np.hypot(*(self.xy[self.a] - self.xy[self.b]).T)
        return csr_array(
            (
                np.concatenate([length, length]),
                (np.concatenate([self.a, self.b]), np.concatenate([self.b, self.a])),
            ),
            shape=(len(self.xy), len(self.xy)),
        )


@dataclass(frozen=True)
class Units:
    """Municipal units: position, district and the street node that their drop leaves."""

    xy: FloatArray  # (u, 2)
    district: NDArray[np.str_]
    joint: IntArray
    foot: FloatArray  # (u, 2) where the drop turns off the street


@dataclass(frozen=True)
class Plant:
    """The tree: nodes numbered from the centre outwards, one duct per node but the first."""

    lon_lat: FloatArray  # (n, 2), six decimals
    kind: list[str]
    unit: IntArray  # (n,) number of the unit that sits at the node, -1
    parent: IntArray  # (n,), -1 for the centre; duct n joins parent[n] and n
    line: list[FloatArray]  # lon, lat along duct n from parent to n (empty for the centre)
    length_m: IntArray  # (n,) length of duct n, 0 for the centre


def lay_streets(area: Any, rng: np.random.Generator) -> Streets:
    """Lay a turned, jittered grid over ``area`` (planning CRS); the core node is a crossing."""
    centre = np.array(TO_PLANE.transform(*CENTRE_LON_LAT))
    half = 30
    column, row = (part.ravel() for part in np.mgrid[-half : half + 1, -half : half + 1])
    turn = np.array(
        [
            [math.cos(STREET_TURN_RAD), -math.sin(STREET_TURN_RAD)],
            [math.sin(STREET_TURN_RAD), math.cos(STREET_TURN_RAD)],
        ]
    )
    grid = np.column_stack([column, row]) * CROSSING_SPACING_M @ turn.T
    jitter = rng.uniform(-CROSSING_JITTER_M, CROSSING_JITTER_M, grid.shape)
    jitter[(column == 0) & (row == 0)] = 0.0
    crossings = grid + jitter + centre
    inside = shapely.contains_xy(area, crossings[:, 0], crossings[:, 1])
    number = np.full(len(grid), -1)
    number[inside] = np.arange(inside.sum())
    index = number.reshape(2 * half + 1, 2 * half + 1)
    pairs = np.concatenate(
        [
            np.column_stack([index[:-1].ravel(), index[1:].ravel()]),
            np.column_stack([index[:, :-1].ravel(), index[:, 1:].ravel()]),
        ]
    )
    pairs = pairs[(pairs >= 0).all(axis=1)]
    xy = crossings[inside]
    share = np.arange(1, STREET_PARTS) / STREET_PARTS
    between = xy[pairs[:, 0], None] + share[:, None] * (xy[pairs[:, 1]] - xy[pairs[:, 0]])[:, None]
    inner = len(xy) + np.arange(len(pairs) * (STREET_PARTS - 1)).reshape(len(pairs), -1)
    segments = np.column_stack([pairs[:, 0], inner, pairs[:, 1]])
    return Streets(
        xy=np.vstack([xy, between.reshape(-1, 2)]),
        a=segments[:, :-1].ravel(),
        b=segments[:, 1:].ravel(),
        segments=segments,
        centre=int(number[(column == 0) & (row == 0)][0]),
    )


def keep_reachable(streets: Streets) -> Streets:
    """Drop streets that hang together with the centre nowhere (river islands of the grid)."""
    reach = np.isfinite(dijkstra(streets.matrix(), indices=[streets.centre])[0])
    keep = reach[streets.segments[:, 0]]
    segments = streets.segments[keep]
    return replace(
        streets, a=segments[:, :-1].ravel(), b=segments[:, 1:].ravel(), segments=segments
    )


def place_units(districts: Any, streets: Streets, rng: np.random.Generator) -> Units:
    """Throw the units into the districts until each has its place beside a street."""
    lines = shapely.linestrings(streets.xy[streets.segments[:, [0, -1]]])
    tree = shapely.STRtree(lines)
    inside = shapely.union_all(shapely.buffer(districts.geometry.to_numpy(), -60.0))
    seats = districts.geometry.representative_point()
    middle = np.array([[seats.x.mean(), seats.y.mean()], streets.xy[streets.centre]]).mean(axis=0)
    west, south, east, north = inside.bounds
    found: list[tuple[FloatArray, int, FloatArray]] = []
    taken = streets.xy[[streets.centre]]
    while len(found) < UNITS:
        compound, central = rng.random(2) < (COMPOUND_SHARE, CENTRAL_SHARE)
        bell, flat, earlier = rng.normal(0.0, 1.0, 2), rng.random(2), rng.integers(1, 1 << 30)
        if compound and found:
            spot = found[int(earlier) % len(found)][0] + COMPOUND_SPREAD_M * bell
        elif central:
            spot = middle + CENTRAL_SPREAD_M * bell
        else:
            spot = np.array([west, south]) + flat * np.array([east - west, north - south])
        point = shapely.points(spot)
        street = int(tree.nearest(point))
        offset = shapely.distance(point, lines[street])
        if not (
            shapely.contains(inside, point)
            and STREET_OFFSET_M[0] <= offset <= STREET_OFFSET_M[1]
            and np.hypot(*(taken - spot).T).min() >= UNITS_APART_M
        ):
            continue
        along = shapely.line_locate_point(lines[street], point, normalized=True)
        foot = shapely.get_coordinates(
            shapely.line_interpolate_point(lines[street], along, normalized=True)
        )[0]
        joint = int(streets.segments[street, round(along * STREET_PARTS)])
        found.append((spot, joint, foot))
        taken = np.vstack([taken, spot])
    xy = np.array([spot for spot, _, _ in found])
    codes = districts["code"].to_numpy()
    holds = shapely.contains_xy(districts.geometry.to_numpy()[None], xy[:, :1], xy[:, 1:])
    district = codes[holds.argmax(axis=1)].astype(str)
    # Numbered district by district, from the centre outwards.
    order = np.lexsort((np.hypot(*(xy - streets.xy[streets.centre]).T), district))
    return Units(
        xy=xy[order],
        district=district[order],
        joint=np.array([joint for _, joint, _ in found])[order],
        foot=np.array([foot for _, _, foot in found])[order],
    )


def choose_collectors(units: Units, streets: Streets, rng: np.random.Generator) -> IntArray:
    """Return street nodes of the collectors: joints next to the centres of unit clusters."""
    # Started from units, so that no cluster stays empty; more collectors where units are many.
    start = rng.choice(len(units.xy), COLLECTORS, replace=False)
    centres, _ = kmeans2(units.xy, units.xy[start], minit="matrix", iter=40)
    joints = np.unique(units.joint)
    joints = joints[joints != streets.centre]
    nearest = np.hypot(*(centres[:, None] - streets.xy[joints]).transpose(2, 0, 1)).argmin(axis=1)
    chosen = np.unique(joints[nearest])
    distance = np.hypot(*(streets.xy[chosen] - streets.xy[streets.centre]).T)
    return chosen[np.argsort(distance, kind="stable")]


def grow_tree(streets: Streets, collectors: IntArray, units: Units) -> dict[int, int]:
    """Return ``street node -> its parent`` of the tree that reaches collectors and joints."""
    joints = np.setdiff1d(units.joint, np.append(collectors, streets.centre))
    targets = np.concatenate([collectors, joints])
    distance, before = dijkstra(streets.matrix(), indices=targets, return_predecessors=True)
    away = distance[:, streets.centre]
    trunk = np.argsort(away[: len(collectors)], kind="stable")
    rest = len(collectors) + np.argsort(away[len(collectors) :], kind="stable")
    depth = np.full(len(streets.xy), np.inf)
    depth[streets.centre] = 0.0
    parent = {streets.centre: -1}
    for row in np.concatenate([trunk, rest]):
        target = int(targets[row])
        if target in parent:
            continue
        weight = BRANCH_WEIGHT_TRUNK if row < len(collectors) else BRANCH_WEIGHT_DISTRIBUTION
        start = int(np.argmin(distance[row] + weight * depth))
        way = [start]
        while way[-1] != target:
            way.append(int(before[row, way[-1]]))
        # The way may touch the tree again: branch off where it leaves the tree for good.
        last = max(place for place, node in enumerate(way) if node in parent)
        for node, following in pairwise(way[last:]):
            parent[following] = node
            step = float(np.hypot(*(streets.xy[node] - streets.xy[following])))
            depth[following] = depth[node] + step
    return parent


def stretch_nodes(
    streets: Streets, collectors: IntArray, units: Units, parent: dict[int, int]
) -> tuple[list[tuple[str, int]], dict[tuple[str, int], tuple[tuple[str, int], list[FloatArray]]]]:
    """Contract the tree to openable nodes.

    Returns the nodes as ``("street" | "unit", number)`` from the centre outwards, and for each
    but the first the node it hangs on with the corner points in between.
    """
    children: dict[int, list[int]] = {}
    for node, above in parent.items():
        if above >= 0:
            children.setdefault(above, []).append(node)
    openable = {streets.centre, *map(int, collectors), *map(int, units.joint)}
    openable |= {node for node, below in children.items() if len(below) > 1}
    drops: dict[int, list[int]] = {}
    for unit, joint in enumerate(units.joint):
        drops.setdefault(int(joint), []).append(unit)
    order: list[tuple[str, int]] = []
    hangs: dict[tuple[str, int], tuple[tuple[str, int], list[FloatArray]]] = {}
    queue: list[tuple[str, int]] = [("street", streets.centre)]
    while queue:
        here = queue.pop(0)
        order.append(here)
        kind, number = here
        if kind == "unit":
            continue
        for child in sorted(children.get(number, [])):
            corners: list[FloatArray] = []
            node = child
            while node not in openable:
                corners.append(streets.xy[node])
                (node,) = children[node]
            hangs["street", node] = (here, corners)
            queue.append(("street", node))
        for unit in drops.get(number, []):
            hangs["unit", unit] = (here, [units.foot[unit]])
            queue.append(("unit", unit))
    return order, hangs


def without_needless_points(line: FloatArray) -> FloatArray:
    """Drop repeated points and points on a straight line between their neighbours."""
    keep = [line[0]]
    for here, after in pairwise(line[1:]):
        ahead, behind = after - here, here - keep[-1]
        if np.hypot(*behind) < 0.5 or np.hypot(*ahead) < 0.5:
            continue
        turn = float(behind[0] * ahead[1] - behind[1] * ahead[0])
        if abs(turn) > 1e-3 * np.hypot(*behind) * np.hypot(*ahead):
            keep.append(here)
    return np.array([*keep, line[-1]])


def to_lon_lat(xy: FloatArray) -> FloatArray:
    """Return longitude and latitude with six decimals (0.1 m)."""
    lon, lat = TO_LON_LAT.transform(xy[:, 0], xy[:, 1])
    return np.round(np.column_stack([lon, lat]), 6)


def build_plant(streets: Streets, collectors: IntArray, units: Units) -> Plant:
    """Grow the tree and return it as ducts between openable nodes, in geographic positions."""
    parent = grow_tree(streets, collectors, units)
    order, hangs = stretch_nodes(streets, collectors, units, parent)
    number = {node: index for index, node in enumerate(order)}
    spot = {
        node: streets.xy[node[1]] if node[0] == "street" else units.xy[node[1]] for node in order
    }
    names = {int(node): "collector" for node in collectors} | {streets.centre: "centre"}
    lines: list[FloatArray] = [np.empty((0, 2))]
    above = [-1]
    for node in order[1:]:
        hung_on, corners = hangs[node]
        path = without_needless_points(np.array([spot[hung_on], *corners, spot[node]]))
        lines.append(to_lon_lat(path))
        above.append(number[hung_on])
    lon_lat = to_lon_lat(np.array([spot[node] for node in order]))
    lon_lat[0] = CENTRE_LON_LAT
    for index in range(1, len(order)):
        lines[index][0] = lon_lat[above[index]]
        lines[index][-1] = lon_lat[index]
    length = [math.ceil(WGS84.line_length(*line.T)) for line in lines[1:]]
    return Plant(
        lon_lat=lon_lat,
        kind=["unit" if kind == "unit" else names.get(n, "joint") for kind, n in order],
        unit=np.array([n if kind == "unit" else -1 for kind, n in order]),
        parent=np.array(above),
        line=lines,
        length_m=np.array([0, *length]),
    )


def smallest_size(cores: float) -> int:
    """Return the smallest cable of the series that holds ``cores``."""
    return next((size for size in SIZES if size >= cores), SIZES[-1])


def intranet_cores(plant: Plant) -> tuple[IntArray, IntArray]:
    """Return intranet cores per duct: distribution (n,) and trunk by stage (STAGES, n)."""
    n = len(plant.parent)
    collectors = [i for i in range(n) if plant.kind[i] == "collector"]
    ducts = np.arange(1, n)
    tree = csr_array((plant.length_m[1:], (ducts, plant.parent[1:])), shape=(n, n))
    distance, before = dijkstra(tree, directed=False, indices=collectors, return_predecessors=True)
    distribution = np.zeros(n, dtype=np.int64)
    for leaf in np.flatnonzero(plant.unit >= 0):
        node, row = int(leaf), int(distance[:, leaf].argmin())
        while node != collectors[row]:
            towards = int(before[row, node])
            duct = node if plant.parent[node] == towards else towards
            distribution[duct] += CORES_PER_UNIT
            node = towards
    trunk = np.zeros((STAGES, n), dtype=np.int64)
    for rank, collector in enumerate(collectors):  # numbered from the centre outwards
        node = collector
        while node:
            trunk[rank * STAGES // len(collectors), node] += CORES_PER_COLLECTOR
            node = int(plant.parent[node])
    return distribution, trunk


def lay_cables(plant: Plant, with_system: NDArray[np.bool_]) -> pd.DataFrame:
    """Lay the cables: one row each with duct, cores, cores in use and a first length."""
    distribution, trunk = intranet_cores(plant)
    rows: list[tuple[int, bool, int, int]] = []
    for duct in range(1, len(plant.parent)):
        for used in trunk[:, duct]:
            if used:
                rows.append((duct, True, smallest_size(max(12.0, SPARE_TRUNK * used)), int(used)))
        used = int(distribution[duct])
        if used:
            unit = plant.unit[duct]
            least = 12 if unit >= 0 and with_system[unit] else 8
            rows.append((duct, False, max(least, smallest_size(SPARE_DISTRIBUTION * used)), used))
    cables = pd.DataFrame(rows, columns=["duct", "trunk", "cores", "cores_used"])
    length = plant.length_m[cables["duct"].to_numpy()]
    cables["length_m"] = np.ceil(length * (1.0 + SLACK_SHARE)).astype(np.int64) + COIL_M
    return cables


def settle_core_metres(cables: pd.DataFrame, *, target: int) -> pd.DataFrame:
    """Return the cables with sizes and lengths for which cores x metres is ``target`` exactly.

    First cables grow to the next size, trunks from the centre outwards and then the others,
    while the total stays half a per cent below the target; what is missing then goes into the
    recorded lengths (coils and detours), evenly.
    All sizes are multiples of 4 and so is the target: 8- and 12-core cables take the last
    metres.
    """
    cores = cables["cores"].to_numpy(dtype=np.int64).copy()
    length = cables["length_m"].to_numpy(dtype=np.int64).copy()
    total = int((cores * length).sum())
    for row in np.argsort(~cables["trunk"].to_numpy(), kind="stable"):
        size = smallest_size(cores[row] + 1)
        growth = (size - int(cores[row])) * int(length[row])
        if total + growth <= target - target // LEAVE_TO_LENGTHS:
            cores[row], total = size, total + growth
    missing = target - total
    if missing < 0 or missing > 0.05 * target:
        raise SystemExit(f"{missing} core-metres can't be hidden in the lengths: change sizes")
    extra = length * missing // (total + 1)
    length += extra
    missing -= int((cores * extra).sum())
    row = 0
    while missing >= 300:
        length[row] += 1
        missing -= int(cores[row])
        row = (row + 1) % len(cores)
    # What is left is a multiple of 4 from 156 to 296: one metre of a 12-core cable or none, and
    # metres of 8-core cables in turn.
    twelve, eight = np.flatnonzero(cores == 12), np.flatnonzero(cores == 8)
    odd = missing // 4 % 2
    length[twelve[:odd]] += 1
    for metre in range((missing - 12 * odd) // 8 if len(eight) else 0):
        length[eight[metre % len(eight)]] += 1
    if int((cores * length).sum()) != target:
        raise SystemExit("no 8- or 12-core cables to settle the last metres")
    return cables.assign(cores=cores, length_m=length)


def count_bores(
    cables: pd.DataFrame, n: int, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Return bores and bores in use per duct (n,): one per cable, and some in other use."""
    laid = np.bincount(cables["duct"], minlength=n)
    other = rng.integers(0, 3, n)
    used = laid + np.where(laid > 1, other, other // 2)
    bores = np.select([used <= 2, used <= 4, used <= 6], [3, 6, 9], 12)
    return bores, used


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write one table as UTF-8 CSV with plain line ends."""
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def write_units(
    plant: Plant, units: Units, with_system: Any, names: dict[str, str], out: Path
) -> None:
    """Write ``municipal_units.csv``."""
    node = np.empty(UNITS, dtype=np.int64)
    node[plant.unit[plant.unit >= 0]] = np.flatnonzero(plant.unit >= 0)
    number = range(1, UNITS + 1)
    table = pd.DataFrame(
        {
            "unit_id": [f"M{i:03d}" for i in number],
            "name": [f"市级单位 {i:03d}（重建）" for i in number],
            "district_code": units.district,
            "district_name": [names[code] for code in units.district],
            "lon": [f"{value:.6f}" for value in plant.lon_lat[node, 0]],
            "lat": [f"{value:.6f}" for value in plant.lon_lat[node, 1]],
            "position_quality": "reconstructed",
            "uses_system": np.where(with_system, "true", "false"),
            "existing_node": [f"X{i + 1:04d}" for i in node],
            "note": "位置为重建，非实测 / reconstructed position, not surveyed",
        }
    )
    write_csv(table, out / "municipal_units.csv")


def write_plant(
    plant: Plant, cables: pd.DataFrame, bores: IntArray, used: IntArray, out: Path
) -> None:
    """Write nodes, ducts and cables."""
    node_id = [f"X{i + 1:04d}" for i in range(len(plant.parent))]
    nodes = pd.DataFrame(
        {
            "node_id": node_id,
            "lon": [f"{value:.6f}" for value in plant.lon_lat[:, 0]],
            "lat": [f"{value:.6f}" for value in plant.lon_lat[:, 1]],
            "kind": plant.kind,
        }
    )
    write_csv(nodes, out / "existing_nodes.csv")
    features = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {
                    "duct_id": f"G{duct:04d}",
                    "node_a": node_id[plant.parent[duct]],
                    "node_b": node_id[duct],
                    "length_m": int(plant.length_m[duct]),
                    "bores": int(bores[duct]),
                    "bores_used": int(used[duct]),
                    "origin": "reconstructed",
                },
                "geometry": {"type": "LineString", "coordinates": plant.line[duct].tolist()},
            },
            separators=(",", ":"),
        )
        for duct in range(1, len(plant.parent))
    ]
    head = (
        '{\n"type": "FeatureCollection",\n"name": "existing_ducts",\n'
        '"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},\n'
        '"features": [\n'
    )
    text = head + ",\n".join(features) + "\n]\n}\n"
    (out / "existing_ducts.geojson").write_text(text, encoding="utf-8", newline="\n")
    table = pd.DataFrame(
        {
            "cable_id": [f"L{i:04d}" for i in range(1, len(cables) + 1)],
            "duct_id": [f"G{duct:04d}" for duct in cables["duct"]],
            "length_m": cables["length_m"],
            "cores": cables["cores"],
            "cores_used": cables["cores_used"],
            "origin": "reconstructed",
        }
    )
    write_csv(table, out / "existing_cables.csv")


def reconstruct(data_dir: Path, out_dir: Path) -> None:
    """Reconstruct units and plant from the outlines in ``data_dir``; write into ``out_dir``."""
    rng = np.random.default_rng(SEED)
    outlines = gpd.read_file(data_dir / "district_outlines.geojson").to_crs("EPSG:4548")
    central = outlines[outlines["code"].isin(CENTRAL_DISTRICTS)].sort_values("code")
    streets = keep_reachable(lay_streets(central.geometry.union_all(), rng))
    units = place_units(central, streets, rng)
    with_system = np.zeros(UNITS, dtype=bool)
    with_system[rng.permutation(UNITS)[:UNITS_WITH_SYSTEM]] = True
    plant = build_plant(streets, choose_collectors(units, streets, rng), units)
    cables = settle_core_metres(lay_cables(plant, with_system), target=CORE_METRES)
    bores, used = count_bores(cables, len(plant.parent), rng)
    names = dict(zip(central["code"], central["name"], strict=True))
    write_units(plant, units, with_system, names, out_dir)
    write_plant(plant, cables, bores, used, out_dir)


def main() -> None:
    """Parse the command line and reconstruct."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data_dir", type=Path, nargs="?", default=here)
    parser.add_argument("out_dir", type=Path, nargs="?")
    arguments = parser.parse_args()
    reconstruct(arguments.data_dir, arguments.out_dir or arguments.data_dir)


if __name__ == "__main__":
    main()
