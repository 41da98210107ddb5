"""A listing as a table of typed columns, for formats that have types."""

from __future__ import annotations

from typing import Any

import pandas as pd

from geoplan.export.tables import Listing
from geoplan.export.works import pack_column
from geoplan.units import CENTS_PER_YUAN

__all__ = ["listing_frame"]


def listing_frame(listing: Listing) -> pd.DataFrame:
    """Return a listing as a table: money in yuan, missing cells stay missing."""
    data: dict[str, Any] = {}
    for position, field in enumerate(listing.fields):
        cells = [row[position] for row in listing.rows]
        if field.kind == "text":
            data[pack_column(field)] = pd.Series(cells, dtype="object")
        elif field.kind in ("id", "int"):
            data[pack_column(field)] = pd.Series(cells, dtype="Int64")
        elif field.kind == "yuan":
            whole = [None if cell is None else int(cell) / CENTS_PER_YUAN for cell in cells]
            data[pack_column(field)] = pd.Series(whole, dtype="float64")
        else:
            data[pack_column(field)] = pd.Series(cells, dtype="float64")
    return pd.DataFrame(data)
