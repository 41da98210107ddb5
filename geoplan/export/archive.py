"""ZIP archives that hold no time of the day: the same content is the same file."""

from __future__ import annotations

import zipfile

__all__ = ["put"]

_NO_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP file can hold


def put(pack: zipfile.ZipFile, name: str, content: str | bytes) -> None:
    """Add a file to an archive, compressed, readable for all."""
    info = zipfile.ZipInfo(name, _NO_DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    pack.writestr(info, content)
