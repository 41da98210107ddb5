"""The compare map: two plans in one view, and what differs, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from conftest import geoplan
from instances import build_city_plan
from instances import city as city_of_instances
from maps_browser import Seen, address, chromium, open_all, opened_offline
from test_maps_sample import at, tiny_plan

from geoplan.differences import OTHER_PRICES
from geoplan.errors import InputError
from geoplan.maps import compare_html, render_compare_map
from geoplan.maps.figures import notes
from geoplan.plan import Plan
from geoplan.plan_file import load_plan, save_plan
from geoplan.text import LANGUAGES, Language


def other_plan() -> Plan:
    """The sample with T-5 a phase earlier over another line, T-1 later, aerial now a duct."""
    plan = tiny_plan(cost_cents=18_000_000_000)
    sites, routes = plan["sites"].copy(), plan["routes"].copy()
    sites.loc[sites["site_id"] == "T-5", "phase"] = 2
    sites.loc[sites["site_id"] == "T-1", "phase"] = 3
    routes.loc[routes["edge_id"] == 8, "method"] = "duct"
    routes.loc[routes["edge_id"] == 10, "phase"] = 2
    routes.loc[routes["edge_id"] == 10, "geometry"] = gpd.GeoSeries(
        [shapely.LineString([at(25, 5), at(23, 7), at(22, 8)])], index=[9], crs="EPSG:4548"
    )
    return replace(plan, tables={**plan.tables, "sites": sites, "routes": routes})


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    with chromium(chromium_path) as started:
        yield started


@pytest.fixture(scope="module")
def compare_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compare") / "compare.html"
    return render_compare_map([tiny_plan(), other_plan()], path, names=["now", "later"])


@pytest.fixture
def opened(browser: Any, compare_file: Path) -> Iterator[tuple[Any, Seen]]:
    with opened_offline(browser, compare_file, width=1600, height=1000) as page:
        yield page


@pytest.mark.browser
def test_one_file_is_read_and_nothing_else(opened: tuple[Any, Seen], compare_file: Path) -> None:
    page, seen = opened
    page.click("#language")
    page.click("#reset")
    assert seen.requests == [compare_file.as_uri()]
    assert page.title() == "Plans compared"


@pytest.mark.browser
def test_the_maps_move_as_one(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    view = (
        "(p) => { const m = geoplanMap.maps[p], c = m.getCenter();"
        " return [m.getZoom(), c.lat.toFixed(6), c.lng.toFixed(6)].join(); }"
    )
    first = page.evaluate(view, 0)
    assert page.evaluate(view, 1) == first
    for p in (0, 1):
        page.locator(".leaflet-control-zoom-in").nth(p).click()
        page.evaluate("(p) => geoplanMap.maps[p].panBy([40, 25], { animate: false })", p)
        assert page.evaluate(view, 0) == page.evaluate(view, 1)
    assert page.evaluate(view, 0) != first


@pytest.mark.browser
def test_the_difference_table_says_what_differs(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    open_all(page, "#lists details")
    text = {
        name: page.inner_text(f"#list-{name}").replace("\n", " ").replace("\t", " ")
        for name in ("only_first", "only_second", "other_method", "earlier", "later")
    }
    # stretch 10 lies elsewhere in the two plans: 10 km and 1,000,000 yuan in the sample
    assert "仅方案 A 建设" in text["only_first"]
    assert "1 段，10.0 公里，100.0 万元" in text["only_first"]
    assert re.search(r"\b10\b.*直埋.*三期.*10.00 公里", text["only_first"])
    assert re.search(r"\b10\b.*直埋.*二期", text["only_second"])
    assert re.search(r"8 / 8 架空 新建管道", text["other_method"])
    assert re.search(r"第5镇 丙区 三期 二期", text["earlier"])
    assert re.search(r"第1镇 甲区 一期 三期", text["later"])


def dearer(plan: Plan) -> Plan:
    prices = plan["prices"].copy()
    prices.loc[0, "value_cents"] *= 2
    prices.loc[0, "kind"] = "cited"
    return replace(plan, tables={**plan.tables, "prices": prices})


@pytest.mark.parametrize("language", LANGUAGES)
def test_costs_of_other_prices_and_placeholders_are_said_to_be_so(language: Language) -> None:
    plan = tiny_plan()
    own = [sentence.get(language) for sentence, *_ in notes(plan)]
    same = payload_of([plan, other_plan()], language)["notes"]
    assert [pair[LANGUAGES.index(language)] for pair in same] == own
    told = [
        pair[LANGUAGES.index(language)]
        for pair in payload_of([plan, dearer(plan)], language)["notes"]
    ]
    assert told[0] == OTHER_PRICES.get(language)
    # one placeholder less in the second plan: who has how many is said
    assert told[1] == f"A · {own[0]}"
    assert any(line.startswith("B · ") for line in told)


def payload_of(plans: list[Plan], language: Language) -> Any:
    page = compare_html(plans, language=language)
    match = re.search(r'id="geoplan-data">(.*?)</script>', page, re.DOTALL)
    assert match
    return json.loads(match[1])


@pytest.mark.browser
def test_the_title_is_whole_on_a_phone(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.set_viewport_size({"width": 390, "height": 844})
    for language in (0, 1):
        page.evaluate(f"geoplanMap.setLanguage({language})")
        cut = page.evaluate(
            """() => ['#title', '#top', 'html'].filter(s => { const n = document.querySelector(s);
            return n.scrollWidth > n.clientWidth + 1; })"""
        )
        assert cut == []


@pytest.mark.browser
def test_the_notes_stand_on_the_page(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    assert "占位值" in page.inner_text("#notes")
    page.click("#language")
    assert "placeholders" in page.inner_text("#notes")


@pytest.mark.browser
def test_figures_stand_side_by_side_and_follow_the_slider(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    rows = "#table tbody tr"
    assert page.locator(rows).nth(0).inner_text().split("\t") == [
        "总造价",
        "1.7400 亿元",
        "1.8000 亿元",
    ]
    assert page.locator(rows).nth(1).inner_text().split("\t")[1] == "91.7 %"
    page.locator("#slider").fill("1")
    assert page.locator(rows).nth(1).inner_text().split("\t")[1:] == ["41.7 %", "41.7 %"]
    shown = "(p) => { let n = 0; geoplanMap.maps[p].eachLayer(l => { if (l.getLatLngs && l.options.interactive !== false) n++; }); return n; }"  # noqa: E501
    # by hand: stretches of phase 1 in each plan
    assert [page.evaluate(shown, p) for p in (0, 1)] == [4, 4]
    page.locator("#slider").fill("2")
    assert [page.evaluate(shown, p) for p in (0, 1)] == [9, 10]


@pytest.mark.browser
def test_a_row_shows_its_site_in_both_maps_and_the_reasons(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.click("#list-earlier summary")
    page.focus("#list-earlier button")
    page.keyboard.press("Enter")
    picked = page.inner_text("#picked")
    assert "第5镇" in picked
    assert "A：三期（第5镇的理由）" in picked
    assert "B：二期" in picked
    rings = "geoplanMap.maps.map(m => { let n = 0; m.eachLayer(l => { if (l.options.pane === 'over' && l.getRadius) n++; }); return n; })"  # noqa: E501
    assert page.evaluate(rings) == [1, 1]
    assert "site=T-5" in address(page)
    page.keyboard.press("Escape")
    assert page.evaluate(rings) == [0, 0]


@pytest.mark.browser
def test_differences_stand_out_only_when_asked(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    colours = "(() => { const c = new Set(); geoplanMap.maps[0].eachLayer(l => { if (l.getLatLngs && l.options.interactive !== false) c.add(l.options.color); }); return Array.from(c).sort(); })()"  # noqa: E501
    assert "#a3adb7" in page.evaluate(colours)
    page.focus("#highlight")
    page.keyboard.press("Space")
    assert page.evaluate(colours) == ["#123f86", "#2bb08a", "#bf4800"]
    assert "marked=0" in address(page)


@pytest.mark.browser
def test_a_link_reopens_the_comparison(browser: Any, compare_file: Path) -> None:
    link = "#phase=1&lang=en&marked=0&view=39.0500,117.1000,11&site=T-1"
    with opened_offline(browser, compare_file, link=link) as (page, _):
        assert page.get_attribute("html", "lang") == "en"
        assert not page.is_checked("#highlight")
        assert "第1镇" in page.inner_text("#picked")
        assert page.evaluate("geoplanMap.maps[1].getZoom()") == 11
        words = page.inner_text("#tables") + page.inner_text("#bar")
        own = re.sub("第[0-9]镇|[甲乙丙]区", "", words)
        assert not re.search("[\u4e00-\u9fff]", own), re.findall("[\u4e00-\u9fff]+", own)


@pytest.mark.browser
def test_three_plans_of_unlike_phases(browser: Any, tmp_path: Path) -> None:
    short = tiny_plan()
    short = replace(short, tables={**short.tables, "phases": short["phases"].iloc[:2]})
    file = render_compare_map([tiny_plan(), other_plan(), short], tmp_path / "three.html")
    with opened_offline(browser, file, width=1600) as (page, _):
        assert page.locator(".pane").count() == 3
        assert page.get_attribute("#slider", "max") == "3"
        page.select_option("#against", "2")
        assert "C" in page.inner_text("#list-earlier summary")
        assert page.inner_text("#list-other_method strong") == "0"
        # the plan of two phases stands still at its second
        assert page.locator("#table tbody tr").nth(1).inner_text().split("\t")[3] == "83.3 %"
        page.set_viewport_size({"width": 1024, "height": 768})
        assert page.evaluate("document.documentElement.scrollWidth <= 1024")


@pytest.mark.browser
def test_without_scripts_both_plans_are_there(browser: Any, compare_file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(compare_file.as_uri())
    assert "A · now" in page.inner_text("#still")
    assert "B · later" in page.inner_text("#still")
    assert page.locator("#still > svg").count() == 2
    context.close()


def test_one_plan_or_five_or_unlike_systems_are_refused(tmp_path: Path) -> None:
    plan = tiny_plan()
    for plans in ([plan], [plan] * 5):
        with pytest.raises(InputError, match=r"compare\.count"):
            compare_html(plans)
    far = replace(plan, provenance={**plan.provenance, "planning_crs": "EPSG:4547"})
    with pytest.raises(InputError, match="EPSG:4547, EPSG:4548"):
        render_compare_map([plan, far], tmp_path / "x.html")
    assert list(tmp_path.iterdir()) == []


def test_the_same_plans_give_the_same_bytes() -> None:
    assert compare_html([tiny_plan(), other_plan()]) == compare_html([tiny_plan(), other_plan()])


# ---- the command ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plan_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    plan = build_city_plan(city_of_instances())
    folder = tmp_path_factory.mktemp("plans")
    paths = [folder / "a" / "plan.gpkg", folder / "b" / "plan.gpkg"]
    for path in paths:
        save_plan(plan, path)
    return paths


def test_the_command_writes_one_page_and_tells_files_of_one_name_apart(
    plan_files: list[Path], tmp_path: Path
) -> None:
    run = geoplan("compare-map", *plan_files, "-o", "new/c.html", "--lang", "en", cwd=tmp_path)
    assert (run.code, run.out) == (0, "")
    text = (tmp_path / "new" / "c.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in text
    assert '"name":"a/plan"' in text
    assert '"name":"b/plan"' in text
    assert load_plan(plan_files[0])["sites"]["name"].iloc[0] in text


def test_the_command_refuses_what_it_cannot_compare(plan_files: list[Path], tmp_path: Path) -> None:
    run = geoplan("compare-map", plan_files[0], "-o", "c.html", "--lang", "en", cwd=tmp_path)
    assert run.code == 2
    assert "give 2 to 4" in run.err
    run = geoplan(
        "compare-map", plan_files[0], "none.gpkg", "no.gpkg", "-o", "c.html", cwd=tmp_path
    )
    assert all(f"[plan.missing] {name}" in run.err for name in ("none.gpkg", "no.gpkg"))
    assert run.code == 2
    run = geoplan("compare-map", *plan_files, "-o", tmp_path, cwd=tmp_path)
    assert run.code == 2
    assert list(tmp_path.iterdir()) == []


def _sheets(page: Any) -> list[tuple[int, int]]:
    sheet = page.pdf(prefer_css_page_size=True, print_background=True)
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", sheet)
    return [(round(float(w)), round(float(h))) for w, h in boxes]


@pytest.mark.browser
@pytest.mark.parametrize("language", [0, 1])
@pytest.mark.parametrize("count", [2, 4])
def test_the_comparison_prints_on_one_a3_sheet(
    browser: Any, tmp_path: Path, count: int, language: int
) -> None:
    path = tmp_path / "compare.html"
    plans = [tiny_plan(), other_plan(), tiny_plan(), other_plan()][:count]
    render_compare_map(plans, path, names=[f"方案的名称 {k}" for k in range(count)])
    with opened_offline(browser, path, width=1400, height=900) as (page, _):
        page.evaluate(f"() => {{ geoplanMap.setLanguage({language}); }}")
        page.click("#list-only_first summary")  # rows of an open list are for the screen
        view = page.evaluate("[geoplanMap.maps[0].getCenter().lat, geoplanMap.maps[0].getZoom()]")
        # A3 landscape in points
        assert _sheets(page) == [(1191, 842)]
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        # nothing is cut off: all of the figures, differences, proofs and sources are on the sheet
        inside = page.evaluate(
            """() => { const app = document.getElementById('app');
            const low = Array.from(document.querySelectorAll(
                '#table tr, #lists details, #proof p, #credit')).map(
                node => node.getBoundingClientRect().bottom);
            return [app.scrollHeight <= app.clientHeight, low.length,
                Math.max(...low) <= app.getBoundingClientRect().bottom]; }"""
        )
        assert inside == [True, 15 + 6 + 2 * count + 1, True]
        panes = page.evaluate(
            "geoplanMap.maps.map(m => [m.getSize().x, m.getSize().y, m.getContainer().clientWidth])"
        )
        assert len(panes) == count
        assert all(x == wide and y > 200 for x, y, wide in panes)
        assert page.is_visible("#mark")
        assert page.is_visible("#credit")
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert not page.evaluate("document.body.classList.contains('printing')")
        assert view == page.evaluate(
            "[geoplanMap.maps[0].getCenter().lat, geoplanMap.maps[0].getZoom()]"
        )
