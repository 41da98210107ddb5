"""From ways to a routing and from a routing back to a design, on known bounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geoplan._kernels.routing import add_path
from geoplan.optimize.problem import Problem
from geoplan.optimize.solution import Design
from geoplan.optimize.survivable import Routing

__all__ = ["routed_design", "routing_with"]


def routing_with(problem: Problem, paths: Iterable[Sequence[int] | NDArray[np.int32]]) -> Routing:
    """Return the routing with given ways, in the order of sites and numbers of ways."""
    routing = Routing(problem)
    for row, path in enumerate(paths):
        routing.ways.path[row, : len(path)] = path
        routing.ways.length[row] = len(path)
        cores = int(routing.ways.cores[row])
        add_path(routing.net, routing.state, routing.ways.path[row], len(path), cores)
    return routing


def routed_design(design: Design, routing: Routing) -> Design:
    """Return a design with the ways of a routing and the bounds of a known design."""
    lengths = routing.ways.length.astype(np.int64)
    ptr = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=ptr[1:])
    edges = [routing.ways.path[w, :k] for w, k in enumerate(lengths.tolist())]
    flat = np.concatenate([*edges, np.zeros(0, dtype=np.int32)]).astype(np.int32)
    used = routing.used.copy()
    for array in (ptr, flat, used):
        array.setflags(write=False)
    return replace(
        design,
        path_ptr=ptr,
        path_edges=flat,
        edge_cores=used,
        cost_cents=routing.cost_cents + int(routing.problem.site_cents.sum()),
    )
