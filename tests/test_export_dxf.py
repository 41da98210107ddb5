"""The DXF pack, read back with ezdxf and, as text, without it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import ezdxf
import pyogrio
import pytest
from pack_plan import HOSTILE, pack_plan
from sample_plan import FORMULA, ROWS, sample_plan

from geoplan.export import export_packs
from geoplan.export.dxf.canvas import drawn_safe, layer_name, turned
from geoplan.plan import Plan


@pytest.fixture(scope="module")
def plan() -> Plan:
    return pack_plan()


@pytest.fixture(scope="module")
def pack(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    (path,) = export_packs(plan, tmp_path_factory.mktemp("packs"), formats=["dxf"])
    assert path.name == "works-zh.dxf"
    return path


@pytest.fixture(scope="module")
def drawing(pack: Path) -> Any:
    return ezdxf.readfile(pack)


def rows(drawing: Any) -> list[tuple[str, dict[str, str]]]:
    """Layer and row of every line that carries one."""
    found = []
    for line in drawing.modelspace().query("LWPOLYLINE"):
        if line.has_xdata("GEOPLAN"):
            pairs = (tag.value.partition("=") for tag in line.get_xdata("GEOPLAN"))
            found.append((line.dxf.layer, {key: value for key, _, value in pairs}))
    return found


def texts(drawing: Any, layer: str) -> list[str]:
    return [t.plain_text() for t in drawing.modelspace().query(f'TEXT[layer=="{layer}"]')]


def test_the_drawing_is_clean_metric_and_of_2010(drawing: Any) -> None:
    audit = drawing.audit()
    assert (audit.errors, audit.fixes) == ([], [])
    assert drawing.dxfversion == "AC1024"
    assert drawing.header["$INSUNITS"] == 6
    style = drawing.styles.get("GEOPLAN_CJK")
    assert style.dxf.font == "simhei.ttf"
    used = {t.dxf.style for t in drawing.modelspace().query("TEXT")}
    assert used == {"GEOPLAN_CJK"}


def test_a_layer_per_phase_and_method(drawing: Any) -> None:
    off = {layer.dxf.name for layer in drawing.layers if layer.is_off()}
    counts = Counter(layer for layer, _ in rows(drawing))
    assert counts == {
        "P1-一期-新建管道": 1,
        "P1-一期-启用现有空闲纤芯": 1,
        "P1-一期-利用现有管孔穿缆": 1,
        "P2-二期-直埋": 1,
        "P1-一期-新建光缆 新建管道": 1,
        "P1-一期-新建光缆 利用现有管孔穿缆": 1,
        "P2-二期-新建光缆 直埋": 1,
    }
    assert {name for name in off if name in counts} == {n for n in counts if "光缆 " in n}
    lines = {layer.dxf.name: layer.dxf.linetype for layer in drawing.layers}
    assert lines["P1-一期-新建管道"] == "GEOPLAN_DUCT"
    assert lines["P2-二期-直埋"] == "Continuous"
    # on the dark ground of a CAD program every colour is seen
    for layer in drawing.layers:
        if layer.rgb is not None:
            assert max(layer.rgb) + min(layer.rgb) >= 254


def test_every_line_is_the_plans(plan: Plan, drawing: Any) -> None:
    routes = plan["routes"].set_index("edge_id")
    found = {}
    for _, row in rows(drawing):
        if "trench_yuan" in row:
            edge = int(row["edge_id"])
            found[edge] = float(row["length_m"])
            assert row["cost_yuan"] == f"{routes.loc[edge, 'cost_cents'] / 100:.2f}"
    assert found == dict(zip(routes.index, routes["length_m"], strict=True))
    drawn = [
        [tuple(p) for p in line.get_points("xy")]
        for line in drawing.modelspace().query('LWPOLYLINE[layer=="P2-二期-直埋"]')
        if line.has_xdata("GEOPLAN")
    ]
    assert drawn == [list(routes.loc[2, "geometry"].coords)]


def test_sites_are_blocks_with_their_figures(plan: Plan, drawing: Any) -> None:
    sites = plan["sites"][plan["sites"]["phase"] > 0].set_index("site_id")
    found = {}
    for mark in drawing.modelspace().query("INSERT"):
        values = {a.dxf.tag: a for a in mark.attribs}
        if "SITE_ID" in values:
            assert all(a.is_invisible for a in mark.attribs)
            said = {tag: a.plain_text() for tag, a in values.items()}
            found[said["SITE_ID"]] = said["NAME"]
            at = sites.loc[said["SITE_ID"], "geometry"]
            assert (mark.dxf.insert.x, mark.dxf.insert.y) == (at.x, at.y)
            cents = sites.loc[said["SITE_ID"], "equipment_cents"]
            assert said["EQUIPMENT"] == f"{cents / 100:.2f}"
    assert found == sites["name"].to_dict()
    assert {HOSTILE, FORMULA} <= set(found.values())
    assert HOSTILE in texts(drawing, "P2-二期-站名")
    assert drawing.blocks.get("GEOPLAN_CORE") is not None


def test_the_title_says_what_to_know(plan: Plan, drawing: Any) -> None:
    said = texts(drawing, "图框与说明")
    whole = "".join(said)
    for part in (
        "甲乙规划",
        "内部资料",
        "EPSG:4548",
        "绕行系数",
        "占位值",
        "OpenStreetMap",
        "默认关闭",
    ):
        assert part in whole, part
    assert "合计" in said
    assert said.count("27,300.55") == 1  # the whole bill, in the row of totals
    for cell in ("17,500.00", "210.5", "200.55", "9,600.00"):
        assert cell in said
    assert {"一期 · 核心节点", "二期 · 直埋", "二期 · 分光树"} <= set(said)


def test_text_stands_beside_lines_and_is_not_upside_down(drawing: Any) -> None:
    (text,) = drawing.modelspace().query('TEXT[layer=="P2-二期-路由标注"]')
    assert text.plain_text() == "2 直埋 200.0 m"
    assert drawing.layers.get("P2-二期-路由标注").is_off()
    for start, end, angle in (
        ((0, 0), (1, 1), 45),
        ((1, 1), (0, 0), 45),
        ((0, 1), (0, 0), 90),
        ((0, 0), (-1, 0), 0),
        ((0, 0), (-1, 1), -45),
    ):
        assert turned(start, end) == pytest.approx(angle), (start, end)


def test_everything_is_within_the_extent(drawing: Any) -> None:
    low, high = drawing.header["$EXTMIN"], drawing.header["$EXTMAX"]
    for entity in drawing.modelspace().query("TEXT INSERT"):
        x, y, _ = entity.dxf.insert
        assert low[0] <= x <= high[0]
        assert low[1] <= y <= high[1]


def test_names_that_drawings_break_on() -> None:
    # read back by ezdxf's own reader of such codes above; here by hand
    assert drawn_safe("%%c") == "%%%%%%c"
    assert drawn_safe("a\nb") == "a b"
    assert drawn_safe("^J") == "^ J"
    assert layer_name("P1", 'a<b>:"*?|,;=`/\\') == "P1-a_b____________"


def test_gdal_reads_it_too(plan: Plan, pack: Path) -> None:
    # GDAL takes the code page of the header for the encoding, which R2007 and later is not
    pyogrio.set_gdal_config_options({"DXF_ENCODING": "UTF-8"})
    try:
        found = pyogrio.read_dataframe(pack)
    finally:
        pyogrio.set_gdal_config_options({"DXF_ENCODING": None})
    mine = found[(found["Layer"] == "P1-一期-新建管道") & (found.geom_type == "LineString")]
    wanted = plan["routes"].set_index("edge_id").loc[1, "geometry"]
    assert any(shape.equals_exact(wanted, 1e-6) for shape in mine.geometry)


def test_same_plan_gives_the_same_bytes(plan: Plan, pack: Path, tmp_path: Path) -> None:
    (again,) = export_packs(plan, tmp_path, formats=["dxf"])
    assert again.read_bytes() == pack.read_bytes()
    assert ezdxf.options.write_fixed_meta_data_for_testing is False


def test_two_processes_give_the_same_bytes(pack: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from pack_plan import pack_plan\n"
        "from geoplan.export import export_packs\n"
        "export_packs(pack_plan(), Path(sys.argv[1]), formats=['dxf'])"
    )
    for seed in ("1", "4"):  # of the order of sets of text
        out = tmp_path / seed
        out.mkdir()
        path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        subprocess.run([sys.executable, "-c", script, str(out)], check=True, env=env)
        assert (out / "works-zh.dxf").read_bytes() == pack.read_bytes()


def test_one_phase_in_english(plan: Plan, tmp_path: Path) -> None:
    (path,) = export_packs(plan, tmp_path, formats=["dxf"], language="en", phase=2)
    assert path.name == "works-phase2-en.dxf"
    drawing = ezdxf.readfile(path)
    assert {layer for layer, _ in rows(drawing)} == {
        "P2-Phase 2-direct-buried",
        "P2-Phase 2-new cables direct-buried",
    }
    assert "9,800.55" in texts(drawing, "title block")


def test_a_site_without_a_place_is_not_drawn(tmp_path: Path) -> None:
    sites = [dict(row) for row in ROWS["sites"]]
    sites[1]["geometry"] = None
    (path,) = export_packs(sample_plan(sites=sites), tmp_path, formats=["dxf"])
    drawing = ezdxf.readfile(path)
    found = [m.get_attrib_text("SITE_ID") for m in drawing.modelspace().query("INSERT")]
    assert "A-HUB" not in found
    assert "CORE-1" in found
