"""What the graph can't do: sites without a way to a core, hubs without a second one."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow

from geoplan.candidates.network import components
from geoplan.candidates.places import Places
from geoplan.errors import Fault
from geoplan.text import Text

__all__ = ["single_way_notes", "unattached"]


def unattached(
    sites: gpd.GeoDataFrame,
    places: Places,
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    n_nodes: int,
) -> tuple[NDArray[np.int32], tuple[Fault, ...]]:
    """Return the node of each site, and a note for each placed site no core can reach.

    Sites without position (node -1) have their note from the reader.
    """
    part = components(n_nodes, tail, head)
    core = (sites["level"] == "core").to_numpy() & (places.site_place >= 0)
    reached = np.isin(part[places.site_place], part[places.site_place[core]])
    lost = np.flatnonzero((places.site_place >= 0) & ~reached)
    node = places.site_place.copy()
    node[lost] = -1
    notes = tuple(
        Fault(
            "candidates.unattached",
            "sites",
            str(site_id),
            Text(
                f"“{name}”无法接入：20 公里内没有可用路由，或所在路由与核心节点不连通",
                f"{name} can't be attached: no corridor within 20 km, or none that leads to a core",
            ),
            Text("检查其位置，或补充道路", "check its position, or add the missing roads"),
        )
        for site_id, name in zip(sites["site_id"].iloc[lost], sites["name"].iloc[lost], strict=True)
    )
    return node.astype(np.int32), notes


def single_way_notes(
    sites: gpd.GeoDataFrame,
    site_node: NDArray[np.int32],
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    n_nodes: int,
) -> tuple[Fault, ...]:
    """Return a note for each hub without two ways to a core that share no stretch.

    Max-flow with capacity one per stretch (Menger). Groups that several stretches share are
    left to the design stage: this is the necessary condition.
    """
    level = sites["level"].to_numpy()
    cores = np.unique(site_node[(level == "core") & (site_node >= 0)]).astype(np.int64)
    hubs = np.flatnonzero((level == "district") & (site_node >= 0))
    hubs = hubs[~np.isin(site_node[hubs], cores)]
    if len(hubs) == 0 or len(cores) == 0:
        return ()
    sink = np.full(len(cores), n_nodes, dtype=np.int64)
    a = np.concatenate([tail, head, cores])
    b = np.concatenate([head, tail, sink])
    room = np.concatenate([np.ones(2 * len(tail)), np.full(len(cores), 2)]).astype(np.int32)
    flow = coo_array((room, (a, b)), shape=(n_nodes + 1, n_nodes + 1)).tocsr()
    return tuple(
        Fault(
            "hub.single_way",
            "sites",
            str(sites["site_id"].iloc[row]),
            Text(
                f"汇聚节点“{sites['name'].iloc[row]}”在候选图中没有两条不同沟的路由通往核心节点",
                f"hub {sites['name'].iloc[row]} has no two ways to a core that share no trench",
            ),
            Text("补充道路或允许新的路由", "add roads, or allow another corridor"),
        )
        for row in hubs.tolist()
        if maximum_flow(flow, int(site_node[row]), n_nodes).flow_value < 2
    )
