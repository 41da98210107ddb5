"""Risk groups by hand: what one cut takes, and what it does not."""

from __future__ import annotations

import numpy as np
import shapely
from candidates_city import line

from geoplan.candidates.graph import RISK_KINDS
from geoplan.candidates.risk import RiskGroups, find_risk_groups


def find(
    lines: list[shapely.LineString],
    ducts: list[str] | None = None,
    bridges: list[shapely.MultiLineString | None] | None = None,
) -> RiskGroups:
    geometry = np.array(lines, dtype=object)
    parts = np.full(len(lines), None, dtype=object)
    if bridges is not None:
        parts[:] = bridges
    return find_risk_groups(
        geometry,
        np.array(ducts or [""] * len(lines), dtype=object),
        parts,
        closeness_m=15.0,
        closeness_length_m=100.0,
    )


def shared(groups: RiskGroups, kind: str) -> list[list[int]]:
    """Members of each group of one kind."""
    owner = np.repeat(np.arange(len(groups.ptr) - 1), np.diff(groups.ptr))
    wanted = np.flatnonzero(groups.kind == RISK_KINDS.index(kind))
    return [owner[groups.groups == group].tolist() for group in wanted]


def test_every_stretch_has_its_own_group() -> None:
    groups = find([line((0, 0), (500, 0)), line((500, 0), (900, 300))], ["", "D7"])
    assert shared(groups, "trench") == [[0]]
    assert shared(groups, "duct") == [[1]]
    assert groups.label.tolist() == ["trench/0", "duct/D7"]


def test_ways_beside_each_other_share_a_group_if_long_enough() -> None:
    long = find([line((0, 0), (500, 0)), line((200, 10), (310, 10))])
    assert shared(long, "closeness") == [[0, 1]]
    assert shared(find([line((0, 0), (500, 0)), line((200, 10), (290, 10))]), "closeness") == []
    assert shared(find([line((0, 0), (500, 0)), line((200, 16), (400, 16))]), "closeness") == []


def test_ways_that_cross_or_follow_one_another_share_none() -> None:
    groups = find(
        [line((0, 0), (500, 0)), line((500, 0), (1000, 0)), line((250, -300), (250, 300))]
    )
    assert shared(groups, "closeness") == []


def test_a_narrow_fork_shares_a_group() -> None:
    # at 100 m from the fork the arms are 100 * tan(5 deg) = 8.7 m apart
    rise = 1000 * np.tan(np.radians(5))
    groups = find([line((0, 0), (1000, 0)), line((0, 0), (1000, rise))])
    assert shared(groups, "closeness") == [[0, 1]]


def test_closeness_is_by_pairs() -> None:
    groups = find([line((0, y), (500, y)) for y in (0, 10, 20)])
    assert shared(groups, "closeness") == [[0, 1], [1, 2]]


def test_two_ducts_are_told_apart_by_the_survey() -> None:
    lines = [line((0, 0), (500, 0)), line((0, 5), (500, 5)), line((0, 12), (500, 12))]
    assert shared(find(lines, ["A", "B", ""]), "closeness") == [[0, 2], [1, 2]]


def test_stretches_over_one_bridge_share_a_group() -> None:
    lines = [line((0, 0), (500, 0)), line((500, 0), (900, 0)), line((0, 60), (900, 60))]
    parts = [line((400, 0), (500, 0)), line((500, 0), (600, 0)), line((400, 60), (600, 60))]
    groups = find(lines, bridges=[shapely.multilinestrings([part]) for part in parts])
    # the third runs over a bridge of its own, 60 m away
    assert shared(groups, "bridge") == [[0, 1]]


def test_a_viaduct_is_not_one_bridge() -> None:
    lines = [line((0, 0), (1500, 0)), line((1500, 0), (3000, 0))]
    groups = find(lines, bridges=[shapely.multilinestrings([part]) for part in lines])
    assert shared(groups, "bridge") == []
