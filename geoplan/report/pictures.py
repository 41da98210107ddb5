"""What the report's maps and charts share: paper, ink, fonts, and PNG bytes without a date.

Pictures are drawn with matplotlib's objects alone: no global settings, no window, one named font
for every text. Phases differ in lightness, width and hatching too, so that a page copied in grey
can be read.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from geoplan.errors import InputError
from geoplan.report.fonts import Fonts, missing_part

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

__all__ = ["GREY", "HATCHES", "INK", "LONGEST_KEY", "Pen", "cut_short"]

INK, GREY = "#1a1a1a", "#8a8f98"
HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "++++")
LONGEST_KEY = 14
"""Characters of a name that stands in a legend beside several others."""
_DPI = 200
_LONGEST_TICK = 30
_NO_DATE: Mapping[str, Any] = {"Software": None}


def cut_short(text: str, longest: int) -> str:
    """Return a label that leaves room for others."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


class Pen:
    """Draws with the report's font; every text goes through its check of glyphs."""

    def __init__(self, fonts: Fonts) -> None:
        try:
            from matplotlib.font_manager import FontProperties
        except ImportError as error:
            raise InputError([missing_part("matplotlib")]) from error
        self._fonts = fonts
        self._properties = FontProperties

    def canvas(self, width_in: float, height_in: float) -> Canvas:
        """Return an empty white picture."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as Canvas

        canvas = Canvas(figsize=(width_in, height_in), dpi=_DPI, facecolor="white")
        FigureCanvasAgg(canvas)
        return canvas

    def font(self, size_pt: float) -> Any:
        """Return the font in a size."""
        return self._properties(fname=str(self._fonts.sans), size=size_pt)

    def say(self, text: str, longest: int = 0) -> str:
        """Return text that can be drawn: known glyphs, no formula, not longer than ``longest``."""
        text = cut_short(text, longest) if longest else text
        # matplotlib reads what stands between dollar signs as a formula
        return self._fonts.drawable(text).replace("$", r"\$")

    def write(self, axes: Any, x: float, y: float, text: str, **look: Any) -> Any:
        """Write text at a place of the axes."""
        size_pt = look.pop("size", 7.5)
        longest = look.pop("longest", 0)
        return axes.text(x, y, self.say(text, longest), fontproperties=self.font(size_pt), **look)

    def ticks(self, axis: Any, places: list[float], labels: list[str], size_pt: float) -> None:
        """Label an axis at places."""
        axis.set_ticks(places)
        axis.set_ticklabels(
            [self.say(label, _LONGEST_TICK) for label in labels], fontproperties=self.font(size_pt)
        )

    def legend(self, axes: Any, handles: list[Any], labels: list[str], **look: Any) -> Any:
        """Draw a legend in the report's font."""
        size_pt = look.pop("size", 7.5)
        return axes.legend(
            handles, [self.say(label, 40) for label in labels], prop=self.font(size_pt), **look
        )

    def png(self, canvas: Canvas) -> bytes:
        """Return the picture as PNG; the same picture is the same bytes."""
        stream = io.BytesIO()
        canvas.savefig(stream, format="png", dpi=_DPI, metadata=_NO_DATE)
        return stream.getvalue()
