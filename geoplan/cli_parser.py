"""The parser of the command line in the language of the person: argparse itself knows English only.

Its texts are put into Chinese by their shape; one that is not known here stays in English.
"""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any, NoReturn

from geoplan.text import Language

__all__ = ["Parser"]

# what argparse says -> the same in Chinese; its own wording is stable over Python's versions
_ERRORS: tuple[tuple[str, str], ...] = (
    (r"the following arguments are required: (.+)", r"缺少参数：\1"),
    (r"unrecognized arguments: (.+)", r"不认识的参数：\1"),
    (r"ambiguous option: (.+) could match (.+)", r"选项 \1 有歧义，可以是 \2"),
    (r"argument (.+?): invalid choice: (.+) \(choose from (.+)\)", r"\1：没有 \2；可用：\3"),
    (r"argument (.+?): invalid .+ value: (.+)", r"\1：取值 \2 无效"),
    (r"argument (.+?): expected (?:one|at least one) argument", r"\1：缺少取值"),
    (r"argument (.+?): ignored explicit argument (.+)", r"\1：不带取值，多了 \2"),
    (r"argument (.+?): (.+)", r"\1：\2"),
)


class Parser(argparse.ArgumentParser):
    """A parser whose help and errors are in ``language``."""

    def __init__(self, *arguments: Any, language: Language = "en", **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.language = language
        if language == "zh":
            self._positionals.title, self._optionals.title = "参数", "选项"
            for action in self._actions:
                if isinstance(action, argparse._HelpAction):
                    action.help = "显示本帮助"

    def format_usage(self) -> str:
        """Return how the command is called."""
        return self._said(super().format_usage())

    def format_help(self) -> str:
        """Return the help."""
        return self._said(super().format_help())

    def error(self, message: str) -> NoReturn:
        """Say how the command is called and what is wrong, and exit with code 2."""
        self.print_usage(sys.stderr)
        if self.language == "zh":
            for english, chinese in _ERRORS:
                if found := re.fullmatch(english, message, re.DOTALL):
                    self.exit(2, f"{self.prog}：错误：{found.expand(chinese)}\n")
        self.exit(2, f"{self.prog}: error: {message}\n")

    def _said(self, text: str) -> str:
        return text.replace("usage: ", "用法：", 1) if self.language == "zh" else text
