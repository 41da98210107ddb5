"""The command ``geoplan compare-map``: two or more plan files side by side on one page."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from geoplan.cli_inputs import add_output_argument, load_plans, plan_names
from geoplan.errors import InputError
from geoplan.output_files import check_file_place, write_fault

__all__ = ["add_arguments", "run"]

_Told = Callable[[str, str], str]


def add_arguments(parser: argparse.ArgumentParser, told: _Told) -> None:
    """Add the command's arguments; ``told`` picks the language of their help."""
    parser.add_argument(
        "plans",
        nargs="+",
        metavar="PLAN.gpkg",
        help=told(
            "方案文件，二至四个；其余均与第一个对照",
            "plan files, two to four; the others are held against the first",
        ),
    )
    add_output_argument(parser, told, "FILE.html")


def run(options: argparse.Namespace) -> Path:
    """Draw the compare map that the arguments ask for; return its path.

    Raises
    ------
    InputError
        A file is no plan, the plans can't be compared, or the place of the map is at fault.
    """
    target = Path(options.output)
    check_file_place(target)
    from geoplan.maps import render_compare_map

    paths = [Path(name) for name in options.plans]
    plans = load_plans(paths)
    try:
        render_compare_map(plans, target, names=plan_names(paths), language=options.lang or "zh")
    except OSError as error:
        raise InputError([write_fault(error, target)]) from error
    return target
