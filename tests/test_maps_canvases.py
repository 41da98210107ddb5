"""What is drawn in turns after a move: the pictures are those of a map drawn at once."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from maps_browser import Seen, chromium, opened_offline, wait_until

from geoplan.maps import render_map

BENCHMARK = Path(__file__).resolve().parent.parent / "benchmarks" / "map_size.py"
_QUIET = "() => !geoplanMap.waiting()"
# the visible picture of the lines and the marks' canvas, as checksums of their pixels
_PICTURES = """() => {
    function sum(canvas) {
        const copy = document.createElement('canvas');
        copy.width = canvas.width; copy.height = canvas.height;
        const context = copy.getContext('2d', {willReadFrequently: true});
        context.drawImage(canvas, 0, 0);
        const pixels = new Uint32Array(
            context.getImageData(0, 0, copy.width, copy.height).data.buffer);
        let hash = 7, inked = 0;
        for (const pixel of pixels) { hash = (hash * 31 + pixel) | 0; if (pixel) { inked += 1; } }
        return [hash, inked];
    }
    return [sum(geoplanMap.lines._front.canvas), sum(geoplanMap.marks._container)];
}"""
_AT_ONCE = "() => { geoplanMap.lines._draw(true); geoplanMap.marks._update(); }"


@pytest.fixture(scope="module")
def page(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A map with more lines and marks than are drawn within one frame."""
    spec = importlib.util.spec_from_file_location("benchmarks_map_size", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    file = tmp_path_factory.mktemp("map") / "map.html"
    render_map(bench.made_plan(3000, 9000), file)
    with chromium(chromium_path) as browser, opened_offline(browser, file) as (opened, seen):
        assert isinstance(seen, Seen)
        yield opened


def _drag(page: Any, x: int, y: int) -> bool:
    """Drag the map; return whether anything was left to draw when it came to rest.

    Looked at in the page: by the time the driver could ask, all may be drawn.
    """
    page.evaluate(
        """() => { delete window.left; geoplanMap.map.once('moveend', () => {
        window.left = geoplanMap.waiting(); }); }"""
    )
    page.mouse.move(700, 450)
    page.mouse.down()
    page.mouse.move(700 + x // 2, 450 + y // 2)
    page.wait_for_timeout(80)  # no swing after letting go
    page.mouse.move(700 + x, 450 + y)
    page.wait_for_timeout(80)
    page.mouse.up()
    wait_until(page, "window.left !== undefined")
    return bool(page.evaluate("window.left"))


@pytest.mark.browser
def test_pictures_after_a_drag_are_those_drawn_at_once(page: Any) -> None:
    page.evaluate("() => { geoplanMap.map.setZoom(11, {animate: false}); }")
    wait_until(page, _QUIET)
    before = page.evaluate(_PICTURES)
    assert _drag(page, 150, -90)
    wait_until(page, _QUIET)
    turned = page.evaluate(_PICTURES)
    assert all(inked > 1000 for _, inked in turned)
    assert turned != before
    page.evaluate(_AT_ONCE)
    assert page.evaluate(_PICTURES) == turned


@pytest.mark.browser
def test_a_phase_chosen_while_marks_are_drawn_is_the_one_shown(page: Any) -> None:
    _drag(page, -120, 60)
    page.evaluate("() => { geoplanMap.setStep(1); }")
    wait_until(page, _QUIET)
    turned = page.evaluate(_PICTURES)
    page.evaluate(_AT_ONCE)
    assert page.evaluate(_PICTURES) == turned
    page.evaluate("() => { geoplanMap.setStep(3); }")
    wait_until(page, _QUIET)
    assert page.evaluate(_PICTURES) != turned


@pytest.mark.browser
def test_no_frame_after_a_drag_draws_all_the_marks(page: Any) -> None:
    """The work per frame is bounded: counted in marks, not in milliseconds."""
    page.evaluate(
        """() => { const own = geoplanMap.marks._updateCircle; window.most = window.now_ = 0;
        geoplanMap.marks._updateCircle = function (layer) {
            window.now_ += 1; window.most = Math.max(window.most, window.now_);
            own.call(this, layer); };
        const next = () => { window.now_ = 0; requestAnimationFrame(next); }; next(); }"""
    )
    _drag(page, 100, 40)
    wait_until(page, _QUIET)
    most = page.evaluate("window.most")
    page.evaluate("delete geoplanMap.marks._updateCircle")
    assert 500 < most <= 1200


@pytest.mark.browser
def test_pictures_are_smoothed_only_while_the_map_is_zoomed(page: Any) -> None:
    exact = "() => geoplanMap.map.getContainer().classList.contains('exact')"
    assert page.evaluate(exact)
    page.evaluate(
        """() => { window.during = [];
        geoplanMap.map.on('zoom', () => window.during.push(
            geoplanMap.map.getContainer().classList.contains('exact'))); }"""
    )
    page.evaluate("() => { geoplanMap.map.setZoom(12, {animate: false}); }")
    assert page.evaluate("window.during").count(True) == 0
    assert page.evaluate(exact)
