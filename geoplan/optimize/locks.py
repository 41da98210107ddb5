"""Locks of a Problem: decisions that every answer must keep, in numbers of sites and edges.

Locks only restrict what a plan may do. So every bound of :mod:`geoplan.optimize.bounds`, which
is computed without them, holds with them too.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CashLimit", "Commitment", "KeptWay", "Locks", "RouteLock", "SiteLock"]


@dataclass(frozen=True, slots=True)
class SiteLock:
    """When a site may come into service.

    ``allowed`` has one entry per phase and a last one for "never"; ``rule`` is the name of the
    lock in the scenario (``locks.sites 2``), here as in the other locks.
    """

    rule: str
    site: int
    allowed: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class RouteLock:
    """Edges of which at least one must be in use by the end of a phase, or none ever."""

    rule: str
    edges: tuple[int, ...]
    must: bool
    by_phase: int


@dataclass(frozen=True, slots=True)
class CashLimit:
    """Most that a phase (from 1) may spend, in cents."""

    rule: str
    phase: int
    cents: int


@dataclass(frozen=True, slots=True)
class Commitment:
    """At least ``least`` of some sites in service by the end of a phase (from 1)."""

    rule: str
    sites: tuple[int, ...]
    least: int
    by_phase: int


@dataclass(frozen=True, slots=True)
class KeptWay:
    """A way that is built: its site, its number (1 or 2) and its edges, site to home."""

    site: int
    way: int
    edges: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Locks:
    """All locks of a problem; the default is none."""

    sites: tuple[SiteLock, ...] = ()
    routes: tuple[RouteLock, ...] = ()
    cash: tuple[CashLimit, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    kept: tuple[KeptWay, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is any lock."""
        return self != Locks()

    @property
    def of_phases(self) -> bool:
        """Whether any lock says something of phases (all but edges that must not be used)."""
        return bool(
            self.sites or self.cash or self.commitments or any(lock.must for lock in self.routes)
        )

    @property
    def of_routes(self) -> bool:
        """Whether any stretch must be in use, or a way is built."""
        return bool(self.kept) or any(lock.must for lock in self.routes)

    @property
    def forbidden(self) -> tuple[int, ...]:
        """Edges that must not be used, ascending."""
        return tuple(sorted({e for lock in self.routes if not lock.must for e in lock.edges}))
