"""Bilingual text: everything a person reads exists in Chinese and in English."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Literal, NamedTuple

__all__ = ["LANGUAGES", "Language", "Text", "control_characters", "nearest", "row_words"]

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, Language] = ("zh", "en")
_PLACED = re.compile(r"(line|row|feature) (\d+)")
_COUNTED = {"line": "行", "row": "行", "feature": "个要素"}


class Text(NamedTuple):
    """One message in both languages of the product.

    >>> Text(zh="路由", en="route").get("zh")
    '路由'
    """

    zh: str
    en: str

    def get(self, language: Language) -> str:
        """Return the message in ``language`` (``"zh"`` or ``"en"``)."""
        return self.zh if language == "zh" else self.en

    def both(self) -> str:
        """Return one line that carries both languages, Chinese first."""
        return f"{self.zh} / {self.en}"


def row_words(row: str) -> Text:
    """Return what a row of a file is called by its place; any other id is its own name.

    >>> row_words("line 3").zh, row_words("feature 12").zh, row_words("A101").zh
    ('第 3 行', '第 12 个要素', 'A101')
    """
    placed = _PLACED.fullmatch(row)
    return Text(f"第 {placed[2]} {_COUNTED[placed[1]]}" if placed else row, row)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name closest to ``name`` (``""`` when none is close): cure of a typo.

    >>> nearest("trench_buried", ["trench_direct_buried", "closure"])
    'trench_direct_buried'
    """
    by_fold = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(name.casefold(), list(by_fold), n=1, cutoff=0.6)
    return by_fold[found[0]] if found else ""


def control_characters(text: str) -> str:
    r"""Return the control characters in ``text``, escaped (``""`` when there are none).

    >>> control_characters("a\nb")
    '\\n'
    """
    bad = [c for c in text if unicodedata.category(c) in ("Cc", "Cs")]
    return " ".join(dict.fromkeys(repr(c)[1:-1] for c in bad))
