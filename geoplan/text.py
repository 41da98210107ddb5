"""Bilingual text: everything a person reads exists in Chinese and in English."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["LANGUAGES", "Language", "Text"]

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, Language] = ("zh", "en")


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
