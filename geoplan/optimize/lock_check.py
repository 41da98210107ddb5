"""The last look before an answer leaves the optimizer: whether it keeps every lock.

However an answer was found, locks are checked on its edges, ways and phases themselves. A lock
that is broken here is a fault of the program, not of the user.
"""

from __future__ import annotations

import numpy as np

from geoplan.optimize.phase_rows import sites_over
from geoplan.optimize.problem import Problem
from geoplan.optimize.solution import Design, PhasePlan

__all__ = ["broken_locks"]


def broken_locks(problem: Problem, design: Design, phases: PhasePlan) -> list[str]:
    """Return the names of locks that an answer breaks, in the order of the locks."""
    locks, phase = problem.locks, phases.site_phase.astype(np.int64)
    broken = [
        lock.rule for lock in locks.sites if not lock.allowed[int(phase[lock.site]) - 1]
    ]  # phase 0, never served, is the last entry
    for route in locks.routes:
        over = sites_over(design, route.edges)
        when = phase[over]
        kept = bool(((when > 0) & (when <= route.by_phase)).any()) if route.must else not len(over)
        broken += [] if kept else [route.rule]
    broken += [
        limit.rule for limit in locks.cash if phases.cost_cents[limit.phase - 1] > limit.cents
    ]
    for promise in locks.commitments:
        when = phase[list(promise.sites)]
        if int(((when > 0) & (when <= promise.by_phase)).sum()) < promise.least:
            broken.append(promise.rule)
    ways = {
        (int(site), int(number)): tuple(design.path(w).tolist())
        for w, (site, number) in enumerate(zip(design.path_site, design.path_way, strict=True))
    }
    broken += [
        f"locks.built {kept.site}/{kept.way}"
        for kept in locks.kept
        if ways.get((kept.site, kept.way)) != kept.edges
    ]
    return broken
