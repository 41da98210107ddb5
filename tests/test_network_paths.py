from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from instances import ORIGIN, build_city_network, city, city_scenario

from geoplan.network.paths import link_loss


def test_length_fibre_and_loss_by_hand() -> None:
    paths = build_city_network(city()).core_paths.set_index("path_id")
    # T-2: 300 + 600 m, two joints: 0.9 x 0.4 + (2 + 2) x 0.1 + 2 x 0.5 = 1.76
    assert paths.loc["T-2/1", ["length_m", "fibre_m", "closures", "loss_db"]].tolist() == [
        *(900.0, 900.0, 2, 1.76)
    ]
    # H-1/2: 1.4 x 0.4 + 4 x 0.1 + 1
    assert paths.loc["H-1/2", "loss_db"] == 1.96
    assert set(paths["optic"]) == {"LR"}
    assert paths["edge_ids"].tolist() == ["[0]", "[3, 1]", "[5]", "[4]", "[7, 3]"]


def test_lines_run_from_the_site_to_its_home() -> None:
    paths = build_city_network(city()).core_paths.set_index("path_id")
    x, y = ORIGIN
    assert list(paths.loc["T-2/1", "geometry"].coords) == [
        *((x + 640, y - 780), (x + 640, y - 480), (x + 1000, y))
    ]
    assert list(paths.loc["H-1/2", "geometry"].coords) == [
        *((x + 1000, y), (x + 640, y - 480), (x, y))
    ]


def test_site_and_home_in_one_building() -> None:
    """M-1 moves into the core's building: an empty path, two connectors, no stretch."""
    made = city()
    nodes = made.graph.site_node.copy()
    nodes[2] = 0
    site_node = made.problem.site_node.copy()
    site_node[2] = 0
    design = replace(
        made.solution.design,
        path_ptr=np.array([0, 1, 3, 3, 4, 6]),
        path_edges=np.array([0, 3, 1, 4, 7, 3], dtype=np.int32),
        edge_cores=np.array([2, 2, 0, 4, 2, 0, 0, 2, 0]),
    )
    phases = replace(
        made.solution.phases,
        edge_phase=np.array([1, 1, 0, 1, 2, 0, 0, 3, 0], dtype=np.int8),
        cost_cents=np.array([2_506_000, 642_000, 502_000]),
    )
    schedule = made.solution.schedule[[0, 1, 2, 4, 5, 6]]
    network = build_city_network(
        replace(
            made,
            graph=replace(made.graph, site_node=nodes),
            problem=replace(made.problem, site_node=site_node),
            solution=replace(made.solution, design=design, phases=phases, schedule=schedule),
        )
    )
    path = network.core_paths.set_index("path_id").loc["M-1/1"]
    assert path["geometry"] is None
    assert path["edge_ids"] == "[]"
    assert (path["length_m"], path["loss_db"], path["optic"]) == (0.0, 1.0, "LR")
    assert network.sites.set_index("site_id").loc["M-1", "cost_share_cents"] == 10_000


def test_the_first_optic_that_fits_is_taken() -> None:
    rules = city_scenario().optics
    # plugs 1.0; no closure: 0.2 splices. LR at 0.4 dB/km bears 5.0 / 0.4 = 12.5 km but reaches
    # 10 km; ER at 0.25 dB/km needs 5 dB: 15.2 km; it bears 9.8 / 0.25 = 39.2 km.
    km = np.array([10.0, 10.1, 15.1, 15.2, 39.2, 39.3])
    loss, taken = link_loss(
        km * 1000, np.zeros(6, dtype=np.int64), np.zeros(6, dtype=np.bool_), rules
    )
    assert taken.tolist() == [0, -1, -1, 1, 1, -1]
    # none fits: the loss is that at the last optic's wavelength
    assert loss.tolist() == [5.2, 3.725, 4.975, 5.0, 11.0, 11.025]


def test_a_path_without_optic_is_a_note() -> None:
    made = city()
    optics = replace(made.scenario.optics, types=made.scenario.optics.types[1:])  # ER needs 5 dB
    network = build_city_network(replace(made, scenario=replace(made.scenario, optics=optics)))
    assert set(network.core_paths["optic"]) == {""}
    assert {note.rule for note in network.notes} == {"optics.none_fits"}
    assert [note.row for note in network.notes] == network.core_paths["path_id"].tolist()


def test_a_site_shows_its_worst_way() -> None:
    sites = build_city_network(city()).sites.set_index("site_id")
    assert sites.loc["H-1", ["path_length_m", "loss_db", "optic"]].tolist() == [1400.0, 1.96, "LR"]
    assert sites.loc["CORE-1", "optic"] == ""


def test_a_broken_path_is_refused() -> None:
    made = city()
    edges = made.solution.design.path_edges.copy()
    edges[5] = 0
    design = replace(made.solution.design, path_edges=edges)
    with pytest.raises(ValueError, match="breaks at its edge 0"):
        build_city_network(replace(made, solution=replace(made.solution, design=design)))


def test_a_path_to_the_wrong_end_is_refused() -> None:
    made = city()
    home = made.problem.site_home.copy()
    home[3] = 0  # T-1's cores should end at the core, its path ends at the hub
    with pytest.raises(ValueError, match="does not end at the home"):
        build_city_network(replace(made, problem=replace(made.problem, site_home=home)))
