"""Road cleaning: what becomes one corridor, what becomes a junction, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from candidates_city import ORIGIN, districts, line, roads

from geoplan.candidates.network import Corridors
from geoplan.candidates.roads import corridors_from_roads
from geoplan.errors import InputError


def build(*rows: tuple[object, ...]) -> Corridors:
    return corridors_from_roads(roads(*rows), districts())[0]


def degrees(corridors: Corridors) -> list[int]:
    ends = np.concatenate([corridors.tail, corridors.head])
    return sorted(np.bincount(ends).tolist())


def km(corridors: Corridors) -> float:
    return float(shapely.length(corridors.geometry).sum()) / 1000.0


def test_two_roads_that_cross_get_a_junction() -> None:
    cross = build((line((0, 1000), (2000, 1000)),), (line((900, 0), (900, 2000)),))
    assert degrees(cross) == [1, 1, 1, 1, 4]
    centre = np.flatnonzero(np.bincount(np.concatenate([cross.tail, cross.head])) == 4)[0]
    assert cross.node_xy[centre] - ORIGIN == pytest.approx([900, 1000])


def test_a_motorway_crossing_is_no_junction_but_has_a_link() -> None:
    cross = build((line((0, 1000), (2000, 1000)), "motorway"), (line((900, 0), (900, 2000)),))
    # foot of the link on the road, top on the motorway, four ends
    assert degrees(cross) == [1, 1, 1, 1, 3, 3]
    link = np.flatnonzero(shapely.length(cross.geometry) < 100.0)
    assert shapely.length(cross.geometry[link]) == pytest.approx([60.0])
    assert not cross.motorway[link].any()


def test_a_motorway_is_joined_where_a_line_ends_in_it() -> None:
    ramp = build(
        (line((0, 1000), (900, 1000), (2000, 1000)), "motorway"),
        (line((900, 0), (900, 1000)),),
    )
    assert degrees(ramp) == [1, 1, 1, 3]


def test_a_bridge_crosses_without_junction_but_its_abutment_is_linked() -> None:
    over = build(
        (line((0, 1000), (800, 1000)),),
        (line((800, 1000), (1000, 1000)), "primary", "bridge"),
        (line((1000, 1000), (3000, 1000)),),
        (line((930, 0), (930, 2000)),),
    )
    # the far abutment, at x = 1000, is 70 m from the crossing: a link of 70 m
    link = np.flatnonzero(np.abs(shapely.length(over.geometry) - 70.0) < 0.5)
    assert len(link) == 1
    # at (930, 1000) the road below meets the link only: degree 3, not 4
    assert degrees(over) == [1, 1, 1, 1, 3, 3]


def test_a_long_bridge_has_no_link() -> None:
    with pytest.raises(InputError, match=r"roads\.disconnected"):
        build(
            (line((0, 1000), (2000, 1000)), "primary", "bridge"),
            (line((1000, 0), (1000, 2000)),),
        )


def test_carriageways_become_one_corridor() -> None:
    # two carriageways 40 m apart, drawn in opposite directions, and a road that ends at each
    dual = build(
        (line((0, 0), (3000, 0)), "trunk"),
        (line((3000, 40), (0, 40)), "trunk"),
        (line((1500, 0), (1500, -1000)),),
        (line((800, 40), (800, 1040)),),
    )
    assert degrees(dual) == [1, 1, 1, 1, 3, 3]
    # 3 km once, and two side roads of 1 km
    assert km(dual) == pytest.approx(5.0, abs=0.15)


def test_roads_150_m_apart_stay_two() -> None:
    two = build(
        (line((0, 0), (3000, 0)),),
        (line((0, 150), (3000, 150)),),
        (line((1000, -500), (1000, 650)),),
        (line((2000, -500), (2000, 650)),),
    )
    # four crossings; the four ends of the parallel roads, those of the others
    assert degrees(two) == [1] * 8 + [4] * 4


def test_streets_70_m_apart_stay_two_in_a_fine_layer() -> None:
    def street(y: float) -> tuple[object]:
        return (line(*((float(x), y) for x in range(0, 2001, 10))),)

    cross = ((line((500, -300), (500, 400)),), (line((1500, -300), (1500, 400)),))
    assert degrees(build(street(0), street(70), *cross)) == [1] * 8 + [4] * 4
    # drawn 60 m at a time they could be two carriageways
    coarse = ((line((0, 0), (2000, 0)),), (line((2000, 70), (0, 70)),))
    assert degrees(build(*coarse, *cross)) == [1] * 6 + [4] * 2


def test_a_far_end_that_turns_back_is_one_corridor() -> None:
    there_and_back = build(
        (line((0, 0), (3000, 0), (3000, 50), (0, 50)), "trunk"),
        (line((0, -500), (0, 500)),),
    )
    assert km(there_and_back) == pytest.approx(4.0, abs=0.15)


def test_a_gap_of_250_m_in_one_road_is_closed() -> None:
    closed = build((line((0, 0), (1000, 0)),), (line((1250, 0), (2500, 0)),))
    assert len(closed.tail) == 1
    assert km(closed) == pytest.approx(2.5, abs=0.01)


def test_two_pieces_are_refused_with_length_and_place() -> None:
    with pytest.raises(InputError) as refused:
        build((line((0, 0), (4000, 0)),), (line((4400, 0), (6400, 0)),))
    (fault,) = refused.value.faults
    assert fault.rule == "roads.disconnected"
    assert "2.0 km" in fault.what.en
    assert "400 m" in fault.what.en
    assert "(504400, 4330000)" in fault.what.en


def test_a_tiny_piece_is_left_out_and_reported() -> None:
    corridors, notes = corridors_from_roads(
        roads(
            (line((0, 0), (15_000, 0)),),
            (line((0, 5000), (200, 5000)),),
            (line((7000, -3000), (7000, 3000)),),
        ),
        districts(),
    )
    assert km(corridors) == pytest.approx(21.0, abs=0.01)
    assert [note.rule for note in notes] == ["roads.left_out"]
    assert "0.2 km" in notes[0].what.en


def test_short_dead_ends_go_and_long_ones_stay() -> None:
    combed = build(
        (line((0, 0), (3000, 0)),),
        (line((1000, 0), (1000, 100)),),
        (line((2000, 0), (2000, 400)),),
    )
    assert km(combed) == pytest.approx(3.4, abs=0.01)
    assert degrees(combed) == [1, 1, 1, 3]


def test_different_ways_between_two_junctions_stay() -> None:
    ring = build(
        (line((0, 0), (1000, 0), (3000, 0), (4000, 0)),),
        (line((1000, 0), (1000, 1500), (3000, 1500), (3000, 0)),),
    )
    assert degrees(ring) == [1, 1, 3, 3]
    assert len(ring.tail) == 4


def test_a_ring_on_one_junction_has_no_self_loop() -> None:
    lollipop = build(
        (line((0, 0), (2000, 0)),),
        (line((2000, 0), (3000, 800), (4000, 0), (3000, -800), (2000, 0)),),
    )
    assert (lollipop.tail != lollipop.head).all()
    assert len(lollipop.tail) == 3


def test_roads_far_from_the_city_are_refused() -> None:
    with pytest.raises(InputError, match=r"roads\.none_near"):
        build((line((90_000, 0), (95_000, 0)),))


def test_the_order_of_lines_does_not_matter_for_length() -> None:
    rows = [
        (line((0, 0), (3000, 0)), "trunk"),
        (line((3000, 40), (0, 40)), "trunk"),
        (line((1500, -900), (1500, 900)),),
        (line((0, 900), (3000, 900)),),
    ]
    assert km(build(*rows)) == pytest.approx(km(build(*rows[::-1])), abs=0.1)
