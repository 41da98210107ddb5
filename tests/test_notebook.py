"""What a plan shows of itself in a notebook."""

from __future__ import annotations

import html
import io
import logging
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from maps_browser import chromium
from matplotlib import colors, font_manager, image
from matplotlib.collections import LineCollection
from test_maps_sample import HOSTILE, tiny_plan

from geoplan.maps import map_html
from geoplan.maps.figure import chinese_font
from geoplan.plan_styles import PHASE_COLOURS


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    with chromium(chromium_path) as started:
        yield started


def test_explore_is_the_map_itself_in_a_frame() -> None:
    shown = tiny_plan().explore(language="en", height_px=500)
    frame = shown._repr_html_()
    match = re.fullmatch(r'<iframe srcdoc="([^"]*)" sandbox="([^"]*)" .*></iframe>', frame)
    assert match is not None
    assert html.unescape(match[1]) == map_html(tiny_plan(), language="en")
    # its script reaches nothing of the notebook
    assert "allow-same-origin" not in match[2]
    assert "height:500px" in frame
    assert repr(shown).startswith("InlineMap(")


@pytest.mark.browser
def test_the_frame_works_inside_another_page(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "notebook.html"
    frame = tiny_plan().explore()._repr_html_()
    file.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{frame}", encoding="utf-8")
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    context.set_offline(True)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text))
    page.goto(file.as_uri())
    inner = page.frame_locator("iframe")
    inner.locator("body[data-ready=true]").wait_for()
    inner.locator("#slider").fill("2")
    assert inner.locator("#weight").inner_text() == "83.3 %"
    inner.locator("#language").click()
    assert inner.locator("#title").inner_text() == "Sample plan"
    assert errors == []
    context.close()


def _tints(figure: Any) -> set[str]:
    lines = [c for c in figure.axes[0].collections if isinstance(c, LineCollection)]
    return {colors.to_hex(tint) for line in lines for tint in line.get_colors()}


@pytest.mark.parametrize("step", [0, 1, 2, 3, None])
def test_plot_draws_the_phases_up_to_the_one_asked_for(step: int | None) -> None:
    figure = tiny_plan().plot(step=step)
    built = PHASE_COLOURS[1 : 1 + (3 if step is None else step)]
    assert _tints(figure) & set(PHASE_COLOURS[1:4]) == set(built)


def test_plot_is_a_picture_with_words_and_changes_no_state(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        figure = tiny_plan().plot(language="en")
        picture = figure._repr_png_()
    assert caplog.records == []  # no font is asked for that is not there
    pixels = np.asarray(image.imread(io.BytesIO(picture), format="png"))
    assert pixels.shape[0] > 500
    assert (pixels[..., :3] < 0.5).any()
    words = " ".join(text.get_text() for text in figure.axes[0].texts)
    assert "CNY 174.00 million" in words
    assert "91.7 %" in words
    assert figure.axes[0].get_title(loc="left") == "Sample plan"
    assert figure.axes[0].get_title(loc="right") == "Internal"
    # no window was opened, no figure is kept by pyplot
    if "matplotlib.pyplot" in sys.modules:
        assert sys.modules["matplotlib.pyplot"].get_fignums() == []


def test_plot_draws_chinese_on_a_machine_without_a_chinese_font(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of every character that becomes a box
        assert len(tiny_plan().plot()._repr_png_()) > 10_000


def test_plot_without_the_fonts_of_the_extra_takes_those_of_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pylopdf_fonts_zh_cn", None)
    assert "DejaVu Sans" in chinese_font(9).get_family()
    assert len(tiny_plan().plot(language="en")._repr_png_()) > 10_000


def test_plot_takes_a_dollar_as_a_dollar() -> None:
    plan = tiny_plan()
    named = replace(plan, provenance={**plan.provenance, "title_zh": "a $x^2 b $\\frac{", "attributions": ["$\\bad{"]})  # fmt: skip # noqa: E501
    assert len(named.plot()._repr_png_()) > 10_000


def test_plot_of_no_phase_and_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no phase 7: the plan has 0"):
        tiny_plan().plot(step=7)
    monkeypatch.setitem(sys.modules, "geoplan.maps.figure", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'geoplan\[notebook\]'"):
        tiny_plan().plot()


def test_table_reads_in_both_languages_with_units_and_exact_money() -> None:
    plan = tiny_plan()
    columns = ("number", "name_zh", "name_en", "cost_cents", "weight_share", "route_m")
    chinese = plan.table("phases", columns=columns)
    assert chinese.labels == (
        "分期", "名称", "本期费用（元）", "累计权重占比", "累计新建沟长（米）",
    )  # fmt: skip
    assert chinese.rows[0] == ("1", "一期", "29,000,000.00", "41.7 %", "21,049.9")
    english = plan.table("phases", language="en", columns=columns)
    assert english.labels[2] == "spent in this phase (yuan)"
    assert english.rows[1][1] == "Phase 2"


def test_table_shows_some_rows_and_says_of_how_many() -> None:
    shown = tiny_plan().table("sites", columns=("site_id", "name"), rows=3)
    assert len(shown.rows) == 3
    assert "<p>3 / 13</p>" in shown._repr_html_()
    assert str(shown).splitlines()[1] == "CORE-1\t市级核心节点"
    whole = tiny_plan().table("sites", columns=("site_id", "name"), rows=None)
    assert "<p>" not in whole._repr_html_()
    assert html.escape(HOSTILE) in whole._repr_html_()
    with pytest.raises(KeyError):
        tiny_plan().table("nothing")


def test_a_plan_at_the_end_of_a_cell_says_what_it_is() -> None:
    shown = tiny_plan()._repr_html_()
    assert "示例规划" in shown
    assert "内部资料" in shown
    assert "29,000,000.00" in shown
    assert "即本方案至多比理论最低造价高 2.4 %" in shown
    assert "占位值" in shown
