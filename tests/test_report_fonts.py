"""The report's fonts: they come with the project, and no text is ever drawn as a box."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from geoplan.datasets import planning_facts
from geoplan.errors import InputError
from geoplan.export import words as export_words
from geoplan.maps import words as map_words
from geoplan.report import words as report_words
from geoplan.report.fonts import Fonts, find_fonts, written
from geoplan.text import Text


@pytest.fixture(scope="module")
def fonts() -> Fonts:
    return find_fonts()


def test_both_fonts_draw_every_known_character(fonts: Fonts) -> None:
    assert len(fonts.known) > 30_000
    for path in (fonts.serif, fonts.sans):
        with TTFont(path, lazy=True) as font:
            assert fonts.known <= set(font.getBestCmap())
            licence = font["name"].getDebugName(13)
        assert "SIL Open Font License" in licence


@given(st.text(st.characters(), max_size=80))
def test_any_text_becomes_one_that_the_fonts_draw(text: str) -> None:
    fonts = find_fonts()
    drawn = fonts.drawable(text)
    assert all(ord(c) in fonts.known for c in drawn)
    # what can be drawn stays as it is; the rest is named, so that nothing is lost
    rest = iter(drawn)
    for character in text:
        kept = next(rest)
        if kept != character:
            code = f"[U+{ord(character):04X}]"
            assert kept + "".join(next(rest) for _ in code[1:]) == code
    assert next(rest, None) is None


def test_what_can_not_be_seen_is_named() -> None:
    assert written("a\x00\u202eb\u200b\ud800") == "a[U+0000][U+202E]b[U+200B][U+D800]"
    assert find_fonts().drawable("和平区😀א") == "和平区[U+1F600][U+05D0]"


def texts_in(value: Any) -> list[str]:
    """Every bilingual text in a module's constant."""
    if isinstance(value, Text):
        return [value.zh, value.en]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in texts_in(item)]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [text for item in value for text in texts_in(item)]
    return []


@pytest.mark.parametrize("module", [export_words, map_words, report_words])
def test_the_projects_own_words_need_no_code(module: ModuleType, fonts: Fonts) -> None:
    found = [text for value in vars(module).values() for text in texts_in(value)]
    assert len(found) > 20
    assert [text for text in found if fonts.drawable(text) != text] == []


def test_the_facts_need_no_code(fonts: Fonts) -> None:
    for fact in planning_facts("tianjin"):
        for text in (*fact.name, *fact.value, *fact.source):
            assert fonts.drawable(text) == text


def test_without_the_font_package_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = builtins.__import__

    def no_fonts(name: str, *rest: Any, **more: Any) -> Any:
        if name == "pylopdf_fonts_zh_cn":
            raise ImportError(name)
        return whole(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "pylopdf_fonts_zh_cn", raising=False)
    monkeypatch.setattr(builtins, "__import__", no_fonts)
    find_fonts.cache_clear()
    with pytest.raises(InputError) as caught:
        find_fonts()
    (fault,) = caught.value.faults
    assert fault.rule == "report.part_missing"
    assert "pip install 'geoplan[report]'" in fault.cure.zh
    monkeypatch.undo()
    assert find_fonts().known
