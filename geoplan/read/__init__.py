"""The input door: scenario file and layers, read, checked and brought into one CRS.

Nothing wrong passes: every fault over all files is collected and reported at once. What is odd
but no error (a site without position, a repaired polygon) becomes a note of the layers.
"""

from __future__ import annotations

from pathlib import Path

from geoplan.errors import Fault, InputError
from geoplan.read.layers import read_layers
from geoplan.scenario import Scenario
from geoplan.scenario_toml import parse_scenario
from geoplan.text import Text

__all__ = ["read_layers", "read_scenario"]


def read_scenario(path: Path | str) -> Scenario:
    """Read and check one scenario file (TOML, UTF-8).

    Raises
    ------
    InputError
        When the file is missing, a folder, not UTF-8 or at fault; every fault is listed.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = Text("文件不是 UTF-8 编码", f"the file is not UTF-8 (byte {error.start})")
        cure = Text("另存为 UTF-8", "save it as UTF-8")
        raise InputError([Fault("scenario.encoding", str(path), "", what, cure)]) from error
    except IsADirectoryError as error:
        what = Text("这是文件夹，不是方案文件", "is a folder, not a scenario file")
        cure = Text("给出文件夹里的 .toml 文件", "name the .toml file in it")
        raise InputError([Fault("scenario.is_folder", str(path), "", what, cure)]) from error
    except FileNotFoundError as error:
        what = Text("找不到方案文件", "there is no such scenario file")
        cure = Text(
            "检查路径；不给路径则用内置的天津方案",
            "check the path; without a path the embedded Tianjin scenario is used",
        )
        raise InputError([Fault("scenario.missing_file", str(path), "", what, cure)]) from error
    except (OSError, ValueError) as error:
        what = Text(f"无法读取：{error}", f"can't be read: {error}")
        cure = Text("检查路径与权限", "check the path and its permissions")
        raise InputError([Fault("scenario.unreadable", str(path), "", what, cure)]) from error
    # TOML knows only \n and \r\n; tomllib wants text as it stands in the file.
    return parse_scenario(text, path=path)
