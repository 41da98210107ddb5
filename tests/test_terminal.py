from __future__ import annotations

import io
from typing import Any

import pytest

from geoplan.errors import Fault, InputError
from geoplan.terminal import Terminal, language_of
from geoplan.text import Text


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "zh_CN"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
    ],
)
def test_language_of(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_every_fault_is_listed_with_its_cure() -> None:
    faults = [
        Fault(f"rule.{n}", "layer", str(n), Text("错", "wrong"), Text("改", "mend it"))
        for n in range(3)
    ]
    stream = io.StringIO()
    Terminal("en", stream).faults(InputError(faults))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "3 faults:"
    assert lines[1:] == [f"  [rule.{n}] layer {n}: wrong -> mend it" for n in range(3)]
    stream = io.StringIO()
    Terminal("zh", stream).faults(InputError(faults[:1]))
    assert "[rule.0] layer 0: 错 -> 改" in stream.getvalue()


def test_progress_without_a_terminal_is_a_line_per_stage() -> None:
    stream = io.StringIO()
    terminal = Terminal("en", stream)
    for stage in ("read", "design"):
        for fraction in (0.0, 0.5, 1.0, 1.0):  # said twice, shown once
            terminal.progress(stage, fraction)
    lines = stream.getvalue().splitlines()
    assert [line.split(":")[0] for line in lines] == ["reading layers", "design"]
    assert "\r" not in stream.getvalue()


def test_progress_on_a_terminal_is_a_bar_that_ends_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Screen()
    terminal = Terminal("zh", stream)
    terminal.progress("design", 0.0)
    terminal.progress("design", 1.0)
    terminal.say("after")
    bars, after = stream.getvalue().rsplit("\n", 2)[:2]
    assert "100% 网络设计" in bars.split("\r")[-1]
    assert "░" not in bars.split("\r")[-1]
    assert after == "after"


def test_a_message_never_lands_on_an_open_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Screen()
    terminal = Terminal("en", stream)
    terminal.progress("design", 0.3)
    terminal.say("message")
    assert stream.getvalue().splitlines()[-1] == "message"


def test_a_reader_who_has_gone_does_not_stop_the_work() -> None:
    terminal = Terminal("en", Gone())
    terminal.say("one")
    terminal.progress("read", 1.0)
    terminal.say("two")
    stream: Any = terminal._stream
    assert stream.name == __import__("os").devnull
    stream.close()
