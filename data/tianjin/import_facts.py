"""Carry the compiled facts about Tianjin into the project's own schema.

    python data/tianjin/import_facts.py FACTS_DIR [OUT_DIR]

Reads ``districts.csv``, ``district_outlines.geojson`` and ``townships.csv`` of FACTS_DIR and
writes the files of the same names into OUT_DIR (default: the folder of this script). Values are
carried, never changed; only columns are named and ordered the project's way. The README of this
folder says where each value comes from.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

DISTRICT_COLUMNS = {
    "code": "code",
    "name": "name",
    "population_2020": "population",
    "seat_lon": "seat_lon",
    "seat_lat": "seat_lat",
    "seat_position": "seat_position",
    "area_published_km2": "area_published_km2",
}

TOWNSHIP_COLUMNS = {
    "code_mca_2025": "code",
    "name": "name",
    "kind": "kind",
    "district_code": "district_code",
    "district_name": "district_name",
    "lon": "lon",
    "lat": "lat",
    "position": "position_quality",
    "villages_communities_2023": "villages",
    "note": "note",
}


def carry_table(source: Path, target: Path, columns: dict[str, str]) -> None:
    """Write the named columns of one CSV under their new names, sorted by code.

    Everything is read as text, so that no figure is reformatted on the way.
    """
    table = pd.read_csv(source, dtype=str, keep_default_na=False)
    carried = table[list(columns)].rename(columns=columns).sort_values("code", kind="stable")
    carried.to_csv(target, index=False, encoding="utf-8", lineterminator="\n")


def carry_outlines(source: Path, target: Path) -> None:
    """Write the district outlines with code and name, one feature per line."""
    collection = json.loads(source.read_text(encoding="utf-8"))
    features: list[dict[str, Any]] = sorted(
        collection["features"], key=lambda feature: str(feature["properties"]["code"])
    )
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {key: feature["properties"][key] for key in ("code", "name")},
                "geometry": feature["geometry"],
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for feature in features
    ]
    head = (
        '{\n"type": "FeatureCollection",\n"name": "district_outlines",\n'
        '"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},\n'
        '"features": [\n'
    )
    target.write_text(head + ",\n".join(lines) + "\n]\n}\n", encoding="utf-8", newline="\n")


def import_facts(facts_dir: Path, out_dir: Path) -> None:
    """Carry all three files from ``facts_dir`` into ``out_dir``."""
    carry_table(facts_dir / "districts.csv", out_dir / "districts.csv", DISTRICT_COLUMNS)
    carry_table(facts_dir / "townships.csv", out_dir / "townships.csv", TOWNSHIP_COLUMNS)
    carry_outlines(facts_dir / "district_outlines.geojson", out_dir / "district_outlines.geojson")


def main() -> None:
    """Parse the command line and carry the facts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("facts_dir", type=Path)
    parser.add_argument("out_dir", type=Path, nargs="?", default=Path(__file__).resolve().parent)
    arguments = parser.parse_args()
    import_facts(arguments.facts_dir, arguments.out_dir)


if __name__ == "__main__":
    main()
