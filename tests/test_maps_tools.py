"""What the map offers beside the slider: measure, cuts, ways, districts, links, a still."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from maps_browser import Seen, address, chromium, opened_offline, wait_until
from pyproj import Geod
from test_maps_sample import HOSTILE, tiny_plan

from geoplan.maps import render_map


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    with chromium(chromium_path) as started:
        yield started


@pytest.fixture(scope="module")
def map_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_map(tiny_plan(), tmp_path_factory.mktemp("map") / "map.html")


@pytest.fixture
def opened(browser: Any, map_file: Path) -> Iterator[tuple[Any, Seen]]:
    with opened_offline(browser, map_file) as page:
        yield page


def _pixel(page: Any, lat: float, lng: float) -> tuple[float, float]:
    x, y = page.evaluate(
        """(at) => { const m = geoplanMap.map, c = m.getContainer().getBoundingClientRect();
        const p = m.latLngToContainerPoint(at); return [c.x + p.x, c.y + p.y]; }""",
        [lat, lng],
    )
    return x, y


# ---- measure ----------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((39.1, 117.2), (39.1, 117.21)),
        ((38.6, 116.8), (40.2, 118.0)),  # across the whole city
        ((39.0, 117.0), (40.0, 117.0)),
    ],
)
def test_lengths_are_those_on_the_ellipsoid(
    opened: tuple[Any, Seen], a: tuple[float, float], b: tuple[float, float]
) -> None:
    page, _ = opened
    shown = page.evaluate(
        "([a, b]) => geoplanMap.measure.between(L.latLng(a), L.latLng(b))", [list(a), list(b)]
    )
    _, _, true = Geod(ellps="WGS84").inv(a[1], a[0], b[1], b[0])
    assert shown == pytest.approx(true, rel=1e-4)


@pytest.mark.browser
def test_measure_by_mouse_over_lines_and_sites(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.click("#measure")
    assert page.inner_text("#measure-sum") == "请在地图上取点"
    page.click("#legend summary")  # it lies over the core in this narrow window
    # the core and hub B: 10 km apart in the plane; a click on a mark measures, it opens no card
    where = """(code) => { const d = geoplanMap.data, i = d.sites.site_id.indexOf(code);
        return [d.sites.at[i][1] / d.units, d.sites.at[i][0] / d.units]; }"""
    core, hub = (page.evaluate(where, code) for code in ("CORE-1", "B-HUB"))
    page.mouse.click(*_pixel(page, *core))
    page.mouse.click(*_pixel(page, *hub))
    assert page.is_hidden("#card")
    length = re.fullmatch(r"([\d.]+) 公里", page.inner_text("#measure-sum"))
    assert length is not None
    assert float(length[1]) == pytest.approx(10.0, abs=0.1)
    page.click("#measure-undo")
    assert page.inner_text("#measure-sum") == "请在地图上取点"
    page.click("#measure-end")
    assert page.is_hidden("#measure-box")
    assert page.evaluate("document.activeElement.id") == "measure"


@pytest.mark.browser
def test_measure_by_keyboard_alone(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.focus("#measure")
    page.keyboard.press("Enter")
    assert page.is_hidden("#cross")
    page.keyboard.press("Enter")
    assert page.is_visible("#cross")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(400)
    page.keyboard.press("Enter")
    assert page.evaluate("geoplanMap.measure.metres()") > 500
    assert page.inner_text("#measure-sum").endswith("公里")
    page.keyboard.press("Backspace")
    assert page.evaluate("geoplanMap.measure.metres()") == 0
    page.keyboard.press("Escape")
    assert page.is_hidden("#measure-box")


# ---- cards ------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_stretch_says_what_fails_when_it_is_cut(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.evaluate("geoplanMap.openRoute(1)")  # stretch 2, the way to hubs B and C
    rows = page.inner_text("#card-rows")
    for name in ("乙区汇聚", "丙区汇聚", "第3镇", "第4镇", "第5镇"):
        assert name in rows
    assert "5 个站点" in rows
    page.click("#language")
    assert "out of service" in page.inner_text("#card-rows")


@pytest.mark.browser
def test_a_site_shows_its_way_to_the_core_as_links(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.evaluate("geoplanMap.openSite(geoplanMap.data.sites.site_id.indexOf('T-5'), false)")
    labels = page.locator("#card-rows dt").all_inner_texts()
    assert "第 1 路" in labels
    assert "汇聚至核心 第 1 路" in labels
    links = page.locator("#card-rows dd span button").all_inner_texts()
    # its own stretch, then those of hub C from the hub to the core
    assert links[-4:] == ["10", "3", "2", "1"]
    page.click("#card-rows dd span button >> text=10")
    assert page.inner_text("#card-title") == "路由段 10"


@pytest.mark.browser
def test_many_names_open_on_demand(browser: Any, tmp_path: Path) -> None:
    plan = tiny_plan()
    paths = plan["core_paths"]
    paths["edge_ids"] = paths["edge_ids"].str.replace("]", ", 1]")  # all of them over stretch 1
    file = render_map(plan, tmp_path / "map.html")
    with opened_offline(browser, file) as (page, _):
        page.evaluate("geoplanMap.openRoute(0)")
        assert page.locator("#card-rows details button").count() == 0
        page.click("#card-rows details summary")
        # the names come with the toggle event, after the click has returned
        wait_until(page, "document.querySelectorAll('#card-rows details button').length === 10")


@pytest.mark.browser
def test_a_district_is_found_clicked_and_counted(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.fill("#query", "丙区")
    page.press("#query", "Enter")
    assert page.inner_text("#card-title") == "丙区"
    rows = page.inner_text("#card-rows").replace("\n", " ")
    assert "现状 0 / 3" in rows
    assert "三期 1 / 3" in rows
    page.press("#query", "Escape")
    page.press("#query", "Escape")
    page.evaluate("document.getElementById('legend').open = false")
    page.click("#reset")
    label = page.evaluate("geoplanMap.data.districts[1].label")
    page.mouse.click(*_pixel(page, label[1] / 1e5 + 0.02, label[0] / 1e5))
    assert page.inner_text("#card-title") == "乙区"
    assert "district=B" in address(page)


@pytest.mark.browser
def test_the_coverage_follows_the_slider_in_colour_and_in_figures(
    opened: tuple[Any, Seen],
) -> None:
    page, _ = opened
    page.click("#coverage-box summary")
    # by hand from the sample: townships of A, B, C in service per step
    for step, served in enumerate(
        [("0", "0", "0"), ("1", "0", "0"), ("2", "2", "0"), ("2", "2", "1")]
    ):
        page.locator("#slider").fill(str(step))
        cells = page.locator("#coverage td.value").all_inner_texts()
        assert tuple(cells) == served
        labels = page.locator(".district-label small").all_inner_texts()
        assert all(label.split(" / ")[0] in served for label in labels)


@pytest.mark.browser
def test_a_stretch_is_found_by_its_number(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.fill("#query", "9")
    page.press("#query", "Enter")
    assert page.inner_text("#card-title") == "路由段 9"
    assert "route=9" in address(page)


# ---- links ------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_link_reopens_phase_card_place_layers_and_language(browser: Any, map_file: Path) -> None:
    link = "#phase=2&site=T-2&lang=en&off=existing,coverage&view=39.0500,117.0900,11.5"
    with opened_offline(browser, map_file, link=link) as (page, _):
        assert page.evaluate("geoplanMap.visible().step") == 2
        assert page.inner_text("#card-title") == "第2镇"
        assert page.get_attribute("html", "lang") == "en"
        assert not page.is_checked("[data-layer=existing]")
        assert page.is_checked("[data-layer=routes]")
        centre = page.evaluate("geoplanMap.map.getCenter()")
        assert (round(centre["lat"], 3), round(centre["lng"], 3)) == (39.05, 117.09)
        assert page.evaluate("geoplanMap.map.getZoom()") == 11.5
        # the address that stands there opens the same view again
        again = "#" + address(page).split("#")[1]
    with opened_offline(browser, map_file, link=again) as (page, _):
        assert page.inner_text("#card-title") == "第2镇"
        assert round(page.evaluate("geoplanMap.map.getCenter().lat"), 3) == 39.05


@pytest.mark.browser
@pytest.mark.parametrize(
    "link",
    [
        "#phase=99&site=nobody&route=x&lang=xx",
        "#view=1e9,NaN,&off=%",
        "#district=%E0%A4%A&phase=-1",
    ],
)
def test_a_broken_link_opens_the_map_all_the_same(browser: Any, map_file: Path, link: str) -> None:
    with opened_offline(browser, map_file, link=link) as (page, _):
        assert page.is_hidden("#card")
        assert page.evaluate("geoplanMap.visible().sites") == 11


# ---- without scripts --------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_still_picture_shows_plan_legend_and_figures(
    browser: Any, tmp_path: Path, language: str
) -> None:
    file = render_map(tiny_plan(), tmp_path / "map.html", language=language)  # type: ignore[arg-type]
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    text = page.inner_text("#still")
    assert ("内部资料" if language == "zh" else "Internal") in text
    assert "83.3 %" in text
    assert ("1.7400 亿元" if language == "zh" else "CNY 174.00 million") in text
    assert HOSTILE in text  # a note names it, as text
    box = page.locator("#still > svg").bounding_box()
    assert box["width"] > 300
    for colour in ("#123f86", "#bf4800", "#2bb08a"):
        assert page.locator(f"#still > svg path[stroke='{colour}']").count() > 0
    assert page.is_hidden("#app")
    context.close()


@pytest.mark.browser
def test_a_script_that_fails_leaves_the_still_picture(browser: Any, map_file: Path) -> None:
    broken = map_file.with_name("broken.html")
    text = map_file.read_text(encoding="utf-8")
    assert text.count("var map = input[0];") == 1
    broken.write_text(text.replace("var map = input[0];", "var map = input[0].gone.at;"), "utf-8")
    page = browser.new_page()
    page.goto(broken.as_uri())
    assert page.is_visible("#still")
    assert page.is_hidden("#app")
    page.close()


@pytest.mark.browser
def test_with_scripts_the_still_picture_is_never_seen(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    assert page.is_hidden("#still")
    assert page.is_visible("#app")


# ---- tiles ------------------------------------------------------------------------------------


@pytest.mark.browser
def test_tiles_are_asked_of_the_host_named_and_of_no_other(browser: Any, tmp_path: Path) -> None:
    file = render_map(
        tiny_plan(), tmp_path / "map.html", tile_url="http://127.0.0.1:9/t/{z}/{x}/{y}.png"
    )
    page = browser.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    dot = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154"
        "789c63a8b9f11f0005100256cfc0d8710000000049454e44ae426082"
    )
    page.route("**/t/**", lambda route: route.fulfill(content_type="image/png", body=dot))
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-ready=true]")
    page.wait_for_selector("img.leaflet-tile")
    assert {url for url in asked if "/t/" not in url} == {file.as_uri()}
    assert complaints == []
    # the policy stops any other host, however it is asked
    page.evaluate("new Image().src = 'http://127.0.0.1:9999/other.png'")
    patience = 100
    while not complaints and patience:
        page.wait_for_timeout(50)
        patience -= 1
    assert complaints
    assert all("Content Security Policy" in text for text in complaints)
    page.click("[data-layer=tiles]")
    assert page.locator("img.leaflet-tile").count() == 0
    page.close()
