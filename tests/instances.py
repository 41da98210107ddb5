"""Tiny named instances whose answers are derived by hand; variants by ``replace``.

The six-node city (``city_*``), planning CRS, lengths in metres, money in cents::

            3 T-1                      edges
            |  \\                       e0 0-1 direct_buried 1000   e5 0-4 light 400 (4 cores)
    e4 500  |   \\ e8 1352              e1 0-2 direct_buried  800   e6 0-4 duct 400
            |    \\                     e2 1-2 direct_buried  600   e7 2-5 direct_buried 300,
    0 ----- 1 hub \\                    e3 1-2 pull 600 (1 bore)       one water crossing
    core \\  |      |                   e4 1-3 direct_buried  500   e8 3-5 direct_buried 1352
     |  e1 \\| e2,e3|
     |      2 ----- 5 T-2              e2/e3 and e5/e6 are alternatives of one stretch; they
     4 M-1     e7                      share a risk group, every other edge has its own.

One 12-core cable over L metres costs 100 L (material) + 100 L (laying) + 10,000 (one closure)
+ 12,000 (12 splices) = 200 L + 22,000. Trench: 1,000 per metre buried, 3,000 in duct. No
demand here exceeds 10 cores (12 with reserve), so every new cable has 12 cores.

    e0 1,222,000   e1 982,000   e2 742,000   e3 142,000   e4 622,000
    e5 12,000 (2 cores lit)     e6 1,302,000  e7 482,000 (100,000 crossing)   e8 1,644,400

Optimum: the hub's two ways need both e0 and e1 (the only edges at the core besides the dead
end to 4) and the stretch 1-2, cheapest by e3. T-1 and T-2 need two of e4, e7, e8: e4 + e7.
M-1 lights e5. Edges 3,462,000; equipment 100,000 + 50,000 + 10,000 + 2 x 20,000 = 200,000.
**Cost 3,662,000.**

Budgets 2,600,000 / 700,000 / 400,000. Phase 1: core 100,000, hub 2,346,000 + 50,000, M-1
22,000 = 2,518,000 (82,000 left, no township fits). Phase 2 with 782,000: T-1 (642,000, weight
100) before T-2 (502,000, weight 60); 140,000 left. Phase 3 with 540,000: T-2; 38,000 left.
Weight in service 240, 340, 400 of 400: objective 980, and no plan does better.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString, Point, box

from geoplan.bill import make_bill
from geoplan.candidates.graph import METHODS, CandidateGraph
from geoplan.cost import edge_costs
from geoplan.errors import Fault
from geoplan.layers import Layers
from geoplan.network import Network, build_network
from geoplan.optimize.problem import CORE, HUB, MUNICIPAL, TOWNSHIP, Problem
from geoplan.optimize.solution import Design, PhasePlan, Solution
from geoplan.plan import Plan, assemble_plan
from geoplan.policy import assess_policy
from geoplan.scenario import Scenario
from geoplan.scenario_toml import parse_scenario
from geoplan.text import Text

CRS = "EPSG:4548"
ORIGIN = (500_000.0, 4_330_000.0)
CITY_COST = 3_662_000
CITY_PHASE_COST = (2_518_000, 642_000, 502_000)
CITY_BUDGETS = (2_600_000, 700_000, 400_000)

_NODES = [(0, 0), (1000, 0), (640, -480), (1300, 400), (-400, 0), (640, -780)]
# tail, head, length, method, stretch, existing id, free cores, free bores, water, groups
_EDGES = [
    (0, 1, 1000.0, "direct_buried", 0, "", -1, -1, 0, [0]),
    (0, 2, 800.0, "direct_buried", 1, "", -1, -1, 0, [1]),
    (1, 2, 600.0, "direct_buried", 2, "", -1, -1, 0, [2]),
    (1, 2, 600.0, "pull", 2, "ED-1", -1, 1, 0, [2, 7]),
    (1, 3, 500.0, "direct_buried", 3, "", -1, -1, 0, [3]),
    (0, 4, 400.0, "light", 4, "EC-1", 4, -1, 0, [4]),
    (0, 4, 400.0, "duct", 4, "", -1, -1, 0, [4]),
    (2, 5, 300.0, "direct_buried", 5, "", -1, -1, 1, [5]),
    (3, 5, 1352.0, "direct_buried", 6, "", -1, -1, 0, [6]),
]
_MADE_UP = 'kind = "placeholder", source = "made up for the tests"'
CITY_TOML = f"""
format = 1

[scenario]
id = "six-node"
title_zh = "六节点城市"
title_en = "Six-node city"
classification_zh = "内部资料"
classification_en = "Internal"
planning_crs = "{CRS}"

[layers]
districts = "districts.csv"
district_outlines = "district_outlines.geojson"
townships = "townships.csv"
municipal_units = "municipal_units.csv"
existing_ducts = "existing_ducts.geojson"
existing_cables = "existing_cables.csv"
input_crs = "EPSG:4326"

[[core]]
id = "CORE-1"
name = "核心"
lon = 117.0
lat = 39.1
kind = "placeholder"
source = "made up for the tests"

[policy]
reuse = "ducts_and_cores"
order = "own_hub"
township_hub = "own_district"
hub_ways = 2

[prices]

[placeholder_prices]
trench_direct_buried = {{ value_yuan = 10.0, per = "route_m", {_MADE_UP} }}
trench_duct = {{ value_yuan = 30.0, per = "route_m", {_MADE_UP} }}
trench_aerial = {{ value_yuan = 5.0, per = "route_m", {_MADE_UP} }}
crossing_water = {{ value_yuan = 1000.0, per = "crossing", {_MADE_UP} }}
crossing_motorway = {{ value_yuan = 2000.0, per = "crossing", {_MADE_UP} }}
crossing_rail = {{ value_yuan = 3000.0, per = "crossing", {_MADE_UP} }}
cable_12 = {{ value_yuan = 1000.0, per = "sheath_km", {_MADE_UP} }}
cable_24 = {{ value_yuan = 2000.0, per = "sheath_km", {_MADE_UP} }}
cable_laying = {{ value_yuan = 1.0, per = "sheath_m", {_MADE_UP} }}
closure = {{ value_yuan = 100.0, per = "closure", {_MADE_UP} }}
splice_core = {{ value_yuan = 10.0, per = "core_splice", {_MADE_UP} }}
core_lighting = {{ value_yuan = 60.0, per = "core_stretch", {_MADE_UP} }}
equipment_core = {{ value_yuan = 1000.0, per = "site", {_MADE_UP} }}
equipment_hub = {{ value_yuan = 500.0, per = "site", {_MADE_UP} }}
equipment_township = {{ value_yuan = 200.0, per = "site", {_MADE_UP} }}
equipment_municipal = {{ value_yuan = 100.0, per = "site", {_MADE_UP} }}

[cable]
sizes_cores = [12, 24]
reserve_share = {{ value = 0.2, {_MADE_UP} }}
slack_share = {{ value = 0.0, {_MADE_UP} }}
reserve_m_per_stretch = {{ value = 0.0, {_MADE_UP} }}
drum_m = {{ value = 3000.0, {_MADE_UP} }}

[route]
urban_districts = []
urban_method = ["duct"]
rural_method = ["direct_buried"]
detour_factor = {{ value = 1.0, {_MADE_UP} }}
same_building_m = {{ value = 50.0, {_MADE_UP} }}
closeness_m = {{ value = 15.0, {_MADE_UP} }}
closeness_length_m = {{ value = 100.0, {_MADE_UP} }}

[access]
architecture = "star"
cores_per_site = 2
cores_per_hub_way = 2

[optics]
splice_db = {{ value = 0.1, {_MADE_UP} }}
connector_db = {{ value = 0.5, {_MADE_UP} }}
connectors = 2
attenuation_1310_db_per_km = {{ value = 0.4, {_MADE_UP} }}
attenuation_1550_db_per_km = {{ value = 0.25, {_MADE_UP} }}

[[optics.types]]
name = "LR"
wavelength_nm = 1310
budget_db = 6.2
min_loss_db = 0.0
reach_km = 10.0
kind = "cited"
source = "made up for the tests"

[[optics.types]]
name = "ER"
wavelength_nm = 1550
budget_db = 11.0
min_loss_db = 5.0
reach_km = 40.0
kind = "placeholder"
source = "made up for the tests"

[weights]
municipal = {{ value = 40, {_MADE_UP} }}
municipal_with_system = {{ value = 120, {_MADE_UP} }}
hub = {{ value = 200, {_MADE_UP} }}

[[phases]]
name_zh = "第1期"
name_en = "Phase 1"
gain = 1
share = 26

[[phases]]
name_zh = "第2期"
name_en = "Phase 2"
gain = 1
share = 7

[[phases]]
name_zh = "第3期"
name_en = "Phase 3"
gain = 1
share = 4

[budgets]
yuan = [26000, 7000, 4000]
factor = 1.02
round_to_yuan = 10000
kind = "placeholder"
source = "made up for the tests"

[solve]
seed = 7
work_limit = 1.0
time_limit_s = 60.0
"""


def _frozen(values: object, dtype: object) -> np.ndarray:
    array = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array


def city_scenario() -> Scenario:
    """The scenario of the six-node city: no slack, no coils, drums of 3 km, 12 and 24 cores."""
    return parse_scenario(CITY_TOML, path=None)


def city_layers() -> Layers:
    """Layers of the six-node city: one district, six sites (T-3 without position)."""
    x, y = ORIGIN
    at = [Point(x + dx, y + dy) for dx, dy in _NODES]
    rows = [
        ("CORE-1", "核心", "core", "given", 0, at[0]),
        ("H-1", "甲区", "district", "seat", 0, at[1]),
        ("M-1", "某局", "municipal", "reconstructed", 0, at[4]),
        ("T-1", "东镇", "township", "seat", 10, at[3]),
        ("T-2", "南镇", "township", "village_median", 6, at[5]),
        ("T-3", "飞地街道", "township", "unknown", 5, None),
    ]
    sites = gpd.GeoDataFrame(
        {
            "site_id": [row[0] for row in rows],
            "name": [row[1] for row in rows],
            "level": [row[2] for row in rows],
            "district_code": "120199",
            "district_name": "甲区",
            "position_quality": [row[3] for row in rows],
            "villages": [row[4] for row in rows],
            "uses_system": False,
            "existing_node": ["N0", "", "N4", "", "", ""],
            "note": "",
        },
        geometry=[row[5] for row in rows],
        crs=CRS,
    )
    districts = gpd.GeoDataFrame(
        {"code": ["120199"], "name": ["甲区"], "population": [210]},
        geometry=[box(x - 2000, y - 2000, x + 2000, y + 2000)],
        crs=CRS,
    )
    ducts = gpd.GeoDataFrame(
        {
            "duct_id": ["ED-1", "ED-2"],
            "node_a": ["N1", "N0"],
            "node_b": ["N2", "N4"],
            "length_m": [600, 400],
            "bores": [2, 1],
            "bores_used": [1, 1],
            "origin": "reconstructed",
        },
        geometry=[LineString([at[1], at[2]]), LineString([at[0], at[4]])],
        crs=CRS,
    )
    cables = gpd.GeoDataFrame(
        {
            "cable_id": ["EC-1"],
            "duct_id": ["ED-2"],
            "length_m": [400],
            "cores": [12],
            "cores_used": [8],
            "origin": "reconstructed",
        },
        geometry=[LineString([at[0], at[4]])],
        crs=CRS,
    )
    note = Fault(
        "sites.no_position",
        "sites",
        "T-3",
        Text("没有已知位置", "no known position"),
        Text("补充坐标", "give its position"),
    )
    return Layers(
        districts=districts,
        sites=sites,
        roads=None,
        water=None,
        existing_ducts=ducts,
        existing_cables=cables,
        notes=(note,),
        attributions=("made up for the tests",),
        hashes=(("townships", "00"),),
    )


def city_graph() -> CandidateGraph:
    """The candidate graph of the six-node city."""
    nodes = np.array(_NODES, dtype=np.float64) + np.array(ORIGIN)
    column = list(zip(*_EDGES, strict=True))
    lines = np.empty(len(_EDGES), dtype=object)
    lines[:] = [LineString([nodes[edge[0]], nodes[edge[1]]]) for edge in _EDGES]
    lines.setflags(write=False)
    groups = column[9]
    no = np.zeros(len(_EDGES))
    return CandidateGraph(
        node_xy=_frozen(nodes, np.float64),
        tail=_frozen(column[0], np.int32),
        head=_frozen(column[1], np.int32),
        length_m=_frozen(column[2], np.float64),
        method=_frozen([METHODS.index(name) for name in column[3]], np.int8),
        stretch=_frozen(column[4], np.int32),
        existing_id=_frozen(column[5], object),
        capacity_cores=_frozen(column[6], np.int64),
        capacity_cables=_frozen(column[7], np.int64),
        crossings_water=_frozen(column[8], np.int16),
        crossings_motorway=_frozen(no, np.int16),
        crossings_rail=_frozen(no, np.int16),
        district=_frozen(["120199"] * len(_EDGES), object),
        lead_in=_frozen([4 in edge[:2] for edge in _EDGES], np.bool_),
        geometry=lines,
        risk_ptr=_frozen(np.cumsum([0, *(len(g) for g in groups)]), np.int64),
        risk_groups=_frozen([g for groups_of in groups for g in groups_of], np.int32),
        risk_kind=_frozen([0] * 7 + [1], np.int8),
        risk_label=_frozen([f"trench:{k}" for k in range(7)] + ["duct:ED-1"], object),
        site_id=_frozen(["CORE-1", "H-1", "M-1", "T-1", "T-2", "T-3"], object),
        site_node=_frozen([0, 1, 4, 3, 5, -1], np.int32),
        notes=(),
    )


def city_demand() -> pd.DataFrame:
    """Demand of every site, rows as ``city_layers().sites``."""
    return pd.DataFrame(
        {
            "weight": [0, 200, 40, 100, 60, 50],
            "weight_reason": ["", "hub", "unit", "10 villages", "6 villages", "5 villages"],
            "home_id": ["CORE-1", "CORE-1", "CORE-1", "H-1", "H-1", "H-1"],
            "ways_required": [0, 2, 1, 1, 1, 1],
            "cores_per_way": [0, 2, 2, 2, 2, 2],
            "equipment_cents": [100_000, 50_000, 10_000, 20_000, 20_000, 20_000],
            "architecture": ["star"] * 6,
            "sharing": [1] * 6,
        }
    )


def city_site_rows() -> np.ndarray:
    """Row of ``city_layers().sites`` of each site of the problem."""
    return np.arange(5, dtype=np.int64)


def city_problem() -> Problem:
    """The six-node city as a Problem; optimum ``CITY_COST``, see the module docstring."""
    graph = city_graph()
    costs = edge_costs(graph, city_scenario())
    demand = city_demand().iloc[:5]
    return Problem(
        n_nodes=graph.n_nodes,
        tail=graph.tail,
        head=graph.head,
        fixed_cents=costs.fixed_cents,
        core_cents=costs.core_cents,
        takes_cable=costs.takes_cable,
        step_cores=costs.step_cores,
        step_cents=costs.step_cents,
        reserve_permille=costs.reserve_permille,
        capacity_cores=graph.capacity_cores,
        capacity_cables=graph.capacity_cables,
        risk_ptr=graph.risk_ptr,
        risk_groups=graph.risk_groups,
        n_risk_groups=len(graph.risk_kind),
        site_node=_frozen(graph.site_node[:5], np.int32),
        site_level=_frozen([CORE, HUB, MUNICIPAL, TOWNSHIP, TOWNSHIP], np.int8),
        site_home=_frozen([0, 0, 0, 1, 1], np.int32),
        site_ways=_frozen(demand["ways_required"], np.int8),
        site_cores=_frozen(demand["cores_per_way"], np.int64),
        site_cents=_frozen(demand["equipment_cents"], np.int64),
        site_weight=_frozen(demand["weight"], np.int64),
        budgets_cents=_frozen(CITY_BUDGETS, np.int64),
        budget_shares=_frozen([26, 7, 4], np.int64),
        budget_factor_permille=1020,
        budget_round_cents=1_000_000,
        phase_gain=_frozen([1, 1, 1], np.int64),
        all_hubs_first=False,
        length_dm=_frozen([10 * edge[2] for edge in _EDGES], np.int64),
        phase_names=tuple(Text(f"第{k}期", f"Phase {k}") for k in (1, 2, 3)),
    )


def city_solution() -> Solution:
    """The optimum of the six-node city, proven by hand in the module docstring."""
    # ways: H-1/1 e0; H-1/2 e3 e1; M-1/1 e5; T-1/1 e4; T-2/1 e7 e3
    design = Design(
        path_ptr=_frozen([0, 1, 3, 4, 5, 7], np.int64),
        path_edges=_frozen([0, 3, 1, 5, 4, 7, 3], np.int32),
        path_site=_frozen([1, 1, 2, 3, 4], np.int32),
        path_way=_frozen([1, 2, 1, 1, 1], np.int8),
        edge_cores=_frozen([2, 2, 0, 4, 2, 2, 0, 2, 0], np.int64),
        cost_cents=CITY_COST,
        bound_cents=CITY_COST,
        bound_method="derived by hand",
        complete=True,
    )
    phases = PhasePlan(
        site_phase=_frozen([1, 1, 1, 2, 3], np.int8),
        edge_phase=_frozen([1, 1, 0, 1, 2, 1, 0, 3, 0], np.int8),
        budgets_cents=_frozen(CITY_BUDGETS, np.int64),
        cost_cents=_frozen(CITY_PHASE_COST, np.int64),
        weight=_frozen([240, 340, 400], np.int64),
        weight_bound=_frozen([240, 340, 400], np.int64),
        value=980,
        value_bound=980,
        bound_method="derived by hand",
    )
    return Solution(
        design=design,
        phases=phases,
        # way, position, edge, cable, first core
        schedule=_frozen(
            [
                (0, 0, 0, 0, 1),
                (1, 0, 3, 0, 1),
                (1, 1, 1, 0, 1),
                (2, 0, 5, 0, 1),
                (3, 0, 4, 0, 1),
                (4, 0, 7, 0, 1),
                (4, 1, 3, 0, 3),
            ],
            np.int64,
        ),
        cable_edge=_frozen([0, 1, 3, 4, 7], np.int32),
        cable_size=_frozen([12] * 5, np.int64),
        status="optimal",
        gap=0.0,
        phase_gap=0.0,
        seconds=0.5,
        seed=7,
        basis_cents=CITY_COST,
    )


@dataclass(frozen=True)
class City:
    """Everything of the six-node city in one value, for ``replace``."""

    layers: Layers
    scenario: Scenario
    graph: CandidateGraph
    demand: pd.DataFrame
    problem: Problem
    site_rows: np.ndarray
    solution: Solution


def city() -> City:
    """The six-node city: layers, scenario, graph, demand, problem and its optimum."""
    return City(
        city_layers(),
        city_scenario(),
        city_graph(),
        city_demand(),
        city_problem(),
        city_site_rows(),
        city_solution(),
    )


def city_unfinished() -> City:
    """The six-node city with 100,000 in phase 3: T-2 (502,000) is not reached.

    Phase 3 has 140,000 + 100,000 = 240,000 and nothing to spend it on; cost 3,160,000, no
    bound applies (not all sites served). Its stretch e7 stays unbuilt.
    """
    whole = city()
    phases = PhasePlan(
        site_phase=_frozen([1, 1, 1, 2, 0], np.int8),
        edge_phase=_frozen([1, 1, 0, 1, 2, 1, 0, 0, 0], np.int8),
        budgets_cents=_frozen([2_600_000, 700_000, 100_000], np.int64),
        cost_cents=_frozen([2_518_000, 642_000, 0], np.int64),
        weight=_frozen([240, 340, 340], np.int64),
        weight_bound=_frozen([240, 340, 400], np.int64),
        value=920,
        value_bound=980,
        bound_method="derived by hand",
    )
    solution = replace(
        whole.solution, phases=phases, status="feasible", gap=None, phase_gap=60 / 980
    )
    scenario = parse_scenario(CITY_TOML.replace("7000, 4000]", "7000, 1000]"), path=None)
    problem = replace(whole.problem, budgets_cents=phases.budgets_cents)
    return replace(whole, scenario=scenario, problem=problem, solution=solution)


def build_city_network(made: City) -> Network:
    """The network tables of a city."""
    return build_network(
        layers=made.layers,
        graph=made.graph,
        costs=edge_costs(made.graph, made.scenario),
        scenario=made.scenario,
        demand=made.demand,
        problem=made.problem,
        site_rows=made.site_rows,
        solution=made.solution,
    )


def build_city_plan(made: City) -> Plan:
    """The plan of a city."""
    network = build_city_network(made)
    return assemble_plan(
        layers=made.layers,
        scenario=made.scenario,
        network=network,
        bill=make_bill(network, made.scenario),
        policy=assess_policy(network, made.scenario, made.layers),
        solution=made.solution,
        site_rows=made.site_rows,
        notes=made.graph.notes,
    )
