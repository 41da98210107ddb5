"""Marks of sites as small PNG pictures: a pack that carries its own needs no network to be seen."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["icon_png"]

_SIZE_PX, _FINER = 64, 4
_OUTLINE, _INK = 0.14, 0x21
_STAR_INNER = 0.45


def icon_png(shape: str) -> bytes:
    """Return a white ``circle``, ``square``, ``star`` or ``triangle`` with a dark outline.

    White, so that whoever shows it can tint it. 64 x 64 pixels, transparent around the mark.

    Raises
    ------
    ValueError
        There is no such mark.
    """
    outer = _outline(shape)
    inner = shapely.buffer(outer, -_OUTLINE, join_style="mitre")
    # every pixel is the mean of finer ones: soft edges
    fine = (np.arange(_SIZE_PX * _FINER) + 0.5) / (_SIZE_PX * _FINER) * 2 - 1
    x, y = np.meshgrid(fine, -fine)
    cover, white = (_coarse(shapely.contains_xy(form, x, y)) for form in (outer, inner))
    grey = np.where(cover > 0, _INK + (255 - _INK) * white / np.maximum(cover, 1e-9), 255)
    pixels = np.stack([grey, grey, grey, 255 * cover], axis=-1).round().astype(np.uint8)
    return _png(pixels)


def _outline(shape: str) -> shapely.Polygon:
    """Return the mark within the unit circle."""
    if shape == "circle":
        return shapely.Point(0, 0).buffer(0.9)
    corners = {"square": (4, np.pi / 4), "triangle": (3, np.pi / 2), "star": (10, np.pi / 2)}
    if shape not in corners:
        raise ValueError(f"no mark is called {shape}")
    number, turn = corners[shape]
    angle = turn + np.arange(number) * 2 * np.pi / number
    radius = np.full(number, 0.97)
    if shape == "star":
        radius[1::2] *= _STAR_INNER
    return shapely.Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))


def _coarse(fine: NDArray[np.bool_]) -> NDArray[np.float64]:
    blocks = fine.reshape(_SIZE_PX, _FINER, _SIZE_PX, _FINER).astype(np.float64)
    means: NDArray[np.float64] = blocks.mean(axis=(1, 3))
    return means


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """Return pixels (height, width, 4) as a PNG file (ISO/IEC 15948): no filter, one chunk."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
