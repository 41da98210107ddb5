"""The Plan: one value that is saved, checked, drawn and exported.

Everything that an output shows is a table of the plan; outputs compute nothing of their own.
Columns: :mod:`geoplan.schema`; meaning of the figures: ``docs/plan-file.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

__all__ = ["Plan"]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All tables of one plan, by name.

    Parameters
    ----------
    tables
        Every table of ``schema.PLAN_TABLES`` (GeoDataFrame where it has a geometry), and the
        base layers ``roads_base`` and ``water_base`` where the input had them.
    certificate, provenance
        The two key-value tables with their JSON values decoded.
    """

    tables: Mapping[str, pd.DataFrame]
    certificate: Mapping[str, Any]
    provenance: Mapping[str, Any]

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return the table called ``name``."""
        return self.tables[name]
