"""Help and wrong arguments, in the language of the person."""

from __future__ import annotations

import re

import pytest

from geoplan import cli

Streams = pytest.CaptureFixture[str]
COMMANDS = (
    *("plan", "check", "map", "compare-map", "export", "report", "roads", "steiner"),
    *("why", "frontier"),
)


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")


def ended(streams: Streams, *arguments: str) -> tuple[int, str]:
    """Exit code of a command that ends in the parser, and all that it said."""
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    said = streams.readouterr()
    return int(str(caught.value.code)), said.out + said.err


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_chinese_help_has_no_english_sentence(command: str, capsys: Streams) -> None:
    code, text = ended(capsys, *filter(None, [command]), "--help")
    assert code == 0
    assert text.startswith(f"用法：geoplan {command}".rstrip())
    # names of options, files and formats stay as they are; two small words in a row are English
    assert not re.search(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b", text), text


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "geoplan：错误：缺少参数：命令"),
        (("export",), "geoplan export：错误：缺少参数：PLAN.gpkg, --out"),
        (("nope",), "geoplan：错误：命令：没有 'nope'；可用：'plan', "),
        (("map", "p", "-o", "m", "--lang", "fr"), "--lang：没有 'fr'；可用：'zh', 'en'"),
        (("map", "p", "-o"), "-o/--output：缺少取值"),
        (("plan", "--bogus"), "不认识的参数：--bogus"),
        (("plan", "--json=3"), "--json：不带取值，多了 '3'"),
        (("frontier", "p", "--out", "o", "--points", "x"), "--points：取值 'x' 无效"),
        (("frontier", "p", "--out", "o", "--points", "3"), "--points：须为 20 至 500"),
    ],
)
def test_wrong_arguments_are_told_in_chinese(
    arguments: tuple[str, ...], told: str, capsys: Streams
) -> None:
    code, text = ended(capsys, *arguments)
    assert code == 2
    assert told in text
    assert "error" not in text


def test_english_stays_english(monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    code, text = ended(capsys, "export")
    assert code == 2
    assert text.startswith("usage: geoplan export")
    assert text.endswith("geoplan export: error: the following arguments are required: PLAN.gpkg, --out\n")  # fmt: skip # noqa: E501
    _, text = ended(capsys, "--help")
    assert all(f"\n    {command}" in text for command in COMMANDS)
    assert not re.search("[\u4e00-\u9fff]", text)
