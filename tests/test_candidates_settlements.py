"""Corridors between settlements: Gabriel edges by hand, rings for hubs, lead-ins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.candidates.network import two_edge_blocks
from geoplan.candidates.places import NO_SITE, Places
from geoplan.candidates.settlements import gabriel_edges, settlement_routes

CORE, HUB, UNIT, TOWN = range(4)


def places(*rows: tuple[float, float, int]) -> Places:
    xy = np.array([row[:2] for row in rows], dtype=float)
    level = np.array([row[2] for row in rows])
    return Places(xy, level, np.arange(len(rows)), {})


def pairs(xy: list[tuple[float, float]]) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for a, b in gabriel_edges(np.array(xy, dtype=float))[0]}


def test_gabriel_of_five_points_by_hand() -> None:
    # a square with its middle: the middle lies inside the circles of the diagonals and on
    # those of the sides (distance 1 from (1, 0), radius 1), where it does not count
    found = pairs([(0, 0), (2, 0), (2, 2), (0, 2), (1, 1)])
    assert found == {(0, 1), (1, 2), (2, 3), (0, 3), (0, 4), (1, 4), (2, 4), (3, 4)}


def test_a_point_within_the_circle_removes_the_edge() -> None:
    # (1, 0.5) is nearer than 1 to the middle (1, 0) of (0, 0)-(2, 0)
    assert pairs([(0, 0), (2, 0), (1, 0.5)]) == {(0, 2), (1, 2)}


def test_points_on_one_line_are_joined_in_order() -> None:
    assert pairs([(float(x), 0.0) for x in (0, 5, 2, 9, 7, 12)]) == {
        (0, 2), (1, 2), (1, 4), (3, 4), (3, 5),
    }  # fmt: skip


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=14, unique=True
    )
)
@settings(max_examples=60, deadline=None)
def test_gabriel_edges_against_the_definition(points: list[tuple[int, int]]) -> None:
    xy = np.array(points, dtype=float)
    span = xy - xy[0]
    if np.linalg.matrix_rank(span) < 2:
        return
    found = pairs([(float(x), float(y)) for x, y in points])
    for i in range(len(xy)):
        for j in range(i + 1, len(xy)):
            middle, radius = (xy[i] + xy[j]) / 2, np.hypot(*(xy[j] - xy[i])) / 2
            away = np.hypot(*(np.delete(xy, [i, j], axis=0) - middle).T)
            if (away < radius - 1e-6).any():
                assert (i, j) not in found
            elif (away > radius + 1e-6).all():
                assert (i, j) in found


def test_hubs_get_rings() -> None:
    # the hub far east hangs on the Gabriel graph by one edge; a Delaunay edge closes a ring
    routes = settlement_routes(
        places((0, 0, CORE), (0, 1000, TOWN), (1000, 1000, TOWN), (1000, 0, TOWN),
               (5000, 500, HUB)),
        detour=1.5,
    )  # fmt: skip
    block = two_edge_blocks(5, routes.tail, routes.head)
    assert block[0] == block[4]
    assert (routes.factor == 1.5).all()
    assert not routes.lead_in.any()


def test_units_hang_on_the_nearest_settlement() -> None:
    routes = settlement_routes(
        places((0, 0, CORE), (300, 10, UNIT), (1000, 0, TOWN), (900, 0, UNIT), (50, 50, NO_SITE)),
        detour=1.2,
    )
    lead_ins = {
        (int(a), int(b))
        for a, b in zip(routes.tail[routes.lead_in], routes.head[routes.lead_in], strict=True)
    }
    assert lead_ins == {(1, 0), (3, 2)}
    assert len(routes.tail) == 3


def test_settlements_at_one_point_are_linked() -> None:
    routes = settlement_routes(places((0, 0, CORE), (1000, 0, TOWN), (1000, 0, TOWN)), detour=1.2)
    assert {tuple(sorted(pair)) for pair in zip(routes.tail.tolist(), routes.head.tolist(),
                                                strict=True)} == {(0, 1), (1, 2)}  # fmt: skip


@pytest.mark.parametrize("count", [0, 1])
def test_no_neighbours_no_corridors(count: int) -> None:
    assert len(gabriel_edges(np.zeros((count, 2)))[0]) == 0


def test_two_edge_blocks_by_hand() -> None:
    # a triangle 0-1-2, a cut 2-3, a double edge 3-4
    tail, head = np.array([0, 1, 2, 2, 3, 3]), np.array([1, 2, 0, 3, 4, 4])
    block = two_edge_blocks(5, tail, head)
    assert block[0] == block[1] == block[2] != block[3]
    assert block[3] == block[4]
