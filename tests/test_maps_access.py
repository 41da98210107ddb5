"""Whoever has no mouse, or doesn't see the screen or its colours, uses the pages as well."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from maps_browser import (
    Seen,
    address,
    chromium,
    open_all,
    opened_offline,
    serious_faults,
    wait_until,
)
from numpy.typing import NDArray
from test_maps_sample import tiny_plan

from geoplan.maps import render_compare_map, render_map
from geoplan.plan_styles import PHASE_COLOURS


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    with chromium(chromium_path) as started:
        yield started


@pytest.fixture(scope="module")
def map_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_map(tiny_plan(), tmp_path_factory.mktemp("map") / "map.html")


@pytest.fixture(scope="module")
def compare_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compare") / "compare.html"
    return render_compare_map([tiny_plan(), tiny_plan()], path)


@pytest.fixture
def opened(browser: Any, map_file: Path) -> Iterator[tuple[Any, Seen]]:
    with opened_offline(browser, map_file) as page:
        yield page


@pytest.mark.browser
@pytest.mark.parametrize("language", [0, 1])
def test_axe_finds_nothing_serious_on_the_map(opened: tuple[Any, Seen], language: int) -> None:
    page, _ = opened
    page.evaluate(f"geoplanMap.setLanguage({language})")
    for action in (
        "",
        "geoplanMap.openSite(8, false)",
        "geoplanMap.openRoute(1)",
        "geoplanMap.openDistrict(0, false); geoplanMap.setStep(0)",
        "document.getElementById('measure').click(); geoplanMap.measure.add(L.latLng(39, 117))",
    ):
        page.evaluate(f"(function () {{ {action} }})()")
        assert serious_faults(page) == [], action
    open_all(page)
    assert serious_faults(page) == []
    page.click("#measure-end")
    page.fill("#query", "t-")
    assert serious_faults(page) == []


@pytest.mark.browser
@pytest.mark.parametrize("language", [0, 1])
def test_axe_finds_nothing_serious_on_the_compare_map(
    browser: Any, compare_file: Path, language: int
) -> None:
    with opened_offline(browser, compare_file) as (page, _):
        page.evaluate(f"geoplanMap.setLanguage({language})")
        open_all(page)
        assert serious_faults(page) == []


@pytest.mark.browser
def test_axe_finds_nothing_serious_without_scripts(browser: Any, map_file: Path) -> None:
    """The still picture is looked at by hiding the map the way a failed script leaves it."""
    with opened_offline(browser, map_file) as (page, _):
        page.evaluate("document.documentElement.className = ''; document.body.className = ''")
        assert page.is_visible("#still")
        assert page.is_hidden("#app")
        assert serious_faults(page) == []


def _tab_order(page: Any, most: int = 120) -> list[str]:
    """Ids (or layers, or texts) of what the tab key reaches, once around."""
    page.evaluate("document.activeElement && document.activeElement.blur()")
    found: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        here = page.evaluate(
            """() => { const n = document.activeElement; if (n === document.body) return '';
            return n.id || n.getAttribute('data-layer') || n.getAttribute('aria-label')
            || n.textContent.trim().slice(0, 20); }"""
        )
        if found and here == found[0]:
            break
        found.append(here)
    return found


@pytest.mark.browser
def test_the_tab_key_reaches_every_control(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.evaluate("geoplanMap.openSite(8, false)")
    reached = set(_tab_order(page))
    buttons = {"reset", "centre", "measure", "full", "print", "language", "play", "card-close"}
    assert buttons - reached <= ({"full"} if page.is_hidden("#full") else set())
    assert {"query", "slider", "routes", "existing", "coverage", "township", "municipal"} <= reached
    assert {"现状", "一期", "二期", "三期", "放大", "缩小"} <= reached
    assert page.evaluate("geoplanMap.map.getContainer().id") in reached


@pytest.mark.browser
def test_every_button_does_by_keyboard_what_it_does_by_mouse(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.evaluate("window.print = function () { document.body.setAttribute('data-printed', '1'); }")
    state = "[geoplanMap.map.getZoom(), geoplanMap.map.getCenter().lng.toFixed(3)].join()"
    whole = page.evaluate(state)

    def press(selector: str, key: str = "Enter") -> None:
        page.focus(selector)
        page.keyboard.press(key)

    press("#centre")
    assert page.evaluate(state) != whole
    press("#reset", "Space")
    assert page.evaluate(state) == whole
    press(".leaflet-control-zoom-in")
    # the zoom is animated: a slow machine takes a moment to begin
    wait_until(page, f"geoplanMap.map.getZoom() > {float(whole.split(',')[0])}")
    press(".leaflet-control-zoom-out")
    press("#language")
    assert page.get_attribute("html", "lang") == "en"
    press("#print")
    assert page.get_attribute("body", "data-printed") == "1"
    press("[data-layer=routes]", "Space")
    assert page.evaluate("geoplanMap.visible().routes") == 0
    assert "off=routes" in address(page)
    press("#legend summary")
    assert page.is_hidden("#legend-layers")
    press("#coverage-box summary")
    assert page.is_visible("#coverage")
    # the map itself: arrows move it
    page.evaluate("geoplanMap.map.getContainer().focus()")
    before = page.evaluate("geoplanMap.map.getCenter().lng")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(400)
    assert page.evaluate("geoplanMap.map.getCenter().lng") > before


@pytest.mark.browser
def test_links_in_a_card_keep_the_keyboard_in_the_card(opened: tuple[Any, Seen]) -> None:
    page, _ = opened
    page.evaluate("geoplanMap.openRoute(1)")
    page.focus("#card-rows button >> nth=0")
    page.keyboard.press("Enter")
    assert page.inner_text("#card-title") == "乙区汇聚"
    assert page.evaluate("document.activeElement.id") == "card"
    assert "乙区汇聚" in page.inner_text("#said")
    page.keyboard.press("Escape")
    assert page.is_hidden("#card")
    assert page.evaluate("document.activeElement.id") == "query"


# ---- colours ----------------------------------------------------------------------------------

# G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, A Physiologically-based Model for Simulation
# of Color Vision Deficiency, IEEE TVCG 15(6), 2009: linear RGB, full severity
_EYES: dict[str, Any] = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
_TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)  # sRGB, D65


def _linear(colour: str) -> NDArray[np.float64]:
    value = np.frombuffer(bytes.fromhex(colour[1:]), dtype=np.uint8) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _lab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    white = _TO_XYZ @ np.ones(3)
    t = _TO_XYZ @ np.clip(linear, 0, 1) / white
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", list(_EYES))
def test_the_first_three_phases_differ_for_every_eye(eye: str) -> None:
    """20 is about nine times what a person just tells apart (CIE 1976)."""
    seen = [_lab(np.asarray(_EYES[eye]) @ _linear(colour)) for colour in PHASE_COLOURS[1:4]]
    for a, b in combinations(seen, 2):
        assert np.linalg.norm(a - b) > 20


def test_the_first_three_phases_differ_in_a_grey_print() -> None:
    lightness = [_lab(_linear(colour))[0] for colour in PHASE_COLOURS[1:4]]
    assert min(np.diff(sorted(lightness))) > 10


@pytest.mark.browser
def test_the_tab_key_reaches_every_control_of_the_compare_map(
    browser: Any, compare_file: Path
) -> None:
    with opened_offline(browser, compare_file) as (page, _):
        reached = set(_tab_order(page))
        assert {"reset", "print", "language", "slider", "highlight"} <= reached
        assert {"现状", "一期", "二期", "三期", "A 放大", "B 缩小"} <= reached
        lists = page.locator("#lists summary").all_inner_texts()
        assert {text.strip()[:20] for text in lists} <= reached
        page.focus("#tabs button >> nth=1")
        page.keyboard.press("Enter")
        assert page.evaluate("geoplanMap.state.step") == 1
        page.focus("#slider")
        page.keyboard.press("End")
        assert page.evaluate("geoplanMap.state.step") == 3
        assert "三期" in page.inner_text("#said")
        page.focus("#language")
        page.keyboard.press("Enter")
        assert page.title() == "Plans compared"
        page.focus("#list-only_first summary")
        page.keyboard.press("Enter")
        # a list fills when its toggle event comes, after the key press has returned
        page.wait_for_selector("#list-only_first .many", state="visible", timeout=5000)
