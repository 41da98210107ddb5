"""The whole candidate graph on small cities, and on the real roads."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from candidates_city import (
    CRS,
    SCENARIO,
    edges_with,
    groups_of,
    layers,
    line,
    plant,
    roads,
    scenario,
    sites,
)
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geoplan.candidates import RISK_KINDS, CandidateGraph, build_candidates
from geoplan.candidates.reach import single_way_notes
from geoplan.errors import InputError
from geoplan.read import read_layers

# a ring road of 4 x 4 km with a cross, and a spur to the east
GRID = (
    (line((0, 0), (4000, 0), (4000, 4000), (0, 4000), (0, 0)),),
    (line((0, 2000), (4000, 2000)),),
    (line((2000, 0), (2000, 4000)),),
    (line((4000, 2000), (9000, 2000)),),
)
CITY = (
    ("C", "core", (2300, 1900)),
    ("H", "district", (300, 300)),
    ("M", "municipal", (3000, 2180)),
    ("T", "township", (8000, 2500)),
)


def lead_ins(graph: CandidateGraph, site: str) -> list[int]:
    node = graph.site_node[graph.site_id.tolist().index(site)]
    return [
        edge
        for edge in np.flatnonzero(graph.lead_in).tolist()
        if node in (graph.tail[edge], graph.head[edge])
    ]


def test_contract_of_the_arrays() -> None:
    graph = build_candidates(layers(sites(*CITY), road_rows=roads(*GRID)), scenario())
    for field in fields(graph):
        value = getattr(graph, field.name)
        if isinstance(value, np.ndarray):
            assert not value.flags.writeable, field.name
    assert graph.tail.dtype == graph.head.dtype == np.int32
    assert graph.stretch.dtype == graph.site_node.dtype == graph.risk_groups.dtype == np.int32
    assert graph.length_m.dtype == np.float64
    assert graph.method.dtype == graph.risk_kind.dtype == np.int8
    assert graph.capacity_cores.dtype == graph.capacity_cables.dtype == np.int64
    assert graph.crossings_water.dtype == np.int16
    assert (graph.tail != graph.head).all()
    assert len(graph.risk_ptr) == graph.n_edges + 1
    assert (np.diff(graph.risk_ptr) > 0).all()
    for edge in range(graph.n_edges):
        ends = shapely.get_coordinates(graph.geometry[edge])[[0, -1]]
        assert ends == pytest.approx(graph.node_xy[[graph.tail[edge], graph.head[edge]]], abs=0.02)


def test_hubs_and_cores_get_two_lead_ins_others_one() -> None:
    graph = build_candidates(layers(sites(*CITY), road_rows=roads(*GRID)), scenario())
    assert [len(lead_ins(graph, site)) for site in "CHMT"] == [2, 2, 1, 1]
    assert graph.notes == ()
    # M is 180 m from its road: straight; T is 500 m away: times the detour factor of 1.5
    assert graph.length_m[lead_ins(graph, "M")] == pytest.approx([180.0], abs=0.1)
    assert graph.length_m[lead_ins(graph, "T")] == pytest.approx([750.0], abs=0.2)


def ways(graph: CandidateGraph, site: str) -> list[tuple[int, int]]:
    """The far ends, in metres from the corner, of the stretches that leave a site's node."""
    node = graph.site_node[graph.site_id.tolist().index(site)]
    first = np.unique(graph.stretch, return_index=True)[1]
    ends = [(int(graph.tail[e]), int(graph.head[e])) for e in first]
    far = [a + b - node for a, b in ends if node in (a, b)]
    return sorted(
        (round(x - 500_000), round(y - 4_330_000)) for x, y in graph.node_xy[far].tolist()
    )


def with_hub(xy: tuple[float, float], *roads_rows: tuple[object, ...]) -> CandidateGraph:
    rows = (CITY[0], ("H", "district", xy), *CITY[2:])
    return build_candidates(
        layers(sites(*rows), road_rows=roads(*(roads_rows or GRID))), scenario()
    )


@pytest.mark.parametrize("off", [(0, 0), (0.4, -0.3), (3, 3)])
def test_a_hub_on_a_junction_is_the_junction(off: tuple[float, float]) -> None:
    graph = with_hub((2000 + off[0], 2000 + off[1]))
    assert graph.notes == ()
    assert lead_ins(graph, "H") == []
    # the four arms of the crossing; two of them were split for the core's lead-ins
    assert ways(graph, "H") == [(0, 2000), (2000, 1900), (2000, 4000), (2300, 2000)]
    at = graph.node_xy[graph.site_node[1]] - [500_000, 4_330_000]
    assert at == pytest.approx([2000 + off[0], 2000 + off[1]])
    node = graph.site_node[1]
    for edge in np.flatnonzero((graph.tail == node) | (graph.head == node)).tolist():
        assert shapely.get_coordinates(graph.geometry[edge])[[0, -1]] == pytest.approx(
            graph.node_xy[[graph.tail[edge], graph.head[edge]]]
        )
    used = np.unique(np.concatenate([graph.tail, graph.head]))
    assert len(used) == graph.n_nodes


@pytest.mark.parametrize("x", [1000, 1970])
def test_a_hub_on_a_road_goes_both_ways_along_it(x: int) -> None:
    graph = with_hub((x, 2001))
    assert graph.notes == ()
    (lead_in,) = lead_ins(graph, "H")
    (other,) = set(ways(graph, "H")) - {(0, 2000), (2000, 2000)}
    assert graph.length_m[lead_in] > 50
    assert abs(other[1] - 2000) > 50  # on another road, away from this one


@pytest.mark.parametrize("xy", [(2030, 2040), (1990, 2030), (-30, -30), (4006, 2000)])
def test_a_hub_near_a_junction_gets_lead_ins_to_two_places(xy: tuple[int, int]) -> None:
    graph = with_hub(xy)
    assert graph.notes == ()
    assert len(lead_ins(graph, "H")) == 2
    (a, b), (c, d) = ways(graph, "H")
    assert np.hypot(a - c, b - d) > 50


def test_a_core_on_a_junction_is_the_junction() -> None:
    rows = (("C", "core", (2000, 2000)), ("H", "district", (2000, 4000)), *CITY[2:])
    graph = build_candidates(layers(sites(*rows), road_rows=roads(*GRID)), scenario())
    assert graph.notes == ()
    assert lead_ins(graph, "C") == lead_ins(graph, "H") == []


def test_two_hubs_at_one_junction_both_have_two_ways() -> None:
    rows = (*CITY, ("G", "district", (2002, 2002)), ("F", "district", (1998, 1998)))
    graph = build_candidates(
        layers(sites(*rows), road_rows=roads(*GRID)),
        scenario(same_building_m=replace(SCENARIO.route.same_building_m, value=0.0)),
    )
    assert graph.notes == ()
    assert len(lead_ins(graph, "F")) == 2


@pytest.mark.parametrize("x", [9000, 25_500])
def test_a_hub_at_a_dead_end_without_ring_in_reach_is_named(x: int) -> None:
    # with the ring in reach it gets lead-ins over streets that the layer does not show
    far = (*GRID[:3], (line((4000, 2000), (x, 2000)),))
    graph = with_hub((x, 2000), *far)
    named = [(note.rule, note.row) for note in graph.notes]
    assert named == ([] if x == 9000 else [("hub.single_way", "H")])


def test_a_hub_at_the_end_of_a_single_road_is_named() -> None:
    graph = with_hub((0, 0), (line((0, 0), (9000, 0)),))
    assert [(note.rule, note.row) for note in graph.notes] == [("hub.single_way", "H")]
    assert "no two ways" in graph.notes[0].what.en
    assert graph.notes[0].cure.en


def test_a_lead_in_reuses_a_near_junction() -> None:
    near = (*CITY, ("U", "municipal", (2030, 2150)))
    graph = build_candidates(layers(sites(*near), road_rows=roads(*GRID)), scenario())
    (edge,) = lead_ins(graph, "U")
    # nearest point (2000, 2150) is 150 m from the junction: the road is split there
    assert graph.node_xy[graph.head[edge]] - [500_000, 4_330_000] == pytest.approx([2000, 2150])
    near = (*CITY, ("U", "municipal", (2030, 2040)))
    graph = build_candidates(layers(sites(*near), road_rows=roads(*GRID)), scenario())
    (edge,) = lead_ins(graph, "U")
    assert graph.node_xy[graph.head[edge]] - [500_000, 4_330_000] == pytest.approx([2000, 2000])


def test_motorways_are_reached_at_their_nodes_only() -> None:
    fast = roads(*GRID, (line((4000, 2000), (4000, 2000), (7000, 5000), (4000, 4000)), "motorway"))
    graph = build_candidates(
        layers(sites(*CITY, ("U", "municipal", (6900, 4900))), road_rows=fast), scenario()
    )
    (edge,) = lead_ins(graph, "U")
    # the motorway passes 0 m away; the spur, 2,900 m south, is what U may use
    assert graph.node_xy[graph.head[edge]] - [500_000, 4_330_000] == pytest.approx([6900, 2000])


def test_a_hub_without_ring_is_named() -> None:
    alone = roads((line((0, 0), (4000, 0)),))
    graph = build_candidates(
        layers(sites(("C", "core", (100, 100)), ("H", "district", (2100, 900))), road_rows=alone),
        scenario(),
    )
    assert [(note.rule, note.row) for note in graph.notes] == [("hub.single_way", "H")]


def test_sites_of_one_building_share_a_node() -> None:
    shared = sites(
        ("T", "township", (40, 0)),
        ("C", "core", (0, 0)),
        ("H", "district", (30, 0)),
        ("G", "district", (5000, 0)),
        ("U", "township", (5000, 49)),
        ("V", "township", (5000, 51)),
        ("N", "township", None),
    )
    graph = build_candidates(layers(shared), scenario())
    t, c, h, g, u, v, n = graph.site_node.tolist()
    assert t == c == h
    assert g == u != v
    assert n == -1
    assert graph.notes == () or {note.rule for note in graph.notes} == {"hub.single_way"}


def test_a_site_far_from_every_road_is_reported() -> None:
    graph = build_candidates(
        layers(sites(*CITY, ("F", "township", (29_000, 19_000))), road_rows=roads(*GRID)),
        scenario(),
    )
    assert graph.site_node[-1] == -1
    assert [(note.rule, note.row) for note in graph.notes] == [("candidates.unattached", "F")]


DUCTS = (
    ("D1", "X1", "X2", line((2300, 1900), (3000, 1900)), 4, 2, ((24, 20), (12, 12))),
    ("D2", "X2", "X3", line((3000, 1900), (3000, 2180)), 2, 2, ((24, 6), (8, 2))),
)
WIRED = (
    ("C", "core", (2300, 1900), "X1"),
    ("H", "district", (300, 300)),
    ("M", "municipal", (3000, 2180), "X3"),
)


@pytest.mark.parametrize(
    ("reuse", "pulls", "lights"),
    [
        ("none", [], []),
        ("ducts", ["D1"], []),
        ("ducts_and_cores", ["D1"], ["D1-0", "D2-0", "D2-1"]),
    ],
)
def test_policy_says_what_is_reused(reuse: str, pulls: list[str], lights: list[str]) -> None:
    graph = build_candidates(
        layers(sites(*WIRED), road_rows=roads(*GRID), plant_rows=plant(*DUCTS)),
        scenario(reuse=reuse),
    )
    assert graph.existing_id[edges_with(graph, "pull")].tolist() == pulls
    assert graph.existing_id[edges_with(graph, "light")].tolist() == lights
    assert (graph.existing_id[graph.method < 3] == "").all()
    assert [len(lead_ins(graph, site)) for site in "CHM"] == [2, 2, 1]


def test_free_cores_and_bores_are_capacities() -> None:
    graph = build_candidates(
        layers(sites(*WIRED), road_rows=roads(*GRID), plant_rows=plant(*DUCTS)),
        scenario(reuse="ducts_and_cores"),
    )
    light, pull = edges_with(graph, "light"), edges_with(graph, "pull")
    assert graph.capacity_cores[light].tolist() == [4, 18, 6]
    assert graph.capacity_cables[light].tolist() == [-1, -1, -1]
    assert graph.capacity_cables[pull].tolist() == [2]
    # lengths are those of the records: cables are 7 m longer than their ducts
    assert graph.length_m[pull].tolist() == [700.0]
    assert graph.length_m[light].tolist() == [707.0, 287.0, 287.0]
    # one duct, one stretch, one group
    assert graph.stretch[light[0]] == graph.stretch[pull[0]] != graph.stretch[light[1]]
    assert groups_of(graph, light[0]) == groups_of(graph, pull[0])
    assert groups_of(graph, light[0]) & groups_of(graph, light[1]) == set()
    # the core stands at X1, the unit at X3
    assert graph.site_node[0] in (graph.tail[pull[0]], graph.head[pull[0]])
    assert graph.site_node[2] in (graph.tail[light[2]], graph.head[light[2]])


def test_methods_of_a_stretch_are_parallel_edges() -> None:
    graph = build_candidates(
        layers(sites(("C", "core", (9000, 0)), ("T", "township", (19_000, 0)))),
        scenario(rural_method=("direct_buried", "aerial")),
    )
    # the midpoint, x = 14 km, lies in the rural district
    assert graph.n_edges == 2
    assert graph.method.tolist() == [0, 2]
    assert graph.stretch.tolist() == [0, 0]
    assert groups_of(graph, 0) == groups_of(graph, 1)
    assert graph.district.tolist() == ["120110", "120110"]
    assert graph.length_m == pytest.approx([15_000.0, 15_000.0], abs=2.0)


def test_waters_and_motorways_are_counted() -> None:
    pond = [shapely.box(500_000 + x, 4_329_000, 500_000 + x + 100, 4_331_000)
            for x in (3000, 3050, 6000)]  # fmt: skip
    water = gpd.GeoDataFrame({"class": ["river"] * 3}, geometry=pond, crs=CRS)
    fast = (line((5000, -1000), (5000, 1000)), "motorway")
    beside = (line((5040, 1000), (5040, -1000)), "motorway")
    graph = build_candidates(
        layers(
            sites(("C", "core", (10, 10)), ("T", "township", (9990, 10))),
            road_rows=roads(
                (line((0, 0), (10_000, 0)),), fast, beside, (line((0, 1000), (5000, 1000)),),
                (line((0, 0), (0, 1000)),),
            ),
            water=water,
        ),
        scenario(),
    )  # fmt: skip
    # the road is split at the foot of the motorway's link: one half crosses the motorway (its
    # two carriageways are one) and the western pond, the other half the eastern pond
    main_road = [edge for edge in range(graph.n_edges) if graph.length_m[edge] > 4000]
    west, east = (
        next(e for e in main_road if graph.geometry[e].distance(line((x, 0), (x, 1))) < 1)
        for x in (2500, 8000)
    )
    assert (graph.crossings_motorway[west], graph.crossings_motorway[east]) == (1, 0)
    assert (graph.crossings_water[west], graph.crossings_water[east]) == (1, 1)
    # the link ends in a motorway that goes on: the price of a crossing
    link = np.flatnonzero((graph.length_m < 100) & ~graph.lead_in)
    assert graph.crossings_motorway[link].tolist() == [1]


def test_a_route_beside_a_duct_shares_a_closeness_group() -> None:
    duct = plant(("D", "X1", "X2", line((500, 2010), (1500, 2010)), 2, 0, ()))
    graph = build_candidates(
        layers(sites(*CITY), road_rows=roads(*GRID), plant_rows=duct), scenario(reuse="ducts")
    )
    (pull,) = edges_with(graph, "pull")
    shared = [g for g in groups_of(graph, pull) if RISK_KINDS[graph.risk_kind[g]] == "closeness"]
    assert len(shared) == 1
    beside = [e for e in range(graph.n_edges) if e != pull and shared[0] in groups_of(graph, e)]
    assert len(beside) == 1
    assert graph.geometry[beside[0]].distance(graph.geometry[pull]) == pytest.approx(10.0)


def test_a_duct_ends_where_its_building_stands() -> None:
    """A hub 30 m from the core is in its building, with the duct that ends at the hub's door."""
    near = (("C", "core", (2300, 1900)), ("H", "district", (2330, 1900)), CITY[2])
    duct = plant(("D", "X1", "X2", line((2330, 1900), (3000, 2180.005)), 2, 0, ()))
    graph = build_candidates(
        layers(
            sites(*near[:2], (*CITY[2], "X2"), ("N", "municipal", (2330, 1900), "X1")),
            road_rows=roads(*GRID),
            plant_rows=duct,
        ),
        scenario(reuse="ducts"),
    )
    (pull,) = edges_with(graph, "pull")
    assert {graph.tail[pull], graph.head[pull]} == {graph.site_node[0], graph.site_node[2]}
    ends = shapely.get_coordinates(graph.geometry[pull])[[0, -1]]
    assert (ends == graph.node_xy[[graph.tail[pull], graph.head[pull]]]).all()
    assert graph.length_m[pull] == round(np.hypot(670, 280.005))  # the survey's


@pytest.mark.parametrize(
    "units",
    [
        [("M1", (3000, 300), "X2")],  # names a node across the city
        [("M1", (1010, 1000), "X2"), ("M2", (1085, 1000), "X2")],  # either side of its node
        [("M1", (330, 300), "X2")],  # in the building of the hub, which is not that of the node
    ],
)
def test_a_site_and_the_node_it_names_are_in_one_building(
    units: list[tuple[str, Any, str]],
) -> None:
    end = (400, 300) if units[0][1] == (330, 300) else (1040, 1000)
    duct = plant(("D", "X1", "X2", line((2300, 1900), end), 2, 0, ()))
    rows = sites(*CITY[:2], *((name, "municipal", at, node) for name, at, node in units))
    city = layers(rows, road_rows=roads(*GRID), plant_rows=duct)
    with pytest.raises(InputError) as caught:
        build_candidates(city, scenario(reuse="ducts"))
    (fault,) = caught.value.faults
    assert (fault.rule, fault.layer) == ("sites.far_node", "sites")
    assert fault.row in {name for name, _, _ in units}
    assert "X2" in fault.what.en
    build_candidates(city, scenario(reuse="none"))  # without the plant the name says nothing


def test_two_builds_are_the_same() -> None:
    city = layers(sites(*CITY), road_rows=roads(*GRID))
    first, second = build_candidates(city, scenario()), build_candidates(city, scenario())
    assert (shapely.to_wkb(first.geometry) == shapely.to_wkb(second.geometry)).all()
    assert first.risk_groups.tolist() == second.risk_groups.tolist()


def _parts(graph: CandidateGraph) -> np.ndarray:
    shape = (graph.n_nodes, graph.n_nodes)
    ones = np.ones(graph.n_edges)
    return connected_components(coo_array((ones, (graph.tail, graph.head)), shape=shape))[1]


@pytest.mark.shared
@pytest.mark.parametrize("on_roads", [True, False])
def test_tianjin(shared_dir: Path, on_roads: bool) -> None:
    real = shared_dir / "data" / "tianjin" / "roads_osm.gpkg"
    city = read_layers(SCENARIO, roads=str(real) if on_roads else None)
    graph = build_candidates(city, SCENARIO)
    level = city.sites["level"].to_numpy()
    attached = graph.site_node >= 0
    assert int(attached[level == "township"].sum()) == 240
    assert attached[level != "township"].all()
    part = _parts(graph)[graph.site_node[attached]]
    assert (part == part[0]).all()
    stretch, first = np.unique(graph.stretch, return_index=True)
    assert len(stretch) == len(first)
    ends = graph.tail[first].astype(np.int64), graph.head[first].astype(np.int64)
    assert single_way_notes(city.sites, graph.site_node, *ends, graph.n_nodes) == ()
    assert 1000 <= graph.n_nodes <= 8000
    assert graph.n_edges <= 10_000
    new = (graph.method < 3) & ~graph.lead_in
    # main roads of the city and its surroundings; Gabriel edges times the detour factor
    assert 3000 <= graph.length_m[new].sum() / 1000 <= 8000
    assert len(set(graph.site_node[level == "district"].tolist())) == 16


def test_reuse_of_a_duct_within_one_building_is_left_out() -> None:
    inside = plant(("D", "X1", "X2", line((2300, 1900), (2320, 1900)), 2, 0, ((12, 0),)))
    city = sites(("C", "core", (2300, 1900), "X1"), ("M", "municipal", (2320, 1900), "X2"))
    graph = build_candidates(
        replace(layers(city, road_rows=roads(*GRID)), existing_ducts=inside[0],
                existing_cables=inside[1]),
        scenario(reuse="ducts_and_cores"),
    )  # fmt: skip
    assert graph.site_node[0] == graph.site_node[1]
    assert edges_with(graph, "pull") == edges_with(graph, "light") == []
