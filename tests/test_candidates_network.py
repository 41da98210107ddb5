"""Pieces and corridors: splitting, thinning, contraction."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geoplan.candidates.network import Pieces, components, contract, split_pieces, thin


def pieces(xy: list[tuple[float, float]], ends: list[tuple[int, int]],
           *, motorway: tuple[int, ...] = (), bridge: tuple[int, ...] = ()) -> Pieces:  # fmt: skip
    number = np.arange(len(ends))
    tail, head = np.array(ends, dtype=np.int64).T
    return Pieces(
        np.array(xy, dtype=float), tail, head, np.isin(number, motorway), np.isin(number, bridge)
    )


def test_repeated_and_empty_pieces_go() -> None:
    network = pieces([(0, 0), (1, 0), (2, 0)], [(0, 1), (1, 0), (1, 2), (2, 2)], motorway=(0,))
    once = network.unique()
    # the ordinary road stays where a motorway repeats it
    assert list(zip(once.tail.tolist(), once.head.tolist(), strict=True)) == [(1, 0), (1, 2)]
    assert not once.motorway.any()


def test_split_in_order_of_the_share() -> None:
    network = pieces([(0, 0), (10, 0)], [(0, 1)], bridge=(0,))
    xy = np.array([(0, 0), (10, 0), (7, 0), (3, 0)], dtype=float)
    split = split_pieces(network, np.array([0, 0]), np.array([0.7, 0.3]), np.array([2, 3]), xy)
    assert list(zip(split.tail.tolist(), split.head.tolist(), strict=True)) == [
        (0, 3), (3, 2), (2, 1),
    ]  # fmt: skip
    assert split.bridge.all()


def test_thin_keeps_bends_and_changes_of_structure() -> None:
    xy = [(0.0, 0.0), (10.0, 0.0), (20.0, 0.0), (30.0, 0.0), (40.0, 0.0), (40.0, 50.0)]
    network = pieces(xy, [(i, i + 1) for i in range(5)], bridge=(2,))
    thinned = thin(network, simplify_m=1.0)
    assert len(thinned.tail) == 4  # before, on, after the bridge, and round the corner
    assert thinned.lengths_m().sum() == pytest.approx(90.0)
    assert thinned.lengths_m()[thinned.bridge] == pytest.approx([10.0])


def test_contract_by_hand() -> None:
    # 0-1-2 then a fork at 2 to 3 and 4; the piece to 4 is a motorway
    xy = [(0.0, 0.0), (10.0, 5.0), (20.0, 0.0), (30.0, 5.0), (30.0, -5.0)]
    network = pieces(xy, [(0, 1), (1, 2), (2, 3), (2, 4)], motorway=(3,), bridge=(1,))
    corridors, corridor = contract(network, simplify_m=0.1)
    assert corridor.tolist() == [0, 0, 1, 2]
    assert corridors.motorway.tolist() == [False, False, True]
    assert shapely.get_num_points(corridors.geometry).tolist() == [3, 2, 2]
    assert shapely.length(corridors.bridges[0]) == pytest.approx(np.hypot(10, 5))
    assert corridors.bridges[1] is None


def test_a_ring_without_junction_becomes_two_corridors() -> None:
    square = [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)]
    corridors, _ = contract(pieces(square, [(0, 1), (1, 2), (2, 3), (3, 0)]), simplify_m=0.1)
    assert len(corridors.tail) == 2
    assert shapely.length(corridors.geometry).sum() == pytest.approx(36.0)
    assert (corridors.tail != corridors.head).all()


def test_components_by_hand() -> None:
    label = components(5, np.array([0, 3]), np.array([2, 4]))
    assert label[0] == label[2] != label[1]
    assert label[3] == label[4] != label[0]
