"""The KMZ pack, read back as ZIP, XML and HTML by the standard library, and by GDAL."""

from __future__ import annotations

import html.parser
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.image
import pyogrio
import pytest
from pack_plan import HOSTILE, moved_to_degrees, pack_plan
from sample_plan import FORMULA, ROWS, sample_plan

from geoplan.export import export_packs
from geoplan.export.icons import icon_png
from geoplan.export.selection import WHOLE
from geoplan.export.works import phase_totals
from geoplan.plan import Plan
from geoplan.plan_styles import PHASE_COLOURS

K = "{http://www.opengis.net/kml/2.2}"


class Shown(html.parser.HTMLParser):
    """What a viewer that reads HTML makes of a description: its tags, and its cells as text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.cells: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        self.cells.append("")

    def handle_data(self, data: str) -> None:
        self.cells[-1] += data


@pytest.fixture(scope="module")
def plan() -> Plan:
    return pack_plan()


@pytest.fixture(scope="module")
def pack(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    (path,) = export_packs(plan, tmp_path_factory.mktemp("packs"), formats=["kmz"])
    assert path.name == "works-zh.kmz"
    return path


def document(path: Path) -> ElementTree.Element:
    with zipfile.ZipFile(path) as pack:
        found = ElementTree.fromstring(pack.read("doc.kml")).find(f"{K}Document")
    assert found is not None
    return found


def child(parent: ElementTree.Element, name: str) -> ElementTree.Element:
    (found,) = [f for f in parent.findall(f"{K}Folder") if f.findtext(f"{K}name") == name]
    return found


def data(placemark: ElementTree.Element) -> dict[str | None, str | None]:
    return {d.get("name"): d.findtext(f"{K}value") for d in placemark.iter(f"{K}Data")}


def test_a_folder_per_phase_layer_and_method(pack: Path) -> None:
    root = document(pack)
    assert root.findtext(f"{K}name") == "甲乙规划"
    assert [f.findtext(f"{K}name") for f in root.findall(f"{K}Folder")] == ["一期", "二期"]
    first = child(root, "一期")
    tree = {
        layer.findtext(f"{K}name"): [f.findtext(f"{K}name") for f in layer.findall(f"{K}Folder")]
        for layer in first.findall(f"{K}Folder")
    }
    assert tree == {
        "站点": ["核心节点", "区汇聚节点", "市级单位"],
        "新建路由（沟、管道、杆路）": ["新建管道"],
        "利用的现有管孔与纤芯": ["利用现有管孔穿缆", "启用现有空闲纤芯"],
        "新建光缆": ["新建管道", "利用现有管孔穿缆"],
    }
    # cables lie in the routes
    cables = child(first, "新建光缆").iter(f"{K}Placemark")
    assert {cable.findtext(f"{K}visibility") for cable in cables} == {"0"}


def test_every_row_and_place_is_the_plans(plan: Plan, pack: Path) -> None:
    shapes = moved_to_degrees(plan, "routes")
    routes = plan["routes"].set_index("edge_id")
    found = {}
    for placemark in document(pack).iter(f"{K}Placemark"):
        row = data(placemark)
        if "trench_yuan" not in row:
            continue
        edge = int(row["edge_id"] or 0)
        found[edge] = float(row["length_m"] or 0)
        assert row["cost_yuan"] == f"{routes.loc[edge, 'cost_cents'] / 100:.2f}"
        text = placemark.findtext(f"{K}LineString/{K}coordinates")
        drawn = [tuple(map(float, c.split(",")[:2])) for c in (text or "").split()]
        wanted = shapes[list(routes.index).index(edge)].coords
        assert drawn == [pytest.approx(xy, abs=1e-7) for xy in wanted]
    assert found == dict(zip(routes.index, routes["length_m"], strict=True))
    layers = dict(pyogrio.list_layers(pack))
    assert {"区汇聚节点", "新建管道"} <= set(layers)


def test_a_hostile_name_stays_a_name(pack: Path) -> None:
    names = {p.findtext(f"{K}name") for p in document(pack).iter(f"{K}Placemark")}
    assert {HOSTILE, FORMULA} <= names
    for feature in document(pack).iter():
        text = feature.findtext(f"{K}description")
        if text:
            shown = Shown(text)
            assert shown.tags <= {"table", "tr", "th", "td", "h3"}
            if HOSTILE in (feature.findtext(f"{K}name"),):
                assert shown.cells.count(HOSTILE) == 2
                assert data(feature)["name"] == HOSTILE
    # a balloon shows the description and nothing that a viewer would put in unescaped
    texts = {t.text for t in document(pack).iter(f"{K}text")}
    assert texts == {"$[description]"}


def test_characters_that_xml_does_not_know(tmp_path: Path) -> None:
    sites = [{**row, "name": f"a\x01\ud800b{row['site_id']}"} for row in ROWS["sites"]]
    (path,) = export_packs(sample_plan(sites=sites), tmp_path, formats=["kmz"])
    names = {p.findtext(f"{K}name") for p in document(path).iter(f"{K}Placemark")}
    assert "a\ufffd\ufffdbU-1" in names


def test_what_has_no_place_is_named_and_not_drawn(tmp_path: Path) -> None:
    sites = [dict(row) for row in ROWS["sites"]]
    sites[2]["geometry"] = None
    (path,) = export_packs(sample_plan(sites=sites), tmp_path, formats=["kmz"])
    folder = child(child(document(path), "一期"), "站点")
    assert "市级单位" not in [f.findtext(f"{K}name") for f in folder.findall(f"{K}Folder")]
    assert FORMULA in Shown(folder.findtext(f"{K}description") or "").cells[-1]
    for coordinates in document(path).iter(f"{K}coordinates"):
        assert not (coordinates.text or "").startswith("0.0")


def test_the_pack_needs_no_network(pack: Path) -> None:
    with zipfile.ZipFile(pack) as files:
        names = files.namelist()
        text = files.read("doc.kml").decode("utf-8")
    assert names[0] == "doc.kml"  # viewers open the first one
    assert set(re.findall(r"<href>(.*?)</href>", text)) == set(names[1:])
    assert set(re.findall(r"https?://[^\"<& )]*", text)) <= {
        "http://www.opengis.net/kml/2.2",
        "http://www.google.com/kml/ext/2.2",
        "http://x",  # the formula that a site is called
    }


def test_sites_have_the_colour_of_their_phase(pack: Path) -> None:
    root = document(pack)
    styles = {s.get("id"): s for s in root.findall(f"{K}Style")}
    normal = {}
    for style_map in root.findall(f"{K}StyleMap"):
        pairs = {
            p.findtext(f"{K}key"): (p.findtext(f"{K}styleUrl") or "")[1:]
            for p in style_map.findall(f"{K}Pair")
        }
        assert set(pairs.values()) <= set(styles)
        normal[style_map.get("id")] = styles[pairs["normal"]]
    seen = set()
    for placemark in root.iter(f"{K}Placemark"):
        style = normal[(placemark.findtext(f"{K}styleUrl") or "")[1:]]
        if placemark.find(f"{K}Point") is not None and "site_id" in data(placemark):
            phase = int(data(placemark)["phase"] or 0)
            r, g, b = re.findall("..", PHASE_COLOURS[phase][1:])
            assert style.findtext(f"{K}IconStyle/{K}color") == f"ff{b}{g}{r}"
            seen.add(phase)
    assert seen == {1, 2}


def test_what_to_know_and_totals_are_said(plan: Plan, pack: Path) -> None:
    root = document(pack)
    said = Shown(root.findtext(f"{K}description") or "").cells
    for part in ("WGS-84", "内部资料", "占位值", "OpenStreetMap", "绕行系数"):
        assert any(part in cell for cell in said), part
    cells = Shown(child(root, "一期").findtext(f"{K}description") or "").cells
    assert "17,500.00" in cells
    assert "210.5" in cells
    totals = phase_totals(plan, WHOLE, "zh")
    assert totals.total("cost_cents") == plan.cost_cents


def test_same_plan_gives_the_same_bytes(plan: Plan, pack: Path, tmp_path: Path) -> None:
    (again,) = export_packs(plan, tmp_path, formats=["kmz"])
    assert again.read_bytes() == pack.read_bytes()
    (one,) = export_packs(plan, tmp_path, formats=["kmz"], phase=2, language="en")
    assert one.name == "works-phase2-en.kmz"
    assert [f.findtext(f"{K}name") for f in document(one).findall(f"{K}Folder")] == ["Phase 2"]


@pytest.mark.parametrize("shape", ["circle", "square", "star", "triangle"])
def test_icons_are_white_marks_on_nothing(shape: str, tmp_path: Path) -> None:
    (tmp_path / "icon.png").write_bytes(icon_png(shape))
    pixels = matplotlib.image.imread(tmp_path / "icon.png")
    assert pixels.shape == (64, 64, 4)
    assert pixels[32, 32].tolist() == [1, 1, 1, 1]
    assert pixels[0, 0, 3] == 0
    dark = (pixels[..., 3] == 1) & (pixels[..., 0] < 0.2)
    assert 100 < dark.sum() < 64 * 64 / 2


def test_there_is_no_other_icon() -> None:
    with pytest.raises(ValueError, match="hexagon"):
        icon_png("hexagon")
