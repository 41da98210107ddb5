"""Where the layers of a scenario file are: relative paths start at its folder."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["folder_of", "layer_source"]

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def folder_of(path: Path | None) -> Path:
    """Return the folder that relative paths start from: the scenario's, or the working one."""
    return (path.parent if path is not None else Path()).absolute()


def layer_source(value: str, folder: Path) -> str:
    """Make a layer's path absolute; URLs, database strings and GDAL's /vsi stay as they are.

    A drive letter is one character, so ``C:`` is not taken for a URL.
    """
    if not value or value.startswith("/vsi") or _URL.match(value):
        return value
    return str(folder / Path(value).expanduser())
