"""What commands share: several plan files, and a plan file with the inputs it was made from."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geoplan.errors import Fault, GeoplanError, InputError
from geoplan.progress import Progress

if TYPE_CHECKING:  # loaded by the command itself, after its arguments are found good
    from geoplan.plan import Plan
    from geoplan.rebuild import Rebuilt
    from geoplan.scenario import Scenario

__all__ = ["add_output_argument", "add_plan_arguments", "load_plans", "open_plan", "plan_names"]

_Told = Callable[[str, str], str]


def add_plan_arguments(parser: argparse.ArgumentParser, told: _Told) -> None:
    """Add the plan file and where its inputs are; ``told`` picks the language of the help."""
    parser.add_argument("plan", metavar="PLAN.gpkg", help=told("方案文件", "plan file"))
    parser.add_argument(
        "--scenario",
        metavar="SCENARIO.toml",
        help=told(
            "编制该方案的情景文件；默认为内置的天津情景",
            "scenario the plan was made from; the embedded Tianjin one by default",
        ),
    )
    parser.add_argument(
        "--roads",
        metavar="FILE",
        help=told("编制该方案时的道路图层", "roads the plan was made on, if they were named"),
    )


def add_output_argument(parser: argparse.ArgumentParser, told: _Told, metavar: str) -> None:
    """Add ``-o``, the one file that a command writes."""
    written = told("写出的文件", "file to write")
    parser.add_argument("-o", "--output", required=True, metavar=metavar, help=written)


def plan_names(paths: Sequence[Path]) -> list[str]:
    """Return the files' names; where two are the same, the folder they lie in stands before."""
    stems = [path.stem for path in paths]
    return [
        stem if stems.count(stem) == 1 else f"{path.absolute().parent.name}/{stem}"
        for stem, path in zip(stems, paths, strict=True)
    ]


def load_plans(paths: Sequence[Path]) -> list[Plan]:
    """Read plan files.

    Raises
    ------
    InputError
        Files can't be read: the faults of all of them.
    """
    from geoplan.plan_file import load_plan

    plans: list[Plan] = []
    found: list[Fault] = []
    for path in paths:
        try:
            plans.append(load_plan(path))
        except GeoplanError as error:
            found += error.faults
    if found:
        raise InputError(found)
    return plans


def open_plan(options: argparse.Namespace, progress: Progress) -> tuple[Scenario, Rebuilt]:
    """Read a plan and its inputs and build its problem again.

    Raises
    ------
    InputError
        The plan or an input is at fault, or they do not belong together.
    """
    from geoplan.datasets import tianjin_scenario
    from geoplan.plan_file import load_plan
    from geoplan.read import read_inputs

    progress("read", 0.0)
    plan = load_plan(Path(options.plan))
    scenario, layers = read_inputs(options.scenario or tianjin_scenario(), roads=options.roads)
    progress("read", 1.0)
    # here and not above: a fault of the input is told before the solver is loaded
    from geoplan.rebuild import rebuild

    return scenario, rebuild(plan, scenario, layers, progress=progress)
