"""The locks of a scenario: what a plan must keep besides its policy, as frozen values.

A lock is a decision that was taken elsewhere (a promise, an order of work, a permit refused)
and that no saving may overturn. Locks only restrict: a bound that holds for every plan without
them holds for every plan with them.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CommitmentRule", "LockRules", "RouteRule", "SiteRule"]


@dataclass(frozen=True, slots=True)
class SiteRule:
    """When a site may come into service (phases are numbered from 1).

    Parameters
    ----------
    site_id
        The site.
    phase
        It must come into service in this very phase, ``None`` when that is free.
    not_in
        Phases in which it must not come into service.
    earliest, latest
        First and last phase allowed; with ``latest`` the site must be served at all.
    """

    site_id: str
    phase: int | None = None
    not_in: tuple[int, ...] = ()
    earliest: int | None = None
    latest: int | None = None

    def allowed(self, n_phases: int) -> tuple[bool, ...]:
        """Return for each phase, and then for "never", whether it keeps the lock."""
        must = self.phase is not None or self.latest is not None
        first, last = self.earliest or 1, self.latest or n_phases
        return (
            *(
                first <= k <= last and k not in self.not_in and self.phase in (None, k)
                for k in range(1, n_phases + 1)
            ),
            not must,
        )


@dataclass(frozen=True, slots=True)
class RouteRule:
    """Stretches that core paths must, or must not, run over.

    Exactly one of ``edge_id``, ``stretch`` and ``existing_id`` names them: a candidate edge, all
    alternatives of one stretch (both as numbered in a plan file of the same layers and rules),
    or all edges in one existing duct or cable.

    Parameters
    ----------
    must
        True: one of the edges named must be in use by the end of ``by_phase``; false: none may
        ever be used.
    by_phase
        ``None`` stands for the last phase.
    """

    must: bool
    edge_id: int | None = None
    stretch: int | None = None
    existing_id: str | None = None
    by_phase: int | None = None


@dataclass(frozen=True, slots=True)
class CommitmentRule:
    """A promise to a district: townships in service by the end of a phase.

    ``townships`` is a number, ``share`` a part of all townships of the district (those without
    a position count: they are townships too); one of the two is given.
    """

    district_code: str
    by_phase: int
    townships: int | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class LockRules:
    """All locks of a scenario; the default is none.

    Parameters
    ----------
    cash_limits_cents
        Most that each phase may spend, however much money is carried over; ``None``: no limit.
    built
        Plan file whose first ``built_phases`` phases are built (absolute path).
    """

    sites: tuple[SiteRule, ...] = ()
    routes: tuple[RouteRule, ...] = ()
    commitments: tuple[CommitmentRule, ...] = ()
    cash_limits_cents: tuple[int, ...] | None = None
    built: str | None = None
    built_phases: int = 0

    def __bool__(self) -> bool:
        """Tell whether there is any lock."""
        return self != LockRules()
