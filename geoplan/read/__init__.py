"""The input door: scenario file and layers, read, checked and brought into one CRS.

Nothing wrong passes: every fault over all files is collected and reported at once. What is odd
but no error (a site without position, a repaired polygon) becomes a note of the layers.
"""

from __future__ import annotations

from pathlib import Path

from geoplan.errors import Fault, InputError
from geoplan.layers import Layers
from geoplan.read.layers import read_layers
from geoplan.scenario import Scenario
from geoplan.scenario_toml import examine_scenario, parse_scenario
from geoplan.text import Text

__all__ = ["read_inputs", "read_layers", "read_scenario"]


def read_scenario(path: Path | str) -> Scenario:
    """Read and check one scenario file (TOML, UTF-8).

    Raises
    ------
    InputError
        When the file is missing, a folder, not UTF-8 or at fault; every fault is listed.
    """
    path = Path(path)
    return parse_scenario(_text_of(path), path=path)


def read_inputs(path: Path | str, *, roads: str | None = None) -> tuple[Scenario, Layers]:
    """Read a scenario file and its layers: faults of both are told in one go.

    Parameters
    ----------
    path, roads
        As for :func:`read_scenario` and :func:`read_layers`.

    Raises
    ------
    InputError
        With every fault of the scenario and, as far as it says where they are, of its layers.
    """
    path = Path(path)
    scenario, faults = examine_scenario(_text_of(path), path=path)
    if scenario is None or any(_spoils_layers(fault) for fault in faults):
        raise InputError(faults)
    try:
        layers = read_layers(scenario, roads=roads)
    except InputError as error:
        # a core with a faulty position has had its fault already
        told = any(fault.layer.startswith(_CORE) for fault in faults)
        more = [f for f in error.faults if not (told and f.layer.startswith(_CORE))]
        raise InputError([*faults, *more]) from error
    if faults:
        raise InputError(faults)
    return scenario, layers


_CORE = "scenario [core"


def _spoils_layers(fault: Fault) -> bool:
    """Tell whether a fault of the scenario leaves open where layers are, or in which CRS."""
    if fault.rule == "scenario.unknown_key":
        return False
    return fault.layer == "scenario [layers]" or fault.row in ("layers", "planning_crs")


def _text_of(path: Path) -> str:
    """Return the text of a scenario file as it stands."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = Text("文件不是 UTF-8 编码", f"the file is not UTF-8 (byte {error.start})")
        cure = Text("另存为 UTF-8", "save it as UTF-8")
        raise InputError([Fault("scenario.encoding", str(path), "", what, cure)]) from error
    except IsADirectoryError as error:
        what = Text("这是文件夹，不是情景文件", "is a folder, not a scenario file")
        cure = Text("给出文件夹里的 .toml 文件", "name the .toml file in it")
        raise InputError([Fault("scenario.is_folder", str(path), "", what, cure)]) from error
    except FileNotFoundError as error:
        what = Text("找不到情景文件", "there is no such scenario file")
        cure = Text(
            "检查路径；不给路径则用内置的天津情景",
            "check the path; without a path the embedded Tianjin scenario is used",
        )
        raise InputError([Fault("scenario.missing_file", str(path), "", what, cure)]) from error
    except (OSError, ValueError) as error:
        what = Text(f"无法读取：{error}", f"can't be read: {error}")
        cure = Text("检查路径与权限", "check the path and its permissions")
        raise InputError([Fault("scenario.unreadable", str(path), "", what, cure)]) from error
