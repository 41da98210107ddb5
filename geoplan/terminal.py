"""What the person at the terminal sees: messages, progress, faults; all on standard error."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping
from typing import TextIO

from geoplan.errors import Fault, GeoplanError
from geoplan.text import Language, Text

__all__ = ["STAGES", "Terminal", "language_of"]

STAGES: Mapping[str, Text] = {
    "read": Text("读取数据", "reading layers"),
    "candidates": Text("生成候选路由", "candidate graph"),
    "design": Text("网络设计", "design"),
    "phases": Text("分期安排", "phases"),
    "frontier": Text("资金曲线", "money frontier"),
    "network": Text("生成工程量", "network and bill"),
    "write": Text("写出文件", "writing files"),
}
_BAR_CELLS = 24
_REDRAW_S = 0.1


def language_of(environment: Mapping[str, str]) -> Language:
    """Return the language of a person by the usual variables: Chinese for ``zh*``.

    >>> language_of({"LANG": "zh_CN.UTF-8"}), language_of({"LANG": "C"})
    ('zh', 'en')
    """
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


class Terminal:
    """Standard error with a language; a reader who has gone away is no reason to stop."""

    def __init__(self, language: Language, stream: TextIO | None = None) -> None:
        self.language: Language = language
        self._stream = sys.stderr if stream is None else stream
        self._live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._stage = ""
        self._began_s = self._drawn_s = 0.0
        self._open = False
        self._finished: set[str] = set()

    def say(self, message: Text | str) -> None:
        """Write one line."""
        self._close()
        self._write((message if isinstance(message, str) else message.get(self.language)) + "\n")

    def faults(self, error: GeoplanError) -> None:
        """List every fault of an error, one line each: rule, place, what, cure."""
        count = len(error.faults)
        self.say(Text(f"错误：共 {count} 项", f"{count} fault" + ("s" if count != 1 else "") + ":"))
        self.lines(error.faults)

    def lines(self, faults: Iterable[Fault]) -> None:
        """Write faults or notes, one line each."""
        for fault in faults:
            self.say("  " + fault.line(self.language))

    def progress(self, stage: str, fraction: float) -> None:
        """Show how far a stage is: a bar on a terminal, else one line when it is done."""
        if stage in self._finished:
            return
        now_s = time.monotonic()
        if stage != self._stage:
            self._close()
            self._stage, self._began_s, self._drawn_s = stage, now_s, 0.0
        done = fraction >= 1.0
        if self._live and (done or now_s - self._drawn_s >= _REDRAW_S):
            self._drawn_s = now_s
            self._draw(min(1.0, max(0.0, fraction)), now_s - self._began_s)
        if done:
            self._done(now_s - self._began_s)

    def _draw(self, fraction: float, seconds: float) -> None:
        full = round(fraction * _BAR_CELLS)
        bar = "█" * full + "░" * (_BAR_CELLS - full)
        self._write(f"\r\x1b[K{bar} {fraction:4.0%} {self._name()} {seconds:.1f} s")
        self._open = True

    def _done(self, seconds: float) -> None:
        if self._live:
            self._close()
        elif self._stage:
            self._write(f"{self._name()}: {seconds:.1f} s\n")
        self._finished.add(self._stage)
        self._stage = ""

    def _name(self) -> str:
        named = STAGES.get(self._stage)
        return self._stage if named is None else named.get(self.language)

    def _close(self) -> None:
        """End a bar that is still open, so that the next text has its own line."""
        if self._open:
            self._open = False
            self._write("\n")

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (BrokenPipeError, ValueError):  # nobody listens any more
            self._live = False
            self._stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
