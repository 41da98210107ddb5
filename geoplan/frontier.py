"""The money frontier: how much is in service for how much money, from nothing to everything.

"What does the next ten million buy?" Each point is solved by itself, on the routes of the plan and,
where they reach more, on routes of its own; beside it stands the proven most that any plan
whatever could reach with that money. Phases, their locks and their gains play no part: it is one
sum of money.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.optimize.coverage import Coverage
from geoplan.optimize.money_designs import cover_anew
from geoplan.progress import Progress, silent
from geoplan.rebuild import Rebuilt
from geoplan.schema import Column, Table
from geoplan.stopping import Clock
from geoplan.tables import conform
from geoplan.text import Text

__all__ = ["FEWEST_POINTS", "FRONTIER_TABLE", "Frontier", "money_frontier"]

FEWEST_POINTS = 20

FRONTIER_TABLE = Table(
    "frontier",
    None,
    Text("资金与覆盖", "money frontier"),
    (
        Column("point", "int", Text("点", "point")),
        Column("money_cents", "int", Text("资金（分）", "money (cents)")),
        Column("cost_cents", "int", Text("支出（分）", "spent (cents)")),
        Column("weight", "int", Text("在网权重", "weight in service")),
        Column("weight_share", "float", Text("权重占比", "share of weight")),
        Column("weight_bound", "int", Text("权重上界", "proven most weight of any plan")),
        Column("weight_bound_share", "float", Text("权重占比上界", "proven most share")),
        Column("gained", "int", Text("较前一点新增权重", "weight more than the point before")),
        Column("municipal", "int", Text("市级单位", "municipal units")),
        Column("hubs", "int", Text("汇聚节点", "hubs")),
        Column("townships", "int", Text("乡镇街道", "townships")),
        Column("entered", "int", Text("首次接入的站点", "sites that enter for the first time")),
        Column("left", "int", Text("较前一点退出的站点", "sites left out again")),
    ),
    key=("point",),
)
"""Columns of the table; ``weight`` never falls from one point to the next, nor does the bound."""


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """The points, and where each site and stretch first enters.

    Parameters
    ----------
    table
        One row per point, columns as in :data:`FRONTIER_TABLE`.
    sites, routes
        Sites and stretches, of the plan or of any point, with ``first_point`` (0: at no point) and
        ``first_money_cents`` (-1 then), in the planning CRS.
    nested
        Whether each point keeps all sites of the point before.
    struck_time_limit
        Whether the wall limit struck: then the answer may not be repeatable.
    """

    table: pd.DataFrame
    sites: gpd.GeoDataFrame
    routes: gpd.GeoDataFrame
    nested: bool
    struck_time_limit: bool


def money_frontier(
    rebuilt: Rebuilt,
    *,
    points: int,
    seed: int,
    work_limit: float,
    time_limit_s: float,
    progress: Progress = silent,
) -> Frontier:
    """Solve coverage for sums of money at equal steps from 0 to the cost of the full design.

    Parameters
    ----------
    points
        Number of sums, at least :data:`FEWEST_POINTS`, 0 and the full cost among them.
    work_limit
        Scales the search behind each point.
    """
    if points < FEWEST_POINTS:
        raise ValueError(f"a frontier has at least {FEWEST_POINTS} points")
    full = rebuilt.design.cost_cents
    money = np.array([-(-full * k // (points - 1)) for k in range(points)], dtype=np.int64)
    found = cover_anew(
        rebuilt.problem,
        rebuilt.design,
        money,
        seed=seed,
        work_limit=work_limit,
        clock=Clock.started(time_limit_s),
        progress=progress,
    )
    sites = _site_layer(rebuilt, found)
    left = (found.served[:-1] & ~found.served[1:]).sum(axis=1)
    return Frontier(
        table=_table(rebuilt, found, left),
        sites=sites,
        routes=_route_layer(rebuilt, found),
        nested=not left.any(),
        struck_time_limit=found.stopped,
    )


def _first(reached: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return int64 (x,): the first point (from 1) of each column of bool (n, x), 0 for none."""
    return np.where(reached.any(axis=0), reached.argmax(axis=0) + 1, 0).astype(np.int64)


def _table(rebuilt: Rebuilt, found: Coverage, left: NDArray[np.int64]) -> pd.DataFrame:
    total = max(1, int(rebuilt.problem.site_weight.sum()))
    level = rebuilt.plan["sites"].set_index("site_id")["level"].reindex(rebuilt.site_id)
    first = _first(found.served)
    n = len(found.money_cents)

    def count(name: str) -> NDArray[np.int64]:
        rows = np.flatnonzero((level == name).to_numpy())
        return np.asarray(found.served[:, rows].sum(axis=1), dtype=np.int64)

    frame = pd.DataFrame(
        {
            "point": np.arange(1, n + 1),
            "money_cents": found.money_cents,
            "cost_cents": found.cost_cents,
            "weight": found.weight,
            "weight_share": found.weight / total,
            "weight_bound": found.weight_bound,
            "weight_bound_share": found.weight_bound / total,
            "gained": np.diff(found.weight, prepend=0),
            "municipal": count("municipal"),
            "hubs": count("district"),
            "townships": count("township"),
            "entered": np.bincount(first, minlength=n + 1)[1:],
            "left": np.concatenate([[0], left]),
        }
    )
    return conform(frame, FRONTIER_TABLE)


def _site_layer(rebuilt: Rebuilt, found: Coverage) -> gpd.GeoDataFrame:
    sites = rebuilt.plan["sites"].set_index("site_id").loc[list(rebuilt.site_id)].reset_index()
    layer = sites[["site_id", "name", "level", "district_code", "weight", "geometry"]].copy()
    return _entered(gpd.GeoDataFrame(layer, crs=_crs(rebuilt)), _first(found.served), found)


def _route_layer(rebuilt: Rebuilt, found: Coverage) -> gpd.GeoDataFrame:
    edges = rebuilt.plan["candidate_edges"]
    used = np.flatnonzero((rebuilt.design.edge_cores > 0) | found.opened.any(axis=0))
    layer = edges.iloc[used][["edge_id", "method", "length_m", "district_code", "geometry"]]
    layer = gpd.GeoDataFrame(layer.reset_index(drop=True), crs=_crs(rebuilt))
    return _entered(layer, _first(found.opened[:, used]), found)


def _crs(rebuilt: Rebuilt) -> object:
    return rebuilt.plan["sites"].crs


def _entered(
    layer: gpd.GeoDataFrame, first: NDArray[np.int64], found: Coverage
) -> gpd.GeoDataFrame:
    """Return a layer with the point, and the money, at which each row first enters."""
    money = np.concatenate([[-1], found.money_cents])
    return layer.assign(first_point=first, first_money_cents=money[first])
