"""What each site asks for: weight, home, ways, cores and equipment.

The honest weights that are public are the population of each district (census 2020) and the
villages and communities of each township (2023). A township therefore weighs

    w_s = half_up(population(district) * villages(s) / sum of villages over the district)     (1)

where the sum runs over all townships of the district, whether their position is known or not.
Weights of hubs and municipal units are set by the scenario; a core node weighs nothing.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.cost import EQUIPMENT_PRICE
from geoplan.errors import Fault, InputError
from geoplan.scenario import Scenario
from geoplan.text import Text
from geoplan.units import half_up_cents

__all__ = ["site_demand"]


def site_demand(
    sites: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, scenario: Scenario
) -> pd.DataFrame:
    """Return what every site asks for (same index as ``sites``).

    Parameters
    ----------
    sites
        ``schema.SITES`` in the planning CRS; sites without a position take part as well.
    districts
        ``schema.DISTRICTS``; only ``code`` and ``population`` are used.
    scenario
        Weights, access architecture, policy and equipment prices.

    Returns
    -------
    DataFrame
        ``weight`` int64; ``weight_reason`` str, ``"zh / en"``; ``home_id`` str: the hub of its
        own district for a township (rule P4), the nearest core for a hub or a municipal unit
        (the first core when its position is unknown), itself for a core; ``ways_required``
        and ``cores_per_way`` int64 (0 for a core), the latter of the feeder where cores are
        shared; ``architecture`` str and ``sharing`` int64, the most sites that share cores;
        ``equipment_cents`` int64.

    Raises
    ------
    InputError
        When there is no core node, or a township lies in a district that has no hub or is
        not in the district layer; every such township is named.
    """
    level = sites["level"].to_numpy(dtype=object)
    _check_homes(sites, districts)
    weight, reason = _weights(sites, districts, scenario)
    hub, core = level == "district", level == "core"
    ways = np.select([core, hub], [0, scenario.policy.hub_ways], default=1)
    access = scenario.access
    architecture = [access.of_level(str(kind)) for kind in level]
    of_site = np.array([access.cores(name) for name in architecture], dtype=np.int64)
    per_way = np.where(core, 0, np.where(hub, access.cores_per_hub_way, of_site))
    price_cents = {kind: scenario.prices[EQUIPMENT_PRICE[kind]].value_cents for kind in set(level)}
    return pd.DataFrame(
        {
            "weight": weight,
            "weight_reason": reason,
            "home_id": _homes(sites),
            "ways_required": ways.astype(np.int64),
            "cores_per_way": per_way.astype(np.int64),
            "architecture": np.array(architecture, dtype=object),
            "sharing": np.array([access.sharing(name) for name in architecture], dtype=np.int64),
            "equipment_cents": np.array([price_cents[kind] for kind in level], dtype=np.int64),
        },
        index=sites.index,
    )


def _check_homes(sites: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> None:
    faults: list[Fault] = []
    if not (sites["level"] == "core").any():
        faults.append(
            Fault(
                rule="sites.no_core",
                layer="sites",
                row="",
                what=Text("没有核心节点", "there is no core node"),
                cure=Text("在情景中增加 [[core]]", "add a [[core]] to the scenario"),
            )
        )
    townships = sites[sites["level"] == "township"]
    hub_districts = sites.loc[sites["level"] == "district", "district_code"]
    for row in townships.loc[~townships["district_code"].isin(districts["code"]), "site_id"]:
        faults.append(
            Fault(
                rule="sites.unknown_district",
                layer="sites",
                row=str(row),
                what=Text("所属区不在行政区图层中", "its district is not in the district layer"),
                cure=Text("更正 district_code", "correct district_code"),
            )
        )
    for row in townships.loc[~townships["district_code"].isin(hub_districts), "site_id"]:
        faults.append(
            Fault(
                rule="P4.no_hub",
                layer="sites",
                row=str(row),
                what=Text("所属区没有汇聚节点", "its district has no hub"),
                cure=Text("补充该区的汇聚节点", "add a hub for the district"),
            )
        )
    if faults:
        raise InputError(faults)


def _weights(
    sites: gpd.GeoDataFrame, districts: gpd.GeoDataFrame, scenario: Scenario
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Return weight and reason of every site; equation (1) for townships."""
    level = sites["level"].to_numpy(dtype=object)
    weight = np.zeros(len(sites), dtype=np.int64)
    reason = np.empty(len(sites), dtype=object)
    rules = scenario.weights
    with_system = sites["uses_system"].to_numpy(dtype=bool)
    unit = level == "municipal"
    for mask, figure, text in (
        (level == "district", rules.hub, Text("汇聚节点，由情景设定", "hub, set by the scenario")),
        (
            unit & ~with_system,
            rules.municipal,
            Text("市级单位，由情景设定", "municipal unit, set by the scenario"),
        ),
        (
            unit & with_system,
            rules.municipal_with_system,
            Text(
                "市级单位（使用业务系统），由情景设定",
                "municipal unit that uses a business system, set by the scenario",
            ),
        ),
    ):
        weight[mask] = half_up_cents(figure.value)
        reason[mask] = text.both()
    reason[level == "core"] = Text("核心节点不计权重", "a core node has no weight").both()
    township = np.flatnonzero(level == "township")
    weight[township], reason[township] = _township_weights(sites.iloc[township], districts)
    return weight, reason


def _township_weights(
    townships: gpd.GeoDataFrame, districts: gpd.GeoDataFrame
) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Return equation (1), in integers, with its reason.

    In a district that records no villages at all every township counts as one.
    """
    population = dict(zip(districts["code"], districts["population"], strict=True))
    code = townships["district_code"]
    villages = townships["villages"].astype("int64")
    recorded = villages.groupby(code).transform("sum") > 0
    part = villages.where(recorded, 1)
    whole = part.groupby(code).transform("sum").to_numpy(dtype=np.int64)
    share = part.to_numpy(dtype=np.int64)
    people = np.array([population[district] for district in code], dtype=np.int64)
    weight = (2 * people * share + whole) // np.maximum(2 * whole, 1)
    reason = np.empty(len(townships), dtype=object)
    for row, (known, n, v, s) in enumerate(zip(recorded, people, share, whole, strict=True)):
        reason[row] = (
            Text(
                f"所属区人口 {n:,} × 村（社区）{v}/{s}",
                f"district population {n:,} x villages and communities {v} of {s}",
            )
            if known
            else Text(
                f"所属区人口 {n:,} ÷ 乡镇街道 {s}（无村数）",
                f"district population {n:,} over {s} townships (no village counts)",
            )
        ).both()
    return weight, reason


def _homes(sites: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the site where the cores of each site end (rule P4)."""
    level = sites["level"].to_numpy(dtype=object)
    site_id = sites["site_id"].to_numpy(dtype=object)
    core = np.flatnonzero(level == "core")
    home = np.full(len(sites), site_id[core[0]], dtype=object)
    placed = sites.geometry.notna().to_numpy() & ~sites.geometry.is_empty.to_numpy()
    xy = np.full((len(sites), 2), np.nan)
    xy[placed, 0] = sites.geometry[placed].x
    xy[placed, 1] = sites.geometry[placed].y
    reachable = core[placed[core]]
    if len(reachable):
        away = np.hypot(
            xy[placed, None, 0] - xy[None, reachable, 0],
            xy[placed, None, 1] - xy[None, reachable, 1],
        )
        home[placed] = site_id[reachable[away.argmin(axis=1)]]
    home[core] = site_id[core]
    hub = np.flatnonzero(level == "district")
    hub_of = dict(zip(sites["district_code"].iloc[hub], site_id[hub], strict=True))
    township = np.flatnonzero(level == "township")
    home[township] = [hub_of[code] for code in sites["district_code"].iloc[township]]
    return home
