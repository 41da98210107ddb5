"""Output files appear whole or not at all, all of a run together or none."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geoplan.errors import Fault, InputError
from geoplan.text import Text

__all__ = ["check_file_place", "check_folder_place", "staged", "write_fault"]

# Packs that not every plan is written with: those of an earlier plan must not stay beside the new.
_LISTS = re.compile(
    r"(sites-(phase\d+|unserved)|overview)(-lot.+)?-(zh|en)\.xlsx"
    r"|works(-phase\d+)?(-lot.+)?-(zh|en)\.(gpkg|kmz|dxf|shp\.zip|ofds\.json)"
    r"|(sites|routes|bill|core_schedule|feeders)(-phase\d+)?(-lot.+)?\.csv"
)
# What the system says of a write that failed is English wherever Python runs.
_REASONS = {
    errno.ENOSPC: "磁盘空间不足",
    errno.EDQUOT: "超出磁盘配额",
    errno.EACCES: "没有写权限",
    errno.EPERM: "不允许该操作",
    errno.EROFS: "文件系统只读",
    errno.ENOENT: "路径不存在",
    errno.ENAMETOOLONG: "文件名过长",
    errno.EBUSY: "文件正在使用",
    errno.EIO: "读写错误",
}


def check_folder_place(folder: Path) -> None:
    """Refuse an output folder that can't be one, before any work is done for it.

    Raises
    ------
    InputError
        Something else stands there, or a part of its path is not a folder, or it is closed.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError([_place_fault(folder, "不是文件夹", "is not a folder")])
    above = _nearest(folder)
    if not above.is_dir():
        raise InputError([_place_fault(above, "不是文件夹", "is not a folder")])
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError([_place_fault(above, "没有写权限", "may not be written to")])


def check_file_place(path: Path) -> None:
    """Refuse an output file that can't be written, before any work is done for it.

    Raises
    ------
    InputError
        A folder stands there, or its own folder can't be used.
    """
    if path.is_dir():
        raise InputError([_place_fault(path, "是文件夹，不是文件", "is a folder, not a file")])
    check_folder_place(path.parent)


def write_fault(error: OSError, place: Path) -> Fault:
    """Return what went wrong while writing, as a fault."""
    reason = error.strerror or str(error)
    zh = _REASONS.get(error.errno or 0, reason)
    return _place_fault(place, f"写入失败：{zh}", f"can't be written: {reason}")


@contextmanager
def staged(out_dir: Path, *, replace_lists: bool = False) -> Iterator[Path]:
    """Give a hidden folder to write into; on success move its files into ``out_dir``.

    The hidden folder lies beside ``out_dir`` (same file system), so that each move is one
    atomic rename; when the body fails, ``out_dir`` is left as it was, or absent.

    Parameters
    ----------
    replace_lists
        Remove lists of an earlier plan that the new files don't replace.

    Raises
    ------
    OSError
        Writing or moving failed.
    """
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=f".{out_dir.name}.", suffix=".part", dir=out_dir.parent))
    try:
        yield stage
        made = sorted(path.name for path in stage.iterdir())
        out_dir.mkdir(exist_ok=True)
        for name in made:
            (stage / name).replace(out_dir / name)
        if replace_lists:
            for old in sorted(out_dir.iterdir()):
                if _LISTS.fullmatch(old.name) and old.name not in made:
                    old.unlink()
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _nearest(path: Path) -> Path:
    """Return the nearest part of a path that exists."""
    for place in (path, *path.absolute().parents):
        if place.exists():
            return place
    return path


def _place_fault(place: Path, zh: str, en: str) -> Fault:
    return Fault(
        rule="output.place",
        layer=str(place),
        row="",
        what=Text(zh, en),
        cure=Text(
            "请用 --out 或 -o 指定可写入的位置", "name a place that can be written (--out, -o)"
        ),
    )
