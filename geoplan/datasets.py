"""The embedded data: where the Tianjin layers and their scenario lie on disk.

In an installed wheel they travel inside the package (``geoplan/_data/tianjin``); in a checkout
they are the top-level folder ``data/tianjin``. Callers get plain paths: the embedded data is
read through the same door as a user's own.
"""

from __future__ import annotations

from pathlib import Path

from geoplan.errors import Fault, InputError
from geoplan.text import Text

__all__ = ["tianjin_dir", "tianjin_scenario"]

_PACKAGE = Path(__file__).resolve().parent


def tianjin_dir() -> Path:
    """Return the folder that holds the embedded Tianjin layers.

    The packaged copy comes first: an installed geoplan must never pick up a folder that
    happens to be called ``data`` beside it.

    Raises
    ------
    InputError
        When neither place holds the data (a damaged installation).
    """
    places = (_PACKAGE / "_data" / "tianjin", _PACKAGE.parent / "data" / "tianjin")
    for place in places:
        if (place / "scenario.toml").is_file():
            return place
    raise InputError(
        [
            Fault(
                rule="datasets.missing",
                layer="data/tianjin",
                row="",
                what=Text(
                    "找不到内置的天津数据（安装不完整）",
                    "the embedded Tianjin data is missing (incomplete installation)",
                ),
                cure=Text("请重新安装 geoplan", "install geoplan again"),
            )
        ]
    )


def tianjin_scenario() -> Path:
    """Return the path of the embedded Tianjin scenario (a TOML file)."""
    return tianjin_dir() / "scenario.toml"
