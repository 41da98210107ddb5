"""Carry the compiled facts about Tianjin into the project's own schema.

    python data/tianjin/import_facts.py FACTS_DIR [OUT_DIR]

Reads ``districts.csv``, ``district_outlines.geojson`` and ``townships.csv`` of FACTS_DIR and
writes the files of the same names into OUT_DIR (default: the folder of this script). Values are
carried, never changed; only columns are named and ordered the project's way, and remarks get a
translation before them. The README of this folder says where each value comes from.
"""

from __future__ import annotations

import argparse
import json
import re
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

# Remarks are written in English; the part in braces is a name or a figure, carried as it stands.
NOTES_ZH = {
    "median of village/community points, not the seat": "所辖村（社区）点位的中位点，不是政府驻地",
    "no point found in any source": "各来源均未查到点位",
    "pinyin match to a populated place of the same name; 1 arc-sec to 1 arc-min precision": (
        "按拼音匹配同名居民点，精度 1 角秒至 1 角分"
    ),
    "pinyin match to a populated place of the same name; low precision": (
        "按拼音匹配同名居民点，精度低"
    ),
    "about {} km from the only village/community point(s) on file; not corroborated": (
        "距仅有的村（社区）点位约 {} 公里，未得到印证"
    ),
    "enclave of Hedong district at a steel works in Hebei province (Shexian); outside the "
    "municipality; no point found": "河东区飞地，位于河北省涉县一钢铁厂，在本市之外；未查到点位",
    "railway station of the same name, inside the unit": "辖区内的同名火车站",
    "scenic-spot point, longitude rounded to 0.1 degree (up to +-4 km)": (
        "景区点位，经度取整到 0.1 度（误差可达 4 公里）"
    ),
    "no point; carved out of {} in {}": "无点位；{1} 年由{0}析出",
    "no point; carved out of {} in {} (parent village median there would be {})": (
        "无点位；{1} 年由{0}析出（其所属村的中位点为 {2}）"
    ),
    "no point; carved out of {} in {} (parent point {})": (
        "无点位；{1} 年由{0}析出（原单位点位为 {2}）"
    ),
    "no point; was {} of Hongqiao until {}": "无点位；{1} 年前为红桥区{0}",
    "same point as {} in the source": "来源中与{}同一点位",
    "predecessor {} ({} communities moved over, NBS {})": (
        "取自前身{}（{} 个社区划入，国家统计局 {}）"
    ),
    "predecessor unit {} (village lists match)": "取自前身{}（村级名录相符）",
    "the village/community that bears the unit name: {}": "与本单位同名的村（社区）：{}",
    "source point is the {} unit, since split ({} taken out)": (
        "来源点位为 {} 年的单位，此后拆分（{}划出）"
    ),
    "since {} {} were carved out": "{} 年以来{}析出",
}


def both_languages(note: str) -> str:
    """Return a remark as ``中文 / English``; one that has no translation stays as it is."""
    for english, chinese in NOTES_ZH.items():
        # a name or a figure holds no bracket: those are the remark's own
        pattern = re.escape(english).replace(r"\{\}", "([^()]+)")
        if found := re.fullmatch(pattern, note):
            return f"{chinese.format(*found.groups())} / {note}"
    return note


def carry_table(source: Path, target: Path, columns: dict[str, str]) -> None:
    """Write the named columns of one CSV under their new names, sorted by code.

    Everything is read as text, so that no figure is reformatted on the way.
    """
    table = pd.read_csv(source, dtype=str, keep_default_na=False)
    carried = table[list(columns)].rename(columns=columns).sort_values("code", kind="stable")
    if "note" in carried:
        carried["note"] = carried["note"].map(both_languages)
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
