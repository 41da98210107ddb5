from __future__ import annotations

from xml.etree import ElementTree

from geoplan.plan_styles import PHASE_COLOURS, layer_styles
from geoplan.schema import PLAN_TABLES
from geoplan.text import Text

PHASES = [Text("一期", "Phase 1"), Text("二期", "Phase <2>")]


def test_every_layer_with_a_geometry_has_a_well_formed_style() -> None:
    styles = layer_styles(PHASES)
    assert {table.name for table in PLAN_TABLES if table.geometry} <= set(styles)
    for name, qml in styles.items():
        root = ElementTree.fromstring(qml)
        assert root.tag == "qgis", name
        renderer = root.find("renderer-v2")
        assert renderer is not None
        symbols = {s.get("name") for s in renderer.findall("symbols/symbol")}
        used = {c.get("symbol") for c in renderer.findall("categories/category")}
        assert used <= symbols, name
        assert symbols, name


def test_a_phase_has_one_colour_on_routes_and_sites() -> None:
    styles = layer_styles(PHASES)
    red = ",".join(str(int(PHASE_COLOURS[1][k : k + 2], 16)) for k in (1, 3, 5)) + ",255"
    for name in ("routes", "cables", "sites"):
        assert red in styles[name]
    renderer = ElementTree.fromstring(styles["routes"]).find("renderer-v2")
    assert renderer is not None
    assert renderer.get("attr") == '"phase"'
    labels = [c.get("label") for c in renderer.findall("categories/category")]
    assert labels == ["一期 / Phase 1", "二期 / Phase <2>"]
