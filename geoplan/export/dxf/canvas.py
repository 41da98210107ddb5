"""A drawing to write on: layers, line types, text in a Chinese font, whatever a name holds."""

from __future__ import annotations

import colorsys
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ezdxf import units
from ezdxf._options import options
from ezdxf.colors import RGB
from ezdxf.document import Drawing
from ezdxf.enums import TextEntityAlignment
from ezdxf.filemanagement import new
from ezdxf.layouts.layout import Modelspace

from geoplan.export.works import flat_text

__all__ = [
    "APP",
    "PLACE",
    "Canvas",
    "drawn_safe",
    "layer_name",
    "new_canvas",
    "places",
    "turned",
]

APP = "GEOPLAN"
"""Under this name features carry their row (extended data)."""

PLACE = 0.62
"""Width of half a Chinese character, room included, of the height of a text."""

# Strokes and gaps in metres: 3 mm and more on a plot of 1 : 10,000.
_LINETYPES: Mapping[str, tuple[str, tuple[float, ...]]] = {
    "GEOPLAN_DUCT": ("____ ____ ____", (40.0, -15.0)),
    "GEOPLAN_AERIAL": ("____ . ____ .", (40.0, -12.0, 0.0, -12.0)),
    "GEOPLAN_PULL": ("__ __ __ __", (18.0, -12.0)),
    "GEOPLAN_LIGHT": (". . . . . .", (3.0, -12.0)),
}
# On every Chinese Windows, and one file: collections (.ttc) are not read by every program.
_STYLE, _FONT, _FAMILY = "GEOPLAN_CJK", "simhei.ttf", "SimHei"
# AutoCAD refuses these in the name of a layer.
_NO_NAME = re.compile(r"[<>/\\\":;?*|,=`]")
_LONGEST_NAME = 200
_LEAST_LIGHTNESS = 0.5
_ALIGN = {
    "left": TextEntityAlignment.LEFT,
    "right": TextEntityAlignment.RIGHT,
    "centre": TextEntityAlignment.CENTER,
}
_XDATA_BYTES = 250  # a string of extended data holds 255


@dataclass(frozen=True, slots=True)
class Canvas:
    """A document and its model space; lengths are metres of the planning CRS."""

    doc: Drawing
    space: Modelspace

    def layer(
        self,
        name: str,
        *,
        colour: str = "",
        linetype: str = "Continuous",
        weight: int = 18,
        shown: bool = True,
    ) -> str:
        """Add a layer if it is not there and return its name.

        ``colour`` is ``#rrggbb``, black or white by the background when empty; ``weight`` the
        width of its lines in hundredths of a millimetre.
        """
        if name not in self.doc.layers:
            layer = self.doc.layers.add(name, linetype=linetype, lineweight=weight)
            if colour:
                layer.rgb = _on_dark(colour)
            if not shown:
                layer.off()
        return name

    def text(
        self,
        said: str,
        x: float,
        y: float,
        height: float,
        layer: str,
        *,
        align: str = "left",
        turn_deg: float = 0.0,
    ) -> None:
        """Write one line with its base at (x, y)."""
        entity = self.space.add_text(
            drawn_safe(said),
            height=height,
            rotation=turn_deg,
            dxfattribs={"layer": layer, "style": _STYLE},
        )
        entity.set_placement((x, y), align=_ALIGN[align])

    def line(self, points: Sequence[tuple[float, float]], layer: str, rows: Sequence[str]) -> None:
        """Draw a polyline that carries ``rows`` as extended data."""
        drawn = self.space.add_lwpolyline(points, dxfattribs={"layer": layer})
        if rows:
            drawn.set_xdata(APP, [(1000, _within(row)) for row in rows])

    def save(self, path: Path) -> None:
        """Write the drawing; the same drawing is the same file."""
        # the library would add them in the order of a set: another in every process
        for kind in sorted(self.doc.entitydb.dxf_types_in_use()):
            self.doc.classes.add_class(kind)
        with _no_dates():
            self.doc.saveas(path)


def new_canvas() -> Canvas:
    """Return an empty drawing in metres with line types and the font of all text."""
    with _no_dates():
        doc = new("R2010", units=units.M)
    doc.header["$LTSCALE"] = 1.0
    doc.appids.add(APP)
    for name, (look, pattern) in _LINETYPES.items():
        total = sum(map(abs, pattern))
        doc.linetypes.add(name, pattern=[total, *pattern], description=look)
    style = doc.styles.add(_STYLE, font=_FONT)
    style.set_extended_font_data(_FAMILY)
    return Canvas(doc, doc.modelspace())


def layer_name(*parts: str) -> str:
    """Return the name of a layer made of parts, with nothing that CAD programs refuse.

    >>> layer_name("P1", "一期", "a/b*c")
    'P1-一期-a_b_c'
    """
    return _NO_NAME.sub("_", flat_text("-".join(parts)))[:_LONGEST_NAME]


def drawn_safe(text: str) -> str:
    """Return text that a drawing shows as it is: ``%%`` and ``^`` begin no code.

    >>> drawn_safe("50%% ^I")
    '50%%%%%% ^ I'
    """
    return flat_text(text).replace("^", "^ ").replace("%%", "%%%%%%")


def turned(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Return the direction of a text along a line in degrees, never upside down."""
    angle = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
    if angle > 90.0:
        return angle - 180.0
    return angle + 180.0 if angle <= -90.0 else angle


def places(text: str) -> int:
    """Return the room of a text: a Chinese character takes two places."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def _within(text: str) -> str:
    """Return text cut so that its UTF-8 fits one string of extended data."""
    raw = flat_text(text).encode("utf-8")
    return raw[:_XDATA_BYTES].decode("utf-8", errors="ignore")


def _on_dark(colour: str) -> RGB:
    """Return a colour of the map light enough for the dark ground that CAD programs draw on."""
    red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    hue, light, strength = colorsys.rgb_to_hls(red, green, blue)
    shown = colorsys.hls_to_rgb(hue, max(light, _LEAST_LIGHTNESS), strength)
    return RGB(*(round(255 * part) for part in shown))


@contextmanager
def _no_dates() -> Iterator[None]:
    """Let ezdxf write fixed dates and ids: a drawing does not depend on when it was written."""
    before = options.write_fixed_meta_data_for_testing
    options.write_fixed_meta_data_for_testing = True
    try:
        yield
    finally:
        options.write_fixed_meta_data_for_testing = before
