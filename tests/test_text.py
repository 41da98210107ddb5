"""Bilingual text, and the small tools that read words."""

from __future__ import annotations

import pytest

from geoplan.text import LANGUAGES, Text, control_characters, nearest


def test_both_languages() -> None:
    text = Text("路由", "route")
    assert [text.get(language) for language in LANGUAGES] == ["路由", "route"]
    assert text.both() == "路由 / route"
    assert text == ("路由", "route")


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("resue", ["order", "reuse"], "reuse"),
        ("Villages", ["villages"], "villages"),
        ("xyz", ["order", "reuse"], ""),
        ("order", [], ""),
        ("120108", ["120118", "120101"], "120118"),
    ],
)
def test_nearest(name: str, known: list[str], expected: str) -> None:
    assert nearest(name, known) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("普通 text <b>=1+1 ${7*7}", ""),
        ("a\nb\nc", r"\n"),
        ("a\tb\x00", r"\t \x00"),
        ("\u0085", r"\x85"),
        ("\ud800", r"\ud800"),
        ("\u3000全角 \U0001f600", ""),
    ],
)
def test_control_characters(text: str, expected: str) -> None:
    assert control_characters(text) == expected
