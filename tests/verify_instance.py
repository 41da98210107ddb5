"""A tiny plan written by hand, table by table: every figure below was derived on paper.

::

            e0 direct 2000 m              e5 direct 3000 m (motorway)
    core ------------------- hub D1 ------------------------------- T1
     |  \\                     |   \\                                  |
     |   e1 duct 1000 m       |    e6 direct 5000 m (rail, unused)   | e7 aerial 2500 m
     |      (water)           |       \\------------ T3 -------------+
     |       \\--- junction ---+ e2 pull 1500 m through duct DU1 (one free bore)
     |               e3: the same stretch dug anew; e9: another way, in e0's trench
     + e4 light 800 m, cable CA1 (20 of 24 cores used) --- M1;  e8: the same stretch dug anew

Phase 1 serves the core, D1 (ways e0 and e2-e1), M1 (e4) and T1 (e5); phase 2 serves T3
(e7-e5). T2 has no position. Two cores per way; sizes 4 and 12 cores; reserve 20 %: one user
needs 3 cores (a 4-core cable), two need 5 (a 12-core cable, on e5). D1 is a ring of its own:
e0, e2, e1, 4500 m of at most 4.6 km.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
from shapely.geometry import LineString, MultiPolygon, Point, box

from geoplan.schema import PLAN_TABLES

SCENARIO = """
format = 1
[scenario]
id = "tiny"
title_zh = "小例"
title_en = "Tiny"
classification_zh = "内部资料"
classification_en = "Internal"
planning_crs = "EPSG:4548"
[policy]
reuse = "ducts_and_cores"
order = "own_hub"
township_hub = "own_district"
hub_ways = 2
[rings]
max_hubs = 2
max_km = 4.6
min_hubs = 1
[prices]
cable_4 = { value_yuan = 1000.0, per = "sheath_km", kind = "cited", source = "list" }
cable_12 = { value_yuan = 2000.0, per = "sheath_km", kind = "derived", source = "list x 2" }
[placeholder_prices]
trench_direct_buried = { value_yuan = 48.0, per = "route_m", kind = "placeholder", source = "none" }
trench_duct = { value_yuan = 165.0, per = "route_m", kind = "placeholder", source = "none" }
trench_aerial = { value_yuan = 26.0, per = "route_m", kind = "placeholder", source = "none" }
crossing_water = { value_yuan = 60000, per = "crossing", kind = "placeholder", source = "none" }
crossing_motorway = { value_yuan = 45000, per = "crossing", kind = "placeholder", source = "none" }
crossing_rail = { value_yuan = 50000, per = "crossing", kind = "placeholder", source = "none" }
cable_laying = { value_yuan = 3.2, per = "sheath_m", kind = "placeholder", source = "none" }
closure = { value_yuan = 420.0, per = "closure", kind = "placeholder", source = "none" }
splice_core = { value_yuan = 18.0, per = "core_splice", kind = "placeholder", source = "none" }
core_lighting = { value_yuan = 60.0, per = "core_stretch", kind = "placeholder", source = "none" }
equipment_core = { value_yuan = 3000000, per = "site", kind = "placeholder", source = "none" }
equipment_hub = { value_yuan = 420000, per = "site", kind = "placeholder", source = "none" }
equipment_township = { value_yuan = 38000, per = "site", kind = "placeholder", source = "none" }
equipment_municipal = { value_yuan = 16000, per = "site", kind = "placeholder", source = "none" }
[cable]
sizes_cores = [4, 12]
reserve_share = { value = 0.20, kind = "placeholder", source = "none" }
slack_share = { value = 0.03, kind = "placeholder", source = "none" }
reserve_m_per_stretch = { value = 20.0, kind = "placeholder", source = "none" }
drum_m = { value = 3000.0, kind = "placeholder", source = "none" }
[access]
architecture = "star"
cores_per_site = 2
cores_per_hub_way = 2
[optics]
splice_db = { value = 0.12, kind = "cited", source = "code" }
connector_db = { value = 0.5, kind = "cited", source = "GNPy" }
connectors = 2
attenuation_1310_db_per_km = { value = 0.38, kind = "placeholder", source = "none" }
[[optics.types]]
name = "10GBASE-LR"
wavelength_nm = 1310
budget_db = 6.2
min_loss_db = 0.0
reach_km = 10.0
kind = "cited"
source = "IEEE 802.3"
[weights]
municipal = { value = 20, kind = "placeholder", source = "none" }
municipal_with_system = { value = 60, kind = "placeholder", source = "none" }
hub = { value = 200, kind = "placeholder", source = "none" }
[[phases]]
name_zh = "一期"
name_en = "Phase 1"
gain = 1
[[phases]]
name_zh = "二期"
name_en = "Phase 2"
gain = 2
[budgets]
yuan = [4022759.00, 120000.00]
kind = "cited"
source = "order"
"""

# Nodes and where they stand.
CORE, HUB, T1, M1, JUNCTION, T3 = range(6)
XY = {
    CORE: (500000, 4330000),
    HUB: (502000, 4330000),
    T1: (505000, 4330000),
    M1: (500000, 4329200),
    JUNCTION: (500700, 4329400),
    T3: (505000, 4327500),
}

SITES = (
    # id, level, district, villages, uses_system, existing node, node, weight, home, ways, cores,
    # equipment, phase, lot, length, loss, optic, share
    (
        *("CORE-1", "core", "01", 0, False, "", CORE, 0, "CORE-1", 0, 0, 300_000_000, 1, "01"),
        *(None, None, "", 300_000_000),
    ),
    (
        *("D1", "district", "01", 0, False, "", HUB, 200, "CORE-1", 2, 2, 42_000_000, 1, "01"),
        *(2500.0, 2.474, "10GBASE-LR", 76_219_500),
    ),
    (
        *("M1", "municipal", "01", 0, True, "B", M1, 60, "CORE-1", 1, 2, 1_600_000, 1, "M"),
        *(800.0, 1.664, "10GBASE-LR", 1_612_000),
    ),
    (
        *("T1", "township", "01", 10, False, "", T1, 250, "D1", 1, 2, 3_800_000, 1, "01"),
        *(3000.0, 2.662, "10GBASE-LR", 14_122_200),
    ),
    (
        *("T2", "township", "01", 10, False, "", -1, 250, "D1", 1, 2, 3_800_000, 0, "01"),
        *(None, None, "", 0),
    ),
    (
        *("T3", "township", "01", 20, False, "", T3, 500, "D1", 1, 2, 3_800_000, 2, "01"),
        *(5500.0, 3.768, "10GBASE-LR", 21_761_300),
    ),
)

EDGES = (
    # stretch, tail, head, method, length, existing, cores, bores, water, motorway, rail, district,
    # lead-in, risk groups
    (0, CORE, HUB, "direct_buried", 2000.0, "", -1, -1, 0, 0, 0, "01", False, [0]),
    (1, CORE, JUNCTION, "duct", 1000.0, "", -1, -1, 1, 0, 0, "", False, [1]),
    (2, JUNCTION, HUB, "pull", 1500.0, "DU1", -1, 1, 0, 0, 0, "01", False, [2]),
    (2, JUNCTION, HUB, "duct", 1500.0, "", -1, -1, 0, 0, 0, "01", False, [3]),
    (3, CORE, M1, "light", 800.0, "CA1", 4, -1, 0, 0, 0, "01", True, [4]),
    (4, HUB, T1, "direct_buried", 3000.0, "", -1, -1, 0, 1, 0, "01", True, [5]),
    (5, HUB, T3, "direct_buried", 5000.0, "", -1, -1, 0, 0, 1, "01", True, [6]),
    (6, T1, T3, "aerial", 2500.0, "", -1, -1, 0, 0, 0, "01", True, [7]),
    (3, CORE, M1, "duct", 800.0, "", -1, -1, 0, 0, 0, "01", True, [8]),
    (7, JUNCTION, HUB, "direct_buried", 1600.0, "", -1, -1, 0, 0, 0, "01", False, [0, 9]),
)

ROUTES = (
    # edge, phase, lot, cores, sites, cables, sheath, trench, crossing, cable, lighting, cost
    (0, 1, "01", 2, 1, 1, 2080.0, 9_600_000, 0, 922_800, 0, 10_522_800),
    (1, 1, "M", 2, 1, 1, 1050.0, 16_500_000, 6_000_000, 490_200, 0, 22_990_200),
    (2, 1, "01", 2, 1, 1, 1565.0, 0, 0, 706_500, 0, 706_500),
    (4, 1, "01", 2, 1, 0, 0.0, 0, 0, 0, 12_000, 12_000),
    (5, 1, "01", 4, 2, 1, 3110.0, 14_400_000, 4_500_000, 1_744_400, 0, 20_644_400),
    (7, 2, "01", 2, 1, 1, 2595.0, 6_500_000, 0, 1_139_100, 0, 7_639_100),
)

CABLES = (
    # edge, size, used, sheath, closures, method, phase, lot, material, laying, closure, splice,
    # cost
    (0, 4, 2, 2080.0, 1, "direct_buried", 1, "01", 208_000, 665_600, 42_000, 7_200, 922_800),
    (1, 4, 2, 1050.0, 1, "duct", 1, "M", 105_000, 336_000, 42_000, 7_200, 490_200),
    (2, 4, 2, 1565.0, 1, "pull", 1, "01", 156_500, 500_800, 42_000, 7_200, 706_500),
    (5, 12, 4, 3110.0, 2, "direct_buried", 1, "01", 622_000, 995_200, 84_000, 43_200, 1_744_400),
    (7, 4, 2, 2595.0, 1, "aerial", 2, "01", 259_500, 830_400, 42_000, 7_200, 1_139_100),
)

PATHS = (
    # site, way, home, phase, length, fibre, closures, loss, edges
    ("D1", 1, "CORE-1", 1, 2000.0, 2080.0, 1, 2.150, [0]),
    ("D1", 2, "CORE-1", 1, 2500.0, 2615.0, 2, 2.474, [2, 1]),
    ("M1", 1, "CORE-1", 1, 800.0, 800.0, 1, 1.664, [4]),
    ("T1", 1, "D1", 1, 3000.0, 3110.0, 2, 2.662, [5]),
    ("T3", 1, "D1", 2, 5500.0, 5705.0, 3, 3.768, [7, 5]),
)

SCHEDULE = (
    # path, position, edge, cable, first, last, phase
    ("D1/1", 0, 0, "N0-1", 1, 2, 1),
    ("D1/2", 0, 2, "N2-1", 1, 2, 1),
    ("D1/2", 1, 1, "N1-1", 1, 2, 1),
    ("M1/1", 0, 4, "CA1", 21, 22, 1),
    ("T1/1", 0, 5, "N5-1", 1, 2, 1),
    ("T3/1", 0, 7, "N7-1", 1, 2, 2),
    ("T3/1", 1, 5, "N5-1", 3, 4, 2),
)

BILL = (
    # category, price, phase, lot, quantity, cents; unit, unit price and kind follow the price
    ("trench", "trench_direct_buried", 1, "01", 5000.0, 24_000_000),
    ("crossing", "crossing_motorway", 1, "01", 1.0, 4_500_000),
    ("cable", "cable_4", 1, "01", 3.645, 364_500),
    ("cable", "cable_12", 1, "01", 3.11, 622_000),
    ("laying", "cable_laying", 1, "01", 6755.0, 2_161_600),
    ("closure", "closure", 1, "01", 4.0, 168_000),
    ("splice", "splice_core", 1, "01", 32.0, 57_600),
    ("equipment", "equipment_core", 1, "01", 1.0, 300_000_000),
    ("equipment", "equipment_hub", 1, "01", 1.0, 42_000_000),
    ("equipment", "equipment_township", 1, "01", 1.0, 3_800_000),
    ("trench", "trench_duct", 1, "M", 1000.0, 16_500_000),
    ("crossing", "crossing_water", 1, "M", 1.0, 6_000_000),
    ("cable", "cable_4", 1, "M", 1.05, 105_000),
    ("laying", "cable_laying", 1, "M", 1050.0, 336_000),
    ("closure", "closure", 1, "M", 1.0, 42_000),
    ("splice", "splice_core", 1, "M", 4.0, 7_200),
    ("lighting", "core_lighting", 1, "M", 2.0, 12_000),
    ("equipment", "equipment_municipal", 1, "M", 1.0, 1_600_000),
    ("trench", "trench_aerial", 2, "01", 2500.0, 6_500_000),
    ("cable", "cable_4", 2, "01", 2.595, 259_500),
    ("laying", "cable_laying", 2, "01", 2595.0, 830_400),
    ("closure", "closure", 2, "01", 1.0, 42_000),
    ("splice", "splice_core", 2, "01", 4.0, 7_200),
    ("equipment", "equipment_township", 2, "01", 1.0, 3_800_000),
)

PRICES = (
    ("cable_4", 100_000, "sheath_km", "cited", "list"),
    ("cable_12", 200_000, "sheath_km", "derived", "list x 2"),
    ("trench_direct_buried", 4_800, "route_m", "placeholder", "none"),
    ("trench_duct", 16_500, "route_m", "placeholder", "none"),
    ("trench_aerial", 2_600, "route_m", "placeholder", "none"),
    ("crossing_water", 6_000_000, "crossing", "placeholder", "none"),
    ("crossing_motorway", 4_500_000, "crossing", "placeholder", "none"),
    ("crossing_rail", 5_000_000, "crossing", "placeholder", "none"),
    ("cable_laying", 320, "sheath_m", "placeholder", "none"),
    ("closure", 42_000, "closure", "placeholder", "none"),
    ("splice_core", 1_800, "core_splice", "placeholder", "none"),
    ("core_lighting", 6_000, "core_stretch", "placeholder", "none"),
    ("equipment_core", 300_000_000, "site", "placeholder", "none"),
    ("equipment_hub", 42_000_000, "site", "placeholder", "none"),
    ("equipment_township", 3_800_000, "site", "placeholder", "none"),
    ("equipment_municipal", 1_600_000, "site", "placeholder", "none"),
)

FIGURES = (
    ("cable.reserve_share", 0.20, "placeholder", "none"),
    ("cable.slack_share", 0.03, "placeholder", "none"),
    ("cable.reserve_m_per_stretch", 20.0, "placeholder", "none"),
    ("cable.drum_m", 3000.0, "placeholder", "none"),
    ("optics.splice_db", 0.12, "cited", "code"),
    ("optics.connector_db", 0.5, "cited", "GNPy"),
    ("optics.connectors", 2.0, "derived", "one at each end"),
    ("optics.attenuation_1310_db_per_km", 0.38, "placeholder", "none"),
    ("weights.municipal", 20.0, "placeholder", "none"),
    ("weights.municipal_with_system", 60.0, "placeholder", "none"),
    ("weights.hub", 200.0, "placeholder", "none"),
)

# Slope 0 everywhere: A is the bill with a 4-core cable (6,000 on the lit stretch e4). The cuts
# around T3, {T1, T3}, {D1, junction, T1, T3} inwards and outwards, the same without group 0, and
# M1 prove 61,462,700; with 351,200,000 of equipment 412,662,700: 1,052,300 less than the bill,
# which is e2 (706,500), the larger cable of e5 (339,800) and one lit core (6,000). The cut around
# {T1, T3} takes 500,000 more than e5 costs; the link charges that to what enters D1 before e5
# instead: to e0, as the cut inwards around {D1, junction, T1, T3} takes 500,000 less.
PROVEN_CENTS = 412_662_700
BOUND_CUTS = (
    # id, kind, group, dual, arcs
    (0, "in", -1, 7_639_100, "[7,8]"),
    (1, "in", -1, 20_804_600, "[6,7]"),
    (2, "in", -1, 10_022_800, "[1,2]"),
    (3, "out", -1, 10_522_800, "[-1,-2]"),
    (4, "group", 0, 12_467_400, "[2]"),
    (5, "in", -1, 6_000, "[5,9]"),
    (6, "link", -1, 500_000, "[6]"),
)

# What phase 1 could reach at most: 102,275,900 beside the core, weight worth 120,000 a unit. Cuts
# as above, that of {T1, T3} charged to T1. Net worth: M1 7,200,000 - 1,606,000; T3 60,000,000 -
# 11,439,100; T1 30,000,000 - 24,104,600; D1 24,000,000 - 75,513,000, with T1 and T3 2,943,300.
# Surplus 8,537,300, and (102,275,900 + 8,537,300) / 120,000 is 923.4. In phase 2 all is claimed.
# T1 has 500,000 less by the cuts with the link, D1 so much more.
MOST_WEIGHT = 923
WEIGHT_BOUNDS = ((1, MOST_WEIGHT, 120_000, 1), (2, 1010, 0, 1))
WEIGHT_SITES = ("T3", "T1", "D1", "D1", "D1", "M1", "")
WEIGHT_CUTS = tuple(
    (number, 1, kind, group, site, dual, members)
    for (number, kind, group, dual, members), site in zip(BOUND_CUTS, WEIGHT_SITES, strict=True)
)

PHASES = (
    # number, names, gain, budget, cost, carry, sites, municipal, hubs, townships, villages, weight,
    # share, bound, route, sheath, new core-metres, reused core-metres
    (
        *(1, "一期", "Phase 1", 1, 402_275_900, 402_275_900, 0, 3, 1, 1, 1, 10, 510),
        *(510 / 1010, MOST_WEIGHT / 1010, 6000.0, 7805.0, 56_100.0, 1600.0),
    ),
    (
        *(2, "二期", "Phase 2", 2, 12_000_000, 11_439_100, 560_900, 4, 1, 1, 2, 30, 1010),
        *(1.0, 1.0, 8500.0, 10_400.0, 66_480.0, 1600.0),
    ),
)

CERTIFICATE: dict[str, Any] = {
    "status": "feasible",
    "cost_cents": 413_715_000,
    "bound_cents": 400_000_000,
    "cut_bound_cents": 400_000_000,
    "gap": 13_715_000 / 400_000_000,
    "bound_method_zh": "对偶上升",
    "bound_method_en": "dual ascent",
    "phase_value": 2530,  # 1 x 510 + 2 x 1010
    "phase_bound": 2943,  # 1 x 923 + 2 x 1010
    "phase_gap": 413 / 2943,
    "phase_bound_method_zh": "奖励收集割",
    "phase_bound_method_en": "prize-collecting cuts",
    "seed": 1,
    "work_limit": 1.0,
    "seconds": 0.1,
    "design_cost_cents": 413_715_000,
    "budget_basis_cents": 413_715_000,
    "total_weight": 1010,
}

PROVENANCE: dict[str, Any] = {
    "scenario_id": "tiny",
    "title_zh": "小例",
    "title_en": "Tiny",
    "classification_zh": "内部资料",
    "classification_en": "Internal",
    "planning_crs": "EPSG:4548",
    "geoplan_version": "0",
    "versions": {},
    "input_hashes": {},
    "attributions": ["© somebody"],
    "policy": {
        "reuse": "ducts_and_cores",
        "order": "own_hub",
        "township_hub": "own_district",
        "hub_ways": 2,
    },
    "budgets": {"kind": "cited", "source": "order", "factor": 1.0, "round_to_cents": 1},
    "scenario_toml": SCENARIO,
    "corridors": "roads",
    "levels": {
        "municipal": {"total": 1, "placed": 1, "served": 1},
        "district": {"total": 1, "placed": 1, "served": 1},
        "township": {"total": 3, "placed": 2, "served": 2},
    },
    "reconstructed": ["existing_cables", "existing_ducts", "municipal_units"],
}


def _line(edge: int) -> LineString:
    _, tail, head, *_ = EDGES[edge]
    return LineString([XY[tail], XY[head]])


def _walk(node: int, edges: list[int]) -> LineString:
    points = [XY[node]]
    for edge in edges:
        _, tail, head, *_ = EDGES[edge]
        node = head if tail == node else tail
        points.append(XY[node])
    return LineString(points)


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Rows of every table, each as long as the table has columns."""
    price = {row[0]: row for row in PRICES}
    paths = [
        (
            f"{s}/{w}",
            s,
            w,
            home,
            phase,
            2,
            length,
            fibre,
            joints,
            loss,
            "10GBASE-LR",
            "",
            0,
            str(edges),
        )
        for s, w, home, phase, length, fibre, joints, loss, edges in PATHS
    ]
    sites = []
    for row in SITES:
        name, level, code, villages, system, node_name, node, weight, home = row[:9]
        ways, cores, cents, phase, lot, length, loss, optic, share = row[9:]
        quality = "reconstructed" if level == "municipal" else "seat" if node >= 0 else "unknown"
        sites.append(
            (
                *(name, name, level, code, "区", quality, villages, system, node_name, ""),
                *(node >= 0, node >= 0, node, weight, "reason", home, ways, cores, cents),
                *(phase > 0, phase, lot, length, loss, optic, share, "因", "because"),
            )
        )
    return {
        "districts": [("01", "区", 1000)],
        "sites": sites,
        "routes": [
            (
                e,
                EDGES[e][3],
                phase,
                lot,
                EDGES[e][11],
                EDGES[e][4],
                *EDGES[e][1:3],
                EDGES[e][5],
                *rest,
            )
            for e, phase, lot, *rest in ROUTES
        ],
        "cables": [(f"N{edge}-1", edge, 1, *rest) for edge, *rest in CABLES],
        "hubs": [("D1", "D1", "01", 1, 2, 3, 2)],
        "core_paths": paths,
        "witness_paths": paths[:2],
        "feeders": [],
        "rings": [(1, "CORE-1", "CORE-1", 1, '["D1"]', 4500.0, "[0, 2, 1]")],
        "existing_ducts": [("DU1", "A", "B", 1500, 2, 1, "reconstructed")],
        "existing_cables": [("CA1", "DU1", 800, 24, 20, "reconstructed")],
        "candidate_edges": [
            (number, *edge[:4], edge[4], *edge[5:13], json.dumps(edge[13]))
            for number, edge in enumerate(EDGES)
        ],
        "core_schedule": [
            (path, path.split("/")[0], position, *rest, "", 0, False)
            for path, position, *rest in SCHEDULE
        ],
        "risk_groups": [(group, "trench", f"g{group}") for group in range(10)],
        "bound_lines": [(0, 0)],
        "bound_cuts": list(BOUND_CUTS),
        "weight_bounds": list(WEIGHT_BOUNDS),
        "weight_lines": [(0, 0)],
        "weight_cuts": list(WEIGHT_CUTS),
        "phases": list(PHASES),
        "bill": [
            (
                *(f"B{number:04d}", category, price_id, phase, lot, quantity),
                *(price[price_id][2], price[price_id][1], price[price_id][3], cents),
            )
            for number, (category, price_id, phase, lot, quantity, cents) in enumerate(BILL, 1)
        ],
        "prices": list(PRICES),
        "figures": list(FIGURES),
        "optics": [("10GBASE-LR", 1310, 6.2, 0.0, 10.0, "duplex", "cited", "IEEE 802.3")],
        "certificate": [(key, json.dumps(value)) for key, value in CERTIFICATE.items()],
        "provenance": [
            (key, json.dumps(value, ensure_ascii=False)) for key, value in PROVENANCE.items()
        ],
        "policy": [(f"P{number}", "holds", "是", "yes") for number in range(1, 10)],
        "notes": [("sites.no_position", "sites", "T2", "无位置", "no position", "补", "add it")],
    }


def _geometry(table: str, rows: list[tuple[Any, ...]]) -> list[Any]:
    if table == "districts":
        return [MultiPolygon([box(499000, 4320000, 506000, 4331000)])]
    if table == "sites":
        return [Point(XY[row[12]]) if row[12] >= 0 else None for row in rows]
    if table in {"hubs", "feeders"}:
        return [Point(XY[HUB])] * len(rows)
    if table == "rings":
        return [_walk(CORE, json.loads(rows[0][-1]))]
    if table in {"routes", "candidate_edges"}:
        return [_line(row[0]) for row in rows]
    if table == "cables":
        return [_line(row[1]) for row in rows]
    if table in {"existing_ducts", "existing_cables"}:
        return [_line(2 if table == "existing_ducts" else 4)]
    start = {site[0]: site[6] for site in SITES}
    return [_walk(start[row[1]], json.loads(row[-1])) for row in rows]


def write_plan(path: Path) -> Path:
    """Write the plan as one GeoPackage, without spatial index (so that tests may edit it)."""
    kinds = {"str": "object", "int": "int64", "float": "float64", "bool": "bool"}
    everything = rows()
    for number, table in enumerate(PLAN_TABLES):
        content = everything[table.name]
        frame = pd.DataFrame(content, columns=table.column_names())
        frame = frame.astype({c.name: kinds[c.kind] for c in table.columns})
        if table.geometry is not None:
            frame = gpd.GeoDataFrame(
                frame, geometry=_geometry(table.name, content), crs="EPSG:4548"
            )
        pyogrio.write_dataframe(
            frame,
            path,
            layer=table.name,
            driver="GPKG",
            append=number > 0,
            **({"geometry_type": table.geometry, "SPATIAL_INDEX": "NO"} if table.geometry else {}),
        )
    return path
