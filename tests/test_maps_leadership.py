"""The map as a leader opens it: a file, a real browser, the network cut off."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from maps_browser import Seen, address, chromium, opened_offline, wait_until
from test_maps_sample import HOSTILE, X0, Y0, tiny_plan

from geoplan.errors import InputError
from geoplan.maps import map_html, render_map
from geoplan.plan_styles import PHASE_COLOURS


def test_the_file_is_what_the_text_is(tmp_path: Path) -> None:
    path = render_map(tiny_plan(), tmp_path / "new" / "map.html", language="en")
    assert path.read_text(encoding="utf-8") == map_html(tiny_plan(), language="en")
    assert [entry.name for entry in path.parent.iterdir()] == ["map.html"]


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "map.html"
    target.write_text("old", encoding="utf-8")

    def full(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        render_map(tiny_plan(), target)
    assert target.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["map.html"]


def test_a_bad_tile_address_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        render_map(tiny_plan(), tmp_path / "map.html", tile_url="ftp://x")
    assert list(tmp_path.iterdir()) == []


# ---- in a browser -----------------------------------------------------------------------------


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


def _visible(page: Any) -> tuple[int, int, int]:
    state = page.evaluate("geoplanMap.visible()")
    return state["step"], state["routes"], state["sites"]


@pytest.mark.browser
def test_one_file_is_read_and_nothing_else(opened: tuple[Any, Seen], map_file: Path) -> None:
    page, seen = opened
    page.click("#language")
    page.click("#centre")
    page.click("#reset")
    assert seen.requests == [map_file.as_uri()]
    assert page.title() == "Sample plan"


@pytest.mark.browser
def test_the_slider_changes_network_and_figures(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    # by hand from the sample: routes and placed sites with a phase of at most k
    expected = {
        0: ((0, 0, 0), "0.0 %", "0 元"),
        1: ((1, 4, 5), "41.7 %", "2,900.0 万元"),
        2: ((2, 9, 10), "83.3 %", "1.0900 亿元"),
        3: ((3, 10, 11), "91.7 %", "1.7400 亿元"),
    }
    for step, (drawn, weight, spent) in expected.items():
        page.locator("#slider").fill(str(step))
        assert _visible(page) == drawn
        assert page.inner_text("#weight") == weight
        assert page.inner_text("#money td.value >> nth=1") == spent
    assert page.locator("#tabs button[aria-pressed=true]").inner_text() == "三期"


@pytest.mark.browser
def test_the_picture_itself_changes(opened: tuple[Any, Seen]) -> None:
    """Count the pixels of each phase's colour on the screen: the drawing, not what it says."""
    page, _ = opened
    image = pytest.importorskip("matplotlib.image")
    page.evaluate("document.getElementById('legend').hidden = true")
    # the colours of the plan file's QGIS styles: a phase looks the same in both
    colours = {k: list(bytes.fromhex(PHASE_COLOURS[k][1:])) for k in (1, 2, 3)}
    for step in range(4):
        page.locator("#slider").fill(str(step))
        page.wait_for_timeout(150)
        shot = page.locator("#stage").screenshot()
        pixels = np.rint(image.imread(io.BytesIO(shot), format="png")[..., :3] * 255)
        for phase, colour in colours.items():
            count = int((pixels == colour).all(axis=-1).sum())
            assert (count > 20) == (phase <= step), (step, phase, count)


@pytest.mark.browser
def test_the_enlargement_shows_the_lines_as_well(browser: Any, tmp_path: Path) -> None:
    image = pytest.importorskip("matplotlib.image")
    plan = tiny_plan()
    # a tall city leaves room beside it, as Tianjin does
    tall = plan["districts"].assign(geometry=shapely.box(X0, Y0 - 60_000, X0 + 30_000, Y0 + 10_000))
    tables = {**plan.tables, "districts": tall}
    map_file = render_map(replace(plan, tables=tables), tmp_path / "tall.html")
    colour = list(bytes.fromhex(PHASE_COLOURS[1][1:]))
    with opened_offline(browser, map_file, width=1920, height=1080, link="#phase=1") as (page, _):
        assert page.is_visible("#inset")
        counts = []
        for _ in range(2):
            page.wait_for_timeout(200)
            shot = page.locator("#inset").screenshot()
            pixels = np.rint(image.imread(io.BytesIO(shot), format="png")[..., :3] * 255)
            counts.append(int((pixels == colour).all(axis=-1).sum()))
            page.click("[data-layer=routes]")
        # what is left without the lines is the marks
        assert counts[0] > counts[1] + 50


@pytest.mark.browser
def test_paper_keeps_the_ground_under_the_routes(opened: tuple[Any, Seen]) -> None:
    """On paper one canvas wipes those under it, unless each is a layer of its own."""
    page, _ = opened
    faint = "Array.from(document.querySelectorAll('canvas')).map(c => +getComputedStyle(c).opacity)"
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    drawn = page.evaluate(faint)
    assert len(drawn) >= 3
    assert all(0.9 < opacity < 1 for opacity in drawn)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert set(page.evaluate(faint)) == {1}


@pytest.mark.browser
def test_a_hostile_name_is_text_everywhere(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.fill("#query", "<img")
    assert HOSTILE in page.inner_text("#hits li >> nth=0")
    page.press("#query", "Enter")
    assert page.inner_text("#card-title") == HOSTILE
    assert HOSTILE in page.inner_text("#card-rows")
    page.click("#notes summary >> nth=0")
    assert HOSTILE in page.inner_text("#notes")
    page.evaluate("geoplanMap.map.getContainer().focus()")
    box = page.evaluate(
        """(name) => { const m = geoplanMap.map, d = geoplanMap.data, s = d.sites;
        const c = m.getContainer().getBoundingClientRect(), at = s.at[s.name.indexOf(name)];
        const p = m.latLngToContainerPoint([at[1] / d.units, at[0] / d.units]);
        return [c.x + p.x, c.y + p.y]; }""",
        HOSTILE,
    )
    page.mouse.move(*box)
    page.wait_for_selector(".tip")
    assert HOSTILE in page.inner_text(".tip")
    assert page.locator("img").count() == 0


@pytest.mark.browser
def test_the_tip_of_a_mark_stays_over_the_lines_that_end_in_it(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.click("#legend summary")  # it lies over some marks in this window
    at = """(i) => { const m = geoplanMap.map, d = geoplanMap.data, a = d.sites.at[i];
        if (!a.length) { return null; }
        const c = m.getContainer().getBoundingClientRect();
        const p = m.latLngToContainerPoint([a[1] / d.units, a[0] / d.units]);
        const under = document.elementFromPoint(c.x + p.x, c.y + p.y);
        return under && under.closest('#stage') && under.tagName === 'CANVAS'
            ? [c.x + p.x, c.y + p.y] : null; }"""
    seen = 0
    for site, name in enumerate(page.evaluate("geoplanMap.data.sites.name")):
        place = page.evaluate(at, site)
        if place is None:
            continue
        seen += 1
        page.mouse.move(place[0], place[1])
        # longer than the frame in which lines are looked for, and than a tip takes to fade
        page.wait_for_timeout(300)
        assert page.inner_text(".tip").startswith(name)
    assert seen > 5


@pytest.mark.browser
def test_search_by_code_with_the_keyboard_alone(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.focus("#query")
    page.keyboard.type("t-")
    assert page.locator("#hits [role=option]").count() == 7
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#query", "aria-activedescendant") == "hit-1"
    page.keyboard.press("Enter")
    assert page.inner_text("#card-title") == "第2镇"
    assert "第2镇的理由" in page.inner_text("#card-why")
    # the site and every stretch of its way are in view, left of the card
    seen = page.evaluate(
        """() => { const m = geoplanMap.map, d = geoplanMap.data;
        const i = d.sites.site_id.indexOf('T-2');
        const ends = [d.sites.at[i]];
        d.paths.filter(p => p[0] === i).forEach(p => p.slice(2).forEach(r =>
            d.routes.line[r].forEach(line => ends.push(line.slice(0, 2)))));
        const points = ends.map(at => m.latLngToContainerPoint([at[1] / d.units, at[0] / d.units]));
        const card = document.getElementById('card').offsetLeft, size = m.getSize();
        return [ends.length, points.every(p => p.x > 0 && p.x < card && p.y > 0 && p.y < size.y),
            m.getZoom()]; }"""
    )
    assert seen[0] > 1
    assert seen[1]
    assert 9 < seen[2] <= 12.5
    assert "site=T-2" in address(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.is_hidden("#card")
    page.fill("#query", "no such site")
    assert page.inner_text("#hits") == "没有匹配的站点、区或路由段"


@pytest.mark.browser
def test_the_language_switch_changes_every_label(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.evaluate("geoplanMap.openRoute(2)")
    page.click("#language")
    words = page.inner_text("#panel") + page.inner_text("#legend") + page.inner_text("#top")
    names = page.inner_text("#card")
    assert page.get_attribute("html", "lang") == "en"
    assert "at most 2.4 % above the proven minimum" in words
    assert "Phase 3" in words
    assert "Internal" in words
    assert "direct-buried" in names
    # place names stay as they are; every other word is English (but the switch back)
    own = words.replace("中文", "")
    assert not re.search("[\u4e00-\u9fff]", own), re.findall("[\u4e00-\u9fff]+", own)
    page.click("#language")
    assert "方案证明" in page.inner_text("#panel")


@pytest.mark.browser
def test_slider_tabs_and_play_by_keyboard(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.focus("#slider")
    page.keyboard.press("Home")
    assert _visible(page)[0] == 0
    page.keyboard.press("ArrowRight")
    assert _visible(page)[0] == 1
    assert page.get_attribute("#slider", "aria-valuetext") == "一期"
    assert "一期" in page.inner_text("#said")
    page.focus("#tabs button >> nth=2")
    page.keyboard.press("Enter")
    assert _visible(page)[0] == 2
    page.clock.install()
    page.focus("#play")
    page.keyboard.press("Space")
    assert page.get_attribute("#play", "aria-pressed") == "true"
    page.clock.run_for(2000)
    assert _visible(page)[0] == 3
    assert page.get_attribute("#play", "aria-pressed") == "false"


@pytest.mark.browser
def test_layers_switch_off(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.click("[data-layer=routes]")
    assert _visible(page)[1] == 0
    page.click("[data-layer=routes]")
    assert _visible(page)[1] == 10
    for name in ("existing", "coverage", "district", "township", "municipal", "core"):
        page.click(f"[data-layer={name}]")
    assert page.locator("#legend-layers input:checked").count() == 1


@pytest.mark.browser
def test_a_click_on_a_line_and_on_a_site_opens_its_card(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    where = """(at) => { const m = geoplanMap.map, c = m.getContainer().getBoundingClientRect();
        const p = m.latLngToContainerPoint(at); return [c.x + p.x, c.y + p.y]; }"""
    middle = page.evaluate(
        "() => { const f = geoplanMap.data.routes.line[2][0], u = geoplanMap.data.units;"
        " return [(f[1] + f[3] / 2) / u, (f[0] + f[2] / 2) / u]; }"
    )
    page.mouse.click(*page.evaluate(where, middle))
    assert page.inner_text("#card-title") == "路由段 3"
    assert "直埋" in page.inner_text("#card-rows")
    assert "丙区汇聚" in page.inner_text("#card-rows")
    hub = page.evaluate(
        "() => { let l;"
        " geoplanMap.map.eachLayer(x => { if (x.index === 2 && x.getRadius) l = x; });"
        " return [l.getLatLng().lat, l.getLatLng().lng]; }"
    )
    page.mouse.click(*page.evaluate(where, hub))
    assert page.inner_text("#card-title") == "乙区汇聚"
    assert "10.00 公里" in page.inner_text("#card-rows")
    assert "4.250 dB" in page.inner_text("#card-rows")
    page.click("#card-rows button")
    assert page.inner_text("#card-title") == "市级核心节点"


@pytest.mark.browser
def test_a_site_that_is_opened_lies_beside_card_and_legend(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    place = """(id) => { const box = document.getElementById(id).getBoundingClientRect();
        return [box.left, box.top, box.right, box.bottom]; }"""
    on_screen = """(i) => { const m = geoplanMap.map, d = geoplanMap.data, a = d.sites.at[i],
        p = m.latLngToContainerPoint([a[1] / d.units, a[0] / d.units]),
        box = m.getContainer().getBoundingClientRect(); return [box.left + p.x, box.top + p.y]; }"""
    for site in range(page.evaluate("geoplanMap.data.sites.at.length")):
        at = page.evaluate("(i) => geoplanMap.data.sites.at[i]", site)
        if not at:
            continue
        page.evaluate("(i) => geoplanMap.openSite(i, true)", site)
        x, y = page.evaluate(on_screen, site)
        for covered in ("card", "legend"):
            left, top, right, bottom = page.evaluate(place, covered)
            assert not (left < x < right and top < y < bottom), (site, covered)


@pytest.mark.browser
def test_texts_of_the_card_are_in_the_readers_half(browser: Any, tmp_path: Path) -> None:
    plan = tiny_plan()
    sites = plan["sites"].copy()
    at = sites["site_id"] == "T-2"
    sites.loc[at, "note"] = "由静海镇析出 / carved out of 静海镇 in 2020"
    sites.loc[at, "weight_reason"] = "人口 1,000 / population 1,000"
    path = render_map(replace(plan, tables={**plan.tables, "sites": sites}), tmp_path / "m.html")
    with opened_offline(browser, path, link="#site=T-2") as (page, _):
        told = page.inner_text("#card-rows")
        assert "由静海镇析出" in told
        assert "carved" not in told
        assert "（人口 1,000）" in told
        page.click("#language")
        told = page.inner_text("#card-rows")
        assert "carved out of 静海镇 in 2020" in told
        assert "析出" not in told
        assert "(population 1,000)" in told


@pytest.mark.browser
def test_a_link_reopens_the_view(opened: tuple[Any, Seen], map_file: Path) -> None:
    page, _ = opened
    page.evaluate("location.hash = '#phase=2&site=B-HUB&lang=en'")
    wait_until(page, "document.body.dataset.step === '2'")
    assert page.inner_text("#card-title") == "乙区汇聚"
    assert page.get_attribute("html", "lang") == "en"
    page.evaluate("location.hash = '#phase=99&site=%E0%A4%A&route=x'")
    wait_until(page, "document.body.dataset.step === '3'")
    fresh = page.context.new_page()
    fresh.goto(map_file.as_uri() + "#phase=1&route=6&lang=en")
    assert _visible(fresh)[0] == 1
    assert fresh.inner_text("#card-title") == "Stretch 6"


@pytest.mark.browser
def test_the_enlarged_centre_comes_and_goes_without_a_fault(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    # a hidden map has no size, and fitting it would end in coordinates that are no numbers
    for width, height in ((1920, 1080), (700, 500), (1024, 768), (2560, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        page.click("#centre")
        assert page.is_hidden("#inset")
        page.click("#reset")
        page.evaluate("geoplanMap.map.setZoom(8, { animate: false })")
        page.evaluate("geoplanMap.setStep(1)")
    # a wide window has room for it beside the three districts in a row
    page.set_viewport_size({"width": 2560, "height": 500})
    page.click("#reset")
    assert page.is_visible("#inset")
    assert page.evaluate("isFinite(geoplanMap.map.getZoom())")


@pytest.mark.browser
def test_unplaced_sites_are_counted_and_named(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    assert page.inner_text("#unplaced summary") == "1 个站点无位置，未纳入规划"
    page.click("#unplaced summary")
    assert "无位置街道" in page.inner_text("#unplaced")


@pytest.mark.browser
def test_every_control_has_a_name_and_nothing_is_cut_off(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    nameless = page.evaluate(
        """() => Array.from(document.querySelectorAll('button, input, summary')).filter(n =>
        !(n.getAttribute('aria-label') || n.textContent.trim() || n.closest('label')))
        .map(n => n.id)"""
    )
    assert nameless == []
    for width, height in ((1920, 1080), (1024, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for language in (0, 1):
            page.evaluate(f"geoplanMap.setLanguage({language})")
            wide = page.evaluate(
                """() => ['#panel', '#tabs', '#top', '#legend', 'html'].filter(s => {
                const n = document.querySelector(s); return n.scrollWidth > n.clientWidth + 1; })"""
            )
            assert wide == []


@pytest.mark.browser
def test_print_is_one_sheet(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    sheet = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", sheet)
    # A3 landscape in points
    assert [(round(float(w)), round(float(h))) for w, h in boxes] == [(1191, 842)]
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    fits = page.evaluate(
        "(() => { const p = document.getElementById('panel');"
        " return p.scrollHeight <= p.clientHeight; })()"
    )
    assert fits
    assert page.is_visible("#mark")
    assert page.is_visible("#credit")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert not page.evaluate("document.body.classList.contains('printing')")


@pytest.mark.browser
def test_without_scripts_the_figures_are_still_there(browser: Any, map_file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(map_file.as_uri())
    text = page.inner_text("body")
    assert "示例规划" in text
    assert "内部资料" in text
    assert "83.3 %" in text
    assert "1.7400 亿元" in text
    assert page.is_hidden("#app")
    context.close()
